/*
 * measures: entries at their limits and one beyond.
 */
#ifndef MEASURES_H
#define MEASURES_H

#include "cases.h"
#include "fixture.h"

/* An entry that is in order but for its measures. */
struct measure {
	int to, seen, attachments, fields;
	size_t body; /* full lines of armor; 0: none */
	size_t open; /* bytes of open lines that a last field makes up; 0: none */
};

#define BODY_SIZE(lines) (1 + 35 + 65 * (size_t)(lines) + 33) /* with the empty line before it */
#define SIGNATURE_SIZE (1 + 4 + 14 + 1 + 92 + 1)              /* by a.example/duty, with the empty line before it */

/* Writes it; gives the size of its open lines. */
static inline size_t measure_write(struct buffer *text, const struct measure *measure)
{
	struct fixture_desk desk;
	buffer_string(text,
		"detente entry v1\nagreement " HEX "\nfrom a.example/duty\nform hotline/call\nmatter new\n");
	for (int i = 0; i < measure->to; i++)
		buffer_format(text, "to b.example/d%02d\n", i);
	for (int i = 0; i < measure->seen; i++)
		buffer_format(text, "seen b%03d.example/0123456789abcdef 1 " ROOT "\n", i);
	buffer_string(text, "at 2026-09-26T12:00:00Z\ntlp RED\nlang en\n");
	for (int i = 0; i < measure->attachments; i++)
		buffer_format(text, "attachment %064d 1\n", i);
	if (measure->body != 0)
		buffer_string(text, "fields 1 " ROOT "\n");
	for (int i = 0; i < measure->fields; i++)
		buffer_string(text, "f \n");
	if (measure->open != 0) {
		buffer_string(text, "text ");
		size_t size = measure->open - text->size - 1;
		memset(buffer_extend(text, size), 'x', size);
		buffer_string(text, "\n");
	}
	size_t open = text->size;
	if (measure->body != 0)
		buffer_string(text, "\n-----BEGIN AGE ENCRYPTED FILE-----\n");
	for (size_t i = 0; i < measure->body; i++)
		buffer_string(text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	if (measure->body != 0)
		buffer_string(text, "-----END AGE ENCRYPTED FILE-----\n");
	fixture_desk(&desk, "a.example/duty");
	fixture_sign(text, &desk.signer);
	return open;
}

static const struct {
	const char *name;
	enum rule rule;
	struct measure measure;
} measures[] = {
	{"32 desks", RULE_OK, {.to = 32}},
	{"33 desks", RULE_ENTRY_TO, {.to = 33}},
	{"64 logs seen", RULE_OK, {.to = 1, .seen = 64}},
	{"65 logs seen", RULE_ENTRY_SEEN, {.to = 1, .seen = 65}},
	{"32 attachments", RULE_OK, {.to = 1, .attachments = 32}},
	{"33 attachments", RULE_ENTRY_ATTACHMENT, {.to = 1, .attachments = 33}},
	{"96 fields", RULE_OK, {.to = 1, .fields = 96}},
	{"97 fields", RULE_ENTRY_OPEN_FIELDS, {.to = 1, .fields = 97}},
	{"16,384 bytes of open lines", RULE_OK, {.to = 1, .open = ENTRY_OPEN_MAX}},
	{"16,385 bytes of open lines", RULE_ENTRY_OPEN_SIZE, {.to = 1, .open = ENTRY_OPEN_MAX + 1}},
	{"65,535 bytes", RULE_OK, {.to = 1, .body = 998, .open = ENTRY_MAX - BODY_SIZE(998) - SIGNATURE_SIZE}},
	{"65,536 bytes", RULE_ENTRY_SIZE, {.to = 1, .body = 998,
	.open = ENTRY_MAX - BODY_SIZE(998) - SIGNATURE_SIZE + 1}},
};

#endif

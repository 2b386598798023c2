/*
 * made: entries with bodies, made as they should be and as a cheat would.
 */
#ifndef MADE_H
#define MADE_H

#include "fixture.h"

/* The desks that everything here is between: a writes to b and c. */
static struct fixture_desk a, b, c, stranger;

static const struct sealed_field fields[] = {
	{"text", BYTES("Is this yours?\nPlease \\ telephone.")},
	{"system", BYTES("Substation 7")},
	{"empty", BYTES("")},
	{"note", BYTES("\xe8\xaf\xb7\xe6\x89\x93\xe7\x94\xb5\xe8\xaf\x9d")},
	{"last", BYTES("x")},
};

static inline void made_start(void)
{
	fixture_desk(&a, "a.example/duty");
	fixture_desk(&b, "b.example/duty");
	fixture_desk(&c, "c.example/duty");
	fixture_desk(&stranger, "d.example/duty");
}

/* An entry with a body, kept with everything that made it. */
struct made {
	struct buffer open, plain, body, note;
	struct sealed_recipients to;
	struct entry entry;
};

static inline void made_free(struct made *made)
{
	buffer_free(&made->open);
	buffer_free(&made->plain);
	buffer_free(&made->body);
	buffer_free(&made->note);
}

static inline void made_recipients(struct sealed_recipients *to, const struct fixture_desk *const *desks, size_t count)
{
	to->count = count;
	for (size_t i = 0; i < count; i++)
		memcpy(to->keys[i], desks[i]->seal, X25519_SIZE);
}

/* Writes the sealed lines and the open lines that name them. */
static inline void made_write(struct made *made, const char *at, const struct random *random)
{
	static const struct sealed_text text = {fields, sizeof(fields) / sizeof(fields[0])};
	const struct fixture_desk *const desks[] = {&b, &c, &a};
	struct entry head = {.from = BYTES("a.example/duty"), .form = BYTES("hotline/call"), .opens = true,
		.to_count = 2,
		.tlp = BYTES("RED"), .lang = BYTES("en"), .sealed = true, .sealed_count = text.count, .field_count = 1};
	head.fields[0] = (struct line){BYTES("priority"), BYTES("flash")};
	head.to[0] = BYTES("b.example/duty");
	head.to[1] = BYTES("c.example/duty");
	made->plain.secret = true;
	if (utc_parse(bytes_string(at), &head.at) != RULE_OK ||
	    sealed_write_lines(&made->plain, &head.sealed_root, &text, random) != RULE_OK)
		abort();
	entry_write_open(&made->open, &head);
	made_recipients(&made->to, desks, 3);
}

/* Puts open lines and body together and reads them. */
static inline enum rule made_finish(struct made *made)
{
	buffer_clear(&made->note);
	entry_finish(&made->note, buffer_bytes(&made->open), buffer_bytes(&made->body), &a.signer);
	return entry_parse(&made->entry, buffer_bytes(&made->note), NULL);
}

static inline void made_make(struct made *made, const char *at, const char *label)
{
	struct fixture_stream stream = fixture_stream(label);
	const struct random random = {fixture_fill, &stream};
	*made = (struct made){0};
	made_write(made, at, &random);
	if (sealed_seal(&made->body, buffer_bytes(&made->open), buffer_bytes(&made->plain), &made->to,
		&random) != RULE_OK ||
	    made_finish(made) != RULE_OK)
		abort();
}

#define MADE_FILE_KEY "\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09"

/* Seals as a cheat would: with these stanzas, whatever the entry says. */
static inline void made_cheat(struct made *made, const struct age_x25519 *stanzas, size_t count)
{
	static const uint8_t nonce[AGE_NONCE] = {1};
	struct buffer binary = {0};
	buffer_clear(&made->body);
	if (age_header_write(&binary, (const uint8_t *)MADE_FILE_KEY, stanzas, count) != RULE_OK)
		abort();
	age_payload_seal(&binary, (const uint8_t *)MADE_FILE_KEY, nonce, buffer_bytes(&made->plain));
	age_armor(&made->body, buffer_bytes(&binary));
	buffer_free(&binary);
	if (made_finish(made) != RULE_OK)
		abort();
}

/* The stanza that the specification prescribes, made here once more. */
static inline struct age_x25519 made_stanza(const struct made *made, const struct fixture_desk *desk)
{
	struct age_x25519 to;
	uint8_t salt[SHA256_SIZE], info[18 + X25519_SIZE] = "detente/v1/stanza";
	sha256(buffer_bytes(&made->open), salt);
	memcpy(info + 18, desk->seal, X25519_SIZE);
	memcpy(to.recipient, desk->seal, X25519_SIZE);
	hkdf_sha256(bytes_of(MADE_FILE_KEY, AGE_FILE_KEY), bytes_of(salt, sizeof(salt)), bytes_of(info, sizeof(info)),
		to.ephemeral,
		X25519_SIZE);
	return to;
}

/* Changes one byte of the age file. */
static inline void made_spoil(struct made *made, const char *after)
{
	struct buffer binary = {0};
	if (age_unarmor(&binary, buffer_bytes(&made->body)) != RULE_OK)
		abort();
	uint8_t *at = binary.data + binary.size - 1;
	if (after != NULL)
		at = (uint8_t *)memmem(binary.data, binary.size, after, strlen(after)) + strlen(after);
	*at = *at == 'A' ? 'B' : 'A';
	buffer_clear(&made->body);
	age_armor(&made->body, buffer_bytes(&binary));
	buffer_free(&binary);
	if (made_finish(made) != RULE_OK)
		abort();
}

#endif

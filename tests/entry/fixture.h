/*
 * fixture: parties, desks and randomness for the tests of entries, all derived from labels, so that every run makes the
 * same bytes.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "agreement.h"
#include "card.h"
#include "entry.h"
#include "sealed.h"
#include "text.h"
#include "utc.h"

#define FIXTURE_AT INT64_C(1790424000) /* 2026-09-26T12:00:00Z */

/* 32 bytes from a label. */
static inline void fixture_seed(const char *label, uint8_t to[32])
{
	const struct bytes parts[] = {BYTES("detente test "), bytes_string(label)};
	sha256_parts(parts, 2, to);
}

/* A stream of SHA-256(label || counter). */
struct fixture_stream {
	uint8_t seed[32];
	uint8_t counter;
};

static inline void fixture_fill(void *context, uint8_t *to, size_t size)
{
	struct fixture_stream *stream = context;
	while (size != 0) {
		uint8_t block[32];
		const struct bytes parts[] = {bytes_of(stream->seed, 32), bytes_of(&stream->counter, 1)};
		sha256_parts(parts, 2, block);
		stream->counter++;
		size_t part = size < sizeof(block) ? size : sizeof(block);
		memcpy(to, block, part);
		to += part;
		size -= part;
	}
}

static inline struct fixture_stream fixture_stream(const char *label)
{
	struct fixture_stream stream = {.counter = 0};
	fixture_seed(label, stream.seed);
	return stream;
}

struct fixture_desk {
	struct signer signer; /* under the name it was made for */
	uint8_t secret[ED25519_SECRET];
	uint8_t identity[X25519_SIZE], seal[X25519_SIZE];
};

/* A desk, log or identity: its keys follow from its name. `desk` must not move afterwards. */
static inline void fixture_desk(struct fixture_desk *desk, const char *name)
{
	uint8_t seed[32], public[ED25519_PUBLIC];
	char label[160];
	fixture_seed(name, seed);
	ed25519_secret(seed, desk->secret, public);
	if (vkey_make(&desk->signer.vkey, bytes_string(name), SIGNATURE_ED25519, public) != RULE_OK)
		abort();
	desk->signer.secret = desk->secret;
	snprintf(label, sizeof(label), "%s seal", name);
	fixture_seed(label, desk->identity);
	x25519_public(desk->identity, desk->seal);
}

/* The public key of a label that is no desk's: a mirror, say. */
static inline void fixture_public(const char *party, const char *what, uint8_t to[ED25519_PUBLIC])
{
	char label[160];
	uint8_t seed[32], secret[ED25519_SECRET];
	snprintf(label, sizeof(label), "%s %s", party, what);
	fixture_seed(label, seed);
	ed25519_secret(seed, secret, to);
}

/* The identity of a party, which signs its card. */
static inline void fixture_identity(struct fixture_desk *identity, const char *party)
{
	fixture_desk(identity, party);
}

static inline void fixture_card_set(struct card_keys *keys, const char *party, const char *const *desks, bool drill)
{
	const char *mode = drill ? " drill" : "";
	char what[64], name[128];
	snprintf(what, sizeof(what), "log%s", mode);
	fixture_public(party, what, keys->log);
	snprintf(what, sizeof(what), "mirror%s", mode);
	fixture_public(party, what, keys->mirror);
	snprintf(name, sizeof(name), "%s/node%s", party, drill ? "-drill" : "");
	struct fixture_desk desk;
	fixture_desk(&desk, name);
	memcpy(keys->node, desk.signer.vkey.key, ED25519_PUBLIC);
	for (; *desks != NULL; desks++) {
		snprintf(name, sizeof(name), "%s/%s%s", party, *desks, drill ? "-drill" : "");
		fixture_desk(&desk, name);
		struct card_desk *to = &keys->desks[keys->desk_count++];
		to->name = bytes_string(*desks);
		memcpy(to->sign, desk.signer.vkey.key, ED25519_PUBLIC);
		memcpy(to->seal, desk.seal, X25519_SIZE);
	}
}

/* The card of a party with these desks (NULL at the end), ascending. Views static text and `party`. */
static inline void fixture_card(struct card *card, const char *party, const char *const *desks)
{
	struct fixture_desk identity;
	fixture_identity(&identity, party);
	*card = (struct card){.party = bytes_string(party), .serial = 1, .made = FIXTURE_AT, .address_count = 1,
		.language_count = 1, .severity = BYTES("uk")};
	memcpy(card->identity, identity.signer.vkey.key, ED25519_PUBLIC);
	sha256(card->party, card->tls);
	card->addresses[0] = BYTES("https://127.0.0.1:7700/detente");
	card->languages[0] = BYTES("en");
	for (int set = 0; set < 2; set++)
		fixture_card_set(&card->sets[set], party, desks, set == CARD_DRILL);
}

/* Ends a text with its blank line and one signature. */
static inline void fixture_sign(struct buffer *text, const struct signer *signer)
{
	struct buffer line = {0};
	note_sign(&line, buffer_bytes(text), signer);
	buffer_string(text, "\n");
	buffer_add(text, buffer_bytes(&line));
	buffer_free(&line);
}

/* Replaces the first `from` of the text, which must hold it, by `to`. */
static inline void fixture_replace(struct buffer *text, const char *from, const char *to)
{
	struct buffer out = {0};
	const uint8_t *at = memmem(text->data, text->size, from, strlen(from));
	if (at == NULL) {
		fprintf(stderr, "the text does not hold \"%s\"\n", from);
		abort();
	}
	size_t before = (size_t)(at - text->data), skip = before + strlen(from);
	buffer_add(&out, bytes_of(text->data, before));
	buffer_string(&out, to);
	buffer_add(&out, bytes_of(text->data + skip, text->size - skip));
	buffer_free(text);
	*text = out;
}

#endif

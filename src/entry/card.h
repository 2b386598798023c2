/*
 * card: a party's signed description (docs/spec/card). A signed note by the party's identity key, whose name is the
 * party.
 */
#ifndef CARD_H
#define CARD_H

#include "hours.h"
#include "name.h"
#include "note.h"

#define CARD_ADDRESSES_MAX 8
#define CARD_LANGUAGES_MAX 8
#define CARD_DESKS_MAX AGREEMENT_DESKS_MAX
#define CARD_HOURS_MAX 192
#define FINGERPRINT_SIZE 48 /* eight groups of five digits, spaces between, NUL */

/* A card has two sets of working keys, so that a drill shares none with the real thing. */
enum card_set { CARD_LIVE = 0, CARD_DRILL = 1 };

struct card_desk {
	struct bytes name; /* "duty" */
	uint8_t sign[ED25519_PUBLIC];
	uint8_t seal[X25519_SIZE];
};

struct card_keys {
	uint8_t log[ED25519_PUBLIC], mirror[ED25519_PUBLIC], node[ED25519_PUBLIC];
	struct card_desk desks[CARD_DESKS_MAX]; /* ascending by name */
	size_t desk_count;
};

struct card {
	struct bytes note, text;
	struct bytes party;
	uint64_t serial; /* grows with each new card of the party */
	int64_t made;
	uint8_t identity[ED25519_PUBLIC];
	uint8_t tls[SHA256_SIZE]; /* SHA-256 of the SubjectPublicKeyInfo */
	struct bytes addresses[CARD_ADDRESSES_MAX];
	size_t address_count; /* 0: the party only calls out */
	struct bytes languages[CARD_LANGUAGES_MAX];
	size_t language_count;
	struct bytes severity; /* name of its own severity scale */
	struct hours_line hours[CARD_HOURS_MAX]; /* the desks' calendars, ascending */
	size_t hours_count;
	struct card_keys sets[2];
};

/*
 * Size, form, the identity's signature, that no key stands twice in it. Views into `note`. RULE_CARD_*, RULE_SIGNATURE,
 * RULE_PUBLIC_KEY, with line and detail in *fault.
 */
enum rule card_parse(struct card *card, struct bytes note, struct fault *fault);

/* Whether another identity has signed the card as well, under the party's name. RULE_CARD_UNSIGNED, RULE_SIGNATURE. */
enum rule card_signed_by(const struct card *card, const uint8_t identity[ED25519_PUBLIC]);

/* Whether a card is of the identity of the one before, or was signed by that, too: a change of identity that it planned. */
bool card_succeeds(const struct card *card, const struct card *before);

/*
 * An officer's file of `hours` lines, in any order, with empty lines and remarks (#), as the card's hours in place of
 * those that it has. Views the file. RULE_CARD_HOURS, or what a line breaks, with the line.
 */
enum rule card_take_hours(struct card *card, struct bytes file, struct fault *fault);

/* Writes the card text (unsigned) of what the struct says (note and text are ignored). */
void card_write(struct buffer *to, const struct card *card);

/* First 17 bytes of SHA-256, big-endian, modulo 10^40, as eight groups of five digits: of any bytes; of the identity. */
void fingerprint_of(struct bytes bytes, char to[FINGERPRINT_SIZE]);
void card_fingerprint(const uint8_t identity[ED25519_PUBLIC], char to[FINGERPRINT_SIZE]);
/* True when `digits` (spaces and hyphens anywhere are ignored) is that fingerprint: exactly 40 digits. */
bool card_fingerprint_is(const uint8_t identity[ED25519_PUBLIC], struct bytes digits);

/* NULL when the set has no such desk. */
const struct card_desk *card_find_desk(const struct card_keys *keys, struct bytes name);

/* The hours of that kind that the card publishes for a desk, named without the party; none: around the clock. */
struct hours card_hours(const struct card *card, struct bytes desk, enum clock_kind kind);

#endif

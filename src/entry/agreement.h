/*
 * agreement: the text that binds the parties (docs/spec/agreement). A signed note by the identity key of every party.
 */
#ifndef AGREEMENT_H
#define AGREEMENT_H

#include "card.h"

#define AGREEMENT_KERNEL 1
#define AGREEMENT_SUITE "age-x25519-v1"
#define AGREEMENT_CLOCKS_MAX 128
#define AGREEMENT_LIMITS_MAX 16

struct agreement_hashed { /* a party and its card's text, a mechanism and its file */
	struct bytes name;
	uint8_t digest[SHA256_SIZE];
};

struct agreement_clock {
	struct bytes name;
	uint64_t seconds; /* of the hours of that kind */
	enum clock_kind kind;
};

/* A neutral cosigner that the parties name; its key's name is NAME/witness, of type 0x04. */
struct agreement_witness {
	struct bytes name, key; /* the key as it stands: a vkey */
	struct vkey vkey;
	uint8_t pin[SHA256_SIZE]; /* of its TLS key */
	struct bytes address;
};

struct agreement {
	struct bytes note, text;
	uint8_t digest[SHA256_SIZE]; /* of the text */
	struct bytes title;
	bool drill;
	int64_t made;
	bool has_predecessor;
	uint8_t predecessor[SHA256_SIZE];
	bool has_succeeds; /* a first text between other parties, or with other logs, in the place of that agreement */
	uint8_t succeeds[SHA256_SIZE]; /* its first text */
	uint64_t kernel;
	struct agreement_hashed parties[AGREEMENT_PARTIES_MAX]; /* ascending */
	size_t party_count;
	struct agreement_witness witnesses[AGREEMENT_WITNESSES_MAX]; /* ascending */
	size_t witness_count;
	struct agreement_hashed mechanisms[AGREEMENT_MECHANISMS_MAX]; /* ascending */
	size_t mechanism_count;
	struct agreement_clock clocks[AGREEMENT_CLOCKS_MAX]; /* ascending; "skew" is one */
	size_t clock_count;
	/* ascending; "attachment", "log", "openings", "receipt-witnesses" */
	struct agreement_limit { struct bytes name; uint64_t value; } limits[AGREEMENT_LIMITS_MAX];
	size_t limit_count;
};

/* Text or note (then `note` is set). Size and form only; signatures by agreement_signed_by(). RULE_AGREEMENT_*. */
enum rule agreement_parse(struct agreement *agreement, struct bytes bytes, struct fault *fault);
void agreement_write(struct buffer *to, const struct agreement *agreement);

/*
 * Checks that the card is the one named (party and SHA-256 of its text) and that its identity signed the agreement.
 * RULE_AGREEMENT_CARD, RULE_AGREEMENT_UNSIGNED, RULE_SIGNATURE.
 */
enum rule agreement_signed_by(const struct agreement *agreement, const struct card *card);
/* The same with the identity that the card's party has by now. */
enum rule agreement_signed_as(const struct agreement *agreement, const struct card *card,
	const uint8_t identity[ED25519_PUBLIC]);

/* The seconds of a clock, or `otherwise`. */
uint64_t agreement_clock(const struct agreement *agreement, const char *name, uint64_t otherwise);
uint64_t agreement_limit(const struct agreement *agreement, const char *name, uint64_t otherwise);

/*
 * A witness as its line says it behind the key `witness`: "NAME VKEY PIN URL". Views `text`. RULE_AGREEMENT_WITNESS, or
 * what its parts break.
 */
enum rule agreement_witness_parse(struct agreement_witness *witness, struct bytes text);
void agreement_witness_write(struct buffer *to, const struct agreement_witness *witness);
/* Of how many witnesses a receipt has the cosignatures; 0: it needs none. */
#define WITNESSES_LIMIT "receipt-witnesses"
size_t agreement_witnesses_needed(const struct agreement *agreement);

/*
 * "15m", "1h", "24h", "30d", "300s": one number, one unit. RULE_AGREEMENT_DURATION. Written in the largest unit that
 * divides.
 */
enum rule duration_parse(struct bytes text, uint64_t *seconds);
void duration_write(struct buffer *to, uint64_t seconds);
/* A day of duty or working hours is no number of them: clocks of these kinds are told in hours, minutes or seconds. */
bool clock_fits(struct bytes duration, enum clock_kind kind);
/* A duration so written: "1d", or "24h" of working hours. */
void clock_duration_write(struct buffer *to, uint64_t seconds, enum clock_kind kind);
/* And with its kind, if it has one: "24h working". */
void clock_write(struct buffer *to, const struct agreement_clock *clock);

#endif

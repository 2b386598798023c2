/*
 * terms: everything by which entries of one agreement are judged: its text, its cards, its mechanism files, loaded and
 * checked against each other. The cards and keys here are those that the agreement names; which are in force at a place
 * of the record, cards.h says.
 */
#ifndef TERMS_H
#define TERMS_H

#include "form.h"
#include "sealed.h"

/* Where an agreement has this clock, each node writes an entry of this form to each other party so often. */
#define LINE_TEST_CLOCK "line-test"
#define LINE_TEST_FORM "hotline/test"
#define LINE_TEST_LEAST_S 60

struct terms; /* opaque; owns copies of everything it was given */

struct terms_source {
	struct bytes agreement; /* the note */
	struct bytes cards[AGREEMENT_PARTIES_MAX]; /* notes, any order */
	size_t card_count;
	struct bytes mechanisms[AGREEMENT_MECHANISMS_MAX]; /* files, any order */
	size_t mechanism_count;
};

/*
 * Every party's card is there and is the one named, every card and the agreement is signed, every mechanism is there by
 * hash, the kernel and suite are known. RULE_AGREEMENT_*, RULE_CARD_*, RULE_MECHANISM_*, RULE_TERMS_*. The caller
 * frees.
 */
enum rule terms_new(struct terms **terms, const struct terms_source *source, struct fault *fault);
/* The same without asking that anybody has signed: for reading a draft. */
enum rule terms_new_unsigned(struct terms **terms, const struct terms_source *source, struct fault *fault);
/*
 * The same as terms_new() with some of the mechanisms only: for who verifies single entries, by cards and texts. Forms of the
 * others are unknown, and terms_mechanism() is NULL for them.
 */
enum rule terms_new_partly(struct terms **terms, const struct terms_source *source, struct fault *fault);
/*
 * The terms of an amendment (texts.h) of `first`, with its mechanisms in the agreement's order. `first` and they stay
 * the caller's and must outlive it. The amendment was held against `first` (texts_fits()). RULE_AGREEMENT_*, RULE_TERMS_*.
 */
enum rule terms_amended(struct terms **terms, const struct terms *first, struct bytes note,
	const struct mechanism *const *mechanisms, struct fault *fault);
void terms_free(struct terms *terms);

const struct agreement *terms_agreement(const struct terms *terms);
size_t terms_party_count(const struct terms *terms);
struct bytes terms_party(const struct terms *terms, size_t party);
/* The index of a party, or terms_party_count(). */
size_t terms_party_find(const struct terms *terms, struct bytes name);
/* The parties that an entry is addressed to, a bit by party. */
uint32_t terms_addressed(const struct terms *terms, const struct entry *entry);
/*
 * The circle of the matter that an entry of `writer` opens: the parties in its fields `circle`, without one those of
 * its `to`; its writer always. A bit by party.
 */
uint32_t terms_circle(const struct terms *terms, const struct entry *opening, size_t writer);
const struct card *terms_card(const struct terms *terms, size_t party);
const struct card_keys *terms_keys(const struct terms *terms, size_t party); /* of the set that the mode asks for */
/* Log origins and keys: type 0x01 under the origin; mirror 0x04 under origin + "/mirror" (of the mirroring party). */
const char *terms_origin(const struct terms *terms, size_t party);
size_t terms_origin_find(const struct terms *terms, struct bytes origin);
const struct vkey *terms_log_key(const struct terms *terms, size_t party);
const struct vkey *terms_mirror_key(const struct terms *terms, size_t party);

/*
 * The key, with its id, that a desk signs entries with ("a.example/duty", "a.example/node"); NULL when there is no such
 * desk.
 */
const struct vkey *terms_desk_key(const struct terms *terms, struct bytes desk);
/* Its sealing key; NULL for none (node desks have none). */
const uint8_t *terms_desk_seal(const struct terms *terms, struct bytes desk);

/*
 * Whether a later card of that party may stand beside the others' in the agreement: no key of theirs, not too many
 * desks. RULE_TERMS_KEYS, RULE_TERMS_DESKS.
 */
enum rule terms_card_fits(const struct terms *terms, size_t party, const struct card *card, struct fault *fault);

const struct form *terms_form(const struct terms *terms, struct bytes name);
size_t terms_mechanism_count(const struct terms *terms);
const struct mechanism *terms_mechanism(const struct terms *terms, size_t index); /* in the agreement's order */

#endif

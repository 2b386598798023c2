/*
 * cards: whose card is in force where (docs/spec/judgement, section Cards). The agreement's card holds from the
 * beginning of a party's log; a `party/card` entry brings another, which acts from that entry on. What is in force at a
 * size of a log follows from the entries below that size alone, whatever else is known or judged.
 */
#ifndef CARDS_H
#define CARDS_H

#include "texts.h"

#define CARD_FORM "party/card"
#define CARD_FIELD "card"

/* A card, and the keys that it gives under one agreement. Never changes. */
struct party_card {
	uint64_t from; /* index of the entry that brought it, 0 for the agreement's own: it acts from there on */
	uint8_t *note; /* owned; `card` views it */
	struct card card;
	const struct card_keys *keys;  /* of the set that the agreement's mode asks for */
	struct vkey log, mirror, node; /* as terms_log_key() and its like name them */
	struct vkey *desks;            /* owned; beside keys->desks */
};

/*
 * A note as a card under these terms: form, signature, keys. RULE_CARD_*, RULE_SIGNATURE, RULE_PUBLIC_KEY
 * The caller frees.
 */
enum rule party_card_new(struct party_card **made, const struct terms *terms, struct bytes note, struct fault *fault);
void party_card_free(struct party_card *card); /* NULL is harmless */
/* By the name after the slash, as is "node"; NULL: no such desk, or for the seal: it has none. */
const struct vkey *party_card_desk(const struct party_card *card, struct bytes desk);
const uint8_t *party_card_seal(const struct party_card *card, struct bytes desk);

/* Every party's cards; grows only, by cards_take(). Reading is safe in several threads while nothing is taken. */
struct cards;
struct cards *cards_new(const struct terms *terms); /* the terms' own; they must outlive it. NULL: no memory */
void cards_free(struct cards *cards);
const struct terms *cards_terms(const struct cards *cards); /* of the first text */
/* The texts that entries brought, beside their cards; they go when the cards go. */
struct texts *cards_texts(const struct cards *cards);

/* How many a party has had, the agreement's own included, and the n-th of them. */
size_t cards_count(const struct cards *cards, size_t party);
const struct party_card *cards_nth(const struct cards *cards, size_t party, size_t n);
/* The card in force at that size of the party's log: the newest that an entry below it brought. */
const struct party_card *cards_at(const struct cards *cards, size_t party, uint64_t size);
const struct party_card *cards_newest(const struct cards *cards, size_t party);

/* How far an entry looks into each log: of its own party including itself, of the others by its `seen`. */
uint64_t cards_past(const struct cards *cards, const struct entry *entry, uint64_t index, size_t party);
/* The card of a party that entry `index` goes by. */
const struct party_card *cards_for(const struct cards *cards, const struct entry *entry, uint64_t index, size_t party);
/* The sealing keys of its `to`, then its sender's, by those cards. RULE_TERMS_DESK. */
enum rule cards_recipients(const struct cards *cards, const struct entry *entry, uint64_t index,
	struct sealed_recipients *recipients);

/* Whether an entry is one of the form that brings a card. */
bool cards_brings(const struct entry *entry);
/*
 * The card that entry `index` of a party's log brings, whether it may follow the one in force there: of the party and
 * its identity, or signed by that, too, with a greater serial, CARDS_MAX not passed, no key of another party's in the agreement. The entry's
 * signature is not looked at. RULE_CARD_*, RULE_JUDGE_CARD_*, RULE_TERMS_KEYS, RULE_TERMS_DESKS. The caller frees.
 */
enum rule cards_read(struct party_card **made, const struct cards *cards, const struct entry *entry, uint64_t index,
	struct fault *fault);
/*
 * Takes the card of an entry that judge_prepare() said `brings_card` of: it acts from here on. Once for each such entry
 * of a log, in order.
 */
enum rule cards_take(struct cards *cards, const struct entry *entry, uint64_t index);

#endif

/*
 * texts: which text of an agreement governs where (docs/spec/agreement, section Amendments). The first one holds from
 * the beginning, and names the logs for good. Another comes by `agreement/sign` entries, each with the whole text under
 * the signature of its party's identity, and governs an entry whose own past holds one of every party for it.
 *
 * As with cards, what a log says of texts follows from its entries alone, whatever else is known or judged.
 */
#ifndef TEXTS_H
#define TEXTS_H

#include "terms.h"

#define SIGN_FORM "agreement/sign"
#define SIGN_FIELD "text"
#define RELEASE_FORM "agreement/release"

/* Grows only, by texts_take() and texts_hold(). Reading is safe in several threads while neither runs. */
struct texts;
struct texts *texts_new(const struct terms *first); /* it must outlive them. NULL: no memory */
void texts_free(struct texts *texts); /* NULL is harmless */

/*
 * Those that were brought so far, from 0: the first one, then in the order in which they were taken: whoever takes the
 * same entries in the same order has the same numbers.
 */
size_t texts_count(const struct texts *texts);
const struct agreement *texts_agreement(const struct texts *texts, size_t n);
/*
 * What the n-th binds; parties, cards and origins are the first one's. NULL: a mechanism file of it is not at hand, or
 * they do not go together.
 */
const struct terms *texts_nth(const struct texts *texts, size_t n);
size_t texts_find(const struct texts *texts, const uint8_t digest[SHA256_SIZE]); /* texts_count(): none */
/* What the text binds that an entry names; NULL: there is no such text, or as texts_nth(). */
const struct terms *texts_for(const struct texts *texts, const struct entry *entry);

/*
 * The number of the text that governs what has this past: how many entries of each log, by party. Whether its files are
 * at hand is another matter.
 */
size_t texts_governing(const struct texts *texts, const uint64_t past[AGREEMENT_PARTIES_MAX]);
/* Whether entry `index` of a party's log may name that text: the first one, or one that it signed below. */
bool texts_known(const struct texts *texts, size_t party, uint64_t index, const uint8_t digest[SHA256_SIZE]);

/* From that entry of its log on a party signs with another identity than its card in the first text. In order. */
void texts_identity(struct texts *texts, size_t party, uint64_t from, const uint8_t identity[ED25519_PUBLIC]);

/* The greatest value of a limit in the n-th text and those that it follows: what was good once is good. */
uint64_t texts_limit(const struct texts *texts, size_t n, const char *name, uint64_t otherwise);

/*
 * A party's signatures, in the order of its log: the n-th, for which text, by which entry, and by which one it was
 * released (UINT64_MAX: by none).
 */
struct texts_signed {
	size_t text;
	uint64_t index, released;
	/* the first entry that goes by the text, or by one that amends it: from then on it is not released any more */
	uint64_t bound;
};
size_t texts_signed_count(const struct texts *texts, size_t party);
const struct texts_signed *texts_signed(const struct texts *texts, size_t party, size_t n);
/* The text that a party stands for as the amendment of another, below that size of its log; texts_count(): none. */
size_t texts_standing(const struct texts *texts, size_t party, size_t predecessor, uint64_t size);

/*
 * Whether an amendment may follow: mode, parties and cards are the first text's, and it goes on with the mechanisms
 * that nodes need. Mechanism files are not looked at. RULE_TERMS_AMENDS.
 */
enum rule texts_fits(const struct texts *texts, const struct agreement *agreement, struct fault *fault);

/* Whether an entry is of a form that texts follow from. */
bool texts_brings(const struct entry *entry);
/*
 * Whether entry `index` of a party's log, which is well formed and signed by its desk, acts: a signature for an
 * amendment, or a release. RULE_OK for all other entries. RULE_AGREEMENT_*, RULE_TERMS_AMENDS, RULE_JUDGE_SIGN,
 * RULE_JUDGE_PREDECESSOR, RULE_JUDGE_TEXTS_MANY, RULE_JUDGE_RELEASE ...
 */
enum rule texts_read(const struct texts *texts, size_t party, const struct entry *entry, uint64_t index,
	struct fault *fault);
/* Whether such an entry, that texts_read() let pass, changes what is known of texts. */
bool texts_changes(const struct texts *texts, size_t party, const struct entry *entry, uint64_t index);
/* Takes an entry that judge_prepare() said `brings_text` of. Once for each such entry of a log, in order. */
enum rule texts_take(struct texts *texts, size_t party, const struct entry *entry, uint64_t index);
size_t texts_taken(const struct texts *texts, size_t party); /* how many of a log */

/* A mechanism of that name and digest, of the first text or held beside it; NULL: it is not at hand. */
const struct mechanism *texts_mechanism(const struct texts *texts, const struct agreement_hashed *named);
/* Whether a text before the n-th binds a mechanism file of that digest. */
bool texts_binds(const struct texts *texts, size_t n, const uint8_t digest[SHA256_SIZE]);
/* A mechanism that the n-th text binds and that is not at hand; NULL: there is none. */
const struct agreement_hashed *texts_lacking(const struct texts *texts, size_t n);
/*
 * Gives a mechanism file. One that no text binds is left alone. RULE_MECHANISM_* of one that does, and what keeps a
 * text that it completes from being used.
 */
enum rule texts_hold(struct texts *texts, struct bytes file, struct fault *fault);

#endif

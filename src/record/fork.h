/*
 * fork: the evidence that a party signed two histories of its log (docs/spec/fork). It is proved by itself: the party's
 * card stands in it, and what it asks of a reader is whether that card's fingerprint is the party's.
 *
 *   detente fork v1
 *   log b.example/0123456789abcdef
 *   card 1234                  so many bytes follow: the card whose log key signed; a second one where each signed one
 *   root BASE64                where the sizes differ: the root that the newer checkpoint's log has at the older size
 *   path BASE64 BASE64         and the consistency proof from that to the newer checkpoint
 *   older 345                  so many bytes follow: a checkpoint
 *   newer 345                  so many bytes follow: another; then the file ends
 */
#ifndef FORK_H
#define FORK_H

#include "card.h"
#include "checkpoint.h"
#include "tree.h"

struct fork {
	struct bytes origin;
	struct bytes cards[FORK_CARDS_MAX]; /* notes */
	size_t card_count;
	bool sizes_differ; /* then `root` and `path` are there */
	struct hash root;
	struct tree_path path;
	struct bytes older, newer; /* notes */
};

/*
 * Form only. RULE_FORK_FORM and those of its parts, with the line. Views into `bytes`; on failure *fork is not to be
 * used.
 */
enum rule fork_parse(struct fork *fork, struct bytes bytes, struct fault *fault);
void fork_write(struct buffer *to, const struct fork *fork);

/* What is proved by it. */
struct fork_proved {
	struct bytes party;
	uint8_t identity[ED25519_PUBLIC]; /* of the first card */
	enum card_set set; /* whose log key signed */
	struct checkpoint older, newer;
};
/*
 * Verifies all of it. RULE_FORK_CARD, RULE_FORK_LOG, RULE_FORK_NONE; those of cards, notes and proofs. *proved views
 * the fork's bytes.
 */
enum rule fork_verify(const struct fork *fork, struct fork_proved *proved, struct fault *fault);

#endif

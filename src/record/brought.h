/*
 * brought: the cards and texts that the entries of an exported log bring, found before anything is judged by them. Private to
 * record.
 */
#ifndef BROUGHT_H
#define BROUGHT_H

#include "cards.h"

/*
 * Takes the cards and texts of the first `size` entries of a party's log, from its folder. A bundle that is not there, or is no
 * bundle, ends it: whoever needs what it holds comes upon it again. RULE_MEMORY and its like.
 */
enum rule brought_read(struct cards *cards, size_t party, int folder, uint64_t size);

#endif

/*
 * apart: what is of a drill where a real record is verified, or the reverse. A card has keys for both (docs/spec/card), so
 * it is not only unknown: it can be told.
 */
#ifndef APART_H
#define APART_H

#include "cards.h"

/* Whether the entry is signed by its desk's key of the other mode than the record's, by some card of the party. */
bool apart_entry(const struct cards *cards, size_t party, struct bytes note, struct bytes from);
/* Whether a checkpoint is of a log of that party, and signed by its log key of the other mode. */
bool apart_checkpoint(const struct cards *cards, size_t party, const struct note *note, struct bytes origin);

#endif

/*
 * name: parties, desks, places and log origins, as they are spelled everywhere (docs/spec/names).
 *
 * Party: host-like, lower case, labels of letters, digits and inner hyphens joined by dots, at least one dot, at most
 * PARTY_NAME_MAX bytes. Desk: PARTY/NAME, NAME a letter, then letters, digits, hyphens, at most DESK_NAME_MAX bytes,
 * never 16 hex digits. "node" is the machine's own desk. Entry: PARTY/INDEX. Log origin: PARTY/ and 16 hex digits.
 */
#ifndef NAME_H
#define NAME_H

#include "buffer.h"
#include "sizes.h"

bool party_valid(struct bytes name);
bool desk_valid(struct bytes name);
/* What follows the slash of a desk. */
bool desk_name_valid(struct bytes name);

/*
 * A letter, then letters, digits, hyphens, all lower case, at most `max` bytes: scales, mechanisms, halves of a form's
 * name.
 */
bool word_valid(struct bytes word, size_t max);
/* MECHANISM/WORD, at most FORM_NAME_MAX bytes. */
bool form_name_valid(struct bytes name);
/*
 * A BCP 47 tag as far as form goes: a language of 2 to 8 letters, subtags of 1 to 8 letters and digits, LANG_MAX bytes.
 */
bool lang_valid(struct bytes tag);
/* Labels of letters, digits and inner hyphens, at most 63 bytes each, joined by dots; lower case. */
bool host_valid(struct bytes name);

/* The party before the slash of a desk, place or origin; the absent view when there is none. */
struct bytes name_party(struct bytes name);
/* What follows the slash. */
struct bytes name_rest(struct bytes name);

struct place {
	struct bytes party; /* a view */
	uint64_t index;
};
enum rule place_parse(struct place *place, struct bytes text); /* RULE_NAME_PLACE */
/* "PARTY/INDEX", for as long as the block it stands in. */
#define PLACED(party, index) place_shown((char[PLACE_MAX + 1]){0}, party, index)
struct bytes place_shown(char to[PLACE_MAX + 1], struct bytes party, uint64_t index);
bool place_equal(const struct place *a, const struct place *b);
bool origin_valid(struct bytes text);

/* "PARTY/hhhhhhhhhhhhhhhh" from the SHA-256 of the first agreement text; to holds ORIGIN_MAX + 1 bytes. */
void origin_make(char *to, struct bytes party, const uint8_t first_agreement[32]);

#endif

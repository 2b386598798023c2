/*
 * published: entries published in one file that needs nothing beside it but the fingerprints of the parties' cards
 * (docs/spec/export, section Published files).
 *
 *   detente published v1
 *   agreement 1234                         so many bytes follow: the note of the first text
 *   card 2345                              likewise each party's card, as the agreement names them
 *   mechanism 3456                         those of its mechanisms that what follows is written by
 *   brings a.example/7                     an entry that brought a card or a text, as below: what follows goes by it
 *   entry 1234
 *   receipt 2345
 *   shown a.example/42                     an entry whose open lines are published
 *   entry 1234
 *   receipt 2345
 *   opened b.example/43                    one that is opened, whole or by single lines (opened.h)
 *   file 3456
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include "terms.h"

enum published_kind { PUBLISHED_BRINGS, PUBLISHED_SHOWN, PUBLISHED_OPENED };

struct published_part {
	enum published_kind kind;
	struct place place;
	struct bytes entry, receipt; /* unless it is opened: */
	struct bytes file;
};

struct published {
	struct terms_source source;
	struct published_part parts[PUBLISHED_PARTS_MAX];
	size_t part_count;
};

/*
 * Form and order only. RULE_PUBLISHED_FORM, _ORDER, RULE_LIMIT. Views into `bytes`; on failure *published is not to be
 * used.
 */
enum rule published_parse(struct published *published, struct bytes bytes, struct fault *fault);
void published_write(struct buffer *to, const struct published *published);

/* < 0, 0, > 0: by kind, what brings first; then by party's name, then by index. */
int published_compare(const struct published_part *a, const struct published_part *b);

#endif

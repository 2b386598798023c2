/*
 * entry_print: an entry on paper: what `show` says of it, its digits, and how far it is proved. Pure.
 */
#ifndef ENTRY_PRINT_H
#define ENTRY_PRINT_H

#include "entry_view.h"
#include "words.h"

struct view_print {
	const struct view_entry *entry;
	struct bytes note;  /* the entry's bytes */
	const char *origin; /* of its log */
	uint64_t size;      /* of the newest checkpoint of that log that is held; 0: there is none */
	struct hash root;
	/* its fields in its writer's language beside the reader's: what the former is spoken by (NULL: English) */
	bool beside;
	const struct words *writer;
};

/*
 * Pages for A4 in plain text (paper.h). Each bears the entry's name, its mark (TLP) and its 40 digits: the fingerprint
 * (docs/spec/entry, section Digits) of the entry's bytes, which whoever holds the entry prints alike.
 */
void view_entry_print(struct buffer *to, const struct view_print *print);

#endif

/*
 * search_view: what of an entry was found, as a line and as JSON. Pure. Every byte of another party is neutralised for
 * the terminal.
 */
#ifndef SEARCH_VIEW_H
#define SEARCH_VIEW_H

#include "entry_view.h"
#include "find.h"

#define SEARCH_WORDS_MAX 16

struct search_words {
	struct find_word words[SEARCH_WORDS_MAX];
	size_t count;
};

/* Where each word was found first, and what stands around it there. Zeroed to begin with; both buffers `secret`. */
struct search_found {
	size_t count; /* words that were found */
	struct {
		bool found;
		struct bytes where; /* a field's key, "entry", "form", "from", "to": views the entry, or lasts */
		size_t from, size;  /* in contexts */
	} at[SEARCH_WORDS_MAX];
	struct buffer contexts, value; /* value: of one field, without its escapes */
};

/* Looks for the words that were not found yet in the entry's place, form, desks and open fields. */
void search_open(struct search_found *found, const struct search_words *words, const struct view_entry *view);
/* In its opened fields, and the names of its attachments. */
void search_sealed(struct search_found *found, const struct search_words *words, const struct view_entry *view);
void search_begin(struct search_found *found); /* anew, with the memory that it has */
void search_end(struct search_found *found);   /* frees, wiped */

void search_line(struct buffer *to, const struct search_words *words, const struct search_found *found,
	const struct view_entry *view);
void search_json(struct json *json, const struct search_words *words, const struct search_found *found,
	const struct view_entry *view);

#endif

/*
 * entry_view: an entry as a person reads it, and as JSON. Pure. Every byte of another party is neutralised for the
 * terminal.
 */
#ifndef ENTRY_VIEW_H
#define ENTRY_VIEW_H

#include "json.h"
#include "terms.h"

enum view_state { VIEW_VALID, VIEW_VOID, VIEW_PENDING };

struct view_receipt {
	struct bytes party;
	int64_t time;
	uint64_t size; /* of the checkpoint that it cosigned */
};

/* An attachment; its digest and size are those of entry->attachments. */
struct view_attachment {
	bool here;
	uint64_t have;       /* bytes that are here */
	uint32_t holders;    /* bit by party: has recorded that it holds it */
};

struct view_document; /* document_view.h */

struct view_entry {
	const struct terms *terms;
	struct bytes lang; /* of the labels */
	struct place place;
	const struct entry *entry;         /* NULL: the bytes are no entry's; then it is void */
	enum view_state state;
	enum rule why;                     /* of VIEW_VOID, whose fields are not shown: they are not its desk's words */
	const struct sealed_lines *lines;  /* NULL: not opened */
	enum rule closed;                  /* why not, where a body is there */
	struct view_receipt receipts[AGREEMENT_PARTIES_MAX];
	size_t receipt_count;
	int64_t due, now;                  /* in an inbox: when we owe an answer to it, and what time it is; due 0: we owe none */
	struct bytes answers;              /* places that answer it, one a line */
	const struct view_document *document; /* that it carries; NULL: none, or it was not looked at */
	struct view_attachment attachments[ENTRY_ATTACHMENTS_MAX]; /* as many as entry has; a void one shows none */
};

void view_entry_text(struct buffer *to, const struct view_entry *view);
/* Parts of it: what stands above the fields, and below them. */
void view_entry_head(struct buffer *to, const struct view_entry *view);
void view_entry_rest(struct buffer *to, const struct view_entry *view);
void view_entry_json(struct json *json, const char *key, const struct view_entry *view);

/* The n-th attachment's name, still escaped, of an opened entry whose lines follow its form; else the absent view. */
struct bytes view_attachment_name(const struct view_entry *view, size_t n);

/*
 * How a field is called in the view's language, and a code; absent where the value is no code, or none has a label for
 * it.
 */
struct bytes view_field_name(const struct view_entry *view, struct bytes key);
struct bytes view_code_label(const struct view_entry *view, const struct line *field);
size_t view_form_lines(const struct view_entry *view); /* of the opened ones, those that are the form's fields */

/* The n-th courtesy translation: of which field, into which language; still escaped. False: there are fewer. */
struct view_courtesy { struct bytes lang, key, text; };
bool view_courtesy(const struct view_entry *view, size_t n, struct view_courtesy *courtesy);

/* The first words that tell what it is about, escaped: the subject, else what was opened first, a code by its label. */
struct bytes view_gist(const struct view_entry *view);

/* One line of an inbox: place, time, urgency, form, from, subject or the first words. */
void view_inbox_line(struct buffer *to, const struct view_entry *view);

#endif

/*
 * document_view: what is known of the document that an entry carries, as a person reads it, and as JSON. Pure. What the
 * document says is another party's, or its maker's, word: every character of it that is not seen is made visible.
 */
#ifndef DOCUMENT_VIEW_H
#define DOCUMENT_VIEW_H

#include "crypto.h"
#include "document.h"
#include "json.h"

enum view_digest {
	DIGEST_UNCLAIMED, /* the entry does not say what the document's is */
	DIGEST_UNKNOWN,   /* the document is not at hand, or too large to be looked into */
	DIGEST_SAME,
	DIGEST_DIFFERS,
};

struct view_document {
	char claimed[65]; /* the code in the entry's field `document`; empty: none */
	enum rule rule;             /* why it could not be read; RULE_OK with no document: its kind is not known here */
	struct fault fault;         /* of that */
	struct document *document;  /* NULL: it could not be read */
	bool is_claimed;            /* it is what the entry says */
	enum view_digest digest;
	char found[2 * SHA256_SIZE + 1]; /* the attachment's, where they differ */
};

/* What documents_read() made. NULL is harmless. */
void view_document_free(struct view_document *view);

void view_document_text(struct buffer *to, const struct view_document *view);
/* An object "document" among an entry's members. */
void view_document_json(struct json *json, const struct view_document *view);

#endif

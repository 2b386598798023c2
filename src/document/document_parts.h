/*
 * document_parts: what document.c, member.c, kind.c and product.c share.
 */
#ifndef DOCUMENT_PARTS_H
#define DOCUMENT_PARTS_H

#include <jansson.h>

#include "bytes.h"
#include "document.h"

/* ---- member.c: what stands where ---- */

enum need { NEED_STRING, NEED_NUMBER, NEED_OBJECT, NEED_SOME /* an array that is not empty */ };

struct member {
	const char *path; /* keys with dots between: "document.tracking.id" */
	enum need need;
	const char *value; /* of a string that can only be this; else NULL */
};

/* The value at a path; NULL where there is none. */
json_t *member_at(json_t *in, const char *path);
/* The string at a path; NULL where there is none. */
const char *member_text(json_t *in, const char *path);
/* RULE_DOCUMENT_FORM where one is missing. The list ends with a NULL path. */
enum rule members_need(json_t *in, const struct member *members, struct fault *fault);
/* The same of each object of the array at a path, if it is there; an array of anything else is refused. */
enum rule members_need_each(json_t *in, const char *path, const struct member *members, struct fault *fault);

/* ---- kind.c ---- */

/* Which kinds have their mark in it: RULE_DOCUMENT_MIXED for more than one. */
enum rule kind_find(json_t *root, enum document_kind *kind, struct fault *fault);
/* Whether it has what its kind requires; `vex` and `format` of the document. */
enum rule kind_check(json_t *root, struct document *document, struct fault *fault);

/* ---- product.c ---- */

void text_take(struct document_text *to, const char *text); /* NULL: empty */
/* Title, id, version and products. */
void products_take(json_t *root, struct document *document);

#endif

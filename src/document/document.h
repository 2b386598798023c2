/*
 * document: what another program wrote as JSON and an entry carries: a security advisory, a bill of materials,
 * provenance, a course of action. Its kind, its title and the products that it names; nothing of it is believed, and
 * nothing carried out.
 *
 * Follows docs/spec/document.md. Pure: bytes in, verdict out; memory and time are bounded by base/sizes.h.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "rule.h"
#include "sizes.h"

enum document_kind {
	DOCUMENT_OTHER, /* JSON, and none of these */
	DOCUMENT_CSAF,
	DOCUMENT_CYCLONEDX,
	DOCUMENT_SPDX,
	DOCUMENT_OPENVEX,
	DOCUMENT_STIX,
	DOCUMENT_CACAO,
	DOCUMENT_IN_TOTO,
};

/* A text of the document, NUL-terminated UTF-8; what is longer was cut at a character and ends with "...". */
struct document_text {
	char bytes[DOCUMENT_TEXT_MAX + 4];
};

struct document_product {
	struct document_text name, version;
	struct document_text id; /* product_id, bom-ref, SPDXID, @id, digest: what the document itself calls it */
	struct document_text cpe, purl;
	size_t more; /* further CPEs and purls of it, which are not held */
};

struct document {
	enum document_kind kind;
	bool vex; /* it says which vulnerabilities affect what */
	struct document_text format; /* the version of its format that it names */
	struct document_text title, id, version;
	struct document_product products[DOCUMENT_PRODUCTS_MAX];
	size_t product_count; /* held here */
	size_t product_total; /* named in the document */
};

/*
 * Before the first document: a number that strangers do not know, so that none can choose keys that are slow to look
 * up. Later calls change nothing.
 */
void document_start(uint32_t seed);

/*
 * Reads one. *document is the caller's then, to free(). RULE_MEMORY; RULE_DOCUMENT_SIZE, _DEPTH, _VALUES, _JSON,
 * _DUPLICATE, _FORM, _MIXED with what was found where; `fault` may be NULL.
 */
enum rule document_read(struct document **document, struct bytes bytes, struct fault *fault);

/* Whether a code of a mechanism names a kind of document that is known here. */
bool document_known(struct bytes code);
/* Whether the document is what such a code says. */
bool document_is(const struct document *document, struct bytes code);
/* The kind as a code: "csaf"; "other" for the first. */
const char *document_code(enum document_kind kind);
/* The kind as people write it: "CSAF"; a name in every language. */
const char *document_name(enum document_kind kind);
/* What the format calls the `id` of a product: "product_id". */
const char *document_id_name(enum document_kind kind);

#endif

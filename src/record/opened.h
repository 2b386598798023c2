/*
 * opened: an entry published with its proofs (docs/spec/export, section "Opened entries"): the file key or single lines.
 */
#ifndef OPENED_H
#define OPENED_H

#include "proof.h"
#include "terms.h"

struct opened_line {
	uint64_t index;
	struct tree_path path;
	struct bytes whole; /* "SALT key value" */
};

struct opened {
	struct place place;
	bool has_key;
	uint8_t file_key[AGE_FILE_KEY];
	uint64_t line_count_total; /* sealed lines of the entry */
	struct opened_line lines[ENTRY_SEALED_FIELDS_MAX];
	size_t line_count;
	struct bytes entry;   /* the note */
	struct bytes receipt; /* the tlog-proof */
};

/* Form only. RULE_OPENED_*. Views into `bytes`. */
enum rule opened_parse(struct opened *opened, struct bytes bytes, struct fault *fault);
void opened_write(struct buffer *to, const struct opened *opened);

#endif

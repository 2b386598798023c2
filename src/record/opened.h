/*
 * opened: an entry published with its proofs (docs/spec/export, section "Opened entries"): the file key or single
 * lines.
 *
 *   detente opened v1
 *   place a.example/42
 *   key 00112233445566778899aabbccddeeff   the file key, or instead of it:
 *   lines 4                                how many sealed lines the entry has, and each that is opened, indexes
 *                                          ascending:
 *   line 2 SALT key value
 *   path BASE64 BASE64                     its siblings up to the root in `fields`; no such line where it is the only
 *                                          one
 *   entry 1234                             so many bytes follow: the note
 *   receipt 2345                           so many bytes follow: the tlog-proof; then the file ends
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

/*
 * Form only. RULE_OPENED_FORM and those of its parts, with the line. Views into `bytes`; on failure *opened is not to
 * be used.
 */
enum rule opened_parse(struct opened *opened, struct bytes bytes, struct fault *fault);
void opened_write(struct buffer *to, const struct opened *opened);

#endif

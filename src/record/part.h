/*
 * part: what published files are made of: a number of bytes after a line that says how many, and a proof's hashes on
 * one line. Private to record.
 */
#ifndef PART_H
#define PART_H

#include "lines.h"
#include "tree.h"

/* Reads "KEY BYTES LF" and so many bytes, one or more; otherwise the cursor fails by the rule `form`. */
struct bytes part_read(struct cursor *rest, const char *key, enum rule form);
void part_write(struct buffer *to, const char *key, struct bytes bytes);

/* Hashes in base64, one space between. RULE_BASE64, RULE_LIMIT. */
enum rule path_read(struct bytes value, struct tree_path *path);
void path_write(struct buffer *to, const struct tree_path *path); /* a space before each */

#endif

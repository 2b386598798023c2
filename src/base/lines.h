/*
 * lines: texts of "key SP value LF", the form of entries, cards, agreements and mechanism files.
 *
 * A key is lower-case letters, digits, hyphens, dots and slashes, beginning with a letter, at most LINES_KEY_MAX bytes.
 * In a value "\n" and "\\" stand for LF and backslash; other control characters are refused; text is valid UTF-8.
 */
#ifndef LINES_H
#define LINES_H

#include "buffer.h"
#include "cursor.h"

#define LINES_KEY_MAX 64

struct line {
	struct bytes key;
	struct bytes value; /* as it stands: still escaped */
};

/* Reads one line and checks its form (RULE_LINE, RULE_ESCAPE, RULE_UTF8, or the cursor's own). */
enum rule line_read(struct cursor *cursor, struct line *line);

/* Splits a line without its LF that is already in hand, with the same checks. */
enum rule line_parse(struct bytes text, struct line *line);

bool line_key_valid(struct bytes key);

/*
 * Writes key, space, escaped value, LF. The caller vouches for the key; a value that cannot be written sets
 * RULE_ESCAPE.
 */
void line_write(struct buffer *to, const char *key, struct bytes value);

void line_escape(struct buffer *to, struct bytes plain);
/* RULE_ESCAPE where the escapes are not the two. */
enum rule line_unescape(struct buffer *to, struct bytes value);

/*
 * Takes the next word of *rest, which are separated by exactly one space; the absent view when nothing is left. A
 * doubled, leading or trailing space gives a word of size 0; until it is taken, rest->size is not 0.
 */
struct bytes line_word(struct bytes *rest);

#endif

/*
 * paper: text for a printer: lines of at most PAPER_COLUMNS columns, pages of at most PAPER_LINES lines, which an A4
 * sheet holds in a common fixed-width type. Pure. What it is given has been made printable (text_printable()).
 */
#ifndef PAPER_H
#define PAPER_H

#include "buffer.h"

#define PAPER_COLUMNS 76
#define PAPER_LINES 60

/* How many columns a text takes: two for a wide character, none for a mark on the one before it. */
size_t paper_columns(struct bytes text);

/* Appends a text and spaces, up to so many columns. */
void paper_padded(struct buffer *to, struct bytes text, size_t columns);

/*
 * How many bytes of a text go on a line of so many columns: up to the last place where it may be broken. At least one
 * character.
 */
size_t paper_fitting(struct bytes text, size_t columns);

/*
 * Appends one line of text as lines for paper, broken at spaces and beside wide characters (Chinese, Japanese, Korean),
 * which take two columns, else within a word. Lines after the first are indented by `hanging` columns.
 */
void paper_wrap(struct buffer *to, struct bytes line, size_t hanging);

/*
 * Appends pages: on each, the lines of `head`, then `left` with "page N of M" at the right, then a rule, then as many
 * lines of `body` as there is room for; a form feed between two pages.
 */
void paper_pages(struct buffer *to, struct bytes head, const char *left, struct bytes body);

#endif

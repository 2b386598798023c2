/*
 * help: lines of help in the language that is spoken, 80 columns wide. Where it is written from right to left, the words
 * of the command line stand isolated in them.
 */
#ifndef HELP_H
#define HELP_H

#include "buffer.h"

/* Appends sentences (words.h), ended by NULL, as one paragraph. */
void help_paragraph(struct buffer *to, const char *const *sentences);

/* Appends "  LEFT  TEXT", the text in a column behind `width` columns for what stands at the left, which is not translated. */
void help_item(struct buffer *to, const char *left, size_t width, const char *english);

struct help_option {
	const char *left, *english;
};

/* What there is to say of a tool. */
struct help_page {
	const char *const *usages;         /* command lines, ended by NULL */
	const char *const *what, *const *further; /* sentences, each ended by NULL; `further` stands at the end */
	const struct help_option *options; /* ended by a NULL `left` */
	size_t width;                      /* of `left` */
};
void help_page(struct buffer *to, const struct help_page *page);

/* What the exit statuses of a tool mean: the last of its sentences. */
#define HELP_STATUS W("Exit status: 0 done; 1 refused or not proved; 2 wrong use; 4 disk or system failure.")

/* Prints it, and frees. */
void help_print(struct buffer *text);

#endif

#include "help.h"

#include <stdio.h>
#include <string.h>

#include "paper.h"
#include "say.h"

#define COLUMNS 80

/* Appends a text as lines: what is left of one from `column` on, the others indented by as much. */
static void wrap(struct buffer *to, struct bytes text, size_t column)
{
	size_t used = 0; /* of the text */
	while (used < text.size) {
		struct bytes rest = bytes_of(text.data + used, text.size - used);
		size_t size = paper_fitting(rest, COLUMNS - column), kept = size;
		while (kept > 0 && rest.data[kept - 1] == ' ')
			kept--;
		if (used > 0)
			buffer_format(to, "%*s", (int)column, "");
		buffer_add(to, bytes_of(rest.data, kept));
		buffer_string(to, "\n");
		used += size;
		while (used < text.size && text.data[used] == ' ')
			used++;
	}
}

void help_paragraph(struct buffer *to, const char *const *sentences)
{
	static const char full_stop[] = "\xe3\x80\x82"; /* of Chinese; it has its own space */
	struct buffer text = {0};
	for (; *sentences != NULL; sentences++) {
		bool stopped = text.size >= 3 && memcmp(text.data + text.size - 3, full_stop, 3) == 0;
		buffer_string(&text, text.size == 0 || stopped ? "" : " ");
		buffer_string(&text, words_in(*sentences));
	}
	wrap(to, buffer_bytes(&text), 0);
	if (text.rule != RULE_OK && to->rule == RULE_OK)
		to->rule = text.rule;
	buffer_free(&text);
}

void help_item(struct buffer *to, const char *left, size_t width, const char *english)
{
	struct buffer item = {0};
	WORDS(&item, "{1}", bytes_string(left)); /* isolated, where need be */
	buffer_string(to, "  ");
	paper_padded(to, buffer_bytes(&item), width);
	buffer_string(to, " ");
	if (paper_columns(buffer_bytes(&item)) > width)
		buffer_format(to, "\n%*s", (int)width + 3, "");
	wrap(to, bytes_string(words_in(english)), width + 3);
	buffer_free(&item);
}

void help_page(struct buffer *to, const struct help_page *page)
{
	WORDS(to, "usage: {1}", bytes_string(page->usages[0]));
	buffer_string(to, "\n");
	for (size_t i = 1; page->usages[i] != NULL; i++)
		buffer_format(to, "       %s\n", page->usages[i]);
	buffer_string(to, "\n");
	help_paragraph(to, page->what);
	buffer_string(to, "\n");
	for (const struct help_option *option = page->options; option->left != NULL; option++)
		help_item(to, option->left, page->width, option->english);
	buffer_string(to, "\n");
	help_paragraph(to, page->further);
	words_review(to);
}

void help_print(struct buffer *text)
{
	if (text->rule == RULE_OK)
		fwrite(text->data, 1, text->size, stdout);
	else
		say_rule("help", text->rule, "");
	buffer_free(text);
}

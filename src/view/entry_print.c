#include "entry_print.h"

#include <stdio.h>

#include "paper.h"
#include "text.h"

#define HANGING_HEAD 13 /* where `show` puts what stands beside a name */
#define HANGING_FIELD 4

__attribute__((format(printf, 2, 3)))
static void paragraph(struct buffer *to, const char *format, ...)
{
	struct buffer line = {0};
	va_list arguments;
	va_start(arguments, format);
	buffer_format_list(&line, format, arguments);
	va_end(arguments);
	paper_wrap(to, buffer_bytes(&line), HANGING_HEAD);
	buffer_free(&line);
}

/* What `show` says, line by line. */
static void words(struct buffer *to, const struct view_entry *view)
{
	struct buffer text = {0};
	view_entry_text(&text, view);
	struct cursor lines = cursor_of(buffer_bytes(&text));
	while (cursor_left(&lines) > 0) {
		struct bytes line = cursor_line(&lines);
		bool field = line.size > 0 && line.data[0] == ' ';
		paper_wrap(to, line, field ? HANGING_FIELD : HANGING_HEAD);
	}
	to->rule = to->rule == RULE_OK ? text.rule : to->rule;
	buffer_free(&text);
}

static void agreement(struct buffer *to, const struct agreement *agreement)
{
	struct buffer title = {0}, hex = {0};
	text_printable(&title, agreement->title, false);
	text_hex(&hex, bytes_of(agreement->digest, SHA256_SIZE));
	paragraph(to, "%-12s \"%.*s\", %s", "agreement", BYTES_SHOWN(buffer_bytes(&title)),
		agreement->drill ? "a DRILL: nothing of it is real" : "live");
	buffer_format(to, "    %.*s\n", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&title);
	buffer_free(&hex);
}

static void proof(struct buffer *to, const struct view_print *print)
{
	const struct view_entry *view = print->entry;
	struct buffer root = {0};
	paragraph(to, "%-12s entry %llu of the log %s", "proof", (unsigned long long)view->place.index, print->origin);
	if (view->place.index < print->size) {
		text_base64(&root, bytes_of(print->root.bytes, SHA256_SIZE), true);
		paragraph(to, "%-12s held here up to %.*s/%llu; the root of that is", "", BYTES_SHOWN(view->place.party),
			(unsigned long long)print->size - 1);
		paragraph(to, "%-12s %.*s", "", BYTES_SHOWN(buffer_bytes(&root)));
	} else {
		paragraph(to, "%-12s no checkpoint of that log that is held here covers it yet", "");
	}
	for (size_t i = 0; i < view->receipt_count; i++) {
		char utc[UTC_SIZE + 1];
		utc_format(view->receipts[i].time, utc);
		paragraph(to, "%-12s %.*s signed that it stored it up to %.*s/%llu by %s", "",
			BYTES_SHOWN(view->receipts[i].party), BYTES_SHOWN(view->place.party),
			(unsigned long long)view->receipts[i].size - 1, utc);
	}
	if (view->receipt_count == 0)
		paragraph(to, "%-12s no other party's word that it has it is here", "");
	buffer_free(&root);
}

void view_entry_print(struct buffer *to, const struct view_print *print)
{
	const struct view_entry *view = print->entry;
	const struct agreement *terms = terms_agreement(view->terms);
	struct buffer head = {0}, body = {0};
	char digits[FINGERPRINT_SIZE], left[64];
	fingerprint_of(print->note, digits);
	buffer_format(&body, "%.*s/%llu", BYTES_SHOWN(view->place.party), (unsigned long long)view->place.index);
	paper_wrap(&head, buffer_bytes(&body), 0);
	buffer_format(&head, "%s\n", digits);
	buffer_clear(&body);
	snprintf(left, sizeof(left), "%s%.*s%s", view->entry == NULL ? "" : "TLP:",
		view->entry == NULL ? 0 : (int)view->entry->tlp.size,
		view->entry == NULL ? "" : (const char *)view->entry->tlp.data, terms->drill ? "  DRILL" : "");
	buffer_string(&body, "\n");
	words(&body, view);
	buffer_string(&body, "\n");
	agreement(&body, terms);
	proof(&body, print);
	paragraph(&body, "%-12s %s", "digits", digits);
	paragraph(&body, "%-12s They are of the entry's bytes, whatever is sealed in them and its signature included. "
		"Whoever holds the entry prints the same, on both sides: read them to each other.", "");
	paper_pages(to, buffer_bytes(&head), left, buffer_bytes(&body));
	to->rule = to->rule != RULE_OK ? to->rule : head.rule != RULE_OK ? head.rule : body.rule;
	buffer_free(&head);
	buffer_free(&body);
}

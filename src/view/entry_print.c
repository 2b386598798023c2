#include "entry_print.h"

#include <stdio.h>

#include "paper.h"
#include "text.h"
#include "words.h"

#define HANGING_HEAD 13 /* where `show` puts what stands beside a name */
#define HANGING_FIELD 4

/* A paragraph beside a name that was looked up. */
static void paragraph(struct buffer *to, const char *name, struct bytes text)
{
	struct buffer line = {0};
	paper_padded(&line, bytes_string(name), HANGING_HEAD - 1);
	buffer_string(&line, " ");
	buffer_add(&line, text);
	paper_wrap(to, buffer_bytes(&line), HANGING_HEAD);
	buffer_free(&line);
}

static void sentence(struct buffer *to, const char *name, const char *text, const struct bytes *blanks, size_t count)
{
	struct buffer said = {0};
	words_say(&said, text, blanks, count);
	paragraph(to, name, buffer_bytes(&said));
	buffer_free(&said);
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
	text_isolated(&title, agreement->title);
	text_hex(&hex, bytes_of(agreement->digest, SHA256_SIZE));
	struct bytes blank = buffer_bytes(&title);
	sentence(to, T("agreement"), agreement->drill ? W("\"{1}\", a DRILL: nothing of it is real") : W("\"{1}\", live"),
		&blank, 1);
	buffer_format(to, "    %.*s\n", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&title);
	buffer_free(&hex);
}

static void proof(struct buffer *to, const struct view_print *print)
{
	const struct view_entry *view = print->entry;
	struct buffer root = {0};
	struct bytes party = view->place.party;
	sentence(to, T("proof"), W("entry {1} of the log {2}"),
		(struct bytes[]){NUMBER(view->place.index), bytes_string(print->origin)}, 2);
	if (view->place.index < print->size) {
		struct bytes last = PLACED(party, print->size - 1);
		text_base64(&root, bytes_of(print->root.bytes, SHA256_SIZE), true);
		sentence(to, "", W("held here up to {1}; the root of that is"), &last, 1);
		paragraph(to, "", buffer_bytes(&root));
	} else {
		sentence(to, "", W("no checkpoint of that log that is held here covers it yet"), NULL, 0);
	}
	for (size_t i = 0; i < view->receipt_count; i++)
		sentence(to, "", W("{1} signed that it stored it up to {2} by {3}"),
			(struct bytes[]){view->receipts[i].party, PLACED(party, view->receipts[i].size - 1),
				MOMENT(view->receipts[i].time)}, 3);
	if (view->receipt_count == 0)
		sentence(to, "", W("no other party's word that it has it is here"), NULL, 0);
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
		view->entry == NULL ? "" : (const char *)view->entry->tlp.data, terms->drill ? "  DRILL" : ""); /* marks, which are not translated */
	buffer_string(&body, "\n");
	words(&body, view);
	buffer_string(&body, "\n");
	agreement(&body, terms);
	proof(&body, print);
	paragraph(&body, T("digits"), bytes_string(digits));
	sentence(&body, "", W("They are of the entry's bytes, whatever is sealed in them and its signature included. "
		"Whoever holds the entry prints the same, on both sides: read them to each other."), NULL, 0);
	paper_pages(to, buffer_bytes(&head), left, buffer_bytes(&body));
	to->rule = to->rule != RULE_OK ? to->rule : head.rule != RULE_OK ? head.rule : body.rule;
	buffer_free(&head);
	buffer_free(&body);
}

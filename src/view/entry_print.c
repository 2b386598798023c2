#include "entry_print.h"

#include <stdio.h>

#include "beside.h"
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
static void words(struct buffer *to, const struct view_entry *view,
	void (*show)(struct buffer *to, const struct view_entry *view))
{
	struct buffer text = {0};
	show(&text, view);
	struct cursor lines = cursor_of(buffer_bytes(&text));
	while (cursor_left(&lines) > 0) {
		struct bytes line = cursor_line(&lines);
		bool field = line.size > 0 && line.data[0] == ' ';
		paper_wrap(to, line, field ? HANGING_FIELD : HANGING_HEAD);
	}
	to->rule = to->rule == RULE_OK ? text.rule : to->rule;
	buffer_free(&text);
}

/* ---- side by side ---- */

static const struct form_field *field_of(const struct view_entry *view, struct bytes key)
{
	const struct form *form = terms_form(view->terms, view->entry->form);
	return form == NULL ? NULL : form_field(form, key);
}

/* A field as it was written: its label, its value, a code with what it is called. */
static void written(struct buffer *to, const struct view_entry *view, const struct line *field)
{
	struct buffer value = {.secret = true}, plain = {.secret = true}, name = {0};
	struct bytes called = view_code_label(view, field);
	line_unescape(&plain, field->value);
	text_printable(&value, buffer_bytes(&plain), true);
	text_printable(&name, view_field_name(view, field->key), false);
	struct bytes blanks[] = {buffer_bytes(&name), buffer_bytes(&value), called};
	words_say(to, called.data != NULL ? W("{1}: {2} ({3})") : W("{1}: {2}"), blanks, 3);
	buffer_free(&value);
	buffer_free(&plain);
	buffer_free(&name);
}

/* A translation of a field into the reader's language, or a tag of it. */
static bool translated(const struct view_entry *view, struct bytes key, struct view_courtesy *courtesy)
{
	for (size_t i = 0; view_courtesy(view, i, courtesy); i++)
		if (bytes_equal(courtesy->key, key) && bytes_start(view->lang, courtesy->lang))
			return true;
	return false;
}

/* The same for the reader: free text stays as it was written, with a translation where one came with it. */
static void read_beside(struct buffer *to, const struct view_entry *view, const struct line *field)
{
	const struct form_field *known = field_of(view, field->key);
	bool free_text = known == NULL || known->type == FIELD_TEXT || known->type == FIELD_LINE ||
		known->type == FIELD_HASH;
	struct buffer name = {0}, plain = {.secret = true}, text = {.secret = true};
	struct view_courtesy courtesy;
	text_printable(&name, view_field_name(view, field->key), false);
	if (!free_text) {
		written(to, view, field);
	} else if (translated(view, field->key, &courtesy)) {
		line_unescape(&plain, courtesy.text);
		text_printable(&text, buffer_bytes(&plain), true);
		WORDS(to, "{1} (courtesy translation, not authoritative): {2}", buffer_bytes(&name),
			buffer_bytes(&text));
	} else {
		WORDS(to, "{1}: as written, at the left", buffer_bytes(&name));
	}
	buffer_free(&name);
	buffer_free(&plain);
	buffer_free(&text);
}

static void field_beside(struct buffer *to, const struct view_print *print, const struct line *field)
{
	struct view_entry original = *print->entry;
	struct buffer left = {.secret = true}, right = {.secret = true};
	original.lang = original.entry->lang;
	const struct words *reader = words_speak(print->writer);
	written(&left, &original, field);
	words_speak(reader);
	read_beside(&right, print->entry, field);
	beside_lines(to, buffer_bytes(&left), buffer_bytes(&right));
	beside_lines(to, BYTES(""), BYTES(""));
	buffer_free(&left);
	buffer_free(&right);
}

/* Both columns under their languages. */
static void fields_beside(struct buffer *to, const struct view_print *print)
{
	const struct view_entry *view = print->entry;
	struct buffer left = {0}, right = {0};
	WORDS(&left, "As written ({1})", view->entry->lang);
	WORDS(&right, "For the reader ({1})", view->lang);
	beside_lines(to, buffer_bytes(&left), buffer_bytes(&right));
	beside_lines(to, BYTES("------------------------------------"), BYTES("------------------------------------"));
	for (size_t i = 0; i < view->entry->field_count; i++)
		field_beside(to, print, &view->entry->fields[i]);
	for (size_t i = 0; i < view_form_lines(view); i++)
		field_beside(to, print, &view->lines->lines[i].field);
	buffer_free(&left);
	buffer_free(&right);
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
	if (print->beside && view->state != VIEW_VOID) {
		words(&body, view, view_entry_head);
		fields_beside(&body, print);
		words(&body, view, view_entry_rest);
	} else {
		words(&body, view, view_entry_text);
	}
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

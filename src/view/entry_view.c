#include "entry_view.h"

#include "document_view.h"
#include "paper.h"
#include "state_view.h"
#include "text.h"
#include "words.h"

/* `name` is a text that was looked up. */
static void heading(struct buffer *to, const char *name, struct bytes value)
{
	paper_padded(to, bytes_string(name), 12);
	buffer_string(to, " ");
	text_isolated(to, value);
	buffer_string(to, "\n");
}

static const struct form *form_of(const struct view_entry *view)
{
	return terms_form(view->terms, view->entry->form);
}

struct bytes view_field_name(const struct view_entry *view, struct bytes key)
{
	const struct form *form = form_of(view);
	const struct form_field *field = form == NULL ? NULL : form_field(form, key);
	return field == NULL ? key : form_label(field->labels, field->label_count, view->lang, key);
}

struct bytes view_code_label(const struct view_entry *view, const struct line *field)
{
	const struct form *form = form_of(view);
	const struct form_field *known = form == NULL ? NULL : form_field(form, field->key);
	const struct bytes none = {NULL, 0};
	for (size_t i = 0; known != NULL && known->type == FIELD_CODE && i < terms_mechanism_count(view->terms); i++) {
		const struct mechanism *mechanism = terms_mechanism(view->terms, i);
		const struct mechanism_code *code = mechanism_code(mechanism, field->value);
		if (bytes_equal(mechanism->name, name_party(form->name)) && code != NULL)
			return form_label(code->labels, code->label_count, view->lang, none);
	}
	return none;
}

/* A line of a field's value, and what it is called where it is a code. */
static void value_text(struct buffer *to, struct bytes value, struct bytes called)
{
	struct buffer shown = {.secret = true};
	text_isolated(&shown, value);
	if (called.size != 0)
		WORDS(to, "{1} ({2})", buffer_bytes(&shown), called);
	else
		buffer_add(to, buffer_bytes(&shown));
	buffer_free(&shown);
}

/* A field: its label, then its value, a code with what it is called; lines after the first are indented. */
static void field_text(struct buffer *to, const struct view_entry *view, const struct line *field)
{
	struct buffer plain = {.secret = true}, name = {0}, first = {.secret = true};
	struct bytes called = view_code_label(view, field);
	line_unescape(&plain, field->value);
	struct cursor cursor = cursor_of(buffer_bytes(&plain));
	text_printable(&name, view_field_name(view, field->key), false);
	if (plain.size != 0)
		value_text(&first, cursor_until(&cursor, '\n'), called);
	buffer_string(to, "  ");
	WORDS(to, "{1}: {2}", buffer_bytes(&name), buffer_bytes(&first));
	buffer_string(to, "\n");
	while (cursor_left(&cursor) > 0) {
		buffer_string(to, "    ");
		value_text(to, cursor_until(&cursor, '\n'), called);
		buffer_string(to, "\n");
	}
	buffer_free(&plain);
	buffer_free(&name);
	buffer_free(&first);
}

static const char *const state_words[] = {"valid", "void", "pending"};

static void form_text(struct buffer *to, const struct view_entry *view)
{
	const struct form *form = form_of(view);
	struct buffer shown = {0};
	text_printable(&shown, view->entry->form, false);
	if (form != NULL && form->label_count > 0) {
		struct bytes name = buffer_bytes(&shown);
		struct buffer called = {0};
		WORDS(&called, "{1} ({2})", name, form_label(form->labels, form->label_count, view->lang, view->entry->form));
		heading(to, T("form"), buffer_bytes(&called));
		buffer_free(&called);
	} else {
		heading(to, T("form"), view->entry->form);
	}
	buffer_free(&shown);
}

static void header_text(struct buffer *to, const struct view_entry *view)
{
	const struct entry *entry = view->entry;
	form_text(to, view);
	heading(to, T("from"), entry->from);
	for (size_t i = 0; i < entry->to_count; i++)
		heading(to, T("to"), entry->to[i]);
	heading(to, T("at"), MOMENT(entry->at));
	if (entry->opens)
		heading(to, T("matter"), bytes_string(T("opens a new one")));
	else if (!entry->bookkeeping)
		heading(to, T("matter"), PLACED(entry->matter.party, entry->matter.index));
	if (entry->has_re)
		heading(to, T("answers"), PLACED(entry->re.party, entry->re.index));
	heading(to, T("tlp"), entry->tlp);
	heading(to, T("language"), entry->lang);
	if (entry->transcribed)
		heading(to, T("transcribed"),
			bytes_string(T("yes: it came by another way (fax, voice, paper) and was entered here")));
}

static void head_text(struct buffer *to, const struct view_entry *view)
{
	struct buffer verdict = {0};
	heading(to, T("entry"), PLACED(view->place.party, view->place.index));
	if (view->entry != NULL)
		header_text(to, view);
	if (view->state == VIEW_VOID)
		WORDS(&verdict, "void: {1} [{2}]", bytes_string(rule_sentence(view->why)), bytes_string(rule_name(view->why)));
	else
		buffer_string(&verdict, view->state == VIEW_VALID ? T("valid") : T("pending: it refers to what is not here yet"));
	heading(to, T("verdict"), buffer_bytes(&verdict));
	buffer_free(&verdict);
}

/* How many sealed lines are not attachments': the form's, then courtesy translations. */
static size_t text_lines(const struct view_entry *view)
{
	size_t attached = 2 * view->entry->attachment_count;
	size_t count = view->lines == NULL ? 0 : view->lines->count;
	return count < attached ? count : count - attached;
}

size_t view_form_lines(const struct view_entry *view)
{
	size_t count = text_lines(view);
	while (count > 0 && bytes_is(view->lines->lines[count - 1].field.key, COURTESY_KEY))
		count--;
	return count;
}

bool view_courtesy(const struct view_entry *view, size_t n, struct view_courtesy *courtesy)
{
	size_t at = view->lines == NULL ? 0 : view_form_lines(view) + n;
	return view->lines != NULL && at < text_lines(view) &&
		form_courtesy(view->lines->lines[at].field.value, &courtesy->lang, &courtesy->key, &courtesy->text);
}

struct bytes view_attachment_name(const struct view_entry *view, size_t n)
{
	size_t at = text_lines(view) + 2 * n + 1;
	if (view->lines == NULL || at >= view->lines->count ||
	    !bytes_is(view->lines->lines[at].field.key, ATTACHMENT_NAME))
		return (struct bytes){0};
	return view->lines->lines[at].field.value;
}

static void holders_text(struct buffer *to, const struct view_entry *view, const struct view_attachment *attachment)
{
	struct bytes holders[AGREEMENT_PARTIES_MAX];
	struct buffer list = {0};
	size_t count = 0;
	for (size_t i = 0; i < terms_party_count(view->terms); i++)
		if ((attachment->holders >> i & 1) != 0)
			holders[count++] = terms_party(view->terms, i);
	words_list(&list, holders, count, W("{1}, {2}"));
	buffer_string(to, "    ");
	if (count == 0)
		buffer_string(to, T("held by nobody else yet"));
	else
		WORDS(to, "held by {1}", buffer_bytes(&list));
	buffer_string(to, "\n");
	buffer_free(&list);
}

static void attachment_text(struct buffer *to, const struct view_entry *view, size_t n)
{
	const struct entry_attachment *named = &view->entry->attachments[n];
	const struct view_attachment *attachment = &view->attachments[n];
	struct buffer name = {0}, plain = {0};
	line_unescape(&plain, view_attachment_name(view, n));
	text_isolated(&name, plain.size == 0 ? bytes_string(T("(sealed)")) : buffer_bytes(&plain));
	struct bytes blanks[] = {NUMBER(n + 1), buffer_bytes(&name), NUMBER(named->size), NUMBER(attachment->have)};
	buffer_string(to, "  ");
	words_say(to, attachment->here ? W("Attachment {1}: {2}, {3} bytes sealed, here")
		: attachment->have != 0 ? W("Attachment {1}: {2}, {3} bytes sealed, {4} bytes of it here")
		: W("Attachment {1}: {2}, {3} bytes sealed, not here"), blanks, 4);
	buffer_string(to, "\n");
	holders_text(to, view, attachment);
	buffer_string(to, "    SHA-256 ");
	text_hex(to, bytes_of(named->digest, SHA256_SIZE));
	buffer_string(to, "\n");
	buffer_free(&name);
	buffer_free(&plain);
}

/* Said in words each time: it is not what was signed for. */
static void courtesy_text(struct buffer *to, const struct view_entry *view, const struct view_courtesy *courtesy)
{
	struct buffer plain = {.secret = true}, name = {0};
	line_unescape(&plain, courtesy->text);
	struct cursor cursor = cursor_of(buffer_bytes(&plain));
	text_printable(&name, view_field_name(view, courtesy->key), false);
	buffer_string(to, "  ");
	WORDS(to, "{1}: courtesy translation into {2}, not authoritative", buffer_bytes(&name), courtesy->lang);
	buffer_string(to, "\n");
	while (cursor_left(&cursor) > 0) {
		buffer_string(to, "    ");
		text_isolated(to, cursor_until(&cursor, '\n'));
		buffer_string(to, "\n");
	}
	buffer_free(&plain);
	buffer_free(&name);
}

/* What follows the form's fields: why they are closed, attachments, a document. */
static void rest_text(struct buffer *to, const struct view_entry *view)
{
	if (view->entry->sealed && view->lines == NULL) {
		buffer_string(to, "  ");
		WORDS(to, "(sealed: {1})", bytes_string(rule_sentence(view->closed)));
		buffer_string(to, "\n");
	}
	for (size_t i = 0; i < view->entry->attachment_count; i++)
		attachment_text(to, view, i);
	if (view->document != NULL)
		view_document_text(to, view->document);
}

static void fields_text(struct buffer *to, const struct view_entry *view)
{
	struct view_courtesy courtesy;
	for (size_t i = 0; i < view->entry->field_count; i++)
		field_text(to, view, &view->entry->fields[i]);
	for (size_t i = 0; i < view_form_lines(view); i++)
		field_text(to, view, &view->lines->lines[i].field);
	for (size_t i = 0; view_courtesy(view, i, &courtesy); i++)
		courtesy_text(to, view, &courtesy);
}

void view_entry_head(struct buffer *to, const struct view_entry *view)
{
	head_text(to, view);
	for (size_t i = 0; i < view->receipt_count; i++) {
		struct buffer stored = {0};
		WORDS(&stored, "by {1} at {2}", view->receipts[i].party, MOMENT(view->receipts[i].time));
		heading(to, T("stored"), buffer_bytes(&stored));
		buffer_free(&stored);
	}
	struct cursor answers = cursor_of(view->answers);
	while (cursor_left(&answers) > 0)
		heading(to, T("answered by"), cursor_line(&answers));
	buffer_string(to, "\n");
}

void view_entry_rest(struct buffer *to, const struct view_entry *view)
{
	if (view->state == VIEW_VOID)
		buffer_format(to, "  %s\n",
			T("(void: nothing in it is shown as its desk's words; --raw shows what is stored)"));
	else
		rest_text(to, view);
}

void view_entry_text(struct buffer *to, const struct view_entry *view)
{
	view_entry_head(to, view);
	if (view->state != VIEW_VOID)
		fields_text(to, view);
	view_entry_rest(to, view);
}

static void place_json(struct json *json, const char *key, const struct place *place)
{
	struct buffer text = {0};
	buffer_format(&text, "%.*s/%llu", BYTES_SHOWN(place->party), (unsigned long long)place->index);
	json_string(json, key, buffer_bytes(&text));
	buffer_free(&text);
}

/* Fields may repeat: [{"key", "value", "sealed"}]. */
static void field_json(struct json *json, const struct line *field, bool sealed)
{
	struct buffer plain = {0};
	line_unescape(&plain, field->value);
	json_object(json, NULL);
	json_string(json, "key", field->key);
	json_string(json, "value", buffer_bytes(&plain));
	json_bool(json, "sealed", sealed);
	json_end(json);
	buffer_free(&plain);
}

static void header_json(struct json *json, const struct view_entry *view)
{
	const struct entry *entry = view->entry;
	char at[UTC_SIZE + 1];
	json_string(json, "form", entry->form);
	json_string(json, "from", entry->from);
	json_array(json, "to");
	for (size_t i = 0; i < entry->to_count; i++)
		json_string(json, NULL, entry->to[i]);
	json_end(json);
	utc_format(entry->at, at);
	json_string(json, "at", bytes_string(at));
	if (entry->opens)
		json_string(json, "matter", BYTES("new"));
	else if (!entry->bookkeeping)
		place_json(json, "matter", &entry->matter);
	if (entry->has_re)
		place_json(json, "re", &entry->re);
	json_string(json, "tlp", entry->tlp);
	json_string(json, "lang", entry->lang);
	json_bool(json, "transcribed", entry->transcribed);
}

static void courtesies_json(struct json *json, const struct view_entry *view)
{
	struct view_courtesy courtesy;
	json_array(json, "courtesy_translations");
	for (size_t i = 0; view_courtesy(view, i, &courtesy); i++) {
		struct buffer plain = {.secret = true};
		line_unescape(&plain, courtesy.text);
		json_object(json, NULL);
		json_string(json, "key", courtesy.key);
		json_string(json, "lang", courtesy.lang);
		json_string(json, "value", buffer_bytes(&plain));
		json_end(json);
		buffer_free(&plain);
	}
	json_end(json);
}

static void head_json(struct json *json, const struct view_entry *view)
{
	place_json(json, "entry", &view->place);
	if (view->entry != NULL)
		header_json(json, view);
	json_string(json, "verdict", bytes_string(state_words[view->state]));
	if (view->state == VIEW_VOID)
		json_string(json, "rule", bytes_string(rule_name(view->why)));
}

static void attachments_json(struct json *json, const struct view_entry *view)
{
	json_array(json, "attachments");
	for (size_t i = 0; view->state != VIEW_VOID && i < view->entry->attachment_count; i++) {
		const struct view_attachment *attachment = &view->attachments[i];
		struct bytes name = view_attachment_name(view, i);
		struct buffer text = {0};
		json_object(json, NULL);
		text_hex(&text, bytes_of(view->entry->attachments[i].digest, SHA256_SIZE));
		json_string(json, "sha256", buffer_bytes(&text));
		buffer_clear(&text);
		line_unescape(&text, name);
		if (name.data != NULL)
			json_string(json, "name", buffer_bytes(&text));
		json_number(json, "size", (int64_t)view->entry->attachments[i].size);
		json_bool(json, "here", attachment->here);
		json_number(json, "have", (int64_t)attachment->have);
		json_array(json, "held_by");
		for (size_t party = 0; party < terms_party_count(view->terms); party++) {
			if ((attachment->holders >> party & 1) != 0)
				json_string(json, NULL, terms_party(view->terms, party));
		}
		json_end(json);
		json_end(json);
		buffer_free(&text);
	}
	json_end(json);
}

void view_entry_json(struct json *json, const char *key, const struct view_entry *view)
{
	json_object(json, key);
	head_json(json, view);
	json_array(json, "received");
	for (size_t i = 0; i < view->receipt_count; i++) {
		char utc[UTC_SIZE + 1];
		utc_format(view->receipts[i].time, utc);
		json_object(json, NULL);
		json_string(json, "party", view->receipts[i].party);
		json_string(json, "at", bytes_string(utc));
		json_end(json);
	}
	json_end(json);
	json_array(json, "answers");
	struct cursor answers = cursor_of(view->answers);
	while (cursor_left(&answers) > 0)
		json_string(json, NULL, cursor_line(&answers));
	json_end(json);
	json_array(json, "fields");
	for (size_t i = 0; view->state != VIEW_VOID && i < view->entry->field_count; i++)
		field_json(json, &view->entry->fields[i], false);
	for (size_t i = 0; view->lines != NULL && i < view_form_lines(view); i++)
		field_json(json, &view->lines->lines[i].field, true);
	json_end(json);
	courtesies_json(json, view);
	attachments_json(json, view);
	if (view->document != NULL)
		view_document_json(json, view->document);
	if (view->due != 0) {
		char due[UTC_SIZE + 1];
		utc_format(view->due, due);
		json_string(json, "answer_due", bytes_string(due));
	}
	if (view->state != VIEW_VOID && view->entry->sealed && view->lines == NULL)
		json_string(json, "closed", bytes_string(rule_name(view->closed)));
	json_end(json);
}

struct bytes view_gist(const struct view_entry *view)
{
	struct bytes found = {0};
	for (size_t i = 0; i < view_form_lines(view); i++) {
		const struct line *field = &view->lines->lines[i].field;
		if (bytes_is(field->key, "subject"))
			return field->value;
		if (found.data == NULL) {
			struct bytes label = view_code_label(view, field);
			found = label.data != NULL ? label : field->value;
		}
	}
	return found;
}

/* What stands behind the words of an entry. */
static void inbox_notes(struct buffer *to, const struct view_entry *view)
{
	struct buffer duration = {0};
	if (view->entry->attachment_count != 0) {
		buffer_string(to, " ");
		WORDS(to, "[{1} attached]", NUMBER(view->entry->attachment_count));
	}
	if (view->due != 0) {
		bool over = view->now > view->due;
		state_duration(&duration, over ? view->now - view->due : view->due - view->now);
		struct bytes blank = buffer_bytes(&duration);
		buffer_string(to, " ");
		words_say(to, over ? W("[answer OVERDUE by {1}]") : W("[answer due in {1}]"), &blank, 1);
	}
	buffer_free(&duration);
}

#define INBOX_GIST_MAX 60 /* bytes */

void view_inbox_line(struct buffer *to, const struct view_entry *view)
{
	struct bytes words = view_gist(view);
	struct buffer gist = {.secret = true};
	paper_padded(to, PLACED(view->place.party, view->place.index), 20);
	buffer_format(to, " %.*s  ", BYTES_SHOWN(MOMENT(view->entry->at)));
	paper_padded(to, entry_field(view->entry, "priority"), 8);
	buffer_string(to, " ");
	paper_padded(to, view->entry->form, 16);
	buffer_string(to, " ");
	if (view->entry->transcribed)
		buffer_format(to, "%s ", T("(transcribed)"));
	if (view->entry->sealed && view->lines == NULL)
		WORDS(to, "(sealed: {1})", bytes_string(rule_sentence(view->closed)));
	/* cut at a character, not inside one */
	size_t size = words.size > INBOX_GIST_MAX ? INBOX_GIST_MAX : words.size;
	while (size < words.size && size > 0 && (words.data[size] & 0xc0) == 0x80)
		size--;
	text_isolated(&gist, bytes_of(words.data, size));
	buffer_add(to, buffer_bytes(&gist));
	buffer_string(to, size < words.size ? "..." : "");
	inbox_notes(to, view);
	buffer_string(to, "\n");
	buffer_free(&gist);
}

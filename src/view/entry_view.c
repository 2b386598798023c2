#include "entry_view.h"

#include "document_view.h"
#include "state_view.h"
#include "text.h"

static void printable(struct buffer *to, struct bytes text, bool lf)
{
	text_printable(to, text, lf);
}

static void heading(struct buffer *to, const char *name, struct bytes value)
{
	buffer_format(to, "%-12s ", name);
	printable(to, value, false);
	buffer_string(to, "\n");
}

static const struct form *form_of(const struct view_entry *view)
{
	return terms_form(view->terms, view->entry->form);
}

static struct bytes field_name(const struct view_entry *view, struct bytes key)
{
	const struct form *form = form_of(view);
	const struct form_field *field = form == NULL ? NULL : form_field(form, key);
	return field == NULL ? key : form_label(field->labels, field->label_count, view->lang, key);
}

/* What a code is called; the absent view where the value is no code, or its mechanism has no label for it. */
static struct bytes code_label(const struct view_entry *view, const struct line *field)
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

/* A field: its label, then its value, a code with what it is called; lines after the first are indented. */
static void field_text(struct buffer *to, const struct view_entry *view, const struct line *field)
{
	struct buffer plain = {0};
	struct bytes name = field_name(view, field->key), called = code_label(view, field);
	line_unescape(&plain, field->value);
	struct cursor cursor = cursor_of(buffer_bytes(&plain));
	buffer_string(to, "  ");
	printable(to, name, false);
	buffer_string(to, ": ");
	for (bool first = true; cursor_left(&cursor) > 0; first = false) {
		buffer_string(to, first ? "" : "    ");
		printable(to, cursor_until(&cursor, '\n'), false);
		if (called.size != 0)
			buffer_format(to, " (%.*s)", BYTES_SHOWN(called));
		buffer_string(to, "\n");
	}
	if (plain.size == 0)
		buffer_string(to, "\n");
	buffer_free(&plain);
}

static void place_text(struct buffer *to, const char *name, const struct place *place)
{
	buffer_format(to, "%-12s %.*s/%llu\n", name, BYTES_SHOWN(place->party),
		(unsigned long long)place->index);
}

static const char *const state_words[] = {"valid", "void", "pending"};

static void header_text(struct buffer *to, const struct view_entry *view)
{
	const struct entry *entry = view->entry;
	const struct form *form = form_of(view);
	char at[UTC_SIZE + 1];
	buffer_format(to, "%-12s ", "form");
	printable(to, entry->form, false);
	if (form != NULL && form->label_count > 0) {
		struct bytes label = form_label(form->labels, form->label_count, view->lang, entry->form);
		buffer_format(to, " (%.*s)", BYTES_SHOWN(label));
	}
	buffer_string(to, "\n");
	heading(to, "from", entry->from);
	for (size_t i = 0; i < entry->to_count; i++)
		heading(to, "to", entry->to[i]);
	utc_format(entry->at, at);
	heading(to, "at", bytes_string(at));
	if (entry->opens)
		heading(to, "matter", BYTES("opens a new one"));
	else if (!entry->bookkeeping)
		place_text(to, "matter", &entry->matter);
	if (entry->has_re)
		place_text(to, "answers", &entry->re);
	heading(to, "tlp", entry->tlp);
	heading(to, "language", entry->lang);
	if (entry->transcribed)
		heading(to, "transcribed", BYTES("yes: it came by another way (fax, voice, paper) and was entered here"));
}

static void head_text(struct buffer *to, const struct view_entry *view)
{
	place_text(to, "entry", &view->place);
	if (view->entry != NULL)
		header_text(to, view);
	buffer_format(to, "%-12s %s", "verdict", state_words[view->state]);
	if (view->state == VIEW_VOID)
		buffer_format(to, ": %s [%s]", rule_sentence(view->why), rule_name(view->why));
	else if (view->state == VIEW_PENDING)
		buffer_string(to, ": it refers to what is not here yet");
	buffer_string(to, "\n");
}

/* How many sealed lines are the form's; the rest are two for each attachment. */
static size_t form_lines(const struct view_entry *view)
{
	size_t attached = 2 * view->entry->attachment_count;
	size_t count = view->lines == NULL ? 0 : view->lines->count;
	return count < attached ? count : count - attached;
}

struct bytes view_attachment_name(const struct view_entry *view, size_t n)
{
	size_t at = form_lines(view) + 2 * n + 1;
	if (view->lines == NULL || at >= view->lines->count ||
	    !bytes_is(view->lines->lines[at].field.key, ATTACHMENT_NAME))
		return (struct bytes){0};
	return view->lines->lines[at].field.value;
}

static void holders_text(struct buffer *to, const struct view_entry *view, const struct view_attachment *attachment)
{
	const char *before = "held by ";
	for (size_t i = 0; i < terms_party_count(view->terms); i++) {
		if ((attachment->holders >> i & 1) == 0)
			continue;
		buffer_format(to, "%s%.*s", before, BYTES_SHOWN(terms_party(view->terms, i)));
		before = ", ";
	}
	if (attachment->holders == 0)
		buffer_string(to, "held by nobody else yet");
}

static void attachments_text(struct buffer *to, const struct view_entry *view)
{
	for (size_t i = 0; i < view->entry->attachment_count; i++) {
		const struct entry_attachment *named = &view->entry->attachments[i];
		const struct view_attachment *attachment = &view->attachments[i];
		struct buffer name = {0}, plain = {0};
		line_unescape(&plain, view_attachment_name(view, i));
		text_printable(&name, plain.size == 0 ? BYTES("(sealed)") : buffer_bytes(&plain), false);
		buffer_format(to, "  Attachment %zu: %.*s, %llu bytes sealed, ", i + 1,
			BYTES_SHOWN(buffer_bytes(&name)), (unsigned long long)named->size);
		if (attachment->here)
			buffer_string(to, "here");
		else if (attachment->have != 0)
			buffer_format(to, "%llu bytes of it here", (unsigned long long)attachment->have);
		else
			buffer_string(to, "not here");
		buffer_string(to, "\n    ");
		holders_text(to, view, attachment);
		buffer_string(to, "\n    SHA-256 ");
		text_hex(to, bytes_of(named->digest, SHA256_SIZE));
		buffer_string(to, "\n");
		buffer_free(&name);
		buffer_free(&plain);
	}
}

static void fields_text(struct buffer *to, const struct view_entry *view)
{
	for (size_t i = 0; i < view->entry->field_count; i++)
		field_text(to, view, &view->entry->fields[i]);
	for (size_t i = 0; i < form_lines(view); i++)
		field_text(to, view, &view->lines->lines[i].field);
	if (view->entry->sealed && view->lines == NULL)
		buffer_format(to, "  (sealed: %s)\n", rule_sentence(view->closed));
	attachments_text(to, view);
	if (view->document != NULL)
		view_document_text(to, view->document);
}

void view_entry_text(struct buffer *to, const struct view_entry *view)
{
	head_text(to, view);
	for (size_t i = 0; i < view->receipt_count; i++) {
		char utc[UTC_SIZE + 1];
		utc_format(view->receipts[i].time, utc);
		buffer_format(to, "%-12s by %.*s at %s\n", "stored", BYTES_SHOWN(view->receipts[i].party), utc);
	}
	struct cursor answers = cursor_of(view->answers);
	while (cursor_left(&answers) > 0)
		heading(to, "answered by", cursor_line(&answers));
	buffer_string(to, "\n");
	if (view->state == VIEW_VOID)
		buffer_string(to, "  (void: nothing in it is shown as its desk's words; --raw shows what is stored)\n");
	else
		fields_text(to, view);
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
	for (size_t i = 0; view->lines != NULL && i < form_lines(view); i++)
		field_json(json, &view->lines->lines[i].field, true);
	json_end(json);
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
	for (size_t i = 0; i < form_lines(view); i++) {
		const struct line *field = &view->lines->lines[i].field;
		if (bytes_is(field->key, "subject"))
			return field->value;
		if (found.data == NULL) {
			struct bytes label = code_label(view, field);
			found = label.data != NULL ? label : field->value;
		}
	}
	return found;
}

void view_inbox_line(struct buffer *to, const struct view_entry *view)
{
	char at[UTC_SIZE + 1];
	struct bytes priority = entry_field(view->entry, "priority"), words = view_gist(view);
	struct buffer place = {0};
	utc_format(view->entry->at, at);
	buffer_format(&place, "%.*s/%llu", BYTES_SHOWN(view->place.party),
		(unsigned long long)view->place.index);
	buffer_format(to, "%-20.*s %s  %-8.*s %-16.*s ", BYTES_SHOWN(place), at, BYTES_SHOWN(priority),
		BYTES_SHOWN(view->entry->form));
	if (view->entry->transcribed)
		buffer_string(to, "(transcribed) ");
	if (view->entry->sealed && view->lines == NULL)
		buffer_format(to, "(sealed: %s)", rule_sentence(view->closed));
	/* cut at a character, not inside one */
	size_t size = words.size > 60 ? 60 : words.size;
	while (size < words.size && size > 0 && (words.data[size] & 0xc0) == 0x80)
		size--;
	printable(to, bytes_of(words.data, size), false);
	buffer_string(to, size < words.size ? "..." : "");
	if (view->entry->attachment_count != 0)
		buffer_format(to, " [%zu attached]", view->entry->attachment_count);
	if (view->due != 0) {
		buffer_string(to, view->now > view->due ? " [answer OVERDUE by " : " [answer due in ");
		state_duration(to, view->now > view->due ? view->now - view->due : view->due - view->now);
		buffer_string(to, "]");
	}
	buffer_string(to, "\n");
	buffer_free(&place);
}

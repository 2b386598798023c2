#include "search_view.h"

#include "paper.h"
#include "text.h"
#include "words.h"

#define CONTEXT 24 /* characters before and after a word */

void search_begin(struct search_found *found)
{
	found->count = 0;
	memset(found->at, 0, sizeof(found->at));
	buffer_clear(&found->contexts);
	found->contexts.secret = found->value.secret = true;
}

void search_end(struct search_found *found)
{
	buffer_free(&found->contexts);
	buffer_free(&found->value);
}

static void look(struct search_found *found, const struct search_words *words, struct bytes where, struct bytes text)
{
	for (size_t i = 0; i < words->count; i++) {
		if (found->at[i].found)
			continue;
		struct bytes place = find_word(&words->words[i], text);
		if (place.data == NULL)
			continue;
		struct bytes context = find_context(text, place, CONTEXT);
		found->at[i].found = true;
		found->at[i].where = where;
		found->at[i].from = found->contexts.size;
		found->at[i].size = context.size;
		buffer_add(&found->contexts, context);
		found->count++;
	}
}

static void look_field(struct search_found *found, const struct search_words *words, const struct line *field)
{
	struct bytes value = field->value;
	if (memchr(value.data, '\\', value.size) != NULL) {
		buffer_clear(&found->value);
		line_unescape(&found->value, value);
		value = buffer_bytes(&found->value);
	}
	look(found, words, field->key, value);
	if (found->value.rule != RULE_OK && found->contexts.rule == RULE_OK)
		found->contexts.rule = found->value.rule;
}

void search_open(struct search_found *found, const struct search_words *words, const struct view_entry *view)
{
	const struct entry *entry = view->entry;
	struct buffer place = {0};
	buffer_format(&place, "%.*s/%llu", BYTES_SHOWN(view->place.party), (unsigned long long)view->place.index);
	look(found, words, BYTES("entry"), buffer_bytes(&place));
	buffer_free(&place);
	look(found, words, BYTES("form"), entry->form);
	look(found, words, BYTES("from"), entry->from);
	for (size_t i = 0; i < entry->to_count; i++)
		look(found, words, BYTES("to"), entry->to[i]);
	for (size_t i = 0; i < entry->field_count; i++)
		look_field(found, words, &entry->fields[i]);
}

void search_sealed(struct search_found *found, const struct search_words *words, const struct view_entry *view)
{
	size_t attached = 2 * view->entry->attachment_count;
	for (size_t i = 0; i + attached < view->lines->count; i++)
		look_field(found, words, &view->lines->lines[i].field);
	for (size_t i = 0; i < view->entry->attachment_count; i++) {
		struct line name = {BYTES(ATTACHMENT_NAME), view_attachment_name(view, i)};
		if (name.value.data != NULL)
			look_field(found, words, &name);
	}
}

static struct bytes context_of(const struct search_found *found, size_t word)
{
	return bytes_of(found->contexts.data + found->at[word].from, found->at[word].size);
}

/* Does it stand in what is shown of another word? `shown`: bit by word. */
static bool covered(const struct search_words *words, const struct search_found *found, size_t word, uint32_t shown)
{
	for (size_t i = 0; i < word; i++) {
		if ((shown >> i & 1) != 0 && bytes_equal(found->at[i].where, found->at[word].where) &&
		    find_word(&words->words[word], context_of(found, i)).data != NULL)
			return true;
	}
	return false;
}

void search_line(struct buffer *to, const struct search_words *words, const struct search_found *found,
	const struct view_entry *view)
{
	uint32_t shown = 0;
	paper_padded(to, PLACED(view->place.party, view->place.index), 20);
	buffer_format(to, " %.*s  ", BYTES_SHOWN(MOMENT(view->entry->at)));
	paper_padded(to, view->entry->form, 16);
	for (size_t i = 0; i < words->count; i++) {
		if (covered(words, found, i, shown))
			continue;
		shown |= (uint32_t)1 << i;
		buffer_string(to, "  ");
		text_printable(to, found->at[i].where, false); /* a code: the field's key */
		buffer_string(to, ": ");
		text_isolated(to, context_of(found, i));
	}
	buffer_string(to, "\n");
}

void search_json(struct json *json, const struct search_words *words, const struct search_found *found,
	const struct view_entry *view)
{
	char at[UTC_SIZE + 1];
	struct buffer place = {0};
	utc_format(view->entry->at, at);
	buffer_format(&place, "%.*s/%llu", BYTES_SHOWN(view->place.party), (unsigned long long)view->place.index);
	json_object(json, NULL);
	json_string(json, "entry", buffer_bytes(&place));
	json_string(json, "at", bytes_string(at));
	json_string(json, "form", view->entry->form);
	json_string(json, "from", view->entry->from);
	json_array(json, "found");
	for (size_t i = 0; i < words->count; i++) {
		json_object(json, NULL);
		json_string(json, "in", found->at[i].where);
		json_string(json, "context", context_of(found, i));
		json_end(json);
	}
	json_end(json);
	json_end(json);
	buffer_free(&place);
}

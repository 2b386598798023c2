/*
 * What a party disowns: entries of its own, written with keys that others had. From then on they state no position, ask
 * nothing and promise nothing; what was done by then stays done.
 */
#include "kernel_parts.h"

enum { STATED_POSITION, STATED_PROMISE };

enum rule disown_note_position(struct kernel *kernel, struct kernel_place entry, struct kernel_place matter,
	const uint8_t version[SHA256_SIZE])
{
	struct row_key key = key_of(ROW_STATED, entry);
	buffer_clear(&kernel->value);
	buffer_u8(&kernel->value, STATED_POSITION);
	buffer_u8(&kernel->value, (uint8_t)matter.party);
	buffer_u64(&kernel->value, matter.index);
	buffer_add(&kernel->value, bytes_of(version, SHA256_SIZE));
	return kernel->value.rule == RULE_OK ? kernel_put(kernel, &key, buffer_bytes(&kernel->value)) : kernel->value.rule;
}

enum rule disown_note_promise(struct kernel *kernel, struct kernel_place entry, struct kernel_place answered)
{
	struct row_key key = key_of(ROW_STATED, entry);
	buffer_clear(&kernel->value);
	buffer_u8(&kernel->value, STATED_PROMISE);
	buffer_u8(&kernel->value, (uint8_t)answered.party);
	buffer_u64(&kernel->value, answered.index);
	return kernel->value.rule == RULE_OK ? kernel_put(kernel, &key, buffer_bytes(&kernel->value)) : kernel->value.rule;
}

/* What is owed under an entry: all of it, or what one entry promised, is owed no more. */
static enum rule drop_owed(struct kernel *kernel, struct kernel_place place, const struct kernel_place *promise,
	int64_t since)
{
	struct kernel_owed *owed = &kernel->owed;
	enum rule rule = kernel_owed(kernel, place, owed);
	if (rule == RULE_OK)
		rule = owed_weigh(kernel, owed, false);
	for (size_t i = 0; rule == RULE_OK && i < owed->count; i++) {
		struct kernel_obligation *item = &owed->items[i];
		bool asked = promise == NULL && item->oblige != NULL;
		bool promised = promise != NULL && item->oblige == NULL && item->party == promise->party &&
			item->by == promise->index;
		if ((!asked && !promised) || item->asked_at < since || item->disowned)
			continue;
		item->disowned = true;
		rule = owed_listen(kernel, owed, item);
	}
	if (rule == RULE_OK)
		rule = owed_store(kernel, owed);
	if (rule == RULE_OK)
		rule = owed_weigh(kernel, owed, true);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule disown_one(struct kernel *kernel, struct kernel_place entry, int64_t since)
{
	struct row_key key = key_of(ROW_STATED, entry);
	struct buffer value = {0};
	enum rule rule = drop_owed(kernel, entry, NULL, since);
	if (rule == RULE_OK)
		rule = kernel_get(kernel, &key, &value);
	struct cursor cursor = cursor_of(buffer_bytes(&value));
	uint8_t kind = cursor_u8(&cursor);
	struct kernel_place place = {cursor_u8(&cursor), 0};
	place.index = cursor_u64(&cursor);
	if (rule == RULE_OK && kind == STATED_PROMISE)
		rule = drop_owed(kernel, place, &entry, since);
	else if (rule == RULE_OK && cursor_left(&cursor) == SHA256_SIZE)
		rule = position_drop(kernel, entry, place, cursor_take(&cursor, SHA256_SIZE).data, since);
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule disown_add(struct kernel *kernel, const struct kernel_entry *added, const struct form *form)
{
	const struct mechanism *mechanism = kernel_mechanism(kernel, kernel->text, form->name);
	int64_t window = (int64_t)kernel_clock(kernel, kernel->text, mechanism, form->disowns).seconds;
	int64_t since = added->entry->at > window ? added->entry->at - window : 0;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < added->entry->field_count && rule == RULE_OK; i++) {
		struct place place;
		if (!bytes_is(added->entry->fields[i].key, "disowns") ||
			place_parse(&place, added->entry->fields[i].value) != RULE_OK ||
			kernel_find_party(kernel, place.party) != added->party || place.index >= added->index)
			continue;
		rule = disown_one(kernel, (struct kernel_place){added->party, place.index}, since);
	}
	return rule;
}

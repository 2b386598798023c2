/* What is owed under an entry, as the kernel keeps it in a row, and read from there. */
#include <stdlib.h>

#include "kernel_parts.h"
#include "list.h"

void kernel_owed_free(struct kernel_owed *owed)
{
	free(owed->items);
	buffer_free(&owed->row);
	memset(owed, 0, sizeof(*owed));
}

struct kernel_obligation *owed_item(struct kernel_owed *owed, size_t party)
{
	struct kernel_obligation *more = list_room(owed->items, owed->count, &owed->capacity, sizeof(*more));
	if (more == NULL)
		return NULL;
	owed->items = more;
	size_t at = owed->count++;
	for (; at > 0 && owed->items[at - 1].party > party; at--)
		owed->items[at] = owed->items[at - 1];
	owed->items[at] = (struct kernel_obligation){.asked = owed->place, .party = party, .until = KERNEL_NEVER,
		.reached = {KERNEL_NEVER, KERNEL_NEVER}, .answered_at = KERNEL_NEVER,
		.heard = {KERNEL_NEVER, KERNEL_NEVER}, .withdrawn = owed->withdrawn};
	return &owed->items[at];
}

size_t owed_number(const struct kernel_owed *owed, const struct kernel_obligation *obligation)
{
	size_t number = (size_t)(obligation - owed->items), first = number;
	while (first > 0 && owed->items[first - 1].party == obligation->party)
		first--;
	return number - first;
}

/* ---- writing ---- */

static void write_times(struct buffer *to, const struct kernel_times *times)
{
	buffer_u64(to, (uint64_t)times->by_holder);
	buffer_u64(to, (uint64_t)times->by_writer);
}

static void write_item(const struct kernel *kernel, struct buffer *to, const struct kernel_obligation *item)
{
	buffer_u8(to, (uint8_t)item->party);
	kernel_write_form(kernel, to, item->text, item->form);
	buffer_u8(to, item->oblige == NULL ? UINT8_MAX : (uint8_t)(item->oblige - item->form->obliges));
	buffer_u8(to, (uint8_t)item->matter.party);
	buffer_u64(to, item->matter.index);
	buffer_u64(to, item->seconds);
	buffer_u8(to, (uint8_t)item->kind);
	buffer_u8(to, (uint8_t)item->card);
	buffer_u64(to, (uint64_t)item->asked_at);
	buffer_u64(to, (uint64_t)item->until);
	buffer_u64(to, item->by);
	buffer_u8(to, item->disowned);
	write_times(to, &item->reached);
	buffer_u8(to, (uint8_t)item->extension_count);
	for (size_t i = 0; i < item->extension_count; i++) {
		buffer_u64(to, (uint64_t)item->extensions[i].at);
		buffer_u64(to, (uint64_t)item->extensions[i].until);
	}
	buffer_u8(to, item->answered);
	if (item->answered) {
		buffer_u64(to, item->answer);
		buffer_u64(to, (uint64_t)item->answered_at);
		write_times(to, &item->heard);
	}
	buffer_u16(to, (uint16_t)item->desks.size);
	buffer_add(to, item->desks);
}

enum rule owed_store(struct kernel *kernel, const struct kernel_owed *owed)
{
	struct row_key key = key_of(ROW_OWED, owed->place);
	buffer_clear(&kernel->value);
	buffer_u8(&kernel->value, owed->withdrawn);
	for (size_t i = 0; i < owed->count; i++)
		write_item(kernel, &kernel->value, &owed->items[i]);
	if (kernel->asks[owed->place.party] <= owed->place.index)
		kernel->asks[owed->place.party] = owed->place.index + 1;
	return kernel->value.rule == RULE_OK ? kernel_put(kernel, &key, buffer_bytes(&kernel->value))
		: kernel->value.rule;
}

enum rule owed_weigh(struct kernel *kernel, const struct kernel_owed *owed, bool there)
{
	if (owed->count == 0)
		return RULE_OK;
	write_owed(&kernel->paragraph, kernel, owed, KERNEL_NEVER);
	return kernel_weigh(kernel, there);
}

/* ---- reading ---- */

static struct kernel_times read_times(struct cursor *from)
{
	struct kernel_times times;
	times.by_holder = (int64_t)cursor_u64(from);
	times.by_writer = (int64_t)cursor_u64(from);
	return times;
}

static enum rule read_item(const struct kernel *kernel, struct cursor *from, struct kernel_owed *owed)
{
	struct kernel_obligation *item = owed_item(owed, cursor_u8(from));
	if (item == NULL)
		return RULE_MEMORY;
	item->form = kernel_read_form(kernel, from, &item->text);
	size_t oblige = cursor_u8(from);
	item->matter.party = cursor_u8(from);
	item->matter.index = cursor_u64(from);
	item->seconds = cursor_u64(from);
	size_t kind = cursor_u8(from);
	item->card = cursor_u8(from);
	item->asked_at = (int64_t)cursor_u64(from);
	item->until = (int64_t)cursor_u64(from);
	item->by = cursor_u64(from);
	item->disowned = cursor_u8(from) != 0;
	item->reached = read_times(from);
	item->extension_count = cursor_u8(from);
	if (item->extension_count > KERNEL_EXTENSIONS_MAX)
		cursor_fail(from, RULE_STORE_CORRUPT);
	for (size_t i = 0; from->rule == RULE_OK && i < item->extension_count; i++) {
		item->extensions[i].at = (int64_t)cursor_u64(from);
		item->extensions[i].until = (int64_t)cursor_u64(from);
	}
	item->answered = cursor_u8(from) != 0;
	if (item->answered) {
		item->answer = cursor_u64(from);
		item->answered_at = (int64_t)cursor_u64(from);
		item->heard = read_times(from);
	}
	item->desks = cursor_take(from, cursor_u16(from));
	if (from->rule != RULE_OK || item->party >= kernel->parties || kind > CLOCK_WORKING ||
		item->card >= cards_count(kernel->cards, item->party) ||
		(oblige != UINT8_MAX && oblige >= item->form->oblige_count))
		return RULE_STORE_CORRUPT;
	item->kind = (enum clock_kind)kind;
	item->oblige = oblige == UINT8_MAX ? NULL : &item->form->obliges[oblige];
	return RULE_OK;
}

static enum rule read_row(const struct kernel *kernel, struct kernel_owed *owed)
{
	struct cursor cursor = cursor_of(buffer_bytes(&owed->row));
	enum rule rule = RULE_OK;
	owed->count = 0;
	owed->withdrawn = cursor_u8(&cursor) != 0;
	while (rule == RULE_OK && cursor_left(&cursor) != 0)
		rule = read_item(kernel, &cursor, owed);
	return rule == RULE_OK ? cursor.rule : rule;
}

enum rule kernel_owed(const struct kernel *kernel, struct kernel_place place, struct kernel_owed *owed)
{
	struct row_key key = key_of(ROW_OWED, place);
	owed->place = place;
	owed->count = 0;
	owed->withdrawn = false;
	enum rule rule = kernel_get(kernel, &key, &owed->row);
	return rule == RULE_OK ? read_row(kernel, owed) : rule;
}

enum rule kernel_owed_next(const struct kernel *kernel, struct kernel_place from, struct kernel_owed *owed)
{
	owed->place = from;
	buffer_clear(&owed->row);
	enum rule rule = kernel_next(kernel, ROW_OWED, &owed->place, &owed->row);
	return rule == RULE_OK ? read_row(kernel, owed) : rule;
}

/*
 * Rows in memory: blocks of slots, all in order; the first slots of the blocks say which block a key belongs to.
 */
#include "rows.h"

#include <endian.h>
#include <stdlib.h>

#define BLOCK_SLOTS 128
#define PREFIX 16 /* bytes of a key that stand in its slot, as numbers: most comparisons need no more */
#define HINTS 16

struct slot {
	uint64_t prefix[2]; /* zeros after a short key */
	uint8_t *data;          /* owned: the key, then the value */
	uint32_t key_size, value_size;
};

struct block {
	size_t count;
	struct slot slots[BLOCK_SLOTS];
};

struct rows_memory {
	struct block **blocks; /* none of them is empty, but a single one */
	size_t count, capacity, bytes;
	size_t hints[HINTS]; /* the block in which a key of that beginning was looked for last */
};

struct rows_memory *rows_memory_new(void)
{
	return calloc(1, sizeof(struct rows_memory));
}

static void clear(struct rows_memory *memory)
{
	for (size_t i = 0; i < memory->count; i++) {
		for (size_t j = 0; j < memory->blocks[i]->count; j++)
			free(memory->blocks[i]->slots[j].data);
		free(memory->blocks[i]);
	}
	memory->count = memory->bytes = 0;
}

void rows_memory_free(struct rows_memory *memory)
{
	if (memory == NULL)
		return;
	clear(memory);
	free(memory->blocks);
	free(memory);
}

size_t rows_memory_size(const struct rows_memory *memory)
{
	return memory->bytes + memory->count * sizeof(struct block);
}

static void set_prefix(struct slot *slot, struct bytes key)
{
	uint64_t words[2] = {0, 0};
	memcpy(words, key.data, key.size < PREFIX ? key.size : PREFIX);
	slot->prefix[0] = be64toh(words[0]);
	slot->prefix[1] = be64toh(words[1]);
}

/* A slot's key against one whose prefix is given. */
static int compare(const struct slot *slot, const struct slot *wanted, struct bytes key)
{
	if (slot->prefix[0] != wanted->prefix[0])
		return slot->prefix[0] < wanted->prefix[0] ? -1 : 1;
	if (slot->prefix[1] != wanted->prefix[1])
		return slot->prefix[1] < wanted->prefix[1] ? -1 : 1;
	size_t size = slot->key_size < key.size ? slot->key_size : key.size;
	int order = memcmp(slot->data, key.data, size);
	return order != 0 ? order : slot->key_size == key.size ? 0 : slot->key_size < key.size ? -1 : 1;
}

/* The first slot that is not below a key: (blocks, 0) after the last. */
struct spot {
	size_t block, slot;
	bool found; /* it is that key's */
};

/* Is a block the last whose first slot is not above the key? */
static bool belongs(const struct rows_memory *memory, size_t block, const struct slot *wanted, struct bytes key)
{
	return block < memory->count && compare(&memory->blocks[block]->slots[0], wanted, key) <= 0 &&
		(block + 1 == memory->count || compare(&memory->blocks[block + 1]->slots[0], wanted, key) > 0);
}

static struct spot find(struct rows_memory *memory, struct bytes key)
{
	struct slot wanted;
	struct spot spot = {0, 0, false};
	size_t *hint = &memory->hints[key.size == 0 ? 0 : key.data[0] % HINTS], low = 0, high = memory->count;
	set_prefix(&wanted, key);
	if (belongs(memory, *hint, &wanted, key))
		low = high = *hint + 1;
	while (low < high) { /* that one */
		size_t middle = low + (high - low) / 2;
		if (compare(&memory->blocks[middle]->slots[0], &wanted, key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return spot;
	const struct block *block = memory->blocks[spot.block = *hint = low - 1];
	for (low = 0, high = block->count; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&block->slots[middle], &wanted, key);
		spot.found = spot.found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	spot.slot = low;
	return spot;
}

static enum rule memory_get(void *context, struct bytes key, struct buffer *value)
{
	struct rows_memory *memory = context;
	struct spot spot = find(memory, key);
	if (!spot.found)
		return RULE_NOT_FOUND;
	const struct slot *slot = &memory->blocks[spot.block]->slots[spot.slot];
	buffer_add(value, bytes_of(slot->data + slot->key_size, slot->value_size));
	return value->rule;
}

static enum rule memory_next(void *context, struct bytes from, struct buffer *key, struct buffer *value)
{
	struct rows_memory *memory = context;
	struct spot spot = find(memory, from);
	if (spot.block < memory->count && spot.slot == memory->blocks[spot.block]->count)
		spot = (struct spot){spot.block + 1, 0, false};
	if (spot.block >= memory->count)
		return RULE_NOT_FOUND;
	const struct slot *slot = &memory->blocks[spot.block]->slots[spot.slot];
	buffer_add(key, bytes_of(slot->data, slot->key_size));
	buffer_add(value, bytes_of(slot->data + slot->key_size, slot->value_size));
	return key->rule != RULE_OK ? key->rule : value->rule;
}

/* Room for one more block, at that place among them; NULL: no memory. */
static struct block *add_block(struct rows_memory *memory, size_t at)
{
	struct block *block = calloc(1, sizeof(*block));
	if (block != NULL && memory->count == memory->capacity) {
		size_t capacity = memory->capacity == 0 ? 8 : 2 * memory->capacity;
		struct block **more = reallocarray(memory->blocks, capacity, sizeof(struct block *));
		if (more == NULL) {
			free(block);
			return NULL;
		}
		memory->blocks = more;
		memory->capacity = capacity;
	}
	if (block == NULL)
		return NULL;
	memmove(&memory->blocks[at + 1], &memory->blocks[at], (memory->count - at) * sizeof(struct block *));
	memory->blocks[at] = block;
	memory->count++;
	return block;
}

/* A full block becomes two; where the key comes last it stays full: keys mostly ascend. */
static enum rule split(struct rows_memory *memory, struct spot *spot)
{
	struct block *block = memory->blocks[spot->block], *more = add_block(memory, spot->block + 1);
	if (more == NULL)
		return RULE_MEMORY;
	size_t stay = spot->slot == BLOCK_SLOTS ? BLOCK_SLOTS : BLOCK_SLOTS / 2;
	more->count = BLOCK_SLOTS - stay;
	memcpy(more->slots, &block->slots[stay], more->count * sizeof(struct slot));
	block->count = stay;
	if (spot->slot >= stay && stay != 0 && (spot->slot > stay || stay == BLOCK_SLOTS)) {
		spot->block++;
		spot->slot -= stay;
	}
	return RULE_OK;
}

static void drop(struct rows_memory *memory, const struct spot *spot)
{
	struct block *block = memory->blocks[spot->block];
	struct slot *slot = &block->slots[spot->slot];
	memory->bytes -= slot->key_size + slot->value_size;
	free(slot->data);
	block->count--;
	memmove(slot, slot + 1, (block->count - spot->slot) * sizeof(*slot));
	if (block->count != 0)
		return;
	free(block);
	memory->count--;
	memmove(&memory->blocks[spot->block], &memory->blocks[spot->block + 1],
		(memory->count - spot->block) * sizeof(struct block *));
}

static enum rule memory_put(void *context, struct bytes key, struct bytes value)
{
	struct rows_memory *memory = context;
	struct spot spot = find(memory, key);
	if (value.size == 0) {
		if (spot.found)
			drop(memory, &spot);
		return RULE_OK;
	}
	if (spot.found && memory->blocks[spot.block]->slots[spot.slot].value_size == value.size) {
		memcpy(memory->blocks[spot.block]->slots[spot.slot].data + key.size, value.data, value.size);
		return RULE_OK;
	}
	uint8_t *data = malloc(key.size + value.size);
	if (data == NULL)
		return RULE_MEMORY;
	memcpy(data, key.data, key.size);
	memcpy(data + key.size, value.data, value.size);
	enum rule rule = memory->count == 0 && add_block(memory, 0) == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK && !spot.found && memory->blocks[spot.block]->count == BLOCK_SLOTS)
		rule = split(memory, &spot);
	if (rule != RULE_OK) {
		free(data);
		return rule;
	}
	struct block *block = memory->blocks[spot.block];
	struct slot *slot = &block->slots[spot.slot];
	if (spot.found) {
		memory->bytes -= slot->key_size + slot->value_size;
		free(slot->data);
	} else {
		memmove(slot + 1, slot, (block->count - spot.slot) * sizeof(*slot));
		block->count++;
	}
	memory->bytes += key.size + value.size;
	set_prefix(slot, key);
	slot->data = data;
	slot->key_size = (uint32_t)key.size;
	slot->value_size = (uint32_t)value.size;
	return RULE_OK;
}

struct rows rows_in_memory(struct rows_memory *memory)
{
	return (struct rows){memory, memory_get, memory_put, memory_next};
}

/* ---- changes over other rows: a first byte tells a value from a row that was removed ---- */

enum { REMOVED = 0, CHANGED = 1 };

static enum rule over_get(void *context, struct bytes key, struct buffer *value)
{
	const struct rows_over *over = context;
	struct spot spot = find(over->changes, key);
	if (!spot.found)
		return over->below.get(over->below.context, key, value);
	const struct slot *slot = &over->changes->blocks[spot.block]->slots[spot.slot];
	if (slot->data[slot->key_size] == REMOVED)
		return RULE_NOT_FOUND;
	buffer_add(value, bytes_of(slot->data + slot->key_size + 1, slot->value_size - 1));
	return value->rule;
}

static enum rule over_put(void *context, struct bytes key, struct bytes value)
{
	struct rows_over *over = context;
	struct buffer change = {0};
	buffer_u8(&change, value.size == 0 ? REMOVED : CHANGED);
	buffer_add(&change, value);
	enum rule rule = change.rule == RULE_OK ? memory_put(over->changes, key, buffer_bytes(&change)) : change.rule;
	buffer_free(&change);
	return rule;
}

static enum rule over_next(void *context, struct bytes from, struct buffer *key, struct buffer *value)
{
	const struct rows_over *over = context;
	struct buffer at = {0}, keys[2] = {0}, values[2] = {0};
	bool again = true;
	enum rule rule = RULE_OK;
	if (over->changes->count == 0)
		return over->below.next(over->below.context, from, key, value);
	buffer_add(&at, from);
	while (again && rule == RULE_OK) {
		enum rule rules[2];
		for (size_t i = 0; i < 2; i++) {
			buffer_clear(&keys[i]);
			buffer_clear(&values[i]);
		}
		rules[0] = memory_next(over->changes, buffer_bytes(&at), &keys[0], &values[0]);
		rules[1] = over->below.next(over->below.context, buffer_bytes(&at), &keys[1], &values[1]);
		for (size_t i = 0; i < 2; i++)
			if (rules[i] != RULE_OK && rules[i] != RULE_NOT_FOUND)
				rule = rules[i];
		int order = rules[0] == RULE_NOT_FOUND ? 1 : rules[1] == RULE_NOT_FOUND ? -1
			: bytes_compare(buffer_bytes(&keys[0]), buffer_bytes(&keys[1]));
		size_t which = order <= 0 ? 0 : 1;
		if (rule == RULE_OK)
			rule = rules[which];
		again = rule == RULE_OK && which == 0 && values[0].data[0] == REMOVED;
		if (rule != RULE_OK)
			break;
		if (again) { /* what follows it */
			buffer_clear(&at);
			buffer_add(&at, buffer_bytes(&keys[0]));
			buffer_u8(&at, 0);
			continue;
		}
		buffer_add(key, buffer_bytes(&keys[which]));
		buffer_add(value, bytes_of(values[which].data + (which == 0), values[which].size - (which == 0)));
	}
	buffer_free(&at);
	for (size_t i = 0; i < 2; i++) {
		buffer_free(&keys[i]);
		buffer_free(&values[i]);
	}
	return rule == RULE_OK && key->rule != RULE_OK ? key->rule : rule == RULE_OK ? value->rule : rule;
}

enum rule rows_over_settle(struct rows_over *over)
{
	const struct rows_memory *changes = over->changes;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < changes->count && rule == RULE_OK; i++) {
		for (size_t j = 0; j < changes->blocks[i]->count && rule == RULE_OK; j++) {
			const struct slot *slot = &changes->blocks[i]->slots[j];
			rule = over->below.put(over->below.context, bytes_of(slot->data, slot->key_size),
				bytes_of(slot->data + slot->key_size + 1, slot->value_size - 1));
		}
	}
	if (rule == RULE_OK)
		clear(over->changes);
	return rule;
}

struct rows rows_over(struct rows_over *over)
{
	return (struct rows){over, over_get, over_put, over_next};
}

/* What the judge keeps of a log: its clock, its `seen`, and the leaves of its newest second. */
#include <stdlib.h>

#include "judge.h"
#include "judge_parts.h"

#define VERSION 3
#define TABLE_MIN 16
#define TABLE_KEPT 256 /* a larger table is given back when its second is over */

void judge_log_free(struct judge_log *log)
{
	free(log->same_second);
	*log = (struct judge_log){0};
}

/* ---- as bytes ---- */

void judge_log_write(struct buffer *to, const struct judge_log *log, size_t parties)
{
	buffer_u8(to, VERSION);
	buffer_u64(to, log->next);
	buffer_u64(to, (uint64_t)log->at);
	buffer_u64(to, log->same_from);
	buffer_u64(to, log->opened_day);
	buffer_u64(to, log->opened);
	for (size_t i = 0; i < parties; i++) {
		buffer_u64(to, log->seen[i].size);
		buffer_add(to, bytes_of(log->seen[i].root.bytes, SHA256_SIZE));
	}
}

enum rule judge_log_read(struct judge_log *log, struct bytes bytes, size_t parties)
{
	struct judge_log read = {0};
	struct cursor cursor = cursor_of(bytes);
	if (parties > AGREEMENT_PARTIES_MAX || cursor_u8(&cursor) != VERSION)
		return cursor.rule != RULE_OK ? cursor.rule : RULE_LIMIT;
	read.next = cursor_u64(&cursor);
	uint64_t at = cursor_u64(&cursor);
	read.same_from = cursor_u64(&cursor);
	read.opened_day = cursor_u64(&cursor);
	read.opened = cursor_u64(&cursor);
	for (size_t i = 0; i < parties; i++) {
		read.seen[i].size = cursor_u64(&cursor);
		struct bytes root = cursor_take(&cursor, SHA256_SIZE);
		if (root.size == SHA256_SIZE)
			memcpy(read.seen[i].root.bytes, root.data, SHA256_SIZE);
	}
	enum rule rule = cursor_end(&cursor);
	if (rule != RULE_OK)
		return rule;
	if (at > INT64_MAX || read.same_from > read.next || read.opened_day > at / (uint64_t)DAY_S || read.opened > read.next)
		return RULE_LIMIT;
	read.at = (int64_t)at;
	judge_log_free(log);
	*log = read;
	return RULE_OK;
}

/* ---- the leaves of one second: open addressing by the first bytes of the hash, zeros in the gaps ---- */

static bool is_gap(const struct hash *slot)
{
	static const struct hash zero;
	return memcmp(slot, &zero, sizeof(zero)) == 0;
}

/* The slot of that leaf, or the gap where it would go. The capacity is a power of two and never full. */
static struct hash *find_slot(struct hash *table, size_t capacity, const struct hash *leaf)
{
	uint64_t at;
	memcpy(&at, leaf->bytes, sizeof(at));
	while (!is_gap(&table[at & (capacity - 1)]) && memcmp(&table[at & (capacity - 1)], leaf, sizeof(*leaf)) != 0)
		at++;
	return &table[at & (capacity - 1)];
}

bool judge_log_has(const struct judge_log *log, const struct hash *leaf)
{
	return log->same_count != 0 && !is_gap(find_slot(log->same_second, log->same_capacity, leaf));
}

/* A table of that capacity with the leaves of the old one. */
static enum rule resize(struct judge_log *log, size_t capacity)
{
	struct hash *table = calloc(capacity, sizeof(*table));
	if (table == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; log->same_count != 0 && i < log->same_capacity; i++)
		if (!is_gap(&log->same_second[i]))
			*find_slot(table, capacity, &log->same_second[i]) = log->same_second[i];
	free(log->same_second);
	log->same_second = table;
	log->same_capacity = capacity;
	return RULE_OK;
}

enum rule judge_log_refill(struct judge_log *log, const struct hash *leaf)
{
	enum rule rule = RULE_OK;
	if (2 * (log->same_count + 1) > log->same_capacity)
		rule = resize(log, log->same_capacity == 0 ? TABLE_MIN : 2 * log->same_capacity);
	if (rule != RULE_OK || judge_log_has(log, leaf))
		return rule;
	*find_slot(log->same_second, log->same_capacity, leaf) = *leaf;
	log->same_count++;
	return RULE_OK;
}

enum rule judge_log_move(struct judge_log *log, int64_t at, const struct hash *leaf)
{
	if (at == log->at)
		return judge_log_refill(log, leaf);
	size_t count = log->same_count;
	log->same_count = 0;
	if (log->same_capacity == 0 || log->same_capacity > TABLE_KEPT) {
		enum rule rule = resize(log, TABLE_MIN);
		if (rule != RULE_OK) {
			log->same_count = count;
			return rule;
		}
	} else {
		memset(log->same_second, 0, log->same_capacity * sizeof(*log->same_second));
	}
	log->at = at;
	log->same_from = log->next;
	return judge_log_refill(log, leaf); /* has room: needs no memory */
}

#include "cursor.h"

size_t cursor_left(const struct cursor *cursor)
{
	return cursor->at == NULL ? 0 : (size_t)(cursor->end - cursor->at);
}

void cursor_fail(struct cursor *cursor, enum rule rule)
{
	if (cursor->rule == RULE_OK)
		cursor->rule = rule;
}

struct bytes cursor_take(struct cursor *cursor, size_t size)
{
	if (cursor->rule == RULE_OK && size > cursor_left(cursor))
		cursor->rule = RULE_TRUNCATED;
	if (cursor->rule != RULE_OK)
		return (struct bytes){NULL, 0};
	struct bytes taken = bytes_of(cursor->at, size);
	if (size != 0)
		cursor->at += size;
	return taken;
}

static uint64_t big_endian(struct cursor *cursor, size_t size)
{
	struct bytes bytes = cursor_take(cursor, size);
	uint64_t value = 0;
	for (size_t i = 0; i < bytes.size; i++)
		value = value << 8 | bytes.data[i];
	return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
	return (uint8_t)big_endian(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
	return (uint16_t)big_endian(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
	return (uint32_t)big_endian(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
	return big_endian(cursor, 8);
}

static const uint8_t *find(const struct cursor *cursor, uint8_t byte)
{
	size_t left = cursor->rule == RULE_OK ? cursor_left(cursor) : 0;
	return left == 0 ? NULL : memchr(cursor->at, byte, left);
}

struct bytes cursor_line(struct cursor *cursor)
{
	const uint8_t *end = find(cursor, '\n');
	if (end == NULL) {
		cursor_fail(cursor, RULE_TRUNCATED);
		return (struct bytes){NULL, 0};
	}
	struct bytes line = cursor_take(cursor, (size_t)(end - cursor->at));
	cursor->at++;
	return line;
}

struct bytes cursor_until(struct cursor *cursor, uint8_t separator)
{
	const uint8_t *end = find(cursor, separator);
	if (end == NULL)
		return cursor_take(cursor, cursor_left(cursor));
	struct bytes part = cursor_take(cursor, (size_t)(end - cursor->at));
	cursor->at++;
	return part;
}

enum rule cursor_end(const struct cursor *cursor)
{
	if (cursor->rule != RULE_OK)
		return cursor->rule;
	return cursor_left(cursor) == 0 ? RULE_OK : RULE_TRAILING;
}

/*
 * cursor: the one reader of bytes. Its error is sticky: after the first failure every read is a no-op that gives zero
 * or the absent view, so that a run of reads needs one check at the end (cursor_end()).
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "bytes.h"
#include "rule.h"

struct cursor {
	const uint8_t *at, *end;
	enum rule rule; /* RULE_OK, or the first failure */
};

static inline struct cursor cursor_of(struct bytes bytes)
{
	return (struct cursor){bytes.data, bytes.size == 0 ? bytes.data : bytes.data + bytes.size, RULE_OK};
}

size_t cursor_left(const struct cursor *cursor);
void cursor_fail(struct cursor *cursor, enum rule rule);

struct bytes cursor_take(struct cursor *cursor, size_t size);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor); /* big-endian, as all of these */
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);

/* The bytes up to the next LF, which is consumed and not returned. Without an LF: RULE_TRUNCATED. */
struct bytes cursor_line(struct cursor *cursor);

/*
 * The bytes up to the next `separator` or the end; the separator is consumed and not returned. Never fails on its own.
 */
struct bytes cursor_until(struct cursor *cursor, uint8_t separator);

/* RULE_OK if nothing failed and nothing is left; RULE_TRAILING if bytes are left; else the first failure. */
enum rule cursor_end(const struct cursor *cursor);

#endif

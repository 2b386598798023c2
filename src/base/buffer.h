/*
 * buffer: the one writer. Grows as needed; its error is sticky, so that a run of writes needs one check at the end.
 *
 * A zeroed struct buffer is an empty buffer with the default limit. After an error every write is a no-op and `rule`
 * says why (RULE_MEMORY, or RULE_LIMIT beyond `limit`). buffer_free() leaves an empty buffer and wipes what it held
 * when `secret` is set.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdarg.h>

#include "bytes.h"
#include "rule.h"

#define BUFFER_LIMIT_DEFAULT ((size_t)64 << 20)

struct buffer {
	uint8_t *data;
	size_t size, capacity;
	size_t limit; /* 0: BUFFER_LIMIT_DEFAULT */
	enum rule rule;
	bool secret;
};

void buffer_free(struct buffer *buffer);

/* Empties the buffer and its error, keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_add(struct buffer *buffer, struct bytes bytes);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_u16(struct buffer *buffer, uint16_t value); /* big-endian, as all of these */
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);

/* Room for `size` bytes that the caller fills at once; NULL after an error. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

/* Drops everything past the first `size` bytes. */
void buffer_cut(struct buffer *buffer, size_t size);

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
	return bytes_of(buffer->data, buffer->size);
}

#endif

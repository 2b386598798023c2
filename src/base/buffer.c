#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void wipe(const struct buffer *buffer, size_t from)
{
	if (buffer->secret && buffer->data != NULL)
		explicit_bzero(buffer->data + from, buffer->size - from);
}

void buffer_free(struct buffer *buffer)
{
	wipe(buffer, 0);
	free(buffer->data);
	*buffer = (struct buffer){.limit = buffer->limit, .secret = buffer->secret};
}

void buffer_clear(struct buffer *buffer)
{
	wipe(buffer, 0);
	buffer->size = 0;
	buffer->rule = RULE_OK;
}

void buffer_cut(struct buffer *buffer, size_t size)
{
	if (size >= buffer->size)
		return;
	wipe(buffer, size);
	buffer->size = size;
}

/* Not realloc(): a secret must not stay behind in the memory that was left. */
static bool grow(struct buffer *buffer, size_t capacity)
{
	uint8_t *data = malloc(capacity);
	if (data == NULL) {
		buffer->rule = RULE_MEMORY;
		return false;
	}
	if (buffer->size != 0)
		memcpy(data, buffer->data, buffer->size);
	wipe(buffer, 0);
	free(buffer->data);
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

/* Makes room for `size` more bytes, and one to spare for the NUL of vsnprintf(). */
static bool reserve(struct buffer *buffer, size_t size)
{
	if (buffer->rule != RULE_OK)
		return false;
	size_t limit = buffer->limit == 0 ? BUFFER_LIMIT_DEFAULT : buffer->limit;
	if (buffer->size > limit || size > limit - buffer->size) {
		buffer->rule = RULE_LIMIT;
		return false;
	}
	size_t need = buffer->size + size + 1;
	if (need <= buffer->capacity)
		return true;
	size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
	while (capacity < need)
		capacity += capacity / 2;
	return grow(buffer, capacity);
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
	if (!reserve(buffer, size))
		return NULL;
	uint8_t *at = buffer->data + buffer->size;
	buffer->size += size;
	return at;
}

void buffer_add(struct buffer *buffer, struct bytes bytes)
{
	uint8_t *at = bytes.size == 0 ? NULL : buffer_extend(buffer, bytes.size);
	if (at != NULL)
		memcpy(at, bytes.data, bytes.size);
}

void buffer_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, bytes_string(string));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	buffer_format_list(buffer, format, arguments);
	va_end(arguments);
}

void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int size = vsnprintf(NULL, 0, format, arguments);
	if (size < 0) {
		if (buffer->rule == RULE_OK)
			buffer->rule = RULE_MEMORY;
	} else if (reserve(buffer, (size_t)size)) {
		vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
		buffer->size += (size_t)size;
	}
	va_end(again);
}

static void big_endian(struct buffer *buffer, uint64_t value, unsigned size)
{
	uint8_t *at = buffer_extend(buffer, size);
	for (unsigned i = size; at != NULL && i-- > 0; value >>= 8)
		at[i] = (uint8_t)value;
}

void buffer_u8(struct buffer *buffer, uint8_t value)
{
	big_endian(buffer, value, 1);
}

void buffer_u16(struct buffer *buffer, uint16_t value)
{
	big_endian(buffer, value, 2);
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
	big_endian(buffer, value, 4);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
	big_endian(buffer, value, 8);
}

/*
 * bytes: a view of bytes that somebody else owns.
 *
 * A view never owns and never outlives what it looks into. An absent view has data == NULL and size == 0.
 */
#ifndef BYTES_H
#define BYTES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* A view of a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline struct bytes bytes_of(const void *data, size_t size)
{
	return (struct bytes){data, size};
}

/* A view of a NUL-terminated string, without its NUL. NULL gives the absent view. */
static inline struct bytes bytes_string(const char *string)
{
	return (struct bytes){(const uint8_t *)string, string == NULL ? 0 : strlen(string)};
}

/* The two arguments of a "%.*s" that shows a view, or what is in a buffer. */
#define BYTES_SHOWN(view) ((view).size < INT_MAX ? (int)(view).size : INT_MAX), \
	((view).data == NULL ? "" : (const char *)(view).data)

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool bytes_is(struct bytes a, const char *string)
{
	return bytes_equal(a, bytes_string(string));
}

/* Bytewise order, a prefix before what it begins: < 0, 0, > 0. */
int bytes_compare(struct bytes a, struct bytes b);

bool bytes_start(struct bytes whole, struct bytes prefix);

/*
 * Copies `from` and a NUL into `to`, which holds `capacity` bytes. False, and `to` empty, when it does not fit or holds
 * a NUL.
 */
bool bytes_to_string(struct bytes from, char *to, size_t capacity);

#endif

/*
 * hex: constants of test vectors.
 */
#ifndef HEX_H
#define HEX_H

#include <stdlib.h>

#include "buffer.h"
#include "text.h"

/* The bytes of a literal; a test whose literal is wrong stops. */
static inline void hex_read(const char *hex, uint8_t *to, size_t size)
{
	if (text_unhex(bytes_string(hex), to, size) != RULE_OK)
		abort();
}

static inline bool hex_is(const uint8_t *at, size_t size, const char *hex)
{
	struct buffer buffer = {0};
	text_hex(&buffer, bytes_of(at, size));
	bool same = bytes_is(buffer_bytes(&buffer), hex);
	buffer_free(&buffer);
	return same;
}

#endif

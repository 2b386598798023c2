/*
 * gzip: a stream gives the same whether it comes whole or byte by byte, and never more than the limit; what it gives
 * packs and unpacks again.
 */
#include "gzip.h"

#include <stdlib.h>

#define MOST ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rule unpack(struct bytes stream, size_t step, struct buffer *to)
{
	struct gunzip *gunzip = gunzip_new();
	enum rule rule = gunzip == NULL ? RULE_MEMORY : RULE_OK;
	for (size_t at = 0; rule == RULE_OK && at < stream.size; at += step)
		rule = gunzip_add(gunzip, bytes_of(stream.data + at, stream.size - at < step ? stream.size - at : step),
			to, MOST);
	if (rule == RULE_OK)
		rule = gunzip_end(gunzip);
	gunzip_free(gunzip);
	return rule;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = {0}, pieces = {0}, packed = {0}, again = {0};
	struct bytes stream = bytes_of(data, size);
	enum rule rule = unpack(stream, size + 1, &whole);
	if (unpack(stream, 1, &pieces) != rule || whole.size > MOST + 1 || pieces.size > MOST + 1)
		abort();
	if (rule == RULE_OK) {
		gzip_pack(&packed, buffer_bytes(&whole));
		if (!bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)) ||
		    unpack(buffer_bytes(&packed), size + 1, &again) != RULE_OK ||
		    !bytes_equal(buffer_bytes(&whole), buffer_bytes(&again)))
			abort();
	}
	buffer_free(&whole);
	buffer_free(&pieces);
	buffer_free(&packed);
	buffer_free(&again);
	return 0;
}

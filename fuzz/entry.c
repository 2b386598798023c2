/*
 * entry: the open lines of what is read are written as they were, and the parts make up the whole.
 */
#include "entry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry entry;
	struct buffer open = {0};
	if (entry_parse(&entry, bytes_of(data, size), NULL) != RULE_OK)
		return 0;
	entry_write_open(&open, &entry);
	size_t body = entry.sealed ? entry.body.size + 1 : 0;
	if (!bytes_equal(buffer_bytes(&open), entry.open) || entry.open.size + body != entry.text.size ||
	    entry.text.size >= entry.note.size || entry.bookkeeping != (entry.to_count == 0))
		abort();
	buffer_free(&open);
	return 0;
}

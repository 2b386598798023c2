/*
 * bundle: entries that are read and added again give the bytes that were read.
 */
#include <stdlib.h>

#include "tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct buffer again = {0};
	struct hash hash;

	while (cursor_left(&cursor) > 0) {
		struct bytes entry = bundle_next(&cursor);
		if (cursor.rule != RULE_OK)
			break;
		tree_leaf_hash(entry, &hash);
		bundle_add(&again, entry);
	}
	if (again.rule == RULE_OK &&
	    (again.size > size || (again.size > 0 && memcmp(again.data, data, again.size) != 0) ||
		(cursor_end(&cursor) == RULE_OK) != (again.size == size)))
		abort();
	buffer_free(&again);
	return 0;
}

/*
 * sealed_lines: the input is an opened plaintext under an entry that promises as many lines and their root. Each line
 * of what is read is proved alone.
 */
#include <stdlib.h>

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry entry = {.sealed = true};
	struct tree_frontier tree = {0};
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct hash leaf;
	while (cursor_left(&cursor) != 0) {
		tree_leaf_hash(cursor_until(&cursor, '\n'), &leaf);
		tree_append(&tree, &leaf);
	}
	entry.sealed_count = tree.size;
	tree_root(&tree, &entry.sealed_root);
	struct sealed_lines lines;
	struct sealed_line line;
	struct tree_path path;
	if (sealed_read_lines(&lines, bytes_of(data, size), &entry) != RULE_OK)
		return 0;
	if (lines.count != tree.size || data[size - 1] != '\n')
		abort();
	for (size_t i = 0; i < lines.count; i++)
		if (sealed_prove_line(&path, &lines, i) != RULE_OK ||
		    sealed_check_line(&line, &entry, i, lines.lines[i].whole, &path) != RULE_OK)
			abort();
	return 0;
}

#include "part.h"

#include "text.h"

struct bytes part_read(struct cursor *rest, const char *key, enum rule form)
{
	struct line line;
	uint64_t size = 0;
	if (line_read(rest, &line) != RULE_OK || !bytes_is(line.key, key) ||
	    text_decimal(line.value, &size) != RULE_OK || size == 0 || size > cursor_left(rest)) {
		cursor_fail(rest, form);
		return bytes_of(NULL, 0);
	}
	return cursor_take(rest, (size_t)size);
}

void part_write(struct buffer *to, const char *key, struct bytes bytes)
{
	buffer_format(to, "%s %zu\n", key, bytes.size);
	buffer_add(to, bytes);
}

enum rule path_read(struct bytes value, struct tree_path *path)
{
	path->count = 0;
	while (value.size > 0) {
		if (path->count == PROOF_HASHES_MAX)
			return RULE_LIMIT;
		enum rule rule = text_unbase64_exact(line_word(&value), path->hashes[path->count++].bytes, SHA256_SIZE,
			true);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

void path_write(struct buffer *to, const struct tree_path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		buffer_string(to, " ");
		text_base64(to, bytes_of(path->hashes[i].bytes, SHA256_SIZE), true);
	}
}

/*
 * inbound: a request is refused, or its path stays below the prefix and its body within the limit. The input is its
 * head in seven lines (target, verb, length, transfer, encoding, range, content range; an empty one of the last five is
 * absent), then its body.
 */
#include "inbound.h"

#include <stdlib.h>

#define LINE_MAX_SIZE 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *take_line(struct cursor *cursor, char to[LINE_MAX_SIZE])
{
	if (!bytes_to_string(cursor_line(cursor), to, LINE_MAX_SIZE))
		cursor_fail(cursor, RULE_LIMIT);
	return to[0] == '\0' ? NULL : to;
}

static void check(const struct inbound *inbound)
{
	const char *below = inbound->path + inbound->prefix_size;
	if (strncmp(inbound->path, "/p/", 3) != 0 || below[0] != '/' || strstr(below, "/../") != NULL ||
	    strpbrk(below, "%?#\\ ") != NULL || strstr(below, "//") != NULL || inbound->body.size > REQUEST_MAX)
		abort();
	const struct message_range *at = &inbound->range;
	if (at->first > INT64_MAX || at->size > INT64_MAX - at->first)
		abort();
	if (inbound->into_file && (inbound->verb != VERB_PUT || at->size != inbound->announced ||
	    at->first + at->size > at->total || inbound->body.size != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char target[LINE_MAX_SIZE], verb[LINE_MAX_SIZE], length[LINE_MAX_SIZE], transfer[LINE_MAX_SIZE],
		encoding[LINE_MAX_SIZE], range[LINE_MAX_SIZE], content_range[LINE_MAX_SIZE];
	struct cursor cursor = cursor_of(bytes_of(data, size));
	take_line(&cursor, target);
	take_line(&cursor, verb);
	struct inbound_head head = {.verb = verb, .size = size};
	head.length = take_line(&cursor, length);
	head.transfer = take_line(&cursor, transfer);
	head.encoding = take_line(&cursor, encoding);
	head.range = take_line(&cursor, range);
	head.content_range = take_line(&cursor, content_range);
	if (cursor.rule != RULE_OK)
		return 0;
	struct inbound inbound;
	inbound_start(&inbound, target);
	inbound_take_head(&inbound, &head, BYTES("/p"));
	while (cursor_left(&cursor) != 0 && !inbound_flooding(&inbound))
		inbound_take_body(&inbound,
			cursor_take(&cursor, cursor_left(&cursor) < 100 ? cursor_left(&cursor) : 100));
	inbound_end(&inbound);
	if (inbound.refused == 0)
		check(&inbound);
	else if (inbound.refused < 400 || inbound.why == NULL || inbound.body.size != 0)
		abort();
	inbound_free(&inbound);
	return 0;
}

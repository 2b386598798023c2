#include "range.h"

#include "text.h"

/* The two ends of a piece, both belonging to it. */
static bool read_ends(struct message_range *range, struct bytes first, struct bytes last)
{
	uint64_t from, to;
	if (text_decimal(first, &from) != RULE_OK || text_decimal(last, &to) != RULE_OK || to < from ||
	    to == INT64_MAX)
		return false;
	*range = (struct message_range){.present = true, .first = from, .size = to - from + 1};
	return true;
}

static bool split(struct bytes text, uint8_t mark, struct bytes *before, struct bytes *after)
{
	const uint8_t *at = text.size == 0 ? NULL : memchr(text.data, mark, text.size);
	if (at == NULL)
		return false;
	*before = bytes_of(text.data, (size_t)(at - text.data));
	*after = bytes_of(at + 1, text.size - before->size - 1);
	return true;
}

/* What follows the name of the unit. */
static bool skip(struct bytes *text, struct bytes unit)
{
	if (!bytes_start(*text, unit))
		return false;
	*text = bytes_of(text->data + unit.size, text->size - unit.size);
	return true;
}

bool range_read(struct message_range *range, struct bytes text)
{
	struct bytes first, last;
	uint64_t from;
	if (!skip(&text, BYTES("bytes=")) || !split(text, '-', &first, &last))
		return false;
	if (last.size != 0)
		return read_ends(range, first, last);
	if (text_decimal(first, &from) != RULE_OK)
		return false;
	*range = (struct message_range){.present = true, .first = from};
	return true;
}

void range_write(struct buffer *to, const struct message_range *range)
{
	buffer_format(to, "bytes=%llu-", (unsigned long long)range->first);
	if (range->size != 0)
		buffer_format(to, "%llu", (unsigned long long)(range->first + range->size - 1));
}

bool range_read_content(struct message_range *range, struct bytes text)
{
	struct bytes piece, whole, first, last;
	struct message_range read = {.present = true};
	uint64_t total;
	if (!skip(&text, BYTES("bytes ")) || !split(text, '/', &piece, &whole) ||
	    text_decimal(whole, &total) != RULE_OK)
		return false;
	if (!bytes_is(piece, "*") && !(split(piece, '-', &first, &last) && read_ends(&read, first, last)))
		return false;
	if (read.first + read.size > total)
		return false;
	read.total = total;
	*range = read;
	return true;
}

void range_write_content(struct buffer *to, const struct message_range *range)
{
	if (range->size == 0)
		buffer_string(to, "bytes *");
	else
		buffer_format(to, "bytes %llu-%llu", (unsigned long long)range->first,
			(unsigned long long)(range->first + range->size - 1));
	buffer_format(to, "/%llu", (unsigned long long)range->total);
}

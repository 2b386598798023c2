/* range: what is accepted is inside the largest file, and written again is the same bytes. */
#include "range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct message_range *range, struct bytes text,
	void (*write)(struct buffer *, const struct message_range *))
{
	struct buffer again = {0};
	write(&again, range);
	if (!range->present || range->first > INT64_MAX || range->size > INT64_MAX - range->first ||
	    !bytes_equal(buffer_bytes(&again), text))
		abort();
	buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct message_range range = {0};
	if (range_read(&range, text))
		check(&range, text, range_write);
	if (range_read_content(&range, text)) {
		check(&range, text, range_write_content);
		if (range.first + range.size > range.total)
			abort();
	}
	return 0;
}

/*
 * age_armor: armor as it comes. There is one spelling: what is accepted is written again as the same bytes.
 */
#include <stdlib.h>

#include "age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer binary = {0}, again = {0};
	if (age_unarmor(&binary, bytes_of(data, size)) == RULE_OK) {
		age_armor(&again, buffer_bytes(&binary));
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
			abort();
	} else if (binary.size != 0) {
		abort();
	}
	buffer_free(&binary);
	buffer_free(&again);
	return 0;
}

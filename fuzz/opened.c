/* Opened entries: whatever parses is written again as it stood. */
#include <stdlib.h>

#include "opened.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opened *opened = malloc(sizeof(*opened));
	struct buffer again = {0};
	if (opened != NULL && opened_parse(opened, bytes_of(data, size), NULL) == RULE_OK) {
		opened_write(&again, opened);
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
			abort();
	}
	buffer_free(&again);
	free(opened);
	return 0;
}

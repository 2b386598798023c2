/* Published files: whatever parses is written again as it stood, and is verified without a stir. */
#include <stdlib.h>

#include "published.h"
#include "verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct published *published = malloc(sizeof(*published));
	struct verify_report report = {0};
	struct buffer again = {0};
	if (published != NULL && published_parse(published, bytes_of(data, size), NULL) == RULE_OK) {
		published_write(&again, published);
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
			abort();
	}
	verify_published(bytes_of(data, size), NULL, &report);
	verify_report_free(&report);
	buffer_free(&again);
	free(published);
	return 0;
}

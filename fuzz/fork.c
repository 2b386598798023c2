/* Forks' evidence: whatever parses is written again as it stood; verifying it must end. */
#include <stdlib.h>

#include "fork.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fork fork;
	struct fork_proved proved;
	struct buffer again = {0};
	if (fork_parse(&fork, bytes_of(data, size), NULL) == RULE_OK) {
		fork_write(&again, &fork);
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
			abort();
		fork_verify(&fork, &proved, NULL);
	}
	buffer_free(&again);
	return 0;
}

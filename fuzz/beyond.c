/* The file `beyond` of a log: whatever parses is written again as it stood. */
#include <stdlib.h>

#include "beyond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct agreement agreement = {.party_count = 3};
	struct beyond beyond;
	struct buffer again = {0};
	agreement.parties[0].name = BYTES("a.example");
	agreement.parties[1].name = BYTES("b.example");
	agreement.parties[2].name = BYTES("c.example");
	if (beyond_parse(&beyond, bytes_of(data, size), &agreement, 41, NULL) == RULE_OK) {
		beyond_write(&again, &beyond, &agreement);
		if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
			abort();
	}
	buffer_free(&again);
	return 0;
}

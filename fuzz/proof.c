/*
 * proof: what is accepted is written as it was.
 */
#include "proof.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tlog_proof proof;
	struct buffer again = {0};
	if (proof_parse(&proof, bytes_of(data, size)) != RULE_OK)
		return 0;
	proof_write(&again, &proof);
	if (!bytes_equal(buffer_bytes(&again), bytes_of(data, size)))
		abort();
	buffer_free(&again);
	return 0;
}

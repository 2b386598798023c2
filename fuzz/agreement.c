/*
 * agreement: what is read says the same when it is written (a duration may have had another spelling), and from then on
 * in the same bytes.
 */
#include "agreement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agreement first, second;
	struct buffer once = {0}, twice = {0};
	if (agreement_parse(&first, bytes_of(data, size), NULL) != RULE_OK)
		return 0;
	agreement_write(&once, &first);
	if (agreement_parse(&second, buffer_bytes(&once), NULL) != RULE_OK || first.party_count != second.party_count ||
	    first.witness_count != second.witness_count ||
	    first.clock_count != second.clock_count ||
	    agreement_clock(&first, "skew", 0) != agreement_clock(&second, "skew", 1))
		abort();
	agreement_write(&twice, &second);
	if (!bytes_equal(buffer_bytes(&once), buffer_bytes(&twice)))
		abort();
	buffer_free(&once);
	buffer_free(&twice);
	return 0;
}

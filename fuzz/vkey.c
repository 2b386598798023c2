/*
 * vkey: a verifier key or a signing key. What is accepted is written as it was.
 */
#include "vkey.h"

#include <stdlib.h>

#include "skey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct buffer again = {0};
	uint8_t secret[ED25519_SECRET];
	struct signer signer = {.secret = secret};
	if (vkey_parse(&signer.vkey, text) == RULE_OK)
		vkey_write(&again, &signer.vkey);
	else if (skey_parse(text, &signer.vkey, secret) == RULE_OK)
		skey_write(&again, &signer);
	else
		return 0;
	if (!bytes_equal(buffer_bytes(&again), text))
		abort();
	buffer_free(&again);
	return 0;
}

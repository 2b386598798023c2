/*
 * age_payload: first the bytes as a payload under a key of zeros, then as a plaintext, whose payload must open to it,
 * and must not with its last byte changed.
 */
#include <stdlib.h>

#include "age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t file_key[AGE_FILE_KEY];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer plain = {0}, sealed = {0}, opened = {0};
	struct bytes input = bytes_of(data, size);
	if (crypto_start() != RULE_OK)
		abort();
	if (age_payload_open(&plain, file_key, input) == RULE_OK) {
		age_payload_seal(&sealed, file_key, data, buffer_bytes(&plain));
		if (!bytes_equal(buffer_bytes(&sealed), input))
			abort();
	} else if (plain.size != 0) {
		abort();
	}
	buffer_clear(&sealed);

	age_payload_seal(&sealed, file_key, file_key, input);
	if (age_payload_open(&opened, file_key, buffer_bytes(&sealed)) != RULE_OK ||
	    !bytes_equal(buffer_bytes(&opened), input))
		abort();
	sealed.data[sealed.size - 1] ^= 1;
	if (age_payload_open(&opened, file_key, buffer_bytes(&sealed)) != RULE_AGE_PAYLOAD)
		abort();
	buffer_free(&plain);
	buffer_free(&sealed);
	buffer_free(&opened);
	return 0;
}

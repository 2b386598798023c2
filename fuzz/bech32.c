/*
 * bech32: a string as it comes. What is accepted is written again, in lower case, as the same letters; then it is tried
 * as a recipient and as an identity.
 */
#include "bech32.h"

#include <ctype.h>
#include <stdlib.h>

#include "age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct bytes text, struct bytes prefix, struct bytes data)
{
	char name[4096];
	struct buffer again = {0};
	if (!bytes_to_string(prefix, name, sizeof(name)))
		return;
	for (char *at = name; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	bech32_write(&again, name, data, false);
	if (again.size != text.size)
		abort();
	for (size_t i = 0; i < text.size; i++)
		if (tolower(text.data[i]) != again.data[i])
			abort();
	buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size), prefix;
	struct buffer to = {0};
	uint8_t key[X25519_SIZE];
	if (bech32_read(text, &prefix, &to) == RULE_OK)
		write_again(text, prefix, buffer_bytes(&to));
	else if (to.size != 0 || age_recipient_parse(text, key) == RULE_OK || age_identity_parse(text, key) == RULE_OK)
		abort();
	age_recipient_parse(text, key);
	age_identity_parse(text, key);
	buffer_free(&to);
	return 0;
}

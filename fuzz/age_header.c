/*
 * age_header: a header as it comes, and whatever follows it. What is read accounts for every byte; its stanzas are
 * tried with an identity, and a passphrase where that costs nothing.
 */
#include <stdlib.h>

#include "age_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The stanzas, spelled again, with the MAC line after them. */
static void spell(const struct age_header *header, struct buffer *to)
{
	buffer_string(to, AGE_VERSION_LINE "\n");
	for (size_t i = 0; i < header->stanza_count; i++) {
		buffer_string(to, "-> ");
		buffer_add(to, header->stanzas[i].arguments);
		buffer_string(to, "\n");
		buffer_add(to, header->stanzas[i].body);
	}
	buffer_string(to, "---");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t identity[X25519_SIZE] = {1};
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct age_header header;
	uint8_t file_key[AGE_FILE_KEY];
	if (crypto_start() != RULE_OK)
		abort();
	if (age_header_read(&cursor, &header) != RULE_OK)
		return 0;
	struct buffer again = {0};
	spell(&header, &again);
	if (again.rule != RULE_OK || !bytes_equal(buffer_bytes(&again), header.mac_part))
		abort();
	if (header.whole.size != header.mac_part.size + 1 + 43 + 1 || header.whole.size + cursor_left(&cursor) != size)
		abort();
	buffer_free(&again);

	if (age_header_unwrap(&header, identity, file_key) == RULE_OK)
		age_header_check(&header, file_key);
	struct bytes arguments = header.stanzas[0].arguments;
	bool cheap = arguments.size > 2 && memcmp(arguments.data + arguments.size - 2, " 1", 2) == 0;
	if (cheap && age_stanza_is(&header.stanzas[0], "scrypt") &&
	    age_unwrap_passphrase(&header.stanzas[0], BYTES("passphrase"), file_key) == RULE_OK)
		age_header_check(&header, file_key);
	return 0;
}

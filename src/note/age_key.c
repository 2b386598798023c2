#include "age_parts.h"

#include "bech32.h"

#define RECIPIENT "age"
#define IDENTITY "AGE-SECRET-KEY-"

/* The data of a Bech32 string of that prefix. One that begins with `strange` is of another type. */
static enum rule parse(struct bytes text, const char *name, const char *strange, uint8_t key[X25519_SIZE])
{
	struct buffer data = {.secret = true};
	struct bytes prefix;
	enum rule rule = bech32_read(text, &prefix, &data);
	if (rule == RULE_OK && !bytes_is(prefix, name))
		rule = bytes_start(prefix, bytes_string(strange)) ? RULE_AGE_RECIPIENT_TYPE : RULE_BECH32;
	if (rule == RULE_OK && data.size != X25519_SIZE)
		rule = RULE_BECH32;
	if (rule == RULE_OK)
		memcpy(key, data.data, X25519_SIZE);
	buffer_free(&data);
	return rule;
}

enum rule age_recipient_parse(struct bytes text, uint8_t recipient[X25519_SIZE])
{
	if (bytes_start(text, BYTES("ssh-")))
		return RULE_AGE_RECIPIENT_TYPE;
	enum rule rule = parse(text, RECIPIENT, RECIPIENT "1", recipient);
	return rule == RULE_BECH32 ? RULE_AGE_RECIPIENT : rule;
}

enum rule age_identity_parse(struct bytes text, uint8_t identity[X25519_SIZE])
{
	if (bytes_start(text, BYTES("AGE-PLUGIN-")))
		return RULE_AGE_RECIPIENT_TYPE;
	enum rule rule = parse(text, IDENTITY, IDENTITY "PQ-", identity);
	return rule == RULE_BECH32 ? RULE_AGE_IDENTITY : rule;
}

void age_recipient_write(struct buffer *to, const uint8_t recipient[X25519_SIZE])
{
	bech32_write(to, RECIPIENT, bytes_of(recipient, X25519_SIZE), false);
}

void age_identity_write(struct buffer *to, const uint8_t identity[X25519_SIZE])
{
	bech32_write(to, "age-secret-key-", bytes_of(identity, X25519_SIZE), true);
}

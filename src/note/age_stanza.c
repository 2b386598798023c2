#include "age_parts.h"

#include "lines.h"
#include "text.h"

#define X25519_INFO "age-encryption.org/v1/X25519"
#define SCRYPT_LABEL "age-encryption.org/v1/scrypt"

static const uint8_t zero_nonce[AEAD_NONCE];

bool age_stanza_is(const struct age_stanza *stanza, const char *type)
{
	struct bytes rest = stanza->arguments;
	return bytes_is(line_word(&rest), type);
}

/* The stanza's body: the file key under the wrap key, which is wiped. */
static void write_body(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], uint8_t wrap_key[AEAD_KEY])
{
	uint8_t body[AGE_BODY];
	aead_seal(wrap_key, zero_nonce, bytes_of(file_key, AGE_FILE_KEY), body);
	text_base64(to, bytes_of(body, sizeof(body)), false);
	buffer_string(to, "\n");
	secret_wipe(wrap_key, AEAD_KEY);
}

/* One line. Its size comes first: a longer body could hold several file keys, one for each of several wrap keys. */
static enum rule read_body(const struct age_stanza *stanza, uint8_t body[AGE_BODY])
{
	struct cursor cursor = cursor_of(stanza->body);
	enum rule rule = text_unbase64_exact(cursor_line(&cursor), body, AGE_BODY, false);
	return rule == RULE_OK ? RULE_OK : RULE_AGE_STANZA;
}

static enum rule open_body(const uint8_t body[AGE_BODY], uint8_t wrap_key[AEAD_KEY], uint8_t file_key[AGE_FILE_KEY])
{
	uint8_t opened[AGE_FILE_KEY];
	enum rule rule = aead_open(wrap_key, zero_nonce, bytes_of(body, AGE_BODY), opened);
	secret_wipe(wrap_key, AEAD_KEY);
	if (rule != RULE_OK)
		return RULE_AGE_NO_IDENTITY;
	memcpy(file_key, opened, sizeof(opened));
	secret_wipe(opened, sizeof(opened));
	return RULE_OK;
}

/* From one side's secret and the other side's public value. */
static enum rule x25519_wrap_key(const uint8_t secret[X25519_SIZE], const uint8_t other[X25519_SIZE],
	const uint8_t salt[2 * X25519_SIZE], uint8_t wrap_key[AEAD_KEY])
{
	uint8_t shared[X25519_SIZE];
	enum rule rule = x25519(secret, other, shared);
	if (rule == RULE_OK)
		hkdf_sha256(bytes_of(shared, sizeof(shared)), bytes_of(salt, 2 * X25519_SIZE), BYTES(X25519_INFO),
			wrap_key, AEAD_KEY);
	secret_wipe(shared, sizeof(shared));
	return rule;
}

enum rule age_wrap(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const struct age_x25519 *with)
{
	uint8_t salt[2 * X25519_SIZE], wrap_key[AEAD_KEY];
	x25519_public(with->ephemeral, salt);
	memcpy(salt + X25519_SIZE, with->recipient, X25519_SIZE);
	enum rule rule = x25519_wrap_key(with->ephemeral, with->recipient, salt, wrap_key);
	if (rule != RULE_OK)
		return rule;
	buffer_string(to, "-> X25519 ");
	text_base64(to, bytes_of(salt, X25519_SIZE), false);
	buffer_string(to, "\n");
	write_body(to, file_key, wrap_key);
	return to->rule;
}

enum rule age_unwrap(const struct age_stanza *stanza, const uint8_t identity[X25519_SIZE],
	uint8_t file_key[AGE_FILE_KEY])
{
	uint8_t salt[2 * X25519_SIZE], wrap_key[AEAD_KEY], body[AGE_BODY];
	struct bytes rest = stanza->arguments;
	line_word(&rest);
	struct bytes share = line_word(&rest);
	if (rest.size != 0 || text_unbase64_exact(share, salt, X25519_SIZE, false) != RULE_OK)
		return RULE_AGE_STANZA;
	enum rule rule = read_body(stanza, body);
	if (rule != RULE_OK)
		return rule;
	x25519_public(identity, salt + X25519_SIZE);
	if (x25519_wrap_key(identity, salt, salt, wrap_key) != RULE_OK)
		return RULE_AGE_STANZA;
	return open_body(body, wrap_key, file_key);
}

static enum rule scrypt_wrap_key(struct bytes passphrase, const uint8_t salt[AGE_SALT], unsigned work_factor,
	uint8_t wrap_key[AEAD_KEY])
{
	uint8_t salted[sizeof(SCRYPT_LABEL) - 1 + AGE_SALT];
	memcpy(salted, SCRYPT_LABEL, sizeof(SCRYPT_LABEL) - 1);
	memcpy(salted + sizeof(SCRYPT_LABEL) - 1, salt, AGE_SALT);
	return scrypt_key(passphrase, bytes_of(salted, sizeof(salted)), work_factor, wrap_key);
}

enum rule age_wrap_passphrase(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], struct bytes passphrase,
	const uint8_t salt[AGE_SALT])
{
	uint8_t wrap_key[AEAD_KEY];
	enum rule rule = scrypt_wrap_key(passphrase, salt, AGE_WORK_FACTOR, wrap_key);
	if (rule != RULE_OK)
		return rule;
	buffer_string(to, "-> scrypt ");
	text_base64(to, bytes_of(salt, AGE_SALT), false);
	buffer_format(to, " %u\n", AGE_WORK_FACTOR);
	write_body(to, file_key, wrap_key);
	return to->rule;
}

enum rule age_unwrap_passphrase(const struct age_stanza *stanza, struct bytes passphrase,
	uint8_t file_key[AGE_FILE_KEY])
{
	uint8_t salt[AGE_SALT], wrap_key[AEAD_KEY], body[AGE_BODY];
	struct bytes rest = stanza->arguments;
	line_word(&rest);
	struct bytes salt_text = line_word(&rest), factor_text = line_word(&rest);
	uint64_t work_factor;
	if (rest.size != 0 || text_unbase64_exact(salt_text, salt, AGE_SALT, false) != RULE_OK || factor_text.size == 0)
		return RULE_AGE_STANZA;
	if (text_decimal(factor_text, &work_factor) != RULE_OK || work_factor == 0 || work_factor > AGE_WORK_FACTOR_MAX)
		return RULE_AGE_WORK_FACTOR;
	enum rule rule = read_body(stanza, body);
	if (rule == RULE_OK)
		rule = scrypt_wrap_key(passphrase, salt, (unsigned)work_factor, wrap_key);
	if (rule != RULE_OK)
		return rule;
	return open_body(body, wrap_key, file_key);
}

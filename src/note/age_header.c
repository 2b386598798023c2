#include "age_parts.h"

#include "text.h"

static void header_mac(struct bytes mac_part, const uint8_t file_key[AGE_FILE_KEY], uint8_t mac[SHA256_SIZE])
{
	uint8_t key[SHA256_SIZE];
	hkdf_sha256(bytes_of(file_key, AGE_FILE_KEY), BYTES(""), BYTES("header"), key, sizeof(key));
	hmac_sha256(bytes_of(key, sizeof(key)), mac_part, mac);
	secret_wipe(key, sizeof(key));
}

/* Ends the header that begins at `start`; on a failure so far drops it. */
static enum rule finish(struct buffer *to, size_t start, const uint8_t file_key[AGE_FILE_KEY], enum rule rule)
{
	if (rule == RULE_OK) {
		uint8_t mac[SHA256_SIZE];
		buffer_string(to, "---");
		if (to->rule == RULE_OK) {
			header_mac(bytes_of(to->data + start, to->size - start), file_key, mac);
			buffer_string(to, " ");
			text_base64(to, bytes_of(mac, sizeof(mac)), false);
			buffer_string(to, "\n");
		}
		rule = to->rule;
	}
	if (rule != RULE_OK)
		buffer_cut(to, start);
	return rule;
}

enum rule age_header_write(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const struct age_x25519 *stanzas,
	size_t count)
{
	size_t start = to->size;
	enum rule rule = count == 0 || count > AGE_RECIPIENTS_MAX ? RULE_LIMIT : RULE_OK;
	buffer_string(to, AGE_VERSION_LINE "\n");
	for (size_t i = 0; rule == RULE_OK && i < count; i++)
		rule = age_wrap(to, file_key, &stanzas[i]);
	return finish(to, start, file_key, rule);
}

enum rule age_header_write_passphrase(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], struct bytes passphrase,
	const uint8_t salt[AGE_SALT])
{
	size_t start = to->size;
	buffer_string(to, AGE_VERSION_LINE "\n");
	return finish(to, start, file_key, age_wrap_passphrase(to, file_key, passphrase, salt));
}

/* argument *(SP argument), argument = 1*VCHAR */
static bool arguments_valid(struct bytes arguments)
{
	bool space = true; /* one more here would leave an empty argument */
	for (size_t i = 0; i < arguments.size; i++) {
		uint8_t c = arguments.data[i];
		if (c < 0x20 || c > 0x7e || (space && c == ' '))
			return false;
		space = c == ' ';
	}
	return !space;
}

/* The body's lines, of which the first shorter one is the last. */
static bool read_body(struct cursor *cursor, struct bytes *body)
{
	const uint8_t *start = cursor->at;
	struct bytes line;
	do {
		line = cursor_line(cursor);
		uint8_t decoded[AGE_COLUMNS / 4 * 3];
		if (cursor->rule != RULE_OK || line.size > AGE_COLUMNS ||
		    text_unbase64_exact(line, decoded, line.size * 3 / 4, false) != RULE_OK)
			return false;
	} while (line.size == AGE_COLUMNS);
	*body = bytes_of(start, (size_t)(cursor->at - start));
	return true;
}

static struct bytes after(struct bytes line, size_t size)
{
	return bytes_of(line.data + size, line.size - size);
}

static enum rule read_stanza(struct cursor *cursor, struct bytes line, struct age_header *header)
{
	if (!bytes_start(line, BYTES("-> ")) || !arguments_valid(after(line, 3)))
		return RULE_AGE_HEADER;
	if (header->stanza_count == AGE_STANZAS_MAX)
		return RULE_LIMIT;
	struct age_stanza *stanza = &header->stanzas[header->stanza_count++];
	stanza->arguments = after(line, 3);
	return read_body(cursor, &stanza->body) ? RULE_OK : RULE_AGE_HEADER;
}

/* What a passphrase opens is taken to come from one who knows it: no other stanza may let others write such a file. */
static enum rule scrypt_alone(const struct age_header *header)
{
	for (size_t i = 0; header->stanza_count > 1 && i < header->stanza_count; i++)
		if (age_stanza_is(&header->stanzas[i], "scrypt"))
			return RULE_AGE_SCRYPT_ALONE;
	return RULE_OK;
}

static enum rule read_header(struct cursor *cursor, struct age_header *header)
{
	const uint8_t *start = cursor->at;
	if (!bytes_is(cursor_line(cursor), AGE_VERSION_LINE))
		return RULE_AGE_VERSION;
	struct bytes line = cursor_line(cursor);
	while (!bytes_start(line, BYTES("---"))) {
		enum rule rule = read_stanza(cursor, line, header);
		if (rule != RULE_OK)
			return rule;
		line = cursor_line(cursor);
	}
	if (header->stanza_count == 0 || !bytes_start(line, BYTES("--- ")) ||
	    text_unbase64_exact(after(line, 4), header->mac, SHA256_SIZE, false) != RULE_OK)
		return RULE_AGE_HEADER;
	header->whole = bytes_of(start, (size_t)(cursor->at - start));
	header->mac_part = bytes_of(start, (size_t)(line.data + 3 - start));
	return header->whole.size > AGE_HEADER_MAX ? RULE_LIMIT : scrypt_alone(header);
}

enum rule age_header_read(struct cursor *cursor, struct age_header *header)
{
	if (cursor->rule != RULE_OK)
		return cursor->rule;
	struct cursor at = *cursor;
	struct age_header read = {.stanza_count = 0};
	enum rule rule = read_header(&at, &read);
	if (rule != RULE_OK) {
		cursor_fail(cursor, rule);
		return rule;
	}
	*cursor = at;
	*header = read;
	return RULE_OK;
}

enum rule age_header_misfit(const struct age_header *header)
{
	bool strange = false;
	for (size_t i = 0; i < header->stanza_count; i++) {
		const struct age_stanza *stanza = &header->stanzas[i];
		if (age_stanza_is(stanza, "X25519") || age_stanza_is(stanza, "scrypt"))
			return RULE_AGE_NO_IDENTITY;
		strange = strange || age_stanza_is(stanza, "mlkem768x25519") || age_stanza_is(stanza, "p256tag") ||
			age_stanza_is(stanza, "mlkem768p256tag");
	}
	return strange ? RULE_AGE_HYBRID : RULE_AGE_NO_IDENTITY;
}

enum rule age_header_unwrap(const struct age_header *header, const uint8_t identity[X25519_SIZE],
	uint8_t file_key[AGE_FILE_KEY])
{
	for (size_t i = 0; i < header->stanza_count; i++) {
		if (!age_stanza_is(&header->stanzas[i], "X25519"))
			continue;
		enum rule rule = age_unwrap(&header->stanzas[i], identity, file_key);
		if (rule != RULE_AGE_NO_IDENTITY)
			return rule;
	}
	return age_header_misfit(header);
}

enum rule age_header_check(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY])
{
	uint8_t mac[SHA256_SIZE];
	header_mac(header->mac_part, file_key, mac);
	return secret_equal(mac, header->mac, sizeof(mac)) ? RULE_OK : RULE_AGE_MAC;
}

#include "age_keys.h"

#include "file.h"
#include "input.h"
#include "words.h"

/* Not into a buffer: identities stay in locked memory. */
static enum rule read_file(struct age_keys *keys, const char *path, struct bytes *text)
{
	int in;
	size_t size = 0;
	enum rule rule = input_open(path, &in);
	if (rule != RULE_OK)
		return rule;
	rule = file_fill(in, keys->file, sizeof(keys->file), &size);
	input_close(in);
	if (rule == RULE_OK && size > AGE_KEYS_FILE_MAX)
		rule = RULE_LIMIT;
	if (rule == RULE_OK)
		*text = bytes_of(keys->file, size);
	return rule;
}

enum rule age_keys_recipient(struct age_keys *keys, struct bytes text, struct fault *fault)
{
	if (keys->recipient_count == AGE_RECIPIENTS_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "at most {1} recipients", NUMBER(AGE_RECIPIENTS_MAX));
	enum rule rule = age_recipient_parse(text, keys->recipients[keys->recipient_count]);
	/* what is there by mistake may be a secret: only what looks like a recipient is shown */
	if (rule != RULE_OK)
		return fault_bytes(fault, rule, 0, bytes_start(text, BYTES("age1")) ? text : BYTES(""));
	keys->recipient_count++;
	return RULE_OK;
}

/* No detail: nothing of an identity is shown. */
static enum rule add_identity(struct age_keys *keys, struct bytes text, struct fault *fault)
{
	if (keys->identity_count == AGE_IDENTITIES_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "at most {1} identities", NUMBER(AGE_IDENTITIES_MAX));
	enum rule rule = age_identity_parse(text, keys->identities[keys->identity_count]);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", "");
	keys->identity_count++;
	return RULE_OK;
}

/* The next line, without CR and LF; the last one may have none. */
static struct bytes next_line(struct cursor *cursor)
{
	struct bytes line = cursor_until(cursor, '\n');
	if (line.size != 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

static enum rule read_keys(struct age_keys *keys, const char *path, bool secret, struct fault *fault)
{
	struct bytes text;
	enum rule rule = read_file(keys, path, &text);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", "");
	if (secret && (bytes_start(text, BYTES("age-encryption.org/")) || bytes_start(text, BYTES("-----BEGIN "))))
		return fault_set(fault, RULE_AGE_RECIPIENT_TYPE, 1, "%s", T("an encrypted identity file, or one of SSH"));
	struct cursor cursor = cursor_of(text);
	size_t before = keys->recipient_count + keys->identity_count;
	for (uint32_t number = 1; cursor_left(&cursor) != 0; number++) {
		struct bytes line = next_line(&cursor);
		if (line.size == 0 || line.data[0] == '#')
			continue;
		rule = secret ? add_identity(keys, line, fault) : age_keys_recipient(keys, line, fault);
		if (rule != RULE_OK) {
			fault->line = number;
			return rule;
		}
	}
	if (keys->recipient_count + keys->identity_count == before)
		return fault_set(fault, secret ? RULE_AGE_IDENTITY : RULE_AGE_RECIPIENT, 0, "%s", T("the file holds none"));
	return RULE_OK;
}

enum rule age_keys_recipients(struct age_keys *keys, const char *path, struct fault *fault)
{
	return read_keys(keys, path, false, fault);
}

enum rule age_keys_identities(struct age_keys *keys, const char *path, struct fault *fault)
{
	return read_keys(keys, path, true, fault);
}

enum rule age_keys_convert(struct age_keys *keys)
{
	for (size_t i = 0; i < keys->identity_count; i++) {
		if (keys->recipient_count == AGE_RECIPIENTS_MAX)
			return RULE_LIMIT;
		x25519_public(keys->identities[i], keys->recipients[keys->recipient_count++]);
	}
	return RULE_OK;
}

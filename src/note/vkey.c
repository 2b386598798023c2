#include "vkey.h"

#include <stdio.h>

#include "cursor.h"
#include "text.h"

/* The White_Space property of Unicode 15 (PropList.txt), but for the controls among it. */
static bool is_space(uint32_t code)
{
	return code == 0x20 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
		code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

bool key_name_valid(struct bytes name)
{
	if (name.size == 0)
		return false;
	while (name.size != 0) {
		uint32_t code;
		if (!text_next(&name, &code) || code < 0x20 || (code >= 0x7f && code <= 0x9f))
			return false;
		if (code == '+' || is_space(code))
			return false;
	}
	return true;
}

uint32_t vkey_id(struct bytes name, enum signature_type type, const uint8_t key[ED25519_PUBLIC])
{
	const uint8_t marks[] = {'\n', (uint8_t)type};
	const struct bytes parts[] = {name, bytes_of(marks, sizeof(marks)), bytes_of(key, ED25519_PUBLIC)};
	uint8_t digest[SHA256_SIZE];
	sha256_parts(parts, 3, digest);
	struct cursor cursor = cursor_of(bytes_of(digest, sizeof(digest)));
	return cursor_u32(&cursor);
}

enum rule vkey_make(struct vkey *vkey, struct bytes name, enum signature_type type, const uint8_t key[ED25519_PUBLIC])
{
	struct vkey made = {.type = type};
	if (!key_name_valid(name))
		return RULE_KEY_NAME;
	if (!bytes_to_string(name, made.name, sizeof(made.name)))
		return RULE_LIMIT;
	enum rule rule = ed25519_public_check(key);
	if (rule != RULE_OK)
		return rule;
	memcpy(made.key, key, sizeof(made.key));
	made.id = vkey_id(name, type, key);
	*vkey = made;
	return RULE_OK;
}

enum rule vkey_make_stated(struct vkey *vkey, struct bytes name, struct bytes id, enum signature_type type,
	const uint8_t key[ED25519_PUBLIC])
{
	uint8_t stated[4];
	struct vkey made;
	enum rule rule = text_unhex(id, stated, sizeof(stated));
	if (rule == RULE_OK)
		rule = vkey_make(&made, name, type, key);
	if (rule != RULE_OK)
		return rule;
	struct cursor number = cursor_of(bytes_of(stated, sizeof(stated)));
	if (cursor_u32(&number) != made.id)
		return RULE_VKEY_ID;
	*vkey = made;
	return RULE_OK;
}

/* The type and the key, by themselves: keys of other types have other sizes. */
static enum rule read_key(struct bytes base64, uint8_t typed[1 + ED25519_PUBLIC])
{
	struct buffer decoded = {0};
	enum rule rule = text_unbase64(base64, &decoded, true);
	if (rule == RULE_OK && decoded.size == 0)
		rule = RULE_VKEY;
	if (rule == RULE_OK && decoded.data[0] != SIGNATURE_ED25519 && decoded.data[0] != SIGNATURE_COSIGNATURE)
		rule = RULE_VKEY_TYPE;
	if (rule == RULE_OK && decoded.size != 1 + ED25519_PUBLIC)
		rule = RULE_VKEY;
	if (rule == RULE_OK)
		memcpy(typed, decoded.data, 1 + ED25519_PUBLIC);
	buffer_free(&decoded);
	return rule;
}

enum rule vkey_parse(struct vkey *vkey, struct bytes text)
{
	struct cursor cursor = cursor_of(text);
	struct bytes name = cursor_until(&cursor, '+'), id = cursor_until(&cursor, '+');
	struct bytes base64 = cursor_take(&cursor, cursor_left(&cursor));
	uint8_t typed[1 + ED25519_PUBLIC];
	enum rule rule = base64.size == 0 ? RULE_VKEY : read_key(base64, typed);
	if (rule == RULE_OK)
		rule = vkey_make_stated(vkey, name, id, (enum signature_type)typed[0], typed + 1);
	return rule == RULE_HEX ? RULE_VKEY : rule;
}

void vkey_write(struct buffer *to, const struct vkey *vkey)
{
	uint8_t typed[1 + ED25519_PUBLIC] = {(uint8_t)vkey->type};
	memcpy(typed + 1, vkey->key, ED25519_PUBLIC);
	buffer_format(to, "%s+%08x+", vkey->name, (unsigned)vkey->id);
	text_base64(to, bytes_of(typed, sizeof(typed)), true);
}

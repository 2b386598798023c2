#include "skey.h"

#include "cursor.h"
#include "text.h"

#define PREFIX "PRIVATE+KEY+"

/* The key pair of a seed, with the name and id that stand before it. */
static enum rule make(struct bytes name, struct bytes id, const uint8_t typed[1 + ED25519_SEED], struct vkey *vkey,
	uint8_t secret[ED25519_SECRET])
{
	uint8_t public[ED25519_PUBLIC];
	if (typed[0] != SIGNATURE_ED25519 && typed[0] != SIGNATURE_COSIGNATURE)
		return RULE_VKEY_TYPE;
	ed25519_secret(typed + 1, secret, public);
	enum rule rule = vkey_make_stated(vkey, name, id, (enum signature_type)typed[0], public);
	return rule == RULE_HEX ? RULE_SKEY : rule;
}

enum rule skey_parse(struct bytes text, struct vkey *vkey, uint8_t *secret)
{
	if (!bytes_start(text, BYTES(PREFIX)))
		return RULE_SKEY;
	struct cursor cursor = cursor_of(text);
	cursor_take(&cursor, sizeof(PREFIX) - 1);
	struct bytes name = cursor_until(&cursor, '+'), id = cursor_until(&cursor, '+');
	struct bytes base64 = cursor_take(&cursor, cursor_left(&cursor));
	uint8_t typed[1 + ED25519_SEED], made[ED25519_SECRET];
	enum rule rule = base64.size == 0 ? RULE_SKEY : text_unbase64_exact(base64, typed, sizeof(typed), true);
	if (rule == RULE_OK)
		rule = make(name, id, typed, vkey, made);
	if (rule == RULE_OK)
		memcpy(secret, made, sizeof(made));
	secret_wipe(typed, sizeof(typed));
	secret_wipe(made, sizeof(made));
	return rule;
}

void skey_write(struct buffer *to, const struct signer *signer)
{
	uint8_t typed[1 + ED25519_SEED] = {(uint8_t)signer->vkey.type};
	memcpy(typed + 1, signer->secret, ED25519_SEED);
	buffer_format(to, PREFIX "%s+%08x+", signer->vkey.name, (unsigned)signer->vkey.id);
	text_base64(to, bytes_of(typed, sizeof(typed)), true);
	secret_wipe(typed, sizeof(typed));
}

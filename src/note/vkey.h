/*
 * vkey: verifier keys and the signers behind them (C2SP signed-note, "Verifier keys" and "Signature types").
 */
#ifndef VKEY_H
#define VKEY_H

#include "buffer.h"
#include "crypto.h"

#define KEY_NAME_MAX 255

enum signature_type {
	SIGNATURE_ED25519 = 0x01,     /* signed-note */
	SIGNATURE_COSIGNATURE = 0x04, /* tlog-cosignature, Ed25519 */
};

struct vkey {
	char name[KEY_NAME_MAX + 1];
	uint32_t id;
	enum signature_type type;
	uint8_t key[ED25519_PUBLIC];
};

/* Key names are non-empty, valid UTF-8, without spaces, plus signs and control characters. */
bool key_name_valid(struct bytes name);

/* The key id that name, type and key make. */
uint32_t vkey_id(struct bytes name, enum signature_type type, const uint8_t key[ED25519_PUBLIC]);

/* Derives the id. RULE_KEY_NAME, RULE_PUBLIC_KEY. */
enum rule vkey_make(struct vkey *vkey, struct bytes name, enum signature_type type, const uint8_t key[ED25519_PUBLIC]);
/* The same where the id is stated, in 8 hex digits. RULE_HEX, RULE_VKEY_ID. */
enum rule vkey_make_stated(struct vkey *vkey, struct bytes name, struct bytes id, enum signature_type type,
	const uint8_t key[ED25519_PUBLIC]);
/* "name+hex+base64", the id recomputed and compared; types other than the two are RULE_VKEY_TYPE. */
enum rule vkey_parse(struct vkey *vkey, struct bytes text);
void vkey_write(struct buffer *to, const struct vkey *vkey);

/* A signing key with its name. `secret` lies in memory from secret_new(), owned by whoever made it. */
struct signer {
	struct vkey vkey;
	const uint8_t *secret; /* ED25519_SECRET bytes */
};

#endif

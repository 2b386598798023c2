/*
 * skey: signing keys as text, "PRIVATE+KEY+name+id+base64(type || seed)", as Go's sumdb/note and the C2SP tools write
 * them.
 */
#ifndef SKEY_H
#define SKEY_H

#include "vkey.h"

/*
 * Reads a key of either type; the id must be that of its name and public key. `secret` is ED25519_SECRET bytes from
 * secret_new() and untouched on failure. RULE_SKEY, RULE_VKEY_TYPE, RULE_VKEY_ID, RULE_KEY_NAME, RULE_BASE64,
 * RULE_LIMIT.
 */
enum rule skey_parse(struct bytes text, struct vkey *vkey, uint8_t *secret);

/* Writes it without a line feed; the buffer should have `secret` set. */
void skey_write(struct buffer *to, const struct signer *signer);

#endif

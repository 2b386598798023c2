/*
 * signers: keys of tests. The seed is the number over and over.
 */
#ifndef SIGNERS_H
#define SIGNERS_H

#include <stdlib.h>

#include "checkpoint.h"

struct test_signer {
	struct signer signer;
	uint8_t secret[ED25519_SECRET];
};

static inline void test_signer_make(struct test_signer *to, const char *name, enum signature_type type, uint8_t number)
{
	uint8_t seed[ED25519_SEED], public[ED25519_PUBLIC];
	memset(seed, number, sizeof(seed));
	ed25519_secret(seed, to->secret, public);
	if (vkey_make(&to->signer.vkey, bytes_string(name), type, public) != RULE_OK)
		abort();
	to->signer.secret = to->secret;
}

/* Replaces the only occurrence of `from`. */
static inline void test_replace(struct buffer *to, struct bytes text, const char *from, const char *with)
{
	size_t size = strlen(from);
	buffer_clear(to);
	for (size_t i = 0; i < text.size; i++) {
		if (size == 0 || text.size - i < size || memcmp(text.data + i, from, size) != 0)
			continue;
		buffer_add(to, bytes_of(text.data, i));
		buffer_string(to, with);
		buffer_add(to, bytes_of(text.data + i + size, text.size - i - size));
		return;
	}
	abort();
}

#endif

#include <sodium.h>

#include "crypto.h"

#define ALIGNMENT 16 /* sodium_malloc() puts the end, not the beginning, at a page's edge */

void *secret_new(size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (rounded < size)
		return NULL;
	void *secret = sodium_malloc(rounded);
	if (secret == NULL)
		return NULL;
	/* sodium_malloc() goes on where the lock is refused; we do not */
	if (sodium_mlock(secret, rounded) != 0) {
		sodium_free(secret);
		return NULL;
	}
	memset(secret, 0, rounded);
	return secret;
}

void secret_free(void *secret)
{
	sodium_free(secret);
}

void secret_wipe(void *at, size_t size)
{
	sodium_memzero(at, size);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}

static void fill(void *context, uint8_t *to, size_t size)
{
	(void)context;
	randombytes_buf(to, size);
}

const struct random random_system = {fill, NULL};

#include "crypto.h"

#include <sodium.h>

/* libsodium declares some pointers non-null even where nothing is read. */
static const uint8_t *pointer(struct bytes bytes)
{
	return bytes.data == NULL ? (const uint8_t *)"" : bytes.data;
}

void ed25519_secret(const uint8_t seed[ED25519_SEED], uint8_t secret[ED25519_SECRET], uint8_t public[ED25519_PUBLIC])
{
	crypto_sign_seed_keypair(public, secret, seed);
}

void ed25519_sign(const uint8_t secret[ED25519_SECRET], struct bytes message, uint8_t signature[ED25519_SIGNATURE])
{
	crypto_sign_detached(signature, NULL, message.data, message.size, secret);
}

enum rule ed25519_verify(const uint8_t public[ED25519_PUBLIC], struct bytes message, struct bytes signature)
{
	if (signature.size != ED25519_SIGNATURE)
		return RULE_SIGNATURE;
	int judged = crypto_sign_verify_detached(signature.data, message.data, message.size, public);
	return judged == 0 ? RULE_OK : RULE_SIGNATURE;
}

/*
 * libsodium's own check of a point refuses those of mixed order too, under which signatures exist that verify. Adding
 * the identity fails where the bytes are no point and gives them back only where they are canonical; three doublings
 * end at the identity where the order is low.
 */
enum rule ed25519_public_check(const uint8_t public[ED25519_PUBLIC])
{
	static const uint8_t identity[ED25519_PUBLIC] = {1};
	uint8_t point[ED25519_PUBLIC];
	if (crypto_core_ed25519_add(point, public, identity) != 0 || memcmp(point, public, sizeof(point)) != 0)
		return RULE_PUBLIC_KEY;
	for (int i = 0; i < 3; i++)
		if (crypto_core_ed25519_add(point, point, point) != 0)
			return RULE_PUBLIC_KEY;
	return memcmp(point, identity, sizeof(point)) == 0 ? RULE_PUBLIC_KEY : RULE_OK;
}

void x25519_public(const uint8_t secret[X25519_SIZE], uint8_t public[X25519_SIZE])
{
	crypto_scalarmult_base(public, secret);
}

enum rule x25519(const uint8_t secret[X25519_SIZE], const uint8_t public[X25519_SIZE], uint8_t shared[X25519_SIZE])
{
	uint8_t product[X25519_SIZE];
	if (crypto_scalarmult(product, secret, public) != 0 || sodium_is_zero(product, sizeof(product)))
		return RULE_PUBLIC_KEY;
	memcpy(shared, product, sizeof(product));
	sodium_memzero(product, sizeof(product));
	return RULE_OK;
}

enum rule x25519_public_check(const uint8_t public[X25519_SIZE])
{
	/* every scalar is made a multiple of the cofactor, so any one of them tells */
	static const uint8_t scalar[X25519_SIZE] = {8};
	uint8_t product[X25519_SIZE];
	return x25519(scalar, public, product);
}

void aead_seal(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], struct bytes plain, uint8_t *to)
{
	crypto_aead_chacha20poly1305_ietf_encrypt(to, NULL, plain.data, plain.size, NULL, 0, NULL, nonce, key);
}

enum rule aead_open(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], struct bytes sealed, uint8_t *to)
{
	struct bytes s = bytes_of(pointer(sealed), sealed.size);
	int opened = crypto_aead_chacha20poly1305_ietf_decrypt(to, NULL, NULL, s.data, s.size, NULL, 0, nonce, key);
	return opened == 0 ? RULE_OK : RULE_DECRYPT;
}

void hmac_sha256(struct bytes key, struct bytes message, uint8_t to[SHA256_SIZE])
{
	crypto_auth_hmacsha256_state state;
	crypto_auth_hmacsha256_init(&state, pointer(key), key.size);
	crypto_auth_hmacsha256_update(&state, message.data, message.size);
	crypto_auth_hmacsha256_final(&state, to);
	sodium_memzero(&state, sizeof(state));
}

void hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *to, size_t size)
{
	uint8_t key[SHA256_SIZE], block[SHA256_SIZE];
	hmac_sha256(salt, ikm, key); /* an absent salt is one of zeros: HMAC pads its key with them */
	crypto_auth_hmacsha256_state state;
	for (uint8_t i = 1; size != 0; i++) {
		crypto_auth_hmacsha256_init(&state, key, sizeof(key));
		if (i > 1)
			crypto_auth_hmacsha256_update(&state, block, sizeof(block));
		crypto_auth_hmacsha256_update(&state, info.data, info.size);
		crypto_auth_hmacsha256_update(&state, &i, 1);
		crypto_auth_hmacsha256_final(&state, block);
		size_t part = size < sizeof(block) ? size : sizeof(block);
		memcpy(to, block, part);
		to += part;
		size -= part;
	}
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(block, sizeof(block));
}

enum rule scrypt_key(struct bytes passphrase, struct bytes salt, unsigned log_n, uint8_t to[32])
{
	if (log_n == 0 || log_n > 63)
		return RULE_MEMORY;
	int made = crypto_pwhash_scryptsalsa208sha256_ll(pointer(passphrase), passphrase.size, pointer(salt), salt.size,
		UINT64_C(1) << log_n, 8, 1, to, 32);
	return made == 0 ? RULE_OK : RULE_MEMORY;
}

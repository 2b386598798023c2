/*
 * crypto: the primitives, and the only includer of libsodium and of OpenSSL's SHA-256.
 *
 * Every function is pure and may be called from any thread after crypto_start(). Sizes are bytes.
 */
#ifndef CRYPTO_H
#define CRYPTO_H

#include "bytes.h"
#include "random.h"
#include "rule.h"

#define SHA256_SIZE 32
#define ED25519_SEED 32
#define ED25519_PUBLIC 32
#define ED25519_SIGNATURE 64
#define X25519_SIZE 32
#define AEAD_KEY 32
#define AEAD_NONCE 12
#define AEAD_TAG 16

/*
 * Starts the libraries and runs the self-test of the signature rule: a few signatures that laxer and stricter libraries
 * judge otherwise. RULE_CRYPTO_LIBRARY when this machine's library does not judge as the rule says. Idempotent.
 */
enum rule crypto_start(void);

/* SHA-256 over `count` parts one after the other. */
void sha256_parts(const struct bytes *parts, size_t count, uint8_t to[SHA256_SIZE]);
void sha256(struct bytes bytes, uint8_t to[SHA256_SIZE]);

/* SHA-256 of a stream. The caller ends every started one with sha256_finish() or sha256_drop(). NULL: out of memory. */
struct sha256_stream;
struct sha256_stream *sha256_begin(void);
void sha256_more(struct sha256_stream *stream, struct bytes bytes);
void sha256_finish(struct sha256_stream *stream, uint8_t to[SHA256_SIZE]); /* frees */
void sha256_drop(struct sha256_stream *stream);                           /* frees; NULL is harmless */

/* RFC 5869 with SHA-256; `size` <= 64. RFC 2104 with SHA-256. */
void hkdf_sha256(struct bytes ikm, struct bytes salt, struct bytes info, uint8_t *to, size_t size);
void hmac_sha256(struct bytes key, struct bytes message, uint8_t to[SHA256_SIZE]);

/* RFC 8032. A secret is the 32-byte seed followed by the public key (64 bytes), as ed25519_secret() makes it. */
#define ED25519_SECRET 64
void ed25519_secret(const uint8_t seed[ED25519_SEED], uint8_t secret[ED25519_SECRET], uint8_t public[ED25519_PUBLIC]);
void ed25519_sign(const uint8_t secret[ED25519_SECRET], struct bytes message, uint8_t signature[ED25519_SIGNATURE]);

/*
 * The signature rule, everywhere: S canonical, A canonical, neither A nor R of low order, and
 * encode([S]B - [k]A) = R bytewise. RULE_OK or RULE_SIGNATURE.
 */
enum rule ed25519_verify(const uint8_t public[ED25519_PUBLIC], struct bytes message, struct bytes signature);
/* RULE_PUBLIC_KEY when no signature could ever verify under it. */
enum rule ed25519_public_check(const uint8_t public[ED25519_PUBLIC]);

/* RFC 7748. x25519() is RULE_PUBLIC_KEY when the shared secret is all zero (a peer of low order). */
void x25519_public(const uint8_t secret[X25519_SIZE], uint8_t public[X25519_SIZE]);
enum rule x25519(const uint8_t secret[X25519_SIZE], const uint8_t public[X25519_SIZE], uint8_t shared[X25519_SIZE]);
/* RULE_PUBLIC_KEY when `public` is of low order. */
enum rule x25519_public_check(const uint8_t public[X25519_SIZE]);

/*
 * RFC 8439 ChaCha20-Poly1305 without associated data. `to` holds plain.size + AEAD_TAG, or, for opening, sealed.size -
 * AEAD_TAG, which are zeros after RULE_DECRYPT.
 */
void aead_seal(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], struct bytes plain, uint8_t *to);
enum rule aead_open(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], struct bytes sealed, uint8_t *to);

/* RFC 7914 with r = 8, p = 1, N = 2^log_n, 32 bytes out. RULE_MEMORY where it cannot be had. */
enum rule scrypt_key(struct bytes passphrase, struct bytes salt, unsigned log_n, uint8_t to[32]);

/* Memory for secrets: zeroed, locked, guarded, never in a core dump, wiped on free. NULL when it cannot be had. */
void *secret_new(size_t size);
void secret_free(void *secret); /* NULL is harmless */
void secret_wipe(void *at, size_t size);
/* In constant time. */
bool secret_equal(const void *a, const void *b, size_t size);

#endif

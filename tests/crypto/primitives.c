/* primitives: what the RFCs say that hashes, HMAC, HKDF, AEAD, scrypt and X25519 give. */
#include <pthread.h>

#include "crypto.h"
#include "hex.h"
#include "test.h"

static void hashes(void)
{
	uint8_t to[SHA256_SIZE];
	sha256((struct bytes){NULL, 0}, to);
	test_check(hex_is(to, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
		"SHA-256 of nothing");
	sha256(BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), to);
	test_check(hex_is(to, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
		"SHA-256 of 448 bits");
	const struct bytes parts[] = {
		BYTES("abcdbcdecdefdefgefghfghighi"), {NULL, 0}, BYTES("jhijkijkljklmklmnlmnomnopnopq")};
	sha256_parts(parts, 3, to);
	test_check(hex_is(to, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
		"SHA-256 of its parts");
	struct sha256_stream *stream = sha256_begin();
	char block[1000];
	memset(block, 'a', sizeof(block));
	for (int i = 0; i < 1000; i++)
		sha256_more(stream, bytes_of(block, sizeof(block)));
	sha256_finish(stream, to);
	test_check(hex_is(to, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
		"SHA-256 of a million a");
	sha256_drop(sha256_begin());
	sha256_drop(NULL);
}

/* Hashes in a thread of its own, with a context of its own. */
static void *hash_much(void *result)
{
	uint8_t once[SHA256_SIZE], again[SHA256_SIZE];
	bool good = true;
	sha256(BYTES("abc"), once);
	for (int i = 0; i < 10000; i++) {
		sha256(BYTES("abc"), again);
		good = good && memcmp(once, again, sizeof(once)) == 0;
	}
	*(bool *)result = good && hex_is(once, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	return NULL;
}

static void threads(void)
{
	pthread_t thread[4];
	bool good[4] = {false}, started = true;
	for (int i = 0; i < 4; i++)
		started = started && pthread_create(&thread[i], NULL, hash_much, &good[i]) == 0;
	if (!started)
		abort();
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	test_check(good[0] && good[1] && good[2] && good[3], "SHA-256 in four threads at once");
}

static void keyed(void)
{
	uint8_t to[64], key[131], salt[13], info[10];
	memset(key, 0x0b, sizeof(key));
	hmac_sha256(bytes_of(key, 20), BYTES("Hi There"), to);
	test_check(
		hex_is(to, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"), "RFC 4231 case 1");
	hmac_sha256(BYTES("Jefe"), BYTES("what do ya want for nothing?"), to);
	test_check(
		hex_is(to, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"), "RFC 4231 case 2");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(bytes_of(key, 131), BYTES("Test Using Larger Than Block-Size Key - Hash Key First"), to);
	test_check(
		hex_is(to, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"), "RFC 4231 case 6");

	memset(key, 0x0b, sizeof(key));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	struct bytes ikm = bytes_of(key, 22), none = {NULL, 0};
	hkdf_sha256(ikm, bytes_of(salt, sizeof(salt)), bytes_of(info, sizeof(info)), to, 42);
	test_check(
		hex_is(to, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
		"RFC 5869 case 1");
	hkdf_sha256(ikm, none, none, to, 42);
	test_check(
		hex_is(to, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
		"RFC 5869 case 3");
	uint8_t zeros[32] = {0};
	hkdf_sha256(ikm, bytes_of(zeros, sizeof(zeros)), none, to, 32);
	test_check(hex_is(to, 32, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"),
		"RFC 5869: no salt is one of zeros");
}

static void ciphers(void)
{
	/* RFC 8439 section 2.8.2, whose ciphertext does not depend on the associated data that we have none of; the
	 * tags are OpenSSL's for none. */
	static const char text[] =
		"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
		"sunscreen would be it.";
	static const char sealed_hex[] =
		"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
		"1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
		"3ff4def08e4b7a9de576d26586cec64b6116"
		"6a23a4681fd59456aea1d29f82477216";
	uint8_t key[AEAD_KEY], nonce[AEAD_NONCE], sealed[sizeof(text) - 1 + AEAD_TAG], opened[sizeof(sealed)];
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(0x80 + i);
	hex_read("070000004041424344454647", nonce, sizeof(nonce));
	aead_seal(key, nonce, bytes_string(text), sealed);
	test_check(hex_is(sealed, sizeof(sealed), sealed_hex), "RFC 8439 section 2.8.2 sealed");
	struct bytes view = bytes_of(sealed, sizeof(sealed));
	test_check(aead_open(key, nonce, view, opened) == RULE_OK && memcmp(opened, text, sizeof(text) - 1) == 0,
		"and opened");
	bool flips = true;
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		flips = flips && aead_open(key, nonce, view, opened) == RULE_DECRYPT;
		sealed[i] ^= 1;
	}
	test_check(flips && opened[0] == 0, "no byte may be another, and what does not authenticate is not given");
	test_check(aead_open(key, nonce, bytes_of(sealed, sizeof(sealed) - 1), opened) == RULE_DECRYPT &&
			aead_open(key, nonce, bytes_of(sealed, AEAD_TAG - 1), opened) == RULE_DECRYPT &&
			aead_open(key, nonce, (struct bytes){NULL, 0}, opened) == RULE_DECRYPT,
		"nor cut");
	aead_seal(key, nonce, (struct bytes){NULL, 0}, sealed);
	test_check(hex_is(sealed, AEAD_TAG, "a0784d7a4716f3feb4f64e7f4b39bf04") &&
			aead_open(key, nonce, bytes_of(sealed, AEAD_TAG), opened) == RULE_OK,
		"nothing sealed and opened");

	uint8_t to[32] = {7};
	test_check(scrypt_key(BYTES("pleaseletmein"), BYTES("SodiumChloride"), 14, to) == RULE_OK &&
			hex_is(to, 32, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"),
		"RFC 7914 section 12");
	test_check(scrypt_key(BYTES("p"), BYTES("s"), 60, to) == RULE_MEMORY &&
			scrypt_key(BYTES("p"), BYTES("s"), 64, to) == RULE_MEMORY &&
			scrypt_key(BYTES("p"), BYTES("s"), 0, to) == RULE_MEMORY,
		"scrypt beyond every memory");
}

static void agreement(void)
{
	static const struct {
		const char *secret, *public, *shared;
	} rows[] = {{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
			"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
			"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
		{"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
			"e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
			"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
		{"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
			"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
			"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"}};
	uint8_t secret[X25519_SIZE], public[X25519_SIZE], shared[X25519_SIZE];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hex_read(rows[i].secret, secret, sizeof(secret));
		hex_read(rows[i].public, public, sizeof(public));
		test_check(x25519(secret, public, shared) == RULE_OK &&
				hex_is(shared, sizeof(shared), rows[i].shared) &&
				x25519_public_check(public) == RULE_OK,
			"RFC 7748 vector %zu", i + 1);
	}
	x25519_public(secret, public);
	test_check(hex_is(public, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
		"RFC 7748 section 6.1");

	static const char *const low[] = {"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
	for (size_t i = 0; i < 2 * sizeof(low) / sizeof(low[0]); i++) {
		hex_read(low[i / 2], public, sizeof(public));
		public[31] |= (uint8_t)(i % 2 << 7); /* RFC 7748 section 5: that bit is ignored */
		memset(shared, 7, sizeof(shared));
		test_check(x25519(secret, public, shared) == RULE_PUBLIC_KEY && shared[0] == 7 &&
				x25519_public_check(public) == RULE_PUBLIC_KEY,
			"X25519: low order %zu%s", i / 2 + 1, i % 2 ? ", high bit set" : "");
	}
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	hashes();
	threads();
	keyed();
	ciphers();
	agreement();
	return test_end();
}

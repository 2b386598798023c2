/* ed25519: the signature rule over 914 vectors of others, RFC 8032's own, and what is a public key. */
#include <jansson.h>

#include "crypto.h"
#include "hex.h"
#include "test.h"

/* Judges one vector: 1 accepted, 0 refused, -1 not a vector. */
static int judge(const json_t *vector)
{
	const char *key = json_string_value(json_object_get(vector, "key"));
	const char *signature = json_string_value(json_object_get(vector, "sig"));
	const char *message = json_string_value(json_object_get(vector, "msg"));
	uint8_t public[ED25519_PUBLIC], bytes[ED25519_SIGNATURE];
	if (key == NULL || signature == NULL || message == NULL ||
		text_unhex(bytes_string(key), public, sizeof(public)) != RULE_OK ||
		text_unhex(bytes_string(signature), bytes, sizeof(bytes)) != RULE_OK)
		return -1;
	return ed25519_verify(public, bytes_string(message), bytes_of(bytes, sizeof(bytes))) == RULE_OK;
}

static bool has_flag(const json_t *vector, const char *name)
{
	size_t i;
	json_t *flag;
	json_array_foreach(json_object_get(vector, "flags"), i, flag) {
		if (strcmp(json_string_value(flag), name) == 0)
			return true;
	}
	return false;
}

static void others(void)
{
	const char *folder = getenv("DETENTE_VECTORS");
	if (folder == NULL) {
		test_skip("the 914 vectors of ed25519vectors.json", "DETENTE_VECTORS names no folder");
		return;
	}
	char path[4096];
	snprintf(path, sizeof(path), "%s/ed25519/ed25519vectors.json", folder);
	json_t *vectors = json_load_file(path, 0, NULL), *vector;
	size_t i, accepted = 0, wrong = 0;
	bool form = true;
	json_array_foreach(vectors, i, vector) {
		int verdict = judge(vector);
		bool low = has_flag(vector, "low_order_A") || has_flag(vector, "low_order_R") ||
			has_flag(vector, "low_order_residue");
		form = form && verdict >= 0;
		accepted += verdict == 1;
		wrong += (verdict == 1) == low;
	}
	test_check(json_array_size(vectors) == 914 && form, "%s holds 914 vectors", path);
	test_check(accepted == 43, "exactly 43 are accepted (%zu)", accepted);
	test_check(wrong == 0, "those of low order or with a low-order residue are refused, the rest accepted");
	json_decref(vectors);
}

static const struct {
	const char *seed, *public, *message, *signature;
} rfc8032[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
		"d25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
		"387b2eaeb4302aeeb00d291612bb0c00"},
};

static void signing(void)
{
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		uint8_t seed[ED25519_SEED], secret[ED25519_SECRET], public[ED25519_PUBLIC],
			signature[ED25519_SIGNATURE];
		struct bytes message = bytes_string(rfc8032[i].message);
		hex_read(rfc8032[i].seed, seed, sizeof(seed));
		ed25519_secret(seed, secret, public);
		test_check(
			hex_is(public, sizeof(public), rfc8032[i].public), "RFC 8032 test %zu: the public key", i + 1);
		ed25519_sign(secret, message, signature);
		test_check(hex_is(signature, sizeof(signature), rfc8032[i].signature),
			"RFC 8032 test %zu: the signature", i + 1);
		struct bytes view = bytes_of(signature, sizeof(signature));
		test_check(ed25519_verify(public, message, view) == RULE_OK, "RFC 8032 test %zu: it verifies", i + 1);
		test_check(ed25519_verify(public, BYTES("x"), view) == RULE_SIGNATURE,
			"RFC 8032 test %zu: not for other text", i + 1);
		test_check(ed25519_verify(public, message, bytes_of(signature, 63)) == RULE_SIGNATURE &&
				ed25519_verify(public, message, (struct bytes){NULL, 0}) == RULE_SIGNATURE,
			"RFC 8032 test %zu: not cut", i + 1);
		bool flips = true;
		for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
			flips = flips && ed25519_verify(public, message, view) == RULE_SIGNATURE;
			signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		test_check(flips, "RFC 8032 test %zu: no bit may be another", i + 1);
	}
}

static const struct {
	const char *key;
	bool good;
	const char *name;
} keys[] = {
	{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", true, "an ordinary key"},
	{"26d95e51263ec183b3abaa227617d89cc32659f3cec2270d432b20cd86b25a9f", true, "a key of mixed order"},
	{"0000000000000000000000000000000000000000000000000000000000000000", false, "order 4"},
	{"0000000000000000000000000000000000000000000000000000000000000080", false, "order 4, the other"},
	{"0100000000000000000000000000000000000000000000000000000000000000", false, "the identity"},
	{"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", false, "order 8"},
	{"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", false, "order 8, the second"},
	{"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", false, "order 8, the third"},
	{"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", false, "order 8, the fourth"},
	{"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, "order 2"},
	{"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, "order 2, x = -0"},
	{"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, "order 4, y = p"},
	{"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, "order 4, y = p, the other"},
	{"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, "the identity, y = p + 1"},
	{"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, "the identity, x = -0, y = p + 1"},
	{"0100000000000000000000000000000000000000000000000000000000000080", false, "the identity, x = -0"},
	{"0300000000000000000000000000000000000000000000000000000000000000", true, "y = 3, a point"},
	{"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false,
		"y = p + 3, the same not canonical"},
	{"0200000000000000000000000000000000000000000000000000000000000000", false, "y = 2, no point"},
	{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, "all ones"},
};

static void public_keys(void)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint8_t public[ED25519_PUBLIC];
		hex_read(keys[i].key, public, sizeof(public));
		test_check(ed25519_public_check(public) == (keys[i].good ? RULE_OK : RULE_PUBLIC_KEY),
			"a public key: %s", keys[i].name);
	}
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK && crypto_start() == RULE_OK,
		"this machine's library judges as the rule says");
	others();
	signing();
	public_keys();
	return test_end();
}

/* vkey: names, ids, the one spelling of a verifier key. */
#include "vkey.h"

#include "signers.h"
#include "test.h"

#define FOO "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

static const struct {
	const char *name;
	struct bytes text;
	bool good;
} names[] = {
	{"a name", BYTES("example.com/foo"), true},
	{"one letter", BYTES("x"), true},
	{"other letters", BYTES("\xd0\xb4\xd0\xb5\xd1\x81\xd0\xba"), true},
	{"punctuation", BYTES("a!\"#$%&'()*,-./:;<=>?@[]^_`{|}~"), true},
	{"U+200B, which is no space", BYTES("a\xe2\x80\x8bz"), true},
	{"U+FEFF, which is no space", BYTES("a\xef\xbb\xbfz"), true},
	{"U+00A1, after a space", BYTES("\xc2\xa1"), true},
	{"empty", BYTES(""), false},
	{"a plus", BYTES("a+b"), false},
	{"a space", BYTES("a b"), false},
	{"U+00A0", BYTES("a\xc2\xa0z"), false},
	{"U+0085", BYTES("a\xc2\x85z"), false},
	{"U+1680", BYTES("a\xe1\x9a\x80z"), false},
	{"U+2000", BYTES("a\xe2\x80\x80z"), false},
	{"U+200A", BYTES("a\xe2\x80\x8az"), false},
	{"U+2028", BYTES("a\xe2\x80\xa8z"), false},
	{"U+2029", BYTES("a\xe2\x80\xa9z"), false},
	{"U+202F", BYTES("a\xe2\x80\xafz"), false},
	{"U+205F", BYTES("a\xe2\x81\x9fz"), false},
	{"U+3000", BYTES("a\xe3\x80\x80z"), false},
	{"a tab", BYTES("a\tb"), false},
	{"a line feed", BYTES("a\nb"), false},
	{"a carriage return", BYTES("a\rb"), false},
	{"a NUL", BYTES("a\0b"), false},
	{"DEL", BYTES("a\x7fz"), false},
	{"C1", BYTES("a\xc2\x9bz"), false},
	{"no UTF-8", BYTES("a\xffz"), false},
};

static const struct {
	const char *name, *text;
	enum rule rule;
} texts[] = {
	{"signed-note's example", FOO, RULE_OK},
	{"Go's example", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", RULE_OK},
	{"another name", "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_ID},
	{"another id", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_ID},
	{"another type", "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_ID},
	{"an ECDSA type", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_TYPE},
	{"an ML-DSA type", "example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_TYPE},
	{"type 0x00", "example.com/foo+530d903a+AOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY_TYPE},
	{"an upper-case id", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY},
	{"a short id", "example.com/foo+30d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY},
	{"a long id", "example.com/foo+0530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_VKEY},
	{"a short key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==", RULE_VKEY},
	{"a long key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2kAA==", RULE_VKEY},
	{"a type alone", "example.com/foo+530d903a+AQ==", RULE_VKEY},
	{"no key", "example.com/foo+530d903a+", RULE_VKEY},
	{"no id and key", "example.com/foo", RULE_VKEY},
	{"nothing", "", RULE_VKEY},
	{"no name", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", RULE_KEY_NAME},
	{"a space in the name", "example.com /foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		RULE_KEY_NAME},
	{"a line feed at the end", FOO "\n", RULE_BASE64},
	{"a space at the end", FOO " ", RULE_BASE64},
	{"a plus at the end", FOO "+", RULE_BASE64},
	{"the URL alphabet", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq_LDE4izWy10TW", RULE_BASE64},
	{"the identity for a key", "x+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", RULE_PUBLIC_KEY},
};

static void check_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vkey vkey = {.id = 7};
		enum rule rule = vkey_parse(&vkey, bytes_string(texts[i].text));
		test_check(rule == texts[i].rule && (rule == RULE_OK || vkey.id == 7), "vkey: %s (%s)", texts[i].name,
			rule_name(rule));
		if (rule != RULE_OK)
			continue;
		struct buffer buffer = {0};
		vkey_write(&buffer, &vkey);
		test_check(bytes_is(buffer_bytes(&buffer), texts[i].text), "vkey: %s, back", texts[i].name);
		buffer_free(&buffer);
	}
}

static void check_sizes(void)
{
	char long_name[KEY_NAME_MAX + 2];
	memset(long_name, 'n', sizeof(long_name));
	struct test_signer made;
	test_signer_make(&made, "a.example", SIGNATURE_ED25519, 1);
	struct vkey vkey, cosigner;
	test_check(vkey_make(&vkey, bytes_of(long_name, KEY_NAME_MAX), SIGNATURE_ED25519, made.signer.vkey.key) ==
				RULE_OK &&
			vkey_make(&vkey, bytes_of(long_name, KEY_NAME_MAX + 1), SIGNATURE_ED25519,
				made.signer.vkey.key) == RULE_LIMIT,
		"a name of 255 bytes, and of 256");
	test_check(vkey_make(&cosigner, BYTES("a.example"), SIGNATURE_COSIGNATURE, made.signer.vkey.key) == RULE_OK &&
			cosigner.id != made.signer.vkey.id,
		"one key has an id a type");
	test_check(vkey_make(&vkey, BYTES("a b"), SIGNATURE_ED25519, made.signer.vkey.key) == RULE_KEY_NAME,
		"a name that is none");
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		test_check(key_name_valid(names[i].text) == names[i].good, "a key name: %s", names[i].name);
	check_texts();
	check_sizes();
	return test_end();
}

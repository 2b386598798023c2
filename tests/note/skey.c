/* skey: Go's example key, and the one spelling. */
#include "skey.h"

#include "note.h"
#include "test.h"

#define PETER "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT \
	"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER_LINE \
	"\xe2\x80\x94 PeterNeumann " \
	"x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static const struct {
	const char *name, *text;
	enum rule rule;
} bad[] = {
	{"nothing", "", RULE_SKEY},
	{"the prefix", "PRIVATE+KEY+", RULE_SKEY},
	{"a verifier key", "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", RULE_SKEY},
	{"another prefix", "private+key+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", RULE_SKEY},
	{"another name", "PRIVATE+KEY+PeterNeumanm+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
		RULE_VKEY_ID},
	{"another id", "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", RULE_VKEY_ID},
	{"an upper-case id", "PRIVATE+KEY+PeterNeumann+C74F20A3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
		RULE_SKEY},
	{"a short id", "PRIVATE+KEY+PeterNeumann+c74f20a+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", RULE_SKEY},
	{"another seed", "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFy",
		RULE_VKEY_ID},
	{"another type", "PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
		RULE_VKEY_TYPE},
	{"a space in the name", "PRIVATE+KEY+Peter Neumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
		RULE_KEY_NAME},
	{"no seed", "PRIVATE+KEY+PeterNeumann+c74f20a3+", RULE_SKEY},
	{"a short seed", "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr", RULE_BASE64},
	{"a line feed", PETER "\n", RULE_BASE64},
};

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	uint8_t secret[ED25519_SECRET] = {7};
	struct signer signer = {.secret = secret};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum rule rule = skey_parse(bytes_string(bad[i].text), &signer.vkey, secret);
		test_check(
			rule == bad[i].rule && secret[0] == 7, "no signing key: %s (%s)", bad[i].name, rule_name(rule));
	}
	test_check(skey_parse(BYTES(PETER), &signer.vkey, secret) == RULE_OK, "Go's example");
	struct buffer buffer = {.secret = true};
	note_sign(&buffer, BYTES(PETER_TEXT), &signer);
	test_check(bytes_is(buffer_bytes(&buffer), PETER_LINE), "signs as Go's example does");
	buffer_clear(&buffer);
	skey_write(&buffer, &signer);
	test_check(bytes_is(buffer_bytes(&buffer), PETER), "and is written as it was");
	struct vkey cosigner = signer.vkey;
	test_check(vkey_make(&signer.vkey, BYTES("w.example"), SIGNATURE_COSIGNATURE, cosigner.key) == RULE_OK,
		"a cosigner");
	buffer_clear(&buffer);
	skey_write(&buffer, &signer);
	test_check(skey_parse(buffer_bytes(&buffer), &cosigner, secret) == RULE_OK &&
			cosigner.type == SIGNATURE_COSIGNATURE && cosigner.id == signer.vkey.id,
		"a cosigner's key, back and forth");
	buffer_free(&buffer);
	return test_end();
}

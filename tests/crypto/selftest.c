/*
 * selftest: crypto_start() refuses a library that judges one of its vectors otherwise. This program stands in for the
 * library: its crypto_sign_verify_detached() is the one that is linked.
 */
#include <dlfcn.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto.h"
#include "test.h"

enum judge { RIGHT, ALL, NONE, OPENSSL, SUBGROUP, FLIP };

static enum judge judge;
static int flip, calls; /* FLIP: the call that is judged the wrong way */

static int right(const unsigned char *sig, const unsigned char *m, unsigned long long size, const unsigned char *pk)
{
	int (*next)(const unsigned char *, const unsigned char *, unsigned long long, const unsigned char *);
	*(void **)&next = dlsym(RTLD_NEXT, "crypto_sign_verify_detached");
	return next == NULL ? -1 : next(sig, m, size, pk);
}

/* A real library of another opinion. */
static int openssl(const unsigned char *sig, const unsigned char *m, unsigned long long size, const unsigned char *pk)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pk, 32);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int good = key != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(context, sig, 64, m, (size_t)size) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good ? 0 : -1;
}

int crypto_sign_verify_detached(
	const unsigned char *sig, const unsigned char *m, unsigned long long size, const unsigned char *pk)
{
	switch (judge) {
	case ALL:
		return 0;
	case NONE:
		return -1;
	case OPENSSL:
		return openssl(sig, m, size, pk);
	case SUBGROUP:
		return crypto_core_ed25519_is_valid_point(pk) == 1 ? right(sig, m, size, pk) : -1;
	case FLIP:
		return calls++ == flip ? -1 - right(sig, m, size, pk) : right(sig, m, size, pk);
	default:
		calls++;
		return right(sig, m, size, pk);
	}
}

/* What crypto_start() says, in a process of its own: it decides once. The number of vectors comes as the exit status.
 */
static int start_with(enum judge with)
{
	judge = with;
	calls = 0;
	pid_t child = fork();
	if (child == 0)
		_exit(crypto_start() == RULE_OK ? 100 + calls : 0);
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	test_start();
	int vectors = start_with(RIGHT) - 100;
	test_check(vectors >= 8, "the right library starts, after %d vectors", vectors);
	test_check(start_with(ALL) == 0, "a library that accepts everything does not");
	test_check(start_with(NONE) == 0, "nor one that accepts nothing");
	test_check(start_with(OPENSSL) == 0, "nor OpenSSL's, which takes keys of low order");
	test_check(start_with(SUBGROUP) == 0, "nor one that asks for the prime-order subgroup");
	for (flip = 0; flip < vectors; flip++)
		test_check(start_with(FLIP) == 0, "nor one that errs on vector %d only", flip);
	return test_end();
}

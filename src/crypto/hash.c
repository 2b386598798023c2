/*
 * SHA-256 by OpenSSL, whose assembly is several times libsodium's speed. Fetching the algorithm and making a context
 * cost more than a tree node does, so the first is done once and the second once a thread.
 */
#include "hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "crypto.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static EVP_MD *algorithm;

static void drop(void *context)
{
	EVP_MD_CTX_free(context);
}

static void start(void)
{
	/* no configuration file: which SHA-256 runs is not for the environment to say */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 && pthread_key_create(&key, drop) == 0)
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
}

bool hash_start(void)
{
	return pthread_once(&once, start) == 0 && algorithm != NULL;
}

/* A hash that is not one would be believed. What fails here is memory at a thread's first hash, or a broken library. */
static void must(bool good)
{
	if (!good)
		abort();
}

static EVP_MD_CTX *context_new(void)
{
	EVP_MD_CTX *context = hash_start() ? EVP_MD_CTX_new() : NULL;
	if (context == NULL || EVP_DigestInit_ex2(context, algorithm, NULL) == 1)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

static EVP_MD_CTX *thread_context(void)
{
	must(hash_start());
	EVP_MD_CTX *context = pthread_getspecific(key);
	if (context == NULL) {
		context = context_new();
		must(context != NULL && pthread_setspecific(key, context) == 0);
	}
	must(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
	return context;
}

void sha256_parts(const struct bytes *parts, size_t count, uint8_t to[SHA256_SIZE])
{
	EVP_MD_CTX *context = thread_context();
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1);
	must(EVP_DigestFinal_ex(context, to, NULL) == 1);
}

void sha256(struct bytes bytes, uint8_t to[SHA256_SIZE])
{
	sha256_parts(&bytes, 1, to);
}

struct sha256_stream {
	EVP_MD_CTX *context;
};

struct sha256_stream *sha256_begin(void)
{
	struct sha256_stream *stream = malloc(sizeof(*stream));
	if (stream == NULL)
		return NULL;
	stream->context = context_new();
	if (stream->context == NULL) {
		free(stream);
		return NULL;
	}
	return stream;
}

void sha256_more(struct sha256_stream *stream, struct bytes bytes)
{
	must(EVP_DigestUpdate(stream->context, bytes.data, bytes.size) == 1);
}

void sha256_finish(struct sha256_stream *stream, uint8_t to[SHA256_SIZE])
{
	must(EVP_DigestFinal_ex(stream->context, to, NULL) == 1);
	sha256_drop(stream);
}

void sha256_drop(struct sha256_stream *stream)
{
	if (stream == NULL)
		return;
	EVP_MD_CTX_free(stream->context);
	free(stream);
}

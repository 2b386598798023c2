/*
 * The self-test of the signature rule: crypto_start() judges these before the first signature is trusted. Laxer
 * libraries (those that multiply by the cofactor, take keys of low order, or take S modulo the group order) and
 * stricter ones (those that ask for the prime-order subgroup) fail it. libsodium 1.0.18 passes.
 */
#include <pthread.h>
#include <sodium.h>

#include "crypto.h"
#include "hash.h"
#include "text.h"

/* Made from known scalars and the point of order 8 that begins 26e8958f; a number in a message was searched for. */
static const struct {
	const char *name; /* what the signature is */
	bool good;
	struct bytes message;
	const char *public, *signature; /* hex */
} vectors[] = {
	{"an ordinary signature", true, BYTES("as signed"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"b1d2b0edaf2082f3c441b5021bded1009ce6eb33dabd62730cb4d995289d5aa3"
		"e7bd800d1c29e97735b729293cf3457be148adf0ed83440ce629df8f68d2ed06"},
	{"S + L", false, BYTES("as signed"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"b1d2b0edaf2082f3c441b5021bded1009ce6eb33dabd62730cb4d995289d5aa3"
		"d491766a368cfbcf0b5421cc1aed2490e148adf0ed83440ce629df8f68d2ed16"},
	{"another message", false, BYTES("not as signed"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"b1d2b0edaf2082f3c441b5021bded1009ce6eb33dabd62730cb4d995289d5aa3"
		"e7bd800d1c29e97735b729293cf3457be148adf0ed83440ce629df8f68d2ed06"},
	{"A is the identity", false, BYTES("low A"),
		"0100000000000000000000000000000000000000000000000000000000000000",
		"7962a9c4f9aaa4d896413a9812319cb45bc568fba5fd2761cbf94a509a5d3f5d"
		"279920a266e516b8327be031ffa5b5fecde2d8b514c99537d9ccea2500174b0f"},
	{"A is the identity, not canonical", false, BYTES("low A"),
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"7962a9c4f9aaa4d896413a9812319cb45bc568fba5fd2761cbf94a509a5d3f5d"
		"279920a266e516b8327be031ffa5b5fecde2d8b514c99537d9ccea2500174b0f"},
	{"A of order 8 that cancels", false, BYTES("A of order eight 13"),
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"7962a9c4f9aaa4d896413a9812319cb45bc568fba5fd2761cbf94a509a5d3f5d"
		"279920a266e516b8327be031ffa5b5fecde2d8b514c99537d9ccea2500174b0f"},
	{"R is the identity", false, BYTES("low R"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"0100000000000000000000000000000000000000000000000000000000000000"
		"706767bedeac5e98b0b0d60fd40f9dd9a593d0b9101f9e2a3db063d1f7eb4203"},
	{"R is the identity, not canonical", false, BYTES("low R"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
		"0d8506db6ea8c59b74d9b7f19fad8566bcf1fa1bbee08b1f0d6c4a6d1f8eef0e"},
	{"R of order 8", false, BYTES("low R"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
		"7b724ae432492dbd7f5ac78c05292f729f0fbb72a9be2bcf66009b43c410e307"},
	{"R of mixed order, right only times the cofactor", false, BYTES("mixed R"),
		"3e3f1588332f7cd72ad882284018c45e3b53737083ab35314379d927fc38b5a3",
		"1097f5b94fbb79e6f51841be4309474909369f31c111f409943a7b3056d0a81c"
		"424bed192146f3cda3a0e35d5306eeabc57c8f281407d385aa397b2d9ff0ea00"},
	{"A of mixed order whose low part cancels", true, BYTES("mixed A 2"),
		"26d95e51263ec183b3abaa227617d89cc32659f3cec2270d432b20cd86b25a9f",
		"5e48707046d9c045faedfd1fc525b07d33ba0fa1f0cec026329a30be6a747083"
		"8374acd70a3b78d93da9d73a01447a0e2f53b285e87b6149abd27a8196471d0f"},
	{"A of mixed order, right only times the cofactor", false, BYTES("mixed A"),
		"26d95e51263ec183b3abaa227617d89cc32659f3cec2270d432b20cd86b25a9f",
		"5e48707046d9c045faedfd1fc525b07d33ba0fa1f0cec026329a30be6a747083"
		"3d5441d12fceba13991c7efc7ac628a566516e062398df3f404b00dd53cc3304"},
	{"A and R of mixed order whose low parts cancel", true, BYTES("mixed A and R 2"),
		"26d95e51263ec183b3abaa227617d89cc32659f3cec2270d432b20cd86b25a9f",
		"3b99493191677af79817b782a9c6698bc50f9caa9afcebd5cda799536b6bc5aa"
		"b0a49d4eda6b826bcbfd2d6fed4daa6d8caaad205de0df0376d0ddef7508220e"},
};

static bool vector_judged_right(size_t i)
{
	uint8_t public[ED25519_PUBLIC], signature[ED25519_SIGNATURE];
	if (text_unhex(bytes_string(vectors[i].public), public, sizeof(public)) != RULE_OK ||
	    text_unhex(bytes_string(vectors[i].signature), signature, sizeof(signature)) != RULE_OK)
		return false;
	enum rule rule = ed25519_verify(public, vectors[i].message, bytes_of(signature, sizeof(signature)));
	return (rule == RULE_OK) == vectors[i].good;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static enum rule started = RULE_CRYPTO_LIBRARY;

static void start(void)
{
	if (sodium_init() < 0 || !hash_start())
		return;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (!vector_judged_right(i))
			return;
	started = RULE_OK;
}

enum rule crypto_start(void)
{
	return pthread_once(&once, start) == 0 ? started : RULE_CRYPTO_LIBRARY;
}

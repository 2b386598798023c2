/*
 * age_keys: the recipients and identities that a command line names, one a line in files as age keeps them.
 */
#ifndef AGE_KEYS_H
#define AGE_KEYS_H

#include "age.h"

#define AGE_IDENTITIES_MAX 64
#define AGE_KEYS_FILE_MAX 65536

/* Lies in memory for secrets (secret_new()); whoever made it frees it. */
struct age_keys {
	uint8_t recipients[AGE_RECIPIENTS_MAX][X25519_SIZE];
	size_t recipient_count;
	uint8_t identities[AGE_IDENTITIES_MAX][X25519_SIZE];
	size_t identity_count;
	uint8_t file[AGE_KEYS_FILE_MAX + 1]; /* the file that is read */
};

/* Adds one recipient. The fault, never NULL here, shows what stands there if that is no secret. */
enum rule age_keys_recipient(struct age_keys *keys, struct bytes text, struct fault *fault);

/* Adds those of a file, "-" for standard input; empty lines and lines that begin with '#' are passed over. */
enum rule age_keys_recipients(struct age_keys *keys, const char *path, struct fault *fault);
enum rule age_keys_identities(struct age_keys *keys, const char *path, struct fault *fault);

/* Adds the recipients that belong to the identities. */
enum rule age_keys_convert(struct age_keys *keys);

#endif

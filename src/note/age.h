/*
 * age: files of age-encryption.org/v1 (C2SP age.md): header, X25519 and scrypt stanzas, STREAM payload, armor.
 *
 * Two levels. The whole-file functions stream between descriptors in constant memory (tool age, attachments). The parts
 * (header, payload, armor in buffers) are what entry/sealed binds to an entry; its file keys and ephemeral secrets come
 * from the caller.
 */
#ifndef AGE_H
#define AGE_H

#include "buffer.h"
#include "crypto.h"
#include "cursor.h"

#define AGE_FILE_KEY 16
#define AGE_NONCE 16           /* payload nonce */
#define AGE_HEADER_MAX 65536
#define AGE_STANZAS_MAX 64     /* of one header that is read */
#define AGE_RECIPIENTS_MAX 64  /* of one file that is written */
#define AGE_WORK_FACTOR_MAX 22 /* log2 N accepted when reading scrypt */
#define AGE_WORK_FACTOR 18     /* log2 N written */

/* "age1..." and "AGE-SECRET-KEY-1..." (BIP 173 Bech32). Hybrid and plugin recipients are RULE_AGE_RECIPIENT_TYPE. */
enum rule age_recipient_parse(struct bytes text, uint8_t recipient[X25519_SIZE]);
enum rule age_identity_parse(struct bytes text, uint8_t identity[X25519_SIZE]);
void age_recipient_write(struct buffer *to, const uint8_t recipient[X25519_SIZE]);
void age_identity_write(struct buffer *to, const uint8_t identity[X25519_SIZE]);

/* ---- parts ---- */

struct age_x25519 {
	uint8_t ephemeral[X25519_SIZE]; /* ephemeral secret; the caller's to wipe */
	uint8_t recipient[X25519_SIZE];
};

/* Writes a binary header of X25519 stanzas in the order given, through the MAC line. RULE_PUBLIC_KEY for low order. */
enum rule age_header_write(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const struct age_x25519 *stanzas,
	size_t count);

/* One stanza of a parsed header; views into the file. */
struct age_stanza {
	struct bytes arguments; /* the first line after "-> ": type and arguments, space-separated */
	struct bytes body;      /* base64 lines as they stand, LFs included */
};

struct age_header {
	struct bytes whole;    /* through the MAC line's LF */
	struct bytes mac_part; /* what the MAC covers: through "---" */
	uint8_t mac[SHA256_SIZE];
	struct age_stanza stanzas[AGE_STANZAS_MAX];
	size_t stanza_count;
};

/* Reads a binary header and leaves the cursor at the payload. RULE_AGE_*. */
enum rule age_header_read(struct cursor *cursor, struct age_header *header);
/*
 * RULE_AGE_NO_IDENTITY when no stanza opens with it, RULE_AGE_HYBRID when moreover all those known by name are hybrid
 * or tagged; RULE_AGE_STANZA for a malformed one. Checks no MAC.
 */
enum rule age_header_unwrap(const struct age_header *header, const uint8_t identity[X25519_SIZE],
	uint8_t file_key[AGE_FILE_KEY]);
/* RULE_AGE_MAC. */
enum rule age_header_check(const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY]);

/* The payload in one piece: nonce, then STREAM chunks of 64 KiB. */
void age_payload_seal(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE],
	struct bytes plain);
/* Appends the plaintext; on failure `plain` is cut back to what it was. RULE_AGE_NONCE or RULE_AGE_PAYLOAD. */
enum rule age_payload_open(struct buffer *plain, const uint8_t file_key[AGE_FILE_KEY], struct bytes payload);

/* Armor with LF line ends and nothing around it (strict RFC 7468, label AGE ENCRYPTED FILE). RULE_AGE_ARMOR. */
void age_armor(struct buffer *to, struct bytes binary);
enum rule age_unarmor(struct buffer *to, struct bytes text);

/* ---- whole files, streamed ---- */

struct age_io {
	int in, out; /* descriptors, read and written from their present offset; not closed */
	/* the file key, once known, is put here when not NULL (publishing an attachment) */
	uint8_t *file_key;
};

/*
 * Encrypts for `count` recipients, or, when count is 0, for a passphrase. RULE_IO, RULE_DISK_FULL, RULE_PUBLIC_KEY,
 * RULE_AGE_PASSPHRASE. Randomness is drawn in this order: file key, an ephemeral secret for each recipient or the salt,
 * nonce.
 */
struct age_to {
	const uint8_t (*recipients)[X25519_SIZE];
	size_t count;
	struct bytes passphrase;
	bool armor;
	const struct random *random;
};
enum rule age_encrypt(const struct age_io *io, const struct age_to *to);

/*
 * Decrypts with the first of `count` identities that fits, or a passphrase (absent: none). Armored input, with white
 * space around it, is recognised by its first bytes. Every byte written is authenticated; an end that is missing is
 * RULE_AGE_PAYLOAD after the authenticated part was written.
 */
struct age_from {
	const uint8_t (*identities)[X25519_SIZE];
	size_t count;
	struct bytes passphrase;
	/* Called, when not NULL, for the passphrase of a file that has one; its failure is then the result. */
	enum rule (*ask)(void *context, struct bytes *passphrase);
	void *context;
};
enum rule age_decrypt(const struct age_io *io, const struct age_from *from);

/* ---- the same in pieces, for who has other work between them ---- */

struct age_run;
void age_run_free(struct age_run *run);               /* NULL is harmless */
uint64_t age_run_plain(const struct age_run *run);    /* bytes that were sealed or opened so far */

/*
 * age_encrypt(), its header written. What is written goes into `digest`, too (NULL: none; it is not finished). Each
 * step takes so many chunks of 64 KiB at most.
 */
enum rule age_seal_begin(struct age_run **run, const struct age_io *io, const struct age_to *to,
	struct sha256_stream *digest);
enum rule age_seal_step(struct age_run *run, unsigned chunks, bool *done);

/*
 * Opens a binary file by its file key, io->file_key. io->out may be -1: nothing is written; a step appends what it
 * opened to `to`, unless that is NULL. What is read goes into `digest`: when it is done, the whole file.
 */
enum rule age_open_begin(struct age_run **run, const struct age_io *io, struct sha256_stream *digest);
enum rule age_open_step(struct age_run *run, unsigned chunks, struct buffer *to, bool *done);

/* The size of the binary file of a plaintext for so many X25519 recipients. */
uint64_t age_sealed_size(size_t recipients, uint64_t plain);

#endif

/*
 * age_parts: the pieces of an age file that both its buffers' functions and its streamed ones use. Private to note.
 */
#ifndef AGE_PARTS_H
#define AGE_PARTS_H

#include "age.h"

#define AGE_VERSION_LINE "age-encryption.org/v1"
#define AGE_SALT 16  /* of a scrypt stanza */
#define AGE_BODY 32  /* a wrapped file key with its tag */
#define AGE_CHUNK 65536
#define AGE_COLUMNS 64 /* letters of a full line, in stanzas and in armor */

/* ---- stanzas (age_stanza.c) ---- */

bool age_stanza_is(const struct age_stanza *stanza, const char *type);

/* Writes one stanza. RULE_PUBLIC_KEY for a recipient of low order, RULE_MEMORY, or the buffer's own. */
enum rule age_wrap(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const struct age_x25519 *with);
enum rule age_wrap_passphrase(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], struct bytes passphrase,
	const uint8_t salt[AGE_SALT]);

/* Opens one stanza of that type: RULE_AGE_NO_IDENTITY where it is another's, RULE_AGE_* where it is malformed. */
enum rule age_unwrap(const struct age_stanza *stanza, const uint8_t identity[X25519_SIZE],
	uint8_t file_key[AGE_FILE_KEY]);
enum rule age_unwrap_passphrase(const struct age_stanza *stanza, struct bytes passphrase,
	uint8_t file_key[AGE_FILE_KEY]);

/* ---- header (age_header.c) ---- */

enum rule age_header_write_passphrase(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], struct bytes passphrase,
	const uint8_t salt[AGE_SALT]);

/* Why nothing fits: RULE_AGE_HYBRID where all stanzas known by name are hybrid or tagged, else RULE_AGE_NO_IDENTITY. */
enum rule age_header_misfit(const struct age_header *header);

/* ---- payload (age_payload.c) ---- */

struct age_stream {
	uint8_t key[AEAD_KEY];
	uint64_t chunk; /* number of the next one */
};

void age_stream_start(struct age_stream *stream, const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE]);
/* `to` holds plain.size + AEAD_TAG bytes. */
void age_chunk_seal(struct age_stream *stream, struct bytes plain, bool last, uint8_t *to);
/* `to` holds sealed.size - AEAD_TAG bytes. Goes to the next chunk only when it is RULE_OK; else RULE_AGE_PAYLOAD. */
enum rule age_chunk_open(struct age_stream *stream, struct bytes sealed, bool last, uint8_t *to);

/* ---- armor (age_armor.c) ---- */

#define AGE_ARMOR_BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define AGE_ARMOR_END "-----END AGE ENCRYPTED FILE-----"
#define AGE_ARMOR_BYTES (AGE_COLUMNS / 4 * 3) /* of a full line */

/* Zeroed at the start. */
struct age_armor_reader {
	bool begun, last_line, ended;
};

/* Takes the next line, without its end, and appends what it encodes. RULE_AGE_ARMOR, or the buffer's own. */
enum rule age_armor_line(struct age_armor_reader *reader, struct bytes line, struct buffer *to);

/* Writes lines of base64; only the very last piece of a file may be no multiple of AGE_ARMOR_BYTES. */
void age_armor_body(struct buffer *to, struct bytes binary);

#endif

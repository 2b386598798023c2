#include "age_parts.h"

void age_stream_start(struct age_stream *stream, const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE])
{
	hkdf_sha256(bytes_of(file_key, AGE_FILE_KEY), bytes_of(nonce, AGE_NONCE), BYTES("payload"), stream->key,
		sizeof(stream->key));
	stream->chunk = 0;
}

/* The chunk's number in 11 bytes, big-endian, then 1 for the last chunk. */
static void chunk_nonce(const struct age_stream *stream, bool last, uint8_t nonce[AEAD_NONCE])
{
	memset(nonce, 0, AEAD_NONCE);
	for (unsigned i = 0; i < 8; i++)
		nonce[AEAD_NONCE - 2 - i] = (uint8_t)(stream->chunk >> 8 * i);
	nonce[AEAD_NONCE - 1] = last;
}

void age_chunk_seal(struct age_stream *stream, struct bytes plain, bool last, uint8_t *to)
{
	uint8_t nonce[AEAD_NONCE];
	chunk_nonce(stream, last, nonce);
	aead_seal(stream->key, nonce, plain, to);
	stream->chunk++;
}

enum rule age_chunk_open(struct age_stream *stream, struct bytes sealed, bool last, uint8_t *to)
{
	if (sealed.size < AEAD_TAG || (sealed.size == AEAD_TAG && stream->chunk != 0))
		return RULE_AGE_PAYLOAD; /* empty only where the whole payload is */
	uint8_t nonce[AEAD_NONCE];
	chunk_nonce(stream, last, nonce);
	if (aead_open(stream->key, nonce, sealed, to) != RULE_OK)
		return RULE_AGE_PAYLOAD;
	stream->chunk++;
	return RULE_OK;
}

void age_payload_seal(struct buffer *to, const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE],
	struct bytes plain)
{
	struct age_stream stream;
	age_stream_start(&stream, file_key, nonce);
	buffer_add(to, bytes_of(nonce, AGE_NONCE));
	bool last;
	do {
		last = plain.size <= AGE_CHUNK;
		struct bytes chunk = bytes_of(plain.data, last ? plain.size : AGE_CHUNK);
		uint8_t *sealed = buffer_extend(to, chunk.size + AEAD_TAG);
		if (sealed == NULL)
			break;
		age_chunk_seal(&stream, chunk, last, sealed);
		if (!last)
			plain = bytes_of(plain.data + AGE_CHUNK, plain.size - AGE_CHUNK);
	} while (!last);
	secret_wipe(&stream, sizeof(stream));
}

enum rule age_payload_open(struct buffer *plain, const uint8_t file_key[AGE_FILE_KEY], struct bytes payload)
{
	struct cursor cursor = cursor_of(payload);
	struct bytes nonce = cursor_take(&cursor, AGE_NONCE);
	if (cursor.rule != RULE_OK)
		return RULE_AGE_NONCE;
	struct age_stream stream;
	age_stream_start(&stream, file_key, nonce.data);
	size_t before = plain->size;
	enum rule rule = plain->rule;
	for (bool last = false; rule == RULE_OK && !last;) {
		last = cursor_left(&cursor) <= AGE_CHUNK + AEAD_TAG;
		struct bytes sealed = cursor_take(&cursor, last ? cursor_left(&cursor) : AGE_CHUNK + AEAD_TAG);
		uint8_t *to = sealed.size < AEAD_TAG ? NULL : buffer_extend(plain, sealed.size - AEAD_TAG);
		if (to == NULL)
			rule = plain->rule != RULE_OK ? plain->rule : RULE_AGE_PAYLOAD;
		else
			rule = age_chunk_open(&stream, sealed, last, to);
	}
	if (rule != RULE_OK)
		buffer_cut(plain, before);
	secret_wipe(&stream, sizeof(stream));
	return rule;
}

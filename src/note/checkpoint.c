#include "checkpoint.h"

#include <inttypes.h>

#include "text.h"

#define TIMED_SIZE (8 + ED25519_SIGNATURE)

enum rule checkpoint_parse(struct checkpoint *checkpoint, struct bytes text)
{
	struct checkpoint read;
	if (text.size > CHECKPOINT_MAX)
		return RULE_LIMIT;
	struct cursor cursor = cursor_of(text);
	read.origin = cursor_line(&cursor);
	struct bytes size = cursor_line(&cursor), root = cursor_line(&cursor);
	if (cursor.rule != RULE_OK || read.origin.size == 0 || size.size == 0 || root.size == 0)
		return RULE_CHECKPOINT_FORM;
	if (!text_valid(read.origin, false))
		return RULE_UTF8;
	if (text_decimal(size, &read.size) != RULE_OK)
		return RULE_CHECKPOINT_SIZE;
	if (text_unbase64_exact(root, read.root, sizeof(read.root), true) != RULE_OK)
		return RULE_CHECKPOINT_ROOT;
	if (cursor_left(&cursor) != 0)
		return cursor_line(&cursor).size == 0 ? RULE_CHECKPOINT_FORM : RULE_CHECKPOINT_EXTENSION;
	if (read.size == 0) {
		uint8_t empty[SHA256_SIZE];
		sha256((struct bytes){NULL, 0}, empty);
		if (memcmp(read.root, empty, sizeof(empty)) != 0)
			return RULE_CHECKPOINT_EMPTY;
	}
	*checkpoint = read;
	return RULE_OK;
}

enum rule checkpoint_note_parse(struct note *note, struct checkpoint *checkpoint, struct bytes bytes)
{
	enum rule rule = note_parse(note, bytes);
	return rule == RULE_OK ? checkpoint_parse(checkpoint, note->text) : rule;
}

void checkpoint_write(struct buffer *to, const struct checkpoint *checkpoint)
{
	buffer_add(to, checkpoint->origin);
	buffer_format(to, "\n%" PRIu64 "\n", checkpoint->size);
	text_base64(to, bytes_of(checkpoint->root, sizeof(checkpoint->root)), true);
	buffer_string(to, "\n");
}

/* What an Ed25519 cosignature signs. */
static void cosigned_message(struct buffer *to, struct bytes text, uint64_t time)
{
	buffer_format(to, "cosignature/v1\ntime %" PRIu64 "\n", time);
	buffer_add(to, text);
}

void cosignature_sign(struct buffer *to, struct bytes text, const struct signer *signer, int64_t time)
{
	struct buffer message = {0}, timed = {0};
	cosigned_message(&message, text, (uint64_t)time);
	buffer_u64(&timed, (uint64_t)time);
	uint8_t *signature = buffer_extend(&timed, ED25519_SIGNATURE);
	if (time < 0)
		message.rule = RULE_COSIGNATURE_TIME;
	enum rule rule = message.rule != RULE_OK ? message.rule : timed.rule;
	if (rule == RULE_OK) {
		ed25519_sign(signer->secret, buffer_bytes(&message), signature);
		note_signature_line(to, &signer->vkey, buffer_bytes(&timed));
	} else if (to->rule == RULE_OK) {
		to->rule = rule;
	}
	buffer_free(&message);
	buffer_free(&timed);
}

/* Verifies time and signature as they follow the key id. */
static enum rule verify_timed(struct bytes timed, struct bytes text, const struct vkey *key, uint64_t *time)
{
	struct cursor cursor = cursor_of(timed);
	uint64_t stated = cursor_u64(&cursor);
	struct bytes signature = cursor_take(&cursor, ED25519_SIGNATURE);
	if (cursor_end(&cursor) != RULE_OK)
		return RULE_COSIGNATURE_FORM;
	if (stated > INT64_MAX)
		return RULE_COSIGNATURE_TIME;
	struct buffer message = {0};
	cosigned_message(&message, text, stated);
	enum rule rule = message.rule;
	if (rule == RULE_OK)
		rule = ed25519_verify(key->key, buffer_bytes(&message), signature);
	buffer_free(&message);
	if (rule == RULE_OK)
		*time = stated;
	return rule;
}

enum rule cosignature_verify(const struct note *signatures, struct bytes text, const struct vkey *key, int64_t *time)
{
	size_t i = note_find(signatures, key);
	if (i == signatures->signature_count || key->type != SIGNATURE_COSIGNATURE)
		return RULE_NOTE_UNSIGNED;
	uint64_t earliest = INT64_MAX;
	for (; i < signatures->signature_count; i = note_find_next(signatures, key, i + 1)) {
		const struct note_signature *signature = &signatures->signatures[i];
		uint64_t stated;
		if (signature->raw_size != TIMED_SIZE)
			return RULE_COSIGNATURE_FORM;
		enum rule rule = verify_timed(bytes_of(signature->raw, TIMED_SIZE), text, key, &stated);
		if (rule != RULE_OK)
			return rule;
		if (stated < earliest)
			earliest = stated;
	}
	*time = (int64_t)earliest;
	return RULE_OK;
}

enum rule cosignature_verify_base64(struct bytes base64, struct bytes text, const struct vkey *key, int64_t *time)
{
	uint8_t raw[4 + TIMED_SIZE];
	if (text_unbase64_exact(base64, raw, sizeof(raw), true) != RULE_OK)
		return RULE_COSIGNATURE_FORM;
	struct cursor cursor = cursor_of(bytes_of(raw, sizeof(raw)));
	if (cursor_u32(&cursor) != key->id || key->type != SIGNATURE_COSIGNATURE)
		return RULE_NOTE_UNSIGNED;
	uint64_t stated;
	enum rule rule = verify_timed(cursor_take(&cursor, TIMED_SIZE), text, key, &stated);
	if (rule == RULE_OK)
		*time = (int64_t)stated;
	return rule;
}

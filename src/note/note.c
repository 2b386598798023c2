#include "note.h"

#include "text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and the space */
#define ID_SIZE 4

static enum rule check_characters(struct bytes text)
{
	if (text.size > NOTE_MAX)
		return RULE_LIMIT;
	for (;;) {
		uint32_t code;
		size_t plain = text_plain(text);
		if (plain == text.size)
			return RULE_OK;
		text = bytes_of(text.data + plain, text.size - plain);
		if (text.data[0] == '\n')
			text = bytes_of(text.data + 1, text.size - 1);
		else if (!text_next(&text, &code))
			return RULE_UTF8;
		else if (code < 0x20)
			return RULE_NOTE_CHARACTER;
	}
}

/* Takes id and signature out of the decoded base64; a signature of an unknown algorithm may be of any size but 0. */
static enum rule take_signature(struct note_signature *signature, struct bytes decoded)
{
	struct cursor cursor = cursor_of(decoded);
	signature->id = cursor_u32(&cursor);
	signature->raw_size = cursor_left(&cursor);
	if (cursor.rule != RULE_OK || signature->raw_size == 0)
		return RULE_NOTE_SIGNATURE_LINE;
	if (signature->raw_size <= sizeof(signature->raw))
		memcpy(signature->raw, cursor.at, signature->raw_size);
	return RULE_OK;
}

/* Reads the signature line that begins at the cursor. */
static enum rule signature_read(struct cursor *cursor, struct note_signature *signature)
{
	const uint8_t *start = cursor->at;
	struct bytes line = cursor_line(cursor);
	if (cursor->rule != RULE_OK)
		return RULE_NOTE_FORM;
	struct cursor inside = cursor_of(line);
	if (!bytes_is(cursor_take(&inside, sizeof(DASH) - 1), DASH))
		return RULE_NOTE_SIGNATURE_LINE;
	signature->line = bytes_of(start, line.size + 1);
	signature->name = cursor_until(&inside, ' ');
	signature->base64 = cursor_take(&inside, cursor_left(&inside));
	if (!key_name_valid(signature->name))
		return RULE_KEY_NAME;
	struct buffer decoded = {0};
	enum rule rule = text_unbase64(signature->base64, &decoded, true);
	if (rule == RULE_OK)
		rule = take_signature(signature, buffer_bytes(&decoded));
	buffer_free(&decoded);
	return rule;
}

/* Reads all that is left of the note as signature lines, one at least. */
static enum rule signatures_read(struct bytes lines, struct note *note)
{
	struct cursor cursor = cursor_of(lines);
	note->signature_count = 0;
	do {
		if (note->signature_count == NOTE_SIGNATURES_MAX)
			return RULE_LIMIT;
		enum rule rule = signature_read(&cursor, &note->signatures[note->signature_count++]);
		if (rule != RULE_OK)
			return rule;
	} while (cursor_left(&cursor) != 0);
	return RULE_OK;
}

enum rule note_parse_signatures(struct note *note, struct bytes bytes)
{
	enum rule rule = check_characters(bytes);
	if (rule != RULE_OK)
		return rule;
	note->whole = note->text = (struct bytes){NULL, 0};
	return signatures_read(bytes, note);
}

enum rule note_parse(struct note *note, struct bytes bytes)
{
	enum rule rule = check_characters(bytes);
	if (rule != RULE_OK)
		return rule;
	size_t empty = bytes.size; /* the last empty line: an LF right after an LF */
	while (empty > 1 && !(bytes.data[empty - 1] == '\n' && bytes.data[empty - 2] == '\n'))
		empty--;
	if (empty <= 1)
		return RULE_NOTE_FORM;
	note->whole = bytes;
	note->text = bytes_of(bytes.data, empty - 1);
	return signatures_read(bytes_of(bytes.data + empty, bytes.size - empty), note);
}

static bool signed_by(const struct note_signature *signature, const struct vkey *key)
{
	return signature->id == key->id && bytes_is(signature->name, key->name);
}

size_t note_find(const struct note *note, const struct vkey *key)
{
	return note_find_next(note, key, 0);
}

size_t note_find_next(const struct note *note, const struct vkey *key, size_t from)
{
	while (from < note->signature_count && !signed_by(&note->signatures[from], key))
		from++;
	return from;
}

enum rule note_verify(const struct note *note, const struct vkey *key)
{
	size_t i = note_find(note, key);
	if (i == note->signature_count || key->type != SIGNATURE_ED25519)
		return RULE_NOTE_UNSIGNED;
	for (; i < note->signature_count; i = note_find_next(note, key, i + 1)) {
		const struct note_signature *signature = &note->signatures[i];
		if (signature->raw_size != ED25519_SIGNATURE ||
		    ed25519_verify(key->key, note->text, bytes_of(signature->raw, ED25519_SIGNATURE)) != RULE_OK)
			return RULE_SIGNATURE;
	}
	return RULE_OK;
}

void note_signature_line(struct buffer *to, const struct vkey *key, struct bytes raw)
{
	struct buffer decoded = {0};
	buffer_u32(&decoded, key->id);
	buffer_add(&decoded, raw);
	if (decoded.rule != RULE_OK && to->rule == RULE_OK)
		to->rule = decoded.rule;
	buffer_format(to, DASH "%s ", key->name);
	text_base64(to, buffer_bytes(&decoded), true);
	buffer_string(to, "\n");
	buffer_free(&decoded);
}

void note_sign(struct buffer *to, struct bytes text, const struct signer *signer)
{
	uint8_t signature[ED25519_SIGNATURE];
	ed25519_sign(signer->secret, text, signature);
	note_signature_line(to, &signer->vkey, bytes_of(signature, sizeof(signature)));
}

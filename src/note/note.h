/*
 * note: signed notes (C2SP signed-note). A parsed note is views into the bytes that were read.
 */
#ifndef NOTE_H
#define NOTE_H

#include "cursor.h"
#include "sizes.h"
#include "vkey.h"

struct note_signature {
	struct bytes line; /* the whole line, em dash to LF */
	struct bytes name;
	uint32_t id;
	struct bytes base64; /* as it stands: key id and signature */
	uint8_t raw[72];     /* the signature after the key id: 64 bytes (0x01) or 8 + 64 (0x04) */
	/* its true size; more than 72 for algorithms that this program does not know (raw then unset) */
	size_t raw_size;
};

struct note {
	struct bytes whole;
	struct bytes text; /* with its final LF */
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t signature_count;
};

/*
 * Form only: size, UTF-8, structure, base64. RULE_NOTE_*, RULE_KEY_NAME, RULE_BASE64, RULE_LIMIT, RULE_UTF8. After a
 * failure *note holds nothing of use.
 */
enum rule note_parse(struct note *note, struct bytes bytes);

/*
 * Reads signature lines alone (the reply of add-checkpoint and add-entries) into note->signatures; text and whole are
 * left absent. At least one line.
 */
enum rule note_parse_signatures(struct note *note, struct bytes bytes);

/*
 * Verifies the signatures of `key` (type 0x01: over the text; 0x04: RULE_OK through cosignature_verify() only).
 * RULE_NOTE_UNSIGNED when none has its name and id; RULE_SIGNATURE when one has and does not verify.
 */
enum rule note_verify(const struct note *note, const struct vkey *key);

/* The index of the signature with the name and id of `key`, or signature_count. */
size_t note_find(const struct note *note, const struct vkey *key);
/* The same from signature `from` on. A key may stand on a note more than once; then all its signatures must verify. */
size_t note_find_next(const struct note *note, const struct vkey *key, size_t from);

/* Appends one signature line over `text`. type 0x01 only. */
void note_sign(struct buffer *to, struct bytes text, const struct signer *signer);

/* Appends "— NAME BASE64\n" from parts. */
void note_signature_line(struct buffer *to, const struct vkey *key, struct bytes raw);

#endif

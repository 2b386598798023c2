/*
 * checkpoint: a log's signed size and root (C2SP tlog-checkpoint), and cosignatures over it (tlog-cosignature, type
 * 0x04).
 *
 * Our logs write no extension lines and a checkpoint with one is refused (RULE_CHECKPOINT_EXTENSION) by
 * checkpoint_parse(); the primitive `tool note` verifies any note.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "note.h"

struct checkpoint {
	struct bytes origin;
	uint64_t size;
	uint8_t root[SHA256_SIZE];
};

/*
 * The text of a note as a checkpoint; views into `text`. RULE_CHECKPOINT_*; a size of 0 must have the empty tree's
 * root.
 */
enum rule checkpoint_parse(struct checkpoint *checkpoint, struct bytes text);
/* A note whose text is a checkpoint: note_parse(), then checkpoint_parse(). */
enum rule checkpoint_note_parse(struct note *note, struct checkpoint *checkpoint, struct bytes bytes);
/* Writes the three lines. */
void checkpoint_write(struct buffer *to, const struct checkpoint *checkpoint);

/* Appends the cosignature line of `signer` (vkey.type 0x04) over the checkpoint text at `time` (seconds since 1970). */
void cosignature_sign(struct buffer *to, struct bytes text, const struct signer *signer, int64_t time);

/*
 * Finds and verifies `key`'s cosignature among the note's signatures, over `text` (which may be another view of the
 * same checkpoint, as when the signatures came alone). RULE_NOTE_UNSIGNED, RULE_COSIGNATURE_*, RULE_SIGNATURE. *time as
 * signed.
 */
enum rule cosignature_verify(const struct note *signatures, struct bytes text, const struct vkey *key, int64_t *time);

/* Verifies one cosignature given as base64(key id || time || signature), as it stands in record/received. */
enum rule cosignature_verify_base64(struct bytes base64, struct bytes text, const struct vkey *key, int64_t *time);

#endif

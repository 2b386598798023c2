/*
 * courier: logs and attachments from one party to another as a file (docs/spec/courier), whole or in parts. The writer
 * appends to a buffer what comes next; the reader gives blocks by their offset, so that a file of any size is read in
 * pieces. Neither verifies a signature: what a file brings is proved by itself.
 *
 *   detente courier v1
 *   id 00112233445566778899aabbccddeeff        of this file; its parts repeat it
 *   agreement HEX
 *   from a.example
 *   to b.example
 *   made 2026-11-22T17:30:06Z
 *   checkpoint 512                             so many bytes follow: a log's checkpoint, its note
 *   entries 4 70000                            so many bytes follow: that log's bundle 4, tlog-tiles
 *   attachment HEX 1048576                     so many bytes follow
 *   end HEX                                    SHA-256 of everything before this line
 */
#ifndef COURIER_H
#define COURIER_H

#include "checkpoint.h"
#include "tile.h"

#define COURIER_ID 16

struct courier_head {
	uint8_t id[COURIER_ID];
	uint8_t agreement[SHA256_SIZE];
	char from[PARTY_NAME_MAX + 1], to[PARTY_NAME_MAX + 1];
	int64_t made;
};

/* ---- writing ---- */

void courier_write_head(struct buffer *to, const struct courier_head *head);
/* Of a block: the line before its bytes. */
void courier_write_checkpoint(struct buffer *to, size_t size);
void courier_write_entries(struct buffer *to, uint64_t bundle, size_t size);
void courier_write_attachment(struct buffer *to, const uint8_t digest[SHA256_SIZE], uint64_t size);
void courier_write_end(struct buffer *to, const uint8_t digest[SHA256_SIZE]);

/* ---- reading ---- */

/* Bytes at an offset, all of them: a read never goes past `size`. */
struct courier_source {
	enum rule (*read)(void *context, uint64_t offset, uint8_t *to, size_t size);
	void *context;
	uint64_t size;
};

enum courier_kind { COURIER_CHECKPOINT, COURIER_ENTRIES, COURIER_ATTACHMENT, COURIER_END };

struct courier_block {
	enum courier_kind kind;
	uint64_t bundle;             /* COURIER_ENTRIES: which */
	uint8_t digest[SHA256_SIZE]; /* COURIER_ATTACHMENT, COURIER_END */
	uint64_t offset, size;       /* of its bytes */
};

/* What a file holds of one log. */
struct courier_log {
	char origin[ORIGIN_MAX + 1];
	uint64_t size; /* of the checkpoint */
	struct hash root;
	uint64_t note_offset, note_size;
	/* its bundles, one after the other from offset `entries` on: `first` and all that follow up to `size` */
	uint64_t entries, first, count;
};

struct courier {
	struct courier_source source;
	struct courier_head head;
	struct courier_log logs[AGREEMENT_PARTIES_MAX];
	size_t log_count;
	uint64_t attachments, attachment_count; /* one after the other from this offset on */
	/* while it is checked: how far; what was hashed so far; what may follow */
	uint64_t checked, block_end;
	struct sha256_stream *digest;
	struct courier_block last;
	bool whole;
};

/*
 * Reads the head, and begins to check. RULE_COURIER_FORM, _VERSION, or the rules of its parts. courier_close() also
 * after a failure.
 */
enum rule courier_open(struct courier *courier, const struct courier_source *source, struct fault *fault);
void courier_close(struct courier *courier); /* a zeroed one is harmless */
/*
 * Checks about `most` bytes further on: the order of the blocks, the form of the checkpoints, and at the end the digest
 * of it all. `whole` once all is checked; only then anything else than the head may be used. RULE_COURIER_FORM, _ORDER,
 * _DIGEST, RULE_TRUNCATED, RULE_TRAILING, RULE_LIMIT, those of notes and checkpoints.
 */
enum rule courier_check(struct courier *courier, uint64_t most, struct fault *fault);

/* The block whose line begins at *at, which moves behind the block. */
enum rule courier_block_at(const struct courier *courier, uint64_t *at, struct courier_block *block);
/* Its bytes, into an emptied buffer; none of an attachment, which is read in pieces. */
enum rule courier_block_bytes(const struct courier *courier, const struct courier_block *block, struct buffer *to);

/* ---- parts ---- */

/*
 * A part is a file of its own: its head, a piece of the courier file, and a line that says whether another part
 * follows:
 *
 *   detente courier part v1
 *   id 00112233445566778899aabbccddeeff
 *   part 3
 *   ...
 *   more HEX                                   or "last HEX": SHA-256 of everything before this line
 */
#define COURIER_PART_TAIL 70 /* bytes of that line */

struct courier_part {
	uint8_t id[COURIER_ID];
	unsigned number; /* from 1 */
	bool last;
	uint64_t offset, size; /* of the piece */
	uint8_t digest[SHA256_SIZE]; /* as its last line says: of the first offset + size bytes */
};

void courier_part_write_head(struct buffer *to, const uint8_t id[COURIER_ID], unsigned number);
void courier_part_write_tail(struct buffer *to, const uint8_t digest[SHA256_SIZE], bool last);
/* Whether a file's first bytes are those of a part. */
bool courier_part_is(struct bytes start);
enum rule courier_part_read(struct courier_part *part, const struct courier_source *file);

#endif

/*
 * attachment: the files of HOME/keeper/attachments: sealed attachments, each named by its SHA-256 in hex.
 *
 *   HEX        whole, verified, durable
 *   HEX.part   on its way here: its first bytes
 *   HEX.new    sealed here and durable, its entry not yet: settled after the commit, or at the next start
 *   NUMBER.tmp being sealed
 *
 * `folder` is the descriptor that attachment_folder() opened.
 */
#ifndef ATTACHMENT_H
#define ATTACHMENT_H

#include "crypto.h"
#include "rule.h"

#define ATTACHMENT_PIECE ((size_t)1 << 20) /* what is read, hashed or sealed of a file between two turns */

/* Opens the folder, making it, and removes what was being sealed. The caller closes. */
enum rule attachment_folder(const char *path, int *folder);

/* Whether it is held whole; its size then, unless that is NULL. */
bool attachment_held(int folder, const uint8_t digest[SHA256_SIZE], uint64_t *size);
/* How much there is of one that is on its way. */
uint64_t attachment_begun(int folder, const uint8_t digest[SHA256_SIZE]);
/* Opens one that is held, for reading. The caller closes. RULE_NOT_FOUND. */
enum rule attachment_open(int folder, const uint8_t digest[SHA256_SIZE], int *file, uint64_t *size);

/* Removes one that is held and damaged. */
void attachment_remove(int folder, const uint8_t digest[SHA256_SIZE]);

/* A new file that is being sealed; *number names it. The caller closes. */
enum rule attachment_create(int folder, unsigned *number, int *file);
void attachment_discard(int folder, unsigned number);
/* It is sealed: durable, as HEX.new. After a failure it is gone. */
enum rule attachment_sealed(int folder, unsigned number, int file, const uint8_t digest[SHA256_SIZE]);
/* HEX.new becomes HEX, durably, or is removed: its entry was kept, or was not. */
enum rule attachment_settle(int folder, const uint8_t digest[SHA256_SIZE], bool kept);
/* Calls `kept` for each HEX.new and settles it so: those that a node left that ended between. */
typedef enum rule (*attachment_kept)(void *context, const uint8_t digest[SHA256_SIZE], bool *kept);
enum rule attachment_recover(int folder, attachment_kept kept, void *context);

/* After `size` bytes were appended, the last of them now: they go to the disk, and those long before are waited for. */
void attachment_write_behind(int file, uint64_t size, size_t last);

/* The names of all that are held, one after the other; false at the end. The list is begun and ended like a folder. */
struct attachment_list;
enum rule attachment_list_begin(struct attachment_list **list, int folder);
bool attachment_list_next(struct attachment_list *list, uint8_t digest[SHA256_SIZE]);
void attachment_list_end(struct attachment_list *list); /* NULL is harmless */

/* ---- hashing in pieces ---- */

/* The SHA-256 of a file so far. */
struct attachment_hash {
	struct sha256_stream *stream;
	uint64_t done; /* bytes */
};
/* Takes in at most a piece more of the bytes before `until`. RULE_ATTACHMENT_DIGEST where the file is shorter. */
enum rule attachment_hash_step(struct attachment_hash *hash, int file, uint64_t until);
void attachment_hash_end(struct attachment_hash *hash, uint8_t digest[SHA256_SIZE]); /* of nothing, too */
void attachment_hash_drop(struct attachment_hash *hash);

/* ---- one on its way here ---- */

/* HEX.part. Bytes are written to `file` by whoever brings them, from `have` on, one at a time. */
struct part {
	int folder, file;
	uint8_t digest[SHA256_SIZE];
	uint64_t total; /* bytes of the whole, as its entry names it */
	uint64_t have;  /* bytes that are there */
	struct attachment_hash hash;
};
/* Opens or makes it; what is longer than the whole begins anew. The caller frees with part_close() or part_end(). */
enum rule part_open(struct part **part, int folder, const uint8_t digest[SHA256_SIZE], uint64_t total);
void part_close(struct part *part); /* it stays as it is; NULL is harmless */
/* After bytes were brought: looks how many there are. */
enum rule part_look(struct part *part);
/* Hashes a piece more of what is there; false when there is none. A failure is told by part_end(). */
bool part_step(struct part *part);
/*
 * All is there and hashed. It is what its entry names: it is held from now on, durably. RULE_ATTACHMENT_DIGEST: it is
 * not, and gone. Frees.
 */
enum rule part_end(struct part *part);
/* Removes it. Frees. */
void part_discard(struct part *part);

#endif

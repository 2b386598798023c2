/*
 * store: what a node must not lose, in one SQLite file (WAL, synchronous FULL). Opaque bytes behind this narrow header;
 * no caller sees SQL, and only this folder includes SQLite.
 *
 * One thread uses a store; a thread of the store's own checkpoints the WAL, bounded. Nothing is durable before
 * store_commit() returned RULE_OK, and after it everything of the transaction is. Full disk is RULE_DISK_FULL: the
 * transaction is rolled back and the store goes on with what it had.
 *
 * Logs are small numbers that the caller gives out (0 .. STORE_LOG_MAX).
 */
#ifndef STORE_H
#define STORE_H

#include "buffer.h"

#define STORE_LOG_MAX 32767u

struct store;

/*
 * Opens or creates PATH (mode 0600). RULE_STORE_FORMAT for a file of another kind or version, RULE_STORE_CORRUPT when
 * SQLite finds it damaged, RULE_STORE_BUSY when another process has it, RULE_PERMISSION, RULE_READ_ONLY,
 * RULE_DISK_FULL, RULE_IO.
 */
enum rule store_open(struct store **store, const char *path, struct fault *fault);
void store_close(struct store *store); /* rolls back what is open; NULL is harmless */

enum rule store_begin(struct store *store);
enum rule store_commit(struct store *store);   /* on failure everything since store_begin() is undone */
void store_rollback(struct store *store);
bool store_wrote(const struct store *store); /* did the last transaction bring anything to the disk? */

/* ---- entries of a log, by index; `state` is the caller's small number beside each (0..255) ---- */
enum rule store_entry_add(struct store *store, unsigned log, uint64_t index, struct bytes note, uint8_t state);
enum rule store_entry_state_set(struct store *store, unsigned log, uint64_t index, uint8_t state);
/* Appends the note to `note` (may be NULL); *state may be NULL. RULE_NOT_FOUND. */
enum rule store_entry_get(struct store *store, unsigned log, uint64_t index, struct buffer *note, uint8_t *state);
/*
 * Calls `each` for entries [start, end) in order, until it returns another rule than RULE_OK, which is then returned.
 */
typedef enum rule (*store_entry_each)(void *context, uint64_t index, struct bytes note, uint8_t state);
struct store_range {
	unsigned log;
	uint64_t start, end;
};
enum rule store_entry_scan(struct store *store, const struct store_range *range, store_entry_each each, void *context);

/* ---- full tiles of a log, level 0..7 ---- */
enum rule store_tile_put(struct store *store, unsigned log, unsigned level, uint64_t index, struct bytes hashes);
enum rule store_tile_get(struct store *store, unsigned log, unsigned level, uint64_t index, uint8_t *to, size_t size);

/* ---- checkpoints of a log, by size; replaced when put again ---- */
enum rule store_checkpoint_put(struct store *store, unsigned log, uint64_t size, struct bytes note);
/* The smallest size >= `at_least`. RULE_NOT_FOUND. Appends the note. */
enum rule store_checkpoint_get(struct store *store, unsigned log, uint64_t at_least, uint64_t *size,
	struct buffer *note);
/* The largest size < `below` (UINT64_MAX: the largest of all). */
enum rule store_checkpoint_below(struct store *store, unsigned log, uint64_t below, uint64_t *size,
	struct buffer *note);

/* ---- named values ---- */
enum rule store_value_put(struct store *store, const char *name, struct bytes value);
enum rule store_value_get(struct store *store, const char *name, struct buffer *value); /* RULE_NOT_FOUND */

/* ---- marks: an index of (kind, key) -> places, each place a log and an entry's index ---- */
struct store_mark {
	unsigned kind; /* 0..255, the caller's */
	struct bytes key;
	unsigned log;
	uint64_t index;
};
enum rule store_mark_add(struct store *store, const struct store_mark *mark); /* adding twice is harmless */
enum rule store_mark_remove(struct store *store, const struct store_mark *mark); /* so is removing what is not there */
/* Sets mark->index to the first place of (kind, key) in mark->log from mark->index on. RULE_NOT_FOUND. */
enum rule store_mark_next(struct store *store, struct store_mark *mark);
/* Calls `each` for the places of (kind, key) in ascending (log, index); stops as store_entry_scan() does. */
typedef enum rule (*store_mark_each)(void *context, unsigned log, uint64_t index);
enum rule store_mark_scan(struct store *store, unsigned kind, struct bytes key, store_mark_each each, void *context);

/* ---- rows: an ordered map from short keys to values; keys ascend bytewise ---- */
enum rule store_row_put(struct store *store, struct bytes key, struct bytes value); /* replaces */
enum rule store_row_get(struct store *store, struct bytes key, struct buffer *value); /* appends; RULE_NOT_FOUND */
enum rule store_row_remove(struct store *store, struct bytes key); /* what is not there is harmless */
/* Appends the first key that is not below `from`, and its value. RULE_NOT_FOUND: there is none. */
enum rule store_row_next(struct store *store, struct bytes from, struct buffer *key, struct buffer *value);

/* ---- events: numbered from 1 in the order in which they are added ---- */
enum rule store_event_add(struct store *store, struct bytes event, uint64_t *number);
/* Calls `each` for those from that number on, in order; stops as store_entry_scan() does. */
typedef enum rule (*store_event_each)(void *context, uint64_t number, struct bytes event);
enum rule store_event_scan(struct store *store, uint64_t from, store_event_each each, void *context);
/* The oldest that is kept and the newest; 0 and 0 without any. */
enum rule store_event_bounds(struct store *store, uint64_t *first, uint64_t *last);
/* Drops those of smaller numbers, but never the newest, so that no number is given twice. */
enum rule store_event_drop(struct store *store, uint64_t below);

#endif

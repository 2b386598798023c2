/*
 * ledger: one log as the store holds it: entries, full tiles, checkpoints; the partial tiles in memory. The party's own
 * log and its mirrors of the others' are the same thing.
 *
 * Changes happen inside the store's transaction; when that fails, ledger_open() again gives what is durable.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "note.h"
#include "store.h"
#include "tile.h"

/* What the caller keeps beside each entry in the store. */
enum entry_state { ENTRY_UNJUDGED = 0, ENTRY_VALID = 1, ENTRY_VOID = 2 };

struct ledger {
	struct store *store;
	unsigned log;
	uint64_t size;
	uint64_t bytes; /* of its entries */
	struct tree_frontier frontier;
	/* the last, partial tile of each level: its hashes, then the complete nodes above them */
	struct hash last[TILE_LEVELS][2 * TILE_WIDTH];
	struct tile_source source; /* the full tiles */
	/* the leaves of the full tile that was read from last, to check entries by */
	uint64_t leaves_of; /* 1 + its index; 0: none */
	uint8_t leaves[TILE_SIZE];
	struct tree_reader full, tree;
};

/* Loads log number `log`. The struct must not move afterwards. */
enum rule ledger_open(struct ledger *ledger, struct store *store, unsigned log);
enum rule ledger_append(struct ledger *ledger, struct bytes note, const struct hash *leaf, enum entry_state state);
/* Writes size and bytes; once, before the transaction is committed. */
enum rule ledger_save(const struct ledger *ledger);

void ledger_root(const struct ledger *ledger, struct hash *to);
/* A tile or bundle of the tree of the present size, as it is served. RULE_NOT_FOUND. */
enum rule ledger_tile(struct ledger *ledger, const struct tile *tile, struct buffer *to);
/* Appends an entry's note. */
enum rule ledger_entry(void *ledger, uint64_t index, struct buffer *to);

#endif

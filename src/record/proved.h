/*
 * proved: the Merkle tree of one exported log, proved from its tiles against its checkpoint, and kept small: one hash
 * for 256 entries. Whatever is read again is held against it, so a folder that changes under the reader gains nothing.
 * Private to record.
 */
#ifndef PROVED_H
#define PROVED_H

#include "tile.h"

struct proved {
	int folder;           /* of the log: logs/PARTY; borrowed */
	uint64_t size;
	struct buffer tiles;  /* struct hash each: the root of every full tile on level 0 */
	struct hash rest[TILE_WIDTH]; /* the leaves of the partial one: size % 256 */
};

/*
 * Reads every tile of the tree of `size` below `folder`, and holds the upper ones against the lower and all against
 * `root`. RULE_RECORD_* with the tile's path in `where`, or a system rule. The caller calls proved_free(), whatever is
 * returned.
 */
enum rule proved_read(struct proved *proved, int folder, uint64_t size, const struct hash *root,
	char where[TILE_PATH_MAX]);
void proved_free(struct proved *proved);

/* Whether these are the leaves of tile `index` on level 0, all that it has. */
bool proved_leaves(const struct proved *proved, uint64_t index, const struct hash *leaves);
/* Reads the leaves of tile `index`, and holds them against what was proved. */
enum rule proved_tile(const struct proved *proved, uint64_t index, struct hash leaves[TILE_WIDTH]);

/*
 * One who asks for roots of a log at rising sizes (any size is answered; a lower one costs more). A zeroed struct
 * starts.
 */
struct proved_asker {
	struct tree_frontier tiles; /* over the roots of the full tiles */
	struct tree_frontier leaves; /* within the tile that follows them */
	uint64_t tile;              /* whose leaves are held */
	bool held;
	struct hash held_leaves[TILE_WIDTH];
};
/* The root of the first `size` leaves. RULE_NOT_FOUND when there are not so many. */
enum rule proved_root(const struct proved *proved, struct proved_asker *asker, uint64_t size, struct hash *to);

#endif

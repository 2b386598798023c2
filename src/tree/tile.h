/*
 * tile: C2SP tlog-tiles: tiles of 256 hashes, entry bundles, and the paths they are named by.
 */
#ifndef TILE_H
#define TILE_H

#include "cursor.h"
#include "tree.h"

#define TILE_WIDTH 256
#define TILE_SIZE (TILE_WIDTH * SHA256_SIZE)
#define TILE_LEVELS 8          /* levels of 256 that a 64-bit size can have */
#define TILE_PATH_MAX 64

/* A tile or bundle: level -1 is an entry bundle. width 1..256; 256 is a full one. */
struct tile {
	int level;
	uint64_t index;
	unsigned width;
};

/* "tile/0/x001/234.p/5", "tile/entries/000". NUL-terminated. `tile` is one that tile_path_parse() could give. */
void tile_path(const struct tile *tile, char to[TILE_PATH_MAX]);
/* The path after the log's prefix, without leading slash. RULE_TILE_PATH for any other spelling. */
enum rule tile_path_parse(struct tile *tile, struct bytes path);

/* The width of tile (level, index) in a tree of `size`: 0 when it does not exist. level -1 as level 0. */
unsigned tile_width(int level, uint64_t index, uint64_t size);

/* The root over a full tile's 256 hashes. */
void tile_root(const uint8_t tile[TILE_SIZE], struct hash *to);

/* A tree_reader over tiles. hashes() gives the first `width` of tile (level, index): what a log of `size` has. */
struct tile_source {
	enum rule (*hashes)(void *context, const struct tile *tile, uint8_t to[TILE_SIZE]);
	void *context;
	uint64_t size;
	/* one-tile cache a level; zeroed at start */
	struct { uint64_t index; unsigned width; uint8_t bytes[TILE_SIZE]; } cache[TILE_LEVELS];
};
struct tree_reader tile_reader(struct tile_source *source);

/* Entry bundles: a big-endian uint16 length before each entry. Gives the next one; the cursor's error is sticky. */
struct bytes bundle_next(struct cursor *bundle);
void bundle_add(struct buffer *bundle, struct bytes entry); /* at most ENTRY_MAX bytes, else RULE_LIMIT */

#endif

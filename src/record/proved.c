#include "proved.h"

#include "foreign.h"

_Static_assert(sizeof(struct hash) == SHA256_SIZE, "tiles are read as they stand");

static const struct hash *full_tiles(const struct proved *proved)
{
	return (const struct hash *)proved->tiles.data;
}

static unsigned width_of(const struct proved *proved, uint64_t index)
{
	return tile_width(0, index, proved->size);
}

/* The frontier of a tree whose leaves are `tiles` full tiles and then `leaves`. */
static void join(const struct tree_frontier *tiles, const struct tree_frontier *leaves, struct hash *root)
{
	struct tree_frontier whole = {.size = tiles->size * TILE_WIDTH + leaves->size};
	size_t high = (size_t)__builtin_popcountll(tiles->size), low = (size_t)__builtin_popcountll(leaves->size);
	memcpy(whole.peaks, tiles->peaks, high * sizeof(struct hash));
	memcpy(whole.peaks + high, leaves->peaks, low * sizeof(struct hash));
	tree_root(&whole, root);
}

static enum rule read_tile(int folder, const struct tile *tile, void *to, char where[TILE_PATH_MAX])
{
	tile_path(tile, where);
	return foreign_read_exact(folder, where, to, tile->width * (size_t)SHA256_SIZE);
}

/* Reads level 0: keeps the root of each full tile and the leaves of the partial one. */
static enum rule read_leaves(struct proved *proved, char where[TILE_PATH_MAX])
{
	uint8_t hashes[TILE_SIZE];
	struct tile tile = {.level = 0};
	for (; (tile.width = width_of(proved, tile.index)) > 0; tile.index++) {
		enum rule rule = read_tile(proved->folder, &tile, hashes, where);
		if (rule != RULE_OK)
			return rule;
		if (tile.width < TILE_WIDTH) {
			memcpy(proved->rest, hashes, tile.width * sizeof(struct hash));
			break;
		}
		struct hash root;
		tile_root(hashes, &root);
		buffer_add(&proved->tiles, bytes_of(root.bytes, sizeof(root.bytes)));
		if (proved->tiles.rule != RULE_OK)
			return proved->tiles.rule;
	}
	return RULE_OK;
}

/* Holds the tiles of `level` against what its hashes must be, and gives the roots of the full ones. */
static enum rule check_level(const struct proved *proved, int level, const struct buffer *expected,
	struct buffer *roots, char where[TILE_PATH_MAX])
{
	uint8_t hashes[TILE_SIZE];
	struct tile tile = {.level = level};
	for (; (tile.width = tile_width(level, tile.index, proved->size)) > 0; tile.index++) {
		enum rule rule = read_tile(proved->folder, &tile, hashes, where);
		if (rule != RULE_OK)
			return rule;
		if (memcmp(hashes, expected->data + tile.index * TILE_SIZE, tile.width * (size_t)SHA256_SIZE) != 0)
			return RULE_RECORD_TILE;
		if (tile.width < TILE_WIDTH)
			break;
		struct hash root;
		tile_root(hashes, &root);
		buffer_add(roots, bytes_of(root.bytes, sizeof(root.bytes)));
	}
	return roots->rule;
}

static enum rule check_upper(const struct proved *proved, char where[TILE_PATH_MAX])
{
	struct buffer below = {0}, above = {.limit = SIZE_MAX};
	enum rule rule = RULE_OK;
	for (int level = 1; level < TILE_LEVELS && rule == RULE_OK; level++) {
		rule = check_level(proved, level, level == 1 ? &proved->tiles : &below, &above, where);
		buffer_free(&below);
		below = above;
		above = (struct buffer){.limit = SIZE_MAX};
	}
	buffer_free(&below);
	return rule;
}

static void root_of_all(const struct proved *proved, struct hash *root)
{
	struct tree_frontier tiles = {0}, leaves = {0};
	for (uint64_t i = 0; i < proved->size / TILE_WIDTH; i++)
		tree_append(&tiles, &full_tiles(proved)[i]);
	for (unsigned i = 0; i < proved->size % TILE_WIDTH; i++)
		tree_append(&leaves, &proved->rest[i]);
	join(&tiles, &leaves, root);
}

enum rule proved_read(struct proved *proved, int folder, uint64_t size, const struct hash *root,
	char where[TILE_PATH_MAX])
{
	*proved = (struct proved){.folder = folder, .size = size, .tiles = {.limit = SIZE_MAX}};
	enum rule rule = read_leaves(proved, where);
	if (rule == RULE_OK)
		rule = check_upper(proved, where);
	if (rule != RULE_OK)
		return rule;
	struct hash found;
	root_of_all(proved, &found);
	where[0] = '\0';
	return memcmp(found.bytes, root->bytes, sizeof(found.bytes)) == 0 ? RULE_OK : RULE_RECORD_ROOT;
}

void proved_free(struct proved *proved)
{
	buffer_free(&proved->tiles);
}

bool proved_leaves(const struct proved *proved, uint64_t index, const struct hash *leaves)
{
	unsigned width = width_of(proved, index);
	if (width < TILE_WIDTH)
		return memcmp(leaves, proved->rest, width * sizeof(*leaves)) == 0;
	struct hash root;
	tile_root((const uint8_t *)leaves, &root);
	return memcmp(root.bytes, full_tiles(proved)[index].bytes, sizeof(root.bytes)) == 0;
}

enum rule proved_tile(const struct proved *proved, uint64_t index, struct hash leaves[TILE_WIDTH])
{
	char where[TILE_PATH_MAX];
	struct tile tile = {.level = 0, .index = index, .width = width_of(proved, index)};
	enum rule rule = read_tile(proved->folder, &tile, leaves, where);
	if (rule == RULE_OK && !proved_leaves(proved, index, leaves))
		rule = RULE_RECORD_TILE;
	return rule;
}

enum rule proved_root(const struct proved *proved, struct proved_asker *asker, uint64_t size, struct hash *to)
{
	if (size > proved->size)
		return RULE_NOT_FOUND;
	uint64_t tiles = size / TILE_WIDTH;
	unsigned leaves = size % TILE_WIDTH;

	if (asker->tiles.size > tiles)
		asker->tiles = (struct tree_frontier){0};
	while (asker->tiles.size < tiles)
		tree_append(&asker->tiles, &full_tiles(proved)[asker->tiles.size]);
	if (leaves > 0 && (!asker->held || asker->tile != tiles)) {
		asker->held = false;
		enum rule rule = proved_tile(proved, tiles, asker->held_leaves);
		if (rule != RULE_OK)
			return rule;
		asker->held = true;
		asker->tile = tiles;
		asker->leaves = (struct tree_frontier){0};
	}
	if (asker->leaves.size > leaves || asker->tile != tiles)
		asker->leaves = (struct tree_frontier){0};
	while (asker->leaves.size < leaves)
		tree_append(&asker->leaves, &asker->held_leaves[asker->leaves.size]);
	join(&asker->tiles, &asker->leaves, to);
	return RULE_OK;
}

#include <stdio.h>

#include "tile.h"

#define BUNDLE_LEVEL (-1)

/* The last index that a tile of that level (0 to TILE_LEVELS - 1) can have in any tree. */
static uint64_t index_max(int level)
{
	return TREE_SIZE_MAX >> 8 * level >> 8;
}

void tile_path(const struct tile *tile, char to[TILE_PATH_MAX])
{
	uint64_t divisor = 1;
	while (tile->index / divisor >= 1000)
		divisor *= 1000;

	size_t size = tile->level == BUNDLE_LEVEL ? (size_t)snprintf(to, TILE_PATH_MAX, "tile/entries/")
						  : (size_t)snprintf(to, TILE_PATH_MAX, "tile/%d/", tile->level);
	for (; divisor > 1; divisor /= 1000)
		size += (size_t)snprintf(to + size, TILE_PATH_MAX - size, "x%03u/",
			(unsigned)(tile->index / divisor % 1000));
	size += (size_t)snprintf(to + size, TILE_PATH_MAX - size, "%03u", (unsigned)(tile->index % 1000));
	if (tile->width < TILE_WIDTH)
		snprintf(to + size, TILE_PATH_MAX - size, ".p/%u", tile->width);
}

/* The decimal digits among `text`; whoever calls compares what comes out with how it should have been written. */
static uint64_t digits(struct bytes text)
{
	uint64_t value = 0;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] >= '0' && text.data[i] <= '9')
			value = value * 10 + (uint64_t)(text.data[i] - '0');
	return value;
}

/* Reads loosely and writes again: the one spelling that is accepted is what tile_path() writes. */
enum rule tile_path_parse(struct tile *tile, struct bytes path)
{
	struct cursor cursor = cursor_of(path);
	struct tile read = {.level = BUNDLE_LEVEL, .width = TILE_WIDTH};

	cursor_until(&cursor, '/');
	struct bytes level = cursor_until(&cursor, '/');
	if (!bytes_is(level, "entries")) {
		if (level.size != 1 || level.data[0] < '0' || level.data[0] >= '0' + TILE_LEVELS)
			return RULE_TILE_PATH;
		read.level = level.data[0] - '0';
	}
	read.index = digits(cursor_until(&cursor, '.'));
	if (cursor_left(&cursor) > 0) {
		uint64_t width = digits(cursor_take(&cursor, cursor_left(&cursor)));
		if (width == 0 || width >= TILE_WIDTH)
			return RULE_TILE_PATH;
		read.width = (unsigned)width;
	}
	if (read.index > index_max(read.level == BUNDLE_LEVEL ? 0 : read.level))
		return RULE_TILE_PATH;

	char written[TILE_PATH_MAX];
	tile_path(&read, written);
	if (!bytes_is(path, written))
		return RULE_TILE_PATH;
	*tile = read;
	return RULE_OK;
}

unsigned tile_width(int level, uint64_t index, uint64_t size)
{
	if (level == BUNDLE_LEVEL)
		level = 0;
	if (level < 0 || level >= TILE_LEVELS || index > index_max(level))
		return 0;
	uint64_t hashes = size >> 8 * level, start = index * TILE_WIDTH;
	if (hashes <= start)
		return 0;
	return hashes - start < TILE_WIDTH ? (unsigned)(hashes - start) : TILE_WIDTH;
}

/* The root over 2^height hashes. */
static void complete_root(const uint8_t *hashes, unsigned height, struct hash *to)
{
	struct hash nodes[TILE_WIDTH];
	memcpy(nodes, hashes, (size_t)SHA256_SIZE << height);
	for (; height > 0; height--)
		for (unsigned i = 0; i < 1u << (height - 1); i++)
			tree_node_hash(&nodes[2 * i], &nodes[2 * i + 1], &nodes[i]);
	*to = nodes[0];
}

void tile_root(const uint8_t tile[TILE_SIZE], struct hash *to)
{
	complete_root(tile, 8, to);
}

static enum rule read_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	struct tile_source *source = context;
	unsigned height = level % 8; /* of the node over its tile's hashes */
	struct tile tile = {.level = (int)(level / 8), .index = index >> (8 - height)};
	unsigned start = (unsigned)(index << height) % TILE_WIDTH;

	tile.width = tile_width(tile.level, tile.index, source->size);
	if (start + (1u << height) > tile.width)
		return RULE_NOT_FOUND;
	if (source->cache[tile.level].width != tile.width || source->cache[tile.level].index != tile.index) {
		source->cache[tile.level].width = 0;
		enum rule rule = source->hashes(source->context, &tile, source->cache[tile.level].bytes);
		if (rule != RULE_OK)
			return rule;
		source->cache[tile.level].index = tile.index;
		source->cache[tile.level].width = tile.width;
	}
	complete_root(source->cache[tile.level].bytes + (size_t)start * SHA256_SIZE, height, to);
	return RULE_OK;
}

struct tree_reader tile_reader(struct tile_source *source)
{
	return (struct tree_reader){read_node, source};
}

struct bytes bundle_next(struct cursor *bundle)
{
	return cursor_take(bundle, cursor_u16(bundle));
}

void bundle_add(struct buffer *bundle, struct bytes entry)
{
	if (entry.size > ENTRY_MAX) {
		if (bundle->rule == RULE_OK)
			bundle->rule = RULE_LIMIT;
		return;
	}
	buffer_u16(bundle, (uint16_t)entry.size);
	buffer_add(bundle, entry);
}

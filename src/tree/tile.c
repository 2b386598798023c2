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

/* Takes exactly three digits. */
static bool take_digits(struct cursor *cursor, uint64_t *index)
{
	unsigned value = 0;
	for (int i = 0; i < 3; i++) {
		uint8_t digit = cursor_u8(cursor);
		if (digit < '0' || digit > '9')
			return false;
		value = value * 10 + (unsigned)(digit - '0');
	}
	*index = *index * 1000 + value;
	return true;
}

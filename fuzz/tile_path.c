/*
 * tile_path: what is read is written as it was, and names a tile that some log has.
 */
#include <stdlib.h>

#include "tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tile tile;
	if (tile_path_parse(&tile, bytes_of(data, size)) != RULE_OK)
		return 0;
	char path[TILE_PATH_MAX];
	tile_path(&tile, path);
	if (!bytes_is(bytes_of(data, size), path) || tile_width(tile.level, tile.index, TREE_SIZE_MAX) == 0)
		abort();
	return 0;
}

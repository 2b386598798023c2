#include "ledger.h"

#include <stdio.h>

#include "lines.h"
#include "text.h"

static void size_name(char *to, size_t capacity, unsigned log)
{
	snprintf(to, capacity, "log/%u/size", log);
}

/* How many tiles of a level are full; the next one is the last. */
static uint64_t full_tiles(const struct ledger *ledger, unsigned level)
{
	return level + 1 < TILE_LEVELS ? ledger->size >> (8 * (level + 1)) : 0;
}

/* Of what our own size says that it is there. */
static enum rule must_be(enum rule rule)
{
	return rule == RULE_NOT_FOUND ? RULE_STORE_CORRUPT : rule;
}

/* tile_source: full tiles lie in the store, the last one of each level in memory */
static enum rule source_hashes(void *context, const struct tile *tile, uint8_t to[TILE_SIZE])
{
	struct ledger *ledger = context;
	if (tile->index < full_tiles(ledger, (unsigned)tile->level))
		return must_be(store_tile_get(ledger->store, ledger->log, (unsigned)tile->level, tile->index, to,
			TILE_SIZE));
	memcpy(to, ledger->last[tile->level], (size_t)tile->width * SHA256_SIZE);
	return RULE_OK;
}

/* Where the nodes of a height begin among those of a tile: 256 hashes, then the 128 above them, then 64 ... */
static size_t height_start(unsigned height)
{
	return 2u * TILE_WIDTH - (2u * TILE_WIDTH >> height);
}

/*
 * Puts a hash into the last tile of a level, with the nodes that it completes. After the last one, *root is the tile's.
 */
static void put_hash(struct ledger *ledger, unsigned level, unsigned at, const struct hash *hash, struct hash *root)
{
	struct hash *nodes = ledger->last[level];
	struct hash node = *hash;
	nodes[at] = node;
	for (unsigned height = 1; (at & 1) != 0; height++) {
		tree_node_hash(&nodes[height_start(height - 1) + at - 1], &node, &node);
		at >>= 1;
		if (height == 8)
			break;
		nodes[height_start(height) + at] = node;
	}
	*root = node;
}

/* The tree's nodes: of the last tiles from memory, of the full ones by reading them. */
static enum rule read_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	struct ledger *ledger = context;
	unsigned height = level % 8, tile_level = level / 8;
	if (tile_level < TILE_LEVELS && index >> (8 - height) == full_tiles(ledger, tile_level)) {
		if (index >= ledger->size >> level)
			return RULE_NOT_FOUND;
		*to = ledger->last[tile_level][height_start(height) + index % (TILE_WIDTH >> height)];
		return RULE_OK;
	}
	return ledger->full.node(ledger->full.context, level, index, to);
}

static enum rule hash_entry(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	struct ledger *ledger = context;
	struct hash leaf, root;
	(void)state;
	tree_leaf_hash(note, &leaf);
	put_hash(ledger, 0, (unsigned)(index % TILE_WIDTH), &leaf, &root);
	return RULE_OK;
}

/* The partial tile of a level above 0 holds the roots of the full tiles below it. */
static enum rule load_partial(struct ledger *ledger, unsigned level)
{
	uint64_t count = ledger->size >> (8 * level);
	for (uint64_t i = count - count % TILE_WIDTH; i < count; i++) {
		uint8_t tile[TILE_SIZE];
		struct hash root, above;
		enum rule rule = store_tile_get(ledger->store, ledger->log, level - 1, i, tile, sizeof(tile));
		if (rule != RULE_OK)
			return rule;
		tile_root(tile, &root);
		put_hash(ledger, level, (unsigned)(i % TILE_WIDTH), &root, &above);
	}
	return RULE_OK;
}

/* "SIZE BYTES" */
static enum rule read_size(struct ledger *ledger, struct bytes value)
{
	struct bytes size = line_word(&value);
	enum rule rule = text_decimal(size, &ledger->size);
	return rule == RULE_OK ? text_decimal(value, &ledger->bytes) : rule;
}

enum rule ledger_open(struct ledger *ledger, struct store *store, unsigned log)
{
	memset(ledger, 0, sizeof(*ledger));
	ledger->store = store;
	ledger->log = log;
	char name[32];
	struct buffer value = {0};
	size_name(name, sizeof(name), log);
	enum rule rule = store_value_get(store, name, &value);
	if (rule == RULE_OK)
		rule = read_size(ledger, buffer_bytes(&value));
	else if (rule == RULE_NOT_FOUND)
		rule = RULE_OK;
	buffer_free(&value);
	struct store_range last = {log, ledger->size - ledger->size % TILE_WIDTH, ledger->size};
	if (rule == RULE_OK)
		rule = store_entry_scan(store, &last, hash_entry, ledger);
	for (unsigned level = 1; rule == RULE_OK && level < TILE_LEVELS && ledger->size >> (8 * level) != 0; level++)
		rule = load_partial(ledger, level);
	ledger->source = (struct tile_source){.hashes = source_hashes, .context = ledger, .size = ledger->size};
	ledger->full = tile_reader(&ledger->source);
	ledger->tree = (struct tree_reader){read_node, ledger};
	return rule == RULE_OK ? tree_load(&ledger->frontier, &ledger->tree, ledger->size) : rule;
}

enum rule ledger_append(struct ledger *ledger, struct bytes note, const struct hash *leaf, enum entry_state state)
{
	enum rule rule = store_entry_add(ledger->store, ledger->log, ledger->size, note, (uint8_t)state);
	if (rule != RULE_OK)
		return rule;
	struct hash hash = *leaf;
	uint64_t index = ledger->size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned at = (unsigned)(index % TILE_WIDTH);
		struct hash root;
		put_hash(ledger, level, at, &hash, &root);
		if (at != TILE_WIDTH - 1)
			break;
		hash = root;
		index /= TILE_WIDTH;
		rule = store_tile_put(ledger->store, ledger->log, level, index,
			bytes_of(ledger->last[level], TILE_SIZE));
		if (rule != RULE_OK)
			return rule;
	}
	tree_append(&ledger->frontier, leaf);
	ledger->source.size = ++ledger->size;
	ledger->bytes += note.size;
	return RULE_OK;
}

enum rule ledger_save(const struct ledger *ledger)
{
	char name[32], value[48];
	size_name(name, sizeof(name), ledger->log);
	snprintf(value, sizeof(value), "%llu %llu", (unsigned long long)ledger->size, (unsigned long long)ledger->bytes);
	return store_value_put(ledger->store, name, bytes_string(value));
}

void ledger_root(const struct ledger *ledger, struct hash *to)
{
	tree_root(&ledger->frontier, to);
}

/* What is read is what the tree holds: a damaged store is found before what it says is believed or passed on. */
static enum rule check_leaf(struct ledger *ledger, uint64_t index, struct bytes note)
{
	struct hash is;
	uint64_t tile = index / TILE_WIDTH;
	const uint8_t *should = ledger->last[0][index % TILE_WIDTH].bytes;
	if (tile < full_tiles(ledger, 0)) {
		enum rule rule = RULE_OK;
		if (ledger->leaves_of != tile + 1)
			rule = must_be(store_tile_get(ledger->store, ledger->log, 0, tile, ledger->leaves, TILE_SIZE));
		ledger->leaves_of = rule == RULE_OK ? tile + 1 : 0;
		if (rule != RULE_OK)
			return rule;
		should = ledger->leaves + index % TILE_WIDTH * SHA256_SIZE;
	}
	tree_leaf_hash(note, &is);
	return memcmp(is.bytes, should, SHA256_SIZE) == 0 ? RULE_OK : RULE_STORE_CORRUPT;
}

struct bundling {
	struct ledger *ledger;
	struct buffer *to;
	unsigned count;
};

static enum rule add_to_bundle(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	struct bundling *bundling = context;
	enum rule rule = check_leaf(bundling->ledger, index, note);
	(void)state;
	bundle_add(bundling->to, note);
	bundling->count++;
	return rule == RULE_OK ? bundling->to->rule : rule;
}

enum rule ledger_tile(struct ledger *ledger, const struct tile *tile, struct buffer *to)
{
	if (tile->width > tile_width(tile->level, tile->index, ledger->size))
		return RULE_NOT_FOUND;
	if (tile->level < 0) {
		struct store_range range = {ledger->log, tile->index * TILE_WIDTH,
			tile->index * TILE_WIDTH + tile->width};
		struct bundling bundling = {.ledger = ledger, .to = to};
		enum rule rule = store_entry_scan(ledger->store, &range, add_to_bundle, &bundling);
		return rule == RULE_OK && bundling.count != tile->width ? RULE_STORE_CORRUPT : rule;
	}
	/* a partial tile of an older size is the beginning of what stands there now */
	uint8_t hashes[TILE_SIZE];
	struct tile now = *tile;
	now.width = tile_width(tile->level, tile->index, ledger->size);
	enum rule rule = source_hashes(ledger, &now, hashes);
	if (rule == RULE_OK)
		buffer_add(to, bytes_of(hashes, (size_t)tile->width * SHA256_SIZE));
	return rule == RULE_OK ? to->rule : rule;
}

enum rule ledger_entry(void *context, uint64_t index, struct buffer *to)
{
	struct ledger *ledger = context;
	size_t before = to->size;
	enum rule rule = store_entry_get(ledger->store, ledger->log, index, to, NULL);
	if (rule == RULE_OK)
		/* of an empty entry nothing was appended, perhaps to nothing */
		rule = check_leaf(ledger, index,
			bytes_of(to->size == before ? NULL : to->data + before, to->size - before));
	return index < ledger->size ? must_be(rule) : rule;
}

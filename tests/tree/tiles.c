#include <string.h>

#include "reference.h"
#include "test.h"
#include "tile.h"

#define LARGEST 70000u

static struct hash leaves[LARGEST];

/* A log of `size` leaves as tiles and nothing else: all the hashes of each level, tile after tile. */
struct log {
	uint64_t size;
	struct hash *levels[TILE_LEVELS];
	uint64_t counts[TILE_LEVELS];
	unsigned asked;   /* how often a tile was read */
	unsigned strange; /* how often one that a log of that size does not serve */
	enum rule broken; /* what every read says instead, unless RULE_OK */
};

static void log_build(struct log *log, uint64_t size)
{
	*log = (struct log){.size = size};
	log->levels[0] = malloc(LARGEST * sizeof(struct hash));
	memcpy(log->levels[0], leaves, size * sizeof(struct hash));
	log->counts[0] = size;
	for (int level = 1; level < TILE_LEVELS && log->counts[level - 1] >= TILE_WIDTH; level++) {
		log->counts[level] = log->counts[level - 1] / TILE_WIDTH;
		log->levels[level] = malloc(log->counts[level] * sizeof(struct hash));
		for (uint64_t i = 0; i < log->counts[level]; i++)
			tile_root((const uint8_t *)&log->levels[level - 1][i * TILE_WIDTH], &log->levels[level][i]);
	}
}

static void log_free(struct log *log)
{
	for (int level = 0; level < TILE_LEVELS; level++)
		free(log->levels[level]);
}

static enum rule log_read(void *context, const struct tile *tile, uint8_t to[TILE_SIZE])
{
	struct log *log = context;
	uint64_t start = tile->index * TILE_WIDTH;
	log->asked++;
	if (log->broken != RULE_OK) {
		memset(to, 0xee, TILE_SIZE); /* half a read */
		return log->broken;
	}
	if (tile->level < 0 || tile->level >= TILE_LEVELS || tile->width == 0 || start >= log->counts[tile->level] ||
	    tile->width !=
		(log->counts[tile->level] - start < TILE_WIDTH ? log->counts[tile->level] - start : TILE_WIDTH)) {
		log->strange++;
		return RULE_NOT_FOUND;
	}
	memcpy(to, &log->levels[tile->level][start], tile->width * sizeof(struct hash));
	return RULE_OK;
}

static void test_widths(void)
{
	/* the number of full tiles and the width of the partial one, level by level */
	static const struct {
		uint64_t size;
		struct {
			uint64_t full;
			unsigned partial;
		} levels[4];
	} cases[] = {
		{0, {{0, 0}}},
		{1, {{0, 1}}},
		{255, {{0, 255}}},
		{256, {{1, 0}, {0, 1}}},
		{257, {{1, 1}, {0, 1}}},
		{65535, {{255, 255}, {0, 255}}},
		{65536, {{256, 0}, {1, 0}, {0, 1}}},
		{70000, {{273, 112}, {1, 17}, {0, 1}}},
		{16777216, {{65536, 0}, {256, 0}, {1, 0}, {0, 1}}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good = true;
		for (int level = 0; level < TILE_LEVELS; level++) {
			uint64_t full = level < 4 ? cases[i].levels[level].full : 0;
			unsigned partial = level < 4 ? cases[i].levels[level].partial : 0;
			good = good && (full == 0 || tile_width(level, full - 1, cases[i].size) == TILE_WIDTH) &&
			    tile_width(level, full, cases[i].size) == partial &&
			    tile_width(level, full + 1, cases[i].size) == 0;
		}
		uint64_t full = cases[i].levels[0].full;
		good = good && tile_width(-1, full, cases[i].size) == cases[i].levels[0].partial;
		test_check(good, "the tiles of a log of %llu", (unsigned long long)cases[i].size);
	}
	test_check(tile_width(7, 0, TREE_SIZE_MAX) == 127, "the top tile of the largest log");
	test_check(tile_width(0, TREE_SIZE_MAX / TILE_WIDTH, TREE_SIZE_MAX) == 255, "and its last");
	test_check(tile_width(0, UINT64_MAX / TILE_WIDTH + 1, TREE_SIZE_MAX) == 0,
	    "an index past every log has no width");
	test_check(tile_width(7, 1, TREE_SIZE_MAX) == 0 && tile_width(8, 0, TREE_SIZE_MAX) == 0 &&
		tile_width(-2, 0, TREE_SIZE_MAX) == 0,
	    "nor a level past every log");
}

/* Proofs for positions at, before and after every edge of a tile. */
static const uint64_t positions[] = {0, 1, 2, 100, 127, 128, 254, 255, 256, 257, 511, 512, 1000, 32767, 32768, 65279,
    65280, 65534, 65535, 65536, 65537, 65792, 69631, 69632, 69887, 69888, 69998, 69999, 70000};
#define POSITIONS (sizeof(positions) / sizeof(positions[0]))

static unsigned wrong_inclusion(const struct tree_reader *reader, uint64_t size, const struct hash *root)
{
	unsigned wrong = 0;
	for (size_t i = 0; i < POSITIONS && positions[i] < size; i++) {
		struct tree_path path, expected = {.count = 0};
		reference_inclusion(leaves, positions[i], size, &expected);
		wrong += tree_prove_inclusion(reader, positions[i], size, &path) != RULE_OK ||
		    !path_equal(&path, &expected) ||
		    tree_verify_inclusion(&path, positions[i], size, &leaves[positions[i]], root) != RULE_OK;
	}
	return wrong;
}

static unsigned wrong_consistency(const struct tree_reader *reader, uint64_t size, const struct hash *root)
{
	unsigned wrong = 0;
	for (size_t i = 1; i < POSITIONS && positions[i] <= size; i++) {
		struct tree_path path, expected = {.count = 0};
		struct tree_step step = {positions[i], size, reference_root(leaves, positions[i]), *root};
		reference_consistency(leaves, positions[i], size, true, &expected);
		wrong += tree_prove_consistency(reader, positions[i], size, &path) != RULE_OK ||
		    !path_equal(&path, &expected) || tree_verify_consistency(&path, &step) != RULE_OK;
	}
	return wrong;
}

/* The subtrees of a mirror's packages: 256 leaves, aligned, and what is left at the end. */
static unsigned wrong_packages(const struct tree_reader *reader, uint64_t size, const struct hash *root)
{
	unsigned wrong = 0;
	for (uint64_t start = 0; start < size; start += 256) {
		uint64_t end = size - start < 256 ? size : start + 256;
		struct tree_subtree subtree = {start, end, reference_root(leaves + start, end - start)};
		struct tree_path path;
		struct hash hash;
		wrong += tree_range_root(reader, start, end, &hash) != RULE_OK || !hash_equal(&hash, &subtree.root) ||
		    tree_prove_subtree(reader, start, end, size, &path) != RULE_OK ||
		    tree_verify_subtree(&path, &subtree, size, root) != RULE_OK;
	}
	return wrong;
}

static void test_size(uint64_t size)
{
	static struct tile_source source;
	struct log log;
	log_build(&log, size);
	source = (struct tile_source){.hashes = log_read, .context = &log, .size = size};

	struct tree_reader reader = tile_reader(&source);
	struct hash root, expected = reference_root(leaves, size);
	struct tree_frontier frontier;
	bool good = tree_load(&frontier, &reader, size) == RULE_OK && frontier.size == size;
	if (good)
		tree_root(&frontier, &root);
	test_check(good && hash_equal(&root, &expected), "root of %llu leaves from tiles alone",
	    (unsigned long long)size);
	test_check(log.asked <= 3, "for which no tile is read twice (%u read)", log.asked);
	test_check(wrong_inclusion(&reader, size, &expected) == 0, "inclusion proofs equal the definition's");
	test_check(wrong_consistency(&reader, size, &expected) == 0, "consistency proofs equal the definition's");
	test_check(wrong_packages(&reader, size, &expected) == 0, "packages of 256 are proved");
	test_check(log.strange == 0, "only tiles that such a log serves are asked for");
	test_check(tree_range_root(&reader, 0, size + 1, &root) == RULE_NOT_FOUND, "and they give no larger tree");
	log_free(&log);
}

/* A read that fails is passed on, leaves nothing behind and may be tried again. */
static void test_broken(void)
{
	static struct tile_source source;
	struct log log;
	log_build(&log, 257);
	source = (struct tile_source){.hashes = log_read, .context = &log, .size = 257};
	struct tree_reader reader = tile_reader(&source);
	struct hash hash, before;
	memset(before.bytes, 0xaa, sizeof(before.bytes));
	hash = before;

	log.broken = RULE_IO;
	test_check(tree_range_root(&reader, 0, 257, &hash) == RULE_IO && hash_equal(&hash, &before),
	    "a tile that cannot be read");
	log.broken = RULE_OK;
	test_check(tree_range_root(&reader, 0, 257, &hash) == RULE_OK && !hash_equal(&hash, &before),
	    "can be read later");
	log.broken = RULE_IO;
	test_check(reader.node(reader.context, 0, 0, &hash) == RULE_IO, "one that cannot be read after one that could");
	log.broken = RULE_OK;
	test_check(reader.node(reader.context, 0, 256, &hash) == RULE_OK && hash_equal(&hash, &leaves[256]),
	    "does not leave its bytes in the other's place");
	log_free(&log);
}

static void test_paths(void)
{
	static const struct {
		const char *path;
		struct tile tile;
	} valid[] = {
		{"tile/0/000", {0, 0, 256}},
		{"tile/0/000.p/1", {0, 0, 1}},
		{"tile/0/000.p/255", {0, 0, 255}},
		{"tile/0/999", {0, 999, 256}},
		{"tile/0/x001/000", {0, 1000, 256}},
		{"tile/0/x001/234.p/5", {0, 1234, 5}},
		{"tile/1/x001/x234/067", {1, 1234067, 256}},
		{"tile/0/x999/999", {0, 999999, 256}},
		{"tile/3/x100/x000/000.p/9", {3, 100000000, 9}},
		{"tile/7/000.p/127", {7, 0, 127}},
		{"tile/6/127.p/255", {6, 127, 255}},
		{"tile/0/x036/x028/x797/x018/x963/967.p/255", {0, 36028797018963967, 255}},
		{"tile/entries/000", {-1, 0, 256}},
		{"tile/entries/x001/000.p/12", {-1, 1000, 12}},
		{"tile/entries/x036/x028/x797/x018/x963/967.p/255", {-1, 36028797018963967, 255}},
	};
	static const char *const invalid[] = {
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/entries", "tile/entries/", "/tile/0/000",
		"tile/0/000/", "tile//000", "tiles/0/000", "Tile/0/000", "tile/Entries/000", "tile/entry/000",
		"tile/8/000", "tile/9/000", "tile/00/000", "tile/01/000", "tile/10/000", "tile/63/000", "tile/-1/000",
		"tile/+1/000", "tile/ 1/000", "tile/x/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1",
		"tile/0/x000/000", "tile/0/x000/x000/001", "tile/0/1000", "tile/0/001/000", "tile/0/x001",
		"tile/0/x001/x000", "tile/0/x01/000", "tile/0/x0001/000", "tile/0/X001/000", "tile/0/x001//000",
		"tile/0/x001/00a", "tile/0/a00", "tile/0/-01", "tile/0/+01", "tile/0/ 01", "tile/0/000 ",
		"tile/0/000\n", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00",
		"tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/1000",
		"tile/0/000.p/4294967297", "tile/0/000.p/18446744073709551617", "tile/0/000.p/5/", "tile/0/000.p/ 5",
		"tile/0/000.p/-5", "tile/0/000.p/5.p/5", "tile/0/000.q/5", "tile/0/000p/5", "tile/0/000./5",
		"tile/0/000.p5", "tile/0/.p/5", "tile/0/000.p/5\n", "tile/0/../000", "tile/0/x001/../000",
		"tile/../0/000", "tile/0/000%2ep/5", "tile/0/x036/x028/x797/x018/x963/968", "tile/7/001",
		"tile/7/256", "tile/6/128", "tile/6/256", "tile/0/x018/x446/x744/x073/x709/x551/616",
		"tile/0/x018/x446/x744/x073/x709/x551/617", "tile/entries/x018/x446/x744/x073/x709/x551/616.p/255",
		"tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
	};
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
		struct tile tile = {0};
		char path[TILE_PATH_MAX];
		tile_path(&valid[i].tile, path);
		test_check(strcmp(path, valid[i].path) == 0, "\"%s\" is written so", valid[i].path);
		test_check(tile_path_parse(&tile, bytes_string(valid[i].path)) == RULE_OK &&
			tile.level == valid[i].tile.level && tile.index == valid[i].tile.index &&
			tile.width == valid[i].tile.width,
		    "and read back");
	}
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		struct tile tile = {5, 5, 5};
		test_check(tile_path_parse(&tile, bytes_string(invalid[i])) == RULE_TILE_PATH && tile.level == 5 &&
			tile.index == 5 && tile.width == 5,
		    "refused, tile path %zu: %.40s", i, strchr(invalid[i], '\n') ? "(a line feed)" : invalid[i]);
	}
	struct tile tile;
	test_check(tile_path_parse(&tile, BYTES("tile/0/000\0")) == RULE_TILE_PATH, "refused: a NUL at the end");
	test_check(tile_path_parse(&tile, bytes_of(NULL, 0)) == RULE_TILE_PATH, "refused: nothing at all");
}

/* Each path differs from the true one by one byte, and only true ones are read. */
static void test_path_bytes(void)
{
	static const char path[] = "tile/1/x001/x234/067.p/25";
	unsigned read = 0, differ = 0;
	for (size_t at = 0; at < sizeof(path) - 1; at++)
		for (unsigned value = 0; value < 256; value++) {
			char changed[sizeof(path)], again[TILE_PATH_MAX];
			struct tile tile;
			memcpy(changed, path, sizeof(path));
			changed[at] = (char)value;
			if (tile_path_parse(&tile, bytes_of(changed, sizeof(path) - 1)) != RULE_OK)
				continue;
			tile_path(&tile, again);
			read++;
			differ += strcmp(again, changed) != 0;
		}
	/* the level: 0 to 4, as higher ones have no such index; nine digits: ten each, but the third not 0; the width:
	 * 9 and 10; and once for each of the 13 other bytes, which stay */
	test_check(read == 5 + 89 + 19 + 13 && differ == 0, "one byte changed: %u spellings read, each the only one",
	    read);
}

static void test_bundles(void)
{
	static uint8_t longest[ENTRY_MAX + 1];
	struct buffer bundle = {0};
	bundle_add(&bundle, BYTES("first"));
	bundle_add(&bundle, bytes_of(NULL, 0));
	bundle_add(&bundle, bytes_of(longest, ENTRY_MAX));
	test_check(bundle.rule == RULE_OK && bundle.size == 2 + 5 + 2 + 2 + ENTRY_MAX, "a bundle of three entries");
	test_check(bundle.size > 7 && memcmp(bundle.data, "\0\5first\0\0\xff\xff", 11) == 0, "with big-endian lengths");

	struct cursor cursor = cursor_of(buffer_bytes(&bundle));
	bool good = bytes_is(bundle_next(&cursor), "first");
	good = good && bundle_next(&cursor).size == 0 && cursor.rule == RULE_OK;
	good = good && bundle_next(&cursor).size == ENTRY_MAX;
	test_check(good && cursor_end(&cursor) == RULE_OK, "read back");
	test_check(bundle_next(&cursor).data == NULL && cursor_end(&cursor) == RULE_TRUNCATED, "and no fourth");

	cursor = cursor_of(bytes_of(bundle.data, bundle.size - 1));
	bundle_next(&cursor);
	bundle_next(&cursor);
	test_check(bundle_next(&cursor).data == NULL && cursor_end(&cursor) == RULE_TRUNCATED, "an entry cut short");
	cursor = cursor_of(bytes_of(bundle.data, 8));
	bundle_next(&cursor);
	test_check(bundle_next(&cursor).data == NULL && cursor_end(&cursor) == RULE_TRUNCATED, "a length cut short");

	size_t before = bundle.size;
	bundle_add(&bundle, bytes_of(longest, ENTRY_MAX + 1));
	test_check(bundle.rule == RULE_LIMIT && bundle.size == before, "an entry has at most 65,535 bytes");
	bundle_add(&bundle, BYTES("more"));
	test_check(bundle.rule == RULE_LIMIT && bundle.size == before, "which stays an error");
	bundle.rule = RULE_MEMORY;
	bundle_add(&bundle, bytes_of(longest, ENTRY_MAX + 1));
	test_check(bundle.rule == RULE_MEMORY, "as the first one does");
	buffer_free(&bundle);
}

int main(void)
{
	static const uint64_t sizes[] = {0, 1, 255, 256, 257, 65536, 70000};
	test_start();
	if (!test_check(crypto_start() == RULE_OK, "crypto starts"))
		return test_end();
	for (unsigned i = 0; i < LARGEST; i++) {
		uint8_t leaf[4] = {(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		tree_leaf_hash(bytes_of(leaf, sizeof(leaf)), &leaves[i]);
	}
	test_widths();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		test_size(sizes[i]);
	test_broken();
	test_paths();
	test_path_bytes();
	test_bundles();
	return test_end();
}

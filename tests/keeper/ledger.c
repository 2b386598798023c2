#include "ledger.h"

#include "folder.h"
#include "test.h"

#define LAST 65537u /* two tiles of level 1, and one leaf beyond them */
#define LOG 5u

static const uint64_t borders[] = {0, 1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537};
#define BORDERS (sizeof(borders) / sizeof(borders[0]))

/* The same trees, made without tiles. */
static struct hash leaves[LAST], roots[BORDERS];

static void entry_text(uint64_t index, struct buffer *to)
{
	buffer_clear(to);
	buffer_format(to, "entry %llu of a log", (unsigned long long)index);
}

static void make_reference(void)
{
	struct tree_frontier frontier = {0};
	struct buffer text = {0};
	size_t border = 0;
	for (uint64_t size = 0;; size++) {
		if (size == borders[border])
			tree_root(&frontier, &roots[border++]);
		if (size == LAST)
			break;
		entry_text(size, &text);
		tree_leaf_hash(buffer_bytes(&text), &leaves[size]);
		tree_append(&frontier, &leaves[size]);
	}
	buffer_free(&text);
}

static struct store *open_store(const char *name)
{
	struct store *store;
	if (store_open(&store, folder_path(name), NULL) != RULE_OK)
		abort();
	return store;
}

static void need(enum rule rule)
{
	if (rule != RULE_OK) {
		printf("# %s\n", rule_name(rule));
		abort();
	}
}

static void append_to(struct ledger *ledger, uint64_t size)
{
	struct buffer text = {0};
	need(store_begin(ledger->store));
	while (ledger->size < size) {
		entry_text(ledger->size, &text);
		need(ledger_append(ledger, buffer_bytes(&text), &leaves[ledger->size], ENTRY_VALID));
	}
	need(ledger_save(ledger));
	need(store_commit(ledger->store));
	buffer_free(&text);
}

static bool same_hash(const struct hash *a, const struct hash *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The hash at a place of a tile: of 256^level leaves. */
static void tile_hash(int level, uint64_t index, struct hash *to)
{
	struct tree_frontier frontier = {0};
	uint64_t width = (uint64_t)1 << (8 * level);
	for (uint64_t i = index * width; i < (index + 1) * width; i++)
		tree_append(&frontier, &leaves[i]);
	tree_root(&frontier, to);
}

/* What is served as a tile, against the leaves. */
static bool tile_good(struct ledger *ledger, const struct tile *tile)
{
	struct buffer served = {0}, wanted = {0}, text = {0};
	enum rule rule = ledger_tile(ledger, tile, &served);
	for (unsigned i = 0; i < tile->width; i++) {
		struct hash hash;
		uint64_t index = tile->index * TILE_WIDTH + i;
		if (tile->level < 0) {
			entry_text(index, &text);
			bundle_add(&wanted, buffer_bytes(&text));
		} else {
			tile_hash(tile->level, index, &hash);
			buffer_add(&wanted, bytes_of(hash.bytes, sizeof(hash.bytes)));
		}
	}
	bool good = rule == RULE_OK && bytes_equal(buffer_bytes(&served), buffer_bytes(&wanted));
	buffer_free(&served);
	buffer_free(&wanted);
	buffer_free(&text);
	return good;
}

static enum rule tile_rule(struct ledger *ledger, struct tile tile)
{
	struct buffer served = {0};
	enum rule rule = ledger_tile(ledger, &tile, &served);
	buffer_free(&served);
	return rule;
}

/* Every tile of the last 600 hashes of a level, at its width and at older ones; none beyond. */
static void check_tiles(struct ledger *ledger, const char *how)
{
	unsigned bad = 0, beyond = 0;
	for (int level = -1; level <= 2; level++) {
		uint64_t hashes = level < 0 ? ledger->size : ledger->size >> (8 * level);
		uint64_t first = hashes > 600 ? (hashes - 600) / TILE_WIDTH : 0;
		for (uint64_t index = first; index <= hashes / TILE_WIDTH; index++) {
			unsigned width = tile_width(level, index, ledger->size);
			for (unsigned older = 1; older <= width; older += older < 4 || older > 250 ? 1 : 37)
				bad += !tile_good(ledger, &(struct tile){level, index, older});
			for (unsigned more = width + 1; more <= TILE_WIDTH; more += 51)
				beyond += tile_rule(ledger, (struct tile){level, index, more}) != RULE_NOT_FOUND;
		}
	}
	test_check(bad == 0, "size %llu, %s: tiles and bundles, at their widths and older ones",
		(unsigned long long)ledger->size, how);
	test_check(beyond == 0, "size %llu, %s: nothing beyond", (unsigned long long)ledger->size, how);
}

/* Proofs that the ledger's tree makes, about some leaves and from older sizes. */
static void check_proofs(struct ledger *ledger, size_t border, const char *how)
{
	const uint64_t size = borders[border], some[] = {0, 1, 254, 255, 256, 257, 511, 65279, 65280, 65535, size - 1};
	unsigned bad = 0;
	struct tree_path path;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]) && size > 0; i++)
		bad += some[i] < size && (tree_prove_inclusion(&ledger->tree, some[i], size, &path) != RULE_OK ||
			tree_verify_inclusion(&path, some[i], size, &leaves[some[i]], &roots[border]) != RULE_OK);
	for (size_t i = 1; i < border; i++) {
		struct tree_step step = {borders[i], size, roots[i], roots[border]};
		bad += tree_prove_consistency(&ledger->tree, borders[i], size, &path) != RULE_OK ||
			tree_verify_consistency(&path, &step) != RULE_OK;
	}
	test_check(bad == 0, "size %llu, %s: proofs of its tree verify", (unsigned long long)size, how);
}

static void check_all(struct ledger *ledger, size_t border, const char *how)
{
	struct hash root, older;
	unsigned bad = 0;
	ledger_root(ledger, &root);
	test_check(ledger->size == borders[border] && same_hash(&root, &roots[border]), "size %llu, %s: size and root",
		(unsigned long long)borders[border], how);
	for (size_t i = 1; i <= border; i++)
		bad += tree_range_root(&ledger->tree, 0, borders[i], &older) != RULE_OK || !same_hash(&older,
			&roots[i]);
	test_check(bad == 0, "size %llu, %s: the roots of older sizes", (unsigned long long)ledger->size, how);
	check_tiles(ledger, how);
	check_proofs(ledger, border, how);
}

static void test_growing(void)
{
	struct store *store = open_store("growing");
	struct ledger *ledger = malloc(sizeof(*ledger));
	need(ledger_open(ledger, store, LOG));
	for (size_t border = 0; border < BORDERS; border++) {
		struct ledger *again = malloc(sizeof(*again));
		append_to(ledger, borders[border]);
		check_all(ledger, border, "grown");
		need(ledger_open(again, store, LOG));
		check_all(again, border, "opened");
		/* every second time it is the opened one that goes on */
		free(border % 2 == 0 ? again : ledger);
		ledger = border % 2 == 0 ? ledger : again;
	}
	struct buffer text = {0}, wanted = {0};
	entry_text(256, &wanted);
	enum rule rule = ledger_entry(ledger, 256, &text);
	test_check(rule == RULE_OK && bytes_equal(buffer_bytes(&text), buffer_bytes(&wanted)), "an entry's bytes");
	test_check(ledger_entry(ledger, LAST, &text) == RULE_NOT_FOUND, "no entry beyond the size");
	buffer_free(&text);
	buffer_free(&wanted);
	free(ledger);
	store_close(store);
}

/* What a failed transaction leaves behind in memory is gone with ledger_open(). */
static void test_undone(void)
{
	struct store *store = open_store("undone");
	struct ledger *ledger = malloc(sizeof(*ledger));
	struct hash root;
	need(ledger_open(ledger, store, LOG));
	append_to(ledger, 255);
	need(store_begin(store));
	for (uint64_t i = 255; i < 300; i++)
		need(ledger_append(ledger, BYTES("another entry"), &leaves[0], ENTRY_VALID));
	need(ledger_save(ledger));
	store_rollback(store);
	need(ledger_open(ledger, store, LOG));
	ledger_root(ledger, &root);
	test_check(ledger->size == 255 && same_hash(&root, &roots[3]), "a transaction undone: size and root as before");
	append_to(ledger, 257);
	ledger_root(ledger, &root);
	test_check(same_hash(&root, &roots[5]), "and it goes on from there");
	check_tiles(ledger, "after that");
	free(ledger);
	store_close(store);
}

/* A leaf beyond the size that was saved is no part of the log: a second one in its place is refused, not mixed in. */
static void test_unsaved(void)
{
	struct store *store = open_store("unsaved");
	struct ledger *ledger = malloc(sizeof(*ledger));
	need(ledger_open(ledger, store, LOG));
	append_to(ledger, 1);
	need(store_begin(store));
	need(ledger_append(ledger, BYTES("not saved"), &leaves[0], ENTRY_VALID));
	need(store_commit(store));
	need(ledger_open(ledger, store, LOG));
	struct buffer first = {0};
	entry_text(0, &first);
	test_check(ledger->size == 1 && ledger->bytes == first.size, "size and bytes are what was saved");
	buffer_free(&first);
	need(store_begin(store));
	enum rule rule = ledger_append(ledger, BYTES("another"), &leaves[1], ENTRY_VALID);
	test_check(rule == RULE_STORE_TAKEN && ledger->size == 1, "an entry that stands there is not written over");
	store_rollback(store);
	free(ledger);
	store_close(store);
}

/* The logs of one store are their own. */
static void test_two_logs(void)
{
	struct store *store = open_store("two");
	struct ledger *one = malloc(sizeof(*one)), *two = malloc(sizeof(*two));
	struct hash root;
	need(ledger_open(one, store, LOG));
	need(ledger_open(two, store, LOG + 1));
	append_to(one, 256);
	append_to(two, 2);
	append_to(one, 257);
	need(ledger_open(one, store, LOG));
	need(ledger_open(two, store, LOG + 1));
	ledger_root(one, &root);
	test_check(same_hash(&root, &roots[5]), "two logs in a store: the one");
	ledger_root(two, &root);
	test_check(same_hash(&root, &roots[2]), "two logs in a store: the other");
	free(one);
	free(two);
	store_close(store);
}

static enum rule read_entry(struct ledger *ledger, uint64_t index)
{
	struct buffer note = {0};
	enum rule rule = ledger_entry(ledger, index, &note);
	buffer_free(&note);
	return rule;
}

static enum rule read_bundle(struct ledger *ledger, uint64_t index)
{
	struct buffer bundle = {0};
	struct tile tile = {-1, index, tile_width(-1, index, ledger->size)};
	enum rule rule = ledger_tile(ledger, &tile, &bundle);
	buffer_free(&bundle);
	return rule;
}

/* An entry that is not what the tree holds: as of a damaged disk. */
static void test_damage(void)
{
	struct store *store = open_store("damaged");
	struct ledger *ledger = malloc(sizeof(*ledger));
	need(ledger_open(ledger, store, LOG));
	append_to(ledger, 300);
	need(store_begin(store));
	need(ledger_append(ledger, BYTES("not what was signed"), &leaves[300], ENTRY_VALID));
	need(ledger_save(ledger));
	need(store_commit(store));
	append_to(ledger, 303);
	test_check(read_entry(ledger, 300) == RULE_STORE_CORRUPT, "damage in the last tile is found");
	test_check(read_entry(ledger, 299) == RULE_OK && read_entry(ledger, 302) == RULE_OK, "beside what is whole");
	test_check(read_bundle(ledger, 1) == RULE_STORE_CORRUPT, "and not served");
	test_check(read_bundle(ledger, 0) == RULE_OK, "while a whole bundle is");
	append_to(ledger, 600);
	test_check(read_entry(ledger, 300) == RULE_STORE_CORRUPT, "damage below a full tile is found");
	test_check(read_entry(ledger, 301) == RULE_OK && read_entry(ledger, 10) == RULE_OK, "beside what is whole");
	test_check(read_bundle(ledger, 1) == RULE_STORE_CORRUPT, "and not served either");
	test_check(read_entry(ledger, 600) == RULE_NOT_FOUND, "what is not there yet is no damage");
	free(ledger);
	store_close(store);
}

int main(void)
{
	test_start();
	folder_make();
	make_reference();
	test_growing();
	test_undone();
	test_unsaved();
	test_two_logs();
	test_damage();
	folder_remove();
	return test_end();
}

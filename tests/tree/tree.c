#include <string.h>

#include "reference.h"
#include "test.h"
#include "text.h"
#include "tree.h"

#define LEAVES 512u
#define EXHAUSTIVE 70u /* every proof of every tree up to this size */
#define EVERY_BIT 24   /* every bit of every hash up to this size; one bit a hash beyond */

/* A stored tree: nodes[level][index]. */
static struct hash nodes[10][LEAVES];

static enum rule stored_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	uint64_t shift = *(const uint64_t *)context;
	if (level > 9 || index + (shift >> level) >= LEAVES >> level)
		return RULE_NOT_FOUND;
	*to = nodes[level][index + (shift >> level)];
	return RULE_OK;
}

static uint64_t no_shift;
static const struct tree_reader stored = {stored_node, &no_shift};

static void store(const struct hash *leaves)
{
	memcpy(nodes[0], leaves, sizeof(nodes[0]));
	for (unsigned level = 1; level < 10; level++)
		for (unsigned i = 0; i < LEAVES >> level; i++)
			tree_node_hash(&nodes[level - 1][2 * i], &nodes[level - 1][2 * i + 1], &nodes[level][i]);
}

static void store_counting(void) /* leaf i is the one byte i: the leaves of the draft's test vectors */
{
	struct hash leaves[LEAVES];
	for (unsigned i = 0; i < LEAVES; i++)
		tree_leaf_hash(bytes_of(&(uint8_t){(uint8_t)i}, 1), &leaves[i]);
	store(leaves);
}

static bool hash_is(const struct hash *hash, const char *hex)
{
	uint8_t bytes[SHA256_SIZE];
	return text_unhex(bytes_string(hex), bytes, sizeof(bytes)) == RULE_OK &&
	    memcmp(hash->bytes, bytes, sizeof(bytes)) == 0;
}

static void test_known(void)
{
	static const struct {
		const char *leaf; /* hex */
		const char *hash;
		const char *root; /* of the tree that ends with this leaf */
	} cases[] = {
		{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"00", "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"10", "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"2021", "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"3031", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"40414243", "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{"5051525354555657", "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{"606162636465666768696a6b6c6d6e6f", "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct tree_frontier frontier = {0};
	struct hash hash;

	tree_root(&frontier, &hash);
	test_check(hash_is(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	    "the empty tree's root");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t leaf[16];
		size_t size = strlen(cases[i].leaf) / 2;
		bool good = text_unhex(bytes_string(cases[i].leaf), leaf, size) == RULE_OK;
		tree_leaf_hash(bytes_of(leaf, size), &hash);
		test_check(good && hash_is(&hash, cases[i].hash), "known leaf hash of \"%s\"", cases[i].leaf);
		tree_append(&frontier, &hash);
		tree_root(&frontier, &hash);
		test_check(hash_is(&hash, cases[i].root), "known root of size %zu", i + 1);
	}
}

static void test_growing(void)
{
	struct tree_frontier grown = {0}, loaded;
	unsigned wrong_root = 0, wrong_load = 0;

	for (unsigned size = 0; size < LEAVES; size++) {
		struct hash root, expected = reference_root(nodes[0], size), other;
		tree_root(&grown, &root);
		wrong_root += !hash_equal(&root, &expected);
		bool good = tree_load(&loaded, &stored, size) == RULE_OK && loaded.size == size;
		if (good) {
			tree_root(&loaded, &other);
			good = hash_equal(&other, &expected) && tree_range_root(&stored, 0, size, &other) == RULE_OK &&
			    hash_equal(&other, &expected);
		}
		/* what was loaded goes on growing as the original does */
		tree_append(&grown, &nodes[0][size]);
		tree_append(&loaded, &nodes[0][size]);
		tree_root(&grown, &root);
		tree_root(&loaded, &other);
		wrong_load += !good || !hash_equal(&root, &other);
	}
	test_check(wrong_root == 0, "roots while growing equal the definition, sizes 0 to %u", LEAVES - 1);
	test_check(wrong_load == 0, "a loaded frontier has the same root and goes on the same way");
}

/* A subtree of 8 that begins at a multiple of 8, loaded with what there is of it, goes on to its root. */
static void test_subtree_growing(void)
{
	unsigned wrong = 0;
	for (uint64_t start = 0; start + 8 <= LEAVES; start += 8) {
		for (uint64_t end = start; end <= start + 8; end++) {
			struct tree_frontier loaded;
			struct hash root, expected;
			bool good = tree_load_subtree(&loaded, &stored, start, end) == RULE_OK && loaded.size == end - start;
			for (uint64_t i = end; good && i < start + 8; i++)
				tree_append(&loaded, &nodes[0][i]);
			if (good)
				tree_root(&loaded, &root);
			good = good && tree_range_root(&stored, start, start + 8, &expected) == RULE_OK &&
			    hash_equal(&root, &expected);
			wrong += !good;
		}
	}
	struct tree_frontier none;
	test_check(wrong == 0, "a part of a subtree is loaded and goes on to the subtree's root");
	test_check(tree_load_subtree(&none, &stored, 4, 12) == RULE_TREE_RANGE, "but none that begins within another");
}

/* The draft's appendix "Subtree Test Vectors": one digest over all outputs for trees of up to 130 leaves. */
static void add_path(struct buffer *line, const struct tree_path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		buffer_string(line, " ");
		text_hex(line, bytes_of(path->hashes[i].bytes, SHA256_SIZE));
	}
	buffer_string(line, "\n");
}

static void accumulate_subtree(struct buffer *roots, struct buffer *inclusions, uint64_t start, uint64_t end)
{
	struct hash root;
	uint64_t shift = start;
	const struct tree_reader shifted = {stored_node, &shift};

	if (tree_range_root(&stored, start, end, &root) != RULE_OK)
		return;
	buffer_format(roots, "[%llu, %llu) ", (unsigned long long)start, (unsigned long long)end);
	text_hex(roots, bytes_of(root.bytes, SHA256_SIZE));
	buffer_string(roots, "\n");
	for (uint64_t index = start; index < end; index++) {
		struct tree_path path = {.count = 0};
		if (tree_prove_inclusion(&shifted, index - start, end - start, &path) != RULE_OK ||
		    tree_verify_inclusion(&path, index - start, end - start, &nodes[0][index], &root) != RULE_OK)
			return;
		buffer_format(inclusions, "%llu [%llu, %llu)", (unsigned long long)index, (unsigned long long)start,
		    (unsigned long long)end);
		add_path(inclusions, &path);
	}
}

static bool digest_is(const struct buffer *buffer, const char *hex)
{
	struct hash hash;
	sha256(buffer_bytes(buffer), hash.bytes);
	return buffer->rule == RULE_OK && hash_is(&hash, hex);
}

static void test_accumulated(void)
{
	struct buffer roots = {0}, inclusions = {0}, proofs = {0};

	for (uint64_t end = 0; end <= 130; end++)
		for (uint64_t start = 0; start <= end; start++)
			if (tree_subtree_valid(start, end))
				accumulate_subtree(&roots, &inclusions, start, end);
	for (uint64_t size = 0; size <= 130; size++)
		for (uint64_t end = 0; end <= size; end++)
			for (uint64_t start = 0; start <= end; start++) {
				struct tree_path path;
				if (tree_prove_subtree(&stored, start, end, size, &path) != RULE_OK)
					continue;
				buffer_format(&proofs, "[%llu, %llu) %llu", (unsigned long long)start,
				    (unsigned long long)end, (unsigned long long)size);
				add_path(&proofs, &path);
			}
	test_check(digest_is(&roots, "b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81"),
	    "the draft's digest of all subtree hashes up to 130");
	test_check(digest_is(&inclusions, "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"),
	    "the draft's digest of all subtree inclusion proofs up to 130");
	test_check(digest_is(&proofs, "10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74"),
	    "the draft's digest of all subtree consistency proofs up to 130");
	buffer_free(&roots);
	buffer_free(&inclusions);
	buffer_free(&proofs);
}

/* One claim: a subtree in a tree, which is also what an inclusion and a consistency proof say. */
struct claim {
	enum { INCLUSION, CONSISTENCY, SUBTREE } kind;
	struct tree_subtree subtree;
	uint64_t size;
	struct hash root;
};

static enum rule verify(const struct claim *claim, const struct tree_path *path)
{
	const struct tree_subtree *subtree = &claim->subtree;
	if (claim->kind == INCLUSION)
		return tree_verify_inclusion(path, subtree->start, claim->size, &subtree->root, &claim->root);
	if (claim->kind == CONSISTENCY) {
		struct tree_step step = {subtree->end, claim->size, subtree->root, claim->root};
		return tree_verify_consistency(path, &step);
	}
	return tree_verify_subtree(path, subtree, claim->size, &claim->root);
}

/* How many of the ways to flip one bit of `hash` the claim survives. */
static unsigned flips(const struct claim *claim, const struct tree_path *path, struct hash *hash)
{
	static unsigned turn;
	unsigned survived = 0, step = claim->size <= EVERY_BIT ? 1 : 256;
	for (unsigned bit = step == 1 ? 0 : turn++ % 256; bit < 256; bit += step) {
		hash->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		survived += verify(claim, path) != RULE_TREE_PROOF;
		hash->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	return survived;
}

static unsigned survivors(struct claim *claim, struct tree_path *path)
{
	unsigned survived = flips(claim, path, &claim->subtree.root) + flips(claim, path, &claim->root);
	for (size_t i = 0; i < path->count; i++)
		survived += flips(claim, path, &path->hashes[i]);

	for (size_t i = 0; i < path->count; i++) { /* one dropped */
		struct tree_path shorter = {.count = path->count - 1};
		memcpy(shorter.hashes, path->hashes, i * sizeof(struct hash));
		memcpy(shorter.hashes + i, path->hashes + i + 1, (path->count - 1 - i) * sizeof(struct hash));
		survived += verify(claim, &shorter) != RULE_TREE_PROOF;
	}
	for (size_t i = 0; i <= path->count; i++) { /* one added: each of the path's own, the subtree's, the root */
		struct tree_path longer = {.count = path->count + 1};
		memcpy(longer.hashes, path->hashes, i * sizeof(struct hash));
		memcpy(longer.hashes + i + 1, path->hashes + i, (path->count - i) * sizeof(struct hash));
		for (size_t j = 0; j < path->count + 2; j++) {
			longer.hashes[i] = j == path->count ? claim->root
			    : j == path->count + 1          ? claim->subtree.root
							    : path->hashes[j];
			survived += verify(claim, &longer) != RULE_TREE_PROOF;
		}
	}
	return survived;
}

struct tally {
	unsigned proofs, differ, refused, survived;
};

static void judge(struct tally *tally, struct claim *claim, struct tree_path *path)
{
	tally->proofs++;
	tally->refused += verify(claim, path) != RULE_OK;
	tally->survived += survivors(claim, path);
}

static void judge_size(struct tally tallies[3], uint64_t size)
{
	struct hash root = reference_root(nodes[0], size);
	for (uint64_t start = 0; start < size; start++) {
		struct claim claim = {INCLUSION, {start, start + 1, nodes[0][start]}, size, root};
		struct tree_path path, expected = {.count = 0};
		reference_inclusion(nodes[0], start, size, &expected);
		enum rule rule = tree_prove_inclusion(&stored, start, size, &path);
		tallies[INCLUSION].differ += rule != RULE_OK || !path_equal(&path, &expected);
		judge(&tallies[INCLUSION], &claim, &path);

		for (uint64_t end = start + 1; end <= size; end++) {
			if (!tree_subtree_valid(start, end))
				continue;
			claim = (struct claim){SUBTREE, {start, end, reference_root(nodes[0] + start, end - start)},
			    size, root};
			rule = tree_prove_subtree(&stored, start, end, size, &path);
			tallies[SUBTREE].differ += rule != RULE_OK;
			judge(&tallies[SUBTREE], &claim, &path);
		}
	}
	for (uint64_t old = 1; old <= size; old++) {
		struct claim claim = {CONSISTENCY, {0, old, reference_root(nodes[0], old)}, size, root};
		struct tree_path path, expected = {.count = 0};
		reference_consistency(nodes[0], old, size, true, &expected);
		enum rule rule = tree_prove_consistency(&stored, old, size, &path);
		tallies[CONSISTENCY].differ += rule != RULE_OK || !path_equal(&path, &expected);
		judge(&tallies[CONSISTENCY], &claim, &path);
	}
}

static void test_exhaustive(void)
{
	static const char *const names[] = {"inclusion", "consistency", "subtree"};
	struct tally tallies[3] = {0};
	for (uint64_t size = 1; size <= EXHAUSTIVE; size++)
		judge_size(tallies, size);
	for (unsigned kind = 0; kind < 3; kind++) {
		const struct tally *tally = &tallies[kind];
		test_check(tally->proofs > 0 && tally->differ == 0, "%s: %u proofs up to size %u are as defined",
		    names[kind], tally->proofs, EXHAUSTIVE);
		test_check(tally->refused == 0, "%s: all of them verify", names[kind]);
		test_check(tally->survived == 0, "%s: none with a bit flipped, a hash dropped or a hash added does",
		    names[kind]);
	}
}

/* A tree of 2^63 - 1 equal leaves: every complete node of a level is the same. */
static struct hash level_hashes[64];

static enum rule level_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	(void)context;
	if (level > 62 || index > TREE_SIZE_MAX >> level)
		return RULE_NOT_FOUND;
	*to = level_hashes[level];
	return RULE_OK;
}

static void test_largest(void)
{
	static const struct tree_reader reader = {level_node, NULL};
	static const uint64_t olds[] = {1, 2, UINT64_C(1) << 62, (UINT64_C(1) << 62) + 1, TREE_SIZE_MAX - 1,
	    TREE_SIZE_MAX};
	struct tree_step step = {.new_size = TREE_SIZE_MAX};
	size_t longest = 0;

	tree_leaf_hash(BYTES("the same"), &level_hashes[0]);
	for (unsigned level = 1; level < 64; level++)
		tree_node_hash(&level_hashes[level - 1], &level_hashes[level - 1], &level_hashes[level]);
	test_check(tree_range_root(&reader, 0, TREE_SIZE_MAX, &step.new_root) == RULE_OK,
	    "the largest tree has a root");
	for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
		struct tree_path path;
		step.old_size = olds[i];
		bool good = tree_range_root(&reader, 0, olds[i], &step.old_root) == RULE_OK &&
		    tree_prove_consistency(&reader, olds[i], TREE_SIZE_MAX, &path) == RULE_OK;
		longest = good && path.count > longest ? path.count : longest;
		test_check(good && tree_verify_consistency(&path, &step) == RULE_OK, "it goes on from size %llu",
		    (unsigned long long)olds[i]);
		good = tree_prove_inclusion(&reader, olds[i] - 1, TREE_SIZE_MAX, &path) == RULE_OK;
		test_check(good &&
			tree_verify_inclusion(&path, olds[i] - 1, TREE_SIZE_MAX, &level_hashes[0], &step.new_root) ==
			    RULE_OK,
		    "it includes leaf %llu", (unsigned long long)olds[i] - 1);
	}
	test_check(longest == 64, "the longest proof fills a path: %zu", longest);
}

/* Numbers that cannot be, for the provers and the verifiers. */
static void test_range(void)
{
	static const uint64_t big = TREE_SIZE_MAX + 1;
	static const struct {
		uint64_t start, end, size;
	} cases[] = {
		{0, 9, 8},
		{8, 9, 8},
		{9, 8, 16},
		{1, 3, 8},
		{2, 5, 8},
		{2, 6, 8},
		{4, 9, 16},
		{12, 20, 32},
		{0, 8, big},
		{0, big, big},
		{0, 1, UINT64_MAX},
	    {big, big + 1, UINT64_MAX},
	    {UINT64_MAX, 0, 8},
		{1, big + 2, UINT64_MAX},
	    {UINT64_MAX, UINT64_MAX, UINT64_MAX},
	};
	struct hash hash = nodes[0][0];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree_path path = {.count = 7}, empty = {.count = 0};
		struct tree_subtree subtree = {cases[i].start, cases[i].end, hash};
		test_check(tree_prove_subtree(&stored, cases[i].start, cases[i].end, cases[i].size, &path) ==
			    RULE_TREE_RANGE &&
			path.count == 7,
		    "no proof of [%llu, %llu) in %llu", (unsigned long long)cases[i].start,
		    (unsigned long long)cases[i].end, (unsigned long long)cases[i].size);
		test_check(tree_verify_subtree(&empty, &subtree, cases[i].size, &hash) == RULE_TREE_RANGE,
		    "nor a verdict on one");
	}
	struct tree_path path = {.count = 0};
	struct tree_frontier frontier;
	struct tree_step step = {.old_size = 0, .new_size = 0};
	tree_empty_root(&step.old_root);
	step.new_root = step.old_root;
	test_check(tree_prove_inclusion(&stored, 8, 8, &path) == RULE_TREE_RANGE, "no proof of a leaf past the end");
	test_check(tree_prove_inclusion(&stored, UINT64_MAX, 8, &path) == RULE_TREE_RANGE,
	    "nor of the last number there is");
	test_check(tree_verify_inclusion(&path, 0, 0, &hash, &hash) == RULE_TREE_RANGE,
	    "the empty tree includes nothing");
	test_check(tree_verify_consistency(&path, &step) == RULE_TREE_RANGE,
	    "nothing is consistent with the empty tree");
	test_check(tree_prove_consistency(&stored, 9, 8, &path) == RULE_TREE_RANGE, "a tree does not go back");
	test_check(tree_prove_consistency(&stored, 0, 8, &path) == RULE_OK && path.count == 0,
	    "a proof from 0 is empty");
	test_check(tree_range_root(&stored, 2, 5, &hash) == RULE_TREE_RANGE, "[2, 5) is no subtree");
	test_check(tree_range_root(&stored, 0, big, &hash) == RULE_TREE_RANGE, "a tree has at most 2^63 - 1 leaves");
	test_check(tree_load(&frontier, &stored, big) == RULE_TREE_RANGE, "and is not loaded past that");
}

/* What a proof of one thing does not prove. */
static void test_other(void)
{
	struct tree_path path, none = {.count = 0}, one = {.count = 1};
	struct tree_subtree subtree = {4, 4, {{0}}};
	struct hash root = reference_root(nodes[0], 4);

	test_check(tree_prove_inclusion(&stored, 0, 4, &path) == RULE_OK &&
		tree_verify_inclusion(&path, 0, 4, &nodes[0][0], &root) == RULE_OK,
	    "a proof for size 4");
	test_check(tree_verify_inclusion(&path, 0, 8, &nodes[0][0], &root) == RULE_TREE_PROOF, "is none for size 8");
	test_check(tree_verify_inclusion(&path, 0, 2, &nodes[0][0], &root) == RULE_TREE_PROOF, "nor for size 2");
	test_check(tree_verify_inclusion(&path, 1, 4, &nodes[0][0], &root) == RULE_TREE_PROOF, "nor for another index");
	test_check(tree_verify_inclusion(&path, 0, 4, &root, &root) == RULE_TREE_PROOF, "nor for another leaf");
	test_check(tree_verify_inclusion(&none, 0, 2, &root, &root) == RULE_TREE_PROOF,
	    "the root is not a leaf of two");
	test_check(tree_verify_subtree(&none, &subtree, 8, &root) == RULE_TREE_PROOF,
	    "an empty subtree has the empty tree's root");
	tree_empty_root(&subtree.root);
	test_check(tree_verify_subtree(&none, &subtree, 8, &root) == RULE_OK, "which no tree denies");
	test_check(tree_verify_subtree(&one, &subtree, 8, &root) == RULE_TREE_PROOF, "and no hashes to prove it");
}

static void test_missing(void)
{
	struct tree_path path = {.count = 7};
	struct tree_frontier frontier = {.size = 7};
	struct hash hash = nodes[0][0], before = hash;

	test_check(tree_prove_consistency(&stored, LEAVES, LEAVES + 1, &path) == RULE_NOT_FOUND && path.count == 7,
	    "a proof over a node that is not stored says so");
	test_check(tree_load(&frontier, &stored, LEAVES + 1) == RULE_NOT_FOUND && frontier.size == 7,
	    "and so does loading");
	test_check(tree_range_root(&stored, 0, LEAVES + 1, &hash) == RULE_NOT_FOUND && hash_equal(&hash, &before),
	    "and a root");
}

#define MEASURED 24

/* A proof of another history names the root that it goes on from, unless that would be the old root itself. */
static void test_other_root(void)
{
	struct hash ours[MEASURED], theirs[MEASURED];
	unsigned wrong = 0, none = 0;
	for (unsigned i = 0; i < MEASURED; i++) {
		uint8_t leaf[2] = {(uint8_t)i, 0};
		tree_leaf_hash(bytes_of(leaf, sizeof(leaf)), &ours[i]);
		leaf[1] = 1;
		tree_leaf_hash(bytes_of(leaf, sizeof(leaf)), &theirs[i]);
	}
	for (uint64_t old = 1; old < MEASURED; old++) {
		for (uint64_t size = old + 1; size <= MEASURED; size++) {
			struct tree_step step = {old, size, reference_root(ours, old), reference_root(theirs, size)};
			struct hash root, wanted = reference_root(theirs, old);
			struct tree_path path = {.count = 0};
			reference_consistency(theirs, old, size, true, &path);
			enum rule rule = tree_other_root(&path, &step, &root);
			bool power = (old & (old - 1)) == 0;
			wrong += power ? rule != RULE_TREE_PROOF : rule != RULE_OK || !hash_equal(&root, &wanted);
			step.old_root = wanted;
			none += tree_other_root(&path, &step, &root) == RULE_OK; /* the same history */
			step = (struct tree_step){old, size, reference_root(ours, old), reference_root(ours, size)};
			none += tree_other_root(&path, &step, &root) == RULE_OK; /* leads nowhere */
		}
	}
	test_check(wrong == 0, "the other root of every proof up to size %u", MEASURED);
	test_check(none == 0, "and none where there is no other history");
	struct tree_step step = {0, 4, ours[0], theirs[0]};
	struct hash root;
	struct tree_path empty = {.count = 0};
	test_check(tree_other_root(&empty, &step, &root) == RULE_TREE_RANGE &&
		tree_other_root(&empty, &(struct tree_step){4, 4, ours[0], theirs[0]}, &root) == RULE_TREE_RANGE,
		"nothing goes on from size 0, or from a size to itself");
}

int main(void)
{
	test_start();
	if (!test_check(crypto_start() == RULE_OK, "crypto starts"))
		return test_end();
	store_counting();
	test_known();
	test_growing();
	test_subtree_growing();
	test_accumulated();
	test_exhaustive();
	test_largest();
	test_range();
	test_other();
	test_missing();
	test_other_root();
	return test_end();
}

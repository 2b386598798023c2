/*
 * tree_verify: start, end and size as 64-bit numbers, two bytes that choose a change, the root, the subtree's hash,
 * then the hashes of a proof. The proof as it came gets a verdict. Then, in a tree of equal leaves, the true proof for
 * the same numbers must verify, and with the chosen bit flipped or the last hash gone must not.
 */
#include <stdlib.h>

#include "cursor.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hash levels[63];

static enum rule node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	(void)context;
	if (level > 62 || index >= UINT64_C(1) << (63 - level))
		abort();
	*to = levels[level];
	return RULE_OK;
}

static void take_hash(struct cursor *cursor, struct hash *to)
{
	struct bytes bytes = cursor_take(cursor, SHA256_SIZE);
	memset(to, 0, sizeof(*to));
	if (bytes.size == SHA256_SIZE)
		memcpy(to->bytes, bytes.data, SHA256_SIZE);
}

static void judge_true(struct tree_subtree subtree, uint64_t size, unsigned change)
{
	static const struct tree_reader reader = {node, NULL};
	struct tree_path path;
	struct hash root;
	if (tree_prove_subtree(&reader, subtree.start, subtree.end, size, &path) != RULE_OK)
		return;
	if (tree_range_root(&reader, subtree.start, subtree.end, &subtree.root) != RULE_OK ||
	    tree_range_root(&reader, 0, size, &root) != RULE_OK ||
	    tree_verify_subtree(&path, &subtree, size, &root) != RULE_OK)
		abort();
	if (path.count == 0)
		return;
	path.hashes[change / 256 % path.count].bytes[change % 32] ^= (uint8_t)(1 << change / 32 % 8);
	if (tree_verify_subtree(&path, &subtree, size, &root) != RULE_TREE_PROOF)
		abort();
	path.hashes[change / 256 % path.count].bytes[change % 32] ^= (uint8_t)(1 << change / 32 % 8);
	path.count--;
	if (tree_verify_subtree(&path, &subtree, size, &root) != RULE_TREE_PROOF)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (levels[0].bytes[0] == 0 && levels[0].bytes[1] == 0) {
		tree_leaf_hash(BYTES("the same"), &levels[0]);
		for (unsigned i = 1; i < 63; i++)
			tree_node_hash(&levels[i - 1], &levels[i - 1], &levels[i]);
	}
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct tree_subtree subtree;
	struct tree_path path = {.count = 0};
	struct hash root;
	subtree.start = cursor_u64(&cursor);
	subtree.end = cursor_u64(&cursor);
	uint64_t tree_size = cursor_u64(&cursor);
	unsigned change = cursor_u16(&cursor);
	take_hash(&cursor, &root);
	take_hash(&cursor, &subtree.root);
	while (path.count < 64 && cursor_left(&cursor) >= SHA256_SIZE)
		take_hash(&cursor, &path.hashes[path.count++]);

	struct tree_step step = {subtree.end, tree_size, subtree.root, root};
	tree_verify_subtree(&path, &subtree, tree_size, &root);
	tree_verify_consistency(&path, &step);
	tree_verify_inclusion(&path, subtree.start, tree_size, &subtree.root, &root);
	judge_true(subtree, tree_size, change);
	return 0;
}

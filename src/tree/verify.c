/*
 * verify: one procedure for every proof. A consistency proof is a subtree's proof for [0, old), an inclusion proof one
 * for [index, index + 1), and a subtree is itself a tree.
 */
#include "tree.h"

static bool same(const struct hash *a, const struct hash *b)
{
	return memcmp(a->bytes, b->bytes, SHA256_SIZE) == 0;
}

bool tree_subtree_valid(uint64_t start, uint64_t end)
{
	if (start > end)
		return false;
	/* the smallest power of two that is not less than the width, minus one */
	uint64_t mask = end - start <= 1 ? 0 : UINT64_MAX >> __builtin_clzll(end - start - 1);
	return (start & mask) == 0;
}

/* The draft's fn, sn and tn: the subtree's first and last leaf and the tree's last, as nodes of the level reached. */
struct place {
	uint64_t first, last, tree_last;
};

static void rise(struct place *place)
{
	place->first >>= 1;
	place->last >>= 1;
	place->tree_last >>= 1;
}

/* To the lowest node that the two trees share at the subtree's right edge: where the proof begins. */
static void rise_to_seed(struct place *place)
{
	bool edge = place->last == place->tree_last;
	while (place->first != place->last && (edge || (place->last & 1) != 0))
		rise(place);
}

/* draft-ietf-plants-merkle-tree-certs section 4.4.3: the hashes of subtree and tree that the path leads to. */
static enum rule walk(const struct tree_path *path, struct place place, struct hash *small, struct hash *large)
{
	size_t at = 0;
	rise_to_seed(&place);
	if (place.first != place.last) {
		if (path->count == 0)
			return RULE_TREE_PROOF;
		*small = *large = path->hashes[at++];
	}
	for (; at < path->count; at++) {
		const struct hash *sibling = &path->hashes[at];
		if (place.tree_last == 0)
			return RULE_TREE_PROOF;
		if ((place.last & 1) != 0 || place.last == place.tree_last) {
			if (place.first < place.last)
				tree_node_hash(sibling, small, small);
			tree_node_hash(sibling, large, large);
			while ((place.last & 1) == 0)
				rise(&place);
		} else {
			tree_node_hash(large, sibling, large);
		}
		rise(&place);
	}
	return place.tree_last == 0 ? RULE_OK : RULE_TREE_PROOF;
}

enum rule tree_verify_subtree(const struct tree_path *path, const struct tree_subtree *subtree, uint64_t size,
	const struct hash *root)
{
	if (size > TREE_SIZE_MAX || subtree->end > size || !tree_subtree_valid(subtree->start, subtree->end))
		return RULE_TREE_RANGE;
	struct hash small = subtree->root, large = small; /* the draft's fr and sr */
	if (subtree->start == subtree->end) {
		tree_empty_root(&small);
		return path->count == 0 && same(&small, &subtree->root) ? RULE_OK : RULE_TREE_PROOF;
	}
	enum rule rule = walk(path, (struct place){subtree->start, subtree->end - 1, size - 1}, &small, &large);
	if (rule == RULE_OK && !(same(&small, &subtree->root) && same(&large, root)))
		rule = RULE_TREE_PROOF;
	return rule;
}

enum rule tree_verify_inclusion(const struct tree_path *path, uint64_t index, uint64_t size, const struct hash *leaf,
	const struct hash *root)
{
	if (index >= size)
		return RULE_TREE_RANGE;
	return tree_verify_subtree(path, &(struct tree_subtree){index, index + 1, *leaf}, size, root);
}

enum rule tree_verify_consistency(const struct tree_path *path, const struct tree_step *step)
{
	if (step->old_size == 0) /* nothing that a larger tree could be consistent with: see tree.h */
		return RULE_TREE_RANGE;
	return tree_verify_subtree(path, &(struct tree_subtree){0, step->old_size, step->old_root}, step->new_size,
		&step->new_root);
}

enum rule tree_other_root(const struct tree_path *path, const struct tree_step *step, struct hash *root)
{
	if (step->old_size == 0 || step->old_size >= step->new_size || step->new_size > TREE_SIZE_MAX)
		return RULE_TREE_RANGE;
	struct hash small = step->old_root, large = small;
	enum rule rule = walk(path, (struct place){0, step->old_size - 1, step->new_size - 1}, &small, &large);
	if (rule == RULE_OK && (same(&small, &step->old_root) || !same(&large, &step->new_root)))
		rule = RULE_TREE_PROOF;
	if (rule == RULE_OK)
		*root = small;
	return rule;
}

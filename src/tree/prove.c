#include "tree.h"

/* A range of leaves whose hash stands in a proof. */
struct range {
	uint64_t start, end;
};

/* The hashes over `ranges`, last first. */
static enum rule read_path(const struct tree_reader *reader, const struct range *ranges, size_t count,
	struct tree_path *path)
{
	struct tree_path read = {.count = count};
	for (size_t i = 0; i < count; i++) {
		const struct range *range = &ranges[count - 1 - i];
		enum rule rule = tree_range_root(reader, range->start, range->end, &read.hashes[i]);
		if (rule != RULE_OK)
			return rule;
	}
	*path = read;
	return RULE_OK;
}

/*
 * draft-ietf-plants-merkle-tree-certs section 4.4.1, SUBTREE_SUBPROOF, as a walk from the root down: [low, high) is the
 * node that was reached, and what it leaves aside on each level is one hash of the proof.
 */
enum rule tree_prove_subtree(const struct tree_reader *reader, uint64_t start, uint64_t end, uint64_t size,
	struct tree_path *path)
{
	if (size > TREE_SIZE_MAX || end > size || !tree_subtree_valid(start, end))
		return RULE_TREE_RANGE;

	struct range ranges[64]; /* 63 levels, and the seed */
	size_t count = 0;
	uint64_t low = 0, high = size;
	bool known = true; /* the verifier knows the hash of the node that the walk ends at */
	if (start == end)
		low = high = start;
	while (low != start || high != end) {
		uint64_t split = low + (UINT64_C(1) << (63 - __builtin_clzll(high - low - 1)));
		if (end <= split) {
			ranges[count++] = (struct range){split, high};
			high = split;
		} else {
			if (start < split) {
				start = split;
				known = false;
			}
			ranges[count++] = (struct range){low, split};
			low = split;
		}
	}
	if (!known)
		ranges[count++] = (struct range){low, high};
	return read_path(reader, ranges, count, path);
}

enum rule tree_prove_inclusion(const struct tree_reader *reader, uint64_t index, uint64_t size, struct tree_path *path)
{
	return index >= size ? RULE_TREE_RANGE : tree_prove_subtree(reader, index, index + 1, size, path);
}

enum rule tree_prove_consistency(const struct tree_reader *reader, uint64_t old, uint64_t size, struct tree_path *path)
{
	return tree_prove_subtree(reader, 0, old, size, path);
}

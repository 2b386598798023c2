#include "tree.h"

static unsigned peak_count(uint64_t size)
{
	return (unsigned)__builtin_popcountll(size);
}

void tree_append(struct tree_frontier *frontier, const struct hash *leaf)
{
	struct hash hash = *leaf;
	unsigned peak = peak_count(frontier->size);

	/* every trailing one of the size is a complete subtree that the new leaf makes the left half of a larger one */
	for (uint64_t size = frontier->size; size & 1; size >>= 1)
		tree_node_hash(&frontier->peaks[--peak], &hash, &hash);
	frontier->peaks[peak] = hash;
	frontier->size++;
}

void tree_root(const struct tree_frontier *frontier, struct hash *to)
{
	unsigned peak = peak_count(frontier->size);
	if (peak == 0) {
		tree_empty_root(to);
		return;
	}
	struct hash hash = frontier->peaks[--peak];
	while (peak > 0)
		tree_node_hash(&frontier->peaks[--peak], &hash, &hash);
	*to = hash;
}

/* Reads the roots of the complete subtrees of [start, end), largest first. */
static enum rule load(struct tree_frontier *frontier, const struct tree_reader *reader, uint64_t start, uint64_t end)
{
	struct tree_frontier loaded = {.size = end - start};
	uint64_t at = end;
	unsigned peak = peak_count(loaded.size);

	for (uint64_t left = loaded.size; left != 0; left &= left - 1) {
		unsigned level = (unsigned)__builtin_ctzll(left);
		at -= UINT64_C(1) << level;
		enum rule rule = reader->node(reader->context, level, at >> level, &loaded.peaks[--peak]);
		if (rule != RULE_OK)
			return rule;
	}
	*frontier = loaded;
	return RULE_OK;
}

enum rule tree_load(struct tree_frontier *frontier, const struct tree_reader *reader, uint64_t size)
{
	return size > TREE_SIZE_MAX ? RULE_TREE_RANGE : load(frontier, reader, 0, size);
}

enum rule tree_load_subtree(struct tree_frontier *frontier, const struct tree_reader *reader, uint64_t start,
	uint64_t end)
{
	return end > TREE_SIZE_MAX || !tree_subtree_valid(start, end) ? RULE_TREE_RANGE
		: load(frontier, reader, start, end);
}

enum rule tree_range_root(const struct tree_reader *reader, uint64_t start, uint64_t end, struct hash *to)
{
	if (end > TREE_SIZE_MAX || !tree_subtree_valid(start, end))
		return RULE_TREE_RANGE;
	struct tree_frontier frontier;
	enum rule rule = load(&frontier, reader, start, end);
	if (rule == RULE_OK)
		tree_root(&frontier, to);
	return rule;
}

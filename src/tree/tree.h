/*
 * tree: RFC 6962 Merkle trees over SHA-256: hashes, growing roots, and proofs (also of subtrees,
 * draft-ietf-plants-merkle-tree-certs section 4).
 *
 * Pure. Nodes are named as (level, index): the hash over leaves [index << level, (index + 1) << level), complete
 * subtrees only. A tree has at most TREE_SIZE_MAX leaves, as many as a checkpoint can say; more is RULE_TREE_RANGE.
 */
#ifndef TREE_H
#define TREE_H

#include "buffer.h"
#include "crypto.h"
#include "sizes.h"

#define TREE_SIZE_MAX ((UINT64_C(1) << 63) - 1)

struct hash {
	uint8_t bytes[SHA256_SIZE];
};

/* SHA-256(0x00 || leaf) and SHA-256(0x01 || left || right); `to` may be a child. */
void tree_leaf_hash(struct bytes leaf, struct hash *to);
void tree_node_hash(const struct hash *left, const struct hash *right, struct hash *to);
void tree_empty_root(struct hash *to);

/* A growing tree: the roots of its complete subtrees, largest first. A zeroed struct is the empty tree. */
struct tree_frontier {
	uint64_t size;
	struct hash peaks[64];
};
void tree_append(struct tree_frontier *frontier, const struct hash *leaf);
void tree_root(const struct tree_frontier *frontier, struct hash *to);

/* Reads complete nodes of a stored tree. RULE_OK, or why it could not (RULE_NOT_FOUND, RULE_IO). */
struct tree_reader {
	enum rule (*node)(void *context, unsigned level, uint64_t index, struct hash *to);
	void *context;
};

/* The frontier and root of the first `size` leaves. */
enum rule tree_load(struct tree_frontier *frontier, const struct tree_reader *reader, uint64_t size);
/* The frontier, for more to be appended, of a subtree that begins at `start` and of which [start, end) is there. */
enum rule tree_load_subtree(struct tree_frontier *frontier, const struct tree_reader *reader, uint64_t start,
	uint64_t end);
/* Whether [start, end) is a subtree: `start` a multiple of the smallest power of two not less than end - start. */
bool tree_subtree_valid(uint64_t start, uint64_t end);
/* The hash over the leaves of a subtree; of an empty one the empty tree's root. */
enum rule tree_range_root(const struct tree_reader *reader, uint64_t start, uint64_t end, struct hash *to);

struct tree_path {
	struct hash hashes[64];
	size_t count;
};

/* RFC 6962 section 2.1.1: leaf `index` in the tree of `size`. RULE_TREE_RANGE. */
enum rule tree_prove_inclusion(const struct tree_reader *reader, uint64_t index, uint64_t size, struct tree_path *path);
/* RFC 6962 section 2.1.2: from `old` to `size`; empty for old == 0 and old == size. */
enum rule tree_prove_consistency(const struct tree_reader *reader, uint64_t old, uint64_t size, struct tree_path *path);
/* Subtree consistency: the subtree [start, end) in the tree of `size`. */
enum rule tree_prove_subtree(const struct tree_reader *reader, uint64_t start, uint64_t end, uint64_t size,
	struct tree_path *path);

/*
 * Verdicts: RULE_OK, RULE_TREE_RANGE (numbers that cannot be), RULE_TREE_PROOF (does not lead to the root).
 *
 * An old size of 0 is RULE_TREE_RANGE: every tree goes on from the empty one, there is nothing to prove, and who
 * accepts that case says so before asking. An empty subtree proves nothing either: its hash and path are checked, the
 * root is not looked at.
 */
enum rule tree_verify_inclusion(const struct tree_path *path, uint64_t index, uint64_t size, const struct hash *leaf,
	const struct hash *root);
struct tree_step { /* from an older tree to a newer one */
	uint64_t old_size, new_size;
	struct hash old_root, new_root;
};
enum rule tree_verify_consistency(const struct tree_path *path, const struct tree_step *step);
/*
 * Another history: the root, not step->old_root, from which the path leads to step->new_root at step->old_size.
 * RULE_TREE_PROOF where it leads from none: also where old_size is a power of two, as then a proof holds no root of its
 * own.
 */
enum rule tree_other_root(const struct tree_path *path, const struct tree_step *step, struct hash *root);
struct tree_subtree { /* [start, end) with its hash */
	uint64_t start, end;
	struct hash root;
};
enum rule tree_verify_subtree(const struct tree_path *path, const struct tree_subtree *subtree, uint64_t size,
	const struct hash *root);

#endif

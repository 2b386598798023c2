/*
 * reference: Merkle trees word for word as their texts define them, slow and recursive, to compare the library with.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "tree.h"

static inline uint64_t reference_split(uint64_t n) /* the largest power of two smaller than n */
{
	uint64_t k = 1;
	while (k * 2 < n)
		k *= 2;
	return k;
}

/* RFC 6962 section 2.1: MTH(D[n]), over leaf hashes. */
static inline struct hash reference_root(const struct hash *leaves, uint64_t n)
{
	struct hash hash, left, right;
	if (n == 0) {
		tree_empty_root(&hash);
		return hash;
	}
	if (n == 1)
		return leaves[0];
	uint64_t k = reference_split(n);
	left = reference_root(leaves, k);
	right = reference_root(leaves + k, n - k);
	tree_node_hash(&left, &right, &hash);
	return hash;
}

/* RFC 6962 section 2.1.1: PATH(m, D[n]); appends. */
static inline void reference_inclusion(const struct hash *leaves, uint64_t m, uint64_t n, struct tree_path *path)
{
	if (n <= 1)
		return;
	uint64_t k = reference_split(n);
	if (m < k) {
		reference_inclusion(leaves, m, k, path);
		path->hashes[path->count++] = reference_root(leaves + k, n - k);
	} else {
		reference_inclusion(leaves + k, m - k, n - k, path);
		path->hashes[path->count++] = reference_root(leaves, k);
	}
}

/* RFC 6962 section 2.1.2: SUBPROOF(m, D[n], b), b being `whole`; appends. */
static inline void reference_consistency(const struct hash *leaves, uint64_t m, uint64_t n, bool whole,
    struct tree_path *path)
{
	if (m == n) {
		if (!whole)
			path->hashes[path->count++] = reference_root(leaves, n);
		return;
	}
	uint64_t k = reference_split(n);
	if (m <= k) {
		reference_consistency(leaves, m, k, whole, path);
		path->hashes[path->count++] = reference_root(leaves + k, n - k);
	} else {
		reference_consistency(leaves + k, m - k, n - k, false, path);
		path->hashes[path->count++] = reference_root(leaves, k);
	}
}

static inline bool hash_equal(const struct hash *one, const struct hash *other)
{
	return memcmp(one->bytes, other->bytes, SHA256_SIZE) == 0;
}

static inline bool path_equal(const struct tree_path *one, const struct tree_path *other)
{
	return one->count == other->count &&
		memcmp(one->hashes, other->hashes, one->count * sizeof(one->hashes[0])) == 0;
}

#endif

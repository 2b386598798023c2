#include "tree.h"

void tree_leaf_hash(struct bytes leaf, struct hash *to)
{
	sha256_parts((const struct bytes[]){BYTES("\x00"), leaf}, 2, to->bytes);
}

void tree_node_hash(const struct hash *left, const struct hash *right, struct hash *to)
{
	/* one part: `to` may be either child, and one update is faster than three */
	uint8_t node[1 + 2 * SHA256_SIZE];
	node[0] = 0x01;
	memcpy(node + 1, left->bytes, SHA256_SIZE);
	memcpy(node + 1 + SHA256_SIZE, right->bytes, SHA256_SIZE);
	sha256(bytes_of(node, sizeof(node)), to->bytes);
}

void tree_empty_root(struct hash *to)
{
	sha256(bytes_of(NULL, 0), to->bytes);
}

/*
 * courier_fork: whether a courier file proves that a log's owner signed two histories: its entries do not go on from
 * what is held, but lead to the checkpoint that it shows, which its owner signed. The proof is the root that they give
 * for the size of the newest checkpoint held, and that the shown one goes on from it. The nodes that it needs are
 * computed in one pass over the entries, a bundle a step; before the first bundle of the file the history is ours.
 */
#include <stdlib.h>

#include "courier_in.h"

#define NODES_MAX 192 /* a root and a consistency proof read fewer: at most one on each level, three times */

struct forking {
	uint64_t old, bundle; /* size that is held; bundle that is read next */
	uint64_t mine;        /* how many entries are before the file's */
	const struct tree_reader *ours;
	struct forking_node {
		unsigned level;
		uint64_t index;
		struct tree_frontier frontier; /* of its leaves so far */
	} nodes[NODES_MAX];
	size_t count;
	bool whole; /* they are all computed */
};

/* First asked for all that is needed, which is noted; then, when all is there, for what they are. */
static enum rule read_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	struct forking *forking = context;
	size_t at = 0;
	while (at < forking->count && (forking->nodes[at].level != level || forking->nodes[at].index != index))
		at++;
	struct forking_node *node = &forking->nodes[at];
	uint64_t start = index << level, end = start + (UINT64_C(1) << level);
	if (forking->whole && at == forking->count)
		return RULE_NOT_FOUND;
	if (forking->whole || end <= forking->mine) {
		if (end <= forking->mine)
			return forking->ours->node(forking->ours->context, level, index, to);
		tree_root(&node->frontier, to);
		return RULE_OK;
	}
	memset(to, 0, sizeof(*to));
	if (at < forking->count)
		return RULE_OK;
	if (forking->count == NODES_MAX)
		return RULE_LIMIT;
	*node = (struct forking_node){.level = level, .index = index};
	forking->count++;
	return start < forking->mine
		? tree_load_subtree(&node->frontier, forking->ours, start, forking->mine) : RULE_OK;
}

static enum rule read_proof(struct forking *forking, uint64_t size, struct fork_proof *proof)
{
	struct tree_reader reader = {read_node, forking};
	enum rule rule = tree_range_root(&reader, 0, forking->old, &proof->root);
	return rule == RULE_OK ? tree_prove_consistency(&reader, forking->old, size, &proof->path) : rule;
}

bool unpack_fork_begin(struct unpacking *unpacking)
{
	const struct courier_log *shown = &unpacking->courier.logs[unpacking->log];
	const struct pact *pact = unpacking->relation->pact;
	const struct pact_log *log = &pact->logs[unpacking->party];
	struct fork_proof proof;
	uint64_t mine = shown->first * TILE_WIDTH;
	bool known = unpacking->relation->peers[unpacking->party].forks;
	if (unpacking->party == pact->self || known || shown->count == 0 || log->size <= mine || shown->size <= log->size)
		return false;
	struct forking *forking = calloc(1, sizeof(*forking));
	if (forking == NULL)
		return false;
	forking->old = log->size;
	forking->bundle = shown->first;
	forking->mine = mine;
	forking->ours = &log->ledger.tree;
	free(unpacking->forking);
	unpacking->forking = forking;
	return read_proof(forking, shown->size, &proof) == RULE_OK;
}

static void append(struct forking *forking, uint64_t index, struct bytes entry)
{
	struct hash leaf;
	tree_leaf_hash(entry, &leaf);
	for (size_t i = 0; i < forking->count; i++) {
		if (forking->nodes[i].index == index >> forking->nodes[i].level)
			tree_append(&forking->nodes[i].frontier, &leaf);
	}
}

/* All entries are read: do they prove it? */
static enum rule prove(struct keeper *keeper, struct unpacking *unpacking, bool *proved)
{
	const struct courier_log *shown = &unpacking->courier.logs[unpacking->log];
	struct relation *relation = unpacking->relation;
	const struct pact_log *log = &relation->pact->logs[unpacking->party];
	struct forking *forking = unpacking->forking;
	struct fork_proof proof;
	forking->whole = true;
	enum rule rule = read_proof(forking, shown->size, &proof);
	struct tree_step step = {forking->old, shown->size, proof.root, shown->root};
	if (rule == RULE_OK)
		rule = tree_verify_consistency(&proof.path, &step);
	bool other = log->size == forking->old && memcmp(proof.root.bytes, log->root.bytes, SHA256_SIZE) != 0;
	if (rule == RULE_OK && other)
		*proved = forks_proved(keeper, relation, unpacking->party, buffer_bytes(&unpacking->intake.note), &proof);
	return rule;
}

enum rule unpack_fork(struct keeper *keeper, struct unpacking *unpacking, bool *proved)
{
	const struct courier_log *shown = &unpacking->courier.logs[unpacking->log];
	struct forking *forking = unpacking->forking;
	uint64_t index = forking->bundle * TILE_WIDTH;
	enum rule rule = unpack_bundle(unpacking, forking->bundle);
	struct cursor bundle = cursor_of(buffer_bytes(&unpacking->body));
	for (unsigned i = tile_width(-1, forking->bundle, shown->size); i > 0 && rule == RULE_OK; i--, index++) {
		struct bytes entry = bundle_next(&bundle);
		rule = bundle.rule;
		if (rule == RULE_OK)
			append(forking, index, entry);
	}
	forking->bundle++;
	if (rule == RULE_OK && index < shown->size)
		return RULE_OK;
	if (rule == RULE_OK)
		rule = prove(keeper, unpacking, proved);
	unpacking->phase = UNPACK_LOGS;
	return rule;
}

/*
 * node: a party of a made record (tests/record/build.h) with a store and an agreement in force, as a keeper has them.
 * What cannot fail here but by a bug aborts.
 */
#ifndef NODE_H
#define NODE_H

#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "folder.h"
#include "pact.h"

struct node {
	struct build *build;
	size_t self;
	struct store *store;
	struct keys *keys;
	struct pact *pact;
	unsigned number; /* of the agreement */
};

static inline void node_need(enum rule rule, const char *what)
{
	if (rule != RULE_OK) {
		printf("# %s: %s\n", what, rule_name(rule));
		fflush(stdout);
		abort();
	}
}

/* The made party's secrets as a keeper's key file has them. */
static inline struct keys *node_keys(const struct build_party *party)
{
	struct keys *keys = secret_new(sizeof(*keys));
	if (keys == NULL)
		abort();
	memset(keys, 0, sizeof(*keys));
	struct key_set *set = &keys->sets[CARD_LIVE];
	memcpy(set->log, party->log.secret, sizeof(set->log));
	memcpy(set->mirror, party->mirror.secret, sizeof(set->mirror));
	memcpy(set->node, party->node.secret, sizeof(set->node));
	set->desk_count = 1;
	snprintf(set->desks[0].name, sizeof(set->desks[0].name), "duty");
	memcpy(set->desks[0].sign, party->duty.secret, sizeof(set->desks[0].sign));
	memcpy(set->desks[0].seal, party->seal_secret, sizeof(set->desks[0].seal));
	x25519_public(set->desks[0].seal, set->desks[0].seal_public);
	return keys;
}

/* Loads what is durable, as after a failure or a restart. */
static inline void node_reload(struct node *node)
{
	struct fault fault = {0};
	pact_free(node->pact);
	node_need(pact_load(&node->pact, node->store, node->number, bytes_string(node->build->parties[node->self].name),
		node->keys, &fault), fault.detail);
}

static inline void node_begin(struct node *node)
{
	node_need(store_begin(node->store), "begin");
}

static inline void node_commit(struct node *node)
{
	node_need(pact_save(node->pact), "save");
	node_need(store_commit(node->store), "commit");
}

/* Puts the agreement of a made record in force. The store is made unless it is there. */
static inline void node_start(struct node *node, struct build *build, size_t self)
{
	struct fault fault = {0};
	char name[32];
	static unsigned made;
	node->build = build;
	node->self = self;
	snprintf(name, sizeof(name), "store-%u", made++);
	if (node->store == NULL)
		node_need(store_open(&node->store, folder_path(name), &fault), fault.detail);
	node->keys = node_keys(&build->parties[self]);
	node_begin(node);
	node_need(pact_store(node->store, node->number, build->terms), "agreement");
	node_need(store_commit(node->store), "commit");
	node_reload(node);
}

static inline void node_end(struct node *node)
{
	pact_free(node->pact);
	keys_free(node->keys);
	store_close(node->store);
	*node = (struct node){0};
}

/* Appends any bytes to a log, as what the log has proved. */
static inline void node_append(struct node *node, size_t party, struct bytes note)
{
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct pact_entry entry = {.party = party, .note = note, .prepared = prepared};
	if (prepared == NULL)
		abort();
	tree_leaf_hash(note, &entry.leaf);
	judge_prepare(prepared, node->pact->cards, party, node->pact->logs[party].ledger.size, note);
	node_need(pact_append(node->pact, &entry), "append");
	free(prepared);
}

/* Appends what a made log has and the node lacks. */
static inline void node_follow(struct node *node, size_t party)
{
	struct buffer note = {0};
	for (uint64_t i = node->pact->logs[party].ledger.size; i < node->build->parties[party].size; i++) {
		buffer_clear(&note);
		build_entry(node->build, party, i, &note);
		node_append(node, party, buffer_bytes(&note));
	}
	buffer_free(&note);
}

/* Appends to the own log, or not: as the verdict says. */
static inline struct judge_verdict node_write(struct node *node, struct bytes note)
{
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct pact_entry entry = {.party = node->self, .note = note, .prepared = prepared};
	struct judge_verdict verdict;
	if (prepared == NULL)
		abort();
	tree_leaf_hash(note, &entry.leaf);
	judge_prepare(prepared, node->pact->cards, node->self, node->pact->logs[node->self].ledger.size, note);
	node_need(pact_append_own(node->pact, &entry, &verdict), "append to the own log");
	free(prepared);
	return verdict;
}

/* Cosigns all of a log that it holds, at that time. */
static inline void node_cosign(struct node *node, size_t party, int64_t time)
{
	struct buffer note = {0};
	build_checkpoint(node->build, party, node->pact->logs[party].ledger.size, 0, &note);
	node_need(pact_cosign(node->pact, party, buffer_bytes(&note), time), "cosign");
	buffer_free(&note);
}

#endif

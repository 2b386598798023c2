/*
 * intake: takes a log in up to a checkpoint, from its bundles, whether another node serves them (fetch.c) or a file
 * holds them.
 */
#include <stdlib.h>

#include "state.h"

struct tile intake_wants(const struct intake *intake)
{
	return (struct tile){-1, intake->bundle, tile_width(-1, intake->bundle, intake->size)};
}

/* Starts a pass over the bundles from the size that we hold on. */
static void begin_pass(const struct relation *relation, struct intake *intake, unsigned pass)
{
	const struct pact_log *log = &relation->pact->logs[intake->log];
	intake->pass = pass;
	intake->bundle = intake->first = log->ledger.size / TILE_WIDTH;
	intake->frontier = log->ledger.frontier;
	intake->owing = false;
	intake->bytes = 0;
	if (pass == 1) {
		intake->held = log->ledger.size;
		intake->pending = log->pending_size;
		buffer_clear(&intake->digests);
	}
}

/* The pending checkpoint of another's log binds it: what is taken in must go on from that. */
static enum rule check_pending(const struct pact_log *log, const struct intake *intake)
{
	struct hash root;
	if (intake->pass != 1 || !log->has_pending || log->pending_size != intake->frontier.size)
		return RULE_OK;
	tree_root(&intake->frontier, &root);
	return memcmp(root.bytes, log->pending_root.bytes, SHA256_SIZE) == 0 ? RULE_OK : RULE_TREE_PROOF;
}

/* Reads the entries of a bundle that are missing here, hashing them; in the second pass (`adding`) appends them. */
static enum rule take_entries(struct relation *relation, struct intake *intake, struct bytes body,
	struct adding *adding)
{
	struct cursor bundle = cursor_of(body);
	uint64_t index = intake->bundle * TILE_WIDTH;
	unsigned width = tile_width(-1, intake->bundle, intake->size);
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < width && rule == RULE_OK; i++, index++) {
		struct bytes note = bundle_next(&bundle);
		struct hash leaf;
		if (bundle.rule != RULE_OK || index < intake->frontier.size)
			continue;
		tree_leaf_hash(note, &leaf);
		tree_append(&intake->frontier, &leaf);
		rule = check_pending(&relation->pact->logs[intake->log], intake);
		intake->bytes += note.size;
		/* of a log that is longer than it may be nothing is stored */
		if (rule == RULE_OK && intake->pass == 1 && intake->bytes > pact_room(relation->pact, intake->log))
			rule = RULE_LOG_LIMIT;
		if (rule == RULE_OK && adding != NULL)
			rule = adding_take(adding, note, &leaf);
	}
	if (rule == RULE_OK)
		rule = cursor_end(&bundle);
	return rule == RULE_OK && adding != NULL ? adding_flush(adding) : rule;
}

/* It is all there: our own log goes on from it, another's is cosigned. */
static enum rule finish(struct keeper *keeper, struct relation *relation, struct intake *intake)
{
	struct pact *pact = relation->pact;
	struct pact_log *log = &pact->logs[intake->log];
	struct bytes note = buffer_bytes(&intake->note);
	intake->pass = 0;
	if (intake->log == pact->self)
		return pact_take_checkpoint(pact, note);
	enum rule rule = pact_cosign(pact, intake->log, note, keeper_now(keeper));
	if (rule != RULE_OK)
		return rule;
	log->advanced = true;
	/* and what was pushed before and not cosigned */
	log->owing = log->owing || intake->owing || log->came;
	log->came = false;
	return RULE_OK;
}

static enum rule end_pass(struct keeper *keeper, struct relation *relation, struct intake *intake)
{
	struct hash root;
	enum rule rule = RULE_OK;
	tree_root(&intake->frontier, &root);
	if (intake->pass == 2)
		return finish(keeper, relation, intake);
	if (memcmp(root.bytes, intake->root.bytes, SHA256_SIZE) != 0)
		return RULE_TREE_PROOF;
	/* from here on what its owner pushes must go on from this */
	if (intake->log != relation->pact->self)
		rule = pact_put_pending(relation->pact, intake->log, buffer_bytes(&intake->note));
	begin_pass(relation, intake, 2);
	return rule;
}

/* Ends the passes that have all they need. */
static enum rule go_on(struct keeper *keeper, struct relation *relation, struct intake *intake)
{
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && intake->pass != 0 && intake->frontier.size == intake->size)
		rule = end_pass(keeper, relation, intake);
	if (rule != RULE_OK)
		intake->pass = 0;
	return rule;
}

enum rule intake_begin(struct keeper *keeper, struct relation *relation, struct intake *intake,
	const struct checkpoint *shown, struct bytes note)
{
	intake->size = shown->size;
	memcpy(intake->root.bytes, shown->root, SHA256_SIZE);
	buffer_clear(&intake->note);
	buffer_add(&intake->note, note);
	if (intake->note.rule != RULE_OK)
		return intake->note.rule;
	begin_pass(relation, intake, 1);
	return go_on(keeper, relation, intake);
}

/* The owner, or another way, has brought more of the log since: what was proved may not go on from that. */
static bool overtaken(const struct relation *relation, const struct intake *intake)
{
	const struct pact_log *log = &relation->pact->logs[intake->log];
	if (intake->pass == 2)
		return log->ledger.size != intake->frontier.size;
	return log->ledger.size != intake->held || log->pending_size != intake->pending;
}

/* Is this the bundle of the first pass? In the first pass: keeps its digest. */
static enum rule check_digest(struct intake *intake, struct bytes body)
{
	uint8_t digest[SHA256_SIZE];
	size_t at = (size_t)(intake->bundle - intake->first) * SHA256_SIZE;
	sha256(body, digest);
	if (intake->pass == 1) {
		buffer_add(&intake->digests, bytes_of(digest, sizeof(digest)));
		return intake->digests.rule;
	}
	bool same = at + sizeof(digest) <= intake->digests.size &&
		memcmp(intake->digests.data + at, digest, sizeof(digest)) == 0;
	return same ? RULE_OK : RULE_TREE_PROOF;
}

enum rule intake_bundle(struct keeper *keeper, struct relation *relation, struct intake *intake, struct bytes body)
{
	struct adding *adding = NULL;
	enum rule rule = overtaken(relation, intake) ? RULE_INTAKE_OVERTAKEN : check_digest(intake, body);
	if (rule == RULE_OK && intake->pass == 2 && (adding = adding_begin(keeper, relation, intake->log)) == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK)
		rule = take_entries(relation, intake, body, adding);
	if (rule != RULE_OK) {
		intake->pass = 0;
		return rule;
	}
	intake->owing = intake->owing || (adding != NULL && adding->owing);
	intake->bundle++;
	return go_on(keeper, relation, intake);
}

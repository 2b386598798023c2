/*
 * forks: two histories of one log (docs/spec/fork). Every checkpoint that is shown of a log is compared with what is
 * held of it; of what contradicts nothing is stored but the evidence, once for each log.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fork.h"
#include "pact_parts.h"
#include "state.h"

static void value_of(const struct relation *relation, size_t log, char name[VALUE_NAME_MAX])
{
	pact_value_name(name, pact_log_number(relation->pact, log), "fork");
}

enum rule forks_evidence(const struct relation *relation, size_t log, struct buffer *to)
{
	char name[VALUE_NAME_MAX];
	value_of(relation, log, name);
	return store_value_get(relation->pact->store, name, to);
}

enum rule forks_load(struct relation *relation)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < relation->pact->parties && rule == RULE_OK; i++) {
		struct buffer evidence = {0};
		rule = forks_evidence(relation, i, &evidence);
		relation->peers[i].forks = rule == RULE_OK;
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
		buffer_free(&evidence);
	}
	return rule;
}

void forks_doubt(struct relation *relation, size_t log)
{
	struct peer *peer = &relation->peers[log];
	if (!peer->doubted && !peer->forks)
		fetch_say(relation, log, "offers a checkpoint of its log and does not show that it goes on from the last: "
			"refused; ask it");
	peer->doubted = true;
}

/* The card whose log key signed a checkpoint; NULL: none did, or it could not be read. */
static const struct party_card *signer(const struct relation *relation, size_t log, struct bytes bytes)
{
	struct note *note = malloc(sizeof(*note));
	const struct party_card *card = NULL;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, bytes);
	for (size_t n = 0; rule == RULE_OK && (card = pact_card(relation->pact, log, n)) != NULL; n++) {
		if (note_verify(note, &card->log) == RULE_OK)
			break;
	}
	free(note);
	return card;
}

static void add_cards(const struct relation *relation, size_t log, struct fork *fork)
{
	const struct party_card *older = signer(relation, log, fork->older);
	const struct party_card *newer = signer(relation, log, fork->newer);
	if (older != NULL)
		fork->cards[fork->card_count++] = older->card.note;
	if (newer != NULL && newer != older)
		fork->cards[fork->card_count++] = newer->card.note;
}

/* Keeps what is proved by itself; what is not would be a fault of ours, or of whoever gave the tiles. */
static void keep(struct keeper *keeper, struct relation *relation, size_t log, struct fork *fork)
{
	struct peer *peer = &relation->peers[log];
	struct buffer evidence = {0};
	struct fork_proved proved;
	char name[VALUE_NAME_MAX];
	fork->origin = bytes_string(terms_origin(relation->pact->terms, log));
	add_cards(relation, log, fork);
	enum rule rule = fork->card_count == 0 ? RULE_NOTE_UNSIGNED : fork_verify(fork, &proved, NULL);
	if (rule == RULE_OK) {
		fork_write(&evidence, fork);
		value_of(relation, log, name);
		rule = evidence.rule == RULE_OK ? store_value_put(relation->pact->store, name, buffer_bytes(&evidence))
			: evidence.rule;
	}
	buffer_free(&evidence);
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule == RULE_OK) {
		peer->forks = true;
		fetch_say(relation, log, "signed two histories of its log: the second is refused, the evidence is kept "
			"('detente publish --fork' prints it)");
	} else {
		forks_doubt(relation, log);
	}
}

void forks_offered(struct keeper *keeper, struct relation *relation, size_t log, const struct mirror_accepted *offered)
{
	struct fork fork = {.older = buffer_bytes(&relation->pact->logs[log].pending), .newer = offered->note,
		.sizes_differ = offered->sizes_differ, .root = offered->other_root, .path = offered->path};
	if (!relation->peers[log].forks)
		keep(keeper, relation, log, &fork);
}

bool forks_proved(struct keeper *keeper, struct relation *relation, size_t log, struct bytes note,
	const struct fork_proof *proof)
{
	struct fork fork = {.older = buffer_bytes(&relation->pact->logs[log].checkpoint), .newer = note,
		.sizes_differ = true, .root = proof->root, .path = proof->path};
	if (!relation->peers[log].forks)
		keep(keeper, relation, log, &fork);
	return relation->peers[log].forks;
}

/* The smallest signed checkpoint of what is held that covers `size`. RULE_NOT_FOUND. */
static enum rule covering(const struct relation *relation, size_t log, uint64_t size, uint64_t *found,
	struct buffer *note)
{
	const struct pact *pact = relation->pact;
	const struct pact_log *held = &pact->logs[log];
	enum rule rule = store_checkpoint_get(pact->store, pact_log_number(pact, log), size, found, note);
	if (rule == RULE_NOT_FOUND && held->has_pending && held->pending_size >= size &&
	    held->pending_size <= held->ledger.size) {
		*found = held->pending_size;
		buffer_add(note, buffer_bytes(&held->pending));
		rule = note->rule;
	}
	return rule;
}

/* Shown is not larger than what is held, and another root than ours: what we hold proves it. */
static void prove_held(struct keeper *keeper, struct relation *relation, size_t log, const struct checkpoint *shown,
	struct bytes note)
{
	struct ledger *ledger = &relation->pact->logs[log].ledger;
	struct buffer held = {0};
	struct fork fork = {.older = note};
	uint64_t size;
	enum rule rule = covering(relation, log, shown->size, &size, &held);
	if (rule == RULE_OK)
		rule = tree_range_root(&ledger->tree, 0, shown->size, &fork.root);
	if (rule == RULE_OK)
		rule = tree_prove_consistency(&ledger->tree, shown->size, size, &fork.path);
	fork.newer = buffer_bytes(&held);
	fork.sizes_differ = rule == RULE_OK && size != shown->size;
	if (rule == RULE_OK)
		keep(keeper, relation, log, &fork);
	else if (rule == RULE_NOT_FOUND)
		forks_doubt(relation, log); /* its entries are still on their way */
	else
		turn_fail(keeper, rule);
	buffer_free(&held);
}

bool forks_contradicts(struct keeper *keeper, struct relation *relation, size_t log, const struct checkpoint *shown,
	struct bytes note)
{
	struct pact_log *held = &relation->pact->logs[log];
	struct hash root = held->pending_root;
	enum rule rule = RULE_OK;
	bool pending = held->has_pending && held->pending_size == shown->size;
	if (shown->size == 0 || (shown->size > held->ledger.size && !pending))
		return false;
	if (shown->size <= held->ledger.size)
		rule = tree_range_root(&held->ledger.tree, 0, shown->size, &root);
	turn_fail(keeper, rule);
	if (rule != RULE_OK || memcmp(root.bytes, shown->root, SHA256_SIZE) == 0)
		return false;
	if (relation->peers[log].forks)
		return true;
	if (shown->size > held->ledger.size) {
		struct fork fork = {.older = buffer_bytes(&held->pending), .newer = note};
		keep(keeper, relation, log, &fork);
	} else {
		prove_held(keeper, relation, log, shown, note);
	}
	return true;
}

/* ---- a larger checkpoint whose entries do not go on from ours: its tiles prove it ---- */

#define PROVING_TILES_MAX 40 /* a consistency proof reads fewer: at most four on each of eight levels */

struct proving {
	size_t log;
	struct buffer note;
	struct checkpoint shown; /* views the note */
	uint64_t old; /* size of the newest checkpoint of ours, which it must go on from */
	struct tile wanted;
	struct tile_source source;
	struct { struct tile tile; uint8_t hashes[TILE_SIZE]; } tiles[PROVING_TILES_MAX];
	size_t count;
};

void proving_free(struct proving *proving)
{
	if (proving != NULL)
		buffer_free(&proving->note);
	free(proving);
}

static enum rule read_tile(void *context, const struct tile *tile, uint8_t to[TILE_SIZE])
{
	struct proving *proving = context;
	for (size_t i = 0; i < proving->count; i++) {
		if (proving->tiles[i].tile.level == tile->level && proving->tiles[i].tile.index == tile->index) {
			memcpy(to, proving->tiles[i].hashes, (size_t)tile->width * SHA256_SIZE);
			return RULE_OK;
		}
	}
	proving->wanted = *tile;
	return RULE_NOT_FOUND;
}

/* As far as the tiles go that have come: *fork is its proof. RULE_NOT_FOUND: proving->wanted is missing. */
static enum rule prove(struct proving *proving, struct fork *fork)
{
	struct tree_reader reader = tile_reader(&proving->source);
	struct tree_step step = {.old_size = proving->old, .new_size = proving->shown.size};
	enum rule rule = tree_range_root(&reader, 0, proving->old, &fork->root);
	if (rule == RULE_OK)
		rule = tree_prove_consistency(&reader, proving->old, proving->shown.size, &fork->path);
	if (rule != RULE_OK)
		return rule;
	step.old_root = fork->root;
	memcpy(step.new_root.bytes, proving->shown.root, SHA256_SIZE);
	return tree_verify_consistency(&fork->path, &step);
}

/* Ends, or goes on to the next tile. */
static void step(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct proving *proving = peer->proving;
	const struct pact_log *log = &relation->pact->logs[proving->log];
	struct fork fork = {.sizes_differ = true, .older = buffer_bytes(&log->checkpoint),
		.newer = buffer_bytes(&proving->note)};
	enum rule rule = log->size != proving->old || relation->peers[proving->log].forks ? RULE_INTAKE_OVERTAKEN
		: prove(proving, &fork);
	if (rule == RULE_NOT_FOUND && proving->count < PROVING_TILES_MAX)
		return;
	if (rule == RULE_OK && memcmp(fork.root.bytes, log->root.bytes, SHA256_SIZE) != 0)
		keep(keeper, relation, proving->log, &fork);
	else if (rule != RULE_INTAKE_OVERTAKEN)
		fetch_say(relation, party, "gave entries that do not lead to the checkpoint it showed: not taken");
	proving_free(proving);
	peer->proving = NULL;
}

void forks_prove(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	const struct intake *fetch = &peer->fetch;
	const struct pact_log *log = &relation->pact->logs[fetch->log];
	if (peer->proving != NULL || relation->peers[fetch->log].forks)
		return;
	if (log->size == 0 || fetch->size <= log->size) {
		forks_doubt(relation, fetch->log);
		return;
	}
	struct proving *proving = peer->proving = calloc(1, sizeof(*proving));
	if (proving == NULL) {
		turn_fail(keeper, RULE_MEMORY);
		return;
	}
	proving->log = fetch->log;
	proving->old = log->size;
	proving->source = (struct tile_source){.hashes = read_tile, .context = proving, .size = fetch->size};
	buffer_add(&proving->note, buffer_bytes(&fetch->note));
	enum rule rule = proving->note.rule;
	if (rule == RULE_OK)
		rule = pact_checkpoint_of(buffer_bytes(&proving->note), &proving->shown);
	turn_fail(keeper, rule);
	if (rule == RULE_OK)
		step(keeper, relation, party);
}

struct tile forks_wants(const struct proving *proving, size_t *log)
{
	*log = proving->log;
	return proving->wanted;
}

void forks_tile(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body)
{
	struct proving *proving = relation->peers[party].proving;
	size_t size = (size_t)proving->wanted.width * SHA256_SIZE;
	if (body.size == size) {
		proving->tiles[proving->count].tile = proving->wanted;
		memcpy(proving->tiles[proving->count++].hashes, body.data, size);
	} else {
		proving->count = PROVING_TILES_MAX; /* none that could help */
	}
	step(keeper, relation, party);
}

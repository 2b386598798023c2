/*
 * courier_out: a courier file (docs/spec/courier): what another party lacks, as far as its own signed words tell, of
 * the logs that are held here. Arguments of "courier-out", which is answered by FILE frames of one file:
 *
 *   to (party), whole (flag): all of every log, its own included
 */
#include <stdlib.h>

#include "command.h"
#include "courier.h"

#define PIECE_SIZE ((size_t)1 << 20) /* bytes of a frame, and a bundle more */
#define PIECE_BUNDLES 16             /* bundles of a turn */

struct packing {
	struct relation *relation;
	size_t parties, to;
	struct sha256_stream *digest;
	/* what goes along of each log: its checkpoint; its entries from bundle `first` on */
	struct {
		struct buffer note;
		uint64_t size, first;
		bool entries;
	} logs[AGREEMENT_PARTIES_MAX];
	struct buffer piece; /* that is to go out next */
	size_t log;          /* whose log is under way; whether its checkpoint is written; its next bundle */
	bool begun;
	uint64_t bundle;
};

void packing_free(struct packing *packing)
{
	for (size_t i = 0; packing != NULL && i < packing->parties; i++)
		buffer_free(&packing->logs[i].note);
	if (packing != NULL) {
		sha256_drop(packing->digest);
		buffer_free(&packing->piece);
	}
	free(packing);
}

/* How much of a log the other party holds for certain: as it cosigned it, or as its own entries say that it saw it. */
static enum rule held_there(struct pact *pact, size_t there, size_t log, uint64_t *size)
{
	uint64_t cosigned = 0;
	int64_t time;
	enum rule rule = RULE_NOT_FOUND;
	*size = pact->logs[there].judge.seen[log].size;
	if (log == pact->self)
		rule = pact_cosigned_size(pact, there, &cosigned, &time);
	if (rule == RULE_OK && cosigned > *size)
		*size = cosigned;
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* What goes along of a log. */
static enum rule choose(struct packing *packing, size_t party, bool all)
{
	struct pact *pact = packing->relation->pact;
	const struct pact_log *log = &pact->logs[party];
	uint64_t held = 0;
	enum rule rule = RULE_OK;
	if (log->checkpoint.size == 0)
		return RULE_OK; /* nothing was ever signed of it */
	if (!all && party != packing->to)
		rule = held_there(pact, packing->to, party, &held);
	buffer_add(&packing->logs[party].note, buffer_bytes(&log->checkpoint));
	packing->logs[party].size = log->size;
	packing->logs[party].first = held / TILE_WIDTH;
	packing->logs[party].entries = (all || party != packing->to) && held < log->size;
	return rule == RULE_OK ? packing->logs[party].note.rule : rule;
}

static void write_head(struct keeper *keeper, struct packing *packing)
{
	const struct pact *pact = packing->relation->pact;
	struct courier_head head = {.made = keeper_now(keeper)};
	random_fill(keeper->options->random, head.id, sizeof(head.id));
	memcpy(head.agreement, terms_agreement(pact->terms)->digest, SHA256_SIZE);
	bytes_to_string(terms_party(pact->terms, pact->self), head.from, sizeof(head.from));
	bytes_to_string(terms_party(pact->terms, packing->to), head.to, sizeof(head.to));
	courier_write_head(&packing->piece, &head);
}

static enum rule begin(struct keeper *keeper, struct command *command, struct relation *relation)
{
	struct pact *pact = relation->pact;
	size_t to = terms_party_find(pact->terms, command_argument(command, "to"));
	enum rule rule = RULE_OK;
	if (to == pact->parties || to == pact->self)
		return RULE_COURIER_PARTY;
	struct packing *packing = command->packing = calloc(1, sizeof(*packing));
	if (packing == NULL || (packing->digest = sha256_begin()) == NULL)
		return RULE_MEMORY;
	packing->relation = relation;
	packing->parties = pact->parties;
	packing->to = to;
	for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++)
		rule = choose(packing, i, command_flag(command, "whole"));
	write_head(keeper, packing);
	return rule == RULE_OK ? packing->piece.rule : rule;
}

/* What was written of a log, in words. */
static void say_log(struct keeper *keeper, struct command *command)
{
	const struct packing *packing = command->packing;
	struct bytes name = terms_party(packing->relation->pact->terms, packing->log);
	uint64_t first = packing->logs[packing->log].first * TILE_WIDTH, size = packing->logs[packing->log].size;
	if (packing->logs[packing->log].entries)
		command_say(keeper, command, "log of %.*s: entries %llu to %llu", BYTES_SHOWN(name),
			(unsigned long long)first, (unsigned long long)size - 1);
	else
		command_say(keeper, command, "log of %.*s: its checkpoint of %llu entries", BYTES_SHOWN(name),
			(unsigned long long)size);
}

/* Adds a bundle, or what stands before the first one. *ended: the log is written. */
static enum rule pack_next(struct packing *packing, bool *ended)
{
	struct pact_log *log = &packing->relation->pact->logs[packing->log];
	struct buffer bundle = {0};
	uint64_t size = packing->logs[packing->log].size;
	if (!packing->begun) {
		courier_write_checkpoint(&packing->piece, packing->logs[packing->log].note.size);
		buffer_add(&packing->piece, buffer_bytes(&packing->logs[packing->log].note));
		packing->begun = true;
		packing->bundle = packing->logs[packing->log].first;
	}
	struct tile tile = {-1, packing->bundle, tile_width(-1, packing->bundle, size)};
	*ended = !packing->logs[packing->log].entries || tile.width == 0;
	if (*ended)
		return packing->piece.rule;
	enum rule rule = ledger_tile(&log->ledger, &tile, &bundle);
	if (rule == RULE_OK) {
		courier_write_entries(&packing->piece, packing->bundle, bundle.size);
		buffer_add(&packing->piece, buffer_bytes(&bundle));
		packing->bundle++;
	}
	buffer_free(&bundle);
	return rule == RULE_OK ? packing->piece.rule : rule;
}

static enum rule pack_logs(struct keeper *keeper, struct command *command)
{
	struct packing *packing = command->packing;
	enum rule rule = RULE_OK;
	for (int i = 0; i < PIECE_BUNDLES && packing->log < packing->parties && packing->piece.size < PIECE_SIZE &&
	    rule == RULE_OK; i++) {
		bool ended = packing->logs[packing->log].note.size == 0;
		if (!ended)
			rule = pack_next(packing, &ended);
		if (rule != RULE_OK || !ended)
			continue;
		if (packing->begun)
			say_log(keeper, command);
		packing->log++;
		packing->begun = false;
	}
	return rule;
}

/* Sends what is written; at the end its digest too. */
static enum rule send_piece(struct command *command, bool last)
{
	struct packing *packing = command->packing;
	uint8_t digest[SHA256_SIZE];
	if (packing->piece.rule == RULE_OK)
		sha256_more(packing->digest, buffer_bytes(&packing->piece));
	if (last) {
		sha256_finish(packing->digest, digest);
		packing->digest = NULL;
		courier_write_end(&packing->piece, digest);
	}
	enum rule rule = packing->piece.rule == RULE_OK
		? command_file(command, "courier", buffer_bytes(&packing->piece)) : packing->piece.rule;
	buffer_clear(&packing->piece);
	return rule;
}

void command_courier_out(struct keeper *keeper, struct command *command)
{
	bool first = command->packing == NULL;
	struct relation *relation = first ? command_relation(keeper, command) : command->packing->relation;
	if (relation == NULL)
		return;
	enum rule rule = first ? begin(keeper, command, relation) : keeper->stop ? RULE_IPC_CLOSED : RULE_OK;
	/* where the store cannot be read again there is no agreement any more */
	if (rule == RULE_OK && relation->pact == NULL)
		rule = RULE_STORE_CORRUPT;
	if (rule == RULE_OK)
		rule = pack_logs(keeper, command);
	bool last = rule == RULE_OK && command->packing->log == command->packing->parties;
	if (rule == RULE_OK)
		rule = send_piece(command, last);
	if (rule != RULE_OK) {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, command_argument(command, "to"));
		command_refuse(keeper, command, "courier out", &fault,
			rule == RULE_COURIER_PARTY ? "--to names another party of the agreement" : NULL);
	} else if (last) {
		command_done(keeper, command, 0);
	} else {
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	}
}

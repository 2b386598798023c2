/*
 * courier_out: a courier file (docs/spec/courier): what another party lacks, as far as its own signed words tell, of
 * the logs that are held here. Arguments of "courier-out", which is answered by FILE frames of one file:
 *
 *   to (party), whole (flag): all of every log, its own included
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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
	/* what goes along after the logs, ascending by digest; the next one, open while it goes out, how far it is */
	struct packed {
		uint8_t digest[SHA256_SIZE];
	} *attachments;
	size_t attachment_count, attachment_capacity, attachment;
	int file;
	uint64_t size, sent, attached; /* bytes: of the file; of it that went out; of all */
};

void packing_free(struct packing *packing)
{
	for (size_t i = 0; packing != NULL && i < packing->parties; i++)
		buffer_free(&packing->logs[i].note);
	if (packing != NULL) {
		sha256_drop(packing->digest);
		buffer_free(&packing->piece);
		free(packing->attachments);
		if (packing->file >= 0)
			close(packing->file);
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

/* ---- attachments ---- */

/* Does an entry that names it go to a desk of theirs, or with all come from one? */
static enum rule is_for(struct packing *packing, const uint8_t digest[SHA256_SIZE], bool all, bool *wanted)
{
	struct pact *pact = packing->relation->pact;
	struct pact_naming naming = {0};
	bool held = false;
	enum rule rule = all ? RULE_OK : pact_attachment_held(pact, packing->to, digest, &held);
	*wanted = false;
	if (rule != RULE_OK || held)
		return rule;
	for (; !*wanted && (rule = pact_attachment_named(pact, digest, &naming)) == RULE_OK; naming.index++)
		*wanted = pact_addressed(pact, &pact->head, packing->to) || (all && naming.party == packing->to);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule add_attachment(struct packing *packing, const uint8_t digest[SHA256_SIZE])
{
	if (packing->attachment_count == packing->attachment_capacity) {
		size_t capacity = packing->attachment_capacity == 0 ? 64 : 2 * packing->attachment_capacity;
		struct packed *more = realloc(packing->attachments, capacity * sizeof(*more));
		if (more == NULL)
			return RULE_MEMORY;
		packing->attachments = more;
		packing->attachment_capacity = capacity;
	}
	memcpy(packing->attachments[packing->attachment_count++].digest, digest, SHA256_SIZE);
	return RULE_OK;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

/* All that are held, are for the other party, and that it has not said it holds. */
static enum rule choose_attachments(struct keeper *keeper, struct packing *packing, bool all)
{
	struct attachment_list *list = NULL;
	uint8_t digest[SHA256_SIZE];
	enum rule rule = attachment_list_begin(&list, keeper->attachments);
	while (rule == RULE_OK && attachment_list_next(list, digest)) {
		bool wanted;
		rule = is_for(packing, digest, all, &wanted);
		if (rule == RULE_OK && wanted)
			rule = add_attachment(packing, digest);
	}
	attachment_list_end(list);
	if (packing->attachment_count > 0)
		qsort(packing->attachments, packing->attachment_count, sizeof(*packing->attachments), by_digest);
	return rule;
}

static enum rule read_piece(struct packing *packing)
{
	uint64_t left = packing->size - packing->sent;
	size_t size = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE, done = 0;
	uint8_t *bytes = buffer_extend(&packing->piece, size);
	while (bytes != NULL && done < size) {
		ssize_t got = pread(packing->file, bytes + done, size - done, (off_t)(packing->sent + done));
		if (got == 0 || (got < 0 && errno != EINTR))
			return got == 0 ? RULE_TRUNCATED : rule_of_errno(errno);
		done += got > 0 ? (size_t)got : 0;
	}
	packing->sent += size;
	return packing->piece.rule;
}

/* A piece of the attachment under way, or the line before the next one. */
static enum rule pack_attachments(struct keeper *keeper, struct command *command)
{
	struct packing *packing = command->packing;
	enum rule rule;
	if (packing->file < 0) {
		const uint8_t *digest = packing->attachments[packing->attachment].digest;
		rule = attachment_open(keeper->attachments, digest, &packing->file, &packing->size);
		packing->sent = 0;
		if (rule == RULE_OK)
			courier_write_attachment(&packing->piece, digest, packing->size);
	} else {
		rule = read_piece(packing);
	}
	if (rule != RULE_OK || packing->sent < packing->size)
		return rule;
	close(packing->file);
	packing->file = -1;
	packing->attached += packing->size;
	if (++packing->attachment == packing->attachment_count)
		TELL(keeper, command, W("attachments: {1}, {2} bytes"), NUMBER(packing->attachment_count),
			NUMBER(packing->attached));
	return RULE_OK;
}

/* ---- the file ---- */

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
	if (packing != NULL)
		packing->file = -1;
	if (packing == NULL || (packing->digest = sha256_begin()) == NULL)
		return RULE_MEMORY;
	packing->relation = relation;
	packing->parties = pact->parties;
	packing->to = to;
	for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++)
		rule = choose(packing, i, command_flag(command, "whole"));
	if (rule == RULE_OK)
		rule = choose_attachments(keeper, packing, command_flag(command, "whole"));
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
		TELL(keeper, command, W("log of {1}: entries {2} to {3}"), name, NUMBER(first), NUMBER(size - 1));
	else
		TELL(keeper, command, W("log of {1}: its checkpoint of {2} entries"), name, NUMBER(size));
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
	bool logs = rule == RULE_OK && command->packing->log < command->packing->parties;
	if (logs)
		rule = pack_logs(keeper, command);
	else if (rule == RULE_OK && command->packing->attachment < command->packing->attachment_count)
		rule = pack_attachments(keeper, command);
	bool last = rule == RULE_OK && command->packing->log == command->packing->parties &&
		command->packing->attachment == command->packing->attachment_count;
	if (rule == RULE_OK)
		rule = send_piece(command, last);
	if (rule != RULE_OK) {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, command_argument(command, "to"));
		command_refuse(keeper, command, "courier out", &fault,
			rule == RULE_COURIER_PARTY ? W("--to names another party of the agreement") : NULL);
	} else if (last) {
		command_done(keeper, command, 0);
	} else {
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	}
}

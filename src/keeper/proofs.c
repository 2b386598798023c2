/*
 * proofs: what can be shown to a third party. Arguments:
 *
 *   receipt   entry, by (party), policy (flag), wait (milliseconds)
 *   export    latest (flag): answered by FILE frames
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "export.h"
#include "handing.h"
#include "proof.h"

static void refuse(struct keeper *keeper, struct command *command, enum rule rule, const char *what, const char *advice)
{
	struct bytes entry = command_argument(command, "entry");
	struct fault fault = {0};
	fault_bytes(&fault, rule, 0, entry);
	command_refuse(keeper, command, what, &fault, advice);
}

enum rule proofs_receipt(struct pact *pact, size_t party, uint64_t index, size_t by, struct buffer *out)
{
	struct pact_receipt receipt = {.party = party, .by = by, .index = index};
	struct buffer note = {0};
	struct tree_path path;
	struct tlog_proof *proof = calloc(1, sizeof(*proof));
	enum rule rule = proof == NULL ? RULE_MEMORY : pact_receipt(pact, &receipt, &note);
	if (rule == RULE_OK)
		rule = tree_prove_inclusion(&pact->logs[party].ledger.tree, index, receipt.size, &path);
	if (rule == RULE_OK) {
		proof->index = index;
		proof->hash_count = path.count;
		for (size_t i = 0; i < path.count; i++)
			memcpy(proof->hashes[i], path.hashes[i].bytes, SHA256_SIZE);
		proof->checkpoint = buffer_bytes(&note);
		proof_write(out, proof);
		rule = out->rule;
	}
	buffer_free(&note);
	free(proof);
	return rule;
}

enum rule proofs_choose_by(struct pact *pact, const struct command *command, size_t party, uint64_t index, size_t *by)
{
	struct bytes name = command_argument(command, "by");
	struct buffer note = {0};
	enum rule rule = RULE_OK;
	*by = terms_party_find(pact->terms, name);
	if (name.data != NULL)
		return *by == pact->parties || *by == party ? RULE_NAME_PARTY : RULE_OK;
	struct entry *entry = malloc(sizeof(*entry));
	rule = entry == NULL ? RULE_MEMORY : ledger_entry(&pact->logs[party].ledger, index, &note);
	/* what is stored is no entry, perhaps; that it is stored can be proved all the same */
	if (rule == RULE_OK && entry_parse(entry, buffer_bytes(&note), NULL) == RULE_OK && entry->to_count > 0)
		*by = terms_party_find(pact->terms, name_party(entry->to[0]));
	if (*by >= pact->parties || *by == party)
		*by = party == 0 ? 1 : 0;
	free(entry);
	buffer_free(&note);
	return rule;
}

void command_receipt(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct buffer out = {0};
	size_t party, by;
	uint64_t index;
	if (relation == NULL)
		return;
	struct pact *pact = relation->pact;
	int64_t wait_ms = 0;
	enum rule rule = read_place(pact, command_argument(command, "entry"), &party, &index);
	if (rule == RULE_OK)
		rule = command_wait(command, &wait_ms);
	if (rule == RULE_OK && command_flag(command, "policy")) {
		export_policy(&out, pact->cards, party);
		rule = out.rule;
	} else if (rule == RULE_OK) {
		rule = proofs_choose_by(pact, command, party, index, &by);
		if (rule == RULE_OK && (rule = proofs_receipt(pact, party, index, by, &out)) == RULE_NOT_FOUND)
			rule = RULE_PROOFS_NO_RECEIPT;
	}
	if (command->deadline_ms == 0)
		command->deadline_ms = clock_steady_ms() + wait_ms;
	bool one_shot = keeper->options->client >= 0;
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&out));
		command_done(keeper, command, 0);
	} else if (rule == RULE_PROOFS_NO_RECEIPT && (one_shot ? line_awaited(keeper, command, wait_ms)
		: keeper->link != NULL && !keeper->stop && clock_steady_ms() < command->deadline_ms)) {
		command->parked = true;
	} else {
		refuse(keeper, command, rule, "receipt",
			rule == RULE_PROOFS_NO_RECEIPT ? W("'detente status' tells why") : NULL);
	}
	buffer_free(&out);
}

/* ---- export ---- */

/*
 * An export goes out in pieces, a few tiles a turn, and only while the client keeps up: the lines of the node come
 * first. What each log is exported up to is chosen at the start.
 */
#define EXPORT_TILES 4                     /* tiles of a turn: about a thousand entries */

struct exporting {
	struct relation *relation;
	size_t parties;
	uint64_t sizes[AGREEMENT_PARTIES_MAX];
	struct buffer notes[AGREEMENT_PARTIES_MAX];
	struct cards *cards; /* those that the entries exported bring */
	size_t party; /* whose log is under way */
	struct export_piece piece;
	struct handing *handing; /* the attachments, after the logs */
};

void exporting_free(struct exporting *exporting)
{
	for (size_t i = 0; exporting != NULL && i < exporting->parties; i++)
		buffer_free(&exporting->notes[i]);
	if (exporting != NULL)
		cards_free(exporting->cards);
	if (exporting != NULL)
		handing_free(exporting->handing);
	free(exporting);
}

static enum rule send_file(void *context, const char *path, struct bytes content)
{
	return command_file(context, path, content);
}

static enum rule export_entry(void *context, uint64_t index, struct buffer *to)
{
	return ledger_entry(context, index, to);
}

/* The newest checkpoint of a log that every other party cosigned, and as many witnesses as the text needs; with `latest`, the newest that is held. */
static enum rule choose_checkpoint(struct pact *pact, size_t party, bool latest, uint64_t *size, struct buffer *note)
{
	uint64_t below = UINT64_MAX;
	for (;;) {
		buffer_clear(note);
		enum rule rule = pact_checkpoint_below(pact, party, below, size, note);
		if (rule != RULE_OK || latest || (pact_cosigned_by_all(pact, party, buffer_bytes(note)) &&
		    pact_witnessed(pact, buffer_bytes(note))))
			return rule;
		below = *size;
	}
}

/* The evidence against parties that forked. */
static enum rule export_forks(struct relation *relation, const struct export_sink *sink)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < relation->pact->parties && rule == RULE_OK; i++) {
		struct buffer evidence = {0};
		rule = forks_evidence(relation, i, &evidence);
		if (rule == RULE_OK)
			rule = export_fork(relation->pact->terms, i, buffer_bytes(&evidence), sink);
		else if (rule == RULE_NOT_FOUND)
			rule = RULE_OK;
		buffer_free(&evidence);
	}
	return rule;
}

static enum rule export_begin(struct command *command, struct relation *relation, size_t *party)
{
	struct pact *pact = relation->pact;
	struct exporting *exporting = command->exporting = calloc(1, sizeof(*exporting));
	enum rule rule = exporting == NULL ? RULE_MEMORY : RULE_OK;
	if (rule != RULE_OK)
		return rule;
	exporting->relation = relation;
	exporting->parties = pact->parties;
	exporting->piece = (struct export_piece){{.level = EXPORT_BEGIN}, EXPORT_TILES};
	for (*party = 0; *party < pact->parties && rule == RULE_OK; ++*party)
		rule = choose_checkpoint(pact, *party, command_flag(command, "latest"), &exporting->sizes[*party],
			&exporting->notes[*party]);
	*party = rule == RULE_OK ? 0 : *party - 1;
	struct export_sink sink = {send_file, command};
	if (rule == RULE_NOT_FOUND)
		return RULE_PROOFS_NO_CHECKPOINT;
	if (rule == RULE_OK)
		rule = pact_cards_below(pact, exporting->sizes, &exporting->cards);
	if (rule == RULE_OK)
		rule = export_terms(pact->terms, &sink);
	if (rule == RULE_OK)
		rule = export_amended(cards_texts(exporting->cards), &sink);
	return rule == RULE_OK ? export_forks(relation, &sink) : rule;
}

/* Writes the next piece of the log under way, and goes to the next log when it is done. */
static enum rule export_piece(struct keeper *keeper, struct command *command)
{
	struct exporting *exporting = command->exporting;
	struct pact *pact = exporting->relation->pact;
	struct pact_log *log = &pact->logs[exporting->party];
	struct bytes name = terms_party(pact->terms, exporting->party);
	struct export_log out = {.size = exporting->sizes[exporting->party],
		.checkpoint = buffer_bytes(&exporting->notes[exporting->party]), .tree = log->ledger.tree, .entry = export_entry, .context = &log->ledger};
	struct export_sink sink = {send_file, command};
	out.beyond[pact->self].size = log->ledger.size > out.size ? log->ledger.size : 0;
	if (log->has_pending && log->pending_size > log->ledger.size && exporting->party != pact->self)
		out.beyond[exporting->party].size = log->pending_size; /* signed, and withheld */
	enum rule rule = export_log_piece(exporting->cards, exporting->party, &out, &sink, &exporting->piece);
	if (rule == RULE_OK && exporting->piece.place.level == TILE_LEVELS) {
		TELL(keeper, command, W("log of {1}: {2} entries"), name, NUMBER(out.size));
		exporting->party++;
		exporting->piece.place = (struct export_place){.level = EXPORT_BEGIN};
	}
	return rule;
}

static enum rule export_attachments(struct keeper *keeper, struct command *command, bool *done)
{
	struct exporting *exporting = command->exporting;
	enum rule rule = exporting->handing != NULL ? RULE_OK
		: handing_begin(&exporting->handing, keeper, exporting->relation, exporting->sizes);
	return rule == RULE_OK ? handing_piece(exporting->handing, keeper, command, done) : rule;
}

static void refuse_export(struct keeper *keeper, struct command *command, enum rule rule, size_t party)
{
	const struct exporting *exporting = command->exporting;
	struct fault fault = {0};
	/* where the store cannot be read again there is no agreement any more */
	if (exporting != NULL && exporting->relation->pact != NULL)
		fault_set(&fault, rule, 0, "log of %.*s", BYTES_SHOWN(terms_party(exporting->relation->pact->terms, party)));
	else
		fault_set(&fault, rule, 0, "%s", "");
	command_refuse(keeper, command, "export", &fault,
		rule == RULE_PROOFS_NO_CHECKPOINT ? W("wait for the other side's receipt, or take --latest") : NULL);
}

void command_export(struct keeper *keeper, struct command *command)
{
	struct relation *relation =
		command->exporting != NULL ? command->exporting->relation : command_relation(keeper, command);
	size_t party = 0;
	if (relation == NULL)
		return;
	enum rule rule = command->exporting == NULL ? export_begin(command, relation, &party)
		: keeper->stop ? RULE_IPC_CLOSED : RULE_OK;
	bool done = false;
	if (rule == RULE_OK && command->exporting->party < relation->pact->parties) {
		party = command->exporting->party;
		rule = export_piece(keeper, command);
	} else if (rule == RULE_OK) {
		rule = export_attachments(keeper, command, &done);
	}
	if (rule != RULE_OK) {
		refuse_export(keeper, command, rule, party);
	} else if (done) {
		command_done(keeper, command, 0);
	} else {
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || command_pours(command);
	}
}

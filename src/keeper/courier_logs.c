/*
 * courier_logs: takes in the logs of a courier file that was checked: a bundle a step, as if another node served it;
 * and the cosignatures over our own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "courier_in.h"

#define JUDGED_MAX 512 /* entries that waited and are judged at once */
#define WAIT_MS 5000 /* for the check before the first signature */

/* Refuses a log; the others of the file stand for themselves. */
static void refuse_log(struct keeper *keeper, struct command *command, enum rule rule, const char *advice)
{
	struct unpacking *unpacking = command->unpacking;
	const struct courier_log *log = &unpacking->courier.logs[unpacking->log];
	struct fault fault = {0};
	struct buffer what = {0};
	WORDS(&what, "log of {1}", name_party(bytes_string(log->origin)));
	fault_bytes(&fault, rule, 0, buffer_bytes(&what));
	buffer_free(&what);
	unpack_say_refused(keeper, command, &fault, advice);
	unpacking->intake.pass = 0;
	unpacking->begun = false;
	unpacking->log++;
}

/* It is all there: says what came. */
static void end_log(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct pact *pact = unpacking->relation->pact;
	struct pact_log *log = &pact->logs[unpacking->party];
	struct bytes name = terms_party(pact->terms, unpacking->party);
	struct buffer line = {0};
	uint64_t came = log->ledger.size - unpacking->before;
	if (came > 0)
		WORDS(&line, "log of {1}: {2} entries, {3} now", name, NUMBER(came), NUMBER(log->ledger.size));
	else
		WORDS(&line, "log of {1}: nothing new, {2} entries", name, NUMBER(log->ledger.size));
	buffer_string(&line, "\n");
	if (line.rule == RULE_OK)
		command_out(keeper, command, buffer_bytes(&line));
	buffer_free(&line);
	log->owing = log->owing || (unpacking->owing && unpacking->party != pact->self);
	unpacking->owing = false;
	unpacking->begun = false;
	unpacking->log++;
}

static const char *const no_way = W("its entries do not lead from what is held here to the checkpoint: none was taken");

/* After a step of the intake: goes on, is done, or failed. */
static void stepped(struct keeper *keeper, struct command *command, enum rule rule)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule == RULE_TREE_PROOF && unpack_fork_begin(unpacking)) {
		unpacking->phase = UNPACK_FORK;
	} else if (rule != RULE_OK) {
		refuse_log(keeper, command, rule, rule == RULE_TREE_PROOF
			? no_way : W("none of its entries was taken"));
	} else if (unpacking->intake.pass == 0) {
		if (unpacking->party == relation->pact->self && keeper->link == NULL)
			relation->may_sign = keeper->options->without_mirrors && !relation->pact->keyless;
		if (unpacking->party == relation->pact->self)
			relation->peers[unpacking->from].ahead = false; /* as far as this file knows */
		end_log(keeper, command);
	}
}

enum rule unpack_bundle(struct unpacking *unpacking, uint64_t wanted)
{
	const struct courier_log *log = &unpacking->courier.logs[unpacking->log];
	struct courier_block block = {0};
	enum rule rule = RULE_OK;
	if (unpacking->next > wanted) { /* another pass begins */
		unpacking->at = log->entries;
		unpacking->next = log->first;
	}
	for (; unpacking->next <= wanted && rule == RULE_OK; unpacking->next++)
		rule = courier_block_at(&unpacking->courier, &unpacking->at, &block);
	if (rule == RULE_OK && (block.kind != COURIER_ENTRIES || block.bundle != wanted))
		rule = RULE_COURIER_DIGEST; /* it is not the file any more that was checked */
	return rule == RULE_OK ? courier_block_bytes(&unpacking->courier, &block, &unpacking->body) : rule;
}

/*
 * Begins with a verified checkpoint of more than is held, or than is cosigned. `note` is it.
 */
static void begin_intake(struct keeper *keeper, struct command *command, struct bytes note)
{
	struct unpacking *unpacking = command->unpacking;
	const struct courier_log *shown = &unpacking->courier.logs[unpacking->log];
	struct relation *relation = unpacking->relation;
	const struct pact_log *log = &relation->pact->logs[unpacking->party];
	struct checkpoint checkpoint = {.size = shown->size};
	bool own = unpacking->party == relation->pact->self;
	memcpy(checkpoint.root, shown->root.bytes, SHA256_SIZE);
	if (shown->size > log->ledger.size && (shown->count == 0 || shown->first > log->ledger.size / TILE_WIDTH)) {
		struct buffer advice = {0};
		struct bytes blanks[] = {NUMBER(log->ledger.size), NUMBER(shown->size),
			terms_party(relation->pact->terms, unpacking->from), bytes_string(keeper->party)};
		words_say(&advice, own ? W("{1} entries are held here, it shows {2}: have {3} make one with 'detente courier out "
			"FILE --to {4} --whole'; this home is an older copy, and signs nothing before its log is whole")
			: W("{1} entries are held here, it shows {2}: have {3} make one with 'detente courier out FILE --to {4} "
			"--whole'"), blanks, 4);
		buffer_u8(&advice, '\0');
		refuse_log(keeper, command, RULE_COURIER_ENTRIES, advice.rule == RULE_OK ? (const char *)advice.data : NULL);
		buffer_free(&advice);
		return;
	}
	unpacking->intake.log = unpacking->party;
	unpacking->at = shown->entries;
	unpacking->next = shown->first;
	stepped(keeper, command, intake_begin(keeper, relation, &unpacking->intake, &checkpoint, note));
}

/* Cosignatures over our own log, as far as we hold it: kept as a reply's would be. */
static enum rule keep_cosignatures(struct keeper *keeper, struct command *command, const struct note *note,
	const struct checkpoint *checkpoint)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	struct pact *pact = relation->pact;
	enum rule rule = RULE_OK;
	for (size_t by = 0; by < pact->parties && rule == RULE_OK; by++) {
		struct pact_cosigned cosigned;
		if (by == pact->self || pact_verify_mirror(pact, by, note, note->text, &cosigned) != RULE_OK)
			continue;
		rule = pact_add_cosignature(pact, by, checkpoint, cosigned.line);
		if (rule != RULE_OK || checkpoint->size <= relation->peers[by].push.cosigned)
			continue;
		peer_cosigned(keeper, relation, by, checkpoint->size, cosigned.time);
		struct buffer line = {0};
		WORDS(&line, "our log: {1} has stored {2} entries", terms_party(pact->terms, by), NUMBER(checkpoint->size));
		buffer_string(&line, "\n");
		command_out(keeper, command, buffer_bytes(&line));
		buffer_free(&line);
	}
	return rule;
}

/* Our own log, as the other side holds it. */
static void begin_own(struct keeper *keeper, struct command *command, const struct note *note,
	const struct checkpoint *checkpoint)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct hash root;
	if (checkpoint->size > own->ledger.size) {
		check_ahead(keeper, relation, unpacking->from, NULL);
		begin_intake(keeper, command, note->whole);
		return;
	}
	enum rule rule = tree_range_root(&own->ledger.tree, 0, checkpoint->size, &root);
	if (rule == RULE_OK && memcmp(root.bytes, checkpoint->root, SHA256_SIZE) != 0) {
		check_other_history(keeper, relation, unpacking->from);
		refuse_log(keeper, command, RULE_PACT_FORKED, W("restore this home from that mirror"));
		return;
	}
	if (rule == RULE_OK)
		rule = keep_cosignatures(keeper, command, note, checkpoint);
	turn_fail(keeper, rule);
	unpacking->begun = false;
	unpacking->log++;
}

/* A checkpoint of another's log that shows nothing that we lack. */
static void nothing_new(struct keeper *keeper, struct command *command, const struct note *note,
	const struct checkpoint *checkpoint)
{
	struct unpacking *unpacking = command->unpacking;
	struct pact *pact = unpacking->relation->pact;
	struct pact_log *log = &pact->logs[unpacking->party];
	enum rule rule = RULE_OK;
	/* entries were pushed without the last of them having come: up to here they are proved, and held */
	if (checkpoint->size > log->size) {
		rule = pact_cosign(pact, unpacking->party, note->whole, keeper_now(keeper));
		if (rule == RULE_PACT_LOG_KEY) {
			refuse_log(keeper, command, rule, NULL);
			return;
		}
		log->advanced = true;
		log->owing = log->owing || log->came;
	}
	turn_fail(keeper, rule);
	end_log(keeper, command);
}

static const char *const not_checked = W("this home was not closed in order, or is an older copy: "
	"'detente serve' compares it with the mirrors that can be reached; where none can be, have the other side "
	"send all with 'detente courier out FILE --whole', take that in with --without-mirrors");

static void begin_other(struct keeper *keeper, struct command *command, const struct note *note,
	const struct checkpoint *checkpoint)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	struct pact_log *log = &relation->pact->logs[unpacking->party];
	if (relation->forked) {
		refuse_log(keeper, command, RULE_PACT_FORKED, NULL);
	} else if (!relation->may_sign) {
		refuse_log(keeper, command, RULE_PACT_UNCHECKED, not_checked);
	} else if (forks_contradicts(keeper, relation, unpacking->party, checkpoint, note->whole)) {
		refuse_log(keeper, command, RULE_MIRROR_FORK, W("keep this file: it shows it"));
	} else if (checkpoint->size < log->ledger.size ||
	    (checkpoint->size == log->ledger.size && checkpoint->size <= log->size)) {
		nothing_new(keeper, command, note, checkpoint);
	} else if (log->has_pending && log->pending_size > checkpoint->size) {
		/* what is pending binds: nothing may go behind it */
		TELL(keeper, command, W("log of {1}: its node has announced {2} entries, this file is older: "
			"they come by the link, or with a newer file"),
			terms_party(relation->pact->terms, unpacking->party), NUMBER(log->pending_size));
		end_log(keeper, command);
	} else {
		begin_intake(keeper, command, note->whole);
	}
}

/* The checkpoint of the next log: of the agreement, and signed by the log. */
static enum rule read_checkpoint(struct unpacking *unpacking, struct note *note, struct checkpoint *checkpoint)
{
	const struct courier_log *log = &unpacking->courier.logs[unpacking->log];
	const struct terms *terms = unpacking->relation->pact->terms;
	struct courier_block block = {.kind = COURIER_CHECKPOINT, .offset = log->note_offset, .size = log->note_size};
	enum rule rule = note == NULL ? RULE_MEMORY
		: courier_block_bytes(&unpacking->courier, &block, &unpacking->body);
	unpacking->party = terms_origin_find(terms, bytes_string(log->origin));
	if (rule == RULE_OK && unpacking->party == terms_party_count(terms))
		return RULE_COURIER_LOG;
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, checkpoint, buffer_bytes(&unpacking->body));
	/* read anew: it must be what was checked */
	if (rule == RULE_OK && (checkpoint->size != log->size || !bytes_is(checkpoint->origin, log->origin) ||
	    memcmp(checkpoint->root, log->root.bytes, SHA256_SIZE) != 0))
		rule = RULE_COURIER_DIGEST;
	return rule == RULE_OK ? pact_verify_log(unpacking->relation->pact, unpacking->party, note) : rule;
}

static void begin_log(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	const struct pact *pact = unpacking->relation->pact;
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	enum rule rule = read_checkpoint(unpacking, note, &checkpoint);
	if (rule != RULE_OK) {
		refuse_log(keeper, command, rule, NULL);
		free(note);
		return;
	}
	if (!unpacking->begun)
		unpacking->before = pact->logs[unpacking->party].ledger.size;
	unpacking->begun = true;
	if (unpacking->party == pact->self)
		begin_own(keeper, command, note, &checkpoint);
	else
		begin_other(keeper, command, note, &checkpoint);
	free(note);
}

/* The check before the first signature is waited for as a writer would wait. */
static bool waits_for_check(const struct keeper *keeper, struct command *command)
{
	const struct unpacking *unpacking = command->unpacking;
	const struct relation *relation = unpacking->relation;
	bool own = bytes_is(bytes_string(unpacking->courier.logs[unpacking->log].origin),
		terms_origin(relation->pact->terms, relation->pact->self));
	int64_t now = clock_steady_ms();
	if (own || relation->forked || relation->may_sign || keeper->link == NULL)
		return false;
	if (command->deadline_ms == 0)
		command->deadline_ms = now + WAIT_MS;
	return now < command->deadline_ms;
}

static void say_progress(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	const struct intake *intake = &unpacking->intake;
	if (unpack_due(unpacking))
		TELL(keeper, command, intake->pass == 1 ? W("log of {1}: proved {2} of {3} entries")
			: W("log of {1}: stored {2} of {3} entries"),
			terms_party(unpacking->relation->pact->terms, unpacking->party), NUMBER(intake->frontier.size),
			NUMBER(intake->size));
}

/* The next bundle of the log under way. */
static void take_bundle(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	const struct intake *intake = &unpacking->intake;
	enum rule rule = unpack_bundle(unpacking, intake_wants(&unpacking->intake).index);
	if (rule != RULE_OK) { /* of the file, not of the store */
		refuse_log(keeper, command, rule, W("what was stored of it stays; take the file in again"));
		return;
	}
	rule = intake_bundle(keeper, unpacking->relation, &unpacking->intake, buffer_bytes(&unpacking->body));
	if (rule == RULE_INTAKE_OVERTAKEN) { /* by the link: it goes on from there */
		unpacking->owing = unpacking->owing || intake->owing;
		return;
	}
	say_progress(keeper, command);
	stepped(keeper, command, rule);
}

/* Its entries did not go on from ours: they may prove that its owner signed two histories. */
static void prove_fork(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	bool proved = false;
	enum rule rule = unpack_fork(keeper, unpacking, &proved);
	if (rule == RULE_OK && unpacking->phase == UNPACK_FORK)
		return;
	unpacking->phase = UNPACK_LOGS;
	refuse_log(keeper, command, proved ? RULE_MIRROR_FORK : RULE_TREE_PROOF,
		proved ? W("the evidence is kept: 'detente publish --fork' prints it") : no_way);
}

/* What names an attachment counts once it is judged, which may have waited for a log that came after its own. */
static enum step end_logs(struct keeper *keeper, struct unpacking *unpacking)
{
	bool more = false;
	turn_fail(keeper, pact_judge_rest(unpacking->relation->pact, JUDGED_MAX, &more));
	if (more)
		return STEP_NEXT_TURN;
	unpacking->phase = UNPACK_ATTACHMENTS;
	unpacking->next_at = unpacking->courier.attachments;
	unpacking->attachment = unpacking->attachments_came = 0;
	return STEP_ON;
}

enum step unpack_logs(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	if (unpacking->phase == UNPACK_FORK) {
		prove_fork(keeper, command);
	} else if (unpacking->intake.pass != 0) {
		take_bundle(keeper, command);
	} else if (unpacking->log == unpacking->courier.log_count) {
		return end_logs(keeper, unpacking);
	} else if (waits_for_check(keeper, command)) {
		return STEP_WAITS;
	} else {
		begin_log(keeper, command);
	}
	return STEP_ON;
}

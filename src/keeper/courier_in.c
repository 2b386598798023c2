/*
 * courier_in: takes in courier files (docs/spec/courier), whole ones and parts. Arguments of "courier-in":
 *
 *   name* (of the files, whose descriptors come with the command), agreement
 *
 * A file is checked whole before anything of it is used. Then its logs are taken in one after the other as if another
 * node served them: in pieces between turns, whatever the link brings meanwhile. Nothing is taken that is not proved.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "courier.h"

#define TURN_MS 100        /* of a turn with peers that wait */
#define TURN_ALONE_MS 1000 /* without */
#define PIECE ((uint64_t)1 << 20) /* bytes that are checked at once */
#define SAY_MS 2000        /* between two lines of progress */
#define WAIT_MS 5000       /* for the check before the first signature */

struct unpack_file {
	int descriptor; /* the command's */
	const char *name;
	uint64_t size;
	bool used, is_part;
	struct courier_part part;
};

enum unpack_phase { UNPACK_OPEN, UNPACK_PARTS, UNPACK_CHECK, UNPACK_LOGS };
enum step { STEP_ON, STEP_WAITS, STEP_ENDED };

struct unpacking {
	struct unpack_file files[COURIER_PARTS_MAX];
	char names[COURIER_PARTS_MAX][256];
	size_t file_count;
	/* the file under way, its parts in order */
	enum unpack_phase phase;
	struct unpack_file *parts[COURIER_PARTS_MAX];
	size_t part_count, part; /* part: whose digest is checked */
	uint64_t hashed;         /* of it */
	struct sha256_stream *digest;
	struct courier courier;
	struct relation *relation;
	size_t from;
	/* the log under way: of the file, of the agreement; how much was held; which bundle is next, and where */
	size_t log, party;
	bool begun;
	uint64_t before, next, at;
	bool owing; /* more than bookkeeping came before the intake was begun anew */
	struct intake intake;
	struct buffer body;
	bool refused; /* something was */
	int64_t said_ms;
};

void unpacking_free(struct unpacking *unpacking)
{
	if (unpacking == NULL)
		return;
	courier_close(&unpacking->courier);
	sha256_drop(unpacking->digest);
	buffer_free(&unpacking->intake.note);
	buffer_free(&unpacking->intake.digests);
	buffer_free(&unpacking->body);
	free(unpacking);
}

/* ---- files ---- */

static enum rule read_descriptor(int descriptor, uint64_t offset, uint8_t *to, size_t size)
{
	while (size > 0) {
		ssize_t got = pread(descriptor, to, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? RULE_TRUNCATED : rule_of_errno(errno);
		to += got;
		size -= (size_t)got;
		offset += (uint64_t)got;
	}
	return RULE_OK;
}

static enum rule read_one(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	return read_descriptor(((const struct unpack_file *)context)->descriptor, offset, to, size);
}

/* Of the pieces of all parts, one after the other. */
static enum rule read_parts(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	const struct unpacking *unpacking = context;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < unpacking->part_count && size > 0 && rule == RULE_OK; i++) {
		const struct unpack_file *file = unpacking->parts[i];
		uint64_t first = file->is_part ? file->part.offset : 0, all = file->is_part ? file->part.size : file->size;
		if (offset >= all) {
			offset -= all;
			continue;
		}
		size_t some = all - offset < size ? (size_t)(all - offset) : size;
		rule = read_descriptor(file->descriptor, first + offset, to, some);
		to += some;
		size -= some;
		offset = 0;
	}
	return rule == RULE_OK && size > 0 ? RULE_TRUNCATED : rule;
}

static enum rule look_at(struct unpack_file *file)
{
	struct stat status;
	uint8_t start[64];
	if (fstat(file->descriptor, &status) != 0)
		return rule_of_errno(errno);
	if (!S_ISREG(status.st_mode))
		return RULE_COURIER_FORM;
	file->size = (uint64_t)status.st_size;
	struct bytes bytes = bytes_of(start, file->size < sizeof(start) ? (size_t)file->size : sizeof(start));
	enum rule rule = read_descriptor(file->descriptor, 0, start, bytes.size);
	file->is_part = rule == RULE_OK && courier_part_is(bytes);
	if (file->is_part)
		rule = courier_part_read(&file->part, &(struct courier_source){read_one, file, file->size});
	return rule;
}

static void refuse(struct keeper *keeper, struct command *command, const char *name, const struct fault *fault,
	const char *advice)
{
	char what[300];
	snprintf(what, sizeof(what), "courier in: %s", name);
	command_refuse(keeper, command, what, fault, advice);
}

/* False after a refusal. */
static bool begin(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking = calloc(1, sizeof(*unpacking));
	struct fault fault = {.rule = RULE_MEMORY};
	const char *name = "";
	enum rule rule = unpacking == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK && (command->descriptor_count == 0 || command->descriptor_count > COURIER_PARTS_MAX))
		rule = RULE_LIMIT;
	for (size_t i = 0; rule == RULE_OK && i < command->descriptor_count; i++) {
		struct unpack_file *file = &unpacking->files[i];
		file->descriptor = command->descriptors[i];
		if (!bytes_to_string(command_argument_at(command, "name", i), unpacking->names[i],
			sizeof(unpacking->names[i])))
			snprintf(unpacking->names[i], sizeof(unpacking->names[i]), "file %zu", i + 1);
		name = file->name = unpacking->names[i];
		rule = look_at(file);
		unpacking->file_count++;
	}
	if (rule == RULE_OK)
		return true;
	fault_set(&fault, rule, 0, "%s", "");
	refuse(keeper, command, name, &fault, NULL);
	return false;
}

/* The parts of the file that `first` is of, in order. */
static enum rule gather(struct unpacking *unpacking, struct unpack_file *first, struct fault *fault)
{
	size_t count = 0;
	for (size_t i = 0; i < unpacking->file_count; i++) {
		struct unpack_file *file = &unpacking->files[i];
		if (!file->is_part || memcmp(file->part.id, first->part.id, COURIER_ID) != 0)
			continue;
		size_t at = count++;
		for (; at > 0 && unpacking->parts[at - 1]->part.number > file->part.number; at--)
			unpacking->parts[at] = unpacking->parts[at - 1];
		unpacking->parts[at] = file;
		file->used = true;
	}
	unpacking->part_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct unpack_file *file = unpacking->parts[i];
		if (file->part.number < i + 1)
			return fault_set(fault, RULE_COURIER_PARTS, 0, "%s and %s are both part %u",
				unpacking->parts[i - 1]->name, file->name, file->part.number);
		if (file->part.number > i + 1)
			return fault_set(fault, RULE_COURIER_PARTS, 0, "part %zu is missing", i + 1);
		if (file->part.last && i + 1 < count)
			return fault_set(fault, RULE_COURIER_PARTS, 0, "%s says that it is the last, %s that it follows",
				file->name, unpacking->parts[i + 1]->name);
	}
	return unpacking->parts[count - 1]->part.last ? RULE_OK
		: fault_set(fault, RULE_COURIER_PARTS, 0, "part %zu is missing", count + 1);
}

/* ---- a file ---- */

/* The agreement and the party that the head names. */
static enum rule find_relation(struct keeper *keeper, struct command *command, struct fault *fault)
{
	struct unpacking *unpacking = command->unpacking;
	const struct courier_head *head = &unpacking->courier.head;
	struct bytes label = command_argument(command, "agreement");
	unpacking->relation = NULL;
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct pact *pact = keeper->relations[i].pact;
		if (memcmp(terms_agreement(pact->terms)->digest, head->agreement, SHA256_SIZE) == 0 &&
		    (label.data == NULL || bytes_start(bytes_string(pact->label), label)))
			unpacking->relation = &keeper->relations[i];
	}
	if (unpacking->relation == NULL)
		return fault_set(fault, RULE_COURIER_AGREEMENT, 0, "%02x%02x%02x%02x...", head->agreement[0],
			head->agreement[1], head->agreement[2], head->agreement[3]);
	const struct pact *pact = unpacking->relation->pact;
	unpacking->from = terms_party_find(pact->terms, bytes_string(head->from));
	if (!bytes_is(terms_party(pact->terms, pact->self), head->to) || unpacking->from == pact->parties ||
	    unpacking->from == pact->self)
		return fault_set(fault, RULE_COURIER_PARTY, 0, "from %s to %s", head->from, head->to);
	return RULE_OK;
}

static const char *file_name(const struct unpacking *unpacking)
{
	return unpacking->parts[0]->name;
}

/* Opens the next file; after the last one the command is done. */
static enum step open_next(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct fault fault = {0};
	size_t next = 0;
	while (next < unpacking->file_count && unpacking->files[next].used)
		next++;
	if (next == unpacking->file_count) {
		command_done(keeper, command, unpacking->refused ? 1 : 0);
		return STEP_ENDED;
	}
	struct unpack_file *file = unpacking->parts[0] = &unpacking->files[next];
	unpacking->part_count = 1;
	file->used = true;
	enum rule rule = file->is_part ? gather(unpacking, file, &fault) : RULE_OK;
	struct courier_source source = {read_parts, unpacking, 0};
	for (size_t i = 0; i < unpacking->part_count; i++)
		source.size += unpacking->parts[i]->is_part ? unpacking->parts[i]->part.size : unpacking->parts[i]->size;
	courier_close(&unpacking->courier);
	if (rule == RULE_OK)
		rule = courier_open(&unpacking->courier, &source, &fault);
	if (rule == RULE_OK && file->is_part && memcmp(unpacking->courier.head.id, file->part.id, COURIER_ID) != 0)
		rule = fault_set(&fault, RULE_COURIER_PARTS, 0, "they are of another file than they say");
	if (rule == RULE_OK)
		rule = find_relation(keeper, command, &fault);
	if (rule != RULE_OK) {
		refuse(keeper, command, file_name(unpacking), &fault, NULL);
		return STEP_ENDED;
	}
	unpacking->phase = file->is_part ? UNPACK_PARTS : UNPACK_CHECK;
	unpacking->part = 0;
	unpacking->hashed = 0;
	return STEP_ON;
}

/* Hashes another piece of a part; at its end compares. So a damaged part is told by its name. */
static enum step check_part(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct unpack_file *file = unpacking->parts[unpacking->part];
	uint64_t left = file->part.offset + file->part.size - unpacking->hashed;
	uint8_t digest[SHA256_SIZE], *room;
	enum rule rule = RULE_OK;
	if (unpacking->digest == NULL && (unpacking->digest = sha256_begin()) == NULL)
		rule = RULE_MEMORY;
	size_t size = left < PIECE ? (size_t)left : (size_t)PIECE;
	buffer_clear(&unpacking->body);
	if (rule == RULE_OK && (room = buffer_extend(&unpacking->body, size)) == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK)
		rule = read_descriptor(file->descriptor, unpacking->hashed, room, size);
	if (rule == RULE_OK) {
		sha256_more(unpacking->digest, buffer_bytes(&unpacking->body));
		unpacking->hashed += size;
	}
	if (rule == RULE_OK && size == left) {
		sha256_finish(unpacking->digest, digest);
		unpacking->digest = NULL;
		unpacking->hashed = 0;
		if (memcmp(digest, file->part.digest, SHA256_SIZE) != 0)
			rule = RULE_COURIER_DIGEST;
		if (++unpacking->part == unpacking->part_count)
			unpacking->phase = UNPACK_CHECK;
	}
	if (rule == RULE_OK)
		return STEP_ON;
	refuse(keeper, command, file->name, &(struct fault){.rule = rule}, "it came damaged: bring it again");
	return STEP_ENDED;
}

/* Our own log goes first: what it shows may forbid to sign. */
static void put_own_first(struct unpacking *unpacking)
{
	struct courier *courier = &unpacking->courier;
	const struct pact *pact = unpacking->relation->pact;
	for (size_t i = 1; i < courier->log_count; i++) {
		if (bytes_is(bytes_string(courier->logs[i].origin), terms_origin(pact->terms, pact->self))) {
			struct courier_log own = courier->logs[i];
			courier->logs[i] = courier->logs[0];
			courier->logs[0] = own;
		}
	}
}

static enum step check_file(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct fault fault = {0};
	enum rule rule = courier_check(&unpacking->courier, PIECE, &fault);
	if (rule != RULE_OK) {
		refuse(keeper, command, file_name(unpacking), &fault, "nothing of it was taken: bring it again");
		return STEP_ENDED;
	}
	if (unpacking->courier.whole) {
		put_own_first(unpacking);
		unpacking->phase = UNPACK_LOGS;
		unpacking->log = 0;
		unpacking->begun = false;
	}
	return STEP_ON;
}

/* ---- its logs ---- */

/* Refuses a log; the others of the file stand for themselves. */
static void refuse_log(struct keeper *keeper, struct command *command, enum rule rule, const char *advice)
{
	struct unpacking *unpacking = command->unpacking;
	const struct courier_log *log = &unpacking->courier.logs[unpacking->log];
	struct fault fault = {0};
	char why[512];
	fault_set(&fault, rule, 0, "log of %.*s", BYTES_SHOWN(name_party(bytes_string(log->origin))));
	fault_print(&fault, why, sizeof(why));
	command_say(keeper, command, "detente: courier in: %s: %s%s%s", file_name(unpacking), why,
		advice == NULL ? "" : "; ", advice == NULL ? "" : advice);
	unpacking->intake.pass = 0;
	unpacking->refused = true;
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
		buffer_format(&line, "log of %.*s: %llu entries, %llu now\n", BYTES_SHOWN(name),
			(unsigned long long)came, (unsigned long long)log->ledger.size);
	else
		buffer_format(&line, "log of %.*s: nothing new, %llu entries\n", BYTES_SHOWN(name),
			(unsigned long long)log->ledger.size);
	if (line.rule == RULE_OK)
		command_out(keeper, command, buffer_bytes(&line));
	buffer_free(&line);
	log->owing = log->owing || (unpacking->owing && unpacking->party != pact->self);
	unpacking->owing = false;
	unpacking->begun = false;
	unpacking->log++;
}

/* After a step of the intake: goes on, is done, or failed. */
static void stepped(struct keeper *keeper, struct command *command, enum rule rule)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule != RULE_OK) {
		refuse_log(keeper, command, rule, rule == RULE_TREE_PROOF
			? "its entries do not go on from what is held here to the checkpoint that it shows: none was taken"
			: "none of its entries was taken");
	} else if (unpacking->intake.pass == 0) {
		if (unpacking->party == relation->pact->self && keeper->link == NULL)
			relation->may_sign = keeper->options->without_mirrors;
		if (unpacking->party == relation->pact->self)
			relation->peers[unpacking->from].ahead = false; /* as far as this file knows */
		end_log(keeper, command);
	}
}

/* Reads the bundle that is wanted. */
static enum rule read_bundle(struct unpacking *unpacking)
{
	const struct courier_log *log = &unpacking->courier.logs[unpacking->log];
	struct courier_block block = {0};
	uint64_t wanted = intake_wants(&unpacking->intake).index;
	enum rule rule = RULE_OK;
	if (unpacking->next > wanted) { /* the second pass begins */
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
		char advice[400];
		snprintf(advice, sizeof(advice), "%llu entries are held here, it shows %llu: have %.*s make one with "
			"'detente courier out FILE --to %s --whole'%s", (unsigned long long)log->ledger.size,
			(unsigned long long)shown->size,
			BYTES_SHOWN(terms_party(relation->pact->terms, unpacking->from)), keeper->party,
			own ? "; this home is an older copy, and signs nothing before its log is whole" : "");
		refuse_log(keeper, command, RULE_COURIER_ENTRIES, advice);
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
		char line[PARTY_NAME_MAX + 80];
		snprintf(line, sizeof(line), "our log: %.*s has stored %llu entries\n",
			BYTES_SHOWN(terms_party(pact->terms, by)), (unsigned long long)checkpoint->size);
		command_out(keeper, command, bytes_string(line));
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
		check_ahead(keeper, relation, unpacking->from);
		begin_intake(keeper, command, note->whole);
		return;
	}
	enum rule rule = tree_range_root(&own->ledger.tree, 0, checkpoint->size, &root);
	if (rule == RULE_OK && memcmp(root.bytes, checkpoint->root, SHA256_SIZE) != 0) {
		check_other_history(keeper, relation, unpacking->from);
		refuse_log(keeper, command, RULE_PACT_FORKED, "restore this home from that mirror");
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

static void begin_other(struct keeper *keeper, struct command *command, const struct note *note,
	const struct checkpoint *checkpoint)
{
	struct unpacking *unpacking = command->unpacking;
	struct relation *relation = unpacking->relation;
	struct pact_log *log = &relation->pact->logs[unpacking->party];
	if (relation->forked) {
		refuse_log(keeper, command, RULE_PACT_FORKED, NULL);
	} else if (!relation->may_sign) {
		refuse_log(keeper, command, RULE_PACT_UNCHECKED, "this home was not closed in order, or is an older copy: "
			"'detente serve' compares it with the mirrors that can be reached; where none can be, have the other "
			"side send all with 'detente courier out FILE --whole', take that in with --without-mirrors");
	} else if (forks_contradicts(keeper, relation, unpacking->party, checkpoint, note->whole)) {
		refuse_log(keeper, command, RULE_MIRROR_FORK, "keep this file: it shows it");
	} else if (checkpoint->size < log->ledger.size ||
	    (checkpoint->size == log->ledger.size && checkpoint->size <= log->size)) {
		nothing_new(keeper, command, note, checkpoint);
	} else if (log->has_pending && log->pending_size > checkpoint->size) {
		/* what is pending binds: nothing may go behind it */
		command_say(keeper, command, "log of %.*s: its node has announced %llu entries, this file is older: "
			"they come by the link, or with a newer file",
			BYTES_SHOWN(terms_party(relation->pact->terms, unpacking->party)),
			(unsigned long long)log->pending_size);
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
	enum rule rule = note == NULL ? RULE_MEMORY : courier_block_bytes(&unpacking->courier, &block, &unpacking->body);
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
	int64_t now = clock_steady_ms();
	if (unpacking->said_ms == 0)
		unpacking->said_ms = now;
	if (now < unpacking->said_ms + SAY_MS)
		return;
	unpacking->said_ms = now;
	command_say(keeper, command, "log of %.*s: %s %llu of %llu entries",
		BYTES_SHOWN(terms_party(unpacking->relation->pact->terms, unpacking->party)),
		intake->pass == 1 ? "proved" : "stored", (unsigned long long)intake->frontier.size,
		(unsigned long long)intake->size);
}

/* The next bundle of the log under way. */
static void take_bundle(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	const struct intake *intake = &unpacking->intake;
	enum rule rule = read_bundle(unpacking);
	if (rule == RULE_OK)
		rule = intake_bundle(keeper, unpacking->relation, &unpacking->intake, buffer_bytes(&unpacking->body));
	if (rule == RULE_INTAKE_OVERTAKEN) { /* by the link: it goes on from there */
		unpacking->owing = unpacking->owing || intake->owing;
		return;
	}
	say_progress(keeper, command);
	stepped(keeper, command, rule);
}

static enum step take_logs(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	if (unpacking->intake.pass != 0) {
		take_bundle(keeper, command);
	} else if (unpacking->log == unpacking->courier.log_count) {
		unpacking->phase = UNPACK_OPEN;
	} else if (waits_for_check(keeper, command)) {
		return STEP_WAITS;
	} else {
		begin_log(keeper, command);
	}
	return STEP_ON;
}

static enum step take_step(struct keeper *keeper, struct command *command)
{
	switch (command->unpacking->phase) {
	case UNPACK_PARTS:
		return check_part(keeper, command);
	case UNPACK_CHECK:
		return check_file(keeper, command);
	case UNPACK_LOGS:
		return take_logs(keeper, command);
	case UNPACK_OPEN:
		break;
	}
	return open_next(keeper, command);
}

/* ---- between turns ---- */

/* A keeper that was started for one command has no workers. */
static void hire(struct keeper *keeper)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct batch *batch = keeper->link == NULL && cores > 1 ? batch_new((unsigned)cores - 1) : NULL;
	if (batch == NULL)
		return;
	batch_free(keeper->batch);
	keeper->batch = batch;
}

static enum step take_command(struct keeper *keeper, struct command *command)
{
	int64_t until = clock_steady_ms() + (keeper->link == NULL ? TURN_ALONE_MS : TURN_MS);
	enum step step = STEP_ON;
	if (command->unpacking == NULL) {
		if (!begin(keeper, command))
			return STEP_ENDED;
		hire(keeper);
	}
	do
		step = take_step(keeper, command);
	while (step == STEP_ON && keeper->failed == RULE_OK && clock_steady_ms() < until);
	return step;
}

static void drop_first(struct keeper *keeper)
{
	struct command *command = keeper->unpacks;
	keeper->unpacks = command->next;
	if (keeper->unpacks == NULL)
		keeper->unpacks_end = &keeper->unpacks;
	command_free(command);
}

void unpack_all(struct keeper *keeper)
{
	if (keeper->unpacks == NULL)
		return;
	enum step step = take_command(keeper, keeper->unpacks);
	if (step == STEP_ENDED)
		drop_first(keeper);
	keeper->again = keeper->again || (step != STEP_WAITS && keeper->unpacks != NULL);
}

void unpack_refuse(struct keeper *keeper, enum rule rule)
{
	while (keeper->unpacks != NULL) {
		command_refuse(keeper, keeper->unpacks, "courier in", &(struct fault){.rule = rule},
			"what is said to be taken is kept; take the files in again, the rest is taken then");
		drop_first(keeper);
	}
}

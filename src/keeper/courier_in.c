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

#include "courier_in.h"
#include "text.h"

#define TURN_MS 100        /* of a turn with peers that wait */
#define TURN_ALONE_MS 1000 /* without */
#define PIECE ((uint64_t)1 << 20) /* bytes that are checked at once */
#define SAY_MS 2000        /* between two lines of progress */

void unpacking_free(struct unpacking *unpacking)
{
	if (unpacking == NULL)
		return;
	courier_close(&unpacking->courier);
	sha256_drop(unpacking->digest);
	buffer_free(&unpacking->intake.note);
	buffer_free(&unpacking->intake.digests);
	part_close(unpacking->file);
	free(unpacking->forking);
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

static uint64_t size_of(const struct unpack_file *file)
{
	return file->is_part ? file->part.size : file->size;
}

/* Of the pieces of all parts, one after the other. */
static enum rule read_parts(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	const struct unpacking *unpacking = context;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < unpacking->part_count && size > 0 && rule == RULE_OK; i++) {
		const struct unpack_file *file = unpacking->parts[i];
		uint64_t first = file->is_part ? file->part.offset : 0;
		uint64_t all = size_of(file);
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
	struct buffer what = {0};
	buffer_format(&what, "courier in: %s", name);
	buffer_u8(&what, '\0');
	command_refuse(keeper, command, what.rule == RULE_OK ? (const char *)what.data : name, fault, advice);
	buffer_free(&what);
}

/* As it is shown: who handed the file over has named it. */
static void name_file(struct unpacking *unpacking, size_t i, struct bytes name)
{
	struct buffer shown = {0};
	text_printable(&shown, name, false);
	if (shown.size == 0 || !bytes_to_string(buffer_bytes(&shown), unpacking->names[i], sizeof(unpacking->names[i])))
		snprintf(unpacking->names[i], sizeof(unpacking->names[i]), "file %zu", i + 1);
	buffer_free(&shown);
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
		name_file(unpacking, i, command_argument_at(command, "name", i));
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
			return fault_set(fault, RULE_COURIER_PARTS, 0, "%s is the last by its own word, and %s follows",
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
	struct relation *of = NULL, *named = NULL; /* the file's; what is named */
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct pact *pact = keeper->relations[i].pact;
		if (memcmp(terms_agreement(pact->terms)->digest, head->agreement, SHA256_SIZE) == 0)
			of = &keeper->relations[i];
		if (label.data != NULL && bytes_start(bytes_string(pact->label), label))
			named = &keeper->relations[i];
	}
	unpacking->relation = label.data == NULL || named == of ? of : NULL;
	if (unpacking->relation == NULL && of != NULL && named != NULL &&
	    terms_agreement(of->pact->terms)->drill != terms_agreement(named->pact->terms)->drill)
		return fault_bytes(fault, RULE_DRILL_APART, 0, label);
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

void unpack_say_refused(struct keeper *keeper, struct command *command, const struct fault *fault, const char *advice)
{
	char why[512];
	fault_print(fault, why, sizeof(why));
	struct bytes blanks[] = {bytes_string(unpack_name(command->unpacking)), bytes_string(why),
		bytes_string(advice == NULL ? "" : words_in(advice))};
	command_words(keeper, command, advice == NULL ? W("detente: courier in: {1}: {2}")
		: W("detente: courier in: {1}: {2}; {3}"), blanks, 3);
	command->unpacking->refused = true;
}

bool unpack_due(struct unpacking *unpacking)
{
	int64_t now = clock_steady_ms();
	if (unpacking->said_ms == 0)
		unpacking->said_ms = now;
	bool due = now >= unpacking->said_ms + SAY_MS;
	if (due)
		unpacking->said_ms = now;
	return due;
}

/* A file was gone through. */
static void tell_taken(struct keeper *keeper, const struct unpacking *unpacking)
{
	const struct relation *relation = unpacking->relation;
	struct event event;
	event_begin(&event, keeper, relation, "courier");
	json_string(&event.json, "party", terms_party(relation->pact->terms, unpacking->from));
	json_string(&event.json, "file", bytes_string(unpack_name(unpacking)));
	event_end(&event);
}

/* Opens the next file; after the last one the command is done. */
static enum step open_next(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct fault fault = {0};
	size_t next = 0;
	if (unpacking->relation != NULL)
		tell_taken(keeper, unpacking);
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
		source.size += size_of(unpacking->parts[i]);
	courier_close(&unpacking->courier);
	if (rule == RULE_OK)
		rule = courier_open(&unpacking->courier, &source, &fault);
	if (rule == RULE_OK && file->is_part && memcmp(unpacking->courier.head.id, file->part.id, COURIER_ID) != 0)
		rule = fault_set(&fault, RULE_COURIER_PARTS, 0, "they are of another file than they say");
	if (rule == RULE_OK)
		rule = find_relation(keeper, command, &fault);
	if (rule != RULE_OK) {
		refuse(keeper, command, unpack_name(unpacking), &fault, NULL);
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
	refuse(keeper, command, file->name, &(struct fault){.rule = rule}, W("it came damaged: bring it again"));
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
		refuse(keeper, command, unpack_name(unpacking), &fault, W("nothing of it was taken: bring it again"));
		return STEP_ENDED;
	}
	if (unpack_due(unpacking))
		TELL(keeper, command, W("{1}: checked {2} of {3} MiB"), bytes_string(unpack_name(unpacking)),
			NUMBER(unpacking->courier.checked >> 20), NUMBER(unpacking->courier.source.size >> 20));
	if (unpacking->courier.whole) {
		put_own_first(unpacking);
		unpacking->phase = UNPACK_LOGS;
		unpacking->log = 0;
		unpacking->begun = false;
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
	case UNPACK_FORK:
		return unpack_logs(keeper, command);
	case UNPACK_ATTACHMENTS:
		return unpack_attachments(keeper, command);
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
	command_speak(keeper, command);
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
	words_speak(NULL);
	if (step == STEP_ENDED)
		drop_first(keeper);
	keeper->again = keeper->again || (step != STEP_WAITS && keeper->unpacks != NULL);
}

void unpack_refuse(struct keeper *keeper, enum rule rule)
{
	while (keeper->unpacks != NULL) {
		command_refuse(keeper, keeper->unpacks, "courier in", &(struct fault){.rule = rule},
			W("what is said to be taken is kept; take the files in again, the rest is taken then"));
		drop_first(keeper);
	}
}

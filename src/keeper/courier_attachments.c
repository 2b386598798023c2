/*
 * courier_attachments: takes in the attachments of a courier file, a piece a step: those that a valid entry to us, or
 * of ours, names and that are not held; whole, verified and durable before they are recorded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "courier_in.h"
#include "text.h"

#define PIECE ((size_t)1 << 20)

/* The one under way is not taken; the others stand for themselves. */
static void refuse(struct keeper *keeper, struct command *command, enum rule rule)
{
	struct unpacking *unpacking = command->unpacking;
	struct buffer hex = {0};
	struct fault fault = {0};
	text_hex(&hex, bytes_of(unpacking->block.digest, SHA256_SIZE));
	fault_set(&fault, rule, 0, "attachment %.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	unpack_say_refused(keeper, command, &fault,
		rule == RULE_DISK_FULL ? W("make room, then take the file in again") : NULL);
	buffer_free(&hex);
}

static void end_one(struct unpacking *unpacking)
{
	unpacking->file = NULL;
	unpacking->attachment++;
}

/* Some valid entry to us, or of ours, names it with that size. *ours: only such that we wrote. */
static enum rule find_naming(struct unpacking *unpacking, bool *ours)
{
	struct pact *pact = unpacking->relation->pact;
	struct pact_naming naming = {0};
	bool found = false;
	enum rule rule;
	*ours = true;
	for (; (rule = pact_attachment_named(pact, unpacking->block.digest, &naming)) == RULE_OK; naming.index++) {
		if (!naming.to_us || naming.size != unpacking->block.size)
			continue;
		found = true;
		*ours = *ours && naming.party == pact->self;
	}
	return rule != RULE_NOT_FOUND ? rule : found ? RULE_OK : RULE_ATTACHMENT_NAMED;
}

/* What is held of another party's is recorded, in this turn if there is room: else the step is done again. */
static enum rule record(struct keeper *keeper, struct unpacking *unpacking, bool *left)
{
	struct relation *relation = unpacking->relation;
	bool ours;
	enum rule rule = find_naming(unpacking, &ours);
	*left = false;
	if (rule != RULE_OK || ours || !relation->may_sign || pact_behind(relation->pact))
		return rule;
	return carry_record(keeper, relation, unpacking->block.digest, left);
}

/* Opens the place of the one that is next; none where nothing of it is to be brought. */
static enum rule open_place(struct keeper *keeper, struct unpacking *unpacking)
{
	struct relation *relation = unpacking->relation;
	uint64_t size = unpacking->block.size;
	bool ours;
	enum rule rule = find_naming(unpacking, &ours);
	if (rule != RULE_OK)
		return rule;
	if (size > pact_attachment_max(relation->pact))
		return RULE_ATTACHMENT_LIMIT;
	if (attachment_held(keeper->attachments, unpacking->block.digest, NULL))
		return RULE_OK;
	if (!carry_yield(relation, unpacking->block.digest))
		return RULE_ATTACHMENT_BUSY;
	if (!carry_room(keeper, relation, size))
		return RULE_DISK_FULL;
	return part_open(&unpacking->file, keeper->attachments, unpacking->block.digest, size);
}

static void begin_one(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	enum rule rule = courier_block_at(&unpacking->courier, &unpacking->next_at, &unpacking->block);
	if (rule == RULE_OK && unpacking->block.kind != COURIER_ATTACHMENT)
		rule = RULE_COURIER_DIGEST; /* it is not the file any more that was checked */
	if (rule == RULE_OK)
		rule = open_place(keeper, unpacking);
	if (rule != RULE_OK) {
		refuse(keeper, command, rule);
		end_one(unpacking);
	} else if (unpacking->file == NULL) {
		end_one(unpacking); /* it is held */
	}
}

/* Appends the next piece of what is missing. */
static enum rule bring(struct unpacking *unpacking)
{
	struct part *part = unpacking->file;
	const struct courier_source *source = &unpacking->courier.source;
	uint64_t left = part->total - part->have;
	size_t size = left < PIECE ? (size_t)left : PIECE, done = 0;
	buffer_clear(&unpacking->body);
	uint8_t *bytes = buffer_extend(&unpacking->body, size);
	enum rule rule = bytes == NULL ? RULE_MEMORY
		: source->read(source->context, unpacking->block.offset + part->have, bytes, size);
	while (rule == RULE_OK && done < size) {
		ssize_t written = pwrite(part->file, bytes + done, size - done, (off_t)(part->have + done));
		if (written < 0 && errno != EINTR)
			rule = rule_of_errno(errno);
		done += written > 0 ? (size_t)written : 0;
	}
	return rule == RULE_OK ? part_look(part) : rule;
}

/* All is there and hashed: it is what its entry names, durably, or gone; then it is recorded. */
static void finish_one(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	enum rule rule = part_end(unpacking->file);
	unpacking->file = NULL;
	if (rule != RULE_OK) {
		refuse(keeper, command, rule);
		end_one(unpacking);
		return;
	}
	unpacking->attachments_came++;
	unpacking->recording = true;
}

static void record_one(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	bool left;
	enum rule rule = record(keeper, unpacking, &left);
	turn_fail(keeper, rule);
	if (left)
		return;
	unpacking->recording = false;
	end_one(unpacking);
}

static void end_file(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct buffer line = {0};
	WORDS(&line, "attachments: {1}", NUMBER(unpacking->attachments_came));
	buffer_string(&line, "\n");
	if (unpacking->courier.attachment_count > 0)
		command_out(keeper, command, buffer_bytes(&line));
	buffer_free(&line);
	unpacking->phase = UNPACK_OPEN;
}

enum step unpack_attachments(struct keeper *keeper, struct command *command)
{
	struct unpacking *unpacking = command->unpacking;
	struct part *part = unpacking->file;
	if (unpacking->recording) {
		record_one(keeper, command);
		return unpacking->recording ? STEP_NEXT_TURN : STEP_ON;
	}
	if (unpacking->attachment == unpacking->courier.attachment_count) {
		end_file(keeper, command);
	} else if (part == NULL) {
		begin_one(keeper, command);
	} else if (part_step(part)) {
		return STEP_ON;
	} else if (part->have == part->total) {
		finish_one(keeper, command);
	} else {
		enum rule rule = bring(unpacking);
		if (rule != RULE_OK) {
			part_close(part);
			refuse(keeper, command, rule);
			end_one(unpacking);
		}
	}
	if (unpack_due(unpacking))
		TELL(keeper, command, W("attachments: {1} of {2}"), NUMBER(unpacking->attachment),
			NUMBER(unpacking->courier.attachment_count));
	return STEP_ON;
}

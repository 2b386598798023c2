/*
 * add_checkpoint: the mirror's side of add-checkpoint, tlog-witness section add-checkpoint, in its order: form (400),
 * signatures (403), old size against the checkpoint (400) and against the pending one (409), then what a true log could
 * not have signed (422).
 */
#include <inttypes.h>
#include <stdio.h>

#include "mirror_reply.h"
#include "text.h"

struct submission {
	uint64_t old;
	struct tree_path path;
	struct bytes note;
	enum rule empty; /* RULE_CHECKPOINT_EMPTY: of size 0 with another root than the empty tree's */
};

/* "old SIZE", the hashes, an empty line; what follows is the note. */
static enum rule submission_parse(struct submission *submission, struct bytes request)
{
	struct cursor cursor = cursor_of(request);
	struct bytes old = cursor_line(&cursor), prefix = BYTES("old ");
	if (!bytes_start(old, prefix))
		return RULE_MIRROR_FORM;
	if (text_decimal(bytes_of(old.data + prefix.size, old.size - prefix.size), &submission->old) != RULE_OK)
		return RULE_MIRROR_FORM;
	for (submission->path.count = 0;; submission->path.count++) {
		struct bytes line = cursor_line(&cursor);
		if (cursor.rule != RULE_OK)
			return RULE_MIRROR_FORM;
		if (line.size == 0)
			break;
		if (submission->path.count == PROOF_HASHES_MAX || text_unbase64_exact(line,
			submission->path.hashes[submission->path.count].bytes, SHA256_SIZE, true) != RULE_OK)
			return RULE_MIRROR_FORM;
	}
	submission->note = cursor_take(&cursor, cursor_left(&cursor));
	return RULE_OK;
}

enum rule mirror_checkpoint_note(struct bytes request, struct bytes *note)
{
	struct submission submission;
	enum rule rule = submission_parse(&submission, request);
	if (rule == RULE_OK)
		*note = submission.note;
	return rule;
}

enum rule mirror_checkpoint_origin(struct bytes request, struct bytes *origin)
{
	struct bytes bytes;
	if (mirror_checkpoint_note(request, &bytes) != RULE_OK)
		return RULE_MIRROR_FORM;
	struct cursor note = cursor_of(bytes);
	struct bytes line = cursor_line(&note);
	if (line.size == 0)
		return RULE_MIRROR_FORM;
	*origin = line;
	return RULE_OK;
}

/* One trusted key signed and none of its lines is false; unknown keys are nobody's. *line is the first trusted one. */
static enum rule check_signatures(const struct mirror_log *log, const struct note *note, struct bytes *line)
{
	struct bytes found = {NULL, 0};
	for (size_t i = 0; i < log->key_count; i++) {
		enum rule rule = note_verify(note, &log->keys[i]);
		if (rule != RULE_OK && rule != RULE_NOTE_UNSIGNED)
			return rule;
		if (rule == RULE_OK && found.size == 0)
			found = note->signatures[note_find(note, &log->keys[i])].line;
	}
	if (found.size == 0)
		return RULE_NOTE_UNSIGNED;
	*line = found;
	return RULE_OK;
}

/* Does the checkpoint go on from the pending one, whose size is the request's old size? */
static enum rule check_step(const struct mirror_log *log, const struct submission *submission,
	struct mirror_accepted *accepted)
{
	struct tree_step step = {submission->old, accepted->checkpoint.size, log->pending_root, {{0}}};
	memcpy(step.new_root.bytes, accepted->checkpoint.root, SHA256_SIZE);
	if (step.old_size != 0 && step.old_size != step.new_size) {
		enum rule rule = tree_verify_consistency(&submission->path, &step);
		if (rule == RULE_OK || tree_other_root(&submission->path, &step, &accepted->other_root) != RULE_OK)
			return rule;
		accepted->sizes_differ = true;
		accepted->path = submission->path;
		return RULE_MIRROR_FORK;
	}
	if (step.old_size != 0 && memcmp(&step.old_root, &step.new_root, sizeof(struct hash)) != 0)
		return RULE_MIRROR_FORK;
	return submission->path.count == 0 ? RULE_OK : RULE_MIRROR_NO_PROOF;
}

/* What needs only the request and the log's keys: 400, 403, 404. False once refused. */
static bool read_signed(const struct mirror_log *log, struct submission *submission,
	struct mirror_accepted *accepted, struct mirror_reply *reply)
{
	struct note note;
	enum rule rule = checkpoint_note_parse(&note, &accepted->checkpoint, submission->note);
	/* a false root for size 0 is no matter of form: 422, after the signature and the sizes */
	submission->empty = rule == RULE_CHECKPOINT_EMPTY ? rule : RULE_OK;
	if (rule != submission->empty) {
		mirror_refuse(reply, 400, rule, NULL);
		return false;
	}
	struct cursor text = cursor_of(note.text);
	if (log->key_count == 0 || !bytes_is(cursor_line(&text), log->keys[0].name)) {
		mirror_refuse(reply, 404, RULE_MIRROR_ORIGIN, NULL);
		return false;
	}
	rule = check_signatures(log, &note, &accepted->signature_line);
	if (rule != RULE_OK) {
		mirror_refuse(reply, 403, rule, log->keys[0].name);
		return false;
	}
	if (submission->old > accepted->checkpoint.size) {
		char detail[64];
		snprintf(detail, sizeof(detail), "old %" PRIu64 ", checkpoint %" PRIu64, submission->old,
			accepted->checkpoint.size);
		mirror_refuse(reply, 400, RULE_MIRROR_OLD, detail);
		return false;
	}
	accepted->note = submission->note;
	return true;
}

void mirror_add_checkpoint(const struct mirror_log *log, struct bytes request, struct mirror_accepted *accepted,
	struct mirror_reply *reply)
{
	struct submission submission;
	struct mirror_accepted read = {.checkpoint = {.size = 0}};
	enum rule rule = submission_parse(&submission, request);
	if (rule != RULE_OK) {
		mirror_refuse(reply, 400, rule, NULL);
		return;
	}
	if (!read_signed(log, &submission, &read, reply))
		return;
	if (submission.old != log->pending_size) {
		reply_size(reply, RULE_MIRROR_PENDING, log->pending_size);
		return;
	}
	rule = submission.empty != RULE_OK ? submission.empty : check_step(log, &submission, &read);
	if (rule != RULE_OK) {
		char detail[64];
		snprintf(detail, sizeof(detail), "from size %" PRIu64 " to %" PRIu64, submission.old,
			read.checkpoint.size);
		mirror_refuse(reply, 422, rule, detail);
		if (rule == RULE_MIRROR_FORK)
			*accepted = read;
		return;
	}
	*accepted = read;
	buffer_clear(&reply->body);
	*reply = (struct mirror_reply){.status = 200, .type = "text/plain; charset=utf-8", .body = reply->body};
}

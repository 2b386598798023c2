/*
 * witness_serve: what callers ask of a witness: add-checkpoint, and the newest checkpoint of a log (C2SP tlog-witness).
 * Who calls does not matter: the log's signature is the authority.
 */
#include <stdlib.h>

#include "witness.h"

/* The cosignature line that stands under the newest checkpoint. */
static enum rule answer_line(const struct witness *witness, const struct witness_log *log, struct mirror_reply *reply)
{
	struct note *note = malloc(sizeof(*note));
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, buffer_bytes(&log->note));
	buffer_clear(&reply->body);
	if (rule == RULE_OK) {
		buffer_add(&reply->body, note->signatures[note_find(note, &witness->signer.vkey)].line);
		rule = reply->body.rule;
	}
	free(note);
	return rule;
}

/* Writes the checkpoint with the log's own signatures and our cosignature. */
static enum rule cosign(const struct witness *witness, const struct witness_log *log,
	const struct mirror_accepted *accepted, int64_t now, struct buffer *to)
{
	struct note *note = malloc(sizeof(*note));
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, accepted->note);
	if (rule == RULE_OK) {
		buffer_add(to, note->text);
		buffer_string(to, "\n");
		for (size_t i = log->trusted; i < log->card_count; i++) {
			size_t at = note_find(note, &log->cards[i].log);
			bool again = i > log->trusted && log->cards[i].log.id == log->cards[i - 1].log.id;
			if (at < note->signature_count && !again)
				buffer_add(to, note->signatures[at].line);
		}
		/* its clock never goes back within a log */
		cosignature_sign(to, note->text, &witness->signer, now > log->time ? now : log->time);
		rule = to->rule;
	}
	free(note);
	return rule;
}

static enum rule keep(struct witness *witness, struct witness_log *log, const struct buffer *note)
{
	struct buffer key = {0};
	buffer_string(&key, "w");
	buffer_string(&key, log->origin);
	enum rule rule = key.rule == RULE_OK ? store_begin(witness->store) : key.rule;
	if (rule == RULE_OK) {
		rule = store_row_put(witness->store, buffer_bytes(&key), buffer_bytes(note));
		if (rule == RULE_OK)
			rule = store_commit(witness->store);
		else
			store_rollback(witness->store);
	}
	buffer_free(&key);
	return rule == RULE_OK ? witness_take_newest(witness, log, buffer_bytes(note)) : rule;
}

static size_t trusted_keys(const struct witness_log *log, struct vkey keys[WITNESS_CARDS_MAX])
{
	size_t count = 0;
	for (size_t i = log->trusted; i < log->card_count; i++)
		if (count == 0 || keys[count - 1].id != log->cards[i].log.id)
			keys[count++] = log->cards[i].log;
	return count;
}

enum rule witness_add_checkpoint(struct witness *witness, struct bytes request, int64_t now,
	struct mirror_reply *reply)
{
	struct bytes origin;
	struct mirror_accepted accepted;
	enum rule rule = mirror_checkpoint_origin(request, &origin);
	struct witness_log *log = rule == RULE_OK ? witness_find(witness, origin) : NULL;
	if (log == NULL) {
		mirror_refuse(reply, rule == RULE_OK ? 404 : 400, rule == RULE_OK ? RULE_WITNESS_ORIGIN : rule, NULL);
		return RULE_OK;
	}
	struct vkey *keys = calloc(WITNESS_CARDS_MAX, sizeof(*keys));
	if (keys == NULL)
		return RULE_MEMORY;
	struct mirror_log known = {.keys = keys, .key_count = trusted_keys(log, keys), .pending_size = log->size,
		.has_pending = log->has, .pending_root = log->root};
	mirror_add_checkpoint(&known, request, &accepted, reply);
	free(keys);
	if (reply->status != 200)
		return RULE_OK;
	struct buffer note = {0};
	bool same = log->has && accepted.checkpoint.size == log->size; /* the same root, too: else it were refused */
	if (!same)
		rule = cosign(witness, log, &accepted, now, &note);
	if (!same && rule == RULE_OK)
		rule = keep(witness, log, &note);
	buffer_free(&note);
	return rule == RULE_OK ? answer_line(witness, log, reply) : rule;
}

/* "/HEX/checkpoint" */
static void get(const struct witness *witness, struct bytes path, struct mirror_reply *reply)
{
	struct cursor cursor = cursor_of(path);
	bool slash = cursor_u8(&cursor) == '/';
	struct bytes hex = cursor_until(&cursor, '/');
	struct bytes rest = bytes_of(cursor.at, cursor_left(&cursor));
	const struct witness_log *log = slash ? witness_find_hash(witness, hex) : NULL;
	if (log == NULL || !log->has || !bytes_is(rest, "checkpoint")) {
		mirror_refuse(reply, 404, log == NULL ? RULE_WITNESS_ORIGIN : RULE_WITNESS_PATH, NULL);
		return;
	}
	reply->status = 200;
	buffer_add(&reply->body, buffer_bytes(&log->note));
}

enum rule witness_serve(struct witness *witness, const struct message_request *request, int64_t now,
	struct mirror_reply *reply)
{
	if (request->verb == VERB_POST && bytes_is(request->path, "/add-checkpoint"))
		return witness_add_checkpoint(witness, request->body, now, reply);
	if (request->verb == VERB_GET)
		get(witness, request->path, reply);
	else
		mirror_refuse(reply, 404, RULE_WITNESS_PATH, NULL);
	return RULE_OK;
}

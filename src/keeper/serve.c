/*
 * serve: what the other parties' nodes ask of ours (docs/spec/link): add-checkpoint and add-entries for their logs, and
 * reading every log that we hold as tlog-tiles. A request comes with the party that the link authenticated.
 */
#include <stdlib.h>

#include "state.h"
#include "text.h"

static void defer_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply)
{
	struct buffer payload = {0};
	message_write_reply(&payload, reply);
	turn_defer(keeper, NULL, MESSAGE_REPLY, id, &payload);
}

static void answer(struct keeper *keeper, uint32_t id, struct mirror_reply *mirrored)
{
	struct message_reply reply = {.status = mirrored->status,
		.type = bytes_string(mirrored->type == NULL ? "text/plain; charset=utf-8" : mirrored->type),
		.body = buffer_bytes(&mirrored->body)};
	defer_reply(keeper, id, &reply);
	buffer_free(&mirrored->body);
}

void serve_refuse(struct keeper *keeper, uint32_t id, uint16_t status, enum rule rule)
{
	struct mirror_reply reply = {0};
	mirror_refuse(&reply, status, rule, "");
	answer(keeper, id, &reply);
}

/* The log of that origin, if the asking party is bound by its agreement. */
static struct relation *find_origin(struct keeper *keeper, struct bytes asker, struct bytes origin, size_t *party)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct pact *pact = keeper->relations[i].pact;
		*party = terms_origin_find(pact->terms, origin);
		if (*party < pact->parties && terms_party_find(pact->terms, asker) < pact->parties)
			return &keeper->relations[i];
	}
	return NULL;
}

static struct mirror_log mirror_of(const struct pact *pact, size_t party)
{
	const struct pact_log *log = &pact->logs[party];
	return (struct mirror_log){.keys = log->keys, .key_count = log->key_count,
		.pending_size = log->pending_size, .has_pending = log->has_pending, .pending_root = log->pending_root, .mirror_size = log->size,
		.next = log->ledger.size, .tree = log->ledger.tree};
}

/*
 * The agreement of the log that a request writes to, by the origin that it names; NULL after the request was refused.
 */
static struct relation *writable_log(struct keeper *keeper, uint32_t id, const struct message_request *request,
	enum rule (*origin_of)(struct bytes request, struct bytes *origin), size_t *party)
{
	struct bytes origin;
	enum rule rule = origin_of(request->body, &origin);
	struct relation *relation = rule == RULE_OK ? find_origin(keeper, request->party, origin, party) : NULL;
	if (rule != RULE_OK)
		serve_refuse(keeper, id, 400, rule);
	else if (relation == NULL)
		serve_refuse(keeper, id, 404, RULE_MIRROR_ORIGIN);
	else if (relation->forked)
		serve_refuse(keeper, id, 503, RULE_PACT_FORKED);
	else if (!relation->may_sign && *party != relation->pact->self)
		serve_refuse(keeper, id, 503, RULE_PACT_UNCHECKED);
	else
		return relation;
	return NULL;
}

static void add_checkpoint(struct keeper *keeper, uint32_t id, const struct message_request *request)
{
	size_t party;
	struct relation *relation = writable_log(keeper, id, request, mirror_checkpoint_origin, &party);
	struct mirror_reply reply = {0};
	if (relation == NULL)
		return;
	if (party == relation->pact->self) {
		size_t by = terms_party_find(relation->pact->terms, request->party);
		regain_checkpoint(keeper, relation, by, request->body, &reply);
		answer(keeper, id, &reply);
		return;
	}
	struct mirror_log log = mirror_of(relation->pact, party);
	struct mirror_accepted accepted;
	mirror_add_checkpoint(&log, request->body, &accepted, &reply);
	/* a false proof can be anybody's; the log's owner answers for its own */
	bool owner = bytes_equal(request->party, terms_party(relation->pact->terms, party));
	if (reply.status == 200) {
		relation->peers[party].doubted = relation->peers[party].rolled_back = false;
		turn_fail(keeper, pact_put_pending(relation->pact, party, accepted.note));
	} else if (reply.rule == RULE_MIRROR_FORK) {
		forks_offered(keeper, relation, party, &accepted);
	} else if (reply.rule == RULE_TREE_PROOF && owner) {
		forks_doubt(relation, party);
	}
	answer(keeper, id, &reply);
}

/* ---- add-entries ---- */

/* The checkpoint of size `end` that entries were proved to: the pending one, or the one that is cosigned already. */
static struct bytes proved_checkpoint(const struct pact_log *log, uint64_t end)
{
	return buffer_bytes(log->has_pending && log->pending_size == end ? &log->pending : &log->checkpoint);
}

static enum rule take_entry(void *context, uint64_t index, struct bytes note, const struct hash *leaf)
{
	(void)index;
	return adding_take(context, note, leaf);
}

static enum rule finish_adding(struct adding *adding, const struct mirror_progress *progress,
	struct mirror_reply *reply)
{
	struct pact *pact = adding->relation->pact;
	struct pact_log *log = &pact->logs[adding->party];
	/* what we cosigned before is answered with that cosignature: the earliest is kept */
	if (progress->upload_end > log->size || log->cosignature[0] == '\0') {
		enum rule rule = pact_cosign(pact, adding->party, proved_checkpoint(log, progress->upload_end),
			keeper_now(adding->keeper));
		if (rule != RULE_OK)
			return rule;
		log->advanced = log->size != 0; /* an empty log is nothing to record */
		log->owing = log->owing || log->came;
		log->came = false;
	}
	struct bytes base64 = bytes_string(log->cosignature);
	buffer_clear(&reply->body);
	buffer_format(&reply->body, "\xe2\x80\x94 %s ", pact->mirror_signer.vkey.name);
	buffer_add(&reply->body, base64);
	buffer_string(&reply->body, "\n");
	return reply->body.rule;
}

static void add_entries(struct keeper *keeper, uint32_t id, const struct message_request *request)
{
	size_t party;
	struct relation *relation = writable_log(keeper, id, request, mirror_entries_origin, &party);
	if (relation == NULL)
		return;
	struct mirror_reply reply = {0};
	if (party == relation->pact->self) {
		size_t by = terms_party_find(relation->pact->terms, request->party);
		regain_entries(keeper, relation, by, request->body, &reply);
		answer(keeper, id, &reply);
		return;
	}
	struct adding *adding = adding_begin(keeper, relation, party);
	if (adding == NULL) {
		turn_fail(keeper, RULE_MEMORY);
		serve_refuse(keeper, id, 503, RULE_MEMORY);
		return;
	}
	struct mirror_log log = mirror_of(relation->pact, party);
	struct mirror_sink sink = {take_entry, adding};
	struct mirror_progress progress;
	mirror_add_entries(&log, request->body, &sink, &progress, &reply);
	/* what was proved before a refusal is proved: it stays */
	enum rule rule = reply.status == 500 ? reply.rule : adding_flush(adding);
	relation->pact->logs[party].came = relation->pact->logs[party].came || adding->owing;
	if (rule == RULE_OK && reply.status == 200)
		rule = finish_adding(adding, &progress, &reply);
	if (rule == RULE_PACT_LOG_KEY) {
		buffer_free(&reply.body);
		mirror_refuse(&reply, 403, rule, NULL);
		rule = RULE_OK;
	}
	if (reply.rule == RULE_LOG_LIMIT && !relation->peers[party].over_limit)
		fetch_say(relation, party, "offers more of its log than the agreement's limit: refused; what is held stays");
	relation->peers[party].over_limit = reply.rule == RULE_LOG_LIMIT;
	turn_fail(keeper, rule);
	answer(keeper, id, &reply);
}

/* ---- reading ---- */

static struct relation *find_origin_hash(struct keeper *keeper, struct bytes asker, struct bytes hex, size_t *party)
{
	uint8_t wanted[SHA256_SIZE], have[SHA256_SIZE];
	if (text_unhex(hex, wanted, sizeof(wanted)) != RULE_OK)
		return NULL;
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct pact *pact = keeper->relations[i].pact;
		if (terms_party_find(pact->terms, asker) == pact->parties)
			continue;
		for (*party = 0; *party < pact->parties; ++*party) {
			sha256(bytes_string(terms_origin(pact->terms, *party)), have);
			if (memcmp(have, wanted, sizeof(have)) == 0)
				return &keeper->relations[i];
		}
	}
	return NULL;
}

static void get(struct keeper *keeper, uint32_t id, const struct message_request *request)
{
	/* "/HEX/checkpoint", "/HEX/tile/..." */
	struct cursor path = cursor_of(request->path);
	size_t party;
	bool slash = cursor_u8(&path) == '/';
	struct bytes hex = cursor_until(&path, '/');
	struct bytes rest = bytes_of(path.at, cursor_left(&path));
	struct relation *relation = slash ? find_origin_hash(keeper, request->party, hex, &party) : NULL;
	if (relation == NULL) {
		serve_refuse(keeper, id, 404, RULE_MIRROR_ORIGIN);
		return;
	}
	struct pact_log *log = &relation->pact->logs[party];
	struct message_reply reply = {.status = 200, .type = BYTES("text/plain; charset=utf-8"),
		.body = buffer_bytes(&log->checkpoint)};
	struct tile tile;
	struct buffer body = {0};
	if (!bytes_is(rest, "checkpoint")) {
		enum rule rule = tile_path_parse(&tile, rest);
		if (rule == RULE_OK)
			rule = ledger_tile(&log->ledger, &tile, &body);
		if (rule != RULE_OK) {
			turn_fail(keeper, rule_is_system(rule) && rule != RULE_NOT_FOUND ? rule : RULE_OK);
			serve_refuse(keeper, id, rule == RULE_NOT_FOUND ? 404 : 400, rule);
			buffer_free(&body);
			return;
		}
		reply.type = BYTES("application/octet-stream");
		reply.body = buffer_bytes(&body);
	} else if (log->checkpoint.size == 0) {
		reply.status = 404;
		reply.body = BYTES("no checkpoint yet\n");
	}
	defer_reply(keeper, id, &reply);
	buffer_free(&body);
}

void serve_request(struct keeper *keeper, uint32_t id, const struct message_request *request)
{
	peer_heard(keeper, request->party);
	ways_worked(keeper, request->party, request->pin, (struct bytes){0});
	if (carry_serve(keeper, id, request))
		return;
	if (request->verb == VERB_GET)
		get(keeper, id, request);
	else if (request->verb == VERB_POST && bytes_is(request->path, "/add-checkpoint"))
		add_checkpoint(keeper, id, request);
	else if (request->verb == VERB_POST && bytes_is(request->path, "/add-entries"))
		add_entries(keeper, id, request);
	else
		serve_refuse(keeper, id, 404, RULE_MIRROR_PATH);
}

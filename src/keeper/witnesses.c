/*
 * witnesses: our own log's checkpoints to the witnesses that the agreement names, and their cosignatures kept with them;
 * and what they have cosigned of the others' logs, which is compared with what is held here. One request is under way to
 * a witness at a time; one that is out of reach is tried again, and keeps nobody waiting but who needs its word.
 *
 * A receipt shows a mirror's cosignature and a witness's under one checkpoint: so what is submitted is what is pushed to
 * a mirror, as far as there is one that can be reached.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

#define ALONE_MS 1500       /* how long a checkpoint may wait for a mirror that is pushed it */
#define CORRECTIONS_MAX 4   /* of the old size, one after the other */
#define LOOK_MS 250         /* after another's log grew, until the witness is asked for it */
#define LOOK_MAX_MS 60000

/* ---- which there are ---- */

static bool same_witness(const struct witnessing *held, const struct agreement_witness *named)
{
	return bytes_is(named->address, held->address) && held->key.id == named->vkey.id &&
		memcmp(held->key.key, named->vkey.key, ED25519_PUBLIC) == 0 &&
		memcmp(held->pin, named->pin, sizeof(held->pin)) == 0;
}

bool witnesses_name(struct relation *relation)
{
	const struct agreement *text = pact_text(relation->pact);
	struct witnessing made[AGREEMENT_WITNESSES_MAX] = {0};
	bool changed = text->witness_count != relation->witness_count;
	for (size_t i = 0; i < text->witness_count; i++) {
		const struct agreement_witness *named = &text->witnesses[i];
		size_t n = 0;
		while (n < relation->witness_count && !same_witness(&relation->witnesses[n], named))
			n++;
		changed = changed || n != i;
		if (n < relation->witness_count) {
			made[i] = relation->witnesses[n];
			continue;
		}
		made[i].key = named->vkey;
		memcpy(made[i].pin, named->pin, sizeof(made[i].pin));
		bytes_to_string(named->name, made[i].name, sizeof(made[i].name));
		bytes_to_string(named->address, made[i].address, sizeof(made[i].address));
	}
	if (changed)
		memcpy(relation->witnesses, made, sizeof(made));
	relation->witness_count = text->witness_count;
	return changed;
}

void witnesses_settle(struct keeper *keeper)
{
	bool changed = false;
	for (size_t r = 0; r < keeper->relation_count; r++)
		changed = witnesses_name(&keeper->relations[r]) || changed;
	if (changed)
		peer_setup(keeper);
}

/* ---- asking ---- */

static void back_off(struct keeper *keeper, struct witnessing *witness)
{
	witness->lane.request = PEER_IDLE;
	peer_back_off(keeper, &witness->lane);
}

static void send(struct keeper *keeper, struct witnessing *witness, struct message_request *request)
{
	struct buffer payload = {0};
	request->party = bytes_string(witness->key.name);
	message_write_request(&payload, request);
	witness->lane.id = ++keeper->next_id;
	struct frame frame = {.type = MESSAGE_REQUEST, .id = witness->lane.id, .payload = buffer_bytes(&payload)};
	enum rule rule = payload.rule == RULE_OK ? channel_send(keeper->link, &frame) : payload.rule;
	buffer_free(&payload);
	if (rule != RULE_OK)
		back_off(keeper, witness);
}

/*
 * Up to where it is to be submitted now: what is pushed to a mirror, or cosigned by one; where there is none, or none
 * that takes it, what there is, a little later.
 */
static uint64_t wanted_size(const struct relation *relation, struct witnessing *witness)
{
	const struct pact_log *own = &relation->pact->logs[relation->pact->self];
	uint64_t size = 0;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct push *push = &relation->peers[i].push;
		uint64_t offered = push->upload_end <= own->size && push->upload_end > push->cosigned ? push->upload_end
			: push->cosigned;
		if (i != relation->pact->self && offered > size && offered <= own->size)
			size = offered;
	}
	if (size > witness->cosigned || own->words <= witness->cosigned) {
		witness->alone_at_ms = 0;
		return size;
	}
	if (witness->alone_at_ms == 0)
		witness->alone_at_ms = clock_steady_ms() + ALONE_MS;
	return witness->alone_at_ms <= clock_steady_ms() ? own->size : size;
}

/* False: there is nothing to submit. */
static bool submit(struct keeper *keeper, struct relation *relation, struct witnessing *witness)
{
	struct pact *pact = relation->pact;
	struct pact_log *own = &pact->logs[pact->self];
	uint64_t wanted = wanted_size(relation, witness), found;
	struct buffer note = {0}, body = {0};
	if (wanted <= witness->cosigned || wanted == 0 || witness->known > own->size)
		return false;
	/* it goes no way back: at least what it has */
	uint64_t least = wanted > witness->known ? wanted : witness->known;
	enum rule rule = store_checkpoint_get(pact->store, pact_log_number(pact, pact->self), least, &found, &note);
	if (rule == RULE_OK)
		rule = mirror_write_checkpoint(&body, witness->known, &own->ledger.tree, buffer_bytes(&note));
	witness->lane.request = PEER_PUSH;
	witness->sent = found;
	struct message_request request = {.verb = VERB_POST, .path = BYTES("/add-checkpoint"),
		.body = buffer_bytes(&body)};
	if (rule == RULE_OK)
		rule = body.rule;
	if (rule == RULE_OK)
		send(keeper, witness, &request);
	else
		back_off(keeper, witness);
	buffer_free(&note);
	buffer_free(&body);
	return true;
}

/* Asks what it has of another party's log, where more of that is held here than it has shown. */
static void look(struct keeper *keeper, struct relation *relation, struct witnessing *witness)
{
	struct pact *pact = relation->pact;
	int64_t now = clock_steady_ms();
	for (size_t i = 0; i < pact->parties; i++) {
		struct shown *shown = &witness->shown[i];
		if (i == pact->self || pact->logs[i].size <= shown->size || pact->logs[i].size == 0)
			continue;
		if (shown->held != pact->logs[i].size) {
			shown->held = pact->logs[i].size;
			shown->wait_ms = LOOK_MS;
			shown->at_ms = now + LOOK_MS;
		}
		if (shown->at_ms > now)
			continue;
		uint8_t digest[SHA256_SIZE];
		struct buffer path = {0};
		sha256(bytes_string(terms_origin(pact->terms, i)), digest);
		buffer_string(&path, "/");
		text_hex(&path, bytes_of(digest, sizeof(digest)));
		buffer_string(&path, "/checkpoint");
		struct message_request request = {.verb = VERB_GET, .path = buffer_bytes(&path)};
		shown->wait_ms = 2 * shown->wait_ms < LOOK_MAX_MS ? 2 * shown->wait_ms : LOOK_MAX_MS;
		shown->at_ms = now + shown->wait_ms;
		witness->lane.request = PEER_ASK_CHECKPOINT;
		witness->looked = i;
		send(keeper, witness, &request);
		buffer_free(&path);
		return;
	}
}

void witnesses_push(struct keeper *keeper)
{
	int64_t now = clock_steady_ms();
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; !relation->forked && i < relation->witness_count; i++) {
			struct witnessing *witness = &relation->witnesses[i];
			if (witness->lane.request != PEER_IDLE || witness->lane.retry_at_ms > now)
				continue;
			if (!relation->may_sign || !submit(keeper, relation, witness))
				look(keeper, relation, witness);
		}
	}
}

int64_t witnesses_next_ms(const struct keeper *keeper)
{
	int64_t next = INT64_MAX, now = keeper->pushed_ms;
	for (size_t r = 0; keeper->link_ready && r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->witness_count; i++) {
			const struct witnessing *witness = &relation->witnesses[i];
			if (witness->lane.request != PEER_IDLE)
				continue;
			if (witness->lane.retry_at_ms > now) { /* nothing is asked before */
				next = witness->lane.retry_at_ms < next ? witness->lane.retry_at_ms : next;
				continue;
			}
			if (witness->alone_at_ms > now && witness->alone_at_ms < next)
				next = witness->alone_at_ms;
			for (size_t p = 0; p < relation->pact->parties; p++) {
				int64_t at = witness->shown[p].at_ms;
				bool lacks = relation->pact->logs[p].size > witness->shown[p].size;
				next = lacks && at > now && at < next ? at : next;
			}
		}
	}
	return next;
}

bool witnesses_idle(const struct relation *relation)
{
	for (size_t i = 0; i < relation->witness_count; i++)
		if (relation->witnesses[i].lane.request == PEER_PUSH)
			return false;
	return true;
}

/* ---- answers ---- */

/* Its cosignature over our checkpoint of the size that was sent. */
static enum rule keep_cosignature(struct pact *pact, const struct witnessing *witness, struct bytes body, int64_t *time)
{
	struct buffer stored = {0};
	struct note *lines = calloc(2, sizeof(*lines)), *note = lines == NULL ? NULL : lines + 1;
	struct checkpoint checkpoint;
	uint64_t found;
	enum rule rule = lines == NULL ? RULE_MEMORY : store_checkpoint_get(pact->store,
		pact_log_number(pact, pact->self), witness->sent, &found, &stored);
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, &checkpoint, buffer_bytes(&stored));
	if (rule == RULE_OK)
		rule = note_parse_signatures(lines, body);
	if (rule == RULE_OK)
		rule = cosignature_verify(lines, note->text, &witness->key, time);
	if (rule == RULE_OK)
		rule = pact_add_witness(pact, pact->self, &checkpoint, &witness->key,
			lines->signatures[note_find(lines, &witness->key)].line);
	free(lines);
	buffer_free(&stored);
	return rule;
}

/* What it refused us with; told once, until that changes. */
static void refused(struct keeper *keeper, struct witnessing *witness, enum rule rule, const struct message_reply *reply)
{
	char refusal[sizeof(witness->refusal)];
	struct buffer words = {0};
	text_printable(&words, bytes_of(reply->body.data, reply->body.size > 180 ? 180 : reply->body.size), false);
	snprintf(refusal, sizeof(refusal), "%d %.*s", reply->status, BYTES_SHOWN(buffer_bytes(&words)));
	if (strcmp(refusal, witness->refusal) != 0)
		fprintf(stderr, "detente: witness %s: %s (%s); it is tried again\n", witness->name, refusal,
			rule_sentence(rule));
	memcpy(witness->refusal, refusal, sizeof(refusal));
	buffer_free(&words);
	back_off(keeper, witness);
}

/* It has cosigned another history of our log, or more of it than is held here: somebody must look. */
static void contradict(struct keeper *keeper, struct relation *relation, struct witnessing *witness, uint64_t size)
{
	if (!witness->contradicts) {
		struct event event;
		event_begin(&event, keeper, relation, "witness-contradicts");
		json_string(&event.json, "witness", bytes_string(witness->name));
		if (size != 0)
			json_number(&event.json, "size", (int64_t)size);
		event_end(&event);
	}
	witness->contradicts = true;
}

static enum rule take_size(struct keeper *keeper, struct relation *relation, struct witnessing *witness,
	struct bytes body)
{
	uint64_t size;
	struct bytes line = body;
	if (line.size != 0 && line.data[line.size - 1] == '\n')
		line.size--;
	if (text_decimal(line, &size) != RULE_OK)
		return RULE_MIRROR_REPLY;
	witness->known = size;
	if (size > relation->pact->logs[relation->pact->self].size) {
		contradict(keeper, relation, witness, size);
		return RULE_MIRROR_AHEAD;
	}
	return ++witness->corrections > CORRECTIONS_MAX ? RULE_MIRROR_CONFLICT : RULE_OK;
}

static void submitted(struct keeper *keeper, struct relation *relation, size_t n, const struct message_reply *reply)
{
	struct witnessing *witness = &relation->witnesses[n];
	int64_t time = 0;
	enum rule rule = RULE_MIRROR_REFUSED;
	if (reply->status == 200)
		rule = keep_cosignature(relation->pact, witness, reply->body, &time);
	else if (reply->status == 409)
		rule = take_size(keeper, relation, witness, reply->body);
	else if (reply->status == 422)
		contradict(keeper, relation, witness, 0);
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule); /* ours, not its */
		return;
	}
	if (rule != RULE_OK) {
		refused(keeper, witness, rule, reply);
		return;
	}
	if (reply->status != 200)
		return;
	witness->known = witness->cosigned = witness->sent;
	witness->time = time;
	witness->corrections = 0;
	witness->contradicts = false;
	witness->refusal[0] = '\0';
	keeper->cosigned = true;
	waiters_witnessed(keeper, relation, n, witness->sent, time);
}

/* What it has of another party's log: another clock for what is held here, or another history. */
static void looked(struct keeper *keeper, struct relation *relation, struct witnessing *witness,
	const struct message_reply *reply)
{
	struct pact *pact = relation->pact;
	size_t log = witness->looked;
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	int64_t time;
	enum rule rule = note == NULL ? RULE_MEMORY : reply->status != 200 ? RULE_NOT_FOUND
		: checkpoint_note_parse(note, &checkpoint, reply->body);
	if (rule == RULE_OK && !bytes_is(checkpoint.origin, terms_origin(pact->terms, log)))
		rule = RULE_MIRROR_REPLY;
	if (rule == RULE_OK)
		rule = cosignature_verify(note, note->text, &witness->key, &time);
	if (rule == RULE_OK)
		rule = pact_verify_log(pact, log, note);
	if (rule == RULE_OK && !forks_contradicts(keeper, relation, log, &checkpoint, reply->body))
		rule = pact_add_witness(pact, log, &checkpoint, &witness->key,
			note->signatures[note_find(note, &witness->key)].line);
	if (rule == RULE_OK && checkpoint.size > witness->shown[log].size)
		witness->shown[log].size = checkpoint.size;
	free(note);
	if (rule == RULE_MEMORY || rule == RULE_IO || rule == RULE_DISK_FULL || rule == RULE_STORE_CORRUPT)
		turn_fail(keeper, rule);
}

static void take_reply(struct keeper *keeper, struct relation *relation, size_t n, const struct message_reply *reply)
{
	struct witnessing *witness = &relation->witnesses[n];
	enum peer_request was = witness->lane.request;
	bool silent = reply->status == 0 || reply->status == 408 || reply->status == 429 || reply->status >= 500;
	witness->lane.request = PEER_IDLE;
	witness->lane.retry_at_ms = 0;
	if (silent) {
		witness->cause = reply->status == 0 ? reply->cause : CAUSE_HTTP;
		if (witness->down_since == 0)
			witness->down_since = keeper_now(keeper);
		back_off(keeper, witness);
		return;
	}
	witness->down_since = 0;
	witness->cause = CAUSE_NONE;
	if (was == PEER_PUSH)
		submitted(keeper, relation, n, reply);
	else
		looked(keeper, relation, witness, reply);
	if (witness->lane.retry_at_ms == 0)
		witness->lane.backoff_ms = 0;
}

bool witnesses_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->witness_count; i++) {
			struct lane *lane = &relation->witnesses[i].lane;
			if (lane->request != PEER_IDLE && lane->id == id) {
				take_reply(keeper, relation, i, reply);
				return true;
			}
		}
	}
	return false;
}

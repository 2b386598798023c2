/*
 * peer: carries our own log to the other parties' mirrors, and keeps what the line showed of each. One request is under
 * way to a peer at a time; what fails is tried again with back-off and jitter; new entries do not shorten it, word from
 * the peer does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

#define BACK_OFF_FIRST_MS 200
#define BACK_OFF_MAX_MS 60000
#define BOOKKEEPING_DELAY_MS 250 /* how long our bookkeeping waits for words of ours to go with */
#define UPLOAD_SIZE_MAX (REQUEST_MAX - 65536)
#define COMPRESS_FROM 65536
#define COMPRESS_BELOW ((uint64_t)8 << 20) /* bytes a second */
#define NEAR_US 20000                      /* a round trip that says the same where no large body was carried yet */

static enum rule send_request(struct keeper *keeper, struct lane *lane, const struct message_request *request)
{
	struct buffer payload = {0};
	message_write_request(&payload, request);
	lane->id = ++keeper->next_id;
	struct frame frame = {.type = MESSAGE_REQUEST, .id = lane->id, .payload = buffer_bytes(&payload)};
	enum rule rule = payload.rule == RULE_OK ? channel_send(keeper->link, &frame) : payload.rule;
	buffer_free(&payload);
	return rule;
}

/* Nothing was sent: for want of memory, or our own store could not be read. It is tried again later. */
static void not_sent(struct keeper *keeper, struct relation *relation, size_t party, struct lane *lane, enum rule rule)
{
	fprintf(stderr, "detente: request to %.*s: %s\n", BYTES_SHOWN(terms_party(relation->pact->terms, party)),
		rule_sentence(rule));
	lane->request = PEER_IDLE;
	peer_back_off(keeper, lane);
}

void peer_ask(struct keeper *keeper, struct relation *relation, size_t party, enum peer_request what, const char *path)
{
	struct message_request request = {.party = terms_party(relation->pact->terms, party), .verb = VERB_GET,
		.path = bytes_string(path)};
	struct lane *lane = &relation->peers[party].asking;
	lane->request = what;
	enum rule rule = send_request(keeper, lane, &request);
	if (rule != RULE_OK)
		not_sent(keeper, relation, party, lane, rule);
}

static enum rule read_entry(void *context, uint64_t index, struct buffer *to)
{
	return ledger_entry(context, index, to);
}

/*
 * Is there nothing for this peer but bookkeeping, and is its time not come? Each turn of ours would else cost a turn of
 * theirs.
 */
static bool only_bookkeeping(struct peer *peer, const struct pact_log *own, bool listens)
{
	int64_t now = clock_steady_ms();
	if (!listens) /* our receipts travel in it */
		return false;
	if (peer->push.cosigned >= own->size || peer->push.cosigned < own->words) {
		peer->lazy_at_ms = 0;
		return false;
	}
	if (peer->lazy_at_ms == 0)
		peer->lazy_at_ms = now + BOOKKEEPING_DELAY_MS;
	return peer->lazy_at_ms > now;
}

/* On a fast line, packing a body takes longer than carrying what it saves. */
static bool is_slow(const struct peer *peer)
{
	return peer->push_rate == 0 ? peer->round_trip_us > NEAR_US : peer->push_rate < COMPRESS_BELOW;
}

/* How fast a large body went, its answer and all. */
static void measure_push(struct peer *peer, const struct message_reply *reply)
{
	if (reply->status == 0)
		peer->push_rate = 0;
	else if (peer->pushed_size > COMPRESS_FROM && reply->elapsed_us != 0)
		peer->push_rate = peer->pushed_size * 1000000 / reply->elapsed_us;
}

/* What a log's mirror needs next, as a request; PUSH_NOTHING: nothing. */
static enum push_action write_push(struct push *push, struct pact *pact, size_t log, struct message_request *request,
	struct buffer *body, enum rule *rule)
{
	struct pact_log *held = &pact->logs[log];
	enum push_action action = push_next(push, held->size);
	*rule = RULE_OK;
	if (action == PUSH_CHECKPOINT) {
		request->path = BYTES("/add-checkpoint");
		*rule = mirror_write_checkpoint(body, push->pending, &held->ledger.tree,
			buffer_bytes(&held->checkpoint));
	} else if (action == PUSH_ENTRIES) {
		request->path = BYTES("/add-entries");
		struct mirror_upload upload = {.origin = bytes_string(terms_origin(pact->terms, log)),
			.start = push->next, .end = push->upload_end, .packages = REQUEST_PACKAGES_MAX,
			.size_max = UPLOAD_SIZE_MAX, .tree = &held->ledger.tree, .read = read_entry, .context = &held->ledger};
		*rule = mirror_write_entries(body, &upload);
	}
	return action;
}

/* Our own log to its mirror; or its own, where it does not know what we hold of that. */
static void push(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct pact *pact = relation->pact;
	struct peer *peer = &relation->peers[party];
	struct buffer body = {0};
	struct message_request request = {.party = terms_party(pact->terms, party), .verb = VERB_POST};
	enum rule rule;
	peer->giving = peer->gives && pact->logs[party].size != 0;
	struct push *push = peer->giving ? &peer->give : &peer->push;
	if (!peer->giving && only_bookkeeping(peer, &pact->logs[pact->self],
	    pact_card(pact, pact->self, 0)->card.address_count > 0))
		return;
	if (push->stuck) /* it was backed off from: what it holds is asked for anew */
		*push = (struct push){.cosigned = push->cosigned};
	if (write_push(push, pact, peer->giving ? party : pact->self, &request, &body, &rule) == PUSH_NOTHING) {
		peer->gives = false;
		if (push->stuck && !peer->giving)
			peer_back_off(keeper, &peer->pushing);
		return;
	}
	request.body = buffer_bytes(&body);
	request.compress = body.size > COMPRESS_FROM && is_slow(peer);
	peer->pushed_size = body.size;
	peer->pushing.request = PEER_PUSH;
	if (rule == RULE_OK)
		rule = send_request(keeper, &peer->pushing, &request);
	if (rule != RULE_OK) {
		push_reply(push, 0, (struct bytes){0});
		not_sent(keeper, relation, party, &peer->pushing, rule);
	}
	buffer_free(&body);
}

void peer_push_all(struct keeper *keeper)
{
	int64_t now = clock_steady_ms();
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; relation->may_sign && i < relation->pact->parties; i++) {
			struct peer *peer = &relation->peers[i];
			if (fetch_callable(relation, i) && peer->checked && peer->pushing.request == PEER_IDLE &&
			    peer->pushing.retry_at_ms <= now)
				push(keeper, relation, i);
		}
	}
}

int64_t peer_next_ms(const struct keeper *keeper)
{
	/* against the time at which they were looked at last: what fell due since then is still to be looked at */
	int64_t next = INT64_MAX, now = keeper->pushed_ms;
	for (size_t r = 0; keeper->link_ready && r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		int64_t ask = fetch_next_ms(keeper, relation);
		next = ask < next ? ask : next;
		for (size_t i = 0; i < relation->pact->parties; i++) {
			const struct peer *peer = &relation->peers[i];
			if (peer->record_at_ms > now && peer->record_at_ms < next)
				next = peer->record_at_ms;
			const int64_t times[] = {peer->pushing.retry_at_ms, peer->lazy_at_ms};
			for (size_t t = 0; t < 2 && peer->pushing.request == PEER_IDLE; t++)
				next = times[t] > now && times[t] < next ? times[t] : next;
			if (peer->asking.request == PEER_IDLE && peer->asking.retry_at_ms > now &&
			    peer->asking.retry_at_ms < next)
				next = peer->asking.retry_at_ms;
		}
	}
	return next;
}

void peer_back_off(struct keeper *keeper, struct lane *lane)
{
	uint8_t jitter[2];
	random_fill(keeper->options->random, jitter, sizeof(jitter));
	lane->backoff_ms = lane->backoff_ms == 0 ? BACK_OFF_FIRST_MS : 2 * lane->backoff_ms;
	if (lane->backoff_ms > BACK_OFF_MAX_MS)
		lane->backoff_ms = BACK_OFF_MAX_MS;
	/* between half and the whole of it */
	lane->retry_at_ms =
		clock_steady_ms() + lane->backoff_ms / 2 + lane->backoff_ms * (jitter[0] << 8 | jitter[1]) / 131072;
}

/* What was to be tried again later is tried again soon. */
static void take_heart(struct peer *peer)
{
	int64_t soon = clock_steady_ms() + BACK_OFF_FIRST_MS;
	/* an attachment that is under way waits for the line; others are waited for, whatever it does */
	struct lane *const lanes[] = {&peer->pushing, &peer->asking, &peer->getting.lane, &peer->putting.lane};
	size_t count = peer->getting.part == NULL ? 2 : peer->putting.total == 0 ? 3 : 4;
	for (size_t i = 0; i < count; i++) {
		if (lanes[i]->retry_at_ms > soon)
			lanes[i]->retry_at_ms = soon;
	}
}

void peer_heard(struct keeper *keeper, struct bytes party)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		size_t i = terms_party_find(relation->pact->terms, party);
		if (i == relation->pact->parties)
			continue;
		measure_heard(keeper, &relation->peers[i]);
		take_heart(&relation->peers[i]);
	}
}

/* A clock beyond the agreement's skew is told once until it is mended. */
static void measure_clock(struct keeper *keeper, struct relation *relation, size_t party, int64_t time)
{
	struct peer *peer = &relation->peers[party];
	struct bytes name = terms_party(relation->pact->terms, party);
	int64_t allowed = (int64_t)agreement_clock(terms_agreement(pact_terms(relation->pact)), "skew", 300);
	peer->last_cosigned = time;
	peer->skew_s = time - keeper_now(keeper);
	bool apart = peer->skew_s > allowed || peer->skew_s < -allowed;
	if (apart && !peer->skew_told)
		fprintf(stderr, "detente: clock: %.*s is %lld s apart, the agreement allows %lld; check both clocks "
			"(nothing is refused for it)\n", BYTES_SHOWN(name), (long long)peer->skew_s, (long long)allowed);
	peer->skew_told = apart;
}

/* Verifies the cosignature that a mirror answered with, over our checkpoint of that size, and keeps it. */
static enum rule keep_cosignature(struct pact *pact, size_t by, uint64_t size, struct bytes body, int64_t *time)
{
	struct buffer stored = {0};
	struct note *lines = calloc(2, sizeof(*lines)), *note = lines == NULL ? NULL : lines + 1;
	struct pact_cosigned cosigned;
	struct checkpoint checkpoint;
	uint64_t found;
	enum rule rule = lines == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK)
		rule = store_checkpoint_get(pact->store, pact_log_number(pact, pact->self), size, &found, &stored);
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, &checkpoint, buffer_bytes(&stored));
	if (rule == RULE_OK)
		rule = note_parse_signatures(lines, body);
	if (rule == RULE_OK)
		rule = pact_verify_mirror(pact, by, lines, note->text, &cosigned);
	if (rule == RULE_OK)
		rule = pact_add_cosignature(pact, by, &checkpoint, cosigned.line);
	if (rule == RULE_OK)
		*time = cosigned.time;
	free(lines);
	buffer_free(&stored);
	return rule;
}

/*
 * Keeps what it refused us with; says so once, until that changes. A correction repeated in vain changes nothing of it.
 */
static void refused(struct keeper *keeper, struct relation *relation, size_t party, enum rule rule,
	const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	char refusal[sizeof(peer->refusal)];
	struct buffer words = {0};
	text_printable(&words, bytes_of(reply->body.data, reply->body.size > 180 ? 180 : reply->body.size), false);
	snprintf(refusal, sizeof(refusal), "%d %.*s", reply->status, BYTES_SHOWN(buffer_bytes(&words)));
	if (peer->refusal[0] == '\0')
		peer->refused_since = keeper_now(keeper);
	if (peer->refusal[0] == '\0' || (rule != RULE_MIRROR_CONFLICT && strcmp(refusal, peer->refusal) != 0)) {
		memcpy(peer->refusal, refusal, sizeof(refusal));
		fprintf(stderr, "detente: %.*s refuses our log: %s (%s); it is tried again\n",
			BYTES_SHOWN(terms_party(relation->pact->terms, party)), refusal, rule_sentence(rule));
	}
	buffer_free(&words);
	peer_back_off(keeper, &peer->pushing);
}

/* What the others' logs said in this turn that they have cosigned of ours: as if they had answered so. */
void peer_told(struct keeper *keeper, struct relation *relation)
{
	struct pact *pact = relation->pact;
	for (size_t i = 0; i < pact->parties; i++) {
		if (pact->told[i].size == 0)
			continue;
		peer_cosigned(keeper, relation, i, pact->told[i].size, pact->told[i].time);
		pact->told[i].size = 0;
	}
}

void peer_cosigned(struct keeper *keeper, struct relation *relation, size_t party, uint64_t size, int64_t time)
{
	struct peer *peer = &relation->peers[party];
	push_cosigned(&peer->push, size);
	peer->last_cosigned = time > peer->last_cosigned ? time : peer->last_cosigned;
	keeper->cosigned = true;
	waiters_received(keeper, relation, party, size, time);
}

static enum rule take_cosignature(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body)
{
	struct peer *peer = &relation->peers[party];
	uint64_t size = peer->push.upload_end;
	int64_t time;
	enum rule rule = keep_cosignature(relation->pact, party, size, body, &time);
	if (rule == RULE_OK) {
		measure_clock(keeper, relation, party, time);
		peer->refusal[0] = '\0';
		peer_cosigned(keeper, relation, party, size, time);
	} else if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
		rule = RULE_OK; /* ours, not its */
	}
	return rule;
}

/* `good`: it is a node's answer. */
static void push_answered(struct keeper *keeper, struct relation *relation, size_t party,
	const struct message_reply *reply, bool good)
{
	struct peer *peer = &relation->peers[party];
	bool entries = peer->push.busy == PUSH_ENTRIES, silent = !good || reply->status == 503;
	peer->not_now = reply->status == 503;
	measure_push(peer, reply);
	/* 503: it may not sign now; as if it had not been reached */
	enum rule rule = push_reply(&peer->push, silent ? 0 : reply->status, reply->body);
	if (rule == RULE_OK && entries && reply->status == 200) {
		rule = take_cosignature(keeper, relation, party, reply->body);
		fetch_soon(relation, party); /* it has recorded that it stored this */
	}
	peer->gives = peer->gives || reply->status == 503; /* perhaps it waits for somebody to compare with */
	if (rule != RULE_OK)
		refused(keeper, relation, party, rule, reply);
	else if (silent)
		peer_back_off(keeper, &peer->pushing);
}

/* Of its own log it needs nothing, or has it all, or has been shown that it forked. */
static void give_answered(struct keeper *keeper, struct relation *relation, size_t party,
	const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	bool silent = reply->status == 0 || reply->status == 503;
	bool done = peer->give.busy == PUSH_ENTRIES && reply->status == 200;
	enum rule rule = push_reply(&peer->give, silent ? 0 : reply->status, reply->body);
	if (silent) {
		peer_back_off(keeper, &peer->pushing);
	} else if (rule != RULE_OK || done) {
		if (done) /* of our log it has lost as much */
			peer->push = (struct push){0};
		peer->gives = false;
		peer->give = (struct push){0};
		fetch_soon(relation, party);
	}
}

static void take_reply(struct keeper *keeper, struct relation *relation, size_t party, struct lane *lane,
	const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	enum peer_request was = lane->request;
	lane->request = PEER_IDLE;
	lane->retry_at_ms = 0;
	bool down = peer->down_since != 0, good = measure_reply(keeper, peer, reply, was == PEER_PUSH);
	if (down && good) {
		take_heart(peer);
		peer->give_at_ms = 0;
	}
	if (reply->status != 0)
		ways_worked(keeper, terms_party(relation->pact->terms, party), reply->pin, reply->address);
	if (was == PEER_PUSH && peer->giving)
		give_answered(keeper, relation, party, reply);
	else if (was == PEER_PUSH)
		push_answered(keeper, relation, party, reply, good);
	else
		check_reply(keeper, relation, party, was, reply);
	/* only an answer that could be used ends the back-off */
	if (lane->retry_at_ms == 0)
		lane->backoff_ms = 0;
}

void peer_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->pact->parties; i++) {
			struct peer *peer = &relation->peers[i];
			struct lane *lane = peer->pushing.request != PEER_IDLE && peer->pushing.id == id ? &peer->pushing
				: peer->asking.request != PEER_IDLE && peer->asking.id == id ? &peer->asking : NULL;
			if (lane != NULL) {
				take_reply(keeper, relation, i, lane, reply);
				return;
			}
		}
	}
}

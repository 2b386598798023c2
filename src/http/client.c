#include "client.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "attempt.h"
#include "utc.h"

#define IDLE_ATTEMPTS_MAX 16 /* kept for the next requests: making one takes longer than using it */
#define OTHERS_MAX 8

TAILQ_HEAD(attempts, attempt);

/* One request on its way, through one address after the other, or beside it. */
struct call {
	TAILQ_ENTRY(call) link;
	uint32_t id;
	int64_t started;
	struct question question;
	/* Every address, in the order in which they are tried. */
	struct try {
		char address[ADDRESS_MAX + 1];
		bool preferred;
		struct attempt *attempt; /* while it is under way, or has the reply */
		int64_t began;           /* 0: not yet */
		bool told;               /* something came of it */
		enum reply_cause cause;
	} tries[SETUP_ADDRESSES_MAX];
	size_t try_count, next;
	size_t running;
	/* Of what is under way, and when that last grew. */
	uint64_t progress;
	int64_t progress_at;
	/* The reply; `answer` is NULL when none came. */
	struct try *answer;
	struct attempt_result result;
	enum reply_cause cause;
	const char *address; /* of the failure that got furthest */
	uint64_t moved;
};

TAILQ_HEAD(calls, call);

/* Where a peer's calls begin. */
struct route {
	size_t first;   /* the address that served last */
	int64_t again;  /* from when on the preferred one is tried first again */
};

struct client {
	CURLM *multi;
	struct attempt_base base;
	const struct message_setup *setup;
	struct route routes[SETUP_PEERS_MAX]; /* of each peer of the setup */
	struct calls active, done;
	struct attempts idle;
	size_t idle_count;
	struct call *taken; /* whose views client_next() gave away */
	int64_t due; /* nothing is due before */
};

static void set_due(struct client *client, int64_t due)
{
	if (due < client->due)
		client->due = due;
}

/* ---- attempts ---- */

static struct attempt *take_attempt(struct client *client)
{
	struct attempt *attempt = TAILQ_FIRST(&client->idle);
	if (attempt == NULL)
		return attempt_new(&client->base);
	TAILQ_REMOVE(&client->idle, attempt, link);
	client->idle_count--;
	return attempt;
}

/* The attempt of a try is over: nothing of it is needed any more. */
static void put_attempt(struct client *client, struct try *try)
{
	struct attempt *attempt = try->attempt;
	try->attempt = NULL;
	if (attempt == NULL)
		return;
	attempt_clear(attempt);
	if (client->idle_count == IDLE_ATTEMPTS_MAX) {
		attempt_free(attempt);
		return;
	}
	TAILQ_INSERT_HEAD(&client->idle, attempt, link);
	client->idle_count++;
}

/* It is under way no more. */
static void stop_attempt(struct client *client, struct call *call, struct try *try)
{
	curl_multi_remove_handle(client->multi, try->attempt->easy);
	if (call->question.carrier == try->attempt)
		call->question.carrier = NULL;
	call->running--;
}

static void finish(struct client *client, struct call *call)
{
	TAILQ_REMOVE(&client->active, call, link);
	TAILQ_INSERT_TAIL(&client->done, call, link);
}

/* Of several failures the one that got furthest is the one that is told: the causes stand in that order. */
static void note_failure(struct call *call, struct try *try, enum reply_cause cause)
{
	try->told = true;
	try->cause = cause;
	if (call->cause != CAUSE_NO_ADDRESS && cause < call->cause)
		return;
	call->cause = cause;
	call->address = try->address;
}

static bool begin_attempt(struct client *client, struct call *call, struct try *try)
{
	struct attempt *attempt = try->attempt = take_attempt(client);
	if (attempt == NULL)
		return false;
	attempt->owner = call;
	if (attempt_prepare(attempt, &call->question, bytes_string(try->address)) &&
	    curl_multi_add_handle(client->multi, attempt->easy) == CURLM_OK)
		return true;
	put_attempt(client, try);
	return false;
}

/* Begins the next attempt; where none is left and none is under way, the call is done. */
static void begin_next(struct client *client, struct call *call)
{
	while (call->next < call->try_count) {
		struct try *try = &call->tries[call->next++];
		try->began = clock_steady_ms();
		if (!begin_attempt(client, call, try)) {
			note_failure(call, try, CAUSE_NO_ADDRESS);
			continue;
		}
		call->running++;
		call->progress_at = try->began;
		call->question.slow_due = try->began + client->base.deadlines.slow;
		set_due(client, call->question.slow_due);
		return;
	}
	if (call->running == 0)
		finish(client, call);
}

static struct try *try_of(struct call *call, const struct attempt *attempt)
{
	struct try *try = call->tries;
	while (try->attempt != attempt)
		try++;
	return try;
}

/* Ends all attempts but one. Of those that had their time is told how far they got. */
static void drop_others(struct client *client, struct call *call, const struct attempt *kept)
{
	int64_t slow = clock_steady_ms() - client->base.deadlines.slow;
	for (struct try *try = call->tries; try < call->tries + call->try_count; try++) {
		if (try->attempt == NULL || try->attempt == kept)
			continue;
		enum reply_cause stage = attempt_stage(try->attempt);
		stop_attempt(client, call, try);
		if (try->began <= slow)
			note_failure(call, try, stage);
		put_attempt(client, try);
	}
}

static const struct setup_peer *peer_named(const struct message_setup *setup, struct bytes party)
{
	for (size_t i = 0; i < setup->peer_count; i++)
		if (bytes_equal(setup->peers[i].party, party))
			return &setup->peers[i];
	return NULL;
}

/*
 * The next call begins with the address that served this one. Where that is not the preferred one, which was tried, it
 * gets its next chance later.
 */
static void remember_address(struct client *client, const struct call *call)
{
	const struct setup_peer *peer = peer_named(client->setup, bytes_string(call->question.party));
	size_t at = 0;
	while (peer != NULL && at < peer->address_count && !bytes_is(peer->addresses[at], call->answer->address))
		at++;
	if (peer == NULL || at == peer->address_count)
		return;
	struct route *route = &client->routes[peer - client->setup->peers];
	route->first = at;
	for (size_t i = 0; i < call->next; i++)
		if (call->tries[i].preferred)
			route->again = clock_steady_ms() + client->base.deadlines.again;
}

static void take_success(struct client *client, struct call *call, struct try *try)
{
	drop_others(client, call, try->attempt);
	try->told = true;
	try->cause = call->cause = CAUSE_NONE;
	call->answer = try;
	call->address = try->address;
	call->moved = try->attempt->moved;
	remember_address(client, call);
	finish(client, call);
}

static void end_attempt(struct client *client, struct attempt *attempt, CURLcode code)
{
	struct call *call = attempt->owner;
	struct try *try = try_of(call, attempt);
	bool second = call->question.carrier != NULL && call->question.carrier != attempt;
	stop_attempt(client, call, try);
	enum reply_cause cause = attempt_end(attempt, code, &call->result);
	if (cause == CAUSE_NONE) {
		take_success(client, call, try);
		return;
	}
	if (!second) { /* else it connected, but another one had done so before */
		note_failure(call, try, cause);
		call->moved = attempt->moved;
	}
	put_attempt(client, try);
	/* A file goes on where it broke off: that is for the owner to ask. */
	if (!second && cause == CAUSE_HTTP && call->question.fd >= 0) {
		drop_others(client, call, NULL);
		finish(client, call);
	} else if (call->question.carrier == NULL) {
		begin_next(client, call);
	}
}

/* Ends the call without a reply; of `cause`, or of how far each attempt has got. */
static void give_up(struct client *client, struct call *call, enum reply_cause cause)
{
	for (struct try *try = call->tries; try < call->tries + call->try_count; try++) {
		if (try->attempt == NULL)
			continue;
		if (call->question.carrier == try->attempt)
			call->moved = try->attempt->moved;
		enum reply_cause stage = cause != CAUSE_NONE ? cause : attempt_stage(try->attempt);
		stop_attempt(client, call, try);
		note_failure(call, try, stage);
		put_attempt(client, try);
	}
	finish(client, call);
}

/* ---- the owner's side ---- */

static void call_free(struct client *client, struct call *call)
{
	for (size_t i = 0; i < call->try_count; i++)
		put_attempt(client, &call->tries[i]);
	question_free(&call->question);
	free(call);
}

static void forget_taken(struct client *client)
{
	if (client->taken != NULL)
		call_free(client, client->taken);
	client->taken = NULL;
}

static void add_try(struct call *call, const struct setup_peer *peer, size_t at)
{
	struct try *try = &call->tries[call->try_count];
	if (!bytes_to_string(peer->addresses[at], try->address, sizeof(try->address)))
		return;
	try->preferred = at == 0;
	call->try_count++;
}

/* From the address that served last, or from the preferred one when it has its chance; then the others in order. */
static void plan(struct client *client, struct call *call, const struct setup_peer *peer)
{
	const struct route *route = &client->routes[peer - client->setup->peers];
	size_t first = clock_steady_ms() >= route->again ? 0 : route->first;
	call->question.pins.count = peer->pin_count;
	memcpy(call->question.pins.pins, peer->pins, sizeof(call->question.pins.pins));
	if (peer->address_count != 0)
		add_try(call, peer, first);
	for (size_t i = 0; i < peer->address_count; i++)
		if (i != first)
			add_try(call, peer, i);
}

enum rule client_send(struct client *client, uint32_t id, const struct message_request *request, int fd)
{
	forget_taken(client);
	struct call *call = calloc(1, sizeof(*call));
	if (call == NULL) {
		if (fd >= 0)
			close(fd);
		return RULE_MEMORY;
	}
	enum rule rule = question_fill(&call->question, request, fd);
	if (rule != RULE_OK) {
		call_free(client, call);
		return rule;
	}
	call->id = id;
	call->started = clock_steady_ms();
	call->cause = CAUSE_NO_ADDRESS;
	const struct setup_peer *peer = peer_named(client->setup, request->party);
	if (peer != NULL && bytes_to_string(peer->party, call->question.party, sizeof(call->question.party)))
		plan(client, call, peer);
	TAILQ_INSERT_TAIL(&client->active, call, link);
	set_due(client, request_due(&client->base.deadlines, call->started, 0));
	begin_next(client, call);
	return RULE_OK;
}

/* A view of a string, absent when it is empty. */
static struct bytes text_or_none(const char *text)
{
	return text == NULL || text[0] == '\0' ? bytes_of(NULL, 0) : bytes_string(text);
}

/* Which of its party's pins that is, now. */
static uint8_t pin_shown(const struct client *client, const struct call *call)
{
	const struct setup_peer *peer = peer_named(client->setup, bytes_string(call->question.party));
	for (size_t i = 0; peer != NULL && i < peer->pin_count; i++)
		if (memcmp(peer->pins[i], call->answer->attempt->shown, TLS_PIN_SIZE) == 0)
			return (uint8_t)i;
	return 0;
}

bool client_next(struct client *client, uint32_t *id, struct message_reply *reply)
{
	forget_taken(client);
	struct call *call = TAILQ_FIRST(&client->done);
	if (call == NULL)
		return false;
	TAILQ_REMOVE(&client->done, call, link);
	client->taken = call;
	*id = call->id;
	*reply = (struct message_reply){
		.cause = call->cause,
		.address = text_or_none(call->address),
		.moved = call->moved,
	};
	if (call->answer != NULL) {
		reply->status = call->result.status;
		reply->type = text_or_none(call->result.type);
		reply->body = buffer_bytes(&call->answer->attempt->body);
		reply->elapsed_us = call->result.elapsed_us;
		reply->range = call->answer->attempt->content;
		reply->pin = pin_shown(client, call);
	}
	for (size_t i = 0; i < call->try_count; i++)
		if (call->tries[i].told)
			reply->attempts[reply->attempt_count++] = (struct reply_attempt){
				bytes_string(call->tries[i].address), call->tries[i].cause};
	return true;
}

/*
 * Whether it is time for the next address. A connection that carries and on which nothing moves any more, as one that
 * was kept while its path died, carries no more for that: the next one may, unless this one answers first.
 */
static bool is_slow(struct client *client, struct call *call, int64_t now, uint64_t moved)
{
	struct question *question = &call->question;
	if (call->next == call->try_count)
		return false;
	if (moved != call->progress) {
		call->progress = moved;
		call->progress_at = now;
	}
	if (question->carrier != NULL && question->fd < 0) {
		question->slow_due = call->progress_at + client->base.deadlines.stall;
		if (question->slow_due <= now)
			question->carrier = NULL;
	}
	if (question->carrier != NULL && question->fd >= 0)
		return false;
	set_due(client, question->slow_due);
	return question->slow_due <= now;
}

/* When something must be done about a call; it is done where that is over. */
static void expire(struct client *client, struct call *call, int64_t now)
{
	uint64_t moved = 0;
	for (size_t i = 0; i < call->try_count; i++)
		if (call->tries[i].attempt != NULL)
			moved += attempt_moved(call->tries[i].attempt);
	int64_t due = request_due(&client->base.deadlines, call->started, moved);
	if (due <= now) {
		give_up(client, call, CAUSE_NONE);
		return;
	}
	set_due(client, due);
	if (is_slow(client, call, now, moved))
		begin_next(client, call);
}

static void expire_all(struct client *client)
{
	int64_t now = clock_steady_ms();
	if (now < client->due)
		return;
	client->due = DUE_NEVER;
	for (struct call *call = TAILQ_FIRST(&client->active), *next; call != NULL; call = next) {
		next = TAILQ_NEXT(call, link);
		expire(client, call, now);
	}
}

void client_run(struct client *client)
{
	forget_taken(client);
	int running = 0, left = 0;
	expire_all(client);
	curl_multi_perform(client->multi, &running);
	for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left)) != NULL;) {
		struct attempt *attempt = NULL;
		CURLcode code = message->data.result;
		if (message->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt) == CURLE_OK)
			end_attempt(client, attempt, code);
	}
	struct call *call;
	TAILQ_FOREACH(call, &client->active, link)
		if (call->running > 1 && call->question.carrier != NULL)
			drop_others(client, call, call->question.carrier);
}

enum rule client_wait(struct client *client, struct pollfd *others, unsigned count, int timeout_ms)
{
	struct curl_waitfd waits[OTHERS_MAX];
	for (unsigned i = 0; i < count; i++)
		waits[i] = (struct curl_waitfd){.fd = others[i].fd,
			.events = (short)((others[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
				(others[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0))};
	int64_t until = client->due == DUE_NEVER ? INT_MAX : client->due - clock_steady_ms();
	if (timeout_ms < 0 || until < timeout_ms)
		timeout_ms = until < 0 ? 0 : until > INT_MAX ? INT_MAX : (int)until;
	if (curl_multi_poll(client->multi, waits, count, timeout_ms, NULL) != CURLM_OK)
		return RULE_IO;
	for (unsigned i = 0; i < count; i++)
		others[i].revents = waits[i].revents;
	return RULE_OK;
}

/* ---- when peers change ---- */

static bool has_pin(const struct setup_peer *peer, const uint8_t pin[TLS_PIN_SIZE])
{
	for (size_t i = 0; peer != NULL && i < peer->pin_count; i++)
		if (memcmp(peer->pins[i], pin, TLS_PIN_SIZE) == 0)
			return true;
	return false;
}

/* How many of the pins are still the peer's. */
static size_t count_pins(const struct setup_peer *peer, const struct pins *pins)
{
	size_t count = 0;
	for (size_t i = 0; i < pins->count; i++)
		count += has_pin(peer, pins->pins[i]);
	return count;
}

void client_setup(struct client *client, const struct message_setup *setup)
{
	forget_taken(client);
	client->setup = setup;
	memset(client->routes, 0, sizeof(client->routes));
	for (struct call *call = TAILQ_FIRST(&client->active), *next; call != NULL; call = next) {
		next = TAILQ_NEXT(call, link);
		struct question *question = &call->question;
		const struct setup_peer *peer = peer_named(setup, bytes_string(question->party));
		if (count_pins(peer, &question->pins) == question->pins.count)
			continue;
		question->stale = true;
		call->try_count = call->next;
		if (question->carrier == NULL || !has_pin(peer, question->carrier->shown))
			give_up(client, call, CAUSE_NO_ADDRESS);
	}
	/* One that has not yet shown its key might show the one that is gone. */
	struct outbound_socket *at;
	TAILQ_FOREACH(at, &client->base.sockets, link)
		if (count_pins(peer_named(setup, bytes_string(at->party)), &at->pins) != at->pins.count)
			shutdown(at->fd, SHUT_RDWR);
}

/* ---- from beginning to end ---- */

void client_identity(struct client *client, const struct tls_identity *identity)
{
	client->base.identity = identity;
}

struct client *client_new(const struct tls_identity *identity, const struct message_setup *setup,
	const struct deadlines *deadlines)
{
	struct client *client = calloc(1, sizeof(*client));
	if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(client);
		return NULL;
	}
	client->base.identity = identity;
	client->base.deadlines = *deadlines;
	TAILQ_INIT(&client->base.sockets);
	client->setup = setup;
	client->due = DUE_NEVER;
	TAILQ_INIT(&client->active);
	TAILQ_INIT(&client->done);
	TAILQ_INIT(&client->idle);
	client->multi = curl_multi_init();
	if (client->multi == NULL) {
		client_free(client);
		return NULL;
	}
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)LINK_REQUESTS_PER_PEER * SETUP_PEERS_MAX);
	return client;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	while (!TAILQ_EMPTY(&client->active))
		give_up(client, TAILQ_FIRST(&client->active), CAUSE_HTTP);
	forget_taken(client);
	for (struct call *call; (call = TAILQ_FIRST(&client->done)) != NULL;) {
		TAILQ_REMOVE(&client->done, call, link);
		call_free(client, call);
	}
	for (struct attempt *attempt; (attempt = TAILQ_FIRST(&client->idle)) != NULL;) {
		TAILQ_REMOVE(&client->idle, attempt, link);
		attempt_free(attempt);
	}
	curl_multi_cleanup(client->multi); /* closes the sockets, which are freed with it */
	free(client);
	curl_global_cleanup();
}

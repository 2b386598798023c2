/*
 * fetch: takes from another party's node what it holds of a log and we lack: our own log after a restore from an older
 * copy; the others' logs, when our own refers to more of them than we hold, when nobody can push them to us, when their
 * owner has been silent, and when the log of the one that is asked refers to more of them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

#define PULL_MS 2000     /* between two questions for one log */
#define BEHIND_MS 1000   /* the same where it is known that something is missing */
#define SILENT_MS 5000   /* a party that was silent for so long is asked, or others are asked for its log */
#define GIVE_MS 10000    /* a party that cannot call us is shown so often what we hold of its log */
#define REFUSED_MS 60000 /* before a peer is asked again for a log of which it gave what is refused */

void fetch_say(const struct relation *relation, size_t party, const char *what)
{
	struct bytes name = terms_party(relation->pact->terms, party);
	fprintf(stderr, "detente: %s: %.*s %s\n", relation->pact->label, BYTES_SHOWN(name), what);
}

static void log_path(const struct relation *relation, size_t log, const char *rest, char *to, size_t capacity)
{
	uint8_t digest[SHA256_SIZE];
	struct buffer hex = {0};
	sha256(bytes_string(terms_origin(relation->pact->terms, log)), digest);
	text_hex(&hex, bytes_of(digest, sizeof(digest)));
	snprintf(to, capacity, "/%.*s/%s", BYTES_SHOWN(hex), rest);
	buffer_free(&hex);
}

void fetch_ask(struct keeper *keeper, struct relation *relation, size_t party, size_t log)
{
	struct peer *peer = &relation->peers[party];
	char path[160];
	if (peer->fetch.pass == 0 && peer->proving == NULL) {
		peer->fetch.log = log;
		peer->asked_size = relation->pact->logs[log].size;
		log_path(relation, log, "checkpoint", path, sizeof(path));
		peer_ask(keeper, relation, party, PEER_ASK_CHECKPOINT, path);
	} else {
		bool bundle = peer->fetch.pass != 0;
		struct tile tile = bundle ? intake_wants(&peer->fetch) : forks_wants(peer->proving, &log);
		char name[TILE_PATH_MAX];
		tile_path(&tile, name);
		log_path(relation, bundle ? peer->fetch.log : log, name, path, sizeof(path));
		peer_ask(keeper, relation, party, bundle ? PEER_ASK_BUNDLE : PEER_ASK_TILE, path);
	}
}

bool fetch_busy(const struct relation *relation)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		if (relation->peers[i].fetch.pass != 0 && relation->peers[i].fetch.log == relation->pact->self)
			return true;
	}
	return false;
}

void fetch_drop(struct relation *relation)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		if (relation->peers[i].fetch.log != relation->pact->self)
			relation->peers[i].fetch.pass = 0;
	}
}

/* Gives up a fetch; it may be tried again later. */
static void give_up(struct keeper *keeper, struct relation *relation, size_t party, const char *why)
{
	struct peer *peer = &relation->peers[party];
	fetch_say(relation, party, why);
	peer->fetch.pass = 0;
	if (peer->fetch.log == relation->pact->self) {
		peer->unreachable = true;
		peer_back_off(keeper, &peer->asking);
	} else {
		peer->ask_at_ms[peer->fetch.log] = clock_steady_ms() + REFUSED_MS;
	}
}

/* After a step of the intake: goes on, is done, or failed. */
static void stepped(struct keeper *keeper, struct relation *relation, size_t party, enum rule rule)
{
	struct peer *peer = &relation->peers[party];
	bool own = peer->fetch.log == relation->pact->self;
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule == RULE_TREE_PROOF && !own) {
		peer->ask_at_ms[peer->fetch.log] = clock_steady_ms() + REFUSED_MS;
		forks_prove(keeper, relation, party);
	} else if (rule == RULE_TREE_PROOF) {
		give_up(keeper, relation, party, "holds more of our own log, and what it gave does not go on from ours: "
			"it gave false entries, or this home has forked");
	} else if (rule != RULE_OK && rule != RULE_INTAKE_OVERTAKEN) {
		give_up(keeper, relation, party, rule_sentence(rule));
	} else if (peer->fetch.pass == 0) {
		struct pact_log *log = &relation->pact->logs[peer->fetch.log];
		peer->ask_at_ms[peer->fetch.log] = 0; /* there may be more by now */
		log->came = log->came || (rule == RULE_INTAKE_OVERTAKEN && peer->fetch.owing);
		if (own && rule == RULE_OK) {
			peer->checked = true;
			fetch_say(relation, party, "has given back what this home lacked");
		}
	}
}

void fetch_begin(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown,
	struct bytes note)
{
	stepped(keeper, relation, party, intake_begin(keeper, relation, &relation->peers[party].fetch, shown, note));
}

void fetch_bundle(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body)
{
	struct intake *fetch = &relation->peers[party].fetch;
	bool proving = fetch->pass == 1;
	uint64_t given = fetch->bundle;
	enum rule rule = intake_bundle(keeper, relation, fetch, body);
	/* where one bundle is all that was missing it need not be asked for again */
	if (rule == RULE_OK && proving && fetch->pass == 2 && fetch->bundle == given)
		rule = intake_bundle(keeper, relation, fetch, body);
	stepped(keeper, relation, party, rule);
}

/* ---- which log to ask for, of whom, when ---- */

static bool has_address(const struct relation *relation, size_t party)
{
	return pact_card(relation->pact, party, 0)->card.address_count > 0;
}

bool fetch_callable(const struct relation *relation, size_t party)
{
	return party != relation->pact->self && has_address(relation, party);
}

bool fetch_never_meets(const struct relation *relation, size_t party)
{
	return !has_address(relation, party) && !has_address(relation, relation->pact->self);
}

size_t fetch_third(const struct relation *relation, size_t log)
{
	size_t parties = relation->pact->parties, found = parties;
	for (size_t i = 0; i < parties; i++) {
		size_t party = (relation->peers[log].third + i) % parties;
		if (party == log || !fetch_callable(relation, party))
			continue;
		if (relation->peers[party].down_since == 0)
			return party;
		found = found == parties ? party : found;
	}
	return found;
}

/* When a peer is to be asked for a log; INT64_MAX: there is no need to. */
static int64_t due(const struct keeper *keeper, const struct relation *relation, size_t party, size_t log)
{
	const struct peer *peer = &relation->peers[party], *owner = &relation->peers[log];
	int64_t heard = owner->heard_at_ms != 0 ? owner->heard_at_ms : keeper->started_ms, when = INT64_MAX;
	bool one_shot = keeper->options->client >= 0; /* nobody calls it, and it does not stay to see who is silent */
	bool never = fetch_never_meets(relation, log) || one_shot;
	if (party == log)
		when = has_address(relation, relation->pact->self) && !one_shot ? heard + SILENT_MS : 0;
	else if ((!fetch_callable(relation, log) || owner->down_since != 0) && fetch_third(relation, log) == party)
		when = never ? 0 : heard + SILENT_MS;
	/* what a log refers to, its owner can show */
	if (peer->waits_since_ms != 0 && party != log && peer->waits_since_ms + BEHIND_MS < when)
		when = peer->waits_since_ms + BEHIND_MS;
	if (pact_lacks(relation->pact) || (owner->doubted && !owner->forks))
		when = 0;
	return when < peer->ask_at_ms[log] ? peer->ask_at_ms[log] : when;
}

/* The log that a peer is to be asked for first, and when. */
static int64_t first_due(const struct keeper *keeper, const struct relation *relation, size_t party, size_t *log)
{
	int64_t first = INT64_MAX;
	*log = 0;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		int64_t when = i == relation->pact->self ? INT64_MAX : due(keeper, relation, party, i);
		if (when < first) {
			first = when;
			*log = i;
		}
	}
	return first;
}

/* Our own log is compared with its mirror before anything else is asked of a peer. */
static bool may_ask(const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	return fetch_callable(relation, party) && peer->checked && peer->asking.request == PEER_IDLE;
}

bool fetch_due(const struct keeper *keeper, const struct relation *relation, size_t party)
{
	size_t log;
	return relation->peers[party].fetch.pass != 0 || first_due(keeper, relation, party, &log) <= keeper->pushed_ms;
}

int64_t fetch_next_ms(const struct keeper *keeper, const struct relation *relation)
{
	int64_t next = INT64_MAX;
	for (size_t i = 0; relation->may_sign && i < relation->pact->parties; i++) {
		size_t log;
		int64_t when = may_ask(relation, i) ? first_due(keeper, relation, i, &log) : INT64_MAX;
		if (when > keeper->pushed_ms && when < next)
			next = when;
	}
	return next;
}

void fetch_soon(struct relation *relation, size_t party)
{
	relation->peers[party].ask_at_ms[party] = 0;
}

/* Notes since when the logs wait that refer to what is not here. */
static void note_waiting(struct relation *relation, int64_t now)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct pact_log *log = &relation->pact->logs[i];
		struct peer *peer = &relation->peers[i];
		bool waits = log->judge.next < log->ledger.size;
		peer->waits_since_ms = !waits ? 0 : peer->waits_since_ms != 0 ? peer->waits_since_ms : now;
	}
}

void fetch_push(struct keeper *keeper, struct relation *relation)
{
	int64_t now = clock_steady_ms(), pace = pact_lacks(relation->pact) ? BEHIND_MS : PULL_MS;
	note_waiting(relation, now);
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		size_t log;
		if (!may_ask(relation, i) || peer->asking.retry_at_ms > now)
			continue;
		if (peer->fetch.pass != 0 || peer->proving != NULL) {
			fetch_ask(keeper, relation, i, peer->fetch.log);
		} else if (first_due(keeper, relation, i, &log) <= now) {
			peer->ask_at_ms[log] = now + pace;
			if (!has_address(relation, relation->pact->self) && peer->give_at_ms <= now) {
				peer->give_at_ms = now + GIVE_MS;
				peer->gives = true;
			}
			relation->peers[log].third = i + 1;
			fetch_ask(keeper, relation, i, log);
		}
	}
}

/* ---- what a peer shows of another's log, or of its own ---- */

/* Its own log is shorter than what it signed before: it goes on from an older copy, which is not a fork yet. */
static void look_back(struct relation *relation, size_t party, uint64_t size)
{
	struct peer *peer = &relation->peers[party];
	bool less = party == peer->fetch.log && size < peer->asked_size;
	if (less && !peer->rolled_back)
		fetch_say(relation, party, "shows less of its own log than it signed before: it goes on from an older "
			"copy; what is held here is kept, and given back to it");
	if (party == peer->fetch.log)
		peer->rolled_back = less;
	peer->gives = peer->gives || less;
}

static enum rule read_shown(const struct relation *relation, size_t log, struct bytes body, struct checkpoint *shown)
{
	struct note *note = malloc(sizeof(*note));
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, shown, body);
	if (rule == RULE_OK && !bytes_is(shown->origin, terms_origin(relation->pact->terms, log)))
		rule = RULE_MIRROR_ORIGIN;
	if (rule == RULE_OK)
		rule = pact_verify_log(relation->pact, log, note);
	free(note);
	return rule;
}

void fetch_reply(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	const struct pact_log *log = &relation->pact->logs[peer->fetch.log];
	struct checkpoint shown = {0};
	enum rule rule = reply->status == 404 ? RULE_OK : read_shown(relation, peer->fetch.log, reply->body, &shown);
	if (rule != RULE_OK) {
		give_up(keeper, relation, party, rule_sentence(rule));
		return;
	}
	look_back(relation, party, shown.size);
	if (forks_contradicts(keeper, relation, peer->fetch.log, &shown, reply->body)) {
		peer->ask_at_ms[peer->fetch.log] = clock_steady_ms() + REFUSED_MS;
		peer->gives = peer->gives || party == peer->fetch.log; /* it is shown what it did */
	} else if (shown.size > log->size && shown.size >= log->ledger.size &&
		(!log->has_pending || shown.size >= log->pending_size))
		fetch_begin(keeper, relation, party, &shown, reply->body);
}

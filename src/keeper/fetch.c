/*
 * fetch: takes from another party's node what it holds of a log and we lack: our own log after a restore from an older
 * copy, the others' logs when our own refers to more of them than we hold.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

#define FETCH_AGAIN_MS 1000

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
	if (peer->fetch.pass == 0) {
		peer->fetch.log = log;
		log_path(relation, log, "checkpoint", path, sizeof(path));
		peer_ask(keeper, relation, party, PEER_ASK_CHECKPOINT, path);
	} else {
		struct tile tile = intake_wants(&peer->fetch);
		char name[TILE_PATH_MAX];
		tile_path(&tile, name);
		log_path(relation, peer->fetch.log, name, path, sizeof(path));
		peer_ask(keeper, relation, party, PEER_ASK_BUNDLE, path);
	}
}

bool fetch_busy(const struct relation *relation)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		if (relation->peers[i].fetch.pass != 0)
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
	peer->unreachable = true;
	peer_back_off(keeper, peer);
}

/* After a step of the intake: goes on, is done, or failed. */
static void stepped(struct keeper *keeper, struct relation *relation, size_t party, enum rule rule)
{
	struct peer *peer = &relation->peers[party];
	bool own = peer->fetch.log == relation->pact->self;
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule == RULE_TREE_PROOF) {
		give_up(keeper, relation, party, own
			? "holds more of our own log, and what it gave does not go on from ours: it gave false entries, or "
				"this home has forked"
			: "gave entries that do not lead to the checkpoint it showed: not taken");
	} else if (rule != RULE_OK) {
		give_up(keeper, relation, party, rule_sentence(rule));
	} else if (peer->fetch.pass == 0) {
		peer->checked = peer->checked || own;
		fetch_say(relation, party, "has given back what this home lacked");
	}
}

void fetch_begin(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown,
	struct bytes note)
{
	stepped(keeper, relation, party, intake_begin(keeper, relation, &relation->peers[party].fetch, shown, note));
}

void fetch_bundle(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body)
{
	stepped(keeper, relation, party, intake_bundle(keeper, relation, &relation->peers[party].fetch, body));
}

/* ---- the others' logs, when our own refers to what we lack ---- */

void fetch_push(struct keeper *keeper, struct relation *relation)
{
	int64_t now = clock_steady_ms();
	if (!pact_behind(relation->pact)) {
		fetch_drop(relation);
		return;
	}
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		if (i == relation->pact->self || peer->request != PEER_IDLE || peer->retry_at_ms > now ||
			terms_card(relation->pact->terms, i)->address_count == 0)
			continue;
		if (peer->fetch.pass == 0 && peer->fetch_again_ms > now)
			continue;
		peer->fetch_again_ms = now + FETCH_AGAIN_MS;
		fetch_ask(keeper, relation, i, i);
	}
}

void fetch_reply(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	const struct pact_log *log = &relation->pact->logs[peer->fetch.log];
	struct checkpoint shown = {0};
	struct note *note = malloc(sizeof(*note));
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, &shown, reply->body);
	if (rule == RULE_OK && !bytes_is(shown.origin, terms_origin(relation->pact->terms, peer->fetch.log)))
		rule = RULE_MIRROR_ORIGIN;
	if (rule == RULE_OK)
		rule = note_verify(note, terms_log_key(relation->pact->terms, peer->fetch.log));
	if (rule != RULE_OK)
		give_up(keeper, relation, party, rule_sentence(rule));
	else if (shown.size > log->size && shown.size >= log->ledger.size &&
		(!log->has_pending || shown.size >= log->pending_size))
		fetch_begin(keeper, relation, party, &shown, reply->body);
	free(note);
}

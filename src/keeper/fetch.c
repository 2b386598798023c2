/*
 * fetch: takes from another party's node what it holds of a log and we lack: our own log after a restore from an older
 * copy, the others' logs when our own refers to more of them than we hold.
 *
 * Two passes over the missing bundles, so that memory stays flat and nothing unproved is stored: the first computes the
 * root that the checkpoint must have and keeps a digest a bundle; the second appends what has the same digest.
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
		struct tile tile = {-1, peer->fetch.bundle, tile_width(-1, peer->fetch.bundle, peer->fetch.size)};
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

/* Starts a pass over the bundles from the size that we hold on. */
static void begin_pass(struct relation *relation, struct peer *peer, unsigned pass)
{
	const struct ledger *ledger = &relation->pact->logs[peer->fetch.log].ledger;
	peer->fetch.pass = pass;
	peer->fetch.bundle = peer->fetch.first = ledger->size / TILE_WIDTH;
	peer->fetch.frontier = ledger->frontier;
	peer->fetch.owing = false;
	if (pass == 1)
		buffer_clear(&peer->fetch.digests);
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

/* The pending checkpoint of another's log binds it: what is fetched must go on from that. */
static enum rule check_pending(const struct pact_log *log, const struct peer *peer)
{
	struct hash root;
	if (peer->fetch.pass != 1 || !log->has_pending || log->pending_size != peer->fetch.frontier.size)
		return RULE_OK;
	tree_root(&peer->fetch.frontier, &root);
	return memcmp(root.bytes, log->pending_root.bytes, SHA256_SIZE) == 0 ? RULE_OK : RULE_TREE_PROOF;
}

/* Reads the entries of a bundle that are missing here, hashing them; in the second pass appends them. */
static enum rule take_entries(struct relation *relation, struct peer *peer, struct bytes body,
	struct judge_prepared *prepared)
{
	struct pact *pact = relation->pact;
	struct cursor bundle = cursor_of(body);
	uint64_t index = peer->fetch.bundle * TILE_WIDTH;
	unsigned width = tile_width(-1, peer->fetch.bundle, peer->fetch.size);
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < width && rule == RULE_OK; i++, index++) {
		struct bytes note = bundle_next(&bundle);
		struct pact_entry entry = {.party = peer->fetch.log, .note = note, .prepared = prepared};
		if (bundle.rule != RULE_OK || index < peer->fetch.frontier.size)
			continue;
		tree_leaf_hash(entry.note, &entry.leaf);
		tree_append(&peer->fetch.frontier, &entry.leaf);
		rule = check_pending(&pact->logs[peer->fetch.log], peer);
		if (peer->fetch.pass == 2) {
			judge_prepare(prepared, pact->terms, peer->fetch.log, entry.note);
			peer->fetch.owing =
				peer->fetch.owing || prepared->form != RULE_OK || !prepared->entry.bookkeeping;
			rule = pact_append(pact, &entry);
		}
	}
	return rule == RULE_OK ? cursor_end(&bundle) : rule;
}

/* What was fetched is all there: our own log goes on from it, another's is cosigned. */
static enum rule finish(struct keeper *keeper, struct relation *relation, struct peer *peer)
{
	struct pact *pact = relation->pact;
	struct pact_log *log = &pact->logs[peer->fetch.log];
	struct bytes note = buffer_bytes(&peer->fetch.note);
	if (peer->fetch.log == pact->self)
		return pact_take_checkpoint(pact, note);
	log->advanced = true;
	log->owing = log->owing || peer->fetch.owing;
	return pact_cosign(pact, peer->fetch.log, note, keeper_now(keeper));
}

static void end_pass(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct hash root;
	tree_root(&peer->fetch.frontier, &root);
	if (peer->fetch.pass == 1 && memcmp(root.bytes, peer->fetch.root.bytes, SHA256_SIZE) != 0) {
		give_up(keeper, relation, party, peer->fetch.log != relation->pact->self
			? "gave entries that do not lead to the checkpoint it showed: not taken"
			: "holds more of our own log, and what it gave does not go on from ours: it gave false entries, or "
				"this home has forked");
	} else if (peer->fetch.pass == 1) {
		/* from here on what its owner pushes must go on from this */
		struct bytes note = buffer_bytes(&peer->fetch.note);
		if (peer->fetch.log != relation->pact->self)
			turn_fail(keeper, pact_put_pending(relation->pact, peer->fetch.log, note));
		begin_pass(relation, peer, 2);
	} else {
		turn_fail(keeper, finish(keeper, relation, peer));
		peer->fetch.pass = 0;
		peer->checked = peer->checked || peer->fetch.log == relation->pact->self;
		fetch_say(relation, party, "has given back what this home lacked");
	}
}

/* Ends the passes that have all they need. */
static void go_on(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	while (peer->fetch.pass != 0 && peer->fetch.frontier.size == peer->fetch.size)
		end_pass(keeper, relation, party);
}

void fetch_begin(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown,
	struct bytes note)
{
	struct peer *peer = &relation->peers[party];
	peer->fetch.size = shown->size;
	memcpy(peer->fetch.root.bytes, shown->root, SHA256_SIZE);
	buffer_clear(&peer->fetch.note);
	buffer_add(&peer->fetch.note, note);
	turn_fail(keeper, peer->fetch.note.rule);
	begin_pass(relation, peer, 1);
	go_on(keeper, relation, party);
}

void fetch_bundle(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body)
{
	struct peer *peer = &relation->peers[party];
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	uint8_t digest[SHA256_SIZE];
	size_t at = (size_t)(peer->fetch.bundle - peer->fetch.first) * SHA256_SIZE;
	sha256(body, digest);
	struct buffer *digests = &peer->fetch.digests;
	enum rule rule = prepared == NULL ? RULE_MEMORY : RULE_OK;
	if (peer->fetch.pass == 1) {
		buffer_add(digests, bytes_of(digest, sizeof(digest)));
		rule = rule == RULE_OK ? digests->rule : rule;
	} else if (at + sizeof(digest) > digests->size || memcmp(digests->data + at, digest, sizeof(digest)) != 0 ||
		relation->pact->logs[peer->fetch.log].ledger.size != peer->fetch.frontier.size) {
		rule = RULE_TREE_PROOF; /* another bundle than it was, or the owner has pushed meanwhile */
	}
	if (rule == RULE_OK)
		rule = take_entries(relation, peer, body, prepared);
	if (rule == RULE_OK) {
		peer->fetch.bundle++;
		go_on(keeper, relation, party);
	}
	if (rule_is_system(rule))
		turn_fail(keeper, rule);
	else if (rule != RULE_OK)
		give_up(keeper, relation, party, rule_sentence(rule));
	free(prepared);
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
		if (peer->fetch.pass == 0 && peer->fetch.again_ms > now)
			continue;
		peer->fetch.again_ms = now + FETCH_AGAIN_MS;
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

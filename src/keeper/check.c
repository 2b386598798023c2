/*
 * check: before the first signature after a start, our own log is compared with the mirrors that can be reached. If one holds
 * more, the home was restored from an older copy: the rest is fetched from it instead of being written anew, which would fork.
 * If one holds another history, nothing is ever signed again from this home.
 *
 * Fetching takes two passes over the missing bundles, so that memory stays flat and nothing unproved is stored: the first
 * computes the root and keeps a digest a bundle, the second appends what has the same digest.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

static void say(const struct relation *relation, size_t party, const char *what)
{
	struct bytes name = terms_party(relation->pact->terms, party);
	fprintf(stderr, "detente: %s: the mirror at %.*s %s\n", relation->pact->label, (int)name.size, (const char *)name.data, what);
}

void check_begin(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct relation *relation = &keeper->relations[i];
		bool last_word = keeper->clean || keeper->options->without_mirrors;
		relation->may_sign = keeper->link == NULL && last_word;
	}
}

static void own_path(const struct relation *relation, const char *rest, char *to, size_t capacity)
{
	uint8_t digest[SHA256_SIZE];
	struct buffer hex = {0};
	sha256(bytes_string(terms_origin(relation->pact->terms, relation->pact->self)), digest);
	text_hex(&hex, bytes_of(digest, sizeof(digest)));
	snprintf(to, capacity, "/%.*s/%s", (int)hex.size, (const char *)hex.data, rest);
	buffer_free(&hex);
}

static void ask_bundle(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct tile tile = {-1, peer->fetch.bundle, tile_width(-1, peer->fetch.bundle, peer->check_size)};
	char name[TILE_PATH_MAX], path[160];
	tile_path(&tile, name);
	own_path(relation, name, path, sizeof(path));
	peer_ask(keeper, relation, party, PEER_CHECK_BUNDLE, path);
}

/* Starts a pass over the bundles from our own size on. */
static void begin_pass(struct peer *peer, const struct pact_log *own, unsigned pass)
{
	peer->fetch.pass = pass;
	peer->fetch.bundle = own->ledger.size / TILE_WIDTH;
	peer->fetch.frontier = own->ledger.frontier;
	if (pass == 1)
		buffer_clear(&peer->fetch.digests);
	peer->fetch.first = peer->fetch.bundle;
}

static bool fetching(const struct relation *relation)
{
	for (size_t i = 0; i < relation->pact->parties; i++) {
		if (relation->peers[i].fetch.pass != 0)
			return true;
	}
	return false;
}

/* Verifies a mirror's checkpoint of our own log: our log key signed it, the mirror's party cosigned it. */
static enum rule verify_shown(const struct relation *relation, size_t party, struct bytes bytes, struct checkpoint *checkpoint)
{
	const struct terms *terms = relation->pact->terms;
	struct note *note = malloc(sizeof(*note));
	int64_t time;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, bytes);
	if (rule == RULE_OK)
		rule = checkpoint_parse(checkpoint, note->text);
	if (rule == RULE_OK && !bytes_is(checkpoint->origin, terms_origin(terms, relation->pact->self)))
		rule = RULE_MIRROR_ORIGIN;
	if (rule == RULE_OK)
		rule = note_verify(note, terms_log_key(terms, relation->pact->self));
	if (rule == RULE_OK)
		rule = cosignature_verify(note, note->text, terms_mirror_key(terms, party), &time);
	free(note);
	return rule;
}

/* Our log is no longer than the mirror's: it must be the same history. */
static void compare(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown)
{
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct hash root;
	enum rule rule = tree_range_root(&own->ledger.tree, 0, shown->size, &root);
	turn_fail(keeper, rule);
	if (rule != RULE_OK)
		return;
	if (memcmp(root.bytes, shown->root, SHA256_SIZE) == 0) {
		relation->peers[party].checked = true;
		return;
	}
	relation->forked = true;
	say(relation, party, "holds another history of our own log: this home signs nothing any more; restore it from that mirror");
}

static void take_checkpoint(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct checkpoint shown;
	enum rule rule = verify_shown(relation, party, reply->body, &shown);
	if (rule != RULE_OK) {
		say(relation, party, rule_sentence(rule));
		peer->unreachable = true;
		peer_back_off(keeper, peer);
	} else if (shown.size <= own->ledger.size) {
		compare(keeper, relation, party, &shown);
	} else if (!fetching(relation)) {
		say(relation, party, "holds more of our own log than this home: fetching it");
		peer->check_size = shown.size;
		memcpy(peer->fetch.root.bytes, shown.root, SHA256_SIZE);
		buffer_clear(&peer->check_note);
		buffer_add(&peer->check_note, reply->body);
		turn_fail(keeper, peer->check_note.rule);
		begin_pass(peer, own, 1);
	}
}

/* Reads the entries of a bundle that are missing here, hashing them; in the second pass appends them. */
static enum rule take_entries(struct relation *relation, struct peer *peer, struct bytes body, struct judge_prepared *prepared)
{
	struct pact *pact = relation->pact;
	struct cursor bundle = cursor_of(body);
	uint64_t index = peer->fetch.bundle * TILE_WIDTH;
	unsigned width = tile_width(-1, peer->fetch.bundle, peer->check_size);
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < width && rule == RULE_OK; i++, index++) {
		struct pact_entry entry = {.party = pact->self, .note = bundle_next(&bundle), .prepared = prepared};
		if (bundle.rule != RULE_OK || index < peer->fetch.frontier.size)
			continue;
		tree_leaf_hash(entry.note, &entry.leaf);
		tree_append(&peer->fetch.frontier, &entry.leaf);
		if (peer->fetch.pass == 2) {
			judge_prepare(prepared, pact->terms, pact->self, entry.note);
			rule = pact_append(pact, &entry);
		}
	}
	return rule == RULE_OK ? cursor_end(&bundle) : rule;
}

/* The first pass is through: is it what the mirror signed? */
static void end_pass(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct hash root;
	tree_root(&peer->fetch.frontier, &root);
	if (memcmp(root.bytes, peer->fetch.root.bytes, SHA256_SIZE) != 0) {
		say(relation, party, "gave entries that do not lead to its own checkpoint: not taken");
		peer->fetch.pass = 0;
		peer->unreachable = true;
		peer_back_off(keeper, peer);
	} else if (peer->fetch.pass == 1) {
		begin_pass(peer, own, 2);
	} else {
		turn_fail(keeper, pact_take_checkpoint(relation->pact, buffer_bytes(&peer->check_note)));
		peer->fetch.pass = 0;
		peer->checked = true;
		say(relation, party, "has given back what this home lacked");
	}
}

static void take_bundle(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	uint8_t digest[SHA256_SIZE];
	size_t at = (size_t)(peer->fetch.bundle - peer->fetch.first) * SHA256_SIZE;
	sha256(reply->body, digest);
	enum rule rule = prepared == NULL ? RULE_MEMORY : RULE_OK;
	if (peer->fetch.pass == 1)
		buffer_add(&peer->fetch.digests, bytes_of(digest, sizeof(digest)));
	else if (memcmp(peer->fetch.digests.data + at, digest, sizeof(digest)) != 0)
		rule = RULE_TREE_PROOF;
	if (rule == RULE_OK)
		rule = take_entries(relation, peer, reply->body, prepared);
	if (rule == RULE_OK && ++peer->fetch.bundle * TILE_WIDTH >= peer->check_size)
		end_pass(keeper, relation, party);
	if (rule_is_system(rule)) {
		turn_fail(keeper, rule);
	} else if (rule != RULE_OK) {
		say(relation, party, rule_sentence(rule));
		peer->fetch.pass = 0;
		peer->unreachable = true;
		peer_back_off(keeper, peer);
	}
	free(prepared);
}

void check_reply(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	bool bundle = peer->request == PEER_CHECK_BUNDLE;
	peer->request = PEER_IDLE;
	if (relation->may_sign || relation->forked)
		return;
	peer->unreachable = reply->status != 200 && reply->status != 404;
	if (reply->status == 200 && bundle)
		take_bundle(keeper, relation, party, reply);
	else if (reply->status == 200)
		take_checkpoint(keeper, relation, party, reply);
	else if (reply->status == 404 && !bundle)
		peer->checked = true; /* it never had anything of ours */
	else if (reply->status != 0)
		peer_back_off(keeper, peer);
}

/* All that can be reached have been compared; or none can, and the home was left in order or an officer says so. */
static bool check_done(const struct keeper *keeper, const struct relation *relation)
{
	bool any = false;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct peer *peer = &relation->peers[i];
		if (i == relation->pact->self)
			continue;
		any = any || peer->checked;
		if (!peer->checked && !peer->unreachable && terms_card(relation->pact->terms, i)->address_count > 0)
			return false;
	}
	return any || keeper->clean || keeper->options->without_mirrors;
}

void check_push(struct keeper *keeper)
{
	int64_t now = clock_steady_ms();
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		if (relation->may_sign || relation->forked)
			continue;
		relation->may_sign = check_done(keeper, relation);
		for (size_t i = 0; !relation->may_sign && i < relation->pact->parties; i++) {
			struct peer *peer = &relation->peers[i];
			char path[160];
			if (i == relation->pact->self || peer->checked || peer->request != PEER_IDLE || peer->retry_at_ms > now ||
				terms_card(relation->pact->terms, i)->address_count == 0)
				continue;
			own_path(relation, "checkpoint", path, sizeof(path));
			if (peer->fetch.pass != 0)
				ask_bundle(keeper, relation, i);
			else if (!fetching(relation))
				peer_ask(keeper, relation, i, PEER_CHECK_CHECKPOINT, path);
		}
	}
}

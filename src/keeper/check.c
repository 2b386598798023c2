/*
 * check: before the first signature after a start, our own log is compared with the mirrors that can be reached; with
 * the others before anything is pushed to them. If one holds more, the home was restored from an older copy: the rest
 * is fetched from it instead of being written anew, which would fork. If one holds another history, nothing is ever
 * signed again from this home.
 */
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

void check_begin(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		struct relation *relation = &keeper->relations[i];
		bool last_word = keeper->clean || keeper->options->without_mirrors;
		/* where keys were lost there is a log elsewhere, whatever an officer says */
		relation->may_sign = keeper->link == NULL && last_word && !relation->pact->entering;
	}
}

/*
 * Verifies a mirror's checkpoint of our own log: our log key signed it, the mirror's party cosigned it. A home that lost
 * its keys may not know the log key yet, which a lost card brought: it is looked at again when the entries are there.
 */
static enum rule verify_shown(const struct relation *relation, size_t party, struct bytes bytes,
	struct checkpoint *checkpoint)
{
	const struct terms *terms = relation->pact->terms;
	struct note *note = malloc(sizeof(*note));
	struct pact_cosigned cosigned;
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, checkpoint, bytes);
	if (rule == RULE_OK && !bytes_is(checkpoint->origin, terms_origin(terms, relation->pact->self)))
		rule = RULE_MIRROR_ORIGIN;
	if (rule == RULE_OK)
		rule = pact_verify_log(relation->pact, relation->pact->self, note);
	if (rule == RULE_NOTE_UNSIGNED && relation->pact->entering)
		rule = RULE_OK;
	if (rule == RULE_OK)
		rule = pact_verify_mirror(relation->pact, party, note, note->text, &cosigned);
	free(note);
	return rule;
}

void check_other_history(struct keeper *keeper, struct relation *relation, size_t party)
{
	relation->forked = true;
	keeper->clean = false;
	relation->may_sign = false;
	keeper->again = true;
	fetch_say(relation, party,
		"holds another history of our own log: this home signs nothing any more; restore it from that mirror");
}

void check_ahead(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown)
{
	struct peer *peer = &relation->peers[party];
	peer->ahead = true;
	peer->ahead_size = shown == NULL ? 0 : shown->size;
	if (shown != NULL)
		memcpy(peer->ahead_root.bytes, shown->root, SHA256_SIZE);
	relation->peers[party].checked = false; /* it is asked again, where it can be */
	keeper->clean = false; /* whatever was noted, this home is an older copy */
	relation->may_sign = false;
	fetch_drop(relation);
}

static void take_checkpoint(struct keeper *keeper, struct relation *relation, size_t party,
	const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct checkpoint shown;
	enum rule rule = verify_shown(relation, party, reply->body, &shown);
	if (rule != RULE_OK) {
		fetch_say(relation, party, rule_sentence(rule));
		peer->unreachable = true;
		peer_back_off(keeper, &peer->asking);
	} else if (forks_contradicts(keeper, relation, relation->pact->self, &shown, reply->body)) {
		check_other_history(keeper, relation, party);
	} else if (shown.size <= own->ledger.size) {
		peer->checked = true;
	} else {
		check_ahead(keeper, relation, party, &shown);
		if (!fetch_busy(relation)) {
			fetch_say(relation, party, "holds more of our own log than this home: fetching it");
			fetch_begin(keeper, relation, party, &shown, reply->body);
		}
	}
}

void check_reply(struct keeper *keeper, struct relation *relation, size_t party, enum peer_request asked,
	const struct message_reply *reply)
{
	struct peer *peer = &relation->peers[party];
	bool own = peer->fetch.log == relation->pact->self, bundle = asked == PEER_ASK_BUNDLE;
	if (asked == PEER_ASK_TILE) {
		if (reply->status != 0)
			forks_tile(keeper, relation, party, reply->status == 200 ? reply->body : BYTES(""));
		else
			peer_back_off(keeper, &peer->asking);
		return;
	}
	if (relation->forked || (bundle && peer->fetch.pass == 0))
		return; /* nobody waits for it any more */
	peer->unreachable = reply->status != 200 && reply->status != 404;
	if (reply->status == 200 && bundle)
		fetch_bundle(keeper, relation, party, reply->body);
	else if (reply->status == 200 && own)
		take_checkpoint(keeper, relation, party, reply);
	else if (reply->status == 404 && own && !bundle)
		peer->checked = true; /* it never had anything of ours */
	else if (!peer->unreachable && !own && !bundle)
		fetch_reply(keeper, relation, party, reply);
	else
		peer_back_off(keeper, &peer->asking);
}

/* What it brought has come by another way meanwhile: it is ahead no more, if that was the same history. */
static void caught_up(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	const struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct hash root;
	if (!peer->ahead || peer->checked || peer->ahead_size == 0 || peer->ahead_size > own->ledger.size)
		return;
	enum rule rule = tree_range_root(&own->ledger.tree, 0, peer->ahead_size, &root);
	turn_fail(keeper, rule);
	if (rule == RULE_OK && memcmp(root.bytes, peer->ahead_root.bytes, SHA256_SIZE) == 0)
		peer->ahead = false;
	else if (rule == RULE_OK)
		check_other_history(keeper, relation, party);
}

/*
 * Sets whether this home may sign: all that can be reached have been compared; or none can, and it was left in order or
 * an officer says so.
 */
static void decide(struct keeper *keeper, struct relation *relation)
{
	bool any = false, waiting = false, ahead = false;
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct peer *peer = &relation->peers[i];
		if (i == relation->pact->self)
			continue;
		caught_up(keeper, relation, i);
		any = any || peer->checked;
		ahead = ahead || (peer->ahead && !peer->checked);
		waiting = waiting || (!peer->checked && !peer->unreachable && fetch_callable(relation, i));
	}
	relation->may_sign = !waiting && !ahead && !relation->forked && !relation->pact->keyless &&
		(any || (!relation->pact->entering && (keeper->clean || keeper->options->without_mirrors)));
	keeper->again = keeper->again || relation->may_sign; /* writers wait for it */
}

static void ask(struct keeper *keeper, struct relation *relation)
{
	int64_t now = clock_steady_ms();
	for (size_t i = 0; i < relation->pact->parties; i++) {
		const struct peer *peer = &relation->peers[i];
		bool due = fetch_callable(relation, i) && !peer->checked && peer->asking.request == PEER_IDLE &&
			peer->asking.retry_at_ms <= now;
		if (due && (peer->fetch.pass != 0 || !fetch_busy(relation)))
			fetch_ask(keeper, relation, i, relation->pact->self);
	}
}

void check_push(struct keeper *keeper)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct relation *relation = &keeper->relations[r];
		if (relation->forked)
			continue;
		if (!relation->may_sign)
			decide(keeper, relation);
		if (relation->may_sign)
			fetch_push(keeper, relation);
		ask(keeper, relation);
	}
}

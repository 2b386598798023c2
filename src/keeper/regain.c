/*
 * regain: our own log, brought by a party that holds it and that we cannot ask, or that saw that we hold less of it
 * than it does. What our log key signed and is not held here shows that this home is an older copy: it signs nothing before
 * its log is whole again. What contradicts our log shows that it has forked.
 */
#include <stdlib.h>

#include "state.h"

/* What a mirror of our own log would hold: what we hold, and the larger checkpoint that was brought. */
static struct mirror_log own_log(const struct pact *pact)
{
	const struct pact_log *own = &pact->logs[pact->self];
	bool brought = own->has_pending && own->pending_size > own->ledger.size;
	return (struct mirror_log){.keys = own->keys, .key_count = own->key_count, .has_pending = true,
		.pending_size = brought ? own->pending_size : own->size,
		.pending_root = brought ? own->pending_root : own->root, .mirror_size = own->size,
		.next = own->ledger.size, .tree = own->ledger.tree};
}

/* A checkpoint that our log key signed; *cosigned: that the party itself has stored it. */
static enum rule read_brought(const struct relation *relation, size_t by, struct bytes bytes, struct checkpoint *shown,
	bool *cosigned)
{
	const struct pact *pact = relation->pact;
	struct note *note = malloc(sizeof(*note));
	struct pact_cosigned found;
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, shown, bytes);
	if (rule == RULE_OK)
		rule = pact_verify_log(pact, pact->self, note);
	*cosigned = rule == RULE_OK && pact_verify_mirror(pact, by, note, note->text, &found) == RULE_OK;
	free(note);
	return rule;
}

static void bring(struct keeper *keeper, struct relation *relation, size_t by, const struct checkpoint *shown,
	struct bytes request, struct mirror_reply *reply)
{
	struct pact *pact = relation->pact;
	struct mirror_log log = own_log(pact);
	struct mirror_accepted accepted;
	if (!relation->peers[by].ahead)
		fetch_say(relation, by,
			"brings more of our own log than this home holds: nothing is signed before it is whole");
	relation->peers[by].checked = false;
	check_ahead(keeper, relation, by, shown);
	mirror_add_checkpoint(&log, request, &accepted, reply);
	if (reply->status == 200)
		turn_fail(keeper, pact_put_pending(pact, pact->self, accepted.note));
	else if (reply->rule == RULE_MIRROR_FORK)
		check_other_history(keeper, relation, by);
}

void regain_checkpoint(struct keeper *keeper, struct relation *relation, size_t by, struct bytes request,
	struct mirror_reply *reply)
{
	struct pact_log *own = &relation->pact->logs[relation->pact->self];
	struct checkpoint shown = {0};
	struct bytes note;
	bool cosigned = false;
	enum rule rule = mirror_checkpoint_note(request, &note);
	if (rule == RULE_OK)
		rule = read_brought(relation, by, note, &shown, &cosigned);
	if (rule != RULE_OK) {
		mirror_refuse(reply, rule == RULE_NOTE_UNSIGNED || rule == RULE_SIGNATURE ? 403 : 400, rule, NULL);
	} else if (forks_contradicts(keeper, relation, relation->pact->self, &shown, note)) {
		check_other_history(keeper, relation, by);
		mirror_refuse(reply, 422, RULE_MIRROR_FORK, "the log's own party");
	} else if (shown.size > own->ledger.size) {
		bring(keeper, relation, by, &shown, request, reply);
	} else {
		/* it is as if we had asked it: what it holds of our log is held here */
		relation->peers[by].checked = relation->peers[by].checked || (cosigned && !relation->peers[by].ahead);
		mirror_refuse(reply, 403, RULE_MIRROR_OWN, NULL);
	}
}

static enum rule take_entry(void *context, uint64_t index, struct bytes note, const struct hash *leaf)
{
	(void)index;
	return adding_take(context, note, leaf);
}

void regain_entries(struct keeper *keeper, struct relation *relation, size_t by, struct bytes request,
	struct mirror_reply *reply)
{
	struct pact *pact = relation->pact;
	struct pact_log *own = &pact->logs[pact->self];
	struct mirror_log log = own_log(pact);
	struct mirror_progress progress;
	if (log.pending_size <= own->ledger.size) {
		mirror_refuse(reply, 403, RULE_MIRROR_OWN, NULL);
		return;
	}
	struct adding *adding = adding_begin(keeper, relation, pact->self);
	struct mirror_sink sink = {take_entry, adding};
	enum rule rule = RULE_MEMORY;
	if (adding != NULL) {
		mirror_add_entries(&log, request, &sink, &progress, reply);
		rule = reply->status == 500 ? reply->rule : adding_flush(adding);
	}
	if (rule == RULE_OK && reply->status == 200 && own->ledger.size == own->pending_size)
		rule = pact_take_checkpoint(pact, buffer_bytes(&own->pending));
	if (rule == RULE_OK && reply->status == 200) {
		relation->peers[by].checked = true;
		fetch_say(relation, by, "has given back what this home lacked");
	}
	turn_fail(keeper, rule);
}

#include "replay.h"

#include <stdlib.h>

void replay_begin(struct replay *replay, struct pact *pact, int64_t until)
{
	*replay = (struct replay){.pact = pact, .until = until, .entry = malloc(sizeof(struct entry))};
}

void replay_end(struct replay *replay)
{
	free(replay->entry);
	buffer_free(&replay->note);
	*replay = (struct replay){0};
}

/* Whether an entry's whole past has been gone through. */
static bool may_follow(const struct replay *replay, const struct entry *entry)
{
	for (size_t i = 0; i < entry->seen_count; i++) {
		size_t party = terms_origin_find(replay->pact->terms, entry->seen[i].origin);
		if (party < replay->pact->parties && entry->seen[i].size > replay->next[party])
			return false;
	}
	return entry->at <= replay->until;
}

/* The next entry of one log; *valid: it is one to be told. RULE_NOT_FOUND: it cannot go on for now. */
static enum rule replay_log(struct replay *replay, size_t party, bool *valid)
{
	struct pact *pact = replay->pact;
	enum entry_state state;
	enum rule why, rule = replay->next[party] < pact->logs[party].judge.next
		? pact_entry_state(pact, party, replay->next[party], &state, &why) : RULE_NOT_FOUND;
	*valid = rule == RULE_OK && state == ENTRY_VALID;
	if (rule != RULE_OK)
		return rule;
	buffer_clear(&replay->note);
	rule = ledger_entry(&pact->logs[party].ledger, replay->next[party], &replay->note);
	/* a void one may not even be an entry; if it is, it has its place in time */
	if (rule == RULE_OK && entry_parse(replay->entry, buffer_bytes(&replay->note), NULL) != RULE_OK)
		rule = *valid ? RULE_STORE_CORRUPT : RULE_OK;
	else if (rule == RULE_OK && !may_follow(replay, replay->entry))
		rule = RULE_NOT_FOUND;
	replay->next[party] += rule == RULE_OK;
	return rule;
}

enum rule replay_next(struct replay *replay, struct kernel_entry *entry)
{
	size_t waiting = 0; /* logs that cannot go on, one after the other */
	if (replay->entry == NULL)
		return RULE_MEMORY;
	while (waiting < replay->pact->parties) {
		bool valid;
		enum rule rule = replay_log(replay, replay->log, &valid);
		if (rule == RULE_NOT_FOUND) {
			replay->log = (replay->log + 1) % replay->pact->parties;
			waiting++;
			continue;
		}
		if (rule != RULE_OK)
			return rule;
		waiting = 0;
		if (!valid)
			continue;
		*entry = (struct kernel_entry){replay->log, replay->next[replay->log] - 1, replay->entry};
		return RULE_OK;
	}
	return RULE_NOT_FOUND;
}

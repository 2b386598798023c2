/*
 * line: what the line to the other parties has left to do: for commands that work without a node, and end when it is
 * done.
 */
#include "state.h"

bool line_leads_out(const struct keeper *keeper)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; i < relation->pact->parties; i++) {
			if (fetch_callable(relation, i))
				return true;
		}
	}
	return false;
}

bool line_out_of_reach(const struct keeper *keeper, const struct relation *relation, uint32_t parties)
{
	if (keeper->options->client < 0)
		return false; /* a node waits for whoever calls in, and tries again */
	for (size_t i = 0; i < relation->pact->parties; i++) {
		if ((parties >> i & 1) != 0 && fetch_callable(relation, i) && relation->peers[i].down_since == 0)
			return false;
	}
	return true;
}

/* It did not answer, or refused what it was brought, and is not tried again yet. */
static bool backed_off(const struct keeper *keeper, const struct peer *peer, const struct lane *lane)
{
	return (peer->down_since != 0 || peer->refusal[0] != '\0') && lane->retry_at_ms > keeper->pushed_ms;
}

static bool peer_idle(const struct keeper *keeper, const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	bool has_all = peer->checked && peer->push.cosigned >= relation->pact->logs[relation->pact->self].size;
	bool gave_all = peer->checked && !fetch_due(keeper, relation, party);
	/* a command that nobody can call stays until the other has said that it holds what is brought to it */
	bool brings = keeper->options->client >= 0 && peer->putting.seeking.look && peer->down_since == 0;
	return peer->pushing.request == PEER_IDLE && peer->asking.request == PEER_IDLE && !brings &&
		(has_all || peer->down_since != 0 || backed_off(keeper, peer, &peer->pushing)) &&
		(gave_all || backed_off(keeper, peer, &peer->asking));
}

bool line_idle(const struct keeper *keeper)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct relation *relation = &keeper->relations[r];
		for (size_t i = 0; !relation->forked && i < relation->pact->parties; i++) {
			if (fetch_callable(relation, i) && !peer_idle(keeper, relation, i))
				return false;
		}
		if (agreement_witnesses_needed(pact_text(relation->pact)) != 0 && !witnesses_idle(relation))
			return false;
	}
	return !keeper->again && carry_idle(keeper);
}

bool line_awaited(struct keeper *keeper, struct command *command, int64_t wait_ms)
{
	int64_t now = clock_steady_ms();
	if (command->deadline_ms == 0)
		command->deadline_ms = now + wait_ms;
	if (keeper->link == NULL || keeper->stop || keeper->idle || now >= command->deadline_ms)
		return false;
	command->parked = command->for_line = true;
	return true;
}

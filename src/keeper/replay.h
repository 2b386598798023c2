/*
 * replay: the valid entries of an agreement, one after the other, each after all that its `seen` names: for who goes
 * through a record again, up to a time. Void entries are passed over, and what is pending is not there.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "pact.h"

struct replay {
	struct pact *pact;
	int64_t until; /* entries whose `at` is later, and all that refer to these, are not there */
	uint64_t next[AGREEMENT_PARTIES_MAX]; /* by party: entries below have been gone through */
	size_t log;    /* whose turn it is */
	struct entry *entry;
	struct buffer note;
};

void replay_begin(struct replay *replay, struct pact *pact, int64_t until);
void replay_end(struct replay *replay); /* frees */
/* The next one; good until the next call. RULE_NOT_FOUND: that was all. The record may grow meanwhile. */
enum rule replay_next(struct replay *replay, struct kernel_entry *entry);

#endif

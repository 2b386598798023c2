/*
 * proposals: which versions the entries of a record propose, in which matter, in memory. Private to record.
 */
#ifndef PROPOSALS_H
#define PROPOSALS_H

#include "judge.h"

struct proposals { /* begins as zeros */
	struct proposal *slots;
	size_t count, capacity;
};

/* A valid entry proposes: each log's first of a version counts. RULE_MEMORY. */
enum rule proposals_add(struct proposals *proposals, const struct place *matter, struct bytes version,
	const struct place *by);
/* Whether one of these parties' logs proposes it below `past`. */
bool proposals_find(const struct proposals *proposals, const struct judge_proposal *proposal,
	const struct terms *terms);
void proposals_free(struct proposals *proposals);

#endif

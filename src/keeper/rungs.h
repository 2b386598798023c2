/*
 * rungs: of each obligation to us that is not reached, or overdue, the rungs of the ladder that were due, when, and
 * what came of them; as rows of the store. They stay when it is answered.
 */
#ifndef RUNGS_H
#define RUNGS_H

#include "pact.h"

#define RUNG_RESULT_MAX 1000 /* bytes */

struct rung_row {
	struct due_name name;
	bool overdue;      /* else: not reached */
	size_t number;     /* in the ladder, from 0 */
	int64_t at;        /* it was due */
	int64_t result_at; /* KERNEL_NEVER: nothing is known of it */
	struct bytes word, text, result;
};
enum rule rung_put(struct pact *pact, const struct rung_row *rung);
/* The first from its name, `overdue` and number on; it views the row. RULE_NOT_FOUND: the entry has no more. */
enum rule rung_next(struct pact *pact, struct rung_row *rung, struct buffer *row);

#endif

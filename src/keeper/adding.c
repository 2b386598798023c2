/*
 * adding: appends entries of other parties that were proved, their signatures verified in the workers, a batch at a
 * time.
 */
#include <stdlib.h>

#include "state.h"

struct adding *adding_begin(struct keeper *keeper, struct relation *relation, size_t party)
{
	/* kept from request to request: only what is used of it is ever touched */
	if (keeper->adding == NULL)
		keeper->adding = malloc(sizeof(*keeper->adding));
	struct adding *adding = keeper->adding;
	if (adding == NULL)
		return NULL;
	adding->keeper = keeper;
	adding->relation = relation;
	adding->party = party;
	adding->count = 0;
	adding->owing = false;
	return adding;
}

static void prepare_one(void *context, size_t item)
{
	struct adding *adding = context;
	const struct pact *pact = adding->relation->pact;
	judge_prepare(&adding->prepared[item], pact->cards, adding->party, adding->first + item, adding->notes[item]);
}

enum rule adding_flush(struct adding *adding)
{
	enum rule rule = RULE_OK;
	struct pact *pact = adding->relation->pact;
	bool stale = false;
	adding->first = pact->logs[adding->party].ledger.size;
	batch_run(adding->keeper->batch, prepare_one, adding, adding->count);
	for (size_t i = 0; i < adding->count && rule == RULE_OK; i++) {
		struct judge_prepared *prepared = &adding->prepared[i];
		if (stale)
			prepare_one(adding, i); /* a card came before it in this very batch */
		struct pact_entry entry = {adding->party, adding->notes[i], adding->leaves[i], prepared};
		adding->owing = adding->owing || prepared->form != RULE_OK || !prepared->entry.bookkeeping;
		rule = pact_append(pact, &entry);
		stale = stale || prepared->brings_card;
	}
	adding->count = 0;
	return rule;
}

enum rule adding_take(struct adding *adding, struct bytes note, const struct hash *leaf)
{
	adding->notes[adding->count] = note;
	adding->leaves[adding->count++] = *leaf;
	return adding->count == ADDING_MAX ? adding_flush(adding) : RULE_OK;
}

void adding_end(struct keeper *keeper)
{
	free(keeper->adding);
	keeper->adding = NULL;
}

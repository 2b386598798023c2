/*
 * adding: appends entries of other parties that were proved, a batch at a time: while the workers verify signatures,
 * what they have verified is appended.
 */
#include <sched.h>
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
	adding->bytes = 0;
	adding->owing = false;
	return adding;
}

static void prepare_one(void *context, size_t item)
{
	struct adding *adding = context;
	const struct pact *pact = adding->relation->pact;
	judge_prepare(&adding->prepared[item], pact->cards, adding->party, adding->first + item, adding->notes[item]);
	atomic_store_explicit(&adding->ready[item], true, memory_order_release);
}

/* Until a worker has prepared it, others are prepared; what a worker has begun ends soon. */
static void await_ready(struct adding *adding, size_t item)
{
	while (!atomic_load_explicit(&adding->ready[item], memory_order_acquire)) {
		if (!batch_help(adding->keeper->batch))
			sched_yield();
	}
}

enum rule adding_flush(struct adding *adding)
{
	enum rule rule = RULE_OK;
	struct pact *pact = adding->relation->pact;
	bool stale = false;
	adding->first = pact->logs[adding->party].ledger.size;
	for (size_t i = 0; i < adding->count; i++)
		atomic_store_explicit(&adding->ready[i], false, memory_order_relaxed);
	batch_begin(adding->keeper->batch, prepare_one, adding, adding->count);
	for (size_t i = 0; i < adding->count && rule == RULE_OK; i++) {
		struct judge_prepared *prepared = &adding->prepared[i];
		await_ready(adding, i);
		if (stale)
			prepare_one(adding, i); /* a card or a text came before it in this very batch */
		bool brings = prepared->brings_card || prepared->brings_text;
		if (brings) /* the workers read the cards and texts */
			batch_end(adding->keeper->batch);
		struct pact_entry entry = {adding->party, adding->notes[i], adding->leaves[i], prepared};
		adding->owing = adding->owing || prepared->form != RULE_OK || !prepared->entry.bookkeeping;
		rule = pact_append(pact, &entry);
		stale = stale || brings;
	}
	batch_end(adding->keeper->batch);
	adding->count = 0;
	adding->bytes = 0;
	return rule;
}

enum rule adding_take(struct adding *adding, struct bytes note, const struct hash *leaf)
{
	if (adding->bytes + note.size > pact_room(adding->relation->pact, adding->party))
		return RULE_LOG_LIMIT;
	adding->bytes += note.size;
	adding->notes[adding->count] = note;
	adding->leaves[adding->count++] = *leaf;
	return adding->count == ADDING_MAX ? adding_flush(adding) : RULE_OK;
}

void adding_end(struct keeper *keeper)
{
	free(keeper->adding);
	keeper->adding = NULL;
}

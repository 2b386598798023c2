/*
 * bookkeeping: what the node records by itself (docs/spec/bookkeeping): record/received, once the entries of others that it
 * cosigned in this turn hold more than bookkeeping.
 */
#include <stdlib.h>

#include "state.h"
#include "text.h"

/* One `stored` line: origin, size, root, our cosignature. */
static void stored_line(struct buffer *to, const struct pact *pact, size_t party)
{
	const struct pact_log *log = &pact->logs[party];
	buffer_format(to, "%s %llu ", terms_origin(pact->terms, party), (unsigned long long)log->size);
	text_base64(to, bytes_of(log->root.bytes, SHA256_SIZE), true);
	buffer_format(to, " %s", log->cosignature);
}

/* The lines of all logs that advanced since the last record, ascending by origin. */
static size_t stored_lines(struct pact *pact, struct buffer lines[AGREEMENT_PARTIES_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < pact->parties; i++) {
		struct pact_log *log = &pact->logs[i];
		if (!log->advanced || i == pact->self)
			continue;
		struct buffer line = {0};
		stored_line(&line, pact, i);
		log->advanced = log->owing = false;
		size_t at = count++;
		for (; at > 0 && bytes_compare(buffer_bytes(&line), buffer_bytes(&lines[at - 1])) < 0; at--)
			lines[at] = lines[at - 1];
		lines[at] = line;
	}
	return count;
}

static enum rule append(struct pact *pact, const struct entry *draft)
{
	struct buffer open = {0}, note = {0};
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct judge_verdict verdict;
	entry_write_open(&open, draft);
	enum rule rule = prepared == NULL ? RULE_MEMORY : open.rule;
	if (rule == RULE_OK)
		entry_finish(&note, buffer_bytes(&open), (struct bytes){0}, &pact->node_signer);
	if (rule == RULE_OK)
		rule = note.rule;
	if (rule == RULE_OK) {
		struct pact_entry entry = {pact->self, buffer_bytes(&note), {{0}}, prepared};
		tree_leaf_hash(entry.note, &entry.leaf);
		judge_prepare(prepared, pact->terms, pact->self, entry.note);
		rule = pact_append_own(pact, &entry, &verdict);
		if (rule == RULE_OK && verdict.outcome != JUDGE_VALID)
			rule = verdict.rule;
	}
	free(prepared);
	buffer_free(&open);
	buffer_free(&note);
	return rule;
}

void bookkeeping_write(struct keeper *keeper, struct relation *relation)
{
	struct pact *pact = relation->pact;
	struct pact_log *own = &pact->logs[pact->self];
	bool owing = false;
	for (size_t i = 0; i < pact->parties; i++)
		owing = owing || pact->logs[i].owing;
	/* while the own log waits for what it refers to (after a restore), the debt stays */
	if (!owing || own->judge.next != own->ledger.size)
		return;
	struct buffer lines[AGREEMENT_PARTIES_MAX] = {0};
	struct entry *draft = calloc(1, sizeof(*draft));
	size_t count = stored_lines(pact, lines);
	enum rule rule = draft == NULL ? RULE_MEMORY : RULE_OK;
	if (rule == RULE_OK) {
		int64_t now = keeper_now(keeper);
		memcpy(draft->agreement, terms_agreement(pact->terms)->digest, SHA256_SIZE);
		draft->from = bytes_string(pact->node_signer.vkey.name);
		draft->form = BYTES("record/received");
		draft->bookkeeping = true;
		draft->at = now > own->judge.at ? now : own->judge.at;
		draft->tlp = BYTES("AMBER");
		draft->lang = BYTES("en");
		pact_seen(pact, draft);
		for (size_t i = 0; i < count; i++)
			draft->fields[draft->field_count++] = (struct line){BYTES("stored"), buffer_bytes(&lines[i])};
		rule = append(pact, draft);
	}
	for (size_t i = 0; i < count; i++)
		buffer_free(&lines[i]);
	free(draft);
	turn_fail(keeper, rule);
}

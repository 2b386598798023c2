/*
 * pact_judge: what the judge asks, its verdicts, and the appending of entries.
 */
#include <stdio.h>
#include <stdlib.h>

#include "line_test.h"
#include "pact_parts.h"
#include "text.h"

static uint64_t record_judged(void *context, size_t party)
{
	return ((struct pact *)context)->logs[party].judge.next;
}

static enum rule record_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	struct pact_log *log = &((struct pact *)context)->logs[party];
	for (size_t i = 0; i < PACT_RECENT && size != 0; i++) {
		if (log->recent[i].size == size) {
			*to = log->recent[i].root;
			return RULE_OK;
		}
	}
	return size > log->ledger.size ? RULE_NOT_FOUND : tree_range_root(&log->ledger.tree, 0, size, to);
}

static void void_name(char to[VALUE_NAME_MAX], unsigned log, uint64_t index)
{
	snprintf(to, VALUE_NAME_MAX, "void/%u/%llu", log, (unsigned long long)index);
}

enum rule pact_entry_state(struct pact *pact, size_t party, uint64_t index, enum entry_state *state, enum rule *why)
{
	uint8_t stored;
	enum rule rule = store_entry_get(pact->store, pact_log_number(pact, party), index, NULL, &stored);
	if (rule != RULE_OK)
		return rule;
	*state = (enum entry_state)stored;
	*why = RULE_OK;
	if (stored == ENTRY_VOID) {
		char name[VALUE_NAME_MAX];
		struct buffer value = {0};
		void_name(name, pact_log_number(pact, party), index);
		rule = store_value_get(pact->store, name, &value);
		buffer_u8(&value, 0);
		if (rule == RULE_OK)
			*why = rule_named((const char *)value.data);
		if (rule == RULE_OK && *why == RULE_COUNT)
			rule = RULE_STORE_CORRUPT;
		buffer_free(&value);
	}
	return rule;
}

static enum rule record_head(void *context, size_t party, uint64_t index, struct judge_head *head)
{
	struct pact *pact = context;
	enum entry_state state;
	enum rule why, rule = pact_entry_state(pact, party, index, &state, &why);
	if (rule != RULE_OK)
		return rule;
	buffer_clear(&pact->head_note);
	rule = ledger_entry(&pact->logs[party].ledger, index, &pact->head_note);
	if (rule != RULE_OK)
		return rule;
	memset(head, 0, sizeof(*head));
	head->verdict = state == ENTRY_VALID ? RULE_OK : why;
	const struct entry *entry = &pact->head;
	if (entry_parse(&pact->head, buffer_bytes(&pact->head_note), NULL) != RULE_OK)
		return RULE_OK; /* void, with nothing to tell */
	head->form = entry->form;
	head->opens = entry->opens;
	head->matter_party = entry->opens ? terms_party(pact->terms, party) : entry->matter.party;
	head->matter_index = entry->opens ? index : entry->matter.index;
	head->to = terms_addressed(pact->terms, entry);
	head->circle = entry->opens ? terms_circle(pact->terms, entry, party) : 0;
	return RULE_OK;
}

/* Under which a proposal is marked: the matter and the version. */
#define PROPOSAL_KEY_MAX (PLACE_MAX + 1 + 2 * SHA256_SIZE + 1)

static struct bytes proposal_key(char key[PROPOSAL_KEY_MAX], const struct place *matter, struct bytes version)
{
	snprintf(key, PROPOSAL_KEY_MAX, "%.*s/%llu %.*s", BYTES_SHOWN(matter->party), (unsigned long long)matter->index,
		BYTES_SHOWN(version));
	return bytes_string(key);
}

static enum rule record_proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	struct pact *pact = context;
	char key[PROPOSAL_KEY_MAX];
	struct store_mark mark = {
		.kind = MARK_PROPOSED, .key = proposal_key(key, &proposal->matter, proposal->version)};
	for (size_t i = 0; i < pact->parties; i++) {
		mark.log = pact_log_number(pact, i);
		mark.index = 0;
		enum rule rule = store_mark_next(pact->store, &mark);
		if (rule != RULE_OK && rule != RULE_NOT_FOUND)
			return rule;
		*found = rule == RULE_OK && mark.index < proposal->past[i];
		if (*found)
			return RULE_OK;
	}
	return RULE_OK;
}

struct refill {
	struct pact *pact;
	size_t party;
};

/* Of the entries since log->same_from, those count whose `at` is the log's and which moved its clock. */
static enum rule refill_same_second(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	const struct refill *refill = context;
	struct judge_log *log = &refill->pact->logs[refill->party].judge;
	struct entry *entry = &refill->pact->head;
	enum entry_state judged;
	enum rule why = RULE_OK, rule = RULE_OK;
	struct hash leaf;
	if (entry_parse(entry, note, NULL) != RULE_OK || entry->at != log->at)
		return RULE_OK;
	if (state == ENTRY_VOID)
		rule = pact_entry_state(refill->pact, refill->party, index, &judged, &why);
	if (rule != RULE_OK || !judge_counted(why))
		return rule;
	tree_leaf_hash(note, &leaf);
	return judge_log_refill(log, &leaf);
}

void pact_answer_judge(struct pact *pact)
{
	pact->record = (struct judge_record){record_judged, record_root, record_head, record_proposed, pact};
}

/* Takes a judge's state as it was written. */
static enum rule restore_judge(struct pact *pact, size_t party, struct bytes state)
{
	struct judge_log *log = &pact->logs[party].judge;
	struct refill refill = {pact, party};
	judge_log_free(log);
	enum rule rule = judge_log_read(log, state, pact->parties);
	struct store_range range = {pact_log_number(pact, party), log->same_from, log->next};
	return rule == RULE_OK ? store_entry_scan(pact->store, &range, refill_same_second, &refill) : rule;
}

enum rule pact_load_judge(struct pact *pact, size_t party)
{
	char name[VALUE_NAME_MAX];
	struct buffer value = {0};
	pact_value_name(name, pact_log_number(pact, party), "judge");
	enum rule rule = store_value_get(pact->store, name, &value);
	if (rule == RULE_OK)
		rule = restore_judge(pact, party, buffer_bytes(&value));
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule mark(struct pact *pact, unsigned kind, struct bytes key, const struct store_mark *place)
{
	struct store_mark mark = {kind, key, place->log, place->index};
	return store_mark_add(pact->store, &mark);
}

/* Indexes a valid entry: by the own desks that it is addressed to, by what it answers, by its matter. */
static enum rule mark_valid(struct pact *pact, const struct entry *entry, const struct store_mark *place)
{
	enum rule rule = RULE_OK;
	char key[PLACE_MAX + 1];
	for (size_t i = 0; rule == RULE_OK && i < entry->to_count; i++) {
		if (bytes_equal(name_party(entry->to[i]), terms_party(pact->terms, pact->self)))
			rule = mark(pact, MARK_TO, entry->to[i], place);
	}
	if (rule == RULE_OK && entry->has_re) {
		snprintf(key, sizeof(key), "%.*s/%llu", BYTES_SHOWN(entry->re.party),
			(unsigned long long)entry->re.index);
		rule = mark(pact, MARK_RE, bytes_string(key), place);
	}
	if (rule == RULE_OK && !entry->opens && !entry->bookkeeping) {
		snprintf(key, sizeof(key), "%.*s/%llu", BYTES_SHOWN(entry->matter.party),
			(unsigned long long)entry->matter.index);
		rule = mark(pact, MARK_MATTER, bytes_string(key), place);
	}
	return rule;
}

static enum rule mark_proposal(struct pact *pact, const struct pact_entry *entry, const struct store_mark *place)
{
	const struct entry *valid = &entry->prepared->entry;
	struct bytes version = judge_version(valid);
	struct place matter = valid->matter;
	char key[PROPOSAL_KEY_MAX];
	if (!entry->prepared->written->proposes || version.data == NULL)
		return RULE_OK;
	if (valid->opens)
		matter = (struct place){terms_party(pact->terms, entry->party), place->index};
	return mark(pact, MARK_PROPOSED, proposal_key(key, &matter, version), place);
}

/*
 * A valid entry to a desk of ours: the last word of its log to us is a refusal, or is not any more. That a machine tests
 * the line says neither.
 */
static enum rule note_to_us(struct pact *pact, const struct pact_entry *entry, uint64_t index)
{
	struct pact_log *log = &pact->logs[entry->party];
	const struct form *form = entry->prepared->written;
	char name[VALUE_NAME_MAX], text[24] = "";
	log->turn_to_us++;
	if (entry->party == pact->self || form == NULL || bytes_is(form->name, LINE_TEST_FORM) ||
	    (!form->refuses && !log->refuses))
		return RULE_OK;
	log->refuses = form->refuses;
	log->refusal = index;
	pact_value_name(name, pact_log_number(pact, entry->party), "refusal");
	if (form->refuses)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)index);
	return store_value_put(pact->store, name, bytes_string(text));
}

static enum rule note_verdict(struct pact *pact, const struct pact_entry *entry, uint64_t index,
	const struct judge_verdict *verdict)
{
	unsigned log = pact_log_number(pact, entry->party);
	if (verdict->outcome == JUDGE_VALID) {
		struct store_mark place = {.log = log, .index = index};
		const struct entry *valid = &entry->prepared->entry;
		enum rule rule = mark_valid(pact, valid, &place);
		if (rule == RULE_OK)
			rule = pact_add_state(pact, entry->party, index, valid);
		if (rule == RULE_OK && pact_addressed(pact, valid, pact->self))
			rule = note_to_us(pact, entry, index);
		if (rule == RULE_OK)
			rule = line_test_mark(pact, valid, &place);
		if (rule == RULE_OK)
			rule = mark_proposal(pact, entry, &place);
		if (rule == RULE_OK)
			rule = pact_mark_attachments(pact, entry->party, valid, &place);
		bool received = entry->party != pact->self && bytes_is(valid->form, "record/received");
		for (size_t i = 0; received && i < valid->field_count && rule == RULE_OK; i++) {
			if (bytes_is(valid->fields[i].key, "stored"))
				rule = pact_take_stored(pact, entry->party, valid->fields[i].value);
		}
		return rule;
	}
	char name[VALUE_NAME_MAX];
	pact->logs[entry->party].turn_void++;
	void_name(name, log, index);
	return store_value_put(pact->store, name, bytes_string(rule_name(verdict->rule)));
}

static const enum entry_state state_of[] = {
	[JUDGE_VALID] = ENTRY_VALID, [JUDGE_VOID] = ENTRY_VOID, [JUDGE_PENDING] = ENTRY_UNJUDGED};

static enum rule judge(struct pact *pact, const struct pact_entry *entry, struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[entry->party];
	struct judge_input input = {entry->party, log->judge.next, entry->note, entry->leaf, entry->prepared};
	return judge_next(&log->judge, cards_texts(pact->cards), &input, &pact->record, verdict);
}

static enum rule append_judged(struct pact *pact, const struct pact_entry *entry, const struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[entry->party];
	uint64_t index = log->ledger.size;
	log->grown = true;
	if (verdict->outcome != JUDGE_VALID || !entry->prepared->entry.bookkeeping)
		log->words = index + 1;
	if (verdict->outcome == JUDGE_VALID && entry->party == pact->self)
		pact_owe_receipt(pact, &entry->prepared->entry, index);
	enum rule rule = ledger_append(&log->ledger, entry->note, &entry->leaf, state_of[verdict->outcome]);
	if (rule == RULE_OK && entry->prepared->brings_card)
		rule = pact_take_card(pact, entry->party, &entry->prepared->entry, index);
	if (rule == RULE_OK && entry->prepared->brings_text)
		rule = pact_take_text(pact, entry->party, &entry->prepared->entry, index);
	return rule == RULE_OK && verdict->outcome != JUDGE_PENDING ? note_verdict(pact, entry, index, verdict) : rule;
}

enum rule pact_append(struct pact *pact, const struct pact_entry *entry)
{
	struct pact_log *log = &pact->logs[entry->party];
	struct judge_verdict verdict = {JUDGE_PENDING, RULE_OK};
	enum rule rule = log->judge.next == log->ledger.size ? judge(pact, entry, &verdict) : RULE_OK;
	return rule == RULE_OK ? append_judged(pact, entry, &verdict) : rule;
}

bool pact_lacks(const struct pact *pact)
{
	const struct judge_log *own = &pact->logs[pact->self].judge;
	bool behind = own->next != pact->logs[pact->self].ledger.size;
	for (size_t i = 0; i < pact->parties; i++)
		behind = behind || own->seen[i].size > pact->logs[i].size;
	return behind;
}

bool pact_behind(const struct pact *pact)
{
	return pact->entering || pact_lacks(pact) || pact_lacks_files(pact);
}

enum rule pact_append_own(struct pact *pact, const struct pact_entry *entry, struct judge_verdict *verdict)
{
	struct pact_log *log = &pact->logs[pact->self];
	if (pact_lacks(pact) || (pact->entering && !entry->prepared->brings_card)) {
		*verdict = (struct judge_verdict){JUDGE_PENDING, RULE_PACT_BEHIND};
		return RULE_OK;
	}
	if (pact_lacks_files(pact)) {
		*verdict = (struct judge_verdict){JUDGE_PENDING, RULE_JUDGE_FILES};
		return RULE_OK;
	}
	struct buffer before = {0};
	judge_log_write(&before, &log->judge, pact->parties);
	enum rule rule = before.rule == RULE_OK ? judge(pact, entry, verdict) : before.rule;
	if (rule == RULE_OK && verdict->outcome == JUDGE_VALID)
		rule = append_judged(pact, entry, verdict);
	else if (rule == RULE_OK && verdict->outcome == JUDGE_VOID)
		rule = restore_judge(pact, pact->self, buffer_bytes(&before));
	buffer_free(&before);
	return rule;
}

/* Judges the next entry of a log from the store; *done when it can go no further. */
static enum rule judge_stored(struct pact *pact, size_t party, struct judge_prepared *prepared, bool *done)
{
	struct pact_log *log = &pact->logs[party];
	struct buffer note = {0};
	struct judge_verdict verdict;
	uint64_t index = log->judge.next;
	enum rule rule = ledger_entry(&log->ledger, index, &note);
	if (rule == RULE_OK) {
		struct pact_entry entry = {party, buffer_bytes(&note), {{0}}, prepared};
		tree_leaf_hash(entry.note, &entry.leaf);
		judge_prepare(prepared, pact->cards, party, index, entry.note);
		rule = judge(pact, &entry, &verdict);
		*done = rule != RULE_OK || verdict.outcome == JUDGE_PENDING;
		if (!*done)
			rule = store_entry_state_set(pact->store, pact_log_number(pact, party), index,
				(uint8_t)state_of[verdict.outcome]);
		if (!*done && rule == RULE_OK)
			rule = note_verdict(pact, &entry, index, &verdict);
		log->grown = log->grown || !*done;
	}
	buffer_free(&note);
	return rule;
}

enum rule pact_judge_rest(struct pact *pact, unsigned most, bool *more)
{
	struct judge_prepared *prepared = NULL;
	enum rule rule = RULE_OK;
	bool progress = true;
	while (progress && most > 0 && rule == RULE_OK) {
		progress = false;
		for (size_t i = 0; i < pact->parties && rule == RULE_OK; i++) {
			struct pact_log *log = &pact->logs[i];
			bool done = false;
			while (rule == RULE_OK && !done && most > 0 && log->judge.next < log->ledger.size) {
				if (prepared == NULL && (prepared = malloc(sizeof(*prepared))) == NULL)
					return RULE_MEMORY;
				rule = judge_stored(pact, i, prepared, &done);
				progress = progress || !done;
				most -= done ? 0 : 1;
			}
		}
	}
	free(prepared);
	*more = progress;
	return rule;
}

enum rule pact_save(struct pact *pact)
{
	enum rule rule = RULE_OK;
	struct buffer state = {0};
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++) {
		struct pact_log *log = &pact->logs[i];
		if (!log->grown)
			continue;
		char name[VALUE_NAME_MAX];
		pact_value_name(name, pact_log_number(pact, i), "judge");
		buffer_clear(&state);
		judge_log_write(&state, &log->judge, pact->parties);
		rule = state.rule == RULE_OK ? ledger_save(&log->ledger) : state.rule;
		if (rule == RULE_OK)
			rule = store_value_put(pact->store, name, buffer_bytes(&state));
		log->grown = false;
	}
	buffer_free(&state);
	if (rule == RULE_OK)
		rule = pact_save_state(pact);
	return rule == RULE_OK ? pact_save_receipts(pact) : rule;
}

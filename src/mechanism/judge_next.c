/*
 * Judges the next entry of a log by what went before. Each check gives RULE_OK, what it waits for, why it is void, or a
 * system rule.
 */
#include <assert.h>

#include "judge.h"
#include "judge_parts.h"

struct judging {
	const struct judge_log *log;
	const struct terms *terms;
	const struct judge_input *input;
	const struct judge_record *record;
	const struct entry *entry;
	struct judge_log moved; /* the log with the entry's `seen` */
};

bool judge_counted(enum rule verdict)
{
	/* rules.def holds them in one run */
	return verdict == RULE_OK || (verdict >= RULE_JUDGE_REPEATED && verdict <= RULE_JUDGE_RE_MATTER);
}

static bool waits(enum rule rule)
{
	return rule == RULE_JUDGE_AHEAD || rule == RULE_JUDGE_BRANCH || rule == RULE_JUDGE_UNJUDGED;
}

/* ---- clock ---- */

static enum rule check_clock(const struct judging *judging)
{
	const struct judge_log *log = judging->log;
	if (judging->entry->at < log->at)
		return RULE_JUDGE_CLOCK;
	bool full = judging->entry->at == log->at && log->same_count >= ENTRIES_PER_SECOND_MAX;
	return full ? RULE_JUDGE_BURST : RULE_OK;
}

static enum rule check_seen(struct judging *judging)
{
	bool named[AGREEMENT_PARTIES_MAX] = {false};
	size_t parties = terms_party_count(judging->terms);
	for (size_t i = 0; i < judging->entry->seen_count; i++) {
		const struct entry_seen *seen = &judging->entry->seen[i];
		size_t party = terms_origin_find(judging->terms, seen->origin);
		if (party == parties || party == judging->input->party || named[party])
			return RULE_JUDGE_SEEN_LOG;
		named[party] = true;
		if (seen->size < judging->log->seen[party].size)
			return RULE_JUDGE_SEEN_BACK;
		judging->moved.seen[party].size = seen->size;
		judging->moved.seen[party].root = seen->root;
	}
	for (size_t i = 0; i < parties; i++)
		if (judging->log->seen[i].size != 0 && !named[i])
			return RULE_JUDGE_SEEN_BACK;
	for (size_t i = 0; i < parties; i++)
		if (judging->moved.seen[i].size == judging->log->seen[i].size &&
		    memcmp(&judging->moved.seen[i].root, &judging->log->seen[i].root, SHA256_SIZE) != 0)
			return RULE_JUDGE_SEEN_ROOT;
	return RULE_OK;
}

/* Whether the record holds what `seen` names newly. */
static enum rule check_held(const struct judging *judging)
{
	for (size_t i = 0; i < terms_party_count(judging->terms); i++) {
		uint64_t size = judging->moved.seen[i].size;
		struct hash root;
		if (size == judging->log->seen[i].size)
			continue;
		enum rule rule = judging->record->root(judging->record->context, i, size, &root);
		if (rule != RULE_OK)
			return rule == RULE_NOT_FOUND ? RULE_JUDGE_AHEAD : rule;
		if (memcmp(&root, &judging->moved.seen[i].root, SHA256_SIZE) != 0)
			return RULE_JUDGE_BRANCH;
	}
	return RULE_OK;
}

/* ---- meaning ---- */

/* Whether a place lies under the entry's own past. */
static enum rule check_past(const struct judging *judging, const struct place *place, size_t *party)
{
	*party = terms_party_find(judging->terms, place->party);
	if (*party == terms_party_count(judging->terms))
		return RULE_JUDGE_PAST;
	uint64_t past = *party == judging->input->party ? judging->input->index : judging->moved.seen[*party].size;
	return place->index < past ? RULE_OK : RULE_JUDGE_PAST;
}

/* The head of an entry that is referred to: under the past, judged, not void. */
static enum rule find_head(const struct judging *judging, const struct place *place, struct judge_head *head)
{
	const struct judge_record *record = judging->record;
	size_t party;
	enum rule rule = check_past(judging, place, &party);
	if (rule != RULE_OK)
		return rule;
	/* the entries of its own log below it are judged: this is the next */
	if (party != judging->input->party && place->index >= record->judged(record->context, party))
		return RULE_JUDGE_UNJUDGED;
	rule = record->head(record->context, party, place->index, head);
	if (rule != RULE_OK)
		return rule;
	return head->verdict == RULE_OK ? RULE_OK : RULE_JUDGE_REFERS_VOID;
}

static enum rule check_matter(const struct judging *judging)
{
	struct judge_head head;
	enum rule rule = find_head(judging, &judging->entry->matter, &head);
	return rule != RULE_OK || head.opens ? rule : RULE_JUDGE_MATTER;
}

static bool may_answer(const struct form *form, struct bytes name)
{
	for (size_t i = 0; i < form->answer_count; i++)
		if (bytes_equal(form->answers[i], name))
			return true;
	return false;
}

static enum rule check_re(const struct judging *judging)
{
	const struct entry *entry = judging->entry;
	struct judge_head head;
	enum rule rule = find_head(judging, &entry->re, &head);
	if (rule != RULE_OK)
		return rule;
	if (!may_answer(judging->input->prepared->written, head.form))
		return RULE_JUDGE_RE_FORM;
	struct place matter = {head.matter_party, head.matter_index};
	return place_equal(&matter, &entry->matter) ? RULE_OK : RULE_JUDGE_RE_MATTER;
}

/* Open fields that name an entry: it lies in the past; whether it is void is nothing to them. */
static enum rule check_places(const struct judging *judging)
{
	const struct form *form = judging->input->prepared->written;
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < judging->entry->field_count; i++) {
		const struct line *line = &judging->entry->fields[i];
		struct place place;
		size_t party;
		if (form_field(form, line->key)->type != FIELD_PLACE)
			continue;
		if (place_parse(&place, line->value) != RULE_OK)
			return RULE_JUDGE_PAST;
		rule = check_past(judging, &place, &party);
	}
	return rule;
}

static enum rule check_meaning(const struct judging *judging)
{
	const struct entry *entry = judging->entry;
	enum rule rule = judging->input->prepared->meaning;
	if (rule == RULE_OK && !entry->bookkeeping && !entry->opens)
		rule = check_matter(judging);
	if (rule == RULE_OK && entry->has_re)
		rule = check_re(judging);
	return rule == RULE_OK ? check_places(judging) : rule;
}

/* ---- the verdict ---- */

enum rule judge_next(struct judge_log *log, const struct terms *terms, const struct judge_input *input,
	const struct judge_record *record, struct judge_verdict *verdict)
{
	assert(input->index == log->next);
	struct judging judging = {log, terms, input, record, &input->prepared->entry, *log};
	enum rule rule = input->prepared->form;
	bool counts = false;
	if (rule == RULE_OK)
		rule = check_clock(&judging);
	if (rule == RULE_OK)
		rule = check_seen(&judging);
	if (rule == RULE_OK)
		rule = check_held(&judging);
	if (rule == RULE_OK) {
		counts = true;
		if (judging.entry->at == log->at && judge_log_has(log, &input->leaf))
			rule = RULE_JUDGE_REPEATED;
	}
	if (rule == RULE_OK)
		rule = check_meaning(&judging);
	if (waits(rule)) {
		*verdict = (struct judge_verdict){JUDGE_PENDING, rule};
		return RULE_OK;
	}
	if (rule_is_system(rule))
		return rule;
	if (counts) {
		/* it moves its log's clock and `seen`, whatever it means */
		enum rule failure = judge_log_move(log, judging.entry->at, &input->leaf);
		if (failure != RULE_OK)
			return failure;
		memcpy(log->seen, judging.moved.seen, sizeof(log->seen));
	}
	log->next++;
	*verdict = (struct judge_verdict){rule == RULE_OK ? JUDGE_VALID : JUDGE_VOID, rule};
	return RULE_OK;
}

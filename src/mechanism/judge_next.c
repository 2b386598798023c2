/*
 * Judges the next entry of a log by what went before. Each check gives RULE_OK, what it waits for, why it is void, or a
 * system rule.
 */
#include <assert.h>

#include "judge.h"
#include "judge_parts.h"

struct judging {
	const struct judge_log *log;
	const struct texts *texts;
	const struct terms *terms; /* of the text that the entry names */
	const struct judge_input *input;
	const struct judge_record *record;
	const struct entry *entry;
	struct judge_log moved; /* the log with the entry's `seen` */
	uint32_t circle;        /* of its matter */
};

bool judge_counted(enum rule verdict)
{
	/* rules.def holds them in one run */
	return verdict == RULE_OK || (verdict >= RULE_JUDGE_REPEATED && verdict <= RULE_JUDGE_OPENINGS);
}

static bool waits(enum rule rule)
{
	return rule == RULE_JUDGE_AHEAD || rule == RULE_JUDGE_BRANCH || rule == RULE_JUDGE_UNJUDGED ||
		rule == RULE_JUDGE_FILES;
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

/* The head of an entry that is referred to: under the past, judged, not void; and whose it is. */
static enum rule find_head(const struct judging *judging, const struct place *place, struct judge_head *head,
	size_t *party)
{
	const struct judge_record *record = judging->record;
	enum rule rule = check_past(judging, place, party);
	if (rule != RULE_OK)
		return rule;
	/* the entries of its own log below it are judged: this is the next */
	if (*party != judging->input->party && place->index >= record->judged(record->context, *party))
		return RULE_JUDGE_UNJUDGED;
	rule = record->head(record->context, *party, place->index, head);
	if (rule != RULE_OK)
		return rule;
	return head->verdict == RULE_OK ? RULE_OK : RULE_JUDGE_REFERS_VOID;
}

/* The matter, and its circle. */
static enum rule check_matter(struct judging *judging)
{
	const struct entry *entry = judging->entry;
	struct judge_head head;
	size_t party;
	if (entry->opens)
		judging->circle = terms_circle(judging->terms, entry, judging->input->party);
	if (entry->opens || entry->bookkeeping)
		return RULE_OK;
	enum rule rule = find_head(judging, &entry->matter, &head, &party);
	if (rule == RULE_OK)
		judging->circle = head.circle;
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
	size_t party;
	enum rule rule = find_head(judging, &entry->re, &head, &party);
	if (rule != RULE_OK)
		return rule;
	if (!may_answer(judging->input->prepared->written, head.form))
		return RULE_JUDGE_RE_FORM;
	struct place matter = {head.matter_party, head.matter_index};
	if (!place_equal(&matter, &entry->matter))
		return RULE_JUDGE_RE_MATTER;
	/* what it asked, it asked others */
	bool ours = party == judging->input->party || ((head.to | judging->circle) >> judging->input->party & 1) != 0;
	return ours ? RULE_OK : RULE_JUDGE_RE_PARTY;
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

/* Positions and exchanges are the circle's. */
static enum rule check_circle(const struct judging *judging)
{
	const struct form *form = judging->input->prepared->written;
	bool part = form->commits || form->reveals || entry_field(judging->entry, "position").data != NULL;
	return part && (judging->circle >> judging->input->party & 1) == 0 ? RULE_JUDGE_CIRCLE : RULE_OK;
}

struct bytes judge_version(const struct entry *entry)
{
	struct bytes version = entry_field(entry, "version");
	size_t i = 0;
	while (i < version.size && version.data[i] == '0')
		i++;
	return i == version.size ? (struct bytes){NULL, 0} : version;
}

/* A position on a version is on one that somebody proposed. */
static enum rule check_version(const struct judging *judging)
{
	const struct entry *entry = judging->entry;
	const struct judge_record *record = judging->record;
	uint64_t past[AGREEMENT_PARTIES_MAX];
	struct judge_proposal proposal = {entry->matter, judge_version(entry), past};
	bool found = false, unjudged = false;
	if (proposal.version.data == NULL || entry_field(entry, "position").data == NULL ||
	    judging->input->prepared->written->proposes)
		return RULE_OK;
	if (entry->opens)
		return RULE_JUDGE_VERSION;
	for (size_t i = 0; i < terms_party_count(judging->terms); i++) {
		past[i] = i == judging->input->party ? judging->input->index : judging->moved.seen[i].size;
		unjudged = unjudged || (i != judging->input->party && record->judged(record->context, i) < past[i]);
	}
	enum rule rule = record->proposed(record->context, &proposal, &found);
	if (rule != RULE_OK || found)
		return rule;
	return unjudged ? RULE_JUDGE_UNJUDGED : RULE_JUDGE_VERSION;
}

/* ---- openings ---- */

static bool opens(const struct entry *entry)
{
	return entry->opens && !cards_brings(entry) && !texts_brings(entry); /* of these there are 60 in a log */
}

static uint64_t opened_on(const struct judge_log *log, uint64_t day)
{
	return log->opened_day == day ? log->opened : 0;
}

/* The log's clock never goes back, so that one day's count is enough. */
bool judge_opens_too_many(const struct judge_log *log, const struct terms *terms, const struct entry *entry)
{
	uint64_t most = agreement_limit(terms_agreement(terms), "openings", UINT64_MAX);
	return opens(entry) && opened_on(log, (uint64_t)(entry->at / DAY_S)) >= most;
}

int64_t judge_next_day(const struct entry *entry)
{
	return (entry->at / DAY_S + 1) * DAY_S;
}

static void count_opening(struct judge_log *log, const struct entry *entry)
{
	uint64_t day = (uint64_t)(entry->at / DAY_S);
	if (!opens(entry))
		return;
	log->opened = opened_on(log, day) + 1;
	log->opened_day = day;
}

/* It names the text that governs its past; from here on, that is what it is judged by. */
static enum rule check_text(struct judging *judging)
{
	uint64_t past[AGREEMENT_PARTIES_MAX];
	for (size_t i = 0; i < terms_party_count(judging->terms); i++)
		past[i] = i == judging->input->party ? judging->input->index : judging->moved.seen[i].size;
	size_t governing = texts_governing(judging->texts, past);
	if (texts_find(judging->texts, judging->entry->agreement) != governing)
		return RULE_JUDGE_TEXT;
	const struct terms *terms = texts_nth(judging->texts, governing);
	if (terms == NULL)
		return RULE_JUDGE_FILES;
	judging->terms = terms;
	return RULE_OK;
}

static enum rule check_meaning(struct judging *judging)
{
	enum rule rule = check_text(judging);
	if (rule == RULE_OK)
		rule = judging->input->prepared->meaning;
	if (rule == RULE_OK)
		rule = check_matter(judging);
	if (rule == RULE_OK && judging->entry->has_re)
		rule = check_re(judging);
	if (rule == RULE_OK)
		rule = check_places(judging);
	if (rule == RULE_OK)
		rule = check_circle(judging);
	if (rule == RULE_OK)
		rule = check_version(judging);
	bool many = judge_opens_too_many(judging->log, judging->terms, judging->entry);
	return rule == RULE_OK && many ? RULE_JUDGE_OPENINGS : rule;
}

/* ---- the verdict ---- */

enum rule judge_next(struct judge_log *log, const struct texts *texts, const struct judge_input *input,
	const struct judge_record *record, struct judge_verdict *verdict)
{
	assert(input->index == log->next);
	struct judging judging = {log, texts, texts_nth(texts, 0), input, record, &input->prepared->entry, *log, 0};
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
	if (rule == RULE_OK)
		count_opening(log, judging.entry);
	log->next++;
	*verdict = (struct judge_verdict){rule == RULE_OK ? JUDGE_VALID : JUDGE_VOID, rule};
	return RULE_OK;
}

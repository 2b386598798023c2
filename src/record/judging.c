#include "judging.h"

#include <inttypes.h>
#include <stdlib.h>

#include "proposals.h"
#include "text.h"
#include "utc.h"

#define VOID_LISTED_MAX 100 /* void entries that a report names one by one */
#define MISSING_LISTED_MAX 100 /* and attachments */
#define PROGRESS_MS 1000
#define NO_PARTY 63

/* All that is kept of a judged entry. */
struct head {
	const struct form *form; /* NULL: none that the terms know */
	uint64_t matter : 46;    /* index of the matter's opening entry */
	uint64_t party : 6;      /* whose log that lies in, or NO_PARTY */
	uint64_t opens : 1;
	uint64_t verdict : 10;
	uint32_t to, circle;     /* as in struct judge_head */
};
_Static_assert(AGREEMENT_PARTIES_MAX < NO_PARTY && RULE_COUNT < 1 << 10, "a head holds every party and every rule");

struct log {
	struct judge_log state;
	struct head *heads;
	struct proved_asker *askers; /* by the party whose log is asked about */
	bool seen;                   /* the bundle at the front was looked through */
	size_t brought, texts;       /* cards that the entries looked through bring; how many say something of texts */
};

struct run {
	struct judging *judging;
	const struct terms *terms;
	struct verify_report *report;
	struct pipeline *pipeline;
	size_t count; /* of logs */
	struct log logs[AGREEMENT_PARTIES_MAX];
	struct proposals proposals;
	size_t asker;          /* whose entry is being judged */
	enum rule broken;      /* a tile that changed since it was proved, or could not be read */
	uint64_t missing;      /* attachments that entries name and that are not there, or are of another size */
	uint64_t voids, done, total;
	int64_t told;          /* steady milliseconds of the last word of progress */
};

/* ---- what the judge asks ---- */

static uint64_t judged(void *context, size_t party)
{
	const struct run *run = context;
	return run->logs[party].state.next;
}

static enum rule root(void *context, size_t party, uint64_t size, struct hash *to)
{
	struct run *run = context;
	enum rule rule = proved_root(run->judging->proved[party], &run->logs[run->asker].askers[party], size, to);
	if (rule != RULE_OK && rule != RULE_NOT_FOUND) {
		run->broken = rule;
		rule = RULE_IO;
	}
	return rule;
}

static enum rule head(void *context, size_t party, uint64_t index, struct judge_head *to)
{
	const struct run *run = context;
	if (index >= run->logs[party].state.next)
		return RULE_NOT_FOUND;
	const struct head *kept = &run->logs[party].heads[index];
	*to = (struct judge_head){
		.verdict = (enum rule)kept->verdict, .opens = kept->opens, .matter_index = kept->matter, .to = kept->to,
		.circle = kept->circle};
	if (kept->form != NULL)
		to->form = kept->form->name;
	if (kept->party != NO_PARTY)
		to->matter_party = terms_party(run->terms, kept->party);
	return RULE_OK;
}

static enum rule proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	const struct run *run = context;
	*found = proposals_find(&run->proposals, proposal, run->terms);
	return RULE_OK;
}

/* ---- one entry ---- */

static void keep_head(struct run *run, const struct judge_input *input, const struct judge_verdict *verdict)
{
	const struct terms *terms = run->terms;
	const struct entry *entry = &input->prepared->entry;
	struct head *kept = &run->logs[input->party].heads[input->index];
	*kept = (struct head){.party = NO_PARTY};
	kept->verdict = (unsigned)verdict->rule & 0x3ff;
	if (input->prepared->form != RULE_OK)
		return; /* nothing of it counts, and it may not even be read */
	kept->form = input->prepared->written;
	if (entry->bookkeeping)
		return;
	kept->opens = entry->opens;
	kept->to = terms_addressed(terms, entry);
	kept->circle = entry->opens ? terms_circle(terms, entry, input->party) : 0;
	size_t party = entry->opens ? input->party : terms_party_find(terms, entry->matter.party);
	uint64_t index = entry->opens ? input->index : entry->matter.index;
	if (party < terms_party_count(terms) && index < UINT64_C(1) << 46) {
		kept->party = party & NO_PARTY;
		kept->matter = index & ((UINT64_C(1) << 46) - 1);
	}
}

static enum rule keep_proposal(struct run *run, const struct judge_input *input)
{
	const struct entry *entry = &input->prepared->entry;
	struct bytes version = judge_version(entry);
	struct place by = {terms_party(run->terms, input->party), input->index};
	if (!input->prepared->written->proposes || version.data == NULL)
		return RULE_OK;
	return proposals_add(&run->proposals, entry->opens ? &by : &entry->matter, version, &by);
}

static void tell_void(struct run *run, const struct judge_input *input, enum rule rule)
{
	struct bytes party = terms_party(run->terms, input->party);
	if (run->voids++ < VOID_LISTED_MAX)
		STATE(&run->report->not_proved, "{1}/{2} counts for nothing, it is void: {3} [{4}]", party,
			NUMBER(input->index), bytes_string(rule_sentence(rule)), bytes_string(rule_name(rule)));
}

/* Judges the entries of the bundle at the front, until one waits. */
static enum rule judge_piece(struct run *run, size_t party, const struct piece *piece)
{
	const struct judge_record record = {judged, root, head, proposed, run};
	struct log *log = &run->logs[party];
	struct judging_log *result = &run->judging->logs[party];
	run->asker = party;
	while (log->state.next < piece->first + piece->count) {
		uint64_t at = log->state.next - piece->first;
		struct judge_input input = {.party = party, .index = log->state.next, .note = piece->notes[at],
			.leaf = piece->leaves[at], .prepared = &piece->prepared[at]};
		struct judge_verdict verdict;
		enum rule rule = judge_next(&log->state, cards_texts(run->judging->cards), &input, &record, &verdict);
		if (rule != RULE_OK)
			return run->broken == RULE_OK ? rule : run->broken;
		result->waits = verdict.rule;
		if (verdict.outcome == JUDGE_PENDING)
			return RULE_OK;
		keep_head(run, &input, &verdict);
		result->judged++;
		if (verdict.outcome == JUDGE_VALID) {
			struct kernel_entry valid = {party, input.index, &input.prepared->entry};
			result->valid++;
			rule = keep_proposal(run, &input);
			if (rule == RULE_OK && run->judging->kernel != NULL)
				rule = kernel_add(run->judging->kernel, &valid);
			if (rule != RULE_OK)
				return rule;
		} else
			tell_void(run, &input, verdict.rule);
	}
	return RULE_OK;
}

/* ---- bundles ---- */

/* Of those that an entry names: which are shown, and which are not. */
static void mark_attachments(struct run *run, const struct entry *entry, struct bytes party, uint64_t index)
{
	for (size_t i = 0; i < entry->attachment_count; i++) {
		const struct entry_attachment *named = &entry->attachments[i];
		struct layout_attachment *held = layout_find(run->judging->attachments, named->digest);
		if (held != NULL && held->size == named->size) {
			held->named = true;
			continue;
		}
		if (run->missing++ >= MISSING_LISTED_MAX)
			continue;
		struct buffer hex = {0};
		text_hex(&hex, bytes_of(named->digest, SHA256_SIZE));
		STATE(&run->report->not_proved, "attachment {1} of {2}/{3}: it is not in the record", buffer_bytes(&hex),
			party, NUMBER(index));
		buffer_free(&hex);
	}
}

/* The cosignatures that bookkeeping quotes were verified with it. */
static uint64_t quoted(const struct judge_prepared *prepared)
{
	uint64_t count = 0;
	if (prepared->entry.bookkeeping && prepared->meaning == RULE_OK)
		for (size_t i = 0; i < prepared->entry.field_count; i++)
			count += form_field(prepared->written, prepared->entry.fields[i].key)->type == FIELD_CHECKPOINT;
	return count;
}

/* Whether the next card of a log is the one that was found before; false: the file was another then. */
static bool same_card(struct run *run, size_t party, uint64_t index)
{
	size_t n = ++run->logs[party].brought;
	const struct cards *cards = run->judging->cards;
	return n < cards_count(cards, party) && cards_nth(cards, party, n)->from == index;
}

/* Looks through a bundle once: what it names and how much was verified. RULE_RECORD_LEAF: it was another before. */
static enum rule look_through(struct run *run, size_t party, struct piece *piece)
{
	run->report->entries += piece->count;
	run->report->signatures += piece->count;
	for (unsigned i = 0; i < piece->count; i++)
		if (piece->prepared[i].form == RULE_OK) {
			mark_attachments(run, &piece->prepared[i].entry, terms_party(run->terms, party),
				piece->first + i);
			run->report->signatures += quoted(&piece->prepared[i]);
			piece->bad = i;
			if (piece->prepared[i].brings_card && !same_card(run, party, piece->first + i))
				return RULE_RECORD_LEAF;
			run->logs[party].texts += piece->prepared[i].brings_text;
		}
	return RULE_OK;
}

/* The bundle at the front of a log, looked through; *to is NULL at the end. */
static enum rule next_piece(struct run *run, size_t party, struct piece **to)
{
	struct piece *piece = pipeline_front(run->pipeline, party);
	struct log *log = &run->logs[party];
	if (piece != NULL && !log->seen) {
		struct bytes name = terms_party(run->terms, party);
		if (piece->rule == RULE_OK)
			piece->rule = look_through(run, party, piece);
		if (piece->rule == RULE_RECORD_LEAF)
			return REFUSE(run->report, piece->rule, "logs/{1}/{2}: entry {3}/{4}", name,
				bytes_string(piece->where), name, NUMBER(piece->first + piece->bad));
		if (piece->rule != RULE_OK)
			return report_refuse(run->report, piece->rule, NULL, "logs/%.*s/%s", BYTES_SHOWN(name),
				piece->where);
		log->seen = true;
	}
	*to = piece;
	return RULE_OK;
}

static void done_with(struct run *run, size_t party, const struct piece *piece)
{
	run->done += piece->count;
	pipeline_pop(run->pipeline, party);
	run->logs[party].seen = false;
	int64_t now = clock_steady_ms();
	if (run->report->progress != NULL && now - run->told >= PROGRESS_MS) {
		run->told = now;
		run->report->progress(run->report->context, run->done, run->total);
	}
}

/* Lets one log go on as far as it can. */
static enum rule judge_log(struct run *run, size_t party, bool *advanced)
{
	const struct log *log = &run->logs[party];
	uint64_t before = log->state.next;
	struct piece *piece = NULL;
	enum rule rule;
	while ((rule = next_piece(run, party, &piece)) == RULE_OK && piece != NULL) {
		rule = judge_piece(run, party, piece);
		if (rule != RULE_OK || log->state.next < piece->first + piece->count)
			break;
		done_with(run, party, piece);
	}
	*advanced = *advanced || log->state.next != before;
	return rule;
}

/* What waits is judged no more, but must be what the tree proves all the same. */
static enum rule drain(struct run *run, size_t party)
{
	struct piece *piece = NULL;
	enum rule rule;
	while ((rule = next_piece(run, party, &piece)) == RULE_OK && piece != NULL)
		done_with(run, party, piece);
	const struct cards *cards = run->judging->cards;
	if (rule == RULE_OK && (run->logs[party].brought + 1 != cards_count(cards, party) ||
	    run->logs[party].texts != texts_taken(cards_texts(cards), party)))
		rule = REFUSE(run->report, RULE_RECORD_LEAF, "logs/{1}: its cards or texts changed meanwhile",
			terms_party(run->terms, party));
	return rule;
}

static enum rule judge_all(struct run *run)
{
	bool advanced;
	do {
		advanced = false;
		for (size_t i = 0; i < run->count; i++) {
			enum rule rule = judge_log(run, i, &advanced);
			if (rule != RULE_OK)
				return rule;
		}
	} while (advanced);
	for (size_t i = 0; i < run->count; i++) {
		enum rule rule = drain(run, i);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

/* ---- all of it ---- */

static enum rule start(struct run *run)
{
	struct judging *judging = run->judging;
	struct pipeline_setup setup = {.cards = judging->cards, .count = run->count, .threads = judging->threads};
	for (size_t i = 0; i < run->count; i++) {
		setup.logs[i] = judging->proved[i];
		judging->logs[i] = (struct judging_log){.size = judging->proved[i]->size};
		run->total += judging->proved[i]->size;
		run->logs[i].heads = calloc(judging->proved[i]->size + 1, sizeof(*run->logs[i].heads));
		run->logs[i].askers = calloc(run->count, sizeof(*run->logs[i].askers));
		if (run->logs[i].heads == NULL || run->logs[i].askers == NULL)
			return RULE_MEMORY;
	}
	return pipeline_new(&run->pipeline, &setup);
}

enum rule judging_run(struct judging *judging, struct verify_report *report)
{
	struct run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		return RULE_MEMORY;
	run->judging = judging;
	run->report = report;
	run->terms = cards_terms(judging->cards);
	run->count = terms_party_count(run->terms);
	run->told = clock_steady_ms();

	enum rule rule = start(run);
	if (rule == RULE_OK)
		rule = judge_all(run);
	if (run->voids > VOID_LISTED_MAX)
		STATE(&report->not_proved, "{1} more entries are void", NUMBER(run->voids - VOID_LISTED_MAX));
	if (run->missing > MISSING_LISTED_MAX)
		STATE(&report->not_proved, "{1} more attachments that entries name are not in the record",
			NUMBER(run->missing - MISSING_LISTED_MAX));

	proposals_free(&run->proposals);
	pipeline_free(run->pipeline);
	for (size_t i = 0; i < run->count; i++) {
		free(run->logs[i].heads);
		free(run->logs[i].askers);
		judge_log_free(&run->logs[i].state);
	}
	free(run);
	return rule;
}

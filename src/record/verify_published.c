/*
 * Verifies a published file: its terms and cards first, then each entry as verify_receipt() and verify_opened() do, and
 * what the entries say of texts, side by side. Every statement names its entry.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "published.h"
#include "receipt.h"
#include "text.h"

struct publishing {
	const struct verify_options *options;
	struct verify_report *report;
	struct published *published;
	struct terms *terms;
	struct cards *cards;
	struct judge_prepared prepared;
	struct entry entry;
};

static struct bytes shown(const struct published_part *part, char to[PLACE_MAX + 1])
{
	snprintf(to, PLACE_MAX + 1, "%.*s/%" PRIu64, BYTES_SHOWN(part->place.party), part->place.index);
	return bytes_string(to);
}

/* ---- what is brought ---- */

/* Cards and texts are taken before anything is verified by them: a checkpoint may be signed by a key that it brings. */
static enum rule take_part(struct publishing *publishing, const struct published_part *part)
{
	struct judge_prepared *prepared = &publishing->prepared;
	struct cards *cards = publishing->cards;
	char place[PLACE_MAX + 1];
	size_t party = terms_party_find(publishing->terms, part->place.party);
	if (party == terms_party_count(publishing->terms))
		return REFUSE(publishing->report, RULE_JUDGE_DESK, "entry {1}", shown(part, place));
	judge_prepare(prepared, cards, party, part->place.index, part->entry);
	enum rule rule = prepared->form;
	if (rule == RULE_OK && !prepared->brings_card && !prepared->brings_text)
		rule = RULE_PUBLISHED_BRINGS;
	if (rule == RULE_OK && prepared->brings_card)
		rule = cards_take(cards, &prepared->entry, part->place.index);
	if (rule == RULE_OK && prepared->brings_text)
		rule = texts_take(cards_texts(cards), party, &prepared->entry, part->place.index);
	return rule == RULE_OK ? RULE_OK : REFUSE(publishing->report, rule, "entry {1}", shown(part, place));
}

static enum rule take_parts(struct publishing *publishing)
{
	const struct published *published = publishing->published;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < published->part_count && rule == RULE_OK; i++)
		if (published->parts[i].kind == PUBLISHED_BRINGS)
			rule = take_part(publishing, &published->parts[i]);
	return rule;
}

/* ---- each entry ---- */

static bool among(const struct statements *statements, const char *text)
{
	for (const char *at = NULL; (at = statements_next(statements, at)) != NULL;)
		if (strcmp(at, text) == 0)
			return true;
	return false;
}

/* What was found of one entry goes to the report, with its name; what holds of the whole file is not said again. */
static void merge(struct verify_report *to, const struct verify_report *from, struct bytes place)
{
	struct verify_report whole = {0};
	report_limits(&whole);
	for (const char *at = NULL; (at = statements_next(&from->proved, at)) != NULL;)
		STATE(&to->proved, "{1}: {2}", place, bytes_string(at));
	for (const char *at = NULL; (at = statements_next(&from->not_proved, at)) != NULL;)
		if (!among(&whole.not_proved, at))
			STATE(&to->not_proved, "{1}: {2}", place, bytes_string(at));
	verify_report_free(&whole);
}

static void state_open(const struct publishing *publishing, bool closed, struct verify_report *of_entry)
{
	const struct entry *entry = &publishing->entry;
	for (size_t i = 0; i < entry->field_count; i++)
		STATE(&of_entry->proved, "open line {1}: {2}", entry->fields[i].key, entry->fields[i].value);
	if (closed && entry->sealed)
		statements_add(&of_entry->not_proved, W("what its sealed lines say"), NULL, 0);
}

/* The entry of a part that stands under its own receipt. */
static enum rule verify_shown(struct publishing *publishing, const struct published_part *part,
	struct verify_report *of_entry)
{
	struct receipt *receipt = calloc(1, sizeof(*receipt));
	enum rule rule = receipt == NULL ? RULE_MEMORY
		: receipt_verify(receipt, publishing->cards, part->entry, part->receipt, of_entry);
	if (rule == RULE_OK && (receipt->proof.index != part->place.index ||
	    !bytes_equal(terms_party(publishing->terms, receipt->party), part->place.party)))
		rule = RULE_RECEIPT_INDEX;
	if (rule == RULE_OK)
		rule = entry_parse(&publishing->entry, part->entry, NULL);
	free(receipt);
	return rule == RULE_OK ? RULE_OK : report_refuse(of_entry, rule, NULL, "%s", T("receipt"));
}

static enum rule verify_file(struct publishing *publishing, const struct published_part *part,
	struct verify_report *of_entry)
{
	struct opened *opened = malloc(sizeof(*opened));
	struct fault fault = {0};
	enum rule rule = opened == NULL ? RULE_MEMORY : opened_parse(opened, part->file, &fault);
	if (rule == RULE_OK && (opened->place.index != part->place.index ||
	    !bytes_equal(opened->place.party, part->place.party)))
		rule = fault_set(&fault, RULE_PUBLISHED_PLACE, 0, "%s", "");
	if (rule != RULE_OK)
		report_refuse(of_entry, rule, &fault, "%s", T("opened entry"));
	else
		verify_opened(publishing->cards, part->file, of_entry);
	if (of_entry->verdict == RULE_OK)
		rule = entry_parse(&publishing->entry, opened->entry, NULL);
	free(opened);
	return of_entry->verdict == RULE_OK ? rule : of_entry->verdict;
}

static enum rule verify_part(struct publishing *publishing, const struct published_part *part)
{
	struct verify_report *report = publishing->report, of_entry = {0};
	char place[PLACE_MAX + 1];
	shown(part, place);
	verify_trusts(publishing->terms, publishing->options, &of_entry); /* else it would say that nobody vouched */
	enum rule rule = part->kind == PUBLISHED_OPENED ? verify_file(publishing, part, &of_entry)
		: verify_shown(publishing, part, &of_entry);
	report->signatures += of_entry.signatures;
	report->entries += of_entry.entries;
	if (rule != RULE_OK) {
		report_refuse_words(report, rule, W("{1}: {2}"),
			(struct bytes[]){bytes_string(place), bytes_string(of_entry.where)}, 2);
		report->fault = of_entry.fault;
	} else if (part->kind != PUBLISHED_BRINGS) {
		state_open(publishing, part->kind == PUBLISHED_SHOWN, &of_entry);
		merge(report, &of_entry, bytes_string(place));
	}
	verify_report_free(&of_entry);
	return rule;
}

/* ---- texts ---- */

/* What a published entry states of a version: both stand in its open lines. False: nothing. */
static bool states(struct publishing *publishing, const struct published_part *part, struct bytes *version,
	struct bytes *position)
{
	struct opened *opened = part->kind == PUBLISHED_OPENED ? malloc(sizeof(*opened)) : NULL;
	struct bytes note = part->entry;
	bool good = part->kind != PUBLISHED_OPENED;
	if (opened != NULL && opened_parse(opened, part->file, NULL) == RULE_OK) {
		note = opened->entry;
		good = true;
	}
	good = good && part->kind != PUBLISHED_BRINGS && entry_parse(&publishing->entry, note, NULL) == RULE_OK;
	if (good) {
		*version = entry_field(&publishing->entry, "version");
		*position = entry_field(&publishing->entry, "position");
	}
	free(opened);
	return good && version->data != NULL && position->data != NULL;
}

/* The parties that say nothing in this file of a text on which another does. */
static void state_silent(struct publishing *publishing, struct bytes version, uint32_t said)
{
	for (size_t i = 0; i < terms_party_count(publishing->terms); i++)
		if ((said >> i & 1) == 0)
			STATE(&publishing->report->not_proved,
				"what {1} says of the text {2}: no entry of it is shown here",
				terms_party(publishing->terms, i), version);
}

/* For each version, in the order in which it comes first: who states what of it, by which entry. */
static void state_texts(struct publishing *publishing)
{
	const struct published *published = publishing->published;
	bool any = false;
	for (size_t i = 0; i < published->part_count; i++) {
		struct bytes version, position, other;
		uint32_t said = 0;
		bool first = states(publishing, &published->parts[i], &version, &position);
		for (size_t j = 0; first && j < i; j++)
			first = !states(publishing, &published->parts[j], &other, &position) ||
				!bytes_equal(other, version);
		for (size_t j = i; first && j < published->part_count; j++) {
			const struct published_part *part = &published->parts[j];
			char place[PLACE_MAX + 1];
			if (!states(publishing, part, &other, &position) || !bytes_equal(other, version))
				continue;
			STATE(&publishing->report->proved, "on the text {1}, {2} states: {3} ({4})", version,
				part->place.party, position, shown(part, place));
			said |= UINT32_C(1) << terms_party_find(publishing->terms, part->place.party);
		}
		if (first)
			state_silent(publishing, version, said);
		any = any || first;
	}
	if (any)
		statements_add(&publishing->report->not_proved,
			W("whether a party has stated something else of a text since"), NULL, 0);
}

/* ---- the whole ---- */

static enum rule load(struct publishing *publishing, struct bytes bytes)
{
	struct verify_report *report = publishing->report;
	struct fault fault = {0};
	enum rule rule = published_parse(publishing->published, bytes, &fault);
	if (rule != RULE_OK)
		return report_refuse(report, rule, &fault, "%s", T("published file"));
	rule = terms_new_partly(&publishing->terms, &publishing->published->source, &fault);
	if (rule != RULE_OK)
		return report_refuse(report, rule, &fault, "%s", T("agreement, cards and mechanisms"));
	publishing->cards = cards_new(publishing->terms);
	if (publishing->cards == NULL)
		return report_refuse(report, RULE_MEMORY, NULL, "%s", "");
	return verify_trusts(publishing->terms, publishing->options, report);
}

static enum rule verify_all(struct publishing *publishing)
{
	const struct published *published = publishing->published;
	struct verify_report *report = publishing->report;
	const struct agreement *agreement = terms_agreement(publishing->terms);
	if (agreement->drill)
		STATE(&report->proved, "everything here is of the exercise \"{1}\", and nothing of it is real",
			agreement->title);
	else
		STATE(&report->proved, "everything here is of the agreement \"{1}\", which all its parties signed",
			agreement->title);
	enum rule rule = take_parts(publishing);
	for (size_t i = 0; i < published->part_count && rule == RULE_OK; i++)
		rule = verify_part(publishing, &published->parts[i]);
	if (rule != RULE_OK)
		return rule;
	state_texts(publishing);
	statements_add(
		&report->not_proved, W("what else the parties wrote before, between and after what is shown"), NULL, 0);
	return report_limits(report);
}

void verify_published(struct bytes bytes, const struct verify_options *options, struct verify_report *report)
{
	struct publishing *publishing = calloc(1, sizeof(*publishing));
	if (publishing != NULL) {
		publishing->options = options;
		publishing->report = report;
		publishing->published = calloc(1, sizeof(*publishing->published));
	}
	enum rule rule = publishing == NULL || publishing->published == NULL ? RULE_MEMORY : load(publishing, bytes);
	if (rule == RULE_OK)
		rule = verify_all(publishing);
	if (rule != RULE_OK)
		report_refuse(report, rule, NULL, "%s", T("published file"));
	if (publishing != NULL) {
		cards_free(publishing->cards);
		terms_free(publishing->terms);
		free(publishing->published);
	}
	free(publishing);
}

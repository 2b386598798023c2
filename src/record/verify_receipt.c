#include <inttypes.h>

#include "apart.h"
#include "receipt.h"
#include "utc.h"

/* The entry by itself: its form, its desk, its signature. */
static enum rule check_entry(struct receipt *receipt, const struct cards *cards, struct bytes note,
	struct verify_report *report)
{
	const struct terms *terms = cards_terms(cards);
	struct fault fault = {0};
	struct entry entry;
	enum rule rule = entry_parse(&entry, note, &fault);
	if (rule != RULE_OK)
		return report_refuse(report, rule, &fault, "%s", T("entry"));
	receipt->party = terms_party_find(terms, name_party(entry.from));
	if (receipt->party == terms_party_count(terms))
		return REFUSE(report, RULE_JUDGE_DESK, "entry by {1}", entry.from);
	judge_prepare(&receipt->prepared, cards, receipt->party, receipt->proof.index, note);
	report->signatures++;
	report->entries++;
	if (receipt->prepared.form == RULE_JUDGE_AGREEMENT && apart_entry(cards, receipt->party, note, entry.from))
		return report_refuse(report, RULE_DRILL_APART, NULL, "%s", T("entry"));
	if (receipt->prepared.form != RULE_OK)
		return report_refuse(report, receipt->prepared.form, &receipt->prepared.fault, "%s", T("entry"));
	return RULE_OK;
}

static enum rule check_inclusion(const struct receipt *receipt, struct bytes note)
{
	struct tree_path path = {.count = receipt->proof.hash_count};
	struct hash leaf, root;
	for (size_t i = 0; i < path.count; i++)
		memcpy(path.hashes[i].bytes, receipt->proof.hashes[i], SHA256_SIZE);
	memcpy(root.bytes, receipt->checkpoint.root, SHA256_SIZE);
	tree_leaf_hash(note, &leaf);
	return tree_verify_inclusion(&path, receipt->proof.index, receipt->checkpoint.size, &leaf, &root);
}

/* A party's cosignature, by whichever of its mirror keys. */
static enum rule verify_stored(const struct note *note, const struct cards *cards, size_t party, int64_t *seconds)
{
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (size_t n = cards_count(cards, party); n-- > 0 && rule == RULE_NOTE_UNSIGNED;)
		rule = cosignature_verify(note, note->text, &cards_nth(cards, party, n)->mirror, seconds);
	return rule;
}

/* Every other party's cosignature that stands there must verify, and one must stand there. */
static enum rule check_stored(const struct receipt *receipt, const struct cards *cards, const struct note *note,
	struct verify_report *report)
{
	const struct terms *terms = cards_terms(cards);
	size_t stored = 0;
	for (size_t i = 0; i < terms_party_count(terms); i++) {
		if (i == receipt->party)
			continue;
		int64_t seconds;
		char time[UTC_SIZE + 1];
		enum rule rule = verify_stored(note, cards, i, &seconds);
		if (rule == RULE_NOTE_UNSIGNED)
			continue;
		struct bytes party = terms_party(terms, i);
		report->signatures++;
		if (rule != RULE_OK)
			return REFUSE(report, rule, "receipt: cosignature of {1}", party);
		utc_format(seconds, time);
		STATE(&report->proved, "stored by {1} at {2}", party, bytes_string(time));
		stored++;
	}
	return stored > 0 ? RULE_OK : report_refuse(report, RULE_RECEIPT_STORED, NULL, "%s", T("receipt"));
}

/*
 * The witnesses of the text that the entry names: each that stands there must verify, and as many must as the text says
 * that a receipt needs.
 */
static enum rule check_witnessed(const struct receipt *receipt, const struct cards *cards, const struct note *note,
	struct verify_report *report)
{
	const struct terms *terms = texts_for(cards_texts(cards), &receipt->prepared.entry);
	const struct agreement *text = terms_agreement(terms == NULL ? cards_terms(cards) : terms);
	size_t count = 0;
	for (size_t i = 0; i < text->witness_count; i++) {
		const struct agreement_witness *witness = &text->witnesses[i];
		int64_t seconds;
		enum rule rule = cosignature_verify(note, note->text, &witness->vkey, &seconds);
		if (rule == RULE_NOTE_UNSIGNED)
			continue;
		report->signatures++;
		if (rule != RULE_OK)
			return REFUSE(report, rule, "receipt: cosignature of {1}", witness->name);
		STATE(&report->proved, "{1}, a neutral witness, saw it by {2}", witness->name, MOMENT(seconds));
		count++;
	}
	return count >= agreement_witnesses_needed(text) ? RULE_OK
		: report_refuse(report, RULE_RECEIPT_WITNESSED, NULL, "%s", T("receipt"));
}

static enum rule check_proof(struct receipt *receipt, const struct cards *cards, struct bytes entry, enum rule rule,
	struct verify_report *report)
{
	const struct terms *terms = cards_terms(cards);
	struct note note;
	if (rule == RULE_OK && receipt->proof.extra.size != 0)
		rule = RULE_RECEIPT_EXTRA;
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(&note, &receipt->checkpoint, receipt->proof.checkpoint);
	if (rule == RULE_OK && !bytes_is(receipt->checkpoint.origin, terms_origin(terms, receipt->party)))
		rule = apart_checkpoint(cards, receipt->party, &note, receipt->checkpoint.origin) ? RULE_DRILL_APART
			: RULE_RECEIPT_INDEX;
	if (rule == RULE_OK)
		rule = note_verify(&note, &cards_at(cards, receipt->party, receipt->checkpoint.size)->log);
	report->signatures++;
	if (rule == RULE_OK)
		rule = check_inclusion(receipt, entry);
	if (rule != RULE_OK)
		return report_refuse(report, rule, NULL, "%s", T("receipt"));
	rule = check_stored(receipt, cards, &note, report);
	return rule == RULE_OK ? check_witnessed(receipt, cards, &note, report) : rule;
}

enum rule receipt_verify(struct receipt *receipt, const struct cards *cards, struct bytes entry, struct bytes file,
	struct verify_report *report)
{
	const struct terms *terms = cards_terms(cards);
	receipt->proof.index = 0;
	enum rule proof = proof_parse(&receipt->proof, file); /* the entry is judged where it says that it stands */
	if (report->trusts.count == 0)
		verify_trusts(terms, NULL, report);
	enum rule rule = check_entry(receipt, cards, entry, report);
	if (rule == RULE_OK)
		rule = check_proof(receipt, cards, entry, proof, report);
	if (rule != RULE_OK)
		return rule;

	const struct judge_prepared *prepared = &receipt->prepared;
	struct bytes party = terms_party(terms, receipt->party);
	char at[UTC_SIZE + 1];
	utc_format(prepared->entry.at, at);
	STATE(&report->proved, "signed by {1}, form {2}, at {3} by its own clock", prepared->entry.from,
		prepared->entry.form, bytes_string(at));
	STATE(&report->proved, "it is {1}/{2} of the {3} entries that {4}'s log then had", party,
		NUMBER(receipt->proof.index), NUMBER(receipt->checkpoint.size), party);
	if (prepared->meaning != RULE_OK)
		STATE(&report->not_proved, "that it counts: it is void by its form: {1} [{2}]",
			bytes_string(rule_sentence(prepared->meaning)), bytes_string(rule_name(prepared->meaning)));
	else
		statements_add(&report->not_proved,
			W("that it counts: that needs the record, for the entries before it"), NULL, 0);
	return report_limits(report);
}

void verify_receipt(const struct cards *cards, struct bytes entry, struct bytes file, struct verify_report *report)
{
	struct receipt receipt;
	enum rule rule = receipt_verify(&receipt, cards, entry, file, report);
	if (rule != RULE_OK)
		report_refuse(report, rule, NULL, "%s", T("receipt"));
}

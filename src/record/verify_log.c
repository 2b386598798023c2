#include "verify_log.h"

#include <unistd.h>

#include "apart.h"
#include "brought.h"
#include "export.h"
#include "foreign.h"
#include "layout.h"
#include "policy.h"

/* The policy in the folder must be the one that the cards make; the checkpoint is then judged by it. */
static enum rule check_policy(const struct verify_log *log, const struct cards *cards, size_t party)
{
	struct buffer expected = {0}, found = {0};
	struct policy *policy = NULL;
	export_policy(&expected, cards, party);
	enum rule rule = expected.rule;
	if (rule == RULE_OK)
		rule = foreign_read(log->folder, "policy", POLICY_SIZE_MAX, &found);
	if (rule == RULE_OK && !bytes_equal(buffer_bytes(&expected), buffer_bytes(&found)))
		rule = RULE_RECORD_POLICY;
	if (rule == RULE_OK)
		rule = policy_parse(&policy, buffer_bytes(&expected), NULL);
	if (rule == RULE_OK && log->has_checkpoint)
		rule = policy_verify(policy, buffer_bytes(&log->note));
	policy_free(policy);
	buffer_free(&expected);
	buffer_free(&found);
	return rule;
}

/* By the policy some log key signed it; here, that it is the one in force at that size. */
static enum rule check_key(const struct verify_log *log, const struct cards *cards, size_t party)
{
	struct note note;
	enum rule rule = note_parse(&note, buffer_bytes(&log->note));
	return rule == RULE_OK ? note_verify(&note, &cards_at(cards, party, log->checkpoint.size)->log) : rule;
}

static enum rule read_checkpoint(struct verify_log *log, const struct cards *cards, size_t party)
{
	enum rule rule = foreign_read(log->folder, "checkpoint", NOTE_MAX, &log->note);
	if (rule == RULE_RECORD_MISSING)
		return RULE_OK; /* nothing of this log is shown: tiles without a checkpoint are no part of the layout */
	struct note note;
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(&note, &log->checkpoint, buffer_bytes(&log->note));
	if (rule == RULE_OK && !bytes_is(log->checkpoint.origin, terms_origin(cards_terms(cards), party)))
		rule = apart_checkpoint(cards, party, &note, log->checkpoint.origin) ? RULE_DRILL_APART : RULE_RECORD_ORIGIN;
	log->has_checkpoint = rule == RULE_OK;
	return rule;
}

/* When a party's mirror stored the log as far as the checkpoint, by whichever of its keys. */
static enum rule read_time(struct verify_log *log, const struct note *note, const struct cards *cards, size_t by)
{
	enum rule rule = RULE_NOTE_UNSIGNED;
	for (size_t n = cards_count(cards, by); n-- > 0 && rule == RULE_NOTE_UNSIGNED;)
		rule = cosignature_verify(note, note->text, &cards_nth(cards, by, n)->mirror, &log->stored[by]);
	return rule;
}

/* The policy has verified that every other party's mirror stored it. */
static enum rule read_times(struct verify_log *log, const struct cards *cards, size_t party,
	struct verify_report *report)
{
	struct note note;
	enum rule rule = note_parse(&note, buffer_bytes(&log->note));
	size_t count = terms_party_count(cards_terms(cards));
	for (size_t i = 0; i < count && rule == RULE_OK; i++)
		if (i != party)
			rule = read_time(log, &note, cards, i);
	report->signatures += count;
	log->text = export_text(cards);
	for (size_t i = 0; i < log->text->witness_count && rule == RULE_OK; i++) {
		rule = cosignature_verify(&note, note.text, &log->text->witnesses[i].vkey, &log->seen[i]);
		report->signatures += rule == RULE_OK;
		rule = rule == RULE_NOTE_UNSIGNED ? RULE_OK : rule; /* how many there must be, the policy has said */
	}
	return rule;
}

static enum rule read_beyond(struct verify_log *log, const struct terms *terms, struct fault *fault)
{
	struct buffer text = {0};
	enum rule rule = foreign_read(log->folder, "beyond", BEYOND_MAX, &text);
	if (rule == RULE_OK)
		rule = beyond_parse(&log->beyond, buffer_bytes(&text), terms_agreement(terms), log->checkpoint.size,
			fault);
	buffer_free(&text);
	return rule;
}

enum rule verify_log_open(struct verify_log *log, int record, struct cards *cards, size_t party,
	struct verify_report *report)
{
	const struct terms *terms = cards_terms(cards);
	char path[LAYOUT_PATH_MAX];
	struct fault fault = {0};
	log->party = terms_party(terms, party);
	layout_log_path(path, log->party, NULL);
	enum rule rule = foreign_open(record, path, &log->folder);
	if (rule != RULE_OK)
		return report_refuse(report, rule, NULL, "%s", path);
	rule = read_checkpoint(log, cards, party);
	if (rule != RULE_OK)
		return report_refuse(report, rule, NULL, "%s/checkpoint", path);
	rule = read_beyond(log, terms, &fault);
	if (rule != RULE_OK)
		return report_refuse(report, rule, &fault, "%s/beyond", path);
	return brought_read(cards, party, log->folder, log->checkpoint.size);
}

enum rule verify_log_policy(struct verify_log *log, const struct cards *cards, size_t party,
	struct verify_report *report)
{
	char path[LAYOUT_PATH_MAX];
	enum rule rule = check_policy(log, cards, party);
	layout_log_path(path, log->party, NULL);
	if (rule == RULE_OK && log->has_checkpoint)
		rule = check_key(log, cards, party);
	if (rule == RULE_OK && log->has_checkpoint)
		rule = read_times(log, cards, party, report);
	return rule == RULE_OK ? rule : report_refuse(report, rule, NULL, "%s/policy and checkpoint", path);
}

enum rule verify_log_tiles(struct verify_log *log, struct verify_report *report)
{
	char where[TILE_PATH_MAX];
	struct hash root;
	memcpy(root.bytes, log->checkpoint.root, sizeof(root.bytes));
	if (!log->has_checkpoint)
		tree_empty_root(&root);
	enum rule rule = proved_read(&log->proved, log->folder, log->checkpoint.size, &root, where);
	if (rule != RULE_OK)
		report_refuse(report, rule, NULL, "logs/%.*s/%s", BYTES_SHOWN(log->party),
			where[0] == '\0' ? "checkpoint" : where);
	return rule;
}

void verify_log_close(struct verify_log *log)
{
	proved_free(&log->proved);
	buffer_free(&log->note);
	if (log->folder >= 0)
		close(log->folder);
	log->folder = -1;
}

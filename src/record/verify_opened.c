#include <inttypes.h>
#include <stdlib.h>

#include "receipt.h"
#include "text.h"

/* Whether a sealed text is the one that the entry names openly, by its hash. */
static bool is_version(const struct entry *entry, struct bytes value)
{
	struct buffer plain = {0}, hex = {0};
	uint8_t digest[SHA256_SIZE];
	bool good = line_unescape(&plain, value) == RULE_OK && plain.rule == RULE_OK;
	sha256(buffer_bytes(&plain), digest);
	text_hex(&hex, bytes_of(digest, sizeof(digest)));
	good = good && bytes_equal(buffer_bytes(&hex), entry_field(entry, "version"));
	buffer_free(&plain);
	buffer_free(&hex);
	return good;
}

/* "KEY: VALUE" of a sealed line that was proved. */
static void state_line(struct verify_report *report, const struct entry *entry, uint64_t index,
	const struct line *field)
{
	STATE(&report->proved, "sealed line {1} says {2}: {3}", NUMBER(index), field->key, field->value);
	if (is_version(entry, field->value))
		STATE(&report->proved, "its line {1} is the text {2}: that is its SHA-256", field->key,
			entry_field(entry, "version"));
}

static enum rule check_key(const struct opened *opened, const struct cards *cards, const struct entry *entry,
	struct verify_report *report)
{
	struct sealed_recipients recipients;
	struct sealed_lines lines;
	uint8_t file_key[AGE_FILE_KEY];
	struct buffer plain = {.secret = true};
	memcpy(file_key, opened->file_key, sizeof(file_key));
	enum rule rule = cards_recipients(cards, entry, opened->place.index, &recipients);
	if (rule == RULE_OK)
		rule = sealed_open(&plain,
			&(struct sealed_opening){.entry = entry, .to = &recipients, .file_key = file_key});
	if (rule == RULE_OK)
		rule = sealed_read_lines(&lines, buffer_bytes(&plain), entry);
	if (rule == RULE_OK) {
		STATE(&report->proved, "the file key opens its sealed part, which was sealed to these {1} desks:",
			NUMBER(recipients.count));
		for (size_t i = 0; i < entry->to_count; i++)
			STATE(&report->proved, "sealed to {1}", entry->to[i]);
		STATE(&report->proved, "sealed to {1}, its writer", entry->from);
		for (size_t i = 0; i < lines.count; i++)
			state_line(report, entry, i, &lines.lines[i].field);
	} else {
		report_refuse(report, rule, NULL, "%s", T("file key"));
	}
	buffer_free(&plain);
	return rule;
}

static enum rule check_lines(const struct opened *opened, const struct entry *entry, struct verify_report *report)
{
	if (!entry->sealed || entry->sealed_count != opened->line_count_total)
		return report_refuse(report, RULE_OPENED_SEALED, NULL, "%s", T("lines"));
	for (size_t i = 0; i < opened->line_count; i++) {
		const struct opened_line *line = &opened->lines[i];
		struct sealed_line sealed;
		if (sealed_check_line(&sealed, entry, line->index, line->whole, &line->path) != RULE_OK)
			return REFUSE(report, RULE_OPENED_LINE, "sealed line {1}", NUMBER(line->index));
		state_line(report, entry, line->index, &sealed.field);
	}
	if (opened->line_count < entry->sealed_count)
		STATE(&report->not_proved, "what the other {1} of its {2} sealed lines say",
			NUMBER(entry->sealed_count - opened->line_count), NUMBER(entry->sealed_count));
	return RULE_OK;
}

static enum rule check_opened(const struct opened *opened, const struct cards *cards, struct verify_report *report)
{
	struct receipt receipt;
	enum rule rule = receipt_verify(&receipt, cards, opened->entry, opened->receipt, report);
	if (rule != RULE_OK)
		return rule;
	if (receipt.proof.index != opened->place.index ||
	    !bytes_equal(terms_party(cards_terms(cards), receipt.party), opened->place.party))
		return REFUSE(report, RULE_RECEIPT_INDEX, "place {1}/{2}", opened->place.party,
			NUMBER(opened->place.index));
	const struct entry *entry = &receipt.prepared.entry;
	return opened->has_key ? check_key(opened, cards, entry, report) : check_lines(opened, entry, report);
}

void verify_opened(const struct cards *cards, struct bytes bytes, struct verify_report *report)
{
	struct fault fault = {0};
	struct opened *opened = malloc(sizeof(*opened)); /* large for a stack */
	enum rule rule =
		opened == NULL ? fault_set(&fault, RULE_MEMORY, 0, "%s", "") : opened_parse(opened, bytes, &fault);
	if (rule != RULE_OK)
		report_refuse(report, rule, &fault, "%s", T("opened entry"));
	else
		rule = check_opened(opened, cards, report);
	if (rule != RULE_OK)
		report_refuse(report, rule, NULL, "%s", T("opened entry"));
	free(opened);
}

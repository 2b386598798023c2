#include "report.h"

#include <stdio.h>

#include "json.h"
#include "text.h"

void statements_add(struct statements *statements, const char *english, const struct bytes *blanks, size_t count)
{
	words_show(&statements->text, english, blanks, count);
	buffer_u8(&statements->text, 0);
	if (statements->text.rule == RULE_OK)
		statements->count++;
}

const char *statements_next(const struct statements *statements, const char *previous)
{
	const char *text = (const char *)statements->text.data;
	const char *next = previous == NULL ? text : previous + strlen(previous) + 1;
	return text == NULL || (size_t)(next - text) >= statements->text.size ? NULL : next;
}

void verify_report_free(struct verify_report *report)
{
	buffer_free(&report->proved.text);
	buffer_free(&report->not_proved.text);
	buffer_free(&report->trusts.text);
	*report = (struct verify_report){0};
}

static void set_verdict(struct verify_report *report, enum rule rule, const struct fault *fault)
{
	report->verdict = rule;
	if (fault != NULL && fault->rule == rule)
		report->fault = *fault;
	else
		fault_set(&report->fault, rule, 0, "%s", "");
}

enum rule report_refuse(struct verify_report *report, enum rule rule, const struct fault *fault, const char *format,
	...)
{
	if (report->verdict != RULE_OK)
		return rule;
	struct buffer plain = {0}, printable = {0};
	va_list arguments;
	va_start(arguments, format);
	buffer_format_list(&plain, format, arguments);
	va_end(arguments);
	text_printable(&printable, buffer_bytes(&plain), false);
	snprintf(report->where, sizeof(report->where), "%.*s", BYTES_SHOWN(printable));
	buffer_free(&plain);
	buffer_free(&printable);
	set_verdict(report, rule, fault);
	return rule;
}

enum rule report_refuse_words(struct verify_report *report, enum rule rule, const char *english,
	const struct bytes *blanks, size_t count)
{
	if (report->verdict != RULE_OK)
		return rule;
	struct buffer where = {0};
	words_show(&where, english, blanks, count);
	snprintf(report->where, sizeof(report->where), "%.*s", BYTES_SHOWN(where));
	buffer_free(&where);
	set_verdict(report, rule, NULL);
	return rule;
}
enum rule report_limits(struct verify_report *report)
{
	static const char *const limits[] = {
		W("whether what is stated is true"),
		W("what was never sent, or came after the checkpoints that are shown here"),
		W("that the parties did not together rewrite what only they hold"),
		W("who holds the keys: that rests on the fingerprints of the cards")};
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		statements_add(&report->not_proved, limits[i], NULL, 0);
	enum rule rule = report->proved.text.rule;
	if (rule == RULE_OK)
		rule = report->not_proved.text.rule;
	return rule == RULE_OK ? report->trusts.text.rule : rule;
}

static void print_list(struct buffer *to, const char *title, const struct statements *statements)
{
	if (statements->count == 0)
		return;
	buffer_format(to, "%s\n", title);
	for (const char *at = NULL; (at = statements_next(statements, at)) != NULL;)
		buffer_format(to, "  %s\n", at);
}

void verify_print_text(struct buffer *to, const struct verify_report *report)
{
	if (report->verdict == RULE_OK) {
		WORDS(to, "PROVED ({1} entries, {2} signatures)", NUMBER(report->entries), NUMBER(report->signatures));
		buffer_string(to, "\n");
		print_list(to, T("Proved:"), &report->proved);
	} else {
		char line[FAULT_LINE];
		fault_print(&report->fault, line, sizeof(line));
		if (report->where[0] == '\0')
			WORDS(to, "REFUSED: {1}", bytes_string(line));
		else
			WORDS(to, "REFUSED: {1}: {2}", bytes_string(report->where), bytes_string(line));
		buffer_string(to, "\n");
	}
	print_list(to, T("Not proved:"), &report->not_proved);
	print_list(to, T("Trusts:"), &report->trusts);
}

static void json_list(struct json *json, const char *key, const struct statements *statements)
{
	json_array(json, key);
	for (const char *at = NULL; (at = statements_next(statements, at)) != NULL;)
		json_string(json, NULL, bytes_string(at));
	json_end(json);
}

void verify_print_json(struct buffer *to, const struct verify_report *report)
{
	bool proved = report->verdict == RULE_OK;
	const struct statements none = {0};
	struct json json;
	json_start(&json, to);
	json_object(&json, NULL);
	json_string(&json, "verdict", bytes_string(proved ? "proved" : "refused"));
	json_list(&json, "proved", proved ? &report->proved : &none);
	json_list(&json, "not_proved", &report->not_proved);
	json_list(&json, "trusts", &report->trusts);
	if (proved) {
		json_null(&json, "rule");
	} else {
		char line[FAULT_LINE];
		fault_print(&report->fault, line, sizeof(line));
		json_string(&json, "rule", bytes_string(rule_name(report->verdict)));
		json_string(&json, "where", bytes_string(report->where));
		json_string(&json, "reason", bytes_string(line));
	}
	json_number(&json, "entries", (int64_t)report->entries);
	json_number(&json, "signatures", (int64_t)report->signatures);
	json_end(&json);
	buffer_string(to, "\n");
}

#include "ordered.h"

void ordered_check(struct ordered *ordered, enum rule rule, struct bytes what)
{
	if (rule == RULE_OK || ordered->rule != RULE_OK)
		return;
	ordered->rule = fault_bytes(ordered->fault, rule, ordered->number, what);
}

void ordered_need(struct ordered *ordered, bool good, enum rule rule, struct bytes what)
{
	ordered_check(ordered, good ? RULE_OK : rule, what);
}

bool ordered_more(struct ordered *ordered)
{
	if (ordered->rule != RULE_OK || ordered->held)
		return ordered->rule == RULE_OK;
	if (cursor_left(&ordered->cursor) == 0)
		return false;
	ordered->number++;
	struct cursor before = ordered->cursor;
	ordered_check(ordered, line_read(&ordered->cursor, &ordered->line), cursor_until(&before, '\n'));
	ordered->held = ordered->rule == RULE_OK;
	return ordered->held;
}

struct ordered ordered_start(struct bytes text, const char *first, enum rule version, enum rule order,
	struct fault *fault)
{
	struct ordered ordered = {.cursor = cursor_of(text), .number = 1, .order = order, .fault = fault};
	struct bytes line = cursor_line(&ordered.cursor);
	ordered_check(&ordered, ordered.cursor.rule == RULE_OK && bytes_is(line, first) ? RULE_OK : version, line);
	return ordered;
}

bool ordered_next_is(struct ordered *ordered, const char *key)
{
	return ordered_more(ordered) && bytes_is(ordered->line.key, key);
}

struct bytes ordered_take(struct ordered *ordered, const char *key)
{
	if (ordered_next_is(ordered, key)) {
		ordered->held = false;
		return ordered->line.value;
	}
	if (ordered->rule == RULE_OK) {
		struct bytes found = ordered->held ? ordered->line.key : BYTES("");
		ordered->rule = fault_set(ordered->fault, ordered->order, ordered->number,
			"expected \"%s\", found \"%.*s\"", key, BYTES_SHOWN(found));
	}
	return (struct bytes){NULL, 0};
}

struct line ordered_take_any(struct ordered *ordered)
{
	if (!ordered_more(ordered)) {
		ordered_check(ordered, ordered->order, (struct bytes){NULL, 0});
		return (struct line){{NULL, 0}, {NULL, 0}};
	}
	ordered->held = false;
	return ordered->line;
}

void ordered_words(struct ordered *ordered, struct bytes value, struct bytes *words, size_t count)
{
	struct bytes rest = value;
	bool good = true;
	for (size_t i = 0; i < count; i++) {
		words[i] = line_word(&rest);
		good = good && words[i].size != 0;
	}
	ordered_need(ordered, good && rest.size == 0, RULE_LINE_WORDS, value);
	for (size_t i = 0; ordered->rule != RULE_OK && i < count; i++)
		words[i] = (struct bytes){NULL, 0};
}

enum rule ordered_end(struct ordered *ordered)
{
	if (ordered_more(ordered))
		ordered_check(ordered, ordered->order, ordered->line.key);
	return ordered->rule;
}

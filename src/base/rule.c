#include "rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "words.h"

static const struct {
	const char *name, *clause, *sentence;
} rules[RULE_COUNT] = {
	[RULE_OK] = {"ok", "", "in order"},
#define RULE(id, name, clause, sentence) [RULE_##id] = {name, clause, sentence},
#include "rules.def"
#undef RULE
};

const char *rule_name(enum rule rule)
{
	return rules[rule].name;
}

const char *rule_clause(enum rule rule)
{
	return rules[rule].clause;
}

const char *rule_sentence(enum rule rule)
{
	return words_in(rules[rule].sentence);
}

const char *rule_english(enum rule rule)
{
	return rules[rule].sentence;
}

enum rule rule_named(const char *name)
{
	for (unsigned i = 0; i < RULE_COUNT; i++)
		if (strcmp(rules[i].name, name) == 0)
			return (enum rule)i;
	return RULE_COUNT;
}

enum rule rule_of_errno(int error)
{
	switch (error) {
	case ENOMEM:
		return RULE_MEMORY;
	case ENOENT:
	case ENOTDIR:
		return RULE_NOT_FOUND;
	case EACCES:
	case EPERM:
		return RULE_PERMISSION;
	case EROFS:
		return RULE_READ_ONLY;
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* RLIMIT_FSIZE, or the file system's own bound */
		return RULE_DISK_FULL;
	case ENAMETOOLONG:
		return RULE_LIMIT;
	default:
		return RULE_IO;
	}
}

bool rule_is_system(enum rule rule)
{
	return strncmp(rules[rule].name, "system.", 7) == 0;
}

/* One '?' for each byte of what a terminal must not see, so that the length stays. */
static void make_printable(char *text)
{
	struct bytes rest = bytes_string(text);
	while (rest.size != 0) {
		size_t before = rest.size;
		uint32_t code;
		char *at = text;
		bool good = text_next(&rest, &code) && !text_hidden(code);
		size_t size = before - rest.size;
		if (!good)
			memset(at, '?', size);
		text += size;
	}
}

enum rule fault_set(struct fault *fault, enum rule rule, uint32_t line, const char *format, ...)
{
	if (fault == NULL)
		return rule;
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(fault->detail, sizeof(fault->detail), format, arguments) < 0)
		fault->detail[0] = '\0';
	va_end(arguments);
	make_printable(fault->detail);
	fault->rule = rule;
	fault->line = line;
	return rule;
}

enum rule fault_bytes(struct fault *fault, enum rule rule, uint32_t line, struct bytes found)
{
	return fault_set(fault, rule, line, "%.*s", BYTES_SHOWN(found));
}

/* Whole characters of a text, as many as there is room for. */
static void copy_text(char *to, size_t capacity, struct bytes text)
{
	size_t size = 0;
	uint32_t code;
	for (struct bytes rest = text; rest.size != 0 && text_next(&rest, &code);)
		if (text.size - rest.size < capacity)
			size = text.size - rest.size;
	if (size != 0)
		memcpy(to, text.data, size);
	to[size] = '\0';
}

enum rule fault_words(struct fault *fault, enum rule rule, uint32_t line, const struct fault_words *words)
{
	struct fault each[WORD_BLANKS_MAX];
	struct bytes shown[WORD_BLANKS_MAX];
	struct buffer text = {0};
	if (fault == NULL)
		return rule;
	for (size_t i = 0; i < words->count; i++) {
		fault_bytes(&each[i], rule, line, words->blanks[i]);
		shown[i] = bytes_string(each[i].detail);
	}
	words_say(&text, words->english, shown, words->count);
	copy_text(fault->detail, sizeof(fault->detail), buffer_bytes(&text));
	buffer_free(&text);
	fault->rule = rule;
	fault->line = line;
	return rule;
}

void fault_print(const struct fault *fault, char *to, size_t capacity)
{
	static const char *const texts[] = {W("{1} [{2}]"), W("{1} ({3}) [{2}]"), W("line {4}: {1} [{2}]"),
		W("line {4}: {1} ({3}) [{2}]")};
	char name[128];
	struct buffer text = {0};
	if (capacity == 0)
		return;
	const char *clause = rule_clause(fault->rule);
	snprintf(name, sizeof(name), "%s%s%s", rule_name(fault->rule), clause[0] != '\0' ? ", " : "", clause);
	size_t which = (fault->detail[0] == '\0' ? 0u : 1u) + (fault->line == 0 ? 0u : 2u);
	WORDS(&text, texts[which], bytes_string(rule_sentence(fault->rule)), bytes_string(name),
		bytes_string(fault->detail), NUMBER(fault->line));
	copy_text(to, capacity, text.rule == RULE_OK ? buffer_bytes(&text) : bytes_string(rule_english(RULE_MEMORY)));
	buffer_free(&text);
}

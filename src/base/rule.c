#include "rule.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

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

void fault_print(const struct fault *fault, char *to, size_t capacity)
{
	if (capacity == 0)
		return;
	char place[24] = "";
	if (fault->line != 0)
		snprintf(place, sizeof(place), "line %u: ", (unsigned)fault->line);
	const char *clause = rule_clause(fault->rule);
	bool detail = fault->detail[0] != '\0';
	snprintf(to, capacity, "%s%s%s%s%s [%s%s%s]", place, rule_sentence(fault->rule), detail ? " (" : "",
		fault->detail, detail ? ")" : "", rule_name(fault->rule), clause[0] != '\0' ? ", " : "", clause);
}

#include "say.h"

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

int say(int status, const char *format, ...)
{
	struct buffer text = {0}, printable = {0};
	va_list arguments;
	va_start(arguments, format);
	buffer_format_list(&text, format, arguments);
	va_end(arguments);
	text_printable(&printable, buffer_bytes(&text), false);
	buffer_u8(&printable, '\0');
	fprintf(stderr, "detente: %s\n",
		printable.rule == RULE_OK ? (const char *)printable.data : rule_sentence(RULE_MEMORY));
	buffer_free(&text);
	buffer_free(&printable);
	return status;
}

int say_rule(const char *where, enum rule rule, const char *detail)
{
	struct fault fault;
	fault_set(&fault, rule, 0, "%s", detail);
	return say_fault(where, rule, &fault);
}

int say_fault(const char *where, enum rule rule, const struct fault *fault)
{
	char why[1024];
	if (fault->rule != rule)
		return say_rule(where, rule, "");
	fault_print(fault, why, sizeof(why));
	return say(rule_is_system(rule) ? SYSTEM : REFUSED, "%s: %s", where, why);
}

int say_wrong(const char *command, const char *what, const char *word)
{
	return say(WRONG_USE, "%s: %s%s%s; see 'detente %s --help'", command, what, word[0] == '\0' ? "" : ": ", word,
		command);
}

#include "say.h"

#include <stdio.h>

#include "text.h"

/* Ends a line, which is printable, and frees it. */
static void print(FILE *to, const char *before, struct buffer *line)
{
	if (line->rule == RULE_OK)
		fprintf(to, "%s%.*s\n", before, BYTES_SHOWN(*line));
	else
		fprintf(stderr, "detente: %s\n", rule_sentence(line->rule));
	buffer_free(line);
}

int say(int status, const char *english)
{
	return say_words(status, english, NULL, 0);
}

int say_words(int status, const char *english, const struct bytes *blanks, size_t count)
{
	struct buffer line = {0};
	words_show(&line, english, blanks, count);
	print(stderr, "detente: ", &line);
	return status;
}

void say_out(const char *english, const struct bytes *blanks, size_t count)
{
	struct buffer line = {0};
	words_show(&line, english, blanks, count);
	print(stdout, "", &line);
}

int say_rule(const char *where, enum rule rule, const char *detail)
{
	struct fault fault;
	fault_set(&fault, rule, 0, "%s", detail);
	return say_fault(where, rule, &fault);
}

int say_fault(const char *where, enum rule rule, const struct fault *fault)
{
	char why[FAULT_LINE];
	struct buffer place = {0}, line = {0};
	if (fault->rule != rule)
		return say_rule(where, rule, "");
	fault_print(fault, why, sizeof(why)); /* is printable as it is, marks of direction and all */
	text_printable(&place, bytes_string(where), false);
	WORDS(&line, "{1}: {2}", buffer_bytes(&place), bytes_string(why));
	buffer_free(&place);
	print(stderr, "detente: ", &line);
	return rule_is_system(rule) ? SYSTEM : REFUSED;
}

int say_told(const char *command, struct bytes what)
{
	struct buffer help = {0}, line = {0};
	buffer_format(&help, "detente %s --help", command);
	WORDS(&line, "{1}: {2}; see '{3}'", bytes_string(command), what, buffer_bytes(&help));
	buffer_free(&help);
	print(stderr, "detente: ", &line);
	return WRONG_USE;
}

int say_wrong(const char *command, const char *what, const char *word)
{
	struct buffer told = {0};
	if (word[0] == '\0')
		buffer_string(&told, words_in(what));
	else
		words_show(&told, "{1}: {2}", (struct bytes[]){words_of(bytes_string(what)), bytes_string(word)}, 2);
	int status = say_told(command, buffer_bytes(&told));
	buffer_free(&told);
	return status;
}

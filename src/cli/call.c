#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option common[] = {
	{"home", "DIR", "the party's folder (else DETENTE_HOME, else ~/.detente)"},
	{"agreement", "NAME", "which agreement, by the beginning of its name, where several are in force"},
	{"without-landlock", NULL, "go on where the kernel has no Landlock (the system call filter stays)"},
	{NULL, NULL, NULL},
};

const char *call_option_at(const struct call *call, const char *name, int n)
{
	for (int i = 0; i < call->option_count; i++) {
		if (strcmp(call->options[i].name, name) == 0 && n-- == 0)
			return call->options[i].value;
	}
	return NULL;
}

const char *call_option(const struct call *call, const char *name)
{
	return call_option_at(call, name, 0);
}

int call_wrong(const struct call *call, const char *format, ...)
{
	char what[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return say_wrong(call->command->name, what, "");
}

static void print_options(const struct cli_option *options)
{
	for (; options->name != NULL; options++) {
		char left[48];
		snprintf(left, sizeof(left), "--%s%s%s", options->name, options->value == NULL ? "" : " ",
			options->value == NULL ? "" : options->value);
		printf("  %-26s %s\n", left, options->help);
	}
}

static void usage(const struct cli_command *command)
{
	printf("usage: detente %s%s%s [options]\n\n%s\n", command->name, command->operands[0] == '\0' ? "" : " ",
		command->operands, command->summary);
	if (command->more != NULL)
		printf("\n%s\n", command->more);
	printf("\noptions:\n");
	print_options(command->options);
	print_options(common);
}

static const struct cli_option *find_option(const struct cli_option *options, const char *name, size_t size)
{
	for (; options->name != NULL; options++) {
		if (strlen(options->name) == size && memcmp(options->name, name, size) == 0)
			return options;
	}
	return NULL;
}

/* Takes the option at arguments[*i]; false after a line of error. */
static bool take_option(struct call *call, int count, char **arguments, int *i)
{
	const char *text = arguments[*i] + 2, *equals = strchr(text, '=');
	size_t size = equals == NULL ? strlen(text) : (size_t)(equals - text);
	const struct cli_option *option = find_option(call->command->options, text, size);
	if (option == NULL)
		option = find_option(common, text, size);
	if (option == NULL) {
		call_wrong(call, "no option --%.*s", (int)size, text);
		return false;
	}
	const char *value = equals == NULL ? NULL : equals + 1;
	if (option->value != NULL && value == NULL && *i + 1 < count)
		value = arguments[++*i];
	if ((option->value == NULL) != (value == NULL)) {
		call_wrong(call, option->value == NULL ? "--%s takes no value" : "--%s needs a value", option->name);
		return false;
	}
	if (call->option_count == CALL_OPTIONS_MAX) {
		call_wrong(call, "more than %d options", CALL_OPTIONS_MAX);
		return false;
	}
	if (strcmp(option->name, "home") == 0)
		call->home = value;
	if (strcmp(option->name, "agreement") == 0)
		call->agreement = value;
	call->options[call->option_count].name = option->name;
	call->options[call->option_count++].value = value == NULL ? "" : value;
	return true;
}

enum call_parsed call_parse(struct call *call, int count, char **arguments)
{
	bool operands_only = false;
	for (int i = 0; i < count; i++) {
		if (!operands_only && strcmp(arguments[i], "--") == 0) {
			operands_only = true;
		} else if (!operands_only && (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)) {
			usage(call->command);
			return CALL_HELP;
		} else if (!operands_only && strncmp(arguments[i], "--", 2) == 0) {
			if (!take_option(call, count, arguments, &i))
				return CALL_WRONG;
		} else if (call->operand_count == CALL_OPERANDS_MAX) {
			call_wrong(call, "more than %d arguments", CALL_OPERANDS_MAX);
			return CALL_WRONG;
		} else {
			call->operands[call->operand_count++] = arguments[i];
		}
	}
	if (call->operand_count < call->command->least || call->operand_count > call->command->most) {
		call_wrong(call, "takes %s",
			call->command->operands[0] == '\0' ? "no arguments" : call->command->operands);
		return CALL_WRONG;
	}
	return CALL_GO;
}

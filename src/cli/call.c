#include "call.h"

#include <stdio.h>
#include <string.h>

#include "help.h"
#include "language.h"

static const struct cli_option common[] = {
	{"home", "DIR", W("the party's folder (else DETENTE_HOME, else ~/.detente)")},
	{"agreement", "NAME", W("which agreement, by the beginning of its name, where several are in force")},
	{"lang", "TAG", W("the language of words and labels (default: the locale's, else English); where an entry is written, "
		"of its free text, too")},
	{"without-landlock", NULL, W("go on where the kernel has no Landlock (the system call filter stays)")},
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

int call_wrong(const struct call *call, const char *english)
{
	return say_wrong(call->command->name, english, "");
}

int call_wrong_words(const struct call *call, const char *english, const struct bytes *blanks, size_t count)
{
	struct buffer text = {0};
	words_show(&text, english, blanks, count);
	int status = text.rule == RULE_OK ? say_told(call->command->name, buffer_bytes(&text))
		: say_rule(call->command->name, text.rule, "");
	buffer_free(&text);
	return status;
}

static void add_options(struct buffer *to, const struct cli_option *options)
{
	for (; options->name != NULL; options++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s%s%s", options->name, options->value == NULL ? "" : " ",
			options->value == NULL ? "" : options->value);
		help_item(to, left, 26, options->help);
	}
}

void call_help(const struct cli_command *command)
{
	struct buffer text = {0}, name = {0};
	const char *const summary[] = {command->summary, NULL};
	buffer_format(&name, "detente %s%s%s", command->name, command->operands[0] == '\0' ? "" : " ", command->operands);
	WORDS(&text, "usage: {1} [options]", buffer_bytes(&name));
	buffer_string(&text, "\n\n");
	help_paragraph(&text, summary);
	if (command->more != NULL) {
		buffer_string(&text, "\n");
		help_paragraph(&text, command->more);
	}
	buffer_format(&text, "\n%s\n", T("options:"));
	add_options(&text, command->options);
	add_options(&text, common);
	words_review(&text);
	help_print(&text);
	buffer_free(&name);
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
		CALL_WRONG_USE(call, "no option --{1}", bytes_of(text, size));
		return false;
	}
	const char *value = equals == NULL ? NULL : equals + 1;
	if (option->value != NULL && value == NULL && *i + 1 < count)
		value = arguments[++*i];
	if ((option->value == NULL) != (value == NULL)) {
		CALL_WRONG_USE(call, option->value == NULL ? W("--{1} takes no value") : W("--{1} needs a value"),
			bytes_string(option->name));
		return false;
	}
	if (call->option_count == CALL_OPTIONS_MAX) {
		CALL_WRONG_USE(call, "more than {1} options", NUMBER(CALL_OPTIONS_MAX));
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

/* Help and refusals are in the language that --lang names, wherever it stands. */
static int take_language(const struct call *call, int count, char **arguments)
{
	int status = DONE;
	for (int i = 0; i < count && status == DONE && strcmp(arguments[i], "--") != 0; i++) {
		if (strcmp(arguments[i], "--lang") == 0 && i + 1 < count)
			status = language_choose(call->command->name, arguments[i + 1]);
		else if (strncmp(arguments[i], "--lang=", 7) == 0)
			status = language_choose(call->command->name, arguments[i] + 7);
	}
	return status;
}

enum call_parsed call_parse(struct call *call, int count, char **arguments)
{
	bool operands_only = false;
	if (take_language(call, count, arguments) != DONE)
		return CALL_WRONG;
	for (int i = 0; i < count; i++) {
		if (!operands_only && strcmp(arguments[i], "--") == 0) {
			operands_only = true;
		} else if (!operands_only && (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)) {
			call_help(call->command);
			return CALL_HELP;
		} else if (!operands_only && strncmp(arguments[i], "--", 2) == 0) {
			if (!take_option(call, count, arguments, &i))
				return CALL_WRONG;
		} else if (call->operand_count == CALL_OPERANDS_MAX) {
			CALL_WRONG_USE(call, "more than {1} arguments", NUMBER(CALL_OPERANDS_MAX));
			return CALL_WRONG;
		} else {
			call->operands[call->operand_count++] = arguments[i];
		}
	}
	if (call->operand_count < call->command->least || call->operand_count > call->command->most) {
		if (call->command->operands[0] == '\0')
			call_wrong(call, W("takes no arguments"));
		else
			CALL_WRONG_USE(call, "takes {1}", bytes_string(call->command->operands));
		return CALL_WRONG;
	}
	return CALL_GO;
}

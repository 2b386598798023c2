/*
 * call: one invocation, parsed against its subcommand's table entry.
 */
#ifndef CALL_H
#define CALL_H

#include "bytes.h"
#include "say.h"

#define CALL_OPTIONS_MAX 96
#define CALL_OPERANDS_MAX 96

struct cli_option {
	const char *name;  /* without the dashes */
	const char *value; /* what its value is called in help; NULL: a flag */
	const char *help;
};

struct call;
struct cli_command {
	const char *name;      /* "card accept" has its own entry: two words */
	const char *operands;  /* as help shows them */
	const char *summary; /* texts of words.h, as are the others of help */
	const char *const *more; /* sentences of help, ended by NULL; may be NULL */
	int least, most;       /* operands */
	const struct cli_option *options; /* ended by a NULL name */
	int (*run)(const struct call *call);
};

struct call {
	const struct cli_command *command;
	const char *home, *agreement;
	struct { const char *name, *value; } options[CALL_OPTIONS_MAX];
	int option_count;
	const char *operands[CALL_OPERANDS_MAX];
	int operand_count;
};

/* Parses what follows the subcommand's words. 0, or 2 after a line of error; 1 and no error when help was printed. */
enum call_parsed { CALL_GO, CALL_HELP, CALL_WRONG };
enum call_parsed call_parse(struct call *call, int count, char **arguments);

/* The value of an option, the n-th of its kind; NULL when it was not given (flags give ""). */
const char *call_option_at(const struct call *call, const char *name, int n);
const char *call_option(const struct call *call, const char *name);

/* Prints what stands of the command in its table. */
void call_help(const struct cli_command *command);

/* say_wrong() of this command, with a text without blanks. */
int call_wrong(const struct call *call, const char *english);
/* The same with blanks: CALL_WRONG_USE(call, "no option --{1}", bytes_string(name)). */
int call_wrong_words(const struct call *call, const char *english, const struct bytes *blanks, size_t count);
#define CALL_WRONG_USE(call, text, ...)                               \
	call_wrong_words(call, text, (struct bytes[]){__VA_ARGS__},   \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

#endif

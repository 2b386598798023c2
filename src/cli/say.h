/*
 * say: what a command line tells in the language of its reader (words.h): the line on standard error that says why a
 * command failed, with the status with which the program then ends, and lines on standard output. Printable whatever fills
 * the blanks.
 */
#ifndef SAY_H
#define SAY_H

#include "rule.h"
#include "words.h"

/* How a command ends. HELD: another process has the home and does not let go. */
enum { DONE = 0, REFUSED = 1, WRONG_USE = 2, HELD = 3, SYSTEM = 4 };

/* "detente: " and the text, which has no blanks. Gives `status` back. */
int say(int status, const char *english);
/* The same with blanks: SAY(REFUSED, "{1} is not empty", bytes_string(home)). */
int say_words(int status, const char *english, const struct bytes *blanks, size_t count);
#define SAY(status, text, ...)                                    \
	say_words(status, text, (struct bytes[]){__VA_ARGS__},    \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

/* A line on standard output. */
void say_out(const char *english, const struct bytes *blanks, size_t count);
#define TELL(text, ...)                                           \
	say_out(text, (struct bytes[]){__VA_ARGS__},              \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

/* "detente: WHERE: RULE (DETAIL)"; the detail may be empty. REFUSED, or SYSTEM for what is wrong with this machine. */
int say_rule(const char *where, enum rule rule, const char *detail);

/* The same with what the fault tells, if it is of that rule. */
int say_fault(const char *where, enum rule rule, const struct fault *fault);

/* "detente: COMMAND: WHAT: WORD; see 'detente COMMAND --help'", without an empty word. WRONG_USE. */
int say_wrong(const char *command, const char *what, const char *word);
/* The same of what has been looked up and is printable. */
int say_told(const char *command, struct bytes what);

#endif

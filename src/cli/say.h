/*
 * say: the line on standard error that tells why a command failed, printable whatever stands in it, and the status with
 * which the program then ends.
 */
#ifndef SAY_H
#define SAY_H

#include "rule.h"

/* How a command ends. HELD: another process has the home and does not let go. */
enum { DONE = 0, REFUSED = 1, WRONG_USE = 2, HELD = 3, SYSTEM = 4 };

/* "detente: " and the text. Gives `status` back. */
int say(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "detente: WHERE: RULE (DETAIL)"; the detail may be empty. REFUSED, or SYSTEM for what is wrong with this machine. */
int say_rule(const char *where, enum rule rule, const char *detail);

/* The same with what the fault tells, if it is of that rule. */
int say_fault(const char *where, enum rule rule, const struct fault *fault);

/* "detente COMMAND: WHAT: WORD; see 'detente COMMAND --help'", without an empty word. WRONG_USE. */
int say_wrong(const char *command, const char *what, const char *word);

#endif

/*
 * report: how the verifications note what they found. Private to record; verify.h shows the result.
 */
#ifndef REPORT_H
#define REPORT_H

#include "verify.h"
#include "words.h"

/* Notes the rule that was broken and where, unless one stands there already. Gives `rule` back. `fault` may be NULL. */
enum rule report_refuse(struct verify_report *report, enum rule rule, const struct fault *fault, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* The same where the place is told in words (words.h): a text, and what fills its blanks, made printable. */
enum rule report_refuse_words(struct verify_report *report, enum rule rule, const char *english,
	const struct bytes *blanks, size_t count);
#define REFUSE(report, rule, text, ...) /* with one blank at least */                 \
	report_refuse_words(report, rule, text, (struct bytes[]){__VA_ARGS__},        \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

/* Adds a statement to a list of the report, with one blank at least; statements_add() is for one that has none. */
#define STATE(statements, text, ...)                                                  \
	statements_add(statements, text, (struct bytes[]){__VA_ARGS__},               \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

/* Adds what no record can prove, whatever it holds. RULE_OK, or why the report is not complete. */
enum rule report_limits(struct verify_report *report);

#endif

/*
 * report: how the verifications note what they found. Private to record; verify.h shows the result.
 */
#ifndef REPORT_H
#define REPORT_H

#include "verify.h"

/* Notes the rule that was broken and where, unless one stands there already. Gives `rule` back. `fault` may be NULL. */
enum rule report_refuse(struct verify_report *report, enum rule rule, const struct fault *fault, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Adds what no record can prove, whatever it holds. RULE_OK, or why the report is not complete. */
enum rule report_limits(struct verify_report *report);

#endif

/*
 * verify_fork: the step of verify_fork() that a record's verification shares. Private to record.
 */
#ifndef VERIFY_FORK_H
#define VERIFY_FORK_H

#include "fork.h"
#include "report.h"

/* Verifies, and says what is proved. What is refused goes to the report, as of `where`; the rule is returned. */
enum rule verify_fork_read(struct bytes bytes, struct fork_proved *proved, struct verify_report *report,
	const char *where);

#endif

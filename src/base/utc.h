/*
 * utc: times as seconds since 1970-01-01T00:00:00Z, without leap seconds, and their one spelling.
 */
#ifndef UTC_H
#define UTC_H

#include "bytes.h"
#include "rule.h"

#define UTC_SIZE 20 /* "YYYY-MM-DDTHH:MM:SSZ" */

/* Years 1970 to 9999; RULE_TIME. */
enum rule utc_parse(struct bytes text, int64_t *seconds);
/* Writes UTC_SIZE bytes and a NUL. A time outside the range is written as its nearest bound. */
void utc_format(int64_t seconds, char to[UTC_SIZE + 1]);

/* A source of time, injected wherever time matters. */
struct clock {
	int64_t (*milliseconds)(void *context); /* since 1970, wall clock */
	void *context;
};
extern const struct clock clock_system;

static inline int64_t clock_seconds(const struct clock *clock)
{
	return clock->milliseconds(clock->context) / 1000;
}

/* Milliseconds of a clock that never steps, for timeouts. */
int64_t clock_steady_ms(void);

#endif

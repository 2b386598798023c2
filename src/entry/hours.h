/*
 * hours: what a clock counts: every second, or only those of a desk's duty or working hours, by the calendar that its
 * card publishes (docs/spec/hours). UTC, without leap seconds. Pure.
 */
#ifndef HOURS_H
#define HOURS_H

#include "buffer.h"
#include "rule.h"
#include "sizes.h"

#define DAY_SECONDS 86400
#define HOURS_LINE_MAX 80 /* bytes of a line as hours_line_write() writes it */

enum clock_kind { CLOCK_ELAPSED = 0, CLOCK_DUTY = 1, CLOCK_WORKING = 2 };

/* "elapsed", "duty", "working". */
const char *clock_kind_name(enum clock_kind kind);
/* The kind of that name; false when there is none. */
bool clock_kind_find(struct bytes name, enum clock_kind *kind);

/* One line: from one time of day to another on some days of every week, or on one date in place of the week's. */
struct hours_line {
	struct bytes desk;    /* the name after the slash */
	enum clock_kind kind; /* duty or working */
	uint8_t days;         /* of every week: bit 0 for Monday to bit 6 for Sunday; 0: of one date */
	int32_t date;         /* days since 1970-01-01 */
	uint16_t from, to;    /* minutes of the day, to 1,440; both 0: nothing on that date */
};

/* The lines of one desk and kind, in their order; a view. None: around the clock. */
struct hours {
	const struct hours_line *lines;
	size_t count;
};

/* "DESK KIND DAYS FROM-TO", "DESK KIND DATE FROM-TO", "DESK KIND DATE off". RULE_CARD_HOURS. Views the value. */
enum rule hours_line_parse(struct hours_line *line, struct bytes value);
void hours_line_write(struct buffer *to, const struct hours_line *line);
/* Which stands first in a card: < 0, 0, > 0. */
int hours_line_compare(const struct hours_line *a, const struct hours_line *b);
/*
 * Whether the last of the lines may stand there: it ascends, no other of its desk and kind meets or overlaps it on a
 * day, and the first of its desk and kind is of every week.
 */
bool hours_line_follows(const struct hours_line *lines, size_t count);

/*
 * The earliest time at which so many seconds of those hours have passed since `start`; `start` itself for none. What
 * int64_t does not hold is INT64_MAX. Takes time in the number of lines, not in the time that passes. `start` is not
 * before 1970.
 */
int64_t hours_after(struct hours hours, int64_t start, uint64_t seconds);

#endif

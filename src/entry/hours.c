#include "hours.h"

#include "lines.h"
#include "utc.h"

#define DAY_MINUTES 1440
#define WEEK 7
#define DATE_SIZE 10 /* "YYYY-MM-DD" */
#define TIME_SIZE 5 /* "HH:MM" */
#define THURSDAY 3 /* of 1970-01-01, Monday being 0 */

static const char *const kinds[] = {[CLOCK_ELAPSED] = "elapsed", [CLOCK_DUTY] = "duty", [CLOCK_WORKING] = "working"};

const char *clock_kind_name(enum clock_kind kind)
{
	return kinds[kind];
}

bool clock_kind_find(struct bytes name, enum clock_kind *kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (bytes_is(name, kinds[i])) {
			*kind = (enum clock_kind)i;
			return true;
		}
	return false;
}

/* ---- writing ---- */

/* Each run of two or more days as a range: "1-5", "1,3,6-7". */
static void write_days(struct buffer *to, uint8_t days)
{
	const char *before = "";
	for (unsigned first = 0; first < WEEK; first++) {
		unsigned last = first;
		if ((days >> first & 1) == 0)
			continue;
		while (days >> (last + 1) & 1)
			last++;
		buffer_format(to, first == last ? "%s%u" : "%s%u-%u", before, first + 1, last + 1);
		before = ",";
		first = last;
	}
}

static void write_date(struct buffer *to, int32_t date)
{
	char utc[UTC_SIZE + 1];
	utc_format((int64_t)date * DAY_SECONDS, utc);
	buffer_add(to, bytes_of(utc, DATE_SIZE));
}

static void write_times(struct buffer *to, uint16_t from, uint16_t until)
{
	buffer_format(to, "%02u:%02u-%02u:%02u", from / 60u, from % 60u, until / 60u, until % 60u);
}

void hours_line_write(struct buffer *to, const struct hours_line *line)
{
	buffer_add(to, line->desk);
	buffer_format(to, " %s ", kinds[line->kind]);
	if (line->days != 0)
		write_days(to, line->days);
	else
		write_date(to, line->date);
	buffer_string(to, " ");
	if (line->to == 0)
		buffer_string(to, "off");
	else
		write_times(to, line->from, line->to);
}

/* ---- reading: what is written again as it was has its one spelling ---- */

static void read_days(struct hours_line *line, struct bytes days)
{
	int before = 1;
	for (size_t i = 0; i < days.size; i++) {
		int last = days.data[i] - '0';
		if (last < 1 || last > WEEK)
			continue;
		bool range = i > 0 && days.data[i - 1] == '-';
		for (int day = range ? before : last; day <= last; day++)
			line->days |= (uint8_t)(1u << (day - 1));
		before = last;
	}
}

static void read_date(struct hours_line *line, struct bytes date)
{
	char utc[UTC_SIZE + 1] = "0000-00-00T00:00:00Z";
	int64_t seconds;
	memcpy(utc, date.data, DATE_SIZE);
	if (utc_parse(bytes_of(utc, UTC_SIZE), &seconds) == RULE_OK)
		line->date = (int32_t)(seconds / DAY_SECONDS);
}

/* Minutes of "HH:MM"; what is no digit gives what is written otherwise. */
static uint16_t read_time(const uint8_t *at)
{
	static const unsigned minutes_each[TIME_SIZE] = {600, 60, 0, 10, 1};
	unsigned minutes = 0;
	for (size_t i = 0; i < TIME_SIZE; i++) {
		if (minutes_each[i] != 0 && (at[i] < '0' || at[i] > '9'))
			return 0;
		minutes += minutes_each[i] * (at[i] - (unsigned)'0');
	}
	return minutes > DAY_MINUTES ? 0 : (uint16_t)minutes;
}

enum rule hours_line_parse(struct hours_line *line, struct bytes value)
{
	struct bytes rest = value, desk = line_word(&rest), kind = line_word(&rest), when = line_word(&rest);
	struct hours_line read = {.desk = desk};
	struct buffer again = {0};
	if (!clock_kind_find(kind, &read.kind) || read.kind == CLOCK_ELAPSED)
		return RULE_CARD_HOURS;
	if (when.size == DATE_SIZE)
		read_date(&read, when);
	else
		read_days(&read, when);
	bool off = read.days == 0 && bytes_is(rest, "off");
	if (rest.size == 2 * TIME_SIZE + 1) {
		read.from = read_time(rest.data);
		read.to = read_time(rest.data + TIME_SIZE + 1);
	}
	if (!off && read.from >= read.to)
		return RULE_CARD_HOURS;
	hours_line_write(&again, &read);
	bool same = bytes_equal(buffer_bytes(&again), value);
	enum rule rule = again.rule != RULE_OK ? again.rule : same ? RULE_OK : RULE_CARD_HOURS;
	buffer_free(&again);
	if (rule == RULE_OK)
		*line = read;
	return rule;
}

/* ---- order ---- */

static bool same_calendar(const struct hours_line *a, const struct hours_line *b)
{
	return a->kind == b->kind && bytes_equal(a->desk, b->desk);
}

static bool share_day(const struct hours_line *a, const struct hours_line *b)
{
	return b->days != 0 ? (a->days & b->days) != 0 : a->days == 0 && a->date == b->date;
}

int hours_line_compare(const struct hours_line *a, const struct hours_line *b)
{
	int desk = bytes_compare(a->desk, b->desk);
	if (desk != 0)
		return desk;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if ((a->days == 0) != (b->days == 0))
		return a->days != 0 ? -1 : 1;
	if (a->days == 0 && a->date != b->date)
		return a->date < b->date ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to == b->to ? 0 : a->to < b->to ? -1 : 1;
}

bool hours_line_follows(const struct hours_line *lines, size_t count)
{
	const struct hours_line *last = &lines[count - 1];
	if (count > 1 && hours_line_compare(last - 1, last) >= 0)
		return false;
	if (count == 1 || !same_calendar(last - 1, last))
		return last->days != 0; /* a calendar without hours in the week would end some day */
	for (const struct hours_line *line = last - 1; line >= lines && same_calendar(line, last); line--)
		if (share_day(line, last) && (line->to == 0 || last->from <= line->to))
			return false;
	return true;
}

/* ---- what a clock counts ---- */

/* A calendar's lines: those of the week, then those of dates, of which the past ones are passed by. */
struct walk {
	const struct hours_line *week, *date, *end;
	size_t week_count;
	uint64_t week_seconds;
};

static uint64_t line_seconds(const struct hours_line *line)
{
	return (uint64_t)(line->to - line->from) * 60;
}

static struct walk walk_start(struct hours hours)
{
	struct walk walk = {.week = hours.lines, .date = hours.lines, .end = hours.lines + hours.count};
	for (; walk.date < walk.end && walk.date->days != 0; walk.date++)
		for (unsigned day = 0; day < WEEK; day++)
			walk.week_seconds += walk.date->days >> day & 1 ? line_seconds(walk.date) : 0;
	walk.week_count = (size_t)(walk.date - walk.week);
	return walk;
}

/*
 * Counts the hours of a day from *at on. True when the seconds that are left end on it: then *at is when. Lines of
 * dates before it are passed by.
 */
static bool walk_day(struct walk *walk, int64_t day, int64_t *at, uint64_t *left)
{
	while (walk->date < walk->end && walk->date->date < day)
		walk->date++;
	bool dated = walk->date < walk->end && walk->date->date == day;
	const struct hours_line *line = dated ? walk->date : walk->week;
	const struct hours_line *end = dated ? walk->end : walk->week + walk->week_count;
	for (; line < end && (!dated || line->date == day); line++) {
		int64_t from = day * DAY_SECONDS + line->from * 60, to = day * DAY_SECONDS + line->to * 60;
		if ((!dated && (line->days >> (day + THURSDAY) % WEEK & 1) == 0) || to <= *at)
			continue;
		from = from > *at ? from : *at;
		if (*left <= (uint64_t)(to - from)) {
			*at = from + (int64_t)*left;
			return true;
		}
		*left -= (uint64_t)(to - from);
	}
	return false;
}

/* The weeks from `day` on that pass whole, without a date of their own, and leave something to count. */
static uint64_t walk_weeks(const struct walk *walk, int64_t day, uint64_t left)
{
	const struct hours_line *date = walk->date;
	while (date < walk->end && date->date < day)
		date++;
	uint64_t free = date < walk->end ? (uint64_t)(date->date - day) / WEEK : UINT64_MAX;
	uint64_t passing = walk->week_seconds == 0 ? UINT64_MAX : (left - 1) / walk->week_seconds;
	return passing < free ? passing : free;
}

int64_t hours_after(struct hours hours, int64_t start, uint64_t seconds)
{
	const int64_t last = INT64_MAX / DAY_SECONDS - WEEK;
	if (hours.count == 0)
		return seconds > (uint64_t)(INT64_MAX - start) ? INT64_MAX : start + (int64_t)seconds;
	struct walk walk = walk_start(hours);
	uint64_t left = seconds;
	int64_t at = start, day = start / DAY_SECONDS;
	while (left != 0 && day < last && !walk_day(&walk, day, &at, &left)) {
		uint64_t weeks = walk_weeks(&walk, ++day, left);
		if (weeks > (uint64_t)(last - day) / WEEK)
			return INT64_MAX;
		day += WEEK * (int64_t)weeks;
		left -= weeks * walk.week_seconds;
		at = day * DAY_SECONDS;
	}
	return day < last || left == 0 ? at : INT64_MAX;
}

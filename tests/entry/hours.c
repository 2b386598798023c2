/*
 * hours: what a clock counts. Against the examples of docs/spec/hours.md, and against a slow twin that walks from minute
 * to minute. What is refused of a card's lines: cases.h, by spec_vectors.c.
 */
#include "card.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "agreement.h"
#include "test.h"
#include "utc.h"

#define MINUTE 60
#define LINES_MAX 16

/* ---- the specification's examples ---- */

struct calendar {
	struct hours_line lines[LINES_MAX];
	char texts[LINES_MAX][HOURS_LINE_MAX];
	size_t count;
};

static void add_line(struct calendar *calendar, const char *text)
{
	if (calendar->count == LINES_MAX)
		abort();
	char *kept = calendar->texts[calendar->count];
	snprintf(kept, HOURS_LINE_MAX, "%.*s", (int)strcspn(text, "\n"), text);
	enum rule rule = hours_line_parse(&calendar->lines[calendar->count], bytes_string(kept));
	calendar->count++;
	test_check(rule == RULE_OK && hours_line_follows(calendar->lines, calendar->count), "hours %s", kept);
}

/* "| START | CLOCK | END | WHY |" */
static void check_row(const struct calendar *calendar, const char *row)
{
	char start[32], clock[16], end[32];
	int64_t starts, ends;
	uint64_t seconds;
	if (sscanf(row, "| %31s | %15s | %31s |", start, clock, end) != 3 ||
	    utc_parse(bytes_string(start), &starts) != RULE_OK ||
	    duration_parse(bytes_string(clock), &seconds) != RULE_OK ||
	    utc_parse(bytes_string(end), &ends) != RULE_OK)
		test_check(false, "a row is start, clock and end: %s", row);
	else
		test_check(hours_after((struct hours){calendar->lines, calendar->count}, starts, seconds) == ends,
			"%s after %s is %s", clock, start, end);
}

static void check_examples(void)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[PATH_MAX], line[512];
	struct calendar calendar = {.count = 0};
	unsigned rows = 0;
	bool before = false;
	snprintf(path, sizeof(path), "%s/docs/spec/hours.md", source == NULL ? "." : source);
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		bool hours = strncmp(line, "    hours ", 10) == 0;
		if (hours && !before)
			calendar.count = 0;
		if (hours)
			add_line(&calendar, line + 10);
		before = hours;
		if (strncmp(line, "| 2", 3) == 0) {
			check_row(&calendar, line);
			rows++;
		}
	}
	if (file != NULL)
		fclose(file);
	test_check(rows >= 19, "the specification's examples: %u", rows);
}

/* ---- the slow twin ---- */

static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* Whether the minute that begins there is one of the hours. */
static bool counts(struct hours hours, int64_t minute)
{
	int64_t day = minute / DAY_SECONDS;
	int64_t of_day = minute % DAY_SECONDS / MINUTE;
	bool dated = false, open = hours.count == 0;
	for (size_t i = 0; i < hours.count; i++)
		dated = dated || (hours.lines[i].days == 0 && hours.lines[i].date == day);
	for (size_t i = 0; i < hours.count; i++) {
		const struct hours_line *line = &hours.lines[i];
		bool of_this_day = dated ? line->days == 0 && line->date == day
			: (line->days >> (day + 3) % 7 & 1) != 0;
		open = open || (of_this_day && line->from <= of_day && of_day < line->to);
	}
	return open;
}

static int64_t slow_after(struct hours hours, int64_t start, uint64_t seconds)
{
	for (int64_t at = start; seconds != 0;) {
		int64_t next = at - at % MINUTE + MINUTE;
		if (counts(hours, at - at % MINUTE)) {
			if (seconds <= (uint64_t)(next - at))
				return at + (int64_t)seconds;
			seconds -= (uint64_t)(next - at);
		}
		at = next;
	}
	return start;
}

/* A line that may stand behind the others, of the week or of a date about that day; false: this one may not. */
static bool draw_line(struct calendar *calendar, int32_t about)
{
	struct hours_line *line = &calendar->lines[calendar->count];
	*line = (struct hours_line){.desk = BYTES("duty"), .kind = CLOCK_WORKING};
	if (calendar->count < 1 + draw(4))
		line->days = (uint8_t)(1 + draw(127));
	else
		line->date = about + (int32_t)draw(40);
	if (line->days != 0 || draw(2) == 0) {
		line->from = (uint16_t)draw(1440);
		line->to = (uint16_t)(line->from + 1 + draw(1440u - line->from));
	}
	return hours_line_follows(calendar->lines, calendar->count + 1);
}

static void draw_calendar(struct calendar *calendar, int32_t about)
{
	calendar->count = 0;
	for (unsigned tries = draw(40); tries > 0 && calendar->count < LINES_MAX; tries--)
		calendar->count += draw_line(calendar, about);
}

static void check_twin(void)
{
	static const char *const abouts[] = {
		"2026-11-23T00:00:00Z", "2028-02-20T00:00:00Z", "2099-12-20T00:00:00Z", "2100-02-22T00:00:00Z",
		"1970-01-01T00:00:00Z"};
	bool same = true, ascends = true, adds = true;
	for (unsigned n = 0; n < 3000; n++) {
		struct calendar calendar;
		int64_t about = 0;
		if (utc_parse(bytes_string(abouts[n % 5]), &about) != RULE_OK)
			abort();
		draw_calendar(&calendar, (int32_t)(about / DAY_SECONDS));
		struct hours hours = {calendar.lines, calendar.count};
		int64_t start = about + draw(30 * DAY_SECONDS);
		uint64_t first = draw(draw(2) == 0 ? 7200 : 20000), second = draw(20000);
		int64_t once = hours_after(hours, start, first);
		int64_t twice = hours_after(hours, once, second), whole = hours_after(hours, start, first + second);
		same = same && once == slow_after(hours, start, first);
		ascends = ascends && whole >= once && once >= start && hours_after(hours, start + 1, first) >= once;
		adds = adds && twice == whole;
	}
	test_check(same, "every clock ends where the slow twin says");
	test_check(ascends, "what is longer, or starts later, ends no earlier");
	test_check(adds, "a clock and then another end where one of both their lengths does");
}

/* ---- far away ---- */

static void check_far(void)
{
	struct calendar calendar = {.count = 0};
	struct hours none = {NULL, 0};
	test_check(hours_after(none, 7, 0) == 7 && hours_after(none, 7, 8) == 15, "all time");
	test_check(hours_after(none, 7, UINT64_MAX) == INT64_MAX && hours_after(none, 7, INT64_MAX) == INT64_MAX &&
		hours_after(none, 7, INT64_MAX - 7) == INT64_MAX, "as far as numbers go");
	add_line(&calendar, "duty working 4 00:00-00:01");
	struct hours hours = {calendar.lines, calendar.count};
	int64_t weeks = INT64_C(99999999) * 7 * DAY_SECONDS;
	test_check(hours_after(hours, 0, UINT64_C(99999999) * MINUTE + 1) == weeks + 1, "a hundred million weeks");
	test_check(hours_after(hours, 0, UINT64_MAX) == INT64_MAX && hours_after(hours, INT64_MAX, 1) == INT64_MAX &&
		hours_after(hours, INT64_MAX, 0) == INT64_MAX, "and what no number holds");
	calendar.lines[0].days = 0; /* which no card may say: the hours of one date, and then none */
	test_check(hours_after(hours, 0, 60) == 60 && hours_after(hours, 0, 61) == INT64_MAX &&
		hours_after(hours, 61, 1) == INT64_MAX, "hours that end");
}

/* As many lines as a card has: the work is bounded by them, not by the time that passes. */
static void check_many(void)
{
	static struct hours_line lines[CARD_HOURS_MAX];
	lines[0] = (struct hours_line){BYTES("duty"), CLOCK_WORKING, 1, 0, 0, 1};
	for (int32_t i = 1; i < CARD_HOURS_MAX; i++)
		lines[i] = (struct hours_line){BYTES("duty"), CLOCK_WORKING, 0, 7 * i, 0, 0};
	struct hours hours = {lines, CARD_HOURS_MAX};
	int64_t at = 0;
	for (unsigned n = 0; n < 1000; n++)
		at = hours_after(hours, 0, 60 * UINT64_C(1000000));
	test_check(at == (4 + 7 * INT64_C(999999)) * DAY_SECONDS + 60, "a million Mondays past 191 dates");
}

/* ---- of a card ---- */

static void check_card(void)
{
	static struct card card = {.hours_count = 4};
	static const char *const lines[] = {"duty duty 1-7 00:00-24:00", "duty working 1-5 08:00-16:00",
		"duty working 2026-12-25 off", "law working 1 08:00-09:00"};
	for (size_t i = 0; i < card.hours_count; i++)
		if (hours_line_parse(&card.hours[i], bytes_string(lines[i])) != RULE_OK)
			abort();
	struct hours working = card_hours(&card, BYTES("duty"), CLOCK_WORKING);
	test_check(working.count == 2 && working.lines == &card.hours[1], "a desk's hours of a kind");
	test_check(card_hours(&card, BYTES("law"), CLOCK_WORKING).count == 1 &&
		card_hours(&card, BYTES("law"), CLOCK_DUTY).count == 0 &&
		card_hours(&card, BYTES("la"), CLOCK_WORKING).count == 0 &&
		card_hours(&card, BYTES("duty"), CLOCK_ELAPSED).count == 0, "or none");
}

/* An officer's file. */
static void check_file(void)
{
	static const struct {
		const char *name, *file;
		enum rule rule;
		uint32_t line;
		const char *detail;
	} files[] = {
		{"nothing", "", RULE_OK, 0, ""},
		{"remarks and empty lines", "# ours\n\n#\n", RULE_OK, 0, ""},
		{"no line feed at the end", "hours duty duty 1 08:00-12:00", RULE_OK, 0, ""},
		{"another line of a card", "\nlanguage en\n", RULE_CARD_HOURS, 2, "language en"},
		{"no line of a card", "duty duty 1 08:00-12:00\nx\n", RULE_CARD_HOURS, 1, "duty duty 1 08:00-12:00"},
		{"one word", "# ours\nhours\n", RULE_LINE, 2, "hours"},
		{"another spelling", "hours duty duty 1 8:00-12:00\n", RULE_CARD_HOURS, 1,
			"hours duty duty 1 8:00-12:00"},
		{"an end as of another system", "hours duty duty 1 08:00-12:00\r\n", RULE_ESCAPE, 1,
			"hours duty duty 1 08:00-12:00?"},
		{"hours that meet", "hours duty duty 1-5 12:00-17:00\nhours duty duty 3 08:00-12:00\n",
			RULE_CARD_HOURS, 0, "duty duty 1-5 12:00-17:00"},
		{"a date alone", "hours duty duty 2026-12-25 off\n", RULE_CARD_HOURS, 0, "duty duty 2026-12-25 off"},
	};
	static struct card card;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct fault fault = {0};
		enum rule rule = card_take_hours(&card, bytes_string(files[i].file), &fault);
		test_check(rule == files[i].rule && fault.line == files[i].line &&
			strcmp(fault.detail, files[i].detail) == 0, "a file of hours: %s: %s, line %u: %s",
			files[i].name, rule_name(rule), (unsigned)fault.line, fault.detail);
	}
	enum rule rule = card_take_hours(&card, BYTES("hours law duty 1 08:00-12:00\nhours duty working 2026-12-25 off\n"
		"# an office\nhours duty working 1-5 13:00-17:00\nhours duty working 1-5 08:00-12:00\n"), NULL);
	struct buffer text = {0};
	for (size_t i = 0; i < card.hours_count; i++) {
		hours_line_write(&text, &card.hours[i]);
		buffer_string(&text, "\n");
	}
	test_check(rule == RULE_OK && bytes_is(buffer_bytes(&text), "duty working 1-5 08:00-12:00\n"
		"duty working 1-5 13:00-17:00\nduty working 2026-12-25 off\nlaw duty 1 08:00-12:00\n"),
		"a file's lines come into their order");
	buffer_clear(&text);
	buffer_string(&text, "hours duty working 1 00:00-00:01\n");
	for (int i = 1; i <= CARD_HOURS_MAX; i++)
		buffer_format(&text, "hours duty working %d-01-01 off\n", 2000 + i);
	struct fault fault = {0};
	test_check(card_take_hours(&card, buffer_bytes(&text), &fault) == RULE_CARD_HOURS && fault.line == 193,
		"193 lines are too many");
	buffer_cut(&text, text.size - strlen("hours duty working 2192-01-01 off\n"));
	test_check(card_take_hours(&card, buffer_bytes(&text), NULL) == RULE_OK && card.hours_count == CARD_HOURS_MAX,
		"192 are not");
	buffer_free(&text);
}

int main(void)
{
	test_start();
	check_file();
	check_examples();
	check_twin();
	check_far();
	check_many();
	check_card();
	return test_end();
}

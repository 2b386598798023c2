/* utc: the calendar's edges, one spelling. */
#include "utc.h"

#include <time.h>

#include "test.h"

static const struct {
	const char *text;
	int64_t seconds;
} good[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"1970-01-01T23:59:59Z", 86399},
	{"1972-02-29T00:00:00Z", 68169600},
	{"1999-12-31T23:59:59Z", 946684799},
	{"2000-02-29T12:00:00Z", 951825600},
	{"2001-09-09T01:46:40Z", 1000000000},
	{"2024-02-29T23:59:59Z", 1709251199},
	{"2024-03-01T00:00:00Z", 1709251200},
	{"2024-12-31T00:00:00Z", 1735603200},
	{"2038-01-19T03:14:08Z", 2147483648},
	{"2100-02-28T23:59:59Z", 4107542399},
	{"2100-03-01T00:00:00Z", 4107542400},
	{"2400-02-29T00:00:00Z", 13574563200},
	{"9999-12-31T23:59:59Z", 253402300799},
};

static const char *const bad[] = {"", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2024-00-01T00:00:00Z",
	"2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z", "2024-04-31T00:00:00Z",
	"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z",
	"2024-01-01T00:60:00Z", "2016-12-31T23:59:60Z", "2024-01-01T00:00:00z", "2024-01-01t00:00:00Z",
	"2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00.0Z",
	"+024-01-01T00:00:00Z", "2024-1-01T00:00:000Z", "10000-01-01T00:00:00Z", "2024-01-01T00:00:00Z\n",
	"2024-01-01T-1:00:00Z", "2024/01/01T00:00:00Z", "2024-01-01T00:00: 0Z"};

int main(void)
{
	test_start();
	char text[UTC_SIZE + 1];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t seconds = -1;
		test_check(utc_parse(bytes_string(good[i].text), &seconds) == RULE_OK && seconds == good[i].seconds,
			"%s", good[i].text);
		utc_format(good[i].seconds, text);
		test_check(strcmp(text, good[i].text) == 0, "%s back", good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int64_t seconds = -7;
		test_check(
			utc_parse(bytes_string(bad[i]), &seconds) == RULE_TIME && seconds == -7, "no time, row %zu", i);
	}
	utc_format(-1, text);
	test_check(strcmp(text, "1970-01-01T00:00:00Z") == 0, "before the range: its first second");
	utc_format(INT64_MAX, text);
	test_check(strcmp(text, "9999-12-31T23:59:59Z") == 0, "after the range: its last second");
	bool same = true;
	for (int64_t day = 0; day < 2932897 && same; day++) {
		int64_t seconds = day * 86400 + day % 86400, back = -1;
		struct tm tm;
		time_t stamp = (time_t)seconds;
		char other[64];
		utc_format(seconds, text);
		strftime(other, sizeof(other), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&stamp, &tm));
		same = strcmp(text, other) == 0 && utc_parse(bytes_of(text, UTC_SIZE), &back) == RULE_OK &&
			back == seconds;
	}
	test_check(same, "every day of 1970 to 9999 as the C library has it");
	test_check(clock_seconds(&clock_system) > 1700000000, "the system's clock");
	int64_t before = clock_steady_ms();
	test_check(clock_steady_ms() >= before, "the steady clock does not go back");
	return test_end();
}

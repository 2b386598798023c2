#include "utc.h"

#include <time.h>

#define DAY 86400
#define SECONDS_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && leap(year));
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t year_days(int year)
{
	int past = year - 1;
	int leaps = past / 4 - past / 100 + past / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
	return (int64_t)365 * (year - 1970) + leaps;
}

static bool number(const uint8_t *at, int digits, int *value)
{
	*value = 0;
	for (int i = 0; i < digits; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*value = *value * 10 + (at[i] - '0');
	}
	return true;
}

enum rule utc_parse(struct bytes text, int64_t *seconds)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	if (text.size != UTC_SIZE)
		return RULE_TIME;
	for (size_t i = 0; i < UTC_SIZE; i++)
		if (form[i] != '0' && text.data[i] != (uint8_t)form[i])
			return RULE_TIME;
	int year, month, day, hour, minute, second;
	const uint8_t *at = text.data;
	if (!number(at, 4, &year) || !number(at + 5, 2, &month) || !number(at + 8, 2, &day) ||
	    !number(at + 11, 2, &hour) || !number(at + 14, 2, &minute) || !number(at + 17, 2, &second))
		return RULE_TIME;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return RULE_TIME;
	if (hour > 23 || minute > 59 || second > 59)
		return RULE_TIME;
	int64_t days = year_days(year) + day - 1;
	for (int i = 1; i < month; i++)
		days += month_days(year, i);
	*seconds = days * DAY + hour * 3600 + minute * 60 + second;
	return RULE_OK;
}

void utc_format(int64_t seconds, char to[UTC_SIZE + 1])
{
	if (seconds < 0)
		seconds = 0;
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	/* years begin with March here, so that a leap day is the last of its year; era: 400 years */
	int64_t days = seconds / DAY + 719468, era = days / 146097;
	int day = (int)(days % 146097);
	int past = (day - day / 1460 + day / 36524 - day / 146096) / 365; /* years of the era */
	day -= 365 * past + past / 4 - past / 100;
	int month = (5 * day + 2) / 153; /* from March on */
	day -= (153 * month + 2) / 5;
	int year = (int)era * 400 + past + (month >= 10);
	month = month < 10 ? month + 3 : month - 9;
	int rest = (int)(seconds % DAY);
	const int parts[] = {year / 100, year % 100, month, day + 1, rest / 3600, rest / 60 % 60, rest % 60};
	static const char form[UTC_SIZE + 1] = "0000-00-00T00:00:00Z";
	static const uint8_t places[] = {0, 2, 5, 8, 11, 14, 17};
	memcpy(to, form, UTC_SIZE);
	for (size_t i = 0; i < sizeof(places); i++) {
		to[places[i]] = (char)('0' + parts[i] / 10);
		to[places[i] + 1] = (char)('0' + parts[i] % 10);
	}
	to[UTC_SIZE] = '\0';
}

static int64_t milliseconds(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now); /* cannot fail for the two clocks that are asked for */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t wall(void *context)
{
	(void)context;
	return milliseconds(CLOCK_REALTIME);
}

const struct clock clock_system = {wall, NULL};

int64_t clock_steady_ms(void)
{
	return milliseconds(CLOCK_MONOTONIC);
}

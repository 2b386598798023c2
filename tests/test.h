/*
 * test: the whole test framework. A test program is a list of checks; it prints TAP (one line a check) and exits 1 on a
 * failure.
 *
 *   int main(void) { test_start(); test_check("a name", condition); ... return test_end(); }
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned test_count, test_failures;

static inline void test_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

__attribute__((format(printf, 4, 5)))
static inline bool test_report(bool good, const char *file, int line, const char *format, ...)
{
	va_list arguments;
	printf("%s %u - ", good ? "ok" : "not ok", ++test_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	if (!good) {
		printf(" (%s:%d)", file, line);
		test_failures++;
	}
	printf("\n");
	return good;
}

/* One check; the name is a printf format with its arguments after it. Gives the condition back. */
#define test_check(condition, ...) test_report((condition), __FILE__, __LINE__, __VA_ARGS__)

/* A check that cannot be made here; says what is missing. */
static inline void test_skip(const char *name, const char *missing)
{
	printf("ok %u - %s # SKIP %s\n", ++test_count, name, missing);
}

static inline int test_end(void)
{
	printf("1..%u\n", test_count);
	return test_failures == 0 ? 0 : 1;
}

#endif

/*
 * clock: a library to preload that sets a program's wall clock wrong by DETENTE_TEST_CLOCK seconds (which may be
 * negative).
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void)
{
	const char *seconds = getenv("DETENTE_TEST_CLOCK");
	return seconds == NULL ? 0 : atol(seconds);
}

int clock_gettime(clockid_t clock, struct timespec *to)
{
	int result = (int)syscall(SYS_clock_gettime, clock, to);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		to->tv_sec += shift();
	return result;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*to = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *to)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (to != NULL)
		*to = now.tv_sec;
	return now.tv_sec;
}

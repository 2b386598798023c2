/*
 * clock: a library to preload that sets a program's wall clock wrong by DETENTE_TEST_CLOCK seconds (which may be
 * negative), or by the int64_t that the file DETENTE_TEST_CLOCK_FILE holds at each moment.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *stepped;
static long constant;

__attribute__((constructor))
static void start(void)
{
	const char *seconds = getenv("DETENTE_TEST_CLOCK"), *path = getenv("DETENTE_TEST_CLOCK_FILE");
	constant = seconds == NULL ? 0 : atol(seconds);
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	stepped = mmap(NULL, sizeof(*stepped), PROT_READ, MAP_SHARED, fd, 0);
	if (stepped == MAP_FAILED)
		abort();
	close(fd);
}

static long shift(void)
{
	return constant + (stepped == NULL ? 0 : (long)atomic_load(stepped));
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

/*
 * sample: the message that every measurement says, and how its figures are put in order.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define SAMPLE_SUBJECT "Scan of settlement systems from your address space"
#define SAMPLE_TEXT \
	"At 09:40 UTC our exchange saw traffic from three of your addresses that looks like a scan of settlement " \
	"systems. Is this yours, or known to you? We take no step before 10:40 UTC and would be glad of a word."

static inline double sample_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static inline int sample_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts; then samples[count / 2] is p50. */
static inline void sample_sort(double *samples, size_t count)
{
	qsort(samples, count, sizeof(samples[0]), sample_compare);
}

#endif

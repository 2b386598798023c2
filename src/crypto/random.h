/*
 * random: a source of random bytes, injected wherever randomness matters, so that tests and fuzzers are deterministic.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	void (*fill)(void *context, uint8_t *to, size_t size); /* cannot fail */
	void *context;
};
extern const struct random random_system;

static inline void random_fill(const struct random *random, uint8_t *to, size_t size)
{
	random->fill(random->context, to, size);
}

#endif

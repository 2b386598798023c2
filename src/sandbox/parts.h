/*
 * parts: the steps of sandbox_enter(), apart, so that a test can give a kernel that is not this one.
 */
#ifndef PARTS_H
#define PARTS_H

#include "sandbox.h"

/*
 * A sanitizer's runtime looks through its own process at exit: it reads /proc, makes a tracer that is no thread, and
 * writes code. Builds with one get that, here and in filter.c, and are never shipped.
 */
#ifdef DETENTE_SANITIZED
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* The kernel's Landlock ABI, 1 or more; 0 where it has none. */
int landlock_abi(void);

/*
 * Leaves only the paths of the rules. With abi 0: RULE_SANDBOX_LANDLOCK, or RULE_OK and nothing done where that is
 * waived.
 */
enum rule landlock_restrict(const struct sandbox_rules *rules, int abi, struct fault *fault);

/* Leaves only the system calls of the role. */
enum rule filter_load(enum sandbox_role role, struct fault *fault);

/* sandbox_enter() on a kernel with that ABI. */
enum rule sandbox_enter_abi(const struct sandbox_rules *rules, int abi, struct fault *fault);

#endif

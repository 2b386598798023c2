/*
 * home_lock: one process at a time has a home. The lock is flock() on HOME/lock; it passes to children that inherit the
 * descriptor, and ends with the last of them.
 */
#ifndef HOME_LOCK_H
#define HOME_LOCK_H

#include "rule.h"

/*
 * Takes the lock at once: RULE_NODE_HELD when another has it. *fd holds it until it is closed. RULE_NODE_NO_HOME,
 * RULE_PERMISSION, RULE_IO.
 */
enum rule home_lock_try(const char *home, int *fd);
/* Waits for it, at most `seconds`. */
enum rule home_lock_wait(const char *home, unsigned seconds, int *fd);

#endif

/*
 * judge_parts: the leaves of a log's newest second; for judge_log.c and judge_next.c only.
 */
#ifndef JUDGE_PARTS_H
#define JUDGE_PARTS_H

#include "judge.h"

#define DAY_S 86400

bool judge_log_has(const struct judge_log *log, const struct hash *leaf);
/* The entry `next` counts, with that `at` and leaf. RULE_MEMORY: then nothing has changed. */
enum rule judge_log_move(struct judge_log *log, int64_t at, const struct hash *leaf);

#endif

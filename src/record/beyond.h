/*
 * beyond: the file that says who is known to hold more of a log than its checkpoint covers (docs/spec/export, section
 * Logs): a line "PARTY SIZE" each, parties ascending, each size past the checkpoint's. Empty when nothing is known.
 * Private to record.
 */
#ifndef BEYOND_H
#define BEYOND_H

#include "agreement.h"

#define BEYOND_MAX (AGREEMENT_PARTIES_MAX * (PARTY_NAME_MAX + 21)) /* bytes */

struct beyond {
	uint64_t sizes[AGREEMENT_PARTIES_MAX]; /* by party; 0: nothing */
};

/* `size` is the checkpoint's. RULE_RECORD_BEYOND. */
enum rule beyond_parse(struct beyond *beyond, struct bytes text, const struct agreement *agreement, uint64_t size,
	struct fault *fault);
void beyond_write(struct buffer *to, const struct beyond *beyond, const struct agreement *agreement);

#endif

/*
 * policy: C2SP tlog-policy files: which logs, which witnesses, which quorum.
 */
#ifndef POLICY_H
#define POLICY_H

#include "checkpoint.h"

#define POLICY_MAX 2048 /* logs, witnesses and groups each */
#define POLICY_SIZE_MAX (1u << 20)

struct policy; /* opaque */

/* RULE_POLICY_*, with line and detail in *fault. The caller frees. */
enum rule policy_parse(struct policy **policy, struct bytes text, struct fault *fault);
void policy_free(struct policy *policy);

/*
 * Judges a checkpoint note: signed by a listed log whose name is its origin, and cosigned by the quorum.
 * RULE_POLICY_LOG, RULE_POLICY_QUORUM, or what parsing and verifying say. A known witness's cosignature that does not
 * verify refuses the note.
 */
enum rule policy_verify(const struct policy *policy, struct bytes note);

#endif

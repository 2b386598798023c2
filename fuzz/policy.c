/*
 * policy: a policy; after a NUL, which none holds, a note for it to judge.
 */
#include "policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct bytes text = cursor_until(&cursor, 0), note = cursor_take(&cursor, cursor_left(&cursor));
	struct policy *policy = NULL;
	struct fault fault;
	enum rule rule = policy_parse(&policy, text, &fault);
	if (rule == RULE_OK) {
		policy_verify(policy, note);
		policy_free(policy);
	} else {
		char line[512];
		fault_print(&fault, line, sizeof(line));
		if (fault.rule != rule || policy != NULL || line[0] == '\0')
			abort();
	}
	return 0;
}

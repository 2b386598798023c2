/*
 * mirror_reply: what a mirror answers to one push after the other. Each turn is a byte by which the log grew, the
 * status as two bytes, a byte of size and the body. Whatever comes, only what the log signed is offered, nothing past
 * it is asked for, and a mirror that only corrects is told off.
 */
#include <stdlib.h>

#include "cursor.h"
#include "mirror.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool was_signed[1 << 16];

static void check(const struct push *push, enum push_action action, uint64_t size)
{
	if (action == PUSH_CHECKPOINT && (push->pending >= size || push->upload_end != size))
		abort();
	if (action == PUSH_ENTRIES && (push->next > push->upload_end || !was_signed[push->upload_end] ||
		push->upload_end <= push->cosigned))
		abort();
	if (action == PUSH_NOTHING && !push->stuck && push->cosigned < size)
		abort();
	if (push->stuck && push->rule != RULE_MIRROR_AHEAD)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor cursor = cursor_of(bytes_of(data, size));
	struct push push = {0};
	uint64_t log = 0;
	unsigned corrections = 0;
	memset(was_signed, 0, sizeof(was_signed));
	for (unsigned turn = 0; turn < 256 && cursor_left(&cursor) != 0; turn++) {
		log += cursor_u8(&cursor);
		was_signed[log] = true;
		uint16_t status = cursor_u16(&cursor);
		struct bytes body = cursor_take(&cursor, cursor_u8(&cursor));
		enum push_action action = push_next(&push, log);
		check(&push, action, log);
		enum rule rule = push_reply(&push, status, body);
		if (push.busy != PUSH_NOTHING || (rule != RULE_OK && push.rule != rule))
			abort();
		if (action != PUSH_NOTHING && status == 409 && rule == RULE_OK && ++corrections > 4)
			abort();
		if (action == PUSH_ENTRIES && status == 200) {
			push_cosigned(&push, push.upload_end);
			corrections = 0;
		}
	}
	return 0;
}

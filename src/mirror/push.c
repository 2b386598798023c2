/*
 * push: what a log's keeper does next towards one mirror, from what the mirror said last.
 *
 *   checkpoint of the newest size --200--> entries up to it --202...200--> cosigned
 *          ^                 |                  |
 *          +------409--------+<------409--------+   a mirror's word on what it holds is taken, also when it goes back
 *
 * An upload begun goes on to its end before a newer checkpoint is offered: a log that grows faster than an upload would
 * never be cosigned otherwise. upload_end is therefore only ever a size that push_next() was given: a checkpoint that
 * the log signed, whatever sizes a mirror names.
 */
#include "mirror.h"
#include "text.h"

#define VAIN_MAX 4 /* corrections in a row with nothing taken in between: a restart needs two */

enum push_action push_next(struct push *push, uint64_t size)
{
	if (push->busy != PUSH_NOTHING || push->stuck)
		return PUSH_NOTHING;
	if (push->upload_end <= push->cosigned)
		push->upload_end = 0;
	if (push->upload_end == 0 && push->cosigned >= size)
		return PUSH_NOTHING;
	push->size = size;
	if (push->upload_end == 0 && push->pending > size) {
		push->stuck = true;
		push->rule = RULE_MIRROR_AHEAD;
		return PUSH_NOTHING;
	}
	if (push->upload_end == 0 && push->pending < size) {
		push->busy = PUSH_CHECKPOINT;
		push->upload_end = size;
		return push->busy;
	}
	if (push->upload_end == 0)
		push->upload_end = size;
	if (push->next > push->upload_end)
		push->next = push->upload_end;
	push->busy = PUSH_ENTRIES;
	return push->busy;
}

/* The mirror corrected what we believed. */
static enum rule corrected(struct push *push, uint64_t pending, uint64_t next)
{
	push->pending = pending;
	push->next = next;
	if (pending > push->size || next > push->size)
		return RULE_MIRROR_AHEAD;
	return ++push->vain > VAIN_MAX ? RULE_MIRROR_CONFLICT : RULE_OK;
}

static enum rule parse_size(struct bytes body, uint64_t *size)
{
	struct cursor cursor = cursor_of(body);
	uint64_t read;
	enum rule rule = text_decimal(cursor_line(&cursor), &read);
	if (rule != RULE_OK || cursor_end(&cursor) != RULE_OK)
		return RULE_MIRROR_REPLY;
	*size = read;
	return RULE_OK;
}

static enum rule parse_info(struct bytes body, uint64_t *pending, uint64_t *next)
{
	struct cursor cursor = cursor_of(body);
	uint64_t size, entry;
	struct buffer ticket = {.limit = UINT16_MAX};
	enum rule rule = text_decimal(cursor_line(&cursor), &size);
	if (rule == RULE_OK)
		rule = text_decimal(cursor_line(&cursor), &entry);
	if (rule == RULE_OK)
		rule = text_unbase64(cursor_line(&cursor), &ticket, true); /* its form only: we send none */
	buffer_free(&ticket);
	if (rule == RULE_OK)
		rule = cursor_end(&cursor);
	if (rule != RULE_OK)
		return rule == RULE_MEMORY ? rule : RULE_MIRROR_REPLY;
	*pending = size;
	*next = entry;
	return RULE_OK;
}

/* Nothing said so far counts; old size 0 asks anew. */
static enum rule refused(struct push *push)
{
	push->pending = push->next = push->upload_end = 0;
	return RULE_MIRROR_REFUSED;
}

static enum rule checkpoint_reply(struct push *push, uint16_t status, struct bytes body)
{
	uint64_t offered = push->upload_end, size;
	push->upload_end = 0;
	if (status == 200) {
		push->pending = push->upload_end = offered;
		return RULE_OK;
	}
	if (status != 409)
		return RULE_MIRROR_REPLY;
	enum rule rule = parse_size(body, &size);
	if (rule != RULE_OK)
		return rule;
	/* a mirror mostly holds what it was promised; if not, its next 409 says so at the cost of an empty upload */
	return corrected(push, size, size == push->pending ? push->next : size);
}

static enum rule entries_reply(struct push *push, uint16_t status, struct bytes body)
{
	uint64_t size, next;
	if (status == 200) {
		push->next = push->upload_end;
		return RULE_OK;
	}
	if (status != 202 && status != 409)
		return RULE_MIRROR_REPLY;
	enum rule rule = parse_info(body, &size, &next);
	if (rule != RULE_OK)
		return rule;
	if (status == 202 && size == push->upload_end && next > push->next && next <= push->upload_end) {
		push->next = next;
		return RULE_OK;
	}
	if (size != push->upload_end)
		push->upload_end = 0;
	return corrected(push, size, next);
}

enum rule push_reply(struct push *push, uint16_t status, struct bytes body)
{
	enum push_action was = push->busy;
	enum rule rule;
	push->busy = PUSH_NOTHING;
	if (was == PUSH_NOTHING)
		return RULE_OK;
	if (status == 0 || status >= 500) {
		if (was == PUSH_CHECKPOINT)
			push->upload_end = 0;
		rule = status == 0 ? RULE_OK : RULE_MIRROR_FAILED;
	} else if (status >= 400 && status != 409) {
		rule = refused(push);
	} else if (was == PUSH_CHECKPOINT) {
		rule = checkpoint_reply(push, status, body);
	} else {
		rule = entries_reply(push, status, body);
	}
	push->rule = rule;
	return rule;
}

void push_cosigned(struct push *push, uint64_t size)
{
	if (size <= push->cosigned)
		return;
	push->cosigned = size;
	push->vain = 0;
}

/*
 * mirror_push: what the client does next, reply by reply, with mirrors that are honest, set back, ahead or talk
 * nonsense.
 */
#include "model.h"
#include "test.h"

/* A course of a push: what is asked of push_next(), what it must answer, the reply that comes, what must come of it. */
struct turn {
	uint64_t size;
	enum push_action action;
	uint64_t old_or_start, end; /* PUSH_CHECKPOINT: `pending` and the size offered; PUSH_ENTRIES: the interval */
	uint16_t status;
	const char *body;
	enum rule rule;
	bool cosigned; /* a 200 whose cosignature verifies */
};
#define CHECKPOINT(old, size) size, PUSH_CHECKPOINT, old, size
#define ENTRIES(size, start, end) size, PUSH_ENTRIES, start, end
#define NOTHING(size) {size, PUSH_NOTHING, 0, 0, 0, "", RULE_OK, false}
#define TURNS_MAX 16

static const struct course {
	const char *name;
	bool stuck;
	size_t count;
	struct turn turns[TURNS_MAX];
} courses[] = {
	{"an empty log", false, 1, {NOTHING(0)}},
	{"a new mirror", false, 6, {
		{CHECKPOINT(0, 3), 200, "", RULE_OK, false},
		{ENTRIES(3, 0, 3), 200, "", RULE_OK, true},
		NOTHING(3),
		{CHECKPOINT(3, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 3, 9), 200, "", RULE_OK, true},
		NOTHING(9)}},
	{"an upload in parts ends before a newer checkpoint is offered", false, 6, {
		{CHECKPOINT(0, 9000), 200, "", RULE_OK, false},
		{ENTRIES(9001, 0, 9000), 202, "9000\n8192\n\n", RULE_OK, false},
		{ENTRIES(9002, 8192, 9000), 200, "", RULE_OK, true},
		{CHECKPOINT(9000, 9003), 200, "", RULE_OK, false},
		{ENTRIES(9004, 9000, 9003), 200, "", RULE_OK, true},
		{CHECKPOINT(9003, 9004), 200, "", RULE_OK, false}}},
	{"a mirror that holds something", false, 3, {
		{CHECKPOINT(0, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 5, 9), 200, "", RULE_OK, true}}},
	{"a mirror that holds less than it was promised", false, 4, {
		{CHECKPOINT(0, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 5, 9), 409, "9\n2\n\n", RULE_OK, false},
		{ENTRIES(9, 2, 9), 200, "", RULE_OK, true}}},
	{"a mirror that holds all", false, 3, {
		{CHECKPOINT(0, 9), 409, "9\n", RULE_OK, false},
		{ENTRIES(9, 9, 9), 200, "", RULE_OK, true},
		NOTHING(9)}},
	{"a mirror with all of an older size than the log has now", false, 3, {
		{CHECKPOINT(0, 9), 409, "9\n", RULE_OK, false},
		{CHECKPOINT(9, 12), 200, "", RULE_OK, false},
		{ENTRIES(12, 9, 12), 200, "", RULE_OK, true}}},
	{"a ticket is read over", false, 3, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n4\nAAAA\n", RULE_OK, false},
		{ENTRIES(9, 4, 9), 200, "", RULE_OK, true}}},
	{"others went on with the same log", false, 5, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(15, 0, 9), 409, "12\n9\n\n", RULE_OK, false},
		{CHECKPOINT(12, 15), 200, "", RULE_OK, false},
		{ENTRIES(15, 9, 15), 202, "15\n12\n\n", RULE_OK, false},
		{ENTRIES(15, 12, 15), 200, "", RULE_OK, true}}},
	{"a mirror restored from an older copy", false, 6, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 200, "", RULE_OK, true},
		{CHECKPOINT(9, 12), 409, "4\n", RULE_OK, false},
		{CHECKPOINT(4, 12), 200, "", RULE_OK, false},
		{ENTRIES(12, 4, 12), 200, "", RULE_OK, true},
		NOTHING(12)}},
	{"a mirror restored from an empty copy, between two requests", false, 5, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 422, "mirror.no-pending: ...\n", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 200, "", RULE_OK, true},
		NOTHING(9)}},
	{"a lost reply to a checkpoint", false, 4, {
		{CHECKPOINT(0, 9), 0, "", RULE_OK, false},
		{CHECKPOINT(0, 12), 409, "9\n", RULE_OK, false},
		{CHECKPOINT(9, 12), 200, "", RULE_OK, false},
		{ENTRIES(12, 9, 12), 409, "12\n0\n\n", RULE_OK, false}}},
	{"a lost reply to entries", false, 3, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 0, "", RULE_OK, false},
		{ENTRIES(12, 0, 9), 200, "", RULE_OK, true}}},
	{"a mirror that fails", false, 4, {
		{CHECKPOINT(0, 9), 500, "", RULE_MIRROR_FAILED, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 502, "", RULE_MIRROR_FAILED, false},
		{ENTRIES(9, 0, 9), 200, "", RULE_OK, true}}},
	{"an agreement that the other side has not adopted yet", false, 4, {
		{CHECKPOINT(0, 9), 404, "mirror.origin: ...\n", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 404, "mirror.origin: ...\n", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 10), 200, "", RULE_OK, false},
		{ENTRIES(10, 0, 10), 200, "", RULE_OK, true}}},
	{"refusals begin anew", false, 8, {
		{CHECKPOINT(0, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 422, "", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 5, 9), 400, "", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 403, "", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 413, "", RULE_MIRROR_REFUSED, false},
		{CHECKPOINT(0, 9), 429, "", RULE_MIRROR_REFUSED, false}}},
	{"a mirror ahead", true, 2, {
		{CHECKPOINT(0, 9), 409, "10\n", RULE_MIRROR_AHEAD, false},
		NOTHING(9)}},
	{"a mirror ahead only of what was offered", false, 3, {
		{CHECKPOINT(0, 9), 409, "10\n", RULE_MIRROR_AHEAD, false},
		{ENTRIES(10, 10, 10), 200, "", RULE_OK, true},
		NOTHING(10)}},
	{"a mirror ahead, said to entries", true, 3, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "12\n9\n\n", RULE_MIRROR_AHEAD, false},
		NOTHING(9)}},
	{"a next entry past the log's end", false, 3, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "9\n12\n\n", RULE_MIRROR_AHEAD, false},
		{ENTRIES(9, 9, 9), 200, "", RULE_OK, true}}},
	{"the same 409 to a checkpoint again and again", false, 7, {
		{CHECKPOINT(0, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 409, "5\n", RULE_MIRROR_CONFLICT, false},
		{CHECKPOINT(5, 9), 409, "5\n", RULE_MIRROR_CONFLICT, false},
		{CHECKPOINT(5, 9), 200, "", RULE_OK, false}}},
	{"a mirror that takes checkpoints and forgets them", false, 10, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "0\n0\n\n", RULE_OK, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "0\n0\n\n", RULE_OK, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "0\n0\n\n", RULE_OK, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "0\n0\n\n", RULE_OK, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 409, "0\n0\n\n", RULE_MIRROR_CONFLICT, false}}},
	{"a cosignature makes good for corrections", false, 12, {
		{CHECKPOINT(0, 9), 409, "2\n", RULE_OK, false},
		{CHECKPOINT(2, 9), 409, "3\n", RULE_OK, false},
		{CHECKPOINT(3, 9), 409, "4\n", RULE_OK, false},
		{CHECKPOINT(4, 9), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 5, 9), 200, "", RULE_OK, true},
		{CHECKPOINT(9, 12), 409, "2\n", RULE_OK, false},
		{CHECKPOINT(2, 12), 409, "3\n", RULE_OK, false},
		{CHECKPOINT(3, 12), 409, "4\n", RULE_OK, false},
		{CHECKPOINT(4, 12), 409, "5\n", RULE_OK, false},
		{CHECKPOINT(5, 12), 409, "6\n", RULE_MIRROR_CONFLICT, false},
		{CHECKPOINT(6, 12), 200, "", RULE_OK, false}}},
	{"a next entry past the size that is named with it", false, 4, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(12, 0, 9), 409, "5\n7\n\n", RULE_OK, false},
		{CHECKPOINT(5, 12), 200, "", RULE_OK, false},
		{ENTRIES(12, 7, 12), 200, "", RULE_OK, true}}},
	{"a next entry past an older upload's end", false, 4, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(12, 0, 9), 409, "9\n11\n\n", RULE_OK, false},
		{ENTRIES(12, 9, 9), 200, "", RULE_OK, true},
		{CHECKPOINT(9, 12), 200, "", RULE_OK, false}}},
	{"a mirror that takes nothing of what it accepts", false, 9, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n0\n\n", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n0\n\n", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n0\n\n", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n0\n\n", RULE_OK, false},
		{ENTRIES(9, 0, 9), 202, "9\n0\n\n", RULE_MIRROR_CONFLICT, false},
		{ENTRIES(9, 0, 9), 202, "9\n5\n\n", RULE_OK, false},
		{ENTRIES(9, 5, 9), 200, "", RULE_OK, true},
		NOTHING(9)}},
	{"a size that was never signed is only an old size", false, 3, {
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(12, 0, 9), 202, "7\n3\n\n", RULE_OK, false},
		{CHECKPOINT(7, 12), 422, "", RULE_MIRROR_REFUSED, false}}},
	{"replies of the wrong status", false, 6, {
		{CHECKPOINT(0, 9), 202, "9\n0\n\n", RULE_MIRROR_REPLY, false},
		{CHECKPOINT(0, 9), 204, "", RULE_MIRROR_REPLY, false},
		{CHECKPOINT(0, 9), 301, "", RULE_MIRROR_REPLY, false},
		{CHECKPOINT(0, 9), 200, "", RULE_OK, false},
		{ENTRIES(9, 0, 9), 302, "", RULE_MIRROR_REPLY, false},
		{ENTRIES(9, 0, 9), 200, "", RULE_OK, true}}},
};

static bool take_turn(struct push *push, const struct turn *turn)
{
	if (push_next(push, turn->size) != turn->action || push->busy != turn->action)
		return false;
	if (turn->action == PUSH_NOTHING)
		return true;
	if (turn->action == PUSH_CHECKPOINT && push->pending != turn->old_or_start)
		return false;
	if (turn->action == PUSH_ENTRIES && push->next != turn->old_or_start)
		return false;
	if (push->upload_end != turn->end || push_next(push, turn->size) != PUSH_NOTHING)
		return false; /* not twice */
	if (push_reply(push, turn->status, bytes_string(turn->body)) != turn->rule || push->busy != PUSH_NOTHING)
		return false;
	if (turn->status != 0 && push->rule != turn->rule)
		return false;
	if (turn->cosigned) {
		if (push->upload_end != turn->end)
			return false;
		push_cosigned(push, push->upload_end);
	}
	return true;
}

static void replies(void)
{
	/* to a checkpoint, to entries up to 9 */
	static const char *const sizes[] = {"", "5", "\n", "5\n\n", "5\n5\n", " 5\n", "5 \n", "05\n", "-5\n", "5\r\n",
		"0x5\n", "9223372036854775808\n", "99999999999999999999\n"};
	static const char *const infos[] = {"", "9\n", "9\n5\n", "9\n5", "9\n5\n\n\n", "9\n5\n \n", "9\n5\nA\n",
		"9\n5\nAAA=", "9\n\n\n", "\n5\n\n", "9\n05\n\n", "9\n-1\n\n", "9\n9223372036854775808\n\n",
		"9\n5\nAAB=\n", "9\r\n5\r\n\r\n"};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct push push = {0};
		bool good = push_next(&push, 9) == PUSH_CHECKPOINT &&
			push_reply(&push, 409, bytes_string(sizes[i])) == RULE_MIRROR_REPLY &&
			push_next(&push, 9) == PUSH_CHECKPOINT && push.pending == 0;
		test_check(good, "409 to a checkpoint, malformed: %zu", i);
	}
	for (size_t i = 0; i < 2 * sizeof(infos) / sizeof(infos[0]); i++) {
		struct push push = {0};
		push_next(&push, 9);
		push_reply(&push, 200, BYTES(""));
		bool good = push_next(&push, 9) == PUSH_ENTRIES &&
			push_reply(&push, i % 2 == 0 ? 202 : 409, bytes_string(infos[i / 2])) == RULE_MIRROR_REPLY &&
			push_next(&push, 9) == PUSH_ENTRIES && push.next == 0 && push.upload_end == 9;
		test_check(good, "%s to entries, malformed: %zu", i % 2 == 0 ? "202" : "409", i / 2);
	}
	struct push push = {0};
	test_check(push_reply(&push, 409, BYTES("7\n")) == RULE_OK && push.pending == 0,
		"a reply to nothing is nothing");
	push_cosigned(&push, 9);
	push_cosigned(&push, 5);
	test_check(push.cosigned == 9 && push_next(&push, 9) == PUSH_NOTHING, "cosigned sizes do not go back");
	test_check(push_next(&push, 10) == PUSH_CHECKPOINT && push.pending == 0,
		"what is cosigned says nothing of what is held");
	push = (struct push){.stuck = true};
	test_check(push_next(&push, 9) == PUSH_NOTHING && push.busy == PUSH_NOTHING, "nothing is sent once stuck");
}

int main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++) {
		struct push push = {0};
		size_t turn = 0;
		while (turn < courses[i].count && take_turn(&push, &courses[i].turns[turn]))
			turn++;
		test_check(turn == courses[i].count && push.stuck == courses[i].stuck &&
			(!push.stuck || push.rule == RULE_MIRROR_AHEAD), "%s (%zu turns)", courses[i].name, turn);
	}
	replies();
	return test_end();
}

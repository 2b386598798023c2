/*
 * mirror_converge: a growing log pushed to a mirror by the functions alone, in chunks of every kind, with replies
 * lost, the mirror set back to an older copy, and others pushing the same log. The mirror ends with the log's root,
 * having been given every entry once, in order, and only at sizes that the log signed.
 */
#include "model.h"
#include "test.h"

#define STEPS_MAX 4000

struct course {
	struct model_tree *log; /* all entries that will ever be */
	const struct signer *signer;
	uint64_t random;
	uint64_t size, most; /* of the newest checkpoint, and of the last */
	bool signed_sizes[MODEL_MAX + 1];
	struct model_mirror mirror;
	struct push push;
	unsigned faults; /* setbacks still to come; until then replies are lost */
	bool whole;      /* requests are as large as may be */
	unsigned steps;
	bool good;
};

static void send_entries(struct course *course, uint64_t start, uint64_t end, struct buffer *request)
{
	struct tree_reader reader = model_reader(course->log);
	struct mirror_upload upload = {.origin = bytes_string(course->signer->vkey.name), .start = start, .end = end,
		.packages = REQUEST_PACKAGES_MAX, .size_max = REQUEST_MAX, .tree = &reader, .read = model_entry};
	if (!course->whole) {
		upload.packages = 1 + (unsigned)model_random(&course->random, REQUEST_PACKAGES_MAX);
		upload.size_max = model_random(&course->random, 400000);
	}
	if (mirror_write_entries(request, &upload) != RULE_OK)
		course->good = false;
}

static void send_checkpoint(struct course *course, uint64_t old, struct buffer *request)
{
	struct tree_reader reader = model_reader(course->log);
	struct buffer note = {0};
	model_checkpoint(&note, course->log, course->size, course->signer);
	if (mirror_write_checkpoint(request, old, &reader, buffer_bytes(&note)) != RULE_OK)
		course->good = false;
	buffer_free(&note);
}

/* Somebody else pushes the log to the same mirror. */
static void others_push(struct course *course)
{
	struct buffer request = {0};
	struct mirror_reply reply = {0};
	struct mirror_progress progress;
	if (model_random(&course->random, 2) == 0) {
		send_checkpoint(course, course->mirror.log.pending_size, &request);
		model_add_checkpoint(&course->mirror, buffer_bytes(&request), &reply);
	} else {
		send_entries(course, course->mirror.log.next, course->mirror.log.pending_size, &request);
		model_add_entries(&course->mirror, buffer_bytes(&request), &progress, &reply);
	}
	buffer_free(&request);
	buffer_free(&reply.body);
}

static void something_happens(struct course *course)
{
	uint64_t back;
	switch (model_random(&course->random, 3)) {
	case 0:
		others_push(course);
		break;
	case 1: /* the mirror is restored from an older copy */
		back = model_random(&course->random, course->mirror.log.next + 1);
		while (!course->signed_sizes[back])
			back--;
		model_hold(&course->mirror, course->log, back, back, back);
		course->mirror.log.has_pending = back != 0;
		break;
	default: /* this side starts anew */
		course->push = (struct push){.cosigned = course->push.cosigned};
	}
}

static void step(struct course *course)
{
	struct buffer request = {0};
	struct mirror_reply reply = {0};
	struct mirror_progress progress;
	enum push_action action = push_next(&course->push, course->size);
	if (action == PUSH_CHECKPOINT) {
		send_checkpoint(course, course->push.pending, &request);
		model_add_checkpoint(&course->mirror, buffer_bytes(&request), &reply);
	} else if (action == PUSH_ENTRIES) {
		course->good = course->good && course->signed_sizes[course->push.upload_end];
		send_entries(course, course->push.next, course->push.upload_end, &request);
		model_add_entries(&course->mirror, buffer_bytes(&request), &progress, &reply);
	}
	bool lost = course->faults > 0 && model_random(&course->random, 8) == 0;
	enum rule rule = push_reply(&course->push, lost ? 0 : reply.status, buffer_bytes(&reply.body));
	if (rule != RULE_OK && rule != RULE_MIRROR_CONFLICT && reply.status != 422)
		course->good = false;
	if (!lost && action == PUSH_ENTRIES && reply.status == 200)
		push_cosigned(&course->push, course->push.upload_end);
	buffer_free(&request);
	buffer_free(&reply.body);
	/* a mirror set back when all is done is not noticed before there is something new */
	if (course->faults > 0 && course->push.cosigned < course->most && model_random(&course->random, 8) == 0) {
		course->faults--;
		something_happens(course);
	}
}

static void run(struct model_tree *log, const struct signer *signer, unsigned number)
{
	struct course *course = calloc(1, sizeof(*course));
	if (course == NULL)
		abort();
	*course = (struct course){.log = log, .signer = signer, .random = number, .good = true};
	course->signed_sizes[0] = true;
	course->faults = (unsigned)model_random(&course->random, 6);
	model_mirror(&course->mirror, &signer->vkey);
	uint64_t most = 1 + model_random(&course->random, number % 8 == 0 ? log->size : 1200);
	course->most = most;
	while (course->push.cosigned < most && course->steps++ < STEPS_MAX) {
		if (course->size < most && model_random(&course->random, 2) == 0) {
			course->size += 1 + model_random(&course->random, most - course->size);
			course->signed_sizes[course->size] = true;
		}
		step(course);
	}
	struct hash mine = model_root(log, most);
	bool equal = course->mirror.held.size >= most;
	if (equal) {
		struct hash its = model_root(&course->mirror.held, most);
		equal = memcmp(&mine, &its, sizeof(mine)) == 0;
	}
	bool converged = equal && course->mirror.log.mirror_size == most && course->push.cosigned == most;
	if (!converged || !course->good || course->mirror.wrong != 0 || course->push.stuck)
		test_check(false, "course %u to size %" PRIu64 ": %u steps, held %" PRIu64 ", %" PRIu64 " wrong%s",
			number, most, course->steps, course->mirror.held.size, course->mirror.wrong,
			course->good ? "" : ", broken");
	model_free(&course->mirror.held);
	free(course);
}

/* Without faults: how many requests a push of one batch takes. */
static unsigned count_steps(struct course *course, uint64_t size)
{
	unsigned steps = 0;
	course->size = size;
	for (; course->push.cosigned < size && steps < 100; steps++)
		step(course);
	return steps;
}

int main(void)
{
	static struct model_tree log;
	static struct test_signer signer;
	static struct course course;
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	test_signer_make(&signer, MODEL_ORIGIN, SIGNATURE_ED25519, 1);
	model_log(&log, 18000, UINT64_MAX);
	for (unsigned i = 0; i < 400; i++)
		run(&log, &signer.signer, i);
	test_check(test_failures == 0, "400 courses converge");

	course = (struct course){.log = &log, .signer = &signer.signer, .good = true, .whole = true};
	model_mirror(&course.mirror, &signer.signer.vkey);
	course.signed_sizes[3] = course.signed_sizes[10] = course.signed_sizes[300] = true;
	test_check(count_steps(&course, 3) == 2 && count_steps(&course, 10) == 2, "a batch takes two requests");
	course.push = (struct push){0};
	test_check(count_steps(&course, 10) == 2, "after a restart, nothing new: asked, cosigned again");
	course.push = (struct push){.cosigned = 10};
	test_check(count_steps(&course, 300) == 3, "after a restart, something new: asked, offered, uploaded");
	test_check(course.good && course.mirror.wrong == 0 && course.mirror.given == 300, "every entry was given once");
	model_free(&course.mirror.held);
	model_free(&log);
	return test_end();
}

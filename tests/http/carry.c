/*
 * # Goal of this test: what one keeper asks, the other keeper is asked, and the answer comes back: whole, from whom it
 * is said to be, over real processes and TLS. And how long that takes.
 */
#include "ends.h"

#include <stdlib.h>
#include <time.h>

#include "test.h"
#include "utc.h"

#define TURNS 2000

static struct end a, b;

static struct bytes noise(size_t size, bool dull)
{
	uint8_t *data = malloc(size);
	uint32_t state = 12345;
	for (size_t i = 0; data != NULL && i < size; i++) {
		state = state * 1664525 + 1013904223;
		data[i] = dull ? (uint8_t)('a' + (i / 512) % 7) : (uint8_t)(state >> 24);
	}
	return bytes_of(data, data == NULL ? 0 : size);
}

/* One request from `from` to `to`, answered with `answer`; true if both arrived as they were sent. */
static bool turn(struct end *from, struct end *to, struct message_request request, struct bytes answer)
{
	struct message_request got;
	struct message_reply reply;
	uint32_t asked, id, replied;
	request.party = bytes_string(to->party);
	asked = end_ask(from, &request);
	if (!end_take_request(to, &id, &got))
		return false;
	bool same = got.verb == request.verb && bytes_equal(got.path, request.path) &&
		bytes_equal(got.body, request.body) &&
		bytes_is(got.party, from->party) && !got.compress;
	end_answer(to, id, 200, answer);
	return end_take_reply(from, &replied, &reply) && same && replied == asked && reply.status == 200 &&
		reply.cause == CAUSE_NONE && bytes_equal(reply.body, answer) &&
		bytes_is(reply.type, "text/x.tlog.size");
}

static void test_turns(void)
{
	struct message_request get = {.verb = VERB_GET, .path = BYTES("/tile/0/x001/067.p/3")};
	struct message_request post = {.verb = VERB_POST, .path = BYTES("/add-entries"), .body = BYTES("one\0two")};
	struct message_request put = {.verb = VERB_PUT, .path = BYTES("/attachment/00ff"), .body = BYTES("three")};
	struct message_request none = {.verb = VERB_POST, .path = BYTES("/add-checkpoint")};
	test_check(turn(&a, &b, get, BYTES("tile")), "a GET and its answer");
	test_check(turn(&a, &b, post, BYTES("\0\xff")), "a POST and its answer");
	test_check(turn(&a, &b, put, BYTES("done")), "a PUT and its answer");
	test_check(turn(&a, &b, none, BYTES("")), "a POST without a body, answered without one");
	test_check(turn(&b, &a, post, BYTES("back")), "the other way round");
	test_check(turn(&a, &b, get, BYTES("again")), "a GET after a POST");
}

static void test_large(void)
{
	struct bytes random = noise(REQUEST_MAX, false), dull = noise(REQUEST_MAX, true);
	struct message_request request = {.verb = VERB_POST, .path = BYTES("/add-entries"), .body = random};
	int64_t began = clock_steady_ms();
	test_check(turn(&a, &b, request, random), "20 MiB there and back");
	printf("# that took %lld ms\n", (long long)(clock_steady_ms() - began));
	request.compress = true;
	test_check(turn(&a, &b, request, BYTES("ok")), "20 MiB that gzip cannot shrink");
	request.body = dull;
	test_check(turn(&a, &b, request, BYTES("ok")), "20 MiB that gzip shrinks");
	request.body = BYTES("x");
	test_check(turn(&a, &b, request, BYTES("ok")), "a byte in gzip");
	free((void *)(uintptr_t)random.data);
	free((void *)(uintptr_t)dull.data);
}

/* Replies may come in another order than the requests; each goes to its own. */
static void test_several(void)
{
	enum { COUNT = 4 };
	uint32_t asked[COUNT], got[COUNT];
	char bodies[COUNT][8];
	bool good = true;
	for (size_t i = 0; i < COUNT; i++) {
		struct message_request request = {.verb = VERB_POST, .path = BYTES("/add-entries"),
			.party = bytes_string(b.party)};
		snprintf(bodies[i], sizeof(bodies[i]), "%zu", i);
		request.body = bytes_string(bodies[i]);
		asked[i] = end_ask(&a, &request);
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct message_request request;
		uint32_t id = 0;
		good = good && end_take_request(&b, &id, &request) && request.body.size == 1;
		if (good)
			got[request.body.data[0] - '0'] = id;
	}
	for (size_t i = COUNT; good && i-- > 0;)
		end_answer(&b, got[i], 200, bytes_string(bodies[i]));
	for (size_t i = 0; good && i < COUNT; i++) {
		struct message_reply reply;
		uint32_t id = 0;
		good = end_take_reply(&a, &id, &reply) && reply.body.size == 1 &&
			id == asked[reply.body.data[0] - '0'];
	}
	test_check(good, "four requests at once, answered backwards");
	struct message_request request = {.verb = VERB_GET, .path = BYTES("/x"), .party = bytes_string(b.party)};
	struct message_reply reply;
	uint32_t id = 0, id_asked = end_ask(&a, &request);
	good = end_take_request(&b, &id, &request);
	end_answer(&b, id + 1000, 200, BYTES("nobody's"));
	end_answer(&b, id, 409, BYTES("12\n"));
	test_check(good && end_take_reply(&a, &id, &reply) && id == id_asked && reply.status == 409 &&
		bytes_is(reply.body, "12\n"), "a reply that nobody awaits is dropped; a status is carried as it is");
}

/* A connection that died while it was idle is not in the way of the next request. */
static void test_restart(struct end *const *of_b)
{
	struct message_request request = {.verb = VERB_POST, .path = BYTES("/add-entries"), .body = BYTES("again"),
		.party = bytes_string(b.party)};
	struct message_reply reply;
	uint32_t id = 0;
	char address[LINK_TYPE_MAX];
	memcpy(address, b.listens, sizeof(address));
	test_check(end_stop(&b, NULL) == 0, "b ends");
	end_ask(&a, &request);
	test_check(end_take_reply(&a, &id, &reply) && reply.status == 0 &&
		reply.cause == CAUSE_CONNECT, "a is told so");
	test_check(end_up(&b, address, of_b, 1) && strcmp(b.listens, address) == 0, "b is back at the same address");
	test_check(turn(&a, &b, request, BYTES("back")), "and is asked again");
	end_stop(&b, NULL);
	test_check(end_up(&b, address, of_b, 1) && turn(&a, &b, request, BYTES("back")), "also when nobody noticed");
}

static int compare(const void *x, const void *y)
{
	double a_us = *(const double *)x, b_us = *(const double *)y;
	return a_us < b_us ? -1 : a_us > b_us;
}

/* No check: a figure for a person to read. */
static void measure(size_t size)
{
	static double took[TURNS];
	struct bytes body = noise(size, false);
	struct message_request request = {.verb = VERB_POST, .path = BYTES("/add-entries"), .body = body};
	bool good = true;
	for (size_t i = 0; good && i < TURNS; i++) {
		struct timespec before, after;
		clock_gettime(CLOCK_MONOTONIC, &before);
		good = turn(&a, &b, request, BYTES("cosignature"));
		clock_gettime(CLOCK_MONOTONIC, &after);
		took[i] = (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3;
	}
	qsort(took, TURNS, sizeof(took[0]), compare);
	test_check(good, "%d requests of %zu bytes over one connection", TURNS, size);
	printf("# keeper to keeper and back, %zu bytes: p50 %.0f us, p99 %.0f us\n", size, took[TURNS / 2],
		took[TURNS * 99 / 100]);
	free((void *)(uintptr_t)body.data);
}

int main(int argc, char **argv)
{
	ends_start(argc, argv);
	test_start();
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	struct end *of_a[] = {&b}, *of_b[] = {&a};
	test_check(end_up(&b, "127.0.0.1:0", of_b, 1), "b listens");
	test_check(end_up(&a, "127.0.0.1:0", of_a, 1), "a listens");
	end_tell(&b, "127.0.0.1:0", of_b, 1); /* now with a's address */
	test_turns();
	test_several();
	test_large();
	test_restart(of_b);
	measure(300);
	measure(4000);
	test_check(end_stop(&a, NULL) == 0, "a ends when its keeper closes");
	test_check(end_stop(&b, NULL) == 0, "b ends when its keeper closes");
	ends_stop();
	return test_end();
}

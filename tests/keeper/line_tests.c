/* Line tests: both ends, and anybody who holds the record, count the same from the same cut. */
#include "line_test.h"

#include "node.h"
#include "test.h"

enum { A, B, C };
#define HOUR 3600

static struct build build;
static struct node nodes[3];

static const struct build_say test_of_b = {.form = "hotline/test", .to = B, .opens = true, .text = "Do you read me?"};
static const struct build_say call = {.form = "hotline/call", .to = B, .opens = true, .text = "Is this yours?"};

static void start(void)
{
	build_line_test = HOUR;
	build_start(&build, 3);
	for (size_t i = 0; i < 3; i++)
		node_start(&nodes[i], &build, i);
}

static void end(void)
{
	for (size_t i = 0; i < 3; i++)
		node_end(&nodes[i]);
	build_end(&build);
}

/* Every node holds every log; one that holds them in another order, too. */
static void follow_all(void)
{
	for (size_t i = 0; i < 3; i++) {
		bool more = true;
		node_begin(&nodes[i]);
		for (size_t n = 0; n < 3; n++)
			node_follow(&nodes[i], i == B ? 2 - n : n);
		while (more)
			node_need(pact_judge_rest(nodes[i].pact, 100, &more), "judge");
		node_commit(&nodes[i]);
	}
}

static bool counts(size_t from, size_t to, const struct status_tests *wanted)
{
	bool same = true;
	for (size_t i = 0; i < 3; i++) {
		struct status_tests got;
		node_need(line_test_count(nodes[i].pact, from, to, &got), "count");
		bool good = got.sent == wanted->sent && got.received == wanted->received && got.missed == wanted->missed &&
			got.median_s == wanted->median_s && got.longest_s == wanted->longest_s && got.last == wanted->last;
		if (!good)
			printf("# node %zu: %llu sent, %llu received, %llu missed, %lld, %lld\n", i, (unsigned long long)got.sent,
				(unsigned long long)got.received, (unsigned long long)got.missed, (long long)got.median_s,
				(long long)got.longest_s);
		same = same && good;
	}
	return same;
}

static void test_counts(void)
{
	start();
	int64_t began = build.at, at;
	test_check(counts(A, B, &(struct status_tests){0}), "nothing was tested");
	test_check(line_test_clock(nodes[A].pact) == HOUR, "the agreement's clock");

	build_say(&build, A, &call);
	build_say(&build, A, &test_of_b);
	build.at = began + 2;
	build_received(&build, B, A);
	build.at = began + HOUR;
	build_say(&build, A, &test_of_b);
	build.at = began + HOUR + 30;
	build_received(&build, B, A);
	build.at = began + HOUR + 40;
	build_say(&build, A, &call);
	build_received(&build, B, A); /* says no more of the test */
	follow_all();
	test_check(counts(A, B, &(struct status_tests){2, 2, 0, 2, 30, began + HOUR}),
		"two tests: the first word of the receiver counts, at either end and at a third party's");
	test_check(counts(B, A, &(struct status_tests){0}) && counts(A, C, &(struct status_tests){0}),
		"the other direction, and another party, are their own");
	node_need(line_test_last(nodes[A].pact, A, B, &at), "last");
	test_check(at == began + HOUR, "when the last was sent");

	build.at = began + 5 * HOUR;
	build_say(&build, A, &test_of_b);
	build.at = began + 8 * HOUR;
	build_say(&build, C, &(struct build_say){.form = "hotline/goodwill", .to = B, .opens = true, .text = "Good day"});
	follow_all();
	test_check(counts(A, B, &(struct status_tests){3, 2, 3, 2, 30, began + 5 * HOUR}),
		"one without a word of the receiver; three slots missed between; what a third party says is no clock of theirs");
	build_received(&build, B, A);
	follow_all();
	test_check(counts(A, B, &(struct status_tests){3, 3, 5, 30, 3 * HOUR, began + 5 * HOUR}),
		"a late word counts as late; and slots after the last are missed as far as the cut knows");

	for (size_t i = 0; i < 3; i++)
		node_reload(&nodes[i]);
	test_check(counts(A, B, &(struct status_tests){3, 3, 5, 30, 3 * HOUR, began + 5 * HOUR}), "the same after a restart");
	end();
}

static void test_many(void)
{
	start();
	int64_t began = build.at;
	for (int i = 0; i < 150; i++) {
		build.at = began + i * HOUR;
		build_say(&build, A, &test_of_b);
		build.at += i + 1;
		build_received(&build, B, A);
	}
	follow_all();
	test_check(counts(A, B, &(struct status_tests){100, 100, 0, 100, 150, began + 149 * HOUR}),
		"of many the newest hundred are counted");
	end();
}

static void test_usual(void)
{
	build_line_test = 0;
	build_start(&build, 2);
	node_start(&nodes[A], &build, A);
	test_check(line_test_clock(nodes[A].pact) == 24 * HOUR, "where the agreement says nothing, the mechanism's clock");
	node_end(&nodes[A]);
	build_end(&build);
}

int main(void)
{
	test_start();
	folder_make();
	test_counts();
	test_many();
	test_usual();
	folder_remove();
	return test_end();
}

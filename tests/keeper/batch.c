#include "batch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "test.h"

#define ITEMS_MAX 1000

static const unsigned threads[] = {0, 1, 3};
#define KINDS (sizeof(threads) / sizeof(threads[0]))

struct round {
	atomic_uint done[ITEMS_MAX];
	atomic_size_t total;
};

static void do_item(void *context, size_t item)
{
	struct round *round = context;
	atomic_fetch_add(&round->done[item], 1);
	atomic_fetch_add(&round->total, 1);
}

/* Each item once, and none after batch_run() has returned, however often it is run. */
static void test_counts(void)
{
	static const size_t counts[] = {0, 1, 2, 3, ITEMS_MAX};
	for (size_t k = 0; k < KINDS; k++) {
		struct batch *batch = batch_new(threads[k]);
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			static struct round round;
			unsigned bad = 0;
			for (unsigned times = 0; times < 50; times++) {
				memset(&round, 0, sizeof(round));
				batch_run(batch, do_item, &round, counts[c]);
				bad += atomic_load(&round.total) != counts[c];
				for (size_t i = 0; i < ITEMS_MAX; i++)
					bad += atomic_load(&round.done[i]) != (i < counts[c] ? 1 : 0);
			}
			test_check(bad == 0, "%u threads: each of %zu items once, fifty times", threads[k], counts[c]);
		}
		batch_free(batch);
	}
}

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t came;
	unsigned count, wanted;
	bool all;
	pthread_t caller;
	unsigned open; /* threads besides the caller in which a signal could be taken */
};

/* Waits until as many are here as there are threads, the caller among them. */
static void meet(void *context, size_t item)
{
	struct meeting *meeting = context;
	struct timespec until;
	sigset_t mask;
	(void)item;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 60;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	pthread_mutex_lock(&meeting->lock);
	bool closed = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
	if (!pthread_equal(pthread_self(), meeting->caller) && !closed)
		meeting->open++;
	meeting->count++;
	pthread_cond_broadcast(&meeting->came);
	while (meeting->count < meeting->wanted && pthread_cond_timedwait(&meeting->came, &meeting->lock, &until) == 0)
		;
	meeting->all = meeting->all && meeting->count >= meeting->wanted;
	pthread_mutex_unlock(&meeting->lock);
}

static void test_together(void)
{
	for (size_t k = 1; k < KINDS; k++) {
		struct batch *batch = batch_new(threads[k]);
		struct meeting meeting = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER,
			.wanted = threads[k] + 1, .all = true, .caller = pthread_self()};
		batch_run(batch, meet, &meeting, threads[k] + 1);
		test_check(meeting.all, "%u threads and the caller work at one time", threads[k]);
		test_check(meeting.open == 0, "%u threads: signals are the caller's", threads[k]);
		batch_free(batch);
	}
}

static void note_thread(void *context, size_t item)
{
	((pthread_t *)context)[item] = pthread_self();
}

/* Where there are no threads, or one item only, nobody is woken. */
static void test_alone(void)
{
	static const struct { unsigned threads; size_t count; } table[] = {{0, 3}, {3, 1}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct batch *batch = batch_new(table[i].threads);
		pthread_t who[3];
		bool mine = true;
		batch_run(batch, note_thread, who, table[i].count);
		for (size_t n = 0; n < table[i].count; n++)
			mine = mine && pthread_equal(who[n], pthread_self());
		test_check(mine, "%u threads, %zu items: the caller's work", table[i].threads, table[i].count);
		batch_free(batch);
	}
	struct batch *unused = batch_new(2);
	batch_free(unused);
	batch_free(NULL);
	test_check(true, "a batch that ran nothing, and none, are freed");
}

/* The caller goes on while the others work, helps as it likes, and finds each item done once at the end. */
static void test_beside(void)
{
	static const size_t counts[] = {0, 1, 2, ITEMS_MAX};
	for (size_t k = 0; k < KINDS; k++) {
		struct batch *batch = batch_new(threads[k]);
		for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
			static struct round round;
			unsigned bad = 0;
			for (unsigned times = 0; times < 50; times++) {
				size_t helped = 0;
				memset(&round, 0, sizeof(round));
				batch_begin(batch, do_item, &round, counts[c]);
				while (helped < times && batch_help(batch))
					helped++;
				batch_end(batch);
				bad += batch_help(batch);
				batch_end(batch);
				bad += atomic_load(&round.total) != counts[c];
				for (size_t i = 0; i < ITEMS_MAX; i++)
					bad += atomic_load(&round.done[i]) != (i < counts[c] ? 1 : 0);
			}
			test_check(bad == 0, "%u threads: each of %zu items once beside the caller", threads[k], counts[c]);
		}
		batch_free(batch);
	}
}

int main(void)
{
	test_start();
	test_counts();
	test_beside();
	test_together();
	test_alone();
	return test_end();
}

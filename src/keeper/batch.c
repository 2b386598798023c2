#include "batch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct batch {
	pthread_mutex_t lock;
	pthread_cond_t begun, ended;
	void (*work)(void *context, size_t item);
	void *context;
	size_t count;
	atomic_size_t next;
	unsigned long round; /* grows with each run */
	unsigned busy;       /* threads still in this round */
	bool stop;
	unsigned thread_count;
	pthread_t threads[];
};

bool batch_help(struct batch *batch)
{
	size_t item = atomic_fetch_add(&batch->next, 1);
	if (item >= batch->count)
		return false;
	batch->work(batch->context, item);
	return true;
}

static void work_off(struct batch *batch)
{
	while (batch_help(batch))
		;
}

static void *thread_main(void *argument)
{
	struct batch *batch = argument;
	unsigned long seen = 0;
	pthread_mutex_lock(&batch->lock);
	for (;;) {
		while (!batch->stop && batch->round == seen)
			pthread_cond_wait(&batch->begun, &batch->lock);
		if (batch->stop)
			break;
		seen = batch->round;
		pthread_mutex_unlock(&batch->lock);
		work_off(batch);
		pthread_mutex_lock(&batch->lock);
		if (--batch->busy == 0)
			pthread_cond_signal(&batch->ended);
	}
	pthread_mutex_unlock(&batch->lock);
	return NULL;
}

struct batch *batch_new(unsigned threads)
{
	struct batch *batch = calloc(1, sizeof(*batch) + threads * sizeof(batch->threads[0]));
	if (batch == NULL)
		return NULL;
	pthread_mutex_init(&batch->lock, NULL);
	pthread_cond_init(&batch->begun, NULL);
	pthread_cond_init(&batch->ended, NULL);
	/* signals are the main thread's */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; batch->thread_count < threads; batch->thread_count++) {
		if (pthread_create(&batch->threads[batch->thread_count], NULL, thread_main, batch) != 0)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (batch->thread_count < threads) {
		batch_free(batch);
		return NULL;
	}
	return batch;
}

void batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	pthread_mutex_lock(&batch->lock);
	batch->stop = true;
	pthread_cond_broadcast(&batch->begun);
	pthread_mutex_unlock(&batch->lock);
	for (unsigned i = 0; i < batch->thread_count; i++)
		pthread_join(batch->threads[i], NULL);
	pthread_cond_destroy(&batch->begun);
	pthread_cond_destroy(&batch->ended);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

void batch_begin(struct batch *batch, void (*work)(void *context, size_t item), void *context, size_t count)
{
	pthread_mutex_lock(&batch->lock);
	batch->work = work;
	batch->context = context;
	batch->count = count;
	atomic_store(&batch->next, 0);
	/* waking a thread costs more than a few microseconds of work: one item is the caller's */
	if (count > 1 && batch->thread_count > 0) {
		batch->busy = batch->thread_count;
		batch->round++;
		pthread_cond_broadcast(&batch->begun);
	}
	pthread_mutex_unlock(&batch->lock);
}

void batch_run(struct batch *batch, void (*work)(void *context, size_t item), void *context, size_t count)
{
	batch_begin(batch, work, context, count);
	batch_end(batch);
}

void batch_end(struct batch *batch)
{
	work_off(batch);
	pthread_mutex_lock(&batch->lock);
	while (batch->busy > 0)
		pthread_cond_wait(&batch->ended, &batch->lock);
	pthread_mutex_unlock(&batch->lock);
}

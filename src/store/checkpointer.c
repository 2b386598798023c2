#include "checkpointer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "sql.h"

struct checkpointer {
	sqlite3 *db; /* used by whoever set `running` */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool wanted, running, stop;
};

static enum rule checkpoint(sqlite3 *db)
{
	errno = 0;
	return sql_rule(db, sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

/* Called and left with the mutex held. */
static enum rule run(struct checkpointer *checkpointer)
{
	while (checkpointer->running)
		pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
	checkpointer->running = true;
	checkpointer->wanted = false;
	pthread_mutex_unlock(&checkpointer->mutex);
	enum rule rule = checkpoint(checkpointer->db);
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->running = false;
	pthread_cond_broadcast(&checkpointer->changed);
	return rule;
}

static void *main_of_thread(void *context)
{
	struct checkpointer *checkpointer = context;
	pthread_mutex_lock(&checkpointer->mutex);
	while (!checkpointer->stop) {
		if (checkpointer->wanted)
			run(checkpointer);
		else
			pthread_cond_wait(&checkpointer->changed, &checkpointer->mutex);
	}
	pthread_mutex_unlock(&checkpointer->mutex);
	return NULL;
}

/* Signals are for the threads that know what to do with them. */
static enum rule start_thread(struct checkpointer *checkpointer)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&checkpointer->thread, NULL, main_of_thread, checkpointer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ? RULE_OK : RULE_MEMORY;
}

enum rule checkpointer_start(struct checkpointer **checkpointer, const char *path)
{
	struct checkpointer *new = calloc(1, sizeof(*new));
	if (new == NULL)
		return RULE_MEMORY;
	pthread_mutex_init(&new->mutex, NULL);
	pthread_cond_init(&new->changed, NULL);
	int64_t version;
	enum rule rule = sql_open(&new->db, path);
	if (rule == RULE_OK)
		/* the first read is what finds the WAL */
		rule = sql_number(new->db, "PRAGMA schema_version", &version);
	if (rule == RULE_OK)
		rule = sql_writable(new->db);
	if (rule == RULE_OK)
		rule = start_thread(new);
	if (rule != RULE_OK) {
		sqlite3_close(new->db);
		free(new);
		return rule;
	}
	*checkpointer = new;
	return RULE_OK;
}

void checkpointer_stop(struct checkpointer *checkpointer)
{
	if (checkpointer == NULL)
		return;
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->stop = true;
	pthread_cond_broadcast(&checkpointer->changed);
	pthread_mutex_unlock(&checkpointer->mutex);
	pthread_join(checkpointer->thread, NULL);
	sqlite3_close(checkpointer->db);
	pthread_cond_destroy(&checkpointer->changed);
	pthread_mutex_destroy(&checkpointer->mutex);
	free(checkpointer);
}

void checkpointer_wake(struct checkpointer *checkpointer)
{
	pthread_mutex_lock(&checkpointer->mutex);
	checkpointer->wanted = true;
	pthread_cond_broadcast(&checkpointer->changed);
	pthread_mutex_unlock(&checkpointer->mutex);
}

enum rule checkpointer_run(struct checkpointer *checkpointer)
{
	pthread_mutex_lock(&checkpointer->mutex);
	enum rule rule = run(checkpointer);
	pthread_mutex_unlock(&checkpointer->mutex);
	return rule;
}

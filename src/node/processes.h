/*
 * processes: a home's keeper and link as children of whoever answers for them: the node's supervisor, or a command
 * while no node runs. The home's lock is the parent's; the keeper inherits it.
 */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdbool.h>
#include <sys/types.h>

struct processes {
	pid_t keeper, link; /* 0: not running */
	int ready;          /* the keeper says here that the node is up; -1: it has, or nobody asked */
};

struct processes_options {
	const char *home;
	const char *link_program;  /* path of detente-link; NULL: a keeper alone */
	const char *languages;     /* the folder of language files; NULL: none */
	int listener, client;      /* as the keeper's: one of them is -1 */
	const int *others;         /* descriptors of the parent's that the keeper must not hold, ended by -1 */
	bool without_mirrors, without_landlock;
};

/* False: not all are running; those that are are in *processes. */
bool processes_start(struct processes *processes, const struct processes_options *options);
void processes_signal(const struct processes *processes, int signal_number);
/* Takes a child that ended, waitpid()'s answer, off the list. NULL: it is none of them; else what it is called. */
const char *processes_ended(struct processes *processes, pid_t pid);

#endif

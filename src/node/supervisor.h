/*
 * supervisor: `detente serve`: holds the home's lock, starts keeper and link, and if one dies, stops all and starts
 * them again.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>

struct supervisor_options {
	const char *home;
	const char *link_program; /* path of detente-link */
	const char *languages;    /* the folder of language files; NULL: none */
	bool detach;              /* go to the background once the node is up; errors go to HOME/node.log */
	bool without_mirrors, without_landlock;
};

/* Runs the node until it is told to stop; an exit status. */
int supervisor_run(const struct supervisor_options *options);

#endif

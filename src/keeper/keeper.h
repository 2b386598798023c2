/*
 * keeper: the process that holds the keys, the store and the judgement, and speaks to no network. It serves commands
 * (from the command line) and, through the link, the other parties' nodes.
 *
 * One thread; pure work over a batch goes to workers. It commits in groups: whatever waits goes into one transaction,
 * one checkpoint, one push. Nothing leaves it (a reply, a cosignature, a line to a writer) before its transaction is
 * durable.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "random.h"
#include "utc.h"

struct keeper_options {
	const char *home;         /* the party's folder */
	const char *languages;    /* the folder of language files; NULL: none */
	int listener;             /* listening AF_UNIX socket for commands, or -1 */
	int client;               /* one connected command socket (one-shot: the keeper ends when it closes), or -1 */
	int link;                 /* socket to the link process, or -1: no network; a one-shot only calls out by it */
	int ready;                /* one line is written here when the node is up, then it is closed; or -1 */
	/* the officer's word: sign even if no mirror could be compared after an unclean stop */
	bool without_mirrors;
	bool without_landlock;    /* the officer's word: go on where the kernel lacks Landlock */
	const struct clock *clock;
	const struct random *random;
};

/*
 * Runs until it is stopped: the keeper of a party's home, or a witness in a witness's; an exit status (0 stopped cleanly, 1 refused, 4 system failure, KEEPER_STOPPED on the stop
 * command).
 */
#define KEEPER_STOPPED 10
int keeper_run(const struct keeper_options *options);

#endif

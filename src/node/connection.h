/*
 * connection: the command line's way to the keeper: of the node that runs, or of a one-shot keeper (and link, which
 * then only calls out) started under the home's lock.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "channel.h"
#include "processes.h"

struct connection {
	struct channel *channel;
	struct processes processes; /* of a one-shot; none: a running node answers */
	int lock;                   /* of a one-shot; else -1 */
};

struct connection_options {
	const char *home;
	const char *link_program; /* of a one-shot: it calls out to the other parties, too; NULL: it does not */
	const char *languages;    /* the folder of language files, for a one-shot; NULL: none */
	bool node_only;           /* do not start a one-shot keeper */
	bool without_mirrors, without_landlock;
};

/*
 * While a one-shot runs, SIGINT and SIGTERM end it in order; connection_close() then lets them do their work here.
 *
 * RULE_NODE_HELD: another process has the home and does not answer. RULE_NODE_ABSENT: no node runs (node_only).
 * RULE_NODE_NO_HOME, RULE_PERMISSION, RULE_IO.
 */
enum rule connection_open(struct connection *connection, const struct connection_options *options);
/*
 * Closes, and waits until a one-shot keeper has left the home in order: its exit status; -1 without one, or by a
 * signal.
 */
int connection_close(struct connection *connection);

/* The path of HOME/socket by way of a descriptor, since socket paths are short; the caller closes *folder. */
struct sockaddr_un;
enum rule connection_address(const char *home, struct sockaddr_un *address, int *folder);

#endif

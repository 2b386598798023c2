/*
 * link: the TLS carrier of a node. It holds its TLS identity and no other key, no files, and no state that outlives it;
 * the keeper tells it whom to know, and decides what to ask again and when.
 */
#ifndef LINK_H
#define LINK_H

#include "deadline.h"
#include "rule.h"

struct link_options {
	int keeper; /* the socket to the keeper; the link's from now on */
	const char *identity; /* folder of tls.key and tls.crt */
	bool without_landlock;
	struct deadlines deadlines;
};

/*
 * Reads the identity, waits for the SETUP, listens, enters the sandbox, says READY and carries until the keeper closes
 * the channel: RULE_OK. Anything else is a failure to begin or to go on, and the fault says which.
 */
enum rule link_run(const struct link_options *options, struct fault *fault);

#endif

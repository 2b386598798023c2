/*
 * deadline: when the other side has had its time. The libraries limit idle time only, so every request has a total of
 * our own.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>

#include "sizes.h"

/* Milliseconds. */
struct deadlines {
	int64_t handshake; /* to connect and agree on keys, for each address */
	int64_t request;   /* from the first byte of a request to the last of its reply */
	int64_t idle;      /* from one request of a connection to the next */
	int64_t slow;      /* an address that has not connected by then, keys agreed on, gets the next one beside it */
	int64_t stall;     /* so does one that has connected and on which nothing has moved for so long */
	int64_t again;     /* after another address served: the preferred one is tried first again */
};

#define DEADLINES_USUAL ((struct deadlines){LINK_HANDSHAKE_MS, LINK_REQUEST_MS, LINK_IDLE_MS, LINK_SLOW_MS, \
	LINK_STALL_MS, LINK_AGAIN_MS})

#define DUE_NEVER INT64_MAX

/* When a request that began at `started` must be over. What has moved earns time, what was only announced does not. */
static inline int64_t request_due(const struct deadlines *deadlines, int64_t started, uint64_t moved)
{
	return started + deadlines->request + (int64_t)(moved * 1000 / LINK_RATE_MIN);
}

#endif

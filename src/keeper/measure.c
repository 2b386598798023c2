/*
 * measure: what an answer, or its absence, shows of a party and of each of its addresses.
 */
#include "state.h"

/* An address is known from its first attempt on; of a party that changed its card often the oldest is forgotten. */
static struct path *path_of(struct peer *peer, struct bytes address)
{
	struct path *oldest = &peer->paths[0];
	for (size_t i = 0; i < peer->path_count; i++) {
		if (bytes_is(address, peer->paths[i].address))
			return &peer->paths[i];
		oldest = peer->paths[i].tried < oldest->tried ? &peer->paths[i] : oldest;
	}
	struct path *path = peer->path_count < SETUP_ADDRESSES_MAX ? &peer->paths[peer->path_count++] : oldest;
	*path = (struct path){0};
	if (!bytes_to_string(address, path->address, sizeof(path->address)))
		path->address[0] = '\0';
	return path;
}

/* Statuses that a node never gives to what a node asks: something on the way, or a server in its place, does. */
static bool strange(uint16_t status, bool pushed)
{
	return (status >= 500 && status != 503 && status != 507) || status == 401 || status == 402 || status == 407 ||
		status == 421 || status == 451 || status == 429 || (status == 403 && !pushed);
}

/* CAUSE_NONE with a status of 0: it answered as a node does. */
static void take_attempt(struct path *path, enum reply_cause cause, uint16_t status, int64_t now)
{
	bool up = cause == CAUSE_NONE && status == 0, was_up = path->cause == CAUSE_NONE && path->status == 0;
	if (path->since == 0 || up != was_up)
		path->since = now;
	path->cause = cause;
	path->status = status;
	path->tried = now;
	if (up)
		path->answered = now;
}

void measure_heard(struct keeper *keeper, struct peer *peer)
{
	peer->heard_at_ms = clock_steady_ms();
	peer->heard = keeper_now(keeper);
}

bool measure_reply(struct keeper *keeper, struct peer *peer, const struct message_reply *reply, bool pushed)
{
	int64_t now = keeper_now(keeper);
	bool good = reply->status != 0 && !strange(reply->status, pushed);
	for (size_t i = 0; i < reply->attempt_count; i++) {
		const struct reply_attempt *attempt = &reply->attempts[i];
		take_attempt(path_of(peer, attempt->address), attempt->cause,
			attempt->cause == CAUSE_NONE && !good ? reply->status : 0, now);
	}
	if (good) {
		peer->down_since = 0;
		peer->cause = CAUSE_NONE;
		peer->round_trip_us = reply->elapsed_us;
		measure_heard(keeper, peer);
	} else {
		peer->cause = reply->status == 0 ? reply->cause : CAUSE_HTTP;
		if (peer->down_since == 0)
			peer->down_since = now;
	}
	return good;
}

const char *measure_cause(const struct path *path)
{
	if (path->status != 0)
		return path->status >= 500 ? "http" : "refusal";
	return path->cause == CAUSE_NONE ? NULL : reply_cause_name(path->cause);
}

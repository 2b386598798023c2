/*
 * status_view: how a node and its lines stand, in words and as JSON (docs: detente.1, "status").
 */
#ifndef STATUS_VIEW_H
#define STATUS_VIEW_H

#include "json.h"
#include "tree.h"

struct status_log {
	struct bytes origin;
	uint64_t size;
	struct hash root;
	uint64_t pending; /* entries that wait for what the record lacks */
	uint64_t bytes;   /* of its entries */
	uint64_t limit;   /* of these, by the agreement */
};

struct status_peer {
	struct bytes party;
	const char *state;     /* "alive", "unheard", "down", "refused", "forked", "calls in" */
	struct bytes address;  /* used last; absent: none yet */
	const char *cause;     /* of "down": name, route, connect, tls, key, http; NULL */
	int64_t since;         /* of "down" */
	struct bytes refusal;  /* its words */
	int64_t last_cosigned; /* 0: never */
	uint32_t round_trip_us;
	uint64_t behind;       /* own entries that it has not cosigned */
	int64_t skew_s;
	bool clock_apart;
};

struct status_agreement {
	struct bytes party, label;
	bool drill, running, may_sign, forked;
	const struct status_log *logs;
	size_t log_count;
	const struct status_peer *peers;
	size_t peer_count;
};

void view_status_text(struct buffer *to, const struct status_agreement *agreement);
void view_status_json(struct json *json, const struct status_agreement *agreement);

#endif

/*
 * inbound: one request of a peer, from its first line until it is whole: judged, bounded, unpacked. Knows nothing of
 * connections; server.c feeds it.
 */
#ifndef INBOUND_H
#define INBOUND_H

#include "gzip.h"
#include "message.h"
#include "sizes.h"

struct inbound {
	enum request_verb verb;
	char path[LINK_PATH_MAX + 1]; /* prefix and all */
	size_t prefix_size;
	struct buffer body; /* unpacked */
	struct gunzip *gunzip; /* NULL when the body comes as it is */
	uint64_t announced, received; /* bytes of the body as they come */
	struct message_range range; /* of a GET's Range, of a PUT's Content-Range */
	bool into_file; /* the body is not taken here: the owner says where it goes */
	unsigned refused; /* 0, or the status that answers instead of the keeper */
	const char *why;
};

/* What the head of a request says, as far as it matters; absent headers are NULL. */
struct inbound_head {
	const char *verb, *length, *transfer, *encoding, *range, *content_range;
	size_t size; /* bytes of the request line and the headers */
};

/* The refusal that stands first stays. */
void inbound_refuse(struct inbound *inbound, unsigned status, const char *why);

/* Begins with the request target as it stands in the request line. */
void inbound_start(struct inbound *inbound, const char *target);
void inbound_take_head(struct inbound *inbound, const struct inbound_head *head, struct bytes prefix);
void inbound_take_body(struct inbound *inbound, struct bytes piece);
void inbound_end(struct inbound *inbound);
void inbound_free(struct inbound *inbound); /* leaves it zeroed */

/* Bytes of memory for its body: what came, and what was announced, for which there is room already. */
size_t inbound_held(const struct inbound *inbound);

/* True when so much comes after a refusal that it is not waited for. */
bool inbound_flooding(const struct inbound *inbound);

#endif

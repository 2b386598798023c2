/*
 * attempt: a request on its way to one address: a handle of libcurl, the bytes that go and come, and what came of them.
 * client.c decides which addresses are tried, and when.
 */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <sys/queue.h>

#include <curl/curl.h>

#include "deadline.h"
#include "message.h"
#include "tls.h"

struct pins {
	uint8_t pins[SETUP_PINS_MAX][TLS_PIN_SIZE];
	size_t count;
};

/* A socket of ours, so that it can be shut when its peer is one no more, or has another key. */
struct outbound_socket {
	TAILQ_ENTRY(outbound_socket) link;
	int fd;
	char party[PARTY_NAME_MAX + 1];
	struct pins pins; /* what the other side may show; from its handshake on, what it has shown */
};
TAILQ_HEAD(outbound_sockets, outbound_socket);

/* What is asked: the same at every address. */
struct question {
	char party[PARTY_NAME_MAX + 1];
	struct pins pins;
	bool stale; /* one of these is its pin no more: no new connection is made */
	enum request_verb verb;
	struct buffer path, body; /* as they are sent */
	bool packed;
	int fd; /* -1, or the file that a PUT is read from, and the body of a GET's reply written to */
	struct message_range range;
	struct curl_slist *headers;
	/*
	 * The attempt that has a connection; it alone sends. One that is lost is replaced: what is asked can be asked
	 * twice (link specification, section Requests).
	 */
	struct attempt *carrier;
	int64_t slow_due; /* without a carrier by then, the next address is tried beside */
};

/* Prepares what is asked; `question` is zeroed. Copies but for `fd`, which it takes in any case. RULE_MEMORY. */
enum rule question_fill(struct question *question, const struct message_request *request, int fd);
void question_free(struct question *question);

/* What all attempts of a client have in common. */
struct attempt_base {
	const struct tls_identity *identity;
	struct deadlines deadlines;
	struct outbound_sockets sockets;
};

struct attempt {
	TAILQ_ENTRY(attempt) link; /* for the owner */
	void *owner;               /* the same */
	struct attempt_base *base;
	struct question *question;
	CURL *easy;
	char error[CURL_ERROR_SIZE];
	uint8_t shown[TLS_PIN_SIZE]; /* the other side's key, once it is connected */
	uint64_t sent;               /* of the question's file */
	/* The reply. */
	size_t header_size;
	struct message_range content; /* of a 206 */
	bool encoded;
	struct buffer body;
	uint64_t moved; /* written to the question's file */
};

struct attempt *attempt_new(struct attempt_base *base); /* NULL: out of memory */
void attempt_free(struct attempt *attempt); /* NULL is harmless */

/* Makes the handle ready to ask; both must live until attempt_clear(). False when it is no address. */
bool attempt_prepare(struct attempt *attempt, struct question *question, struct bytes address);
void attempt_clear(struct attempt *attempt); /* forgets question and reply */

struct attempt_result {
	uint16_t status;
	uint32_t elapsed_us;
	char type[LINK_TYPE_MAX + 1];
};

/* When it has ended: CAUSE_NONE and *result where a reply came, else why none did. */
enum reply_cause attempt_end(struct attempt *attempt, CURLcode code, struct attempt_result *result);
/* How far it has got. */
enum reply_cause attempt_stage(struct attempt *attempt);
/* Bytes that have moved, both ways. */
uint64_t attempt_moved(struct attempt *attempt);

#endif

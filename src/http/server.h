/*
 * server: takes the requests of peers. HTTP/1.1 over TLS 1.3; who has not the key of a peer of the SETUP is refused in
 * the handshake, before any HTTP is read.
 *
 * Where the SETUP lets strangers in (a witness), a key of a peer makes a caller that peer; whoever else calls, also without a
 * key, is one of the strangers: of all of these LINK_HANDSHAKES_MAX connections at most, the oldest goes, each with the time
 * of a handshake to be whole and answered, bodies of LINK_STRANGER_BODY_MAX, no PUT. A request of theirs has an empty party.
 *
 * The owner polls server_fd() and calls server_run() when it is readable, after server_reply() and when
 * server_timeout() has passed; then it takes what is whole with server_next() and answers each with server_reply(). One
 * thread.
 *
 * Answered without the owner, with one line of text: 400 (path, gzip or head malformed), 404 (outside the prefix), 405,
 * 408 (the request was not whole in time), 413, 414, 415, 429 (too much at once from this peer), 431, 503 (too much at
 * once from all, or no reply in time). Every reply says "Accept-Encoding: gzip" (tlog-mirror, add-entries).
 */
#ifndef SERVER_H
#define SERVER_H

#include "deadline.h"
#include "message.h"
#include "tls.h"

struct server;

/*
 * Binds and listens on setup->listen, and reads nothing yet. *setup stays the caller's and must live until it is
 * replaced by server_setup(); the identity is needed only for this call. RULE_LISTEN_ADDRESS, RULE_LISTEN_IN_USE,
 * RULE_TLS_LIBRARY, RULE_MEMORY, RULE_IO.
 */
enum rule server_new(struct server **server, const struct tls_identity *identity, const struct message_setup *setup,
	const struct deadlines *deadlines, struct fault *fault);
/* The ids of its requests go on from those of another: what was asked of that one must answer nothing here. */
void server_follow(struct server *server, uint32_t last);
uint32_t server_last(const struct server *server); /* the last id given */
/* Closes all. What server_next() still gives is told; nothing else can be done but server_free(). */
void server_stop(struct server *server);
void server_free(struct server *server); /* stops; NULL is harmless */

/* Other peers from now on. Connections of those who are gone, or who have another key, are closed. */
void server_setup(struct server *server, const struct message_setup *setup);

const char *server_address(const struct server *server); /* "HOST:PORT" as bound */
int server_fd(const struct server *server);
/* Milliseconds until server_run() must be called; -1: not before the descriptor is readable. */
int server_timeout(const struct server *server);
void server_run(struct server *server);

/*
 * The next request and the id for its reply: whole, or the head of a PUT whose body goes into a file (message.h). Views
 * last until the next call of this, or until the reply is given.
 */
bool server_next(struct server *server, uint32_t *id, struct message_request *request);
/*
 * Without a status: 503. An id that is no longer awaited is ignored. Copies. `fd` is -1 or the file that the body is
 * read from, or, with status 100, written to; it is the server's from now on.
 */
void server_reply(struct server *server, uint32_t id, const struct message_reply *reply, int fd);

#endif

/*
 * client: carries requests to peers. HTTP/1.1 over TLS 1.3, with our key shown and the peer's key pinned: a wrong one
 * ends it before any HTTP is sent. Connections are kept and used again.
 *
 * The owner waits with client_wait(), which takes its own descriptors along, then calls client_run() and takes what is
 * done with client_next(). One thread; names are looked up in threads of the library.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <poll.h>

#include "deadline.h"
#include "message.h"
#include "tls.h"

struct client;

/*
 * *setup and *identity stay the caller's; the setup must live until it is replaced, the identity as long as the client.
 * NULL: out of memory, or the library does not start.
 */
struct client *client_new(const struct tls_identity *identity, const struct message_setup *setup,
	const struct deadlines *deadlines);
void client_free(struct client *client); /* drops what is under way; NULL is harmless */

/*
 * Other peers from now on. Connections to who is gone, or has shown a key that is no longer its, are closed, and what
 * is under way there fails.
 */
void client_setup(struct client *client, const struct message_setup *setup);

/* Shows this one on connections that are begun from now on. The one before must stay as long as the client. */
void client_identity(struct client *client, const struct tls_identity *identity);

/*
 * Begins a request; `id` comes back with its reply. Copies; `fd` is -1 or the file of an attachment (message.h), and the
 * client's from now on. RULE_MEMORY.
 *
 * The peer's addresses are tried in order, beginning with the one that served last, or, some time after that, with the
 * preferred one. One that has not connected in time gets the next beside it, so does one on which nothing moves any
 * more; the last that has connected carries the request. Where it breaks off, the next address carries it again: every
 * request can be asked twice. The reply of one that none served tells of the attempt that got furthest. What a file has
 * got is not asked for again.
 */
enum rule client_send(struct client *client, uint32_t id, const struct message_request *request, int fd);

/* The next reply. Views last until the next call of any function here. */
bool client_next(struct client *client, uint32_t *id, struct message_reply *reply);

/* Waits until there is something to do here or one of `others` is ready (revents are set), or the timeout (or -1). */
enum rule client_wait(struct client *client, struct pollfd *others, unsigned count, int timeout_ms);
void client_run(struct client *client);

#endif

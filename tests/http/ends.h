/*
 * ends: two detente-link processes with the test as the keeper of each, and a TLS peer in the test itself, for what no
 * detente-link would do.
 */
#ifndef ENDS_H
#define ENDS_H

#include <sys/types.h>

#include <gnutls/gnutls.h>

#include "channel.h"
#include "message.h"
#include "tls.h"

/* Nothing here takes longer, unless it is broken. Milliseconds. */
#define PATIENCE 20000

/* Such a build has memory of its own, which no bound counts. */
#ifdef DETENTE_SANITIZED
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* A party: its identity, and its link when that runs. */
struct end {
	char party[32], directory[64];
	uint8_t pin[TLS_PIN_SIZE];
	char listens[LINK_TYPE_MAX]; /* "HOST:PORT", once it is ready */
	pid_t process;
	struct channel *channel;
	int errors; /* what it writes to its stderr */
	uint32_t last_id;
};

/* argv of the test: the path of detente-link, then options for every one that is started. */
void ends_start(int argc, char **argv);
void ends_stop(void); /* removes the folders */

/* Makes its identity. *end must live until ends_stop(). */
void end_make(struct end *end, const char *party);

/* Starts the process; options end with NULL. */
void end_run(struct end *end, const char *const *options);
/* Sends a SETUP: where to listen, or NULL; whom to know, each at the address where it listens (or at none). */
void end_tell(struct end *end, const char *listen, struct end *const *peers, size_t count);
/* The same with a SETUP of the test's own making. */
void end_tell_setup(struct end *end, const struct message_setup *setup);
bool end_ready(struct end *end); /* waits for READY */
/* end_run(), end_tell(), end_ready(). */
bool end_up(struct end *end, const char *listen, struct end *const *peers, size_t count);
/*
 * Closes the channel, waits for the end: the exit status, or -1. The first line of stderr goes to `line`, unless NULL.
 */
int end_stop(struct end *end, char line[256]);

/* Sends a request and gives its id. */
uint32_t end_ask(struct end *end, const struct message_request *request);
/* With a file; it stays the caller's. */
uint32_t end_ask_file(struct end *end, const struct message_request *request, int fd);
/* Waits for the next frame: views last until the next call on that end. */
bool end_take_request(struct end *end, uint32_t *id, struct message_request *request);
bool end_take_reply(struct end *end, uint32_t *id, struct message_reply *reply);
void end_answer(struct end *end, uint32_t id, unsigned status, struct bytes body);
/* `fd` is -1, or a file, which stays the caller's. */
void end_answer_file(struct end *end, uint32_t id, const struct message_reply *reply, int fd);
/* True when nothing comes within `ms` milliseconds. */
bool end_quiet(struct end *end, int ms);

/* What its process costs: the most memory it ever had, in KiB; descriptors, now. */
long end_memory(const struct end *end);
long end_descriptors(const struct end *end);

/* The test's own TLS peer. */
struct raw {
	int fd;
	gnutls_session_t session; /* NULL: plain TCP */
	gnutls_certificate_credentials_t keys;
};

/* Priorities NULL: TLS 1.3. Identity NULL: shows no certificate. Gives GnuTLS's verdict of the handshake. */
int raw_connect(struct raw *raw, const char *host_port, const struct end *identity, const char *priorities);
bool raw_connect_plain(struct raw *raw, const char *host_port);
int raw_listen(char address[64]);
int raw_accept(struct raw *raw, int listener, const struct end *identity, const char *priorities);
bool raw_send(struct raw *raw, struct bytes bytes);
/*
 * Reads until the other side ends or `until` is found: how it ended: > 0 found, 0 closed, < 0 an error (GnuTLS's, or
 * -1).
 */
int raw_read(struct raw *raw, struct buffer *to, const char *until);
void raw_close(struct raw *raw);

#endif

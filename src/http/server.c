#include "server.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <linux/tcp.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inbound.h"
#include "listen.h"
#include "piece.h"
#include "response.h"
#include "utc.h"

/* Of the library, for each connection: what it reads before the handler takes it; larger heads it refuses by itself. */
#define POOL_SIZE ((size_t)2 * LINK_HEADERS_MAX)

#define LINGER_MS 2000

/* In this order. */
enum phase {
	PHASE_HANDSHAKE, /* a stranger */
	PHASE_IDLE,
	PHASE_HEAD,
	PHASE_JUDGED,    /* the owner has judged the head; the body is to come */
	PHASE_BODY,
	PHASE_ASKING,    /* suspended; the owner has the request or finds it in `ready` */
	PHASE_ANSWERING, /* the reply is there, or on its way */
};

struct connection {
	TAILQ_ENTRY(connection) all, ready;
	struct server *server;
	struct MHD_Connection *mhd;
	gnutls_session_t session;
	int socket;
	enum phase phase;
	char party[PARTY_NAME_MAX + 1]; /* known from the handshake on */
	uint8_t pin[TLS_PIN_SIZE];
	int64_t due;
	/* The request. */
	int64_t started;
	uint64_t moved_before; /* bytes of earlier requests */
	struct inbound inbound;
	uint32_t id;
	bool waiting_in_ready;
	bool asks_head; /* ASKING about the head; its body comes later */
	int fd; /* -1, or what the body is written to */
	struct MHD_Response *response;
	size_t response_size;
	unsigned status;
};

/* A PUT that ended before its owner could be told so by the request itself. */
struct broken {
	TAILQ_ENTRY(broken) link;
	char party[PARTY_NAME_MAX + 1], path[LINK_PATH_MAX + 1];
	uint8_t pin[TLS_PIN_SIZE];
	struct message_range range;
	uint64_t moved;
	uint32_t id;
};

struct server {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	struct deadlines deadlines;
	const struct message_setup *setup;
	char address[LISTEN_ADDRESS_MAX];
	TAILQ_HEAD(, connection) all; /* oldest first */
	TAILQ_HEAD(, connection) ready;
	TAILQ_HEAD(, broken) broken;
	struct broken *told; /* whose views server_next() gave away */
	uint32_t last_id;
	int64_t due; /* nothing is due before */
	bool progress; /* something happened in this run, so that another may find more to do */
	struct {
		int fd; /* -1: free */
		int64_t due;
	} lingering[LINK_HANDSHAKES_MAX];
	size_t last_lingering;
};

/* ---- deadlines ---- */

static void set_due(struct server *server, struct connection *connection, int64_t due)
{
	connection->due = due;
	if (due < server->due)
		server->due = due;
}

/*
 * Bytes that have moved between the two machines, both ways. What only waits in a buffer of ours has not: who reads
 * nothing earns no time with it.
 */
static uint64_t moved(const struct connection *connection)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	if (getsockopt(connection->socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return 0;
	return info.tcpi_bytes_acked + info.tcpi_bytes_received;
}

/* From now on the request, or its reply, has its time. A stranger's has the time of a handshake. */
static void start_request_time(struct server *server, struct connection *connection)
{
	connection->started = clock_steady_ms();
	connection->moved_before = moved(connection);
	set_due(server, connection, connection->party[0] == '\0' ? connection->started + server->deadlines.handshake
		: request_due(&server->deadlines, connection->started, 0));
}

/* It waits for its next request; a stranger not for long. */
static void let_in(struct connection *connection)
{
	struct server *server = connection->server;
	connection->phase = PHASE_IDLE;
	set_due(server, connection, clock_steady_ms() +
		(connection->party[0] == '\0' ? server->deadlines.handshake : server->deadlines.idle));
}

/*
 * Keeps the socket of a refused stranger a little longer than the library does: closing it at once would reset the
 * connection, and what it still sends would keep it from reading why.
 */
static void linger(struct server *server, int fd)
{
	size_t at = server->last_lingering = (server->last_lingering + 1) % LINK_HANDSHAKES_MAX;
	shutdown(fd, SHUT_WR);
	if (server->lingering[at].fd >= 0)
		close(server->lingering[at].fd);
	server->lingering[at].fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	server->lingering[at].due = clock_steady_ms() + LINGER_MS;
	if (server->lingering[at].due < server->due)
		server->due = server->lingering[at].due;
}

static void end_lingering(struct server *server, int64_t now)
{
	for (size_t i = 0; i < LINK_HANDSHAKES_MAX; i++) {
		if (server->lingering[i].fd < 0)
			continue;
		if (server->lingering[i].due <= now) {
			close(server->lingering[i].fd);
			server->lingering[i].fd = -1;
		} else if (server->lingering[i].due < server->due) {
			server->due = server->lingering[i].due;
		}
	}
}

/* The library has no call to close a connection; it closes one whose socket is shut. */
static void cut(struct connection *connection)
{
	shutdown(connection->socket, SHUT_RDWR);
	connection->due = DUE_NEVER;
}

/* ---- what is too much ---- */

/* Of a server that takes strangers: one that was let in without a key that is known. */
static bool is_stranger(const struct connection *connection)
{
	return connection->phase != PHASE_HANDSHAKE && connection->party[0] == '\0';
}

/* Strangers have nothing in common but the room for all of them. */
static bool same_peer(const struct connection *a, const struct connection *b)
{
	return a->phase != PHASE_HANDSHAKE && (a == b || (!is_stranger(a) && strcmp(a->party, b->party) == 0));
}

/* What a peer, and what all, have under way. */
struct crowd {
	unsigned requests;
	size_t held, held_of_peer; /* bytes of bodies */
};

static struct crowd count_crowd(struct server *server, const struct connection *connection)
{
	struct crowd crowd = {0};
	struct connection *other;
	TAILQ_FOREACH(other, &server->all, all) {
		size_t size = inbound_held(&other->inbound) + other->response_size;
		crowd.held += size;
		if (same_peer(other, connection)) {
			crowd.held_of_peer += size;
			crowd.requests += other->phase >= PHASE_JUDGED;
		}
	}
	return crowd;
}

/* Judges a request that has come this far. */
static void refuse_crowd(struct server *server, struct connection *connection)
{
	struct crowd crowd = count_crowd(server, connection);
	if (server->setup->strangers && inbound_held(&connection->inbound) > LINK_STRANGER_BODY_MAX)
		inbound_refuse(&connection->inbound, 413, "the body is larger than 64 KiB");
	if (server->setup->strangers && connection->inbound.into_file)
		inbound_refuse(&connection->inbound, 405, "nothing is taken here by PUT");
	if (crowd.requests > LINK_REQUESTS_PER_PEER)
		inbound_refuse(&connection->inbound, 429, "more than 8 requests at once");
	else if (crowd.held_of_peer > LINK_HELD_PER_PEER)
		inbound_refuse(&connection->inbound, 429, "more than 40 MiB at once");
	else if (crowd.held > LINK_HELD_MAX)
		inbound_refuse(&connection->inbound, 503, "busy");
}

/* ---- replies ---- */

static void drop_response(struct connection *connection)
{
	if (connection->response != NULL)
		MHD_destroy_response(connection->response);
	connection->response = NULL;
}

/* Takes the response over; where there is no memory for one the handler closes the connection. */
static void set_response(struct connection *connection, unsigned status, const char *type,
	struct MHD_Response *response)
{
	drop_response(connection);
	connection->status = status;
	connection->response = response;
	if (response != NULL)
		response_add_head(response, status, type);
}

static void set_text(struct connection *connection, unsigned status, const char *type, struct bytes body)
{
	connection->response_size = body.size;
	set_response(connection, status, type, response_of_text(body));
}

static void set_refusal(struct connection *connection, unsigned status, const char *why)
{
	char line[128];
	int size = snprintf(line, sizeof(line), "%s\n", why);
	set_text(connection, status, "text/plain; charset=utf-8", bytes_of(line, (size_t)size));
}

/* Gives the reply to the library. */
static enum MHD_Result answer(struct connection *connection)
{
	if (connection->response == NULL)
		return MHD_NO;
	enum MHD_Result result = MHD_queue_response(connection->mhd, connection->status, connection->response);
	drop_response(connection);
	return result;
}

static void suspend(struct server *server, struct connection *connection)
{
	connection->phase = PHASE_ASKING;
	connection->waiting_in_ready = true;
	TAILQ_INSERT_TAIL(&server->ready, connection, ready);
	MHD_suspend_connection(connection->mhd);
}

static void resume(struct server *server, struct connection *connection, enum phase phase)
{
	if (connection->waiting_in_ready)
		TAILQ_REMOVE(&server->ready, connection, ready);
	connection->waiting_in_ready = false;
	connection->asks_head = false;
	connection->phase = phase;
	server->progress = true;
	MHD_resume_connection(connection->mhd);
}

static const char *header(struct connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND, name);
}

/*
 * Answering now makes the library close the connection; answering behind the body keeps it. Who awaits "100 Continue"
 * sends no body now, and a large one is not waited for.
 */
static bool answers_at_once(struct connection *connection)
{
	return inbound_flooding(&connection->inbound) || header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
}

/* A reply that came in a frame. Small ones cost no more than the request that asked for them. */
static void set_body(struct connection *connection, const struct message_reply *reply, const char *type)
{
	buffer_free(&connection->inbound.body); /* the owner has had it */
	struct crowd crowd = count_crowd(connection->server, connection);
	size_t size = reply->body.size <= RESPONSE_FILE_COST ? 0 : reply->body.size;
	if (reply->status < 200)
		set_refusal(connection, 503, "the node cannot answer");
	else if (size != 0 && crowd.held_of_peer + size > LINK_HELD_PER_PEER)
		set_refusal(connection, 429, "more than 40 MiB at once");
	else if (size != 0 && crowd.held + size > LINK_HELD_MAX)
		set_refusal(connection, 503, "busy");
	else
		set_text(connection, reply->status, type, reply->body);
}

/* Takes the descriptor. */
static void set_reply(struct connection *connection, const struct message_reply *reply, int fd)
{
	char type[LINK_TYPE_MAX + 1];
	if (!bytes_to_string(reply->type, type, sizeof(type)))
		type[0] = '\0';
	bool file = fd >= 0 && (reply->status == 200 || reply->status == 206);
	if (file) {
		connection->response_size = RESPONSE_FILE_COST;
		set_response(connection, reply->status, type, response_of_file(fd, &reply->range));
	} else {
		set_body(connection, reply, type);
	}
	if (!file && fd >= 0)
		close(fd);
	if (connection->response != NULL)
		response_add_range(connection->response, connection->status, &reply->range);
}

void server_reply(struct server *server, uint32_t id, const struct message_reply *reply, int fd)
{
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all)
		if (connection->phase == PHASE_ASKING && connection->id == id)
			break;
	if (connection == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	bool head = connection->asks_head;
	if (head && reply->status == 100 && (fd >= 0 || connection->inbound.range.size == 0)) {
		connection->fd = fd;
		resume(server, connection, PHASE_JUDGED);
		return;
	}
	set_reply(connection, reply, fd);
	if (head)
		inbound_refuse(&connection->inbound, reply->status, "");
	resume(server, connection, head && !answers_at_once(connection) ? PHASE_JUDGED : PHASE_ANSWERING);
}

/* The owner hears how much of a body came that it has given a file for, or that nothing will. */
static void tell_broken(struct server *server, const struct connection *connection)
{
	struct broken *broken = calloc(1, sizeof(*broken));
	if (broken == NULL)
		return;
	*broken = (struct broken){.range = connection->inbound.range, .moved = connection->inbound.received,
		.id = connection->id};
	memcpy(broken->party, connection->party, sizeof(broken->party));
	memcpy(broken->path, connection->inbound.path + connection->inbound.prefix_size,
		sizeof(broken->path) - connection->inbound.prefix_size);
	memcpy(broken->pin, connection->pin, sizeof(broken->pin));
	TAILQ_INSERT_TAIL(&server->broken, broken, link);
}

/* The request of a suspended connection ends here: this answers it, if anybody still listens. */
static void give_up(struct server *server, struct connection *connection, const char *why)
{
	/* It has the head, or should have had what follows. */
	if (connection->inbound.into_file && connection->asks_head != connection->waiting_in_ready)
		tell_broken(server, connection);
	set_refusal(connection, 503, why);
	resume(server, connection, PHASE_ANSWERING);
}

/* ---- requests, as the library gives them ---- */

static struct connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info == NULL ? NULL : info->socket_context;
}

/* The request line is there. */
static void *begin_request(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct server *server = cls;
	struct connection *connection = connection_of(mhd);
	if (connection == NULL)
		return NULL;
	if (connection->phase == PHASE_HANDSHAKE && server->setup->strangers)
		let_in(connection); /* it showed no key */
	if (connection->phase != PHASE_IDLE)
		return NULL;
	connection->phase = PHASE_HEAD;
	start_request_time(server, connection);
	inbound_start(&connection->inbound, target);
	return connection;
}

static enum MHD_Result take_head(struct server *server, struct connection *connection, const char *verb)
{
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(connection->mhd,
		MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct inbound_head head = {
		.verb = verb,
		.length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH),
		.transfer = header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING),
		.encoding = header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
		.range = header(connection, MHD_HTTP_HEADER_RANGE),
		.content_range = header(connection, MHD_HTTP_HEADER_CONTENT_RANGE),
		.size = size == NULL ? SIZE_MAX : size->header_size,
	};
	connection->phase = PHASE_BODY;
	inbound_take_head(&connection->inbound, &head, server->setup->prefix);
	refuse_crowd(server, connection);
	if (connection->inbound.refused == 0 && connection->inbound.into_file) {
		connection->id = ++server->last_id;
		connection->asks_head = true;
		suspend(server, connection);
		return MHD_YES;
	}
	if (connection->inbound.refused == 0 || !answers_at_once(connection))
		return MHD_YES;
	connection->phase = PHASE_ANSWERING;
	set_refusal(connection, connection->inbound.refused, connection->inbound.why);
	return answer(connection);
}

static enum MHD_Result take_body(struct server *server, struct connection *connection, struct bytes piece)
{
	struct inbound *inbound = &connection->inbound;
	/* A file that cannot be written: as if the body had broken off here. */
	if (connection->fd >= 0 && !piece_write(connection->fd, inbound->range.first + inbound->received, piece))
		return MHD_NO;
	inbound_take_body(inbound, piece);
	if (inbound->refused == 0 && !inbound->into_file)
		refuse_crowd(server, connection);
	return inbound_flooding(inbound) ? MHD_NO : MHD_YES;
}

static void close_file(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

/* The request is whole: it waits for the owner, unless it is refused. */
static enum MHD_Result end_body(struct server *server, struct connection *connection)
{
	inbound_end(&connection->inbound);
	close_file(connection);
	if (connection->inbound.refused != 0) {
		connection->phase = PHASE_ANSWERING;
		if (connection->response == NULL) /* else the owner's, to the head */
			set_refusal(connection, connection->inbound.refused, connection->inbound.why);
		return answer(connection);
	}
	if (!connection->inbound.into_file)
		connection->id = ++server->last_id;
	suspend(server, connection);
	return MHD_YES;
}

/* Called with the head, again when that is judged, with each piece of the body, at its end, and again when resumed. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *url, const char *verb,
	const char *version, const char *data, size_t *size, void **context)
{
	struct server *server = cls;
	struct connection *connection = *context;
	(void)mhd, (void)url, (void)version;
	if (connection == NULL)
		return MHD_NO;
	server->progress = true;
	switch (connection->phase) {
	case PHASE_HEAD:
		return take_head(server, connection, verb);
	case PHASE_JUDGED:
		connection->phase = PHASE_BODY;
		return MHD_YES;
	case PHASE_BODY: {
		struct bytes piece = bytes_of(data, *size);
		*size = 0;
		return piece.size != 0 ? take_body(server, connection, piece) : end_body(server, connection);
	}
	case PHASE_ANSWERING:
		return answer(connection);
	default:
		return MHD_NO;
	}
}

static void end_request(void *cls, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct server *server = cls;
	struct connection *connection = *context;
	(void)mhd, (void)code;
	*context = NULL;
	server->progress = true;
	if (connection == NULL)
		return;
	if (connection->inbound.into_file && connection->inbound.refused == 0 &&
	    (connection->phase == PHASE_JUDGED || connection->phase == PHASE_BODY))
		tell_broken(server, connection);
	close_file(connection);
	inbound_free(&connection->inbound);
	drop_response(connection);
	connection->response_size = 0;
	let_in(connection);
}

/* ---- connections and their keys ---- */

/* Whose key that is, and which of its pins. */
static const struct setup_peer *peer_of_pin(const struct message_setup *setup, const uint8_t pin[TLS_PIN_SIZE],
	uint8_t *which)
{
	for (size_t i = 0; i < setup->peer_count; i++)
		for (size_t j = 0; j < setup->peers[i].pin_count && !setup->peers[i].called_only; j++)
			if (memcmp(setup->peers[i].pins[j], pin, TLS_PIN_SIZE) == 0) {
				*which = (uint8_t)j;
				return &setup->peers[i];
			}
	return NULL;
}

static bool has_room_for_more(struct server *server, const struct connection *connection)
{
	unsigned count = 0;
	struct connection *other;
	TAILQ_FOREACH(other, &server->all, all)
		if (same_peer(other, connection))
			count++;
	return count < LINK_CONNECTIONS_PER_PEER;
}

/*
 * In the handshake, when the other side has proved to own the key of its certificate: 0 lets it in. The library sends
 * no alert for a refusal, so it is sent here.
 */
static int verify(gnutls_session_t session)
{
	struct connection *connection = gnutls_db_get_ptr(session);
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	if (connection != NULL && count == 0 && connection->server->setup->strangers) {
		let_in(connection); /* it shows no key */
		return 0;
	}
	if (connection == NULL || count == 0 || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return GNUTLS_E_CERTIFICATE_ERROR;
	struct server *server = connection->server;
	const struct setup_peer *peer = NULL;
	uint8_t which;
	if (tls_pin(bytes_of(chain[0].data, chain[0].size), connection->pin))
		peer = peer_of_pin(server->setup, connection->pin, &which);
	if (peer == NULL && server->setup->strangers) {
		let_in(connection);
		return 0;
	}
	if (peer == NULL || !bytes_to_string(peer->party, connection->party, sizeof(connection->party))) {
		gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
		linger(server, connection->socket);
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (!has_room_for_more(server, connection))
		return GNUTLS_E_CERTIFICATE_ERROR;
	let_in(connection);
	return 0;
}

/* Strangers crowd out strangers only: the one that has been here longest goes. */
static void limit_strangers(struct server *server)
{
	unsigned count = 0;
	struct connection *other, *oldest = NULL;
	TAILQ_FOREACH(other, &server->all, all)
		if ((other->phase == PHASE_HANDSHAKE || is_stranger(other)) && other->due != DUE_NEVER) {
			count++;
			oldest = oldest == NULL ? other : oldest;
		}
	if (count > LINK_HANDSHAKES_MAX)
		cut(oldest);
}

/*
 * The library's epoll loop takes a connection whose handshake waits for more bytes for one that is ready, and would
 * turn without pause until they come. So it is noted where bytes come and go, and it turns on only while some do.
 */
static ssize_t note_progress(struct connection *connection, ssize_t size)
{
	if (size >= 0 || (errno != EAGAIN && errno != EINTR))
		connection->server->progress = true;
	return size;
}

static ssize_t pull(gnutls_transport_ptr_t cls, void *data, size_t size)
{
	struct connection *connection = cls;
	return note_progress(connection, recv(connection->socket, data, size, 0));
}

static ssize_t push(gnutls_transport_ptr_t cls, const giovec_t *parts, int count)
{
	struct connection *connection = cls;
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
	return note_progress(connection, sendmsg(connection->socket, &message, MSG_NOSIGNAL));
}

static void begin_connection(struct server *server, struct MHD_Connection *mhd, void **context)
{
	gnutls_session_t session = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	gnutls_certificate_server_set_request(session,
		server->setup->strangers ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(session, verify);
	struct connection *connection = calloc(1, sizeof(*connection));
	*context = connection;
	gnutls_db_set_ptr(session, connection); /* the one pointer of a session that the server library leaves to us */
	if (connection == NULL) {
		shutdown(fd, SHUT_RDWR);
		return;
	}
	connection->server = server;
	connection->mhd = mhd;
	connection->session = session;
	connection->socket = fd;
	connection->fd = -1;
	gnutls_transport_set_ptr(session, connection);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_vec_push_function(session, push);
	TAILQ_INSERT_TAIL(&server->all, connection, all);
	set_due(server, connection, clock_steady_ms() + server->deadlines.handshake);
	limit_strangers(server);
}

static void end_connection(struct server *server, struct connection *connection)
{
	TAILQ_REMOVE(&server->all, connection, all);
	if (connection->waiting_in_ready)
		TAILQ_REMOVE(&server->ready, connection, ready);
	close_file(connection);
	inbound_free(&connection->inbound);
	drop_response(connection);
	free(connection);
}

static void notice_connection(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct server *server = cls;
	server->progress = true;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		begin_connection(server, mhd, context);
	else if (*context != NULL)
		end_connection(server, *context);
}

/* ---- running ---- */

/* Says why and closes. The library cannot answer a request that is not whole; it writes nothing meanwhile. */
static void answer_late(struct connection *connection)
{
	static const char text[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 33\r\n\r\n"
		"the request was not whole in time\n";
	gnutls_record_send(connection->session, text, sizeof(text) - 1);
	cut(connection);
}

static void expire(struct server *server, struct connection *connection)
{
	switch (connection->phase) {
	case PHASE_HEAD:
	case PHASE_JUDGED:
	case PHASE_BODY:
		answer_late(connection);
		break;
	case PHASE_ASKING:
		start_request_time(server, connection);
		give_up(server, connection, "the node did not answer in time");
		break;
	default:
		cut(connection);
	}
}

static void expire_all(struct server *server)
{
	int64_t now = clock_steady_ms();
	if (now < server->due)
		return;
	server->due = DUE_NEVER;
	end_lingering(server, now);
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all) {
		if (connection->due <= now && connection->phase >= PHASE_HEAD && !is_stranger(connection))
			connection->due = request_due(&server->deadlines, connection->started,
				moved(connection) - connection->moved_before);
		if (connection->due <= now)
			expire(server, connection);
		if (connection->due < server->due)
			server->due = connection->due;
	}
}

void server_run(struct server *server)
{
	server->progress = false;
	expire_all(server);
	MHD_run(server->daemon);
}

/* Whether the library, which says that it has more to do, has. */
static bool may_go_on(const struct server *server)
{
	const struct connection *connection;
	if (server->progress)
		return true;
	TAILQ_FOREACH(connection, &server->all, all)
		if (connection->phase <= PHASE_BODY && gnutls_record_check_pending(connection->session) != 0)
			return true;
	return false;
}

int server_timeout(const struct server *server)
{
	MHD_UNSIGNED_LONG_LONG left = 0;
	if (MHD_get_timeout(server->daemon, &left) == MHD_YES && left == 0 && may_go_on(server))
		return 0;
	if (server->due == DUE_NEVER)
		return -1;
	int64_t until = server->due - clock_steady_ms();
	return until <= 0 ? 0 : until > INT_MAX ? INT_MAX : (int)until;
}

int server_fd(const struct server *server)
{
	return server->epoll_fd;
}

const char *server_address(const struct server *server)
{
	return server->address;
}

/* Which of its party's pins a connection shows, now. */
static uint8_t shown(const struct server *server, const uint8_t pin[TLS_PIN_SIZE])
{
	uint8_t which = 0;
	peer_of_pin(server->setup, pin, &which);
	return which;
}

static bool next_broken(struct server *server, uint32_t *id, struct message_request *request)
{
	free(server->told);
	struct broken *broken = server->told = TAILQ_FIRST(&server->broken);
	if (broken == NULL)
		return false;
	TAILQ_REMOVE(&server->broken, broken, link);
	*id = broken->id;
	*request = (struct message_request){
		.party = bytes_string(broken->party),
		.verb = VERB_PUT,
		.path = bytes_string(broken->path),
		.range = broken->range,
		.moved = broken->moved,
		.pin = shown(server, broken->pin),
	};
	return true;
}

bool server_next(struct server *server, uint32_t *id, struct message_request *request)
{
	if (next_broken(server, id, request))
		return true;
	struct connection *connection = TAILQ_FIRST(&server->ready);
	if (connection == NULL)
		return false;
	TAILQ_REMOVE(&server->ready, connection, ready);
	connection->waiting_in_ready = false;
	*id = connection->id;
	*request = (struct message_request){
		.party = connection->party[0] == '\0' ? (struct bytes){NULL, 0} : bytes_string(connection->party),
		.verb = connection->inbound.verb,
		.path = bytes_string(connection->inbound.path + connection->inbound.prefix_size),
		.body = buffer_bytes(&connection->inbound.body),
		.range = connection->inbound.range,
		.head = connection->asks_head,
		.moved = connection->inbound.into_file ? connection->inbound.received : 0,
		.pin = shown(server, connection->pin),
	};
	return true;
}

void server_setup(struct server *server, const struct message_setup *setup)
{
	server->setup = setup;
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all) {
		if (connection->phase == PHASE_HANDSHAKE || (setup->strangers && is_stranger(connection)))
			continue;
		uint8_t which;
		const struct setup_peer *peer = peer_of_pin(setup, connection->pin, &which);
		if (peer != NULL && bytes_is(peer->party, connection->party))
			continue;
		if (connection->phase == PHASE_ASKING)
			give_up(server, connection, "no longer a peer");
		cut(connection);
	}
}

/* ---- from beginning to end ---- */

static struct MHD_Daemon *start(struct server *server, const struct tls_identity *identity, int listener)
{
	return MHD_start_daemon(MHD_USE_TLS | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
		MHD_OPTION_LISTEN_SOCKET, listener,
		MHD_OPTION_HTTPS_MEM_KEY, identity->key,
		MHD_OPTION_HTTPS_MEM_CERT, identity->certificate,
		MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)LINK_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_SIZE,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_URI_LOG_CALLBACK, begin_request, server,
		MHD_OPTION_NOTIFY_COMPLETED, end_request, server,
		MHD_OPTION_NOTIFY_CONNECTION, notice_connection, server,
		MHD_OPTION_END);
}

void server_follow(struct server *server, uint32_t last)
{
	server->last_id = last;
}

uint32_t server_last(const struct server *server)
{
	return server->last_id;
}

enum rule server_new(struct server **server, const struct tls_identity *identity, const struct message_setup *setup,
	const struct deadlines *deadlines, struct fault *fault)
{
	struct server *made = calloc(1, sizeof(*made));
	int listener = -1;
	if (made == NULL)
		return fault_set(fault, RULE_MEMORY, 0, "the HTTP server");
	made->deadlines = *deadlines;
	made->setup = setup;
	made->due = DUE_NEVER;
	TAILQ_INIT(&made->all);
	TAILQ_INIT(&made->ready);
	TAILQ_INIT(&made->broken);
	for (size_t i = 0; i < LINK_HANDSHAKES_MAX; i++)
		made->lingering[i].fd = -1;
	enum rule rule = listen_on(setup->listen, &listener, made->address, fault);
	if (rule == RULE_OK) {
		made->daemon = start(made, identity, listener);
		if (made->daemon == NULL) {
			close(listener);
			rule = fault_set(fault, RULE_TLS_LIBRARY, 0,
				"the HTTP server does not start with this TLS identity");
		}
	}
	if (rule != RULE_OK) {
		free(made);
		return rule;
	}
	made->epoll_fd = MHD_get_daemon_info(made->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	*server = made;
	return RULE_OK;
}

/* True when there was one that waited for its answer. */
static bool give_all_up(struct server *server)
{
	bool any = false;
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all) {
		if (connection->phase != PHASE_ASKING)
			continue;
		give_up(server, connection, "the node stops");
		any = true;
	}
	return any;
}

void server_stop(struct server *server)
{
	if (server->daemon == NULL)
		return;
	/* The library must not be stopped while connections are suspended; running it may bring in new requests. */
	give_all_up(server);
	do
		MHD_run(server->daemon);
	while (give_all_up(server));
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
	end_lingering(server, DUE_NEVER);
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_stop(server);
	free(server->told);
	for (struct broken *broken; (broken = TAILQ_FIRST(&server->broken)) != NULL;) {
		TAILQ_REMOVE(&server->broken, broken, link);
		free(broken);
	}
	free(server);
}

#include "server.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inbound.h"
#include "listen.h"
#include "utc.h"

/* Of the library, for each connection: what it reads before the handler takes it; larger heads it refuses by itself. */
#define POOL_SIZE ((size_t)2 * LINK_HEADERS_MAX)

#define LINGER_MS 2000

/* In this order. */
enum phase {
	PHASE_HANDSHAKE, /* a stranger */
	PHASE_IDLE,
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_ASKING,    /* suspended; the owner has the request or finds it in `ready` */
	PHASE_ANSWERING, /* the reply is there, or on its way */
};

struct connection {
	TAILQ_ENTRY(connection) all, ready;
	struct server *server;
	struct MHD_Connection *mhd;
	gnutls_session_t session;
	int fd;
	enum phase phase;
	char party[PARTY_NAME_MAX + 1]; /* known from the handshake on */
	uint8_t pin[TLS_PIN_SIZE];
	int64_t due;
	/* The request. */
	int64_t started;
	uint64_t moved; /* bytes on the wire, both ways */
	struct inbound inbound;
	uint32_t id;
	bool waiting_in_ready;
	struct MHD_Response *response;
	size_t response_size;
	unsigned status;
};

struct server {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	struct deadlines deadlines;
	const struct message_setup *setup;
	char address[LISTEN_ADDRESS_MAX];
	TAILQ_HEAD(, connection) all; /* oldest first */
	TAILQ_HEAD(, connection) ready;
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

/* From now on the request, or its reply, has its time. */
static void start_request_time(struct server *server, struct connection *connection)
{
	connection->started = clock_steady_ms();
	connection->moved = 0;
	set_due(server, connection, request_due(&server->deadlines, connection->started, 0));
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
	shutdown(connection->fd, SHUT_RDWR);
	connection->due = DUE_NEVER;
}

/* ---- replies ---- */

static void drop_response(struct connection *connection)
{
	if (connection->response != NULL)
		MHD_destroy_response(connection->response);
	connection->response = NULL;
}

/* Makes the reply; without memory for it there is none, and the handler then closes the connection. */
static void set_response(struct connection *connection, unsigned status, const char *type, struct bytes body)
{
	drop_response(connection);
	connection->status = status;
	connection->response_size = body.size;
	connection->response = MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data,
		MHD_RESPMEM_MUST_COPY);
	if (connection->response == NULL)
		return;
	MHD_add_response_header(connection->response, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip");
	if (type[0] != '\0')
		MHD_add_response_header(connection->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == 405)
		MHD_add_response_header(connection->response, MHD_HTTP_HEADER_ALLOW, "GET, POST, PUT");
}

static void set_refusal(struct connection *connection, unsigned status, const char *why)
{
	char line[128];
	int size = snprintf(line, sizeof(line), "%s\n", why);
	set_response(connection, status, "text/plain; charset=utf-8", bytes_of(line, (size_t)size));
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

static void resume(struct server *server, struct connection *connection)
{
	if (connection->waiting_in_ready)
		TAILQ_REMOVE(&server->ready, connection, ready);
	connection->waiting_in_ready = false;
	connection->phase = PHASE_ANSWERING;
	server->progress = true;
	MHD_resume_connection(connection->mhd);
}

void server_reply(struct server *server, uint32_t id, const struct message_reply *reply)
{
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all)
		if (connection->phase == PHASE_ASKING && connection->id == id)
			break;
	if (connection == NULL)
		return;
	char type[LINK_TYPE_MAX + 1];
	if (!bytes_to_string(reply->type, type, sizeof(type)))
		type[0] = '\0';
	if (reply->status == 0)
		set_refusal(connection, 503, "the node cannot answer");
	else
		set_response(connection, reply->status, type, reply->body);
	resume(server, connection);
}

/* ---- what is too much ---- */

static bool same_peer(const struct connection *a, const struct connection *b)
{
	return a->phase != PHASE_HANDSHAKE && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0;
}

/* Judges a request that has come this far by what its peer, and all peers, have under way with it. */
static void refuse_crowd(struct server *server, struct connection *connection)
{
	unsigned requests = 0;
	size_t held = 0, held_of_peer = 0;
	struct connection *other;
	TAILQ_FOREACH(other, &server->all, all) {
		size_t size = other->inbound.body.size + other->response_size;
		held += size;
		if (same_peer(other, connection)) {
			held_of_peer += size;
			requests += other->phase >= PHASE_BODY;
		}
	}
	if (requests > LINK_REQUESTS_PER_PEER)
		inbound_refuse(&connection->inbound, 429, "more than 8 requests at once");
	else if (held_of_peer > LINK_HELD_PER_PEER)
		inbound_refuse(&connection->inbound, 429, "more than 40 MiB at once");
	else if (held > LINK_HELD_MAX)
		inbound_refuse(&connection->inbound, 503, "busy");
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
	if (connection == NULL || connection->phase != PHASE_IDLE)
		return NULL;
	connection->phase = PHASE_HEAD;
	start_request_time(server, connection);
	inbound_start(&connection->inbound, target);
	return connection;
}

static const char *header(struct connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection->mhd, MHD_HEADER_KIND, name);
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
		.size = size == NULL ? SIZE_MAX : size->header_size,
	};
	connection->phase = PHASE_BODY;
	inbound_take_head(&connection->inbound, &head, server->setup->prefix);
	refuse_crowd(server, connection);
	/* Answering now makes the library close the connection; answering behind the body keeps it. */
	bool at_once = inbound_flooding(&connection->inbound) || header(connection, MHD_HTTP_HEADER_EXPECT) != NULL;
	if (connection->inbound.refused == 0 || !at_once)
		return MHD_YES;
	connection->phase = PHASE_ANSWERING;
	set_refusal(connection, connection->inbound.refused, connection->inbound.why);
	return answer(connection);
}

static enum MHD_Result take_body(struct server *server, struct connection *connection, struct bytes piece)
{
	struct inbound *inbound = &connection->inbound;
	inbound_take_body(inbound, piece);
	if (inbound->refused == 0)
		refuse_crowd(server, connection);
	return inbound_flooding(inbound) ? MHD_NO : MHD_YES;
}

/* The request is whole: it waits for the owner, unless it is refused. */
static enum MHD_Result end_body(struct server *server, struct connection *connection)
{
	inbound_end(&connection->inbound);
	if (connection->inbound.refused != 0) {
		connection->phase = PHASE_ANSWERING;
		set_refusal(connection, connection->inbound.refused, connection->inbound.why);
		return answer(connection);
	}
	connection->phase = PHASE_ASKING;
	connection->id = ++server->last_id;
	connection->waiting_in_ready = true;
	TAILQ_INSERT_TAIL(&server->ready, connection, ready);
	MHD_suspend_connection(connection->mhd);
	return MHD_YES;
}

/* Called with the head, with each piece of the body, at its end, and again when resumed. */
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
	inbound_free(&connection->inbound);
	drop_response(connection);
	connection->response_size = 0;
	connection->phase = PHASE_IDLE;
	set_due(server, connection, clock_steady_ms() + server->deadlines.idle);
}

/* ---- connections and their keys ---- */

static const struct setup_peer *peer_of_pin(const struct message_setup *setup, const uint8_t pin[TLS_PIN_SIZE])
{
	for (size_t i = 0; i < setup->peer_count; i++)
		if (memcmp(setup->peers[i].pins[0], pin, TLS_PIN_SIZE) == 0)
			return &setup->peers[i];
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
	if (connection == NULL || count == 0 || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return GNUTLS_E_CERTIFICATE_ERROR;
	struct server *server = connection->server;
	const struct setup_peer *peer = NULL;
	if (tls_pin(bytes_of(chain[0].data, chain[0].size), connection->pin))
		peer = peer_of_pin(server->setup, connection->pin);
	if (peer == NULL || !bytes_to_string(peer->party, connection->party, sizeof(connection->party))) {
		gnutls_alert_send(session, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
		linger(server, connection->fd);
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	if (!has_room_for_more(server, connection))
		return GNUTLS_E_CERTIFICATE_ERROR;
	connection->phase = PHASE_IDLE;
	set_due(server, connection, clock_steady_ms() + server->deadlines.idle);
	return 0;
}

/* Strangers crowd out strangers only: the one that has been here longest goes. */
static void limit_strangers(struct server *server)
{
	unsigned count = 0;
	struct connection *other, *oldest = NULL;
	TAILQ_FOREACH(other, &server->all, all)
		if (other->phase == PHASE_HANDSHAKE && other->due != DUE_NEVER) {
			count++;
			oldest = oldest == NULL ? other : oldest;
		}
	if (count > LINK_HANDSHAKES_MAX)
		cut(oldest);
}

/*
 * The library's epoll loop takes a connection whose handshake waits for more bytes for one that is ready, and would
 * turn without pause until they come. So bytes are counted where they come and go, and it turns on only while some do.
 */
static ssize_t moved(struct connection *connection, ssize_t size)
{
	if (size > 0)
		connection->moved += (uint64_t)size;
	if (size >= 0 || (errno != EAGAIN && errno != EINTR))
		connection->server->progress = true;
	return size;
}

static ssize_t pull(gnutls_transport_ptr_t cls, void *data, size_t size)
{
	struct connection *connection = cls;
	return moved(connection, recv(connection->fd, data, size, 0));
}

static ssize_t push(gnutls_transport_ptr_t cls, const giovec_t *parts, int count)
{
	struct connection *connection = cls;
	struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
	return moved(connection, sendmsg(connection->fd, &message, MSG_NOSIGNAL));
}

static void begin_connection(struct server *server, struct MHD_Connection *mhd, void **context)
{
	gnutls_session_t session = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
	int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
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
	connection->fd = fd;
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
	case PHASE_BODY:
		answer_late(connection);
		break;
	case PHASE_ASKING:
		set_refusal(connection, 503, "the node did not answer in time");
		start_request_time(server, connection);
		resume(server, connection);
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
		if (connection->due <= now && connection->phase >= PHASE_HEAD)
			connection->due = request_due(&server->deadlines, connection->started, connection->moved);
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

bool server_next(struct server *server, uint32_t *id, struct message_request *request)
{
	struct connection *connection = TAILQ_FIRST(&server->ready);
	if (connection == NULL)
		return false;
	TAILQ_REMOVE(&server->ready, connection, ready);
	connection->waiting_in_ready = false;
	*id = connection->id;
	*request = (struct message_request){
		.party = bytes_string(connection->party),
		.verb = connection->inbound.verb,
		.path = bytes_string(connection->inbound.path + connection->inbound.prefix_size),
		.body = buffer_bytes(&connection->inbound.body),
	};
	return true;
}

void server_setup(struct server *server, const struct message_setup *setup)
{
	server->setup = setup;
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all) {
		if (connection->phase == PHASE_HANDSHAKE)
			continue;
		const struct setup_peer *peer = peer_of_pin(setup, connection->pin);
		if (peer != NULL && bytes_is(peer->party, connection->party))
			continue;
		if (connection->phase == PHASE_ASKING) {
			set_refusal(connection, 503, "no longer a peer");
			resume(server, connection);
		}
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

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	/* The library must not be stopped while connections are suspended. */
	struct connection *connection;
	TAILQ_FOREACH(connection, &server->all, all)
		if (connection->phase == PHASE_ASKING) {
			set_refusal(connection, 503, "the node stops");
			resume(server, connection);
		}
	MHD_run(server->daemon);
	MHD_stop_daemon(server->daemon);
	end_lingering(server, DUE_NEVER);
	free(server);
}

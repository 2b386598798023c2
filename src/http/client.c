#include "client.h"

#include <sys/queue.h>
#include <sys/socket.h>

#include <curl/curl.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gzip.h"
#include "text.h"
#include "utc.h"

#define IDLE_CALLS_MAX 16 /* kept for the next requests: making one takes longer than using it */
#define REPLY_HEADERS_MAX ((size_t)64 << 10)
#define OTHERS_MAX 8

/* One request on its way, through one address after the other. */
struct call {
	TAILQ_ENTRY(call) link;
	struct client *client;
	CURL *easy;
	char error[CURL_ERROR_SIZE];
	uint32_t id;
	const struct setup_peer *peer;
	size_t first, tried; /* addresses: where it began, how many were tried */
	int64_t started;
	char attempted[ADDRESS_MAX + 1]; /* the address that is being tried */
	struct buffer path, body; /* as it is sent */
	/* The reply. */
	struct buffer reply;
	size_t header_size;
	struct outcome {
		uint16_t status;
		enum reply_cause cause;
		uint32_t elapsed_us;
		char address[ADDRESS_MAX + 1], type[LINK_TYPE_MAX + 1];
	} outcome;
};

TAILQ_HEAD(calls, call);

/* A socket of ours, so that it can be shut when its peer is one no more. */
struct socket_of {
	TAILQ_ENTRY(socket_of) link;
	int fd;
	char party[PARTY_NAME_MAX + 1];
	uint8_t pin[TLS_PIN_SIZE];
};

struct client {
	CURLM *multi;
	const struct tls_identity *identity;
	const struct message_setup *setup;
	struct deadlines deadlines;
	size_t first_address[SETUP_PEERS_MAX]; /* of each peer of the setup: the one that worked last */
	struct calls active, done, idle;
	size_t idle_count;
	struct call *taken; /* whose views client_next() gave away */
	TAILQ_HEAD(, socket_of) sockets;
	struct curl_slist *headers, *headers_packed;
	int64_t due; /* no call is due before */
};

/* ---- sockets ---- */

static curl_socket_t open_socket(void *cls, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct call *call = cls;
	(void)purpose;
	struct socket_of *made = calloc(1, sizeof(*made));
	int fd = made == NULL ? -1 : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	/* A connection whose path has gone dead is given up as soon as one that cannot be made. */
	unsigned timeout = (unsigned)call->client->deadlines.handshake;
	if (fd < 0 || !bytes_to_string(call->peer->party, made->party, sizeof(made->party)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout)) != 0) {
		if (fd >= 0)
			close(fd);
		free(made);
		return CURL_SOCKET_BAD;
	}
	made->fd = fd;
	memcpy(made->pin, call->peer->pins[0], sizeof(made->pin));
	TAILQ_INSERT_TAIL(&call->client->sockets, made, link);
	return fd;
}

static int close_socket(void *cls, curl_socket_t fd)
{
	struct client *client = cls;
	struct socket_of *at;
	TAILQ_FOREACH(at, &client->sockets, link)
		if (at->fd == fd)
			break;
	if (at != NULL)
		TAILQ_REMOVE(&client->sockets, at, link);
	free(at);
	return close(fd);
}

/* ---- calls ---- */

static size_t take_reply(char *data, size_t one, size_t size, void *cls)
{
	struct call *call = cls;
	(void)one;
	if (size > REQUEST_MAX - call->reply.size)
		return 0;
	buffer_add(&call->reply, bytes_of(data, size));
	return call->reply.rule == RULE_OK ? size : 0;
}

static size_t take_header(char *data, size_t one, size_t size, void *cls)
{
	struct call *call = cls;
	(void)data, (void)one;
	call->header_size += size;
	return call->header_size <= REPLY_HEADERS_MAX ? size : 0;
}

static void set_limits(struct call *call, const struct deadlines *deadlines)
{
	CURL *easy = call->easy;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)deadlines->handshake);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip"); /* unpacked by the library, bounded by take_reply() */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_reply);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->client);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
}

/* No authority vouches for anybody: the pin does, and it is checked before the first byte of HTTP. */
static void set_keys(struct call *call, const struct tls_identity *identity)
{
	CURL *easy = call->easy;
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)(CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3));
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL); /* the system's, else read for each handshake: 40 ms */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, identity->certificate_path);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, identity->key_path);
}

static void call_free(struct call *call)
{
	if (call == NULL)
		return;
	curl_easy_cleanup(call->easy);
	buffer_free(&call->path);
	buffer_free(&call->body);
	buffer_free(&call->reply);
	free(call);
}

static struct call *call_new(struct client *client)
{
	struct call *call = TAILQ_FIRST(&client->idle);
	if (call != NULL) {
		TAILQ_REMOVE(&client->idle, call, link);
		client->idle_count--;
		return call;
	}
	call = calloc(1, sizeof(*call));
	if (call == NULL || (call->easy = curl_easy_init()) == NULL) {
		free(call);
		return NULL;
	}
	call->client = client;
	set_limits(call, &client->deadlines);
	set_keys(call, client->identity);
	return call;
}

static void call_recycle(struct client *client, struct call *call)
{
	if (client->idle_count == IDLE_CALLS_MAX) {
		call_free(call);
		return;
	}
	buffer_clear(&call->path);
	buffer_free(&call->body);
	buffer_free(&call->reply);
	TAILQ_INSERT_HEAD(&client->idle, call, link);
	client->idle_count++;
}

/* ---- attempts ---- */

static bool set_target(struct call *call, struct bytes address)
{
	struct buffer url = {0}, pin = {0};
	while (address.size != 0 && address.data[address.size - 1] == '/')
		address.size--;
	buffer_add(&url, address);
	buffer_add(&url, buffer_bytes(&call->path));
	buffer_u8(&url, 0);
	buffer_string(&pin, "sha256//");
	text_base64(&pin, bytes_of(call->peer->pins[0], TLS_PIN_SIZE), true);
	buffer_u8(&pin, 0);
	bool good = url.rule == RULE_OK && pin.rule == RULE_OK &&
		curl_easy_setopt(call->easy, CURLOPT_URL, url.data) == CURLE_OK &&
		curl_easy_setopt(call->easy, CURLOPT_PINNEDPUBLICKEY, pin.data) == CURLE_OK;
	buffer_free(&url);
	buffer_free(&pin);
	return good;
}

static void finish(struct call *call)
{
	TAILQ_REMOVE(&call->client->active, call, link);
	TAILQ_INSERT_TAIL(&call->client->done, call, link);
}

/* The failure that got furthest is the one that is told: the causes stand in that order. */
static void note_failure(struct call *call, enum reply_cause cause)
{
	if (call->outcome.cause != CAUSE_NONE && call->outcome.cause != CAUSE_NO_ADDRESS && cause < call->outcome.cause)
		return;
	call->outcome.cause = cause;
	memcpy(call->outcome.address, call->attempted, sizeof(call->attempted));
}

/* Begins the next attempt; where none is left, the call is done. */
static void attempt(struct call *call)
{
	buffer_free(&call->reply);
	call->header_size = 0;
	call->error[0] = '\0';
	if (call->tried < call->peer->address_count) {
		struct bytes address = call->peer->addresses[(call->first + call->tried) % call->peer->address_count];
		if (bytes_to_string(address, call->attempted, sizeof(call->attempted)) &&
		    bytes_start(address, BYTES("https://")) && set_target(call, address) &&
		    curl_multi_add_handle(call->client->multi, call->easy) == CURLM_OK)
			return;
		note_failure(call, CAUSE_NO_ADDRESS);
	}
	finish(call);
}

static bool alerted(const struct call *call)
{
	char code[16];
	snprintf(code, sizeof(code), "(%d)", GNUTLS_E_FATAL_ALERT_RECEIVED);
	return strstr(call->error, code) != NULL; /* the library tells it in no other way */
}

/* How far an attempt got that ran out of time. The library tells of connecting only when all of it is done. */
static enum reply_cause cause_of_timeout(struct call *call)
{
	curl_off_t named = 0, sent = 0;
	long connects = 0;
	curl_easy_getinfo(call->easy, CURLINFO_NAMELOOKUP_TIME_T, &named);
	curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	if (sent != 0)
		return CAUSE_HTTP;
	if (connects != 0)
		return CAUSE_TLS;
	return named != 0 ? CAUSE_CONNECT : CAUSE_NAME;
}

static enum reply_cause cause_of_connect(struct call *call)
{
	long error = 0;
	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &error);
	return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL ||
		error == EACCES || error == EPERM ? CAUSE_ROUTE : CAUSE_CONNECT;
}

/* What a failure means. Nothing of the reply has come, or not all of it. */
static enum reply_cause cause_of(struct call *call, CURLcode code)
{
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return CAUSE_NO_ADDRESS;
	case CURLE_COULDNT_RESOLVE_HOST:
		return CAUSE_NAME;
	case CURLE_COULDNT_CONNECT:
		return cause_of_connect(call);
	case CURLE_OPERATION_TIMEDOUT:
		return cause_of_timeout(call);
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_PEER_FAILED_VERIFICATION:
		return CAUSE_KEY;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return CAUSE_TLS;
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		/* In TLS 1.3 a server judges our key after our handshake is over: its refusal is the first we read. */
		return alerted(call) ? CAUSE_KEY : CAUSE_HTTP;
	default:
		return CAUSE_HTTP;
	}
}

/* The next call begins with the address that served this one. */
static void remember_address(struct call *call)
{
	const struct setup_peer *peer = call->peer;
	for (size_t i = 0; i < peer->address_count; i++)
		if (bytes_is(peer->addresses[i], call->attempted))
			call->client->first_address[peer - call->client->setup->peers] = i;
}

/* A reply came. */
static void take_success(struct call *call)
{
	curl_off_t total = 0, sent = 0;
	long status = 0;
	const char *type = NULL;
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(call->easy, CURLINFO_TOTAL_TIME_T, &total);
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
	if (status < 200 || status > 599) {
		note_failure(call, CAUSE_HTTP);
		return;
	}
	struct outcome *outcome = &call->outcome;
	*outcome = (struct outcome){.status = (uint16_t)status,
		.elapsed_us = (uint32_t)(total - sent < UINT32_MAX ? total - sent : UINT32_MAX)};
	memcpy(outcome->address, call->attempted, sizeof(call->attempted));
	struct bytes text = bytes_string(type);
	if (!text_valid(text, false) || !bytes_to_string(text, outcome->type, sizeof(outcome->type)))
		outcome->type[0] = '\0';
	remember_address(call);
}

static void end_attempt(struct call *call, CURLcode code)
{
	enum reply_cause cause = code == CURLE_OK ? CAUSE_NONE : cause_of(call, code);
	curl_multi_remove_handle(call->client->multi, call->easy);
	if (cause == CAUSE_NONE)
		take_success(call);
	else
		note_failure(call, cause);
	if (cause == CAUSE_NONE || cause == CAUSE_HTTP) {
		finish(call); /* the peer may have acted on the request: it is not sent again */
		return;
	}
	call->tried++;
	attempt(call);
}

static void give_up(struct call *call, enum reply_cause cause)
{
	curl_multi_remove_handle(call->client->multi, call->easy);
	note_failure(call, cause);
	finish(call);
}

/* ---- the owner's side ---- */

static const struct setup_peer *peer_named(const struct message_setup *setup, struct bytes party)
{
	for (size_t i = 0; i < setup->peer_count; i++)
		if (bytes_equal(setup->peers[i].party, party))
			return &setup->peers[i];
	return NULL;
}

static void forget_taken(struct client *client)
{
	if (client->taken != NULL)
		call_recycle(client, client->taken);
	client->taken = NULL;
}

static void set_request(struct call *call, enum request_verb verb, bool packed)
{
	CURL *easy = call->easy;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, packed ? call->client->headers_packed : call->client->headers);
	if (verb == VERB_GET) {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.size == 0 ? "" : (const char *)call->body.data);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, verb == VERB_PUT ? "PUT" : NULL);
}

static enum rule fill(struct call *call, const struct message_request *request)
{
	buffer_add(&call->path, request->path);
	if (request->compress)
		gzip_pack(&call->body, request->body);
	bool packed = request->compress && call->body.size < request->body.size;
	if (!packed) {
		buffer_clear(&call->body);
		buffer_add(&call->body, request->body);
	}
	set_request(call, request->verb, packed);
	return call->path.rule != RULE_OK ? call->path.rule : call->body.rule;
}

enum rule client_send(struct client *client, uint32_t id, const struct message_request *request)
{
	forget_taken(client);
	struct call *call = call_new(client);
	if (call == NULL)
		return RULE_MEMORY;
	enum rule rule = fill(call, request);
	if (rule != RULE_OK) {
		call_recycle(client, call);
		return rule;
	}
	call->id = id;
	call->started = clock_steady_ms();
	call->tried = 0;
	call->outcome = (struct outcome){.cause = CAUSE_NO_ADDRESS};
	call->attempted[0] = '\0';
	call->peer = peer_named(client->setup, request->party);
	TAILQ_INSERT_TAIL(&client->active, call, link);
	if (call->peer == NULL) {
		finish(call);
		return RULE_OK;
	}
	call->first = client->first_address[call->peer - client->setup->peers];
	int64_t due = request_due(&client->deadlines, call->started, 0);
	client->due = due < client->due ? due : client->due;
	attempt(call);
	return RULE_OK;
}

/* A view of a string, absent when it is empty. */
static struct bytes text_or_none(const char *text)
{
	return text[0] == '\0' ? bytes_of(NULL, 0) : bytes_string(text);
}

bool client_next(struct client *client, uint32_t *id, struct message_reply *reply)
{
	forget_taken(client);
	struct call *call = TAILQ_FIRST(&client->done);
	if (call == NULL)
		return false;
	TAILQ_REMOVE(&client->done, call, link);
	client->taken = call;
	*id = call->id;
	*reply = (struct message_reply){
		.status = call->outcome.status,
		.cause = call->outcome.cause,
		.type = text_or_none(call->outcome.type),
		.body = call->outcome.status == 0 ? bytes_of(NULL, 0) : buffer_bytes(&call->reply),
		.address = text_or_none(call->outcome.address),
		.elapsed_us = call->outcome.elapsed_us,
	};
	return true;
}

static void expire_all(struct client *client)
{
	int64_t now = clock_steady_ms();
	if (now < client->due)
		return;
	client->due = DUE_NEVER;
	for (struct call *call = TAILQ_FIRST(&client->active), *next; call != NULL; call = next) {
		next = TAILQ_NEXT(call, link);
		curl_off_t sent = 0;
		curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
		int64_t due = request_due(&client->deadlines, call->started, (uint64_t)sent + call->reply.size);
		if (due <= now)
			give_up(call, cause_of_timeout(call));
		else if (due < client->due)
			client->due = due;
	}
}

void client_run(struct client *client)
{
	forget_taken(client);
	int running = 0, left = 0;
	expire_all(client);
	curl_multi_perform(client->multi, &running);
	for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left)) != NULL;) {
		struct call *call = NULL;
		CURLcode code = message->data.result;
		if (message->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK)
			end_attempt(call, code);
	}
}

enum rule client_wait(struct client *client, struct pollfd *others, unsigned count, int timeout_ms)
{
	struct curl_waitfd waits[OTHERS_MAX];
	for (unsigned i = 0; i < count; i++)
		waits[i] = (struct curl_waitfd){.fd = others[i].fd,
			.events = (short)((others[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
				(others[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0))};
	int64_t until = client->due == DUE_NEVER ? INT_MAX : client->due - clock_steady_ms();
	if (timeout_ms < 0 || until < timeout_ms)
		timeout_ms = until < 0 ? 0 : until > INT_MAX ? INT_MAX : (int)until;
	if (curl_multi_poll(client->multi, waits, count, timeout_ms, NULL) != CURLM_OK)
		return RULE_IO;
	for (unsigned i = 0; i < count; i++)
		others[i].revents = waits[i].revents;
	return RULE_OK;
}

void client_setup(struct client *client, const struct message_setup *setup)
{
	forget_taken(client);
	client->setup = setup;
	memset(client->first_address, 0, sizeof(client->first_address));
	for (struct call *call = TAILQ_FIRST(&client->active), *next; call != NULL; call = next) {
		next = TAILQ_NEXT(call, link);
		const struct setup_peer *peer = peer_named(setup, call->peer->party);
		if (peer != NULL && memcmp(peer->pins[0], call->peer->pins[0], TLS_PIN_SIZE) == 0)
			call->peer = peer;
		else
			give_up(call, CAUSE_NO_ADDRESS);
	}
	struct socket_of *at;
	TAILQ_FOREACH(at, &client->sockets, link) {
		const struct setup_peer *peer = peer_named(setup, bytes_string(at->party));
		if (peer == NULL || memcmp(peer->pins[0], at->pin, TLS_PIN_SIZE) != 0)
			shutdown(at->fd, SHUT_RDWR);
	}
}

/* ---- from beginning to end ---- */

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);
	if (longer == NULL)
		curl_slist_free_all(list);
	return longer;
}

/* No waiting for "100 Continue", and no header that says nothing. */
static struct curl_slist *usual_headers(void)
{
	struct curl_slist *list = append(NULL, "Expect:");
	if (list != NULL)
		list = append(list, "Accept:");
	return list == NULL ? NULL : append(list, "Content-Type:");
}

struct client *client_new(const struct tls_identity *identity, const struct message_setup *setup,
	const struct deadlines *deadlines)
{
	struct client *client = calloc(1, sizeof(*client));
	if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(client);
		return NULL;
	}
	client->identity = identity;
	client->setup = setup;
	client->deadlines = *deadlines;
	client->due = DUE_NEVER;
	TAILQ_INIT(&client->active);
	TAILQ_INIT(&client->done);
	TAILQ_INIT(&client->idle);
	TAILQ_INIT(&client->sockets);
	client->multi = curl_multi_init();
	client->headers = usual_headers();
	client->headers_packed = usual_headers();
	if (client->headers_packed != NULL)
		client->headers_packed = append(client->headers_packed, "Content-Encoding: gzip");
	if (client->multi == NULL || client->headers == NULL || client->headers_packed == NULL) {
		client_free(client);
		return NULL;
	}
	curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)LINK_REQUESTS_PER_PEER * SETUP_PEERS_MAX);
	return client;
}

static void free_calls(struct calls *calls)
{
	for (struct call *call; (call = TAILQ_FIRST(calls)) != NULL;) {
		TAILQ_REMOVE(calls, call, link);
		call_free(call);
	}
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	struct call *call;
	TAILQ_FOREACH(call, &client->active, link)
		curl_multi_remove_handle(client->multi, call->easy);
	forget_taken(client);
	free_calls(&client->active);
	free_calls(&client->done);
	free_calls(&client->idle);
	curl_multi_cleanup(client->multi); /* closes the sockets, which are freed with it */
	curl_slist_free_all(client->headers);
	curl_slist_free_all(client->headers_packed);
	free(client);
	curl_global_cleanup();
}

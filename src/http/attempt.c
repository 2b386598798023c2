#include "attempt.h"

#include <sys/socket.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gzip.h"
#include "piece.h"
#include "range.h"
#include "text.h"
#include "utc.h"

#define REPLY_HEADERS_MAX ((size_t)64 << 10)

/* ---- what is asked ---- */

/* A line made of a name and what a buffer holds, which is freed. */
static bool append(struct curl_slist **list, const char *name, struct buffer *value)
{
	struct buffer line = {0};
	buffer_string(&line, name);
	buffer_add(&line, buffer_bytes(value));
	buffer_u8(&line, 0);
	bool good = line.rule == RULE_OK && value->rule == RULE_OK;
	struct curl_slist *longer = good ? curl_slist_append(*list, (const char *)line.data) : NULL;
	buffer_free(&line);
	buffer_free(value);
	if (longer != NULL)
		*list = longer;
	return longer != NULL;
}

/*
 * No header that says nothing. Only a file waits for "100 Continue", so that one that is refused does not go in vain.
 */
static bool add_headers(struct question *question)
{
	struct buffer value = {0};
	struct curl_slist **list = &question->headers;
	bool waits = question->verb == VERB_PUT && question->range.size != 0 && question->fd >= 0;
	bool good = append(list, waits ? "Expect: 100-continue" : "Expect:", &value) &&
		append(list, "Accept:", &value) && append(list, "Content-Type:", &value);
	if (good && question->packed)
		good = append(list, "Content-Encoding: gzip", &value);
	if (good && question->range.present && question->verb == VERB_GET) {
		range_write(&value, &question->range);
		good = append(list, "Range: ", &value);
	} else if (good && question->range.present && question->verb == VERB_PUT) {
		range_write_content(&value, &question->range);
		good = append(list, "Content-Range: ", &value);
	}
	return good;
}

enum rule question_fill(struct question *question, const struct message_request *request, int fd)
{
	question->fd = fd;
	question->verb = request->verb;
	question->range = request->range;
	buffer_add(&question->path, request->path);
	if (request->compress)
		gzip_pack(&question->body, request->body);
	question->packed = request->compress && question->body.size < request->body.size;
	if (!question->packed) {
		buffer_clear(&question->body);
		buffer_add(&question->body, request->body);
	}
	bool good = question->path.rule == RULE_OK && question->body.rule == RULE_OK && add_headers(question);
	return good ? RULE_OK : RULE_MEMORY;
}

void question_free(struct question *question)
{
	if (question->fd >= 0)
		close(question->fd);
	question->fd = -1;
	curl_slist_free_all(question->headers);
	question->headers = NULL;
	buffer_free(&question->path);
	buffer_free(&question->body);
}

/* ---- sockets ---- */

static curl_socket_t open_socket(void *cls, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct attempt *attempt = cls;
	struct question *question = attempt->question;
	(void)purpose;
	if (question->stale)
		return CURL_SOCKET_BAD;
	struct outbound_socket *made = calloc(1, sizeof(*made));
	int fd = made == NULL ? -1 : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	/* A connection whose path has gone dead is given up as soon as one that cannot be made. */
	unsigned timeout = (unsigned)attempt->base->deadlines.handshake;
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout)) != 0) {
		if (fd >= 0)
			close(fd);
		free(made);
		return CURL_SOCKET_BAD;
	}
	made->fd = fd;
	memcpy(made->party, question->party, sizeof(made->party));
	made->pins = question->pins;
	TAILQ_INSERT_TAIL(&attempt->base->sockets, made, link);
	if (question->carrier == attempt) { /* the connection that was kept was dead: this is a new one */
		question->carrier = NULL;
		question->slow_due = clock_steady_ms() + attempt->base->deadlines.slow;
	}
	return fd;
}

static struct outbound_socket *socket_of(struct attempt_base *base, int fd)
{
	struct outbound_socket *at;
	TAILQ_FOREACH(at, &base->sockets, link)
		if (at->fd == fd)
			break;
	return at;
}

static int close_socket(void *cls, curl_socket_t fd)
{
	struct attempt_base *base = cls;
	struct outbound_socket *found = socket_of(base, fd);
	if (found != NULL)
		TAILQ_REMOVE(&base->sockets, found, link);
	free(found);
	return close(fd);
}

/* The socket that has this local port. libcurl tells no other name of a connection in use. */
static struct outbound_socket *socket_at(struct attempt_base *base, int port)
{
	struct outbound_socket *at;
	TAILQ_FOREACH(at, &base->sockets, link) {
		struct sockaddr_in6 local = {0}; /* the port of IPv4 stands at the same place */
		socklen_t size = sizeof(local);
		if (getsockname(at->fd, (struct sockaddr *)&local, &size) != 0)
			continue;
		if (ntohs(local.sin6_port) == port)
			break;
	}
	return at;
}

/* Which key the other side has shown; the library has compared it with those it may show. */
static bool read_key(struct attempt *attempt)
{
	const struct pins *pins = &attempt->question->pins;
	if (pins->count == 1) {
		memcpy(attempt->shown, pins->pins[0], TLS_PIN_SIZE);
		return true;
	}
	struct curl_tlssessioninfo *info = NULL;
	unsigned count = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_TLS_SSL_PTR, &info);
	if (info == NULL || info->internals == NULL)
		return false;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(info->internals, &count);
	return count != 0 && tls_pin(bytes_of(chain[0].data, chain[0].size), attempt->shown);
}

/* Connected, keys agreed on, and nothing sent yet: the first that comes here carries the request. */
static int connected(void *cls, char *address, char *local_address, int port, int local_port)
{
	struct attempt *attempt = cls;
	struct question *question = attempt->question;
	(void)address, (void)local_address, (void)port;
	if ((question->carrier != NULL && question->carrier != attempt) || !read_key(attempt))
		return CURL_PREREQFUNC_ABORT;
	question->carrier = attempt;
	struct outbound_socket *socket = socket_at(attempt->base, local_port);
	if (socket != NULL && socket->pins.count != 1) {
		memcpy(socket->pins.pins[0], attempt->shown, TLS_PIN_SIZE);
		socket->pins.count = 1;
	}
	return CURL_PREREQFUNC_OK;
}

/* ---- bytes that go and come ---- */

static size_t give_file(char *to, size_t one, size_t size, void *cls)
{
	struct attempt *attempt = cls;
	const struct message_range *range = &attempt->question->range;
	uint64_t left = range->size - attempt->sent;
	(void)one;
	if (left == 0)
		return 0;
	ssize_t got = piece_read(attempt->question->fd, range->first + attempt->sent, to, size < left ? size : left);
	if (got <= 0)
		return CURL_READFUNC_ABORT;
	attempt->sent += (uint64_t)got;
	return (size_t)got;
}

/* A new connection begins the file again. */
static int seek_file(void *cls, curl_off_t offset, int origin)
{
	struct attempt *attempt = cls;
	if (origin != SEEK_SET || offset < 0)
		return CURL_SEEKFUNC_FAIL;
	attempt->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static long status_of(struct attempt *attempt)
{
	long status = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Whether the reply's body belongs into the file. */
static bool is_for_file(struct attempt *attempt)
{
	long status = status_of(attempt);
	return attempt->question->fd >= 0 && attempt->question->verb == VERB_GET && (status == 200 || status == 206);
}

/* How large a body may be that goes into the file; 0 when it is not what was asked for. */
static uint64_t file_body_max(struct attempt *attempt)
{
	const struct message_range *asked = &attempt->question->range, *got = &attempt->content;
	if (attempt->encoded || asked->present != (status_of(attempt) == 206))
		return 0;
	uint64_t most = asked->total != 0 ? asked->total - asked->first : asked->size != 0 ? asked->size :
		ATTACHMENT_MAX_DEFAULT;
	if (!asked->present)
		return most;
	bool right = got->present && got->first == asked->first && got->size <= most &&
		(asked->size == 0 || got->size <= asked->size) && (asked->total == 0 || got->total <= asked->total);
	return right ? got->size : 0;
}

static size_t take_reply(char *data, size_t one, size_t size, void *cls)
{
	struct attempt *attempt = cls;
	(void)one;
	if (is_for_file(attempt)) {
		uint64_t most = file_body_max(attempt), at = attempt->question->range.first + attempt->moved;
		if (most < attempt->moved || size > most - attempt->moved ||
		    !piece_write(attempt->question->fd, at, bytes_of(data, size)))
			return 0;
		attempt->moved += size;
		return size;
	}
	if (size > REQUEST_MAX - attempt->body.size)
		return 0;
	buffer_add(&attempt->body, bytes_of(data, size));
	return attempt->body.rule == RULE_OK ? size : 0;
}

/* The value of a header of that name, without the white space around; absent when it is another one. */
static struct bytes value_of(struct bytes line, struct bytes name)
{
	if (line.size < name.size || strncasecmp((const char *)line.data, (const char *)name.data, name.size) != 0)
		return bytes_of(NULL, 0);
	struct bytes value = bytes_of(line.data + name.size, line.size - name.size);
	while (value.size != 0 && (value.data[0] == ' ' || value.data[0] == '\t'))
		value = bytes_of(value.data + 1, value.size - 1);
	while (value.size != 0 && strchr(" \t\r\n", value.data[value.size - 1]) != NULL)
		value.size--;
	return value;
}

static size_t take_header(char *data, size_t one, size_t size, void *cls)
{
	struct attempt *attempt = cls;
	struct bytes line = bytes_of(data, size), value;
	(void)one;
	if (bytes_start(line, BYTES("HTTP/"))) { /* also after a "100 Continue" */
		attempt->content = (struct message_range){0};
		attempt->encoded = false;
	}
	value = value_of(line, BYTES("Content-Range:"));
	if (value.data != NULL)
		range_read_content(&attempt->content, value);
	value = value_of(line, BYTES("Content-Encoding:"));
	if (value.data != NULL && !bytes_is(value, "identity"))
		attempt->encoded = true;
	attempt->header_size += size;
	return attempt->header_size <= REPLY_HEADERS_MAX ? size : 0;
}

/* ---- the handle ---- */

static void set_limits(struct attempt *attempt)
{
	CURL *easy = attempt->easy;
	long handshake = (long)attempt->base->deadlines.handshake;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, handshake);
	curl_easy_setopt(easy, CURLOPT_EXPECT_100_TIMEOUT_MS, handshake);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, attempt);
}

static void set_functions(struct attempt *attempt)
{
	CURL *easy = attempt->easy;
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_reply);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_file);
	curl_easy_setopt(easy, CURLOPT_READDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_file);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, attempt);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, attempt->base);
}

/* No authority vouches for anybody: the pin does, and it is checked before the first byte of HTTP. */
static void set_keys(struct attempt *attempt)
{
	CURL *easy = attempt->easy;
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)(CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3));
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL); /* the system's, else read for each handshake: 40 ms */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

/* Ours may have changed since this attempt was used last. */
static void show_identity(struct attempt *attempt)
{
	curl_easy_setopt(attempt->easy, CURLOPT_SSLCERT, attempt->base->identity->certificate_path);
	curl_easy_setopt(attempt->easy, CURLOPT_SSLKEY, attempt->base->identity->key_path);
}

struct attempt *attempt_new(struct attempt_base *base)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	if (attempt == NULL || (attempt->easy = curl_easy_init()) == NULL) {
		free(attempt);
		return NULL;
	}
	attempt->base = base;
	set_limits(attempt);
	set_functions(attempt);
	set_keys(attempt);
	return attempt;
}

void attempt_free(struct attempt *attempt)
{
	if (attempt == NULL)
		return;
	curl_easy_cleanup(attempt->easy);
	buffer_free(&attempt->body);
	free(attempt);
}

void attempt_clear(struct attempt *attempt)
{
	buffer_free(&attempt->body);
	attempt->question = NULL;
	attempt->owner = NULL;
	attempt->error[0] = '\0';
	attempt->sent = attempt->moved = attempt->header_size = 0;
	attempt->content = (struct message_range){0};
	attempt->encoded = false;
}

static bool set_target(struct attempt *attempt, struct bytes address)
{
	show_identity(attempt);
	const struct question *question = attempt->question;
	struct buffer url = {0}, pins = {0};
	while (address.size != 0 && address.data[address.size - 1] == '/')
		address.size--;
	buffer_add(&url, address);
	buffer_add(&url, buffer_bytes(&question->path));
	buffer_u8(&url, 0);
	for (size_t i = 0; i < question->pins.count; i++) {
		buffer_string(&pins, i == 0 ? "sha256//" : ";sha256//");
		text_base64(&pins, bytes_of(question->pins.pins[i], TLS_PIN_SIZE), true);
	}
	buffer_u8(&pins, 0);
	bool good = url.rule == RULE_OK && pins.rule == RULE_OK &&
		curl_easy_setopt(attempt->easy, CURLOPT_URL, url.data) == CURLE_OK &&
		curl_easy_setopt(attempt->easy, CURLOPT_PINNEDPUBLICKEY, pins.data) == CURLE_OK;
	buffer_free(&url);
	buffer_free(&pins);
	return good;
}

static void set_verb(struct attempt *attempt)
{
	const struct question *question = attempt->question;
	CURL *easy = attempt->easy;
	bool file = question->fd >= 0;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, question->headers);
	/* Unpacked by the library, bounded by take_reply(); a piece of a file is of the file as it is. */
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, file && question->verb == VERB_GET ? NULL : "gzip");
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
	if (question->verb == VERB_GET) {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	} else if (question->verb == VERB_PUT && file) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)question->range.size);
	} else {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 0L);
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
			question->body.size == 0 ? "" : (const char *)question->body.data);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question->body.size);
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, question->verb == VERB_PUT ? "PUT" : NULL);
	}
}

bool attempt_prepare(struct attempt *attempt, struct question *question, struct bytes address)
{
	attempt->question = question;
	if (!bytes_start(address, BYTES("https://")) || !set_target(attempt, address))
		return false;
	set_verb(attempt);
	return true;
}

/* ---- what came of it ---- */

uint64_t attempt_moved(struct attempt *attempt)
{
	curl_off_t sent = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return (uint64_t)sent + attempt->body.size + attempt->moved;
}

/* The library tells of connecting only when all of it is done. */
enum reply_cause attempt_stage(struct attempt *attempt)
{
	curl_off_t named = 0, sent = 0;
	long connects = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_NAMELOOKUP_TIME_T, &named);
	curl_easy_getinfo(attempt->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(attempt->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	if (sent != 0)
		return CAUSE_HTTP;
	if (connects != 0)
		return CAUSE_TLS;
	return named != 0 ? CAUSE_CONNECT : CAUSE_NAME;
}

static bool alerted(const struct attempt *attempt)
{
	char code[16];
	snprintf(code, sizeof(code), "(%d)", GNUTLS_E_FATAL_ALERT_RECEIVED);
	return strstr(attempt->error, code) != NULL; /* the library tells it in no other way */
}

static enum reply_cause cause_of_connect(struct attempt *attempt)
{
	long error = 0;
	curl_easy_getinfo(attempt->easy, CURLINFO_OS_ERRNO, &error);
	return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN || error == EADDRNOTAVAIL ||
		error == EACCES || error == EPERM ? CAUSE_ROUTE : CAUSE_CONNECT;
}

/* What a failure means. Nothing of the reply has come, or not all of it. */
static enum reply_cause cause_of(struct attempt *attempt, CURLcode code)
{
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return CAUSE_NO_ADDRESS;
	case CURLE_COULDNT_RESOLVE_HOST:
		return CAUSE_NAME;
	case CURLE_COULDNT_CONNECT:
		return cause_of_connect(attempt);
	case CURLE_OPERATION_TIMEDOUT:
		return attempt_stage(attempt);
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
		return alerted(attempt) ? CAUSE_KEY : CAUSE_HTTP;
	default:
		return CAUSE_HTTP;
	}
}

/* A 206 says how much it brings. */
static bool is_whole(struct attempt *attempt)
{
	if (!is_for_file(attempt))
		return true;
	uint64_t most = file_body_max(attempt);
	return status_of(attempt) == 206 ? most != 0 && attempt->moved == most : most != 0;
}

enum reply_cause attempt_end(struct attempt *attempt, CURLcode code, struct attempt_result *result)
{
	curl_off_t total = 0, sent = 0;
	long status = status_of(attempt);
	const char *type = NULL;
	if (code != CURLE_OK)
		return cause_of(attempt, code);
	if (status < 200 || status > 599 || !is_whole(attempt))
		return CAUSE_HTTP;
	curl_easy_getinfo(attempt->easy, CURLINFO_TOTAL_TIME_T, &total);
	curl_easy_getinfo(attempt->easy, CURLINFO_PRETRANSFER_TIME_T, &sent);
	curl_easy_getinfo(attempt->easy, CURLINFO_CONTENT_TYPE, &type);
	*result = (struct attempt_result){.status = (uint16_t)status,
		.elapsed_us = (uint32_t)(total - sent < UINT32_MAX ? total - sent : UINT32_MAX)};
	struct bytes text = bytes_string(type);
	if (!text_valid(text, false) || !bytes_to_string(text, result->type, sizeof(result->type)))
		result->type[0] = '\0';
	return CAUSE_NONE;
}

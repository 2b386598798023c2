/*
 * # Goal of this test: a peer that asks for too much, or malformed, or too slowly, is told so in a line and costs
 * bounded time and memory; what is in order meanwhile goes on.
 */
#include "ends.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gzip.h"
#include "test.h"
#include "utc.h"

#define DEADLINE 400
#define DEADLINE_TEXT "400"

static struct end a, b, c;

/* ---- one request after the other over one connection ---- */

static struct raw raw;

static bool open_raw(void)
{
	return raw_connect(&raw, b.listens, &a, NULL) >= 0;
}

/* The status of the reply to these bytes, and its whole text in *got; 0 when none comes. */
static unsigned status_of(struct bytes request, struct buffer *got)
{
	unsigned status = 0;
	buffer_clear(got);
	raw_send(&raw, request); /* may be refused before it is all sent */
	if (raw_read(&raw, got, "\r\n\r\n") <= 0)
		return 0;
	buffer_u8(got, 0);
	sscanf((const char *)got->data, "HTTP/1.1 %u ", &status);
	buffer_cut(got, got->size - 1);
	return status;
}

static void begin(struct buffer *to, const char *line, const char *headers)
{
	buffer_format(to, "%s HTTP/1.1\r\nHost: b\r\n%s\r\n", line, headers);
}

struct malformed {
	const char *line, *headers, *body;
	unsigned status;
};

static const struct malformed malformed[] = {
	{"GET /p/../p/x", "", "", 400},
	{"GET /p/./x", "", "", 400},
	{"GET /p//x", "", "", 400},
	{"GET /p/x/", "", "", 400},
	{"GET /p/x%2f", "", "", 400},
	{"GET /p/x?y=z", "", "", 400},
	{"GET https://b/p/x", "", "", 400},
	{"GET *", "", "", 400},
	{"GET /p/x\"", "", "", 400},
	{"GET /p", "", "", 404},
	{"GET /", "", "", 400},
	{"GET /q/x", "", "", 404},
	{"GET /pp/x", "", "", 404},
	{"DELETE /p/x", "", "", 405},
	{"get /p/x", "", "", 405},
	{"OPTIONS /p/x", "", "", 405},
	{"GET /p/x", "Content-Length: 1\r\n", "y", 400},
	{"POST /p/x", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "1\r\ny\r\n0\r\n\r\n", 400},
	{"POST /p/x", "Content-Encoding: br\r\nContent-Length: 1\r\n", "y", 415},
	{"POST /p/x", "Content-Encoding: gzip\r\nContent-Length: 5\r\n", "plain", 400},
	{"POST /p/x", "Content-Encoding: gzip\r\nContent-Length: 2\r\n", "\x1f\x8b", 400},
	{"POST /p/x", "Content-Encoding: gzip\r\n", "", 400},
	{"POST /p/x", "Expect: 100-continue\r\nContent-Length: 20971521\r\n", "", 413},
	{"POST /p/x", "Content-Length: 4294967296\r\n", "", 413},
	{"POST /p/x", "Content-Length: -1\r\n", "", 400},
	{"POST /p/x", "Content-Length: 1x\r\n", "", 400},
};

static void test_malformed(void)
{
	struct buffer request = {0}, got = {0};
	for (size_t i = 0; i < sizeof(malformed) / sizeof(*malformed); i++) {
		buffer_clear(&request);
		begin(&request, malformed[i].line, malformed[i].headers);
		buffer_string(&request, malformed[i].body);
		unsigned status = open_raw() ? status_of(buffer_bytes(&request), &got) : 0;
		test_check(status == malformed[i].status, "%s: %u, %u expected", malformed[i].line, status,
			malformed[i].status);
		raw_close(&raw);
	}
	test_check(end_quiet(&b, 20), "and the keeper is asked none of them");
	buffer_free(&request);
	buffer_free(&got);
}

/* A refusal whose request was read to its end leaves the connection in use. */
static void test_goes_on(void)
{
	struct buffer request = {0}, got = {0};
	uint32_t id = 0;
	struct message_request asked;
	test_check(open_raw() && status_of(BYTES("GET /q HTTP/1.1\r\nHost: b\r\n\r\n"), &got) == 404 &&
		memmem(got.data, got.size, "\r\nAccept-Encoding: gzip\r\n", 25) != NULL, "a refusal accepts gzip");
	raw_read(&raw, &got, "nothing is here\n");
	test_check(status_of(BYTES("PATCH /p/x HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx"), &got) == 405 &&
		memmem(got.data, got.size, "\r\nAllow: GET, POST, PUT\r\n", 25) != NULL,
		"another on the same connection");
	raw_read(&raw, &got, "PUT\n");
	raw_send(&raw, BYTES("POST /p/x HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n"
		"1\r\ny\r\n2\r\nes\r\n0\r\n\r\n"));
	bool good = end_take_request(&b, &id, &asked) && bytes_is(asked.body, "yes") && asked.verb == VERB_POST;
	end_answer(&b, id, 202, BYTES("fine"));
	test_check(good && status_of(BYTES(""), &got) == 202, "then a request in chunks, in order");
	raw_read(&raw, &got, "fine");
	raw_send(&raw, BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\nGET /p/y HTTP/1.1\r\nHost: b\r\n\r\n"));
	good = end_take_request(&b, &id, &asked) && bytes_is(asked.path, "/x");
	end_answer(&b, id, 200, BYTES("this"));
	good = good && end_take_request(&b, &id, &asked) && bytes_is(asked.path, "/y");
	end_answer(&b, id, 200, BYTES("that"));
	buffer_clear(&got);
	test_check(good && raw_read(&raw, &got, "that") > 0 && memmem(got.data, got.size, "this", 4) != NULL,
		"then two that come together");
	raw_close(&raw);
	buffer_free(&request);
	buffer_free(&got);
}

/* ---- sizes ---- */

static void test_long_heads(void)
{
	struct buffer request = {0}, got = {0};
	buffer_string(&request, "GET /p/");
	for (unsigned i = 0; i < 520; i++)
		buffer_u8(&request, 'x');
	buffer_string(&request, " HTTP/1.1\r\nHost: b\r\n\r\n");
	test_check(open_raw() && status_of(buffer_bytes(&request), &got) == 414, "a path longer than 512 bytes: 414");
	raw_close(&raw);
	for (unsigned size = 17000; size < 80000; size += 40000) {
		buffer_clear(&request);
		buffer_string(&request, "GET /p/x HTTP/1.1\r\nHost: b\r\nX: ");
		for (unsigned i = 0; i < size; i++)
			buffer_u8(&request, 'x');
		buffer_string(&request, "\r\n\r\n");
		test_check(open_raw() &&
			status_of(buffer_bytes(&request), &got) == 431, "%u bytes of headers: 431", size);
		raw_close(&raw);
	}
	buffer_free(&request);
	buffer_free(&got);
}

static void test_bomb(void)
{
	struct buffer plain = {.limit = (size_t)1 << 30}, packed = {.limit = (size_t)1 << 30}, request = {0}, got = {0};
	long cost = -end_memory(&b);
	uint8_t *zeros = buffer_extend(&plain, (size_t)128 << 20);
	if (zeros != NULL)
		memset(zeros, 0, plain.size);
	gzip_pack(&packed, buffer_bytes(&plain));
	buffer_free(&plain);
	char length[96];
	snprintf(length, sizeof(length), "Content-Encoding: gzip\r\nContent-Length: %zu\r\n", packed.size);
	begin(&request, "POST /p/x", length);
	buffer_add(&request, buffer_bytes(&packed));
	test_check(open_raw() &&
		status_of(buffer_bytes(&request), &got) == 413, "128 MiB in %zu bytes of gzip: 413", packed.size);
	raw_close(&raw);
	bool known = cost < 0;
	cost += end_memory(&b);
	if (SANITIZED)
		test_skip("the bomb costs bounded memory", "a build without sanitizers");
	else
		test_check(known && cost <= (long)(LINK_PEER_COST_MAX >> 10), "it cost %ld KiB of memory", cost);
	buffer_free(&packed);
	buffer_free(&request);
	buffer_free(&got);
}

/* A body just too large is refused with an answer that its sender finds, though it sends all before it looks. */
static void test_too_large(void)
{
	struct buffer request = {0}, got = {0};
	begin(&request, "POST /p/x", "Content-Length: 20971521\r\n");
	uint8_t *body = buffer_extend(&request, REQUEST_MAX + 1);
	if (body != NULL)
		memset(body, 'x', REQUEST_MAX + 1);
	test_check(open_raw() && status_of(buffer_bytes(&request), &got) == 413, "20 MiB and a byte: 413");
	raw_close(&raw);
	buffer_clear(&request);
	begin(&request, "POST /p/x", "Transfer-Encoding: chunked\r\n");
	for (unsigned i = 0; i < 21; i++) {
		buffer_string(&request, "100000\r\n");
		uint8_t *chunk = buffer_extend(&request, 0x100000);
		if (chunk != NULL)
			memset(chunk, 'x', 0x100000);
		buffer_string(&request, "\r\n");
	}
	buffer_string(&request, "0\r\n\r\n");
	test_check(open_raw() && status_of(buffer_bytes(&request), &got) == 413, "21 MiB in chunks: 413");
	raw_close(&raw);
	buffer_free(&request);
	buffer_free(&got);
}

/* Members that follow each other, and pieces of a byte. */
static void test_members(void)
{
	struct buffer request = {0}, packed = {0}, got = {0};
	uint32_t id = 0;
	struct message_request asked;
	char length[96];
	gzip_pack(&packed, BYTES("one "));
	gzip_pack(&packed, BYTES("two"));
	snprintf(length, sizeof(length), "Content-Encoding: gzip\r\nContent-Length: %zu\r\n", packed.size);
	begin(&request, "PUT /p/x", length);
	buffer_add(&request, buffer_bytes(&packed));
	bool good = open_raw();
	for (size_t i = 0; good && i < request.size; i++)
		good = raw_send(&raw, bytes_of(request.data + i, 1));
	good = good && end_take_request(&b, &id, &asked) && bytes_is(asked.body, "one two") && asked.verb == VERB_PUT;
	end_answer(&b, id, 422, BYTES("no"));
	test_check(good && status_of(BYTES(""), &got) == 422, "gzip in two members, sent byte by byte");
	raw_close(&raw);
	buffer_free(&request);
	buffer_free(&packed);
	buffer_free(&got);
}

/* ---- numbers ---- */

static void test_requests_at_once(void)
{
	struct raw raws[LINK_REQUESTS_PER_PEER];
	struct buffer got = {0};
	uint32_t ids[LINK_REQUESTS_PER_PEER];
	struct message_request request;
	bool good = true;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 &&
			raw_send(&raws[i], BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n")) &&
			end_take_request(&b, &ids[i], &request) && good;
	test_check(good, "8 requests of one peer at once");
	test_check(open_raw() &&
		status_of(BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n"), &got) == 429, "the ninth: 429");
	raw_close(&raw);
	bool other = raw_connect(&raw, b.listens, &c, NULL) >= 0 &&
		raw_send(&raw, BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n"));
	uint32_t id = 0;
	other = other && end_take_request(&b, &id, &request) && bytes_is(request.party, c.party);
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(other && status_of(BYTES(""), &got) == 200, "which is no matter of another peer");
	raw_close(&raw);
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++) {
		end_answer(&b, ids[i], 200, BYTES("late"));
		buffer_clear(&got);
		good = raw_read(&raws[i], &got, "late") > 0 && good;
		raw_close(&raws[i]);
	}
	test_check(good, "and the 8 are answered");
	buffer_free(&got);
}

/* True when a request over this connection is answered. */
static bool works(struct raw *connection)
{
	struct buffer got = {0};
	bool good = raw_send(connection, BYTES("GET /q/x HTTP/1.1\r\nHost: b\r\n\r\n")) &&
		raw_read(connection, &got, "nothing is here\n") > 0;
	buffer_free(&got);
	return good;
}

static void test_connections(void)
{
	struct raw raws[LINK_CONNECTIONS_PER_PEER], strangers[LINK_HANDSHAKES_MAX + 1];
	bool good = true;
	for (size_t i = 0; i < LINK_CONNECTIONS_PER_PEER; i++)
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 && works(&raws[i]) && good;
	test_check(good, "16 connections of one peer");
	test_check(!open_raw() || !works(&raw), "the next is refused");
	raw_close(&raw);
	for (size_t i = 0; i < LINK_HANDSHAKES_MAX; i++)
		good = raw_connect_plain(&strangers[i], b.listens) && good;
	test_check(raw_connect(&raw, b.listens, &c, NULL) >= 0 && works(&raw), "64 strangers keep no peer away");
	raw_close(&raw);
	struct buffer got = {0};
	good = raw_connect_plain(&strangers[LINK_HANDSHAKES_MAX], b.listens) && good;
	test_check(good && raw_read(&strangers[0], &got, NULL) <= 0, "the stranger that was there first is cut");
	for (size_t i = 0; i <= LINK_HANDSHAKES_MAX; i++)
		raw_close(&strangers[i]);
	for (size_t i = 0; i < LINK_CONNECTIONS_PER_PEER; i++)
		raw_close(&raws[i]);
	buffer_free(&got);
}

/* ---- time: b and a run with short deadlines ---- */

/* Sends a byte now and then until the other side has something to say; the milliseconds that took. */
static int64_t drip(void)
{
	int64_t began = clock_steady_ms();
	struct pollfd poller = {raw.fd, POLLIN, 0};
	while (clock_steady_ms() < began + PATIENCE && poll(&poller, 1, 30) == 0)
		if (!raw_send(&raw, BYTES("x")))
			break;
	return clock_steady_ms() - began;
}

static bool in_time(int64_t ms)
{
	return ms > DEADLINE / 2 && ms < PATIENCE / 2;
}

/* Hundredths of a second that the link of b has computed. */
static long computed(void)
{
	char path[64], line[512] = "";
	unsigned long user = 0, system = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)b.process);
	FILE *file = fopen(path, "r");
	if (file != NULL && fgets(line, sizeof(line), file) != NULL && strrchr(line, ')') != NULL)
		sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
	if (file != NULL)
		fclose(file);
	return (long)(user + system);
}

/* The server library would turn without pause. */
static void test_half_hello(void)
{
	struct buffer got = {0};
	long before = computed();
	test_check(raw_connect_plain(&raw, b.listens) && raw_send(&raw, BYTES("\x16\x03\x01\x02\0\x01")) &&
		raw_read(&raw, &got, NULL) <= 0, "who shakes hands by half is cut");
	long cost = computed() - before;
	test_check(cost < DEADLINE / 10 / 3, "and costs no computing meanwhile: %ld ticks", cost);
	raw_close(&raw);
	buffer_free(&got);
}

static void test_slow_peers(void)
{
	struct buffer got = {0};
	int64_t began = clock_steady_ms();
	test_check(raw_connect_plain(&raw, b.listens) && raw_read(&raw, &got, NULL) <= 0 && got.size == 0 &&
		in_time(clock_steady_ms() - began), "who connects and says nothing is cut");
	raw_close(&raw);
	test_check(raw_connect_plain(&raw, b.listens) && raw_send(&raw, BYTES("\x16\x03\x01\x02\0\x01")) &&
		in_time(drip()),
		"who shakes hands byte by byte is cut");
	raw_close(&raw);
	began = clock_steady_ms();
	test_check(open_raw() && raw_read(&raw, &got, NULL) <= 0 && in_time(clock_steady_ms() - began),
		"a connection without a request is cut");
	raw_close(&raw);
	test_check(open_raw() && raw_send(&raw, BYTES("GET /p/x HTTP/1.1\r\nX: ")) && in_time(drip()) &&
		status_of(BYTES(""), &got) == 408, "a head that comes byte by byte: 408");
	raw_close(&raw);
	test_check(open_raw() &&
		raw_send(&raw, BYTES("POST /p/x HTTP/1.1\r\nHost: b\r\nContent-Length: 9999\r\n\r\n")) &&
		in_time(drip()) && status_of(BYTES(""), &got) == 408 && raw_read(&raw, &got, NULL) <= 0 &&
		memmem(got.data, got.size, "\r\n\r\nthe request was not whole in time\n", 38) != NULL,
		"a body that comes byte by byte: 408");
	raw_close(&raw);
	buffer_free(&got);
}

static void test_slow_keeper(void)
{
	struct buffer got = {0};
	uint32_t id = 0;
	struct message_request request;
	bool good = open_raw() && raw_send(&raw, BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n")) &&
		end_take_request(&b, &id, &request);
	test_check(good && status_of(BYTES(""), &got) == 503, "a keeper that does not answer: 503");
	end_answer(&b, id, 200, BYTES("late"));
	raw_close(&raw);
	test_check(open_raw() && works(&raw), "and its late answer harms nobody");
	raw_close(&raw);
	buffer_free(&got);
}

/* a asks a server that the test plays and that does no more than this. */
static void test_slow_servers(void)
{
	static const char *const replies[] = {NULL, "", "HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"};
	static const char *const names[] = {"that says nothing: tls", "without a reply: http", "with half a head: http",
		"with half a body: http"};
	for (size_t i = 0; i < 4; i++) {
		struct end slow = b, *peers[] = {&slow};
		struct message_reply reply;
		struct buffer got = {0};
		char listens[64];
		uint32_t id = 0;
		int listener = raw_listen(listens);
		snprintf(slow.listens, sizeof(slow.listens), "%s", listens);
		end_tell(&a, NULL, peers, 1);
		struct message_request request = {.party = bytes_string(b.party), .verb = VERB_GET,
			.path = BYTES("/x")};
		int64_t began = clock_steady_ms();
		end_ask(&a, &request);
		bool good = true;
		if (replies[i] != NULL)
			good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "\r\n\r\n") > 0 &&
				raw_send(&raw, bytes_string(replies[i]));
		good = good && end_take_reply(&a, &id, &reply) && reply.cause == (i == 0 ? CAUSE_TLS : CAUSE_HTTP);
		test_check(good && in_time(clock_steady_ms() - began), "a server %s", names[i]);
		if (replies[i] != NULL)
			raw_close(&raw);
		close(listener);
		buffer_free(&got);
	}
}

int main(int argc, char **argv)
{
	static const char *const hasty[] = {"--deadline-ms", DEADLINE_TEXT, NULL};
	ends_start(argc, argv);
	test_start();
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	end_make(&c, "c.example");
	struct end *of_b[] = {&a, &c};
	test_check(end_up(&b, "127.0.0.1:0", of_b, 2), "a link is up");
	test_malformed();
	test_goes_on();
	test_long_heads();
	test_bomb();
	test_too_large();
	test_members();
	test_requests_at_once();
	test_connections();
	test_check(end_stop(&b, NULL) == 0, "it ends");
	end_run(&b, hasty);
	end_tell(&b, "127.0.0.1:0", of_b, 2);
	end_run(&a, hasty);
	end_tell(&a, NULL, NULL, 0);
	test_check(end_ready(&b) && end_ready(&a), "two links with short deadlines are up");
	test_half_hello();
	test_slow_peers();
	test_slow_keeper();
	test_slow_servers();
	test_check(end_stop(&a, NULL) == 0 && end_stop(&b, NULL) == 0, "they end");
	ends_stop();
	return test_end();
}

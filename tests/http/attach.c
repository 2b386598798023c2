/*
 * # Goal of this test: pieces of files go from keeper to keeper by descriptors, both ways, whole or in parts, and cost
 * the links no memory; what was not asked for is not written; what broke off is told to the byte.
 */
#include "ends.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "piece.h"
#include "test.h"
#include "utc.h"

#define SIZE ((size_t)3 << 20)
#define LARGE ((size_t)64 << 20)
#define PATH BYTES("/attachment/00ff")

static struct end a, b;
static uint8_t *content; /* LARGE bytes */

/* ---- files ---- */

static int file_of(size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	return fd >= 0 && piece_write(fd, 0, bytes_of(content, size)) ? fd : -1;
}

static int file_empty(void)
{
	return memfd_create("file", MFD_CLOEXEC);
}

/* Whether the file holds these bytes of the content there, and nothing behind them. */
static bool holds(int fd, size_t first, size_t size)
{
	uint8_t *read = malloc(size + 1);
	size_t got = 0;
	for (ssize_t more = 1; read != NULL && got < size + 1 && more > 0; got += more > 0 ? (size_t)more : 0)
		more = piece_read(fd, first + got, read + got, size + 1 - got);
	bool good = read != NULL && got == size && memcmp(read, content + first, size) == 0;
	free(read);
	return good;
}

/* ---- from link to link ---- */

static struct message_request request_of(enum request_verb verb, struct message_range range)
{
	return (struct message_request){.party = bytes_string(b.party), .verb = verb, .path = PATH, .range = range};
}

/* a asks for that, b gives `given` of a file with that status; the reply at a. */
static bool get(struct message_range asked, unsigned status, struct message_range given, int into,
	struct message_reply *reply)
{
	struct message_request request = request_of(VERB_GET, asked), got;
	uint32_t id = 0, again = 0, sent = end_ask_file(&a, &request, into);
	if (!end_take_request(&b, &id, &got) || got.range.present != asked.present ||
	    got.range.first != asked.first || got.range.size != asked.size || got.head || got.verb != VERB_GET)
		return false;
	int fd = file_of(given.first + given.size);
	struct message_reply answer = {.status = (uint16_t)status, .type = BYTES("application/octet-stream"),
		.range = given};
	end_answer_file(&b, id, &answer, fd);
	close(fd);
	return end_take_reply(&a, &again, reply) && again == sent;
}

static void test_get(void)
{
	static const struct {
		const char *name;
		struct message_range asked, given;
	} pieces[] = {
		{"from its beginning", {true, 0, 0, 0}, {true, 0, SIZE, SIZE}},
		{"from the middle to the end", {true, 1000001, 0, 0}, {true, 1000001, SIZE - 1000001, SIZE}},
		{"a part", {true, 70000, 100000, SIZE}, {true, 70000, 100000, SIZE}},
		{"a byte", {true, SIZE - 1, 1, 0}, {true, SIZE - 1, 1, SIZE}},
		{"less than was asked for", {true, 70000, 100000, 0}, {true, 70000, 10, SIZE}},
	};
	struct message_reply reply;
	int into = file_empty();
	test_check(get((struct message_range){.total = SIZE}, 200, (struct message_range){true, 0, SIZE, SIZE}, into,
		&reply) && reply.status == 200 && reply.moved == SIZE && reply.body.size == 0 && holds(into, 0, SIZE),
		"a file that is asked for whole");
	close(into);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct message_range *given = &pieces[i].given;
		into = file_empty();
		test_check(get(pieces[i].asked, 206, *given, into, &reply) && reply.status == 206 &&
			reply.moved == given->size && reply.range.present && reply.range.first == given->first &&
			reply.range.size == given->size && reply.range.total == SIZE &&
			holds(into, given->first, given->size), "a piece: %s", pieces[i].name);
		close(into);
	}
	into = file_empty();
	struct message_request request = request_of(VERB_GET, (struct message_range){true, SIZE, 0, 0}), got;
	uint32_t id = 0, again = 0, sent = end_ask_file(&a, &request, into);
	bool good = end_take_request(&b, &id, &got);
	struct message_reply outside = {.status = 416, .body = BYTES("no\n"), .range = {true, 0, 0, SIZE}};
	end_answer_file(&b, id, &outside, -1);
	test_check(good && end_take_reply(&a, &again, &reply) && again == sent && reply.status == 416 &&
		reply.range.total == SIZE && reply.range.size == 0 && bytes_is(reply.body, "no\n") &&
		reply.moved == 0 && holds(into, 0, 0), "a range outside: 416, the size, and nothing written");
	close(into);
}

/* b's file is shorter than its keeper said: what came is told, and stays. */
static void test_get_broken(void)
{
	struct message_request request = request_of(VERB_GET, (struct message_range){true, 4096, 0, 0}), got;
	struct message_reply reply, answer = {.status = 206, .range = {true, 4096, SIZE - 4096, SIZE}};
	int into = file_empty(), from = file_of(SIZE / 2);
	uint32_t id = 0, again = 0;
	end_ask_file(&a, &request, into);
	bool good = end_take_request(&b, &id, &got);
	end_answer_file(&b, id, &answer, from);
	good = good && end_take_reply(&a, &again, &reply) && reply.status == 0 && reply.cause == CAUSE_HTTP;
	test_check(good && reply.moved > 0 && reply.moved <= SIZE / 2 - 4096 &&
		holds(into, 4096, (size_t)reply.moved), "a file that ends early: what came is told: %llu",
		(unsigned long long)reply.moved);
	uint64_t moved = good ? reply.moved : 0;
	struct message_range rest = {true, 4096 + moved, SIZE - 4096 - moved, SIZE};
	test_check(get(rest, 206, rest, into, &reply) && holds(into, 4096, SIZE - 4096), "and the rest joins it");
	close(into);
	close(from);
}

/* a brings that of a file; b takes it into another; true if it came as it is. */
static bool put(struct message_range range, int into)
{
	struct message_request request = request_of(VERB_PUT, range), got;
	struct message_reply reply, go_on = {.status = 100}, done = {.status = 200, .body = BYTES("held\n")};
	int from = file_of(SIZE < range.total ? range.total : SIZE);
	uint32_t id = 0, second = 0, again = 0, sent = end_ask_file(&a, &request, from);
	close(from);
	if (!end_take_request(&b, &id, &got) || !got.head || got.verb != VERB_PUT || got.body.size != 0 ||
	    !got.range.present || got.range.first != range.first || got.range.size != range.size ||
	    got.range.total != range.total || !bytes_equal(got.path, PATH))
		return false;
	end_answer_file(&b, id, &go_on, into);
	if (!end_take_request(&b, &second, &got) || second != id || got.head || got.moved != range.size ||
	    got.range.first != range.first || !bytes_is(got.party, a.party) || !bytes_equal(got.path, PATH))
		return false;
	end_answer_file(&b, id, &done, -1);
	return end_take_reply(&a, &again, &reply) && again == sent && reply.status == 200 &&
		bytes_is(reply.body, "held\n") && holds(into, range.first, range.size);
}

static void test_put(void)
{
	int into = file_empty();
	test_check(put((struct message_range){true, 0, SIZE, SIZE}, into), "a file that is brought whole");
	close(into);
	into = file_empty();
	test_check(put((struct message_range){true, 0, 100, SIZE}, into), "its beginning");
	test_check(put((struct message_range){true, 100, SIZE - 100, SIZE}, into) && holds(into, 0, SIZE),
		"and its rest");
	test_check(put((struct message_range){true, SIZE - 1, 1, SIZE}, into), "one byte");
	close(into);
}

/* Answers that come before the body: nothing of it is sent. */
static void test_put_refused(void)
{
	static const unsigned statuses[] = {409, 413, 404, 503, 200};
	int from = file_of(SIZE);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct message_request request = request_of(VERB_PUT, (struct message_range){true, 0, SIZE, SIZE}), got;
		struct message_reply reply;
		uint32_t id = 0, again = 0;
		int64_t began = clock_steady_ms();
		end_ask_file(&a, &request, from);
		bool good = end_take_request(&b, &id, &got) && got.head;
		end_answer(&b, id, statuses[i], BYTES("4096\n"));
		test_check(good && end_take_reply(&a, &again, &reply) && reply.status == statuses[i] &&
			bytes_is(reply.body, "4096\n") && clock_steady_ms() - began < PATIENCE / 4,
			"a file whose head is answered %u", statuses[i]);
	}
	close(from);
	/* What a peer holds is asked for by bringing nothing of it. */
	struct message_request request = request_of(VERB_PUT, (struct message_range){true, 0, 0, SIZE}), got;
	struct message_reply reply;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0, again = 0;
	end_ask(&a, &request);
	bool good = end_take_request(&b, &id, &got) && got.head && got.range.present && got.range.size == 0 &&
		got.range.total == SIZE;
	end_answer_file(&b, id, &go_on, -1);
	good = good && end_take_request(&b, &id, &got) && !got.head && got.moved == 0;
	end_answer(&b, id, 409, BYTES("17\n"));
	test_check(good && end_take_reply(&a, &again, &reply) && reply.status == 409 && bytes_is(reply.body, "17\n"),
		"nothing of a file is brought, to ask");
	test_check(end_quiet(&b, 20), "and the keeper hears no more of any of them");
}

/* ---- a peer that does otherwise ---- */

static struct raw raw;

static bool raw_open(void)
{
	return raw_connect(&raw, b.listens, &a, NULL) >= 0;
}

/* What the keeper of b is asked for that Range. */
static bool asked_as(const char *field, bool present, uint64_t first, uint64_t size)
{
	struct buffer text = {0}, got = {0};
	struct message_request request;
	uint32_t id = 0;
	buffer_format(&text, "GET /p/attachment/00 HTTP/1.1\r\nHost: b\r\nRange: %s\r\n\r\n", field);
	bool good = raw_open() && raw_send(&raw, buffer_bytes(&text)) && end_take_request(&b, &id, &request) &&
		request.range.present == present && request.range.first == first && request.range.size == size;
	struct message_reply reply = {.status = present ? 206 : 200, .range = {true, first, size, 10}};
	int fd = file_of(10);
	if (!present)
		reply.range.size = 10;
	end_answer_file(&b, id, &reply, fd);
	close(fd);
	good = good && raw_read(&raw, &got, "\r\n\r\n") > 0;
	char expected[80];
	snprintf(expected, sizeof(expected), "\r\nContent-Range: bytes %llu-%llu/10\r\n", (unsigned long long)first,
		(unsigned long long)(first + size - 1));
	good = good && (memmem(got.data, got.size, expected, strlen(expected)) != NULL) == present;
	raw_close(&raw);
	buffer_free(&text);
	buffer_free(&got);
	return good;
}

static void test_raw_ranges(void)
{
	test_check(asked_as("bytes=3-5", true, 3, 3), "a Range of one piece is asked for");
	test_check(asked_as("bytes=0-1,3-4", false, 0, 0), "one of two pieces is answered whole");
	test_check(asked_as("bytes=-5", false, 0, 0), "so is one that counts from the end");
	test_check(asked_as("lines=1-2", false, 0, 0), "and one in another unit");
	struct buffer got = {0};
	struct message_request request;
	uint32_t id = 0;
	bool good = raw_open() &&
		raw_send(&raw, BYTES("GET /p/attachment/00 HTTP/1.1\r\nHost: b\r\nRange: bytes=10-\r\n\r\n")) &&
		end_take_request(&b, &id, &request);
	struct message_reply outside = {.status = 416, .range = {true, 0, 0, 10}};
	end_answer_file(&b, id, &outside, -1);
	test_check(good && raw_read(&raw, &got, "\r\n\r\n") > 0 &&
		bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 416 ")) &&
		memmem(got.data, got.size, "\r\nContent-Range: bytes */10\r\n", 29) != NULL,
		"a 416 says how large it is");
	raw_close(&raw);
	buffer_free(&got);
}

/* The head of a PUT that the link refuses by itself. */
static void test_raw_heads(void)
{
	static const struct {
		const char *headers;
		unsigned status;
	} heads[] = {
		{"Content-Range: bytes 0-9/20\r\nContent-Length: 9\r\n", 400},
		{"Content-Range: bytes 0-9/20\r\n", 400},
		{"Content-Range: bytes 0-9/20\r\nTransfer-Encoding: chunked\r\n", 400},
		{"Content-Range: bytes 0-9/9\r\nContent-Length: 10\r\n", 400},
		{"Content-Range: bytes 0-9/*\r\nContent-Length: 10\r\n", 400},
		{"Content-Range: bytes=0-9\r\nContent-Length: 10\r\n", 400},
		{"Content-Range: bytes 0-9/20\r\nContent-Length: 10\r\nContent-Encoding: gzip\r\n", 415},
	};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct buffer text = {0}, got = {0};
		unsigned status = 0;
		buffer_format(&text, "PUT /p/attachment/00 HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\n%s\r\n",
			heads[i].headers);
		if (raw_open() && raw_send(&raw, buffer_bytes(&text)) && raw_read(&raw, &got, "\r\n\r\n") > 0)
			sscanf((const char *)got.data, "HTTP/1.1 %u ", &status);
		test_check(status == heads[i].status, "PUT: %zu: %u, %u expected", i, status, heads[i].status);
		raw_close(&raw);
		buffer_free(&text);
		buffer_free(&got);
	}
	test_check(end_quiet(&b, 20), "and the keeper is asked none of them");
}

#define PUT_10 "PUT /p/attachment/00 HTTP/1.1\r\nHost: b\r\nContent-Range: bytes 0-9/20\r\nContent-Length: 10\r\n\r\n"

/* Who sends the body without waiting finds the answer too, and its connection goes on. */
static void test_raw_impatient(void)
{
	struct buffer got = {0};
	struct message_request request;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0;
	int into = file_empty();
	bool good = raw_open() && raw_send(&raw, BYTES(PUT_10 "0123456789")) && end_take_request(&b, &id, &request) &&
		request.head;
	end_answer(&b, id, 409, BYTES("4\n"));
	good = good && raw_read(&raw, &got, "4\n") > 0 && bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 409 "));
	test_check(good, "a body that does not wait for its refusal is read, and forgotten");
	good = raw_send(&raw, BYTES(PUT_10)) && end_take_request(&b, &id, &request) && request.head;
	end_answer_file(&b, id, &go_on, into);
	good = good && raw_send(&raw, BYTES("01234")) && raw_send(&raw, BYTES("56789")) &&
		end_take_request(&b, &id, &request) && !request.head && request.moved == 10;
	end_answer(&b, id, 200, BYTES("fine"));
	char read[11] = "";
	buffer_clear(&got);
	test_check(good && raw_read(&raw, &got, "fine") > 0 && piece_read(into, 0, read, 11) == 10 &&
		strcmp(read, "0123456789") == 0, "and the same connection brings the next");
	raw_close(&raw);
	close(into);
	buffer_free(&got);
}

/* A PUT ends halfway: the keeper hears how much came, with the same id. */
static void test_raw_broken(void)
{
	struct message_request request;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0, second = 0;
	int into = file_empty();
	bool good = raw_open() && raw_send(&raw, BYTES(PUT_10 "0123")) && end_take_request(&b, &id, &request);
	end_answer_file(&b, id, &go_on, into);
	/* The bytes are there before the end of the connection is. */
	for (int64_t end = clock_steady_ms() + PATIENCE; lseek(into, 0, SEEK_END) < 4 && clock_steady_ms() < end;)
		poll(NULL, 0, 1);
	raw_close(&raw);
	char read[11] = "";
	test_check(good && end_take_request(&b, &second, &request) && second == id && !request.head &&
		request.moved == 4 && request.range.size == 10 && bytes_is(request.path, "/attachment/00") &&
		bytes_is(request.party, a.party) && piece_read(into, 0, read, 10) == 4,
		"a PUT that breaks off after 4 bytes");
	end_answer(&b, second, 200, BYTES("nobody reads this"));
	/* Its caller is gone before the head is judged. */
	good = raw_open() && raw_send(&raw, BYTES(PUT_10)) && end_take_request(&b, &id, &request) && request.head;
	raw_close(&raw);
	end_answer_file(&b, id, &go_on, into);
	test_check(good && end_take_request(&b, &second, &request) && second == id && !request.head &&
		request.moved == 0, "a PUT whose caller is gone before the head is judged");
	end_answer(&b, second, 200, BYTES("nobody reads this"));
	close(into);
	/* A file that cannot be written. */
	into = memfd_create("full", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct buffer got = {0};
	good = fcntl(into, F_ADD_SEALS, F_SEAL_GROW) == 0 && raw_open() && raw_send(&raw, BYTES(PUT_10 "0123456789")) &&
		end_take_request(&b, &id, &request);
	end_answer_file(&b, id, &go_on, into);
	test_check(good && end_take_request(&b, &second, &request) && second == id && request.moved == 0 &&
		raw_read(&raw, &got, NULL) <= 0, "a file that takes nothing: so much is told, and the peer cut");
	end_answer(&b, second, 503, BYTES("nobody reads this"));
	raw_close(&raw);
	close(into);
	buffer_free(&got);
}

/* The node's own address changes while a PUT is under way. */
static void test_raw_moved(struct end *const *of_b)
{
	static struct message_setup setup;
	struct message_request request;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0, second = 0;
	int into = file_empty();
	bool good = raw_open() && raw_send(&raw, BYTES(PUT_10 "0123")) && end_take_request(&b, &id, &request);
	end_answer_file(&b, id, &go_on, into);
	for (int64_t end = clock_steady_ms() + PATIENCE; lseek(into, 0, SEEK_END) < 4 && clock_steady_ms() < end;)
		poll(NULL, 0, 1);
	setup = (struct message_setup){.listen = BYTES("127.0.0.1:0"), .prefix = BYTES("/elsewhere"), .peer_count = 1};
	setup.peers[0] = (struct setup_peer){.party = bytes_string(a.party), .pin_count = 1};
	memcpy(setup.peers[0].pins[0], a.pin, TLS_PIN_SIZE);
	end_tell_setup(&b, &setup);
	test_check(good && end_take_request(&b, &second, &request) && second == id && !request.head &&
		request.moved == 4, "a PUT that ends because the node moves is told too");
	test_check(end_ready(&b), "and it listens anew");
	end_tell(&b, "127.0.0.1:0", of_b, 1);
	test_check(end_ready(&b), "and again");
	raw_close(&raw);
	close(into);
}

/* ---- a server that the test plays ---- */

#define PIECE(range, size, body) \
	"HTTP/1.1 206 P\r\nContent-Range: bytes " range "\r\nContent-Length: " size "\r\n\r\n" body

static const struct {
	const char *name, *reply;
	struct message_range asked;
	uint64_t moved;
	unsigned status;
} servers[] = {
	{"a 200 to a Range", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", {true, 5, 0, 0}, 0, 0},
	{"a 206 to none", PIECE("0-9/10", "10", "0123456789"),
		{.total = 10}, 0, 0},
	{"a 206 without Content-Range", "HTTP/1.1 206 P\r\nContent-Length: 5\r\n\r\n56789", {true, 5, 0, 0}, 0, 0},
	{"a 206 of an earlier piece",
		PIECE("4-9/10", "6", "456789"), {true, 5, 0, 0}, 0, 0},
	{"a 206 of a later piece",
		PIECE("6-9/10", "4", "6789"), {true, 5, 0, 0}, 0, 0},
	{"a 206 of more than was asked for",
		PIECE("5-9/10", "5", "56789"), {true, 5, 4, 0}, 0, 0},
	{"a 206 of a larger whole",
		PIECE("5-9/11", "5", "56789"), {true, 5, 0, 10}, 0, 0},
	{"a 206 that brings more than it says",
		PIECE("5-8/10", "5", "56789"), {true, 5, 0, 0}, 0, 0},
	{"a 206 that brings less",
		PIECE("5-9/10", "4", "5678"), {true, 5, 0, 0}, 4, 0},
	{"a 206 that brings nothing",
		PIECE("5-9/10", "0", ""), {true, 5, 0, 0}, 0, 0},
	{"a 206 that is packed", "HTTP/1.1 206 P\r\nContent-Range: bytes 5-9/10\r\nContent-Encoding: gzip\r\n"
		"Content-Length: 5\r\n\r\n56789", {true, 5, 0, 0}, 0, 0},
	{"a 200 larger than the limit", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", {.total = 9}, 0, 0},
	{"a 206 that breaks off",
		PIECE("5-9/10", "5", "56"), {true, 5, 0, 0}, 2, 0},
	{"a 404", "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno\n", {true, 5, 0, 0}, 0, 404},
	{"a 206 as it should be",
		"HTTP/1.1 206 P\r\ncontent-range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789",
		{true, 5, 0, 0}, 5, 206},
	{"a 200 as it should be", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", {.total = 10}, 10, 200},
};

static void test_servers(void)
{
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct end played = b, *peers[] = {&played};
		struct message_reply reply;
		struct buffer got = {0};
		char listens[64];
		uint32_t id = 0;
		int listener = raw_listen(listens), into = file_empty();
		snprintf(played.listens, sizeof(played.listens), "%s", listens);
		end_tell(&a, NULL, peers, 1);
		struct message_request request = request_of(VERB_GET, servers[i].asked);
		end_ask_file(&a, &request, into);
		bool good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "\r\n\r\n") > 0 &&
			memmem(got.data, got.size, "ncoding:", 8) == NULL &&
			raw_send(&raw, bytes_string(servers[i].reply));
		gnutls_bye(raw.session, GNUTLS_SHUT_WR);
		good = good && end_take_reply(&a, &id, &reply) && reply.status == servers[i].status &&
			(reply.status != 0 || reply.cause == CAUSE_HTTP) && reply.moved == servers[i].moved;
		test_check(good && lseek(into, 0, SEEK_END) ==
			(off_t)(servers[i].moved == 0 ? 0 : servers[i].asked.first + servers[i].moved),
			"a server with %s", servers[i].name);
		raw_close(&raw);
		close(listener);
		close(into);
		buffer_free(&got);
	}
}

/* ---- what it costs ---- */

static void test_large(void)
{
	struct message_range all = {true, 0, LARGE, LARGE};
	struct message_reply reply;
	long before = end_memory(&a) + end_memory(&b), descriptors = end_descriptors(&a) + end_descriptors(&b);
	int into = file_empty();
	int64_t began = clock_steady_ms();
	test_check(get(all, 206, all, into, &reply) && reply.moved == LARGE, "64 MiB are fetched");
	printf("# in %lld ms\n", (long long)(clock_steady_ms() - began));
	test_check(holds(into, 0, LARGE), "as they are");
	began = clock_steady_ms();
	test_check(put(all, into), "64 MiB are brought");
	printf("# in %lld ms\n", (long long)(clock_steady_ms() - began));
	close(into);
	long cost = end_memory(&a) + end_memory(&b) - before;
	if (SANITIZED)
		test_skip("a large file costs no memory", "a build without sanitizers");
	else
		test_check(before > 0 && cost <= 2 * (LINK_FILE_COST_MAX >> 10), "they cost %ld KiB of memory", cost);
	long left = end_descriptors(&a) + end_descriptors(&b);
	test_check(left <= descriptors, "and no descriptor is left: %ld, %ld before", left, descriptors);
}

int main(int argc, char **argv)
{
	ends_start(argc, argv);
	test_start();
	content = malloc(LARGE);
	uint32_t state = 99;
	for (size_t i = 0; content != NULL && i < LARGE; i++) {
		state = state * 1664525 + 1013904223;
		content[i] = (uint8_t)(state >> 24);
	}
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	struct end *of_a[] = {&b}, *of_b[] = {&a};
	test_check(content != NULL && end_up(&b, "127.0.0.1:0", of_b, 1) && end_up(&a, NULL, of_a, 1),
		"two links are up");
	test_get();
	test_get_broken();
	test_put();
	test_put_refused();
	test_large();
	test_raw_ranges();
	test_raw_heads();
	test_raw_impatient();
	test_raw_broken();
	test_raw_moved(of_b);
	test_servers();
	test_check(end_stop(&a, NULL) == 0 && end_stop(&b, NULL) == 0, "they end");
	free(content);
	ends_stop();
	return test_end();
}

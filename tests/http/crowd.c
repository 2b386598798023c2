/*
 * # Goal of this test: crowds of strangers and peers that ask for much, slowly, cost a link an amount of memory and
 * descriptors that has a name, whatever their number; and other peers are served meanwhile.
 */
#include "ends.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "gzip.h"
#include "piece.h"
#include "test.h"
#include "utc.h"

#define HALF_OPEN 2000
#define REFUSED 300
#define DEADLINE_TEXT "400"

static struct end a, b, c, stranger;
static struct bytes large; /* REQUEST_MAX bytes */

/* A request of c's link, over the connection that it keeps, is answered. */
static bool c_is_served(void)
{
	struct message_request request = {.party = bytes_string(b.party), .verb = VERB_POST, .path = BYTES("/x"),
		.body = BYTES("body")};
	struct message_reply reply;
	uint32_t id = 0, again = 0, asked = end_ask(&c, &request);
	bool good = end_take_request(&b, &id, &request) && bytes_is(request.party, c.party);
	end_answer(&b, id, 200, BYTES("yes"));
	return good && end_take_reply(&c, &again, &reply) && again == asked && reply.status == 200;
}

/* The same over a new connection. Strangers who come all the while may cut one that has not yet proved its key. */
static bool c_comes_in(void)
{
	for (int tries = 0; tries < 5; tries++) {
		struct raw raw;
		struct buffer got = {0};
		bool good = raw_connect(&raw, b.listens, &c, NULL) >= 0 &&
			raw_send(&raw, BYTES("GET /q HTTP/1.1\r\nHost: b\r\n\r\n")) &&
			raw_read(&raw, &got, "nothing is here\n") > 0;
		raw_close(&raw);
		buffer_free(&got);
		if (good)
			return true;
	}
	return false;
}

struct cost {
	long memory, descriptors;
};

static struct cost cost_now(void)
{
	return (struct cost){end_memory(&b), end_descriptors(&b)};
}

/* What it has cost since, in memory at its worst, against a bound in bytes. */
static void check_memory(struct cost before, size_t most, const char *what)
{
	long cost = end_memory(&b) - before.memory;
	if (SANITIZED)
		test_skip(what, "a build without sanitizers");
	else
		test_check(before.memory > 0 && cost <= (long)(most >> 10),
			"%s cost %ld KiB of memory, %zu at most", what, cost, most >> 10);
}

/* True when, in time, no more descriptors are left than before. */
static bool gives_back(struct cost before, long more)
{
	int64_t end = clock_steady_ms() + PATIENCE;
	while (end_descriptors(&b) > before.descriptors + more && clock_steady_ms() < end)
		poll(NULL, 0, 5);
	return end_descriptors(&b) <= before.descriptors + more;
}

static bool may_have(rlim_t descriptors)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	return limit.rlim_max >= descriptors && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static void test_half_open(void)
{
	static struct raw strangers[HALF_OPEN];
	if (!may_have(HALF_OPEN + 100)) {
		test_skip("2,000 half-open connections", "so many descriptors");
		return;
	}
	struct cost before = cost_now();
	long most = 0;
	bool good = true, served = true;
	for (size_t i = 0; i < HALF_OPEN; i++) {
		good = raw_connect_plain(&strangers[i], b.listens) && good;
		if (i % 2 == 0) /* half of them by half a hello; who was cut already cannot */
			raw_send(&strangers[i], BYTES("\x16\x03\x01\x02\0\x01"));
		if (i % 100 != 99)
			continue;
		served = c_is_served() && served;
		most = end_descriptors(&b) > most ? end_descriptors(&b) : most;
	}
	test_check(good && served, "2,000 half-open connections, and a peer is served all the while");
	test_check(c_comes_in(), "and comes in");
	test_check(most - before.descriptors <= LINK_HANDSHAKES_MAX + LINK_HANDSHAKES_MAX / 2,
		"they cost %ld descriptors at once", most - before.descriptors);
	check_memory(before, LINK_STRANGERS_COST_MAX, "2,000 half-open connections");
	for (size_t i = 0; i < HALF_OPEN; i++)
		raw_close(&strangers[i]);
	test_check(gives_back(before, 1), "and none when they are gone");
}

/* Strangers that go all the way, to be refused by their key. */
static void test_refused(void)
{
	struct cost before = cost_now();
	struct buffer got = {0};
	bool good = true;
	for (size_t i = 0; i < REFUSED; i++) {
		struct raw raw;
		if (raw_connect(&raw, b.listens, &stranger, NULL) >= 0)
			good = raw_read(&raw, &got, NULL) < 0 && good;
		raw_close(&raw);
	}
	test_check(good && got.size == 0 && c_is_served(), "%d strangers are refused, and a peer is served", REFUSED);
	test_check(end_descriptors(&b) - before.descriptors <= LINK_HANDSHAKES_MAX, "they cost %ld descriptors",
		end_descriptors(&b) - before.descriptors);
	check_memory(before, LINK_STRANGERS_COST_MAX, "their refusals");
	buffer_free(&got);
}

/* One peer asks for eight times the most, and reads nothing. */
static void test_slow_readers(void)
{
	struct raw raws[LINK_REQUESTS_PER_PEER];
	struct cost before = cost_now();
	uint32_t ids[LINK_REQUESTS_PER_PEER] = {0};
	struct message_request request;
	bool good = true;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 &&
			raw_send(&raws[i], BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n")) &&
			end_take_request(&b, &ids[i], &request) && good;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		end_answer(&b, ids[i], 200, large);
	test_check(good && c_is_served(), "8 requests of one peer, answered with 20 MiB each and not read");
	size_t whole = 0, refused = 0;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++) {
		struct buffer got = {0};
		raw_read(&raws[i], &got, "\r\n\r\n");
		whole += bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 200 "));
		refused += bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 429 "));
		raw_close(&raws[i]);
		buffer_free(&got);
	}
	test_check(whole == LINK_HELD_PER_PEER / REQUEST_MAX && whole + refused == LINK_REQUESTS_PER_PEER,
		"%zu of them come, %zu are too much at once", whole, refused);
	check_memory(before, LINK_PEER_COST_MAX, "they");
	test_check(gives_back(before, 1), "no descriptor is left");
}

/* Waits until each of these is refused, or its request taken; how many are taken. */
static size_t ask_or_refuse(struct raw raws[LINK_REQUESTS_PER_PEER], size_t *refused)
{
	struct pollfd pollers[LINK_REQUESTS_PER_PEER + 1];
	size_t asked = 0;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		pollers[i] = (struct pollfd){raws[i].fd, POLLIN, 0};
	pollers[LINK_REQUESTS_PER_PEER] = (struct pollfd){channel_fd(b.channel), POLLIN, 0};
	while (asked + *refused < LINK_REQUESTS_PER_PEER && poll(pollers, LINK_REQUESTS_PER_PEER + 1, PATIENCE) > 0) {
		struct message_request request;
		uint32_t id = 0;
		if (pollers[LINK_REQUESTS_PER_PEER].revents != 0) {
			asked += end_take_request(&b, &id, &request);
			end_answer(&b, id, 200, BYTES("yes"));
		}
		for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++) {
			struct buffer got = {0};
			if (pollers[i].revents != 0 && raw_read(&raws[i], &got, "\r\n\r\n") > 0)
				*refused += bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 429 "));
			if (pollers[i].revents != 0)
				pollers[i].fd = -1;
			buffer_free(&got);
		}
	}
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		raw_close(&raws[i]);
	return asked;
}

/* One peer brings much, on many connections, and none of it whole. */
static void test_slow_writers(void)
{
	struct raw raws[LINK_REQUESTS_PER_PEER];
	struct cost before = cost_now();
	bool good = true;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 &&
			raw_send(&raws[i], BYTES("POST /p/x HTTP/1.1\r\nHost: b\r\n"
				"Content-Length: 20971520\r\n\r\n")) && good;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_send(&raws[i], bytes_of(large.data, REQUEST_MAX - 1)) && good;
	test_check(good && c_is_served(), "8 bodies of 20 MiB but for a byte");
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		raw_send(&raws[i], BYTES("x"));
	size_t refused = 0, asked = ask_or_refuse(raws, &refused);
	test_check(asked == LINK_HELD_PER_PEER / REQUEST_MAX && asked + refused == LINK_REQUESTS_PER_PEER,
		"%zu of them are taken, %zu are too much at once", asked, refused);
	check_memory(before, LINK_PEER_COST_MAX, "they");
}

/* Eight bombs at once. */
static void test_bombs(void)
{
	struct buffer plain = {.limit = (size_t)1 << 30}, packed = {.limit = (size_t)1 << 30}, request = {0}, got = {0};
	uint8_t *zeros = buffer_extend(&plain, (size_t)128 << 20);
	if (zeros != NULL)
		memset(zeros, 0, plain.size);
	gzip_pack(&packed, buffer_bytes(&plain));
	buffer_free(&plain);
	buffer_format(&request, "POST /p/x HTTP/1.1\r\nHost: b\r\nContent-Encoding: gzip\r\n"
		"Content-Length: %zu\r\n\r\n", packed.size);
	buffer_add(&request, buffer_bytes(&packed));
	struct raw raws[LINK_REQUESTS_PER_PEER];
	struct cost before = cost_now();
	size_t refused = 0;
	bool good = true;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 && good;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		good = raw_send(&raws[i], buffer_bytes(&request)) && good;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++) {
		buffer_clear(&got);
		good = raw_read(&raws[i], &got, "\r\n\r\n") > 0 && good;
		refused += bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 413 ")) ||
			bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 429 "));
		raw_close(&raws[i]);
	}
	test_check(good && refused == LINK_REQUESTS_PER_PEER && c_is_served(), "8 times 128 MiB in gzip are refused");
	check_memory(before, LINK_PEER_COST_MAX, "they");
	buffer_free(&packed);
	buffer_free(&request);
	buffer_free(&got);
}

/* ---- b with short deadlines ---- */

static int file_of(size_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	return fd >= 0 && ftruncate(fd, (off_t)size) == 0 ? fd : -1;
}

/* A body for a file that comes byte by byte ends when its time is over, and the keeper hears how far it came. */
static void test_slow_file(void)
{
	struct raw raw;
	struct buffer got = {0};
	struct message_request request;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0, again = 0;
	int into = file_of(0);
	bool good = raw_connect(&raw, b.listens, &a, NULL) >= 0 &&
		raw_send(&raw, BYTES("PUT /p/attachment/00 HTTP/1.1\r\nHost: b\r\nContent-Length: 67108864\r\n"
			"Content-Range: bytes 0-67108863/67108864\r\n\r\n")) &&
		end_take_request(&b, &id, &request) && request.head;
	end_answer_file(&b, id, &go_on, into);
	struct pollfd poller = {raw.fd, POLLIN, 0};
	for (int64_t end = clock_steady_ms() + PATIENCE; clock_steady_ms() < end && poll(&poller, 1, 30) == 0;)
		if (!raw_send(&raw, BYTES("x")))
			break;
	good = good && raw_read(&raw, &got, "\r\n\r\n") > 0 && bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 408 "));
	test_check(good && end_take_request(&b, &again, &request) && again == id && !request.head &&
		request.moved > 0 && request.moved < 100 &&
		lseek(into, 0, SEEK_END) == (off_t)request.moved,
		"a file that comes byte by byte: 408, and so much came");
	end_answer(&b, again, 200, BYTES("nobody reads this"));
	raw_close(&raw);
	close(into);
	buffer_free(&got);
}

/* A keeper that does not judge a head in time: the peer gets 503, the keeper is told that nothing comes. */
static void test_slow_judgement(void)
{
	struct raw raw;
	struct buffer got = {0};
	struct cost before = cost_now();
	struct message_request request;
	struct message_reply go_on = {.status = 100};
	uint32_t id = 0, again = 0;
	int into = file_of(0);
	bool good = raw_connect(&raw, b.listens, &a, NULL) >= 0 &&
		raw_send(&raw, BYTES("PUT /p/attachment/00 HTTP/1.1\r\nHost: b\r\nContent-Length: 10\r\n"
			"Expect: 100-continue\r\nContent-Range: bytes 0-9/10\r\n\r\n")) &&
		end_take_request(&b, &id, &request) && request.head;
	good = good && raw_read(&raw, &got, "\r\n\r\n") > 0 && bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 503 "));
	test_check(good && end_take_request(&b, &again, &request) && again == id && !request.head && request.moved == 0,
		"a head that nobody judges: 503, and the keeper hears that nothing comes");
	end_answer_file(&b, id, &go_on, into);
	end_answer(&b, again, 200, BYTES("nobody reads this"));
	raw_close(&raw);
	test_check(gives_back(before, 0), "and its late file is closed");
	close(into);
	buffer_free(&got);
}

/* Who asks for a file and does not read it costs no memory, and not for ever. */
static void test_unread_files(void)
{
	struct raw raws[LINK_REQUESTS_PER_PEER];
	struct cost before = cost_now();
	struct message_request request;
	struct message_reply reply = {.status = 200,
		.range = {true, 0, ATTACHMENT_MAX_DEFAULT, ATTACHMENT_MAX_DEFAULT}};
	int from = file_of(ATTACHMENT_MAX_DEFAULT), small = 4096;
	bool good = true;
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++) {
		uint32_t id = 0;
		good = raw_connect(&raws[i], b.listens, &a, NULL) >= 0 &&
			setsockopt(raws[i].fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0 &&
			raw_send(&raws[i], BYTES("GET /p/attachment/00 HTTP/1.1\r\nHost: b\r\n\r\n")) &&
			end_take_request(&b, &id, &request) && good;
		end_answer_file(&b, id, &reply, from);
	}
	close(from);
	test_check(good && c_is_served(), "8 files that nobody reads, and another peer is served");
	check_memory(before, LINK_REQUESTS_PER_PEER * LINK_FILE_COST_MAX, "they");
	int64_t began = clock_steady_ms();
	good = gives_back(before, 0);
	test_check(good, "they end when their time is over: %lld ms", (long long)(clock_steady_ms() - began));
	for (size_t i = 0; i < LINK_REQUESTS_PER_PEER; i++)
		raw_close(&raws[i]);
}

static bool start_b(const char *const *options)
{
	struct end *of_b[] = {&a, &c}, *of_c[] = {&b};
	end_run(&b, options);
	end_tell(&b, "127.0.0.1:0", of_b, 2);
	if (!end_ready(&b))
		return false;
	end_tell(&c, NULL, of_c, 1);
	return c_is_served();
}

int main(int argc, char **argv)
{
	static const char *const hasty[] = {"--deadline-ms", DEADLINE_TEXT, NULL};
	ends_start(argc, argv);
	test_start();
	uint8_t *data = malloc(REQUEST_MAX);
	if (data == NULL)
		return 99;
	memset(data, 'x', REQUEST_MAX);
	large = bytes_of(data, REQUEST_MAX);
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	end_make(&c, "c.example");
	end_make(&stranger, "stranger.example");
	test_check(end_up(&c, NULL, NULL, 0) && start_b(NULL), "two links are up");
	test_half_open();
	test_refused();
	test_bombs();
	test_slow_writers();
	test_slow_readers();
	end_stop(&b, NULL);
	test_check(start_b(hasty), "one with short deadlines");
	test_slow_file();
	test_slow_judgement();
	test_unread_files();
	test_check(end_stop(&b, NULL) == 0 && end_stop(&c, NULL) == 0, "they end");
	free(data);
	ends_stop();
	return test_end();
}

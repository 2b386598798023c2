/*
 * # Goal of this test: where strangers are let in (a witness), whoever calls is heard, with a key and without; they cannot
 * cost more than strangers may, by size, by slowness or by number, and a peer is served beside them.
 */
#include "ends.h"

#include <stdlib.h>

#include "test.h"

#define CROWD 100 /* more than may be there at once */

static struct end a, b, stranger, witness;

#define HEAD "POST /p/add-checkpoint HTTP/1.1\r\nHost: b\r\n"

/* Asks; its request reaches the owner of b under that name. */
static bool is_heard(const struct end *identity, const char *name)
{
	struct raw raw;
	struct buffer got = {0};
	struct message_request request = {0};
	uint32_t id = 0;
	bool good = raw_connect(&raw, b.listens, identity, NULL) >= 0 &&
		raw_send(&raw, BYTES(HEAD "Content-Length: 1\r\n\r\nx")) && end_take_request(&b, &id, &request) &&
		bytes_is(request.party, name) && bytes_is(request.path, "/add-checkpoint") && bytes_is(request.body, "x");
	if (good)
		end_answer(&b, id, 200, BYTES("yes"));
	good = good && raw_read(&raw, &got, "yes") > 0;
	buffer_free(&got);
	raw_close(&raw);
	return good;
}

/* What a request without a key gets, before the owner hears of it. */
static bool gets(struct bytes head, size_t body, const char *tail, const char *status)
{
	struct raw raw;
	struct buffer request = {0}, got = {0};
	buffer_add(&request, head);
	memset(buffer_extend(&request, body + 1), 'x', body + 1);
	buffer_cut(&request, head.size + body);
	buffer_string(&request, tail);
	bool good = raw_connect(&raw, b.listens, NULL, NULL) >= 0;
	raw_send(&raw, buffer_bytes(&request)); /* the answer may come before its end */
	raw_read(&raw, &got, "\r\n\r\n");
	good = good && bytes_start(buffer_bytes(&got), bytes_string(status)) && end_quiet(&b, 20);
	buffer_free(&request);
	buffer_free(&got);
	raw_close(&raw);
	return good;
}

static void test_bounds(void)
{
	test_check(gets(BYTES(HEAD "Content-Length: 65537\r\n\r\n"), 65537, "", "HTTP/1.1 413"), "a body of 65,537 bytes is refused");
	test_check(gets(BYTES(HEAD "Transfer-Encoding: chunked\r\n\r\n20000\r\n"), 0x20000, "\r\n0\r\n\r\n", "HTTP/1.1 413"),
		"so is one whose size nobody announced");
	test_check(gets(BYTES("PUT /p/attachment/00 HTTP/1.1\r\nHost: b\r\nContent-Range: bytes 0-0/1\r\nContent-Length: 1\r\n\r\n"), 1,
		"", "HTTP/1.1 405"), "nothing is taken by PUT");
	test_check(gets(BYTES(HEAD "Content-Length: 9\r\n\r\n"), 2, "", "HTTP/1.1 408"), "who is slow is not waited for");
}

static void test_crowd(void)
{
	static struct raw crowd[CROWD];
	size_t let_in = 0;
	long before = end_descriptors(&b);
	for (size_t i = 0; i < CROWD; i++)
		let_in += raw_connect(&crowd[i], b.listens, NULL, NULL) >= 0;
	test_check(let_in == CROWD && is_heard(&a, "a.example"), "a peer is served beside a crowd");
	test_check(is_heard(NULL, ""), "and so is who comes last");
	long left = end_descriptors(&b) - before;
	test_check(left <= LINK_HANDSHAKES_MAX, "of the crowd no more than strangers may be are left: %ld", left);
	for (size_t i = 0; i < CROWD; i++)
		raw_close(&crowd[i]);
}

static void tell(void)
{
	static struct message_setup setup;
	setup = (struct message_setup){.listen = BYTES("127.0.0.1:0"), .prefix = BYTES("/p"), .strangers = true,
		.peer_count = 2};
	setup.peers[0] = (struct setup_peer){.party = BYTES("a.example"), .pin_count = 1};
	memcpy(setup.peers[0].pins[0], a.pin, TLS_PIN_SIZE);
	setup.peers[1] = (struct setup_peer){.party = BYTES("w.example/witness"), .pin_count = 1, .called_only = true};
	memcpy(setup.peers[1].pins[0], witness.pin, TLS_PIN_SIZE);
	end_tell_setup(&b, &setup);
}

int main(int argc, char **argv)
{
	static const char *const options[] = {"--deadline-ms", "1000", NULL};
	test_start();
	ends_start(argc, argv);
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	end_make(&stranger, "s.example");
	end_make(&witness, "w.example");
	end_run(&b, options);
	tell();
	test_check(end_ready(&b), "it listens");
	test_check(is_heard(&a, "a.example"), "a peer is known by its key");
	test_check(is_heard(NULL, ""), "who shows no key is heard, and has no name");
	test_check(is_heard(&stranger, ""), "so is who shows an unknown one");
	test_check(is_heard(&witness, ""), "one that is only called has no name when it calls");
	test_bounds();
	test_crowd();
	test_check(end_stop(&b, NULL) == 0, "it ends in order");
	ends_stop();
	return test_end();
}

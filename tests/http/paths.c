/*
 * # Goal of this test: of several addresses of a peer the first that connects carries, side by side with one that is
 * slow, and every one that was tried is told; of two keys of a peer both are good, and which one it showed is told.
 */
#include "ends.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"
#include "utc.h"

#define SLOW_TEXT "50"
#define AGAIN 300
#define AGAIN_TEXT "300"

static struct end a, b, other;
static struct message_setup setup;

/* ---- addresses ---- */

static char texts[SETUP_ADDRESSES_MAX][160];

static struct setup_peer *know(struct end *peer)
{
	memset(&setup, 0, sizeof(setup));
	setup.peer_count = 1;
	setup.peers[0] = (struct setup_peer){.party = bytes_string(peer->party), .pin_count = 1};
	memcpy(setup.peers[0].pins[0], peer->pin, TLS_PIN_SIZE);
	return &setup.peers[0];
}

/* a knows b at these. */
static void know_at(const char *const *host_ports, size_t count)
{
	struct setup_peer *peer = know(&b);
	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "https://%s/p", host_ports[i]);
		peer->addresses[i] = bytes_string(texts[i]);
	}
	peer->address_count = count;
	end_tell_setup(&a, &setup);
}

static uint32_t ask(void)
{
	struct message_request request = {.party = bytes_string(b.party), .verb = VERB_POST, .path = BYTES("/x"),
		.body = BYTES("body")};
	return end_ask(&a, &request);
}

/* Asks, lets b answer; the reply. */
static bool served(struct message_reply *reply)
{
	struct message_request request;
	uint32_t id = 0, again = 0, asked = ask();
	if (!end_take_request(&b, &id, &request) || !bytes_is(request.body, "body"))
		return false;
	end_answer(&b, id, 200, BYTES("yes"));
	return end_take_reply(&a, &again, reply) && again == asked && reply->status == 200 &&
		bytes_is(reply->body, "yes");
}

/* An attempt at an address, by its number in texts[], and how it ended. */
struct reply_tried {
	size_t address;
	enum reply_cause cause;
};

static bool tried(const struct message_reply *reply, const struct reply_tried *expected, size_t count)
{
	bool good = reply->attempt_count == count;
	for (size_t i = 0; good && i < count; i++)
		good = bytes_is(reply->attempts[i].address, texts[expected[i].address]) &&
			reply->attempts[i].cause == expected[i].cause;
	for (size_t i = 0; !good && i < reply->attempt_count; i++)
		printf("# %.*s: %s\n", BYTES_SHOWN(reply->attempts[i].address),
			reply_cause_name(reply->attempts[i].cause));
	return good;
}

#define TRIED(reply, ...) tried(reply, (struct reply_tried[]){__VA_ARGS__}, \
	sizeof((struct reply_tried[]){__VA_ARGS__}) / sizeof(struct reply_tried))

static void test_refused(void)
{
	char dead[64];
	struct message_reply reply;
	close(raw_listen(dead));
	const char *both[] = {dead, b.listens};
	know_at(both, 2);
	test_check(served(&reply) && TRIED(&reply, {0, CAUSE_CONNECT}, {1, CAUSE_NONE}) &&
		bytes_is(reply.address, texts[1]), "where the first address refuses the second serves");
	test_check(served(&reply) && TRIED(&reply, {1, CAUSE_NONE}), "and is asked first the next time");
	const char *wrong[] = {other.listens, b.listens};
	know_at(wrong, 2);
	test_check(served(&reply) && TRIED(&reply, {0, CAUSE_KEY}, {1, CAUSE_NONE}),
		"so where another key is at the first");
	const char *all[SETUP_ADDRESSES_MAX];
	struct reply_tried expected[SETUP_ADDRESSES_MAX];
	for (size_t i = 0; i < SETUP_ADDRESSES_MAX; i++) {
		all[i] = dead;
		expected[i] = (struct reply_tried){i, CAUSE_CONNECT};
	}
	know_at(all, SETUP_ADDRESSES_MAX);
	uint32_t id = 0, asked = ask();
	test_check(end_take_reply(&a, &id, &reply) && id == asked && reply.cause == CAUSE_CONNECT &&
		tried(&reply, expected, SETUP_ADDRESSES_MAX), "16 addresses that refuse are all told");
}

/* True when a connection waits there; it is taken, and nothing is said. */
static bool accept_plain(struct raw *raw, int listener)
{
	struct pollfd poller = {listener, POLLIN, 0};
	*raw = (struct raw){.fd = poll(&poller, 1, PATIENCE) == 1 ? accept(listener, NULL, NULL) : -1};
	return raw->fd >= 0;
}

static void test_slow(void)
{
	char hole[64], second_hole[64];
	struct message_reply reply;
	struct raw raw, second;
	struct buffer got = {0};
	int listener = raw_listen(hole), second_listener = raw_listen(second_hole);
	const char *addresses[] = {hole, second_hole, b.listens};
	know_at(addresses, 3);
	uint32_t id = 0, again = 0, asked = ask();
	struct message_request request;
	bool good = accept_plain(&raw, listener) && accept_plain(&second, second_listener) &&
		end_take_request(&b, &id, &request);
	test_check(good, "three addresses side by side, where two take no handshake");
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(end_take_reply(&a, &again, &reply) && again == asked && reply.status == 200 &&
		TRIED(&reply, {0, CAUSE_TLS}, {1, CAUSE_TLS}, {2, CAUSE_NONE}), "each is told");
	test_check(raw_read(&raw, &got, NULL) == 0 && raw_read(&second, &got, NULL) == 0, "the slow ones are dropped");
	raw_close(&raw);
	raw_close(&second);
	buffer_free(&got);
	/* In time the preferred one gets its chance again, and takes it. */
	test_check(served(&reply) && TRIED(&reply, {2, CAUSE_NONE}), "the one that served is asked alone");
	int64_t began = clock_steady_ms();
	good = true;
	do
		good = served(&reply);
	while (good && reply.attempt_count == 1 && clock_steady_ms() < began + PATIENCE);
	test_check(good && clock_steady_ms() >= began + AGAIN / 2 &&
		TRIED(&reply, {0, CAUSE_TLS}, {1, CAUSE_TLS}, {2, CAUSE_NONE}),
		"the preferred one is tried again later");
	close(listener);
	close(second_listener);
	struct end back = b, *of_back[] = {&a};
	test_check(end_up(&back, hole, of_back, 1), "the preferred one is back");
	do
		good = served(&reply);
	while (good && reply.attempts[0].cause == CAUSE_TLS && clock_steady_ms() < began + PATIENCE);
	for (;;) {
		asked = ask();
		struct pollfd pollers[] = {{channel_fd(b.channel), POLLIN, 0}, {channel_fd(back.channel), POLLIN, 0}};
		poll(pollers, 2, PATIENCE);
		struct end *serves = pollers[1].revents != 0 ? &back : &b;
		good = good && end_take_request(serves, &id, &request);
		end_answer(serves, id, 200, BYTES("yes"));
		good = good && end_take_reply(&a, &again, &reply);
		if (!good || serves == &back || clock_steady_ms() > began + PATIENCE)
			break;
	}
	test_check(good && bytes_is(reply.address, texts[0]), "and serves");
	end_stop(&back, NULL);
}

/* After the handshake nothing of a reply comes: the request goes to the next address too. */
static void test_breaks(void)
{
	char breaks[64];
	struct message_reply reply;
	struct message_request request;
	struct raw raw;
	struct buffer got = {0};
	uint32_t id = 0, again = 0;
	int listener = raw_listen(breaks);
	const char *addresses[] = {breaks, b.listens};
	know_at(addresses, 2);
	uint32_t asked = ask();
	bool good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "body") > 0;
	raw_close(&raw);
	good = good && end_take_request(&b, &id, &request) && bytes_is(request.body, "body");
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(good && end_take_reply(&a, &again, &reply) && again == asked &&
		TRIED(&reply, {0, CAUSE_HTTP}, {1, CAUSE_NONE}),
		"a connection that breaks after the request: the next");
	/* But a file goes on where it broke off, and that is for the keeper to ask. */
	know_at(addresses, 2);
	request = (struct message_request){.party = bytes_string(b.party), .verb = VERB_GET, .path = BYTES("/x"),
		.range = {.total = 10}};
	int into = memfd_create("file", MFD_CLOEXEC);
	asked = end_ask_file(&a, &request, into);
	buffer_clear(&got);
	good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "\r\n\r\n") > 0 &&
		raw_send(&raw, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"));
	gnutls_bye(raw.session, GNUTLS_SHUT_WR);
	test_check(good && end_take_reply(&a, &again, &reply) && again == asked && reply.moved == 4 &&
		reply.cause == CAUSE_HTTP && TRIED(&reply, {0, CAUSE_HTTP}) && end_quiet(&b, 20),
		"a file that breaks off is not asked for again");
	raw_close(&raw);
	close(into);
	close(listener);
	buffer_free(&got);
}

/* Two that connect at once: one of them carries the request, the other hears nothing. */
static void test_once(void)
{
	char slow[64];
	struct message_reply reply;
	struct message_request request;
	struct raw raw;
	struct buffer got = {0};
	uint32_t id = 0, again = 0;
	int listener = raw_listen(slow);
	const char *addresses[] = {slow, b.listens};
	know_at(addresses, 2);
	uint32_t asked = ask();
	bool good = end_take_request(&b, &id, &request);
	/* b has the request and has not answered: who comes second is too late. */
	int how = raw_accept(&raw, listener, &b, NULL);
	if (how >= 0)
		raw_read(&raw, &got, NULL);
	test_check(good && got.size == 0, "a request is under way to one address only");
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(end_take_reply(&a, &again, &reply) && again == asked && reply.status == 200, "and served there");
	raw_close(&raw);
	close(listener);
	buffer_free(&got);
}

/* A connection that is there and dead, as one that was kept while its path died. */
static void test_stalls(void)
{
	static const char *const hasty[] = {"--slow-ms", SLOW_TEXT, "--stall-ms", "100", NULL};
	char dead[64];
	struct message_reply reply;
	struct message_request request;
	struct raw raw;
	struct buffer got = {0};
	uint32_t id = 0, again = 0;
	int listener = raw_listen(dead);
	const char *addresses[] = {dead, b.listens};
	end_stop(&a, NULL);
	end_run(&a, hasty);
	end_tell(&a, NULL, NULL, 0);
	test_check(end_ready(&a), "a link that is soon tired");
	know_at(addresses, 2);
	uint32_t asked = ask();
	bool good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "body") > 0 &&
		end_take_request(&b, &id, &request) && bytes_is(request.body, "body");
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(good && end_take_reply(&a, &again, &reply) && again == asked && reply.status == 200 &&
		TRIED(&reply, {0, CAUSE_HTTP}, {1, CAUSE_NONE}), "a connection on which nothing moves: the next");
	raw_close(&raw);
	/* With no other to go to it has its whole time. */
	know_at(addresses, 1);
	asked = ask();
	buffer_clear(&got);
	good = raw_accept(&raw, listener, &b, NULL) >= 0 && raw_read(&raw, &got, "body") > 0 && end_quiet(&a, 150) &&
		raw_send(&raw, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"));
	test_check(good && end_take_reply(&a, &again, &reply) && again == asked && bytes_is(reply.body, "late"),
		"the only address may take its time");
	raw_close(&raw);
	close(listener);
	buffer_free(&got);
}

/* ---- keys ---- */

/* b knows a party "a.example" by these keys. */
static void b_knows(const struct end *first, const struct end *second)
{
	struct setup_peer *peer = know(&a);
	setup.listen = BYTES("127.0.0.1:0");
	setup.prefix = BYTES("/p");
	memcpy(peer->pins[0], first->pin, TLS_PIN_SIZE);
	if (second != NULL)
		memcpy(peer->pins[peer->pin_count++], second->pin, TLS_PIN_SIZE);
	end_tell_setup(&b, &setup);
}

/* A request over this connection comes as the party's, with that pin. */
static bool comes(struct raw *raw, unsigned pin)
{
	struct message_request request;
	struct buffer got = {0};
	uint32_t id = 0;
	bool good = raw_send(raw, BYTES("GET /p/x HTTP/1.1\r\nHost: b\r\n\r\n")) &&
		end_take_request(&b, &id, &request) && bytes_is(request.party, a.party) && request.pin == pin;
	if (id != 0)
		end_answer(&b, id, 200, BYTES("yes"));
	good = good && raw_read(raw, &got, "yes") > 0;
	buffer_free(&got);
	return good;
}

static void test_incoming_keys(void)
{
	struct raw old, new;
	struct buffer got = {0};
	b_knows(&other, &a);
	test_check(raw_connect(&old, b.listens, &a, NULL) >= 0 && comes(&old, 1), "who shows its old key comes in");
	test_check(raw_connect(&new, b.listens, &other, NULL) >= 0 && comes(&new, 0), "who shows its new key does too");
	b_knows(&a, &other);
	test_check(comes(&old, 0) && comes(&new, 1), "and stays, whichever is named first");
	b_knows(&other, NULL);
	test_check(raw_read(&old, &got, NULL) <= 0, "until the old one is taken away");
	test_check(comes(&new, 0), "which is no matter of the new one");
	raw_close(&old);
	raw_close(&new);
	buffer_free(&got);
	b_knows(&a, NULL);
}

/* a knows b by these pins, NULL for one that nobody has. */
static void a_knows(const uint8_t *first, const uint8_t *second)
{
	static const uint8_t nobody[TLS_PIN_SIZE] = {0xee};
	struct setup_peer *peer = know(&b);
	snprintf(texts[0], sizeof(texts[0]), "https://%s/p", b.listens);
	peer->addresses[0] = bytes_string(texts[0]);
	peer->address_count = 1;
	peer->pin_count = 2;
	memcpy(peer->pins[0], first == NULL ? nobody : first, TLS_PIN_SIZE);
	memcpy(peer->pins[1], second == NULL ? nobody : second, TLS_PIN_SIZE);
	end_tell_setup(&a, &setup);
}

static void test_outgoing_keys(void)
{
	struct message_reply reply;
	struct message_request request;
	uint32_t id = 0, again = 0;
	a_knows(NULL, b.pin);
	test_check(served(&reply) && reply.pin == 1, "a peer that shows its old key is asked");
	a_knows(b.pin, NULL);
	test_check(served(&reply) && reply.pin == 0, "one that shows its new key too");
	ask();
	bool good = end_take_request(&b, &id, &request);
	a_knows(other.pin, b.pin);
	struct message_request nobody = {.party = BYTES("nobody.example"), .verb = VERB_GET, .path = BYTES("/x")};
	end_ask(&a, &nobody);
	good = good && end_take_reply(&a, &again, &reply) && reply.cause == CAUSE_NO_ADDRESS; /* it has heard that */
	end_answer(&b, id, 200, BYTES("yes"));
	test_check(good && end_take_reply(&a, &again, &reply) && reply.status == 200 && reply.pin == 1,
		"what is under way to a key that stays goes on");
	ask();
	good = end_take_request(&b, &id, &request);
	a_knows(NULL, other.pin);
	test_check(good && end_take_reply(&a, &again, &reply) && reply.cause == CAUSE_NO_ADDRESS,
		"what is under way to a key that goes does not");
	end_answer(&b, id, 200, BYTES("nobody reads this"));
	ask();
	test_check(end_take_reply(&a, &again, &reply) && reply.cause == CAUSE_KEY,
		"and neither of two wrong keys is asked");
}

/* ---- an identity of its own that changes ---- */

static int open_of(const struct end *end, const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", end->directory, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Whether that is what the other side has shown. */
static bool shows(const struct raw *raw, const struct end *identity)
{
	uint8_t pin[TLS_PIN_SIZE];
	unsigned count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(raw->session, &count);
	return count != 0 && tls_pin(bytes_of(chain[0].data, chain[0].size), pin) &&
		memcmp(pin, identity->pin, sizeof(pin)) == 0;
}

/* b is told to show this one, and that "a.example" is at that address. */
static bool b_shows(const struct end *identity, const char *host_port)
{
	struct setup_peer *peer = know(&a);
	setup.listen = BYTES("127.0.0.1:0");
	setup.prefix = BYTES("/p");
	memcpy(setup.own, identity->pin, sizeof(setup.own));
	snprintf(texts[0], sizeof(texts[0]), "https://%s/p", host_port);
	peer->addresses[0] = bytes_string(texts[0]);
	peer->address_count = 1;
	end_tell_setup(&b, &setup);
	return end_ready(&b);
}

/* At its server and at its client. */
static bool b_shows_both(const struct end *identity, int listener)
{
	struct raw raw;
	struct message_request request = {.party = bytes_string(a.party), .verb = VERB_GET, .path = BYTES("/x")};
	struct message_reply reply;
	struct buffer got = {0};
	uint32_t id = 0;
	bool good = raw_connect(&raw, b.listens, &a, NULL) >= 0 && shows(&raw, identity);
	raw_close(&raw);
	end_ask(&b, &request);
	good = raw_accept(&raw, listener, &a, NULL) >= 0 && shows(&raw, identity) && good &&
		raw_read(&raw, &got, "\r\n\r\n") > 0 &&
		raw_send(&raw, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) &&
		end_take_reply(&b, &id, &reply) && reply.status == 200;
	raw_close(&raw);
	buffer_free(&got);
	return good;
}

static void test_identity(void)
{
	char listens[64];
	int listener = raw_listen(listens);
	struct frame frame = {.type = MESSAGE_IDENTITY, .descriptor_count = 2,
		.descriptors = {open_of(&other, TLS_KEY_FILE), open_of(&other, TLS_CERTIFICATE_FILE)}};
	bool good = channel_send(b.channel, &frame) == RULE_OK;
	close(frame.descriptors[0]);
	close(frame.descriptors[1]);
	b_knows(&a, NULL);
	test_check(good && b_shows(&other, listens) && b_shows_both(&other, listener), "a new identity is shown");
	test_check(b_shows(&b, listens) && b_shows_both(&b, listener), "and the one before again");
	close(listener);
}

int main(int argc, char **argv)
{
	static const char *const hasty[] = {"--slow-ms", SLOW_TEXT, "--again-ms", AGAIN_TEXT, NULL};
	ends_start(argc, argv);
	test_start();
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	end_make(&other, "b.example");
	struct end *of_b[] = {&a};
	end_run(&a, hasty);
	end_tell(&a, NULL, NULL, 0);
	test_check(end_ready(&a) && end_up(&b, "127.0.0.1:0", of_b, 1) && end_up(&other, "127.0.0.1:0", of_b, 1),
		"three links are up");
	test_refused();
	test_slow();
	test_breaks();
	test_once();
	test_stalls();
	test_incoming_keys();
	test_outgoing_keys();
	test_identity();
	test_check(end_stop(&a, NULL) == 0 && end_stop(&b, NULL) == 0 && end_stop(&other, NULL) == 0, "they end");
	ends_stop();
	return test_end();
}

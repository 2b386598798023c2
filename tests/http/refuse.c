/*
 * # Goal of this test: who has not the right key is refused in the handshake, before HTTP is read or sent, on both
 * sides; and every failure on the way to a peer is called what it is.
 */
#include "ends.h"

#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#include "gzip.h"
#include "test.h"

static struct end a, b, stranger, impostor, thief;

#define REQUEST "POST /p/add-entries HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx"

/* ---- at the server ---- */

/* Tries a request with that certificate: true when neither an answer came nor the keeper of b was asked. */
static bool is_refused(const struct end *identity, const char *priorities, int *alert)
{
	struct raw raw;
	struct buffer got = {0};
	int how = raw_connect(&raw, b.listens, identity, priorities);
	/* In TLS 1.3 the server's verdict comes after the client's handshake. */
	if (how >= 0)
		how = raw_send(&raw, BYTES(REQUEST)) ? raw_read(&raw, &got, "\r\n\r\n") : -1;
	if (alert != NULL)
		*alert = how == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)gnutls_alert_get(raw.session) : -1;
	bool nothing = got.size == 0;
	buffer_free(&got);
	raw_close(&raw);
	return nothing && how <= 0 && end_quiet(&b, 20);
}

/*
 * A request with the certificate of a party that b knows: its answer comes, and the keeper is told that party's name.
 */
static bool is_let_in(const struct end *identity)
{
	struct raw raw;
	struct buffer got = {0};
	struct message_request request = {0};
	uint32_t id = 0;
	bool good = raw_connect(&raw, b.listens, identity, NULL) >= 0 && raw_send(&raw, BYTES(REQUEST)) &&
		end_take_request(&b, &id, &request) && bytes_is(request.party, identity->party) &&
		bytes_is(request.path, "/add-entries") && bytes_is(request.body, "x");
	if (good)
		end_answer(&b, id, 200, BYTES("yes"));
	good = good && raw_read(&raw, &got, "yes") > 0 &&
		bytes_start(buffer_bytes(&got), BYTES("HTTP/1.1 200 OK\r\n")) &&
		memmem(got.data, got.size, "Accept-Encoding: gzip", 21) != NULL;
	buffer_free(&got);
	raw_close(&raw);
	return good;
}

static bool is_refused_plain(struct bytes bytes)
{
	struct raw raw;
	struct buffer got = {0};
	bool good = raw_connect_plain(&raw, b.listens) && raw_send(&raw, bytes);
	raw_read(&raw, &got, NULL);
	good = good && (got.size == 0 || memmem(got.data, got.size, "HTTP", 4) == NULL);
	buffer_free(&got);
	raw_close(&raw);
	return good && end_quiet(&b, 20);
}

/* The certificate of a with another key: who shows it cannot prove to own it. */
static void steal(void)
{
	char from[128], to[128];
	end_make(&thief, "a.example");
	snprintf(from, sizeof(from), "%s/" TLS_CERTIFICATE_FILE, a.directory);
	snprintf(to, sizeof(to), "%s/" TLS_CERTIFICATE_FILE, thief.directory);
	test_check(unlink(to) == 0 && symlink(from, to) == 0, "a thief has the certificate of a");
}

static void test_server(void)
{
	int alert;
	test_check(is_let_in(&a), "the server lets a peer in, and knows its name by its key");
	test_check(is_refused(NULL, NULL, NULL), "the server refuses who shows no certificate");
	test_check(is_refused(&stranger, NULL, &alert), "the server refuses a stranger's certificate");
	test_check(alert == GNUTLS_A_ACCESS_DENIED, "and says so with an alert");
	test_check(is_refused(&impostor, NULL, NULL),
		"the server refuses a certificate of a peer's name and another key");
	test_check(is_refused(&b, NULL, NULL), "the server refuses its own certificate");
	steal();
	test_check(is_refused(&thief, NULL, NULL), "the server refuses a peer's certificate without its key");
	test_check(is_refused(&a, "NORMAL:-VERS-ALL:+VERS-TLS1.2", NULL), "the server refuses TLS 1.2");
	test_check(is_refused(&a, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", NULL), "the server refuses older TLS");
	test_check(is_refused_plain(BYTES(REQUEST)), "the server refuses HTTP without TLS");
	test_check(is_refused_plain(BYTES("\x16\x03\x01\xff\xff\x01")), "the server refuses a hello of the wrong size");
	test_check(is_let_in(&a), "and still lets a peer in");
}

/* The server offers nothing to resume: a second handshake is a whole one. */
static void test_no_tickets(void)
{
	struct raw raw;
	struct buffer got = {0};
	uint32_t id = 0;
	struct message_request request;
	bool good = raw_connect(&raw, b.listens, &a, NULL) >= 0 && raw_send(&raw, BYTES(REQUEST)) &&
		end_take_request(&b, &id, &request);
	if (good)
		end_answer(&b, id, 200, BYTES("yes"));
	good = good && raw_read(&raw, &got, "yes") > 0 &&
		(gnutls_session_get_flags(raw.session) & GNUTLS_SFLAGS_SESSION_TICKET) == 0;
	test_check(good, "the server gives no session ticket");
	buffer_free(&got);
	raw_close(&raw);
}

/* ---- at the client ---- */

/* Makes a know `peer` at these addresses only, and asks it something; gives the id. */
static struct bytes to_ask = {(const uint8_t *)"x", 1};

static uint32_t ask(struct end *peer, const char *const *addresses, size_t count)
{
	static struct message_setup setup;
	struct buffer payload = {0};
	memset(&setup, 0, sizeof(setup));
	setup.peer_count = 1;
	setup.peers[0].party = bytes_string(peer->party);
	memcpy(setup.peers[0].pins[0], peer->pin, TLS_PIN_SIZE);
	setup.peers[0].pin_count = 1;
	setup.peers[0].address_count = count;
	for (size_t i = 0; i < count; i++)
		setup.peers[0].addresses[i] = bytes_string(addresses[i]);
	message_write_setup(&payload, &setup);
	struct frame frame = {.type = MESSAGE_SETUP, .payload = buffer_bytes(&payload)};
	channel_send(a.channel, &frame);
	buffer_free(&payload);
	struct message_request request = {.party = bytes_string(peer->party), .verb = VERB_POST,
		.path = BYTES("/add-entries"), .body = to_ask};
	return end_ask(&a, &request);
}

static bool replied(uint32_t asked, enum reply_cause cause, const char *address)
{
	struct message_reply reply;
	uint32_t id = 0;
	if (!end_take_reply(&a, &id, &reply))
		return false;
	bool good = id == asked && reply.status == 0 && reply.cause == cause &&
		(address == NULL || bytes_is(reply.address, address));
	if (!good)
		printf("# status %u, cause %s, address %.*s\n", reply.status, reply_cause_name(reply.cause),
			BYTES_SHOWN(reply.address));
	return good;
}

static bool fails(struct end *peer, const char *host_port, enum reply_cause cause)
{
	char address[160];
	snprintf(address, sizeof(address), "https://%s/p", host_port);
	const char *addresses[] = {address};
	return replied(ask(peer, addresses, 1), cause, address);
}

static void test_causes(void)
{
	char dead[64];
	close(raw_listen(dead));
	test_check(fails(&b, dead, CAUSE_CONNECT), "nobody listens: connect");
	test_check(fails(&b, "nowhere.invalid:7400", CAUSE_NAME), "no such name: name");
	test_check(fails(&b, "224.0.0.1:7400", CAUSE_ROUTE), "no way there: route");
	test_check(replied(ask(&b, NULL, 0), CAUSE_NO_ADDRESS, ""), "a peer without an address: no-address");
	const char *odd[] = {"http://127.0.0.1:1/p"};
	test_check(replied(ask(&b, odd, 1), CAUSE_NO_ADDRESS, odd[0]), "an address that is not https: no-address");
	struct message_request request = {.party = BYTES("nobody.example"), .verb = VERB_GET, .path = BYTES("/x")};
	test_check(replied(end_ask(&a, &request), CAUSE_NO_ADDRESS, ""), "a party that is no peer: no-address");
}

/* The sandbox leaves what looking up a name needs: files, threads, modules. */
static void test_name(void)
{
	char name[64] = "", dead[64], host_port[128];
	struct addrinfo *found = NULL;
	if (gethostname(name, sizeof(name) - 1) != 0 || getaddrinfo(name, NULL, NULL, &found) != 0) {
		test_skip("a name is looked up", "this machine does not know its own name");
		return;
	}
	freeaddrinfo(found);
	close(raw_listen(dead));
	snprintf(host_port, sizeof(host_port), "%s%s", name, strrchr(dead, ':'));
	test_check(fails(&b, host_port, CAUSE_CONNECT), "a name is looked up: %s", name);
}

static void test_addresses(void)
{
	char dead[64], first[160], last[160];
	struct message_request request;
	struct message_reply reply;
	uint32_t id = 0, again = 0;
	close(raw_listen(dead));
	snprintf(first, sizeof(first), "https://%s/p", dead);
	snprintf(last, sizeof(last), "https://%s/p/", b.listens);
	const char *good_last[] = {first, last}, *bad[] = {"https://nowhere.invalid:1/p", first};
	uint32_t asked = ask(&b, good_last, 2);
	bool good = end_take_request(&b, &id, &request) && bytes_is(request.path, "/add-entries");
	end_answer(&b, id, 200, BYTES("ok"));
	test_check(good && end_take_reply(&a, &again, &reply) && again == asked && reply.status == 200 &&
		bytes_is(reply.address, last) &&
		reply.elapsed_us != 0, "the second address is used where the first is dead");
	test_check(replied(ask(&b, bad, 2), CAUSE_CONNECT, first), "of two failures the one that got further is told");
}

/* A server that the test plays: what the client sends it, and what becomes of the request. */
static bool plays(const char *priorities, struct bytes answer, enum reply_cause cause, struct buffer *got)
{
	char host_port[64], address[160];
	struct raw raw;
	int listener = raw_listen(host_port);
	snprintf(address, sizeof(address), "https://%s/p", host_port);
	const char *addresses[] = {address};
	uint32_t asked = ask(&b, addresses, 1);
	int how = raw_accept(&raw, listener, answer.data == NULL ? &impostor : &b, priorities);
	if (how >= 0)
		how = raw_read(&raw, got, "\r\n\r\nx");
	if (how > 0)
		raw_send(&raw, answer);
	if (raw.session != NULL && answer.data != NULL && cause != CAUSE_NONE)
		gnutls_bye(raw.session, GNUTLS_SHUT_WR);
	if (cause != CAUSE_NONE)
		raw_close(&raw);
	close(listener);
	if (cause != CAUSE_NONE)
		return replied(asked, cause, address);
	struct message_reply reply;
	uint32_t id = 0;
	bool good = end_take_reply(&a, &id, &reply) && id == asked && reply.status == 302 &&
		bytes_is(reply.body, "moved");
	raw_close(&raw);
	return good;
}

static void test_client(void)
{
	struct buffer got = {0};
	test_check(fails(&stranger, b.listens, CAUSE_KEY) &&
		end_quiet(&b, 20), "the client refuses a peer of another key");
	test_check(plays(NULL, bytes_of(NULL, 0), CAUSE_KEY, &got) && got.size == 0, "and sends it no HTTP");
	test_check(fails(&impostor, impostor.listens, CAUSE_KEY) &&
		end_quiet(&impostor, 20), "a peer that refuses our key: key");
	uint8_t *large = calloc(1, REQUEST_MAX);
	to_ask = bytes_of(large, REQUEST_MAX);
	test_check(large != NULL &&
		fails(&impostor, impostor.listens, CAUSE_KEY), "also when it is asked something large");
	to_ask = BYTES("x");
	free(large);
	test_check(plays("NORMAL:-VERS-ALL:+VERS-TLS1.2", BYTES(""), CAUSE_TLS, &got), "the client refuses TLS 1.2");
	buffer_free(&got);
	test_check(plays(NULL,
		BYTES("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 5\r\n\r\nmoved"),
		CAUSE_NONE, &got), "the client follows no redirection");
	buffer_u8(&got, 0);
	test_check(strcasestr((char *)got.data, "\nexpect:") == NULL &&
		strcasestr((char *)got.data, "\nhost:") != NULL &&
		bytes_start(buffer_bytes(&got), BYTES("POST /p/add-entries HTTP/1.1\r\n")),
		"it awaits no 100 Continue");
	buffer_free(&got);
	test_check(plays(NULL, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), CAUSE_HTTP, &got),
		"half a reply: http");
	test_check(plays(NULL, BYTES("HTTP/1.1 999 Odd\r\nContent-Length: 1\r\n\r\nx"), CAUSE_HTTP, &got),
		"no such status: http");
	test_check(plays(NULL, BYTES("SSH-2.0-OpenSSH\r\n"), CAUSE_HTTP, &got), "no HTTP: http");
	test_check(plays(NULL, BYTES(""), CAUSE_HTTP, &got), "no reply: http");
	buffer_free(&got);
}

static void test_floods(void)
{
	struct buffer flood = {0}, got = {0};
	buffer_format(&flood, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", REQUEST_MAX + 1);
	uint8_t *body = buffer_extend(&flood, REQUEST_MAX + 1);
	if (body != NULL)
		memset(body, 'x', REQUEST_MAX + 1);
	test_check(plays(NULL, buffer_bytes(&flood), CAUSE_HTTP, &got), "a reply larger than 20 MiB: http");
	buffer_clear(&flood);
	buffer_clear(&got);
	buffer_string(&flood, "HTTP/1.1 200 OK\r\n");
	for (unsigned i = 0; i < 3000; i++)
		buffer_format(&flood, "X-%u: 0123456789012345678901234567890123456789\r\n", i);
	buffer_string(&flood, "Content-Length: 0\r\n\r\n");
	test_check(plays(NULL, buffer_bytes(&flood), CAUSE_HTTP, &got), "headers larger than 64 KiB: http");
	struct buffer zeros = {0}, packed = {0};
	uint8_t *bomb = buffer_extend(&zeros, REQUEST_MAX + 1);
	if (bomb != NULL)
		memset(bomb, 0, zeros.size);
	gzip_pack(&packed, buffer_bytes(&zeros));
	buffer_clear(&flood);
	buffer_clear(&got);
	buffer_format(&flood, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", packed.size);
	buffer_add(&flood, buffer_bytes(&packed));
	test_check(plays(NULL, buffer_bytes(&flood), CAUSE_HTTP, &got), "a reply larger than that when unpacked: http");
	buffer_free(&zeros);
	buffer_free(&packed);
	buffer_free(&flood);
	buffer_free(&got);
}

/* ---- when peers change, and when the link cannot begin ---- */

static void test_changes(void)
{
	struct raw raw;
	struct buffer got = {0};
	struct end *both[] = {&a, &stranger}, *one[] = {&stranger};
	int first = raw_connect(&raw, b.listens, &a, NULL);
	bool good = first >= 0 && raw_send(&raw, BYTES("GET /nothing HTTP/1.1\r\nHost: b\r\n\r\n")) &&
		raw_read(&raw, &got, "\n") > 0;
	buffer_free(&got);
	end_tell(&b, "127.0.0.1:0", one, 1);
	test_check(good && raw_read(&raw, &got, NULL) <= 0, "a peer that is taken away loses its connection");
	raw_close(&raw);
	buffer_free(&got);
	test_check(is_refused(&a, NULL, NULL), "and does not come in again");
	test_check(is_let_in(&stranger), "while a new one does");
	end_tell(&b, "127.0.0.1:0", both, 2);
	test_check(is_let_in(&a), "and when it is a peer again, it does too");
	/* The client's side: a connection that works, then another key for the same party. */
	struct end changed = b;
	struct message_request request;
	struct message_reply reply;
	uint32_t id = 0;
	struct end *with_b[] = {&b};
	end_tell(&a, NULL, with_b, 1);
	request = (struct message_request){.party = bytes_string(b.party), .verb = VERB_GET, .path = BYTES("/x")};
	end_ask(&a, &request);
	good = end_take_request(&b, &id, &request);
	end_answer(&b, id, 200, BYTES("ok"));
	good = good && end_take_reply(&a, &id, &reply) && reply.status == 200;
	changed.pin[0] ^= 1;
	test_check(good &&
		fails(&changed, b.listens, CAUSE_KEY), "a peer that changes its key is not asked under the old one");
}

static void test_beginnings(void)
{
	char line[256];
	static struct end c;
	struct end *peers[] = {&a};
	end_make(&c, "c.example");
	end_run(&c, NULL);
	end_tell(&c, b.listens, peers, 1);
	bool ready = end_ready(&c);
	int status = end_stop(&c, line);
	char expected[512];
	snprintf(expected, sizeof(expected),
		"detente-link: listen %s: Address already in use; one process listens on an address: "
		"stop the other, or choose another port [http.listen-in-use]", b.listens);
	test_check(!ready && status == 4 &&
		strcmp(line, expected) == 0, "a port in use: one line and status 4: %s", line);
	end_run(&c, NULL);
	end_tell(&c, "127.0.0.1", peers, 1);
	ready = end_ready(&c);
	test_check(!ready && end_stop(&c, line) == 4, "no port: %s", line);
	end_run(&c, NULL);
	end_tell(&c, "192.0.2.1:0", peers, 1);
	ready = end_ready(&c);
	test_check(!ready && end_stop(&c, line) == 4, "not our address: %s", line);
	end_run(&c, NULL);
	end_tell(&c, NULL, peers, 1);
	ready = end_ready(&c);
	test_check(ready && c.listens[0] == '\0' &&
		end_stop(&c, NULL) == 0, "without an address to listen on it calls out only");
	end_run(&c, NULL);
	test_check(end_stop(&c, NULL) == 0, "a keeper that closes before it says anything is obeyed");
	struct end nobody = {.party = "nobody", .directory = "/nonexistent"};
	end_run(&nobody, NULL);
	test_check(end_stop(&nobody, line) == 4, "no identity: %s", line);
	end_run(&thief, NULL);
	test_check(end_stop(&thief, line) == 4, "a key of another certificate: %s", line);
	end_run(&c, NULL);
	struct frame frame = {.type = MESSAGE_REPLY};
	channel_send(c.channel, &frame);
	ready = end_ready(&c);
	test_check(!ready && end_stop(&c, line) == 4, "a keeper that speaks out of turn: %s", line);
}

int main(int argc, char **argv)
{
	/* Whatever the environment says of proxies must not matter. */
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ends_start(argc, argv);
	test_start();
	end_make(&a, "a.example");
	end_make(&b, "b.example");
	end_make(&stranger, "stranger.example");
	end_make(&impostor, "a.example");
	struct end *of_b[] = {&a}, *of_impostor[] = {&b};
	test_check(end_up(&b, "127.0.0.1:0", of_b, 1) && end_up(&a, NULL, NULL, 0) &&
		end_up(&impostor, "127.0.0.1:0", of_impostor, 1), "three links are up");
	test_server();
	test_no_tickets();
	test_causes();
	test_name();
	test_addresses();
	test_client();
	test_floods();
	test_changes();
	test_beginnings();
	test_check(end_stop(&a, NULL) == 0 && end_stop(&b, NULL) == 0 && end_stop(&impostor, NULL) == 0, "all end");
	ends_stop();
	return test_end();
}

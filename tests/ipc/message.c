#include "message.h"

#include "test.h"

/* Checks what every type has in common: no prefix of a message is one, nor is it with a byte more. */
#define CHECK_EXACT(type, object, buffer) do { \
	bool exact = true; \
	for (size_t size = 0; size < (buffer).size; size++) \
		exact = exact && message_parse_##type(object, bytes_of((buffer).data, size)) == RULE_IPC_FORM; \
	buffer_u8(&(buffer), 0); \
	exact = exact && message_parse_##type(object, buffer_bytes(&(buffer))) == RULE_IPC_FORM; \
	test_check(exact, #type ": cut short anywhere or a byte longer is refused"); \
	buffer_free(&(buffer)); \
} while (0)

static void test_command(void)
{
	struct message_command out = {.name = BYTES("send"), .argument_count = 3,
		.arguments = {{BYTES("to"), BYTES("b.example/duty")}, {BYTES("empty"), BYTES("")},
			{BYTES("flag"), {NULL, 0}}}};
	static struct message_command in;
	struct buffer buffer = {0};
	message_write_command(&buffer, &out);
	test_check(message_parse_command(&in, buffer_bytes(&buffer)) == RULE_OK && bytes_is(in.name, "send") &&
			in.argument_count == 3 && bytes_is(in.arguments[0].key, "to") &&
			bytes_is(in.arguments[0].value, "b.example/duty"),
		"command");
	test_check(in.arguments[1].value.data != NULL && in.arguments[1].value.size == 0 &&
			in.arguments[2].value.data == NULL,
		"command: an empty value and none differ");
	CHECK_EXACT(command, &in, buffer);
	out.argument_count = MESSAGE_ARGUMENTS_MAX;
	message_write_command(&buffer, &out);
	test_check(message_parse_command(&in, buffer_bytes(&buffer)) == RULE_OK, "command: the most arguments");
	buffer_cut(&buffer, 8);
	buffer_u32(&buffer, MESSAGE_ARGUMENTS_MAX + 1);
	for (int i = 0; i < 2 * (MESSAGE_ARGUMENTS_MAX + 1); i++)
		buffer_u32(&buffer, 0);
	test_check(message_parse_command(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "command: one more");
	buffer_clear(&buffer);
	out = (struct message_command){.name = BYTES("")};
	message_write_command(&buffer, &out);
	test_check(message_parse_command(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "command: without a name");
	buffer_free(&buffer);
}

static void test_output(void)
{
	struct message_output out = {2, BYTES("warning\n")}, in;
	struct buffer buffer = {0};
	message_write_output(&buffer, &out);
	test_check(message_parse_output(&in, buffer_bytes(&buffer)) == RULE_OK && in.stream == 2 &&
			bytes_is(in.text, "warning\n"),
		"output");
	CHECK_EXACT(output, &in, buffer);
	for (unsigned stream = 0; stream < 256; stream++) {
		buffer_clear(&buffer);
		out.stream = (uint8_t)stream;
		message_write_output(&buffer, &out);
		enum rule rule = message_parse_output(&in, buffer_bytes(&buffer));
		if ((rule == RULE_OK) != (stream == 1 || stream == 2))
			test_check(false, "output: stream %u", stream);
	}
	buffer_free(&buffer);
}

static const struct {
	struct bytes path;
	bool good;
} paths[] = {
	{BYTES("agreement"), true},
	{BYTES("logs/a.example/tile/entries/x001/067.p/12"), true},
	{BYTES("..a/b../...c/."  "x"), true},
	{BYTES("cards/\xc3\xa9t\xc3\xa9"), true},
	{BYTES(""), false},
	{BYTES("/"), false},
	{BYTES("/etc/passwd"), false},
	{BYTES("//etc"), false},
	{BYTES(".."), false},
	{BYTES("."), false},
	{BYTES("../x"), false},
	{BYTES("a/../x"), false},
	{BYTES("a/.."), false},
	{BYTES("a/./x"), false},
	{BYTES("./x"), false},
	{BYTES("a//x"), false},
	{BYTES("a/"), false},
	{BYTES("a\0b"), false},
	{BYTES("a\nb"), false},
	{BYTES("a\x1b[2Jb"), false},
	{BYTES("a\x7f"), false},
	{BYTES("a\xff"), false},
};

static void test_file(void)
{
	struct message_file out = {BYTES("logs/a.example/checkpoint"), BYTES("note")}, in;
	struct buffer buffer = {0};
	message_write_file(&buffer, &out);
	test_check(message_parse_file(&in, buffer_bytes(&buffer)) == RULE_OK && bytes_equal(in.path, out.path) &&
			bytes_is(in.content, "note"),
		"file");
	CHECK_EXACT(file, &in, buffer);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		out.path = paths[i].path;
		buffer_clear(&buffer);
		message_write_file(&buffer, &out);
		test_check((message_parse_file(&in, buffer_bytes(&buffer)) == RULE_OK) == paths[i].good,
			"file: path %zu is %s", i, paths[i].good ? "accepted" : "refused");
	}
	buffer_free(&buffer);
}

static void test_done(void)
{
	struct buffer buffer = {0};
	uint8_t status = 9;
	message_write_done(&buffer, 4);
	test_check(message_parse_done(&status, buffer_bytes(&buffer)) == RULE_OK && status == 4, "done");
	CHECK_EXACT(done, &status, buffer);
}

static void test_setup(void)
{
	static struct message_setup out, in;
	out = (struct message_setup){.listen = BYTES("127.0.0.1:0"), .prefix = BYTES("/p"),
		.peer_count = SETUP_PEERS_MAX, .strangers = true, .own = {0x11, [31] = 0x22}};
	for (size_t i = 0; i < SETUP_PEERS_MAX; i++) {
		struct setup_peer *peer = &out.peers[i];
		peer->party = BYTES("b.example");
		memset(peer->pins[0], (int)i, sizeof(peer->pins[0]));
		memset(peer->pins[1], 0xee, sizeof(peer->pins[1]));
		peer->called_only = i % 3 == 0;
		peer->pin_count = 1 + i % 2;
		peer->address_count = i % (SETUP_ADDRESSES_MAX + 1);
		for (size_t j = 0; j < peer->address_count; j++)
			peer->addresses[j] = BYTES("https://[::1]:8443/p");
	}
	struct buffer buffer = {0};
	message_write_setup(&buffer, &out);
	test_check(message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_OK && bytes_equal(in.listen, out.listen) &&
		bytes_is(in.prefix, "/p") && in.peer_count == SETUP_PEERS_MAX && in.peers[200].pins[0][31] == 200 &&
		in.peers[8].address_count == 8 && bytes_is(in.peers[8].addresses[7], "https://[::1]:8443/p") &&
		in.peers[8].pin_count == 1 && in.peers[9].pin_count == 2 && in.peers[9].pins[0][0] == 9 &&
		in.peers[9].pins[1][31] == 0xee && in.peers[8].pins[1][31] == 0 && in.own[0] == 0x11 &&
		in.own[31] == 0x22 && in.strangers && in.peers[9].called_only && !in.peers[8].called_only, "setup");
	buffer_clear(&buffer);
	out.peer_count = 2;
	out.peers[1].addresses[0] = (struct bytes){NULL, 0};
	message_write_setup(&buffer, &out);
	test_check(message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "setup: an absent address");
	buffer_clear(&buffer);
	out.listen = (struct bytes){NULL, 0};
	out.prefix = BYTES("");
	out.peers[1].addresses[0] = BYTES("https://h:1");
	message_write_setup(&buffer, &out);
	test_check(message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_OK && in.listen.data == NULL,
		"setup: calls out only");
	CHECK_EXACT(setup, &in, buffer);
	out.prefix = BYTES("p");
	message_write_setup(&buffer, &out);
	test_check(message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "setup: a prefix without a slash");
	buffer_free(&buffer);
}

/* More peers or pins than there can be, and fewer. */
static void test_setup_counts(void)
{
	static struct message_setup in;
	struct buffer buffer = {0};
	buffer_u32(&buffer, UINT32_MAX);
	buffer_u32(&buffer, 0);
	buffer_u8(&buffer, 0); /* no strangers */
	memset(buffer_extend(&buffer, 32), 0, 32); /* the own pin */
	buffer_u32(&buffer, SETUP_PEERS_MAX + 1);
	for (size_t i = 0; i <= SETUP_PEERS_MAX; i++) {
		buffer_u32(&buffer, 1);
		buffer_u8(&buffer, 'b');
		buffer_u8(&buffer, 0); /* it calls, too */
		buffer_u8(&buffer, 1);
		memset(buffer_extend(&buffer, 36), 0, 36);
	}
	test_check(message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "setup: one peer too many");
	buffer_cut(&buffer, 9 + 32);
	buffer_u32(&buffer, 1);
	buffer_u32(&buffer, 1);
	buffer_u8(&buffer, 'b');
	buffer_u8(&buffer, 0);
	for (uint8_t count = 0; count <= SETUP_PINS_MAX + 1; count++) {
		buffer_cut(&buffer, 19 + 32);
		buffer_u8(&buffer, count);
		size_t size = count * sizeof(in.peers[0].pins[0]) + 4;
		memset(buffer_extend(&buffer, size), 0, size);
		test_check((message_parse_setup(&in, buffer_bytes(&buffer)) == RULE_OK) ==
			(count >= 1 && count <= SETUP_PINS_MAX), "setup: %u pins", count);
	}
	buffer_free(&buffer);
}

static void test_ready(void)
{
	struct bytes in;
	struct buffer buffer = {0};
	message_write_ready(&buffer, (struct bytes){NULL, 0});
	test_check(message_parse_ready(&in, buffer_bytes(&buffer)) == RULE_OK && in.data == NULL,
		"ready: calls out only");
	buffer_clear(&buffer);
	message_write_ready(&buffer, BYTES("127.0.0.1:4711"));
	test_check(message_parse_ready(&in, buffer_bytes(&buffer)) == RULE_OK && bytes_is(in, "127.0.0.1:4711"),
		"ready");
	CHECK_EXACT(ready, &in, buffer);
}

#define COMPRESS_FROM_END (1 + 25 + 1 + 8 + 1) /* and behind it a range, head, moved, pin */

static const struct {
	const char *name;
	struct message_request request;
	bool good;
} requests[] = {
	{"a post", {BYTES("b.example"), VERB_POST, BYTES("/add-entries"), BYTES("body"), true}, true},
	{"a get without body", {BYTES("b.example"), VERB_GET, BYTES("/attachment/00"), {NULL, 0}, false}, true},
	{"no party", {BYTES(""), VERB_GET, BYTES("/x"), {NULL, 0}, false}, false},
	{"a party of 65 bytes",
		{BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), VERB_GET, BYTES("/x"),
			{NULL, 0}, false},
		false},
	{"verb 0", {BYTES("b.example"), (enum request_verb)0, BYTES("/x"), {NULL, 0}, false}, false},
	{"verb 4", {BYTES("b.example"), (enum request_verb)4, BYTES("/x"), {NULL, 0}, false}, false},
	{"no path", {BYTES("b.example"), VERB_GET, {NULL, 0}, {NULL, 0}, false}, false},
	{"a path without a slash", {BYTES("b.example"), VERB_GET, BYTES("x"), {NULL, 0}, false}, false},
	{"a path with a space", {BYTES("b.example"), VERB_GET, BYTES("/x HTTP/1.1"), {NULL, 0}, false}, false},
	{"a path with a line end", {BYTES("b.example"), VERB_GET, BYTES("/x\r\nHost: c"), {NULL, 0}, false}, false},
};

#define PUT_OF(...) {BYTES("b.example"), VERB_PUT, BYTES("/attachment/00"), {NULL, 0}, false, __VA_ARGS__}
#define GET_OF(...) {BYTES("b.example"), VERB_GET, BYTES("/attachment/00"), {NULL, 0}, false, __VA_ARGS__}

/* Attachments and pins. */
static const struct {
	const char *name;
	struct message_request request;
	bool good;
} pieces[] = {
	{"a range to the end", GET_OF({true, 4096, 0, 0}), true},
	{"a range inside the whole", GET_OF({true, 90, 10, 100}), true},
	{"a range past the whole", GET_OF({true, 90, 11, 100}), false},
	{"a range to the largest file", GET_OF({true, INT64_MAX - 1, 1, 0}), true},
	{"a range past the largest file", GET_OF({true, INT64_MAX, 1, 0}), false},
	{"a range that wraps", GET_OF({true, 1, UINT64_MAX, 0}), false},
	{"a whole above the largest file", GET_OF({true, 0, 1, UINT64_MAX}), false},
	{"the head of a PUT", PUT_OF({true, 0, 100, 100}, true), true},
	{"the head of a PUT that asks", PUT_OF({true, 0, 0, 100}, true), true},
	{"a head without a range", PUT_OF({false}, true), false},
	{"the head of a GET", GET_OF({true, 0, 100, 100}, true), false},
	{"what was written", PUT_OF({true, 0, 100, 100}, false, 100), true},
	{"more than was announced", PUT_OF({true, 0, 100, 100}, false, 101), false},
	{"a head, and what was written", PUT_OF({true, 0, 100, 100}, true, 100), false},
	{"what a GET wrote", GET_OF({true, 0, 100, 100}, false, 100), false},
	{"the second pin", GET_OF({false}, false, 0, 1), true},
	{"the third pin", GET_OF({false}, false, 0, 2), false},
};

static void test_pieces(void)
{
	struct message_request in;
	struct buffer buffer = {0};
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct message_request *out = &pieces[i].request;
		buffer_clear(&buffer);
		message_write_request(&buffer, out);
		bool good = message_parse_request(&in, buffer_bytes(&buffer)) == RULE_OK &&
			in.range.present == out->range.present && in.range.first == out->range.first &&
			in.range.size == out->range.size && in.range.total == out->range.total &&
			in.head == out->head && in.moved == out->moved && in.pin == out->pin;
		test_check(good == pieces[i].good, "request: %s", pieces[i].name);
	}
	struct message_request head = pieces[7].request;
	head.body = BYTES("x");
	buffer_clear(&buffer);
	message_write_request(&buffer, &head);
	test_check(message_parse_request(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "request: a head with a body");
	buffer_clear(&buffer);
	message_write_request(&buffer, &pieces[11].request);
	CHECK_EXACT(request, &in, buffer);
}

static void test_request(void)
{
	struct message_request in;
	struct buffer buffer = {0};
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct message_request *out = &requests[i].request;
		buffer_clear(&buffer);
		message_write_request(&buffer, out);
		bool good = message_parse_request(&in, buffer_bytes(&buffer)) == RULE_OK &&
			bytes_equal(in.party, out->party) && in.verb == out->verb && bytes_equal(in.path, out->path) &&
			bytes_equal(in.body, out->body) && in.compress == out->compress;
		test_check(good == requests[i].good, "request: %s", requests[i].name);
	}
	buffer_clear(&buffer);
	message_write_request(&buffer, &requests[0].request);
	size_t compress = buffer.size - COMPRESS_FROM_END;
	buffer.data[compress] = 2;
	test_check(message_parse_request(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "request: compress is 0 or 1");
	buffer.data[compress] = 1;
	CHECK_EXACT(request, &in, buffer);
	uint8_t *much = calloc(1, REQUEST_MAX + 1);
	struct message_request large = {BYTES("b.example"), VERB_POST, BYTES("/add-entries"),
		bytes_of(much, REQUEST_MAX), false};
	message_write_request(&buffer, &large);
	test_check(message_parse_request(&in, buffer_bytes(&buffer)) == RULE_OK && in.body.size == REQUEST_MAX,
		"request: 20 MiB");
	large.body.size++;
	buffer_clear(&buffer);
	message_write_request(&buffer, &large);
	test_check(message_parse_request(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "request: a byte more");
	free(much);
	buffer_free(&buffer);
}

static const struct {
	uint16_t status;
	uint8_t cause;
	bool good;
} replies[] = {
	{200, CAUSE_NONE, true}, {100, CAUSE_NONE, true}, {599, CAUSE_NONE, true}, {0, CAUSE_KEY, true},
	{0, CAUSE_NO_ADDRESS, true}, {0, CAUSE_NONE, false}, {200, CAUSE_TLS, false}, {0, CAUSE_NO_ADDRESS + 1, false},
	{99, CAUSE_NONE, false}, {600, CAUSE_NONE, false},
};

static void test_causes(void)
{
	for (enum reply_cause a = CAUSE_NONE; a <= CAUSE_NO_ADDRESS; a++)
		for (enum reply_cause b = CAUSE_NONE; b < a; b++)
			if (bytes_is(bytes_string(reply_cause_name(a)), reply_cause_name(b)))
				test_check(false, "causes %d and %d have one name", (int)a, (int)b);
}

static void test_reply(void)
{
	struct message_reply in;
	struct buffer buffer = {0};
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct message_reply out = {.status = replies[i].status, .cause = (enum reply_cause)replies[i].cause};
		buffer_clear(&buffer);
		message_write_reply(&buffer, &out);
		bool good = message_parse_reply(&in, buffer_bytes(&buffer)) == RULE_OK && in.status == out.status &&
			in.cause == out.cause && in.type.data == NULL && in.body.data == NULL;
		test_check(good == replies[i].good, "reply: status %u, cause %u", replies[i].status, replies[i].cause);
	}
	buffer_clear(&buffer);
	struct message_reply out = {409, CAUSE_NONE, BYTES("text/x.tlog.size"), BYTES("17\n"), BYTES("https://h:1/p"),
		1234567};
	message_write_reply(&buffer, &out);
	test_check(message_parse_reply(&in, buffer_bytes(&buffer)) == RULE_OK && in.status == 409 &&
			bytes_equal(in.type, out.type) && bytes_equal(in.body, out.body) &&
			bytes_equal(in.address, out.address) && in.elapsed_us == 1234567,
		"reply");
	CHECK_EXACT(reply, &in, buffer);
}

static void test_attempts(void)
{
	struct message_reply in;
	struct buffer buffer = {0};
	struct message_reply out = {.status = 206, .range = {true, 10, 20, 30}, .moved = 20, .pin = 1,
		.attempt_count = SETUP_ADDRESSES_MAX};
	for (size_t i = 0; i < SETUP_ADDRESSES_MAX; i++)
		out.attempts[i] = (struct reply_attempt){BYTES("https://h:1/p"), i == 0 ? CAUSE_NONE : CAUSE_TLS};
	message_write_reply(&buffer, &out);
	test_check(message_parse_reply(&in, buffer_bytes(&buffer)) == RULE_OK && in.range.first == 10 &&
		in.range.total == 30 && in.moved == 20 && in.pin == 1 && in.attempt_count == SETUP_ADDRESSES_MAX &&
		in.attempts[0].cause == CAUSE_NONE && in.attempts[15].cause == CAUSE_TLS &&
		bytes_equal(in.attempts[15].address, out.attempts[15].address),
		"reply: with a range and every attempt");
	CHECK_EXACT(reply, &in, buffer);
	out.attempts[3].address = bytes_of(NULL, 0);
	message_write_reply(&buffer, &out);
	test_check(message_parse_reply(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "reply: an attempt nowhere");
	buffer_clear(&buffer);
	out.attempt_count = 0;
	message_write_reply(&buffer, &out);
	buffer.data[buffer.size - 1] = SETUP_ADDRESSES_MAX + 1;
	for (size_t i = 0; i <= SETUP_ADDRESSES_MAX; i++) {
		buffer_u32(&buffer, 1);
		buffer_u8(&buffer, 'h');
		buffer_u8(&buffer, CAUSE_TLS);
	}
	test_check(message_parse_reply(&in, buffer_bytes(&buffer)) == RULE_IPC_FORM, "reply: one attempt too many");
	buffer_free(&buffer);
}

int main(void)
{
	test_start();
	test_command();
	test_output();
	test_file();
	test_done();
	test_setup();
	test_setup_counts();
	test_ready();
	test_request();
	test_pieces();
	test_reply();
	test_attempts();
	test_causes();
	return test_end();
}

/* What status says of a party: one word, one line each, silence, refusal and fault told apart. */
#include "status_view.h"

#include "test.h"

#define T 1700000000 /* 2023-11-14T22:13:20Z */
#define AT "2023-11-14T22:13:20Z"

static struct status_path up[] = {{BYTES("https://b:1"), true, NULL, 0, T, T}};
static struct status_path untried[] = {{BYTES("https://b:1"), false, NULL, 0, 0, 0}};
static struct status_path two[] = {
	{BYTES("https://b:1"), true, "connect", 0, T, T - 60},
	{BYTES("https://b:2"), true, NULL, 0, T, T}};
static struct status_path proxy[] = {{BYTES("https://b:1"), true, "http", 502, T, 0}};
static struct status_path turned_away[] = {{BYTES("https://b:1"), true, "refusal", 401, T, 0}};

#define PEER .party = BYTES("b.example")
#define PATHS(list) .paths = list, .path_count = sizeof(list) / sizeof((list)[0])

static const struct {
	const char *name;
	struct status_peer peer;
	const char *text, *json; /* that it holds */
} cases[] = {
	{"alive", {PEER, .state = STATUS_ALIVE, .heard = T, .last_cosigned = T, .round_trip_us = 3140, PATHS(up)},
		"  b.example: alive, last cosigned " AT ", round trip 3.1 ms\n    path https://b:1: up since " AT "\n",
		"\"state\":\"alive\",\"heard\":\"" AT "\",\"last_cosigned\":\"" AT "\",\"round_trip_ms\":3,\"behind\":0,"
		"\"skew_s\":0,\"paths\":[{\"address\":\"https://b:1\",\"state\":\"up\",\"cause\":null,\"since\":\"" AT "\""},
	{"silent", {PEER, .state = STATUS_UNHEARD, .heard = T, PATHS(up)}, "  b.example: unheard since " AT "\n",
		"\"state\":\"unheard\",\"heard\":\"" AT "\",\"last_cosigned\":null"},
	{"silent from the start", {PEER, .state = STATUS_UNHEARD, PATHS(untried)},
		"  b.example: unheard since this node started\n    path https://b:1: not tried yet\n",
		"\"state\":\"untried\",\"cause\":null,\"since\":null"},
	{"down", {PEER, .state = STATUS_DOWN, .cause = "connect", .since = T, PATHS(two)},
		"  b.example: down (connect, since " AT ")\n"
		"    path https://b:1: down since " AT ": nobody accepts the connection there; it last answered "
		"2023-11-14T22:12:20Z\n    path https://b:2: up since " AT "\n",
		"\"state\":\"down\",\"cause\":\"connect\",\"since\":\"" AT "\",\"answered\":\"2023-11-14T22:12:20Z\"}"},
	{"something on the way answers", {PEER, .state = STATUS_DOWN, .cause = "http", .since = T, PATHS(proxy)},
		"or no answer as a node gives it (HTTP status 502)\n",
		"\"cause\":\"http\",\"since\":\"" AT "\",\"answered\":null,\"http\":502}"},
	{"something there turns requests away",
		{PEER, .state = STATUS_DOWN, .cause = "refusal", .since = T, PATHS(turned_away)},
		": what answers there turns our requests away (HTTP status 401)\n", "\"cause\":\"refusal\""},
	{"refuses our log", {PEER, .state = STATUS_REFUSES_LOG, .heard = T,
	 .refusal = BYTES("422 no\x1b[2J"), .refused_since = T},
		"  b.example: refuses our log\n    refuses our log since " AT ", says: 422 no", "\"refuses_log\":\"422 no"},
	{"a person said no", {PEER, .state = STATUS_REFUSED, .heard = T, .said_no = true,
		.no_entry = {BYTES("b.example"), 7},
		.no_form = BYTES("hotline/decline"), .no_at = T},
		"  b.example: refused\n    said no, signed: b.example/7, hotline/decline of " AT "; nothing to us since\n",
		"\"refused\":{\"entry\":\"b.example/7\",\"form\":\"hotline/decline\",\"at\":\"" AT "\"}"},
	{"behind", {PEER, .state = STATUS_ALIVE, .behind = 3},
		", behind by 3: so many of our entries it has not cosigned\n", "\"behind\":3"},
	{"clock apart", {PEER, .state = STATUS_ALIVE, .skew_s = -400, .clock_apart = true},
		"  b.example: alive, clock apart by -400 s\n", "\"skew_s\":-400"},
	{"a clock that is near enough", {PEER, .state = STATUS_ALIVE, .skew_s = 2},
		"  b.example: alive\n", "\"clock_apart\":false"},
	{"another state", {PEER, .state = STATUS_ALIVE, .compared = STATUS_OTHER_STATE},
		"  b.example: alive\n    ANOTHER STATE: from the same entries", "\"same_state\":false"},
	{"forked", {PEER, .state = STATUS_FORKED},
		"    signed two histories of its log: the evidence is kept", "\"state\":\"forked\""},
	{"rolled back", {PEER, .state = STATUS_ROLLED_BACK},
		"    shows less of its own log than it signed before", "\"state\":\"rolled-back\""},
	{"only calls out", {PEER, .state = STATUS_ALIVE, .calls_only = true},
		"    only calls out: it has no address, and fetches what is here\n", "\"calls_only\":true"},
	{"cannot meet", {PEER, .state = STATUS_CANNOT_MEET, .calls_only = true},
		"  b.example: cannot meet: neither side has an address", "\"state\":\"cannot-meet\""},
	{"through others", {PEER, .state = STATUS_THROUGH_OTHERS},
		"  b.example: through others", "\"state\":\"through-others\""},
	{"does not sign yet", {PEER, .state = STATUS_ALIVE, .not_now = true},
		"    its node answers, and does not sign yet", "\"not_now\":true"},
	{"line tests", {PEER, .state = STATUS_ALIVE, .tests = true,
		.to = {.sent = 5, .received = 4, .missed = 1, .median_s = 2, .longest_s = 9, .last = T}},
		"    line tests to it: 5 sent, 4 received, 1 missed, median 2 s, longest 9 s, the last " AT "\n"
		"    line tests from it: 0 sent, 0 received, 0 missed\n",
		"\"line_tests\":{\"to\":{\"sent\":5,\"received\":4,\"missed\":1,\"median_s\":2,\"longest_s\":9,\"last\":\"" AT "\"},"
		"\"from\":{\"sent\":0,\"received\":0,\"missed\":0,\"median_s\":0,\"longest_s\":0,\"last\":null}}"},
};

static bool holds(const struct buffer *text, const char *what)
{
	return memmem(text->data, text->size, what, strlen(what)) != NULL;
}

static void check_peers(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct status_agreement agreement = {.party = BYTES("a.example"), .label = BYTES("0123456789abcdef"),
			.running = true, .may_sign = true, .peers = &cases[i].peer, .peer_count = 1};
		struct buffer text = {0}, written = {0};
		struct json json;
		view_status_text(&text, &agreement);
		json_start(&json, &written);
		view_status_json(&json, &agreement);
		test_check(holds(&text, cases[i].text) && memchr(text.data, '\x1b', text.size) == NULL, "%s, in words",
			cases[i].name);
		test_check(holds(&written, cases[i].json), "%s, as JSON", cases[i].name);
		buffer_free(&text);
		buffer_free(&written);
	}
}

static void check_agreement(void)
{
	static const struct status_log logs[] = {
		{.origin = BYTES("a.example/0"), .size = 5, .limit = 100, .bytes = 10},
		{.origin = BYTES("b.example/0"), .size = 9, .pending = 2, .limit = 100, .bytes = 60}};
	struct status_agreement agreement = {.party = BYTES("a.example"), .label = BYTES("0"), .drill = true,
		.calls_only = true, .logs = logs, .log_count = 2};
	struct buffer text = {0};
	view_status_text(&text, &agreement);
	test_check(holds(&text, "a.example, agreement 0 (DRILL): node does not run; does not sign yet"),
		"a drill without a node");
	test_check(holds(&text, "  this party only calls out"), "a party without an address is told so");
	test_check(holds(&text, "  log a.example/0: 5 entries\n"), "a log");
	test_check(holds(&text, "  log b.example/0: 9 entries, 2 of them wait for what is not here yet"),
		"what cannot be judged yet");
	test_check(!holds(&text, "drill clock"), "which lives in real time");
	agreement.drill_clock = true;
	agreement.now = 1400544000;
	buffer_clear(&text);
	view_status_text(&text, &agreement);
	test_check(holds(&text, "  drill clock: 2014-05-20T00:00:00Z\n"), "or at another");
	static const struct status_text texts[] = {
		{.digest = {0x12, 0x34}, .title = BYTES("Second\x1b"), .governs = true, .lacks = true},
		{.digest = {0x56}, .title = BYTES("Third"), .signers = {BYTES("a.example"), BYTES("c.example")}, .signer_count = 2}};
	agreement.texts = texts;
	agreement.text_count = 2;
	buffer_clear(&text);
	view_status_text(&text, &agreement);
	test_check(holds(&text, "  amendment 1234000000000000 \"Second") && memchr(text.data, '\x1b', text.size) == NULL &&
		holds(&text, "\": governs what is written here; a mechanism file of it is not here: 'detente agree adopt'\n"),
		"an amendment in force");
	test_check(holds(&text, "\"Third\": signed by a.example, c.example\n"), "one that some have signed");
	struct buffer written = {0};
	struct json json;
	json_start(&json, &written);
	view_status_json(&json, &agreement);
	test_check(holds(&written, "\"title\":\"Third\",\"governs\":false,\"files\":true,"
		"\"signed_by\":[\"a.example\",\"c.example\"]}"), "and as JSON");
	buffer_free(&written);
	agreement.forked = true;
	buffer_clear(&text);
	view_status_text(&text, &agreement);
	test_check(holds(&text, "FORKED"), "our own fork");
	buffer_free(&text);
}

int main(void)
{
	test_start();
	check_peers();
	check_agreement();
	return test_end();
}

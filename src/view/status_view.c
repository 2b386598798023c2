#include "status_view.h"

#include <stdio.h>

#include "status_cards.h"
#include "status_successor.h"
#include "status_witnesses.h"
#include "text.h"
#include "utc.h"
#include "words.h"

static const struct {
	const char *word, *text;
} states[] = {
	[STATUS_FORKED] = {"forked", W("forked")},
	[STATUS_ROLLED_BACK] = {"rolled-back", W("rolled back")},
	[STATUS_CANNOT_MEET] = {"cannot-meet", W("cannot meet: neither side has an address")},
	[STATUS_THROUGH_OTHERS] = {"through-others", W("through others: neither side has an address")},
	[STATUS_DOWN] = {"down", W("down")},
	[STATUS_UNHEARD] = {"unheard", W("unheard")},
	[STATUS_REFUSES_LOG] = {"refuses-log", W("refuses our log")},
	[STATUS_REFUSED] = {"refused", W("refused")},
	[STATUS_ALIVE] = {"alive", W("alive")},
};

/* What a cause means to who has to do something about it. */
static const struct {
	const char *cause, *text;
} causes[] = {
	{"name", W("the name of the address is not found")},
	{"route", W("no network leads there")},
	{"connect", W("nobody accepts the connection there")},
	{"tls", W("what answers there does not speak TLS 1.3")},
	{"key", W("another key than on its card, or it does not accept ours")},
	{"http", W("connected, and broken off, or no answer as a node gives it")},
	{"refusal", W("what answers there turns our requests away")},
};

static const char *cause_text(const char *cause)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (bytes_is(bytes_string(cause), causes[i].cause))
			return words_in(causes[i].text);
	}
	return cause;
}

/* ---- in words ---- */

/* A line of its own about a party. */
static void line(struct buffer *to, const char *text, const struct bytes *blanks, size_t count)
{
	buffer_string(to, "    ");
	words_say(to, text, blanks, count);
	buffer_string(to, "\n");
}
#define LINE(to, text, ...) \
	line(to, text, (struct bytes[]){__VA_ARGS__}, sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

static void path_text(struct buffer *to, const struct status_path *path)
{
	struct buffer why = {0};
	if (path->cause != NULL && path->http != 0)
		WORDS(&why, "{1} (HTTP status {2})", bytes_string(cause_text(path->cause)), NUMBER(path->http));
	else if (path->cause != NULL)
		buffer_string(&why, cause_text(path->cause));
	if (!path->tried)
		LINE(to, W("path {1}: not tried yet"), path->address);
	else if (path->cause == NULL)
		LINE(to, W("path {1}: up since {2}"), path->address, MOMENT(path->since));
	else if (path->answered == 0)
		LINE(to, W("path {1}: down since {2}: {3}"), path->address, MOMENT(path->since), buffer_bytes(&why));
	else
		LINE(to, W("path {1}: down since {2}: {3}; it last answered {4}"), path->address, MOMENT(path->since),
			buffer_bytes(&why), MOMENT(path->answered));
	buffer_free(&why);
}

/* `text` has room for what was sent, received and missed. */
static void tests_text(struct buffer *to, const char *text, const struct status_tests *tests)
{
	struct buffer said = {0};
	words_say(&said, text, (struct bytes[]){NUMBER(tests->sent), NUMBER(tests->received), NUMBER(tests->missed)}, 3);
	struct bytes counts = buffer_bytes(&said);
	if (tests->received != 0 && tests->last != 0)
		LINE(to, W("{1}, median {2} s, longest {3} s, the last {4}"), counts, NUMBER(tests->median_s),
			NUMBER(tests->longest_s), MOMENT(tests->last));
	else if (tests->last != 0)
		LINE(to, W("{1}, the last {2}"), counts, MOMENT(tests->last));
	else
		line(to, "{1}", &counts, 1);
	buffer_free(&said);
}

/* What is to be known of a party beside its line. */
static void matters_text(struct buffer *to, const struct status_peer *peer)
{
	if (peer->state == STATUS_FORKED)
		line(to, W("signed two histories of its log: the evidence is kept; see 'detente publish --fork'"), NULL, 0);
	if (peer->state == STATUS_ROLLED_BACK)
		line(to, W("shows less of its own log than it signed before; what is held here is kept"), NULL, 0);
	if (peer->calls_only)
		line(to, W("only calls out: it has no address, and fetches what is here"), NULL, 0);
	if (peer->not_now)
		line(to, W("its node answers, and does not sign yet: it waits for a mirror to compare with"), NULL, 0);
	if (peer->refusal.size != 0) {
		struct buffer refusal = {0};
		text_isolated(&refusal, peer->refusal);
		LINE(to, W("refuses our log since {1}, says: {2}"), MOMENT(peer->refused_since), buffer_bytes(&refusal));
		buffer_free(&refusal);
	}
	if (peer->said_no)
		LINE(to, W("said no, signed: {1}, {2} of {3}; nothing to us since"),
			PLACED(peer->no_entry.party, peer->no_entry.index), peer->no_form, MOMENT(peer->no_at));
	if (peer->tests) {
		tests_text(to, W("line tests to it: {1} sent, {2} received, {3} missed"), &peer->to);
		tests_text(to, W("line tests from it: {1} sent, {2} received, {3} missed"), &peer->from);
	}
}

/* The word for its state, and since when. */
static void standing_text(struct buffer *to, const struct status_peer *peer, bool running)
{
	if (peer->state == STATUS_DOWN)
		WORDS(to, "down ({1}, since {2})", bytes_string(peer->cause), MOMENT(peer->since));
	else if (peer->state == STATUS_UNHEARD && peer->heard != 0)
		WORDS(to, "unheard since {1}", MOMENT(peer->heard));
	else if (peer->state == STATUS_UNHEARD)
		buffer_string(to, running ? T("unheard since this node started") : T("unheard: nobody was called"));
	else
		buffer_string(to, words_in(states[peer->state].text));
}

static void peer_text(struct buffer *to, const struct status_peer *peer, bool running)
{
	struct buffer parts[5] = {{0}}, list = {0};
	struct bytes views[5];
	size_t count = 0;
	standing_text(&parts[count++], peer, running);
	if (peer->last_cosigned != 0)
		WORDS(&parts[count++], "last cosigned {1}", MOMENT(peer->last_cosigned));
	if (peer->round_trip_us != 0) {
		char trip[32];
		snprintf(trip, sizeof(trip), "%.1f", (double)peer->round_trip_us / 1000);
		WORDS(&parts[count++], "round trip {1} ms", bytes_string(trip));
	}
	if (peer->behind != 0)
		WORDS(&parts[count++], "behind by {1}: so many of our entries it has not cosigned", NUMBER(peer->behind));
	if (peer->clock_apart)
		WORDS(&parts[count++], "clock apart by {1} s", NUMBER(peer->skew_s));
	for (size_t i = 0; i < count; i++)
		views[i] = buffer_bytes(&parts[i]);
	words_list(&list, views, count, W("{1}, {2}"));
	buffer_string(to, "  ");
	WORDS(to, "{1}: {2}", peer->party, buffer_bytes(&list));
	buffer_string(to, "\n");
	for (size_t i = 0; i < count; i++)
		buffer_free(&parts[i]);
	buffer_free(&list);
	if (peer->compared == STATUS_OTHER_STATE)
		line(to, W("ANOTHER STATE: from the same entries its node comes to other facts than ours: "
			"one of the two programs is wrong"), NULL, 0);
	for (size_t i = 0; i < peer->path_count; i++)
		path_text(to, &peer->paths[i]);
	matters_text(to, peer);
}

static void amendment_text(struct buffer *to, const struct status_text *text)
{
	struct buffer hex = {0}, title = {0}, signers = {0};
	text_hex(&hex, bytes_of(text->digest, 8));
	text_isolated(&title, text->title);
	words_list(&signers, text->signers, text->signer_count, W("{1}, {2}"));
	struct bytes blanks[] = {buffer_bytes(&hex), buffer_bytes(&title), buffer_bytes(&signers)};
	buffer_string(to, "  ");
	if (text->governs)
		words_say(to, text->lacks ? W("amendment {1} \"{2}\": governs what is written here; a mechanism file of it is "
			"not here: 'detente agree adopt'") : W("amendment {1} \"{2}\": governs what is written here"), blanks, 3);
	else
		words_say(to, text->lacks ? W("amendment {1} \"{2}\": signed by {3}; a mechanism file of it is not here: "
			"'detente agree adopt'") : W("amendment {1} \"{2}\": signed by {3}"), blanks, 3);
	buffer_string(to, "\n");
	buffer_free(&hex);
	buffer_free(&title);
	buffer_free(&signers);
}

static void log_text(struct buffer *to, const struct status_log *log)
{
	struct buffer parts[3] = {{0}}, list = {0};
	struct bytes views[3];
	size_t count = 0;
	WORDS(&parts[count++], "log {1}: {2} entries", log->origin, NUMBER(log->size));
	if (log->pending != 0)
		WORDS(&parts[count++], "{1} of them wait for what is not here yet", NUMBER(log->pending));
	if (log->bytes > log->limit / 2)
		WORDS(&parts[count++], "{1} of the {2} bytes that the agreement allows", NUMBER(log->bytes),
			NUMBER(log->limit));
	for (size_t i = 0; i < count; i++)
		views[i] = buffer_bytes(&parts[i]);
	words_list(&list, views, count, W("{1}, {2}"));
	buffer_format(to, "  %.*s\n", BYTES_SHOWN(buffer_bytes(&list)));
	for (size_t i = 0; i < count; i++)
		buffer_free(&parts[i]);
	buffer_free(&list);
}

static void node_text(struct buffer *to, const struct status_agreement *agreement)
{
	struct buffer node = {0};
	struct bytes running = bytes_string(agreement->running ? T("node runs") : T("node does not run"));
	if (agreement->forked)
		WORDS(&node, "{1}; FORKED: a mirror holds another history of our log, nothing is signed", running);
	else if (!agreement->may_sign)
		WORDS(&node, "{1}; does not sign yet: waits for a mirror to compare with", running);
	else
		buffer_add(&node, running);
	struct bytes blanks[] = {agreement->party, agreement->label, buffer_bytes(&node)};
	words_say(to, agreement->drill ? W("{1}, agreement {2} (DRILL): {3}") : W("{1}, agreement {2}: {3}"), blanks, 3);
	buffer_string(to, "\n");
	buffer_free(&node);
}

void view_status_text(struct buffer *to, const struct status_agreement *agreement)
{
	struct buffer hex = {0};
	node_text(to, agreement);
	if (agreement->drill_clock) {
		buffer_string(to, "  ");
		WORDS(to, "drill clock: {1}", MOMENT(agreement->now));
		buffer_string(to, "\n");
	}
	if (agreement->calls_only)
		buffer_format(to, "  %s\n", T("this party only calls out: it has no address, so others wait for its calls"));
	for (size_t i = 0; i < agreement->log_count; i++)
		log_text(to, &agreement->logs[i]);
	view_successor_text(to, agreement);
	view_cards_text(to, agreement);
	for (size_t i = 0; i < agreement->text_count; i++)
		amendment_text(to, &agreement->texts[i]);
	text_hex(&hex, bytes_of(agreement->state_digest, 8));
	buffer_string(to, "  ");
	WORDS(to, "state {1}, the same wherever the same entries are held", buffer_bytes(&hex));
	buffer_string(to, "\n");
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_text(to, &agreement->peers[i], agreement->running);
	view_witnesses_text(to, agreement);
	buffer_free(&hex);
}

/* ---- as JSON ---- */

static void time_json(struct json *json, const char *key, int64_t time)
{
	char utc[UTC_SIZE + 1];
	utc_format(time, utc);
	if (time != 0)
		json_string(json, key, bytes_string(utc));
	else
		json_null(json, key);
}

static void path_json(struct json *json, const struct status_path *path)
{
	json_object(json, NULL);
	json_string(json, "address", path->address);
	json_string(json, "state", bytes_string(!path->tried ? "untried" : path->cause == NULL ? "up" : "down"));
	if (path->cause != NULL)
		json_string(json, "cause", bytes_string(path->cause));
	else
		json_null(json, "cause");
	time_json(json, "since", path->since);
	time_json(json, "answered", path->answered);
	if (path->http != 0)
		json_number(json, "http", path->http);
	json_end(json);
}

static void tests_json(struct json *json, const char *key, const struct status_tests *tests)
{
	json_object(json, key);
	json_number(json, "sent", (int64_t)tests->sent);
	json_number(json, "received", (int64_t)tests->received);
	json_number(json, "missed", (int64_t)tests->missed);
	json_number(json, "median_s", tests->median_s);
	json_number(json, "longest_s", tests->longest_s);
	time_json(json, "last", tests->last);
	json_end(json);
}

static void matters_json(struct json *json, const struct status_peer *peer)
{
	json_bool(json, "clock_apart", peer->clock_apart);
	json_bool(json, "calls_only", peer->calls_only);
	json_bool(json, "not_now", peer->not_now);
	if (peer->compared != STATUS_NOT_COMPARED)
		json_bool(json, "same_state", peer->compared == STATUS_SAME_STATE);
	if (peer->refusal.size != 0)
		json_string(json, "refuses_log", peer->refusal);
	if (peer->said_no) {
		struct buffer place = {0};
		buffer_format(&place, "%.*s/%llu", BYTES_SHOWN(peer->no_entry.party),
			(unsigned long long)peer->no_entry.index);
		json_object(json, "refused");
		json_string(json, "entry", buffer_bytes(&place));
		json_string(json, "form", peer->no_form);
		time_json(json, "at", peer->no_at);
		json_end(json);
		buffer_free(&place);
	}
	if (peer->tests) {
		json_object(json, "line_tests");
		tests_json(json, "to", &peer->to);
		tests_json(json, "from", &peer->from);
		json_end(json);
	}
}

static void peer_json(struct json *json, const struct status_peer *peer)
{
	json_object(json, NULL);
	json_string(json, "party", peer->party);
	json_string(json, "state", bytes_string(states[peer->state].word));
	time_json(json, "heard", peer->heard);
	time_json(json, "last_cosigned", peer->last_cosigned);
	json_number(json, "round_trip_ms", (peer->round_trip_us + 500) / 1000);
	json_number(json, "behind", (int64_t)peer->behind);
	json_number(json, "skew_s", peer->skew_s);
	json_array(json, "paths");
	for (size_t i = 0; i < peer->path_count; i++)
		path_json(json, &peer->paths[i]);
	json_end(json);
	matters_json(json, peer);
	json_end(json);
}

static void digest_json(struct json *json, const char *key, const uint8_t digest[SHA256_SIZE])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	json_string(json, key, buffer_bytes(&hex));
	buffer_free(&hex);
}

static void amendments_json(struct json *json, const struct status_agreement *agreement)
{
	json_array(json, "amendments");
	for (size_t i = 0; i < agreement->text_count; i++) {
		const struct status_text *text = &agreement->texts[i];
		json_object(json, NULL);
		digest_json(json, "text", text->digest);
		json_string(json, "title", text->title);
		json_bool(json, "governs", text->governs);
		json_bool(json, "files", !text->lacks);
		json_array(json, "signed_by");
		for (size_t j = 0; j < text->signer_count; j++)
			json_string(json, NULL, text->signers[j]);
		json_end(json);
		json_end(json);
	}
	json_end(json);
}

void view_status_json(struct json *json, const struct status_agreement *agreement)
{
	json_object(json, NULL);
	json_string(json, "party", agreement->party);
	json_string(json, "agreement", agreement->label);
	json_bool(json, "drill", agreement->drill);
	if (agreement->drill_clock)
		time_json(json, "drill_clock", agreement->now);
	json_bool(json, "running", agreement->running);
	json_bool(json, "may_sign", agreement->may_sign);
	json_bool(json, "forked", agreement->forked);
	json_array(json, "cut");
	for (size_t i = 0; i < agreement->log_count; i++) {
		struct buffer root = {0};
		text_base64(&root, bytes_of(agreement->logs[i].root.bytes, SHA256_SIZE), true);
		json_object(json, NULL);
		json_string(json, "log", agreement->logs[i].origin);
		json_number(json, "size", (int64_t)agreement->logs[i].size);
		json_number(json, "bytes", (int64_t)agreement->logs[i].bytes);
		json_number(json, "limit", (int64_t)agreement->logs[i].limit);
		json_string(json, "root", buffer_bytes(&root));
		json_number(json, "pending", (int64_t)agreement->logs[i].pending);
		json_end(json);
		buffer_free(&root);
	}
	json_end(json);
	view_successor_json(json, agreement);
	view_cards_json(json, agreement);
	if (agreement->text_count > 0)
		amendments_json(json, agreement);
	digest_json(json, "state_digest", agreement->state_digest);
	json_array(json, "peers");
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_json(json, &agreement->peers[i]);
	json_end(json);
	view_witnesses_json(json, agreement);
	json_end(json);
}

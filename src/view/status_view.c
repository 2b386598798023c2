#include "status_view.h"

#include "status_cards.h"
#include "text.h"
#include "utc.h"

static const struct {
	const char *word, *text;
} states[] = {
	[STATUS_FORKED] = {"forked", "forked"},
	[STATUS_ROLLED_BACK] = {"rolled-back", "rolled back"},
	[STATUS_CANNOT_MEET] = {"cannot-meet", "cannot meet: neither side has an address"},
	[STATUS_THROUGH_OTHERS] = {"through-others", "through others: neither side has an address"},
	[STATUS_DOWN] = {"down", "down"},
	[STATUS_UNHEARD] = {"unheard", "unheard"},
	[STATUS_REFUSES_LOG] = {"refuses-log", "refuses our log"},
	[STATUS_REFUSED] = {"refused", "refused"},
	[STATUS_ALIVE] = {"alive", "alive"},
};

/* What a cause means to who has to do something about it. */
static const struct {
	const char *cause, *text;
} causes[] = {
	{"name", "the name of the address is not found"},
	{"route", "no network leads there"},
	{"connect", "nobody accepts the connection there"},
	{"tls", "what answers there does not speak TLS 1.3"},
	{"key", "another key than on its card, or it does not accept ours"},
	{"http", "connected, and broken off, or no answer as a node gives it"},
	{"refusal", "what answers there turns our requests away"},
};

static const char *cause_text(const char *cause)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (bytes_is(bytes_string(cause), causes[i].cause))
			return causes[i].text;
	}
	return cause;
}

static void time_text(struct buffer *to, const char *before, int64_t time)
{
	char utc[UTC_SIZE + 1];
	utc_format(time, utc);
	buffer_format(to, "%s%s", before, utc);
}

/* ---- in words ---- */

static void path_text(struct buffer *to, const struct status_path *path)
{
	buffer_format(to, "    path %.*s: %s", BYTES_SHOWN(path->address),
		!path->tried ? "not tried yet" : path->cause == NULL ? "up" : "down");
	if (path->tried)
		time_text(to, " since ", path->since);
	if (path->cause != NULL)
		buffer_format(to, ": %s", cause_text(path->cause));
	if (path->http != 0)
		buffer_format(to, " (HTTP status %u)", path->http);
	if (path->cause != NULL && path->answered != 0)
		time_text(to, "; it last answered ", path->answered);
	buffer_string(to, "\n");
}

static void tests_text(struct buffer *to, const char *direction, const struct status_tests *tests)
{
	buffer_format(to, "    line tests %s it: %llu sent, %llu received, %llu missed", direction,
		(unsigned long long)tests->sent, (unsigned long long)tests->received, (unsigned long long)tests->missed);
	if (tests->received != 0)
		buffer_format(to, ", median %lld s, longest %lld s", (long long)tests->median_s,
			(long long)tests->longest_s);
	if (tests->last != 0)
		time_text(to, ", the last ", tests->last);
	buffer_string(to, "\n");
}

/* What is to be known of a party beside its line. */
static void matters_text(struct buffer *to, const struct status_peer *peer)
{
	if (peer->state == STATUS_FORKED)
		buffer_string(to, "    signed two histories of its log: the evidence is kept; see 'detente publish --fork'\n");
	if (peer->state == STATUS_ROLLED_BACK)
		buffer_string(to, "    shows less of its own log than it signed before; what is held here is kept\n");
	if (peer->calls_only)
		buffer_string(to, "    only calls out: it has no address, and fetches what is here\n");
	if (peer->not_now)
		buffer_string(to, "    its node answers, and does not sign yet: it waits for a mirror to compare with\n");
	if (peer->refusal.size != 0) {
		time_text(to, "    refuses our log since ", peer->refused_since);
		buffer_string(to, ", says: ");
		text_printable(to, peer->refusal, false);
		buffer_string(to, "\n");
	}
	if (peer->said_no) {
		buffer_format(to, "    said no, signed: %.*s/%llu, %.*s", BYTES_SHOWN(peer->no_entry.party),
			(unsigned long long)peer->no_entry.index, BYTES_SHOWN(peer->no_form));
		time_text(to, " of ", peer->no_at);
		buffer_string(to, "; nothing to us since\n");
	}
	if (peer->tests) {
		tests_text(to, "to", &peer->to);
		tests_text(to, "from", &peer->from);
	}
}

static void peer_text(struct buffer *to, const struct status_peer *peer, bool running)
{
	buffer_format(to, "  %.*s: %s", BYTES_SHOWN(peer->party), states[peer->state].text);
	if (peer->state == STATUS_DOWN) {
		buffer_format(to, " (%s", peer->cause);
		time_text(to, ", since ", peer->since);
		buffer_string(to, ")");
	} else if (peer->state == STATUS_UNHEARD && peer->heard != 0) {
		time_text(to, " since ", peer->heard);
	} else if (peer->state == STATUS_UNHEARD) {
		buffer_string(to, running ? " since this node started" : ": nobody was called");
	}
	if (peer->last_cosigned != 0)
		time_text(to, ", last cosigned ", peer->last_cosigned);
	if (peer->round_trip_us != 0)
		buffer_format(to, ", round trip %.1f ms", (double)peer->round_trip_us / 1000);
	if (peer->behind != 0)
		buffer_format(to, ", behind by %llu: so many of our entries it has not cosigned",
			(unsigned long long)peer->behind);
	if (peer->clock_apart)
		buffer_format(to, ", clock apart by %lld s", (long long)peer->skew_s);
	buffer_string(to, "\n");
	if (peer->compared == STATUS_OTHER_STATE)
		buffer_string(to, "    ANOTHER STATE: from the same entries its node comes to other facts than ours: "
			"one of the two programs is wrong\n");
	for (size_t i = 0; i < peer->path_count; i++)
		path_text(to, &peer->paths[i]);
	matters_text(to, peer);
}

static void amendment_text(struct buffer *to, const struct status_text *text)
{
	buffer_string(to, "  amendment ");
	text_hex(to, bytes_of(text->digest, 8));
	buffer_string(to, " \"");
	text_printable(to, text->title, false);
	buffer_string(to, text->governs ? "\": governs what is written here" : "\": signed by");
	for (size_t i = 0; !text->governs && i < text->signer_count; i++)
		buffer_format(to, "%s %.*s", i == 0 ? "" : ",", BYTES_SHOWN(text->signers[i]));
	buffer_string(to, text->lacks ? "; a mechanism file of it is not here: 'detente agree adopt'\n" : "\n");
}

void view_status_text(struct buffer *to, const struct status_agreement *agreement)
{
	buffer_format(to, "%.*s, agreement %.*s%s: %s%s\n", BYTES_SHOWN(agreement->party),
		BYTES_SHOWN(agreement->label), agreement->drill ? " (DRILL)" : "",
		agreement->running ? "node runs" : "node does not run",
		agreement->forked ? "; FORKED: a mirror holds another history of our log, nothing is signed"
		: agreement->may_sign ? "" : "; does not sign yet: waits for a mirror to compare with");
	if (agreement->drill_clock)
		time_text(to, "  drill clock: ", agreement->now);
	if (agreement->drill_clock)
		buffer_string(to, "\n");
	if (agreement->calls_only)
		buffer_string(to, "  this party only calls out: it has no address, so others wait for its calls\n");
	for (size_t i = 0; i < agreement->log_count; i++) {
		const struct status_log *log = &agreement->logs[i];
		buffer_format(to, "  log %.*s: %llu entries", BYTES_SHOWN(log->origin),
			(unsigned long long)log->size);
		if (log->pending != 0)
			buffer_format(to, ", %llu of them wait for what is not here yet",
				(unsigned long long)log->pending);
		if (log->bytes > log->limit / 2)
			buffer_format(to, ", %llu of the %llu bytes that the agreement allows",
				(unsigned long long)log->bytes, (unsigned long long)log->limit);
		buffer_string(to, "\n");
	}
	view_cards_text(to, agreement);
	for (size_t i = 0; i < agreement->text_count; i++)
		amendment_text(to, &agreement->texts[i]);
	buffer_string(to, "  state ");
	text_hex(to, bytes_of(agreement->state_digest, 8));
	buffer_string(to, ", the same wherever the same entries are held\n");
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_text(to, &agreement->peers[i], agreement->running);
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
	view_cards_json(json, agreement);
	if (agreement->text_count > 0)
		amendments_json(json, agreement);
	digest_json(json, "state_digest", agreement->state_digest);
	json_array(json, "peers");
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_json(json, &agreement->peers[i]);
	json_end(json);
	json_end(json);
}

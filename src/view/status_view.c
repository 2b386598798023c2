#include "status_view.h"

#include "text.h"
#include "utc.h"

static void peer_text(struct buffer *to, const struct status_peer *peer)
{
	char utc[UTC_SIZE + 1];
	buffer_format(to, "  %.*s: %s", BYTES_SHOWN(peer->party), peer->state);
	if (peer->cause != NULL) {
		utc_format(peer->since, utc);
		buffer_format(to, " (%s, since %s)", peer->cause, utc);
	}
	if (peer->last_cosigned != 0) {
		utc_format(peer->last_cosigned, utc);
		buffer_format(to, ", last cosigned %s", utc);
	}
	if (peer->round_trip_us != 0)
		buffer_format(to, ", round trip %.1f ms", (double)peer->round_trip_us / 1000);
	if (peer->behind != 0)
		buffer_format(to, ", behind by %llu", (unsigned long long)peer->behind);
	if (peer->clock_apart)
		buffer_format(to, ", clock apart by %lld s", (long long)peer->skew_s);
	if (peer->refusal.size != 0) {
		buffer_string(to, ", says: ");
		text_printable(to, peer->refusal, false);
	}
	buffer_string(to, "\n");
}

void view_status_text(struct buffer *to, const struct status_agreement *agreement)
{
	buffer_format(to, "%.*s, agreement %.*s%s: %s%s\n", BYTES_SHOWN(agreement->party),
		BYTES_SHOWN(agreement->label), agreement->drill ? " (DRILL)" : "",
		agreement->running ? "node runs" : "node does not run",
		agreement->forked ? "; FORKED: a mirror holds another history of our log, nothing is signed"
		: agreement->may_sign ? "" : "; does not sign yet: waits for a mirror to compare with");
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
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_text(to, &agreement->peers[i]);
}

static void peer_json(struct json *json, const struct status_peer *peer)
{
	char utc[UTC_SIZE + 1];
	json_object(json, NULL);
	json_string(json, "party", peer->party);
	json_string(json, "state", bytes_string(peer->state));
	utc_format(peer->last_cosigned, utc);
	if (peer->last_cosigned != 0)
		json_string(json, "last_cosigned", bytes_string(utc));
	else
		json_null(json, "last_cosigned");
	json_number(json, "round_trip_ms", (peer->round_trip_us + 500) / 1000);
	json_number(json, "behind", (int64_t)peer->behind);
	json_number(json, "skew_s", peer->skew_s);
	json_array(json, "paths");
	if (peer->address.size != 0) {
		json_object(json, NULL);
		json_string(json, "address", peer->address);
		json_string(json, "state", bytes_string(peer->cause == NULL ? "up" : "down"));
		utc_format(peer->since, utc);
		if (peer->cause != NULL) {
			json_string(json, "cause", bytes_string(peer->cause));
			json_string(json, "since", bytes_string(utc));
		}
		json_end(json);
	}
	json_end(json);
	json_end(json);
}

void view_status_json(struct json *json, const struct status_agreement *agreement)
{
	json_object(json, NULL);
	json_string(json, "party", agreement->party);
	json_string(json, "agreement", agreement->label);
	json_bool(json, "drill", agreement->drill);
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
		json_end(json);
		buffer_free(&root);
	}
	json_end(json);
	json_array(json, "peers");
	for (size_t i = 0; i < agreement->peer_count; i++)
		peer_json(json, &agreement->peers[i]);
	json_end(json);
	json_end(json);
}

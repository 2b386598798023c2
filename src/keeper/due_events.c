/*
 * due_events: alarms whose time has come, in the turn; and what they, and answers and positions, come to, told as
 * events. Rungs of the ladder become rows; what the node can do itself of them is measured.
 */
#include <stdio.h>

#include "rungs.h"
#include "state.h"
#include "text.h"

#define TURN_ALARMS_MAX 500 /* taken in one turn, so that nobody waits for all of them */

void due_run(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count && keeper->failed == RULE_OK; i++) {
		struct pact *pact = keeper->relations[i].pact;
		bool more = false;
		/* after a restore answers are still on their way */
		if (!pact_lacks(pact))
			turn_fail(keeper, due_take(pact, keeper_now(keeper), TURN_ALARMS_MAX, &more));
		keeper->again = keeper->again || more;
	}
}

int64_t due_next_ms(const struct keeper *keeper)
{
	int64_t next = INT64_MAX, now = keeper->options->clock->milliseconds(keeper->options->clock->context) +
		keeper->drill_shift * 1000;
	for (size_t i = 0; i < keeper->relation_count; i++) {
		const struct pact *pact = keeper->relations[i].pact;
		if (pact->due.next < next && !pact_lacks(pact))
			next = pact->due.next;
	}
	/* the clock may step meanwhile: it is looked at again before long, whatever comes out here */
	return next == INT64_MAX || next > INT64_MAX / 2000 ? INT64_MAX : clock_steady_ms() + next * 1000 - now;
}

/* ---- telling ---- */

static void add_place(struct json *json, const char *key, const struct pact *pact, struct kernel_place place)
{
	char text[PLACE_MAX + 1];
	snprintf(text, sizeof(text), "%.*s/%llu", BYTES_SHOWN(terms_party(pact->terms, place.party)),
		(unsigned long long)place.index);
	json_string(json, key, bytes_string(text));
}

static void add_time(struct json *json, const char *key, int64_t time)
{
	char utc[UTC_SIZE + 1];
	if (time == KERNEL_NEVER) {
		json_null(json, key);
		return;
	}
	utc_format(time, utc);
	json_string(json, key, bytes_string(utc));
}

static const char *name_of(enum due_kind kind)
{
	static const char *const names[] = {[DUE_REMINDER] = "reminder", [DUE_OVERDUE] = "overdue",
		[DUE_UNREACHED] = "unreached", [DUE_REACHED] = "reached", [DUE_RUNG] = "rung",
		[DUE_ANSWERED] = "answered",
		[DUE_WITHDRAWN] = "withdrawn", [DUE_POSITION] = "position"};
	return names[kind];
}

/* How each address of a party was found when it was tried last. */
static void measure_paths(struct buffer *to, const struct relation *relation, size_t party)
{
	const struct peer *peer = &relation->peers[party];
	const struct card *card = &pact_card(relation->pact, party, 0)->card;
	for (size_t i = 0; i < card->address_count; i++) {
		const struct path *path = NULL;
		char utc[UTC_SIZE + 1];
		for (size_t p = 0; p < peer->path_count; p++)
			path = bytes_is(card->addresses[i], peer->paths[p].address) ? &peer->paths[p] : path;
		buffer_format(to, "%s%.*s ", i == 0 ? "" : "; ", BYTES_SHOWN(card->addresses[i]));
		if (path == NULL) {
			buffer_string(to, "not tried");
			continue;
		}
		utc_format(path->tried, utc);
		buffer_format(to, "%s at %s", measure_cause(path) == NULL ? "answered" : measure_cause(path), utc);
	}
	if (card->address_count == 0)
		buffer_string(to, "the party has no address");
	if (to->size > RUNG_RESULT_MAX)
		buffer_cut(to, RUNG_RESULT_MAX);
}

static enum rule take_rung(struct keeper *keeper, const struct relation *relation, const struct due_event *happened,
	struct json *json)
{
	const struct rung *rung = &relation->pact->due.ladder->rungs[happened->rung];
	struct rung_row row = {.name = happened->name, .overdue = happened->standing != KERNEL_UNREACHED,
		.number = happened->rung, .at = keeper_now(keeper), .result_at = KERNEL_NEVER,
		.word = bytes_string(rung->word), .text = bytes_string(rung->text)};
	struct buffer result = {0};
	if (strcmp(rung->word, "path") == 0) {
		measure_paths(&result, relation, happened->name.party);
		row.result_at = row.at;
		row.result = buffer_bytes(&result);
	}
	enum rule rule = result.rule == RULE_OK ? rung_put(relation->pact, &row) : result.rule;
	json_number(json, "rung", (int64_t)happened->rung + 1);
	json_string(json, "do", row.word);
	json_string(json, "text", row.text);
	if (row.result_at == KERNEL_NEVER)
		json_null(json, "result");
	else
		json_string(json, "result", row.result);
	buffer_free(&result);
	return rule;
}

static void tell_position(struct json *json, const struct pact *pact, const struct due_event *happened)
{
	static const uint8_t none[SHA256_SIZE];
	struct buffer version = {0};
	add_place(json, "matter", pact, happened->name.asked);
	text_hex(&version, bytes_of(happened->version, SHA256_SIZE));
	if (memcmp(happened->version, none, SHA256_SIZE) == 0)
		json_null(json, "version");
	else
		json_string(json, "version", buffer_bytes(&version));
	json_string(json, "scale", happened->scale->name);
	json_string(json, "before", happened->scale->positions[happened->before]);
	json_string(json, "after", happened->scale->positions[happened->after]);
	buffer_free(&version);
}

static enum rule tell_owed(struct keeper *keeper, const struct relation *relation, const struct due_event *happened,
	struct json *json)
{
	const struct pact *pact = relation->pact;
	add_place(json, "entry", pact, happened->name.asked);
	json_string(json, "form", happened->form->name);
	json_bool(json, "promise", happened->promise);
	json_bool(json, "ours", happened->name.party == pact->self);
	json_bool(json, "to_us", happened->name.asked.party == pact->self);
	add_time(json, "due", happened->due);
	if (happened->kind == DUE_REMINDER)
		json_number(json, "percent", (int64_t)happened->percent);
	else
		json_string(json, "standing", bytes_string(kernel_standing_name(happened->standing)));
	if (happened->kind == DUE_ANSWERED)
		add_place(json, "answer", pact, (struct kernel_place){happened->name.party, happened->answer});
	return happened->kind == DUE_RUNG ? take_rung(keeper, relation, happened, json) : RULE_OK;
}

enum rule due_tell(struct keeper *keeper, struct relation *relation)
{
	struct pact *pact = relation->pact;
	struct event event;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < pact->due.count && rule == RULE_OK; i++) {
		const struct due_event *happened = &pact->due.events[i];
		event_begin(&event, keeper, relation, name_of(happened->kind));
		json_string(&event.json, "party", terms_party(pact->terms, happened->name.party));
		if (happened->kind == DUE_POSITION)
			tell_position(&event.json, pact, happened);
		else
			rule = tell_owed(keeper, relation, happened, &event.json);
		event_end(&event);
	}
	if (pact->due.answered > DUE_ANSWERED_MAX) {
		event_begin(&event, keeper, relation, "answered");
		json_number(&event.json, "more", (int64_t)pact->due.answered - DUE_ANSWERED_MAX);
		event_end(&event);
	}
	due_told(pact);
	return rule;
}

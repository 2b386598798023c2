/*
 * events: what happens here, as numbered lines of JSON for who watches (detente.1, section Events). They are gathered in
 * memory and written in the transaction of the turn, so that nothing is told that did not become durable. What came to
 * the logs, and what changed of the parties, is found at the end of a turn by comparing with what was told before; a turn
 * that brought many entries to a log is told in one event. Old events are dropped: the store keeps EVENTS_KEPT.
 */
#include <stdio.h>

#include "command.h"
#include "event_view.h"
#include "text.h"

#define EVENTS_KEPT 50000
#define EVENTS_DROPPED 500 /* at once */
#define ENTRIES_SINGLE 16  /* of a log in one turn that are told one by one */

void event_begin(struct event *event, struct keeper *keeper, const struct relation *relation, const char *kind)
{
	char utc[UTC_SIZE + 1];
	*event = (struct event){.keeper = keeper};
	utc_format(keeper_now(keeper), utc);
	json_start(&event->json, &event->text);
	json_object(&event->json, NULL);
	json_string(&event->json, "at", bytes_string(utc));
	if (relation != NULL)
		json_string(&event->json, "agreement", bytes_string(relation->pact->label));
	json_string(&event->json, "event", bytes_string(kind));
}

void event_end(struct event *event)
{
	struct keeper *keeper = event->keeper;
	json_end(&event->json);
	turn_fail(keeper, event->text.rule);
	buffer_u32(&keeper->events, (uint32_t)event->text.size);
	buffer_add(&keeper->events, buffer_bytes(&event->text));
	buffer_free(&event->text);
	keeper->again = keeper->again || !keeper->begun;
}

static void begin_of(struct event *event, struct keeper *keeper, const struct relation *relation, size_t party,
	const char *kind)
{
	event_begin(event, keeper, relation, kind);
	json_string(&event->json, "party", terms_party(relation->pact->terms, party));
}

/* ---- entries ---- */

static void add_place(struct json *json, const char *key, struct bytes party, uint64_t index)
{
	char place[PLACE_MAX + 1];
	snprintf(place, sizeof(place), "%.*s/%llu", BYTES_SHOWN(party), (unsigned long long)index);
	json_string(json, key, bytes_string(place));
}

static void add_entry(struct json *json, const struct pact *pact, const struct entry *entry)
{
	const struct form *form = terms_form(pact_terms_of(pact, entry), entry->form);
	bool held = false;
	json_string(json, "form", entry->form);
	json_string(json, "from", entry->from);
	json_array(json, "to");
	for (size_t i = 0; i < entry->to_count; i++)
		json_string(json, NULL, entry->to[i]);
	json_end(json);
	json_bool(json, "to_us", pact_addressed(pact, entry, pact->self));
	if (entry->has_re)
		add_place(json, "re", entry->re.party, entry->re.index);
	if (form != NULL && form->refuses)
		json_bool(json, "refuses", true);
	for (size_t i = 0; entry->bookkeeping && i < entry->field_count; i++) {
		if (!bytes_is(entry->fields[i].key, "held"))
			continue;
		if (!held)
			json_array(json, "held");
		held = true;
		json_string(json, NULL, entry->fields[i].value);
	}
	if (held)
		json_end(json);
}

/* An entry that was judged. */
static enum rule tell_entry(struct keeper *keeper, const struct relation *relation, size_t party, uint64_t index)
{
	struct pact *pact = relation->pact;
	struct judge_head head;
	struct event event;
	enum rule rule = pact->record.head(pact, party, index, &head);
	if (rule != RULE_OK)
		return rule;
	begin_of(&event, keeper, relation, party, head.verdict == RULE_OK ? "entry" : "void");
	add_place(&event.json, "entry", terms_party(pact->terms, party), index);
	json_bool(&event.json, "ours", party == pact->self);
	if (head.verdict == RULE_OK)
		add_entry(&event.json, pact, &pact->head);
	else
		json_string(&event.json, "rule", bytes_string(rule_name(head.verdict)));
	event_end(&event);
	return RULE_OK;
}

/* Entries [first, end) of a log. */
static void begin_range(struct event *event, struct keeper *keeper, const struct relation *relation, size_t party,
	const char *kind, const uint64_t range[2])
{
	begin_of(event, keeper, relation, party, kind);
	json_number(&event->json, "first", (int64_t)range[0]);
	json_number(&event->json, "last", (int64_t)range[1] - 1);
	json_bool(&event->json, "ours", party == relation->pact->self);
}

static enum rule tell_log(struct keeper *keeper, struct relation *relation, size_t party)
{
	struct told *told = &relation->peers[party].told;
	struct pact_log *log = &relation->pact->logs[party];
	uint64_t judged[2] = {told->judged, log->judge.next}, waiting[2] = {told->size, log->ledger.size};
	struct event event;
	enum rule rule = RULE_OK;
	if (waiting[0] < judged[1])
		waiting[0] = judged[1];
	if (judged[1] > judged[0] + ENTRIES_SINGLE) {
		begin_range(&event, keeper, relation, party, "entries", judged);
		json_number(&event.json, "void", (int64_t)log->turn_void);
		json_number(&event.json, "to_us", (int64_t)log->turn_to_us);
		event_end(&event);
	} else {
		for (uint64_t i = judged[0]; i < judged[1] && rule == RULE_OK; i++)
			rule = tell_entry(keeper, relation, party, i);
	}
	if (waiting[1] > waiting[0]) {
		begin_range(&event, keeper, relation, party, "pending", waiting);
		event_end(&event);
	}
	told->judged = log->judge.next;
	told->size = log->ledger.size;
	log->turn_void = log->turn_to_us = 0;
	return rule;
}

/* ---- parties ---- */

static void tell_path(struct keeper *keeper, const struct relation *relation, size_t party, struct path *path)
{
	uint32_t state = 1 + ((uint32_t)path->cause << 16 | path->status);
	const char *cause = measure_cause(path);
	struct event event;
	if (state == path->told)
		return;
	path->told = state;
	begin_of(&event, keeper, relation, party, cause == NULL ? "path-up" : "path-down");
	json_string(&event.json, "address", bytes_string(path->address));
	if (cause != NULL)
		json_string(&event.json, "cause", bytes_string(cause));
	if (path->status != 0)
		json_number(&event.json, "status", path->status);
	event_end(&event);
}

/* What is so now and was not, or the other way round. */
static bool turned(bool is, bool *told)
{
	bool changed = is != *told;
	*told = is;
	return changed;
}

static void tell_turned(struct keeper *keeper, const struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct told *told = &peer->told;
	struct event event;
	if (turned(peer->forks, &told->forks) && peer->forks) {
		begin_of(&event, keeper, relation, party, "forked");
		event_end(&event);
	}
	if (turned(peer->rolled_back, &told->rolled_back) && peer->rolled_back) {
		begin_of(&event, keeper, relation, party, "rolled-back");
		event_end(&event);
	}
	if (turned(relation->pact->logs[party].agreeing == PACT_OTHER_STATE, &told->differs) && told->differs) {
		begin_of(&event, keeper, relation, party, "state-differs");
		event_end(&event);
	}
	const struct party_card *card = cards_newest(relation->pact->cards, party);
	if (memcmp(card->card.identity, told->identity, ED25519_PUBLIC) != 0) {
		char digits[FINGERPRINT_SIZE];
		memcpy(told->identity, card->card.identity, ED25519_PUBLIC);
		card_fingerprint(card->card.identity, digits);
		begin_of(&event, keeper, relation, party, "identity");
		add_place(&event.json, "entry", terms_party(relation->pact->terms, party), card->from);
		json_string(&event.json, "fingerprint", bytes_string(digits));
		event_end(&event);
	}
	if (turned(peer->skew_told, &told->apart)) {
		begin_of(&event, keeper, relation, party, "clock");
		json_bool(&event.json, "apart", peer->skew_told);
		json_number(&event.json, "skew_s", peer->skew_s);
		event_end(&event);
	}
	if (turned(peer->refusal[0] != '\0', &told->refuses)) {
		begin_of(&event, keeper, relation, party, told->refuses ? "refuses-log" : "takes-log");
		if (told->refuses)
			json_string(&event.json, "says", bytes_string(peer->refusal));
		event_end(&event);
	}
}

static void tell_party(struct keeper *keeper, const struct relation *relation, size_t party)
{
	struct peer *peer = &relation->peers[party];
	struct event event;
	for (size_t i = 0; i < peer->path_count; i++)
		tell_path(keeper, relation, party, &peer->paths[i]);
	tell_turned(keeper, relation, party);
	if (peer->push.cosigned > peer->told.cosigned) {
		char utc[UTC_SIZE + 1];
		utc_format(peer->last_cosigned, utc);
		begin_of(&event, keeper, relation, party, "receipt");
		json_number(&event.json, "first", (int64_t)peer->told.cosigned);
		json_number(&event.json, "last", (int64_t)peer->push.cosigned - 1);
		json_string(&event.json, "cosigned", bytes_string(utc));
		event_end(&event);
	}
	peer->told.cosigned = peer->push.cosigned;
}

/* Another text governs what we write than before. */
static void tell_text(struct keeper *keeper, struct relation *relation)
{
	const struct agreement *agreement = pact_text(relation->pact);
	struct buffer hex = {0};
	struct event event;
	if (memcmp(relation->text_told, agreement->digest, SHA256_SIZE) == 0)
		return;
	memcpy(relation->text_told, agreement->digest, SHA256_SIZE);
	text_hex(&hex, bytes_of(agreement->digest, SHA256_SIZE));
	event_begin(&event, keeper, relation, "text");
	json_string(&event.json, "text", buffer_bytes(&hex));
	json_string(&event.json, "title", agreement->title);
	event_end(&event);
	buffer_free(&hex);
}

static enum rule tell_relation(struct keeper *keeper, struct relation *relation)
{
	struct event event;
	enum rule rule = RULE_OK;
	tell_text(keeper, relation);
	if (turned(relation->forked, &relation->fork_told)) {
		event_begin(&event, keeper, relation, "own-fork");
		event_end(&event);
	}
	for (size_t i = 0; i < relation->pact->parties && rule == RULE_OK; i++) {
		rule = tell_log(keeper, relation, i);
		if (i != relation->pact->self)
			tell_party(keeper, relation, i);
	}
	return rule == RULE_OK ? due_tell(keeper, relation) : rule;
}

void events_load(struct relation *relation)
{
	memcpy(relation->text_told, pact_text(relation->pact)->digest, SHA256_SIZE);
	for (size_t i = 0; i < relation->pact->parties; i++) {
		struct peer *peer = &relation->peers[i];
		const struct pact_log *log = &relation->pact->logs[i];
		peer->told = (struct told){.judged = log->judge.next, .size = log->ledger.size,
			.cosigned = peer->push.cosigned, .forks = peer->forks,
			.differs = log->agreeing == PACT_OTHER_STATE};
		memcpy(peer->told.identity, cards_newest(relation->pact->cards, i)->card.identity, ED25519_PUBLIC);
	}
}

/* ---- into the store ---- */

static bool is_node(const struct keeper *keeper)
{
	return keeper->options->client < 0;
}

static void tell_node(struct keeper *keeper, const char *kind)
{
	struct event event;
	event_begin(&event, keeper, NULL, kind);
	event_end(&event);
}

static enum rule write_rows(struct keeper *keeper, uint64_t *last)
{
	struct cursor rows = cursor_of(buffer_bytes(&keeper->events));
	uint64_t before = *last;
	enum rule rule = keeper->events.rule;
	while (rule == RULE_OK && cursor_left(&rows) > 0) {
		struct bytes row = cursor_take(&rows, cursor_u32(&rows));
		rule = store_event_add(keeper->store, row, last);
	}
	if (rule == RULE_OK && *last > EVENTS_KEPT && *last / EVENTS_DROPPED != before / EVENTS_DROPPED)
		rule = store_event_drop(keeper->store, *last - EVENTS_KEPT);
	return rule;
}

void events_write(struct keeper *keeper)
{
	enum rule rule = RULE_OK;
	if (keeper->failed != RULE_OK)
		return;
	if (!keeper->start_told && is_node(keeper))
		tell_node(keeper, "started");
	for (size_t i = 0; i < keeper->relation_count && rule == RULE_OK; i++)
		rule = tell_relation(keeper, &keeper->relations[i]);
	if (rule == RULE_OK)
		rule = write_rows(keeper, &keeper->event_last);
	buffer_clear(&keeper->events);
	turn_fail(keeper, rule);
}

void events_stop(struct keeper *keeper)
{
	enum rule rule = is_node(keeper) && keeper->keys != NULL ? store_begin(keeper->store) : RULE_NOT_FOUND;
	if (rule == RULE_NOT_FOUND)
		return;
	tell_node(keeper, "stopped");
	if (rule == RULE_OK)
		rule = write_rows(keeper, &keeper->event_last);
	buffer_clear(&keeper->events);
	if (rule == RULE_OK)
		rule = store_commit(keeper->store);
	else
		store_rollback(keeper->store);
	if (rule != RULE_OK)
		fprintf(stderr, "detente: %s: %s: who watches is not told of the stop\n", keeper->options->home,
			rule_sentence(rule));
}

/* ---- watch: arguments: from, words (flag), agreement ---- */

#define PIECE_MAX ((size_t)64 << 10)  /* bytes that are told at once */
#define QUEUE_MAX ((size_t)256 << 10) /* bytes that wait for who watches: a slow reader costs no more */

struct telling {
	struct buffer out;
	uint64_t next;
	struct buffer mark; /* what an event of the agreement that is asked for holds; empty: any */
	bool in_words;
};

static enum rule tell(void *context, uint64_t number, struct bytes row)
{
	struct telling *telling = context;
	static const char agreement[] = "\"agreement\":\"";
	if (telling->out.size > PIECE_MAX)
		return RULE_LIMIT; /* the rest comes with the next piece */
	telling->next = number + 1;
	if (row.size == 0)
		return RULE_STORE_CORRUPT;
	/* no value holds an unescaped quotation mark: a key is found, and nothing else */
	if (telling->mark.size != 0 && memmem(row.data, row.size, agreement, sizeof(agreement) - 1) != NULL &&
	    memmem(row.data, row.size, telling->mark.data, telling->mark.size) == NULL)
		return RULE_OK;
	if (telling->in_words) {
		event_view(&telling->out, number, row);
		return telling->out.rule;
	}
	buffer_format(&telling->out, "{\"number\":%llu,", (unsigned long long)number);
	buffer_add(&telling->out, bytes_of(row.data + 1, row.size - 1));
	buffer_string(&telling->out, "\n");
	return telling->out.rule;
}

/* From which number on; says so where that one is not kept any more. */
static enum rule begin_watching(struct keeper *keeper, struct command *command)
{
	struct bytes from = command_argument(command, "from");
	uint64_t first, last, next;
	enum rule rule = store_event_bounds(keeper->store, &first, &last);
	if (rule != RULE_OK)
		return rule;
	next = last + 1;
	if (from.data != NULL && (rule = text_decimal(from, &next)) != RULE_OK)
		return rule;
	if (from.data != NULL && next < first && first > 1)
		TELL(keeper, command, W("detente: watch: events before {1} are not kept any more"), NUMBER(first));
	command->watch_next = next == 0 ? 1 : next;
	return RULE_OK;
}

static enum rule tell_piece(struct keeper *keeper, struct command *command, const struct relation *relation)
{
	struct telling telling = {.next = command->watch_next, .in_words = command_flag(command, "words")};
	if (relation != NULL)
		buffer_format(&telling.mark, "\"agreement\":\"%s\"", relation->pact->label);
	enum rule rule = store_event_scan(keeper->store, command->watch_next, tell, &telling);
	if (rule == RULE_OK || rule == RULE_LIMIT) {
		command_out(keeper, command, buffer_bytes(&telling.out));
		command->watch_next = telling.next;
		rule = RULE_OK;
	}
	buffer_free(&telling.out);
	buffer_free(&telling.mark);
	return rule;
}

bool events_wake(const struct keeper *keeper, const struct command *command)
{
	return command->watch_next != 0 && command->watch_next <= keeper->event_last &&
		channel_queued(command->client->channel) < QUEUE_MAX;
}

void command_watch(struct keeper *keeper, struct command *command)
{
	bool one = command_flag(command, "agreement");
	const struct relation *relation = one ? command_relation(keeper, command) : NULL;
	if (one && relation == NULL)
		return;
	enum rule rule = command->watch_next == 0 ? begin_watching(keeper, command) : RULE_OK;
	if (rule == RULE_OK && (keeper->stop || channel_queued(command->client->channel) < QUEUE_MAX))
		rule = tell_piece(keeper, command, relation);
	bool more = command->watch_next <= keeper->event_last;
	if (rule != RULE_OK) {
		command_refuse(keeper, command, W("watch"), &(struct fault){.rule = rule}, NULL);
	} else if (keeper->stop || (!is_node(keeper) && !more)) {
		TELL(keeper, command, is_node(keeper) ? W("detente: watch: the node stops; 'detente watch --from {1}' goes on")
			: W("detente: watch: no node runs here, so nothing more happens; 'detente watch --from {1}' goes on"),
			NUMBER(command->watch_next));
		command_done(keeper, command, 0);
	} else {
		command->parked = true;
		command->deadline_ms = INT64_MAX;
		keeper->again = keeper->again || more;
	}
}

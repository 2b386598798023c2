#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "state.h"

void turn_fail(struct keeper *keeper, enum rule rule)
{
	if (keeper->failed == RULE_OK)
		keeper->failed = rule;
}

void turn_defer(struct keeper *keeper, struct client *client, uint16_t type, uint32_t id, struct buffer *payload)
{
	if (keeper->deferred_count == keeper->deferred_capacity) {
		size_t capacity = keeper->deferred_capacity == 0 ? 64 : 2 * keeper->deferred_capacity;
		struct deferred *more = realloc(keeper->deferred, capacity * sizeof(*more));
		if (more == NULL) {
			turn_fail(keeper, RULE_MEMORY);
			buffer_free(payload);
			return;
		}
		keeper->deferred = more;
		keeper->deferred_capacity = capacity;
	}
	turn_fail(keeper, payload->rule);
	keeper->deferred_size += payload->size;
	keeper->deferred[keeper->deferred_count++] = (struct deferred){client, type, id, *payload, -1};
	*payload = (struct buffer){0};
}

void turn_defer_file(struct keeper *keeper, uint32_t id, struct buffer *payload, int descriptor)
{
	size_t before = keeper->deferred_count;
	turn_defer(keeper, NULL, MESSAGE_REPLY, id, payload);
	if (keeper->deferred_count > before)
		keeper->deferred[before].descriptor = descriptor;
	else
		close(descriptor);
}

static void send_frame(struct keeper *keeper, const struct deferred *deferred)
{
	struct frame frame = {.type = deferred->type, .id = deferred->id, .payload = buffer_bytes(&deferred->payload)};
	if (deferred->descriptor >= 0)
		frame.descriptors[frame.descriptor_count++] = deferred->descriptor;
	if (deferred->client == NULL) {
		if (keeper->link != NULL)
			channel_send(keeper->link, &frame);
	} else if (!deferred->client->dead && channel_send(deferred->client->channel, &frame) != RULE_OK) {
		deferred->client->dead = true;
	}
}

/*
 * What goes out in place of a deferred frame whose transaction failed: nothing was kept, and whoever asked is told so.
 */
static void send_failure(struct keeper *keeper, struct deferred *deferred, enum rule rule)
{
	char line[256];
	bool last = deferred->type == MESSAGE_REPLY || deferred->type == MESSAGE_DONE;
	snprintf(line, sizeof(line), "%s: nothing of this was kept\n", rule_sentence(rule));
	buffer_free(&deferred->payload);
	if (deferred->descriptor >= 0)
		close(deferred->descriptor);
	deferred->descriptor = -1;
	if (!last)
		return;
	if (deferred->client == NULL) {
		struct message_reply reply = {.status = 503, .type = BYTES("text/plain; charset=utf-8"),
			.body = bytes_string(line)};
		message_write_reply(&deferred->payload, &reply);
	} else {
		struct deferred said = *deferred;
		char whole[300];
		snprintf(whole, sizeof(whole), "detente: %s", line);
		said.type = MESSAGE_OUTPUT;
		said.payload = (struct buffer){0};
		message_write_output(&said.payload, &(struct message_output){2, bytes_string(whole)});
		send_frame(keeper, &said);
		buffer_free(&said.payload);
		message_write_done(&deferred->payload, 4);
	}
	send_frame(keeper, deferred);
}

static void flush_deferred(struct keeper *keeper, enum rule rule)
{
	for (size_t i = 0; i < keeper->deferred_count; i++) {
		if (rule == RULE_OK)
			send_frame(keeper, &keeper->deferred[i]);
		else
			send_failure(keeper, &keeper->deferred[i], rule);
		buffer_free(&keeper->deferred[i].payload);
		if (keeper->deferred[i].descriptor >= 0)
			close(keeper->deferred[i].descriptor);
	}
	keeper->deferred_count = keeper->deferred_size = 0;
}

static void take_frame(struct keeper *keeper, const struct frame *frame)
{
	struct message_request request;
	struct message_reply reply;
	struct bytes address;
	enum rule rule = RULE_IPC_FORM;
	for (size_t d = 0; d < frame->descriptor_count; d++)
		close(frame->descriptors[d]);
	if (frame->type == MESSAGE_REQUEST && !keeper->begun) {
		rule = RULE_OK;
		turn_defer(keeper, NULL, MESSAGE_REPLY, frame->id, &(struct buffer){0}); /* leaves as a failure */
	} else if (frame->type == MESSAGE_REQUEST &&
	    (rule = message_parse_request(&request, frame->payload)) == RULE_OK) {
		serve_request(keeper, frame->id, &request);
	} else if (frame->type == MESSAGE_REPLY && (rule = message_parse_reply(&reply, frame->payload)) == RULE_OK) {
		if (keeper->begun && !carry_reply(keeper, frame->id, &reply) && !witnesses_reply(keeper, frame->id, &reply))
			peer_reply(keeper, frame->id, &reply);
	} else if (frame->type == MESSAGE_READY && (rule = message_parse_ready(&address, frame->payload)) == RULE_OK) {
		keeper_link_ready(keeper, address);
	}
	if (rule != RULE_OK) {
		/* the link is ours: a malformed frame is a fault of the program, not of a peer */
		fprintf(stderr, "detente: link: %s\n", rule_sentence(rule));
		keeper->stop = true;
		keeper->status = 4;
	}
}

/*
 * After a failure in the turn the rest waits for the next one; where there is no transaction at all, everybody is told.
 */
static bool takes_more(const struct keeper *keeper)
{
	return keeper->failed == RULE_OK || !keeper->begun;
}

/* What the peers may have of one turn, so that they starve nobody else */
#define TURN_FRAMES_MAX 64
#define TURN_LINK_MS 200
#define REPLIES_MAX ((size_t)32 << 20) /* bytes that are held back in a turn; as many may wait for the link */

static void take_link(struct keeper *keeper)
{
	int64_t until = clock_steady_ms() + TURN_LINK_MS;
	bool more = takes_more(keeper);
	struct frame frame;
	int taken = 0;
	while (more && channel_queued(keeper->link) < REPLIES_MAX && channel_next(keeper->link, &frame)) {
		take_frame(keeper, &frame);
		more = takes_more(keeper) && !keeper->stop && ++taken < TURN_FRAMES_MAX &&
			keeper->deferred_size < REPLIES_MAX && clock_steady_ms() < until;
	}
	keeper->again = keeper->again || !more;
}

static void take_clients(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->client_count; i++) {
		struct frame frame;
		while (!keeper->clients[i]->dead && takes_more(keeper) &&
		    channel_next(keeper->clients[i]->channel, &frame))
			command_take(keeper, keeper->clients[i], &frame);
	}
	keeper->again = keeper->again || !takes_more(keeper);
}

#define TURN_JUDGED_MAX 512 /* entries that waited and are judged in one turn, so that nobody waits for all of them */

/* Our own words of this turn: bookkeeping, then one checkpoint an agreement whose log grew. */
static void finish_logs(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->relation_count && keeper->failed == RULE_OK; i++) {
		struct relation *relation = &keeper->relations[i];
		struct pact *pact = relation->pact;
		struct pact_log *own = &pact->logs[pact->self];
		bool behind = pact_behind(pact), more = false;
		enum rule rule = pact_judge_rest(pact, TURN_JUDGED_MAX, &more);
		own_card_look(relation);
		if (rule == RULE_OK && relation->may_sign)
			bookkeeping_card(keeper, relation);
		if (rule == RULE_OK && relation->may_sign)
			bookkeeping_tests(keeper, relation);
		keeper->again = keeper->again || more || (behind && !pact_behind(pact));
		peer_told(keeper, relation);
		if (rule == RULE_OK)
			carry_look(keeper, relation);
		if (rule == RULE_OK && relation->may_sign)
			bookkeeping_write(keeper, relation);
		if (rule == RULE_OK && relation->may_sign && own->ledger.size != own->size)
			rule = pact_sign_checkpoint(pact);
		if (rule == RULE_OK)
			rule = pact_save(pact);
		turn_fail(keeper, rule);
	}
}

/* Those that wait are due again when a cosignature came, or their time is up, or the node stops. */
static void wake_parked(struct keeper *keeper)
{
	int64_t now = clock_steady_ms();
	for (struct command **at = &keeper->parked; *at != NULL;) {
		struct command *command = *at;
		bool pours = command->exporting != NULL || command->packing != NULL || command->saving != NULL ||
			command->searching != NULL || command->timeline != NULL || command->picturing != NULL ||
			command->watch_next != 0;
		if (!(keeper->cosigned && !pours) && !(keeper->idle && command->for_line) && !keeper->stop && command->deadline_ms > now &&
			!command_pours(command) && !events_wake(keeper, command)) {
			at = &command->next;
			continue;
		}
		*at = command->next;
		command->next = NULL;
		*keeper->reads_end = command;
		keeper->reads_end = &command->next;
	}
	keeper->cosigned = false;
}

static void answer_reads(struct keeper *keeper)
{
	struct command *command;
	wake_parked(keeper);
	while ((command = keeper->reads) != NULL) {
		keeper->reads = command->next;
		command->parked = command->for_line = false;
		command_read(keeper, command);
		if (command->parked) {
			command->next = keeper->parked;
			keeper->parked = command;
		} else {
			command_free(command);
		}
	}
	keeper->reads_end = &keeper->reads;
}

/* Writers that the turn did not come to, because it failed before, or the node stops. */
static void refuse_writes(struct keeper *keeper, enum rule rule)
{
	struct command *command;
	while ((command = keeper->writes) != NULL) {
		keeper->writes = command->next;
		command_refuse(keeper, command, W("not sent"), &(struct fault){.rule = rule}, NULL);
		command_free(command);
	}
	keeper->writes_end = &keeper->writes;
}

#define UNDONE_FIRST_MS 200
#define UNDONE_MAX_MS 5000   /* between two tries with the peers while our own turns fail */
#define UNDONE_SAID_MS 60000 /* a failure that lasts is said again so often */

/* What was loaded knows of no back-off: what failed here would else fail again as fast as the peers answer. */
static void hold_off(struct keeper *keeper)
{
	int64_t next = keeper->undone_backoff_ms == 0 ? UNDONE_FIRST_MS : 2 * keeper->undone_backoff_ms;
	keeper->undone_backoff_ms = next < UNDONE_MAX_MS ? next : UNDONE_MAX_MS;
	for (size_t r = 0; r < keeper->relation_count; r++) {
		for (size_t i = 0; i < keeper->relations[r].pact->parties; i++) {
			struct peer *peer = &keeper->relations[r].peers[i];
			peer->pushing.backoff_ms = peer->asking.backoff_ms = keeper->undone_backoff_ms / 2;
			peer_back_off(keeper, &peer->pushing);
			peer_back_off(keeper, &peer->asking);
		}
	}
}

/* Gives up what the turn did and loads what is durable. */
static void undo(struct keeper *keeper)
{
	struct fault fault = {0};
	int64_t now = clock_steady_ms();
	if (keeper->failed != keeper->undone || now - keeper->undone_said_ms > UNDONE_SAID_MS) {
		fprintf(stderr, "detente: %s: %s; nothing that was acknowledged is affected\n", keeper->options->home,
			rule_sentence(keeper->failed));
		keeper->undone = keeper->failed;
		keeper->undone_said_ms = now;
	}
	store_rollback(keeper->store);
	if (home_load(keeper, &fault) != RULE_OK) {
		char line[512];
		fault_print(&fault, line, sizeof(line));
		fprintf(stderr, "detente: %s: cannot be read again: %s\n", keeper->options->home, line);
		keeper->stop = true;
		keeper->status = 4;
	}
	hold_off(keeper);
}

void turn_run(struct keeper *keeper)
{
	keeper->failed = RULE_OK;
	keeper->again = false;
	turn_fail(keeper, store_begin(keeper->store));
	keeper->begun = keeper->failed == RULE_OK;
	if (keeper->link != NULL)
		take_link(keeper);
	take_clients(keeper);
	if (keeper->failed == RULE_OK)
		write_all(keeper);
	if (keeper->failed == RULE_OK)
		unpack_all(keeper);
	finish_logs(keeper);
	due_run(keeper);
	events_write(keeper);
	if (keeper->failed == RULE_OK)
		own_card_settle(keeper);
	if (keeper->failed == RULE_OK)
		witnesses_settle(keeper);
	if (keeper->failed == RULE_OK)
		turn_fail(keeper, store_commit(keeper->store));
	enum rule rule = keeper->failed;
	keeper->begun = false;
	keeper->start_told = keeper->start_told || rule == RULE_OK;
	if (rule != RULE_OK) {
		undo(keeper);
	} else if (store_wrote(keeper->store)) {
		keeper->undone = RULE_OK;
		keeper->undone_backoff_ms = 0;
	}
	own_card_identity(keeper);
	flush_deferred(keeper, rule);
	if (rule != RULE_OK) {
		refuse_writes(keeper, rule);
		unpack_refuse(keeper, rule);
		peer_setup(keeper); /* the one under way, if any, told of what was not kept */
	}
	attach_settle(keeper, rule);
	waiters_settle(keeper, rule);
	answer_reads(keeper);
	flush_deferred(keeper, RULE_OK);
	attach_run(keeper);
	keeper->pushed_ms = clock_steady_ms();
	if (keeper->link_ready && !keeper->stop) {
		check_push(keeper);
		peer_push_all(keeper);
		witnesses_push(keeper);
		carry_run(keeper);
		keeper->idle = line_idle(keeper);
		for (const struct command *command = keeper->parked; keeper->idle && command != NULL; command = command->next)
			keeper->again = keeper->again || command->for_line;
		for (const struct waiter *waiter = keeper->waiters; keeper->idle && waiter != NULL; waiter = waiter->next)
			keeper->again = keeper->again || (waiter->carries && keeper->options->client >= 0);
	}
}

void turn_end(struct keeper *keeper)
{
	attach_end(keeper);
	refuse_writes(keeper, RULE_PACT_UNCHECKED); /* they waited for the start check */
	unpack_refuse(keeper, RULE_IPC_CLOSED);
	events_stop(keeper);
	waiters_settle(keeper, RULE_OK);
	answer_reads(keeper);
	flush_deferred(keeper, RULE_OK);
	for (size_t i = 0; i < keeper->client_count; i++) {
		if (!keeper->clients[i]->dead)
			channel_drain(keeper->clients[i]->channel, clock_steady_ms() + 1000);
	}
}

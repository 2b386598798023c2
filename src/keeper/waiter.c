#include <stdio.h>
#include <stdlib.h>

#include "state.h"

void waiter_add(struct keeper *keeper, const struct waiter *waiter)
{
	struct waiter *copy = malloc(sizeof(*copy));
	if (copy == NULL) {
		turn_fail(keeper, RULE_MEMORY);
		return;
	}
	*copy = *waiter;
	copy->next = keeper->new_waiters;
	keeper->new_waiters = copy;
}

static struct command as_command(const struct waiter *waiter)
{
	struct command command = {.client = waiter->client, .id = waiter->id};
	memcpy(command.lang, waiter->lang, sizeof(command.lang));
	return command;
}

void waiters_received(struct keeper *keeper, struct relation *relation, size_t party, uint64_t size, int64_t time)
{
	for (struct waiter *waiter = keeper->waiters; waiter != NULL; waiter = waiter->next) {
		if (waiter->relation == relation && waiter->index < size && (waiter->parties >> party & 1) != 0) {
			waiter->came |= (uint32_t)1 << party;
			waiter->times[party] = time;
		}
	}
}

void waiters_witnessed(struct keeper *keeper, struct relation *relation, size_t n, uint64_t size, int64_t time)
{
	for (struct waiter *waiter = keeper->waiters; waiter != NULL; waiter = waiter->next) {
		if (waiter->relation != relation || waiter->index >= size || (waiter->seen >> n & 1) != 0)
			continue;
		waiter->seen |= (uint32_t)1 << n;
		waiter->seen_times[n] = time;
	}
}

/*
 * Where the agreement needs witnesses, a receipt is one when a mirror and as many witnesses have cosigned one checkpoint.
 * What a mirror alone has cosigned goes on waiting.
 */
static uint32_t receipts_of(const struct waiter *waiter)
{
	struct pact *pact = waiter->relation->pact;
	uint32_t whole = waiter->came;
	for (size_t by = 0; agreement_witnesses_needed(pact_text(pact)) != 0 && by < pact->parties; by++) {
		struct pact_receipt receipt = {.party = pact->self, .by = by, .index = waiter->index};
		struct buffer note = {0};
		if ((whole >> by & 1) != 0 && pact_receipt(pact, &receipt, &note) != RULE_OK)
			whole &= ~((uint32_t)1 << by);
		buffer_free(&note);
	}
	return whole;
}

static void tell_witnesses(struct keeper *keeper, struct waiter *waiter)
{
	const struct relation *relation = waiter->relation;
	struct command command = as_command(waiter);
	for (size_t n = 0; n < relation->witness_count; n++) {
		if (((waiter->seen & ~waiter->seen_told) >> n & 1) == 0)
			continue;
		char utc[UTC_SIZE + 1], line[WITNESS_NAME_MAX + UTC_SIZE + 16];
		utc_format(waiter->seen_times[n], utc);
		snprintf(line, sizeof(line), "witnessed %s %s\n", relation->witnesses[n].name, utc);
		command_out(keeper, &command, bytes_string(line));
	}
	waiter->seen_told |= waiter->seen;
}

/* Tells of the receipts that are kept now. */
static void tell_receipts(struct keeper *keeper, struct waiter *waiter)
{
	const struct terms *terms = waiter->relation->pact->terms;
	struct command command = as_command(waiter);
	uint32_t came = receipts_of(waiter);
	for (size_t party = 0; party < AGREEMENT_PARTIES_MAX; party++) {
		if ((came >> party & 1) == 0)
			continue;
		char utc[UTC_SIZE + 1], line[PARTY_NAME_MAX + UTC_SIZE + 16];
		utc_format(waiter->times[party], utc);
		snprintf(line, sizeof(line), "received %.*s %s\n", BYTES_SHOWN(terms_party(terms, party)), utc);
		command_out(keeper, &command, bytes_string(line));
	}
	waiter->parties &= ~came;
	waiter->came &= ~came;
	if (came != 0)
		tell_witnesses(keeper, waiter);
}

/* Mirrors that have cosigned what a receipt needs witnesses for, too. True: there is such a one. */
static bool tell_unwitnessed(struct keeper *keeper, const struct waiter *waiter, struct command *command)
{
	for (size_t i = 0; i < waiter->relation->pact->parties; i++)
		if ((waiter->came >> i & 1) != 0)
			TELL(keeper, command, W("stored here, and cosigned by {1}, but not yet by as many witnesses as a receipt needs"),
				terms_party(waiter->relation->pact->terms, i));
	return waiter->came != 0;
}

static void tell_missing(struct keeper *keeper, struct waiter *waiter, struct command *command)
{
	tell_witnesses(keeper, waiter);
	if (tell_unwitnessed(keeper, waiter, command) && waiter->parties == waiter->came)
		return;
	if (keeper->options->client < 0) {
		command_words(keeper, command,
			W("stored here; no receipt yet: it goes out by itself when the other side is reached"), NULL, 0);
		return;
	}
	for (size_t i = 0; i < waiter->relation->pact->parties; i++) {
		const struct peer *peer = &waiter->relation->peers[i];
		struct bytes party = terms_party(waiter->relation->pact->terms, i);
		if (((waiter->parties & ~waiter->came) >> i & 1) == 0)
			continue;
		if (peer->down_since == 0)
			TELL(keeper, command, W("stored here; no receipt of {1} yet: it goes out with the next command that "
				"waits, or with 'detente serve'"), party);
		else
			TELL(keeper, command, W("stored here; no receipt of {1} yet ({2}): it goes out with the next command that "
				"waits, or with 'detente serve'"), party, bytes_string(reply_cause_name(peer->cause)));
	}
}

/* Those whose entry was kept wait from now on; the others are told as they would be told of the receipt. */
static void settle_new(struct keeper *keeper, enum rule rule)
{
	struct waiter *waiter;
	while ((waiter = keeper->new_waiters) != NULL) {
		keeper->new_waiters = waiter->next;
		if (rule == RULE_OK) {
			waiter->next = keeper->waiters;
			keeper->waiters = waiter;
		} else {
			struct command command = as_command(waiter);
			command_speak(keeper, &command);
			TELL(keeper, &command, W("detente: {1}: {2}"), bytes_string(T("not sent")),
				bytes_string(rule_sentence(rule)));
			words_speak(NULL);
			command_done(keeper, &command, 4);
			free(waiter);
		}
	}
}

void waiters_settle(struct keeper *keeper, enum rule rule)
{
	int64_t now = clock_steady_ms();
	settle_new(keeper, rule);
	for (struct waiter **at = &keeper->waiters; *at != NULL;) {
		struct waiter *waiter = *at;
		struct command command = as_command(waiter);
		if (rule == RULE_OK)
			tell_receipts(keeper, waiter);
		else
			waiter->came = 0, waiter->seen = waiter->seen_told; /* it is asked for again */
		bool given_up = !waiter->insists && line_out_of_reach(keeper, waiter->relation, waiter->parties);
		bool carries = waiter->carries && keeper->options->client >= 0 && !keeper->idle;
		if ((waiter->parties != 0 || carries) && waiter->deadline_ms > now && !keeper->stop && !given_up) {
			at = &waiter->next;
			continue;
		}
		if (waiter->parties != 0)
			tell_missing(keeper, waiter, &command);
		else if (carries)
			command_words(keeper, &command, W("not all of its attachments were brought yet: it goes out with the next "
				"command that waits, or with 'detente serve'"), NULL, 0);
		command_done(keeper, &command, 0);
		*at = waiter->next;
		free(waiter);
	}
}

int64_t waiters_next_ms(const struct keeper *keeper)
{
	int64_t next = INT64_MAX;
	for (const struct waiter *waiter = keeper->waiters; waiter != NULL; waiter = waiter->next)
		next = waiter->deadline_ms < next ? waiter->deadline_ms : next;
	for (const struct command *command = keeper->parked; command != NULL; command = command->next)
		next = command->deadline_ms < next ? command->deadline_ms : next;
	for (const struct command *command = keeper->writes; command != NULL; command = command->next)
		next = command->deadline_ms < next ? command->deadline_ms : next;
	for (const struct command *command = keeper->unpacks; command != NULL; command = command->next)
		next = command->deadline_ms != 0 && command->deadline_ms < next ? command->deadline_ms : next;
	return next;
}

void waiters_drop(struct keeper *keeper, const struct client *client)
{
	for (struct waiter **at = &keeper->waiters; *at != NULL;) {
		struct waiter *waiter = *at;
		if (waiter->client != client) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		free(waiter);
	}
}

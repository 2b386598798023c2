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
	return (struct command){.client = waiter->client, .id = waiter->id};
}

void waiters_received(struct keeper *keeper, struct relation *relation, size_t party, uint64_t size, int64_t time)
{
	for (struct waiter **at = &keeper->waiters; *at != NULL;) {
		struct waiter *waiter = *at;
		uint32_t bit = (uint32_t)1 << party;
		if (waiter->relation != relation || waiter->index >= size || (waiter->parties & bit) == 0) {
			at = &waiter->next;
			continue;
		}
		char utc[UTC_SIZE + 1], line[PARTY_NAME_MAX + UTC_SIZE + 16];
		struct bytes name = terms_party(relation->pact->terms, party);
		struct command command = as_command(waiter);
		utc_format(time, utc);
		snprintf(line, sizeof(line), "received %.*s %s\n", BYTES_SHOWN(name), utc);
		command_out(keeper, &command, bytes_string(line));
		waiter->parties &= ~bit;
		if (waiter->parties != 0) {
			at = &waiter->next;
			continue;
		}
		command_done(keeper, &command, 0);
		*at = waiter->next;
		free(waiter);
	}
}

void waiters_settle(struct keeper *keeper, enum rule rule)
{
	struct waiter *waiter;
	while ((waiter = keeper->new_waiters) != NULL) {
		keeper->new_waiters = waiter->next;
		if (rule == RULE_OK) {
			waiter->next = keeper->waiters;
			keeper->waiters = waiter;
		} else {
			/* its entry was not kept; the writer is told as it would be told of the receipt */
			struct command command = as_command(waiter);
			command_say(keeper, &command, "detente: not sent: %s", rule_sentence(rule));
			command_done(keeper, &command, 4);
			free(waiter);
		}
	}
	int64_t now = clock_steady_ms();
	for (struct waiter **at = &keeper->waiters; *at != NULL;) {
		waiter = *at;
		if (waiter->deadline_ms > now && !keeper->stop) {
			at = &waiter->next;
			continue;
		}
		struct command command = as_command(waiter);
		command_say(keeper, &command, "stored here; no receipt yet: it goes out by itself when the other side is reached");
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

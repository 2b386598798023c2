#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

struct bytes command_argument_at(const struct command *command, const char *key, size_t n)
{
	for (size_t i = 0; i < command->message.argument_count; i++) {
		if (bytes_is(command->message.arguments[i].key, key) && n-- == 0)
			return command->message.arguments[i].value;
	}
	return (struct bytes){0};
}

struct bytes command_argument(const struct command *command, const char *key)
{
	return command_argument_at(command, key, 0);
}

bool command_flag(const struct command *command, const char *key)
{
	return command_argument(command, key).data != NULL;
}

static void output(struct keeper *keeper, struct command *command, uint8_t stream, struct bytes text)
{
	while (text.size > 0) {
		struct buffer payload = {.secret = true}; /* it may be what was sealed */
		struct bytes piece = bytes_of(text.data, text.size > 1048576 ? 1048576 : text.size);
		message_write_output(&payload, &(struct message_output){stream, piece});
		turn_defer(keeper, command->client, MESSAGE_OUTPUT, command->id, &payload);
		text = bytes_of(text.data + piece.size, text.size - piece.size);
	}
}

void command_out(struct keeper *keeper, struct command *command, struct bytes text)
{
	output(keeper, command, 1, text);
}

void command_say(struct keeper *keeper, struct command *command, const char *format, ...)
{
	struct buffer line = {0};
	va_list arguments;
	va_start(arguments, format);
	buffer_format_list(&line, format, arguments);
	va_end(arguments);
	buffer_u8(&line, '\n');
	output(keeper, command, 2, buffer_bytes(&line));
	buffer_free(&line);
}

void command_done(struct keeper *keeper, struct command *command, uint8_t status)
{
	struct buffer payload = {0};
	message_write_done(&payload, status);
	turn_defer(keeper, command->client, MESSAGE_DONE, command->id, &payload);
}

void command_refuse(struct keeper *keeper, struct command *command, const char *what, const struct fault *fault,
	const char *advice)
{
	char why[512];
	fault_print(fault, why, sizeof(why));
	command_say(keeper, command, "detente: %s: %s%s%s", what, why, advice == NULL ? "" : "; ",
		advice == NULL ? "" : advice);
	command_done(keeper, command, rule_is_system(fault->rule) ? 4 : 1);
}

#define POUR_QUEUE_MAX ((size_t)4 << 20) /* bytes that wait for the client */

bool command_pours(const struct command *command)
{
	return (command->exporting != NULL || command->packing != NULL || command->saving != NULL ||
		command->searching != NULL || command->timeline != NULL) &&
		channel_queued(command->client->channel) < POUR_QUEUE_MAX;
}

enum rule command_file(struct command *command, const char *path, struct bytes content)
{
	struct buffer payload = {0};
	message_write_file(&payload, &(struct message_file){bytes_string(path), content});
	struct frame frame = {.type = MESSAGE_FILE, .id = command->id, .payload = buffer_bytes(&payload)};
	enum rule rule = payload.rule == RULE_OK ? channel_send(command->client->channel, &frame) : payload.rule;
	buffer_free(&payload);
	return rule;
}

#define WAIT_MAX_MS 3600000

enum rule command_wait(const struct command *command, int64_t *wait_ms)
{
	struct bytes text = command_argument(command, "wait");
	uint64_t wait;
	enum rule rule = text.data == NULL ? RULE_OK : text_decimal(text, &wait);
	if (rule != RULE_OK || text.data == NULL)
		return rule;
	if (wait > WAIT_MAX_MS)
		return RULE_LIMIT;
	*wait_ms = (int64_t)wait;
	return RULE_OK;
}

struct relation *command_relation(struct keeper *keeper, struct command *command)
{
	struct bytes label = command_argument(command, "agreement");
	struct relation *found = NULL;
	size_t matches = 0;
	for (size_t i = 0; i < keeper->relation_count; i++) {
		if (label.data == NULL || bytes_start(bytes_string(keeper->relations[i].pact->label), label)) {
			found = &keeper->relations[i];
			matches++;
		}
	}
	if (matches == 1)
		return found;
	if (keeper->relation_count == 0)
		command_say(keeper, command, "detente: %s: no agreement is in force here; see 'detente agree --help'",
			keeper->party);
	else if (matches == 0)
		command_say(keeper, command, "detente: no agreement begins with '%.*s'; 'detente status' lists them",
			BYTES_SHOWN(label));
	else
		command_say(keeper, command,
			"detente: %zu agreements fit; name one with --agreement ('detente status' lists them)",
			matches);
	command_done(keeper, command, 1);
	return NULL;
}

void command_free(struct command *command)
{
	if (command == NULL)
		return;
	for (size_t i = 0; i < command->descriptor_count; i++)
		close(command->descriptors[i]);
	buffer_free(&command->payload);
	exporting_free(command->exporting);
	attaching_free(command->attaching);
	saving_free(command->saving);
	packing_free(command->packing);
	searching_free(command->searching);
	timeline_free(command->timeline);
	unpacking_free(command->unpacking);
	free(command);
}

static const struct command_entry {
	const char *name;
	enum { KIND_CHANGE, KIND_WRITE, KIND_UNPACK, KIND_READ, KIND_READ_AFTER /* the line worked, where it is asked to wait */ } kind;
	bool needs_keys;
	void (*run)(struct keeper *keeper, struct command *command);
} commands[] = {
	{"init", KIND_CHANGE, false, command_init},
	{"card-accept", KIND_CHANGE, true, command_card_accept},
	{"card-update", KIND_CHANGE, true, command_card_update},
	{"restore", KIND_CHANGE, false, command_restore},
	{"agree-sign", KIND_CHANGE, true, command_agree_sign},
	{"agree-adopt", KIND_CHANGE, true, command_agree_adopt},
	{"agree-text", KIND_READ, true, command_agree_text},
	{"drill-clock", KIND_CHANGE, true, command_drill_clock},
	{"ladder-result", KIND_CHANGE, true, command_ladder_result},
	{"ladder", KIND_READ, true, command_ladder},
	{"send", KIND_WRITE, true, NULL},
	{"stop", KIND_READ, false, command_stop}, /* after the turn: whether or not it could be kept */
	{"card", KIND_READ, true, command_card},
	{"inbox", KIND_READ_AFTER, true, command_inbox},
	{"show", KIND_READ_AFTER, true, command_show},
	{"search", KIND_READ, true, command_search},
	{"timeline", KIND_READ, true, command_timeline},
	{"matters", KIND_READ, true, command_matters},
	{"obligations", KIND_READ, true, command_obligations},
	{"compare", KIND_READ, true, command_compare},
	{"picture", KIND_READ, true, command_picture},
	{"watch", KIND_READ, true, command_watch},
	{"status", KIND_READ_AFTER, true, command_status},
	{"receipt", KIND_READ, true, command_receipt},
	{"publish", KIND_READ, true, command_publish},
	{"export", KIND_READ, true, command_export},
	{"courier-out", KIND_READ, true, command_courier_out},
	{"courier-in", KIND_UNPACK, true, NULL},
};

static const struct command_entry *find_command(struct bytes name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (bytes_is(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

void command_take(struct keeper *keeper, struct client *client, struct frame *frame)
{
	struct command *command = calloc(1, sizeof(*command));
	if (command == NULL) {
		turn_fail(keeper, RULE_MEMORY);
		return;
	}
	command->client = client;
	command->id = frame->id;
	memcpy(command->descriptors, frame->descriptors, sizeof(command->descriptors));
	command->descriptor_count = frame->descriptor_count;
	command->payload.secret = true; /* words that are to be sealed */
	buffer_add(&command->payload, frame->payload);
	enum rule rule = command->payload.rule;
	if (rule == RULE_OK)
		rule = frame->type == MESSAGE_COMMAND
			? message_parse_command(&command->message, buffer_bytes(&command->payload))
			: RULE_IPC_FORM;
	const struct command_entry *entry = rule == RULE_OK ? find_command(command->message.name) : NULL;
	if (entry == NULL) {
		client->dead = true; /* not our command line: it gets no second word */
		command_free(command);
		return;
	}
	if (entry->needs_keys && keeper->keys == NULL) {
		command_say(keeper, command,
			"detente: %s: not a party's folder yet; 'detente --home %s init NAME' makes one",
			keeper->options->home, keeper->options->home);
		command_done(keeper, command, 1);
	} else if (entry->kind == KIND_CHANGE && keeper->begun) {
		entry->run(keeper, command);
	} else if (entry->kind == KIND_CHANGE) {
		command_done(keeper, command, 4); /* leaves with the failure */
	} else if (entry->kind == KIND_WRITE) {
		*keeper->writes_end = command;
		keeper->writes_end = &command->next;
		return;
	} else if (entry->kind == KIND_UNPACK) {
		*keeper->unpacks_end = command;
		keeper->unpacks_end = &command->next;
		return;
	} else {
		*keeper->reads_end = command;
		keeper->reads_end = &command->next;
		return;
	}
	command_free(command);
}

void command_read(struct keeper *keeper, struct command *command)
{
	const struct command_entry *entry = find_command(command->message.name);
	int64_t wait_ms = 0;
	enum rule rule = entry->kind == KIND_READ_AFTER ? command_wait(command, &wait_ms) : RULE_OK;
	if (rule != RULE_OK)
		command_refuse(keeper, command, "wait", &(struct fault){.rule = rule}, NULL);
	else if (wait_ms == 0 || !line_awaited(keeper, command, wait_ms))
		entry->run(keeper, command);
}

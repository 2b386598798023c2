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

const struct words *command_speak(struct keeper *keeper, const struct command *command)
{
	return words_speak(command == NULL ? NULL : languages_find(keeper->languages, bytes_string(command->lang)));
}

void command_line(struct keeper *keeper, struct command *command, struct bytes line)
{
	struct buffer ended = {0};
	buffer_add(&ended, line);
	buffer_u8(&ended, '\n');
	output(keeper, command, 2, buffer_bytes(&ended));
	buffer_free(&ended);
	command->in_words = true;
}

void command_words(struct keeper *keeper, struct command *command, const char *english, const struct bytes *blanks,
	size_t count)
{
	struct buffer line = {0};
	const struct words *before = command_speak(keeper, command);
	words_say(&line, english, blanks, count);
	words_speak(before);
	command_line(keeper, command, buffer_bytes(&line));
	buffer_free(&line);
}

/* The last line of an answer in words that nobody has read over. */
static void say_review(struct keeper *keeper, struct command *command)
{
	struct buffer line = {0};
	const struct words *before = command_speak(keeper, command);
	words_review(&line);
	words_speak(before);
	if (command->in_words && !command_flag(command, "json"))
		output(keeper, command, 2, buffer_bytes(&line));
	buffer_free(&line);
}

void command_done(struct keeper *keeper, struct command *command, uint8_t status)
{
	struct buffer payload = {0};
	say_review(keeper, command);
	message_write_done(&payload, status);
	turn_defer(keeper, command->client, MESSAGE_DONE, command->id, &payload);
}

void command_refuse(struct keeper *keeper, struct command *command, const char *what, const struct fault *fault,
	const char *advice)
{
	char why[512];
	const struct words *before = command_speak(keeper, command);
	fault_print(fault, why, sizeof(why));
	struct bytes blanks[] = {bytes_string(words_in(what)), bytes_string(why),
		bytes_string(advice == NULL ? "" : words_in(advice))};
	command_words(keeper, command, advice == NULL ? W("detente: {1}: {2}") : W("detente: {1}: {2}; {3}"), blanks, 3);
	words_speak(before);
	command_done(keeper, command, rule_is_system(fault->rule) ? 4 : 1);
}

#define POUR_QUEUE_MAX ((size_t)4 << 20) /* bytes that wait for the client */

bool command_pours(const struct command *command)
{
	return (command->exporting != NULL || command->packing != NULL || command->saving != NULL ||
		command->searching != NULL || command->timeline != NULL || command->picturing != NULL) &&
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
		TELL(keeper, command, W("detente: {1}: no agreement is in force here; see 'detente agree --help'"),
			bytes_string(keeper->party));
	else if (matches == 0)
		TELL(keeper, command, W("detente: no agreement begins with '{1}'; 'detente status' lists them"), label);
	else
		TELL(keeper, command,
			W("detente: {1} agreements fit; name one with --agreement ('detente status' lists them)"),
			NUMBER(matches));
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
	picturing_free(command->picturing);
	unpacking_free(command->unpacking);
	free(command);
}

static const struct command_entry {
	const char *name;
	enum { KIND_CHANGE, KIND_WRITE, KIND_UNPACK, KIND_READ, KIND_READ_AFTER /* the line worked, where it is asked to wait */ } kind;
	bool needs_keys;
	void (*run)(struct keeper *keeper, struct command *command);
	bool in_words; /* what it answers is for people to read, unless it is raw or JSON */
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
	{"ladder", KIND_READ, true, command_ladder, true},
	{"send", KIND_WRITE, true, NULL},
	{"stop", KIND_READ, false, command_stop}, /* after the turn: whether or not it could be kept */
	{"card", KIND_READ, true, command_card},
	{"inbox", KIND_READ_AFTER, true, command_inbox, true},
	{"show", KIND_READ_AFTER, true, command_show, true},
	{"search", KIND_READ, true, command_search, true},
	{"timeline", KIND_READ, true, command_timeline, true},
	{"matters", KIND_READ, true, command_matters, true},
	{"obligations", KIND_READ, true, command_obligations, true},
	{"compare", KIND_READ, true, command_compare, true},
	{"picture", KIND_READ, true, command_picture, true},
	{"brief", KIND_READ, true, command_brief, true},
	{"watch", KIND_READ, true, command_watch},
	{"status", KIND_READ_AFTER, true, command_status, true},
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
	bytes_to_string(command_argument(command, "lang"), command->lang, sizeof(command->lang)); /* too long: none */
	command_speak(keeper, command);
	if (entry->needs_keys && keeper->keys == NULL) {
		TELL(keeper, command, W("detente: {1}: not a party's folder yet; 'detente --home {2} init NAME' makes one"),
			bytes_string(keeper->options->home), bytes_string(keeper->options->home));
		command_done(keeper, command, 1);
	} else if (entry->kind == KIND_CHANGE && keeper->begun) {
		entry->run(keeper, command);
	} else if (entry->kind == KIND_CHANGE) {
		command_done(keeper, command, 4); /* leaves with the failure */
	} else if (entry->kind == KIND_WRITE) {
		*keeper->writes_end = command;
		keeper->writes_end = &command->next;
		command = NULL;
	} else if (entry->kind == KIND_UNPACK) {
		*keeper->unpacks_end = command;
		keeper->unpacks_end = &command->next;
		command = NULL;
	} else {
		*keeper->reads_end = command;
		keeper->reads_end = &command->next;
		command = NULL;
	}
	words_speak(NULL);
	command_free(command);
}

void command_read(struct keeper *keeper, struct command *command)
{
	const struct command_entry *entry = find_command(command->message.name);
	int64_t wait_ms = 0;
	enum rule rule = entry->kind == KIND_READ_AFTER ? command_wait(command, &wait_ms) : RULE_OK;
	command_speak(keeper, command);
	command->in_words = command->in_words || (entry->in_words && !command_flag(command, "raw"));
	if (rule != RULE_OK)
		command_refuse(keeper, command, "wait", &(struct fault){.rule = rule}, NULL);
	else if (wait_ms == 0 || !line_awaited(keeper, command, wait_ms))
		entry->run(keeper, command);
	words_speak(NULL);
}

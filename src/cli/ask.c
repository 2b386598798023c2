#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "language.h"
#include "programs.h"
#include "utc.h"

#define ANSWER_MS 30000 /* a keeper that says nothing for so long beyond what it was asked to wait does not answer */
#define ANSWER_LONG_MS 3630000 /* longer than the longest --wait */

const char *ask_home(const struct call *call, char *room, size_t capacity)
{
	const char *home = call->home != NULL ? call->home : getenv("DETENTE_HOME");
	if (home != NULL && home[0] != '\0')
		return home;
	const char *user = getenv("HOME");
	snprintf(room, capacity, "%s/.detente", user == NULL ? "" : user);
	return room;
}

void ask_begin(struct ask *ask, const struct call *call, const char *name)
{
	memset(ask, 0, sizeof(*ask));
	ask->call = call;
	ask->name = name;
	ask->message.name = bytes_string(name);
	ask_string(ask, "agreement", call->agreement);
	ask_string(ask, "lang", language_chosen());
}

void ask_add(struct ask *ask, const char *key, struct bytes value)
{
	struct buffer *copy = ask->message.argument_count == MESSAGE_ARGUMENTS_MAX ? NULL : calloc(1, sizeof(*copy));
	if (copy == NULL) {
		ask->rule = ask->rule == RULE_OK ? RULE_LIMIT : ask->rule;
		return;
	}
	copy->secret = true;
	buffer_add(copy, value);
	buffer_u8(copy, 0); /* never an absent view */
	if (copy->rule != RULE_OK)
		ask->rule = copy->rule;
	ask->texts[ask->text_count++] = copy;
	size_t n = ask->message.argument_count++;
	ask->message.arguments[n].key = bytes_string(key);
	ask->message.arguments[n].value = bytes_of(copy->data, copy->size == 0 ? 0 : copy->size - 1);
}

void ask_string(struct ask *ask, const char *key, const char *value)
{
	if (value != NULL)
		ask_add(ask, key, bytes_string(value));
}

void ask_options(struct ask *ask, const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *value;
		for (int n = 0; (value = call_option_at(ask->call, *names, n)) != NULL; n++)
			ask_string(ask, *names, value);
	}
}

void ask_drop(struct ask *ask)
{
	for (size_t i = 0; i < ask->text_count; i++) {
		buffer_free(ask->texts[i]);
		free(ask->texts[i]);
	}
	ask->text_count = 0;
}

/* ---- what goes on until it is interrupted ---- */

static volatile sig_atomic_t watching_ended, watched = -1;

static void on_interrupt(int number)
{
	(void)number;
	watching_ended = 1;
	shutdown(watched, SHUT_RDWR); /* nobody waits on it any longer */
}

/* A keeper of our own ends by itself; a node's goes on. */
static void watch_signals(const struct connection *connection)
{
	struct sigaction action = {.sa_handler = on_interrupt}, before;
	if (connection->processes.keeper != 0)
		return;
	watched = channel_fd(connection->channel);
	sigaction(SIGINT, NULL, &before);
	if (before.sa_handler != SIG_IGN) /* in the background of a script, the terminal's is not for us */
		sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

#define LOOK_MS 1000 /* how often who watches looks whether anybody still reads */

static bool reader_gone(void)
{
	struct pollfd out = {STDOUT_FILENO, 0, 0};
	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/* ---- the answer ---- */

static enum rule copy_output(struct ask *ask, struct bytes payload)
{
	struct message_output output;
	enum rule rule = message_parse_output(&output, payload);
	if (rule != RULE_OK)
		return rule;
	if (output.stream == 1 && ask->out != NULL) {
		buffer_add(ask->out, output.text);
		return ask->out->rule;
	}
	FILE *to = output.stream == 1 ? stdout : stderr;
	fwrite(output.text.data, 1, output.text.size, to);
	if (fflush(to) == 0)
		return RULE_OK;
	if (!ask->watches || errno != EPIPE)
		return RULE_IO;
	/* whoever read it has seen enough */
	watching_ended = 1;
	__fpurge(to);
	clearerr(to);
	return RULE_IPC_CLOSED;
}

static enum rule write_file(struct ask *ask, struct bytes payload)
{
	struct message_file file;
	char path[512];
	enum rule rule = message_parse_file(&file, payload);
	if (rule == RULE_OK && ask->courier != NULL)
		return courier_writer_add(ask->courier, file.content);
	if (rule == RULE_OK && (ask->folder == NULL || !bytes_to_string(file.path, path, sizeof(path))))
		rule = RULE_IPC_FORM;
	if (rule != RULE_OK)
		return rule;
	rule = folder_writer_add(ask->folder, path, file.content);
	ask->status = rule == RULE_OK ? DONE : say_rule(path, rule, "");
	return rule;
}

/* Copies frames until DONE. */
static enum rule copy_answer(struct ask *ask, struct channel *channel, uint8_t *status)
{
	bool takes_time = call_option(ask->call, "wait") != NULL || call_option(ask->call, "attach") != NULL;
	int64_t wait = takes_time ? ANSWER_LONG_MS : ANSWER_MS;
	for (;;) {
		struct frame frame;
		enum rule rule = channel_wait(channel, &frame, clock_steady_ms() + (ask->watches ? LOOK_MS : wait));
		if (rule == RULE_IPC_TIMEOUT && ask->watches && !reader_gone())
			continue;
		if (rule == RULE_IPC_TIMEOUT && ask->watches)
			return RULE_OK;
		for (size_t i = 0; rule == RULE_OK && i < frame.descriptor_count; i++)
			close(frame.descriptors[i]);
		if (rule == RULE_OK && frame.type == MESSAGE_DONE)
			return message_parse_done(status, frame.payload);
		if (rule == RULE_OK)
			rule = frame.type == MESSAGE_OUTPUT ? copy_output(ask, frame.payload)
				: frame.type == MESSAGE_FILE ? write_file(ask, frame.payload) : RULE_IPC_FORM;
		if (rule != RULE_OK)
			return rule;
	}
}

static int failed(const char *home, enum rule rule)
{
	struct bytes where = bytes_string(home), why = bytes_string(rule_sentence(rule));
	switch (rule) {
	case RULE_NODE_NO_HOME:
		return SAY(REFUSED, "{1}: {2}; 'detente init NAME' makes it; --home DIR or DETENTE_HOME name another", where, why);
	case RULE_IPC_CLOSED:
		return SAY(rule_is_system(rule) ? SYSTEM : REFUSED,
			"{1}: {2}; the keeper ended; see what it said above or in node.log", where, why);
	case RULE_NODE_HELD:
		return SAY(HELD, "{1}: {2}; wait for it, or end it", where, why);
	case RULE_IPC_TIMEOUT:
		return SAY(HELD, "{1}: {2}; the keeper does not answer; see node.log", where, why);
	default:
		return SAY(rule_is_system(rule) ? SYSTEM : REFUSED, "{1}: {2}", where, why);
	}
}

int ask_run(struct ask *ask)
{
	char room[4096];
	const char *home = ask_home(ask->call, room, sizeof(room));
	struct connection connection = {.lock = -1};
	char program[4096], languages[4096];
	struct connection_options options = {.home = home, .node_only = ask->node_only,
		.without_mirrors = ask->without_mirrors,
		.without_landlock = call_option(ask->call, "without-landlock") != NULL};
	if (programs_languages(languages, sizeof(languages)))
		options.languages = languages;
	if (ask->calls) {
		programs_link(program, sizeof(program)); /* where it is not, starting it says so */
		options.link_program = program;
	}
	struct buffer payload = {.secret = true};
	uint8_t status = 0;
	enum rule rule = ask->rule;
	if (rule == RULE_OK)
		rule = connection_open(&connection, &options);
	if (rule == RULE_OK) {
		struct frame frame = {.type = MESSAGE_COMMAND, .id = 1};
		message_write_command(&payload, &ask->message);
		frame.payload = buffer_bytes(&payload);
		frame.descriptor_count = ask->descriptor_count;
		memcpy(frame.descriptors, ask->descriptors, sizeof(frame.descriptors));
		rule = payload.rule == RULE_OK ? channel_send(connection.channel, &frame) : payload.rule;
	}
	if (rule == RULE_OK && ask->watches)
		watch_signals(&connection);
	if (rule == RULE_OK)
		rule = copy_answer(ask, connection.channel, &status);
	if (rule == RULE_IPC_CLOSED && watching_ended)
		rule = RULE_OK;
	int keeper = connection_close(&connection);
	buffer_free(&payload);
	ask_drop(ask);
	if (rule == RULE_IPC_CLOSED && keeper > 0)
		return keeper; /* it could not begin, and has said why */
	if (ask->courier != NULL && ask->courier->rule != RULE_OK)
		return REFUSED; /* the file is at fault: who asked tells */
	if (ask->status != DONE)
		return ask->status; /* what it is has been said */
	return rule == RULE_OK ? status : failed(home, rule);
}

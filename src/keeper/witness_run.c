/*
 * witness_run: the process of a witness: it has the key and the store, and no network; the link carries for it. One
 * request after the other, each with a transaction of its own. Commands, with their arguments:
 *
 *   witness-init    name, listen, address, prefix, tls (hex)
 *   witness-add     agreement, card*
 *   witness-status  json (flag)
 *   stop
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "json.h"
#include "languages.h"
#include "sandbox.h"
#include "text.h"
#include "witness.h"
#include "words.h"

#define CLIENTS_MAX 16

struct run {
	const struct keeper_options *options;
	struct witness *witness;
	struct languages *languages;
	struct channel *link, *clients[CLIENTS_MAX];
	size_t client_count;
	bool told, stop;
	int status;
};

/* ---- to the link ---- */

static void send_setup(struct run *run)
{
	struct message_setup *setup = calloc(1, sizeof(*setup));
	struct buffer payload = {0};
	const struct witness *witness = run->witness;
	if (run->link == NULL || setup == NULL) {
		free(setup);
		return;
	}
	setup->listen = bytes_string(witness->listen);
	setup->prefix = bytes_string(witness->prefix);
	setup->strangers = true;
	for (size_t i = 0; i < witness->log_count && setup->peer_count < SETUP_PEERS_MAX; i++) {
		const struct witness_log *log = &witness->logs[i];
		struct setup_peer *peer = &setup->peers[setup->peer_count++];
		peer->party = bytes_string(log->party);
		for (size_t n = log->card_count; n-- > 0 && peer->pin_count < SETUP_PINS_MAX;)
			memcpy(peer->pins[peer->pin_count++], log->cards[n].tls, SHA256_SIZE);
	}
	message_write_setup(&payload, setup);
	struct frame frame = {.type = MESSAGE_SETUP, .payload = buffer_bytes(&payload)};
	if (payload.rule != RULE_OK || channel_send(run->link, &frame) != RULE_OK)
		run->stop = true;
	buffer_free(&payload);
	free(setup);
}

static void take_request(struct run *run, uint32_t id, struct bytes bytes)
{
	struct message_request request;
	struct mirror_reply reply = {0};
	struct buffer payload = {0};
	enum rule rule = message_parse_request(&request, bytes);
	if (rule != RULE_OK) {
		run->stop = true;
		run->status = 4;
		return;
	}
	rule = witness_serve(run->witness, &request, clock_seconds(run->options->clock), &reply);
	if (rule != RULE_OK) {
		fprintf(stderr, "detente: witness: %s [%s]\n", rule_sentence(rule), rule_name(rule));
		mirror_refuse(&reply, 503, rule, NULL);
	}
	struct message_reply answer = {.status = reply.status,
		.type = bytes_string(reply.type == NULL ? "text/plain; charset=utf-8" : reply.type),
		.body = buffer_bytes(&reply.body)};
	message_write_reply(&payload, &answer);
	struct frame frame = {.type = MESSAGE_REPLY, .id = id, .payload = buffer_bytes(&payload)};
	if (payload.rule != RULE_OK || channel_send(run->link, &frame) != RULE_OK)
		run->stop = true;
	buffer_free(&payload);
	buffer_free(&reply.body);
}

static void take_ready(struct run *run, struct bytes payload)
{
	struct bytes address;
	char line[512];
	if (run->told || run->options->ready < 0 || message_parse_ready(&address, payload) != RULE_OK)
		return;
	int size = snprintf(line, sizeof(line), "%s listens on %.*s\n", run->witness->signer.vkey.name,
		BYTES_SHOWN(address));
	if (write(run->options->ready, line, (size_t)size) != size)
		perror("detente: telling the supervisor");
	close(run->options->ready);
	run->told = true;
}

static void take_link(struct run *run)
{
	struct frame frame;
	enum rule rule = channel_receive(run->link);
	while (channel_next(run->link, &frame)) {
		for (size_t i = 0; i < frame.descriptor_count; i++)
			close(frame.descriptors[i]);
		if (frame.type == MESSAGE_REQUEST)
			take_request(run, frame.id, frame.payload);
		else if (frame.type == MESSAGE_READY)
			take_ready(run, frame.payload);
	}
	if (rule == RULE_OK)
		rule = channel_flush(run->link);
	if (rule != RULE_OK) { /* the supervisor sees the link's end and says why */
		run->stop = true;
		run->status = 4;
	}
}

/* ---- commands ---- */

struct asked {
	struct channel *client;
	uint32_t id;
	const struct message_command *message;
};

static struct bytes argument(const struct asked *asked, const char *key)
{
	for (size_t i = 0; i < asked->message->argument_count; i++)
		if (bytes_is(asked->message->arguments[i].key, key))
			return asked->message->arguments[i].value;
	return (struct bytes){NULL, 0};
}

static void say(const struct asked *asked, uint8_t stream, struct bytes text)
{
	struct buffer payload = {0};
	message_write_output(&payload, &(struct message_output){stream, text});
	struct frame frame = {.type = MESSAGE_OUTPUT, .id = asked->id, .payload = buffer_bytes(&payload)};
	if (payload.rule == RULE_OK && text.size != 0)
		channel_send(asked->client, &frame); /* who is gone is found so when it is read from */
	buffer_free(&payload);
}

static void done(const struct asked *asked, uint8_t status)
{
	struct buffer payload = {0};
	message_write_done(&payload, status);
	struct frame frame = {.type = MESSAGE_DONE, .id = asked->id, .payload = buffer_bytes(&payload)};
	if (payload.rule == RULE_OK)
		channel_send(asked->client, &frame);
	buffer_free(&payload);
}

static void refuse(const struct asked *asked, const struct fault *fault)
{
	char why[512];
	struct buffer line = {0};
	fault_print(fault, why, sizeof(why));
	WORDS(&line, "detente: {1}: {2}", BYTES("witness"), bytes_string(why));
	buffer_string(&line, "\n");
	say(asked, 2, buffer_bytes(&line));
	done(asked, rule_is_system(fault->rule) ? 4 : 1);
	buffer_free(&line);
}

static void run_init(struct run *run, const struct asked *asked)
{
	struct fault fault = {0};
	struct buffer out = {0};
	struct witness_making making = {.name = argument(asked, "name"), .listen = argument(asked, "listen"),
		.prefix = argument(asked, "prefix"), .address = argument(asked, "address"),
		.pin = argument(asked, "tls")};
	enum rule rule = witness_make(run->witness, &making, run->options->random, &fault);
	if (rule == RULE_OK) {
		vkey_write(&out, &run->witness->signer.vkey);
		buffer_string(&out, "\n");
		rule = witness_line(run->witness, &out);
		buffer_string(&out, "\n");
	}
	if (rule == RULE_OK) {
		say(asked, 1, buffer_bytes(&out));
		done(asked, 0);
	} else {
		if (fault.rule != rule)
			fault_bytes(&fault, rule, 0, making.name);
		refuse(asked, &fault);
	}
	buffer_free(&out);
}

static void run_add(struct run *run, const struct asked *asked)
{
	struct fault fault = {0};
	struct buffer out = {0};
	struct witness_addition *addition = calloc(1, sizeof(*addition));
	if (addition == NULL) {
		done(asked, 4);
		return;
	}
	addition->agreement = argument(asked, "agreement");
	for (size_t i = 0; i < asked->message->argument_count; i++)
		if (bytes_is(asked->message->arguments[i].key, "card") && addition->card_count < WITNESS_CARDS_MAX)
			addition->cards[addition->card_count++] = asked->message->arguments[i].value;
	enum rule rule = witness_add(run->witness, addition, &fault);
	if (rule == RULE_OK) {
		WORDS(&out, "new: {1} logs, {2} newer cards", NUMBER(addition->logs), NUMBER(addition->keys));
		buffer_string(&out, "\n");
		say(asked, 1, buffer_bytes(&out));
		buffer_clear(&out);
		if (!addition->named) {
			WORDS(&out, "the agreement does not name this witness: receipts count it only where an amendment does");
			buffer_string(&out, "\n");
			say(asked, 2, buffer_bytes(&out));
		}
		send_setup(run);
		done(asked, 0);
	} else {
		if (fault.rule != rule)
			fault_bytes(&fault, rule, 0, BYTES("witness"));
		refuse(asked, &fault);
	}
	buffer_free(&out);
	free(addition);
}

static void write_text(const struct witness *witness, struct buffer *out)
{
	witness_line(witness, out);
	buffer_string(out, "\n");
	for (size_t i = 0; i < witness->log_count; i++) {
		const struct witness_log *log = &witness->logs[i];
		if (log->has)
			WORDS(out, "{1}: size {2}, cosigned at {3}", bytes_string(log->origin), NUMBER(log->size),
				MOMENT(log->time));
		else
			WORDS(out, "{1}: nothing was submitted yet", bytes_string(log->origin));
		buffer_string(out, "\n");
	}
}

static void write_json(const struct witness *witness, struct buffer *out)
{
	struct json json;
	char utc[UTC_SIZE + 1];
	struct buffer line = {0};
	json_start(&json, out);
	json_object(&json, NULL);
	witness_line(witness, &line);
	json_string(&json, "line", buffer_bytes(&line));
	json_string(&json, "listen", bytes_string(witness->listen));
	json_array(&json, "logs");
	for (size_t i = 0; i < witness->log_count; i++) {
		const struct witness_log *log = &witness->logs[i];
		json_object(&json, NULL);
		json_string(&json, "origin", bytes_string(log->origin));
		json_number(&json, "keys", (int64_t)(log->card_count - log->trusted));
		json_number(&json, "size", (int64_t)log->size);
		if (log->has) {
			struct buffer root = {0};
			text_base64(&root, bytes_of(log->root.bytes, SHA256_SIZE), true);
			json_string(&json, "root", buffer_bytes(&root));
			buffer_free(&root);
			utc_format(log->time, utc);
			json_string(&json, "cosigned", bytes_string(utc));
		} else {
			json_null(&json, "cosigned");
		}
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
	buffer_string(out, "\n");
	buffer_free(&line);
}

static void run_status(struct run *run, const struct asked *asked)
{
	struct buffer out = {0};
	if (argument(asked, "json").data != NULL)
		write_json(run->witness, &out);
	else
		write_text(run->witness, &out);
	say(asked, 1, buffer_bytes(&out));
	done(asked, out.rule == RULE_OK ? 0 : 4);
	buffer_free(&out);
}

static void run_stop(struct run *run, const struct asked *asked)
{
	done(asked, 0);
	run->stop = true;
	run->status = KEEPER_STOPPED;
}

static void take_command(struct run *run, struct channel *client, const struct frame *frame)
{
	static const struct {
		const char *name;
		bool made; /* there must be a witness already */
		void (*run)(struct run *run, const struct asked *asked);
	} commands[] = {
		{"witness-init", false, run_init},
		{"witness-add", true, run_add},
		{"witness-status", true, run_status},
		{"stop", false, run_stop},
	};
	struct message_command *message = malloc(sizeof(*message));
	struct asked asked = {client, frame->id, message};
	struct fault fault = {0};
	enum rule rule = message == NULL ? RULE_MEMORY : frame->type != MESSAGE_COMMAND ? RULE_IPC_FORM
		: message_parse_command(message, frame->payload);
	size_t i = 0, count = sizeof(commands) / sizeof(commands[0]);
	while (rule == RULE_OK && i < count && !bytes_is(message->name, commands[i].name))
		i++;
	if (rule == RULE_OK && (i == count || (commands[i].made && run->witness->signer.secret == NULL)))
		rule = i == count ? RULE_WITNESS_HOME : RULE_WITNESS_NONE;
	if (rule == RULE_OK || rule == RULE_WITNESS_HOME || rule == RULE_WITNESS_NONE)
		words_speak(languages_find(run->languages, argument(&asked, "lang")));
	if (rule == RULE_OK) {
		commands[i].run(run, &asked);
	} else {
		fault_bytes(&fault, rule, 0, message == NULL ? (struct bytes){NULL, 0} : message->name);
		refuse(&asked, &fault);
	}
	words_speak(NULL);
	free(message);
}

/* ---- the loop ---- */

static void add_client(struct run *run, int fd)
{
	struct channel *channel = run->client_count == CLIENTS_MAX ? NULL : channel_new(fd);
	uid_t user;
	if (channel == NULL) {
		close(fd);
		return;
	}
	if (channel_peer_user(channel, &user) != RULE_OK || (user != geteuid() && user != 0))
		channel_free(channel);
	else
		run->clients[run->client_count++] = channel;
}

static void accept_clients(struct run *run)
{
	int fd;
	while ((fd = accept4(run->options->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		add_client(run, fd);
}

/* False: it is gone. */
static bool take_client(struct run *run, struct channel *client)
{
	struct frame frame;
	enum rule rule = channel_receive(client);
	while (!run->stop && channel_next(client, &frame)) {
		for (size_t i = 0; i < frame.descriptor_count; i++)
			close(frame.descriptors[i]);
		take_command(run, client, &frame);
	}
	return rule == RULE_OK && channel_flush(client) == RULE_OK;
}

static void take_clients(struct run *run, const struct pollfd *polls)
{
	size_t kept = 0, count = run->client_count;
	for (size_t i = 0; i < count; i++) {
		struct channel *client = run->clients[i];
		if (polls[i].revents != 0 && !take_client(run, client))
			channel_free(client);
		else
			run->clients[kept++] = client;
	}
	run->client_count = kept;
	if (run->options->client >= 0 && kept == 0)
		run->stop = true; /* a one-shot ends with its command */
}

static short events_of(const struct channel *channel)
{
	return (short)(POLLIN | (channel_wants_write(channel) ? POLLOUT : 0));
}

#define FIXED 3

static void loop(struct run *run, int signals)
{
	struct pollfd polls[FIXED + CLIENTS_MAX];
	send_setup(run);
	while (!run->stop) {
		polls[0] = (struct pollfd){signals, POLLIN, 0};
		polls[1] = (struct pollfd){run->link == NULL ? -1 : channel_fd(run->link), POLLIN, 0};
		if (run->link != NULL)
			polls[1].events = events_of(run->link);
		polls[2] = (struct pollfd){run->options->listener, POLLIN, 0};
		for (size_t i = 0; i < run->client_count; i++)
			polls[FIXED + i] = (struct pollfd){channel_fd(run->clients[i]), events_of(run->clients[i]), 0};
		if (poll(polls, FIXED + run->client_count, -1) < 0) {
			run->stop = errno != EINTR;
			run->status = run->stop ? 4 : run->status;
			continue;
		}
		run->stop = polls[0].revents != 0;
		if (!run->stop && run->link != NULL && polls[1].revents != 0)
			take_link(run);
		if (!run->stop)
			take_clients(run, polls + FIXED);
		if (!run->stop && polls[2].revents != 0)
			accept_clients(run);
	}
	for (size_t i = 0; i < run->client_count; i++) {
		channel_drain(run->clients[i], clock_steady_ms() + 1000);
		channel_free(run->clients[i]);
	}
}

/* ---- from beginning to end ---- */

static int prepare_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static enum rule start(struct run *run, struct fault *fault)
{
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s/witness", run->options->home);
	struct sandbox_rules rules = {.role = SANDBOX_KEEPER, .read_write = {folder},
		.without_landlock = run->options->without_landlock};
	enum rule rule = crypto_start();
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", "libsodium");
	run->languages = languages_open(run->options->languages);
	if (run->languages == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("languages"));
	rule = sandbox_enter(&rules, fault);
	if (rule == RULE_OK)
		rule = witness_open(&run->witness, folder, fault);
	if (rule == RULE_OK && run->options->listener >= 0 && run->witness->signer.secret == NULL)
		rule = fault_bytes(fault, RULE_WITNESS_NONE, 0, bytes_string(folder));
	/* one that serves a single command carries nothing */
	if (rule == RULE_OK && run->options->link >= 0 && run->options->client < 0 &&
	    (run->link = channel_new(run->options->link)) == NULL)
		rule = fault_bytes(fault, RULE_MEMORY, 0, BYTES("link"));
	return rule;
}

int witness_run(const struct keeper_options *options)
{
	struct run *run = calloc(1, sizeof(*run));
	struct fault fault = {0};
	int signals = prepare_signals(), status = 4;
	if (run == NULL || signals < 0) {
		free(run);
		return 4;
	}
	run->options = options;
	if (start(run, &fault) == RULE_OK) {
		if (options->client >= 0)
			add_client(run, options->client);
		loop(run, signals);
		status = run->status;
	} else {
		char line[512];
		fault_print(&fault, line, sizeof(line));
		fprintf(stderr, "detente: %s: %s\n", options->home, line);
	}
	channel_free(run->link);
	languages_free(run->languages);
	witness_close(run->witness);
	free(run);
	close(signals);
	return status;
}

#include "link.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel.h"
#include "client.h"
#include "message.h"
#include "sandbox.h"
#include "server.h"

/* What the keeper has not taken yet; beyond it, requests of peers wait in their connections. */
#define BACKLOG_MAX ((size_t)2 * REQUEST_MAX)

#define IDENTITIES_MAX 64

struct held_setup {
	struct buffer raw; /* what the setup looks into */
	struct message_setup setup;
};

struct link {
	struct channel *channel;
	/* all that there are; those that are shown no more may still be in use */
	struct tls_identity *identities[IDENTITIES_MAX];
	size_t identity_count;
	const struct tls_identity *identity; /* that is shown */
	struct held_setup *held;
	struct server *server; /* NULL: calls out only */
	struct client *client;
	struct buffer payload; /* of the frame being made */
	const struct link_options *options;
};

/* ---- what the keeper says ---- */

static void held_setup_free(struct held_setup *held)
{
	if (held != NULL)
		buffer_free(&held->raw);
	free(held);
}

static enum rule hold_setup(struct held_setup **held, struct bytes payload)
{
	struct held_setup *made = calloc(1, sizeof(*made));
	if (made == NULL)
		return RULE_MEMORY;
	buffer_add(&made->raw, payload);
	enum rule rule = made->raw.rule;
	if (rule == RULE_OK)
		rule = message_parse_setup(&made->setup, buffer_bytes(&made->raw));
	if (rule == RULE_OK)
		*held = made;
	else
		held_setup_free(made);
	return rule;
}

static enum rule send_payload(struct link *link, enum message_type type, uint32_t id)
{
	if (link->payload.rule != RULE_OK)
		return link->payload.rule;
	struct frame frame = {.type = (uint16_t)type, .id = id, .payload = buffer_bytes(&link->payload)};
	enum rule rule = channel_send(link->channel, &frame);
	buffer_free(&link->payload);
	return rule;
}

/* The identity that a setup says to show; without a word of it, or where it is not at hand, the one that is shown. */
static const struct tls_identity *choose_identity(const struct link *link, const struct message_setup *setup)
{
	static const uint8_t none[TLS_PIN_SIZE];
	for (size_t i = 0; i < link->identity_count; i++)
		if (memcmp(link->identities[i]->pin, setup->own, TLS_PIN_SIZE) == 0)
			return link->identities[i];
	if (memcmp(setup->own, none, sizeof(none)) != 0)
		fprintf(stderr, "detente-link: the TLS identity of the card in force is not at hand; the one before is "
			"shown\n");
	return link->identity;
}

static enum rule say_listening(struct link *link)
{
	message_write_ready(&link->payload,
		link->server == NULL ? bytes_of(NULL, 0) : bytes_string(server_address(link->server)));
	return send_payload(link, MESSAGE_READY, 0);
}

static enum rule give_requests(struct link *link)
{
	enum rule rule = RULE_OK;
	uint32_t id;
	struct message_request request;
	while (rule == RULE_OK && link->server != NULL && channel_queued(link->channel) < BACKLOG_MAX &&
	       server_next(link->server, &id, &request)) {
		message_write_request(&link->payload, &request);
		rule = send_payload(link, MESSAGE_REQUEST, id);
	}
	return rule;
}

/* Ends a server. The keeper hears what becomes of the bodies that it has given files for. */
static enum rule end_server(struct link *link)
{
	if (link->server == NULL)
		return RULE_OK;
	server_stop(link->server);
	enum rule rule = give_requests(link);
	server_free(link->server);
	link->server = NULL;
	return rule;
}

/*
 * Listens where the new setup says, with the identity that is shown now. Where that fails the old server goes on, if it
 * is not in the way itself: what others were told is then not true, but they know the old addresses still.
 */
static enum rule renew_server(struct link *link, const struct message_setup *next, bool elsewhere)
{
	struct server *made = NULL;
	struct fault fault = {0};
	enum rule rule = RULE_OK;
	uint32_t last = link->server == NULL ? 0 : server_last(link->server);
	if (!elsewhere)
		rule = end_server(link);
	if (rule == RULE_OK && next->listen.size != 0)
		rule = server_new(&made, link->identity, next, &link->options->deadlines, &fault);
	if (rule != RULE_OK && elsewhere) {
		fprintf(stderr, "detente-link: %s [%s]; it goes on listening where it did\n", fault.detail,
			rule_name(rule));
		if (link->server != NULL)
			server_setup(link->server, next);
		return RULE_OK;
	}
	if (rule == RULE_OK)
		rule = end_server(link);
	if (rule != RULE_OK) {
		server_free(made);
		return rule;
	}
	link->server = made;
	if (made != NULL)
		server_follow(made, last);
	return say_listening(link);
}

static enum rule take_setup(struct link *link, struct bytes payload)
{
	struct held_setup *next;
	enum rule rule = hold_setup(&next, payload);
	if (rule != RULE_OK)
		return rule;
	const struct tls_identity *identity = choose_identity(link, &next->setup);
	const struct message_setup *held = &link->held->setup;
	bool elsewhere = !bytes_equal(held->listen, next->setup.listen);
	bool listens = link->server != NULL || next->setup.listen.size != 0;
	bool renewed = listens && (elsewhere || identity != link->identity ||
		!bytes_equal(held->prefix, next->setup.prefix));
	link->identity = identity;
	client_identity(link->client, identity);
	client_setup(link->client, &next->setup);
	if (renewed)
		rule = renew_server(link, &next->setup, elsewhere);
	else if (link->server != NULL)
		server_setup(link->server, &next->setup);
	held_setup_free(link->held);
	link->held = next;
	return rule;
}

/* Another identity, to be shown when a setup says so. */
static enum rule take_identity(struct link *link, struct frame *frame)
{
	struct fault fault = {0};
	if (frame->descriptor_count != 2 || link->identity_count == IDENTITIES_MAX)
		return RULE_IPC_FORM;
	frame->descriptor_count = 0;
	enum rule rule = tls_take(&link->identities[link->identity_count], frame->descriptors[0],
		frame->descriptors[1], &fault);
	if (rule == RULE_OK)
		link->identity_count++;
	else
		fprintf(stderr, "detente-link: %s [%s]\n", fault.detail, rule_name(rule));
	return rule_is_system(rule) ? rule : RULE_OK;
}

/* The one that came along, or -1. */
static int take_descriptor(struct frame *frame)
{
	return frame->descriptor_count == 1 ? frame->descriptors[--frame->descriptor_count] : -1;
}

static enum rule take_frame(struct link *link, struct frame *frame)
{
	struct message_request request;
	struct message_reply reply;
	enum rule rule;
	switch (frame->type) {
	case MESSAGE_SETUP:
		return take_setup(link, frame->payload);
	case MESSAGE_IDENTITY:
		return take_identity(link, frame);
	case MESSAGE_REQUEST:
		rule = message_parse_request(&request, frame->payload);
		if (rule == RULE_OK)
			return client_send(link->client, frame->id, &request, take_descriptor(frame));
		return rule;
	case MESSAGE_REPLY:
		rule = message_parse_reply(&reply, frame->payload);
		if (rule == RULE_OK && link->server != NULL)
			server_reply(link->server, frame->id, &reply, take_descriptor(frame));
		return rule;
	default:
		return RULE_IPC_FORM;
	}
}

/* RULE_IPC_FORM where some are left: no frame has more than one, and who can use it takes it. */
static enum rule close_descriptors(struct frame *frame)
{
	if (frame->descriptor_count == 0)
		return RULE_OK;
	while (frame->descriptor_count != 0)
		close(frame->descriptors[--frame->descriptor_count]);
	return RULE_IPC_FORM;
}

static enum rule take_frames(struct link *link)
{
	enum rule rule = channel_receive(link->channel);
	struct frame frame;
	while (rule == RULE_OK && channel_next(link->channel, &frame)) {
		rule = take_frame(link, &frame);
		enum rule left = close_descriptors(&frame);
		rule = rule == RULE_OK ? left : rule;
	}
	return rule;
}

/* ---- what the keeper is told ---- */

static enum rule give_replies(struct link *link)
{
	enum rule rule = RULE_OK;
	uint32_t id;
	struct message_reply reply;
	while (rule == RULE_OK && client_next(link->client, &id, &reply)) {
		message_write_reply(&link->payload, &reply);
		rule = send_payload(link, MESSAGE_REPLY, id);
	}
	return rule;
}

/* ---- the loop ---- */

static enum rule turn(struct link *link)
{
	struct pollfd waits[2] = {
		{.fd = channel_fd(link->channel),
			.events = (short)(POLLIN | (channel_wants_write(link->channel) ? POLLOUT : 0))},
		{.fd = link->server == NULL ? -1 : server_fd(link->server), .events = POLLIN},
	};
	int timeout = link->server == NULL ? -1 : server_timeout(link->server);
	enum rule rule = client_wait(link->client, waits, link->server == NULL ? 1 : 2, timeout);
	if (rule == RULE_OK)
		rule = channel_flush(link->channel);
	if (rule == RULE_OK && waits[0].revents != 0)
		rule = take_frames(link);
	if (rule != RULE_OK)
		return rule;
	client_run(link->client);
	/* A reply for the server, something on its sockets, or its time has come. */
	if (link->server != NULL &&
	    (waits[0].revents != 0 || waits[1].revents != 0 || server_timeout(link->server) == 0))
		server_run(link->server);
	rule = give_requests(link);
	return rule == RULE_OK ? give_replies(link) : rule;
}

/* ---- from beginning to end ---- */

static enum rule wait_for_setup(struct link *link)
{
	struct frame frame;
	enum rule rule = channel_wait(link->channel, &frame, 0);
	if (rule == RULE_OK)
		rule = frame.type != MESSAGE_SETUP || frame.descriptor_count != 0 ? RULE_IPC_FORM :
			hold_setup(&link->held, frame.payload);
	return rule;
}

/* Looking up names reads these; a change of network replaces files in them. */
static enum rule shrink(const struct link *link, struct fault *fault)
{
	struct sandbox_rules rules = {
		.role = SANDBOX_LINK,
		.read_only = {"/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", "/usr/lib"},
		.without_landlock = link->options->without_landlock,
	};
	return sandbox_enter(&rules, fault);
}

/* The first lies in the folder itself, those that cards brought since in folders 2, 3 and so on below it. */
static enum rule load_identities(struct link *link, struct fault *fault)
{
	const char *folder = link->options->identity;
	enum rule rule = tls_load(&link->identities[0], folder, fault);
	while (rule == RULE_OK && ++link->identity_count < IDENTITIES_MAX) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%zu", folder, link->identity_count + 1);
		rule = tls_load(&link->identities[link->identity_count], path, fault);
		if (rule == RULE_NOT_FOUND)
			break;
	}
	link->identity = link->identities[0];
	return rule == RULE_NOT_FOUND && link->identity_count > 0 ? RULE_OK : rule;
}

static enum rule start(struct link *link, struct fault *fault)
{
	const struct link_options *options = link->options;
	enum rule rule = load_identities(link, fault);
	if (rule != RULE_OK)
		return rule;
	rule = wait_for_setup(link);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "waiting for the keeper's setup");
	link->identity = choose_identity(link, &link->held->setup);
	if (link->held->setup.listen.size != 0)
		rule = server_new(&link->server, link->identity, &link->held->setup, &options->deadlines, fault);
	if (rule != RULE_OK)
		return rule;
	link->client = client_new(link->identity, &link->held->setup, &options->deadlines);
	if (link->client == NULL)
		return fault_set(fault, RULE_TLS_LIBRARY, 0, "the HTTP client does not start");
	rule = shrink(link, fault);
	if (rule != RULE_OK)
		return rule;
	/* From here on the network is read. */
	return say_listening(link);
}

static void stop(struct link *link)
{
	client_free(link->client);
	server_free(link->server);
	held_setup_free(link->held);
	for (size_t i = 0; i < link->identity_count; i++)
		tls_free(link->identities[i]);
	channel_free(link->channel);
	buffer_free(&link->payload);
}

enum rule link_run(const struct link_options *options, struct fault *fault)
{
	struct link link = {.options = options};
	link.channel = channel_new(options->keeper);
	if (link.channel == NULL)
		return fault_set(fault, RULE_IO, 0, "descriptor %d is no socket to a keeper", options->keeper);
	enum rule rule = start(&link, fault);
	bool started = rule == RULE_OK;
	while (rule == RULE_OK)
		rule = turn(&link);
	stop(&link);
	if (rule == RULE_IPC_CLOSED)
		return RULE_OK;
	return started ? fault_set(fault, rule, 0, "carrying for the keeper") : rule;
}

#include "link.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel.h"
#include "client.h"
#include "message.h"
#include "sandbox.h"
#include "server.h"

/* What the keeper has not taken yet; beyond it, requests of peers wait in their connections. */
#define BACKLOG_MAX ((size_t)2 * REQUEST_MAX)

struct held_setup {
	struct buffer raw; /* what the setup looks into */
	struct message_setup setup;
};

struct link {
	struct channel *channel;
	struct tls_identity *identity;
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

static enum rule take_setup(struct link *link, struct bytes payload)
{
	struct held_setup *next;
	enum rule rule = hold_setup(&next, payload);
	if (rule != RULE_OK)
		return rule;
	if (link->server != NULL)
		server_setup(link->server, &next->setup);
	client_setup(link->client, &next->setup);
	held_setup_free(link->held);
	link->held = next;
	return RULE_OK;
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

static enum rule start(struct link *link, struct fault *fault)
{
	const struct link_options *options = link->options;
	enum rule rule = tls_load(&link->identity, options->identity, fault);
	if (rule != RULE_OK)
		return rule;
	rule = wait_for_setup(link);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "waiting for the keeper's setup");
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
	message_write_ready(&link->payload,
		link->server == NULL ? bytes_of(NULL, 0) : bytes_string(server_address(link->server)));
	return send_payload(link, MESSAGE_READY, 0);
}

static void stop(struct link *link)
{
	client_free(link->client);
	server_free(link->server);
	held_setup_free(link->held);
	tls_free(link->identity);
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

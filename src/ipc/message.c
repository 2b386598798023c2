#include "message.h"

#include "text.h"

#define ABSENT UINT32_MAX /* the size that stands for the absent view */
#define COMMAND_NAME_MAX 64
#define PATH_MAX_BYTES 1024
#define ADDRESS_MAX 512
#define TYPE_MAX 256

static void put(struct buffer *to, struct bytes bytes)
{
	buffer_u32(to, bytes.data == NULL ? ABSENT : (uint32_t)bytes.size);
	buffer_add(to, bytes);
}

static struct bytes take(struct cursor *from)
{
	uint32_t size = cursor_u32(from);
	return size == ABSENT ? (struct bytes){NULL, 0} : cursor_take(from, size);
}

static void expect(struct cursor *from, bool condition)
{
	if (!condition)
		cursor_fail(from, RULE_IPC_FORM);
}

/* Text of one line, present, of 1 to `most` bytes. */
static struct bytes take_text(struct cursor *from, size_t most)
{
	struct bytes text = take(from);
	expect(from, text.size != 0 && text.size <= most && text_valid(text, false));
	return text;
}

/* The same, or absent. */
static struct bytes take_text_or_none(struct cursor *from, size_t most)
{
	struct bytes text = take(from);
	expect(from, text.data == NULL || (text.size != 0 && text.size <= most && text_valid(text, false)));
	return text;
}

static struct bytes take_body(struct cursor *from)
{
	struct bytes body = take(from);
	expect(from, body.size <= REQUEST_MAX);
	return body;
}

static bool take_bool(struct cursor *from)
{
	uint8_t value = cursor_u8(from);
	expect(from, value <= 1);
	return value == 1;
}

static enum rule end(const struct cursor *from)
{
	return cursor_end(from) == RULE_OK ? RULE_OK : RULE_IPC_FORM;
}

/* ---- cli and keeper ---- */

void message_write_command(struct buffer *to, const struct message_command *command)
{
	put(to, command->name);
	buffer_u32(to, (uint32_t)command->argument_count);
	for (size_t i = 0; i < command->argument_count; i++) {
		put(to, command->arguments[i].key);
		put(to, command->arguments[i].value);
	}
}

enum rule message_parse_command(struct message_command *command, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_command read = {.name = take_text(&from, COMMAND_NAME_MAX)};
	size_t count = cursor_u32(&from);
	expect(&from, count <= MESSAGE_ARGUMENTS_MAX);
	for (size_t i = 0; from.rule == RULE_OK && i < count; i++) {
		read.arguments[i].key = take(&from);
		read.arguments[i].value = take(&from);
	}
	read.argument_count = count;
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*command = read;
	return RULE_OK;
}

void message_write_output(struct buffer *to, const struct message_output *output)
{
	buffer_u8(to, output->stream);
	put(to, output->text);
}

enum rule message_parse_output(struct message_output *output, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_output read = {.stream = cursor_u8(&from)};
	read.text = take(&from);
	expect(&from, read.stream == 1 || read.stream == 2);
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*output = read;
	return RULE_OK;
}

/* Every part of the path is a name: none is empty, "." or ".."; so it stays below the folder it is joined to. */
static bool path_stays_below(struct bytes path)
{
	struct cursor parts = cursor_of(path);
	bool again = path.size != 0;
	while (again) {
		struct bytes part = cursor_until(&parts, '/');
		if (part.size == 0 || bytes_is(part, ".") || bytes_is(part, ".."))
			return false;
		again = cursor_left(&parts) != 0;
	}
	return path.size != 0 && path.data[path.size - 1] != '/';
}

void message_write_file(struct buffer *to, const struct message_file *file)
{
	put(to, file->path);
	put(to, file->content);
}

enum rule message_parse_file(struct message_file *file, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_file read = {.path = take_text(&from, PATH_MAX_BYTES)};
	read.content = take(&from);
	expect(&from, path_stays_below(read.path));
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*file = read;
	return RULE_OK;
}

void message_write_done(struct buffer *to, uint8_t status)
{
	buffer_u8(to, status);
}

enum rule message_parse_done(uint8_t *status, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	uint8_t read = cursor_u8(&from);
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*status = read;
	return RULE_OK;
}

/* ---- keeper and link ---- */

static void write_peer(struct buffer *to, const struct setup_peer *peer)
{
	put(to, peer->party);
	buffer_u8(to, peer->called_only);
	buffer_u8(to, (uint8_t)peer->pin_count);
	for (size_t i = 0; i < peer->pin_count; i++)
		buffer_add(to, bytes_of(peer->pins[i], sizeof(peer->pins[i])));
	buffer_u32(to, (uint32_t)peer->address_count);
	for (size_t i = 0; i < peer->address_count; i++)
		put(to, peer->addresses[i]);
}

static void take_peer(struct cursor *from, struct setup_peer *peer)
{
	peer->party = take_text(from, PARTY_NAME_MAX);
	peer->called_only = take_bool(from);
	peer->pin_count = cursor_u8(from);
	expect(from, peer->pin_count >= 1 && peer->pin_count <= SETUP_PINS_MAX);
	for (size_t i = 0; from->rule == RULE_OK && i < peer->pin_count; i++) {
		struct bytes pin = cursor_take(from, sizeof(peer->pins[i]));
		if (pin.data != NULL)
			memcpy(peer->pins[i], pin.data, sizeof(peer->pins[i]));
	}
	size_t count = cursor_u32(from);
	expect(from, count <= SETUP_ADDRESSES_MAX);
	for (size_t i = 0; from->rule == RULE_OK && i < count; i++)
		peer->addresses[i] = take_text(from, ADDRESS_MAX);
	peer->address_count = count;
}

void message_write_setup(struct buffer *to, const struct message_setup *setup)
{
	put(to, setup->listen);
	put(to, setup->prefix);
	buffer_u8(to, setup->strangers);
	buffer_add(to, bytes_of(setup->own, sizeof(setup->own)));
	buffer_u32(to, (uint32_t)setup->peer_count);
	for (size_t i = 0; i < setup->peer_count; i++)
		write_peer(to, &setup->peers[i]);
}

enum rule message_parse_setup(struct message_setup *setup, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_setup read = {.listen = take_text_or_none(&from, ADDRESS_MAX)};
	read.prefix = take(&from);
	expect(&from, read.prefix.size <= ADDRESS_MAX && text_valid(read.prefix, false));
	expect(&from, read.prefix.size == 0 || read.prefix.data[0] == '/');
	read.strangers = take_bool(&from);
	struct bytes own = cursor_take(&from, sizeof(read.own));
	if (own.data != NULL)
		memcpy(read.own, own.data, sizeof(read.own));
	size_t count = cursor_u32(&from);
	expect(&from, count <= SETUP_PEERS_MAX);
	for (size_t i = 0; from.rule == RULE_OK && i < count; i++)
		take_peer(&from, &read.peers[i]);
	read.peer_count = count;
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*setup = read;
	return RULE_OK;
}

void message_write_ready(struct buffer *to, struct bytes address)
{
	put(to, address);
}

enum rule message_parse_ready(struct bytes *address, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct bytes read = take_text_or_none(&from, ADDRESS_MAX);
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*address = read;
	return RULE_OK;
}

/* What can stand in an HTTP request line: nothing that ends it or begins another. */
static bool request_path_valid(struct bytes path)
{
	for (size_t i = 0; i < path.size; i++)
		if (path.data[i] <= 0x20 || path.data[i] >= 0x7f)
			return false;
	return path.size != 0 && path.data[0] == '/';
}

static void write_range(struct buffer *to, const struct message_range *range)
{
	buffer_u8(to, range->present);
	buffer_u64(to, range->first);
	buffer_u64(to, range->size);
	buffer_u64(to, range->total);
}

/* Inside the whole, where that is told; every end is below 2^63, as files' are. */
static struct message_range take_range(struct cursor *from)
{
	struct message_range range = {.present = take_bool(from)};
	range.first = cursor_u64(from);
	range.size = cursor_u64(from);
	range.total = cursor_u64(from);
	expect(from, range.first <= INT64_MAX && range.size <= INT64_MAX - range.first && range.total <= INT64_MAX);
	expect(from, range.total == 0 || range.first + range.size <= range.total);
	return range;
}

void message_write_request(struct buffer *to, const struct message_request *request)
{
	put(to, request->party);
	buffer_u8(to, (uint8_t)request->verb);
	put(to, request->path);
	put(to, request->body);
	buffer_u8(to, request->compress);
	write_range(to, &request->range);
	buffer_u8(to, request->head);
	buffer_u64(to, request->moved);
	buffer_u8(to, request->pin);
}

enum rule message_parse_request(struct message_request *request, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_request read = {.party = take_text_or_none(&from, PARTY_NAME_MAX)};
	uint8_t verb = cursor_u8(&from);
	expect(&from, verb >= VERB_GET && verb <= VERB_PUT);
	read.verb = (enum request_verb)verb;
	read.path = take_text(&from, PATH_MAX_BYTES);
	expect(&from, request_path_valid(read.path));
	read.body = take_body(&from);
	read.compress = take_bool(&from);
	read.range = take_range(&from);
	read.head = take_bool(&from);
	read.moved = cursor_u64(&from);
	/* What a PUT's head brings is still to come; what was written is of its range. */
	expect(&from, !read.head || (read.verb == VERB_PUT && read.range.present && read.body.size == 0));
	expect(&from, read.moved == 0 || (read.verb == VERB_PUT && !read.head && read.moved <= read.range.size));
	read.pin = cursor_u8(&from);
	expect(&from, read.pin < SETUP_PINS_MAX);
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*request = read;
	return RULE_OK;
}

const char *reply_cause_name(enum reply_cause cause)
{
	switch (cause) {
	case CAUSE_NONE:
		return "none";
	case CAUSE_NAME:
		return "name";
	case CAUSE_ROUTE:
		return "route";
	case CAUSE_CONNECT:
		return "connect";
	case CAUSE_TLS:
		return "tls";
	case CAUSE_KEY:
		return "key";
	case CAUSE_HTTP:
		return "http";
	case CAUSE_NO_ADDRESS:
		return "no-address";
	}
	return "unknown";
}

void message_write_reply(struct buffer *to, const struct message_reply *reply)
{
	buffer_u16(to, reply->status);
	buffer_u8(to, (uint8_t)reply->cause);
	put(to, reply->type);
	put(to, reply->body);
	put(to, reply->address);
	buffer_u32(to, reply->elapsed_us);
	write_range(to, &reply->range);
	buffer_u64(to, reply->moved);
	buffer_u8(to, reply->pin);
	buffer_u8(to, (uint8_t)reply->attempt_count);
	for (size_t i = 0; i < reply->attempt_count; i++) {
		put(to, reply->attempts[i].address);
		buffer_u8(to, (uint8_t)reply->attempts[i].cause);
	}
}

static enum reply_cause take_cause(struct cursor *from)
{
	uint8_t cause = cursor_u8(from);
	expect(from, cause <= CAUSE_NO_ADDRESS);
	return (enum reply_cause)cause;
}

enum rule message_parse_reply(struct message_reply *reply, struct bytes payload)
{
	struct cursor from = cursor_of(payload);
	struct message_reply read = {.status = cursor_u16(&from)};
	read.cause = take_cause(&from);
	/* Either a status came or a cause tells why none did. */
	expect(&from, read.cause == CAUSE_NONE ? read.status >= 100 && read.status <= 599 : read.status == 0);
	read.type = take_text_or_none(&from, TYPE_MAX);
	read.body = take_body(&from);
	read.address = take_text_or_none(&from, ADDRESS_MAX);
	read.elapsed_us = cursor_u32(&from);
	read.range = take_range(&from);
	read.moved = cursor_u64(&from);
	read.pin = cursor_u8(&from);
	expect(&from, read.pin < SETUP_PINS_MAX);
	read.attempt_count = cursor_u8(&from);
	expect(&from, read.attempt_count <= SETUP_ADDRESSES_MAX);
	for (size_t i = 0; from.rule == RULE_OK && i < read.attempt_count; i++) {
		read.attempts[i].address = take_text(&from, ADDRESS_MAX);
		read.attempts[i].cause = take_cause(&from);
	}
	if (end(&from) != RULE_OK)
		return RULE_IPC_FORM;
	*reply = read;
	return RULE_OK;
}

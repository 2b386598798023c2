/*
 * turn: writers that each make a hotline call and wait for its receipt, again and again, of one running node.
 *
 * usage: turn HOME TO-DESK CALLS WRITERS [IN-FLIGHT [alone]]
 *
 * A writer is a connection of its own; IN-FLIGHT (1 unless given) calls are under way on each at a time. Prints
 * "calls N seconds S p50 US p99 US"; a call without a receipt ends it with status 1, unless `alone` says that nobody is
 * there to give one.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "connection.h"
#include "crypto.h"
#include "message.h"
#include "sample.h"
#include "text.h"

#define WRITERS_MAX 256
#define IN_FLIGHT_MAX 256
#define WAIT_MS "60000"
#define ALONE "alone"

struct writer {
	struct connection connection;
	double sent[IN_FLIGHT_MAX]; /* by id */
	bool received[IN_FLIGHT_MAX];
};

struct bench {
	struct writer *writers;
	struct pollfd *polls;
	size_t writer_count, in_flight;
	uint64_t wanted, sent, done;
	bool alone;
	double *took;
	struct buffer command;
};

static void make_command(struct buffer *to, const char *desk, bool alone)
{
	const char *const pairs[][2] = {{"form", "hotline/call"}, {"wait", alone ? "0" : WAIT_MS},
		{"field", "priority=flash"}, {"field", "subject=" SAMPLE_SUBJECT}, {"field", "text=" SAMPLE_TEXT}};
	struct message_command message = {.name = BYTES("send")};
	message.arguments[message.argument_count].key = BYTES("to");
	message.arguments[message.argument_count++].value = bytes_string(desk);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		message.arguments[message.argument_count].key = bytes_string(pairs[i][0]);
		message.arguments[message.argument_count++].value = bytes_string(pairs[i][1]);
	}
	message_write_command(to, &message);
}

static bool call(struct bench *bench, struct writer *writer, uint32_t id)
{
	struct frame frame = {.type = MESSAGE_COMMAND, .id = id, .payload = buffer_bytes(&bench->command)};
	if (bench->sent == bench->wanted)
		return true;
	bench->sent++;
	writer->sent[id] = sample_now_us();
	writer->received[id] = false;
	return channel_send(writer->connection.channel, &frame) == RULE_OK;
}

static bool take(struct bench *bench, struct writer *writer, const struct frame *frame)
{
	struct message_output output;
	uint8_t status;
	if (frame->id >= bench->in_flight)
		return false;
	if (frame->type == MESSAGE_OUTPUT && message_parse_output(&output, frame->payload) == RULE_OK) {
		if (bytes_start(output.text, BYTES("received ")))
			writer->received[frame->id] = true;
		else if (output.stream == 2 && !bench->alone && !bytes_start(output.text, BYTES("obliges ")))
			fprintf(stderr, "turn: %.*s", (int)output.text.size, (const char *)output.text.data);
		return true;
	}
	if (frame->type != MESSAGE_DONE || message_parse_done(&status, frame->payload) != RULE_OK || status != 0 ||
		(!bench->alone && !writer->received[frame->id]))
		return false;
	bench->took[bench->done++] = sample_now_us() - writer->sent[frame->id];
	return call(bench, writer, frame->id);
}

static bool serve(struct bench *bench, size_t i)
{
	struct writer *writer = &bench->writers[i];
	struct channel *channel = writer->connection.channel;
	short events = bench->polls[i].revents;
	struct frame frame;
	bool good = true;
	if (events & POLLOUT)
		good = channel_flush(channel) == RULE_OK;
	if (good && (events & (POLLIN | POLLHUP | POLLERR)))
		good = channel_receive(channel) == RULE_OK;
	while (good && channel_next(channel, &frame))
		good = take(bench, writer, &frame);
	return good;
}

static bool run(struct bench *bench)
{
	for (size_t i = 0; i < bench->writer_count; i++) {
		for (uint32_t id = 0; id < bench->in_flight; id++) {
			if (!call(bench, &bench->writers[i], id))
				return false;
		}
	}
	while (bench->done < bench->wanted) {
		for (size_t i = 0; i < bench->writer_count; i++) {
			struct channel *channel = bench->writers[i].connection.channel;
			bench->polls[i] = (struct pollfd){channel_fd(channel), POLLIN, 0};
			if (channel_wants_write(channel))
				bench->polls[i].events |= POLLOUT;
		}
		if (poll(bench->polls, bench->writer_count, -1) < 0)
			return false;
		for (size_t i = 0; i < bench->writer_count; i++) {
			if (bench->polls[i].revents != 0 && !serve(bench, i))
				return false;
		}
	}
	return true;
}

static bool number(const char *text, uint64_t max, uint64_t *value)
{
	return text_decimal(bytes_string(text), value) == RULE_OK && *value > 0 && *value <= max;
}

static bool prepare(struct bench *bench, int argc, char **argv)
{
	uint64_t writers, in_flight = 1;
	bench->alone = argc == 7 && strcmp(argv[6], ALONE) == 0;
	if (argc < 5 || argc > (bench->alone ? 7 : 6) || !number(argv[3], 100000000, &bench->wanted) ||
		!number(argv[4], WRITERS_MAX, &writers) ||
		(argc >= 6 && !number(argv[5], IN_FLIGHT_MAX, &in_flight))) {
		fprintf(stderr, "usage: turn HOME TO-DESK CALLS WRITERS [IN-FLIGHT [alone]]\n");
		return false;
	}
	bench->writers = calloc(writers, sizeof(*bench->writers));
	bench->polls = calloc(writers, sizeof(*bench->polls));
	bench->took = calloc(bench->wanted, sizeof(*bench->took));
	bench->in_flight = (size_t)in_flight;
	make_command(&bench->command, argv[2], bench->alone);
	if (bench->writers == NULL || bench->polls == NULL || bench->took == NULL || bench->command.rule != RULE_OK)
		return false;
	for (; bench->writer_count < writers; bench->writer_count++) {
		struct connection_options options = {.home = argv[1], .node_only = true};
		enum rule rule = connection_open(&bench->writers[bench->writer_count].connection, &options);
		if (rule != RULE_OK) {
			fprintf(stderr, "turn: %s: %s\n", argv[1], rule_sentence(rule));
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	bool good = prepare(&bench, argc, argv);
	double begin = sample_now_us();
	if (good && !(good = run(&bench)))
		fprintf(stderr, "turn: a call got no receipt\n");
	double seconds = (sample_now_us() - begin) / 1e6;
	if (good) {
		sample_sort(bench.took, bench.done);
		printf("calls %llu seconds %.6f p50 %.1f p99 %.1f\n", (unsigned long long)bench.done, seconds,
			bench.took[bench.done / 2], bench.took[bench.done * 99 / 100]);
	}
	for (size_t i = 0; i < bench.writer_count; i++)
		connection_close(&bench.writers[i].connection);
	free(bench.writers);
	free(bench.polls);
	free(bench.took);
	buffer_free(&bench.command);
	return good ? 0 : 1;
}

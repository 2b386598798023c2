/*
 * courier_commands: files that are carried between parties without a network. The keeper makes and takes them; what is
 * written and opened here are the files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"

/* --split SIZE, 0 without it; K, M and G are KiB, MiB and GiB. */
static int read_split(const struct call *call, uint64_t *split)
{
	static const char units[] = "KMG";
	const char *text = call_option(call, "split");
	char *end = NULL;
	*split = 0;
	if (text == NULL)
		return DONE;
	errno = 0;
	unsigned long long size = strtoull(text, &end, 10);
	const char *unit = *end == '\0' ? NULL : strchr(units, *end);
	int shift = unit == NULL ? 0 : 10 * (int)(unit - units + 1);
	bool whole = *end == '\0' || (unit != NULL && end[1] == '\0');
	bool form = text[0] >= '0' && text[0] <= '9' && errno == 0 && whole;
	if (!form || size > (UINT64_MAX >> 1) >> shift || size << shift < COURIER_SPLIT_MIN)
		return CALL_WRONG_USE(call, "--split takes a number of bytes, {1} or more, such as 650M, not '{2}'",
			NUMBER(COURIER_SPLIT_MIN), bytes_string(text));
	*split = size << shift;
	return DONE;
}

static void tell_parts(const struct courier_writer *writer, const char *to)
{
	struct buffer first = {0}, last = {0};
	buffer_format(&first, "%s.001", writer->path);
	buffer_format(&last, "%s.%03u", writer->path, writer->parts);
	TELL("{1} to {2}: {3} bytes for {4}, who takes all parts in at once with 'detente courier in'", buffer_bytes(&first),
		buffer_bytes(&last), NUMBER(writer->bytes), bytes_string(to));
	buffer_free(&first);
	buffer_free(&last);
}

int run_courier_out(const struct call *call)
{
	struct courier_writer writer = {.path = call->operands[0], .file = -1};
	const char *to = call_option(call, "to");
	struct ask ask;
	if (to == NULL)
		return call_wrong(call, W("say whom it is for with --to PARTY"));
	int status = read_split(call, &writer.split);
	if (status != DONE)
		return status;
	ask_begin(&ask, call, "courier-out");
	ask_options(&ask, (const char *const[]){"to", "whole", NULL});
	ask.courier = &writer;
	status = ask_run(&ask);
	if (status == DONE)
		courier_writer_keep(&writer);
	if (writer.rule != RULE_OK)
		status = say_rule(writer.name, writer.rule, writer.parts == COURIER_PARTS_MAX
			? T("more parts than 'courier in' takes at once: make them larger with --split") : "courier out");
	if (status != DONE) {
		courier_writer_drop(&writer);
		return status;
	}
	if (writer.split == 0)
		TELL("{1}: {2} bytes for {3}, who takes it in with 'detente courier in'", bytes_string(writer.path),
			NUMBER(writer.bytes), bytes_string(to));
	else
		tell_parts(&writer, to);
	return DONE;
}

int run_courier_in(const struct call *call)
{
	struct ask ask;
	int status = DONE;
	ask_begin(&ask, call, "courier-in");
	ask.without_mirrors = call_option(call, "without-mirrors") != NULL;
	for (int i = 0; i < call->operand_count && status == DONE; i++) {
		int fd = open(call->operands[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			status = say_rule(call->operands[i], rule_of_errno(errno), "courier in");
			continue;
		}
		ask.descriptors[ask.descriptor_count++] = fd;
		ask_string(&ask, "name", call->operands[i]);
	}
	size_t count = ask.descriptor_count;
	if (status == DONE)
		status = ask_run(&ask);
	else
		ask_drop(&ask);
	while (count > 0)
		close(ask.descriptors[--count]);
	return status;
}

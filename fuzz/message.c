/*
 * message: the first byte is the type, the rest is the payload. What is accepted is written again and must be the same
 * bytes.
 */
#include "message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union {
	struct message_command command;
	struct message_output output;
	struct message_file file;
	uint8_t done;
	struct message_setup setup;
	struct bytes ready;
	struct message_request request;
	struct message_reply reply;
} parsed;

static bool parse_and_write(uint8_t type, struct bytes payload, struct buffer *again)
{
	enum rule rule = RULE_IPC_FORM;
	switch (type) {
	case MESSAGE_COMMAND:
		if ((rule = message_parse_command(&parsed.command, payload)) == RULE_OK)
			message_write_command(again, &parsed.command);
		break;
	case MESSAGE_OUTPUT:
		if ((rule = message_parse_output(&parsed.output, payload)) == RULE_OK)
			message_write_output(again, &parsed.output);
		break;
	case MESSAGE_FILE:
		if ((rule = message_parse_file(&parsed.file, payload)) == RULE_OK)
			message_write_file(again, &parsed.file);
		break;
	case MESSAGE_DONE:
		if ((rule = message_parse_done(&parsed.done, payload)) == RULE_OK)
			message_write_done(again, parsed.done);
		break;
	case MESSAGE_SETUP:
		if ((rule = message_parse_setup(&parsed.setup, payload)) == RULE_OK)
			message_write_setup(again, &parsed.setup);
		break;
	case MESSAGE_READY:
		if ((rule = message_parse_ready(&parsed.ready, payload)) == RULE_OK)
			message_write_ready(again, parsed.ready);
		break;
	case MESSAGE_REQUEST:
		if ((rule = message_parse_request(&parsed.request, payload)) == RULE_OK)
			message_write_request(again, &parsed.request);
		break;
	case MESSAGE_REPLY:
		if ((rule = message_parse_reply(&parsed.reply, payload)) == RULE_OK)
			message_write_reply(again, &parsed.reply);
		break;
	}
	return rule == RULE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct bytes payload = bytes_of(data + 1, size - 1);
	struct buffer again = {0};
	if (parse_and_write(data[0], payload, &again) && !bytes_equal(buffer_bytes(&again), payload))
		abort();
	buffer_free(&again);
	return 0;
}

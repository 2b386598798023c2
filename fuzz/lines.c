/*
 * lines: text of lines; what is accepted is written as it was. Its values go through the readers of numbers, times and
 * base64.
 */
#include "lines.h"

#include <stdlib.h>

#include "text.h"
#include "utc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be(struct buffer *written, struct bytes text)
{
	if (written->rule != RULE_OK || !bytes_equal(buffer_bytes(written), text))
		abort();
	buffer_clear(written);
}

static void values(struct buffer *to, struct bytes text)
{
	struct buffer decoded = {0};
	uint64_t number;
	int64_t seconds;
	char time[UTC_SIZE + 1];
	for (int pad = 0; pad < 2; pad++) {
		if (text_unbase64(text, &decoded, pad) == RULE_OK) {
			text_base64(to, buffer_bytes(&decoded), pad);
			must_be(to, text);
		}
		buffer_clear(&decoded);
	}
	if (text_decimal(text, &number) == RULE_OK) {
		buffer_format(to, "%llu", (unsigned long long)number);
		must_be(to, text);
	}
	if (utc_parse(text, &seconds) == RULE_OK) {
		utc_format(seconds, time);
		buffer_string(to, time);
		must_be(to, text);
	}
	text_printable(to, text, false);
	if (!text_valid(buffer_bytes(to), false))
		abort();
	buffer_clear(to);
	buffer_free(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);
	struct cursor cursor = cursor_of(text);
	struct buffer plain = {0}, again = {0};
	while (cursor_left(&cursor) != 0) {
		const uint8_t *start = cursor.at;
		struct line line;
		char key[LINES_KEY_MAX + 1];
		if (line_read(&cursor, &line) != RULE_OK)
			break;
		if (line_unescape(&plain, line.value) != RULE_OK || !bytes_to_string(line.key, key, sizeof(key)))
			abort();
		line_write(&again, key, buffer_bytes(&plain));
		must_be(&again, bytes_of(start, (size_t)(cursor.at - start)));
		buffer_clear(&plain);
		values(&again, line.value);
	}
	values(&again, text);
	buffer_free(&plain);
	buffer_free(&again);
	return 0;
}

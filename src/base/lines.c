#include "lines.h"

#include <stdarg.h>

#include "text.h"

bool line_key_valid(struct bytes key)
{
	if (key.size == 0 || key.size > LINES_KEY_MAX || key.data[0] < 'a' || key.data[0] > 'z')
		return false;
	for (size_t i = 1; i < key.size; i++) {
		uint8_t c = key.data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/'))
			return false;
	}
	return true;
}

/* In plain ASCII: no escapes but the two. */
static bool escapes_valid(struct bytes plain)
{
	const uint8_t *end = plain.data + plain.size, *at = plain.data;
	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		if (at + 1 == end || (at[1] != 'n' && at[1] != '\\'))
			return false;
		at += 2;
	}
	return true;
}

/* Valid UTF-8, no control characters, no escapes but the two. */
static enum rule value_check(struct bytes value)
{
	while (value.size != 0) {
		size_t plain = text_plain(value);
		uint32_t code = ' ';
		if (!escapes_valid(bytes_of(value.data, plain)))
			return RULE_ESCAPE;
		value = bytes_of(value.data + plain, value.size - plain);
		if (value.size != 0 && !text_next(&value, &code))
			return RULE_UTF8;
		if (code < 0x20 || code == 0x7f)
			return RULE_ESCAPE;
	}
	return RULE_OK;
}

enum rule line_parse(struct bytes text, struct line *line)
{
	struct cursor cursor = cursor_of(text);
	struct bytes key = cursor_until(&cursor, ' ');
	if (key.size == text.size || !line_key_valid(key))
		return RULE_LINE;
	struct bytes value = cursor_take(&cursor, cursor_left(&cursor));
	enum rule rule = value_check(value);
	if (rule == RULE_OK)
		*line = (struct line){key, value};
	return rule;
}

enum rule line_read(struct cursor *cursor, struct line *line)
{
	struct bytes text = cursor_line(cursor);
	if (cursor->rule == RULE_OK)
		cursor_fail(cursor, line_parse(text, line));
	return cursor->rule;
}

void line_write(struct buffer *to, const char *key, struct bytes value)
{
	buffer_string(to, key);
	buffer_string(to, " ");
	line_escape(to, value);
	buffer_string(to, "\n");
}

void line_escape(struct buffer *to, struct bytes plain)
{
	while (plain.size != 0 && to->rule == RULE_OK) {
		const uint8_t *start = plain.data;
		uint32_t code;
		if (!text_next(&plain, &code) || (code < 0x20 && code != '\n') || code == 0x7f)
			to->rule = RULE_ESCAPE;
		else if (code == '\n')
			buffer_string(to, "\\n");
		else if (code == '\\')
			buffer_string(to, "\\\\");
		else
			buffer_add(to, bytes_of(start, (size_t)(plain.data - start)));
	}
}

enum rule line_unescape(struct buffer *to, struct bytes value)
{
	if (to->rule != RULE_OK)
		return to->rule;
	enum rule rule = value_check(value);
	if (rule != RULE_OK)
		return RULE_ESCAPE;
	size_t before = to->size;
	struct cursor cursor = cursor_of(value);
	while (cursor_left(&cursor) != 0) {
		struct bytes plain = cursor_until(&cursor, '\\');
		buffer_add(to, plain);
		bool escape = plain.data + plain.size != value.data + value.size;
		if (escape)
			buffer_u8(to, cursor_u8(&cursor) == 'n' ? '\n' : '\\');
	}
	if (to->rule != RULE_OK)
		buffer_cut(to, before);
	return to->rule;
}

struct bytes line_word(struct bytes *rest)
{
	struct bytes whole = *rest;
	*rest = (struct bytes){NULL, 0};
	if (whole.size == 0)
		return *rest;
	const uint8_t *space = memchr(whole.data, ' ', whole.size);
	if (space == NULL)
		return whole;
	size_t size = (size_t)(space - whole.data), left = whole.size - size;
	/* a space at the very end is left behind for the next call, so that rest->size tells it */
	if (left > 1)
		*rest = bytes_of(space + 1, left - 1);
	else if (size != 0)
		*rest = bytes_of(space, 1);
	return bytes_of(whole.data, size);
}

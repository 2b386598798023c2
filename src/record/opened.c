#include "opened.h"

#include <inttypes.h>

#include "part.h"
#include "text.h"
#include "words.h"

#define FIRST "detente opened v1"

/* Reads "INDEX WHOLE", then the path if there is one. */
static enum rule read_opened_line(struct cursor *rest, struct opened_line *to, struct bytes value)
{
	struct bytes index = line_word(&value);
	to->whole = value;
	to->path.count = 0;
	if (value.size == 0 || text_decimal(index, &to->index) != RULE_OK)
		return RULE_OPENED_FORM;
	struct cursor ahead = *rest;
	struct line line;
	if (line_read(&ahead, &line) != RULE_OK || !bytes_is(line.key, "path"))
		return RULE_OK; /* the only line of its entry */
	*rest = ahead;
	return path_read(line.value, &to->path);
}

static enum rule read_lines(struct cursor *rest, struct opened *opened, struct bytes count)
{
	if (text_decimal(count, &opened->line_count_total) != RULE_OK || opened->line_count_total == 0 ||
	    opened->line_count_total > ENTRY_SEALED_FIELDS_MAX)
		return RULE_OPENED_FORM;
	struct cursor ahead = *rest;
	struct line line;
	while (line_read(&ahead, &line) == RULE_OK && bytes_is(line.key, "line")) {
		if (opened->line_count == opened->line_count_total)
			return RULE_OPENED_FORM;
		struct opened_line *to = &opened->lines[opened->line_count];
		enum rule rule = read_opened_line(&ahead, to, line.value);
		if (rule != RULE_OK)
			return rule;
		if (to->index >= opened->line_count_total || (opened->line_count > 0 && to->index <= to[-1].index))
			return RULE_OPENED_FORM;
		opened->line_count++;
		*rest = ahead;
	}
	return opened->line_count > 0 ? RULE_OK : RULE_OPENED_FORM;
}

static enum rule read_opening(struct cursor *rest, struct opened *opened)
{
	struct line line;
	enum rule rule = line_read(rest, &line);
	if (rule == RULE_OK && bytes_is(line.key, "key")) {
		opened->has_key = true;
		return text_unhex(line.value, opened->file_key, sizeof(opened->file_key));
	}
	return rule == RULE_OK && bytes_is(line.key, "lines") ? read_lines(rest, opened, line.value) : RULE_OPENED_FORM;
}

static enum rule read_opened(struct opened *opened, struct cursor *rest)
{
	struct line line;
	if (!bytes_is(cursor_line(rest), FIRST) || line_read(rest, &line) != RULE_OK || !bytes_is(line.key, "place"))
		return RULE_OPENED_FORM;
	enum rule rule = place_parse(&opened->place, line.value);
	if (rule == RULE_OK)
		rule = read_opening(rest, opened);
	if (rule != RULE_OK)
		return rule;
	opened->entry = part_read(rest, "entry", RULE_OPENED_FORM);
	opened->receipt = part_read(rest, "receipt", RULE_OPENED_FORM);
	return cursor_end(rest) == RULE_OK ? RULE_OK : RULE_OPENED_FORM;
}

enum rule opened_parse(struct opened *opened, struct bytes bytes, struct fault *fault)
{
	if (bytes.size > OPENED_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "{1} bytes", NUMBER(bytes.size));
	struct cursor rest = cursor_of(bytes);
	*opened = (struct opened){0};
	enum rule rule = read_opened(opened, &rest);
	if (rule == RULE_OK)
		return RULE_OK;
	uint32_t line = 1;
	for (const uint8_t *at = bytes.data; at < rest.at; at++)
		line += *at == '\n';
	return FAULT(fault, rule, line, "read as far as byte {1}", NUMBER(bytes.size - (size_t)(rest.end - rest.at)));
}

void opened_write(struct buffer *to, const struct opened *opened)
{
	buffer_format(to, FIRST "\nplace %.*s/%" PRIu64 "\n", BYTES_SHOWN(opened->place.party),
		opened->place.index);
	if (opened->has_key) {
		buffer_string(to, "key ");
		text_hex(to, bytes_of(opened->file_key, sizeof(opened->file_key)));
		buffer_string(to, "\n");
	} else {
		buffer_format(to, "lines %" PRIu64 "\n", opened->line_count_total);
	}
	for (size_t i = 0; i < opened->line_count && !opened->has_key; i++) {
		const struct opened_line *line = &opened->lines[i];
		buffer_format(to, "line %" PRIu64 " ", line->index);
		buffer_add(to, line->whole);
		buffer_string(to, line->path.count == 0 ? "\n" : "\npath");
		path_write(to, &line->path);
		if (line->path.count > 0)
			buffer_string(to, "\n");
	}
	part_write(to, "entry", opened->entry);
	part_write(to, "receipt", opened->receipt);
}

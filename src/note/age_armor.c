#include "age_parts.h"

#include "text.h"

enum rule age_armor_line(struct age_armor_reader *reader, struct bytes line, struct buffer *to)
{
	if (!reader->begun) {
		reader->begun = bytes_is(line, AGE_ARMOR_BEGIN);
		return reader->begun ? RULE_OK : RULE_AGE_ARMOR;
	}
	if (reader->ended)
		return RULE_AGE_ARMOR;
	if (bytes_is(line, AGE_ARMOR_END)) {
		reader->ended = true;
		return RULE_OK;
	}
	if (reader->last_line || line.size == 0 || line.size > AGE_COLUMNS)
		return RULE_AGE_ARMOR;
	reader->last_line = line.size < AGE_COLUMNS || line.data[line.size - 1] == '=';
	enum rule rule = text_unbase64(line, to, true);
	return rule == RULE_BASE64 ? RULE_AGE_ARMOR : rule;
}

enum rule age_unarmor(struct buffer *to, struct bytes text)
{
	struct age_armor_reader reader = {0};
	struct cursor cursor = cursor_of(text);
	size_t before = to->size;
	enum rule rule = to->rule;
	while (rule == RULE_OK && !reader.ended) {
		struct bytes line = cursor_line(&cursor);
		rule = cursor.rule == RULE_OK ? age_armor_line(&reader, line, to) : RULE_AGE_ARMOR;
	}
	if (rule == RULE_OK && cursor_end(&cursor) != RULE_OK)
		rule = RULE_AGE_ARMOR;
	if (rule != RULE_OK)
		buffer_cut(to, before);
	return rule;
}

void age_armor_body(struct buffer *to, struct bytes binary)
{
	for (size_t i = 0; i < binary.size; i += AGE_ARMOR_BYTES) {
		size_t left = binary.size - i;
		text_base64(to, bytes_of(binary.data + i, left < AGE_ARMOR_BYTES ? left : AGE_ARMOR_BYTES), true);
		buffer_string(to, "\n");
	}
}

void age_armor(struct buffer *to, struct bytes binary)
{
	buffer_string(to, AGE_ARMOR_BEGIN "\n");
	age_armor_body(to, binary);
	buffer_string(to, AGE_ARMOR_END "\n");
}

#include "json.h"

#include <inttypes.h>

#include "text.h"

static void escaped(struct buffer *to, struct bytes text)
{
	buffer_string(to, "\"");
	while (text.size != 0) {
		const uint8_t *start = text.data;
		uint32_t code;
		if (!text_next(&text, &code))
			buffer_string(to, "\xef\xbf\xbd");
		else if (code == '"' || code == '\\')
			buffer_format(to, "\\%c", (char)code);
		else if (code == '\n')
			buffer_string(to, "\\n");
		else if (text_hidden(code)) /* beyond what RFC 8259 asks, so that a terminal may show it */
			buffer_format(to, "\\u%04" PRIx32, code);
		else
			buffer_add(to, bytes_of(start, (size_t)(text.data - start)));
	}
	buffer_string(to, "\"");
}

static void begin(struct json *json, const char *key)
{
	if (json->comma[json->depth])
		buffer_string(json->to, ",");
	json->comma[json->depth] = true;
	if (key != NULL) {
		escaped(json->to, bytes_string(key));
		buffer_string(json->to, ":");
	}
}

static void limit(struct json *json)
{
	if (json->to->rule == RULE_OK)
		json->to->rule = RULE_LIMIT;
}

static void nest(struct json *json, const char *key, const char *open, char close)
{
	if (json->depth == JSON_DEPTH) {
		limit(json);
		return;
	}
	begin(json, key);
	buffer_string(json->to, open);
	json->close[json->depth++] = (uint8_t)close;
	json->comma[json->depth] = false;
}

void json_start(struct json *json, struct buffer *to)
{
	*json = (struct json){.to = to};
}

void json_object(struct json *json, const char *key)
{
	nest(json, key, "{", '}');
}

void json_array(struct json *json, const char *key)
{
	nest(json, key, "[", ']');
}

void json_end(struct json *json)
{
	if (json->depth == 0)
		limit(json);
	else
		buffer_u8(json->to, json->close[--json->depth]);
}

void json_string(struct json *json, const char *key, struct bytes value)
{
	begin(json, key);
	escaped(json->to, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	begin(json, key);
	buffer_format(json->to, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	buffer_string(json->to, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	begin(json, key);
	buffer_string(json->to, "null");
}

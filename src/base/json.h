/*
 * json: the one writer of JSON (RFC 8259), into a buffer. Commas and nesting are its own concern.
 *
 * Usage: json_start(&json, &buffer); json_object(&json, NULL); json_string(&json, "key", bytes); json_end(&json);
 * `key` is NULL inside arrays and at the top. Depth is at most JSON_DEPTH; deeper sets the buffer's RULE_LIMIT.
 */
#ifndef JSON_H
#define JSON_H

#include "buffer.h"

#define JSON_DEPTH 16

struct json {
	struct buffer *to;
	unsigned depth;
	uint8_t close[JSON_DEPTH];
	bool comma[JSON_DEPTH + 1];
};

void json_start(struct json *json, struct buffer *to);
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json); /* closes the innermost object or array */
void json_string(struct json *json, const char *key, struct bytes value); /* invalid UTF-8 becomes U+FFFD */
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif

/* json: commas, nesting, escapes, depth. */
#include "json.h"

#include "test.h"

static void nested(struct json *json)
{
	json_object(json, NULL);
	json_string(json, "text", BYTES("a\"b\\c\nd\te\x7f"));
	json_number(json, "low", INT64_MIN);
	json_number(json, "high", INT64_MAX);
	json_array(json, "list");
	json_bool(json, NULL, true);
	json_bool(json, NULL, false);
	json_null(json, NULL);
	json_object(json, NULL);
	json_end(json);
	json_array(json, NULL);
	json_end(json);
	json_end(json);
	json_null(json, "none");
	json_end(json);
}

int main(void)
{
	test_start();
	struct buffer buffer = {0};
	struct json json;
	json_start(&json, &buffer);
	nested(&json);
	const char *whole = "{\"text\":\"a\\\"b\\\\c\\nd\\u0009e\\u007f\",\"low\":-9223372036854775808,"
		"\"high\":9223372036854775807,\"list\":[true,false,null,{},[]],\"none\":null}";
	test_check(buffer.rule == RULE_OK && bytes_is(buffer_bytes(&buffer), whole), "an object");

	static const struct {
		const char *name;
		struct bytes text;
		const char *json;
	} strings[] = {{"empty", BYTES(""), "\"\""}, {"absent", {NULL, 0}, "\"\""}, {"NUL", BYTES("\0"), "\"\\u0000\""},
		{"UTF-8", BYTES("\xe5\x92\x8c"), "\"\xe5\x92\x8c\""},
		{"no UTF-8", BYTES("a\xff\xe2z"), "\"a\xef\xbf\xbd\xef\xbf\xbdz\""},
		{"bidi", BYTES("\xe2\x80\xae"), "\"\\u202e\""}, {"C1", BYTES("\xc2\x9b"), "\"\\u009b\""}};
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		buffer_clear(&buffer);
		json_start(&json, &buffer);
		json_string(&json, NULL, strings[i].text);
		test_check(bytes_is(buffer_bytes(&buffer), strings[i].json), "a string: %s", strings[i].name);
	}

	buffer_clear(&buffer);
	json_start(&json, &buffer);
	for (int i = 0; i < JSON_DEPTH; i++)
		json_array(&json, NULL);
	test_check(buffer.rule == RULE_OK, "%d deep", JSON_DEPTH);
	json_array(&json, NULL);
	test_check(buffer.rule == RULE_LIMIT, "%d deep is too deep", JSON_DEPTH + 1);
	buffer_clear(&buffer);
	json_start(&json, &buffer);
	json_end(&json);
	test_check(buffer.rule == RULE_LIMIT, "an end without a beginning");
	buffer_free(&buffer);
	return test_end();
}

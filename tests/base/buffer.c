/* buffer and cursor: growth, limits, sticky errors, wiping. */
#include "buffer.h"

#include "cursor.h"
#include "test.h"

static void buffers(void)
{
	struct buffer buffer = {0};
	test_check(buffer_bytes(&buffer).size == 0, "a zeroed buffer is empty");
	for (unsigned i = 0; i < 1000; i++)
		buffer_format(&buffer, "%03u", i);
	test_check(buffer.size == 3000 && memcmp(buffer.data + 2997, "999", 3) == 0, "it grows");
	buffer_cut(&buffer, 3);
	buffer_cut(&buffer, 30);
	test_check(bytes_is(buffer_bytes(&buffer), "000"), "it is cut, and never made longer by that");
	buffer_clear(&buffer);
	buffer_u8(&buffer, 0x01);
	buffer_u16(&buffer, 0x0203);
	buffer_u32(&buffer, 0x04050607);
	buffer_u64(&buffer, 0x08090a0b0c0d0e0f);
	bool ascending = buffer.size == 15;
	for (size_t i = 0; i < buffer.size; i++)
		ascending = ascending && buffer.data[i] == i + 1;
	test_check(ascending, "integers are big-endian");
	buffer_add(&buffer, (struct bytes){NULL, 0});
	buffer_string(&buffer, "");
	test_check(buffer.size == 15 && buffer_extend(&buffer, 0) != NULL, "adding nothing is no error");
	buffer_free(&buffer);
	buffer_free(&buffer);
	test_check(buffer.data == NULL && buffer.size == 0, "freed twice, empty");

	struct buffer small = {.limit = 4};
	buffer_string(&small, "abcd");
	test_check(small.rule == RULE_OK, "the limit itself fits");
	buffer_string(&small, "e");
	test_check(small.rule == RULE_LIMIT && bytes_is(buffer_bytes(&small), "abcd"),
		"one byte more is RULE_LIMIT, nothing is added");
	buffer_cut(&small, 0);
	buffer_string(&small, "x");
	test_check(small.size == 0 && buffer_extend(&small, 1) == NULL, "the error is sticky");
	buffer_clear(&small);
	buffer_format(&small, "%s", "12345");
	test_check(small.rule == RULE_LIMIT, "format obeys the limit");
	buffer_clear(&small);
	test_check(buffer_extend(&small, SIZE_MAX) == NULL && small.rule == RULE_LIMIT, "a huge size does not wrap");
	buffer_free(&small);

	struct buffer secret = {.secret = true};
	buffer_string(&secret, "the secret");
	const uint8_t *at = secret.data;
	buffer_cut(&secret, 4);
	test_check(memcmp(at, "the \0\0\0\0\0\0", 10) == 0, "a secret's tail is wiped when cut");
	buffer_clear(&secret);
	test_check(at[0] == 0 && at[3] == 0, "a secret is wiped when cleared");
	buffer_free(&secret);
}

static void cursors(void)
{
	static const uint8_t octets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct cursor cursor = cursor_of(bytes_of(octets, sizeof(octets)));
	test_check(cursor_u8(&cursor) == 1 && cursor_u16(&cursor) == 0x0203 && cursor_u32(&cursor) == 0x04050607,
		"small integers");
	test_check(cursor_left(&cursor) == 8 && cursor_end(&cursor) == RULE_TRAILING, "what is left is told");
	test_check(cursor_u64(&cursor) == 0x08090a0b0c0d0e0f && cursor_end(&cursor) == RULE_OK, "the end");
	test_check(cursor_u8(&cursor) == 0 && cursor.rule == RULE_TRUNCATED, "past the end: zero and RULE_TRUNCATED");

	cursor = cursor_of(bytes_of(octets, 3));
	test_check(cursor_u32(&cursor) == 0 && cursor_u8(&cursor) == 0 && cursor_take(&cursor, 0).data == NULL,
		"after a failure every read is a no-op");
	cursor_fail(&cursor, RULE_LIMIT);
	test_check(cursor_end(&cursor) == RULE_TRUNCATED && cursor_left(&cursor) == 3, "the first failure stays");
	cursor = cursor_of(bytes_of(octets, 3));
	test_check(cursor_take(&cursor, SIZE_MAX).data == NULL && cursor.rule == RULE_TRUNCATED,
		"a huge size does not wrap");

	cursor = cursor_of(BYTES("one\n\ntwo"));
	test_check(bytes_is(cursor_line(&cursor), "one") && cursor_line(&cursor).size == 0 && cursor.rule == RULE_OK,
		"lines");
	test_check(
		cursor_line(&cursor).data == NULL && cursor.rule == RULE_TRUNCATED, "a line without LF is truncated");
	cursor = cursor_of(BYTES("a,,b"));
	struct bytes a = cursor_until(&cursor, ','), empty = cursor_until(&cursor, ','), b = cursor_until(&cursor, ',');
	test_check(bytes_is(a, "a") && empty.size == 0 && bytes_is(b, "b"), "parts");
	test_check(cursor_until(&cursor, ',').size == 0 && cursor_end(&cursor) == RULE_OK,
		"parts never fail on their own");
	cursor = cursor_of((struct bytes){NULL, 0});
	test_check(cursor_take(&cursor, 0).size == 0 && cursor_until(&cursor, ',').size == 0 &&
			cursor_end(&cursor) == RULE_OK,
		"the absent view reads as empty");
	test_check(cursor_line(&cursor).size == 0 && cursor.rule == RULE_TRUNCATED, "the absent view has no line");
}

static void views(void)
{
	test_check(bytes_compare(BYTES("a"), BYTES("ab")) < 0 && bytes_compare(BYTES("b"), BYTES("ab")) > 0 &&
			bytes_compare(BYTES(""), (struct bytes){NULL, 0}) == 0 &&
			bytes_compare(BYTES("\x80"), BYTES("a")) > 0,
		"bytewise order");
	test_check(bytes_start(BYTES("abc"), BYTES("ab")) && bytes_start(BYTES("abc"), BYTES("")) &&
			!bytes_start(BYTES("a"), BYTES("ab")),
		"prefixes");
	char to[4] = "xyz";
	test_check(bytes_to_string(BYTES("abc"), to, sizeof(to)) && strcmp(to, "abc") == 0, "a string that fits");
	test_check(!bytes_to_string(BYTES("abcd"), to, sizeof(to)) && to[0] == '\0', "a string that does not");
	test_check(!bytes_to_string(BYTES("a\0b"), to, sizeof(to)) && to[0] == '\0', "a NUL within is refused");
	test_check(bytes_to_string((struct bytes){NULL, 0}, to, sizeof(to)) && to[0] == '\0',
		"the absent view is the empty string");
}

int main(void)
{
	test_start();
	buffers();
	cursors();
	views();
	return test_end();
}

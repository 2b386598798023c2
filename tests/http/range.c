/* range: the fields by which a piece of a file is asked for and brought, as they may be written and as they may not. */
#include "range.h"

#include "test.h"

static const struct {
	const char *text;
	bool good;
	uint64_t first, size;
} asked[] = {
	{"bytes=0-", true, 0, 0},
	{"bytes=0-0", true, 0, 1},
	{"bytes=5-9", true, 5, 5},
	{"bytes=9223372036854775807-", true, INT64_MAX, 0},
	{"bytes=0-9223372036854775806", true, 0, INT64_MAX},
	{"bytes=0-9223372036854775807", false, 0, 0},
	{"bytes=18446744073709551616-", false, 0, 0},
	{"bytes=-5", false, 0, 0},
	{"bytes=9-5", false, 0, 0},
	{"bytes=0-1,3-4", false, 0, 0},
	{"bytes=0-,3-", false, 0, 0},
	{"bytes=00-", false, 0, 0},
	{"bytes=+1-", false, 0, 0},
	{"bytes=1- ", false, 0, 0},
	{"bytes= 1-", false, 0, 0},
	{"Bytes=1-", false, 0, 0},
	{"bytes=", false, 0, 0},
	{"bytes=-", false, 0, 0},
	{"bytes", false, 0, 0},
	{"lines=0-1", false, 0, 0},
	{"", false, 0, 0},
};

static const struct {
	const char *text;
	bool good;
	struct message_range range;
} brought[] = {
	{"bytes 0-0/1", true, {true, 0, 1, 1}},
	{"bytes 5-9/10", true, {true, 5, 5, 10}},
	{"bytes */10", true, {true, 0, 0, 10}},
	{"bytes */0", true, {true, 0, 0, 0}},
	{"bytes 0-9223372036854775806/9223372036854775807", true, {true, 0, INT64_MAX, INT64_MAX}},
	{"bytes 5-10/10", false, {0}},
	{"bytes 10-10/10", false, {0}},
	{"bytes 9-5/10", false, {0}},
	{"bytes 0-5/*", false, {0}},
	{"bytes */*", false, {0}},
	{"bytes 0-0/0", false, {0}},
	{"bytes 5-/10", false, {0}},
	{"bytes -5/10", false, {0}},
	{"bytes 0-9223372036854775807/9223372036854775807", false, {0}},
	{"bytes 0-5", false, {0}},
	{"bytes=0-5/10", false, {0}},
	{"bytes  0-5/10", false, {0}},
	{"bytes 0-5/10 ", false, {0}},
	{"bytes /", false, {0}},
	{"", false, {0}},
};

static bool written(void (*write)(struct buffer *, const struct message_range *), const struct message_range *range,
	const char *text)
{
	struct buffer buffer = {0};
	write(&buffer, range);
	bool same = bytes_is(buffer_bytes(&buffer), text);
	buffer_free(&buffer);
	return same;
}

int main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct message_range range = {.total = 77};
		bool good = range_read(&range, bytes_string(asked[i].text));
		test_check(good == asked[i].good && (good ? range.present && range.first == asked[i].first &&
			range.size == asked[i].size && written(range_write, &range, asked[i].text) :
			!range.present && range.total == 77), "Range: %s", asked[i].text);
	}
	for (size_t i = 0; i < sizeof(brought) / sizeof(brought[0]); i++) {
		const struct message_range *expected = &brought[i].range;
		struct message_range range = {.total = 77};
		bool good = range_read_content(&range, bytes_string(brought[i].text));
		test_check(good == brought[i].good && (good ? range.present && range.first == expected->first &&
			range.size == expected->size && range.total == expected->total &&
			written(range_write_content, &range, brought[i].text) :
			!range.present && range.total == 77), "Content-Range: %s", brought[i].text);
	}
	return test_end();
}

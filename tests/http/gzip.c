/*
 * gzip: what packs unpacks again, in any pieces; what is not whole, not gzip or too much is refused at its first sign.
 */
#include "gzip.h"

#include "test.h"

#define MOST 1000

static struct buffer packed, twice;

/* Takes the stream in pieces of `step` bytes. */
static enum rule unpack(struct bytes stream, size_t step, struct buffer *to)
{
	struct gunzip *gunzip = gunzip_new();
	enum rule rule = gunzip == NULL ? RULE_MEMORY : RULE_OK;
	buffer_clear(to);
	for (size_t at = 0; rule == RULE_OK && at < stream.size; at += step)
		rule = gunzip_add(gunzip, bytes_of(stream.data + at, stream.size - at < step ? stream.size - at : step),
			to, MOST);
	if (rule == RULE_OK)
		rule = gunzip_end(gunzip);
	gunzip_free(gunzip);
	return rule;
}

static void test_sizes(void)
{
	static const size_t sizes[] = {0, 1, 999, 1000, 1001, 100000};
	static const size_t steps[] = {1, 2, 7, 1 << 20};
	struct buffer plain = {0}, got = {0};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		buffer_clear(&plain);
		buffer_clear(&packed);
		for (size_t j = 0; j < sizes[i]; j++)
			buffer_u8(&plain, (uint8_t)(j % 7));
		gzip_pack(&packed, buffer_bytes(&plain));
		enum rule expected = sizes[i] > MOST ? RULE_LIMIT : RULE_OK;
		for (size_t j = 0; j < sizeof(steps) / sizeof(*steps); j++) {
			enum rule rule = unpack(buffer_bytes(&packed), steps[j], &got);
			test_check(packed.rule == RULE_OK && rule == expected && got.size <= MOST + 1 &&
				(rule != RULE_OK || bytes_equal(buffer_bytes(&got), buffer_bytes(&plain))),
				"%zu bytes in pieces of %zu: %s", sizes[i], steps[j], rule_name(rule));
		}
	}
	buffer_free(&plain);
	buffer_free(&got);
}

static void test_streams(void)
{
	struct buffer got = {0};
	buffer_clear(&packed);
	gzip_pack(&packed, BYTES("one "));
	buffer_add(&twice, buffer_bytes(&packed));
	size_t first = packed.size;
	gzip_pack(&twice, BYTES("two"));
	for (size_t step = 1; step < 60; step += 29)
		test_check(unpack(buffer_bytes(&twice), step, &got) == RULE_OK &&
			bytes_is(buffer_bytes(&got), "one two"),
			"two members in pieces of %zu", step);
	bool good = true;
	for (size_t size = 0; size < twice.size; size++)
		good = good && (unpack(bytes_of(twice.data, size), 5, &got) == RULE_OK) == (size == first);
	test_check(good, "a stream cut anywhere but between members is refused");
	good = true;
	for (size_t i = 0; i < first; i++) {
		/* Bytes 4 to 9 say when and where it was made, which binds nothing. */
		packed.data[i] ^= 0xff;
		good = good && (unpack(buffer_bytes(&packed), 1 << 20, &got) != RULE_OK || (i >= 4 && i <= 9));
		packed.data[i] ^= 0xff;
	}
	test_check(good, "a stream with a byte changed is refused");
	buffer_u8(&packed, 'x');
	test_check(unpack(buffer_bytes(&packed), 3, &got) != RULE_OK, "a byte behind it is refused");
	test_check(unpack(BYTES("plain text"), 10, &got) == RULE_GZIP, "plain text is refused");
	test_check(unpack(BYTES("\x78\x9c\x03\0\0\0\0\x01"), 10, &got) == RULE_GZIP, "zlib's own framing is refused");
	buffer_free(&got);
}

int main(void)
{
	test_start();
	test_sizes();
	test_streams();
	buffer_free(&packed);
	buffer_free(&twice);
	return test_end();
}

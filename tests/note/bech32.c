#include "bech32.h"

#include "test.h"

static const struct {
	const char *text, *prefix;
	size_t size;
} valid[] = {
	/* the strings of BIP 173, section Test vectors */
	{"A12UEL5L", "A", 0},
	{"a12uel5l", "a", 0},
	{"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
		"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0},
	{"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20},
	{"11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j", "1", 51},
	{"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 30},
	{"?1ezyfcl", "?", 0},
};

static const struct {
	const char *name, *text;
} invalid[] = {
	{"a space before", " 1nwldj5"},
	{"a DEL before", "\x7f" "1axkwrx"},
	{"a byte that is not ASCII", "\x80" "1eym55h"},
	{"no separator", "pzry9x0s0muk"},
	{"no prefix", "1pzry9x0s0muk"},
	{"a letter that is none", "x1b4n0q5v"},
	{"a checksum that is short", "li1dgmt3"},
	{"a byte that is not ASCII after", "de1lg7wt\xff"},
	{"a checksum over the upper-case prefix", "A1G7SGD8"},
	{"nothing but a checksum", "10a06t8"},
	{"nothing but a checksum", "1qzzfhee"},
	{"both cases", "A12uEL5L"},
	{"nothing", ""},
	{"one letter changed", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxv"},
	{"padding that is not zero", "a1qpamnt9j"},
	{"five bits of padding", "a1q3g6mn3"},
	{"seven bits of padding", "a1qqqd87cpp"},
};

static void check_valid(void)
{
	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++) {
		struct buffer data = {0}, again = {0};
		struct bytes text = bytes_string(valid[i].text), prefix = {0};
		enum rule rule = bech32_read(text, &prefix, &data);
		test_check(rule == RULE_OK && bytes_is(prefix, valid[i].prefix) && data.size == valid[i].size,
			"reads %s", valid[i].text);
		bool upper = valid[i].text[0] == 'A';
		bech32_write(&again, upper ? "a" : valid[i].prefix, buffer_bytes(&data), upper);
		test_check(bytes_equal(buffer_bytes(&again), text), "writes %s", valid[i].text);
		buffer_free(&data);
		buffer_free(&again);
	}
}

static void check_invalid(void)
{
	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
		struct buffer data = {0};
		struct bytes prefix = BYTES("untouched");
		enum rule rule = bech32_read(bytes_string(invalid[i].text), &prefix, &data);
		test_check(rule == RULE_BECH32 && data.size == 0 && bytes_is(prefix, "untouched"), "refuses %s",
			invalid[i].name);
		buffer_free(&data);
	}
}

/* Every length, far beyond the 90 letters of BIP 173, and every changed letter of one. */
static void check_lengths(void)
{
	uint8_t bytes[2048];
	bool same = true, noticed = true;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t size = 0; size <= sizeof(bytes); size += size < 64 ? 1 : 31) {
		struct buffer text = {0}, data = {0};
		struct bytes prefix;
		bech32_write(&text, "age", bytes_of(bytes, size), false);
		same = same && bech32_read(buffer_bytes(&text), &prefix, &data) == RULE_OK && bytes_is(prefix, "age") &&
			bytes_equal(buffer_bytes(&data), bytes_of(bytes, size));
		for (size_t i = 0; i < text.size && size == 32; i++) {
			text.data[i] ^= 1;
			buffer_clear(&data);
			noticed = noticed && bech32_read(buffer_bytes(&text), &prefix, &data) == RULE_BECH32;
			text.data[i] ^= 1;
		}
		buffer_free(&text);
		buffer_free(&data);
	}
	test_check(same, "up to %zu bytes are read as they were written", sizeof(bytes));
	test_check(noticed, "every changed letter is noticed");
}

int main(void)
{
	test_start();
	check_valid();
	check_invalid();
	check_lengths();
	return test_end();
}

/* text: UTF-8, hex, base64, decimal, what a terminal may see. */
#include "text.h"
#include "words.h"

#include "test.h"

struct row {
	struct bytes text;
	bool good;
	const char *name;
};

static const struct row utf8[] = {
	{BYTES(""), true, "nothing"},
	{BYTES("plain ~"), true, "ASCII"},
	{BYTES("D\xc3\xa9tente"), true, "two bytes"},
	{BYTES("\xe2\x80\x94"), true, "three bytes"},
	{BYTES("\xf0\x9f\x95\x8a"), true, "four bytes"},
	{BYTES("\xed\x9f\xbf\xee\x80\x80"), true, "either side of the surrogates"},
	{BYTES("\xf4\x8f\xbf\xbf"), true, "U+10FFFF"},
	{BYTES("\xc2\x80"), true, "U+0080"},
	{BYTES("a\nb"), false, "a line feed"},
	{BYTES("a\0b"), false, "a NUL"},
	{BYTES("a\tb"), false, "a tab"},
	{BYTES("a\rb"), false, "a carriage return"},
	{BYTES("\x1f"), false, "U+001F"},
	{BYTES("\x7f"), false, "DEL"},
	{BYTES("\x80"), false, "a lone continuation"},
	{BYTES("\xc3"), false, "a cut sequence of two"},
	{BYTES("\xe2\x80"), false, "a cut sequence of three"},
	{BYTES("\xf0\x9f\x95"), false, "a cut sequence of four"},
	{BYTES("\xc3("), false, "a wrong continuation"},
	{BYTES("\xe2\x80("), false, "a wrong third byte"},
	{BYTES("\xf0\x9f\x95("), false, "a wrong fourth byte"},
	{BYTES("\xc0\xaf"), false, "overlong in two"},
	{BYTES("\xc1\xbf"), false, "overlong in two, the last"},
	{BYTES("\xe0\x9f\xbf"), false, "overlong in three"},
	{BYTES("\xf0\x8f\xbf\xbf"), false, "overlong in four"},
	{BYTES("\xed\xa0\x80"), false, "the first surrogate"},
	{BYTES("\xed\xbf\xbf"), false, "the last surrogate"},
	{BYTES("\xf4\x90\x80\x80"), false, "beyond U+10FFFF"},
	{BYTES("\xf5\x80\x80\x80"), false, "first byte F5"},
	{BYTES("\xff"), false, "first byte FF"},
};

static void check_utf8(void)
{
	for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		test_check(text_valid(utf8[i].text, false) == utf8[i].good, "UTF-8: %s", utf8[i].name);
	test_check(text_valid(BYTES("a\nb\n"), true) && !text_valid(BYTES("a\r\n"), true),
		"UTF-8: line feeds where they may be");
	struct bytes rest = BYTES("\xe2\x82\xac\xf0\x9f\x95\x8a\xffz");
	uint32_t euro, dove, bad, z;
	test_check(text_next(&rest, &euro) && euro == 0x20ac && text_next(&rest, &dove) && dove == 0x1f54a &&
			!text_next(&rest, &bad) && bad == 0xff && text_next(&rest, &z) && z == 'z' && rest.size == 0,
		"characters one by one");
}

static void check_hex(void)
{
	uint8_t to[2] = {7, 7};
	test_check(text_unhex(BYTES("00ff"), to, 2) == RULE_OK && to[0] == 0 && to[1] == 0xff, "hex");
	static const struct row bad[] = {{BYTES("00"), 0, "short"}, {BYTES("00ff00"), 0, "long"},
		{BYTES("00f"), 0, "odd"}, {BYTES("00FF"), 0, "upper case"}, {BYTES("0x0f"), 0, "0x"},
		{BYTES("0 ff"), 0, "a space"}, {BYTES("00f`"), 0, "before a"}, {BYTES("00fg"), 0, "after f"},
		{BYTES("00:f"), 0, "after 9"}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t kept[2] = {7, 7};
		test_check(text_unhex(bad[i].text, kept, 2) == RULE_HEX && kept[0] == 7 && kept[1] == 7, "hex: %s",
			bad[i].name);
	}
	struct buffer buffer = {0};
	text_hex(&buffer, BYTES("\x01\xab"));
	test_check(bytes_is(buffer_bytes(&buffer), "01ab"), "hex is written in lower case");
	buffer_free(&buffer);
}

static void check_base64(void)
{
	static const struct {
		struct bytes plain;
		const char *padded, *bare;
	} good[] = {{BYTES(""), "", ""}, {BYTES("f"), "Zg==", "Zg"}, {BYTES("fo"), "Zm8=", "Zm8"},
		{BYTES("foo"), "Zm9v", "Zm9v"}, {BYTES("foob"), "Zm9vYg==", "Zm9vYg"},
		{BYTES("fooba"), "Zm9vYmE=", "Zm9vYmE"}, {BYTES("foobar"), "Zm9vYmFy", "Zm9vYmFy"},
		{BYTES("\xfb\xff\xfe"), "+//+", "+//+"}};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (int pad = 0; pad < 2; pad++) {
			struct bytes text = bytes_string(pad ? good[i].padded : good[i].bare), plain = good[i].plain;
			struct buffer written = {0}, read = {0};
			uint8_t exact[8] = {0};
			text_base64(&written, plain, pad);
			test_check(bytes_equal(buffer_bytes(&written), text), "base64: row %zu, %d: written", i, pad);
			test_check(text_unbase64(text, &read, pad) == RULE_OK &&
					bytes_equal(buffer_bytes(&read), plain),
				"base64: row %zu, %d: read", i, pad);
			test_check(text_unbase64_exact(text, exact, plain.size, pad) == RULE_OK &&
					bytes_equal(bytes_of(exact, plain.size), plain),
				"base64: row %zu, %d: read exactly", i, pad);
			test_check(text_unbase64_exact(text, exact, plain.size + 1, pad) == RULE_BASE64,
				"base64: row %zu, %d: of that size only", i, pad);
			buffer_free(&written);
			buffer_free(&read);
		}
	static const struct {
		const char *text;
		bool pad;
		size_t size;
		const char *name;
	} bad[] = {{"Zg", true, 1, "missing padding"}, {"Zg=", true, 1, "half the padding"},
		{"Zg==", false, 1, "padding unasked"}, {"Zh==", true, 1, "spare bits of two letters"},
		{"Zm9=", true, 2, "spare bits of three letters"}, {"Zh", false, 1, "spare bits without padding"},
		{"Z", false, 0, "a lone letter"}, {"Z===", true, 0, "three padding signs"},
		{"====", true, 0, "four padding signs"}, {"==", true, 0, "two signs"},
		{"Zm9v\n", false, 3, "a line feed"}, {"Zm 9v", false, 3, "a space"},
		{"Zm-_", true, 3, "the URL alphabet"}, {"Zg==Zg==", true, 2, "two texts"},
		{"Zm9v====", true, 3, "a group of padding"}, {"\xc3\xa9\xc3\xa9", true, 3, "letters of others"}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buffer read = {0};
		uint8_t exact[4] = {7, 7, 7, 7};
		test_check(text_unbase64(bytes_string(bad[i].text), &read, bad[i].pad) == RULE_BASE64 && read.size == 0,
			"base64: %s", bad[i].name);
		test_check(
			text_unbase64_exact(bytes_string(bad[i].text), exact, bad[i].size, bad[i].pad) == RULE_BASE64 &&
				exact[0] == 7,
			"base64, exactly: %s", bad[i].name);
		buffer_free(&read);
	}
	struct buffer full = {.limit = 2};
	test_check(
		text_unbase64(BYTES("Zm9v"), &full, true) == RULE_LIMIT, "base64: the buffer's own error comes back");
	buffer_free(&full);
}

static void check_decimal(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {{"0", true, 0}, {"1", true, 1}, {"10", true, 10}, {"9223372036854775807", true, INT64_MAX},
		{"9223372036854775808", false, 0}, {"9999999999999999999", false, 0},
		{"18446744073709551616", false, 0}, {"00000000000000000001", false, 0}, {"", false, 0},
		{"00", false, 0}, {"01", false, 0}, {"-1", false, 0}, {"+1", false, 0}, {" 1", false, 0},
		{"1 ", false, 0}, {"1e3", false, 0}, {"0x1", false, 0}, {"1/", false, 0}, {"1:", false, 0}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 7;
		bool good = text_decimal(bytes_string(rows[i].text), &value) == RULE_OK;
		test_check(good == rows[i].good && value == (good ? rows[i].value : 7), "decimal: '%s'", rows[i].text);
	}
}

static void check_printable(void)
{
	static const struct {
		const char *name;
		struct bytes text;
		const char *shown;
	} rows[] = {{"text", BYTES("D\xc3\xa9tente \xe5\x92\x8c"), "D\xc3\xa9tente \xe5\x92\x8c"},
		{"escape sequence", BYTES("\x1b[31m"), "\\x1b[31m"}, {"NUL", BYTES("a\0b"), "a\\x00b"},
		{"DEL", BYTES("\x7f"), "\\x7f"}, {"C1 CSI", BYTES("\xc2\x9bm"), "\\xc2\\x9bm"},
		{"U+061C", BYTES("\xd8\x9c"), "\\xd8\\x9c"}, {"U+200E", BYTES("\xe2\x80\x8e"), "\\xe2\\x80\\x8e"},
		{"U+200F", BYTES("\xe2\x80\x8f"), "\\xe2\\x80\\x8f"},
		{"U+202A", BYTES("\xe2\x80\xaa"), "\\xe2\\x80\\xaa"},
		{"U+202E", BYTES("\xe2\x80\xae"), "\\xe2\\x80\\xae"},
		{"U+2066", BYTES("\xe2\x81\xa6"), "\\xe2\\x81\\xa6"},
		{"U+2069", BYTES("\xe2\x81\xa9"), "\\xe2\\x81\\xa9"},
		{"U+206A stays", BYTES("\xe2\x81\xaa"), "\xe2\x81\xaa"},
		{"no UTF-8", BYTES("\xffz\xe2\x80"), "\\xffz\\xe2\\x80"},
		{"U+00A0 stays", BYTES("\xc2\xa0"), "\xc2\xa0"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer buffer = {0};
		text_printable(&buffer, rows[i].text, false);
		test_check(bytes_is(buffer_bytes(&buffer), rows[i].shown), "printable: %s", rows[i].name);
		buffer_free(&buffer);
	}
	struct buffer buffer = {0};
	text_printable(&buffer, BYTES("a\n"), true);
	text_printable(&buffer, BYTES("b\n"), false);
	test_check(bytes_is(buffer_bytes(&buffer), "a\nb\\x0a"), "printable: line feeds as asked");
	buffer_free(&buffer);
}

static void test_isolated(void)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {{"", ""}, {"plain", "plain"}, {"\xe4\xb8\xad", "\xe4\xb8\xad"}, {"\x1b[2J", "\\x1b[2J"},
		{"\xd8\xa7 b", "\xe2\x81\xa8\xd8\xa7 b\xe2\x81\xa9"}, {"a \xd7\x90", "\xe2\x81\xa8" "a \xd7\x90\xe2\x81\xa9"},
		{"\xef\xba\x8d", "\xe2\x81\xa8\xef\xba\x8d\xe2\x81\xa9"},
		{"\xd8\xa7\xe2\x81\xa9", "\xe2\x81\xa8\xd8\xa7\\xe2\\x81\\xa9\xe2\x81\xa9"}}; /* its own end is shown, not obeyed */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer to = {0};
		text_isolated(&to, bytes_string(rows[i].text));
		test_check(bytes_is(buffer_bytes(&to), rows[i].shown), "isolated: row %zu", i);
		buffer_free(&to);
	}
	struct words *words = NULL;
	struct buffer to = {0};
	test_check(words_read(&words, BYTES("detente language v1\nlang ar\n"), NULL) == RULE_OK, "isolated: a language");
	words_speak(words);
	text_isolated(&to, BYTES("plain"));
	words_speak(NULL);
	test_check(bytes_is(buffer_bytes(&to), "\xe2\x81\xa8plain\xe2\x81\xa9"), "isolated: among words from the right");
	buffer_free(&to);
	words_free(words);
}

int main(void)
{
	test_isolated();
	test_start();
	check_utf8();
	check_hex();
	check_base64();
	check_decimal();
	check_printable();
	return test_end();
}

/* lines: "key SP value LF", escapes, words. */
#include "lines.h"

#include "test.h"

static const struct {
	const char *name;
	struct bytes text;
	enum rule rule;
	const char *key, *value;
} reads[] = {
	{"a line", BYTES("from a.example/duty\n"), RULE_OK, "from", "a.example/duty"},
	{"spaces in the value", BYTES("k  a  b \n"), RULE_OK, "k", " a  b "},
	{"an empty value", BYTES("k \n"), RULE_OK, "k", ""},
	{"all a key may hold", BYTES("a-z.0/9 v\n"), RULE_OK, "a-z.0/9", "v"},
	{"escapes stay", BYTES("k a\\nb\\\\n\n"), RULE_OK, "k", "a\\nb\\\\n"},
	{"UTF-8", BYTES("k \xc3\xa9\n"), RULE_OK, "k", "\xc3\xa9"},
	{"no LF", BYTES("k v"), RULE_TRUNCATED, NULL, NULL},
	{"nothing", BYTES(""), RULE_TRUNCATED, NULL, NULL},
	{"an empty line", BYTES("\n"), RULE_LINE, NULL, NULL},
	{"no space", BYTES("key\n"), RULE_LINE, NULL, NULL},
	{"no key", BYTES(" v\n"), RULE_LINE, NULL, NULL},
	{"an upper-case key", BYTES("Key v\n"), RULE_LINE, NULL, NULL},
	{"a key that begins with a digit", BYTES("1k v\n"), RULE_LINE, NULL, NULL},
	{"a key that begins with a hyphen", BYTES("-k v\n"), RULE_LINE, NULL, NULL},
	{"an underscore", BYTES("a_b v\n"), RULE_LINE, NULL, NULL},
	{"a tab for the space", BYTES("k\tv\n"), RULE_LINE, NULL, NULL},
	{"a carriage return", BYTES("k v\r\n"), RULE_ESCAPE, NULL, NULL},
	{"a NUL", BYTES("k a\0b\n"), RULE_ESCAPE, NULL, NULL},
	{"DEL", BYTES("k \x7f\n"), RULE_ESCAPE, NULL, NULL},
	{"an unknown escape", BYTES("k a\\tb\n"), RULE_ESCAPE, NULL, NULL},
	{"an escape cut short", BYTES("k a\\\n"), RULE_ESCAPE, NULL, NULL},
	{"three backslashes", BYTES("k \\\\\\\n"), RULE_ESCAPE, NULL, NULL},
	{"no UTF-8", BYTES("k \xff\n"), RULE_UTF8, NULL, NULL},
	{"an overlong line feed", BYTES("k \xc0\x8a\n"), RULE_UTF8, NULL, NULL},
};

static void check_reads(void)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct cursor cursor = cursor_of(reads[i].text);
		struct line line = {{NULL, 0}, {NULL, 0}};
		enum rule rule = line_read(&cursor, &line);
		bool good = rule == reads[i].rule && rule == cursor.rule;
		if (rule == RULE_OK)
			good = good && bytes_is(line.key, reads[i].key) && bytes_is(line.value, reads[i].value);
		else
			good = good && line.key.data == NULL;
		test_check(good, "read: %s (%s)", reads[i].name, rule_name(rule));
	}
	char key[LINES_KEY_MAX + 2];
	memset(key, 'k', sizeof(key));
	test_check(line_key_valid(bytes_of(key, LINES_KEY_MAX)) && !line_key_valid(bytes_of(key, LINES_KEY_MAX + 1)),
		"a key of 64 bytes, and of 65");
	struct line line;
	test_check(line_parse(BYTES("k a\nb"), &line) == RULE_ESCAPE, "a line in hand holds no line feed");
}

static void check_escapes(void)
{
	struct buffer buffer = {0}, back = {0};
	line_write(&buffer, "text", BYTES("a\nb\\n\xc3\xa9"));
	test_check(bytes_is(buffer_bytes(&buffer), "text a\\nb\\\\n\xc3\xa9\n"), "a value is escaped");
	struct line line;
	struct cursor cursor = cursor_of(buffer_bytes(&buffer));
	test_check(line_read(&cursor, &line) == RULE_OK && line_unescape(&back, line.value) == RULE_OK &&
			bytes_is(buffer_bytes(&back), "a\nb\\n\xc3\xa9"),
		"and comes back");
	buffer_clear(&back);
	buffer_string(&back, "kept");
	test_check(line_unescape(&back, BYTES("a\\x")) == RULE_ESCAPE && bytes_is(buffer_bytes(&back), "kept") &&
			back.rule == RULE_OK,
		"a wrong escape adds nothing");
	test_check(line_unescape(&back, BYTES("\\\\\\n")) == RULE_OK && bytes_is(buffer_bytes(&back), "kept\\\n"),
		"escapes in a row");
	static const struct bytes bad[] = {BYTES("\t"), BYTES("\r"), BYTES("\0"), BYTES("\x7f"), BYTES("\xff")};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buffer_clear(&buffer);
		line_write(&buffer, "k", bad[i]);
		test_check(buffer.rule == RULE_ESCAPE, "byte %02x cannot be written", bad[i].data[0]);
	}
	buffer_free(&buffer);
	buffer_free(&back);
}

static void check_words(void)
{
	static const struct {
		const char *text;
		const char *words[4];
	} rows[] = {{"a", {"a"}}, {"a bc d", {"a", "bc", "d"}}, {"a  b", {"a", "", "b"}}, {" a", {"", "a"}},
		{"a ", {"a", ""}}, {"a  ", {"a", ""}}, {"", {NULL}}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes rest = bytes_string(rows[i].text);
		bool good = true;
		size_t j = 0;
		for (; j < 4 && rows[i].words[j] != NULL; j++) {
			good = good && rest.size != 0;
			good = good && bytes_is(line_word(&rest), rows[i].words[j]);
		}
		test_check(good && rest.size == 0 && line_word(&rest).data == NULL, "words of '%s'", rows[i].text);
	}
}

int main(void)
{
	test_start();
	check_reads();
	check_escapes();
	check_words();
	return test_end();
}

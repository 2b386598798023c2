/* Lines and pages for paper. */
#include "paper.h"

#include "columns.h"
#include "cursor.h"
#include "test.h"
#include "text.h"

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *name, *line;
	size_t hanging;
	const char *wanted;
} lines[] = {
	{"nothing", "", 4, "\n"},
	{"what fits", SEVENTY "012345", 4, SEVENTY "012345\n"},
	{"a word that does not", SEVENTY "0123456", 2, SEVENTY "012345\n  6\n"},
	{"broken at a space", SEVENTY " 0123456 89", 2, SEVENTY "\n  0123456 89\n"},
	{"at the last that fits", SEVENTY " 012 456", 2, SEVENTY " 012\n  456\n"},
	{"a space where the line ends", SEVENTY "012345 789", 2, SEVENTY "012345\n  789\n"},
	{"many there", SEVENTY "012345     789", 2, SEVENTY "012345\n  789\n"},
	{"spaces at the beginning stay", "    " SEVENTY " xyz", 6, "    " SEVENTY "\n      xyz\n"},
	{"none ends there", "    " SEVENTY "89", 6, "    " SEVENTY "89\n"},
	{"nor breaks", "    " SEVENTY "8901", 6, "    " SEVENTY "89\n      01\n"},
	{"spaces alone", "    ", 2, "\n"},
	{"wide characters take two columns", SEVENTY "一二三四", 0, SEVENTY "一二三\n四\n"},
	{"also where one is left", SEVENTY "0一二三", 0, SEVENTY "0一二\n三\n"},
	{"a word goes down whole beside them", SEVENTY "一word", 0, SEVENTY "一word\n"},
	{"and does", SEVENTY "一二word", 0, SEVENTY "一二\nword\n"},
	{"a full stop begins no line", SEVENTY "一二三。", 0, SEVENTY "一二\n三。\n"},
	{"an opening bracket ends none", SEVENTY "一二（三", 0, SEVENTY "一二\n（三\n"},
	{"kana", SEVENTY "カナテキ", 0, SEVENTY "カナテ\nキ\n"},
	{"Hangul", SEVENTY "한국어글", 0, SEVENTY "한국어\n글\n"},
	{"beyond the first plane", SEVENTY "𠀀𠀁𠀂𠀃", 0, SEVENTY "𠀀𠀁𠀂\n𠀃\n"},
	{"a mark stays on its letter", SEVENTY "01234e\xcc\x81x", 0, SEVENTY "01234e\xcc\x81\nx\n"},
	{"Cyrillic and Arabic are narrow", "Телефон هاتف", 0, "Телефон هاتف\n"},
};

static void check_lines(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct buffer got = {0};
		bool fits = true;
		paper_wrap(&got, bytes_string(lines[i].line), lines[i].hanging);
		test_check(bytes_is(buffer_bytes(&got), lines[i].wanted), "wrap: %s", lines[i].name);
		struct cursor cursor = cursor_of(buffer_bytes(&got));
		while (cursor_left(&cursor) > 0) {
			int columns = columns_of(cursor_line(&cursor));
			fits = fits && columns >= 0 && columns <= PAPER_COLUMNS;
		}
		test_check(fits, "wrap: %s: not wider than the paper", lines[i].name);
		buffer_free(&got);
	}
}

/* Every character on which the C library's width is two has that here too: a line of them is never too wide. */
static void check_widths(void)
{
	unsigned wrong = 0;
	for (uint32_t code = 0x20; code < 0x30000; code++) {
		if ((code >= 0xd800 && code < 0xe000) || text_hidden(code) || wcwidth((wchar_t)code) != 2)
			continue;
		char text[8];
		wchar_t wide[2] = {(wchar_t)code, L'\0'};
		struct buffer line = {0}, got = {0};
		size_t size = wcstombs(text, wide, sizeof(text));
		for (int i = 0; i < 39; i++)
			buffer_add(&line, bytes_of(text, size));
		paper_wrap(&got, buffer_bytes(&line), 0);
		/* 38 of them fill a line, or 37, where the 38th begins none */
		struct cursor cursor = cursor_of(buffer_bytes(&got));
		bool good = cursor_line(&cursor).size <= 38 * size;
		if (!good && wrong++ < 10)
			printf("# U+%04X\n", (unsigned)code);
		buffer_free(&line);
		buffer_free(&got);
	}
	test_check(wrong == 0, "no wide character is taken for a narrow one");
}

static void check_pages(void)
{
	static const size_t counts[] = {1, 57, 58, 114};
	static const size_t pages[] = {1, 1, 2, 2};
	for (size_t i = 0; i < 4; i++) {
		struct buffer body = {0}, got = {0};
		for (size_t line = 0; line < counts[i]; line++)
			buffer_format(&body, "line %zu\n", line);
		paper_pages(&got, BYTES("Head\n"), "left", buffer_bytes(&body));
		size_t feeds = 0, all = 0;
		for (size_t at = 0; at < got.size; at++) {
			feeds += got.data[at] == '\f';
			all += got.data[at] == '\n';
		}
		test_check(feeds + 1 == pages[i] && all == counts[i] + 3 * pages[i], "%zu lines: %zu pages", counts[i], pages[i]);
		char last[32];
		snprintf(last, sizeof(last), "\nline %zu\n", counts[i] - 1);
		test_check(memmem(got.data, got.size, last, strlen(last)) != NULL, "%zu lines: the last is there", counts[i]);
		buffer_free(&body);
		buffer_free(&got);
	}
}

int main(void)
{
	test_start();
	if (!columns_start()) {
		test_skip("lines and pages", "the locale C.UTF-8");
		return test_end();
	}
	check_lines();
	check_widths();
	check_pages();
	return test_end();
}

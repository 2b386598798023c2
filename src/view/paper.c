#include "paper.h"

#include <string.h>

#include "cursor.h"
#include "text.h"
#include "words.h"

struct span {
	uint32_t first, last;
};

static bool within(const struct span *spans, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (code >= spans[i].first && code <= spans[i].last)
			return true;
	}
	return false;
}
#define WITHIN(spans, code) within(spans, sizeof(spans) / sizeof((spans)[0]), code)

/* Marks that stand on the character before them, and what isolates a text. */
static const struct span marks[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f},
	{0x6d6, 0x6dc}, {0x93c, 0x93c}, {0x94d, 0x94d}, {0xe31, 0xe31}, {0xe34, 0xe3a}, {0xe47, 0xe4e}, {0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff}, {0x2066, 0x2069}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

/* East Asian Wide and Fullwidth (Unicode 15, annex 11), some narrow signs among them: too short a line is no harm. */
static const struct span wide[] = {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23f3},
	{0x25fd, 0x25fe}, {0x2614, 0x27bf}, {0x2b1b, 0x2b55}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xa960, 0xa97c},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b}, {0xff01, 0xff60}, {0xffe0, 0xffe6},
	{0x16fe0, 0x18d08}, {0x1aff0, 0x1b2fb}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f265},
	{0x1f300, 0x1faff}, {0x20000, 0x3fffd}};

/* What begins no line, and what ends none. */
static const struct span closing[] = {{0x3001, 0x3002}, {0x3009, 0x3009}, {0x300b, 0x300b}, {0x300d, 0x300d},
	{0x300f, 0x300f}, {0x3011, 0x3011}, {0x3015, 0x3015}, {0x30fb, 0x30fc}, {0xff01, 0xff01}, {0xff09, 0xff09},
	{0xff0c, 0xff0c}, {0xff0e, 0xff0e}, {0xff1a, 0xff1b}, {0xff1f, 0xff1f}};
static const struct span opening[] = {{0x3008, 0x3008}, {0x300a, 0x300a}, {0x300c, 0x300c}, {0x300e, 0x300e},
	{0x3010, 0x3010}, {0x3014, 0x3014}, {0xff08, 0xff08}};

static size_t width(uint32_t code)
{
	return WITHIN(marks, code) ? 0 : WITHIN(wide, code) ? 2 : 1;
}

size_t paper_columns(struct bytes text)
{
	size_t columns = 0;
	uint32_t code;
	while (text.size > 0) {
		text_next(&text, &code);
		columns += width(code);
	}
	return columns;
}

static bool breaks_between(uint32_t before, uint32_t after)
{
	if (before == ' ')
		return after != ' ';
	return (width(before) == 2 || width(after) == 2) && width(after) != 0 && !WITHIN(closing, after) &&
		!WITHIN(opening, before);
}

void paper_padded(struct buffer *to, struct bytes text, size_t columns)
{
	buffer_add(to, text);
	for (size_t n = paper_columns(text); n < columns; n++)
		buffer_u8(to, ' ');
}

size_t paper_fitting(struct bytes text, size_t columns)
{
	const uint8_t *start = text.data;
	size_t column = 0, last = 0;
	uint32_t before = 0, code;
	bool indented = true; /* still: no line ends there */
	while (text.size > 0) {
		size_t at = (size_t)(text.data - start);
		text_next(&text, &code);
		if (!indented && breaks_between(before, code))
			last = at;
		indented = indented && code == ' ';
		column += width(code);
		if (column > columns && code != ' ')
			return last != 0 ? last : at != 0 ? at : (size_t)(text.data - start);
		before = code;
	}
	return (size_t)(text.data - start);
}

void paper_wrap(struct buffer *to, struct bytes line, size_t hanging)
{
	size_t indent = 0;
	do {
		size_t size = paper_fitting(line, PAPER_COLUMNS - indent), shown = size;
		while (shown > 0 && line.data[shown - 1] == ' ')
			shown--;
		buffer_format(to, "%*s", shown == 0 ? 0 : (int)indent, "");
		buffer_add(to, bytes_of(line.data, shown));
		buffer_string(to, "\n");
		line = bytes_of(line.data + size, line.size - size);
		indent = hanging;
	} while (line.size > 0);
}

static size_t count_lines(struct bytes text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.size; i++)
		count += text.data[i] == '\n';
	return count;
}

void paper_pages(struct buffer *to, struct bytes head, const char *left, struct bytes body)
{
	size_t room = PAPER_LINES - 2 - count_lines(head), lines = count_lines(body), pages = (lines + room - 1) / room;
	struct cursor rest = cursor_of(body);
	for (size_t page = 1; page <= pages; page++) {
		struct buffer number = {0};
		WORDS(&number, "page {1} of {2}", NUMBER(page), NUMBER(pages));
		size_t size = paper_columns(buffer_bytes(&number));
		buffer_string(to, page > 1 ? "\f" : "");
		buffer_add(to, head);
		paper_padded(to, bytes_string(left), size < PAPER_COLUMNS ? PAPER_COLUMNS - size : 0);
		buffer_add(to, buffer_bytes(&number));
		buffer_string(to, "\n");
		buffer_free(&number);
		for (int i = 0; i < PAPER_COLUMNS; i++)
			buffer_u8(to, '-');
		buffer_string(to, "\n");
		for (size_t i = 0; i < room && cursor_left(&rest) > 0; i++) {
			buffer_add(to, cursor_line(&rest));
			buffer_string(to, "\n");
		}
	}
}

#include "find.h"

#include "text.h"

/* Capitals whose small letter stands so far behind them; of pairs that alternate: the capital is even, or odd. */
enum { EVEN = -1, ODD = -2 };
static const struct {
	uint32_t first, last;
	int32_t by;
} capitals[] = {
	{0x41, 0x5a, 32},
	{0xc0, 0xd6, 32}, {0xd8, 0xde, 32},
	{0x100, 0x12f, EVEN}, {0x132, 0x137, EVEN}, {0x139, 0x148, ODD}, {0x14a, 0x177, EVEN}, {0x179, 0x17e, ODD},
	{0x1cd, 0x1dc, ODD}, {0x1de, 0x1ef, EVEN}, {0x1f8, 0x21f, EVEN}, {0x222, 0x233, EVEN},
	{0x386, 0x386, 38}, {0x388, 0x38a, 37}, {0x38c, 0x38c, 64}, {0x38e, 0x38f, 63}, {0x391, 0x3a1, 32},
	{0x3a3, 0x3ab, 32}, {0x3c2, 0x3c2, 1},
	{0x400, 0x40f, 80}, {0x410, 0x42f, 32}, {0x460, 0x481, EVEN}, {0x48a, 0x4bf, EVEN}, {0x4c1, 0x4ce, ODD},
	{0x4d0, 0x52f, EVEN},
	{0x1e00, 0x1e95, EVEN}, {0x1ea0, 0x1eff, EVEN},
};

uint32_t find_fold(uint32_t code)
{
	if (code >= 0xff01 && code <= 0xff5e)
		code -= 0xff01 - 0x21; /* full width */
	if (code == 0x3000 || code == '\n' || code == '\t')
		return ' ';
	if (code == 0x178)
		return 0xff;
	for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]) && code >= capitals[i].first; i++) {
		if (code > capitals[i].last)
			continue;
		if (capitals[i].by > 0)
			return code + (uint32_t)capitals[i].by;
		return (code & 1) == (capitals[i].by == ODD) ? code + 1 : code;
	}
	return code;
}

enum rule find_word_read(struct find_word *word, struct bytes text)
{
	struct find_word made = {.count = 0};
	bool blank = true;
	if (!text_valid(text, true))
		return RULE_FIND_WORD;
	while (text.size > 0) {
		uint32_t code;
		if (made.count == FIND_WORD_MAX || !text_next(&text, &code))
			return RULE_FIND_WORD;
		code = find_fold(code);
		blank = blank && code == ' ';
		made.codes[made.count++] = code;
	}
	if (blank)
		return RULE_FIND_WORD;
	*word = made;
	return RULE_OK;
}

/* Does it stand at the beginning of `text`? *size: bytes that it takes there. */
static bool begins(const struct find_word *word, struct bytes text, size_t *size)
{
	struct bytes rest = text;
	for (size_t i = 0; i < word->count; i++) {
		uint32_t code;
		if (rest.size == 0 || !text_next(&rest, &code) || find_fold(code) != word->codes[i])
			return false;
	}
	*size = text.size - rest.size;
	return true;
}

struct bytes find_word(const struct find_word *word, struct bytes text)
{
	while (text.size > 0) {
		size_t size;
		uint32_t code;
		if (begins(word, text, &size))
			return bytes_of(text.data, size);
		text_next(&text, &code);
	}
	return (struct bytes){0};
}

static bool inside(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

struct bytes find_context(struct bytes text, struct bytes place, size_t characters)
{
	size_t start = (size_t)(place.data - text.data), end = start + place.size;
	for (size_t n = 0; n < characters && start > 0; n++) {
		start--;
		while (start > 0 && inside(text.data[start]))
			start--;
	}
	for (size_t n = 0; n < characters && end < text.size; n++) {
		end++;
		while (end < text.size && inside(text.data[end]))
			end++;
	}
	return bytes_of(text.data + start, end - start);
}

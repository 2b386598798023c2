#include "text.h"

#include "words.h"

/* The length of the well-formed sequence at the start (Unicode 15, table 3-7), or 0. */
static size_t sequence(struct bytes text)
{
	uint8_t first = text.data[0], low = 0x80, high = 0xbf;
	size_t size;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		size = 2;
	else if (first >= 0xe0 && first <= 0xef)
		size = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		size = 4;
	else
		return 0;
	if (first == 0xe0)
		low = 0xa0; /* overlong */
	else if (first == 0xed)
		high = 0x9f; /* surrogates */
	else if (first == 0xf0)
		low = 0x90; /* overlong */
	else if (first == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (text.size < size || text.data[1] < low || text.data[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

bool text_next(struct bytes *rest, uint32_t *code)
{
	size_t size = sequence(*rest);
	uint32_t value = rest->data[0];
	if (size > 1) {
		value &= 0x7fu >> size;
		for (size_t i = 1; i < size; i++)
			value = value << 6 | (rest->data[i] & 0x3f);
	}
	*code = value;
	size_t taken = size == 0 ? 1 : size;
	*rest = bytes_of(rest->data + taken, rest->size - taken);
	return size != 0;
}

bool text_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c || code == 0x200e || code == 0x200f ||
		(code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

size_t text_plain(struct bytes text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t run = 0;
	for (; run + sizeof(uint64_t) <= text.size; run += sizeof(uint64_t)) {
		/* eight at a time: a top bit is there, or a borrow from what is below 0x20, or 0x7f and one */
		uint64_t eight;
		memcpy(&eight, text.data + run, sizeof(eight));
		if (((eight | (eight - 0x20 * ones) | (eight + ones)) & tops) != 0)
			break;
	}
	while (run < text.size && text.data[run] >= 0x20 && text.data[run] < 0x7f)
		run++;
	return run;
}

bool text_valid(struct bytes text, bool lf)
{
	for (;;) {
		uint32_t code;
		size_t plain = text_plain(text);
		if (plain == text.size)
			return true;
		text = bytes_of(text.data + plain, text.size - plain);
		if (!text_next(&text, &code))
			return false;
		if ((code < 0x20 && !(lf && code == '\n')) || code == 0x7f)
			return false;
	}
}

void text_printable(struct buffer *to, struct bytes text, bool lf)
{
	while (text.size != 0) {
		const uint8_t *start = text.data;
		uint32_t code;
		bool shown = text_next(&text, &code) && (!text_hidden(code) || (lf && code == '\n'));
		if (shown)
			buffer_add(to, bytes_of(start, (size_t)(text.data - start)));
		for (; !shown && start < text.data; start++)
			buffer_format(to, "\\x%02x", *start);
	}
}

/* Hebrew, Arabic, Syriac, Thaana, N'Ko and the rest of that block of scripts, with their presentation forms. */
static bool leftward(uint32_t code)
{
	return (code >= 0x590 && code <= 0x8ff) || (code >= 0xfb1d && code <= 0xfdff) ||
		(code >= 0xfe70 && code <= 0xfefe) || (code >= 0x10800 && code <= 0x10fff) ||
		(code >= 0x1e800 && code <= 0x1efff);
}

void text_mark(struct buffer *to, bool isolated, bool end)
{
	static const uint8_t marks[2][3] = {{0xe2, 0x81, 0xa8}, {0xe2, 0x81, 0xa9}}; /* U+2068, U+2069 */
	if (isolated)
		buffer_add(to, bytes_of(marks[end], sizeof(marks[end])));
}

void text_isolated(struct buffer *to, struct bytes text)
{
	bool isolated = !words_rightward() && text.size != 0;
	struct bytes rest = text;
	while (!isolated && rest.size != 0) {
		uint32_t code;
		isolated = text_next(&rest, &code) && leftward(code);
	}
	text_mark(to, isolated, false);
	text_printable(to, text, false);
	text_mark(to, isolated, true);
}

void text_hex(struct buffer *to, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = buffer_extend(to, 2 * bytes.size);
	for (size_t i = 0; at != NULL && i < bytes.size; i++) {
		*at++ = (uint8_t)digits[bytes.data[i] >> 4];
		*at++ = (uint8_t)digits[bytes.data[i] & 0xf];
	}
}

/* Its value, or 16. */
static unsigned hex_digit(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - (unsigned)'0';
	return digit >= 'a' && digit <= 'f' ? digit - (unsigned)'a' + 10 : 16;
}

enum rule text_unhex(struct bytes hex, uint8_t *to, size_t size)
{
	if (hex.size != 2 * size)
		return RULE_HEX;
	for (size_t i = 0; i < hex.size; i++)
		if (hex_digit(hex.data[i]) > 15)
			return RULE_HEX;
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(hex_digit(hex.data[2 * i]) << 4 | hex_digit(hex.data[2 * i + 1]));
	return RULE_OK;
}

void text_base64(struct buffer *to, struct bytes bytes, bool pad)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t spare = bytes.size % 3;
	size_t size = bytes.size / 3 * 4 + (spare == 0 ? 0 : pad ? 4 : spare + 1);
	uint8_t *at = buffer_extend(to, size);
	for (size_t i = 0; at != NULL && i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t group = (uint32_t)bytes.data[i] << 16;
		group |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
		group |= left > 2 ? bytes.data[i + 2] : 0;
		for (size_t j = 0; j < 4 && (j <= left || pad); j++)
			*at++ = (uint8_t)(j <= left ? letters[group >> (18 - 6 * j) & 0x3f] : '=');
	}
}

/* 0: no letter; else its value and one. */
#define FOUR(letter, value) \
	[letter] = (value) + 1, [(letter) + 1] = (value) + 2, [(letter) + 2] = (value) + 3, [(letter) + 3] = (value) + 4
static const uint8_t base64_values[256] = {
	FOUR('A', 0), FOUR('E', 4), FOUR('I', 8), FOUR('M', 12), FOUR('Q', 16), FOUR('U', 20), ['Y'] = 25, ['Z'] = 26,
	FOUR('a', 26), FOUR('e', 30), FOUR('i', 34), FOUR('m', 38), FOUR('q', 42), FOUR('u', 46), ['y'] = 51,
	['z'] = 52, FOUR('0', 52), FOUR('4', 56), ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* Strips the padding that must be there; false where it is not the right one. */
static bool strip_padding(struct bytes *text)
{
	if (text->size % 4 != 0)
		return false;
	for (int i = 0; i < 2 && text->size != 0 && text->data[text->size - 1] == '='; i++)
		text->size--;
	return true;
}

static size_t decoded_size(struct bytes text)
{
	return text.size / 4 * 3 + text.size % 4 * 3 / 4;
}

static uint32_t base64_value(const uint8_t *letter)
{
	return base64_values[*letter] - UINT32_C(1);
}

/* Whether all are letters, none is alone, and the bits that stand for nothing are zero. */
static bool base64_valid(struct bytes text)
{
	uint32_t all = 0; /* what is no letter sets the upper bits */
	size_t left = text.size % 4, i = 0;
	for (; i + 4 <= text.size; i += 4)
		all |= base64_value(text.data + i) | base64_value(text.data + i + 1) | base64_value(text.data + i + 2) |
			base64_value(text.data + i + 3);
	for (; i < text.size; i++)
		all |= base64_value(text.data + i);
	if (left == 0)
		return all < 64;
	uint32_t spare = left == 2 ? 0xf : 0x3; /* of the last letter */
	return all < 64 && left != 1 && (base64_value(text.data + text.size - 1) & spare) == 0;
}

/* Decodes decoded_size() bytes from what is valid. */
static void unbase64(struct bytes text, uint8_t *to)
{
	const uint8_t *at = text.data;
	size_t left = text.size;
	for (; left >= 4; left -= 4, at += 4) {
		uint32_t group = base64_value(at) << 18 | base64_value(at + 1) << 12 | base64_value(at + 2) << 6 |
			base64_value(at + 3);
		*to++ = (uint8_t)(group >> 16);
		*to++ = (uint8_t)(group >> 8);
		*to++ = (uint8_t)group;
	}
	if (left >= 2)
		*to++ = (uint8_t)(base64_value(at) << 2 | base64_value(at + 1) >> 4);
	if (left == 3)
		*to = (uint8_t)(base64_value(at + 1) << 4 | base64_value(at + 2) >> 2);
}

bool text_base64_valid(struct bytes text, bool pad)
{
	return (!pad || strip_padding(&text)) && base64_valid(text);
}

enum rule text_unbase64(struct bytes text, struct buffer *to, bool pad)
{
	if ((pad && !strip_padding(&text)) || !base64_valid(text))
		return RULE_BASE64;
	uint8_t *at = buffer_extend(to, decoded_size(text));
	if (at != NULL)
		unbase64(text, at);
	return to->rule;
}

enum rule text_unbase64_exact(struct bytes text, uint8_t *to, size_t size, bool pad)
{
	if ((pad && !strip_padding(&text)) || decoded_size(text) != size || !base64_valid(text))
		return RULE_BASE64;
	unbase64(text, to);
	return RULE_OK;
}

enum rule text_decimal(struct bytes text, uint64_t *value)
{
	if (text.size == 0 || text.size > 19 || (text.size > 1 && text.data[0] == '0'))
		return RULE_DECIMAL;
	uint64_t sum = 0; /* 19 digits stay below 2^64 */
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return RULE_DECIMAL;
		sum = sum * 10 + (uint64_t)(text.data[i] - '0');
	}
	if (sum > INT64_MAX)
		return RULE_DECIMAL;
	*value = sum;
	return RULE_OK;
}

bool text_shown(struct bytes text, size_t max)
{
	if (text.size == 0 || text.size > max || text.data[0] == ' ' || text.data[text.size - 1] == ' ')
		return false;
	while (text.size != 0) {
		uint32_t code;
		if (!text_next(&text, &code) || text_hidden(code) || code == '\\')
			return false;
	}
	return true;
}

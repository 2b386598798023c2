#include "text.h"

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

bool text_valid(struct bytes text, bool lf)
{
	while (text.size != 0) {
		uint32_t code;
		if (!text_next(&text, &code))
			return false;
		if ((code < 0x20 && !(lf && code == '\n')) || code == 0x7f)
			return false;
	}
	return true;
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

void text_hex(struct buffer *to, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = buffer_extend(to, 2 * bytes.size);
	for (size_t i = 0; at != NULL && i < bytes.size; i++) {
		*at++ = (uint8_t)digits[bytes.data[i] >> 4];
		*at++ = (uint8_t)digits[bytes.data[i] & 0xf];
	}
}

static int hex_digit(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

enum rule text_unhex(struct bytes hex, uint8_t *to, size_t size)
{
	if (hex.size != 2 * size)
		return RULE_HEX;
	for (size_t i = 0; i < hex.size; i++)
		if (hex_digit(hex.data[i]) < 0)
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

static int base64_value(uint8_t letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return letter - 'A';
	if (letter >= 'a' && letter <= 'z')
		return letter - 'a' + 26;
	if (letter >= '0' && letter <= '9')
		return letter - '0' + 52;
	return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

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

/* Decodes decoded_size() bytes; only checks when `to` is NULL. */
static bool unbase64(struct bytes text, uint8_t *to)
{
	uint32_t group = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < text.size; i++) {
		int value = base64_value(text.data[i]);
		if (value < 0)
			return false;
		group = (group << 6 | (uint32_t)value) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (to != NULL)
				*to++ = (uint8_t)(group >> bits);
		}
	}
	return bits < 6 && (group & ((1u << bits) - 1)) == 0; /* 6 bits left over: a lone letter */
}

enum rule text_unbase64(struct bytes text, struct buffer *to, bool pad)
{
	if ((pad && !strip_padding(&text)) || !unbase64(text, NULL))
		return RULE_BASE64;
	uint8_t *at = buffer_extend(to, decoded_size(text));
	if (at != NULL)
		unbase64(text, at);
	return to->rule;
}

enum rule text_unbase64_exact(struct bytes text, uint8_t *to, size_t size, bool pad)
{
	if ((pad && !strip_padding(&text)) || decoded_size(text) != size || !unbase64(text, NULL))
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

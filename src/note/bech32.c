#include "bech32.h"

#define CHECKSUM 6

static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint8_t lower(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter - 'A' + 'a') : letter;
}

/* One step of the checksum's polynomial over GF(32). */
static uint32_t step(uint32_t sum, uint8_t value)
{
	static const uint32_t generators[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;
	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (unsigned i = 0; i < 5; i++)
		if ((top >> i & 1) != 0)
			sum ^= generators[i];
	return sum;
}

static uint32_t prefix_sum(struct bytes prefix)
{
	uint32_t sum = 1;
	for (size_t i = 0; i < prefix.size; i++)
		sum = step(sum, lower(prefix.data[i]) >> 5);
	sum = step(sum, 0);
	for (size_t i = 0; i < prefix.size; i++)
		sum = step(sum, lower(prefix.data[i]) & 31);
	return sum;
}

/* Printable, in one case only. */
static bool spelling_valid(struct bytes text)
{
	bool lowers = false, uppers = false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		if (c < 33 || c > 126)
			return false;
		lowers = lowers || (c >= 'a' && c <= 'z');
		uppers = uppers || (c >= 'A' && c <= 'Z');
	}
	return !(lowers && uppers);
}

/* The five bits that a letter stands for, or -1. */
static int letter_value(uint8_t letter)
{
	const char *at = letter == 0 ? NULL : strchr(letters, lower(letter));
	return at == NULL ? -1 : (int)(at - letters);
}

static bool checksum_valid(struct bytes prefix, struct bytes body)
{
	uint32_t sum = prefix_sum(prefix);
	for (size_t i = 0; i < body.size; i++) {
		int value = letter_value(body.data[i]);
		if (value < 0)
			return false;
		sum = step(sum, (uint8_t)value);
	}
	return sum == 1;
}

enum rule bech32_read(struct bytes text, struct bytes *prefix, struct buffer *data)
{
	const uint8_t *one = text.size == 0 ? NULL : memrchr(text.data, '1', text.size);
	if (one == NULL || one == text.data || !spelling_valid(text))
		return RULE_BECH32;
	struct bytes before = bytes_of(text.data, (size_t)(one - text.data));
	struct bytes body = bytes_of(one + 1, text.size - before.size - 1);
	if (body.size < CHECKSUM || !checksum_valid(before, body))
		return RULE_BECH32;
	body.size -= CHECKSUM;
	size_t spare = body.size * 5 % 8;
	unsigned padding = body.size == 0 ? 0 : (unsigned)letter_value(body.data[body.size - 1]) & ((1u << spare) - 1);
	if (spare >= 5 || padding != 0)
		return RULE_BECH32;

	uint8_t *to = buffer_extend(data, body.size * 5 / 8);
	uint32_t group = 0;
	unsigned bits = 0;
	for (size_t i = 0; to != NULL && i < body.size; i++) {
		group = (group << 5 | (uint32_t)letter_value(body.data[i])) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (uint8_t)(group >> bits);
		}
	}
	if (data->rule == RULE_OK)
		*prefix = before;
	return data->rule;
}

static void put(struct buffer *to, uint32_t *sum, uint32_t value)
{
	*sum = step(*sum, (uint8_t)(value & 31));
	buffer_u8(to, (uint8_t)letters[value & 31]);
}

void bech32_write(struct buffer *to, const char *prefix, struct bytes data, bool upper)
{
	size_t start = to->size;
	buffer_string(to, prefix);
	buffer_string(to, "1");
	uint32_t sum = prefix_sum(bytes_string(prefix)), group = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < data.size; i++) {
		group = group << 8 | data.data[i];
		for (bits += 8; bits >= 5; bits -= 5)
			put(to, &sum, group >> (bits - 5));
	}
	if (bits != 0)
		put(to, &sum, group << (5 - bits));
	for (unsigned i = 0; i < CHECKSUM; i++)
		sum = step(sum, 0);
	for (unsigned i = CHECKSUM; i-- > 0;)
		buffer_u8(to, (uint8_t)letters[(sum ^ 1) >> 5 * i & 31]);
	for (size_t i = start; upper && i < to->size; i++)
		if (to->data[i] >= 'a' && to->data[i] <= 'z')
			to->data[i] = (uint8_t)(to->data[i] - 'a' + 'A');
}

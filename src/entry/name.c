#include "name.h"

#include <stdio.h>

#include "text.h"

#define LABEL_MAX 63 /* RFC 1035 section 2.3.4 */
#define ORIGIN_DIGITS 16
#define LANGUAGE_MAX 8

static bool is_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes what stands before the next `separator`, which goes too; *last tells that there was none. */
static struct bytes take_part(struct bytes *rest, char separator, bool *last)
{
	const uint8_t *at = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
	*last = at == NULL;
	struct bytes part = *rest;
	if (at != NULL) {
		part.size = (size_t)(at - rest->data);
		*rest = bytes_of(at + 1, rest->size - part.size - 1);
	}
	return part;
}

static bool label_valid(struct bytes label)
{
	if (label.size == 0 || label.size > LABEL_MAX || label.data[0] == '-' || label.data[label.size - 1] == '-')
		return false;
	for (size_t i = 0; i < label.size; i++)
		if (!is_letter(label.data[i]) && !is_digit(label.data[i]) && label.data[i] != '-')
			return false;
	return true;
}

bool host_valid(struct bytes name)
{
	for (bool last = false; !last;)
		if (!label_valid(take_part(&name, '.', &last)))
			return false;
	return true;
}

bool party_valid(struct bytes name)
{
	return name.size != 0 && name.size <= PARTY_NAME_MAX && memchr(name.data, '.', name.size) != NULL &&
		host_valid(name);
}

bool word_valid(struct bytes word, size_t max)
{
	if (word.size == 0 || word.size > max || !is_letter(word.data[0]))
		return false;
	for (size_t i = 1; i < word.size; i++)
		if (!is_letter(word.data[i]) && !is_digit(word.data[i]) && word.data[i] != '-')
			return false;
	return true;
}

static bool hex_digits(struct bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_digit(text.data[i]) && !(text.data[i] >= 'a' && text.data[i] <= 'f'))
			return false;
	return text.size == ORIGIN_DIGITS;
}

bool desk_name_valid(struct bytes name)
{
	return word_valid(name, DESK_NAME_MAX) && !hex_digits(name);
}

bool desk_valid(struct bytes name)
{
	return party_valid(name_party(name)) && desk_name_valid(name_rest(name));
}

bool form_name_valid(struct bytes name)
{
	return name.size <= FORM_NAME_MAX && word_valid(name_party(name), FORM_NAME_MAX) &&
		word_valid(name_rest(name), FORM_NAME_MAX);
}

bool lang_valid(struct bytes tag)
{
	if (tag.size > LANG_MAX)
		return false;
	size_t subtag = 0;
	for (bool last = false; !last; subtag++) {
		struct bytes part = take_part(&tag, '-', &last);
		if (part.size < (subtag == 0 ? 2 : 1) || part.size > LANGUAGE_MAX)
			return false;
		for (size_t i = 0; i < part.size; i++) {
			uint8_t lower = (uint8_t)(part.data[i] | 0x20);
			if (!is_letter(lower) && !(subtag != 0 && is_digit(part.data[i])))
				return false;
		}
	}
	return true;
}

struct bytes name_party(struct bytes name)
{
	bool last;
	struct bytes party = take_part(&name, '/', &last);
	return last ? (struct bytes){NULL, 0} : party;
}

struct bytes name_rest(struct bytes name)
{
	bool last;
	take_part(&name, '/', &last);
	return last ? (struct bytes){NULL, 0} : name;
}

enum rule place_parse(struct place *place, struct bytes text)
{
	uint64_t index;
	struct bytes party = name_party(text);
	if (!party_valid(party) || text_decimal(name_rest(text), &index) != RULE_OK)
		return RULE_NAME_PLACE;
	*place = (struct place){party, index};
	return RULE_OK;
}

struct bytes place_shown(char to[PLACE_MAX + 1], struct bytes party, uint64_t index)
{
	snprintf(to, PLACE_MAX + 1, "%.*s/%llu", BYTES_SHOWN(party), (unsigned long long)index);
	return bytes_string(to);
}

bool place_equal(const struct place *a, const struct place *b)
{
	return a->index == b->index && bytes_equal(a->party, b->party);
}

bool origin_valid(struct bytes text)
{
	return party_valid(name_party(text)) && hex_digits(name_rest(text));
}

void origin_make(char *to, struct bytes party, const uint8_t first_agreement[32])
{
	memcpy(to, party.data, party.size);
	to += party.size;
	*to++ = '/';
	for (int i = 0; i < ORIGIN_DIGITS / 2; i++, to += 2)
		snprintf(to, 3, "%02x", first_agreement[i]);
}

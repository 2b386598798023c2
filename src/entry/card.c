#include "card.h"

#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "ordered.h"
#include "text.h"
#include "utc.h"
#include "words.h"

#define FIRST "detente card v1"
#define KEYS_MAX (1 + 2 * (3 + 2 * CARD_DESKS_MAX))

static const char *const set_names[2] = {[CARD_LIVE] = "live", [CARD_DRILL] = "drill"};

/* ---- fingerprint ---- */

#define GROUPS 8
#define GROUP 100000 /* five digits */
#define FINGERPRINT_BYTES 17

void fingerprint_of(struct bytes bytes, char to[FINGERPRINT_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	sha256(bytes, digest);
	uint32_t groups[GROUPS] = {0}; /* the last is the least; what runs over the first is the modulus' */
	for (int i = 0; i < FINGERPRINT_BYTES; i++) {
		uint32_t carry = digest[i];
		for (int j = GROUPS; j-- > 0; carry /= GROUP) {
			carry += groups[j] * 256;
			groups[j] = carry % GROUP;
		}
	}
	for (int i = 0; i < GROUPS; i++)
		snprintf(to + 6 * i, 7, "%05u%s", (unsigned)groups[i], i + 1 < GROUPS ? " " : "");
}

void card_fingerprint(const uint8_t identity[ED25519_PUBLIC], char to[FINGERPRINT_SIZE])
{
	fingerprint_of(bytes_of(identity, ED25519_PUBLIC), to);
}

bool card_fingerprint_is(const uint8_t identity[ED25519_PUBLIC], struct bytes digits)
{
	char expected[FINGERPRINT_SIZE];
	card_fingerprint(identity, expected);
	const char *at = expected;
	for (size_t i = 0; i < digits.size; i++) {
		if (digits.data[i] == ' ' || digits.data[i] == '-')
			continue;
		at += *at == ' ';
		if (*at == '\0' || digits.data[i] != (uint8_t)*at++)
			return false;
	}
	return *at == '\0';
}

/* ---- reading ---- */

/* One encoding for one key: below 2^255 - 19, the unused top bit clear (RFC 7748 section 5 would mask and reduce). */
static bool x25519_canonical(const uint8_t key[X25519_SIZE])
{
	if (key[31] != 0x7f)
		return key[31] < 0x7f;
	for (int i = 30; i > 0; i--)
		if (key[i] != 0xff)
			return true;
	return key[0] < 0xed;
}

static void read_ed25519(struct ordered *ordered, struct bytes base64, uint8_t key[ED25519_PUBLIC])
{
	ordered_check(ordered, text_unbase64_exact(base64, key, ED25519_PUBLIC, true), base64);
	if (ordered->rule == RULE_OK)
		ordered_check(ordered, ed25519_public_check(key), base64);
}

static void read_x25519(struct ordered *ordered, struct bytes base64, uint8_t key[X25519_SIZE])
{
	ordered_check(ordered, text_unbase64_exact(base64, key, X25519_SIZE, true), base64);
	if (ordered->rule == RULE_OK)
		ordered_check(ordered, x25519_canonical(key) ? x25519_public_check(key) : RULE_PUBLIC_KEY, base64);
}

static bool listed(const struct bytes *list, size_t count, struct bytes one)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(list[i], one))
			return true;
	return false;
}

static void read_lists(struct ordered *ordered, struct card *card)
{
	while (ordered_next_is(ordered, "address")) {
		struct bytes value = ordered_take(ordered, "address");
		bool good = card->address_count < CARD_ADDRESSES_MAX && address_valid(value) &&
			!listed(card->addresses, card->address_count, value);
		ordered_need(ordered, good, RULE_CARD_ADDRESS, value);
		if (good)
			card->addresses[card->address_count++] = value;
	}
	do {
		struct bytes value = ordered_take(ordered, "language");
		bool good = card->language_count < CARD_LANGUAGES_MAX && lang_valid(value) &&
			!listed(card->languages, card->language_count, value);
		ordered_need(ordered, good, RULE_CARD_LANGUAGE, value);
		if (good)
			card->languages[card->language_count++] = value;
	} while (ordered_next_is(ordered, "language"));
}

static void read_hours(struct ordered *ordered, struct card *card)
{
	while (ordered_next_is(ordered, "hours")) {
		struct bytes value = ordered_take(ordered, "hours");
		if (card->hours_count == CARD_HOURS_MAX) {
			ordered_check(ordered, RULE_CARD_HOURS, value);
			return;
		}
		ordered_check(ordered, hours_line_parse(&card->hours[card->hours_count], value), value);
		if (ordered->rule != RULE_OK)
			return;
		card->hours_count++;
		ordered_need(ordered, hours_line_follows(card->hours, card->hours_count), RULE_CARD_HOURS, value);
	}
}

/* Takes `count` words after the name of the set, which must be the first. */
static void take_of_set(struct ordered *ordered, const char *key, const char *set, struct bytes *words, size_t count)
{
	struct bytes value = ordered_take(ordered, key);
	struct bytes all[4];
	ordered_words(ordered, value, all, count + 1);
	ordered_need(ordered, bytes_is(all[0], set), RULE_CARD_ORDER, value);
	for (size_t i = 0; i < count; i++)
		words[i] = all[i + 1];
}

/* Whether the next line is a desk of that set. */
static bool desk_follows(struct ordered *ordered, const char *set)
{
	if (!ordered_next_is(ordered, "desk"))
		return false;
	struct bytes value = ordered->line.value;
	return bytes_is(line_word(&value), set);
}

static void read_set(struct ordered *ordered, struct card_keys *keys, const char *set)
{
	struct bytes words[3];
	take_of_set(ordered, "log", set, words, 1);
	read_ed25519(ordered, words[0], keys->log);
	take_of_set(ordered, "mirror", set, words, 1);
	read_ed25519(ordered, words[0], keys->mirror);
	take_of_set(ordered, "node", set, words, 1);
	read_ed25519(ordered, words[0], keys->node);
	while (desk_follows(ordered, set)) {
		take_of_set(ordered, "desk", set, words, 3);
		size_t count = keys->desk_count;
		bool good = count < CARD_DESKS_MAX && desk_name_valid(words[0]) && !bytes_is(words[0], "node") &&
			(count == 0 || bytes_compare(keys->desks[count - 1].name, words[0]) < 0);
		ordered_need(ordered, good, RULE_CARD_DESK, words[0]);
		if (ordered->rule != RULE_OK)
			return;
		struct card_desk *desk = &keys->desks[keys->desk_count++];
		desk->name = words[0];
		read_ed25519(ordered, words[1], desk->sign);
		read_x25519(ordered, words[2], desk->seal);
	}
}

static bool keys_differ(const struct card *card)
{
	const uint8_t *keys[KEYS_MAX] = {card->identity};
	size_t count = 1;
	for (int set = 0; set < 2; set++) {
		const struct card_keys *of = &card->sets[set];
		keys[count++] = of->log;
		keys[count++] = of->mirror;
		keys[count++] = of->node;
		for (size_t i = 0; i < of->desk_count; i++) {
			keys[count++] = of->desks[i].sign;
			keys[count++] = of->desks[i].seal;
		}
	}
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp(keys[i], keys[j], ED25519_PUBLIC) == 0)
				return false;
	return true;
}

static enum rule read_text(struct card *card, struct fault *fault)
{
	struct ordered ordered = ordered_start(card->text, FIRST, RULE_CARD_VERSION, RULE_CARD_ORDER, fault);
	card->party = ordered_take(&ordered, "party");
	ordered_need(&ordered, party_valid(card->party), RULE_NAME_PARTY, card->party);
	struct bytes value = ordered_take(&ordered, "serial");
	ordered_check(&ordered, text_decimal(value, &card->serial), value);
	value = ordered_take(&ordered, "made");
	ordered_check(&ordered, utc_parse(value, &card->made), value);
	read_ed25519(&ordered, ordered_take(&ordered, "identity"), card->identity);
	value = ordered_take(&ordered, "tls");
	ordered_check(&ordered, text_unhex(value, card->tls, sizeof(card->tls)), value);
	read_lists(&ordered, card);
	card->severity = ordered_take(&ordered, "severity");
	ordered_need(&ordered, word_valid(card->severity, SEVERITY_MAX), RULE_CARD_SEVERITY, card->severity);
	read_hours(&ordered, card);
	for (int set = 0; set < 2; set++)
		read_set(&ordered, &card->sets[set], set_names[set]);
	for (size_t i = 0; i < card->hours_count; i++)
		ordered_need(&ordered, card_find_desk(&card->sets[CARD_LIVE], card->hours[i].desk) != NULL ||
			card_find_desk(&card->sets[CARD_DRILL], card->hours[i].desk) != NULL, RULE_CARD_HOURS_DESK,
			card->hours[i].desk);
	return ordered_end(&ordered);
}

enum rule card_parse(struct card *card, struct bytes bytes, struct fault *fault)
{
	struct note note;
	if (bytes.size > CARD_MAX)
		return FAULT(fault, RULE_CARD_SIZE, 0, "{1} bytes", NUMBER(bytes.size));
	enum rule rule = note_parse(&note, bytes);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", T("card"));
	struct card read = {.note = note.whole, .text = note.text};
	rule = read_text(&read, fault);
	if (rule != RULE_OK)
		return rule;
	if (!keys_differ(&read))
		return fault_set(fault, RULE_CARD_KEY_TWICE, 0, "%s", "");
	struct vkey vkey;
	rule = vkey_make(&vkey, read.party, SIGNATURE_ED25519, read.identity);
	if (rule == RULE_OK)
		rule = note_verify(&note, &vkey);
	if (rule != RULE_OK)
		return fault_set(fault, rule == RULE_NOTE_UNSIGNED ? RULE_CARD_UNSIGNED : rule, 0, "%s", vkey.name);
	*card = read;
	return RULE_OK;
}

enum rule card_signed_by(const struct card *card, const uint8_t identity[ED25519_PUBLIC])
{
	struct note *note = malloc(sizeof(*note));
	struct vkey vkey;
	enum rule rule = note == NULL ? RULE_MEMORY : note_parse(note, card->note);
	if (rule == RULE_OK)
		rule = vkey_make(&vkey, card->party, SIGNATURE_ED25519, identity);
	if (rule == RULE_OK)
		rule = note_verify(note, &vkey);
	free(note);
	return rule == RULE_NOTE_UNSIGNED ? RULE_CARD_UNSIGNED : rule;
}

bool card_succeeds(const struct card *card, const struct card *before)
{
	return memcmp(card->identity, before->identity, ED25519_PUBLIC) == 0 ||
		card_signed_by(card, before->identity) == RULE_OK;
}

/* ---- writing ---- */

static void write_key(struct buffer *to, const char *before, const uint8_t key[32], const char *after)
{
	buffer_string(to, before);
	text_base64(to, bytes_of(key, 32), true);
	buffer_string(to, after);
}

static void write_set(struct buffer *to, const struct card_keys *keys, const char *set)
{
	buffer_format(to, "log %s ", set);
	write_key(to, "", keys->log, "\n");
	buffer_format(to, "mirror %s ", set);
	write_key(to, "", keys->mirror, "\n");
	buffer_format(to, "node %s ", set);
	write_key(to, "", keys->node, "\n");
	for (size_t i = 0; i < keys->desk_count; i++) {
		buffer_format(to, "desk %s ", set);
		buffer_add(to, keys->desks[i].name);
		write_key(to, " ", keys->desks[i].sign, " ");
		write_key(to, "", keys->desks[i].seal, "\n");
	}
}

void card_write(struct buffer *to, const struct card *card)
{
	char made[UTC_SIZE + 1];
	utc_format(card->made, made);
	buffer_string(to, FIRST "\n");
	line_write(to, "party", card->party);
	buffer_format(to, "serial %llu\nmade %s\n", (unsigned long long)card->serial, made);
	write_key(to, "identity ", card->identity, "\ntls ");
	text_hex(to, bytes_of(card->tls, sizeof(card->tls)));
	buffer_string(to, "\n");
	for (size_t i = 0; i < card->address_count; i++)
		line_write(to, "address", card->addresses[i]);
	for (size_t i = 0; i < card->language_count; i++)
		line_write(to, "language", card->languages[i]);
	line_write(to, "severity", card->severity);
	for (size_t i = 0; i < card->hours_count; i++) {
		buffer_string(to, "hours ");
		hours_line_write(to, &card->hours[i]);
		buffer_string(to, "\n");
	}
	for (int set = 0; set < 2; set++)
		write_set(to, &card->sets[set], set_names[set]);
}

const struct card_desk *card_find_desk(const struct card_keys *keys, struct bytes name)
{
	for (size_t i = 0; i < keys->desk_count; i++)
		if (bytes_equal(keys->desks[i].name, name))
			return &keys->desks[i];
	return NULL;
}

struct hours card_hours(const struct card *card, struct bytes desk, enum clock_kind kind)
{
	struct hours hours = {card->hours, 0};
	for (size_t i = 0; i < card->hours_count; i++) {
		if (card->hours[i].kind != kind || !bytes_equal(card->hours[i].desk, desk))
			continue;
		if (hours.count++ == 0)
			hours.lines = &card->hours[i];
	}
	return hours;
}

/* ---- hours from a file ---- */

static enum rule take_line(struct card *card, struct bytes text)
{
	struct line line;
	enum rule rule = line_parse(text, &line);
	if (rule != RULE_OK || !bytes_is(line.key, "hours") || card->hours_count == CARD_HOURS_MAX)
		return rule == RULE_OK ? RULE_CARD_HOURS : rule;
	rule = hours_line_parse(&card->hours[card->hours_count], line.value);
	card->hours_count += rule == RULE_OK;
	return rule;
}

static int compare_lines(const void *a, const void *b)
{
	return hours_line_compare(a, b);
}

enum rule card_take_hours(struct card *card, struct bytes file, struct fault *fault)
{
	struct cursor cursor = cursor_of(file);
	card->hours_count = 0;
	for (uint32_t number = 1; cursor_left(&cursor) != 0; number++) {
		struct bytes text = cursor_until(&cursor, '\n');
		enum rule rule = text.size == 0 || text.data[0] == '#' ? RULE_OK : take_line(card, text);
		if (rule != RULE_OK)
			return fault_bytes(fault, rule, number, text);
	}
	qsort(card->hours, card->hours_count, sizeof(card->hours[0]), compare_lines);
	for (size_t i = 1; i <= card->hours_count; i++)
		if (!hours_line_follows(card->hours, i)) {
			struct buffer line = {0};
			hours_line_write(&line, &card->hours[i - 1]);
			fault_bytes(fault, RULE_CARD_HOURS, 0, buffer_bytes(&line));
			buffer_free(&line);
			return RULE_CARD_HOURS;
		}
	return RULE_OK;
}

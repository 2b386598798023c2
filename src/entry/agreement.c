#include "agreement.h"

#include "address.h"
#include "ordered.h"
#include "text.h"
#include "utc.h"
#include "words.h"

#define FIRST "detente agreement v1"
#define DURATION_DIGITS 9

static const struct {
	char letter;
	uint32_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

enum rule duration_parse(struct bytes text, uint64_t *seconds)
{
	uint64_t number;
	if (text.size < 2 || text.size > DURATION_DIGITS + 1 ||
	    text_decimal(bytes_of(text.data, text.size - 1), &number) != RULE_OK || number == 0)
		return RULE_AGREEMENT_DURATION;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text.data[text.size - 1] == (uint8_t)units[i].letter) {
			*seconds = number * units[i].seconds;
			return RULE_OK;
		}
	return RULE_AGREEMENT_DURATION;
}

void duration_write(struct buffer *to, uint64_t seconds)
{
	size_t i = 0;
	while (seconds % units[i].seconds != 0)
		i++;
	buffer_format(to, "%llu%c", (unsigned long long)(seconds / units[i].seconds), units[i].letter);
}

bool clock_fits(struct bytes duration, enum clock_kind kind)
{
	return kind == CLOCK_ELAPSED || duration.size == 0 || duration.data[duration.size - 1] != 'd';
}

void clock_duration_write(struct buffer *to, uint64_t seconds, enum clock_kind kind)
{
	if (kind != CLOCK_ELAPSED && seconds % DAY_SECONDS == 0)
		buffer_format(to, "%lluh", (unsigned long long)(seconds / 3600));
	else
		duration_write(to, seconds);
}

void clock_write(struct buffer *to, const struct agreement_clock *clock)
{
	clock_duration_write(to, clock->seconds, clock->kind);
	if (clock->kind != CLOCK_ELAPSED)
		buffer_format(to, " %s", clock_kind_name(clock->kind));
}

/* ---- reading ---- */

/* A run of lines "KEY NAME VALUE" that ascend by name; `third`: a word more may stand behind. */
struct list {
	const char *key;
	bool third;
	size_t max, count;
	enum rule rule; /* broken by one too many, or out of order */
	struct bytes last;
};

/* Takes the words of the next one, the third absent if it is; false at the end of the list and after a failure. */
static bool list_next(struct ordered *ordered, struct list *list, struct bytes words[3])
{
	if (!ordered_next_is(ordered, list->key))
		return false;
	struct bytes value = ordered_take(ordered, list->key), rest = value;
	line_word(&rest);
	line_word(&rest);
	words[2] = (struct bytes){NULL, 0};
	ordered_words(ordered, value, words, list->third && rest.size != 0 ? 3 : 2);
	bool good = list->count < list->max && (list->count == 0 || bytes_compare(list->last, words[0]) < 0);
	ordered_need(ordered, good, list->rule, words[0]);
	list->last = words[0];
	list->count++;
	return ordered->rule == RULE_OK;
}

static void read_parties(struct ordered *ordered, struct agreement *agreement)
{
	struct list list = {.key = "party", .max = AGREEMENT_PARTIES_MAX, .rule = RULE_AGREEMENT_PARTIES};
	struct bytes words[3];
	while (list_next(ordered, &list, words)) {
		struct agreement_hashed *party = &agreement->parties[agreement->party_count++];
		party->name = words[0];
		ordered_need(ordered, party_valid(words[0]), RULE_NAME_PARTY, words[0]);
		ordered_check(ordered, text_unhex(words[1], party->digest, SHA256_SIZE), words[1]);
	}
	ordered_need(ordered, agreement->party_count >= 2, RULE_AGREEMENT_PARTIES, BYTES("fewer than two"));
}

enum rule agreement_witness_parse(struct agreement_witness *witness, struct bytes text)
{
	struct agreement_witness read;
	struct bytes rest = text, words[4];
	for (size_t i = 0; i < 4; i++)
		words[i] = line_word(&rest);
	if (rest.size != 0 || words[3].size == 0 || words[0].size > WITNESS_NAME_MAX || !party_valid(words[0]) ||
	    !address_valid(words[3]))
		return RULE_AGREEMENT_WITNESS;
	read.name = words[0];
	read.key = words[1];
	read.address = words[3];
	enum rule rule = vkey_parse(&read.vkey, words[1]);
	if (rule == RULE_OK)
		rule = ed25519_public_check(read.vkey.key);
	if (rule == RULE_OK)
		rule = text_unhex(words[2], read.pin, sizeof(read.pin));
	if (rule != RULE_OK)
		return rule;
	/* the key says whose it is, and that it cosigns */
	struct bytes key = bytes_string(read.vkey.name), suffix = BYTES("/witness");
	if (read.vkey.type != SIGNATURE_COSIGNATURE || !bytes_start(key, read.name) ||
	    !bytes_equal(bytes_of(key.data + read.name.size, key.size - read.name.size), suffix))
		return RULE_AGREEMENT_WITNESS;
	*witness = read;
	return RULE_OK;
}

void agreement_witness_write(struct buffer *to, const struct agreement_witness *witness)
{
	buffer_add(to, witness->name);
	buffer_string(to, " ");
	vkey_write(to, &witness->vkey);
	buffer_string(to, " ");
	text_hex(to, bytes_of(witness->pin, sizeof(witness->pin)));
	buffer_string(to, " ");
	buffer_add(to, witness->address);
}

/* One key, one use: it is no party, and has no key of another witness. */
static bool is_neutral(const struct agreement *agreement, const struct agreement_witness *witness)
{
	for (size_t i = 0; i < agreement->party_count; i++)
		if (bytes_equal(agreement->parties[i].name, witness->name))
			return false;
	for (const struct agreement_witness *other = agreement->witnesses; other < witness; other++)
		if (memcmp(other->vkey.key, witness->vkey.key, ED25519_PUBLIC) == 0 ||
		    memcmp(other->pin, witness->pin, sizeof(witness->pin)) == 0)
			return false;
	return true;
}

static void read_witnesses(struct ordered *ordered, struct agreement *agreement)
{
	while (ordered_next_is(ordered, "witness")) {
		struct bytes value = ordered_take(ordered, "witness");
		size_t n = agreement->witness_count;
		ordered_need(ordered, n < AGREEMENT_WITNESSES_MAX, RULE_AGREEMENT_WITNESSES, value);
		if (ordered->rule != RULE_OK)
			return;
		struct agreement_witness *witness = &agreement->witnesses[n];
		ordered_check(ordered, agreement_witness_parse(witness, value), value);
		if (ordered->rule != RULE_OK)
			return;
		ordered_need(ordered, n == 0 || bytes_compare(witness[-1].name, witness->name) < 0,
			RULE_AGREEMENT_WITNESSES, witness->name);
		ordered_need(ordered, is_neutral(agreement, witness), RULE_AGREEMENT_WITNESS_KEY, witness->name);
		agreement->witness_count++;
	}
}

static void read_mechanisms(struct ordered *ordered, struct agreement *agreement)
{
	struct list list = {.key = "mechanism", .max = AGREEMENT_MECHANISMS_MAX, .rule = RULE_AGREEMENT_MECHANISMS};
	struct bytes words[3];
	while (list_next(ordered, &list, words)) {
		struct agreement_hashed *mechanism = &agreement->mechanisms[agreement->mechanism_count++];
		mechanism->name = words[0];
		ordered_need(ordered, word_valid(words[0], MECHANISM_NAME_MAX), RULE_AGREEMENT_MECHANISMS, words[0]);
		ordered_check(ordered, text_unhex(words[1], mechanism->digest, SHA256_SIZE), words[1]);
	}
}

static void read_clocks(struct ordered *ordered, struct agreement *agreement)
{
	struct list list = {.key = "clock", .third = true, .max = AGREEMENT_CLOCKS_MAX, .rule = RULE_AGREEMENT_CLOCKS};
	struct bytes words[3];
	bool skew = false;
	while (list_next(ordered, &list, words)) {
		struct agreement_clock *clock = &agreement->clocks[agreement->clock_count++];
		clock->name = words[0];
		ordered_need(ordered, line_key_valid(words[0]), RULE_AGREEMENT_CLOCKS, words[0]);
		ordered_check(ordered, duration_parse(words[1], &clock->seconds), words[1]);
		clock->kind = CLOCK_ELAPSED; /* which has no word of its own */
		if (words[2].size != 0)
			ordered_need(ordered, clock_kind_find(words[2], &clock->kind) && clock->kind != CLOCK_ELAPSED &&
				clock_fits(words[1], clock->kind), RULE_AGREEMENT_CLOCK_KIND, words[2]);
		skew = skew || bytes_is(words[0], "skew");
	}
	ordered_need(ordered, skew, RULE_AGREEMENT_SKEW, BYTES("no clock skew"));
}

static void read_limits(struct ordered *ordered, struct agreement *agreement)
{
	struct list list = {.key = "limit", .max = AGREEMENT_LIMITS_MAX, .rule = RULE_AGREEMENT_LIMITS};
	struct bytes words[3];
	while (list_next(ordered, &list, words)) {
		struct agreement_limit *limit = &agreement->limits[agreement->limit_count++];
		limit->name = words[0];
		ordered_need(ordered, line_key_valid(words[0]), RULE_AGREEMENT_LIMITS, words[0]);
		ordered_check(ordered, text_decimal(words[1], &limit->value), words[1]);
	}
}

static bool title_valid(struct bytes title)
{
	return title.size != 0 && title.size <= AGREEMENT_TITLE_MAX && memchr(title.data, '\\', title.size) == NULL;
}

static enum rule read_text(struct agreement *agreement, struct fault *fault)
{
	struct ordered ordered = ordered_start(agreement->text, FIRST, RULE_AGREEMENT_VERSION, RULE_AGREEMENT_ORDER,
		fault);
	agreement->title = ordered_take(&ordered, "title");
	ordered_need(&ordered, title_valid(agreement->title), RULE_AGREEMENT_TITLE, agreement->title);
	struct bytes value = ordered_take(&ordered, "mode");
	agreement->drill = bytes_is(value, "drill");
	ordered_need(&ordered, agreement->drill || bytes_is(value, "live"), RULE_AGREEMENT_MODE, value);
	value = ordered_take(&ordered, "made");
	ordered_check(&ordered, utc_parse(value, &agreement->made), value);
	agreement->has_predecessor = ordered_next_is(&ordered, "predecessor");
	if (agreement->has_predecessor) {
		value = ordered_take(&ordered, "predecessor");
		ordered_check(&ordered, text_unhex(value, agreement->predecessor, SHA256_SIZE), value);
	}
	agreement->has_succeeds = ordered_next_is(&ordered, "succeeds");
	if (agreement->has_succeeds) {
		value = ordered_take(&ordered, "succeeds");
		ordered_need(&ordered, !agreement->has_predecessor, RULE_AGREEMENT_SUCCEEDS, value);
		ordered_check(&ordered, text_unhex(value, agreement->succeeds, SHA256_SIZE), value);
	}
	value = ordered_take(&ordered, "kernel");
	ordered_check(&ordered, text_decimal(value, &agreement->kernel), value);
	ordered_need(&ordered, agreement->kernel == AGREEMENT_KERNEL, RULE_AGREEMENT_KERNEL, value);
	value = ordered_take(&ordered, "suite");
	ordered_need(&ordered, bytes_is(value, AGREEMENT_SUITE), RULE_AGREEMENT_SUITE, value);
	read_parties(&ordered, agreement);
	read_witnesses(&ordered, agreement);
	read_mechanisms(&ordered, agreement);
	read_clocks(&ordered, agreement);
	read_limits(&ordered, agreement);
	ordered_need(&ordered, agreement_limit(agreement, WITNESSES_LIMIT, 0) <= agreement->witness_count,
		RULE_AGREEMENT_WITNESSES_NEEDED, BYTES(WITNESSES_LIMIT));
	return ordered_end(&ordered);
}

enum rule agreement_parse(struct agreement *agreement, struct bytes bytes, struct fault *fault)
{
	struct agreement read = {.text = bytes};
	if (bytes.size > AGREEMENT_MAX)
		return FAULT(fault, RULE_AGREEMENT_SIZE, 0, "{1} bytes", NUMBER(bytes.size));
	/* no line of the text is empty, so an empty one begins the signatures */
	if (bytes.size != 0 && memmem(bytes.data, bytes.size, "\n\n", 2) != NULL) {
		struct note note;
		enum rule rule = note_parse(&note, bytes);
		if (rule != RULE_OK)
			return fault_set(fault, rule, 0, "%s", T("agreement"));
		read.note = note.whole;
		read.text = note.text;
	}
	enum rule rule = read_text(&read, fault);
	if (rule != RULE_OK)
		return rule;
	sha256(read.text, read.digest);
	*agreement = read;
	return RULE_OK;
}

/* ---- writing ---- */

static void write_hashed(struct buffer *to, const char *key, const struct agreement_hashed *hashed, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_format(to, "%s ", key);
		buffer_add(to, hashed[i].name);
		buffer_string(to, " ");
		text_hex(to, bytes_of(hashed[i].digest, SHA256_SIZE));
		buffer_string(to, "\n");
	}
}

static void write_digest(struct buffer *to, const char *key, const uint8_t digest[SHA256_SIZE])
{
	buffer_format(to, "%s ", key);
	text_hex(to, bytes_of(digest, SHA256_SIZE));
	buffer_string(to, "\n");
}

void agreement_write(struct buffer *to, const struct agreement *agreement)
{
	char made[UTC_SIZE + 1];
	utc_format(agreement->made, made);
	buffer_string(to, FIRST "\n");
	line_write(to, "title", agreement->title);
	buffer_format(to, "mode %s\nmade %s\n", agreement->drill ? "drill" : "live", made);
	if (agreement->has_predecessor)
		write_digest(to, "predecessor", agreement->predecessor);
	if (agreement->has_succeeds)
		write_digest(to, "succeeds", agreement->succeeds);
	buffer_format(to, "kernel %llu\nsuite " AGREEMENT_SUITE "\n", (unsigned long long)agreement->kernel);
	write_hashed(to, "party", agreement->parties, agreement->party_count);
	for (size_t i = 0; i < agreement->witness_count; i++) {
		buffer_string(to, "witness ");
		agreement_witness_write(to, &agreement->witnesses[i]);
		buffer_string(to, "\n");
	}
	write_hashed(to, "mechanism", agreement->mechanisms, agreement->mechanism_count);
	for (size_t i = 0; i < agreement->clock_count; i++) {
		buffer_string(to, "clock ");
		buffer_add(to, agreement->clocks[i].name);
		buffer_string(to, " ");
		clock_write(to, &agreement->clocks[i]);
		buffer_string(to, "\n");
	}
	for (size_t i = 0; i < agreement->limit_count; i++) {
		buffer_string(to, "limit ");
		buffer_add(to, agreement->limits[i].name);
		buffer_format(to, " %llu\n", (unsigned long long)agreement->limits[i].value);
	}
}

/* ---- judging ---- */

enum rule agreement_signed_by(const struct agreement *agreement, const struct card *card)
{
	return agreement_signed_as(agreement, card, card->identity);
}

enum rule agreement_signed_as(const struct agreement *agreement, const struct card *card,
	const uint8_t identity[ED25519_PUBLIC])
{
	uint8_t digest[SHA256_SIZE];
	sha256(card->text, digest);
	bool named = false;
	for (size_t i = 0; i < agreement->party_count; i++)
		named = named || (bytes_equal(agreement->parties[i].name, card->party) &&
			memcmp(agreement->parties[i].digest, digest, sizeof(digest)) == 0);
	if (!named)
		return RULE_AGREEMENT_CARD;
	if (agreement->note.size == 0)
		return RULE_AGREEMENT_UNSIGNED;
	struct note note;
	struct vkey vkey;
	enum rule rule = note_parse(&note, agreement->note);
	if (rule == RULE_OK)
		rule = vkey_make(&vkey, card->party, SIGNATURE_ED25519, identity);
	if (rule == RULE_OK)
		rule = note_verify(&note, &vkey);
	return rule == RULE_NOTE_UNSIGNED ? RULE_AGREEMENT_UNSIGNED : rule;
}

uint64_t agreement_clock(const struct agreement *agreement, const char *name, uint64_t otherwise)
{
	for (size_t i = 0; i < agreement->clock_count; i++)
		if (bytes_is(agreement->clocks[i].name, name))
			return agreement->clocks[i].seconds;
	return otherwise;
}

uint64_t agreement_limit(const struct agreement *agreement, const char *name, uint64_t otherwise)
{
	for (size_t i = 0; i < agreement->limit_count; i++)
		if (bytes_is(agreement->limits[i].name, name))
			return agreement->limits[i].value;
	return otherwise;
}

size_t agreement_witnesses_needed(const struct agreement *agreement)
{
	return (size_t)agreement_limit(agreement, WITNESSES_LIMIT, 0); /* at most as many as there are */
}

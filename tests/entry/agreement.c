/* agreement: what it says, whose signatures count, durations, limits. Refusals of texts: cases.h, by spec_vectors.c. */
#include "agreement.h"

#include "cases.h"
#include "fixture.h"
#include "test.h"

static void check_round_trip(void)
{
	struct agreement agreement;
	struct buffer again = {0};
	const char *text = agreement_cases[1].text;
	uint8_t digest[SHA256_SIZE];
	sha256(bytes_string(text), digest);
	if (!test_check(agreement_parse(&agreement, bytes_string(text), NULL) == RULE_OK, "all there can be"))
		return;
	test_check(agreement.drill && agreement.has_predecessor && agreement.predecessor[1] == 0x23 &&
		agreement.kernel == 1 &&
		agreement.made == FIXTURE_AT && agreement.party_count == 2 &&
		bytes_is(agreement.parties[1].name, "b.example") &&
		agreement.parties[1].digest[0] == 0xfe && agreement.mechanism_count == 2 &&
		agreement.clock_count == 3 &&
		agreement.limit_count == 2 && memcmp(agreement.digest, digest, sizeof(digest)) == 0, "what it says");
	test_check(agreement_clock(&agreement, "flash", 7) == 900 && agreement_clock(&agreement, "skew", 7) == 300 &&
		agreement_clock(&agreement, "none", 7) == 7, "clocks by name");
	test_check(agreement_limit(&agreement, "attachment", 7) == 1048576 &&
		agreement_limit(&agreement, "zero", 7) == 0 &&
		agreement_limit(&agreement, "none", 7) == 7, "limits by name");
	agreement_write(&again, &agreement);
	struct agreement second;
	test_check(agreement_parse(&second, buffer_bytes(&again), NULL) == RULE_OK && second.clocks[1].seconds == 300,
		"written again it says the same");
	buffer_clear(&again);
	agreement_write(&again, &second);
	test_check(bytes_equal(buffer_bytes(&again), second.text) && second.clocks[1].seconds == 300,
		"and from then on in the same bytes");
	buffer_free(&again);
}

static const struct {
	const char *text;
	uint64_t seconds; /* 0: refused */
	const char *again;
} durations[] = {
	{"1s", 1, "1s"}, {"300s", 300, "5m"}, {"15m", 900, "15m"}, {"60m", 3600, "1h"}, {"24h", 86400, "1d"},
	{"25h", 90000, "25h"}, {"30d", 2592000, "30d"}, {"999999999d", UINT64_C(86399999913600), "999999999d"},
	{"1000000000s", 0, NULL}, {"0s", 0, NULL}, {"01s", 0, NULL}, {"s", 0, NULL}, {"", 0, NULL}, {"5", 0, NULL},
	{"5w", 0, NULL},
	{"5 m", 0, NULL}, {"5M", 0, NULL}, {"-5m", 0, NULL}, {"1h30m", 0, NULL}, {"1.5h", 0, NULL},
};

static void check_durations(void)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		uint64_t seconds = 0;
		struct buffer again = {0};
		enum rule rule = duration_parse(bytes_string(durations[i].text), &seconds);
		bool good = rule == (durations[i].seconds == 0 ? RULE_AGREEMENT_DURATION : RULE_OK);
		if (rule == RULE_OK) {
			duration_write(&again, seconds);
			good = good && bytes_is(buffer_bytes(&again), durations[i].again);
		}
		test_check(good && seconds == durations[i].seconds, "duration \"%s\"", durations[i].text);
		buffer_free(&again);
	}
}

/* At most so many of each list. */
static enum rule parse_many(const char *key, int count, const char *value)
{
	struct buffer text = {0};
	struct agreement agreement;
	buffer_string(&text, A_HEAD A_SUITE);
	for (int i = 0; i < (strcmp(key, "party") == 0 ? count : 2); i++)
		buffer_format(&text, "party p%03d.example " HEX "\n", i);
	if (strcmp(key, "mechanism") == 0)
		for (int i = 0; i < count; i++)
			buffer_format(&text, "mechanism m%03d " HEX "\n", i);
	for (int i = 0; strcmp(key, "clock") == 0 && i < count - 1; i++)
		buffer_format(&text, "clock c%03d %s\n", i, value);
	buffer_string(&text, A_SKEW);
	for (int i = 0; strcmp(key, "limit") == 0 && i < count; i++)
		buffer_format(&text, "limit l%03d %s\n", i, value);
	enum rule rule = agreement_parse(&agreement, buffer_bytes(&text), NULL);
	buffer_free(&text);
	return rule;
}

static void check_limits(void)
{
	test_check(parse_many("party", 32, NULL) == RULE_OK && parse_many("party", 33, NULL) == RULE_AGREEMENT_PARTIES,
		"32 parties, not 33");
	test_check(parse_many("mechanism", 64, NULL) == RULE_OK &&
		parse_many("mechanism", 65, NULL) == RULE_AGREEMENT_MECHANISMS, "64 mechanisms, not 65");
	test_check(parse_many("clock", 128, "1s") == RULE_OK && parse_many("clock", 129, "1s") == RULE_AGREEMENT_CLOCKS,
		"128 clocks, not 129");
	test_check(parse_many("limit", 16, "1") == RULE_OK && parse_many("limit", 17, "1") == RULE_AGREEMENT_LIMITS,
		"16 limits, not 17");
	char big[AGREEMENT_MAX + 1];
	memset(big, 'a', sizeof(big));
	struct agreement agreement;
	test_check(agreement_parse(&agreement, bytes_of(big, sizeof(big)), NULL) == RULE_AGREEMENT_SIZE,
		"one byte too many");
	char title[AGREEMENT_TITLE_MAX + 2];
	memset(title, 't', sizeof(title));
	for (int over = 0; over < 2; over++) {
		struct buffer text = {0};
		buffer_format(&text,
			"detente agreement v1\ntitle %.*s\nmode live\nmade 2026-09-26T12:00:00Z\n" A_SUITE A_PARTIES
			A_SKEW,
			AGREEMENT_TITLE_MAX + over, title);
		test_check(agreement_parse(&agreement, buffer_bytes(&text),
			NULL) == (over ? RULE_AGREEMENT_TITLE : RULE_OK),
			"a title of %d bytes", AGREEMENT_TITLE_MAX + over);
		buffer_free(&text);
	}
}

/* A card of a party, signed, in `text`. */
static void signed_card(struct card *card, struct buffer *text, const char *party)
{
	static const char *const desks[] = {"duty", NULL};
	struct fixture_desk identity;
	fixture_card(card, party, desks);
	fixture_identity(&identity, party);
	card_write(text, card);
	fixture_sign(text, &identity.signer);
	if (card_parse(card, buffer_bytes(text), NULL) != RULE_OK)
		abort();
}

static void check_signatures(void)
{
	struct buffer texts_of[3] = {{0}}, text = {0}, note = {0};
	struct card a, b, c;
	signed_card(&a, &texts_of[0], "a.example");
	signed_card(&b, &texts_of[1], "b.example");
	signed_card(&c, &texts_of[2], "c.example");
	struct agreement agreement = {.title = BYTES("Hotline"), .made = FIXTURE_AT, .kernel = AGREEMENT_KERNEL,
		.party_count = 2,
		.clock_count = 1};
	agreement.parties[0].name = a.party;
	agreement.parties[1].name = b.party;
	sha256(a.text, agreement.parties[0].digest);
	sha256(b.text, agreement.parties[1].digest);
	agreement.clocks[0] = (struct agreement_clock){BYTES("skew"), 300, CLOCK_ELAPSED};
	agreement_write(&text, &agreement);
	struct agreement read;
	test_check(agreement_parse(&read, buffer_bytes(&text), NULL) == RULE_OK &&
		read.note.size == 0, "a text alone is read");
	test_check(agreement_signed_by(&read, &a) == RULE_AGREEMENT_UNSIGNED, "and nobody signed it");
	struct fixture_desk identity;
	fixture_identity(&identity, "a.example");
	buffer_add(&note, buffer_bytes(&text));
	fixture_sign(&note, &identity.signer);
	test_check(agreement_parse(&read, buffer_bytes(&note), NULL) == RULE_OK && read.note.size == note.size &&
		read.text.size == text.size, "a note is read");
	test_check(agreement_signed_by(&read, &a) == RULE_OK, "a signed");
	test_check(agreement_signed_by(&read, &b) == RULE_AGREEMENT_UNSIGNED, "b did not");
	test_check(agreement_signed_by(&read, &c) == RULE_AGREEMENT_CARD, "c is no party");
	fixture_identity(&identity, "b.example");
	note_sign(&note, buffer_bytes(&text), &identity.signer);
	test_check(agreement_parse(&read, buffer_bytes(&note), NULL) == RULE_OK &&
		agreement_signed_by(&read, &a) == RULE_OK &&
		agreement_signed_by(&read, &b) == RULE_OK, "now both did");
	struct card swapped = a;
	swapped.text = bytes_of(a.text.data, a.text.size - 1);
	test_check(agreement_signed_by(&read, &swapped) == RULE_AGREEMENT_CARD, "another text of a's card");
	note.data[bytes_string("detente agreement v1\ntitle ").size] ^= 1;
	test_check(agreement_parse(&read, buffer_bytes(&note), NULL) == RULE_OK &&
		agreement_signed_by(&read, &a) == RULE_SIGNATURE, "a title changed after signing");
	for (int i = 0; i < 3; i++)
		buffer_free(&texts_of[i]);
	buffer_free(&text);
	buffer_free(&note);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	check_round_trip();
	check_durations();
	check_limits();
	check_signatures();
	return test_end();
}

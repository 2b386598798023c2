/* card: what a card says, its keys, signature, fingerprint. Refusals of its text: cases.h, by spec_vectors.c. */
#include "card.h"

#include "fixture.h"
#include "test.h"

static const char *const desks[] = {"duty", "law", NULL};

/* Encodings of points and numbers that are no keys, in base64. */
#define LOW_X25519 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LARGE_X25519 "9v///////////////////////////////////////38="      /* 9 again, as 2^255 - 10 */
#define HIGH_X25519 "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA="       /* 9 with the unused bit */
#define PLAIN_X25519 "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static enum rule parse_changed(const char *from, const char *to, struct fault *fault)
{
	struct card card;
	struct fixture_desk identity;
	struct buffer text = {0};
	fixture_card(&card, "a.example", desks);
	fixture_identity(&identity, "a.example");
	card_write(&text, &card);
	fixture_replace(&text, from, to);
	fixture_sign(&text, &identity.signer);
	enum rule rule = card_parse(&card, buffer_bytes(&text), fault);
	buffer_free(&text);
	return rule;
}

static void check_faults(void)
{
	struct fault fault = {0};
	test_check(parse_changed("serial 1\n", "serial x\n", &fault) == RULE_DECIMAL && fault.line == 3 &&
		strcmp(fault.detail, "x") == 0, "a fault names line and value");
	test_check(parse_changed("serial 1\n", "", &fault) == RULE_CARD_ORDER && fault.line == 3 &&
		strcmp(fault.detail, "expected \"serial\", found \"made\"") == 0, "or the line that is missing");
}

static bool same_keys(const struct card_keys *a, const struct card_keys *b)
{
	bool same = memcmp(a->log, b->log, 32) == 0 && memcmp(a->mirror, b->mirror, 32) == 0 &&
		memcmp(a->node, b->node, 32) == 0 && a->desk_count == b->desk_count;
	for (size_t i = 0; same && i < a->desk_count; i++)
		same = bytes_equal(a->desks[i].name, b->desks[i].name) &&
			memcmp(a->desks[i].sign, b->desks[i].sign, 32) == 0 &&
			memcmp(a->desks[i].seal, b->desks[i].seal, 32) == 0;
	return same;
}

static void check_round_trip(void)
{
	struct card card, read;
	struct fixture_desk identity;
	struct buffer text = {0}, again = {0};
	fixture_card(&card, "a.example", desks);
	fixture_identity(&identity, "a.example");
	card_write(&text, &card);
	fixture_sign(&text, &identity.signer);
	if (!test_check(card_parse(&read, buffer_bytes(&text), NULL) == RULE_OK, "a card that was written is read"))
		return;
	test_check(bytes_equal(read.party, card.party) && read.serial == 1 && read.made == FIXTURE_AT &&
		memcmp(read.identity, card.identity, 32) == 0 && memcmp(read.tls, card.tls, 32) == 0 &&
		read.address_count == 1 &&
		bytes_equal(read.addresses[0], card.addresses[0]) && read.language_count == 1 &&
		bytes_is(read.languages[0], "en") && bytes_is(read.severity, "uk"), "what it says comes back");
	test_check(same_keys(&read.sets[0], &card.sets[0]) && same_keys(&read.sets[1], &card.sets[1]), "and its keys");
	card_write(&again, &read);
	test_check(bytes_equal(buffer_bytes(&again), read.text), "written again it is the same text");
	test_check(card_find_desk(&read.sets[CARD_LIVE], BYTES("law")) == &read.sets[CARD_LIVE].desks[1] &&
		card_find_desk(&read.sets[CARD_LIVE], BYTES("la")) == NULL, "a desk is found by its name");
	buffer_free(&again);
	buffer_free(&text);
}

/* Each case changes the struct, so that the text is in order but for the keys. */
static enum rule parse_with(void (*change)(struct card *card), struct fixture_desk *signer)
{
	struct card card;
	struct buffer text = {0};
	fixture_card(&card, "a.example", desks);
	change(&card);
	card_write(&text, &card);
	fixture_sign(&text, &signer->signer);
	enum rule rule = card_parse(&card, buffer_bytes(&text), NULL);
	buffer_free(&text);
	return rule;
}

static void nothing(struct card *card)
{
	(void)card;
}

static void log_is_mirror(struct card *card)
{
	memcpy(card->sets[0].mirror, card->sets[0].log, 32);
}

static void live_is_drill(struct card *card)
{
	memcpy(card->sets[1].desks[1].seal, card->sets[0].desks[0].seal, 32);
}

static void identity_is_node(struct card *card)
{
	memcpy(card->sets[1].node, card->identity, 32);
}

static void seal_with(struct card *card, const char *base64)
{
	if (text_unbase64_exact(bytes_string(base64), card->sets[1].desks[0].seal, 32, true) != RULE_OK)
		abort();
}

static void seal_low(struct card *card)
{
	seal_with(card, LOW_X25519);
}

static void seal_large(struct card *card)
{
	seal_with(card, LARGE_X25519);
}

static void seal_high(struct card *card)
{
	seal_with(card, HIGH_X25519);
}

static void seal_plain(struct card *card)
{
	seal_with(card, PLAIN_X25519);
}

static void check_keys(void)
{
	struct fixture_desk identity, other, renamed;
	fixture_identity(&identity, "a.example");
	fixture_identity(&other, "b.example");
	renamed = identity;
	test_check(vkey_make(&renamed.signer.vkey, BYTES("b.example"), SIGNATURE_ED25519,
		identity.signer.vkey.key) == RULE_OK,
		"the same key under another name");
	test_check(parse_with(nothing, &identity) == RULE_OK, "the identity signs");
	test_check(parse_with(nothing, &other) == RULE_CARD_UNSIGNED, "another party's signature is none");
	test_check(parse_with(nothing, &renamed) == RULE_CARD_UNSIGNED, "a signature under another name is none");
	test_check(parse_with(log_is_mirror, &identity) == RULE_CARD_KEY_TWICE, "log and mirror share a key");
	test_check(parse_with(live_is_drill, &identity) == RULE_CARD_KEY_TWICE, "a drill shares a key");
	test_check(parse_with(identity_is_node, &identity) == RULE_CARD_KEY_TWICE, "the identity is used elsewhere");
	test_check(parse_with(seal_plain, &identity) == RULE_OK, "a sealing key in its one encoding");
	test_check(parse_with(seal_low, &identity) == RULE_PUBLIC_KEY, "a sealing key of low order");
	test_check(parse_with(seal_large, &identity) == RULE_PUBLIC_KEY, "a sealing key not below 2^255 - 19");
	test_check(parse_with(seal_high, &identity) == RULE_PUBLIC_KEY, "a sealing key with its unused bit set");
}

static void check_signature(void)
{
	struct card card;
	struct fixture_desk identity;
	struct buffer text = {0}, big = {0};
	fixture_card(&card, "a.example", desks);
	fixture_identity(&identity, "a.example");
	card_write(&text, &card);
	fixture_sign(&text, &identity.signer);
	fixture_replace(&text, "serial 1\n", "serial 2\n");
	test_check(card_parse(&card, buffer_bytes(&text), NULL) == RULE_SIGNATURE, "a digit changed after signing");
	for (size_t i = 0; i < text.size; i += 7)
		if (card_parse(&card, bytes_of(text.data, i), NULL) == RULE_OK)
			test_check(false, "cut at %zu", i);
	memset(buffer_extend(&big, CARD_MAX + 1), 'a', CARD_MAX + 1);
	test_check(card_parse(&card, buffer_bytes(&big), NULL) == RULE_CARD_SIZE, "one byte too many");
	test_check(card_parse(&card, bytes_of(big.data, CARD_MAX), NULL) == RULE_NOTE_FORM, "no note");
	buffer_free(&big);
	buffer_free(&text);
}

/* 72 desks in each set fit, 73 do not. */
static void check_desks(void)
{
	char names[CARD_DESKS_MAX][16];
	const char *list[CARD_DESKS_MAX + 1] = {NULL};
	for (int i = 0; i < CARD_DESKS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "desk-%02d", i);
		list[i] = names[i];
	}
	struct card card, read;
	struct fixture_desk identity, extra;
	struct buffer text = {0};
	fixture_card(&card, "a.example", list);
	fixture_identity(&identity, "a.example");
	card_write(&text, &card);
	fixture_sign(&text, &identity.signer);
	test_check(card_parse(&read, buffer_bytes(&text), NULL) == RULE_OK && read.sets[1].desk_count == CARD_DESKS_MAX,
		"72 desks in a set");
	buffer_clear(&text);
	card_write(&text, &card);
	fixture_desk(&extra, "a.example/extra");
	buffer_string(&text, "desk drill extra ");
	text_base64(&text, bytes_of(extra.signer.vkey.key, 32), true);
	buffer_string(&text, " ");
	text_base64(&text, bytes_of(extra.seal, 32), true);
	buffer_string(&text, "\n");
	fixture_sign(&text, &identity.signer);
	test_check(card_parse(&read, buffer_bytes(&text), NULL) == RULE_CARD_DESK, "73 are too many");
	buffer_free(&text);
}

/* Expected values computed apart: int.from_bytes(sha256(identity).digest()[:17], "big") % 10**40. */
static const struct {
	uint8_t first; /* of an identity whose other bytes count up from it */
	const char *digits;
} fingerprints[] = {
	{0, "37062 99549 69489 89565 58398 07916 63518 88372"},
	{7, "01884 88752 97740 55795 91672 70280 63662 46419"},
	{14, "27039 10533 27201 44503 10635 20346 76810 42996"}, /* below 10^40 as it is */
	{30, "02286 15813 60249 18797 53212 61169 25169 88258"},
	{111, "00643 83937 12032 06107 70558 10572 51558 11811"},
	{222, "08022 41766 24888 96111 45116 67706 13289 97869"},
};

static void check_fingerprints(void)
{
	uint8_t identity[ED25519_PUBLIC];
	char digits[FINGERPRINT_SIZE];
	for (size_t i = 0; i < sizeof(fingerprints) / sizeof(fingerprints[0]); i++) {
		for (unsigned j = 0; j < sizeof(identity); j++)
			identity[j] = (uint8_t)(fingerprints[i].first + j);
		card_fingerprint(identity, digits);
		test_check(strcmp(digits, fingerprints[i].digits) == 0, "fingerprint %s", digits);
	}
	card_fingerprint(identity, digits);
	test_check(strlen(digits) == FINGERPRINT_SIZE - 1, "eight groups of five");
	test_check(card_fingerprint_is(identity, bytes_string(digits)), "it is its own");
	char joined[128] = "- ";
	size_t size = 2;
	for (size_t i = 0; digits[i] != '\0'; i++)
		if (digits[i] != ' ')
			joined[size++] = digits[i];
	test_check(card_fingerprint_is(identity, bytes_of(joined, size)), "spaces and hyphens do not matter");
	test_check(!card_fingerprint_is(identity, bytes_of(joined, size - 1)), "39 digits are not enough");
	joined[size] = '0';
	test_check(!card_fingerprint_is(identity, bytes_of(joined, size + 1)), "41 digits are too many");
	joined[size - 1] = (char)(joined[size - 1] == '9' ? '0' : joined[size - 1] + 1);
	test_check(!card_fingerprint_is(identity, bytes_of(joined, size)), "one digit off");
	test_check(!card_fingerprint_is(identity, BYTES("")) &&
		!card_fingerprint_is(identity, BYTES("x")), "nothing, and no digit");
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	check_round_trip();
	check_faults();
	check_keys();
	check_signature();
	check_desks();
	check_fingerprints();
	return test_end();
}

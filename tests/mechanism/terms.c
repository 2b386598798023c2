/* Terms: agreement, cards and mechanisms that fit together, and each way in which they may not. */
#include "terms.h"

#include "test.h"
#include "world.h"

static struct world world;

/* What is done to a world of two parties before its terms are loaded; it agrees and signs again where it must. */
static void as_it_is(void)
{
}

static void drill(void)
{
	world.agreement.drill = true;
	world_agree(&world, 2);
}

static void nobody_signs(void)
{
	world_agree(&world, 0);
}

static void one_signs(void)
{
	world_agree(&world, 1);
}

static void one_card(void)
{
	world.source.card_count = 1;
}

static void a_card_twice(void)
{
	world.source.cards[1] = world.source.cards[0];
}

static void a_stranger_too(void)
{
	world_party_start(&world.parties[2], "c.example");
	world.source.cards[world.source.card_count++] = buffer_bytes(&world.parties[2].note);
}

static void a_newer_card(void)
{
	world.parties[1].card.serial = 2;
	world_card(&world.parties[1]);
	world.source.cards[1] = buffer_bytes(&world.parties[1].note);
}

static void a_forged_card(void)
{
	struct world_party *party = &world.parties[1];
	memcpy(party->identity, world.parties[0].identity, sizeof(party->identity));
	world_card(party);
	world.source.cards[1] = buffer_bytes(&party->note);
}

static void a_copied_key(void)
{
	memcpy(world.parties[1].card.sets[CARD_LIVE].desks[1].seal, world.parties[0].card.sets[CARD_LIVE].desks[1].seal,
		X25519_SIZE);
	world_card(&world.parties[1]);
	world_agree(&world, 2);
}

static void a_copied_drill_key(void)
{
	memcpy(world.parties[1].card.sets[CARD_DRILL].mirror, world.parties[0].card.sets[CARD_LIVE].log,
		ED25519_PUBLIC);
	world_card(&world.parties[1]);
	world_agree(&world, 2);
}

/* Gives each party's live set that many desks. */
static void desks(size_t count)
{
	static char names[CARD_DESKS_MAX][8];
	for (size_t i = 0; i < 2; i++) {
		struct card_keys *keys = &world.parties[i].card.sets[CARD_LIVE];
		for (size_t j = 0; j < count; j++) {
			uint8_t secret[ED25519_SECRET], seed[32];
			snprintf(names[j], sizeof(names[j]), "x%02zu", j);
			keys->desks[j].name = bytes_string(names[j]);
			world_key(world.parties[i].name, names[j], secret, keys->desks[j].sign);
			world_seed(names[j], world.parties[i].name, seed);
			x25519_public(seed, keys->desks[j].seal);
		}
		keys->desk_count = count;
		world_card(&world.parties[i]);
	}
	world_agree(&world, 2);
}

static void many_desks(void)
{
	desks(AGREEMENT_DESKS_MAX / 2);
}

static void too_many_desks(void)
{
	desks(AGREEMENT_DESKS_MAX / 2 + 1);
}

static void a_mechanism_missing(void)
{
	world.source.mechanism_count = 1;
}

static void a_mechanism_twice(void)
{
	world.source.mechanisms[world.source.mechanism_count++] = world.source.mechanisms[1];
}

static void a_mechanism_too_many(void)
{
	world.source.mechanisms[world.source.mechanism_count++] =
		BYTES("detente mechanism v1\nname zeal\nform zeal/a\n");
}

static void a_mechanism_changed(void)
{
	world.source.mechanisms[1] = BYTES("detente mechanism v1\nname talk\nform talk/open\n");
}

static void a_mechanism_that_is_none(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zeal\nform talk/a\n"));
	world_agree(&world, 2);
}

static void a_mechanism_under_another_name(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zest\nform zest/a\n"));
	world_agree(&world, 2);
}

static void no_record(void)
{
	world.agreement.mechanisms[0] = world.agreement.mechanisms[1];
	world.source.mechanisms[0] = world.source.mechanisms[1];
	world.agreement.mechanism_count = world.source.mechanism_count = 1;
	world_agree(&world, 2);
}

static void another_record(const char *file)
{
	world.source.mechanisms[0] = bytes_string(file);
	sha256(bytes_string(file), world.agreement.mechanisms[0].digest);
	world_agree(&world, 2);
}

static void record_without_unreadable(void)
{
	another_record("detente mechanism v1\nname record\nclock skew 5m\n"
		"form record/received\nfield stored open checkpoint repeated\nfield held open hash repeated\n"
		"form record/receipt\nfield receipt open checkpoint repeated\n");
}

static void record_with_text_for_a_checkpoint(void)
{
	another_record("detente mechanism v1\nname record\nclock skew 5m\ncode key\n"
		"form record/received\nfield stored open text repeated\nfield held open hash repeated\n"
		"form record/receipt\nfield receipt open checkpoint repeated\n"
		"form record/unreadable\nfield place open place required\nfield cause open code required\ncodes key\n");
}

static void a_clock_of_a_mechanism(void)
{
	world.agreement.clocks[0] = (struct agreement_clock){BYTES("reply"), 120, CLOCK_ELAPSED};
	world.agreement.clocks[1] = (struct agreement_clock){BYTES("skew"), 60, CLOCK_ELAPSED};
	world.agreement.clock_count = 2;
	world_agree(&world, 2);
}

static void a_clock_of_nobody(void)
{
	world.agreement.clocks[1] = (struct agreement_clock){BYTES("slow"), 120, CLOCK_ELAPSED};
	world.agreement.clock_count = 2;
	world_agree(&world, 2);
}

static void one_clock_with_two_defaults(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zeal\nclock reply 2h\nform zeal/a\n"));
	world_agree(&world, 2);
}

static void one_clock_with_one_default(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zeal\nclock reply 60m\nform zeal/a\n"));
	world_agree(&world, 2);
}

static void one_clock_with_two_kinds(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zeal\nclock reply 1h working\nform zeal/a\n"));
	world_agree(&world, 2);
}

/* A clock of the agreement that counts working hours. */
static void a_working_clock(const char *name)
{
	world.agreement.clocks[0] = (struct agreement_clock){bytes_string(name), 3600, CLOCK_WORKING};
	world.agreement.clocks[1] = (struct agreement_clock){BYTES("skew"), 60, CLOCK_ELAPSED};
	world.agreement.clock_count = 2;
	world_agree(&world, 2);
}

static void a_clock_of_working_hours(void)
{
	a_working_clock("reply");
}

static void skew_by_duty_hours(void)
{
	world.agreement.clocks[0] = (struct agreement_clock){BYTES("skew"), 60, CLOCK_DUTY};
	world_agree(&world, 2);
}

#define ZEAL "detente mechanism v1\nname zeal\nclock round 1d\ncode low\ncode high\n"

static void a_period_by_working_hours(void)
{
	world_file(&world, "zeal", BYTES(ZEAL "form zeal/a\nopens yes\nevery round\n"));
	a_working_clock("round");
}

static void a_position_that_is_stale_by_working_hours(void)
{
	world_file(&world, "zeal", BYTES(ZEAL "scale mood least\npositions low high\nconfirm round\nform zeal/a\n"));
	a_working_clock("round");
}

static void a_clock_that_no_period_has(void)
{
	world_file(&world, "zeal", BYTES(ZEAL "form zeal/a\nopens yes\n"));
	a_working_clock("round");
}

/* The clock line-test, of so many seconds, and a file of the mechanism hotline where there is one. */
static void a_line_test(uint64_t seconds, const char *hotline)
{
	world.agreement.clocks[0] = (struct agreement_clock){BYTES("line-test"), seconds, CLOCK_ELAPSED};
	world.agreement.clocks[1] = (struct agreement_clock){BYTES("skew"), 60, CLOCK_ELAPSED};
	world.agreement.clock_count = 2;
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	if (hotline != NULL)
		world_file(&world, "hotline", bytes_string(hotline));
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(world_talk));
	world_agree(&world, 2);
}

#define HOTLINE "detente mechanism v1\nname hotline\nform hotline/test\n"

static void line_tests(void)
{
	a_line_test(60, HOTLINE "opens yes\nfield text sealed line optional 200\n");
}

static void line_tests_by_duty_hours(void)
{
	line_tests();
	world.agreement.clocks[0].kind = CLOCK_DUTY;
	world_agree(&world, 2);
}

static void line_tests_without_a_form(void)
{
	a_line_test(60, NULL);
}

static void line_tests_all_the_time(void)
{
	a_line_test(59, HOTLINE "opens yes\n");
}

static void line_tests_that_open_nothing(void)
{
	a_line_test(60, HOTLINE "answers hotline/test\n");
}

static void line_tests_with_words(void)
{
	a_line_test(60, HOTLINE "opens yes\nfield text sealed line required 200\n");
}

static void line_tests_by_default_without_a_form(void)
{
	world_file(&world, "zeal", BYTES("detente mechanism v1\nname zeal\nclock line-test 1h\nform zeal/a\n"));
	world_agree(&world, 2);
}

static void cards_by(const char *file)
{
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	world_file(&world, "party", bytes_string(file));
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(world_talk));
	world_agree(&world, 2);
}

#define PARTY "detente mechanism v1\nname party\nform party/card\n"

static void new_cards(void)
{
	cards_by(PARTY "opens yes\nfield card open text required 16384\n");
}

static void new_cards_that_open_nothing(void)
{
	cards_by(PARTY "field card open text required 16384\n");
}

static void new_cards_that_are_sealed(void)
{
	cards_by(PARTY "opens yes\nfield card sealed text required 16384\n");
}

static void new_cards_or_none(void)
{
	cards_by(PARTY "opens yes\nfield card open text optional 16384\n");
}

static void new_cards_by_another_name(void)
{
	cards_by(PARTY "opens yes\nfield note open text required 16384\n");
}

static void an_amendment(void)
{
	world.agreement.has_predecessor = true;
	world_agree(&world, 2);
}

static void no_agreement(void)
{
	world.source.agreement = BYTES("");
}

static const struct {
	const char *name;
	void (*change)(void);
	enum rule rule;          /* of terms_new() */
	enum rule rule_unsigned; /* of terms_new_unsigned() */
} cases[] = {
	{"as it is", as_it_is, RULE_OK, RULE_OK},
	{"a drill", drill, RULE_OK, RULE_OK},
	{"new cards", new_cards, RULE_OK, RULE_OK},
	{"new cards that open nothing", new_cards_that_open_nothing, RULE_TERMS_CARD_FORM, RULE_TERMS_CARD_FORM},
	{"new cards that are sealed", new_cards_that_are_sealed, RULE_TERMS_CARD_FORM, RULE_TERMS_CARD_FORM},
	{"new cards or none", new_cards_or_none, RULE_TERMS_CARD_FORM, RULE_TERMS_CARD_FORM},
	{"new cards by another name", new_cards_by_another_name, RULE_TERMS_CARD_FORM, RULE_TERMS_CARD_FORM},
	{"nobody signs", nobody_signs, RULE_AGREEMENT_UNSIGNED, RULE_OK},
	{"one signs", one_signs, RULE_AGREEMENT_UNSIGNED, RULE_OK},
	{"one card", one_card, RULE_TERMS_CARD, RULE_TERMS_CARD},
	{"a card twice", a_card_twice, RULE_TERMS_CARD, RULE_TERMS_CARD},
	{"a stranger too", a_stranger_too, RULE_TERMS_EXTRA, RULE_TERMS_EXTRA},
	{"a newer card", a_newer_card, RULE_AGREEMENT_CARD, RULE_AGREEMENT_CARD},
	{"a forged card", a_forged_card, RULE_SIGNATURE, RULE_SIGNATURE},
	{"a copied key", a_copied_key, RULE_TERMS_KEYS, RULE_TERMS_KEYS},
	{"a copied key for drills", a_copied_drill_key, RULE_TERMS_KEYS, RULE_TERMS_KEYS},
	{"72 desks", many_desks, RULE_OK, RULE_OK},
	{"74 desks", too_many_desks, RULE_TERMS_DESKS, RULE_TERMS_DESKS},
	{"a mechanism missing", a_mechanism_missing, RULE_TERMS_MECHANISM, RULE_TERMS_MECHANISM},
	{"a mechanism twice", a_mechanism_twice, RULE_TERMS_MECHANISM, RULE_TERMS_MECHANISM},
	{"a mechanism too many", a_mechanism_too_many, RULE_TERMS_EXTRA, RULE_TERMS_EXTRA},
	{"a mechanism changed", a_mechanism_changed, RULE_TERMS_MECHANISM, RULE_TERMS_MECHANISM},
	{"a mechanism that is none", a_mechanism_that_is_none, RULE_MECHANISM_FORM, RULE_MECHANISM_FORM},
	{"a mechanism under another name", a_mechanism_under_another_name, RULE_TERMS_EXTRA, RULE_TERMS_EXTRA},
	{"no record", no_record, RULE_TERMS_RECORD, RULE_TERMS_RECORD},
	{"record without a form", record_without_unreadable, RULE_TERMS_RECORD, RULE_TERMS_RECORD},
	{"record with another type", record_with_text_for_a_checkpoint, RULE_TERMS_RECORD, RULE_TERMS_RECORD},
	{"a clock of a mechanism", a_clock_of_a_mechanism, RULE_OK, RULE_OK},
	{"a clock of nobody", a_clock_of_nobody, RULE_TERMS_CLOCK, RULE_TERMS_CLOCK},
	{"one clock with two defaults", one_clock_with_two_defaults, RULE_TERMS_CLOCK, RULE_TERMS_CLOCK},
	{"one clock with one default", one_clock_with_one_default, RULE_OK, RULE_OK},
	{"one clock with two kinds", one_clock_with_two_kinds, RULE_TERMS_CLOCK, RULE_TERMS_CLOCK},
	{"a clock of working hours", a_clock_of_working_hours, RULE_OK, RULE_OK},
	{"a clock of working hours that no period has", a_clock_that_no_period_has, RULE_OK, RULE_OK},
	{"skew by duty hours", skew_by_duty_hours, RULE_TERMS_CLOCK_KIND, RULE_TERMS_CLOCK_KIND},
	{"a period by working hours", a_period_by_working_hours, RULE_TERMS_CLOCK_KIND, RULE_TERMS_CLOCK_KIND},
	{"a position stale by working hours", a_position_that_is_stale_by_working_hours, RULE_TERMS_CLOCK_KIND,
		RULE_TERMS_CLOCK_KIND},
	{"line tests by duty hours", line_tests_by_duty_hours, RULE_TERMS_CLOCK_KIND, RULE_TERMS_CLOCK_KIND},
	{"line tests", line_tests, RULE_OK, RULE_OK},
	{"line tests without their form", line_tests_without_a_form, RULE_TERMS_LINE_TEST, RULE_TERMS_LINE_TEST},
	{"line tests all the time", line_tests_all_the_time, RULE_TERMS_LINE_TEST, RULE_TERMS_LINE_TEST},
	{"line tests that open nothing", line_tests_that_open_nothing, RULE_TERMS_LINE_TEST, RULE_TERMS_LINE_TEST},
	{"line tests with words", line_tests_with_words, RULE_TERMS_LINE_TEST, RULE_TERMS_LINE_TEST},
	{"line tests by default without their form", line_tests_by_default_without_a_form, RULE_TERMS_LINE_TEST,
		RULE_TERMS_LINE_TEST},
	{"an amendment", an_amendment, RULE_TERMS_PREDECESSOR, RULE_TERMS_PREDECESSOR},
	{"no agreement", no_agreement, RULE_AGREEMENT_VERSION, RULE_AGREEMENT_VERSION},
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct terms *terms = NULL, *draft = NULL;
		struct fault fault = {0}, other = {0};
		world_start(&world, 2);
		cases[i].change();
		enum rule rule = terms_new(&terms, &world.source, &fault);
		enum rule rule_unsigned = terms_new_unsigned(&draft, &world.source, &other);
		bool good = rule == cases[i].rule && rule_unsigned == cases[i].rule_unsigned && fault.rule == rule &&
			other.rule == rule_unsigned && (terms != NULL) == (rule == RULE_OK) &&
			(draft != NULL) == (rule_unsigned == RULE_OK);
		test_check(good, "%s (%s, %s)", cases[i].name, rule_name(rule), rule_name(rule_unsigned));
		terms_free(terms);
		terms_free(draft);
		world_end(&world);
	}
	terms_free(NULL);
}

static void check_names(void)
{
	const struct terms *terms = world.terms;
	char origin[ORIGIN_MAX + 1], mirror[KEY_NAME_MAX + 1];
	test_check(terms_party_count(terms) == 3 && bytes_is(terms_party(terms, 1), "b.example"), "parties in order");
	test_check(terms_party_find(terms, BYTES("c.example")) == 2 &&
		terms_party_find(terms, BYTES("d.example")) == 3 &&
		terms_party_find(terms, BYTES("a.exampl")) == 3 &&
		terms_party_find(terms, (struct bytes){NULL, 0}) == 3, "a party by name");
	origin_make(origin, BYTES("b.example"), terms_agreement(terms)->digest);
	test_check(strcmp(terms_origin(terms, 1), origin) == 0, "an origin from the agreement's text");
	test_check(terms_origin_find(terms, bytes_string(origin)) == 1 &&
		terms_origin_find(terms, BYTES("b.example/0000000000000000")) == 3 &&
		terms_origin_find(terms, BYTES("b.example")) == 3,
		"a party by origin");
	snprintf(mirror, sizeof(mirror), "%s/mirror", origin);
	test_check(strcmp(terms_log_key(terms, 1)->name, origin) == 0 &&
		terms_log_key(terms, 1)->type == SIGNATURE_ED25519 &&
		memcmp(terms_log_key(terms, 1)->key, world.parties[1].card.sets[CARD_LIVE].log, ED25519_PUBLIC) == 0,
		"a log's key");
	test_check(strcmp(terms_mirror_key(terms, 1)->name, mirror) == 0 &&
		terms_mirror_key(terms, 1)->type == SIGNATURE_COSIGNATURE &&
		memcmp(terms_mirror_key(terms, 1)->key, world.parties[1].card.sets[CARD_LIVE].mirror,
		ED25519_PUBLIC) == 0, "a mirror's key");
	test_check(terms_card(terms, 2)->serial == 1 && terms_keys(terms, 2) == &terms_card(terms, 2)->sets[CARD_LIVE],
		"a card");
}

static void check_desks(void)
{
	const struct terms *terms = world.terms;
	const struct card_keys *live = &world.parties[1].card.sets[CARD_LIVE];
	struct bytes duty = BYTES("b.example/duty");
	test_check(memcmp(terms_desk_key(terms, duty)->key, live->desks[1].sign, ED25519_PUBLIC) == 0 &&
			memcmp(terms_desk_seal(terms, duty), live->desks[1].seal, X25519_SIZE) == 0,
		"a desk's keys");
	test_check(memcmp(terms_desk_key(terms, BYTES("b.example/node"))->key, live->node, ED25519_PUBLIC) == 0 &&
		terms_desk_seal(terms, BYTES("b.example/node")) == NULL, "the node signs and opens nothing");
	test_check(strcmp(terms_desk_key(terms, BYTES("b.example/duty"))->name, "b.example/duty") == 0 &&
		strcmp(terms_desk_key(terms, BYTES("b.example/node"))->name, "b.example/node") == 0,
		"a desk's key has its name");
	test_check(terms_desk_key(terms, BYTES("b.example/press")) == NULL &&
		terms_desk_seal(terms, BYTES("d.example/duty")) == NULL &&
		terms_desk_key(terms, BYTES("b.example")) == NULL, "no such desk");
	static struct entry entry;
	entry.from = BYTES("a.example/duty");
	entry.to[0] = BYTES("b.example/cert");
	entry.to[1] = BYTES("c.example/duty");
	entry.to_count = 2;
	struct sealed_recipients recipients;
	bool good = cards_recipients(world.cards, &entry, 0, &recipients) == RULE_OK && recipients.count == 3;
	test_check(good && memcmp(recipients.keys[0], live->desks[0].seal, X25519_SIZE) == 0 &&
		memcmp(recipients.keys[2], world.parties[0].card.sets[CARD_LIVE].desks[1].seal, X25519_SIZE) == 0,
		"recipients in the order of `to`, the sender last");
	entry.to[1] = BYTES("c.example/node");
	test_check(cards_recipients(world.cards, &entry, 0, &recipients) == RULE_TERMS_DESK, "nothing is sealed to a node");
	entry.to[1] = BYTES("c.example/press");
	test_check(cards_recipients(world.cards, &entry, 0, &recipients) == RULE_TERMS_DESK, "nothing is sealed to nobody");
}

static void check_forms(void)
{
	const struct terms *terms = world.terms;
	test_check(terms_mechanism_count(terms) == 2 && bytes_is(terms_mechanism(terms, 1)->name, "talk"),
		"mechanisms in order");
	static const char *const names[] = {"record/receipt", "record/received", "record/unreadable", "talk/open",
		"talk/remark",
		"talk/reply", "talk/secret", "talk/test"};
	bool good = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct form *form = terms_form(terms, bytes_string(names[i]));
		good = good && form != NULL && bytes_is(form->name, names[i]);
	}
	test_check(good, "every form by its name");
	test_check(terms_form(terms, BYTES("talk/ope")) == NULL && terms_form(terms, BYTES("talk/zz")) == NULL &&
		terms_form(terms, BYTES("aaa/a")) == NULL, "no such form");
}

int main(void)
{
	test_start();
	check_cases();
	world_start(&world, 3);
	world.agreement.clocks[0].seconds = 60;
	world_agree(&world, 3);
	world_load(&world);
	check_names();
	check_desks();
	check_forms();
	world_end(&world);
	world_start(&world, 2);
	drill();
	world_load(&world);
	test_check(memcmp(terms_log_key(world.terms, 0)->key, world.parties[0].card.sets[CARD_DRILL].log,
		ED25519_PUBLIC) == 0,
		"a drill has its own keys");
	world_end(&world);
	return test_end();
}

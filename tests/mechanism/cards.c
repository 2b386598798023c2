/*
 * Cards by place: which card an entry may bring, from where it acts, and that keys are judged by it: before, at and
 * after its entry, in the log itself and for the others by their `seen`.
 */
#include "cards.h"

#include "judge.h"
#include "test.h"
#include "world.h"

enum { A, B, C };

static const char party_file[] =
	"detente mechanism v1\nname party\nclock compromise 7d\nform party/card\nopens yes\nfield card open text required 16384\n"
	"form party/compromise\nopens yes\ndisowns compromise\nfield disowns open place repeated\n";

static struct world world;

/* A party with the keys of another name, for what changes in its cards. */
static struct world_party second;

static void start(void)
{
	world_start(&world, 3);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	world_file(&world, "party", bytes_string(party_file));
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(world_talk));
	world_agree(&world, 3);
	world_load(&world);
	buffer_free(&second.note);
	memset(&second, 0, sizeof(second));
	world_party_start(&second, "second.example");
}

/* How a card differs from a's own. */
enum change { NEW_KEYS = 1, OTHER_PARTY = 2, OTHER_IDENTITY = 4, SPOILED = 8, KEY_OF_B = 16, SAME_KEYS = 32,
	SIGNED_BY_A = 64, SIGNED_BY_B = 128, ONLY_A = 256 };

/* Adds the signature of another identity under the card's party's name; to nothing: the card, with no other signature. */
static void sign_too(struct world_party *party, size_t by)
{
	struct buffer text = {0};
	struct signer signer = {.secret = world.parties[by].identity};
	world_must(vkey_make(&signer.vkey, bytes_string(party->name), SIGNATURE_ED25519,
		world.parties[by].card.identity) == RULE_OK, "identity");
	card_write(&text, &party->card);
	if (party->note.size == 0) {
		buffer_add(&party->note, buffer_bytes(&text));
		buffer_string(&party->note, "\n");
	}
	note_sign(&party->note, buffer_bytes(&text), &signer);
	buffer_free(&text);
}

static void make_card(unsigned change, uint64_t serial, struct buffer *note)
{
	static struct world_party party;
	party = world.parties[A];
	party.note = (struct buffer){0};
	party.card.party = bytes_string(change & OTHER_PARTY ? "d.example" : world.parties[A].name);
	snprintf(party.name, sizeof(party.name), "%.*s", BYTES_SHOWN(party.card.party));
	party.card.party = bytes_string(party.name);
	party.card.serial = serial;
	if (change & NEW_KEYS)
		memcpy(party.card.sets, second.card.sets, sizeof(party.card.sets));
	if (change & OTHER_IDENTITY) {
		memcpy(party.identity, second.identity, sizeof(party.identity));
		memcpy(party.card.identity, second.card.identity, sizeof(party.card.identity));
	}
	if (change & KEY_OF_B)
		memcpy(party.card.sets[CARD_LIVE].desks[0].seal, world.parties[B].card.sets[CARD_LIVE].desks[0].seal,
			X25519_SIZE);
	world_card(&party);
	if (change & ONLY_A)
		buffer_clear(&party.note);
	if (change & (SIGNED_BY_A | ONLY_A))
		sign_too(&party, A);
	if (change & SIGNED_BY_B)
		sign_too(&party, B);
	if (change & SPOILED)
		party.note.data[party.note.size / 2] ^= 1;
	buffer_add(note, buffer_bytes(&party.note));
	buffer_free(&party.note);
}

/* An entry of a desk of a party's, signed by the key of that desk of `signer`. */
struct said {
	size_t party;
	const char *desk, *form, *field;
	struct bytes value;
	const struct world_party *signer;
	uint64_t seen_a; /* of a's log */
};

static void say(const struct said *said, struct buffer *note)
{
	static struct entry entry;
	char from[DESK_MAX + 1];
	struct buffer open = {0}, value = {0};
	struct signer signer = {.secret = said->signer->sign[strcmp(said->desk, "duty") == 0 ? 5 : 4]};
	memset(&entry, 0, sizeof(entry));
	snprintf(from, sizeof(from), "%s/%s", world.parties[said->party].name, said->desk);
	memcpy(entry.agreement, terms_agreement(world.terms)->digest, SHA256_SIZE);
	entry.from = bytes_string(from);
	entry.form = bytes_string(said->form);
	entry.opens = true;
	entry.to[entry.to_count++] = said->party == B ? BYTES("c.example/duty") : BYTES("b.example/duty");
	if (said->seen_a != 0)
		entry.seen[entry.seen_count++] =
			(struct entry_seen){bytes_string(terms_origin(world.terms, A)), said->seen_a, {{1}}};
	entry.at = WORLD_AT;
	entry.tlp = BYTES("AMBER");
	entry.lang = BYTES("en");
	line_escape(&value, said->value);
	if (said->field != NULL)
		entry.fields[entry.field_count++] = (struct line){bytes_string(said->field), buffer_bytes(&value)};
	entry_write_open(&open, &entry);
	world_must(vkey_make(&signer.vkey, entry.from, SIGNATURE_ED25519, signer.secret + ED25519_SEED) == RULE_OK,
		"desk");
	buffer_clear(note);
	entry_finish(note, buffer_bytes(&open), (struct bytes){0}, &signer);
	world_must(note->rule == RULE_OK, rule_sentence(note->rule));
	buffer_free(&open);
	buffer_free(&value);
}

static struct judge_prepared prepared;

/* What becomes of an entry that brings such a card, at that index; it is taken when it acts. */
static enum rule bring(unsigned change, uint64_t serial, uint64_t index)
{
	struct buffer card = {0}, note = {0};
	make_card(change, serial, &card);
	struct said said = {.party = A, .desk = "duty", .form = CARD_FORM, .field = CARD_FIELD,
		.value = buffer_bytes(&card),
		.signer = (change & NEW_KEYS) && !(change & SAME_KEYS) ? &second : &world.parties[A]};
	say(&said, &note);
	judge_prepare(&prepared, world.cards, A, index, buffer_bytes(&note));
	enum rule rule = prepared.form != RULE_OK ? prepared.form : prepared.meaning;
	bool acts = prepared.brings_card;
	test_check(acts == (prepared.form == RULE_OK), "it acts if its form is good");
	if (acts)
		world_must(cards_take(world.cards, &prepared.entry, index) == RULE_OK, "taking a card");
	/* judged again when it was taken, as what was pending is */
	judge_prepare(&prepared, world.cards, A, index, buffer_bytes(&note));
	test_check((prepared.form != RULE_OK ? prepared.form : prepared.meaning) == rule, "and comes to the same again");
	buffer_free(&card);
	buffer_free(&note);
	return rule;
}

static const struct {
	const char *name;
	unsigned change;
	uint64_t serial;
	enum rule rule;
} cases[] = {
	{"the same serial", 0, 1, RULE_JUDGE_CARD_SERIAL},
	{"a lower serial", 0, 0, RULE_JUDGE_CARD_SERIAL},
	{"of another party", OTHER_PARTY, 2, RULE_JUDGE_CARD_PARTY},
	{"of another identity", OTHER_IDENTITY, 2, RULE_JUDGE_CARD_IDENTITY},
	{"of another identity that a stranger signed, too", OTHER_IDENTITY | SIGNED_BY_B, 2, RULE_JUDGE_CARD_IDENTITY},
	{"of another identity that only the one before signed", OTHER_IDENTITY | ONLY_A, 2, RULE_CARD_UNSIGNED},
	{"of another identity that the one before signed, too", OTHER_IDENTITY | SIGNED_BY_A, 2, RULE_OK},
	{"of another identity that both signed, and a stranger", OTHER_IDENTITY | SIGNED_BY_A | SIGNED_BY_B, 2, RULE_OK},
	{"with a key of another party's", KEY_OF_B, 2, RULE_TERMS_KEYS},
	{"signed by the old key of its desk", NEW_KEYS | SAME_KEYS, 2, RULE_ENTRY_SIGNER},
	{"good", 0, 2, RULE_OK},
	{"with new keys, signed by the new one", NEW_KEYS, 2, RULE_OK},
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		enum rule rule = bring(cases[i].change, cases[i].serial, 3);
		test_check(rule == cases[i].rule, "a card %s: %s", cases[i].name, rule_name(rule));
		test_check(cards_count(world.cards, A) == (cases[i].rule == RULE_OK ? 2u : 1u), "and how many there are");
		world_end(&world);
	}
	start();
	enum rule rule = bring(SPOILED, 2, 3);
	test_check(rule != RULE_OK && cards_count(world.cards, A) == 1, "a card that was changed: %s", rule_name(rule));
	struct buffer note = {0};
	struct said said = {.party = A, .desk = "duty", .form = CARD_FORM, .signer = &world.parties[A]};
	say(&said, &note);
	judge_prepare(&prepared, world.cards, A, 0, buffer_bytes(&note));
	test_check(prepared.form == RULE_JUDGE_CARD, "no card in it");
	buffer_free(&note);
	world_end(&world);
}

/* The verdict's rule of an entry by that signer at that index. */
static enum rule speaks(const struct world_party *signer, uint64_t index)
{
	struct buffer note = {0};
	struct said said = {.party = A, .desk = "duty", .form = "talk/open", .field = "word", .value = BYTES("x"),
		.signer = signer};
	say(&said, &note);
	judge_prepare(&prepared, world.cards, A, index, buffer_bytes(&note));
	enum rule rule = prepared.form;
	buffer_free(&note);
	return rule;
}

/* Whose sealing key an entry of b goes by that has seen so much of a's log. */
static bool sealed_to(const struct world_party *party, uint64_t seen)
{
	static struct entry entry;
	struct buffer note = {0};
	struct sealed_recipients to;
	struct said said = {.party = B, .desk = "duty", .form = "talk/open", .field = "word", .value = BYTES("x"),
		.signer = &world.parties[B], .seen_a = seen};
	say(&said, &note);
	world_must(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK, "parse");
	entry.to[0] = BYTES("a.example/duty");
	world_must(cards_recipients(world.cards, &entry, 0, &to) == RULE_OK, "recipients");
	bool good = memcmp(to.keys[0], party->card.sets[CARD_LIVE].desks[1].seal, X25519_SIZE) == 0;
	buffer_free(&note);
	return good;
}

static void check_place(void)
{
	const struct world_party *old = &world.parties[A];
	start();
	test_check(bring(NEW_KEYS, 2, 3) == RULE_OK, "a card with new keys at index 3");
	test_check(speaks(old, 2) == RULE_OK && speaks(&second, 2) == RULE_ENTRY_SIGNER, "before it the old key signs");
	test_check(speaks(old, 4) == RULE_ENTRY_SIGNER && speaks(&second, 4) == RULE_OK, "after it the new one does");
	test_check(cards_at(world.cards, A, 0)->card.serial == 1 && cards_at(world.cards, A, 3)->card.serial == 1 &&
		cards_at(world.cards, A, 4)->card.serial == 2 && cards_newest(world.cards, A)->card.serial == 2,
		"at a size, what the entries below it brought");
	test_check(sealed_to(old, 0) && sealed_to(old, 3) && sealed_to(&second, 4), "others go by their seen");
	test_check(bring(NEW_KEYS, 2, 5) == RULE_JUDGE_CARD_SERIAL, "the next has a greater serial again");
	test_check(bring(NEW_KEYS, 9, 5) == RULE_OK && cards_count(world.cards, A) == 3, "by any number");
	world_end(&world);
}

/* What becomes of an entry by the new key, at index 7, that disowns one. */
static enum rule disowns(const char *place)
{
	struct buffer note = {0};
	struct said said = {.party = A, .desk = "duty", .form = "party/compromise", .field = "disowns",
		.value = bytes_string(place), .signer = &second};
	say(&said, &note);
	judge_prepare(&prepared, world.cards, A, 7, buffer_bytes(&note));
	buffer_free(&note);
	return prepared.form != RULE_OK ? prepared.form : prepared.meaning;
}

static void check_disowned(void)
{
	start();
	world_must(bring(NEW_KEYS, 2, 3) == RULE_OK, "a card with new keys at index 3");
	test_check(disowns("a.example/2") == RULE_OK, "an entry under the old key is disowned");
	test_check(disowns("a.example/3") == RULE_JUDGE_DISOWNS && disowns("a.example/5") == RULE_JUDGE_DISOWNS,
		"one under the present key is not");
	test_check(disowns("b.example/0") == RULE_JUDGE_DISOWNS, "nor is another party's");
	world_must(bring(NEW_KEYS, 3, 5) == RULE_OK, "a card with the same keys at index 5");
	test_check(disowns("a.example/4") == RULE_JUDGE_DISOWNS, "nor is one below a card that changed no key");
	test_check(disowns("a.example/2") == RULE_OK, "while one under keys of two cards ago is");
	world_end(&world);
}

static void check_many(void)
{
	start();
	enum rule rule = RULE_OK;
	for (uint64_t i = 0; i < CARDS_MAX && rule == RULE_OK; i++)
		rule = bring(0, 2 + i, i);
	test_check(rule == RULE_OK, "60 cards in one log");
	test_check(bring(0, 1000, CARDS_MAX) == RULE_JUDGE_CARD_MANY, "and no more");
	world_end(&world);
}

int main(void)
{
	test_start();
	check_cases();
	check_place();
	check_disowned();
	check_many();
	buffer_free(&second.note);
	return test_end();
}

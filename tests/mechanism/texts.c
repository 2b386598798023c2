/*
 * Texts by place: what may be signed and released, which text governs what, and that it does not hang on the order in
 * which logs arrive: a story of amendments between three parties, judged in many orders.
 */
#include "texts.h"

#include "judge.h"
#include "test.h"
#include "world.h"

enum { A, B, C };

static const char agreement_file[] =
	"detente mechanism v1\nname agreement\nsurvives yes\n"
	"form agreement/propose\nopens yes\nfield text open text required 15000\n"
	"form agreement/sign\nanswers agreement/propose\nfield text open text required 15000\n"
	"form agreement/release\nanswers agreement/sign\n";

static const char extra_file[] =
	"detente mechanism v1\nname extra\nform extra/open\nopens yes\nfield word open line required 20\n";

/* The first text and its amendments: T1 and its rival have the first for a predecessor, T2 has T1. */
enum text { T0, T1, RIVAL, T2, TEXTS };

static struct world world;
static struct agreement texts[TEXTS];
static struct buffer written[TEXTS];

static void write_text(enum text text)
{
	buffer_clear(&written[text]);
	agreement_write(&written[text], &texts[text]);
	sha256(buffer_bytes(&written[text]), texts[text].digest);
}

static void amend(enum text text, enum text predecessor)
{
	texts[text] = texts[predecessor];
	texts[text].has_predecessor = true;
	memcpy(texts[text].predecessor, texts[predecessor].digest, SHA256_SIZE);
}

static void insert_limit(struct agreement *agreement, uint64_t value)
{
	agreement->limits[0] = (struct agreement_limit){BYTES("attachment"), value};
	agreement->limit_count = 1;
}

static void start(void)
{
	world_start(&world, 3);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	world_file(&world, "agreement", bytes_string(agreement_file));
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(world_talk));
	world_agree(&world, 3);
	world_load(&world);
	texts[T0] = *terms_agreement(world.terms);
	amend(T1, T0);
	texts[T1].clocks[0].seconds = 600;
	insert_limit(&texts[T1], 5);
	write_text(T1);
	amend(RIVAL, T0);
	texts[RIVAL].clocks[0].seconds = 900;
	write_text(RIVAL);
	amend(T2, T1);
	insert_limit(&texts[T2], 3);
	struct agreement_hashed *mechanisms = texts[T2].mechanisms;
	mechanisms[3] = mechanisms[2];
	mechanisms[2] = mechanisms[1];
	mechanisms[1].name = BYTES("extra");
	sha256(bytes_string(extra_file), mechanisms[1].digest);
	texts[T2].mechanism_count++;
	write_text(T2);
}

static void sign_text(struct buffer *note, struct bytes text, size_t party)
{
	struct world_party *by = &world.parties[party];
	struct signer signer = {.secret = by->identity};
	struct bytes name = bytes_string(by->name);
	world_must(vkey_make(&signer.vkey, name, SIGNATURE_ED25519, by->card.identity) == RULE_OK, "name");
	buffer_add(note, text);
	buffer_string(note, "\n");
	note_sign(note, text, &signer);
	world_must(note->rule == RULE_OK, "signing a text");
}

/* ---- entries ---- */

struct said {
	const char *name;
	size_t party;
	const char *form;
	enum text names, signs; /* signs: T0: the form has no text */
	const char *re;         /* without it: the entry opens a matter */
	uint64_t seen[WORLD_PARTIES];
	enum rule rule;
};

#define LOG_MAX 32

struct log {
	size_t count;
	struct buffer notes[LOG_MAX];
	struct hash leaves[LOG_MAX], roots[LOG_MAX + 1];
	struct tree_frontier tree;
	enum rule expected[LOG_MAX];
	const char *names[LOG_MAX];
	/* as they are judged */
	size_t arrived;
	struct judge_log state;
	struct judge_head heads[LOG_MAX];
};
static struct log logs[WORLD_PARTIES];

static void fill(const struct said *said, struct entry *entry, struct buffer *value)
{
	memcpy(entry->agreement, texts[said->names].digest, SHA256_SIZE);
	entry->form = bytes_string(said->form);
	entry->opens = said->re == NULL;
	if (said->re != NULL) {
		entry->has_re = true;
		world_must(place_parse(&entry->re, bytes_string(said->re)) == RULE_OK, "re");
		entry->matter = (struct place){BYTES("a.example"), 1};
	}
	for (size_t i = 0; i < WORLD_PARTIES; i++) {
		static const struct bytes desks[] = {BYTES("a.example/duty"), BYTES("b.example/duty"),
			BYTES("c.example/duty")};
		if (i != said->party)
			entry->to[entry->to_count++] = desks[i];
		if (said->seen[i] != 0)
			entry->seen[entry->seen_count++] = (struct entry_seen){
				bytes_string(terms_origin(world.terms, i)), said->seen[i],
				logs[i].roots[said->seen[i]]};
	}
	entry->at = WORLD_AT + (int64_t)logs[said->party].count;
	entry->tlp = BYTES("AMBER");
	entry->lang = BYTES("en");
	struct buffer note = {0};
	if (said->signs != T0) {
		if (strcmp(said->form, SIGN_FORM) == 0)
			sign_text(&note, buffer_bytes(&written[said->signs]), said->party);
		else
			buffer_add(&note, buffer_bytes(&written[said->signs]));
		line_escape(value, buffer_bytes(&note));
	} else if (said->re == NULL) {
		buffer_string(value, "x");
	}
	buffer_free(&note);
	if (value->size != 0)
		entry->fields[entry->field_count++] = (struct line){said->signs != T0 ? BYTES("text") : BYTES("word"),
			buffer_bytes(value)};
}

/* The note of an entry; with `value`, that is its field `text`. */
static void say(const struct said *said, struct bytes given, struct buffer *note)
{
	static struct entry entry;
	struct world_signer signer;
	struct buffer open = {0}, value = {0};
	char from[DESK_MAX + 1];
	memset(&entry, 0, sizeof(entry));
	snprintf(from, sizeof(from), "%s/duty", world.parties[said->party].name);
	entry.from = bytes_string(from);
	fill(said, &entry, &value);
	if (given.data != NULL) {
		buffer_clear(&value);
		line_escape(&value, given);
		entry.fields[0].value = buffer_bytes(&value);
	}
	entry_write_open(&open, &entry);
	world_desk_signer(&world, entry.from, &signer);
	entry_finish(note, buffer_bytes(&open), (struct bytes){0}, &signer.signer);
	world_must(note->rule == RULE_OK, rule_sentence(note->rule));
	buffer_free(&open);
	buffer_free(&value);
}

static void add(const struct said *said)
{
	struct log *log = &logs[said->party];
	if (log->count == 0)
		tree_empty_root(&log->roots[0]);
	say(said, (struct bytes){0}, &log->notes[log->count]);
	tree_leaf_hash(buffer_bytes(&log->notes[log->count]), &log->leaves[log->count]);
	tree_append(&log->tree, &log->leaves[log->count]);
	log->expected[log->count] = said->rule;
	log->names[log->count] = said->name;
	tree_root(&log->tree, &log->roots[++log->count]);
}

/* ---- the story ---- */

static const struct said story[] = {
	{"a talks under the first text", A, "talk/open", T0, T0, NULL, {0, 0, 0}, RULE_OK}, /* a0 */
	{"a proposes an amendment", A, "agreement/propose", T0, T1, NULL, {0, 0, 0}, RULE_OK}, /* a1 */
	{"nothing is known of it yet", A, "talk/open", T1, T0, NULL, {0, 0, 0}, RULE_JUDGE_AGREEMENT}, /* a2 */
	{"b signs it", B, "agreement/sign", T0, T1, "a.example/1", {3, 0, 0}, RULE_OK}, /* b0 */
	{"a signs it", A, "agreement/sign", T0, T1, "a.example/1", {0, 0, 0}, RULE_OK}, /* a3 */
	{"signed by some", A, "talk/open", T1, T0, NULL, {0, 1, 0}, RULE_JUDGE_TEXT}, /* a4 */
	{"the old text goes on", A, "talk/open", T0, T0, NULL, {0, 1, 0}, RULE_OK}, /* a5 */
	{"c signs it", C, "agreement/sign", T0, T1, "a.example/1", {3, 0, 0}, RULE_OK}, /* c0 */
	{"b knows all three", B, "talk/open", T1, T0, NULL, {4, 0, 1}, RULE_OK}, /* b1 */
	{"and the old text is over for it", B, "talk/open", T0, T0, NULL, {4, 0, 1}, RULE_JUDGE_TEXT}, /* b2 */
	{"not for c, which has not seen a's", C, "talk/open", T0, T0, NULL, {3, 1, 0}, RULE_OK}, /* c1 */
	{"who does not know all does not go by it", C, "talk/open", T1, T0, NULL, {3, 1, 0}, RULE_JUDGE_TEXT}, /* c2 */
	{"nobody releases another's", A, "agreement/release", T0, T0, "b.example/0", {0, 1, 0},
		RULE_JUDGE_RELEASE}, /* a6 */
	{"nor what is no signature", A, "agreement/release", T0, T0, "a.example/1", {0, 1, 0},
		RULE_JUDGE_RELEASE}, /* a7 */
	{"a goes by it", A, "talk/open", T1, T0, NULL, {0, 2, 1}, RULE_OK}, /* a8 */
	{"and cannot release it any more", A, "agreement/release", T1, T0, "a.example/3", {0, 2, 1},
		RULE_JUDGE_RELEASE}, /* a9 */
	{"b, bound, says so under the first text", B, "agreement/release", T0, T0, "b.example/0", {4, 0, 1},
		RULE_JUDGE_RELEASE}, /* b3 */
	{"c went by it in vain, and is bound", C, "agreement/release", T0, T0, "c.example/0", {3, 1, 0},
		RULE_JUDGE_RELEASE}, /* c3 */
	{"c learns all", C, "talk/open", T1, T0, NULL, {9, 3, 0}, RULE_OK}, /* c4 */
	/* an amendment of the amendment, with a mechanism more, against a rival */
	{"b signs an amendment of it", B, "agreement/sign", T1, T2, "a.example/1", {9, 0, 5}, RULE_OK}, /* b4 */
	{"a signs the rival of what is in force", A, "agreement/sign", T1, RIVAL, "a.example/1", {0, 5, 5},
		RULE_OK}, /* a10 */
	{"which changes nothing", A, "talk/open", T1, T0, NULL, {0, 5, 5}, RULE_OK}, /* a11 */
	{"a signs it too", A, "agreement/sign", T1, T2, "a.example/1", {0, 5, 5}, RULE_OK}, /* a12 */
	{"a releases that before c signs", A, "agreement/release", T1, T0, "a.example/12", {0, 5, 5},
		RULE_OK}, /* a13 */
	{"once", A, "agreement/release", T1, T0, "a.example/12", {0, 5, 5}, RULE_JUDGE_RELEASE}, /* a14 */
	{"c signs, not having seen that", C, "agreement/sign", T1, T2, "a.example/1", {13, 5, 0}, RULE_OK}, /* c5 */
	{"for c it governs", C, "extra/open", T2, T0, NULL, {13, 5, 0}, RULE_OK}, /* c6 */
	{"until it sees the release", C, "extra/open", T2, T0, NULL, {14, 5, 0}, RULE_JUDGE_TEXT}, /* c7 */
	{"then the text before governs", C, "talk/open", T1, T0, NULL, {14, 5, 0}, RULE_OK}, /* c8 */
	{"which does not know the form", C, "extra/open", T1, T0, NULL, {14, 5, 0}, RULE_JUDGE_FORM}, /* c9 */
	{"b saw it at once, and goes on", B, "talk/open", T1, T0, NULL, {15, 0, 10}, RULE_OK}, /* b5 */
	{"a signs it after all", A, "agreement/sign", T1, T2, "a.example/1", {0, 6, 10}, RULE_OK}, /* a15 */
	{"and goes by it", A, "extra/open", T2, T0, NULL, {0, 6, 10}, RULE_OK}, /* a16 */
	{"b goes by it", B, "extra/open", T2, T0, NULL, {17, 0, 10}, RULE_OK}, /* b6 */
	{"and is bound to what it amends", B, "agreement/release", T2, T0, "b.example/0", {17, 0, 10},
		RULE_JUDGE_RELEASE}, /* b7 */
};
#define STORY (sizeof(story) / sizeof(story[0]))

/* ---- judging it ---- */

static uint64_t judged(void *context, size_t party)
{
	(void)context;
	return logs[party].state.next;
}

static enum rule root(void *context, size_t party, uint64_t size, struct hash *to)
{
	(void)context;
	if (size > logs[party].arrived)
		return RULE_NOT_FOUND;
	*to = logs[party].roots[size];
	return RULE_OK;
}

static enum rule head(void *context, size_t party, uint64_t index, struct judge_head *to)
{
	(void)context;
	*to = logs[party].heads[index];
	return RULE_OK;
}

static enum rule proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	(void)context;
	(void)proposal;
	*found = false;
	return RULE_OK;
}

static const struct judge_record record = {.judged = judged, .root = root, .head = head, .proposed = proposed};
static unsigned wrong;
static const char *wrong_name;

static void keep_head(size_t party, uint64_t index, const struct judge_prepared *prepared, enum rule rule)
{
	struct judge_head *kept = &logs[party].heads[index];
	const struct entry *entry = &prepared->entry;
	*kept = (struct judge_head){.verdict = rule};
	if (rule != RULE_OK)
		return;
	kept->form = prepared->written->name;
	kept->opens = entry->opens;
	kept->matter_party = entry->opens ? bytes_string(world.parties[party].name) : BYTES("a.example");
	kept->matter_index = entry->opens ? index : entry->matter.index;
	kept->to = kept->circle = 7;
}

/* Judges the next entry of a log that has arrived; false: it waits. */
static bool judge_one(size_t party)
{
	static struct judge_prepared prepared;
	struct log *log = &logs[party];
	uint64_t index = log->state.next;
	struct judge_input input = {.party = party, .index = index, .note = buffer_bytes(&log->notes[index]),
		.leaf = log->leaves[index], .prepared = &prepared};
	struct judge_verdict verdict;
	judge_prepare(&prepared, world.cards, party, index, input.note);
	world_must(judge_next(&log->state, cards_texts(world.cards), &input, &record, &verdict) == RULE_OK,
		"judge_next");
	if (verdict.outcome == JUDGE_PENDING)
		return false;
	keep_head(party, index, &prepared, verdict.rule);
	if (verdict.rule != log->expected[index]) {
		wrong++;
		wrong_name = log->names[index];
		fprintf(stderr, "%s: %s, not %s\n", log->names[index], rule_name(verdict.rule),
			rule_name(log->expected[index]));
	}
	return true;
}

static void judge_rest(void)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < WORLD_PARTIES; i++)
			while (logs[i].state.next < logs[i].arrived && judge_one(i))
				more = true;
	}
}

/* The next entry of a log comes: what it says of texts acts at once, whether or not it is judged. */
static void arrive(size_t party)
{
	static struct judge_prepared prepared;
	struct log *log = &logs[party];
	judge_prepare(&prepared, world.cards, party, log->arrived, buffer_bytes(&log->notes[log->arrived]));
	if (prepared.brings_text)
		world_must(texts_take(cards_texts(world.cards), party, &prepared.entry, log->arrived) == RULE_OK,
			"taking");
	log->arrived++;
}

static void forget(void)
{
	cards_free(world.cards);
	world.cards = cards_new(world.terms);
	world_must(world.cards != NULL, "cards");
	for (size_t i = 0; i < WORLD_PARTIES; i++) {
		judge_log_free(&logs[i].state);
		logs[i].arrived = 0;
	}
}

static bool all_judged(void)
{
	bool all = true;
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		all = all && logs[i].state.next == logs[i].count;
	return all;
}

static void hold(const char *file)
{
	world_must(texts_hold(cards_texts(world.cards), bytes_string(file), NULL) == RULE_OK, "holding a file");
}

static unsigned drawn(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static void check_story(void)
{
	start();
	for (size_t i = 0; i < STORY; i++)
		add(&story[i]);
	forget();
	for (size_t i = 0; i < STORY; i++) {
		unsigned before = wrong;
		arrive(story[i].party);
		if (texts_count(cards_texts(world.cards)) > T2)
			hold(extra_file);
		judge_rest();
		test_check(wrong == before && logs[story[i].party].state.next == logs[story[i].party].arrived, "%s: %s",
			story[i].name, rule_name(story[i].rule));
	}
	/* logs come whole, or an entry at a time, judged at once or later; the file comes at some time */
	bool good = true;
	for (unsigned seed = 1; seed <= 400; seed++) {
		unsigned state = seed, when = drawn(&state, STORY);
		bool held = false;
		forget();
		for (size_t i = 0; i < STORY; i++) {
			size_t party = drawn(&state, WORLD_PARTIES);
			while (logs[party].arrived == logs[party].count)
				party = (party + 1) % WORLD_PARTIES;
			arrive(party);
			held = held || (i >= when && texts_count(cards_texts(world.cards)) > T2);
			if (held)
				hold(extra_file);
			if (drawn(&state, 3) != 0)
				judge_rest();
		}
		hold(extra_file);
		judge_rest();
		good = good && all_judged();
	}
	test_check(good && wrong == 0, "400 orders of arrival come to the same (%s)", wrong == 0 ? "" : wrong_name);
}

/* What governs what has which past, and what is known of who signed. */
static void check_reading(void)
{
	const struct texts *all = cards_texts(world.cards);
	size_t t1 = texts_find(all, texts[T1].digest), t2 = texts_find(all, texts[T2].digest);
	test_check(texts_count(all) == TEXTS && t1 < TEXTS && t2 < TEXTS, "three amendments are known");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){3, 1, 1}) == 0,
		"before a's signature the first governs");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){4, 1, 1}) == t1, "with it the amendment");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){13, 5, 6}) == t2, "the chain goes on");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){14, 5, 6}) == t1, "back by a release");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){16, 6, 10}) == t2,
		"and on by the next signature");
	test_check(texts_governing(all, (uint64_t[AGREEMENT_PARTIES_MAX]){16, 0, 10}) == 0, "not without b's first");
	test_check(texts_standing(all, A, 0, 17) == t1, "the first signature for a predecessor counts, not the rival");
	test_check(texts_signed_count(all, A) == 4 && texts_signed(all, A, 2)->released == 13 &&
		texts_signed(all, A, 0)->bound == 4 && texts_signed(all, B, 1)->bound == 6, "releases and bonds");
	test_check(texts_limit(all, t2, "attachment", 2) == 5 && texts_limit(all, 0, "attachment", 2) == 2,
		"the greatest of a limit, so far");
	const struct terms *terms = texts_nth(all, t2);
	test_check(terms != NULL && terms_form(terms, BYTES("extra/open")) != NULL &&
		agreement_clock(terms_agreement(terms), "skew", 0) == 600, "what it binds");
	test_check(terms != NULL && strcmp(terms_origin(terms, A), terms_origin(world.terms, A)) == 0,
		"the logs keep their names");
}

static void check_files(void)
{
	forget();
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		while (logs[i].arrived < logs[i].count)
			arrive(i);
	judge_rest();
	struct texts *all = cards_texts(world.cards);
	size_t t2 = texts_find(all, texts[T2].digest);
	test_check(logs[C].state.next == 6, "without the file of its mechanism an entry waits");
	test_check(texts_nth(all, t2) == NULL && bytes_is(texts_lacking(all, t2)->name, "extra"),
		"and it is known for which");
	test_check(texts_hold(all, bytes_string(world_talk), NULL) == RULE_OK && texts_nth(all, t2) == NULL,
		"a file that is at hand changes nothing");
	hold(extra_file);
	judge_rest();
	test_check(texts_lacking(all, t2) == NULL && all_judged() && wrong == 0, "with it all are judged");
}

/* ---- what cannot be signed ---- */

enum wrong_text {
	OTHER_CARD, FEWER, OTHER_MODE, NO_RECORD, NO_AGREEMENT, A_FIRST, UNKNOWN, UNSIGNED, BY_ANOTHER, NO_TEXT, GOOD
};

static const struct {
	const char *name;
	enum wrong_text wrong;
	enum rule rule;
} cases[] = {
	{"with another card", OTHER_CARD, RULE_TERMS_AMENDS},
	{"with a party less", FEWER, RULE_TERMS_AMENDS},
	{"as a drill", OTHER_MODE, RULE_TERMS_AMENDS},
	{"without the mechanism record", NO_RECORD, RULE_TERMS_AMENDS},
	{"without the mechanism agreement", NO_AGREEMENT, RULE_TERMS_AMENDS},
	{"that amends nothing", A_FIRST, RULE_JUDGE_PREDECESSOR},
	{"that amends what its party has not signed", UNKNOWN, RULE_JUDGE_PREDECESSOR},
	{"that nobody signed", UNSIGNED, RULE_AGREEMENT_UNSIGNED},
	{"that another party signed", BY_ANOTHER, RULE_AGREEMENT_UNSIGNED},
	{"that is none", NO_TEXT, RULE_AGREEMENT_VERSION},
	{"as it is to be", GOOD, RULE_OK},
};

static void spoil(struct agreement *agreement, enum wrong_text how)
{
	switch (how) {
	case OTHER_CARD:
		agreement->parties[1].digest[0] ^= 1;
		break;
	case FEWER:
		agreement->party_count--;
		break;
	case OTHER_MODE:
		agreement->drill = true;
		break;
	case NO_RECORD:
		agreement->mechanisms[1] = agreement->mechanisms[--agreement->mechanism_count];
		break;
	case NO_AGREEMENT:
		memmove(agreement->mechanisms, agreement->mechanisms + 1,
			--agreement->mechanism_count * sizeof(agreement->mechanisms[0]));
		break;
	case A_FIRST:
		agreement->has_predecessor = false;
		break;
	case UNKNOWN:
		memcpy(agreement->predecessor, texts[RIVAL].digest, SHA256_SIZE);
		break;
	default:
		break;
	}
}

static void check_cases(void)
{
	static struct judge_prepared prepared;
	static struct agreement agreement;
	const struct said said = {"", A, SIGN_FORM, T0, T1, "a.example/1", {0, 0, 0}, RULE_OK};
	forget();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer text = {0}, signed_text = {0}, note = {0};
		agreement = texts[T1];
		spoil(&agreement, cases[i].wrong);
		agreement_write(&text, &agreement);
		if (cases[i].wrong == UNSIGNED)
			buffer_add(&signed_text, buffer_bytes(&text));
		else if (cases[i].wrong == NO_TEXT)
			buffer_string(&signed_text, "talk\n");
		else
			sign_text(&signed_text, buffer_bytes(&text), cases[i].wrong == BY_ANOTHER ? B : A);
		say(&said, buffer_bytes(&signed_text), &note);
		judge_prepare(&prepared, world.cards, A, 2, buffer_bytes(&note));
		test_check(prepared.form == cases[i].rule && prepared.brings_text == (cases[i].rule == RULE_OK),
			"signing a text %s: %s", cases[i].name, rule_name(prepared.form));
		buffer_free(&text);
		buffer_free(&signed_text);
		buffer_free(&note);
	}
}

static void check_many(void)
{
	static struct judge_prepared prepared;
	const struct said said = {"", A, SIGN_FORM, T0, T1, "a.example/1", {0, 0, 0}, RULE_OK};
	struct buffer note = {0};
	say(&said, (struct bytes){0}, &note);
	enum rule rule = RULE_OK;
	for (uint64_t i = 0; i < TEXTS_MAX && rule == RULE_OK; i++) {
		judge_prepare(&prepared, world.cards, A, 2 + i, buffer_bytes(&note));
		rule = !prepared.brings_text ? prepared.form
			: texts_take(cards_texts(world.cards), A, &prepared.entry, 2 + i);
	}
	test_check(rule == RULE_OK, "60 signatures in one log");
	struct buffer empty = {0};
	say(&(struct said){"", A, SIGN_FORM, T0, T0, "a.example/1", {0, 0, 0}, RULE_OK}, (struct bytes){0}, &empty);
	judge_prepare(&prepared, world.cards, A, 2, buffer_bytes(&empty));
	test_check(prepared.form == RULE_JUDGE_SIGN && !prepared.brings_text, "one without a text is none");
	buffer_free(&empty);
	judge_prepare(&prepared, world.cards, A, 2 + TEXTS_MAX, buffer_bytes(&note));
	test_check(prepared.form == RULE_JUDGE_TEXTS_MANY, "and no more");
	judge_prepare(&prepared, world.cards, A, 1 + TEXTS_MAX, buffer_bytes(&note));
	test_check(prepared.form == RULE_OK, "what was taken comes to the same again");
	buffer_free(&note);
}

/* A file that does not go with the text: a clock that no mechanism has. */
static void check_unfit(void)
{
	struct buffer signed_text = {0}, note = {0}, text = {0};
	static struct judge_prepared prepared;
	static struct agreement agreement;
	const struct said said = {"", A, SIGN_FORM, T0, T1, "a.example/1", {0, 0, 0}, RULE_OK};
	forget();
	struct texts *all = cards_texts(world.cards);
	agreement = texts[T1];
	memmove(agreement.clocks + 1, agreement.clocks, sizeof(agreement.clocks[0]));
	agreement.clocks[0] = (struct agreement_clock){.name = BYTES("moon"), .seconds = 60};
	agreement.clock_count++;
	agreement_write(&text, &agreement);
	sign_text(&signed_text, buffer_bytes(&text), A);
	say(&said, buffer_bytes(&signed_text), &note);
	judge_prepare(&prepared, world.cards, A, 2, buffer_bytes(&note));
	test_check(prepared.brings_text && texts_take(all, A, &prepared.entry, 2) == RULE_OK && texts_count(all) == 2 &&
		texts_nth(all, 1) == NULL && texts_lacking(all, 1) == NULL,
		"a text that does not go with its mechanisms is known, and not usable");
	buffer_free(&signed_text);
	buffer_free(&text);
	buffer_free(&note);
}

/* The forms by which amendments come are what nodes take them for. */
static void check_forms(void)
{
	static const struct {
		const char *name, *file;
	} wrong_files[] = {
		{"nothing releases", "detente mechanism v1\nname agreement\nform agreement/propose\nopens yes\n"
			"form agreement/sign\nanswers agreement/propose\nfield text open text required 15000\n"},
		{"the text is sealed", "detente mechanism v1\nname agreement\nform agreement/propose\nopens yes\n"
			"form agreement/sign\nanswers agreement/propose\nfield text sealed text required 15000\n"
			"form agreement/release\nanswers agreement/sign\n"},
		{"something else is released",
			"detente mechanism v1\nname agreement\nform agreement/propose\nopens yes\n"
			"form agreement/sign\nanswers agreement/propose\nfield text open text required 15000\n"
			"form agreement/release\nanswers agreement/propose\n"},
	};
	for (size_t i = 0; i < sizeof(wrong_files) / sizeof(wrong_files[0]); i++) {
		static struct world other;
		struct terms *terms = NULL;
		world_start(&other, 2);
		other.agreement.mechanism_count = other.source.mechanism_count = 0;
		world_file(&other, "agreement", bytes_string(wrong_files[i].file));
		world_file(&other, "record", bytes_string(world_record));
		world_agree(&other, 2);
		test_check(terms_new(&terms, &other.source, NULL) == RULE_TERMS_SIGN_FORM, "%s", wrong_files[i].name);
		terms_free(terms);
		world_end(&other);
	}
}

int main(void)
{
	test_start();
	check_story();
	check_reading();
	check_files();
	check_cases();
	check_many();
	check_unfit();
	check_forms();
	for (size_t i = 0; i < WORLD_PARTIES; i++) {
		judge_log_free(&logs[i].state);
		for (size_t j = 0; j < logs[i].count; j++)
			buffer_free(&logs[i].notes[j]);
	}
	for (size_t i = 0; i < TEXTS; i++)
		buffer_free(&written[i]);
	world_end(&world);
	return test_end();
}

/* The mechanisms that are shipped: they load, speak two languages, and carry a hotline turn and a dated fact. */
#include "judge.h"
#include "sealed.h"

#include "test.h"
#include "world.h"

static const char *const names[] = {"hotline", "note", "party", "record"};
#define COUNT (sizeof(names) / sizeof(names[0]))

static struct world world;
static struct buffer files[COUNT];

static bool read_file(const char *name, struct buffer *to)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/mechanisms/%s.mechanism", source == NULL ? "." : source, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	uint8_t *room = buffer_extend(to, MECHANISM_MAX);
	buffer_cut(to, room == NULL ? 0 : fread(room, 1, MECHANISM_MAX, file));
	return fclose(file) == 0 && to->size != 0;
}

/* ---- languages ---- */

static unsigned unlabelled;

static void need_labels(const struct form_label *labels, size_t count)
{
	static const char *const langs[] = {"en", "zh"};
	for (size_t i = 0; i < 2; i++) {
		bool found = false;
		for (size_t j = 0; j < count; j++)
			found = found || bytes_is(labels[j].lang, langs[i]);
		unlabelled += !found;
	}
}

static void check_labels(const struct mechanism *mechanism)
{
	unlabelled = 0;
	need_labels(mechanism->labels, mechanism->label_count);
	for (size_t i = 0; i < mechanism->code_count; i++)
		need_labels(mechanism->codes[i].labels, mechanism->codes[i].label_count);
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		need_labels(form->labels, form->label_count);
		for (size_t j = 0; j < form->field_count; j++)
			need_labels(form->fields[j].labels, form->fields[j].label_count);
	}
	test_check(unlabelled == 0, "%.*s: everything has a label in English and in Chinese (%u missing)",
		BYTES_SHOWN(mechanism->name), unlabelled);
}

/* ---- forms ---- */

static const struct {
	const char *form;
	bool opens;
	const char *answers, *open, *sealed; /* keys; ! required, * repeated */
} forms[] = {
	{"hotline/call", true, "", "priority!", "subject! text"},
	{"hotline/ack", false, "hotline/call hotline/answer hotline/decline hotline/goodwill", "state! until", "note"},
	{"hotline/answer", false, "hotline/call hotline/answer hotline/decline", "", "text!"},
	{"hotline/decline", false, "hotline/call hotline/answer", "ground!", "instead reason"},
	{"hotline/goodwill", true, "", "", "text"},
	{"hotline/test", true, "hotline/test", "", "text"},
	{"note/fact", true, "", "date! kind! claim! by about", "text!"},
	{"party/card", true, "", "card!", ""},
	{"record/received", false, "", "stored* held*", ""},
	{"record/receipt", false, "", "receipt*", ""},
	{"record/unreadable", false, "", "place! cause!", ""},
};

static void list_fields(struct buffer *to, const struct form *form, bool sealed)
{
	static const char marks[] = {[FIELD_REQUIRED] = '!', [FIELD_REPEATED] = '*'};
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		if (field->sealed != sealed)
			continue;
		buffer_string(to, to->size == 0 ? "" : " ");
		buffer_add(to, field->key);
		if (field->presence != FIELD_OPTIONAL)
			buffer_u8(to, (uint8_t)marks[field->presence]);
	}
}

static void check_forms(void)
{
	size_t count = 0;
	for (size_t i = 0; i < terms_mechanism_count(world.terms); i++)
		count += terms_mechanism(world.terms, i)->form_count;
	test_check(count == sizeof(forms) / sizeof(forms[0]), "no other forms than these");
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct buffer open = {0}, sealed = {0}, answers = {0};
		const struct form *form = terms_form(world.terms, bytes_string(forms[i].form));
		if (!test_check(form != NULL, "%s is there", forms[i].form))
			continue;
		list_fields(&open, form, false);
		list_fields(&sealed, form, true);
		for (size_t j = 0; j < form->answer_count; j++) {
			buffer_string(&answers, j == 0 ? "" : " ");
			buffer_add(&answers, form->answers[j]);
		}
		test_check(form->refuses == (strcmp(forms[i].form, "hotline/decline") == 0), "%s: a refusal or none",
			forms[i].form);
		test_check(form->opens == forms[i].opens && bytes_is(buffer_bytes(&open), forms[i].open) &&
			bytes_is(buffer_bytes(&sealed), forms[i].sealed) &&
			bytes_is(buffer_bytes(&answers), forms[i].answers),
			"%s: opens, answers, fields", forms[i].form);
		buffer_free(&open);
		buffer_free(&sealed);
		buffer_free(&answers);
	}
	const struct agreement_clock *clocks = terms_mechanism(world.terms, 0)->clocks;
	const struct mechanism *record = terms_mechanism(world.terms, 3);
	test_check(terms_mechanism(world.terms, 0)->clock_count == 3 && bytes_is(clocks[0].name, "flash") &&
			clocks[0].seconds == 15 * 60 && bytes_is(clocks[1].name, "priority") &&
			clocks[1].seconds == 3600 && bytes_is(clocks[2].name, "routine") &&
			clocks[2].seconds == 24 * 3600 && record->clock_count == 1 &&
			bytes_is(record->clocks[0].name, "skew") && record->clocks[0].seconds == 300,
		"clocks and their defaults");
	test_check(terms_mechanism(world.terms, 0)->survives && !terms_mechanism(world.terms, 1)->survives &&
		terms_mechanism(world.terms, 2)->survives && record->survives, "what survives a suspension");
}

/* ---- a turn, sealed ---- */

struct said {
	struct buffer note, plain;
	struct entry entry;
};

static struct said call, answer, fact;

static void fill(void *context, uint8_t *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (*(uint8_t *)context)++;
}

/* What to say: open lines in entry.fields, these to be sealed. */
static void say(struct said *said, struct entry *entry, const struct sealed_text *text)
{
	uint8_t counter = 7;
	struct random random = {fill, &counter};
	struct buffer open = {0}, body = {0};
	struct sealed_recipients to;
	struct world_signer signer;
	memcpy(entry->agreement, terms_agreement(world.terms)->digest, SHA256_SIZE);
	entry->tlp = BYTES("AMBER");
	entry->lang = BYTES("en");
	entry->sealed = text->count != 0;
	entry->sealed_count = text->count;
	world_must(sealed_write_lines(&said->plain, &entry->sealed_root, text, &random) == RULE_OK, "sealed lines");
	entry_write_open(&open, entry);
	world_must(cards_recipients(world.cards, entry, 0, &to) == RULE_OK, "recipients");
	world_must(sealed_seal(&body, buffer_bytes(&open), buffer_bytes(&said->plain), &to, &random) == RULE_OK,
		"sealing");
	world_desk_signer(&world, entry->from, &signer);
	entry_finish(&said->note, buffer_bytes(&open), buffer_bytes(&body), &signer.signer);
	world_must(said->note.rule == RULE_OK, rule_sentence(said->note.rule));
	buffer_free(&open);
	buffer_free(&body);
}

static bool judged_well(struct said *said, size_t party)
{
	static struct judge_prepared prepared;
	static struct sealed_lines lines;
	judge_prepare(&prepared, world.cards, party, 0, buffer_bytes(&said->note));
	return prepared.form == RULE_OK && prepared.meaning == RULE_OK &&
		sealed_read_lines(&lines, buffer_bytes(&said->plain), &prepared.entry) == RULE_OK &&
		form_check_sealed(prepared.written, &lines, NULL) == RULE_OK;
}

static void check_turn(void)
{
	static struct entry entry;
	static const struct sealed_field asked[] = {{"subject", BYTES("Is this yours?")},
		{"text", BYTES("Scans from 192.0.2.0/24\nsince noon")}};
	static const struct sealed_field answered[] = {{"text", BYTES("A test of ours. Stopped.")}};
	entry = (struct entry){.from = BYTES("a.example/duty"), .form = BYTES("hotline/call"), .opens = true,
		.at = WORLD_AT,
		.to = {BYTES("b.example/duty")}, .to_count = 1, .fields = {{BYTES("priority"), BYTES("flash")}},
		.field_count = 1};
	say(&call, &entry, &(struct sealed_text){asked, 2});
	test_check(judged_well(&call, 0), "a flash call");

	entry = (struct entry){.from = BYTES("b.example/duty"), .form = BYTES("hotline/answer"),
		.matter = {BYTES("a.example"), 0},
		.has_re = true, .re = {BYTES("a.example"), 0}, .at = WORLD_AT + 60, .to = {BYTES("a.example/duty")},
			.to_count = 1};
	say(&answer, &entry, &(struct sealed_text){answered, 1});
	test_check(judged_well(&answer, 1), "its answer");

	static const struct sealed_field told[] = {{"text",
		BYTES("\xe7\xbd\x91\xe7\xbb\x9c\xe5\xb7\xa5\xe4\xbd\x9c\xe7\xbb\x84")}};
	entry = (struct entry){.from = BYTES("a.example/duty"), .form = BYTES("note/fact"), .opens = true,
		.at = WORLD_AT,
		.to = {BYTES("b.example/duty")}, .to_count = 1, .fields = {{BYTES("date"), BYTES("~2013-07")},
		{BYTES("kind"), BYTES("dialogue")}, {BYTES("claim"), BYTES("paper")}, {BYTES("by"), BYTES("both")},
		{BYTES("about"), BYTES("both")}}, .field_count = 5};
	say(&fact, &entry, &(struct sealed_text){told, 1});
	test_check(judged_well(&fact, 0), "a dated fact");
}

int main(void)
{
	test_start();
	bool good = true;
	for (size_t i = 0; i < COUNT; i++) {
		struct mechanism *mechanism = NULL;
		struct fault fault = {0};
		char line[512] = "";
		if (!test_check(read_file(names[i], &files[i]), "mechanisms/%s.mechanism", names[i]))
			return test_end();
		if (mechanism_read(&mechanism, buffer_bytes(&files[i]), &fault) != RULE_OK)
			fault_print(&fault, line, sizeof(line));
		good = test_check(mechanism != NULL, "%s is read %s", names[i], line) && good;
		if (mechanism != NULL)
			check_labels(mechanism);
		mechanism_free(mechanism);
	}
	world_start(&world, 2);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	for (size_t i = 0; i < COUNT; i++)
		world_file(&world, names[i], buffer_bytes(&files[i]));
	world_agree(&world, 2);
	if (good) {
		world_load(&world);
		check_forms();
		check_turn();
	}
	world_end(&world);
	struct said *all[] = {&call, &answer, &fact};
	for (size_t i = 0; i < 3; i++) {
		buffer_free(&all[i]->note);
		buffer_free(&all[i]->plain);
	}
	for (size_t i = 0; i < COUNT; i++)
		buffer_free(&files[i]);
	return test_end();
}

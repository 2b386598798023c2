/*
 * The mechanisms that are shipped: they load, speak two languages, ask for nothing that cannot be given or refused, hold
 * nothing dead, and carry a hotline turn and a dated fact.
 */
#include "judge.h"
#include "sealed.h"

#include "test.h"
#include "world.h"

static const struct {
	const char *name;
	bool survives;
} shipped[] = {{"agreement", true}, {"assistance", true}, {"charter", false}, {"crisis", true}, {"desks", true},
	{"dialogue", false}, {"evidence", true}, {"exchange", true}, {"glossary", true}, {"hotline", true},
	{"measure", true}, {"norm", false}, {"note", false}, {"notice", true}, {"party", true}, {"phrase", true},
	{"protected", true}, {"record", true}, {"statement", true}, {"supply", false}};
#define COUNT (sizeof(shipped) / sizeof(shipped[0]))

static struct world world;
static struct buffer files[COUNT];

static bool read_file(const char *name, struct buffer *to)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/mechanisms/%s", source == NULL ? "." : source, name);
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
	for (size_t i = 0; i < mechanism->scale_count; i++)
		need_labels(mechanism->scales[i].labels, mechanism->scales[i].label_count);
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		need_labels(form->labels, form->label_count);
		for (size_t j = 0; j < form->field_count; j++)
			need_labels(form->fields[j].labels, form->fields[j].label_count);
	}
	test_check(unlabelled == 0, "%.*s: everything has a label in English and in Chinese (%u missing)",
		BYTES_SHOWN(mechanism->name), unlabelled);
}

/* ---- nothing dead ---- */

static bool named(const struct bytes *list, size_t count, struct bytes name)
{
	size_t i = 0;
	while (i < count && !bytes_equal(list[i], name))
		i++;
	return i < count;
}

static bool code_used(const struct mechanism *mechanism, struct bytes code)
{
	bool used = false;
	for (size_t i = 0; i < mechanism->scale_count; i++)
		used = used || named(mechanism->scales[i].positions, mechanism->scales[i].position_count, code);
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		for (size_t j = 0; j < form->field_count; j++)
			used = used || named(form->fields[j].codes, form->fields[j].code_count, code);
	}
	return used;
}

static bool obliges_in(const struct form *form, struct bytes clock)
{
	bool found = false;
	for (size_t i = 0; i < form->oblige_count; i++) {
		const struct form_oblige *oblige = &form->obliges[i];
		const struct form_field *field = oblige->by_field ? form_field(form, oblige->clock) : NULL;
		found = found || (field == NULL ? bytes_equal(oblige->clock, clock)
			: named(field->codes, field->code_count, clock));
	}
	return found;
}

static bool clock_used(const struct mechanism *mechanism, struct bytes clock)
{
	bool used = bytes_is(clock, "skew");
	for (size_t i = 0; i < mechanism->scale_count; i++)
		used = used || bytes_equal(mechanism->scales[i].confirm, clock);
	for (size_t i = 0; i < mechanism->form_count; i++)
		used = used || bytes_equal(mechanism->forms[i].every, clock) ||
			bytes_equal(mechanism->forms[i].disowns, clock) || obliges_in(&mechanism->forms[i], clock);
	return used;
}

static bool scale_used(const struct mechanism *mechanism, const struct mechanism_scale *scale)
{
	bool used = false;
	for (size_t i = 0; i < mechanism->form_count; i++)
		used = used || bytes_equal(mechanism->forms[i].scale, scale->name);
	for (size_t i = 0; i < mechanism->match_count; i++)
		for (size_t j = 0; j < mechanism->matches[i].code_count; j++)
			used = used || scale_position(scale, mechanism->matches[i].codes[j]) < scale->position_count;
	return used;
}

static void check_dead(const struct mechanism *mechanism)
{
	for (size_t i = 0; i < mechanism->scale_count; i++)
		test_check(scale_used(mechanism, &mechanism->scales[i]), "%.*s: scale %.*s is used",
			BYTES_SHOWN(mechanism->name), BYTES_SHOWN(mechanism->scales[i].name));

	for (size_t i = 0; i < mechanism->code_count; i++)
		test_check(code_used(mechanism, mechanism->codes[i].code), "%.*s: code %.*s is used",
			BYTES_SHOWN(mechanism->name), BYTES_SHOWN(mechanism->codes[i].code));
	for (size_t i = 0; i < mechanism->clock_count; i++)
		test_check(clock_used(mechanism, mechanism->clocks[i].name), "%.*s: clock %.*s is used",
			BYTES_SHOWN(mechanism->name), BYTES_SHOWN(mechanism->clocks[i].name));
}

/* ---- answers ---- */

/* Somebody who owes one of these can end it: by one that refuses, and by one that asks nothing in return. */
static void check_owed(const struct form *asks, const struct bytes *owed, size_t count)
{
	bool refuses = false, ends = false;
	for (size_t i = 0; i < count; i++) {
		const struct form *form = terms_form(world.terms, owed[i]);
		if (!test_check(form != NULL && named(form->answers, form->answer_count, asks->name),
			"%.*s is answered by %.*s", BYTES_SHOWN(asks->name), BYTES_SHOWN(owed[i])))
			continue;
		refuses = refuses || form->refuses;
		ends = ends || form->oblige_count == 0;
	}
	test_check(refuses && ends, "%.*s can be refused, and does not go on for ever", BYTES_SHOWN(asks->name));
}

/* What a promise was made about can be answered so. */
static bool promise_kept(const struct form *form, struct bytes asked)
{
	bool kept = false;
	for (size_t i = 0; i < form->promise_count; i++) {
		const struct form *promised = terms_form(world.terms, form->promises[i]);
		kept = kept || (promised != NULL && named(promised->answers, promised->answer_count, asked));
	}
	return kept;
}

static void check_form(const struct form *form)
{
	for (size_t i = 0; i < form->oblige_count; i++)
		check_owed(form, form->obliges[i].forms, form->obliges[i].form_count);
	for (size_t i = 0; i < form->answer_count; i++) {
		const struct form *asked = terms_form(world.terms, form->answers[i]);
		if (test_check(asked != NULL, "%.*s: there is %.*s to answer", BYTES_SHOWN(form->name),
			BYTES_SHOWN(form->answers[i])) && asked->oblige_count != 0 && form->promise_count != 0)
			test_check(promise_kept(form, asked->name), "%.*s can promise an answer to %.*s",
				BYTES_SHOWN(form->name), BYTES_SHOWN(asked->name));
	}
}

static void check_forms(void)
{
	for (size_t i = 0; i < terms_mechanism_count(world.terms); i++) {
		const struct mechanism *mechanism = terms_mechanism(world.terms, i);
		check_dead(mechanism);
		for (size_t j = 0; j < mechanism->form_count; j++)
			check_form(&mechanism->forms[j]);
	}
}

/* ---- what everybody counts on ---- */

static const struct {
	const char *mechanism, *name;
	uint64_t seconds;
} clocks[] = {
	{"hotline", "flash", 15 * 60}, {"hotline", "priority", 3600}, {"hotline", "routine", 24 * 3600},
	{"hotline", "line-test", 24 * 3600}, {"record", "skew", 300},
};

static const struct mechanism *of_name(const char *name)
{
	for (size_t i = 0; i < terms_mechanism_count(world.terms); i++)
		if (bytes_is(terms_mechanism(world.terms, i)->name, name))
			return terms_mechanism(world.terms, i);
	return NULL;
}

static void check_known(void)
{
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		const struct agreement_clock *clock = mechanism_clock(of_name(clocks[i].mechanism),
			bytes_string(clocks[i].name));
		test_check(clock != NULL && clock->seconds == clocks[i].seconds, "the clock %s of %s", clocks[i].name,
			clocks[i].mechanism);
	}
	for (size_t i = 0; i < COUNT; i++)
		test_check(of_name(shipped[i].name)->survives == shipped[i].survives, "%s %s a suspension",
			shipped[i].name, shipped[i].survives ? "survives" : "ends with");
	test_check(terms_form(world.terms, BYTES("hotline/decline"))->refuses &&
		!terms_form(world.terms, BYTES("hotline/unable"))->refuses, "who cannot answer has refused nothing");
}

/* ---- texts to propose ---- */

static void check_texts(void)
{
	static const char *const texts[] = {"elections", "financial-integrity", "pledge-2015", "un-2015-a", "un-2015-b",
		"un-2015-c", "un-2015-d", "un-2015-e", "un-2015-f", "un-2015-g", "un-2015-h", "un-2015-i", "un-2015-j",
		"un-2015-k"};
	const struct form_field *field = form_field(terms_form(world.terms, BYTES("norm/proposal")), BYTES("text"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buffer file = {0};
		char name[64];
		snprintf(name, sizeof(name), "norms/%s.txt", texts[i]);
		bool good = read_file(name, &file) && field_check(field, buffer_bytes(&file), NULL) == RULE_OK;
		test_check(good && file.data[0] < 0x80 && memmem(file.data, file.size, "\xe3\x80\x82", 3) != NULL,
			"%s can be proposed, in English and in Chinese", name);
		buffer_free(&file);
	}
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
		char name[64];
		snprintf(name, sizeof(name), "%s.mechanism", shipped[i].name);
		if (!test_check(read_file(name, &files[i]), "mechanisms/%s", name))
			return test_end();
		if (mechanism_read(&mechanism, buffer_bytes(&files[i]), &fault) != RULE_OK)
			fault_print(&fault, line, sizeof(line));
		good = test_check(mechanism != NULL, "%s is read %s", shipped[i].name, line) && good;
		if (mechanism != NULL)
			check_labels(mechanism);
		mechanism_free(mechanism);
	}
	world_start(&world, 2);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	for (size_t i = 0; i < COUNT; i++)
		world_file(&world, shipped[i].name, buffer_bytes(&files[i]));
	world_agree(&world, 2);
	if (good) {
		world_load(&world);
		check_forms();
		check_known();
		check_texts();
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

/*
 * The phrase book and the glossary: everything in them is there in the six languages, in that language's letters, no two
 * things alike; sixty sentences, which take no free text; what answers them.
 */
#include "form.h"
#include "test.h"
#include "text.h"

#define THINGS_MAX 256

/* Letters that a label in that language has at least one of, from the first to the last. */
static const struct {
	const char *lang;
	uint32_t first, last;
} langs[] = {{"ar", 0x0621, 0x064a}, {"en", 'A', 'z'}, {"es", 'A', 'z'}, {"fr", 'A', 'z'}, {"ru", 0x0410, 0x044f},
	{"zh", 0x4e00, 0x9fff}};
#define LANGS (sizeof(langs) / sizeof(langs[0]))

struct thing {
	struct bytes name;
	const struct form_label *labels;
	size_t count;
};

static struct buffer file;
static struct mechanism *mechanism;
static struct thing things[THINGS_MAX];
static size_t thing_count;

static bool load(const char *name)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/mechanisms/%s.mechanism", source == NULL ? "." : source, name);
	FILE *from = fopen(path, "rb");
	if (from == NULL)
		return false;
	uint8_t *room = buffer_extend(&file, MECHANISM_MAX);
	buffer_cut(&file, room == NULL ? 0 : fread(room, 1, MECHANISM_MAX, from));
	fclose(from);
	return mechanism_read(&mechanism, buffer_bytes(&file), NULL) == RULE_OK;
}

static void unload(void)
{
	mechanism_free(mechanism);
	mechanism = NULL;
	buffer_free(&file);
	thing_count = 0;
}

static void add(struct bytes name, const struct form_label *labels, size_t count)
{
	if (thing_count < THINGS_MAX)
		things[thing_count++] = (struct thing){name, labels, count};
}

static void gather(void)
{
	add(mechanism->name, mechanism->labels, mechanism->label_count);
	for (size_t i = 0; i < mechanism->code_count; i++)
		add(mechanism->codes[i].code, mechanism->codes[i].labels, mechanism->codes[i].label_count);
	for (size_t i = 0; i < mechanism->scale_count; i++)
		add(mechanism->scales[i].name, mechanism->scales[i].labels, mechanism->scales[i].label_count);
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		add(form->name, form->labels, form->label_count);
		for (size_t j = 0; j < form->field_count; j++)
			add(form->fields[j].key, form->fields[j].labels, form->fields[j].label_count);
	}
	test_check(thing_count < THINGS_MAX, "%.*s: all things are looked at", BYTES_SHOWN(mechanism->name));
}

/* ---- languages ---- */

static struct bytes label_of(const struct thing *thing, const char *lang)
{
	for (size_t i = 0; i < thing->count; i++)
		if (bytes_is(thing->labels[i].lang, lang))
			return thing->labels[i].text;
	return bytes_of(NULL, 0);
}

/* Whether the text has a letter between those two; it was read as UTF-8 already. */
static bool has_letter(struct bytes text, uint32_t first, uint32_t last)
{
	uint32_t letter = 0;
	bool found = false;
	for (size_t i = 0; i <= text.size; i++) {
		if (i == text.size || (text.data[i] & 0xc0) != 0x80) {
			found = found || (i > 0 && letter >= first && letter <= last);
			letter = i == text.size ? 0 : text.data[i] < 0x80 ? text.data[i]
				: text.data[i] & (text.data[i] < 0xe0 ? 0x1fU : text.data[i] < 0xf0 ? 0x0fU : 0x07U);
		} else {
			letter = letter << 6 | (text.data[i] & 0x3fU);
		}
	}
	return found;
}

static bool all_distinct(const struct thing *thing)
{
	bool distinct = true;
	for (size_t i = 0; i < thing->count; i++)
		for (size_t j = 0; j < i; j++)
			distinct = distinct && !bytes_equal(thing->labels[i].text, thing->labels[j].text);
	return distinct;
}

static void check_thing(const struct thing *thing)
{
	for (size_t i = 0; i < LANGS; i++) {
		struct bytes text = label_of(thing, langs[i].lang);
		test_check(text.size != 0 && text.size <= LABEL_MAX && has_letter(text, langs[i].first, langs[i].last),
			"%.*s in %s: %.*s", BYTES_SHOWN(thing->name), langs[i].lang, BYTES_SHOWN(text));
	}
	test_check(thing->count == LANGS && all_distinct(thing), "%.*s: six languages, six texts", BYTES_SHOWN(thing->name));
}

/* No two codes read alike in any language: a reader could not tell which was sent. */
static void check_codes_apart(void)
{
	for (size_t l = 0; l < LANGS; l++) {
		unsigned alike = 0;
		for (size_t i = 0; i < mechanism->code_count; i++) {
			const struct mechanism_code *one = &mechanism->codes[i];
			struct bytes text = form_label(one->labels, one->label_count, bytes_string(langs[l].lang), one->code);
			for (size_t j = 0; j < i; j++) {
				const struct mechanism_code *other = &mechanism->codes[j];
				alike += bytes_equal(text, form_label(other->labels, other->label_count,
					bytes_string(langs[l].lang), other->code));
			}
		}
		test_check(alike == 0, "%.*s: no two codes read alike in %s", BYTES_SHOWN(mechanism->name), langs[l].lang);
	}
}

static void check_languages(void)
{
	gather();
	for (size_t i = 0; i < thing_count; i++)
		check_thing(&things[i]);
	check_codes_apart();
}

/* ---- what each is ---- */

static const struct form *form_of(const char *name)
{
	for (size_t i = 0; i < mechanism->form_count; i++)
		if (bytes_is(mechanism->forms[i].name, name))
			return &mechanism->forms[i];
	return NULL;
}

static void check_sentences(const char *name)
{
	const struct form *form = form_of(name);
	const struct form_field *phrase = form == NULL ? NULL : form_field(form, BYTES("phrase"));
	const struct form_field *further = form == NULL ? NULL : form_field(form, BYTES("further"));
	if (!test_check(phrase != NULL && further != NULL && phrase->sealed && further->sealed,
		"%s: a sentence, and further ones, sealed", name))
		return;
	bool numbered = phrase->code_count == 60 && further->code_count == 60;
	for (size_t i = 0; numbered && i < 60; i++) {
		char code[8];
		snprintf(code, sizeof(code), "p%02zu", i + 1);
		numbered = bytes_is(phrase->codes[i], code) && bytes_is(further->codes[i], code);
	}
	test_check(numbered, "%s: sixty, by number", name);
}

static void check_no_free_text(void)
{
	unsigned free_texts = 0;
	for (size_t i = 0; i < mechanism->form_count; i++)
		for (size_t j = 0; j < mechanism->forms[i].field_count; j++)
			free_texts += mechanism->forms[i].fields[j].type <= FIELD_LINE;
	test_check(free_texts == 0, "the phrase book takes no free text");
	const struct form *say = form_of("phrase/say"), *tell = form_of("phrase/tell");
	test_check(say->oblige_count == 1 && tell->oblige_count == 0, "phrase/say wants a reply, phrase/tell wants none");
}

static void check_terms(void)
{
	static const char *const asked[] = {"glossary/ask", "glossary/gloss", "glossary/definition"};
	for (size_t i = 0; i < 3; i++) {
		const struct form_field *term = form_field(form_of(asked[i]), BYTES("term"));
		test_check(term->code_count == 59 && bytes_is(term->codes[58], "not-listed"),
			"%s: fifty-eight terms, or another", asked[i]);
	}
	/* "term: what it means" */
	const struct form_field *term = form_field(form_of("glossary/ask"), BYTES("term"));
	for (size_t i = 0; i + 1 < term->code_count; i++) {
		const struct mechanism_code *code = NULL;
		for (size_t j = 0; j < mechanism->code_count; j++)
			code = bytes_equal(mechanism->codes[j].code, term->codes[i]) ? &mechanism->codes[j] : code;
		unsigned defined = 0;
		for (size_t j = 0; code != NULL && j < code->label_count; j++)
			defined += memmem(code->labels[j].text.data, code->labels[j].text.size, ": ", 2) != NULL ||
				memmem(code->labels[j].text.data, code->labels[j].text.size, "\xef\xbc\x9a", 3) != NULL;
		test_check(defined == LANGS, "%.*s is defined in each language", BYTES_SHOWN(term->codes[i]));
	}
}

int main(void)
{
	test_start();
	if (test_check(load("phrase"), "the phrase book is read")) {
		check_languages();
		check_sentences("phrase/say");
		check_sentences("phrase/tell");
		check_no_free_text();
	}
	unload();
	if (test_check(load("glossary"), "the glossary is read")) {
		check_languages();
		check_terms();
	}
	unload();
	return test_end();
}

#include "mechanism_view.h"

#include <stdio.h>

#include "mechanism_parts.h"
#include "paper.h"
#include "text.h"

#define KEY_COLUMNS_MAX 24   /* of keys that stand in a column; a longer one pushes what follows it */
#define ALIKE_COLUMNS_MAX 16 /* of positions of other scales */

static struct bytes label_of_form(const struct showing *showing, const struct form *form)
{
	return form_label(form->labels, form->label_count, showing->lang, form->name);
}

static struct bytes label_of_code(const struct showing *showing, struct bytes code)
{
	const struct mechanism_code *known = mechanism_code(showing->mechanism, code);
	return known == NULL ? code : form_label(known->labels, known->label_count, showing->lang, code);
}

/* ---- lines ---- */

static void flush(struct showing *showing, size_t hanging)
{
	paper_wrap(showing->to, buffer_bytes(&showing->line), hanging);
	buffer_clear(&showing->line);
}

static void say(struct showing *showing, size_t indent, const char *word, const struct bytes *blanks, size_t count)
{
	buffer_format(&showing->line, "%*s", (int)indent, "");
	words_say(&showing->line, word, blanks, count);
	flush(showing, indent + 2);
}

static void heading(struct showing *showing, const char *word)
{
	buffer_string(showing->to, "\n");
	say(showing, 0, word, NULL, 0);
}

/* Text and the spaces up to a column. */
static void padded(struct buffer *to, struct bytes text, size_t columns)
{
	size_t width = paper_columns(text);
	buffer_add(to, text);
	buffer_format(to, "%*s", width < columns ? (int)(columns - width) : 0, "");
}

static size_t wider(size_t columns, struct bytes text, size_t most)
{
	size_t width = paper_columns(text);
	return width <= columns || width > most ? columns : width;
}

void showing_called(struct buffer *to, struct bytes name, struct bytes label)
{
	buffer_add(to, name);
	if (bytes_equal(name, label))
		return;
	buffer_string(to, "  ");
	buffer_add(to, label);
}

/* ---- clocks ---- */

static void duration(struct buffer *to, const struct agreement_clock *clock)
{
	static const char *const kinds[] = {[CLOCK_ELAPSED] = "{1}", [CLOCK_DUTY] = W("{1} of duty hours"),
		[CLOCK_WORKING] = W("{1} of working hours")};
	struct buffer time = {0};
	clock_duration_write(&time, clock->seconds, clock->kind);
	struct bytes blank = buffer_bytes(&time);
	words_say(to, kinds[clock->kind], &blank, 1);
	buffer_free(&time);
}

/* "flash (15m)": a clock of the file. */
static void clock_named(const struct showing *showing, struct buffer *to, struct bytes name)
{
	const struct agreement_clock *clock = mechanism_clock(showing->mechanism, name);
	struct buffer time = {0};
	duration(&time, clock);
	struct bytes blanks[] = {name, buffer_bytes(&time)};
	words_say(to, W("{1} ({2})"), blanks, 2);
	buffer_free(&time);
}

static void say_clock(struct showing *showing, const char *word, struct bytes name)
{
	struct buffer clock = {0};
	clock_named(showing, &clock, name);
	struct bytes blank = buffer_bytes(&clock);
	say(showing, 2, word, &blank, 1);
	buffer_free(&clock);
}

static bool in_list(const struct bytes *names, size_t count, struct bytes name)
{
	size_t i = 0;
	while (i < count && !bytes_equal(names[i], name))
		i++;
	return i < count;
}

static bool measures(const struct form *form, const struct form_oblige *oblige, struct bytes clock)
{
	if (!oblige->by_field)
		return bytes_equal(oblige->clock, clock);
	const struct form_field *field = form_field(form, oblige->clock);
	return in_list(field->codes, field->code_count, clock);
}

/* One more thing that a clock measures. */
static void runs(struct buffer *list, const char *word, struct bytes what)
{
	struct buffer one = {0}, before = {0};
	words_say(&one, word, &what, 1);
	buffer_add(&before, buffer_bytes(list));
	buffer_clear(list);
	struct bytes blanks[] = {buffer_bytes(&before), buffer_bytes(&one)};
	if (before.size == 0)
		buffer_add(list, blanks[1]);
	else
		words_say(list, W("{1}, {2}"), blanks, 2);
	buffer_free(&one);
	buffer_free(&before);
}

/* What runs on a clock, as a list. */
static void runs_on(struct showing *showing, struct buffer *list, struct bytes clock)
{
	const struct mechanism *mechanism = showing->mechanism;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		bool answers = false;
		for (size_t j = 0; j < form->oblige_count; j++)
			answers = answers || measures(form, &form->obliges[j], clock);
		if (answers)
			runs(list, W("what {1} asks for"), form->name);
		if (bytes_equal(form->every, clock))
			runs(list, W("the period of {1}"), form->name);
		if (bytes_equal(form->disowns, clock))
			runs(list, W("what {1} may disown"), form->name);
	}
	for (size_t i = 0; i < mechanism->scale_count; i++)
		if (bytes_equal(mechanism->scales[i].confirm, clock))
			runs(list, W("confirming a position on {1}"), mechanism->scales[i].name);
	if (list->size == 0)
		words_say(list, W("what the nodes or other mechanisms use"), NULL, 0);
}

static void clocks_view(struct showing *showing)
{
	const struct mechanism *mechanism = showing->mechanism;
	size_t names = 0, times = 0;
	if (mechanism->clock_count == 0)
		return;
	heading(showing, W("Clocks, unless the agreement says otherwise"));
	for (size_t i = 0; i < mechanism->clock_count; i++) {
		duration(&showing->line, &mechanism->clocks[i]);
		names = wider(names, mechanism->clocks[i].name, KEY_COLUMNS_MAX);
		times = wider(times, buffer_bytes(&showing->line), KEY_COLUMNS_MAX);
		buffer_clear(&showing->line);
	}
	for (size_t i = 0; i < mechanism->clock_count; i++) {
		struct buffer time = {0}, list = {0};
		duration(&time, &mechanism->clocks[i]);
		runs_on(showing, &list, mechanism->clocks[i].name);
		buffer_string(&showing->line, "  ");
		padded(&showing->line, mechanism->clocks[i].name, names + 2);
		padded(&showing->line, buffer_bytes(&time), times + 2);
		buffer_add(&showing->line, buffer_bytes(&list));
		flush(showing, 2 + names + 2 + times + 2);
		buffer_free(&time);
		buffer_free(&list);
	}
}

/* ---- scales ---- */

/* How wide its columns are: codes, labels, and positions of other scales that are alike (0: there are none). */
struct ladder { size_t codes, labels, alike; };

static void rung_edge(struct showing *showing, const struct ladder *ladder)
{
	const size_t columns[] = {2, ladder->codes + 2 + ladder->labels, ladder->alike};
	buffer_string(showing->to, "  +");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]) && columns[i] != 0; i++) {
		for (size_t j = 0; j < columns[i] + 2; j++)
			buffer_u8(showing->to, '-');
		buffer_string(showing->to, "+");
	}
	buffer_string(showing->to, "\n");
}

/* As much of a text as a cell's line holds; takes it. */
static void cell(struct buffer *to, struct bytes *text, size_t columns)
{
	size_t size = text->size == 0 ? 0 : paper_fitting(*text, columns), shown = size;
	while (shown > 0 && text->data[shown - 1] == ' ')
		shown--;
	padded(to, bytes_of(text->data, shown), columns);
	if (size != 0)
		*text = bytes_of(text->data + size, text->size - size);
	buffer_string(to, " |");
}

/* The positions of other scales that are held to be alike with one of a scale's. */
static void alike(const struct showing *showing, struct buffer *to, const struct mechanism_scale *scale, size_t i)
{
	const struct mechanism *mechanism = showing->mechanism;
	struct bytes codes[MECHANISM_CODES_MAX] = {0};
	size_t count = 0;
	for (size_t j = 0; j < mechanism->scale_count; j++) {
		if (&mechanism->scales[j] == scale)
			continue;
		struct bytes found[FORM_CODES_MAX];
		size_t more = scale_matches(mechanism, &mechanism->scales[j], scale->positions[i], found);
		for (size_t k = 0; k < more && count < MECHANISM_CODES_MAX; k++)
			codes[count++] = found[k];
	}
	words_list(to, codes, count, W("{1}, {2}"));
}

/* A position's number, code, label, and what is alike; of several lines where they are long. */
static void rung(struct showing *showing, const struct mechanism_scale *scale, size_t i, const struct ladder *ladder)
{
	struct bytes code = scale->positions[i], label = label_of_code(showing, code);
	struct buffer list = {0};
	alike(showing, &list, scale, i);
	struct bytes others = buffer_bytes(&list);
	buffer_format(showing->to, "  | %2zu | ", i);
	for (bool first = true; first || label.size != 0 || others.size != 0; first = false) {
		buffer_string(showing->to, first ? "" : "  |    | ");
		padded(showing->to, first ? code : BYTES(""), ladder->codes + 2);
		cell(showing->to, &label, ladder->labels);
		if (ladder->alike != 0) {
			buffer_string(showing->to, " ");
			cell(showing->to, &others, ladder->alike);
		}
		buffer_string(showing->to, "\n");
	}
	buffer_free(&list);
}

/* The highest first, since that is where one looks. */
static void ladder_view(struct showing *showing, const struct mechanism_scale *scale)
{
	struct ladder ladder = {0};
	for (size_t i = 0; i < scale->position_count; i++) {
		struct buffer list = {0};
		size_t width = paper_columns(label_of_code(showing, scale->positions[i]));
		alike(showing, &list, scale, i);
		ladder.codes = wider(ladder.codes, scale->positions[i], MECHANISM_NAME_MAX);
		ladder.labels = width > ladder.labels ? width : ladder.labels;
		width = paper_columns(buffer_bytes(&list));
		ladder.alike = width > ladder.alike ? width : ladder.alike;
		buffer_free(&list);
	}
	ladder.alike = ladder.alike > ALIKE_COLUMNS_MAX ? ALIKE_COLUMNS_MAX : ladder.alike;
	size_t taken = sizeof("  | 00 |    |") - 1 + ladder.codes + (ladder.alike != 0 ? ladder.alike + 3 : 0);
	ladder.labels = ladder.labels > PAPER_COLUMNS - taken ? PAPER_COLUMNS - taken : ladder.labels;
	if (ladder.alike != 0)
		say(showing, 2, W("At the right: positions of other scales that are held to be alike; none of "
			"them is the measure."), NULL, 0);
	rung_edge(showing, &ladder);
	for (size_t i = scale->position_count; i-- > 0;) {
		rung(showing, scale, i, &ladder);
		rung_edge(showing, &ladder);
	}
}

/* Whether matters have it: else it only relates grades, and nobody stands anywhere. */
static bool stood_on(const struct mechanism *mechanism, const struct mechanism_scale *scale)
{
	bool found = false;
	for (size_t i = 0; i < mechanism->form_count; i++)
		found = found || bytes_equal(mechanism->forms[i].scale, scale->name);
	return found;
}

static void scale_view(struct showing *showing, const struct mechanism_scale *scale)
{
	struct bytes label = form_label(scale->labels, scale->label_count, showing->lang, scale->name);
	buffer_string(showing->to, "\n");
	say(showing, 0, W("Scale {1}: {2}"), (struct bytes[]){scale->name, label}, 2);
	if (stood_on(showing->mechanism, scale))
		say(showing, 2, scale->greatest ? W("The joint position is the greatest of the parties' own.")
			: W("The joint position is the least of the parties' own."), NULL, 0);
	if (scale->confirm.size != 0)
		say_clock(showing, W("A position above the lowest is stale unless confirmed within {1}."),
			scale->confirm);
	ladder_view(showing, scale);
}

/* ---- forms ---- */

/* "sealed, optional, text up to 200 bytes" */
static void field_kind(struct buffer *to, const struct form_field *field)
{
	static const char *const presences[] = {[FIELD_REQUIRED] = W("required"), [FIELD_OPTIONAL] = W("optional"),
		[FIELD_REPEATED] = W("repeated")};
	static const char *const types[] = {[FIELD_TEXT] = W("text"), [FIELD_LINE] = W("line"),
		[FIELD_CODE] = W("code"),
		[FIELD_NUMBER] = W("number"), [FIELD_TIME] = W("time"), [FIELD_DATE] = W("date"),
			[FIELD_HASH] = W("hash"),
		[FIELD_PLACE] = W("entry"), [FIELD_DESK] = W("desk"), [FIELD_PARTY] = W("party"),
		[FIELD_CHECKPOINT] = W("checkpoint")};
	struct bytes parts[] = {bytes_string(field->sealed ? T("sealed") : T("open")),
		bytes_string(words_in(presences[field->presence])), bytes_string(words_in(types[field->type]))};
	struct buffer type = {0};
	if (field->type == FIELD_TEXT || field->type == FIELD_LINE) {
		char most[24];
		snprintf(most, sizeof(most), "%zu", field->max);
		words_say(&type, W("{1} up to {2} bytes"), (struct bytes[]){parts[2], bytes_string(most)}, 2);
		parts[2] = buffer_bytes(&type);
	}
	words_list(to, parts, 3, W("{1}, {2}"));
	buffer_free(&type);
}

/* Codes with what they are called: "flash (Flash)". */
static void codes_named(const struct showing *showing, struct buffer *to, const struct bytes *codes, size_t count,
	const char *last)
{
	struct buffer named[FORM_CODES_MAX];
	struct bytes views[FORM_CODES_MAX] = {0};
	for (size_t i = 0; i < count; i++) {
		struct bytes blanks[] = {codes[i], label_of_code(showing, codes[i])};
		named[i] = (struct buffer){0};
		words_say(&named[i], W("{1} ({2})"), blanks, 2);
		views[i] = bytes_equal(blanks[0], blanks[1]) ? codes[i] : buffer_bytes(&named[i]);
	}
	words_list(to, views, count, last);
	for (size_t i = 0; i < count; i++)
		buffer_free(&named[i]);
}

/* A field's codes are too many for a sentence: each has a line of its own. */
static bool is_long(const struct form_field *field)
{
	return field->code_count > 16;
}

static bool same_codes(const struct form_field *one, const struct form_field *other)
{
	size_t same = 0;
	while (same < one->code_count && same < other->code_count && bytes_equal(one->codes[same], other->codes[same]))
		same++;
	return same == one->code_count && same == other->code_count;
}

/* The first field of the file with the same codes, maybe the field itself; *form: whose it is. */
static const struct form_field *first_with(const struct mechanism *mechanism, const struct form_field *field,
	const struct form **form)
{
	for (size_t i = 0; i < mechanism->form_count; i++) {
		*form = &mechanism->forms[i];
		for (size_t j = 0; j < (*form)->field_count; j++)
			if (same_codes(&(*form)->fields[j], field))
				return &(*form)->fields[j];
	}
	return field;
}

static void long_codes_view(struct showing *showing, const struct form_field *field, size_t indent)
{
	size_t columns = 0;
	for (size_t i = 0; i < field->code_count; i++)
		columns = wider(columns, field->codes[i], 20);
	for (size_t i = 0; i < field->code_count; i++) {
		buffer_format(&showing->line, "%*s", (int)indent, "");
		padded(&showing->line, field->codes[i], columns + 2);
		buffer_add(&showing->line, label_of_code(showing, field->codes[i]));
		flush(showing, indent + 2);
	}
}

static void field_view(struct showing *showing, const struct form_field *field, size_t columns)
{
	struct buffer kind = {0}, codes = {0};
	const struct form *form = NULL;
	const struct form_field *first = is_long(field) ? first_with(showing->mechanism, field, &form) : NULL;
	field_kind(&kind, field);
	if (first == NULL)
		codes_named(showing, &codes, field->codes, field->code_count, W("{1}, {2}"));
	else if (first != field)
		words_say(&codes, W("what {1} of {2} may be"), (struct bytes[]){first->key, form->name}, 2);
	struct bytes blanks[] = {form_label(field->labels, field->label_count, showing->lang, field->key),
		buffer_bytes(&kind), buffer_bytes(&codes)};
	buffer_string(&showing->line, "    ");
	padded(&showing->line, field->key, columns + 2);
	words_say(&showing->line, codes.size != 0 ? W("{1} [{2}]: {3}") : W("{1} [{2}]"), blanks, 3);
	flush(showing, 4 + columns + 2);
	if (first == field)
		long_codes_view(showing, field, 4 + 2);
	buffer_free(&kind);
	buffer_free(&codes);
}

static void say_codes(struct showing *showing, const char *word, const struct bytes *codes, size_t count)
{
	struct buffer list = {0};
	codes_named(showing, &list, codes, count, W("{1} or {2}"));
	struct bytes blank = buffer_bytes(&list);
	say(showing, 2, word, &blank, 1);
	buffer_free(&list);
}

static void say_names(struct showing *showing, const char *word, const struct bytes *names, size_t count)
{
	struct buffer list = {0};
	words_list(&list, names, count, W("{1} or {2}"));
	struct bytes blank = buffer_bytes(&list);
	say(showing, 2, word, &blank, 1);
	buffer_free(&list);
}

/* "the clock that `priority` names: flash (15m), ..." */
static void clock_by_field(const struct showing *showing, struct buffer *to, const struct form_field *field)
{
	struct buffer named[FORM_CODES_MAX], list = {0};
	struct bytes views[FORM_CODES_MAX] = {0};
	for (size_t i = 0; i < field->code_count; i++) {
		named[i] = (struct buffer){0};
		clock_named(showing, &named[i], field->codes[i]);
		views[i] = buffer_bytes(&named[i]);
	}
	words_list(&list, views, field->code_count, W("{1}, {2}"));
	struct bytes blanks[] = {field->key, buffer_bytes(&list)};
	words_say(to, W("the clock that {1} names: {2}"), blanks, 2);
	for (size_t i = 0; i < field->code_count; i++)
		buffer_free(&named[i]);
	buffer_free(&list);
}

static void oblige_view(struct showing *showing, const struct form *form, const struct form_oblige *oblige)
{
	struct buffer owed = {0}, clock = {0}, codes = {0};
	bool when = oblige->when.size != 0;
	const char *word = oblige->circle ? (when ? W("Where {3} is {4}, all others in the circle of the matter "
		"owe {1} within {2}.") : W("All others in the circle of the matter owe {1} within {2}."))
		: when ? W("Where {3} is {4}, the parties it is sent to owe {1} within {2}.")
			: W("The parties it is sent to owe {1} within {2}.");
	words_list(&owed, oblige->forms, oblige->form_count, W("{1} or {2}"));
	if (oblige->by_field)
		clock_by_field(showing, &clock, form_field(form, oblige->clock));
	else
		clock_named(showing, &clock, oblige->clock);
	codes_named(showing, &codes, oblige->codes, oblige->code_count, W("{1} or {2}"));
	struct bytes blanks[] = {buffer_bytes(&owed), buffer_bytes(&clock), oblige->when, buffer_bytes(&codes)};
	say(showing, 2, word, blanks, 4);
	buffer_free(&owed);
	buffer_free(&clock);
	buffer_free(&codes);
}

/* What an entry of the form makes its writer and others owe. */
static void owed_view(struct showing *showing, const struct form *form)
{
	for (size_t i = 0; i < form->oblige_count; i++)
		oblige_view(showing, form, &form->obliges[i]);
	if (form->promise_count != 0) {
		struct buffer owed = {0};
		words_list(&owed, form->promises, form->promise_count, W("{1} or {2}"));
		struct bytes blanks[] = {BYTES("until"), buffer_bytes(&owed)};
		say(showing, 2, W("With {1}, its writer owes {2} by then."), blanks, 2);
		buffer_free(&owed);
	}
	if (form->every.size != 0) {
		say_clock(showing, form->opens ? W("Each party of the agreement owes one in every {1}.")
			: W("Each party of the circle of an open matter owes one in every {1}."), form->every);
		if (form->while_count != 0)
			say_codes(showing, W("Only while the joint position there is {1}."), form->whiles,
				form->while_count);
	}
	if (form->extends)
		say(showing, 2, W("Moves what its writer owes by the entry that it answers, to {1}."),
			&BYTES("until"), 1);
	if (form->withdraws)
		say(showing, 2, W("By the writer of the entry that it answers: nobody owes anything by that "
			"entry any more."), NULL, 0);
	if (form->disowns.size != 0)
		say_clock(showing, W("Disowns entries of its writer's log that others wrote with its keys, at "
			"most {1} old: they stand for nothing more."), form->disowns);
}

/* The scale that the codes of a field `position` are of. */
static const struct mechanism_scale *scale_of(const struct mechanism *mechanism, const struct form_field *position)
{
	for (size_t i = 0; i < mechanism->scale_count; i++) {
		const struct mechanism_scale *scale = &mechanism->scales[i];
		size_t known = 0;
		while (known < position->code_count &&
			scale_position(scale, position->codes[known]) < scale->position_count)
			known++;
		if (known == position->code_count)
			return scale;
	}
	return NULL;
}

/* What it is to write an entry of the form. */
static void deed_view(struct showing *showing, const struct form *form)
{
	const struct form_field *position = form_field(form, BYTES("position"));
	const struct mechanism_scale *scale = position == NULL ? NULL : scale_of(showing->mechanism, position);
	if (form->opens)
		say(showing, 2, form->scale.size != 0 ? W("May open a matter, on the scale {1}.")
			: W("May open a matter."), &form->scale, 1);
	if (form->answer_count != 0)
		say_names(showing, W("Answers {1}."), form->answers, form->answer_count);
	else if (!form->opens)
		say(showing, 2, bytes_is(showing->mechanism->name, "record")
			? W("Is written by a node of itself.") : W("Is said within an open matter."),
			NULL, 0);
	if (form->refuses)
		say(showing, 2, W("Is a refusal."), NULL, 0);
	if (scale != NULL)
		say(showing, 2, W("States its writer's own position on {1}."), &scale->name, 1);
	if (form->proposes)
		say(showing, 2, W("Proposes a text, by its hash in {1}, on which positions are then stated."),
			&BYTES("version"), 1);
	if (form->commits)
		say(showing, 2, form->alone ? W("Commits its writer, by {1}, to what nobody else can read yet; "
			"revealed without waiting for anybody's.")
				: W("Commits its writer, by {1}, to what nobody else can read yet; revealed "
					"when everybody's commitment was seen."), &BYTES("commitment"), 1);
	if (form->reveals)
		say(showing, 2, W("Reveals, by {1} and {2}, what its writer committed to."),
			(struct bytes[]){BYTES("version"), BYTES("salt")}, 2);
}

static void form_view(struct showing *showing, const struct form *form)
{
	size_t columns = 0;
	showing_called(&showing->line, form->name, label_of_form(showing, form));
	flush(showing, 4);
	deed_view(showing, form);
	owed_view(showing, form);
	for (size_t i = 0; i < form->field_count; i++)
		columns = wider(columns, form->fields[i].key, KEY_COLUMNS_MAX);
	for (size_t i = 0; i < form->field_count; i++)
		field_view(showing, &form->fields[i], columns);
	buffer_string(showing->to, "\n");
}

/* ---- the whole ---- */

/* Whether there is a label, or a reviewer, in just that language. */
static bool label_in(const struct form_label *labels, size_t count, struct bytes lang)
{
	size_t i = 0;
	while (i < count && !bytes_equal(labels[i].lang, lang))
		i++;
	return i < count;
}

static void head_view(struct showing *showing)
{
	const struct mechanism *mechanism = showing->mechanism;
	showing_called(&showing->line, mechanism->name,
		form_label(mechanism->labels, mechanism->label_count, showing->lang, mechanism->name));
	flush(showing, 2);
	say(showing, 0, mechanism->survives ? W("Stays open when other mechanisms are suspended.")
		: W("Does not stay open when other mechanisms are suspended."), NULL, 0);
	struct bytes tag = words_tag(words_spoken());
	if (words_unreviewed())
		say(showing, 0, W("The program's own words in this language ({1}) are unreviewed."), &tag, 1);
	if (label_in(mechanism->labels, mechanism->label_count, tag) && !bytes_is(tag, "en") &&
	    !label_in(mechanism->reviewers, mechanism->reviewer_count, tag))
		say(showing, 0, W("The labels of this file in this language ({1}) are unreviewed."), &tag, 1);
	buffer_string(showing->to, "SHA-256 ");
	text_hex(showing->to, bytes_of(mechanism->digest, sizeof(mechanism->digest)));
	buffer_string(showing->to, "\n");
}

void view_mechanism(struct buffer *to, const struct mechanism *mechanism, struct bytes lang)
{
	struct showing showing = {.to = to, .mechanism = mechanism, .lang = lang};
	head_view(&showing);
	clocks_view(&showing);
	for (size_t i = 0; i < mechanism->scale_count; i++)
		scale_view(&showing, &mechanism->scales[i]);
	heading(&showing, W("What may answer what"));
	showing_tree(&showing);
	heading(&showing, W("Forms"));
	buffer_string(to, "\n");
	for (size_t i = 0; i < mechanism->form_count; i++)
		form_view(&showing, &mechanism->forms[i]);
	buffer_free(&showing.line);
}

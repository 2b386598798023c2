/* The lines of a mechanism file that the kernel carries out: scales, obligations, calendars, exchanges. */
#include <stdlib.h>

#include "form_parts.h"

enum rule read_yes(struct reader *reader, struct bytes value, bool *said, uint32_t *line)
{
	if (!bytes_is(value, "yes"))
		return reader_refuse(reader, RULE_MECHANISM_YES, value);
	if (*said)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, reader->key);
	if (bytes_is(reader->mechanism->name, "record"))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, reader_form(reader)->name);
	*said = true;
	*line = reader->number;
	return RULE_OK;
}

enum rule read_form_names(struct reader *reader, struct bytes value, struct bytes *names, size_t *count)
{
	do {
		struct bytes name = line_word(&value);
		/* bookkeeping is nobody's statement: there is nothing to answer */
		if (!form_name_valid(name) || bytes_is(name_party(name), "record"))
			return reader_refuse(reader, RULE_MECHANISM_ANSWERS, name);
		for (size_t i = 0; i < *count; i++)
			if (bytes_equal(names[i], name))
				return reader_refuse(reader, RULE_MECHANISM_TWICE, name);
		if (*count == FORM_ANSWERS_MAX)
			return reader_refuse(reader, RULE_MECHANISM_MANY, name);
		names[(*count)++] = name;
	} while (value.size != 0);
	return RULE_OK;
}

/* Codes of the file, none twice. */
static enum rule read_code_list(struct reader *reader, struct bytes value, struct bytes *codes, size_t *count)
{
	do {
		struct bytes code = line_word(&value);
		if (mechanism_code(reader->mechanism, code) == NULL)
			return reader_refuse(reader, RULE_MECHANISM_CODE, code);
		for (size_t i = 0; i < *count; i++)
			if (bytes_equal(codes[i], code))
				return reader_refuse(reader, RULE_MECHANISM_TWICE, code);
		if (*count == FORM_CODES_MAX)
			return reader_refuse(reader, RULE_MECHANISM_MANY, code);
		codes[(*count)++] = code;
	} while (value.size != 0);
	return RULE_OK;
}

/* ---- scales ---- */

static struct mechanism_scale *this_scale(const struct reader *reader)
{
	return &reader->mechanism->scales[reader->mechanism->scale_count - 1];
}

enum rule read_scale(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	struct bytes joint = value, name = line_word(&joint);
	bool greatest = bytes_is(joint, "greatest");
	if (bytes_is(mechanism->name, "record"))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, name);
	if (!word_valid(name, MECHANISM_NAME_MAX) || (!greatest && !bytes_is(joint, "least")))
		return reader_refuse(reader, RULE_MECHANISM_SCALE, value);
	if (mechanism_scale(mechanism, name) != NULL)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, name);
	if (mechanism->scale_count == MECHANISM_SCALES_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, name);
	reader->scale_lines[mechanism->scale_count] = reader->number;
	mechanism->scales[mechanism->scale_count++] = (struct mechanism_scale){.name = name, .greatest = greatest};
	reader->under = UNDER_SCALE;
	return RULE_OK;
}

enum rule read_positions(struct reader *reader, struct bytes value)
{
	struct mechanism_scale *scale = this_scale(reader);
	if (scale->position_count != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("positions"));
	return read_code_list(reader, value, scale->positions, &scale->position_count);
}

static enum rule read_clock_name(const struct reader *reader, struct bytes value, struct bytes *clock)
{
	if (clock->size != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, value);
	const struct agreement_clock *found = mechanism_clock(reader->mechanism, value);
	if (found == NULL || found->kind != CLOCK_ELAPSED)
		return reader_refuse(reader, found == NULL ? RULE_MECHANISM_NO_CLOCK : RULE_MECHANISM_CLOCK_KIND, value);
	*clock = value;
	return RULE_OK;
}

enum rule read_confirm(struct reader *reader, struct bytes value)
{
	return read_clock_name(reader, value, &this_scale(reader)->confirm);
}

enum rule read_match(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	if (mechanism->match_count == MECHANISM_MATCHES_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, BYTES("match"));
	struct mechanism_match *match = &mechanism->matches[mechanism->match_count];
	reader->match_lines[mechanism->match_count++] = reader->number;
	reader->under = UNDER_MATCH;
	return read_code_list(reader, value, match->codes, &match->code_count);
}

enum rule read_on(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	if (form->scale.size != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("on"));
	if (mechanism_scale(reader->mechanism, value) == NULL)
		return reader_refuse(reader, RULE_MECHANISM_SCALE, value);
	form->scale = value;
	reader_lines(reader)->on = reader->number;
	return RULE_OK;
}

/* ---- what is owed ---- */

enum rule read_oblige(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	struct bytes rest = value, who = line_word(&rest), clock = line_word(&rest);
	struct form_oblige oblige = {.circle = bytes_is(who, "circle"), .by_field = bytes_start(clock, BYTES("@"))};
	if (bytes_is(reader->mechanism->name, "record"))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, form->name);
	oblige.clock = oblige.by_field ? bytes_of(clock.data + 1, clock.size - 1) : clock;
	if ((!oblige.circle && !bytes_is(who, "to")) || rest.size == 0)
		return reader_refuse(reader, RULE_MECHANISM_OBLIGE, value);
	if (!oblige.by_field && mechanism_clock(reader->mechanism, clock) == NULL)
		return reader_refuse(reader, RULE_MECHANISM_NO_CLOCK, clock);
	enum rule rule = read_form_names(reader, rest, oblige.forms, &oblige.form_count);
	if (rule != RULE_OK)
		return rule;
	if (form->oblige_count == FORM_OBLIGES_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, BYTES("oblige"));
	if (form->obliges == NULL)
		form->obliges = calloc(FORM_OBLIGES_MAX, sizeof(*form->obliges));
	if (form->obliges == NULL)
		return reader_refuse(reader, RULE_MEMORY, value);
	reader_lines(reader)->obliges[form->oblige_count] = reader->number;
	form->obliges[form->oblige_count++] = oblige;
	reader->under = UNDER_OBLIGE;
	return RULE_OK;
}

enum rule read_when(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	struct form_oblige *oblige = &form->obliges[form->oblige_count - 1];
	if (oblige->when.size != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("when"));
	reader_lines(reader)->whens[form->oblige_count - 1] = reader->number;
	oblige->when = line_word(&value);
	return read_code_list(reader, value, oblige->codes, &oblige->code_count);
}

enum rule read_promise(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	if (form->promise_count != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("promise"));
	reader_lines(reader)->promise = reader->number;
	return read_form_names(reader, value, form->promises, &form->promise_count);
}

enum rule read_every(struct reader *reader, struct bytes value)
{
	if (bytes_is(reader->mechanism->name, "record"))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, reader_form(reader)->name);
	return read_clock_name(reader, value, &reader_form(reader)->every);
}

enum rule read_while(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	if (form->while_count != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("while"));
	reader_lines(reader)->whiles = reader->number;
	return read_code_list(reader, value, form->whiles, &form->while_count);
}

enum rule read_extends(struct reader *reader, struct bytes value)
{
	return read_yes(reader, value, &reader_form(reader)->extends, &reader_lines(reader)->extends);
}

enum rule read_withdraws(struct reader *reader, struct bytes value)
{
	return read_yes(reader, value, &reader_form(reader)->withdraws, &reader_lines(reader)->withdraws);
}

enum rule read_commits(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	bool alone = bytes_is(value, "alone");
	enum rule rule = read_yes(reader, alone ? BYTES("yes") : value, &form->commits, &reader_lines(reader)->commits);
	form->alone = form->alone || (rule == RULE_OK && alone);
	return rule;
}

enum rule read_reveals(struct reader *reader, struct bytes value)
{
	return read_yes(reader, value, &reader_form(reader)->reveals, &reader_lines(reader)->reveals);
}

enum rule read_disowns(struct reader *reader, struct bytes value)
{
	if (bytes_is(reader->mechanism->name, "record"))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, reader_form(reader)->name);
	reader_lines(reader)->disowns = reader->number;
	return read_clock_name(reader, value, &reader_form(reader)->disowns);
}

enum rule read_proposes(struct reader *reader, struct bytes value)
{
	return read_yes(reader, value, &reader_form(reader)->proposes, &reader_lines(reader)->proposes);
}

/* ---- the whole file ---- */

static bool names(const struct bytes *list, size_t count, struct bytes name)
{
	size_t i = 0;
	while (i < count && !bytes_equal(list[i], name))
		i++;
	return i < count;
}

/* A field of that name that everybody can read and nobody may leave out. */
static const struct form_field *told(const struct form *form, struct bytes key)
{
	const struct form_field *field = form_field(form, key);
	return field != NULL && !field->sealed && field->presence == FIELD_REQUIRED ? field : NULL;
}

/* Every code of the list is one of the field's. */
static bool codes_of(const struct form_field *field, const struct bytes *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!names(field->codes, field->code_count, codes[i]))
			return false;
	return true;
}

/* What is owed can be given: each form, if it is the file's own, answers one of these. */
static enum rule check_owed(const struct reader *reader, const struct bytes *owed, size_t count,
	const struct bytes *asks, size_t ask_count)
{
	for (size_t i = 0; i < count; i++) {
		const struct form *form = mechanism_form(reader->mechanism, owed[i]);
		size_t known = 0;
		while (form != NULL && known < ask_count && !names(form->answers, form->answer_count, asks[known]))
			known++;
		if (bytes_equal(name_party(owed[i]), reader->mechanism->name) && (form == NULL || known == ask_count))
			return reader_refuse(reader, RULE_MECHANISM_OWED, owed[i]);
	}
	return RULE_OK;
}

static enum rule check_oblige(struct reader *reader, const struct form *form, size_t i, const struct form_lines *lines)
{
	const struct form_oblige *oblige = &form->obliges[i];
	reader->number = lines->obliges[i];
	if (oblige->by_field) {
		const struct form_field *field = told(form, oblige->clock);
		if (field == NULL || field->type != FIELD_CODE)
			return reader_refuse(reader, RULE_MECHANISM_CLOCK_FIELD, oblige->clock);
		for (size_t j = 0; j < field->code_count; j++)
			if (mechanism_clock(reader->mechanism, field->codes[j]) == NULL)
				return reader_refuse(reader, RULE_MECHANISM_CLOCK_FIELD, field->codes[j]);
	}
	enum rule rule = check_owed(reader, oblige->forms, oblige->form_count, &form->name, 1);
	if (rule != RULE_OK || oblige->when.size == 0)
		return rule;
	const struct form_field *field = form_field(form, oblige->when);
	reader->number = lines->whens[i];
	return field != NULL && !field->sealed && codes_of(field, oblige->codes, oblige->code_count) ? RULE_OK
		: reader_refuse(reader, RULE_MECHANISM_WHEN, oblige->when);
}

/* `position` and `while` speak of a scale: one of the file's has all these codes. */
static bool on_a_scale(const struct mechanism *mechanism, const struct bytes *codes, size_t count)
{
	for (size_t i = 0; i < mechanism->scale_count; i++) {
		const struct mechanism_scale *scale = &mechanism->scales[i];
		size_t known = 0;
		while (known < count && scale_position(scale, codes[known]) < scale->position_count)
			known++;
		if (known == count)
			return true;
	}
	return false;
}

/* What a form is said to be wants fields, or something that it answers. */
static enum rule check_needs(struct reader *reader, const struct form *form, const struct form_lines *lines)
{
	const struct form_field *position = form_field(form, BYTES("position"));
	bool answers = form->answer_count != 0, until = answers && form_field(form, BYTES("until")) != NULL;
	bool version = told(form, BYTES("version")) != NULL;
	const struct form_field *disowned = form_field(form, BYTES("disowns"));
	bool disowns = disowned != NULL && !disowned->sealed && disowned->type == FIELD_PLACE;
	const struct {
		bool wrong;
		enum rule rule;
		uint32_t line;
	} needs[] = {
		{position != NULL && !on_a_scale(reader->mechanism, position->codes, position->code_count),
			RULE_MECHANISM_SCALE, lines->position},
		{form->while_count != 0 && (form->every.size == 0 || form->opens ||
			!on_a_scale(reader->mechanism, form->whiles, form->while_count)), RULE_MECHANISM_WHILE, lines->whiles},
		{form->scale.size != 0 && !form->opens, RULE_MECHANISM_ON, lines->on},
		{form->promise_count != 0 && !until, RULE_MECHANISM_UNTIL, lines->promise},
		{form->extends && !until, RULE_MECHANISM_UNTIL, lines->extends},
		{form->withdraws && !answers, RULE_MECHANISM_WITHDRAWS, lines->withdraws},
		{form->commits && told(form, BYTES("commitment")) == NULL, RULE_MECHANISM_EXCHANGE, lines->commits},
		{form->reveals && (!version || told(form, BYTES("salt")) == NULL || !answers), RULE_MECHANISM_EXCHANGE,
			lines->reveals},
		{form->proposes && !version, RULE_MECHANISM_PROPOSES, lines->proposes},
		{form->disowns.size != 0 && !disowns, RULE_MECHANISM_DISOWNS, lines->disowns},
	};
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		reader->number = needs[i].line;
		if (needs[i].wrong)
			return reader_refuse(reader, needs[i].rule, form->name);
	}
	return RULE_OK;
}

static enum rule check_form(struct reader *reader, const struct form *form, const struct form_lines *lines)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < form->oblige_count; i++)
		rule = check_oblige(reader, form, i, lines);
	if (rule == RULE_OK)
		rule = check_needs(reader, form, lines);
	reader->number = lines->promise;
	return rule != RULE_OK ? rule
		: check_owed(reader, form->promises, form->promise_count, form->answers, form->answer_count);
}

/* What is held to be alike are positions, each of one scale, and not all of the same. */
static enum rule check_match(const struct reader *reader, const struct mechanism_match *match)
{
	const struct mechanism *mechanism = reader->mechanism;
	size_t first = mechanism->scale_count;
	bool several = false;
	for (size_t i = 0; i < match->code_count; i++) {
		size_t scale = mechanism->scale_count, found = 0;
		for (size_t j = 0; j < mechanism->scale_count; j++) {
			if (!names(mechanism->scales[j].positions, mechanism->scales[j].position_count, match->codes[i]))
				continue;
			scale = j;
			found++;
		}
		if (found != 1)
			return reader_refuse(reader, RULE_MECHANISM_MATCH, match->codes[i]);
		first = i == 0 ? scale : first;
		several = several || scale != first;
	}
	return several ? RULE_OK : reader_refuse(reader, RULE_MECHANISM_MATCH, match->codes[0]);
}

enum rule rules_check(struct reader *reader)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < reader->mechanism->match_count && rule == RULE_OK; i++) {
		reader->number = reader->match_lines[i];
		rule = check_match(reader, &reader->mechanism->matches[i]);
	}
	for (size_t i = 0; i < reader->mechanism->scale_count && rule == RULE_OK; i++) {
		reader->number = reader->scale_lines[i];
		if (reader->mechanism->scales[i].position_count < 2)
			rule = reader_refuse(reader, RULE_MECHANISM_SCALE, reader->mechanism->scales[i].name);
	}
	for (size_t i = 0; i < reader->mechanism->form_count && rule == RULE_OK; i++)
		rule = check_form(reader, &reader->mechanism->forms[i], &reader->form_lines[i]);
	return rule;
}

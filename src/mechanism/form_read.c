/* Reads mechanism files: line by line, each under what it speaks of. */
#include <stdlib.h>

#include "form_parts.h"
#include "list.h"
#include "text.h"
#include "words.h"

static struct form_field *this_field(const struct reader *reader)
{
	struct form *form = reader_form(reader);
	return &form->fields[form->field_count - 1];
}

static enum rule read_name(struct reader *reader, struct bytes value)
{
	if (!word_valid(value, MECHANISM_NAME_MAX))
		return reader_refuse(reader, RULE_MECHANISM_NAME, value);
	reader->mechanism->name = value;
	reader->under = UNDER_MECHANISM;
	return RULE_OK;
}

static enum rule read_survives(struct reader *reader, struct bytes value)
{
	if (reader->survives_said)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("survives"));
	reader->survives_said = true;
	reader->mechanism->survives = bytes_is(value, "yes");
	return reader->mechanism->survives || bytes_is(value, "no") ? RULE_OK
		: reader_refuse(reader, RULE_MECHANISM_YES, value);
}

/* ---- labels ---- */

static enum rule label_add(struct reader *reader, struct form_label *labels, size_t *count, struct bytes value)
{
	struct bytes text = value, lang = line_word(&text);
	if (!lang_valid(lang) || !text_shown(text, LABEL_MAX))
		return reader_refuse(reader, RULE_MECHANISM_LABEL, value);
	for (size_t i = 0; i < *count; i++)
		if (bytes_equal(labels[i].lang, lang))
			return reader_refuse(reader, RULE_MECHANISM_TWICE, value);
	if (*count == FORM_LABELS_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, value);
	labels[(*count)++] = (struct form_label){lang, text};
	return RULE_OK;
}

static enum rule read_reviewed(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	return label_add(reader, mechanism->reviewers, &mechanism->reviewer_count, value);
}

static enum rule read_label(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	struct mechanism_code *code;
	struct mechanism_scale *scale;
	struct form *form;
	struct form_field *field;
	switch (reader->under) {
	case UNDER_MECHANISM:
		return label_add(reader, mechanism->labels, &mechanism->label_count, value);
	case UNDER_CODE:
		code = &mechanism->codes[mechanism->code_count - 1];
		return label_add(reader, code->labels, &code->label_count, value);
	case UNDER_SCALE:
		scale = &mechanism->scales[mechanism->scale_count - 1];
		return label_add(reader, scale->labels, &scale->label_count, value);
	case UNDER_FORM:
		form = reader_form(reader);
		return label_add(reader, form->labels, &form->label_count, value);
	case UNDER_FIELD:
		field = this_field(reader);
		return label_add(reader, field->labels, &field->label_count, value);
	default:
		return reader_refuse(reader, RULE_MECHANISM_ORDER, BYTES("label"));
	}
}

/* ---- clocks and codes ---- */

static enum rule read_clock(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	struct bytes kind = value, name = line_word(&kind), duration = line_word(&kind);
	struct agreement_clock clock = {name, 0, CLOCK_ELAPSED};
	if (!word_valid(name, MECHANISM_NAME_MAX) || duration_parse(duration, &clock.seconds) != RULE_OK ||
	    (kind.data != NULL && (!clock_kind_find(kind, &clock.kind) || clock.kind == CLOCK_ELAPSED)) ||
	    !clock_fits(duration, clock.kind))
		return reader_refuse(reader, RULE_MECHANISM_CLOCK, value);
	for (size_t i = 0; i < mechanism->clock_count; i++)
		if (bytes_equal(mechanism->clocks[i].name, name))
			return reader_refuse(reader, RULE_MECHANISM_TWICE, value);
	if (mechanism->clock_count == MECHANISM_CLOCKS_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, value);
	mechanism->clocks[mechanism->clock_count++] = clock;
	reader->under = UNDER_CLOCK;
	return RULE_OK;
}

static enum rule read_code(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	if (!word_valid(value, MECHANISM_NAME_MAX))
		return reader_refuse(reader, RULE_MECHANISM_CODE, value);
	if (mechanism_code(mechanism, value) != NULL)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, value);
	if (mechanism->code_count == MECHANISM_CODES_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, value);
	mechanism->codes[mechanism->code_count++].code = value;
	reader->under = UNDER_CODE;
	return RULE_OK;
}

static enum rule read_codes(struct reader *reader, struct bytes value)
{
	struct form_field *field = this_field(reader);
	if (field->type != FIELD_CODE)
		return reader_refuse(reader, RULE_MECHANISM_CODES, field->key);
	if (field->code_count != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("codes"));
	if (bytes_is(field->key, "position"))
		reader_lines(reader)->position = reader->number;
	do {
		struct bytes code = line_word(&value);
		if (mechanism_code(reader->mechanism, code) == NULL)
			return reader_refuse(reader, RULE_MECHANISM_CODE, code);
		for (size_t i = 0; i < field->code_count; i++)
			if (bytes_equal(field->codes[i], code))
				return reader_refuse(reader, RULE_MECHANISM_TWICE, code);
		if (field->code_count == FORM_CODES_MAX)
			return reader_refuse(reader, RULE_MECHANISM_MANY, code);
		field->codes[field->code_count++] = code;
	} while (value.size != 0);
	return RULE_OK;
}

/* ---- forms ---- */

/* What can be said of a field only when the next line speaks of something else. */
static enum rule field_close(struct reader *reader)
{
	if (reader->under != UNDER_FIELD)
		return RULE_OK;
	struct form_field *field = this_field(reader);
	if (field->type != FIELD_CODE || field->code_count != 0)
		return RULE_OK;
	reader->number = reader->field_line;
	return reader_refuse(reader, RULE_MECHANISM_CODES, field->key);
}

static enum rule read_form(struct reader *reader, struct bytes value)
{
	struct mechanism *mechanism = reader->mechanism;
	enum rule rule = field_close(reader);
	if (rule != RULE_OK)
		return rule;
	if (!form_name_valid(value) || !bytes_equal(name_party(value), mechanism->name))
		return reader_refuse(reader, RULE_MECHANISM_FORM, value);
	if (mechanism_form(mechanism, value) != NULL)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, value);
	size_t count = mechanism->form_count;
	if (count == FORMS_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, value);
	if ((count & (count - 1)) == 0) { /* grows at powers of two */
		struct form *forms = realloc(mechanism->forms, (count == 0 ? 1 : 2 * count) * sizeof(*forms));
		if (forms == NULL)
			return reader_refuse(reader, RULE_MEMORY, value);
		mechanism->forms = forms;
	}
	memset(&mechanism->forms[count], 0, sizeof(mechanism->forms[count]));
	mechanism->forms[count].name = value;
	reader->form_lines[mechanism->form_count++].form = reader->number;
	reader->under = UNDER_FORM;
	return RULE_OK;
}

static bool of_record(const struct reader *reader)
{
	return bytes_is(reader->mechanism->name, "record");
}

static enum rule read_opens(struct reader *reader, struct bytes value)
{
	uint32_t line;
	return read_yes(reader, value, &reader_form(reader)->opens, &line);
}

static enum rule read_refuses(struct reader *reader, struct bytes value)
{
	uint32_t line;
	return read_yes(reader, value, &reader_form(reader)->refuses, &line);
}

static enum rule read_answers(struct reader *reader, struct bytes value)
{
	struct form *form = reader_form(reader);
	if (form->answer_count != 0)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, BYTES("answers"));
	if (of_record(reader))
		return reader_refuse(reader, RULE_MECHANISM_RECORD, form->name);
	enum rule rule = read_form_names(reader, value, form->answers, &form->answer_count);
	if (rule != RULE_OK)
		return rule;
	reader_lines(reader)->answers = reader->number;
	return RULE_OK;
}

/* ---- fields ---- */

static const struct {
	const char *name;
	size_t max; /* bytes of a value; 0: the file says */
} types[] = {
	[FIELD_TEXT] = {"text", 0},
	[FIELD_LINE] = {"line", 0},
	[FIELD_CODE] = {"code", MECHANISM_NAME_MAX},
	[FIELD_NUMBER] = {"number", 19},
	[FIELD_TIME] = {"time", UTC_SIZE},
	[FIELD_DATE] = {"date", sizeof("~YYYY-MM-DD") - 1},
	[FIELD_HASH] = {"hash", 2 * SHA256_SIZE},
	[FIELD_PLACE] = {"place", PLACE_MAX},
	[FIELD_DESK] = {"desk", DESK_MAX},
	[FIELD_PARTY] = {"party", PARTY_NAME_MAX},
	[FIELD_CHECKPOINT] = {"checkpoint", ORIGIN_MAX + 1 + 19 + 1 + 44 + 1 + 104},
};

static const char *const presences[] = {
	[FIELD_REQUIRED] = "required", [FIELD_OPTIONAL] = "optional", [FIELD_REPEATED] = "repeated"};

const char *field_type_name(enum field_type type)
{
	return types[type].name;
}

/* Names by which the kernel finds what it computes with. */
static const struct {
	const char *key;
	enum field_type type;
} reserved[] = {
	{"circle", FIELD_PARTY}, {"version", FIELD_HASH}, {"position", FIELD_CODE}, {"commitment", FIELD_HASH},
	{"salt", FIELD_HASH}, {"until", FIELD_TIME}, {"state-digest", FIELD_HASH}};

static enum rule field_check_name(const struct reader *reader, const struct form_field *field)
{
	if (entry_header_key(field->key) || bytes_is(field->key, ATTACHMENT_KEY) ||
	    bytes_is(field->key, ATTACHMENT_NAME) || bytes_is(field->key, COURTESY_KEY))
		return reader_refuse(reader, RULE_MECHANISM_FIELD_KEY, field->key);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (bytes_is(field->key, reserved[i].key) && (field->sealed || field->type != reserved[i].type))
			return reader_refuse(reader, RULE_MECHANISM_RESERVED, field->key);
	/* the node's desk seals nothing; what it quotes is checked where everybody sees it */
	if (of_record(reader) ? field->sealed : field->type == FIELD_CHECKPOINT)
		return reader_refuse(reader, RULE_MECHANISM_RECORD, field->key);
	return RULE_OK;
}

static enum rule field_read_max(const struct reader *reader, struct form_field *field, struct bytes max)
{
	uint64_t value = FIELD_MAX_DEFAULT;
	field->max = types[field->type].max;
	if (field->max != 0)
		return max.size == 0 ? RULE_OK : reader_refuse(reader, RULE_MECHANISM_FIELD, max);
	if (max.size != 0 && text_decimal(max, &value) != RULE_OK)
		return reader_refuse(reader, RULE_MECHANISM_FIELD, max);
	if (value == 0 || value > (field->sealed ? ENTRY_SEALED_MAX : ENTRY_OPEN_MAX))
		return reader_refuse(reader, RULE_MECHANISM_FIELD_MAX, max);
	field->max = (size_t)value;
	return RULE_OK;
}

/* The index of a word in a list of names; `count` when it is none of them. */
static size_t type_find(struct bytes word)
{
	size_t i = 0, count = sizeof(types) / sizeof(types[0]);
	while (i < count && !bytes_is(word, types[i].name))
		i++;
	return i;
}

static size_t presence_find(struct bytes word)
{
	size_t i = 0, count = sizeof(presences) / sizeof(presences[0]);
	while (i < count && !bytes_is(word, presences[i]))
		i++;
	return i;
}

static enum rule read_field(struct reader *reader, struct bytes value)
{
	enum rule rule = field_close(reader);
	if (rule != RULE_OK)
		return rule;
	struct form *form = reader_form(reader);
	struct bytes rest = value, key = line_word(&rest), side = line_word(&rest);
	size_t type = type_find(line_word(&rest)), presence = presence_find(line_word(&rest));
	struct form_field field = {.key = key, .sealed = bytes_is(side, "sealed")};
	if (!line_key_valid(key) || (!field.sealed && !bytes_is(side, "open")) ||
	    type == sizeof(types) / sizeof(types[0]) ||
	    presence == sizeof(presences) / sizeof(presences[0]))
		return reader_refuse(reader, RULE_MECHANISM_FIELD, value);
	field.type = (enum field_type)type;
	field.presence = (enum field_presence)presence;
	rule = field_read_max(reader, &field, rest);
	if (rule == RULE_OK)
		rule = field_check_name(reader, &field);
	if (rule != RULE_OK)
		return rule;
	if (form_field(form, key) != NULL)
		return reader_refuse(reader, RULE_MECHANISM_TWICE, key);
	if (form->field_count == FORM_FIELDS_MAX)
		return reader_refuse(reader, RULE_MECHANISM_MANY, key);
	struct form_field *fields = list_room(form->fields, form->field_count, &form->field_capacity, sizeof(*fields));
	if (fields == NULL)
		return reader_refuse(reader, RULE_MEMORY, key);
	form->fields = fields;
	form->fields[form->field_count++] = field;
	reader->field_line = reader->number;
	reader->under = UNDER_FIELD;
	return RULE_OK;
}

/* ---- the file ---- */

#define AFTER(under) (1u << (under))
#define AFTER_HEAD (AFTER(UNDER_MECHANISM) | AFTER(UNDER_CLOCK) | AFTER(UNDER_CODE))
#define AFTER_FORM (AFTER(UNDER_FORM) | AFTER(UNDER_OBLIGE) | AFTER(UNDER_FIELD))
#define IN_FORM (AFTER(UNDER_FORM) | AFTER(UNDER_OBLIGE))

static const struct {
	const char *key;
	unsigned under; /* what may stand above */
	enum rule (*read)(struct reader *reader, struct bytes value);
} keys[] = {
	{"name", AFTER(UNDER_NOTHING), read_name},
	{"survives", AFTER(UNDER_MECHANISM), read_survives},
	{"reviewed", AFTER(UNDER_MECHANISM), read_reviewed},
	{"label",
		AFTER(UNDER_MECHANISM) | AFTER(UNDER_CODE) | AFTER(UNDER_SCALE) | AFTER(UNDER_FORM) |
			AFTER(UNDER_FIELD),
		read_label},
	{"clock", AFTER(UNDER_MECHANISM) | AFTER(UNDER_CLOCK), read_clock},
	{"code", AFTER_HEAD, read_code},
	{"scale", AFTER_HEAD | AFTER(UNDER_SCALE), read_scale},
	{"positions", AFTER(UNDER_SCALE), read_positions},
	{"confirm", AFTER(UNDER_SCALE), read_confirm},
	{"match", AFTER(UNDER_SCALE) | AFTER(UNDER_MATCH), read_match},
	{"form", AFTER_HEAD | AFTER(UNDER_SCALE) | AFTER(UNDER_MATCH) | AFTER_FORM, read_form},
	{"opens", IN_FORM, read_opens},
	{"answers", IN_FORM, read_answers},
	{"refuses", IN_FORM, read_refuses},
	{"on", IN_FORM, read_on},
	{"oblige", IN_FORM, read_oblige},
	{"when", AFTER(UNDER_OBLIGE), read_when},
	{"promise", IN_FORM, read_promise},
	{"every", IN_FORM, read_every},
	{"while", IN_FORM, read_while},
	{"extends", IN_FORM, read_extends},
	{"withdraws", IN_FORM, read_withdraws},
	{"commits", IN_FORM, read_commits},
	{"reveals", IN_FORM, read_reveals},
	{"proposes", IN_FORM, read_proposes},
	{"disowns", IN_FORM, read_disowns},
	{"field", AFTER_FORM, read_field},
	{"codes", AFTER(UNDER_FIELD), read_codes},
};

static enum rule read_key(struct reader *reader, const struct line *line)
{
	reader->key = line->key;
	if (reader->under == UNDER_NOTHING && !bytes_is(line->key, "name"))
		return reader_refuse(reader, RULE_MECHANISM_NAME, line->key);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!bytes_is(line->key, keys[i].key))
			continue;
		if ((keys[i].under & AFTER(reader->under)) == 0)
			return reader_refuse(reader, RULE_MECHANISM_ORDER, line->key);
		return keys[i].read(reader, line->value);
	}
	return reader_refuse(reader, RULE_MECHANISM_KEY, line->key);
}

static enum rule read_lines(struct reader *reader)
{
	struct cursor cursor = cursor_of(reader->mechanism->file);
	while (cursor_left(&cursor) != 0) {
		reader->number++;
		struct bytes text = cursor_line(&cursor);
		struct line line;
		if (cursor.rule != RULE_OK)
			return reader_refuse(reader, cursor.rule, BYTES("no line feed at the end"));
		if (reader->number == 1) {
			if (!bytes_is(text, "detente mechanism v1"))
				return reader_refuse(reader, RULE_MECHANISM_VERSION, text);
			continue;
		}
		if (text.size == 0 || text.data[0] == '#') {
			if (!text_valid(text, false))
				return reader_refuse(reader, RULE_UTF8, BYTES("in a remark"));
			continue;
		}
		enum rule rule = line_parse(text, &line);
		rule = rule == RULE_OK ? read_key(reader, &line) : reader_refuse(reader, rule, text);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

/* What can be said only of the whole file. */
static enum rule read_end(struct reader *reader)
{
	const struct mechanism *mechanism = reader->mechanism;
	if (reader->number == 0)
		return reader_refuse(reader, RULE_MECHANISM_VERSION, BYTES("an empty file"));
	if (mechanism->name.size == 0)
		return reader_refuse(reader, RULE_MECHANISM_NAME, BYTES("no name"));
	enum rule rule = field_close(reader);
	if (rule != RULE_OK)
		return rule;
	if (mechanism->form_count == 0)
		return reader_refuse(reader, RULE_MECHANISM_FORM, BYTES("no form"));
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		for (size_t j = 0; j < form->answer_count; j++) {
			struct bytes name = form->answers[j];
			if (!bytes_equal(name_party(name), mechanism->name) || mechanism_form(mechanism, name) != NULL)
				continue;
			reader->number = reader->form_lines[i].answers;
			return reader_refuse(reader, RULE_MECHANISM_ANSWERS, name);
		}
	}
	return rules_check(reader);
}

enum rule mechanism_read(struct mechanism **mechanism, struct bytes file, struct fault *fault)
{
	if (file.size > MECHANISM_MAX)
		return FAULT(fault, RULE_MECHANISM_SIZE, 0, "{1} bytes", NUMBER(file.size));
	struct reader reader = {.mechanism = calloc(1, sizeof(struct mechanism)), .fault = fault};
	uint8_t *copy = malloc(file.size + 1);
	enum rule rule = RULE_MEMORY;
	if (reader.mechanism == NULL || copy == NULL) {
		free(copy);
		fault_set(fault, rule, 0, "%s", T("mechanism file"));
		goto err;
	}
	if (file.size != 0)
		memcpy(copy, file.data, file.size);
	reader.mechanism->file = bytes_of(copy, file.size);
	sha256(file, reader.mechanism->digest);
	rule = read_lines(&reader);
	if (rule == RULE_OK)
		rule = read_end(&reader);
	if (rule != RULE_OK)
		goto err;
	*mechanism = reader.mechanism;
	return RULE_OK;
err:
	mechanism_free(reader.mechanism);
	return rule;
}

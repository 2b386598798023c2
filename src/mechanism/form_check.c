/* Entries against their forms: values against types, lines against the form's order. */
#include "form.h"
#include "sealed.h"
#include "text.h"

/* ---- values ---- */

/* Exactly `size` digits. */
static bool digits(struct bytes text, size_t size, unsigned *value)
{
	if (text.size != size)
		return false;
	*value = 0;
	for (size_t i = 0; i < size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*value = *value * 10 + (unsigned)(text.data[i] - '0');
	}
	return true;
}

static bool date_valid(struct bytes text)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct cursor cursor = cursor_of(text);
	unsigned year, month, day;
	if (text.size != 0 && text.data[0] == '~')
		cursor_u8(&cursor);
	size_t size = cursor_left(&cursor);
	if ((size != 4 && size != 7 && size != 10) || !digits(cursor_until(&cursor, '-'), 4, &year))
		return false;
	if (size == 4)
		return true;
	if (!digits(cursor_until(&cursor, '-'), 2, &month) || month < 1 || month > 12)
		return false;
	if (size == 7)
		return true;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	unsigned last = days[month - 1] + (month == 2 && leap ? 1u : 0u);
	return digits(cursor_take(&cursor, cursor_left(&cursor)), 2, &day) && day >= 1 && day <= last;
}

static bool checkpoint_valid(struct bytes text)
{
	struct bytes log = line_word(&text), size = line_word(&text), root = line_word(&text);
	uint8_t root_bytes[SHA256_SIZE], cosignature[4 + 8 + ED25519_SIGNATURE];
	uint64_t number;
	return (origin_valid(log) || party_valid(log)) && text_decimal(size, &number) == RULE_OK && number != 0 &&
		text_unbase64_exact(root, root_bytes, sizeof(root_bytes), true) == RULE_OK &&
		text_unbase64_exact(text, cosignature, sizeof(cosignature), true) == RULE_OK;
}

static bool code_valid(const struct form_field *field, struct bytes value)
{
	for (size_t i = 0; i < field->code_count; i++)
		if (bytes_equal(field->codes[i], value))
			return true;
	return false;
}

static enum rule value_check(const struct form_field *field, struct bytes value)
{
	uint8_t hash[SHA256_SIZE];
	uint64_t number;
	int64_t seconds;
	struct place place;
	if (value.size == 0 || value.size > field->max)
		return RULE_FIELD_LENGTH;
	switch (field->type) {
	case FIELD_TEXT:
		return text_valid(value, true) ? RULE_OK : RULE_FIELD_TEXT;
	case FIELD_LINE:
		if (memchr(value.data, '\n', value.size) != NULL)
			return RULE_FIELD_LINE;
		return text_valid(value, false) ? RULE_OK : RULE_FIELD_TEXT;
	case FIELD_CODE:
		return code_valid(field, value) ? RULE_OK : RULE_FIELD_CODE;
	case FIELD_NUMBER:
		return text_decimal(value, &number) == RULE_OK ? RULE_OK : RULE_FIELD_NUMBER;
	case FIELD_TIME:
		return utc_parse(value, &seconds) == RULE_OK ? RULE_OK : RULE_FIELD_TIME;
	case FIELD_DATE:
		return date_valid(value) ? RULE_OK : RULE_FIELD_DATE;
	case FIELD_HASH:
		return text_unhex(value, hash, sizeof(hash)) == RULE_OK ? RULE_OK : RULE_FIELD_HASH;
	case FIELD_PLACE:
		return place_parse(&place, value) == RULE_OK ? RULE_OK : RULE_FIELD_PLACE;
	case FIELD_DESK:
		return desk_valid(value) ? RULE_OK : RULE_FIELD_DESK;
	case FIELD_PARTY:
		return party_valid(value) ? RULE_OK : RULE_FIELD_PARTY;
	case FIELD_CHECKPOINT:
		return checkpoint_valid(value) ? RULE_OK : RULE_FIELD_CHECKPOINT;
	}
	return RULE_FIELD_TEXT;
}

enum rule field_check(const struct form_field *field, struct bytes value, struct fault *fault)
{
	enum rule rule = value_check(field, value);
	return rule == RULE_OK ? rule : fault_bytes(fault, rule, 0, field->key);
}

/*
 * The value of a line as it stands there, against its field. Escapes are undone on the stack: the verdict must not hang
 * on memory that could be had.
 */
static enum rule field_check_line(const struct form_field *field, struct bytes value, struct fault *fault)
{
	uint8_t plain[ENTRY_SEALED_MAX];
	size_t size = 0;
	if (value.size == 0 || memchr(value.data, '\\', value.size) == NULL)
		return field_check(field, value, fault);
	for (size_t i = 0; i < value.size; i++) {
		bool escape = value.data[i] == '\\' && i + 1 < value.size;
		if (size == sizeof(plain))
			return fault_bytes(fault, RULE_FIELD_LENGTH, 0, field->key);
		if (escape)
			i++;
		plain[size++] = escape && value.data[i] == 'n' ? '\n' : value.data[i];
	}
	return field_check(field, bytes_of(plain, size), fault);
}

/* ---- lines ---- */

/* Where a run of lines has come to in its form. */
struct walk {
	const struct form *form;
	bool sealed; /* the sealed fields, or the open ones */
	size_t next; /* the field that may come next */
	struct fault *fault;
};

/* Passes over the fields before `end`, which must not be required. */
static enum rule walk_to(struct walk *walk, size_t end)
{
	for (; walk->next < end; walk->next++) {
		const struct form_field *field = &walk->form->fields[walk->next];
		if (field->sealed == walk->sealed && field->presence == FIELD_REQUIRED)
			return fault_bytes(walk->fault, RULE_FORM_MISSING, 0, field->key);
	}
	return RULE_OK;
}

static enum rule walk_line(struct walk *walk, const struct line *line)
{
	const struct form_field *field = form_field(walk->form, line->key);
	if (field == NULL)
		return fault_bytes(walk->fault, RULE_FORM_FIELD, 0, line->key);
	if (field->sealed != walk->sealed)
		return fault_bytes(walk->fault, RULE_FORM_SEALED, 0, line->key);
	size_t index = (size_t)(field - walk->form->fields);
	if (index < walk->next)
		return fault_bytes(walk->fault, RULE_FORM_ORDER, 0, line->key);
	enum rule rule = walk_to(walk, index);
	if (rule != RULE_OK)
		return rule;
	walk->next = field->presence == FIELD_REPEATED ? index : index + 1;
	return field_check_line(field, line->value, walk->fault);
}

/* What can be translated: one sealed text, or line. */
static bool translatable(const struct form_field *field)
{
	return field != NULL && field->sealed && field->presence != FIELD_REPEATED &&
		(field->type == FIELD_TEXT || field->type == FIELD_LINE);
}

/* How many sealed lines there may be: what can be said of them while they are sealed. */
static enum rule check_sealed_count(const struct form *form, const struct entry *entry, struct fault *fault)
{
	uint64_t least = 2 * entry->attachment_count, most = least;
	bool translated = false;
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		if (!field->sealed)
			continue;
		least += field->presence == FIELD_REQUIRED;
		most += field->presence == FIELD_REPEATED ? ENTRY_SEALED_FIELDS_MAX : 1;
		translated = translated || translatable(field);
	}
	most += translated ? COURTESIES_MAX : 0;
	uint64_t count = entry->sealed ? entry->sealed_count : 0;
	if (count < least || count > most)
		return fault_bytes(fault, RULE_FORM_SEALED, 0, BYTES("number of sealed lines"));
	return RULE_OK;
}

enum rule form_check_open(const struct form *form, const struct entry *entry, struct fault *fault)
{
	if (entry->opens && !form->opens)
		return fault_bytes(fault, RULE_FORM_OPENS, 0, form->name);
	bool answers = form->answer_count != 0 && !entry->opens;
	if (entry->has_re != answers)
		return fault_bytes(fault, RULE_FORM_ANSWERS, 0, form->name);
	struct walk walk = {form, false, 0, fault};
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < entry->field_count; i++)
		rule = walk_line(&walk, &entry->fields[i]);
	if (rule == RULE_OK)
		rule = walk_to(&walk, form->field_count);
	return rule == RULE_OK ? check_sealed_count(form, entry, fault) : rule;
}

/* The two lines of an attachment at the end: key and name. */
static enum rule check_attachment(const struct sealed_lines *lines, size_t at, struct fault *fault)
{
	uint8_t key[AGE_FILE_KEY];
	static const struct form_field name = {.key = {(const uint8_t *)ATTACHMENT_NAME, sizeof(ATTACHMENT_NAME) - 1},
		.sealed = true, .type = FIELD_LINE, .presence = FIELD_REQUIRED, .max = ATTACHMENT_NAME_MAX};
	if (text_unhex(lines->lines[at].field.value, key, sizeof(key)) != RULE_OK)
		return fault_bytes(fault, RULE_FORM_ATTACHMENT, 0, BYTES(ATTACHMENT_KEY));
	if (at + 1 == lines->count || !bytes_equal(lines->lines[at + 1].field.key, name.key))
		return fault_bytes(fault, RULE_FORM_ATTACHMENT, 0, name.key);
	return field_check_line(&name, lines->lines[at + 1].field.value, fault);
}

bool form_courtesy(struct bytes value, struct bytes *lang, struct bytes *key, struct bytes *text)
{
	*lang = line_word(&value);
	*key = line_word(&value);
	*text = value;
	return lang_valid(*lang) && line_key_valid(*key) && value.size != 0;
}

/* A translation is of a text that stands there, as long as that may be at most, one in each language. */
static enum rule check_courtesy(const struct form *form, const struct sealed_lines *lines, size_t at,
	struct fault *fault)
{
	struct bytes lang, key, text, other[3];
	bool there = false, twice = false;
	if (!form_courtesy(lines->lines[at].field.value, &lang, &key, &text))
		return fault_bytes(fault, RULE_FORM_COURTESY, 0, lines->lines[at].field.value);
	const struct form_field *field = form_field(form, key);
	for (size_t i = 0; i < at; i++) {
		const struct line *line = &lines->lines[i].field;
		there = there || bytes_equal(line->key, key);
		twice = twice || (bytes_is(line->key, COURTESY_KEY) &&
			form_courtesy(line->value, &other[0], &other[1], &other[2]) && bytes_equal(other[0], lang) &&
			bytes_equal(other[1], key));
	}
	if (!translatable(field) || !there || twice)
		return fault_bytes(fault, RULE_FORM_COURTESY, 0, key);
	return field_check_line(field, text, fault);
}

enum rule form_check_sealed(const struct form *form, const struct sealed_lines *lines, struct fault *fault)
{
	struct walk walk = {form, true, 0, fault};
	enum rule rule = RULE_OK;
	size_t i = 0, courtesies = 0;
	for (; rule == RULE_OK && i < lines->count && !bytes_is(lines->lines[i].field.key, ATTACHMENT_KEY) &&
		!bytes_is(lines->lines[i].field.key, COURTESY_KEY); i++)
		rule = walk_line(&walk, &lines->lines[i].field);
	if (rule == RULE_OK)
		rule = walk_to(&walk, form->field_count);
	for (; rule == RULE_OK && i < lines->count && bytes_is(lines->lines[i].field.key, COURTESY_KEY); i++)
		rule = courtesies++ == COURTESIES_MAX ? fault_bytes(fault, RULE_FORM_COURTESY, 0, BYTES(COURTESY_KEY))
			: check_courtesy(form, lines, i, fault);
	for (; rule == RULE_OK && i < lines->count; i += 2)
		rule = bytes_is(lines->lines[i].field.key, ATTACHMENT_KEY) ? check_attachment(lines, i, fault)
			: fault_bytes(fault, RULE_FORM_ATTACHMENT, 0, lines->lines[i].field.key);
	return rule;
}

/*
 * Every field of every form that is shipped, and what it refuses by name: nothing, one byte more than it allows, what is not of
 * its type, codes of other fields, bytes that are no text, characters that a terminal would obey, letters that are no name's.
 */
#include <dirent.h>

#include "form.h"
#include "test.h"

static const struct {
	enum field_type type;
	const char *what, *value;
	enum rule rule;
} wrong[] = {
	{FIELD_TEXT, "a byte that is no UTF-8", "caf\xe9", RULE_FIELD_TEXT},
	{FIELD_TEXT, "half a surrogate", "\xed\xa0\x80", RULE_FIELD_TEXT},
	{FIELD_TEXT, "an escape sequence", "\x1b[2Jgone", RULE_FIELD_TEXT},
	{FIELD_TEXT, "a carriage return", "one\rtwo", RULE_FIELD_TEXT},
	{FIELD_TEXT, "a delete character", "a\x7f", RULE_FIELD_TEXT},
	/* carried as they are written, and shown by their bytes: base/text.c */
	{FIELD_TEXT, "a text that runs the other way", "a\xe2\x80\xae""b\xe2\x80\xac", RULE_OK},
	{FIELD_TEXT, "a control character of two bytes", "a\xc2\x9b""31m", RULE_OK},
	{FIELD_LINE, "two lines", "one\ntwo", RULE_FIELD_LINE},
	{FIELD_LINE, "an escape sequence in a line", "\x1b[2J", RULE_FIELD_TEXT},
	{FIELD_LINE, "an overlong slash", "\xc0\xaf", RULE_FIELD_TEXT},
	{FIELD_CODE, "a code of nobody's", "no-such-code", RULE_FIELD_CODE},
	{FIELD_CODE, "a code in another script", "\xd0\xbe\x74her", RULE_FIELD_CODE},
	{FIELD_CODE, "a label for a code", "Another ground", RULE_FIELD_CODE},
	{FIELD_NUMBER, "a sign", "-1", RULE_FIELD_NUMBER},
	{FIELD_NUMBER, "a leading zero", "01", RULE_FIELD_NUMBER},
	{FIELD_NUMBER, "digits of another script", "\xd9\xa1\xd9\xa2", RULE_FIELD_NUMBER},
	{FIELD_TIME, "no such day", "2026-02-30T00:00:00Z", RULE_FIELD_TIME},
	{FIELD_TIME, "an offset", "2026-02-03T00:00:00+08:00", RULE_FIELD_TIME},
	{FIELD_TIME, "a date for a time", "2026-02-03", RULE_FIELD_TIME},
	{FIELD_DATE, "a month too many", "2026-13", RULE_FIELD_DATE},
	{FIELD_DATE, "a time for a date", "2026-02-03T00:00:00Z", RULE_FIELD_DATE},
	{FIELD_HASH, "half a hash", "0123456789abcdef0123456789abcdef", RULE_FIELD_HASH},
	{FIELD_HASH, "capitals", "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF", RULE_FIELD_HASH},
	{FIELD_PLACE, "a party for a place", "a.example", RULE_FIELD_PLACE},
	{FIELD_PLACE, "a place with a leading zero", "a.example/01", RULE_FIELD_PLACE},
	{FIELD_DESK, "a party for a desk", "a.example", RULE_FIELD_DESK},
	{FIELD_DESK, "mixed scripts in a desk", "a.ex\xd0\xb0mple/duty", RULE_FIELD_DESK},
	{FIELD_PARTY, "mixed scripts in a party", "\xd0\xb0.example", RULE_FIELD_PARTY},
	{FIELD_PARTY, "a desk for a party", "a.example/duty", RULE_FIELD_PARTY},
	{FIELD_PARTY, "a text that runs the other way", "a.\xe2\x80\xae""elpmaxe\xe2\x80\xac", RULE_FIELD_PARTY},
};

static size_t fields;
static char failed[256];

/* What field_check() says of a value, and has to say. */
static void expect(const char *what, const struct form_field *field, struct bytes value, enum rule rule)
{
	enum rule met = field_check(field, value, NULL);
	if (met != rule)
		snprintf(failed, sizeof(failed), "(%.*s: %s: %s)", BYTES_SHOWN(field->key), what, rule_name(met));
}

/* The longest value that a text may have, and one byte more. */
static void check_length(const struct form_field *field)
{
	static uint8_t room[MECHANISM_MAX]; /* no field allows as much */
	memset(room, 'x', sizeof(room));
	expect("nothing", field, bytes_of(room, 0), RULE_FIELD_LENGTH);
	if (field->type != FIELD_TEXT && field->type != FIELD_LINE)
		return;
	expect("the longest", field, bytes_of(room, field->max), RULE_OK);
	expect("one byte more", field, bytes_of(room, field->max + 1), RULE_FIELD_LENGTH);
}

static void check_field(const struct form_field *field)
{
	fields++;
	check_length(field);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bytes value = bytes_string(wrong[i].value);
		bool room = value.size <= field->max;
		if (wrong[i].type == field->type)
			expect(wrong[i].what, field, value, room ? wrong[i].rule : RULE_FIELD_LENGTH);
	}
	for (size_t i = 0; i < field->code_count; i++)
		expect("a code of its own", field, field->codes[i], RULE_OK);
}

static void check_file(const char *path, const char *name)
{
	static uint8_t room[MECHANISM_MAX];
	struct mechanism *mechanism = NULL;
	FILE *file = fopen(path, "rb");
	size_t size = file == NULL ? 0 : fread(room, 1, sizeof(room), file);
	if (file != NULL)
		fclose(file);
	if (!test_check(mechanism_read(&mechanism, bytes_of(room, size), NULL) == RULE_OK, "%s is read", name))
		return;
	failed[0] = '\0';
	for (size_t i = 0; i < mechanism->form_count; i++)
		for (size_t j = 0; j < mechanism->forms[i].field_count; j++)
			check_field(&mechanism->forms[i].fields[j]);
	test_check(failed[0] == '\0', "%s: each field refuses what is not its own, by name %s", name, failed);
	mechanism_free(mechanism);
}

int main(void)
{
	test_start();
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/mechanisms", source == NULL ? "." : source);
	DIR *folder = opendir(path);
	size_t files = 0;
	if (!test_check(folder != NULL, "%s", path))
		return test_end();
	for (const struct dirent *found; (found = readdir(folder)) != NULL;) {
		const char *end = strstr(found->d_name, ".mechanism");
		if (end == NULL || end[strlen(".mechanism")] != '\0')
			continue;
		snprintf(path, sizeof(path), "%s/mechanisms/%s", source == NULL ? "." : source, found->d_name);
		check_file(path, found->d_name);
		files++;
	}
	closedir(folder);
	test_check(files >= 20 && fields > 500, "%zu files, %zu fields", files, fields);
	return test_end();
}

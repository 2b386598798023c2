/* Values against the types of fields, entries and sealed lines against their forms. */
#include "form.h"
#include "sealed.h"

#include "test.h"

static const char file[] =
	"detente mechanism v1\nname talk\ncode yes\ncode no\n"
	"form talk/types\n"
	"field text sealed text optional 12\nfield line open line optional 12\n"
	"field code open code optional\ncodes yes no\n"
	"field number open number optional\nfield time open time optional\nfield date open date optional\n"
	"field hash open hash optional\nfield place open place optional\nfield desk open desk optional\n"
	"field party open party optional\n"
	"form talk/order\nopens yes\n"
	"field first open line required\nfield hidden sealed line required\n"
	"field many open code repeated\ncodes yes no\n"
	"field last open line optional\nfield note sealed text optional 40\n"
	"form talk/reply\nanswers talk/order\n"
	"form talk/both\nopens yes\nanswers talk/both\n"
	"form talk/many\nopens yes\nfield line sealed line repeated\n";

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *field, *value;
	enum rule rule;
} values[] = {
	{"text", "two\nlines", RULE_OK},
	{"text", "twelve bytes", RULE_OK},
	{"text", "thirteen bytes", RULE_FIELD_LENGTH},
	{"text", "", RULE_FIELD_LENGTH},
	{"text", "a\tb", RULE_FIELD_TEXT},
	{"text", "\xff", RULE_FIELD_TEXT},
	{"text", "\xed\xa0\x80", RULE_FIELD_TEXT},
	{"line", "\xe4\xb8\x80\xe8\xa1\x8c", RULE_OK},
	{"line", "two\nlines", RULE_FIELD_LINE},
	{"line", "a\x7f", RULE_FIELD_TEXT},
	{"line", "thirteen bytes", RULE_FIELD_LENGTH},
	{"code", "yes", RULE_OK},
	{"code", "no", RULE_OK},
	{"code", "ye", RULE_FIELD_CODE},
	{"code", "Yes", RULE_FIELD_CODE},
	{"code", "yes ", RULE_FIELD_CODE},
	{"number", "0", RULE_OK},
	{"number", "9223372036854775807", RULE_OK},
	{"number", "9223372036854775808", RULE_FIELD_NUMBER},
	{"number", "01", RULE_FIELD_NUMBER},
	{"number", "-1", RULE_FIELD_NUMBER},
	{"number", "1 ", RULE_FIELD_NUMBER},
	{"time", "2015-09-25T15:00:00Z", RULE_OK},
	{"time", "2015-09-25T15:00:00", RULE_FIELD_TIME},
	{"time", "2015-02-29T15:00:00Z", RULE_FIELD_TIME},
	{"date", "2015", RULE_OK},
	{"date", "2015-09", RULE_OK},
	{"date", "2015-09-25", RULE_OK},
	{"date", "~2013-07", RULE_OK},
	{"date", "~2018", RULE_OK},
	{"date", "~2015-09-25", RULE_OK},
	{"date", "2016-02-29", RULE_OK},
	{"date", "2000-02-29", RULE_OK},
	{"date", "2015-02-29", RULE_FIELD_DATE},
	{"date", "1900-02-29", RULE_FIELD_DATE},
	{"date", "2015-00", RULE_FIELD_DATE},
	{"date", "2015-13", RULE_FIELD_DATE},
	{"date", "2015-04-31", RULE_FIELD_DATE},
	{"date", "2015-04-00", RULE_FIELD_DATE},
	{"date", "2015-9", RULE_FIELD_DATE},
	{"date", "2015-", RULE_FIELD_DATE},
	{"date", "2015-09-", RULE_FIELD_DATE},
	{"date", "201509", RULE_FIELD_DATE},
	{"date", "2015109", RULE_FIELD_DATE},
	{"date", "2015-09x25", RULE_FIELD_DATE},
	{"date", "2015x09-25", RULE_FIELD_DATE},
	{"date", "15", RULE_FIELD_DATE},
	{"date", "~", RULE_FIELD_DATE},
	{"date", "~~2015", RULE_FIELD_DATE},
	{"date", "2015~", RULE_FIELD_DATE},
	{"hash", HEX, RULE_OK},
	{"hash", "0123", RULE_FIELD_HASH},
	{"hash", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", RULE_FIELD_HASH},
	{"hash", HEX "0", RULE_FIELD_LENGTH},
	{"place", "a.example/42", RULE_OK},
	{"place", "a.example/042", RULE_FIELD_PLACE},
	{"place", "a.example/duty", RULE_FIELD_PLACE},
	{"desk", "a.example/duty", RULE_OK},
	{"desk", "a.example", RULE_FIELD_DESK},
	{"desk", "a.example/0123456789abcdef", RULE_FIELD_DESK},
	{"party", "a.example", RULE_OK},
	{"party", "example", RULE_FIELD_PARTY},
	{"party", "A.example", RULE_FIELD_PARTY},
};

static void check_values(const struct mechanism *mechanism)
{
	const struct form *form = mechanism_form(mechanism, BYTES("talk/types"));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct form_field *field = form_field(form, bytes_string(values[i].field));
		struct fault fault = {0};
		enum rule rule = field_check(field, bytes_string(values[i].value), &fault);
		test_check(rule == values[i].rule && fault.rule == rule, "%s: value %zu (%s)", values[i].field, i,
			rule_name(rule));
	}
	struct form_field line = {.key = BYTES("line"), .type = FIELD_LINE, .max = 10};
	test_check(field_check(&line, BYTES("a\0b"), NULL) == RULE_FIELD_TEXT, "line: a NUL");
}

/* ---- checkpoints ---- */

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define A17 "AAAAAAAAAAAAAAAAA"
#define COSIGNATURE A17 A17 A17 A17 A17 A17 "=="
#define ORIGIN "a.example/0123456789abcdef"

static const struct {
	const char *name, *value;
	enum rule rule;
} checkpoints[] = {
	{"of a log", ORIGIN " 7 " ROOT " " COSIGNATURE, RULE_OK},
	{"by a party", "a.example 7 " ROOT " " COSIGNATURE, RULE_OK},
	{"of size 0", ORIGIN " 0 " ROOT " " COSIGNATURE, RULE_FIELD_CHECKPOINT},
	{"of a desk", "a.example/duty 7 " ROOT " " COSIGNATURE, RULE_FIELD_CHECKPOINT},
	{"a short root", ORIGIN " 7 AAAA " COSIGNATURE, RULE_FIELD_CHECKPOINT},
	{"a short cosignature", ORIGIN " 7 " ROOT " AAAA", RULE_FIELD_CHECKPOINT},
	{"no cosignature", ORIGIN " 7 " ROOT, RULE_FIELD_CHECKPOINT},
	{"a fifth word", "a.example 7 " ROOT " " COSIGNATURE " x", RULE_FIELD_CHECKPOINT},
	{"two spaces", ORIGIN "  7 " ROOT " " COSIGNATURE, RULE_FIELD_CHECKPOINT},
	{"hex for base64", "a.example 7 " HEX " " COSIGNATURE, RULE_FIELD_CHECKPOINT},
};

static void check_checkpoints(void)
{
	static const struct form_field field = {.type = FIELD_CHECKPOINT, .max = 300};
	for (size_t i = 0; i < sizeof(checkpoints) / sizeof(checkpoints[0]); i++)
		test_check(field_check(&field, bytes_string(checkpoints[i].value), NULL) == checkpoints[i].rule,
			"checkpoint: %s",
			checkpoints[i].name);
}

/* ---- open lines ---- */

/* "key value" lines into `to`; how many. */
static size_t lines_of(const char *text, struct line *to)
{
	struct cursor cursor = cursor_of(bytes_string(text));
	size_t count = 0;
	while (cursor_left(&cursor) != 0)
		if (line_read(&cursor, &to[count++]) != RULE_OK)
			abort();
	return count;
}

static const struct {
	const char *name, *form, *lines;
	bool opens, re;
	unsigned sealed, attachments; /* counts */
	enum rule rule;
} entries[] = {
	{"all fields", "talk/order", "first a\nmany yes\nmany no\nlast b\n", true, false, 2, 0, RULE_OK},
	{"required ones only", "talk/order", "first a\n", true, false, 1, 0, RULE_OK},
	{"in a matter", "talk/order", "first a\n", false, false, 1, 0, RULE_OK},
	{"a required one missing", "talk/order", "many yes\n", true, false, 1, 0, RULE_FORM_MISSING},
	{"nothing at all", "talk/order", "", true, false, 1, 0, RULE_FORM_MISSING},
	{"a line twice", "talk/order", "first a\nfirst a\n", true, false, 1, 0, RULE_FORM_ORDER},
	{"out of order", "talk/order", "first a\nlast b\nmany yes\n", true, false, 1, 0, RULE_FORM_ORDER},
	{"repeated ones apart", "talk/order", "first a\nmany yes\nlast b\nmany no\n", true, false, 1, 0,
		RULE_FORM_ORDER},
	{"an unknown field", "talk/order", "first a\nsecond b\n", true, false, 1, 0, RULE_FORM_FIELD},
	{"a sealed field in the open", "talk/order", "first a\nhidden b\n", true, false, 1, 0, RULE_FORM_SEALED},
	{"a value of the wrong type", "talk/order", "first a\nmany perhaps\n", true, false, 1, 0, RULE_FIELD_CODE},
	{"a second value of the wrong type", "talk/order", "first a\nmany yes\nmany perhaps\n", true, false, 1, 0,
		RULE_FIELD_CODE},
	{"an escaped line break in a line", "talk/order", "first a\\nb\n", true, false, 1, 0, RULE_FIELD_LINE},
	{"an escaped backslash", "talk/types", "line 12345678901\\\\\n", false, false, 0, 0, RULE_OK},
	{"an escaped backslash too long", "talk/types", "line 123456789012\\\\\n", false, false, 0, 0,
		RULE_FIELD_LENGTH},
	{"a backslash and an n", "talk/types", "line a\\\\nb\n", false, false, 0, 0, RULE_OK},
	{"nothing sealed where something must be", "talk/order", "first a\n", true, false, 0, 0, RULE_FORM_SEALED},
	{"all sealed lines, and as many courtesy translations as there may be", "talk/order", "first a\n", true, false, 12, 0, RULE_OK},
	{"too much sealed", "talk/order", "first a\n", true, false, 13, 0, RULE_FORM_SEALED},
	{"sealed where nothing may be", "talk/both", "", true, false, 1, 0, RULE_FORM_SEALED},
	{"repeated sealed lines", "talk/many", "", true, false, 64, 0, RULE_OK},
	{"an attachment", "talk/both", "", true, false, 2, 1, RULE_OK},
	{"an attachment without its lines", "talk/both", "", true, false, 0, 1, RULE_FORM_SEALED},
	{"lines of an attachment too many", "talk/both", "", true, false, 3, 1, RULE_FORM_SEALED},
	{"opened by a form that does not", "talk/reply", "", true, false, 0, 0, RULE_FORM_OPENS},
	{"an answer", "talk/reply", "", false, true, 0, 0, RULE_OK},
	{"an answer to nothing", "talk/reply", "", false, false, 0, 0, RULE_FORM_ANSWERS},
	{"an answer by a form that does not", "talk/order", "first a\n", false, true, 1, 0, RULE_FORM_ANSWERS},
	{"opens, of a form that may do both", "talk/both", "", true, false, 0, 0, RULE_OK},
	{"answers, of a form that may do both", "talk/both", "", false, true, 0, 0, RULE_OK},
	{"opens and answers at once", "talk/both", "", true, true, 0, 0, RULE_FORM_ANSWERS},
};

static void check_entries(const struct mechanism *mechanism)
{
	static struct entry entry;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		memset(&entry, 0, sizeof(entry));
		entry.opens = entries[i].opens;
		entry.has_re = entries[i].re;
		entry.sealed = entries[i].sealed != 0;
		entry.sealed_count = entries[i].sealed;
		entry.attachment_count = entries[i].attachments;
		entry.field_count = lines_of(entries[i].lines, entry.fields);
		struct fault fault = {0};
		const struct form *form = mechanism_form(mechanism, bytes_string(entries[i].form));
		enum rule rule = form_check_open(form, &entry, &fault);
		test_check(rule == entries[i].rule && fault.rule == rule, "open: %s (%s)", entries[i].name,
			rule_name(rule));
	}
}

/* ---- sealed lines ---- */

#define KEY "attachment-key 0123456789abcdef0123456789abcdef\n"

static const struct {
	const char *name, *form, *lines;
	enum rule rule;
} sealed[] = {
	{"all", "talk/order", "hidden a\nnote b\\nc\n", RULE_OK},
	{"required ones only", "talk/order", "hidden a\n", RULE_OK},
	{"a required one missing", "talk/order", "note b\n", RULE_FORM_MISSING},
	{"out of order", "talk/order", "note b\nhidden a\n", RULE_FORM_MISSING},
	{"twice", "talk/order", "hidden a\nhidden a\n", RULE_FORM_ORDER},
	{"an open field", "talk/order", "hidden a\nlast b\n", RULE_FORM_SEALED},
	{"an unknown field", "talk/order", "hidden a\nx b\n", RULE_FORM_FIELD},
	{"repeated", "talk/many", "line a\nline b\nline c\n", RULE_OK},
	{"a line too long", "talk/order", "hidden a\nnote 12345678901234567890123456789012345678901\n",
		RULE_FIELD_LENGTH},
	{"attachments", "talk/order", "hidden a\n" KEY "attachment-name plan.pdf\n" KEY "attachment-name b\n", RULE_OK},
	{"an attachment alone", "talk/both", KEY "attachment-name plan.pdf\n", RULE_OK},
	{"an attachment before a field", "talk/order", "hidden a\n" KEY "attachment-name a\nnote b\n",
		RULE_FORM_ATTACHMENT},
	{"an attachment for a missing field", "talk/order", KEY "attachment-name a\n", RULE_FORM_MISSING},
	{"an attachment without name", "talk/both", KEY, RULE_FORM_ATTACHMENT},
	{"a name without key", "talk/both", "attachment-name a\n", RULE_FORM_FIELD},
	{"two keys", "talk/both", KEY KEY, RULE_FORM_ATTACHMENT},
	{"a short key", "talk/both", "attachment-key 00\nattachment-name a\n", RULE_FORM_ATTACHMENT},
	{"a courtesy translation", "talk/order", "hidden a\nnote b\ncourtesy fr note c d\n", RULE_OK},
	{"one of each language", "talk/order", "hidden a\ncourtesy fr hidden c\ncourtesy zh-Hans hidden d\n", RULE_OK},
	{"before attachments", "talk/order", "hidden a\ncourtesy fr hidden c\n" KEY "attachment-name plan.pdf\n", RULE_OK},
	{"as long as its field may be", "talk/order", "hidden a\nnote b\ncourtesy fr note 1234567890123456789012345678901234567890\n",
		RULE_OK},
	{"a byte longer", "talk/order", "hidden a\nnote b\ncourtesy fr note 12345678901234567890123456789012345678901\n",
		RULE_FIELD_LENGTH},
	{"of nothing", "talk/order", "hidden a\ncourtesy fr hidden\n", RULE_FORM_COURTESY},
	{"into no language", "talk/order", "hidden a\ncourtesy FR- hidden c\n", RULE_FORM_COURTESY},
	{"of a field that is not there", "talk/order", "hidden a\ncourtesy fr note c\n", RULE_FORM_COURTESY},
	{"of a field that the form lacks", "talk/order", "hidden a\ncourtesy fr colour c\n", RULE_FORM_COURTESY},
	{"of an open field", "talk/order", "hidden a\ncourtesy fr first c\n", RULE_FORM_COURTESY},
	{"of a repeated field", "talk/many", "line a\ncourtesy fr line c\n", RULE_FORM_COURTESY},
	{"twice into one language", "talk/order", "hidden a\ncourtesy fr hidden c\ncourtesy fr hidden d\n", RULE_FORM_COURTESY},
	{"before its field", "talk/order", "courtesy fr hidden c\nhidden a\n", RULE_FORM_MISSING},
	{"after attachments", "talk/order", "hidden a\n" KEY "attachment-name b\ncourtesy fr hidden c\n", RULE_FORM_ATTACHMENT},
	{"eleven", "talk/order", "hidden a\ncourtesy aa hidden c\ncourtesy ab hidden c\ncourtesy ac hidden c\n"
		"courtesy ad hidden c\ncourtesy ae hidden c\ncourtesy af hidden c\ncourtesy ag hidden c\ncourtesy ah hidden c\n"
		"courtesy ai hidden c\ncourtesy aj hidden c\ncourtesy ak hidden c\n", RULE_FORM_COURTESY},
	{"a name with a line break", "talk/both", KEY "attachment-name a\\nb\n", RULE_FIELD_LINE},
};

static void check_sealed(const struct mechanism *mechanism)
{
	static struct line lines[ENTRY_SEALED_FIELDS_MAX];
	static struct sealed_lines opened;
	for (size_t i = 0; i < sizeof(sealed) / sizeof(sealed[0]); i++) {
		opened.count = lines_of(sealed[i].lines, lines);
		for (size_t j = 0; j < opened.count; j++)
			opened.lines[j].field = lines[j];
		struct fault fault = {0};
		const struct form *form = mechanism_form(mechanism, bytes_string(sealed[i].form));
		enum rule rule = form_check_sealed(form, &opened, &fault);
		test_check(rule == sealed[i].rule && fault.rule == rule, "sealed: %s (%s)", sealed[i].name,
			rule_name(rule));
	}
	/* a value that fills the sealed text with escapes, and one that no entry could hold */
	static uint8_t escapes[2 * ENTRY_SEALED_MAX + 2];
	memset(escapes, '\\', sizeof(escapes));
	opened.count = 1;
	opened.lines[0].field = (struct line){BYTES("note"), bytes_of(escapes, sizeof(escapes))};
	static struct form_field note = {.key = BYTES("note"), .sealed = true, .max = SIZE_MAX};
	static struct form form = {.name = BYTES("talk/big"), .fields = &note, .field_count = 1};
	test_check(form_check_sealed(&form, &opened, NULL) == RULE_FIELD_LENGTH, "sealed: more than an entry holds");
	opened.lines[0].field.value.size -= 2;
	test_check(form_check_sealed(&form, &opened, NULL) == RULE_OK, "sealed: as much as an entry holds");
}

int main(void)
{
	test_start();
	struct mechanism *mechanism = NULL;
	if (test_check(mechanism_read(&mechanism, bytes_string(file), NULL) == RULE_OK, "the forms of this test")) {
		check_values(mechanism);
		check_checkpoints();
		check_entries(mechanism);
		check_sealed(mechanism);
	}
	mechanism_free(mechanism);
	return test_end();
}

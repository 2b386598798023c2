/* Entries with their receipts, and opened entries: what is proved, and what is refused by which rule. */
#include <string.h>

#include "build.h"
#include "says.h"
#include "test.h"

#define CALL 4  /* an entry of a.example's log with two sealed lines */

static struct build build;
static struct buffer call, proof; /* it and its receipt */

static void expect(const char *name, const struct verify_report *report, const char *rule)
{
	const char *verdict = report->verdict == RULE_OK ? "proved" : rule_name(report->verdict);
	if (!test_check(strcmp(verdict, rule) == 0, "%s", name))
		printf("# %s, not %s, at %s: %s\n", verdict, rule, report->where, report->fault.detail);
}

/* ---- receipts ---- */

static void receipt(const char *name, struct bytes entry, struct bytes file, const char *rule)
{
	struct verify_report report = {0};
	verify_receipt(build.cards, entry, file, &report);
	expect(name, &report, rule);
	verify_report_free(&report);
}

/* A copy with one byte another: the one `back` bytes before the end, or after the beginning of `part`. */
static struct bytes changed(struct buffer *to, const struct buffer *from, const char *part, size_t offset)
{
	buffer_clear(to);
	buffer_add(to, buffer_bytes(from));
	uint8_t *at = part == NULL ? to->data + to->size - offset : memmem(to->data, to->size, part, strlen(part));
	if (at == NULL)
		abort();
	if (part != NULL)
		at += strlen(part) + offset;
	*at = *at == 'A' ? 'B' : 'A';
	return buffer_bytes(to);
}

/* The receipt with another checkpoint. */
static struct bytes with_checkpoint(struct buffer *to, unsigned mirrors, uint64_t index)
{
	struct tlog_proof parsed;
	struct buffer note = {0};
	if (proof_parse(&parsed, buffer_bytes(&proof)) != RULE_OK)
		abort();
	build_checkpoint(&build, 0, build.parties[0].size, mirrors, &note);
	parsed.checkpoint = buffer_bytes(&note);
	parsed.index = index;
	buffer_clear(to);
	proof_write(to, &parsed);
	buffer_free(&note);
	return buffer_bytes(to);
}

static struct bytes with_extra(struct buffer *to)
{
	struct tlog_proof parsed;
	if (proof_parse(&parsed, buffer_bytes(&proof)) != RULE_OK)
		abort();
	parsed.extra = BYTES("AAAA");
	buffer_clear(to);
	proof_write(to, &parsed);
	return buffer_bytes(to);
}

static void test_receipts(void)
{
	struct verify_report report = {0};
	struct buffer copy = {0}, other = {0}, other_proof = {0};
	verify_receipt(build.cards, buffer_bytes(&call), buffer_bytes(&proof), &report);
	expect("an entry with its receipt", &report, "proved");
	test_check(says(&report.proved, "stored by b.example at 2026-09-26T12:00:09Z") &&
		says(&report.proved, "stored by c.example at 2026-09-26T12:00:09Z"), "says who stored it, and when");
	test_check(says(&report.proved,
			   "signed by a.example/duty, form hotline/call, at 2026-09-26T12:00:03Z by its own clock"),
		"says who signed it, and when by its own clock");
	test_check(says(&report.proved, "it is a.example/4 of the 12 entries"), "says where it stands");
	test_check(says(&report.not_proved, "that it counts") &&
			says(&report.not_proved, "whether what is stated is true"),
		"says what that does not prove");
	test_check(report.trusts.count == 3 && report.entries == 1 && report.signatures == 4,
		"counts what it verified");
	verify_report_free(&report);

	build_entry(&build, 1, 1, &other);
	build_receipt(&build, 1, 1, &other_proof);
	receipt("another party's entry with its own", buffer_bytes(&other), buffer_bytes(&other_proof), "proved");
	receipt("an entry with another log's receipt", buffer_bytes(&call), buffer_bytes(&other_proof),
		"receipt.index");
	receipt("one mirror is enough", buffer_bytes(&call), with_checkpoint(&copy, 2, CALL), "proved");
	receipt("no mirror", buffer_bytes(&call), with_checkpoint(&copy, 0, CALL), "receipt.stored");
	receipt("only the owner's mirror", buffer_bytes(&call), with_checkpoint(&copy, 1, CALL), "receipt.stored");
	receipt("another index", buffer_bytes(&call), with_checkpoint(&copy, 6, CALL + 1), "tree.proof");
	receipt("an index past the log", buffer_bytes(&call), with_checkpoint(&copy, 6, 12), "tree.range");
	receipt("a byte of the entry's text", changed(&copy, &call, "\ntlp ", 0), buffer_bytes(&proof), "entry.tlp");
	receipt("a byte of the entry's sealed part", changed(&copy, &call, "BEGIN AGE ENCRYPTED FILE-----\n", 70),
		buffer_bytes(&proof), "crypto.signature");
	receipt("a byte of the entry's signature", changed(&copy, &call, NULL, 20), buffer_bytes(&proof),
		"crypto.signature");
	receipt("a byte of the path", buffer_bytes(&call), changed(&copy, &proof, "index 4\n", 3), "tree.proof");
	receipt("a byte of the root", buffer_bytes(&call), changed(&copy, &proof, "\n12\n", 3), "crypto.signature");
	receipt("a byte of a cosignature", buffer_bytes(&call), changed(&copy, &proof, NULL, 20), "crypto.signature");
	receipt("an extra line", buffer_bytes(&call), with_extra(&copy), "receipt.extra");
	receipt("cut", buffer_bytes(&call), bytes_of(proof.data, proof.size - 1), "note.form");
	receipt("nothing", buffer_bytes(&call), bytes_of(NULL, 0), "note.proof-form");
	receipt("no entry", BYTES("x"), buffer_bytes(&proof), "note.form");
	buffer_free(&copy);
	buffer_free(&other);
	buffer_free(&other_proof);
}

/* An entry that is signed and stored, but void by its own form. */
static void test_void(void)
{
	struct verify_report report = {0};
	struct buffer note = {0}, file = {0};
	const struct build_say call_to = {.form = "hotline/decline", .to = 1, .opens = true, .text = "No"};
	build_note(&build, 0, &call_to, &note);
	uint64_t index = build_append(&build, 0, buffer_bytes(&note));
	build_close(&build, 0);
	build_receipt(&build, 0, index, &file);
	verify_receipt(build.cards, buffer_bytes(&note), buffer_bytes(&file), &report);
	expect("an entry that is void by its form", &report, "proved");
	test_check(says(&report.not_proved, "that it counts: it is void by its form"), "says that it is void");
	verify_report_free(&report);
	buffer_free(&note);
	buffer_free(&file);
}

/* A party outside the agreement. */
static void test_stranger(void)
{
	struct build two;
	struct buffer note = {0}, file = {0};
	struct verify_report report = {0};
	build_start(&two, 2);
	build_entry(&build, 2, 1, &note);
	build_receipt(&build, 2, 1, &file);
	verify_receipt(two.cards, buffer_bytes(&note), buffer_bytes(&file), &report);
	expect("an entry of no party", &report, "judge.desk");
	verify_report_free(&report);
	buffer_free(&note);
	buffer_free(&file);
	build_end(&two);
}

/* ---- opened entries ---- */

static struct opened opened; /* of the call, by file key; tests copy and change it */
static struct buffer plain;
static struct sealed_lines lines;

static void open_call(void)
{
	static struct entry entry;
	struct sealed_recipients to;
	uint8_t file_key[AGE_FILE_KEY];
	struct sealed_opening opening = {.entry = &entry, .to = &to, .identity = build.parties[1].seal_secret,
		.file_key = file_key};
	if (entry_parse(&entry, buffer_bytes(&call), NULL) != RULE_OK ||
	    cards_recipients(build.cards, &entry, CALL, &to) != RULE_OK || sealed_open(&plain, &opening) != RULE_OK ||
	    sealed_read_lines(&lines, buffer_bytes(&plain), &entry) != RULE_OK)
		abort();
	opened = (struct opened){.place = {BYTES("a.example"), CALL}, .has_key = true, .entry = buffer_bytes(&call),
		.receipt = buffer_bytes(&proof)};
	memcpy(opened.file_key, file_key, sizeof(file_key));
}

/* The same by its second line alone. */
static void by_line(struct opened *to)
{
	*to = opened;
	to->has_key = false;
	to->line_count_total = lines.count;
	to->line_count = 1;
	to->lines[0].index = 1;
	to->lines[0].whole = lines.lines[1].whole;
	if (sealed_prove_line(&to->lines[0].path, &lines, 1) != RULE_OK)
		abort();
}

static void verify(const char *name, const struct opened *file, const char *rule, struct verify_report *report)
{
	struct buffer text = {0};
	*report = (struct verify_report){0};
	opened_write(&text, file);
	verify_opened(build.cards, buffer_bytes(&text), report);
	expect(name, report, rule);
	buffer_free(&text);
}

static void refused(const char *name, const struct opened *file, const char *rule)
{
	struct verify_report report;
	verify(name, file, rule, &report);
	verify_report_free(&report);
}

static void test_opened_key(void)
{
	struct verify_report report;
	struct buffer other = {0}, other_proof = {0};
	verify("opened by its file key", &opened, "proved", &report);
	test_check(says(&report.proved, "sealed line 0 says subject: A test") &&
		says(&report.proved, "sealed line 1 says text: Is this yours?"), "says what every sealed line says");
	test_check(says(&report.proved, "sealed to b.example/duty") &&
			says(&report.proved, "sealed to a.example/duty, its writer"),
		"says to whom it was sealed");
	test_check(says(&report.proved, "stored by b.example"), "says what the receipt says");
	verify_report_free(&report);

	struct opened file = opened;
	file.file_key[0] ^= 1;
	refused("another file key", &file, "sealed.header");
	file = opened;
	file.place.index++;
	refused("another place", &file, "receipt.index");
	file.place = (struct place){BYTES("b.example"), CALL};
	refused("another party's place", &file, "receipt.index");
	build_entry(&build, 0, CALL + 4, &other);
	build_receipt(&build, 0, CALL + 4, &other_proof);
	file = opened;
	file.entry = buffer_bytes(&other);
	refused("another entry", &file, "tree.proof");
	file.receipt = buffer_bytes(&other_proof);
	file.place.index = CALL + 4;
	refused("the file key of another entry", &file, "sealed.header");
	buffer_free(&other);
	buffer_free(&other_proof);
}

static void test_opened_lines(void)
{
	struct verify_report report;
	struct opened file;
	by_line(&file);
	verify("opened by one line", &file, "proved", &report);
	test_check(says(&report.proved, "sealed line 1 says text: Is this yours?") && !says(&report.proved, "A test") &&
		!says(&report.proved, "sealed to"), "says what that line says, and no more");
	test_check(says(&report.not_proved, "what the other 1 of its 2 sealed lines say"),
		"says that another stays sealed");
	verify_report_free(&report);

	file.lines[0].index = 0;
	refused("a line at another index", &file, "opened.line");
	by_line(&file);
	file.lines[0].whole = lines.lines[0].whole;
	refused("another line at its index", &file, "opened.line");
	by_line(&file);
	file.lines[0].whole.size--;
	refused("a line cut", &file, "opened.line");
	by_line(&file);
	file.lines[0].path.hashes[0].bytes[0] ^= 1;
	refused("a bit of its path", &file, "opened.line");
	by_line(&file);
	file.lines[0].path.count = 0;
	refused("no path", &file, "opened.line");
	by_line(&file);
	file.line_count_total = 3;
	refused("of more lines than the entry has", &file, "opened.sealed");
	struct buffer note = {0}, receipt_of = {0};
	by_line(&file);
	build_entry(&build, 1, 0, &note);
	build_receipt(&build, 1, 0, &receipt_of);
	file.place = (struct place){BYTES("b.example"), 0};
	file.entry = buffer_bytes(&note);
	file.receipt = buffer_bytes(&receipt_of);
	refused("a line of an entry that has no sealed ones", &file, "opened.sealed");
	file.has_key = true;
	refused("a file key for it", &file, "terms.desk");
	buffer_free(&note);
	buffer_free(&receipt_of);
}

/* ---- their form ---- */

#define PLACE "detente opened v1\nplace a.example/4\n"
#define KEY "key 00112233445566778899aabbccddeeff\n"
#define PARTS "entry 2\nx\nreceipt 2\ny\n"
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct {
	const char *name, *text, *rule;
} forms[] = {
	{"a key", PLACE KEY PARTS, "ok"},
	{"a line without a path", PLACE "lines 1\nline 0 SALT key value\n" PARTS, "ok"},
	{"two lines",
		PLACE "lines 4\nline 1 a b c\npath " HASH " " HASH "\nline 3 d e f\npath " HASH " " HASH "\n" PARTS,
		"ok"},
	{"nothing", "", "opened.form"},
	{"another first line", "detente opened v2\nplace a.example/4\n" KEY PARTS, "opened.form"},
	{"no place", "detente opened v1\n" KEY PARTS, "opened.form"},
	{"a bad place", "detente opened v1\nplace a.example\n" KEY PARTS, "name.place"},
	{"neither key nor lines", PLACE PARTS, "opened.form"},
	{"a short key", PLACE "key 0011\n" PARTS, "base.hex"},
	{"key and lines", PLACE KEY "lines 1\nline 0 a b c\n" PARTS, "opened.form"},
	{"no line", PLACE "lines 1\n" PARTS, "opened.form"},
	{"lines of none", PLACE "lines 0\nline 0 a b c\n" PARTS, "opened.form"},
	{"too many", PLACE "lines 65\nline 0 a b c\n" PARTS, "opened.form"},
	{"a line past the last", PLACE "lines 1\nline 1 a b c\n" PARTS, "opened.form"},
	{"lines not in order", PLACE "lines 2\nline 1 a b c\nline 0 a b c\n" PARTS, "opened.form"},
	{"a line twice", PLACE "lines 2\nline 0 a b c\nline 0 a b c\n" PARTS, "opened.form"},
	{"an index in another spelling", PLACE "lines 2\nline 01 a b c\n" PARTS, "opened.form"},
	{"a line of nothing", PLACE "lines 2\nline 1\n" PARTS, "opened.form"},
	{"a path that is none", PLACE "lines 2\nline 1 a b c\npath x\n" PARTS, "base.base64"},
	{"a path with two spaces", PLACE "lines 2\nline 1 a b c\npath " HASH "  " HASH "\n" PARTS, "base.base64"},
	{"no entry", PLACE KEY "receipt 2\ny\n", "opened.form"},
	{"no receipt", PLACE KEY "entry 2\nx\n", "opened.form"},
	{"an entry of nothing", PLACE KEY "entry 0\nreceipt 2\ny\n", "opened.form"},
	{"a part longer than the file", PLACE KEY "entry 2\nx\nreceipt 3\ny\n", "opened.form"},
	{"a part of a huge size", PLACE KEY "entry 9223372036854775807\nx\nreceipt 2\ny\n", "opened.form"},
	{"a part shorter than the file", PLACE KEY PARTS "z", "opened.form"},
	{"the parts the other way round", PLACE KEY "receipt 2\ny\nentry 2\nx\n", "opened.form"},
	{"an escape in a line", PLACE "lines 1\nline 0 a b c\\d\n" PARTS, "opened.form"},
};

static void test_forms(void)
{
	struct opened *file = malloc(sizeof(*file));
	struct buffer written = {0}, large = {0};
	if (file == NULL)
		abort();
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		enum rule rule = opened_parse(file, bytes_string(forms[i].text), NULL);
		if (!test_check(strcmp(rule_name(rule), forms[i].rule) == 0, "form: %s", forms[i].name))
			printf("# %s\n", rule_name(rule));
		if (rule != RULE_OK)
			continue;
		buffer_clear(&written);
		opened_write(&written, file);
		test_check(bytes_is(buffer_bytes(&written), forms[i].text), "form: %s, written again", forms[i].name);
	}
	struct fault fault = {0};
	test_check(opened_parse(file, BYTES(PLACE "lines 1\nline 0 a b c\nentry x\n"), &fault) == RULE_OPENED_FORM &&
			fault.line == 6,
		"the line is named: %u", (unsigned)fault.line);
	buffer_extend(&large, OPENED_MAX + 1);
	memset(large.data, 'x', large.size);
	test_check(opened_parse(file, buffer_bytes(&large), NULL) == RULE_LIMIT, "form: too large");
	buffer_free(&written);
	buffer_free(&large);
	free(file);
}

int main(void)
{
	test_start();
	build_start(&build, 3);
	build_talk(&build, 3);
	build_entry(&build, 0, CALL, &call);
	build_receipt(&build, 0, CALL, &proof);
	test_receipts();
	open_call();
	test_opened_key();
	test_opened_lines();
	test_forms();
	test_stranger();
	test_void();
	buffer_free(&plain);
	buffer_free(&call);
	buffer_free(&proof);
	build_end(&build);
	return test_end();
}

/* entry: what an entry says, its signature, and refusals rule by rule. */
#include "entry.h"

#include "fixture.h"
#include "test.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ROOT_2 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define B "b.example/0123456789abcdef"
#define C "c.example/0123456789abcdef"

/* Everything an entry can have, but for a body. */
static const char full[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/duty\n"
	"form hotline/call\n"
	"matter a.example/3\n"
	"re b.example/42\n"
	"to b.example/duty\n"
	"to b.example/law\n"
	"seen " B " 43 " ROOT "\n"
	"seen " C " 7 " ROOT "\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp AMBER+STRICT\n"
	"lang en\n"
	"attachment " HEX " 1000\n"
	"priority flash\n"
	"text First\\nsecond\\\\\n";

static const char sealed[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/duty\n"
	"form hotline/call\n"
	"matter new\n"
	"to b.example/duty\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp RED\n"
	"lang en\n"
	"fields 2 " ROOT "\n"
	"priority flash\n"
	"\n"
	"-----BEGIN AGE ENCRYPTED FILE-----\n"
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBYRWwwZEo2eTNDN0taa2dt\n"
	"YWdlLQ==\n"
	"-----END AGE ENCRYPTED FILE-----\n";

static const char books[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/node\n"
	"form record/received\n"
	"seen " B " 43 " ROOT "\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp AMBER\n"
	"lang en\n"
	"stored " B " 43 " ROOT " AAAA\n"
	"stored " C " 43 " ROOT " AAAA\n";

struct change {
	const char *name;
	enum rule rule;
	const char *from, *to;
};

static const struct change full_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"a matter of its own", RULE_OK, "matter a.example/3\n", "matter new\n"},
	{"no answer", RULE_OK, "re b.example/42\n", ""},
	{"nothing seen", RULE_OK, "seen " B " 43 " ROOT "\nseen " C " 7 " ROOT "\n", ""},
	{"two branches of a log", RULE_OK, "seen " C " 7 " ROOT "\n", "seen " B " 43 " ROOT_2 "\n"
		"seen " B " 5 " ROOT "\n"},
	{"no attachment", RULE_OK, "attachment " HEX " 1000\n", ""},
	{"two attachments, not in order", RULE_OK, "attachment " HEX, "attachment " OTHER " 5\nattachment " HEX},
	{"no open field", RULE_OK, "priority flash\ntext First\\nsecond\\\\\n", ""},
	{"a field twice", RULE_OK, "priority flash\n", "priority flash\npriority flash\n"},
	{"an empty value", RULE_OK, "priority flash\n", "priority \n"},
	{"a desk of one's own party", RULE_OK, "to b.example/duty\n", "to a.example/law\n"},
	{"another version", RULE_ENTRY_VERSION, "entry v1\n", "entry v2\n"},
	{"an empty line before", RULE_ENTRY_VERSION, "detente entry v1\n", "\ndetente entry v1\n"},
	{"a digest cut short", RULE_HEX, "agreement 0", "agreement "},
	{"a party for a desk", RULE_NAME_DESK, "from a.example/duty\n", "from a.example\n"},
	{"a form without its mechanism", RULE_ENTRY_FORM, "form hotline/call\n", "form call\n"},
	{"a form of three parts", RULE_ENTRY_FORM, "form hotline/call\n", "form hotline/call/x\n"},
	{"books not by the node", RULE_ENTRY_BOOKKEEPING, "form hotline/call\n", "form record/received\n"},
	{"no matter", RULE_ENTRY_ORDER, "matter a.example/3\n", ""},
	{"a matter that is no place", RULE_NAME_PLACE, "matter a.example/3\n", "matter a.example/03\n"},
	{"an answer to nothing", RULE_NAME_PLACE, "re b.example/42\n", "re new\n"},
	{"two answers", RULE_ENTRY_ORDER, "re b.example/42\n", "re b.example/42\nre b.example/43\n"},
	{"to nobody", RULE_ENTRY_ORDER, "to b.example/duty\nto b.example/law\n", ""},
	{"to a party", RULE_NAME_DESK, "to b.example/duty\n", "to b.example\n"},
	{"to oneself", RULE_ENTRY_TO, "to b.example/duty\n", "to a.example/duty\n"},
	{"a desk twice", RULE_ENTRY_TO, "to b.example/law\n", "to b.example/duty\n"},
	{"desks out of order", RULE_ENTRY_TO, "to b.example/law\n", "to b.example/bank\n"},
	{"to after seen", RULE_ENTRY_ORDER, "at 2026", "to b.example/x\nat 2026"},
	{"seen before to", RULE_ENTRY_ORDER, "to b.example/duty\n", "seen " B " 43 " ROOT "\nto b.example/duty\n"},
	{"an origin in upper case", RULE_NAME_ORIGIN, "seen b.example/0123456789abcdef", "seen b.example/0123456789ABCDEF"},
	{"an origin of 15 digits", RULE_NAME_ORIGIN, "seen b.example/0123456789abcdef", "seen b.example/0123456789abcde"},
	{"an empty log seen", RULE_ENTRY_SEEN, B " 43 ", B " 0 "},
	{"a size with a zero before", RULE_DECIMAL, B " 43 ", B " 043 "},
	{"a size past 2^63 - 1", RULE_DECIMAL, B " 43 ", B " 9223372036854775808 "},
	{"a root of 31 bytes", RULE_BASE64, "43 " ROOT, "43 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="},
	{"a root whose spare bits are set", RULE_BASE64, "43 " ROOT, "43 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="},
	{"a root without padding", RULE_BASE64, "43 " ROOT, "43 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"},
	{"seen without a root", RULE_LINE_WORDS, " 43 " ROOT, " 43"},
	{"seen with a word more", RULE_LINE_WORDS, " 43 " ROOT, " 43 " ROOT " x"},
	{"seen with two spaces", RULE_LINE_WORDS, " 43 " ROOT, "  43 " ROOT},
	{"one's own log seen", RULE_ENTRY_SEEN, "seen b.example", "seen a.example"},
	{"one's own log, from elsewhere", RULE_ENTRY_SEEN, "seen b.example/0123", "seen a.example/9999"},
	{"a log seen twice alike", RULE_ENTRY_SEEN, "seen " C " 7 " ROOT "\n", "seen " B " 43 " ROOT "\n"},
	{"logs out of order", RULE_ENTRY_SEEN, "seen c.example", "seen b.exampl"},
	{"branches out of order", RULE_ENTRY_SEEN, "seen " C " 7 " ROOT "\n", "seen " B " 4 " ROOT "\n"},
	{"no time", RULE_ENTRY_ORDER, "at 2026-09-26T12:00:00Z\n", ""},
	{"a time with an offset", RULE_TIME, "12:00:00Z", "12:00:00+00:00"},
	{"a time with fractions", RULE_TIME, "12:00:00Z", "12:00:00.0Z"},
	{"a leap second", RULE_TIME, "12:00:00Z", "23:59:60Z"},
	{"the 29th of February", RULE_TIME, "2026-09-26", "2026-02-29"},
	{"tlp before at", RULE_ENTRY_ORDER, "at 2026-09-26T12:00:00Z\ntlp AMBER+STRICT\n",
		"tlp AMBER+STRICT\nat 2026-09-26T12:00:00Z\n"},
	{"tlp of version 1", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp WHITE\n"},
	{"tlp in lower case", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp amber\n"},
	{"tlp with its prefix", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp TLP:RED\n"},
	{"no language", RULE_ENTRY_ORDER, "lang en\n", ""},
	{"a language that is none", RULE_ENTRY_LANG, "lang en\n", "lang en_US\n"},
	{"two languages", RULE_ENTRY_ORDER, "lang en\n", "lang en\nlang fr\n"},
	{"an attachment without its size", RULE_LINE_WORDS, " 1000\n", "\n"},
	{"an attachment twice", RULE_ENTRY_ATTACHMENT, "priority", "attachment " HEX " 999\npriority"},
	{"an attachment's digest in upper case", RULE_HEX, "attachment 01", "attachment 0A"},
	{"a hash for a size", RULE_DECIMAL, " 1000\n", " 1,000\n"},
	{"`fields` before its attachment", RULE_ENTRY_ORDER, "attachment", "fields 1 " ROOT "\nattachment"},
	{"`fields` without a body", RULE_ENTRY_BODY, "priority", "fields 1 " ROOT "\npriority"},
	{"a field called like a header line", RULE_ENTRY_OPEN_FIELDS, "text First", "tlp First"},
	{"a field called seen", RULE_ENTRY_OPEN_FIELDS, "text First", "seen First"},
	{"a field called fields", RULE_ENTRY_OPEN_FIELDS, "text First", "fields First"},
	{"a field called to", RULE_ENTRY_OPEN_FIELDS, "text First", "to First"},
	{"a key in upper case", RULE_LINE, "text First", "Text First"},
	{"a line without a value", RULE_LINE, "priority flash\n", "priority\n"},
	{"an unknown escape", RULE_ESCAPE, "First\\n", "First\\t"},
	{"a backslash at the end", RULE_ESCAPE, "second\\\\\n", "second\\\n"},
	{"a tab", RULE_NOTE_CHARACTER, "First\\n", "First\t"},
	{"a carriage return", RULE_NOTE_CHARACTER, "priority flash\n", "priority flash\r\n"},
	{"DEL", RULE_ESCAPE, "First\\n", "First\x7f"},
	{"no UTF-8", RULE_UTF8, "First\\n", "First\xff"},
	{"a surrogate", RULE_UTF8, "First\\n", "First\xed\xa0\x80"},
	{"an empty line inside", RULE_ENTRY_BODY, "text First", "\ntext First"},
	{"an empty line at the end", RULE_ENTRY_BODY, "second\\\\\n", "second\\\\\n\n"},
};

static const struct change sealed_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"no open field", RULE_OK, "priority flash\n", ""},
	{"a last line that is full", RULE_OK, "YWdlLQ==\n", ""},
	{"a body without `fields`", RULE_ENTRY_BODY, "fields 2 " ROOT "\n", ""},
	{"no sealed line", RULE_ENTRY_FIELDS, "fields 2 ", "fields 0 "},
	{"65 sealed lines", RULE_ENTRY_FIELDS, "fields 2 ", "fields 65 "},
	{"64 sealed lines", RULE_OK, "fields 2 ", "fields 64 "},
	{"`fields` twice", RULE_ENTRY_ORDER, "priority", "fields 2 " ROOT "\npriority"},
	{"a root in hex", RULE_BASE64, ROOT, HEX},
	{"two empty lines", RULE_ENTRY_BODY, "\n-----BEGIN", "\n\n-----BEGIN"},
	{"no empty line", RULE_LINE, "\n-----BEGIN", "-----BEGIN"},
	{"no armor", RULE_ENTRY_BODY, "-----BEGIN AGE ENCRYPTED FILE-----\n", ""},
	{"armor of something else", RULE_ENTRY_BODY, "BEGIN AGE ENCRYPTED FILE", "BEGIN PGP MESSAGE"},
	{"no end of armor", RULE_ENTRY_BODY, "-----END AGE ENCRYPTED FILE-----\n", ""},
	{"armor of nothing", RULE_ENTRY_BODY,
		"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBYRWwwZEo2eTNDN0taa2dt\nYWdlLQ==\n", ""},
	{"text after the armor", RULE_ENTRY_BODY, "\n-----END AGE ENCRYPTED FILE-----\n",
		"\n-----END AGE ENCRYPTED FILE-----\nx y\n"},
	{"an empty line after the armor", RULE_ENTRY_BODY, "\n-----END AGE ENCRYPTED FILE-----\n",
		"\n-----END AGE ENCRYPTED FILE-----\n\n"},
	{"an empty line in the armor", RULE_ENTRY_BODY, "YWdlLQ==\n", "\nYWdlLQ==\n"},
	{"a space in the armor", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLQ== \n"},
	{"a short line in the middle", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdl\nYWdlLQ==\n"},
	{"a long line", RULE_ENTRY_BODY, "a2dt\n", "a2dtAAAA\n"},
	{"no padding", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLQ\n"},
	{"spare bits set", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLR==\n"},
	{"padding in the middle", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWd=LQ==\n"},
	{"the body twice", RULE_ENTRY_BODY, "YWdlLQ==\n-----END AGE ENCRYPTED FILE-----\n",
		"YWdlLQ==\n-----END AGE ENCRYPTED FILE-----\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLQ==\n"
		"-----END AGE ENCRYPTED FILE-----\n"},
};

static const struct change books_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"no field", RULE_OK, "stored " B " 43 " ROOT " AAAA\nstored " C " 43 " ROOT " AAAA\n", ""},
	{"a node that talks", RULE_ENTRY_BOOKKEEPING, "form record/received\n", "form hotline/call\n"},
	{"a form that only begins like books", RULE_ENTRY_BOOKKEEPING, "form record/received\n", "form records/received\n"},
	{"a matter", RULE_ENTRY_BOOKKEEPING, "seen", "matter new\nseen"},
	{"an answer", RULE_ENTRY_BOOKKEEPING, "seen", "re b.example/1\nseen"},
	{"a reader", RULE_ENTRY_BOOKKEEPING, "seen", "to b.example/duty\nseen"},
	{"an attachment", RULE_ENTRY_BOOKKEEPING, "stored", "attachment " HEX " 1\nstored"},
	{"sealed lines", RULE_ENTRY_BOOKKEEPING, "stored", "fields 1 " ROOT "\nstored"},
};

static enum rule parse_changed(const char *base, const struct change *change, struct fault *fault)
{
	struct buffer text = {0};
	struct entry entry;
	struct fixture_desk desk;
	buffer_string(&text, base);
	fixture_replace(&text, change->from, change->to);
	bool node = memmem(text.data, text.size, "from a.example/node\n", 20) != NULL;
	fixture_desk(&desk, node ? "a.example/node" : "a.example/duty");
	fixture_sign(&text, &desk.signer);
	enum rule rule = entry_parse(&entry, buffer_bytes(&text), fault);
	if (rule == RULE_OK)
		rule = entry_verify(&entry, desk.signer.vkey.key);
	buffer_free(&text);
	return rule;
}

static void check_changes(const char *what, const char *base, const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fault fault = {0};
		enum rule rule = parse_changed(base, &changes[i], &fault);
		test_check(rule == changes[i].rule && (rule == RULE_OK || fault.rule == rule), "%s, %s: %s (line %u, %s)", what,
			changes[i].name, rule_name(rule), (unsigned)fault.line, fault.detail);
	}
}

static struct buffer signed_text(const char *base, const char *name)
{
	struct buffer text = {0};
	struct fixture_desk desk;
	buffer_string(&text, base);
	fixture_desk(&desk, name);
	fixture_sign(&text, &desk.signer);
	return text;
}

static void check_full(void)
{
	struct buffer note = signed_text(full, "a.example/duty"), again = {0};
	struct entry entry;
	if (!test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK, "everything an entry can have"))
		return;
	test_check(bytes_equal(entry.note, buffer_bytes(&note)) && bytes_is(entry.text, full) && bytes_is(entry.open, full) &&
		entry.body.size == 0 && !entry.sealed, "text and open lines are the same");
	test_check(entry.agreement[1] == 0x23 && bytes_is(entry.from, "a.example/duty") && bytes_is(entry.form, "hotline/call") &&
		!entry.bookkeeping && !entry.opens && entry.matter.index == 3 && entry.has_re && entry.re.index == 42 &&
		entry.to_count == 2 && bytes_is(entry.to[1], "b.example/law"), "writer and references");
	test_check(entry.seen_count == 2 && entry.seen[0].size == 43 && bytes_is(entry.seen[1].origin, C) &&
		entry.seen[0].root.bytes[0] == 0xe3 && entry.at == FIXTURE_AT && bytes_is(entry.tlp, "AMBER+STRICT") &&
		bytes_is(entry.lang, "en"), "seen, time and manner");
	test_check(entry.attachment_count == 1 && entry.attachments[0].size == 1000 && entry.field_count == 2 &&
		bytes_is(entry_field(&entry, "text"), "First\\nsecond\\\\") && entry_field(&entry, "none").data == NULL,
		"attachment and fields");
	entry_write_open(&again, &entry);
	test_check(bytes_equal(buffer_bytes(&again), entry.open), "written again they are the same lines");
	buffer_free(&again);
	buffer_free(&note);
	note = signed_text(sealed, "a.example/duty");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK && entry.opens && entry.sealed &&
		entry.sealed_count == 2 && bytes_start(entry.body, BYTES("-----BEGIN")) &&
		entry.open.size + 1 + entry.body.size == entry.text.size &&
		bytes_is(bytes_of(entry.open.data + entry.open.size - 6, 6), "flash\n"), "a body stands after the open lines");
	entry_write_open(&again, &entry);
	test_check(bytes_equal(buffer_bytes(&again), entry.open), "with `fields` as well");
	buffer_free(&again);
	buffer_free(&note);
	note = signed_text(books, "a.example/node");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK && entry.bookkeeping && entry.to_count == 0,
		"a node keeps the books");
	entry_write_open(&again, &entry);
	test_check(bytes_equal(buffer_bytes(&again), entry.open), "without references");
	buffer_free(&again);
	buffer_free(&note);
}

static void check_signature(void)
{
	struct fixture_desk desk, other;
	struct entry entry;
	struct fault fault;
	fixture_desk(&desk, "a.example/duty");
	fixture_desk(&other, "a.example/law");
	struct buffer note = signed_text(full, "a.example/duty");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK &&
		entry_verify(&entry, desk.signer.vkey.key) == RULE_OK, "the desk's signature");
	test_check(entry.signature.size == 64 && entry.signature.data == entry.signature_bytes &&
		entry.key_id == desk.signer.vkey.id, "its bytes are at hand");
	test_check(entry_verify(&entry, other.signer.vkey.key) == RULE_ENTRY_SIGNER, "another key has another id");
	struct vkey renamed;
	test_check(vkey_make(&renamed, entry.from, SIGNATURE_ED25519, other.signer.vkey.key) == RULE_OK, "under the same name");
	entry.key_id = renamed.id;
	test_check(entry_verify(&entry, other.signer.vkey.key) == RULE_SIGNATURE, "with that id it does not verify");
	fixture_replace(&note, "flash", "Flash");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK &&
		entry_verify(&entry, desk.signer.vkey.key) == RULE_SIGNATURE, "a letter changed after signing");
	buffer_free(&note);
	note = signed_text(full, "a.example/law");
	test_check(entry_parse(&entry, buffer_bytes(&note), &fault) == RULE_ENTRY_SIGNER &&
		strcmp(fault.detail, "signed by a.example/law") == 0, "another desk's signature");
	buffer_free(&note);
	note = signed_text(full, "a.example/duty");
	note_sign(&note, bytes_string(full), &other.signer);
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_ENTRY_SIGNATURES, "a second signature");
	buffer_free(&note);
	buffer_string(&note, full);
	buffer_string(&note, "\n");
	note_signature_line(&note, &desk.signer.vkey, bytes_of(desk.secret, 63));
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_ENTRY_SIGNATURES, "a signature of 63 bytes");
	buffer_clear(&note);
	buffer_string(&note, full);
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_NOTE_FORM, "no signature");
	buffer_free(&note);
	note = signed_text(sealed, "a.example/duty");
	bool refused = true;
	for (size_t i = 0; i < note.size; i++)
		refused = refused && entry_parse(&entry, bytes_of(note.data, i), NULL) != RULE_OK;
	test_check(refused, "no beginning of an entry is one");
	buffer_free(&note);
}

/* An entry that is in order but for its measures. */
struct measure {
	int to, seen, attachments, fields;
	size_t body; /* full lines of armor; 0: none */
	size_t open; /* bytes of open lines that a last field makes up; 0: none */
};

#define BODY_SIZE(lines) (1 + 35 + 65 * (size_t)(lines) + 33) /* with the empty line before it */
#define SIGNATURE_SIZE (1 + 4 + 14 + 1 + 92 + 1)              /* by a.example/duty, with the empty line before it */

static enum rule parse_measured(const struct measure *measure)
{
	struct buffer text = {0};
	struct fixture_desk desk;
	struct entry entry;
	buffer_string(&text, "detente entry v1\nagreement " HEX "\nfrom a.example/duty\nform hotline/call\nmatter new\n");
	for (int i = 0; i < measure->to; i++)
		buffer_format(&text, "to b.example/d%02d\n", i);
	for (int i = 0; i < measure->seen; i++)
		buffer_format(&text, "seen b%03d.example/0123456789abcdef 1 " ROOT "\n", i);
	buffer_string(&text, "at 2026-09-26T12:00:00Z\ntlp RED\nlang en\n");
	for (int i = 0; i < measure->attachments; i++)
		buffer_format(&text, "attachment %064d 1\n", i);
	if (measure->body != 0)
		buffer_string(&text, "fields 1 " ROOT "\n");
	for (int i = 0; i < measure->fields; i++)
		buffer_string(&text, "f \n");
	if (measure->open != 0) {
		buffer_string(&text, "text ");
		size_t size = measure->open - text.size - 1;
		memset(buffer_extend(&text, size), 'x', size);
		buffer_string(&text, "\n");
	}
	size_t open = text.size;
	if (measure->body != 0)
		buffer_string(&text, "\n-----BEGIN AGE ENCRYPTED FILE-----\n");
	for (size_t i = 0; i < measure->body; i++)
		buffer_string(&text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	if (measure->body != 0)
		buffer_string(&text, "-----END AGE ENCRYPTED FILE-----\n");
	fixture_desk(&desk, "a.example/duty");
	fixture_sign(&text, &desk.signer);
	enum rule rule = entry_parse(&entry, buffer_bytes(&text), NULL);
	if (rule == RULE_OK && entry.open.size != open)
		rule = RULE_TRAILING;
	buffer_free(&text);
	return rule;
}

static const struct {
	const char *name;
	enum rule rule;
	struct measure measure;
} measures[] = {
	{"32 desks", RULE_OK, {.to = 32}},
	{"33 desks", RULE_ENTRY_TO, {.to = 33}},
	{"64 logs seen", RULE_OK, {.to = 1, .seen = 64}},
	{"65 logs seen", RULE_ENTRY_SEEN, {.to = 1, .seen = 65}},
	{"32 attachments", RULE_OK, {.to = 1, .attachments = 32}},
	{"33 attachments", RULE_ENTRY_ATTACHMENT, {.to = 1, .attachments = 33}},
	{"96 fields", RULE_OK, {.to = 1, .fields = 96}},
	{"97 fields", RULE_ENTRY_OPEN_FIELDS, {.to = 1, .fields = 97}},
	{"16,384 bytes of open lines", RULE_OK, {.to = 1, .open = ENTRY_OPEN_MAX}},
	{"16,385 bytes of open lines", RULE_ENTRY_OPEN_SIZE, {.to = 1, .open = ENTRY_OPEN_MAX + 1}},
	{"65,535 bytes", RULE_OK, {.to = 1, .body = 998, .open = ENTRY_MAX - BODY_SIZE(998) - SIGNATURE_SIZE}},
	{"65,536 bytes", RULE_ENTRY_SIZE, {.to = 1, .body = 998, .open = ENTRY_MAX - BODY_SIZE(998) - SIGNATURE_SIZE + 1}},
};

static void check_measures(void)
{
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		enum rule rule = parse_measured(&measures[i].measure);
		test_check(rule == measures[i].rule, "%s: %s", measures[i].name, rule_name(rule));
	}
}

static void check_finish(void)
{
	struct buffer note = {0};
	struct entry entry;
	struct fixture_desk desk, other;
	fixture_desk(&desk, "a.example/duty");
	fixture_desk(&other, "a.example/law");
	buffer_string(&note, "kept");
	entry_finish(&note, bytes_string(full), (struct bytes){NULL, 0}, &desk.signer);
	test_check(note.rule == RULE_OK && entry_parse(&entry, bytes_of(note.data + 4, note.size - 4), NULL) == RULE_OK &&
		entry_verify(&entry, desk.signer.vkey.key) == RULE_OK && bytes_is(entry.text, full), "open lines are finished");
	buffer_cut(&note, 4);
	const char *body = strstr(sealed, "\n\n") + 2;
	entry_finish(&note, bytes_of(sealed, strlen(sealed) - strlen(body) - 1), bytes_string(body), &desk.signer);
	test_check(note.rule == RULE_OK && entry_parse(&entry, bytes_of(note.data + 4, note.size - 4), NULL) == RULE_OK &&
		entry_verify(&entry, desk.signer.vkey.key) == RULE_OK && bytes_is(entry.text, sealed), "and with a body");
	buffer_cut(&note, 4);
	entry_finish(&note, bytes_string(full), (struct bytes){NULL, 0}, &other.signer);
	test_check(note.rule == RULE_ENTRY_SIGNER && note.size == 4, "another desk cannot finish it");
	note.rule = RULE_OK;
	entry_finish(&note, bytes_string(full), bytes_string(body), &desk.signer);
	test_check(note.rule == RULE_ENTRY_BODY && note.size == 4, "nor what breaks a rule");
	buffer_free(&note);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	check_full();
	check_changes("full", full, full_changes, sizeof(full_changes) / sizeof(full_changes[0]));
	check_changes("sealed", sealed, sealed_changes, sizeof(sealed_changes) / sizeof(sealed_changes[0]));
	check_changes("books", books, books_changes, sizeof(books_changes) / sizeof(books_changes[0]));
	check_signature();
	check_measures();
	check_finish();
	return test_end();
}

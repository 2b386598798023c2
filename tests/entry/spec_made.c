/*
 * spec_made: makes the vectors of tests/vectors/spec, the same bytes at every run. Without an argument it checks that
 * the files are what it makes; with a folder it writes them there.
 */
#include <dirent.h>
#include <limits.h>

#include "cases.h"
#include "fork.h"
#include "made.h"
#include "measures.h"
#include "opened.h"
#include "test.h"
#include "tree/reference.h"

static const char *to_folder; /* NULL: check */
static char folder[PATH_MAX];
static unsigned emitted;

struct vector {
	const char *what, *name, *why;
	enum rule verdict;
	struct bytes text;
	struct buffer parameters;
};

/* ---- files ---- */

/* "WHAT-NAME.txt", the name in letters, digits and single hyphens. */
static void file_name(const struct vector *vector, char *to, size_t capacity)
{
	size_t size = (size_t)snprintf(to, capacity, "%s-", vector->what);
	for (const char *at = vector->name; *at != '\0' && size + 5 < capacity; at++) {
		char lower = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
		bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
		if (plain || to[size - 1] != '-')
			to[size++] = plain ? lower : '-';
	}
	if (to[size - 1] == '-')
		size--;
	snprintf(to + size, capacity - size, ".txt");
}

static bool write_file(const char *path, struct bytes content)
{
	FILE *file = fopen(path, "wb");
	bool good = file != NULL && fwrite(content.data, 1, content.size, file) == content.size;
	return file != NULL && fclose(file) == 0 && good;
}

static bool file_is(const char *path, struct bytes content)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(content.size + 1);
	bool same = file != NULL && data != NULL && fread(data, 1, content.size + 1, file) == content.size &&
		memcmp(data, content.data, content.size) == 0;
	free(data);
	if (file != NULL)
		fclose(file);
	return same;
}

__attribute__((format(printf, 3, 4)))
static void parameter(struct vector *vector, const char *key, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	buffer_format(&vector->parameters, "%s: ", key);
	buffer_format_list(&vector->parameters, format, arguments);
	buffer_string(&vector->parameters, "\n");
	va_end(arguments);
}

static void parameter_base64(struct vector *vector, const char *key, const uint8_t bytes[32])
{
	buffer_format(&vector->parameters, "%s: ", key);
	text_base64(&vector->parameters, bytes_of(bytes, 32), true);
	buffer_string(&vector->parameters, "\n");
}

/* Writes or checks one file, and drops the parameters. */
static void emit(struct vector *vector)
{
	char name[NAME_MAX], path[PATH_MAX + NAME_MAX + 1];
	struct buffer file = {0};
	file_name(vector, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	buffer_format(&file, "what: %s\nwhy: %s\nverdict: %s\n", vector->what, vector->why, rule_name(vector->verdict));
	buffer_add(&file, buffer_bytes(&vector->parameters));
	buffer_string(&file, "\n");
	buffer_add(&file, vector->text);
	if (file.rule != RULE_OK)
		abort();
	if (to_folder != NULL)
		test_check(write_file(path, buffer_bytes(&file)), "written: %s", name);
	else
		test_check(file_is(path, buffer_bytes(&file)), "as it is made: %s", name);
	emitted++;
	buffer_free(&vector->parameters);
	buffer_free(&file);
}

/* ---- names and fingerprints ---- */

static const struct {
	const char *name;
	enum rule rule;
} kinds[NAME_KINDS] = {
	[PARTY] = {"party", RULE_NAME_PARTY}, [DESK] = {"desk", RULE_NAME_DESK}, [PLACE] = {"place", RULE_NAME_PLACE},
	[ORIGIN] = {"origin", RULE_NAME_ORIGIN}, [FORM] = {"form", RULE_ENTRY_FORM}, [LANG] = {"lang", RULE_ENTRY_LANG},
	[ADDRESS] = {"address", RULE_CARD_ADDRESS}, [DURATION] = {"duration", RULE_AGREEMENT_DURATION},
	[HOURS] = {"hours", RULE_CARD_HOURS},
};

static void make_names(void)
{
	for (unsigned kind = 0; kind < NAME_KINDS; kind++)
		for (int valid = 0; valid < 2; valid++) {
			struct buffer list = {0};
			char name[64], why[96];
			for (size_t i = 0; i < sizeof(name_cases) / sizeof(name_cases[0]); i++)
				if (name_cases[i].kind == kind && name_cases[i].valid == valid) {
					buffer_add(&list, name_cases[i].name);
					buffer_string(&list, "\n");
				}
			snprintf(name, sizeof(name), "%s %s", kinds[kind].name, valid ? "valid" : "invalid");
			snprintf(why, sizeof(why), "each line is %s %s", valid ? "a valid" : "no valid",
				kinds[kind].name);
			struct vector vector = {"names", name, why, valid ? RULE_OK : kinds[kind].rule,
				buffer_bytes(&list), {0}};
			parameter(&vector, "kind", "%s", kinds[kind].name);
			emit(&vector);
			buffer_free(&list);
		}
}

static void make_fingerprints(void)
{
	static const uint8_t firsts[] = {0, 7, 14, 30, 111, 222};
	for (size_t i = 0; i < sizeof(firsts); i++) {
		uint8_t identity[ED25519_PUBLIC];
		char digits[FINGERPRINT_SIZE + 1], name[16];
		for (unsigned j = 0; j < sizeof(identity); j++)
			identity[j] = (uint8_t)(firsts[i] + j);
		card_fingerprint(identity, digits);
		strcat(digits, "\n");
		snprintf(name, sizeof(name), "%d", firsts[i]);
		struct vector vector = {"fingerprint", name, "what an officer reads aloud", RULE_OK,
			bytes_string(digits), {0}};
		parameter_base64(&vector, "identity", identity);
		emit(&vector);
	}
}

/* ---- cards ---- */

static const char *const desks[] = {"duty", "law", NULL};

static void emit_card(const char *name, enum rule verdict, struct buffer *text, const struct signer *signer)
{
	fixture_sign(text, signer);
	struct vector vector = {"card", name, name, verdict, buffer_bytes(text), {0}};
	emit(&vector);
	buffer_free(text);
}

static struct buffer card_text(const char *party)
{
	struct buffer text = {0};
	struct card card;
	fixture_card(&card, party, desks);
	card_write(&text, &card);
	return text;
}

/* The base64 that follows `before` in the text. */
static void key_after(const struct buffer *text, const char *before, char to[45])
{
	const uint8_t *at = memmem(text->data, text->size, before, strlen(before));
	snprintf(to, 45, "%.44s", at == NULL ? "" : (const char *)at + strlen(before));
}

static void make_card_keys(const struct signer *identity)
{
	static const struct {
		const char *name, *where, *key; /* key NULL: that of the log */
		enum rule verdict;
	} keys[] = {
		{"log and mirror share a key", "mirror live ", NULL, RULE_CARD_KEY_TWICE},
		{"a drill shares a key", "node drill ", NULL, RULE_CARD_KEY_TWICE},
		{"a key signs and seals", "desk live duty ", NULL, RULE_CARD_KEY_TWICE},
		{"an Ed25519 key that is no point", "node live ", "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		RULE_PUBLIC_KEY},
		{"an X25519 key not below 2^255 - 19", "", "9v///////////////////////////////////////38=",
		RULE_PUBLIC_KEY},
		{"an X25519 key with its unused bit set", "", "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA=",
		RULE_PUBLIC_KEY},
		{"an X25519 key of order 8", "", "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=", RULE_PUBLIC_KEY},
		{"an X25519 key in order", "", "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", RULE_OK},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct buffer text = card_text("a.example");
		char from[160], to[160], key[45], log[45], seal[64];
		key_after(&text, "desk live law ", key);
		snprintf(seal, sizeof(seal), "desk live law %.44s ", key);
		const char *where = keys[i].where[0] == '\0' ? seal : keys[i].where;
		key_after(&text, where, key);
		key_after(&text, "log live ", log);
		snprintf(from, sizeof(from), "%.64s%.44s", where, key);
		snprintf(to, sizeof(to), "%.64s%.44s", where, keys[i].key == NULL ? log : keys[i].key);
		fixture_replace(&text, from, to);
		emit_card(keys[i].name, keys[i].verdict, &text, identity);
	}
}

static void make_cards(void)
{
	struct fixture_desk identity, other;
	fixture_identity(&identity, "a.example");
	fixture_identity(&other, "b.example");
	for (size_t i = 0; i < sizeof(card_cases) / sizeof(card_cases[0]); i++) {
		struct buffer text = card_text("a.example");
		fixture_replace(&text, card_cases[i].from, card_cases[i].to);
		emit_card(card_cases[i].name, card_cases[i].rule, &text, &identity.signer);
	}
	make_card_keys(&identity.signer);
	struct buffer text = card_text("b.example");
	emit_card("another party", RULE_OK, &text, &other.signer);
	text = card_text("a.example");
	emit_card("signed by another", RULE_CARD_UNSIGNED, &text, &other.signer);
	text = card_text("a.example");
	fixture_sign(&text, &identity.signer);
	fixture_replace(&text, "serial 1\n", "serial 2\n");
	struct vector vector = {"card", "changed after signing", "changed after signing", RULE_SIGNATURE,
		buffer_bytes(&text), {0}};
	emit(&vector);
	buffer_free(&text);
}

/* ---- hours ---- */

static void make_hours(void)
{
	for (size_t i = 0; i < sizeof(hours_cases) / sizeof(hours_cases[0]); i++) {
		struct vector vector = {"hours", hours_cases[i].name, hours_cases[i].why, RULE_OK,
			bytes_string(hours_cases[i].ends), {0}};
		for (size_t j = 0; hours_cases[i].lines[j] != NULL; j++)
			parameter(&vector, "hours", "%s", hours_cases[i].lines[j]);
		emit(&vector);
	}
}

/* ---- agreements ---- */

static void emit_agreement(const char *name, enum rule verdict, const struct buffer *text, const char *const *cards)
{
	struct vector vector = {"agreement", name, name, verdict, buffer_bytes(text), {0}};
	for (; cards != NULL && *cards != NULL; cards++)
		parameter(&vector, "card", "%s", *cards);
	emit(&vector);
}

static void make_agreements(void)
{
	static const char *const both[] = {"card-as-it-is.txt", "card-another-party.txt", NULL};
	static const char *const other_card[] = {"card-two-languages.txt", NULL};
	for (size_t i = 0; i < sizeof(agreement_cases) / sizeof(agreement_cases[0]); i++) {
		struct buffer text = {0};
		buffer_string(&text, agreement_cases[i].text);
		emit_agreement(agreement_cases[i].name, agreement_cases[i].rule, &text, NULL);
		buffer_free(&text);
	}
	struct fixture_desk identities[2];
	struct agreement agreement = {.title = BYTES("Hotline"), .made = FIXTURE_AT, .kernel = AGREEMENT_KERNEL,
		.party_count = 2,
		.clock_count = 1};
	static const char *const parties[] = {"a.example", "b.example"};
	for (int i = 0; i < 2; i++) {
		struct buffer card = card_text(parties[i]);
		fixture_identity(&identities[i], parties[i]);
		agreement.parties[i].name = bytes_string(parties[i]);
		sha256(buffer_bytes(&card), agreement.parties[i].digest);
		buffer_free(&card);
	}
	agreement.clocks[0] = (struct agreement_clock){BYTES("skew"), 300, CLOCK_ELAPSED};
	struct buffer text = {0}, note = {0};
	agreement_write(&text, &agreement);
	emit_agreement("signed by nobody", RULE_AGREEMENT_UNSIGNED, &text, both);
	buffer_add(&note, buffer_bytes(&text));
	fixture_sign(&note, &identities[0].signer);
	emit_agreement("signed by one", RULE_AGREEMENT_UNSIGNED, &note, both);
	note_sign(&note, buffer_bytes(&text), &identities[1].signer);
	emit_agreement("signed by both", RULE_OK, &note, both);
	emit_agreement("another card of a party", RULE_AGREEMENT_CARD, &note, other_card);
	fixture_replace(&note, "title Hotline", "title hotline");
	emit_agreement("changed after signing", RULE_SIGNATURE, &note, both);
	buffer_free(&text);
	buffer_free(&note);
}

/* ---- entries ---- */

static void emit_entry(const char *what, const char *name, enum rule verdict, const struct buffer *note,
	const struct fixture_desk *desk)
{
	struct vector vector = {what, name, name, verdict, buffer_bytes(note), {0}};
	parameter_base64(&vector, "key", desk->signer.vkey.key);
	emit(&vector);
}

static void make_changes(const char *prefix, const char *base, const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer note = {0};
		struct fixture_desk desk;
		char name[160];
		buffer_string(&note, base);
		fixture_replace(&note, changes[i].from, changes[i].to);
		bool node = memmem(note.data, note.size, "from a.example/node\n", 20) != NULL;
		fixture_desk(&desk, node ? "a.example/node" : "a.example/duty");
		fixture_sign(&note, &desk.signer);
		snprintf(name, sizeof(name), "%s, %s", prefix, changes[i].name);
		emit_entry("entry", name, changes[i].rule, &note, &desk);
		buffer_free(&note);
	}
}

static void make_entry_signatures(void)
{
	struct fixture_desk duty, law;
	struct buffer note = {0};
	fixture_desk(&duty, "a.example/duty");
	fixture_desk(&law, "a.example/law");
	buffer_string(&note, entry_full);
	emit_entry("entry", "signature, none", RULE_NOTE_FORM, &note, &duty);
	fixture_sign(&note, &law.signer);
	emit_entry("entry", "signature, of another desk", RULE_ENTRY_SIGNER, &note, &duty);
	note_sign(&note, bytes_string(entry_full), &duty.signer);
	emit_entry("entry", "signature, of both", RULE_ENTRY_SIGNATURES, &note, &duty);
	buffer_clear(&note);
	buffer_string(&note, entry_full);
	fixture_sign(&note, &duty.signer);
	emit_entry("entry", "signature, with another key's id", RULE_ENTRY_SIGNER, &note, &law);
	fixture_replace(&note, "flash", "Flash");
	emit_entry("entry", "signature, of another text", RULE_SIGNATURE, &note, &duty);
	buffer_free(&note);
}

/* The limits of counts and open lines; an entry of 65,536 bytes would say no more than its size. */
static void make_measures(void)
{
	struct fixture_desk desk;
	fixture_desk(&desk, "a.example/duty");
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		struct buffer text = {0};
		char name[64];
		measure_write(&text, &measures[i].measure);
		snprintf(name, sizeof(name), "measure, %s", measures[i].name);
		if (text.size < 2 * ENTRY_OPEN_MAX)
			emit_entry("entry", name, measures[i].rule, &text, &desk);
		buffer_free(&text);
	}
}

/* ---- bookkeeping ---- */

#define HELD "held 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
#define SIZE_43 LOG_B " 43 " ROOT " "

static const struct {
	const char *form;
	struct change change;
} books_cases[] = {
	{"received", {"received", RULE_OK, HELD, HELD}},
	{"received", {"received, no attachment", RULE_OK, HELD, ""}},
	{"received", {"received, another size than cosigned", RULE_SIGNATURE, "stored " LOG_B " 43",
	"stored " LOG_B " 44"}},
	{"received", {"received, another root than cosigned", RULE_SIGNATURE, "stored " SIZE_43,
		"stored " LOG_B " 43 " ROOT_2 " "}},
	{"received", {"received, no origin", RULE_FIELD_CHECKPOINT, "stored b.example/", "stored b.example//"}},
	{"received", {"received, an empty log", RULE_FIELD_CHECKPOINT, "stored " LOG_B " 43 ", "stored " LOG_B " 0 "}},
	{"received", {"received, a short root", RULE_FIELD_CHECKPOINT, "stored " SIZE_43, "stored " LOG_B " 43 AAAA "}},
	{"received", {"received, no cosignature", RULE_FIELD_CHECKPOINT, "stored " SIZE_43,
	"stored " SIZE_43 "AAAA\nstored " SIZE_43}},
	{"received", {"received, held before stored", RULE_FORM_ORDER, "stored", HELD "stored"}},
	{"received", {"received, held in upper case", RULE_FIELD_HASH, "held 01", "held 0A"}},
	{"received", {"received, an unknown line", RULE_FORM_FIELD, HELD, HELD "note x\n"}},
	{"receipt", {"receipt", RULE_OK, "receipt b.example", "receipt b.example"}},
	{"receipt", {"receipt, another size than cosigned", RULE_SIGNATURE, " 7 ", " 8 "}},
	{"receipt", {"receipt, in a form of its own", RULE_FORM_FIELD, "receipt b.example 7 ", "stored b.example 7 "}},
	{"unreadable", {"unreadable", RULE_OK, "place", "place"}},
	{"unreadable", {"unreadable, no cause", RULE_FORM_MISSING, "cause header\n", ""}},
	{"unreadable", {"unreadable, a cause of one's own", RULE_FIELD_CODE, "cause header\n", "cause bored\n"}},
	{"unreadable", {"unreadable, no place", RULE_FIELD_PLACE, "b.example/42", "b.example"}},
};

/* The cosignature of a mirror over a checkpoint, in base64. */
static void add_cosignature(struct buffer *to, const char *origin, uint64_t size, const struct signer *mirror)
{
	struct checkpoint checkpoint = {.origin = bytes_string(origin), .size = size};
	struct buffer text = {0}, line = {0};
	struct note signatures;
	if (text_unbase64_exact(BYTES(ROOT), checkpoint.root, sizeof(checkpoint.root), true) != RULE_OK)
		abort();
	checkpoint_write(&text, &checkpoint);
	cosignature_sign(&line, buffer_bytes(&text), mirror, FIXTURE_AT);
	if (note_parse_signatures(&signatures, buffer_bytes(&line)) != RULE_OK)
		abort();
	buffer_add(to, signatures.signatures[0].base64);
	buffer_free(&text);
	buffer_free(&line);
}

static struct buffer books_text(const char *form, const struct signer *own, const struct signer *other)
{
	struct buffer text = {0};
	buffer_format(&text, "detente entry v1\nagreement " HEX "\nfrom a.example/node\nform record/%s\nseen " SIZE_43,
		form);
	buffer_cut(&text, text.size - 1);
	buffer_string(&text, "\nat 2026-09-26T12:00:00Z\ntlp AMBER\nlang en\n");
	if (strcmp(form, "received") == 0) {
		buffer_string(&text, "stored " SIZE_43);
		add_cosignature(&text, LOG_B, 43, own);
		buffer_string(&text, "\n" HELD);
	} else if (strcmp(form, "receipt") == 0) {
		buffer_string(&text, "receipt b.example 7 " ROOT " ");
		add_cosignature(&text, "a.example/0123456789abcdef", 7, other);
		buffer_string(&text, "\n");
	} else {
		buffer_string(&text, "place b.example/42\ncause header\n");
	}
	return text;
}

static void make_books(void)
{
	struct fixture_desk node, own, other;
	fixture_desk(&node, "a.example/node");
	fixture_desk(&own, "a.example/0123456789abcdef/mirror");
	fixture_desk(&other, "b.example/0123456789abcdef/mirror");
	struct fixture_desk *const mirrors[] = {&own, &other};
	for (int i = 0; i < 2; i++) {
		struct vkey *vkey = &mirrors[i]->signer.vkey;
		if (vkey_make(vkey, bytes_string(vkey->name), SIGNATURE_COSIGNATURE, vkey->key) != RULE_OK)
			abort();
	}
	for (size_t i = 0; i < sizeof(books_cases) / sizeof(books_cases[0]); i++) {
		const struct change *change = &books_cases[i].change;
		struct buffer note = books_text(books_cases[i].form, &own.signer, &other.signer), vkey = {0};
		fixture_replace(&note, change->from, change->to);
		fixture_sign(&note, &node.signer);
		struct vector vector = {"books", change->name, change->name, change->rule, buffer_bytes(&note), {0}};
		bool receipt = strcmp(books_cases[i].form, "receipt") == 0;
		parameter_base64(&vector, "key", node.signer.vkey.key);
		parameter(&vector, "origin", "a.example/0123456789abcdef");
		vkey_write(&vkey, receipt ? &other.signer.vkey : &own.signer.vkey);
		parameter(&vector, "mirror", "%.*s", BYTES_SHOWN(vkey));
		emit(&vector);
		buffer_free(&vkey);
		buffer_free(&note);
	}
}

/* ---- bodies ---- */

static void expect_lines(struct vector *vector, const struct made *made)
{
	struct cursor cursor = cursor_of(buffer_bytes(&made->plain));
	while (cursor_left(&cursor) != 0) {
		struct bytes line = cursor_line(&cursor);
		parameter(vector, "line", "%.*s", BYTES_SHOWN(line));
	}
}

/* `desk` opens it; NULL: the file key does. */
static void emit_body(const char *name, enum rule verdict, const struct made *made, const struct fixture_desk *desk,
	const uint8_t *file_key)
{
	struct vector vector = {"body", name, name, verdict, made->entry.note, {0}};
	for (size_t i = 0; i < made->to.count; i++)
		parameter_base64(&vector, "recipient", made->to.keys[i]);
	if (desk != NULL)
		parameter_base64(&vector, "identity", desk->identity);
	if (file_key != NULL) {
		struct buffer hex = {0};
		text_hex(&hex, bytes_of(file_key, AGE_FILE_KEY));
		parameter(&vector, "file-key", "%.*s", BYTES_SHOWN(hex));
		buffer_free(&hex);
	}
	if (verdict == RULE_OK)
		expect_lines(&vector, made);
	emit(&vector);
}

static void make_good_bodies(void)
{
	struct made made;
	uint8_t key[AGE_FILE_KEY];
	struct buffer plain = {0};
	made_make(&made, "2026-09-26T12:00:00Z", "body");
	const struct sealed_opening opening = {&made.entry, &made.to, b.identity, key};
	if (sealed_open(&plain, &opening) != RULE_OK)
		abort();
	emit_body("opened by the first of to", RULE_OK, &made, &b, NULL);
	emit_body("opened by the second of to", RULE_OK, &made, &c, NULL);
	emit_body("opened by its sender", RULE_OK, &made, &a, NULL);
	emit_body("opened by its file key", RULE_OK, &made, NULL, key);
	emit_body("a stranger", RULE_SEALED_KEY, &made, &stranger, NULL);
	emit_body("a forged file key", RULE_SEALED_HEADER, &made, NULL, (const uint8_t *)MADE_FILE_KEY);
	made_spoil(&made, "\n--- ");
	emit_body("a wrong MAC", RULE_SEALED_HEADER, &made, &b, NULL);
	made_free(&made);
	made_make(&made, "2026-09-26T12:00:00Z", "body");
	made_spoil(&made, NULL);
	emit_body("a payload changed", RULE_AGE_PAYLOAD, &made, &b, NULL);
	memcpy(made.to.keys[1], made.to.keys[0], X25519_SIZE);
	emit_body("two desks that share a key", RULE_SEALED_RECIPIENTS, &made, &b, NULL);
	memset(made.to.keys[1], 0, X25519_SIZE);
	emit_body("a recipient of low order", RULE_PUBLIC_KEY, &made, &b, NULL);
	made_free(&made);
	buffer_free(&plain);
}

static void make_cheated_bodies(void)
{
	struct made made, other;
	made_make(&made, "2026-09-26T12:00:00Z", "cheat");
	made_make(&other, "2026-09-26T12:00:01Z", "cheat");
	struct age_x25519 good[4] = {made_stanza(&made, &b), made_stanza(&made, &c), made_stanza(&made, &a),
		made_stanza(&made, &stranger)};
	struct age_x25519 loose[3] = {good[0], good[1], good[2]};
	loose[0].ephemeral[5] ^= 1;
	const struct {
		const char *name;
		enum rule verdict;
		size_t count;
		struct age_x25519 stanzas[4];
	} cheats[] = {
		{"the prescribed stanzas", RULE_OK, 3, {good[0], good[1], good[2]}},
		{"a hidden recipient", RULE_SEALED_HEADER, 4, {good[0], good[1], good[2], good[3]}},
		{"a hidden recipient, first", RULE_SEALED_HEADER, 4, {good[3], good[0], good[1], good[2]}},
		{"a missing recipient", RULE_SEALED_HEADER, 2, {good[0], good[1]}},
		{"another order", RULE_SEALED_HEADER, 3, {good[0], good[2], good[1]}},
		{"somebody else instead", RULE_SEALED_HEADER, 3, {good[0], good[3], good[2]}},
		{"an ephemeral secret of one's own", RULE_SEALED_HEADER, 3, {loose[0], loose[1], loose[2]}},
	};
	for (size_t i = 0; i < sizeof(cheats) / sizeof(cheats[0]); i++) {
		made_cheat(&made, cheats[i].stanzas, cheats[i].count);
		emit_body(cheats[i].name, cheats[i].verdict, &made, &b, NULL);
	}
	buffer_clear(&other.body);
	buffer_add(&other.body, buffer_bytes(&made.body));
	made_cheat(&made, good, 3);
	buffer_clear(&other.body);
	buffer_add(&other.body, buffer_bytes(&made.body));
	if (made_finish(&other) != RULE_OK)
		abort();
	emit_body("copied from another entry", RULE_SEALED_HEADER, &other, &b, NULL);
	made.plain.data[made.plain.size - 2] ^= 1;
	made_cheat(&made, good, 3);
	emit_body("another line than promised", RULE_SEALED_ROOT, &made, &b, NULL);
	buffer_cut(&made.plain, made.plain.size - 40);
	made_cheat(&made, good, 3);
	emit_body("a line too few", RULE_SEALED_ROOT, &made, &b, NULL);
	buffer_string(&made.plain, "no salt\n");
	made_cheat(&made, good, 3);
	emit_body("a line without salt", RULE_SEALED_LINES, &made, &b, NULL);
	buffer_clear(&made.plain);
	made_cheat(&made, good, 3);
	emit_body("nothing inside", RULE_SEALED_LINES, &made, &b, NULL);
	made_free(&made);
	made_free(&other);
}

/* ---- single lines, and opened entries ---- */

static void emit_line(const char *name, enum rule verdict, const struct made *made, const struct opened_line *line)
{
	struct vector vector = {"line", name, name, verdict, made->entry.note, {0}};
	parameter(&vector, "index", "%llu", (unsigned long long)line->index);
	for (size_t i = 0; i < line->path.count; i++)
		parameter_base64(&vector, "path", line->path.hashes[i].bytes);
	parameter(&vector, "line", "%.*s", BYTES_SHOWN(line->whole));
	emit(&vector);
}

static void make_lines(void)
{
	struct made made;
	struct sealed_lines lines;
	struct opened_line opened[5];
	made_make(&made, "2026-09-26T12:00:00Z", "line");
	if (sealed_read_lines(&lines, buffer_bytes(&made.plain), &made.entry) != RULE_OK)
		abort();
	for (size_t i = 0; i < 5; i++) {
		char name[32];
		opened[i].index = i;
		opened[i].whole = lines.lines[i].whole;
		if (sealed_prove_line(&opened[i].path, &lines, i) != RULE_OK)
			abort();
		snprintf(name, sizeof(name), "number %zu", i);
		emit_line(name, RULE_OK, &made, &opened[i]);
	}
	struct opened_line wrong = opened[1];
	wrong.index = 2;
	emit_line("in another place", RULE_SEALED_ROOT, &made, &wrong);
	wrong = opened[1];
	wrong.whole = opened[2].whole;
	emit_line("another line", RULE_SEALED_ROOT, &made, &wrong);
	wrong = opened[1];
	wrong.index = 5;
	emit_line("past the end", RULE_SEALED_ROOT, &made, &wrong);
	wrong = opened[1];
	wrong.path.count--;
	emit_line("a hash too few", RULE_SEALED_ROOT, &made, &wrong);
	wrong = opened[4];
	wrong.path.hashes[wrong.path.count++] = made.entry.sealed_root;
	emit_line("a hash too many", RULE_SEALED_ROOT, &made, &wrong);
	wrong = opened[1];
	wrong.whole = bytes_of(wrong.whole.data + 1, wrong.whole.size - 1);
	emit_line("a salt cut short", RULE_SEALED_LINES, &made, &wrong);
	made_free(&made);
}

/* The receipt of the only entry of a log: no hashes, a checkpoint and b's cosignature. */
static void write_receipt(struct buffer *to, struct bytes entry)
{
	struct fixture_desk log, mirror;
	struct checkpoint checkpoint = {.origin = BYTES("a.example/0123456789abcdef"), .size = 1};
	struct buffer text = {0}, note = {0};
	struct hash leaf;
	fixture_desk(&log, "a.example/0123456789abcdef");
	fixture_desk(&mirror, "b.example/0123456789abcdef/mirror");
	struct vkey *vkey = &mirror.signer.vkey;
	tree_leaf_hash(entry, &leaf);
	memcpy(checkpoint.root, leaf.bytes, sizeof(checkpoint.root));
	checkpoint_write(&text, &checkpoint);
	buffer_add(&note, buffer_bytes(&text));
	fixture_sign(&note, &log.signer);
	if (vkey_make(vkey, bytes_string(vkey->name), SIGNATURE_COSIGNATURE, vkey->key) != RULE_OK)
		abort();
	cosignature_sign(&note, buffer_bytes(&text), &mirror.signer, FIXTURE_AT);
	const struct tlog_proof proof = {.index = 0, .checkpoint = buffer_bytes(&note)};
	proof_write(to, &proof);
	buffer_free(&text);
	buffer_free(&note);
}

static const struct change opened_lines_cases[] = {
	{"lines", RULE_OK, "lines 5", "lines 5"},
	{"another version", RULE_OPENED_FORM, "opened v1", "opened v2"},
	{"no place", RULE_NAME_PLACE, "place a.example/0\n", "place a.example\n"},
	{"neither key nor lines", RULE_OPENED_FORM, "lines 5\n", ""},
	{"no line", RULE_OPENED_FORM, "lines 5\nline", "lines 5\nentry 0\nline"},
	{"lines of nothing", RULE_OPENED_FORM, "lines 5", "lines 0"},
	{"a line past the end", RULE_OPENED_FORM, "line 3", "line 5"},
	{"lines out of order", RULE_OPENED_FORM, "line 3", "line 1"},
	{"a path that is none", RULE_BASE64, "path ", "path x"},
	{"an entry that is longer", RULE_OPENED_FORM, "\nentry ", "\nentry 9"},
	{"no receipt", RULE_OPENED_FORM, "\nreceipt ", "\nreceipts "},
};

static const struct change opened_key_cases[] = {
	{"a file key", RULE_OK, "key", "key"},
	{"a short file key", RULE_HEX, "key ", "key 00\nkey "},
	{"a key and lines", RULE_OPENED_FORM, "\nentry ", "\nlines 5\nentry "},
};

static void make_opened_cases(const struct opened *opened, const struct change *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer text = {0};
		opened_write(&text, opened);
		fixture_replace(&text, cases[i].from, cases[i].to);
		struct vector vector = {"opened", cases[i].name, cases[i].name, cases[i].rule, buffer_bytes(&text),
			{0}};
		emit(&vector);
		buffer_free(&text);
	}
}

static void make_opened(void)
{
	struct made made;
	struct sealed_lines lines;
	struct buffer receipt = {0}, plain = {0}, text = {0};
	static struct opened opened; /* large for a stack */
	made_make(&made, "2026-09-26T12:00:00Z", "opened");
	if (sealed_read_lines(&lines, buffer_bytes(&made.plain), &made.entry) != RULE_OK)
		abort();
	write_receipt(&receipt, made.entry.note);
	opened = (struct opened){.place = {BYTES("a.example"), 0}, .line_count_total = 5, .entry = made.entry.note,
		.receipt = buffer_bytes(&receipt)};
	for (size_t i = 1; i < 4; i += 2) {
		struct opened_line *line = &opened.lines[opened.line_count++];
		*line = (struct opened_line){.index = i, .whole = lines.lines[i].whole};
		if (sealed_prove_line(&line->path, &lines, i) != RULE_OK)
			abort();
	}
	make_opened_cases(&opened, opened_lines_cases, sizeof(opened_lines_cases) / sizeof(opened_lines_cases[0]));
	opened.has_key = true;
	const struct sealed_opening opening = {&made.entry, &made.to, b.identity, opened.file_key};
	if (sealed_open(&plain, &opening) != RULE_OK)
		abort();
	make_opened_cases(&opened, opened_key_cases, sizeof(opened_key_cases) / sizeof(opened_key_cases[0]));
	opened_write(&text, &opened);
	buffer_string(&text, "x");
	struct vector vector = {"opened", "a byte too many", "a byte too many", RULE_OPENED_FORM, buffer_bytes(&text),
		{0}};
	emit(&vector);
	buffer_free(&text);
	buffer_free(&plain);
	buffer_free(&receipt);
	made_free(&made);
}

/* ---- forks ---- */

#define FORK_ORIGIN "a.example/0123456789abcdef"
#define FORK_LEAVES 9

/* Two histories of one log: they part at the fourth entry. */
static void fork_leaves(struct hash leaves[FORK_LEAVES], unsigned history)
{
	for (unsigned i = 0; i < FORK_LEAVES; i++) {
		uint8_t entry[2] = {(uint8_t)i, (uint8_t)(i < 3 ? 0 : history)};
		tree_leaf_hash(bytes_of(entry, sizeof(entry)), &leaves[i]);
	}
}

/* The checkpoint of a history, signed by the log key of that label. */
static void fork_note(struct buffer *to, unsigned history, uint64_t size, const char *label)
{
	struct hash leaves[FORK_LEAVES];
	struct signer signer;
	uint8_t seed[32], secret[ED25519_SECRET], public[ED25519_PUBLIC];
	struct checkpoint checkpoint = {.origin = BYTES(FORK_ORIGIN), .size = size};
	fork_leaves(leaves, history);
	memcpy(checkpoint.root, reference_root(leaves, size).bytes, SHA256_SIZE);
	fixture_seed(label, seed);
	ed25519_secret(seed, secret, public);
	if (vkey_make(&signer.vkey, checkpoint.origin, SIGNATURE_ED25519, public) != RULE_OK)
		abort();
	signer.secret = secret;
	buffer_clear(to);
	checkpoint_write(to, &checkpoint);
	fixture_sign(to, &signer);
}

/* A card of that party, signed by that identity. */
static void fork_card(struct buffer *to, const char *party, const char *identity, uint64_t serial)
{
	struct card card;
	struct fixture_desk signer;
	fixture_card(&card, party, desks);
	fixture_desk(&signer, identity);
	memcpy(card.identity, signer.signer.vkey.key, ED25519_PUBLIC);
	card.serial = serial;
	if (serial > 1)
		fixture_public(party, "later log", card.sets[CARD_LIVE].log);
	if (vkey_make(&signer.signer.vkey, card.party, SIGNATURE_ED25519, card.identity) != RULE_OK)
		abort();
	buffer_clear(to);
	card_write(to, &card);
	fixture_sign(to, &signer.signer);
}

struct forking {
	struct buffer card, later, older, newer;
	struct hash leaves[FORK_LEAVES];
	struct fork fork;
};

/* The second history's log at the older size, and how it goes on to the newer. */
static void fork_prove(struct forking *forking, unsigned history, uint64_t old, uint64_t size)
{
	struct fork *fork = &forking->fork;
	fork_leaves(forking->leaves, history);
	fork->sizes_differ = true;
	fork->root = reference_root(forking->leaves, old);
	fork->path.count = 0;
	reference_consistency(forking->leaves, old, size, true, &fork->path);
}

static void emit_fork(const char *name, enum rule verdict, struct forking *forking, const struct change *change)
{
	struct fork *fork = &forking->fork;
	struct buffer text = {0};
	fork->cards[0] = buffer_bytes(&forking->card);
	fork->cards[1] = buffer_bytes(&forking->later);
	fork->older = buffer_bytes(&forking->older);
	fork->newer = buffer_bytes(&forking->newer);
	fork_write(&text, fork);
	if (change != NULL)
		fixture_replace(&text, change->from, change->to);
	struct vector vector = {"fork", name, name, verdict, buffer_bytes(&text), {0}};
	emit(&vector);
	buffer_free(&text);
}

static const struct change fork_cases[] = {
	{"another version", RULE_FORK_FORM, "fork v1", "fork v2"},
	{"no log", RULE_FORK_FORM, "log " FORK_ORIGIN "\n", ""},
	{"a log that is none", RULE_FORK_FORM, "log a.example/0123456789abcdef", "log a.example/0123456789ABCDEF"},
	{"another log than signed", RULE_FORK_LOG, "log a.example/0123456789abcdef", "log a.example/0123456789abcdee"},
	{"no card", RULE_FORK_FORM, "\ncard ", "\ncards "},
	{"a card that is longer", RULE_FORK_FORM, "\ncard ", "\ncard 9"},
	{"no root", RULE_FORK_FORM, "\nroot ", "\nroof "},
	{"a root without its path", RULE_FORK_FORM, "\npath ", "\npaths "},
	{"a path that is none", RULE_BASE64, "\npath ", "\npath x"},
	{"no newer checkpoint", RULE_FORK_FORM, "newer ", "never "},
	{"a checkpoint that was changed", RULE_SIGNATURE, "\n6\n", "\n5\n"},
};

static void make_fork_proofs(struct forking *forking)
{
	struct fork *fork = &forking->fork;
	fork_note(&forking->older, 1, 6, "a.example log");
	fork_note(&forking->newer, 2, 9, "a.example log");
	fork_prove(forking, 2, 6, 9);
	emit_fork("two sizes", RULE_OK, forking, NULL);
	for (size_t i = 0; i < sizeof(fork_cases) / sizeof(fork_cases[0]); i++)
		emit_fork(fork_cases[i].name, fork_cases[i].rule, forking, &fork_cases[i]);
	fork->path.count--;
	emit_fork("a hash too few", RULE_TREE_PROOF, forking, NULL);
	fork->path.count++;
	fork->root.bytes[0] ^= 1;
	emit_fork("a root of one's own", RULE_TREE_PROOF, forking, NULL);
	fork_note(&forking->older, 2, 6, "a.example log");
	fork_prove(forking, 2, 6, 9);
	emit_fork("one history", RULE_FORK_NONE, forking, NULL);
	fork_note(&forking->older, 1, 4, "a.example log");
	fork_prove(forking, 2, 4, 9);
	emit_fork("an older size that is a power of two", RULE_OK, forking, NULL);
	fork_note(&forking->older, 1, 9, "a.example log");
	fork_note(&forking->newer, 2, 6, "a.example log");
	emit_fork("the newer first", RULE_FORK_LOG, forking, NULL);
	fork_note(&forking->newer, 2, 9, "a.example log");
	emit_fork("a proof between equal sizes", RULE_FORK_FORM, forking, NULL);
	fork_note(&forking->older, 1, 0, "a.example log");
	emit_fork("an empty log", RULE_FORK_LOG, forking, NULL);
	fork->sizes_differ = false;
	fork_note(&forking->older, 1, 6, "a.example log");
	emit_fork("two sizes without a proof", RULE_FORK_FORM, forking, NULL);
}

static void make_forks(void)
{
	static struct forking forking = {.fork = {.origin = BYTES(FORK_ORIGIN), .card_count = 1}};
	fork_card(&forking.card, "a.example", "a.example", 1);
	make_fork_proofs(&forking);
	fork_note(&forking.older, 1, 6, "a.example log");
	fork_note(&forking.newer, 2, 6, "a.example log");
	emit_fork("one size", RULE_OK, &forking, NULL);
	emit_fork("a byte too many", RULE_FORK_FORM, &forking, &(struct change){"", RULE_OK, "newer ", "newer 1"});
	fork_note(&forking.newer, 1, 6, "a.example log");
	emit_fork("one size and one root", RULE_FORK_NONE, &forking, NULL);
	fork_note(&forking.newer, 2, 6, "a.example log drill");
	emit_fork("a live and a drill key", RULE_NOTE_UNSIGNED, &forking, NULL);
	fork_note(&forking.older, 1, 6, "a.example log drill");
	emit_fork("of a drill", RULE_OK, &forking, NULL);
	fork_note(&forking.older, 1, 6, "a.example log");
	fork_note(&forking.newer, 2, 6, "b.example log");
	emit_fork("signed by somebody else", RULE_NOTE_UNSIGNED, &forking, NULL);
	fork_note(&forking.newer, 2, 6, "a.example later log");
	forking.fork.card_count = 2;
	fork_card(&forking.later, "a.example", "a.example", 2);
	emit_fork("by two log keys", RULE_OK, &forking, NULL);
	fork_card(&forking.later, "a.example", "b.example", 2);
	emit_fork("two identities", RULE_FORK_CARD, &forking, NULL);
	fork_card(&forking.later, "b.example", "b.example", 2);
	emit_fork("a card of another party", RULE_FORK_CARD, &forking, NULL);
	struct buffer *const buffers[] = {&forking.card, &forking.later, &forking.older, &forking.newer};
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		buffer_free(buffers[i]);
}

/* ---- all ---- */

/* No vector is there that is not made here. */
static void check_count(void)
{
	DIR *directory = opendir(folder);
	unsigned files = 0;
	for (struct dirent *name; directory != NULL && (name = readdir(directory)) != NULL;)
		files += name->d_name[0] != '.';
	if (directory != NULL)
		closedir(directory);
	test_check(files == emitted, "%u vectors, no file more", emitted);
}

int main(int count, char **arguments)
{
	const char *source = getenv("DETENTE_SOURCE");
	to_folder = count > 1 ? arguments[1] : NULL;
	snprintf(folder, sizeof(folder), "%s%s", to_folder != NULL ? to_folder : source == NULL ? "." : source,
		to_folder != NULL ? "" : "/tests/vectors/spec");
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	made_start();
	make_names();
	make_fingerprints();
	make_cards();
	make_hours();
	make_agreements();
	make_changes("full", entry_full, full_changes, sizeof(full_changes) / sizeof(full_changes[0]));
	make_changes("sealed", entry_sealed, sealed_changes, sizeof(sealed_changes) / sizeof(sealed_changes[0]));
	make_changes("books", entry_books, books_changes, sizeof(books_changes) / sizeof(books_changes[0]));
	make_entry_signatures();
	make_measures();
	make_books();
	make_good_bodies();
	make_cheated_bodies();
	make_lines();
	make_opened();
	make_forks();
	check_count();
	return test_end();
}

/* entry: what an entry says, its signature, its measures. Refusals of its text: cases.h, by spec_vectors.c. */
#include "entry.h"

#include "cases.h"
#include "measures.h"
#include "test.h"

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
	struct buffer note = signed_text(entry_full, "a.example/duty"), again = {0};
	struct entry entry;
	if (!test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK, "everything an entry can have"))
		return;
	test_check(bytes_equal(entry.note, buffer_bytes(&note)) && bytes_is(entry.text, entry_full) &&
		bytes_is(entry.open, entry_full) &&
		entry.body.size == 0 && !entry.sealed, "text and open lines are the same");
	test_check(entry.agreement[1] == 0x23 && bytes_is(entry.from, "a.example/duty") &&
		bytes_is(entry.form, "hotline/call") &&
		!entry.bookkeeping && !entry.opens && entry.matter.index == 3 && entry.has_re && entry.re.index == 42 &&
		entry.to_count == 2 && bytes_is(entry.to[1], "b.example/law"), "writer and references");
	test_check(entry.seen_count == 2 && entry.seen[0].size == 43 && bytes_is(entry.seen[1].origin, LOG_C) &&
		entry.seen[0].root.bytes[0] == 0xe3 && entry.at == FIXTURE_AT && bytes_is(entry.tlp, "AMBER+STRICT") &&
		bytes_is(entry.lang, "en"), "seen, time and manner");
	test_check(entry.attachment_count == 1 && entry.attachments[0].size == 1000 && entry.field_count == 2 &&
		bytes_is(entry_field(&entry, "text"), "First\\nsecond\\\\") && entry_field(&entry, "none").data == NULL,
		"attachment and fields");
	entry_write_open(&again, &entry);
	test_check(bytes_equal(buffer_bytes(&again), entry.open), "written again they are the same lines");
	buffer_free(&again);
	buffer_free(&note);
	note = signed_text(entry_sealed, "a.example/duty");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK && entry.opens && entry.sealed &&
		entry.sealed_count == 2 && bytes_start(entry.body, BYTES("-----BEGIN")) &&
		entry.open.size + 1 + entry.body.size == entry.text.size &&
		bytes_is(bytes_of(entry.open.data + entry.open.size - 6, 6), "flash\n"),
		"a body stands after the open lines");
	entry_write_open(&again, &entry);
	test_check(bytes_equal(buffer_bytes(&again), entry.open), "with `fields` as well");
	buffer_free(&again);
	buffer_free(&note);
	note = signed_text(entry_books, "a.example/node");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK && entry.bookkeeping &&
		entry.to_count == 0,
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
	struct buffer note = signed_text(entry_full, "a.example/duty");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK &&
		entry_verify(&entry, &desk.signer.vkey) == RULE_OK, "the desk's signature");
	test_check(entry.signature.size == 64 && entry.signature.data == entry.signature_bytes &&
		entry.key_id == desk.signer.vkey.id, "its bytes are at hand");
	test_check(entry_verify(&entry, &other.signer.vkey) == RULE_ENTRY_SIGNER, "another key has another id");
	struct vkey renamed;
	test_check(vkey_make(&renamed, entry.from, SIGNATURE_ED25519, other.signer.vkey.key) == RULE_OK,
		"under the same name");
	entry.key_id = renamed.id;
	test_check(entry_verify(&entry, &renamed) == RULE_SIGNATURE, "with that id it does not verify");
	fixture_replace(&note, "flash", "Flash");
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_OK &&
		entry_verify(&entry, &desk.signer.vkey) == RULE_SIGNATURE, "a letter changed after signing");
	buffer_free(&note);
	note = signed_text(entry_full, "a.example/law");
	test_check(entry_parse(&entry, buffer_bytes(&note), &fault) == RULE_ENTRY_SIGNER &&
		strcmp(fault.detail, "signed by a.example/law") == 0, "another desk's signature");
	buffer_free(&note);
	note = signed_text(entry_full, "a.example/duty");
	note_sign(&note, bytes_string(entry_full), &other.signer);
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_ENTRY_SIGNATURES, "a second signature");
	buffer_free(&note);
	buffer_string(&note, entry_full);
	buffer_string(&note, "\n");
	note_signature_line(&note, &desk.signer.vkey, bytes_of(desk.secret, 63));
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_ENTRY_SIGNATURES, "a signature of 63 bytes");
	buffer_clear(&note);
	buffer_string(&note, entry_full);
	test_check(entry_parse(&entry, buffer_bytes(&note), NULL) == RULE_NOTE_FORM, "no signature");
	buffer_free(&note);
	note = signed_text(entry_sealed, "a.example/duty");
	bool refused = true;
	for (size_t i = 0; i < note.size; i++)
		refused = refused && entry_parse(&entry, bytes_of(note.data, i), NULL) != RULE_OK;
	test_check(refused, "no beginning of an entry is one");
	buffer_free(&note);
}

static void check_measures(void)
{
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		struct buffer text = {0};
		struct entry entry;
		size_t open = measure_write(&text, &measures[i].measure);
		enum rule rule = entry_parse(&entry, buffer_bytes(&text), NULL);
		test_check(rule == measures[i].rule && (rule != RULE_OK ||
			entry.open.size == open), "%s: %s", measures[i].name,
			rule_name(rule));
		buffer_free(&text);
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
	entry_finish(&note, bytes_string(entry_full), (struct bytes){NULL, 0}, &desk.signer);
	test_check(note.rule == RULE_OK && entry_parse(&entry, bytes_of(note.data + 4, note.size - 4),
		NULL) == RULE_OK &&
		entry_verify(&entry, &desk.signer.vkey) == RULE_OK &&
		bytes_is(entry.text, entry_full), "open lines are finished");
	buffer_cut(&note, 4);
	const char *body = strstr(entry_sealed, "\n\n") + 2;
	entry_finish(&note, bytes_of(entry_sealed, strlen(entry_sealed) - strlen(body) - 1), bytes_string(body),
		&desk.signer);
	test_check(note.rule == RULE_OK && entry_parse(&entry, bytes_of(note.data + 4, note.size - 4),
		NULL) == RULE_OK &&
		entry_verify(&entry, &desk.signer.vkey) == RULE_OK &&
		bytes_is(entry.text, entry_sealed), "and with a body");
	buffer_cut(&note, 4);
	entry_finish(&note, bytes_string(entry_full), (struct bytes){NULL, 0}, &other.signer);
	test_check(note.rule == RULE_ENTRY_SIGNER && note.size == 4, "another desk cannot finish it");
	note.rule = RULE_OK;
	entry_finish(&note, bytes_string(entry_full), bytes_string(body), &desk.signer);
	test_check(note.rule == RULE_ENTRY_BODY && note.size == 4, "nor what breaks a rule");
	buffer_free(&note);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "crypto starts");
	check_full();
	check_signature();
	check_measures();
	check_finish();
	return test_end();
}

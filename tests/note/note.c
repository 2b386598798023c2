/* note: the specification's examples, their every byte changed, and what is no signed note. */
#include "note.h"

#include "signers.h"
#include "test.h"

#define DASH "\xe2\x80\x94 "
#define FOO "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_BASE64 "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
#define FOO_LINE DASH "example.com/foo " FOO_BASE64 "\n"
#define FOO_TEXT "This is an example message.\n"
#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_NOTE \
	"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" DASH \
	"PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define QUASIMODO \
	"Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \xc3\xa8 subito sera.\n\n" DASH \
	"quasimodo.example/salvatore " \
	"NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
#define ANY_LINE DASH "x AAAAAAE=\n"

static const struct {
	const char *name;
	struct bytes bytes;
	enum rule rule;
	size_t text_size, signatures;
} forms[] = {
	{"the example", BYTES(FOO_TEXT "\n" FOO_LINE), RULE_OK, sizeof(FOO_TEXT) - 1, 1},
	{"an empty line in the text", BYTES(QUASIMODO), RULE_OK, 88, 1},
	{"two signatures", BYTES("a\n\n" ANY_LINE FOO_LINE), RULE_OK, 2, 2},
	{"an empty line as the text", BYTES("\n\n" ANY_LINE), RULE_OK, 1, 1},
	{"text that ends in an empty line", BYTES("a\n\n\n" ANY_LINE), RULE_OK, 3, 1},
	{"a signature line in the text", BYTES(ANY_LINE "\n" ANY_LINE), RULE_OK, sizeof(ANY_LINE) - 1, 1},
	{"a name of other letters", BYTES("a\n\n" DASH "\xd0\xb4 AAAAAAE=\n"), RULE_OK, 2, 1},
	{"DEL, which the specification lets be", BYTES("\x7f\n\n" ANY_LINE), RULE_OK, 2, 1},
	{"nothing", BYTES(""), RULE_NOTE_FORM, 0, 0},
	{"a line feed", BYTES("\n"), RULE_NOTE_FORM, 0, 0},
	{"line feeds", BYTES("\n\n\n"), RULE_NOTE_FORM, 0, 0},
	{"text alone", BYTES(FOO_TEXT), RULE_NOTE_FORM, 0, 0},
	{"no signature", BYTES(FOO_TEXT "\n"), RULE_NOTE_FORM, 0, 0},
	{"no text", BYTES("\n" ANY_LINE), RULE_NOTE_FORM, 0, 0},
	{"no empty line", BYTES("a\n" ANY_LINE), RULE_NOTE_FORM, 0, 0},
	{"a last line without line feed", BYTES("a\n\n" DASH "x AAAAAAE="), RULE_NOTE_FORM, 0, 0},
	{"text after the signatures", BYTES("a\n\n" ANY_LINE "b\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"an empty line after the signatures", BYTES("a\n\n" ANY_LINE "\n"), RULE_NOTE_FORM, 0, 0},
	{"a hyphen for the dash", BYTES("a\n\n- x AAAAAAE=\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"an en dash", BYTES("a\n\n\xe2\x80\x93 x AAAAAAE=\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"no space after the dash", BYTES("a\n\n\xe2\x80\x94x AAAAAAE=\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"a dash alone", BYTES("a\n\n\xe2\x80\x94\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"two spaces after the dash", BYTES("a\n\n" DASH " x AAAAAAE=\n"), RULE_KEY_NAME, 0, 0},
	{"no name", BYTES("a\n\n" DASH "\n"), RULE_KEY_NAME, 0, 0},
	{"a name with a plus", BYTES("a\n\n" DASH "x+y AAAAAAE=\n"), RULE_KEY_NAME, 0, 0},
	{"a name with a wide space", BYTES("a\n\n" DASH "x\xe3\x80\x80y AAAAAAE=\n"), RULE_KEY_NAME, 0, 0},
	{"no signature after the name", BYTES("a\n\n" DASH "x\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"two spaces after the name", BYTES("a\n\n" DASH "x  AAAAAAE=\n"), RULE_BASE64, 0, 0},
	{"a space at the end of the line", BYTES("a\n\n" DASH "x AAAAAAE= \n"), RULE_BASE64, 0, 0},
	{"an id alone", BYTES("a\n\n" DASH "x AAAAAA==\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"less than an id", BYTES("a\n\n" DASH "x AAAA\n"), RULE_NOTE_SIGNATURE_LINE, 0, 0},
	{"base64 with spare bits", BYTES("a\n\n" DASH "x AAAAAAF=\n"), RULE_BASE64, 0, 0},
	{"base64 without padding", BYTES("a\n\n" DASH "x AAAAAAE\n"), RULE_BASE64, 0, 0},
	{"a carriage return", BYTES("a\r\n\n" ANY_LINE), RULE_NOTE_CHARACTER, 0, 0},
	{"CR LF", BYTES("a\r\n\r\n" DASH "x AAAAAAE=\r\n"), RULE_NOTE_CHARACTER, 0, 0},
	{"a tab", BYTES("a\tb\n\n" ANY_LINE), RULE_NOTE_CHARACTER, 0, 0},
	{"a NUL", BYTES("a\0b\n\n" ANY_LINE), RULE_NOTE_CHARACTER, 0, 0},
	{"no UTF-8", BYTES("a\xff\n\n" ANY_LINE), RULE_UTF8, 0, 0},
};

static void check_forms(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct note note;
		enum rule rule = note_parse(&note, forms[i].bytes);
		bool good = rule == forms[i].rule;
		if (good && rule == RULE_OK)
			good = note.text.size == forms[i].text_size && note.signature_count == forms[i].signatures &&
				bytes_equal(note.whole, forms[i].bytes);
		test_check(good, "form: %s (%s)", forms[i].name, rule_name(rule));
	}
}

static void check_examples(void)
{
	struct vkey foo, peter;
	struct note note;
	test_check(vkey_parse(&foo, BYTES(FOO)) == RULE_OK && vkey_parse(&peter, BYTES(PETER)) == RULE_OK,
		"the examples' keys");
	test_check(note_parse(&note, BYTES(FOO_TEXT "\n" FOO_LINE)) == RULE_OK && note_verify(&note, &foo) == RULE_OK,
		"signed-note's example verifies");
	test_check(bytes_is(note.signatures[0].line, FOO_LINE) &&
			bytes_is(note.signatures[0].name, "example.com/foo") && note.signatures[0].id == 0x530d903a &&
			bytes_is(note.signatures[0].base64, FOO_BASE64) && note.signatures[0].raw_size == 64,
		"its signature's parts");
	test_check(note_verify(&note, &peter) == RULE_NOTE_UNSIGNED && note_find(&note, &peter) == 1,
		"not by another key");
	test_check(note_parse(&note, BYTES(PETER_NOTE)) == RULE_OK && note_verify(&note, &peter) == RULE_OK,
		"Go's example verifies");

	static const char whole[] = FOO_TEXT "\n" FOO_LINE;
	uint8_t changed[sizeof(whole) - 1];
	memcpy(changed, whole, sizeof(changed));
	bool refused = true;
	for (size_t i = 0; i < 8 * sizeof(changed); i++) {
		changed[i / 8] ^= (uint8_t)(1 << i % 8);
		refused = refused &&
			(note_parse(&note, bytes_of(changed, sizeof(changed))) != RULE_OK ||
				note_verify(&note, &foo) != RULE_OK);
		changed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	test_check(refused, "no bit of it may be another");
	bool cut = true;
	for (size_t size = 0; size < sizeof(changed); size++)
		cut = cut && note_parse(&note, bytes_of(changed, size)) != RULE_OK;
	test_check(cut, "nor may it end early");
}

static void check_signatures(void)
{
	struct test_signer a, b, cosigner;
	test_signer_make(&a, "a.example", SIGNATURE_ED25519, 1);
	test_signer_make(&b, "b.example", SIGNATURE_ED25519, 2);
	test_signer_make(&cosigner, "a.example", SIGNATURE_COSIGNATURE, 1);
	struct buffer whole = {0}, lines = {0}, other = {0};
	struct note note;
	buffer_string(&whole, "text\n\n");
	note_sign(&lines, BYTES("text\n"), &a.signer);
	note_sign(&lines, BYTES("text\n"), &b.signer);
	note_sign(&lines, BYTES("text\n"), &a.signer);
	buffer_add(&whole, buffer_bytes(&lines));
	test_check(note_parse(&note, buffer_bytes(&whole)) == RULE_OK &&
			note_verify(&note, &a.signer.vkey) == RULE_OK &&
			note_verify(&note, &b.signer.vkey) == RULE_OK && note.signature_count == 3,
		"signed by two, one of them twice");
	test_check(note_find(&note, &a.signer.vkey) == 0 && note_find(&note, &b.signer.vkey) == 1 &&
			note_find_next(&note, &a.signer.vkey, 1) == 2 && note_find_next(&note, &a.signer.vkey, 3) == 3,
		"who stands where");
	test_check(note_verify(&note, &cosigner.signer.vkey) == RULE_NOTE_UNSIGNED,
		"a key of another type has another id");
	struct vkey same_id = cosigner.signer.vkey;
	same_id.id = a.signer.vkey.id;
	test_check(
		note_verify(&note, &same_id) == RULE_NOTE_UNSIGNED, "a cosigner's key never verifies a note as such");
	struct vkey impostor = b.signer.vkey;
	memcpy(impostor.name, a.signer.vkey.name, sizeof(impostor.name));
	test_check(note_verify(&note, &impostor) == RULE_NOTE_UNSIGNED, "the name alone is not the key");
	impostor.id = a.signer.vkey.id;
	test_check(note_verify(&note, &impostor) == RULE_SIGNATURE, "name and id alone are not the key");

	note_sign(&whole, BYTES("other text\n"), &a.signer);
	test_check(note_parse(&note, buffer_bytes(&whole)) == RULE_OK &&
			note_verify(&note, &a.signer.vkey) == RULE_SIGNATURE,
		"one wrong signature of a key beside right ones refuses the note");
	test_check(note_verify(&note, &b.signer.vkey) == RULE_OK, "but says nothing of another key");
	buffer_string(&other, "text\n\n");
	note_signature_line(&other, &a.signer.vkey, BYTES("short"));
	test_check(note_parse(&note, buffer_bytes(&other)) == RULE_OK &&
			note_verify(&note, &a.signer.vkey) == RULE_SIGNATURE,
		"a signature of another size does not verify");

	test_check(note_parse_signatures(&note, buffer_bytes(&lines)) == RULE_OK && note.signature_count == 3 &&
			note.text.data == NULL && note.whole.data == NULL,
		"signature lines alone");
	static const struct {
		const char *name;
		struct bytes bytes;
		enum rule rule;
	} bad[] = {{"none", BYTES(""), RULE_NOTE_FORM}, {"an empty line", BYTES("\n"), RULE_NOTE_SIGNATURE_LINE},
		{"a whole note", BYTES("text\n\n" ANY_LINE), RULE_NOTE_SIGNATURE_LINE},
		{"an empty line after", BYTES(ANY_LINE "\n"), RULE_NOTE_SIGNATURE_LINE},
		{"no line feed", BYTES(DASH "x AAAAAAE="), RULE_NOTE_FORM},
		{"CR LF", BYTES(DASH "x AAAAAAE=\r\n"), RULE_NOTE_CHARACTER}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		test_check(note_parse_signatures(&note, bad[i].bytes) == bad[i].rule, "signature lines alone: %s",
			bad[i].name);
	buffer_free(&whole);
	buffer_free(&lines);
	buffer_free(&other);
}

static void check_limits(void)
{
	struct buffer buffer = {0};
	struct note note;
	buffer_string(&buffer, "a\n\n");
	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		buffer_string(&buffer, ANY_LINE);
	test_check(note_parse(&note, buffer_bytes(&buffer)) == RULE_OK && note.signature_count == NOTE_SIGNATURES_MAX,
		"%d signatures", NOTE_SIGNATURES_MAX);
	buffer_string(&buffer, ANY_LINE);
	test_check(note_parse(&note, buffer_bytes(&buffer)) == RULE_LIMIT, "one more");

	buffer_clear(&buffer);
	struct test_signer a;
	test_signer_make(&a, "a.example", SIGNATURE_ED25519, 1);
	static uint8_t large[2428]; /* what ML-DSA-44 takes */
	buffer_string(&buffer, "a\n\n");
	note_signature_line(&buffer, &a.signer.vkey, bytes_of(large, sizeof(large)));
	test_check(note_parse(&note, buffer_bytes(&buffer)) == RULE_OK && note.signatures[0].raw_size == sizeof(large),
		"a signature of a larger algorithm is read over");

	buffer_clear(&buffer);
	size_t size = NOTE_MAX - (sizeof(ANY_LINE) - 1) - 2;
	uint8_t *at = buffer_extend(&buffer, size);
	memset(at, 'a', size);
	buffer_string(&buffer, "\n\n" ANY_LINE);
	test_check(note_parse(&note, buffer_bytes(&buffer)) == RULE_OK, "a note of %d bytes", NOTE_MAX);
	buffer_clear(&buffer);
	at = buffer_extend(&buffer, size + 1);
	memset(at, 'a', size + 1);
	buffer_string(&buffer, "\n\n" ANY_LINE);
	test_check(note_parse(&note, buffer_bytes(&buffer)) == RULE_LIMIT, "one byte more");
	buffer_free(&buffer);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	check_forms();
	check_examples();
	check_signatures();
	check_limits();
	return test_end();
}

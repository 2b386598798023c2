/* checkpoint: the three lines, cosignatures, what a cosigner's key does and does not vouch for. */
#include "checkpoint.h"

#include "signers.h"
#include "test.h"
#include "text.h"

#define SOFA "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define DASH "\xe2\x80\x94 "
/* tlog-cosignature's example */
#define SOFA_NOTE \
	SOFA "\n" DASH "example.com/behind-the-sofa " \
	"Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" DASH \
	"witness.example.com/w1 " \
	"jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+" \
	"mbIUBkBIfZ+qnA==\n"

static const struct {
	const char *name;
	struct bytes text;
	enum rule rule;
} texts[] = {
	{"the example", BYTES(SOFA), RULE_OK},
	{"an empty tree", BYTES("x\n0\n" EMPTY_ROOT), RULE_OK},
	{"the largest tree", BYTES("x\n9223372036854775807\n" ROOT), RULE_OK},
	{"spaces in the origin", BYTES("go.sum database tree\n1\n" ROOT), RULE_OK},
	{"an empty tree with a root", BYTES("x\n0\n" ROOT), RULE_CHECKPOINT_EMPTY},
	{"a larger tree yet", BYTES("x\n9223372036854775808\n" ROOT), RULE_CHECKPOINT_SIZE},
	{"a leading zero", BYTES("x\n01\n" ROOT), RULE_CHECKPOINT_SIZE},
	{"a sign", BYTES("x\n+1\n" ROOT), RULE_CHECKPOINT_SIZE},
	{"a negative size", BYTES("x\n-1\n" ROOT), RULE_CHECKPOINT_SIZE},
	{"a space after the size", BYTES("x\n1 \n" ROOT), RULE_CHECKPOINT_SIZE},
	{"hexadecimal", BYTES("x\n0x1\n" ROOT), RULE_CHECKPOINT_SIZE},
	{"a short root", BYTES("x\n1\nAAAA\n"), RULE_CHECKPOINT_ROOT},
	{"a long root", BYTES("x\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n"), RULE_CHECKPOINT_ROOT},
	{"a root without padding", BYTES("x\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"), RULE_CHECKPOINT_ROOT},
	{"a root with spare bits", BYTES("x\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"), RULE_CHECKPOINT_ROOT},
	{"a root in hex", BYTES("x\n1\n0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62\n"),
		RULE_CHECKPOINT_ROOT},
	{"a space after the root", BYTES("x\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= \n"),
		RULE_CHECKPOINT_ROOT},
	{"no origin", BYTES("\n1\n" ROOT), RULE_CHECKPOINT_FORM},
	{"no size", BYTES("x\n\n" ROOT), RULE_CHECKPOINT_FORM},
	{"no root", BYTES("x\n1\n\n"), RULE_CHECKPOINT_FORM},
	{"two lines", BYTES("x\n1\n"), RULE_CHECKPOINT_FORM},
	{"nothing", BYTES(""), RULE_CHECKPOINT_FORM},
	{"no line feed at the end", BYTES("x\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="), RULE_CHECKPOINT_FORM},
	{"an empty line after", BYTES(SOFA "\n"), RULE_CHECKPOINT_FORM},
	{"an extension line", BYTES(SOFA "more\n"), RULE_CHECKPOINT_EXTENSION},
	{"a control character in the origin", BYTES("x\ty\n1\n" ROOT), RULE_UTF8},
};

static void check_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct checkpoint checkpoint = {.size = 7};
		enum rule rule = checkpoint_parse(&checkpoint, texts[i].text);
		test_check(rule == texts[i].rule && (rule == RULE_OK || checkpoint.size == 7), "%s (%s)", texts[i].name,
			rule_name(rule));
		if (rule != RULE_OK)
			continue;
		struct buffer buffer = {0};
		checkpoint_write(&buffer, &checkpoint);
		test_check(bytes_equal(buffer_bytes(&buffer), texts[i].text), "%s, back", texts[i].name);
		buffer_free(&buffer);
	}
	struct buffer huge = {0};
	uint8_t *at = buffer_extend(&huge, CHECKPOINT_MAX);
	memset(at, 'x', CHECKPOINT_MAX);
	buffer_string(&huge, "\n1\n" ROOT);
	struct checkpoint checkpoint;
	test_check(checkpoint_parse(&checkpoint, buffer_bytes(&huge)) == RULE_LIMIT, "larger than the limit");
	buffer_free(&huge);
}

static void check_example(void)
{
	struct note note;
	struct checkpoint checkpoint;
	test_check(note_parse(&note, BYTES(SOFA_NOTE)) == RULE_OK && note.signature_count == 2 &&
			checkpoint_parse(&checkpoint, note.text) == RULE_OK,
		"tlog-cosignature's example has the form");
	test_check(bytes_is(checkpoint.origin, "example.com/behind-the-sofa") && checkpoint.size == 20852163,
		"and says this");
	struct cursor cursor = cursor_of(bytes_of(note.signatures[1].raw, 8));
	test_check(note.signatures[0].raw_size == 64 && note.signatures[1].raw_size == 72 &&
			cursor_u64(&cursor) == 1679315147,
		"signed at 1679315147");
}

/* A cosignature made from its parts alone, as the specification describes them. */
static void check_by_hand(const struct test_signer *w)
{
	uint8_t raw[4 + 8 + 64];
	for (int i = 0; i < 4; i++)
		raw[i] = (uint8_t)(w->signer.vkey.id >> (24 - 8 * i));
	for (int i = 0; i < 8; i++)
		raw[4 + i] = (uint8_t)(INT64_C(1679315147) >> (56 - 8 * i));
	ed25519_sign(w->secret, BYTES("cosignature/v1\ntime 1679315147\n" SOFA), raw + 12);
	struct buffer line = {0}, made = {0};
	buffer_string(&line, DASH "w.example/witness ");
	text_base64(&line, bytes_of(raw, sizeof(raw)), true);
	buffer_string(&line, "\n");
	cosignature_sign(&made, BYTES(SOFA), &w->signer, 1679315147);
	test_check(
		bytes_equal(buffer_bytes(&line), buffer_bytes(&made)), "a cosignature is what the specification says");
	buffer_free(&line);
	buffer_free(&made);
}

static void check_cosignatures(void)
{
	struct test_signer w, other;
	test_signer_make(&w, "w.example/witness", SIGNATURE_COSIGNATURE, 3);
	test_signer_make(&other, "w.example/witness", SIGNATURE_COSIGNATURE, 4);
	check_by_hand(&w);
	struct buffer lines = {0};
	struct note note;
	int64_t time = -1;
	cosignature_sign(&lines, BYTES(SOFA), &w.signer, 1700000000);
	test_check(note_parse_signatures(&note, buffer_bytes(&lines)) == RULE_OK &&
			cosignature_verify(&note, BYTES(SOFA), &w.signer.vkey, &time) == RULE_OK && time == 1700000000,
		"cosigned and verified");
	time = -1;
	test_check(
		cosignature_verify(&note, BYTES("x\n1\n" ROOT), &w.signer.vkey, &time) == RULE_SIGNATURE && time == -1,
		"not over another checkpoint");
	test_check(cosignature_verify(&note, BYTES(SOFA), &other.signer.vkey, &time) == RULE_NOTE_UNSIGNED,
		"not by another key");
	struct vkey same_id = other.signer.vkey;
	same_id.id = w.signer.vkey.id;
	test_check(cosignature_verify(&note, BYTES(SOFA), &same_id, &time) == RULE_SIGNATURE,
		"not by another key of that id");
	same_id = w.signer.vkey;
	same_id.type = SIGNATURE_ED25519;
	test_check(note_verify(&note, &same_id) != RULE_OK &&
			cosignature_verify(&note, BYTES(SOFA), &same_id, &time) == RULE_NOTE_UNSIGNED,
		"a cosignature is no signature, nor the other way about");
	test_check(
		cosignature_verify_base64(note.signatures[0].base64, BYTES(SOFA), &w.signer.vkey, &time) == RULE_OK &&
			time == 1700000000,
		"as base64 alone");
	test_check(cosignature_verify_base64(note.signatures[0].base64, BYTES(SOFA), &other.signer.vkey, &time) ==
				RULE_NOTE_UNSIGNED &&
			cosignature_verify_base64(BYTES("AAAA"), BYTES(SOFA), &w.signer.vkey, &time) ==
				RULE_COSIGNATURE_FORM &&
			cosignature_verify_base64(note.signatures[0].base64, BYTES("x\n1\n" ROOT), &w.signer.vkey,
				&time) == RULE_SIGNATURE,
		"as base64 alone: another key, another size, another text");

	cosignature_sign(&lines, BYTES(SOFA), &w.signer, 1600000000);
	test_check(note_parse_signatures(&note, buffer_bytes(&lines)) == RULE_OK &&
			cosignature_verify(&note, BYTES(SOFA), &w.signer.vkey, &time) == RULE_OK && time == 1600000000,
		"of two the earlier counts");
	note.signatures[0].raw[7] ^= 1;
	time = -1;
	test_check(cosignature_verify(&note, BYTES(SOFA), &w.signer.vkey, &time) == RULE_SIGNATURE && time == -1,
		"another time does not verify, whatever stands beside it");

	static const uint8_t zeros[73];
	static const size_t sizes[] = {64, 71, 73, 1};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buffer_clear(&lines);
		note_signature_line(&lines, &w.signer.vkey, bytes_of(zeros, sizes[i]));
		test_check(note_parse_signatures(&note, buffer_bytes(&lines)) == RULE_OK &&
				cosignature_verify(&note, BYTES(SOFA), &w.signer.vkey, &time) == RULE_COSIGNATURE_FORM,
			"of %zu bytes", sizes[i]);
	}
	uint8_t late[72] = {0x80};
	buffer_clear(&lines);
	note_signature_line(&lines, &w.signer.vkey, bytes_of(late, sizeof(late)));
	test_check(note_parse_signatures(&note, buffer_bytes(&lines)) == RULE_OK &&
			cosignature_verify(&note, BYTES(SOFA), &w.signer.vkey, &time) == RULE_COSIGNATURE_TIME,
		"at 2^63");
	buffer_clear(&lines);
	cosignature_sign(&lines, BYTES(SOFA), &w.signer, -1);
	test_check(lines.rule == RULE_COSIGNATURE_TIME && lines.size == 0, "none is made before 1970");
	buffer_free(&lines);
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	check_texts();
	check_example();
	check_cosignatures();
	return test_end();
}

/* policy: the specification's example, what is no policy, and who is enough. */
#include "policy.h"

#include "signers.h"
#include "test.h"

#define ORIGIN "a.example/0123456789abcdef"
#define CHECKPOINT_TEXT ORIGIN "\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

#define WITNESSES 8
static struct test_signer log_a, log_b, cosigners[WITNESSES]; /* X1 X2 X3 Y1 Y2 Y3 and two others */
static struct buffer text, line;

/* Puts the keys where a table has A, B (logs) and 1 to 8 (cosigners) after a '$'. */
static struct bytes with_keys(const char *form)
{
	buffer_clear(&text);
	for (; *form != '\0'; form++) {
		if (*form != '$') {
			buffer_u8(&text, (uint8_t)*form);
			continue;
		}
		char which = *++form;
		if (which == 'A' || which == 'B')
			vkey_write(&text, which == 'A' ? &log_a.signer.vkey : &log_b.signer.vkey);
		else
			vkey_write(&text, &cosigners[which - '1'].signer.vkey);
	}
	return buffer_bytes(&text);
}

static const struct {
	const char *name, *text;
	enum rule rule;
	uint32_t line;
} forms[] = {
	{"no witnesses", "log $A\nquorum none\n", RULE_OK, 0},
	{"a quorum alone", "quorum none\n", RULE_OK, 0},
	{"one witness", "log $A\nwitness w $1\nquorum w\n", RULE_OK, 0},
	{"URLs", "log $A https://a.example/log\nwitness w $1 https://w.example\nquorum w\n", RULE_OK, 0},
	{"blanks and comments", "# of a\n\n \t \n\tlog \t $A \n  # more\nquorum\tnone\t\n", RULE_OK, 0},
	{"octets beyond ASCII", "# \xff\nlog $A \xc3\xa9\nwitness \xe2\x84\xaa $1\nquorum \xe2\x84\xaa\n", RULE_OK, 0},
	{"lines after the quorum", "quorum none\nlog $A\nwitness w $1\n", RULE_OK, 0},
	{"a log and a witness", "log $A\nlog $B\nwitness w $1\nquorum none\n", RULE_OK, 0},
	{"names that are words", "witness all $1\nwitness any $2\nwitness 1 $3\ngroup log all all any 1\nquorum log\n",
		RULE_OK, 0},
	{"a quorum that is a member", "witness w $1\ngroup g all w\nquorum w\n", RULE_OK, 0},
	{"nothing", "", RULE_POLICY_ONE_QUORUM, 0},
	{"no quorum", "log $A\n", RULE_POLICY_ONE_QUORUM, 0},
	{"two quorums", "quorum none\nquorum none\n", RULE_POLICY_ONE_QUORUM, 2},
	{"no line feed at the end", "quorum none", RULE_POLICY_CHARACTER, 1},
	{"CR LF", "quorum none\r\n", RULE_POLICY_CHARACTER, 1},
	{"a form feed", "quorum\fnone\n", RULE_POLICY_CHARACTER, 1},
	{"DEL in a comment", "# \x7f\nquorum none\n", RULE_POLICY_CHARACTER, 1},
	{"another word", "quorum none\nmirror $A\n", RULE_POLICY_LINE, 2},
	{"an upper-case word", "Quorum none\n", RULE_POLICY_LINE, 1},
	{"a comment after a line", "quorum none # nobody\n", RULE_POLICY_LINE, 1},
	{"a log without a key", "log\nquorum none\n", RULE_POLICY_LINE, 1},
	{"a log with too much", "log $A https://a.example more\nquorum none\n", RULE_POLICY_LINE, 1},
	{"a log with a wrong key", "log x\nquorum none\n", RULE_VKEY, 1},
	{"a log with a witness's key", "log $1\nquorum none\n", RULE_POLICY_KEY_TYPE, 1},
	{"a witness with a log's key", "witness w $A\nquorum none\n", RULE_POLICY_KEY_TYPE, 1},
	{"a witness without a name", "witness\nquorum none\n", RULE_POLICY_LINE, 1},
	{"a witness without a key", "witness w\nquorum none\n", RULE_POLICY_LINE, 1},
	{"a log twice", "log $A\nlog $B\nlog $A\nquorum none\n", RULE_POLICY_KEY_TWICE, 3},
	{"a witness's key twice", "witness w $1\nwitness v $1\nquorum none\n", RULE_POLICY_KEY_TWICE, 2},
	{"a name twice", "witness w $1\nwitness w $2\nquorum none\n", RULE_POLICY_NAME_TWICE, 2},
	{"a group named as a witness", "witness w $1\ngroup w all w\nquorum none\n", RULE_POLICY_NAME_TWICE, 2},
	{"a witness named none", "witness none $1\nquorum none\n", RULE_POLICY_NAME_TWICE, 1},
	{"a group named none", "witness w $1\ngroup none all w\nquorum none\n", RULE_POLICY_NAME_TWICE, 2},
	{"a quorum of nobody known", "quorum w\n", RULE_POLICY_NAME, 1},
	{"a quorum above its witness", "quorum w\nwitness w $1\n", RULE_POLICY_NAME, 1},
	{"a quorum without a name", "quorum\n", RULE_POLICY_LINE, 1},
	{"a group above its member", "group g all w\nwitness w $1\nquorum g\n", RULE_POLICY_NAME, 1},
	{"a group of itself", "group g all g\nquorum g\n", RULE_POLICY_NAME, 1},
	{"none as a member", "witness w $1\ngroup g all w none\nquorum g\n", RULE_POLICY_NAME, 2},
	{"a group without members", "witness w $1\ngroup g all\nquorum g\n", RULE_POLICY_LINE, 2},
	{"a group without a threshold", "witness w $1\ngroup g\nquorum g\n", RULE_POLICY_LINE, 2},
	{"a group without a name", "group\nquorum none\n", RULE_POLICY_LINE, 1},
	{"a member twice", "witness w $1\ngroup g 1 w w\nquorum g\n", RULE_POLICY_MEMBER, 2},
	{"a member of two groups", "witness w $1\ngroup g 1 w\ngroup h 1 w\nquorum g\n", RULE_POLICY_MEMBER, 3},
	{"a threshold of 0", "witness w $1\ngroup g 0 w\nquorum g\n", RULE_POLICY_THRESHOLD, 2},
	{"a threshold beyond the members", "witness w $1\ngroup g 2 w\nquorum g\n", RULE_POLICY_THRESHOLD, 2},
	{"a threshold of 01", "witness w $1\ngroup g 01 w\nquorum g\n", RULE_POLICY_THRESHOLD, 2},
	{"a threshold of another word", "witness w $1\ngroup g most w\nquorum g\n", RULE_POLICY_THRESHOLD, 2},
};

static void check_forms(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct policy *policy = NULL;
		struct fault fault = {.line = 0};
		enum rule rule = policy_parse(&policy, with_keys(forms[i].text), &fault);
		bool good =
			rule == forms[i].rule && fault.line == forms[i].line && (rule == RULE_OK) == (policy != NULL);
		test_check(good, "form: %s (%s)", forms[i].name, rule_name(rule));
		policy_free(policy);
	}
	test_check(policy_parse(&(struct policy *){NULL}, BYTES("quorum\n"), NULL) == RULE_POLICY_LINE,
		"nobody need hear the fault");
}

/* Signs CHECKPOINT_TEXT with the logs A and B and the cosigners 1 to 8, as named. */
static struct bytes signed_by(const char *who)
{
	buffer_clear(&line);
	buffer_string(&line, CHECKPOINT_TEXT "\n");
	for (; *who != '\0'; who++) {
		if (*who == 'A' || *who == 'B')
			note_sign(&line, BYTES(CHECKPOINT_TEXT), *who == 'A' ? &log_a.signer : &log_b.signer);
		else
			cosignature_sign(&line, BYTES(CHECKPOINT_TEXT), &cosigners[*who - '1'].signer, 1700000000);
	}
	return buffer_bytes(&line);
}

/* tlog-policy's "Example policy" */
#define EXAMPLE \
	"log $A\n\nwitness X1 $1\nwitness X2 $2\nwitness X3 $3\ngroup X-witnesses 2 X1 X2 X3\n\n" \
	"witness Y1 $4\nwitness Y2 $5\nwitness Y3 $6\ngroup Y-witnesses any Y1 Y2 Y3\n\n" \
	"group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"

static const struct {
	const char *policy, *who;
	enum rule rule;
} verdicts[] = {
	{EXAMPLE, "A124", RULE_OK},
	{EXAMPLE, "A236", RULE_OK},
	{EXAMPLE, "A123456", RULE_OK},
	{EXAMPLE, "A12345678", RULE_OK},
	{EXAMPLE, "6A32", RULE_OK},
	{EXAMPLE, "A123", RULE_POLICY_QUORUM},
	{EXAMPLE, "A1456", RULE_POLICY_QUORUM},
	{EXAMPLE, "A11456", RULE_POLICY_QUORUM},
	{EXAMPLE, "A456", RULE_POLICY_QUORUM},
	{EXAMPLE, "A78", RULE_POLICY_QUORUM},
	{EXAMPLE, "A", RULE_POLICY_QUORUM},
	{EXAMPLE, "124", RULE_POLICY_LOG},
	{EXAMPLE, "B124", RULE_POLICY_LOG},
	{"log $A\nquorum none\n", "A", RULE_OK},
	{"log $A\nlog $B\nquorum none\n", "A", RULE_OK},
	{"log $A\nlog $B\nquorum none\n", "AB", RULE_OK},
	{"log $A\nlog $B\nquorum none\n", "B", RULE_POLICY_LOG}, /* its name is not the origin */
	{"quorum none\n", "A", RULE_POLICY_LOG},
	{"log $A\nwitness w $1\nquorum w\n", "A1", RULE_OK},
	{"log $A\nwitness w $1\nquorum w\n", "A2", RULE_POLICY_QUORUM},
	{"log $A\nwitness w $1\nwitness v $2\ngroup g all w v\nquorum w\n", "A1", RULE_OK},
	{"log $A\nwitness w $1\nwitness v $2\ngroup g all w v\nquorum w\n", "A2", RULE_POLICY_QUORUM},
	{"log $A\nwitness w $1\nwitness v $2\ngroup g all w v\nquorum g\n", "A1", RULE_POLICY_QUORUM},
	{"log $A\nwitness w $1\nwitness v $2\ngroup g any w v\nquorum g\n", "A2", RULE_OK},
};

static void check_verdicts(void)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		struct policy *policy = NULL;
		enum rule rule = policy_parse(&policy, with_keys(verdicts[i].policy), NULL);
		if (rule == RULE_OK)
			rule = policy_verify(policy, signed_by(verdicts[i].who));
		test_check(rule == verdicts[i].rule, "verdict %zu: signed by %s (%s)", i, verdicts[i].who,
			rule_name(rule));
		policy_free(policy);
	}
}

/* What stands beside enough good signatures. */
static void check_bad_company(void)
{
	struct policy *policy = NULL;
	test_check(policy_parse(&policy, with_keys(EXAMPLE "log $B\n"), NULL) == RULE_OK,
		"the example policy and another log");
	signed_by("A124");
	cosignature_sign(&line, BYTES("other\n"), &cosigners[2].signer, 1700000000);
	test_check(policy_verify(policy, buffer_bytes(&line)) == RULE_SIGNATURE,
		"a known witness's wrong cosignature refuses");
	signed_by("A124");
	cosignature_sign(&line, BYTES("other\n"), &cosigners[6].signer, 1700000000);
	test_check(policy_verify(policy, buffer_bytes(&line)) == RULE_OK, "an unknown one's does not");
	signed_by("A124");
	note_sign(&line, BYTES("other\n"), &log_b.signer);
	test_check(policy_verify(policy, buffer_bytes(&line)) == RULE_SIGNATURE,
		"another known log's wrong signature refuses");
	signed_by("A124");
	note_signature_line(&line, &cosigners[2].signer.vkey, BYTES("short"));
	test_check(policy_verify(policy, buffer_bytes(&line)) == RULE_COSIGNATURE_FORM,
		"a known witness's short one refuses");
	buffer_clear(&line);
	buffer_string(&line, "text\n\n");
	note_sign(&line, BYTES("text\n"), &log_a.signer);
	test_check(policy_verify(policy, buffer_bytes(&line)) == RULE_CHECKPOINT_FORM, "a note that is no checkpoint");
	test_check(policy_verify(policy, BYTES(CHECKPOINT_TEXT)) == RULE_NOTE_FORM, "a checkpoint that is no note");
	policy_free(policy);
}

/* A signer of its own for each number. */
static void numbered(struct test_signer *to, const char *name, enum signature_type type, unsigned number)
{
	uint8_t seed[SHA256_SIZE], public[ED25519_PUBLIC];
	sha256(bytes_of(&number, sizeof(number)), seed);
	ed25519_secret(seed, to->secret, public);
	if (vkey_make(&to->signer.vkey, bytes_string(name), type, public) != RULE_OK)
		abort();
	to->signer.secret = to->secret;
}

/* `count` logs, witnesses and groups each, the groups in a chain; all of it is the quorum. */
static enum rule many(unsigned count, unsigned witnesses, bool all_sign)
{
	struct buffer many_text = {0};
	struct policy *policy = NULL;
	signed_by("A");
	buffer_string(&many_text, "log ");
	vkey_write(&many_text, &log_a.signer.vkey);
	buffer_string(&many_text, "\n");
	for (unsigned i = 0; i < witnesses; i++) {
		struct test_signer witness, log;
		numbered(&witness, "w.example", SIGNATURE_COSIGNATURE, i);
		numbered(&log, "l.example", SIGNATURE_ED25519, i);
		if (i > 0 && i < count) {
			buffer_string(&many_text, "log ");
			vkey_write(&many_text, &log.signer.vkey);
		}
		buffer_format(&many_text, "\nwitness w%u ", i);
		vkey_write(&many_text, &witness.signer.vkey);
		buffer_string(&many_text, "\n");
		if (i == 0)
			buffer_string(&many_text, "group g0 all w0\n");
		else if (i < count)
			buffer_format(&many_text, "group g%u all w%u g%u\n", i, i, i - 1);
		if (all_sign || i != 0)
			cosignature_sign(&line, BYTES(CHECKPOINT_TEXT), &witness.signer, 1700000000);
	}
	buffer_format(&many_text, "quorum g%u\n", count - 1);
	enum rule rule = policy_parse(&policy, buffer_bytes(&many_text), NULL);
	if (rule == RULE_OK)
		rule = policy_verify(policy, buffer_bytes(&line));
	policy_free(policy);
	buffer_free(&many_text);
	return rule;
}

/* One log, or one group on top of the other, more than there may be. */
static void check_limits(void)
{
	for (unsigned count = POLICY_MAX; count <= POLICY_MAX + 1; count++) {
		struct buffer logs = {0}, groups = {0};
		struct policy *policy = NULL;
		buffer_string(&groups, "witness g0 ");
		vkey_write(&groups, &cosigners[0].signer.vkey);
		buffer_string(&groups, "\n");
		for (unsigned i = 1; i <= count; i++) {
			struct test_signer log;
			numbered(&log, "l.example", SIGNATURE_ED25519, i);
			buffer_string(&logs, "log ");
			vkey_write(&logs, &log.signer.vkey);
			buffer_string(&logs, "\n");
			buffer_format(&groups, "group g%u all g%u\n", i, i - 1);
		}
		buffer_string(&logs, "quorum none\n");
		buffer_string(&groups, "quorum none\n");
		enum rule rule = count == POLICY_MAX ? RULE_OK : RULE_LIMIT;
		test_check(policy_parse(&policy, buffer_bytes(&logs), NULL) == rule, "%u logs", count);
		policy_free(policy);
		policy = NULL;
		test_check(policy_parse(&policy, buffer_bytes(&groups), NULL) == rule, "%u groups", count);
		policy_free(policy);
		buffer_free(&logs);
		buffer_free(&groups);
	}
}

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	test_signer_make(&log_a, ORIGIN, SIGNATURE_ED25519, 1);
	test_signer_make(&log_b, "b.example/0123456789abcdef", SIGNATURE_ED25519, 2);
	for (uint8_t i = 0; i < WITNESSES; i++)
		test_signer_make(&cosigners[i], "w.example/witness", SIGNATURE_COSIGNATURE, (uint8_t)(10 + i));
	check_forms();
	check_verdicts();
	check_bad_company();
	test_check(many(32, 32, true) == RULE_OK, "32 logs, witnesses and groups");
	test_check(many(32, 32, false) == RULE_POLICY_QUORUM, "the same without the innermost");
	test_check(many(POLICY_MAX, POLICY_MAX + 1, true) == RULE_LIMIT, "more than %d witnesses", POLICY_MAX);
	check_limits();
	buffer_free(&text);
	buffer_free(&line);
	return test_end();
}

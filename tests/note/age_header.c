#include "age_parts.h"
#include "test.h"

/* Written with the file key 00..0f, ephemeral secrets of bytes 01 and 02, for the identities of bytes 0x42 and 0x43. */
#define V1 "age-encryption.org/v1\n"
#define SHARE_A "pOCSkrZRwni5dyxWn1+puxPZBrRqtoyd+dwrRAn4ogk"
#define BODY_A "v4z6cVJwfIERh476BYl106tofN1IE2OED0vvzVg4rSc"
#define STANZA_A "-> X25519 " SHARE_A "\n" BODY_A "\n"
#define STANZA_B "-> X25519 zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk\n" \
	"r79FrE2gl8CS6ShXfhmurpfVqcSwghq7AY1cdnB33w8\n"
#define MAC "--- xE0SewT6FiW0bkegCMKYlBAwi+eX0Zsdsfr5x1tkgQU\n"
/* The file key under the passphrase "correct horse", the salt of bytes 09 and the work factor 1. */
#define SALT "CQkJCQkJCQkJCQkJCQkJCQ"
#define SEALED "ol+Kb4zbwtKCYRJz1M4QyH/kqA1QD1UJnc59kB4zN9k"
#define FULL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static const uint8_t file_key[AGE_FILE_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static uint8_t identity_a[X25519_SIZE], identity_b[X25519_SIZE], stranger[X25519_SIZE];

/* ---- form ---- */

static const struct {
	const char *name, *text;
	enum rule rule;
} forms[] = {
	{"two stanzas", V1 STANZA_A STANZA_B MAC, RULE_OK},
	{"an unknown stanza, empty body", V1 "-> a\n\n" MAC, RULE_OK},
	{"every printable argument", V1 "-> !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~ 1 2\n\n" MAC, RULE_OK},
	{"a full line, then an empty one", V1 "-> a\n" FULL "\n" MAC, RULE_OK},
	{"two full lines, then a short one", V1 "-> a\n" FULL FULL "AA\n" MAC, RULE_OK},
	{"payload follows", V1 STANZA_A MAC "payload", RULE_OK},
	{"nothing", "", RULE_AGE_VERSION},
	{"version 2", "age-encryption.org/v2\n" STANZA_A MAC, RULE_AGE_VERSION},
	{"version 1 and more", "age-encryption.org/v1.0\n" STANZA_A MAC, RULE_AGE_VERSION},
	{"version in upper case", "AGE-ENCRYPTION.ORG/v1\n" STANZA_A MAC, RULE_AGE_VERSION},
	{"version with CRLF", "age-encryption.org/v1\r\n" STANZA_A MAC, RULE_AGE_VERSION},
	{"version without an end", "age-encryption.org/v1", RULE_AGE_VERSION},
	{"a space before", " " V1 STANZA_A MAC, RULE_AGE_VERSION},
	{"no stanza", V1 MAC, RULE_AGE_HEADER},
	{"no MAC", V1 STANZA_A, RULE_AGE_HEADER},
	{"an empty line", V1 "\n" STANZA_A MAC, RULE_AGE_HEADER},
	{"no argument", V1 "-> \n\n" MAC, RULE_AGE_HEADER},
	{"no argument, no space", V1 "->\n\n" MAC, RULE_AGE_HEADER},
	{"a space before an argument", V1 "->  a\n\n" MAC, RULE_AGE_HEADER},
	{"two spaces", V1 "-> a  b\n\n" MAC, RULE_AGE_HEADER},
	{"a space at the end", V1 "-> a \n\n" MAC, RULE_AGE_HEADER},
	{"a tab", V1 "-> a\tb\n\n" MAC, RULE_AGE_HEADER},
	{"a CR", V1 "-> a\r\n\r\n" MAC, RULE_AGE_HEADER},
	{"a DEL", V1 "-> a\x7f\n\n" MAC, RULE_AGE_HEADER},
	{"UTF-8 in an argument", V1 "-> \xc3\xa4\n\n" MAC, RULE_AGE_HEADER},
	{"no space after the arrow", V1 "->a\n\n" MAC, RULE_AGE_HEADER},
	{"no body", V1 "-> a\n" MAC, RULE_AGE_HEADER},
	{"no short line", V1 "-> a\n" FULL MAC, RULE_AGE_HEADER},
	{"two short lines", V1 "-> a\nAA\nAA\n" MAC, RULE_AGE_HEADER},
	{"a line of 65", V1 "-> a\nA" FULL "\n" MAC, RULE_AGE_HEADER},
	{"a line of 68", V1 "-> a\nAAAA" FULL "\n" MAC, RULE_AGE_HEADER},
	{"padding", V1 "-> a\nAA==\n" MAC, RULE_AGE_HEADER},
	{"spare bits in a body", V1 "-> a\nAB\n" MAC, RULE_AGE_HEADER},
	{"one letter", V1 "-> a\nA\n" MAC, RULE_AGE_HEADER},
	{"base64 for names of files", V1 "-> a\nA-_A\n" MAC, RULE_AGE_HEADER},
	{"a space in a body", V1 "-> a\nAA AA\n" MAC, RULE_AGE_HEADER},
	{"MAC without space", V1 "-> a\n\n---AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_HEADER},
	{"MAC of 31 bytes", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_HEADER},
	{"MAC of 33 bytes", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_HEADER},
	{"MAC with padding", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", RULE_AGE_HEADER},
	{"MAC with spare bits", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n", RULE_AGE_HEADER},
	{"MAC with CR", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n", RULE_AGE_HEADER},
	{"MAC without an end", V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", RULE_AGE_HEADER},
	{"passphrase alone", V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n\n" MAC, RULE_OK},
	{"passphrase first", V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n\n" STANZA_A MAC, RULE_AGE_SCRYPT_ALONE},
	{"passphrase last", V1 STANZA_A "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n\n" MAC, RULE_AGE_SCRYPT_ALONE},
	{"two passphrases", V1 "-> scrypt A 1\n\n-> scrypt B 1\n\n" MAC, RULE_AGE_SCRYPT_ALONE},
};

static void check_forms(void)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct age_header header = {.stanza_count = 99};
		struct cursor cursor = cursor_of(bytes_string(forms[i].text)), before = cursor;
		enum rule rule = age_header_read(&cursor, &header);
		bool good = rule == forms[i].rule && cursor.rule == rule;
		if (rule == RULE_OK)
			good = good && cursor.at == header.whole.data + header.whole.size &&
				header.whole.data == before.at &&
				header.mac_part.data == before.at && memcmp(cursor.at - 48, "---", 3) == 0 &&
				header.mac_part.data + header.mac_part.size == cursor.at - 45;
		else
			good = good && cursor.at == before.at && header.stanza_count == 99;
		test_check(good, "%s: %s", forms[i].name, rule_name(rule));
	}
}

static void check_limits(void)
{
	for (size_t count = AGE_STANZAS_MAX; count <= AGE_STANZAS_MAX + 1; count++) {
		struct buffer text = {0};
		struct age_header header;
		buffer_string(&text, V1);
		for (size_t i = 0; i < count; i++)
			buffer_string(&text, "-> a\n\n");
		buffer_string(&text, MAC);
		struct cursor cursor = cursor_of(buffer_bytes(&text));
		enum rule wanted = count > AGE_STANZAS_MAX ? RULE_LIMIT : RULE_OK;
		test_check(age_header_read(&cursor, &header) == wanted, "%zu stanzas: %s", count, rule_name(wanted));
		buffer_free(&text);
	}
	for (size_t more = 0; more <= 1; more++) {
		struct buffer text = {0};
		struct age_header header;
		size_t head = strlen(V1 "-> \n\n" MAC);
		buffer_string(&text, V1 "-> ");
		memset(buffer_extend(&text, AGE_HEADER_MAX - head + more), 'a', AGE_HEADER_MAX - head + more);
		buffer_string(&text, "\n\n" MAC);
		struct cursor cursor = cursor_of(buffer_bytes(&text));
		enum rule wanted = more ? RULE_LIMIT : RULE_OK;
		test_check(age_header_read(&cursor, &header) == wanted, "%zu bytes: %s", text.size, rule_name(wanted));
		buffer_free(&text);
	}
}

/* ---- stanzas ---- */

static const struct {
	const char *name, *stanzas;
	enum rule rule;
} unwraps[] = {
	{"his own", STANZA_A, RULE_OK},
	{"his own is the second", STANZA_B STANZA_A, RULE_OK},
	{"his own among unknown ones", "-> grease a b\nAAAA\n" STANZA_A "-> X25519x\n\n", RULE_OK},
	{"another's", STANZA_B, RULE_AGE_NO_IDENTITY},
	{"only unknown ones", "-> x25519 " SHARE_A "\n" BODY_A "\n", RULE_AGE_NO_IDENTITY},
	{"a passphrase", "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n" BODY_A "\n", RULE_AGE_NO_IDENTITY},
	{"no share", "-> X25519\n" BODY_A "\n", RULE_AGE_STANZA},
	{"a third argument", "-> X25519 " SHARE_A " a\n" BODY_A "\n", RULE_AGE_STANZA},
	{"a share of 31 bytes", "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_A "\n", RULE_AGE_STANZA},
	{"a share of 33 bytes", "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_A "\n",
		RULE_AGE_STANZA},
	{"a share with spare bits", "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n" BODY_A "\n",
		RULE_AGE_STANZA},
	{"a share of low order", "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" BODY_A "\n",
		RULE_AGE_STANZA},
	{"no body", "-> X25519 " SHARE_A "\n\n", RULE_AGE_STANZA},
	{"a body of 33 bytes", "-> X25519 " SHARE_A "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		RULE_AGE_STANZA},
	{"a body of 48 bytes", "-> X25519 " SHARE_A "\n" FULL "\n", RULE_AGE_STANZA},
	{"malformed before his own", "-> X25519 a\n\n" STANZA_A, RULE_AGE_STANZA},
	{"a tag that is wrong", "-> X25519 " SHARE_A "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		RULE_AGE_NO_IDENTITY},
	{"hybrid", "-> mlkem768x25519 AAAA\nAAAA\n", RULE_AGE_HYBRID},
	{"tagged", "-> p256tag AAAA AAAA\nAAAA\n", RULE_AGE_HYBRID},
	{"hybrid and tagged", "-> mlkem768p256tag AAAA\nAAAA\n", RULE_AGE_HYBRID},
	{"hybrid and unknown", "-> grease\n\n-> mlkem768x25519 AAAA\nAAAA\n", RULE_AGE_HYBRID},
	{"hybrid and another's", "-> mlkem768x25519 AAAA\nAAAA\n" STANZA_B, RULE_AGE_NO_IDENTITY},
	{"hybrid and his own", "-> mlkem768x25519 AAAA\nAAAA\n" STANZA_A, RULE_OK},
};

static void check_unwraps(void)
{
	for (size_t i = 0; i < sizeof(unwraps) / sizeof(*unwraps); i++) {
		struct buffer text = {0};
		struct age_header header;
		uint8_t key[AGE_FILE_KEY] = {99};
		buffer_format(&text, "%s%s%s", V1, unwraps[i].stanzas, MAC);
		struct cursor cursor = cursor_of(buffer_bytes(&text));
		enum rule rule = age_header_read(&cursor, &header);
		if (rule == RULE_OK)
			rule = age_header_unwrap(&header, identity_a, key);
		bool good = rule == RULE_OK ? memcmp(key, file_key, sizeof(key)) == 0 : key[0] == 99;
		test_check(good && rule == unwraps[i].rule, "unwrap, %s: %s", unwraps[i].name, rule_name(rule));
		buffer_free(&text);
	}
}

static const struct {
	const char *name, *stanza;
	enum rule rule;
} scrypts[] = {
	{"the passphrase", "-> scrypt " SALT " 1\n" SEALED "\n", RULE_OK},
	{"another factor", "-> scrypt " SALT " 2\n" SEALED "\n", RULE_AGE_NO_IDENTITY},
	{"another salt", "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n" SEALED "\n", RULE_AGE_NO_IDENTITY},
	{"factor 0", "-> scrypt " SALT " 0\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor 01", "-> scrypt " SALT " 01\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor +1", "-> scrypt " SALT " +1\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor -1", "-> scrypt " SALT " -1\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor 0x1", "-> scrypt " SALT " 0x1\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor 1a", "-> scrypt " SALT " 1a\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor 23", "-> scrypt " SALT " 23\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"factor 2^64 + 1", "-> scrypt " SALT " 18446744073709551617\n" SEALED "\n", RULE_AGE_WORK_FACTOR},
	{"no factor", "-> scrypt " SALT "\n" SEALED "\n", RULE_AGE_STANZA},
	{"a fourth argument", "-> scrypt " SALT " 1 1\n" SEALED "\n", RULE_AGE_STANZA},
	{"no salt", "-> scrypt 1\n" SEALED "\n", RULE_AGE_STANZA},
	{"a salt of 15 bytes", "-> scrypt AAAAAAAAAAAAAAAAAAAA 1\n" SEALED "\n", RULE_AGE_STANZA},
	{"a salt of 17 bytes", "-> scrypt AAAAAAAAAAAAAAAAAAAAAAA 1\n" SEALED "\n", RULE_AGE_STANZA},
	{"a salt with spare bits", "-> scrypt AAAAAAAAAAAAAAAAAAAAAB 1\n" SEALED "\n", RULE_AGE_STANZA},
	{"a body of 33 bytes", "-> scrypt " SALT " 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", RULE_AGE_STANZA},
};

static void check_scrypts(void)
{
	for (size_t i = 0; i < sizeof(scrypts) / sizeof(*scrypts); i++) {
		struct buffer text = {0};
		struct age_header header;
		uint8_t key[AGE_FILE_KEY] = {99};
		buffer_format(&text, "%s%s%s", V1, scrypts[i].stanza, MAC);
		struct cursor cursor = cursor_of(buffer_bytes(&text));
		enum rule rule = age_header_read(&cursor, &header);
		if (rule == RULE_OK)
			rule = age_unwrap_passphrase(&header.stanzas[0], BYTES("correct horse"), key);
		bool good = rule == RULE_OK ? memcmp(key, file_key, sizeof(key)) == 0 : key[0] == 99;
		test_check(good && rule == scrypts[i].rule, "passphrase, %s: %s", scrypts[i].name, rule_name(rule));
		buffer_free(&text);
	}
}

/* ---- writing ---- */

static void check_write(void)
{
	struct age_x25519 stanzas[AGE_RECIPIENTS_MAX + 1];
	struct buffer text = {0};
	for (size_t i = 0; i < sizeof(stanzas) / sizeof(*stanzas); i++) {
		memset(stanzas[i].ephemeral, (int)i + 1, X25519_SIZE);
		x25519_public(i % 2 == 0 ? identity_a : identity_b, stanzas[i].recipient);
	}
	test_check(age_header_write(&text, file_key, stanzas, 2) == RULE_OK &&
		bytes_is(buffer_bytes(&text), V1 STANZA_A STANZA_B MAC), "two stanzas are written as they must");
	size_t written = text.size;
	test_check(age_header_write(&text, file_key, stanzas, 0) == RULE_LIMIT && text.size == written,
		"none is refused");
	test_check(age_header_write(&text, file_key, stanzas, AGE_RECIPIENTS_MAX + 1) == RULE_LIMIT &&
		text.size == written, "one too many is refused");
	memset(stanzas[1].recipient, 0, X25519_SIZE);
	test_check(age_header_write(&text, file_key, stanzas, 2) == RULE_PUBLIC_KEY && text.size == written,
		"a recipient of low order is refused");
	x25519_public(identity_b, stanzas[1].recipient);
	buffer_clear(&text);

	struct age_header header;
	bool good = age_header_write(&text, file_key, stanzas, AGE_RECIPIENTS_MAX) == RULE_OK;
	struct cursor cursor = cursor_of(buffer_bytes(&text));
	uint8_t key[AGE_FILE_KEY];
	good = good && age_header_read(&cursor, &header) == RULE_OK && header.stanza_count == AGE_RECIPIENTS_MAX;
	test_check(good && age_header_unwrap(&header, identity_b, key) == RULE_OK &&
		memcmp(key, file_key, sizeof(key)) == 0,
		"%d stanzas are written, and open", AGE_RECIPIENTS_MAX);
	test_check(age_header_unwrap(&header, stranger, key) == RULE_AGE_NO_IDENTITY, "not to a stranger");
	buffer_free(&text);
}

/* A changed letter of the header is noticed: by its form, by its stanza, or else by the MAC. */
static void check_mac(void)
{
	static const char text[] = V1 STANZA_A STANZA_B MAC;
	char changed[sizeof(text)];
	struct age_header header;
	uint8_t key[AGE_FILE_KEY];
	unsigned unnoticed = 0;
	for (size_t i = 0; i < sizeof(text); i++) { /* the last round changes the NUL only */
		memcpy(changed, text, sizeof(text));
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		struct cursor cursor = cursor_of(bytes_of(changed, sizeof(text) - 1));
		if (age_header_read(&cursor, &header) == RULE_OK &&
		    age_header_unwrap(&header, identity_a, key) == RULE_OK)
			unnoticed += age_header_check(&header, key) == RULE_OK;
	}
	test_check(unnoticed == 1, "every changed letter is noticed");
	struct cursor cursor = cursor_of(bytes_of(text, sizeof(text) - 1));
	age_header_read(&cursor, &header);
	header.mac[31] ^= 1;
	test_check(age_header_check(&header, file_key) == RULE_AGE_MAC, "a changed MAC is noticed");
	memcpy(key, file_key, sizeof(key));
	key[0] ^= 1;
	header.mac[31] ^= 1;
	test_check(age_header_check(&header, key) == RULE_AGE_MAC, "another file key is noticed");
}

int main(void)
{
	test_start();
	if (crypto_start() != RULE_OK)
		return 1;
	memset(identity_a, 0x42, sizeof(identity_a));
	memset(identity_b, 0x43, sizeof(identity_b));
	memset(stranger, 0x44, sizeof(stranger));
	check_forms();
	check_limits();
	check_unwraps();
	check_scrypts();
	check_write();
	check_mac();
	return test_end();
}

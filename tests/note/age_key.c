#include "age.h"

#include "bech32.h"
#include "test.h"

/* of the specification: 32 bytes of 0x42 */
#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

static const struct {
	const char *name, *text;
	enum rule rule;
} recipients[] = {
	{"the specification's", RECIPIENT, RULE_OK},
	{"upper case", "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ", RULE_AGE_RECIPIENT},
	{"both cases", "Age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", RULE_AGE_RECIPIENT},
	{"a changed letter", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk", RULE_AGE_RECIPIENT},
	{"a space after", RECIPIENT " ", RULE_AGE_RECIPIENT},
	{"an identity", IDENTITY, RULE_AGE_RECIPIENT},
	{"nothing", "", RULE_AGE_RECIPIENT},
	{"too short", "age1", RULE_AGE_RECIPIENT},
	{"31 bytes", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6", RULE_AGE_RECIPIENT},
	{"33 bytes", "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzhlqeg", RULE_AGE_RECIPIENT},
	{"of age1tag", "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e", RULE_AGE_RECIPIENT_TYPE},
	{"of a plugin", "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
		RULE_AGE_RECIPIENT_TYPE},
	{"of ssh", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH9pO5pz22JZEas", RULE_AGE_RECIPIENT_TYPE},
};

static const struct {
	const char *name, *text;
	enum rule rule;
} identities[] = {
	{"the specification's", IDENTITY, RULE_OK},
	{"lower case", "age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex", RULE_AGE_IDENTITY},
	{"a changed letter", "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEZ",
		RULE_AGE_IDENTITY},
	{"a recipient", RECIPIENT, RULE_AGE_IDENTITY},
	{"nothing", "", RULE_AGE_IDENTITY},
	{"hybrid", "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR",
		RULE_AGE_RECIPIENT_TYPE},
	{"of a plugin", "AGE-PLUGIN-YUBIKEY-1QQQQQQ", RULE_AGE_RECIPIENT_TYPE},
};

/* Hybrid recipients are longer than a line of this table. */
static void check_hybrid(const char *prefix, size_t size)
{
	static const uint8_t data[2048];
	uint8_t key[X25519_SIZE];
	struct buffer text = {0};
	bech32_write(&text, prefix, bytes_of(data, size), false);
	test_check(age_recipient_parse(buffer_bytes(&text), key) == RULE_AGE_RECIPIENT_TYPE,
		"recipient, of %s: refused by name", prefix);
	buffer_free(&text);
}

int main(void)
{
	uint8_t key[X25519_SIZE];
	test_start();
	if (crypto_start() != RULE_OK)
		return 1;
	for (size_t i = 0; i < sizeof(recipients) / sizeof(*recipients); i++)
		test_check(age_recipient_parse(bytes_string(recipients[i].text), key) == recipients[i].rule,
			"recipient, %s: %s", recipients[i].name, rule_name(recipients[i].rule));
	for (size_t i = 0; i < sizeof(identities) / sizeof(*identities); i++)
		test_check(age_identity_parse(bytes_string(identities[i].text), key) == identities[i].rule,
			"identity, %s: %s", identities[i].name, rule_name(identities[i].rule));
	check_hybrid("age1pq", 1216);
	check_hybrid("age1tagpq", 1249);

	struct buffer text = {0};
	uint8_t identity[X25519_SIZE], recipient[X25519_SIZE];
	memset(identity, 0x42, sizeof(identity));
	age_identity_write(&text, identity);
	test_check(bytes_is(buffer_bytes(&text), IDENTITY), "an identity is written in upper case");
	test_check(age_identity_parse(bytes_string(IDENTITY), key) == RULE_OK &&
		memcmp(key, identity, sizeof(key)) == 0,
		"and read back");
	buffer_clear(&text);
	x25519_public(identity, recipient);
	age_recipient_write(&text, recipient);
	test_check(bytes_is(buffer_bytes(&text), RECIPIENT), "its recipient is the specification's");
	buffer_free(&text);
	return test_end();
}

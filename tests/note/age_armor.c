#include "age.h"

#include "test.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define END "-----END AGE ENCRYPTED FILE-----\n"
#define FULL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" /* 48 bytes of zero */
#define FULL_1 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static const struct {
	size_t size; /* of zero bytes */
	const char *text;
} written[] = {
	{0, BEGIN END},
	{1, BEGIN "AA==\n" END},
	{2, BEGIN "AAA=\n" END},
	{3, BEGIN "AAAA\n" END},
	{47, BEGIN FULL_1 END},
	{48, BEGIN FULL END},
	{49, BEGIN FULL "AA==\n" END},
	{97, BEGIN FULL FULL "AA==\n" END},
};

static const struct {
	const char *name, *text;
} refused[] = {
	{"nothing", ""},
	{"an empty line before", "\n" BEGIN FULL END},
	{"a space before", " " BEGIN FULL END},
	{"an empty line after", BEGIN FULL END "\n"},
	{"a letter after", BEGIN FULL END "a"},
	{"two in a row", BEGIN FULL END BEGIN FULL END},
	{"no BEGIN line", FULL END},
	{"no END line", BEGIN FULL},
	{"an END line without LF", BEGIN FULL "-----END AGE ENCRYPTED FILE-----"},
	{"only a BEGIN line", BEGIN},
	{"only a part of a BEGIN line", "-----BEGIN AGE"},
	{"CRLF", "-----BEGIN AGE ENCRYPTED FILE-----\r\nAAAA\r\n-----END AGE ENCRYPTED FILE-----\r\n"},
	{"CRLF in a body line", BEGIN "AAAA\r\n" END},
	{"another label", "-----BEGIN AGE FILE-----\nAAAA\n-----END AGE FILE-----\n"},
	{"another label at the end", BEGIN "AAAA\n-----END AGE FILE-----\n"},
	{"lower case", "-----begin age encrypted file-----\nAAAA\n-----end age encrypted file-----\n"},
	{"a space within the dashes", "----- BEGIN AGE ENCRYPTED FILE -----\nAAAA\n" END},
	{"a header", BEGIN "Comment: none\n\nAAAA\n" END},
	{"an empty line at the beginning", BEGIN "\n" FULL END},
	{"an empty line at the end", BEGIN FULL "\n" END},
	{"a short line before another", BEGIN "AAAA\n" FULL END},
	{"a padded line of 64 before another", BEGIN FULL_1 "AAAA\n" END},
	{"a line of 68", BEGIN "AAAA" FULL END},
	{"a line of 63", BEGIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" END},
	{"padding left out", BEGIN "AA\n" END},
	{"padding in a line of its own", BEGIN "AA=\n=\n" END},
	{"padding too much", BEGIN "AAAA====\n" END},
	{"spare bits", BEGIN "AB==\n" END},
	{"a space in a line", BEGIN "AA AA===\n" END},
	{"a space at a line's end", BEGIN "AAAA \n" END},
	{"a letter that is none", BEGIN "AA-_\n" END},
	{"a checksum as of PGP", BEGIN "AAAA\n=AAAA\n" END},
};

int main(void)
{
	static const uint8_t zero[97];
	test_start();
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct buffer text = {0}, binary = {0};
		age_armor(&text, bytes_of(zero, written[i].size));
		test_check(bytes_is(buffer_bytes(&text), written[i].text), "%zu bytes are written", written[i].size);
		buffer_string(&binary, "before");
		test_check(age_unarmor(&binary, buffer_bytes(&text)) == RULE_OK && binary.size == 6 + written[i].size &&
			memcmp(binary.data + 6, zero, written[i].size) == 0, "%zu bytes are read", written[i].size);
		buffer_free(&text);
		buffer_free(&binary);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct buffer binary = {0};
		buffer_string(&binary, "before");
		test_check(age_unarmor(&binary, bytes_string(refused[i].text)) == RULE_AGE_ARMOR && binary.size == 6,
			"refuses %s", refused[i].name);
		buffer_free(&binary);
	}
	struct buffer small = {.limit = 47};
	test_check(age_unarmor(&small, BYTES(BEGIN "AA\0A\n" END)) == RULE_AGE_ARMOR && small.size == 0,
		"refuses a NUL");
	test_check(age_unarmor(&small, BYTES(BEGIN FULL END)) == RULE_LIMIT && small.size == 0,
		"what is longer than the buffer's limit is refused");
	buffer_free(&small);
	return test_end();
}

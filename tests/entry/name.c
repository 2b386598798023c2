/* name: the parts of names. Which names there are: cases.h, by spec_vectors.c. */
#include "name.h"

#include "test.h"

static void check_parts(void)
{
	struct bytes desk = BYTES("a.example/duty"), bare = BYTES("a.example");
	test_check(bytes_is(name_party(desk), "a.example") && bytes_is(name_rest(desk), "duty"), "a desk's parts");
	test_check(name_party(bare).data == NULL && name_rest(bare).data == NULL, "a party has no parts");
	struct place a, b, c, d;
	test_check(place_parse(&a, BYTES("a.example/7")) == RULE_OK && a.index == 7 &&
		bytes_equal(a.party, bare), "a place's parts");
	test_check(place_parse(&b, BYTES("a.example/7")) == RULE_OK &&
		place_parse(&c, BYTES("a.example/8")) == RULE_OK &&
		place_parse(&d, BYTES("b.example/7")) == RULE_OK && place_equal(&a, &b) && !place_equal(&a, &c) &&
		!place_equal(&a, &d), "places compare by party and index");
	test_check(host_valid(BYTES("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz-0123456789")) &&
		!host_valid(BYTES("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz-0123456789a")),
		"a label of 63 bytes, and of 64");
	test_check(word_valid(BYTES("ab"), 2) && !word_valid(BYTES("abc"), 2), "a word within its limit");
	uint8_t digest[32];
	for (unsigned i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(0xf0 + i);
	char origin[ORIGIN_MAX + 1];
	origin_make(origin, bare, digest);
	test_check(bytes_is(bytes_string(origin), "a.example/f0f1f2f3f4f5f6f7") && origin_valid(bytes_string(origin)),
		"an origin is the party and the first 8 bytes of the digest");
}

int main(void)
{
	test_start();
	check_parts();
	return test_end();
}

/* names: parties, desks, places, origins, forms, languages, addresses. */
#include "name.h"

#include "address.h"
#include "test.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

enum kind { PARTY, DESK, PLACE, ORIGIN, FORM, LANG, ADDRESS, HOST };

static const struct {
	enum kind kind;
	bool valid;
	struct bytes name;
} names[] = {
	{PARTY, true, BYTES("a.example")},
	{PARTY, true, BYTES("x-1.mfa.example")},
	{PARTY, true, BYTES("1.2")},
	{PARTY, true, BYTES("abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcd.examp")},
	{PARTY, false, BYTES("abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.abcd.exampl")},
	{PARTY, false, BYTES("")},
	{PARTY, false, BYTES("a")},
	{PARTY, false, BYTES("A.example")},
	{PARTY, false, BYTES(".example")},
	{PARTY, false, BYTES("a.")},
	{PARTY, false, BYTES("a..example")},
	{PARTY, false, BYTES("-a.example")},
	{PARTY, false, BYTES("a-.example")},
	{PARTY, false, BYTES("a_b.example")},
	{PARTY, false, BYTES("a.example/duty")},
	{PARTY, false, BYTES("a.example ")},
	{PARTY, false, BYTES("\xc3\xa9.example")},
	{PARTY, false, BYTES("a\0.example")},
	{DESK, true, BYTES("a.example/duty")},
	{DESK, true, BYTES("a.example/node")},
	{DESK, true, BYTES("a.example/d")},
	{DESK, true, BYTES("a.example/law-2")},
	{DESK, true, BYTES("a.example/abcdefabcdefabc")},
	{DESK, true, BYTES("a.example/abcdefabcdefabcde")},
	{DESK, true, BYTES("a.example/abcdefabcdefabcg")},
	{DESK, true, BYTES("a.example/abcdefghijklmnopqrstuvwxyzabcdef")},
	{DESK, false, BYTES("a.example/abcdefghijklmnopqrstuvwxyzabcdefg")},
	{DESK, false, BYTES("a.example/abcdefabcdefabcd")},
	{DESK, false, BYTES("a.example/a123456789012345")},
	{DESK, false, BYTES("a.example/")},
	{DESK, false, BYTES("a.example")},
	{DESK, false, BYTES("/duty")},
	{DESK, false, BYTES("a.example/1duty")},
	{DESK, false, BYTES("a.example/-duty")},
	{DESK, false, BYTES("a.example/Duty")},
	{DESK, false, BYTES("a.example/duty/x")},
	{DESK, false, BYTES("a.example/du ty")},
	{PLACE, true, BYTES("a.example/0")},
	{PLACE, true, BYTES("a.example/42")},
	{PLACE, true, BYTES("a.example/9223372036854775807")},
	{PLACE, false, BYTES("a.example/9223372036854775808")},
	{PLACE, false, BYTES("a.example/042")},
	{PLACE, false, BYTES("a.example/+4")},
	{PLACE, false, BYTES("a.example/")},
	{PLACE, false, BYTES("a.example")},
	{PLACE, false, BYTES("a/42")},
	{PLACE, false, BYTES("a.example/42/1")},
	{ORIGIN, true, BYTES("a.example/0123456789abcdef")},
	{ORIGIN, true, BYTES("a.example/1234567890123456")},
	{ORIGIN, false, BYTES("a.example/0123456789abcde")},
	{ORIGIN, false, BYTES("a.example/0123456789abcdef0")},
	{ORIGIN, false, BYTES("a.example/0123456789ABCDEF")},
	{ORIGIN, false, BYTES("a.example/0123456789abcdeg")},
	{ORIGIN, false, BYTES("a.example/0123456789abcdef/mirror")},
	{ORIGIN, false, BYTES("example/0123456789abcdef")},
	{FORM, true, BYTES("hotline/call")},
	{FORM, true, BYTES("record/received")},
	{FORM, true, BYTES("a/b-2")},
	{FORM, false, BYTES("hotline")},
	{FORM, false, BYTES("hotline/")},
	{FORM, false, BYTES("/call")},
	{FORM, false, BYTES("hotline/call/x")},
	{FORM, false, BYTES("Hotline/call")},
	{FORM, false, BYTES("hot.line/call")},
	{FORM, true, BYTES("abcdefghijklmnopqrstuvwxyzabcdef/abcdefghijklmnopqrstuvwxyzabcde")},
	{FORM, false, BYTES("abcdefghijklmnopqrstuvwxyzabcdef/abcdefghijklmnopqrstuvwxyzabcdef")},
	{LANG, true, BYTES("en")},
	{LANG, true, BYTES("zh-Hans-CN")},
	{LANG, true, BYTES("sl-rozaj-1994")},
	{LANG, true, BYTES("de-a-b1-x-1")},
	{LANG, true, BYTES("abcdefgh-abcdefgh-abcdefgh-abcdefgh")},
	{LANG, false, BYTES("abcdefgh-abcdefgh-abcdefgh-abcdefgh-a")},
	{LANG, false, BYTES("")},
	{LANG, false, BYTES("e")},
	{LANG, false, BYTES("e1")},
	{LANG, false, BYTES("abcdefghi")},
	{LANG, false, BYTES("en-")},
	{LANG, false, BYTES("-en")},
	{LANG, false, BYTES("en--US")},
	{LANG, false, BYTES("en-abcdefghi")},
	{LANG, false, BYTES("en_US")},
	{LANG, false, BYTES("en@x")},
	{LANG, false, BYTES("\xc3\xa9n")},
	{ADDRESS, true, BYTES("https://a.example:443")},
	{ADDRESS, true, BYTES("https://localhost:65535/detente")},
	{ADDRESS, true, BYTES("https://10.0.0.255:1/a/b-2/3")},
	{ADDRESS, true, BYTES("https://[::1]:7700")},
	{ADDRESS, true, BYTES("https://[2001:db8::1:0]:7700/x")},
	{ADDRESS, true, BYTES("https://" LABEL_63 "." LABEL_63 ":1")},
	{ADDRESS, false, BYTES("http://a.example:443")},
	{ADDRESS, false, BYTES("HTTPS://a.example:443")},
	{ADDRESS, false, BYTES("https://a.example")},
	{ADDRESS, false, BYTES("https://a.example:")},
	{ADDRESS, false, BYTES("https://a.example/x")},
	{ADDRESS, false, BYTES("https://a.example:0")},
	{ADDRESS, false, BYTES("https://a.example:65536")},
	{ADDRESS, false, BYTES("https://a.example:0443")},
	{ADDRESS, false, BYTES("https://a.example:443/")},
	{ADDRESS, false, BYTES("https://a.example:443//x")},
	{ADDRESS, false, BYTES("https://a.example:443/x/")},
	{ADDRESS, false, BYTES("https://a.example:443/x//y")},
	{ADDRESS, false, BYTES("https://a.example:443/X")},
	{ADDRESS, false, BYTES("https://a.example:443/..")},
	{ADDRESS, false, BYTES("https://a.example:443/x?y")},
	{ADDRESS, false, BYTES("https://a.example:443?y")},
	{ADDRESS, false, BYTES("https://u@a.example:443")},
	{ADDRESS, false, BYTES("https://u:p@a.example:443")},
	{ADDRESS, false, BYTES("https://A.example:443")},
	{ADDRESS, false, BYTES("https://a.example.:443")},
	{ADDRESS, false, BYTES("https://:443")},
	{ADDRESS, false, BYTES("https://")},
	{ADDRESS, false, BYTES("")},
	{ADDRESS, false, BYTES("https://10.0.0.256:1")},
	{ADDRESS, false, BYTES("https://10.0.1:1")},
	{ADDRESS, false, BYTES("https://1:1")},
	{ADDRESS, false, BYTES("https://10.0.0.01:1")},
	{ADDRESS, false, BYTES("https://a.1:1")},
	{ADDRESS, false, BYTES("https://::1:7700")},
	{ADDRESS, false, BYTES("https://[::1]7700")},
	{ADDRESS, false, BYTES("https://[::1]")},
	{ADDRESS, false, BYTES("https://[::1")},
	{ADDRESS, false, BYTES("https://[]:1")},
	{ADDRESS, false, BYTES("https://[0:0::1]:7700")},
	{ADDRESS, false, BYTES("https://[::A]:7700")},
	{ADDRESS, false, BYTES("https://[fe80::1%25eth0]:1")},
	{ADDRESS, false, BYTES("https://[127.0.0.1]:1")},
	{ADDRESS, false, BYTES("https://" LABEL_63 "a:1")},
	{ADDRESS, false, BYTES("https://" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ":1")},
	{HOST, true, BYTES(LABEL_63)},
	{HOST, false, BYTES(LABEL_63 "l")},
};

static bool judge(enum kind kind, struct bytes name)
{
	struct place place;
	switch (kind) {
	case PARTY:
		return party_valid(name);
	case DESK:
		return desk_valid(name);
	case PLACE:
		return place_parse(&place, name) == RULE_OK;
	case ORIGIN:
		return origin_valid(name);
	case FORM:
		return form_name_valid(name);
	case LANG:
		return lang_valid(name);
	case ADDRESS:
		return address_valid(name);
	case HOST:
		return host_valid(name);
	}
	return false;
}

static void check_parts(void)
{
	struct bytes desk = BYTES("a.example/duty"), bare = BYTES("a.example");
	test_check(bytes_is(name_party(desk), "a.example") && bytes_is(name_rest(desk), "duty"), "a desk's parts");
	test_check(name_party(bare).data == NULL && name_rest(bare).data == NULL, "a party has no parts");
	struct place a, b, c, d;
	test_check(place_parse(&a, BYTES("a.example/7")) == RULE_OK && a.index == 7 && bytes_equal(a.party, bare), "a place's parts");
	test_check(place_parse(&b, BYTES("a.example/7")) == RULE_OK && place_parse(&c, BYTES("a.example/8")) == RULE_OK &&
		place_parse(&d, BYTES("b.example/7")) == RULE_OK && place_equal(&a, &b) && !place_equal(&a, &c) &&
		!place_equal(&a, &d), "places compare by party and index");
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
	static const char *const kinds[] = {"party", "desk", "place", "origin", "form", "lang", "address", "host"};
	test_start();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		test_check(judge(names[i].kind, names[i].name) == names[i].valid, "%s %s: %.*s", kinds[names[i].kind],
			names[i].valid ? "valid" : "invalid", (int)names[i].name.size, (const char *)names[i].name.data);
	check_parts();
	return test_end();
}

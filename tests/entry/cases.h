/*
 * cases: names, cards, agreements and entries, in order and broken rule by rule. spec_made.c writes them as vectors,
 * which spec_vectors.c runs.
 */
#ifndef CASES_H
#define CASES_H

#include "bytes.h"
#include "rule.h"

/* A text in order, but for what stands first in it: `from`, which becomes `to`. */
struct change {
	const char *name;
	enum rule rule;
	const char *from, *to;
};

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define LABEL_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

enum name_kind { PARTY, DESK, PLACE, ORIGIN, FORM, LANG, ADDRESS, DURATION, HOURS, NAME_KINDS };

static const struct {
	enum name_kind kind;
	bool valid;
	struct bytes name;
} name_cases[] = {
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
	{DURATION, true, BYTES("1s")},
	{DURATION, true, BYTES("300s")},
	{DURATION, true, BYTES("15m")},
	{DURATION, true, BYTES("24h")},
	{DURATION, true, BYTES("30d")},
	{DURATION, true, BYTES("999999999d")},
	{DURATION, false, BYTES("1000000000s")},
	{DURATION, false, BYTES("0s")},
	{DURATION, false, BYTES("01s")},
	{DURATION, false, BYTES("s")},
	{DURATION, false, BYTES("")},
	{DURATION, false, BYTES("5")},
	{DURATION, false, BYTES("5w")},
	{DURATION, false, BYTES("5 m")},
	{DURATION, false, BYTES("5M")},
	{DURATION, false, BYTES("-5m")},
	{DURATION, false, BYTES("1h30m")},
	{DURATION, false, BYTES("1.5h")},
	{HOURS, true, BYTES("duty working 1-5 08:00-16:00")},
	{HOURS, true, BYTES("duty duty 1-7 00:00-24:00")},
	{HOURS, true, BYTES("d working 1 00:00-00:01")},
	{HOURS, true, BYTES("d working 7 23:59-24:00")},
	{HOURS, true, BYTES("law-2 working 1,3,5,7 09:30-12:05")},
	{HOURS, true, BYTES("law-2 working 1-2,4-5,7 09:30-12:05")},
	{HOURS, true, BYTES("duty working 2028-02-29 08:00-12:00")},
	{HOURS, true, BYTES("duty working 1970-01-01 off")},
	{HOURS, true, BYTES("duty duty 9999-12-31 off")},
	{HOURS, false, BYTES("")},
	{HOURS, false, BYTES("duty")},
	{HOURS, false, BYTES("duty working")},
	{HOURS, false, BYTES("duty working 1-5")},
	{HOURS, false, BYTES("duty elapsed 1-5 08:00-16:00")},
	{HOURS, false, BYTES("duty Working 1-5 08:00-16:00")},
	{HOURS, false, BYTES("working 1-5 08:00-16:00")},
	{HOURS, false, BYTES("duty  working 1-5 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-5  08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-5 08:00-16:00 ")},
	{HOURS, false, BYTES("duty working 1-5 08:00-16:00 UTC")},
	{HOURS, false, BYTES("duty working 1-5 08:00 16:00")},
	{HOURS, false, BYTES("duty working 0 08:00-16:00")},
	{HOURS, false, BYTES("duty working 8 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-8 08:00-16:00")},
	{HOURS, false, BYTES("duty working 5-1 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-1 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1,2 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-3,4 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-2-3 08:00-16:00")},
	{HOURS, false, BYTES("duty working 3,1 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1,1 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1, 08:00-16:00")},
	{HOURS, false, BYTES("duty working ,1 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1- 08:00-16:00")},
	{HOURS, false, BYTES("duty working -1 08:00-16:00")},
	{HOURS, false, BYTES("duty working mon-fri 08:00-16:00")},
	{HOURS, false, BYTES("duty working 1-5 8:00-16:00")},
	{HOURS, false, BYTES("duty working 1-5 08:00-16:60")},
	{HOURS, false, BYTES("duty working 1-5 08:00-24:01")},
	{HOURS, false, BYTES("duty working 1-5 08:00-25:00")},
	{HOURS, false, BYTES("duty working 1-5 16:00-08:00")},
	{HOURS, false, BYTES("duty working 1-5 08:00-08:00")},
	{HOURS, false, BYTES("duty working 1-5 24:00-24:00")},
	{HOURS, false, BYTES("duty working 1-5 0x:00-16:00")},
	{HOURS, false, BYTES("duty working 1-5 08.00-16.00")},
	{HOURS, false, BYTES("duty working 1-5 08:00:00-16:00:00")},
	{HOURS, false, BYTES("duty working 1-5 off")},
	{HOURS, false, BYTES("duty working 2027-02-29 off")},
	{HOURS, false, BYTES("duty working 2026-13-01 off")},
	{HOURS, false, BYTES("duty working 1969-12-31 off")},
	{HOURS, false, BYTES("duty working 2026-1-001 off")},
	{HOURS, false, BYTES("duty working 2026/12/25 off")},
	{HOURS, false, BYTES("duty working 2026-12-25 Off")},
	{HOURS, false, BYTES("duty working 2026-12-25 00:00-00:00")},
	{HOURS, false, BYTES("duty working 2026-12-25")},
};


/* ---- cards ---- */

#define LOW_ED25519 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="       /* the identity */
#define LARGE_ED25519 "7v///////////////////////////////////////38="     /* 1 again, as 2^255 - 18 */
#define LOW_X25519 "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct change card_cases[] = {
	{"as it is", RULE_OK, "serial 1\n", "serial 1\n"},
	{"no address", RULE_OK, "address https://127.0.0.1:7700/detente\n", ""},
	{"two languages", RULE_OK, "language en\n", "language en\nlanguage zh-Hans\n"},
	{"a prefix of a desk's name", RULE_OK, "desk live law", "desk live dutyx"},
	{"another version", RULE_CARD_VERSION, "detente card v1\n", "detente card v2\n"},
	{"a space in the first line", RULE_CARD_VERSION, "detente card v1\n", "detente card v1 \n"},
	{"a party that is none", RULE_NAME_PARTY, "party a.example\n", "party a\n"},
	{"a leading zero", RULE_DECIMAL, "serial 1\n", "serial 01\n"},
	{"no such day", RULE_TIME, "made 2026-09-26T", "made 2026-09-31T"},
	{"a missing line", RULE_CARD_ORDER, "serial 1\n", ""},
	{"a line twice", RULE_CARD_ORDER, "serial 1\n", "serial 1\nserial 1\n"},
	{"an unknown line", RULE_CARD_ORDER, "severity uk\n", "severity uk\ncolour red\n"},
	{"no language", RULE_CARD_ORDER, "language en\n", ""},
	{"a language twice", RULE_CARD_LANGUAGE, "language en\n", "language en\nlanguage en\n"},
	{"no language tag", RULE_CARD_LANGUAGE, "language en\n", "language e\n"},
	{"nine languages", RULE_CARD_LANGUAGE, "language en\n",
		"language en\nlanguage fr\nlanguage ru\nlanguage es\nlanguage ar\n"
		"language zh\nlanguage de\nlanguage it\n"
		"language pt\n"},
	{"an address twice", RULE_CARD_ADDRESS, "language en\n",
	"address https://127.0.0.1:7700/detente\nlanguage en\n"},
	{"eight addresses", RULE_OK, "language en\n", "address https://h:1\naddress https://h:2\naddress https://h:3\n"
		"address https://h:4\naddress https://h:5\naddress https://h:6\naddress https://h:7\nlanguage en\n"},
	{"nine addresses", RULE_CARD_ADDRESS, "language en\n", "address https://h:1\naddress https://h:2\n"
		"address https://h:3\naddress https://h:4\naddress https://h:5\n"
		"address https://h:6\naddress https://h:7\n"
		"address https://h:8\nlanguage en\n"},
	{"no port", RULE_CARD_ADDRESS, "127.0.0.1:7700/detente", "127.0.0.1/detente"},
	{"a scale that is no word", RULE_CARD_SEVERITY, "severity uk\n", "severity UK\n"},
	{"hex in upper case", RULE_HEX, "tls ", "tls A"},
	{"no set", RULE_LINE_WORDS, "log live ", "log "},
	{"drill before live", RULE_CARD_ORDER, "log live ", "log drill "},
	{"a mirror before its log", RULE_CARD_ORDER, "mirror drill ", "node drill "},
	{"a desk called node", RULE_CARD_DESK, "desk live law", "desk live node"},
	{"desks out of order", RULE_CARD_DESK, "desk live law", "desk live duck"},
	{"a desk twice", RULE_CARD_DESK, "desk live law", "desk live duty"},
	{"a desk of 16 hex digits", RULE_CARD_DESK, "desk live law", "desk live feedfacecafebeef"},
	{"a desk of one key", RULE_LINE_WORDS, "desk live law", "desk live"},
	{"two spaces", RULE_LINE_WORDS, "desk live law", "desk live  law"},
	{"hours", RULE_OK, "severity uk\n", "severity uk\nhours duty duty 1-7 00:00-24:00\n"
		"hours duty working 6 08:00-10:00\nhours duty working 1-5 08:00-12:00\n"
		"hours duty working 1-5 13:00-17:00\n"
		"hours duty working 2026-12-24 08:00-10:00\nhours duty working 2026-12-24 11:00-12:00\n"
		"hours duty working 2026-12-25 off\nhours law working 1 08:00-16:00\n"},
	{"hours before the severity", RULE_CARD_ORDER, "severity uk\n", "hours duty duty 1 00:00-24:00\nseverity uk\n"},
	{"hours after a log", RULE_CARD_ORDER, "mirror live ", "hours duty duty 1 00:00-24:00\nmirror live "},
	{"hours of no desk", RULE_CARD_HOURS_DESK, "severity uk\n", "severity uk\nhours lab duty 1 00:00-24:00\n"},
	{"hours of the node", RULE_CARD_HOURS_DESK, "severity uk\n", "severity uk\nhours node duty 1 00:00-24:00\n"},
	{"hours of a kind that is none", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty idle 1 00:00-24:00\n"},
	{"hours twice", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1 08:00-16:00\nhours duty duty 1 08:00-16:00\n"},
	{"hours in two lines that are one", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1 08:00-16:00\nhours duty duty 2 08:00-16:00\n"},
	{"hours out of order", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1 12:00-16:00\nhours duty duty 2 08:00-12:00\n"},
	{"hours of desks out of order", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours law duty 1 12:00-16:00\nhours duty duty 2 08:00-12:00\n"},
	{"hours of kinds out of order", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours law working 1 12:00-16:00\nhours law duty 2 08:00-12:00\n"},
	{"hours that overlap", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty duty 5-6 11:59-16:00\n"},
	{"hours that overlap past another line", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1 08:00-12:00\nhours duty duty 2 09:00-10:00\n"
		"hours duty duty 1 11:00-16:00\n"},
	{"hours that meet", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty duty 5 12:00-16:00\n"},
	{"hours that meet on different days", RULE_OK, "severity uk\n",
		"severity uk\nhours duty duty 1-4 08:00-12:00\nhours duty duty 5 12:00-16:00\n"},
	{"hours of a date that meet", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty duty 2026-12-25 08:00-10:00\n"
		"hours duty duty 2026-12-25 10:00-12:00\n"},
	{"hours of a date that is off", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty duty 2026-12-25 off\n"
		"hours duty duty 2026-12-25 10:00-12:00\n"},
	{"hours of a week after a date", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty duty 2026-12-25 off\n"
		"hours duty duty 6 10:00-12:00\n"},
	{"hours of dates alone", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 2026-12-25 08:00-16:00\n"},
	{"hours of a week of another kind", RULE_CARD_HOURS, "severity uk\n",
		"severity uk\nhours duty duty 1-5 08:00-12:00\nhours duty working 2026-12-25 08:00-16:00\n"},
	{"an Ed25519 key of low order", RULE_PUBLIC_KEY, "log live ", "log live " LOW_ED25519 "\nx "},
	{"an Ed25519 key in another encoding", RULE_PUBLIC_KEY, "log live ", "log live " LARGE_ED25519 "\nx "},
	{"an X25519 key of low order", RULE_PUBLIC_KEY, "log drill ",
	"desk live x " LOW_ED25519 " " LOW_X25519 "\nlog drill "},
	{"a short key", RULE_BASE64, "mirror live ", "mirror live AAAA\nx "},
	{"no UTF-8", RULE_UTF8, "severity uk\n", "severity \xff\n"},
	{"an escape that is none", RULE_ESCAPE, "severity uk\n", "severity u\\k\n"},
	{"an empty line", RULE_LINE, "severity uk\n", "\nseverity uk\n"},
};


/* ---- hours ---- */

/* A calendar, and lines "START CLOCK END": where a clock ends that starts there. */
static const struct {
	const char *name, *why;
	const char *lines[6];
	const char *ends;
} hours_cases[] = {
	{"around the clock", "hours without lines",
		{NULL},
		"2026-11-23T09:30:15Z 24h 2026-11-24T09:30:15Z\n"
		"2028-02-28T23:59:59Z 1s 2028-02-29T00:00:00Z\n"
		"2026-12-31T23:59:59Z 1d 2027-01-01T23:59:59Z\n"
		"1970-01-01T00:00:00Z 20000d 2024-10-04T00:00:00Z\n"},
	{"office", "working hours in two parts, with dates",
		{"duty working 1-5 08:00-12:00",
			"duty working 1-5 13:00-17:00",
			"duty working 2026-12-24 08:00-12:00",
			"duty working 2026-12-25 off",
			"duty working 2026-12-26 10:00-12:00"},
		"2026-11-23T08:00:00Z 8h 2026-11-23T17:00:00Z\n"
		"2026-11-23T07:59:59Z 1s 2026-11-23T08:00:01Z\n"
		"2026-11-23T12:00:00Z 1s 2026-11-23T13:00:01Z\n"
		"2026-11-23T11:59:59Z 1s 2026-11-23T12:00:00Z\n"
		"2026-11-23T11:59:59Z 2s 2026-11-23T13:00:01Z\n"
		"2026-12-18T17:00:00Z 40h 2026-12-29T10:00:00Z\n"
		"2026-12-25T09:00:00Z 1m 2026-12-26T10:01:00Z\n"
		"2026-12-26T11:59:30Z 31s 2026-12-28T08:00:01Z\n"
		"1999-12-31T12:30:00Z 24h 2000-01-05T12:00:00Z\n"
		"2000-02-28T16:00:00Z 10h 2000-03-01T09:00:00Z\n"},
	{"one minute a week", "the fewest hours there can be",
		{"duty working 7 23:59-24:00"},
		"2026-11-23T00:00:00Z 1m 2026-11-30T00:00:00Z\n"
		"2026-11-23T00:00:00Z 61s 2026-12-06T23:59:01Z\n"
		"2026-11-29T23:59:30Z 30s 2026-11-30T00:00:00Z\n"
		"2026-11-29T23:59:30Z 31s 2026-12-06T23:59:01Z\n"
		"2026-11-30T00:00:00Z 10m 2027-02-08T00:00:00Z\n"},
	{"all but dates", "every hour but those of some dates",
		{"duty working 1-7 00:00-24:00",
			"duty working 2028-02-28 off",
			"duty working 2028-02-29 off",
			"duty working 2028-12-31 00:00-00:01",
			"duty working 2029-01-01 23:59-24:00"},
		"2028-02-27T12:00:00Z 24h 2028-03-01T12:00:00Z\n"
		"2028-02-28T00:00:00Z 1s 2028-03-01T00:00:01Z\n"
		"2028-12-30T23:00:00Z 62m 2029-01-02T00:00:00Z\n"
		"2028-12-30T23:00:00Z 63m 2029-01-02T00:01:00Z\n"
		"2028-01-01T00:00:00Z 8784h 2029-01-04T23:58:00Z\n"
		"2027-01-01T00:00:00Z 23976h 2029-09-29T23:58:00Z\n"},
	{"nights", "hours on both sides of midnight",
		{"duty working 2-6 00:00-06:00",
			"duty working 1-5 22:00-24:00"},
		"2026-11-23T21:00:00Z 8h 2026-11-24T06:00:00Z\n"
		"2026-11-27T23:00:00Z 8h 2026-11-30T23:00:00Z\n"
		"2026-11-22T12:00:00Z 40h 2026-11-28T06:00:00Z\n"
		"2026-11-22T12:00:00Z 400h 2027-01-30T06:00:00Z\n"},
};

/* ---- agreements ---- */

#define A_HEAD "detente agreement v1\ntitle Hotline\nmode live\nmade 2026-09-26T12:00:00Z\n"
#define A_V "witness v.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n"
#define A_W "witness w.example w.example/witness+2777ba25+BP7tBCDHsFNb9uDrthRrhuvffpvLqpT5Mw2JPftBk1kU 67e4dd592e35b86c5120cd42b7813405e26006536432c5c28edae8d405e785b2 https://127.0.0.1:7771\n"
#define A_SUITE "kernel 1\nsuite age-x25519-v1\n"
#define A_PARTIES "party a.example " HEX "\nparty b.example " OTHER "\n"
#define A_SKEW "clock skew 5m\n"

static const struct {
	const char *name;
	enum rule rule;
	const char *text;
} agreement_cases[] = {
	{"the least", RULE_OK, A_HEAD A_SUITE A_PARTIES A_SKEW},
	{"all there can be", RULE_OK,
		"detente agreement v1\ntitle \xe7\x83\xad\xe7\xba\xbf hotline\nmode drill\n"
		"made 2026-09-26T12:00:00Z\npredecessor " HEX "\n" A_SUITE A_PARTIES "mechanism hotline " HEX "\n"
		"mechanism note " OTHER
		"\nclock flash 15m\nclock skew 300s\nclock x/y.z-1 2d\nlimit attachment 1048576\nlimit zero 0\n"},
	{"another version", RULE_AGREEMENT_VERSION, "detente agreement v2\n"},
	{"nothing", RULE_AGREEMENT_VERSION, ""},
	{"no end", RULE_TRUNCATED, A_HEAD A_SUITE A_PARTIES "clock skew 5m"},
	{"a missing line", RULE_AGREEMENT_ORDER, A_HEAD "kernel 1\n" A_PARTIES A_SKEW},
	{"lines swapped", RULE_AGREEMENT_ORDER, A_HEAD "suite age-x25519-v1\nkernel 1\n" A_PARTIES A_SKEW},
	{"a mechanism before its party", RULE_AGREEMENT_PARTIES,
		A_HEAD A_SUITE "mechanism m " HEX "\n" A_PARTIES A_SKEW},
	{"a party after a clock", RULE_AGREEMENT_ORDER, A_HEAD A_SUITE A_PARTIES A_SKEW "party c.example " HEX "\n"},
	{"an unknown line", RULE_AGREEMENT_ORDER, A_HEAD A_SUITE A_PARTIES A_SKEW "colour red\n"},
	{"an empty title", RULE_AGREEMENT_TITLE, "detente agreement v1\ntitle \n"},
	{"an escape in the title", RULE_AGREEMENT_TITLE, "detente agreement v1\ntitle a\\nb\n"},
	{"no mode", RULE_AGREEMENT_MODE, "detente agreement v1\ntitle t\nmode test\n"},
	{"no time", RULE_TIME, "detente agreement v1\ntitle t\nmode live\nmade 2026-09-26 12:00:00\n"},
	{"what succeeds another", RULE_OK, A_HEAD "succeeds " HEX "\n" A_SUITE A_PARTIES A_SKEW},
	{"what succeeds and amends", RULE_AGREEMENT_SUCCEEDS,
		A_HEAD "predecessor " HEX "\nsucceeds " HEX "\n" A_SUITE A_PARTIES A_SKEW},
	{"what succeeds two", RULE_AGREEMENT_ORDER,
		A_HEAD "succeeds " HEX "\nsucceeds " OTHER "\n" A_SUITE A_PARTIES A_SKEW},
	{"what amends what it succeeds", RULE_AGREEMENT_ORDER,
		A_HEAD "succeeds " HEX "\npredecessor " HEX "\n" A_SUITE A_PARTIES A_SKEW},
	{"what succeeds cut short", RULE_HEX, A_HEAD "succeeds 00\n"},
	{"a predecessor cut short", RULE_HEX, A_HEAD "predecessor 00\n"},
	{"another kernel", RULE_AGREEMENT_KERNEL, A_HEAD "kernel 2\n"},
	{"another suite", RULE_AGREEMENT_SUITE, A_HEAD "kernel 1\nsuite age-x25519-v2\n"},
	{"no party", RULE_AGREEMENT_PARTIES, A_HEAD A_SUITE A_SKEW},
	{"one party", RULE_AGREEMENT_PARTIES, A_HEAD A_SUITE "party a.example " HEX "\n" A_SKEW},
	{"a party twice", RULE_AGREEMENT_PARTIES,
		A_HEAD A_SUITE "party a.example " HEX "\nparty a.example " OTHER "\n" A_SKEW},
	{"parties out of order", RULE_AGREEMENT_PARTIES,
		A_HEAD A_SUITE "party b.example " HEX "\nparty a.example " OTHER "\n" A_SKEW},
	{"a party that is none", RULE_NAME_PARTY, A_HEAD A_SUITE "party a " HEX "\nparty b.example " OTHER "\n" A_SKEW},
	{"a party without its card", RULE_LINE_WORDS, A_HEAD A_SUITE "party a.example\n"},
	{"three words", RULE_LINE_WORDS, A_HEAD A_SUITE "party a.example " HEX " x\n"},
	{"a space at the end", RULE_LINE_WORDS, A_HEAD A_SUITE "party a.example " HEX " \n"},
	{"a digest in upper case", RULE_HEX, A_HEAD A_SUITE "party a.example A" OTHER "\n"},
	{"a mechanism twice", RULE_AGREEMENT_MECHANISMS,
		A_HEAD A_SUITE A_PARTIES "mechanism m " HEX "\nmechanism m " HEX "\n" A_SKEW},
	{"a mechanism with a slash", RULE_AGREEMENT_MECHANISMS,
		A_HEAD A_SUITE A_PARTIES "mechanism m/n " HEX "\n" A_SKEW},
	{"no skew", RULE_AGREEMENT_SKEW, A_HEAD A_SUITE A_PARTIES "clock flash 15m\n"},
	{"no clock", RULE_AGREEMENT_SKEW, A_HEAD A_SUITE A_PARTIES "limit attachment 1\n"},
	{"clocks out of order", RULE_AGREEMENT_CLOCKS, A_HEAD A_SUITE A_PARTIES A_SKEW "clock flash 15m\n"},
	{"a clock's name in upper case", RULE_AGREEMENT_CLOCKS, A_HEAD A_SUITE A_PARTIES "clock Flash 15m\n" A_SKEW},
	{"clocks of each kind", RULE_OK,
		A_HEAD A_SUITE A_PARTIES "clock call 1h duty\nclock report 24h working\n" A_SKEW},
	{"a clock that says it counts all time", RULE_AGREEMENT_CLOCK_KIND,
		A_HEAD A_SUITE A_PARTIES "clock call 1h elapsed\n" A_SKEW},
	{"a clock of working days", RULE_AGREEMENT_CLOCK_KIND,
		A_HEAD A_SUITE A_PARTIES "clock report 1d working\n" A_SKEW},
	{"a clock of no such kind", RULE_AGREEMENT_CLOCK_KIND, A_HEAD A_SUITE A_PARTIES "clock call 1h idle\n" A_SKEW},
	{"a clock with a fourth word", RULE_LINE_WORDS, A_HEAD A_SUITE A_PARTIES "clock call 1h duty x\n" A_SKEW},
	{"a clock with a space at the end", RULE_LINE_WORDS, A_HEAD A_SUITE A_PARTIES "clock call 1h \n" A_SKEW},
	{"no duration", RULE_AGREEMENT_DURATION, A_HEAD A_SUITE A_PARTIES "clock skew 5\n"},
	{"a limit twice", RULE_AGREEMENT_LIMITS, A_HEAD A_SUITE A_PARTIES A_SKEW "limit a 1\nlimit a 2\n"},
	{"a limit's name in upper case", RULE_AGREEMENT_LIMITS, A_HEAD A_SUITE A_PARTIES A_SKEW "limit A 1\n"},
	{"a limit that is no number", RULE_DECIMAL, A_HEAD A_SUITE A_PARTIES A_SKEW "limit a -1\n"},
	{"two witnesses, one needed", RULE_OK,
		A_HEAD A_SUITE A_PARTIES A_V A_W A_SKEW "limit receipt-witnesses 1\n"},
	{"a witness after a mechanism", RULE_AGREEMENT_SKEW,
		A_HEAD A_SUITE A_PARTIES "mechanism m " HEX "\n" A_V A_SKEW},
	{"a witness without an address", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7\n" A_SKEW},
	{"a witness with a fifth word", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771 x\n" A_SKEW},
	{"a witness with an address that is none", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 http://127.0.0.1:7771\n" A_SKEW},
	{"a witness whose name is too long", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"a witness with a log's kind of key", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+242eb2d7+AbXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"a witness with another's key name", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example w.example/witness+2777ba25+BP7tBCDHsFNb9uDrthRrhuvffpvLqpT5Mw2JPftBk1kU 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"a witness with a mirror's key name", RULE_AGREEMENT_WITNESS,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/mirror+0e52e0c2+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"a witness with a false key id", RULE_VKEY_ID,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+4b8d589d+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"a witness with a pin cut short", RULE_HEX,
		A_HEAD A_SUITE A_PARTIES "witness v.example v.example/witness+4b8d589c+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49 https://127.0.0.1:7771\n" A_SKEW},
	{"witnesses out of order", RULE_AGREEMENT_WITNESSES,
		A_HEAD A_SUITE A_PARTIES A_W A_V A_SKEW},
	{"a witness twice", RULE_AGREEMENT_WITNESSES,
		A_HEAD A_SUITE A_PARTIES A_V A_V A_SKEW},
	{"a witness with a party's name", RULE_AGREEMENT_WITNESS_KEY,
		A_HEAD A_SUITE A_PARTIES "witness a.example a.example/witness+92b7aba5+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"two witnesses with one key", RULE_AGREEMENT_WITNESS_KEY,
		A_HEAD A_SUITE A_PARTIES A_V "witness w.example w.example/witness+9ec6a714+BLXIznRNQaiZxsFFZ+cUn6k+oboAUIun5P//7ttzyCH7 67e4dd592e35b86c5120cd42b7813405e26006536432c5c28edae8d405e785b2 https://127.0.0.1:7771\n" A_SKEW},
	{"two witnesses with one TLS key", RULE_AGREEMENT_WITNESS_KEY,
		A_HEAD A_SUITE A_PARTIES A_V "witness w.example w.example/witness+2777ba25+BP7tBCDHsFNb9uDrthRrhuvffpvLqpT5Mw2JPftBk1kU 0afe5fc5b142a4fd129c3a3dc006f1fe2dadd6c89781040c529252ca905f49e7 https://127.0.0.1:7771\n" A_SKEW},
	{"more witnesses needed than there are", RULE_AGREEMENT_WITNESSES_NEEDED,
		A_HEAD A_SUITE A_PARTIES A_V A_SKEW "limit receipt-witnesses 2\n"},
	{"no UTF-8", RULE_UTF8, "detente agreement v1\ntitle \xff\n"},
	{"an empty line", RULE_NOTE_SIGNATURE_LINE, A_HEAD A_SUITE A_PARTIES "\n" A_SKEW},
};

/* ---- entries ---- */

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ROOT_2 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define LOG_B "b.example/0123456789abcdef"
#define LOG_C "c.example/0123456789abcdef"

/* Everything an entry can have, but for a body. */
static const char entry_full[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/duty\n"
	"form hotline/call\n"
	"matter a.example/3\n"
	"re b.example/42\n"
	"to b.example/duty\n"
	"to b.example/law\n"
	"seen " LOG_B " 43 " ROOT "\n"
	"seen " LOG_C " 7 " ROOT "\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp AMBER+STRICT\n"
	"lang en\n"
	"attachment " HEX " 1000\n"
	"priority flash\n"
	"text First\\nsecond\\\\\n";

static const char entry_sealed[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/duty\n"
	"form hotline/call\n"
	"matter new\n"
	"to b.example/duty\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp RED\n"
	"lang en\n"
	"fields 2 " ROOT "\n"
	"priority flash\n"
	"\n"
	"-----BEGIN AGE ENCRYPTED FILE-----\n"
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBYRWwwZEo2eTNDN0taa2dt\n"
	"YWdlLQ==\n"
	"-----END AGE ENCRYPTED FILE-----\n";

static const char entry_books[] =
	"detente entry v1\n"
	"agreement " HEX "\n"
	"from a.example/node\n"
	"form record/received\n"
	"seen " LOG_B " 43 " ROOT "\n"
	"at 2026-09-26T12:00:00Z\n"
	"tlp AMBER\n"
	"lang en\n"
	"stored " LOG_B " 43 " ROOT " AAAA\n"
	"stored " LOG_C " 43 " ROOT " AAAA\n";

static const struct change full_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"a matter of its own", RULE_OK, "matter a.example/3\n", "matter new\n"},
	{"no answer", RULE_OK, "re b.example/42\n", ""},
	{"nothing seen", RULE_OK, "seen " LOG_B " 43 " ROOT "\nseen " LOG_C " 7 " ROOT "\n", ""},
	{"two branches of a log", RULE_OK, "seen " LOG_C " 7 " ROOT "\n", "seen " LOG_B " 43 " ROOT_2 "\n"
		"seen " LOG_B " 5 " ROOT "\n"},
	{"no attachment", RULE_OK, "attachment " HEX " 1000\n", ""},
	{"two attachments, not in order", RULE_OK, "attachment " HEX, "attachment " OTHER " 5\nattachment " HEX},
	{"no open field", RULE_OK, "priority flash\ntext First\\nsecond\\\\\n", ""},
	{"transcribed", RULE_OK, "second\\\\\n", "second\\\\\ntranscribed yes\n"},
	{"transcribed and no open field", RULE_OK, "priority flash\ntext First\\nsecond\\\\\n", "transcribed yes\n"},
	{"transcribed, not by yes", RULE_ENTRY_TRANSCRIBED, "second\\\\\n", "second\\\\\ntranscribed no\n"},
	{"transcribed twice", RULE_ENTRY_TRANSCRIBED, "second\\\\\n", "second\\\\\ntranscribed yes\ntranscribed yes\n"},
	{"transcribed before a field", RULE_ENTRY_TRANSCRIBED, "priority flash\n", "transcribed yes\npriority flash\n"},
	{"transcribed before its language", RULE_ENTRY_ORDER, "lang ", "transcribed yes\nlang "},
	{"a field twice", RULE_OK, "priority flash\n", "priority flash\npriority flash\n"},
	{"an empty value", RULE_OK, "priority flash\n", "priority \n"},
	{"a desk of one's own party", RULE_OK, "to b.example/duty\n", "to a.example/law\n"},
	{"another version", RULE_ENTRY_VERSION, "entry v1\n", "entry v2\n"},
	{"an empty line before", RULE_ENTRY_VERSION, "detente entry v1\n", "\ndetente entry v1\n"},
	{"a digest cut short", RULE_HEX, "agreement 0", "agreement "},
	{"a party for a desk", RULE_NAME_DESK, "from a.example/duty\n", "from a.example\n"},
	{"a form without its mechanism", RULE_ENTRY_FORM, "form hotline/call\n", "form call\n"},
	{"a form of three parts", RULE_ENTRY_FORM, "form hotline/call\n", "form hotline/call/x\n"},
	{"books not by the node", RULE_ENTRY_BOOKKEEPING, "form hotline/call\n", "form record/received\n"},
	{"no matter", RULE_ENTRY_ORDER, "matter a.example/3\n", ""},
	{"a matter that is no place", RULE_NAME_PLACE, "matter a.example/3\n", "matter a.example/03\n"},
	{"an answer to nothing", RULE_NAME_PLACE, "re b.example/42\n", "re new\n"},
	{"two answers", RULE_ENTRY_ORDER, "re b.example/42\n", "re b.example/42\nre b.example/43\n"},
	{"to nobody", RULE_ENTRY_ORDER, "to b.example/duty\nto b.example/law\n", ""},
	{"to a party", RULE_NAME_DESK, "to b.example/duty\n", "to b.example\n"},
	{"to oneself", RULE_ENTRY_TO, "to b.example/duty\n", "to a.example/duty\n"},
	{"a desk twice", RULE_ENTRY_TO, "to b.example/law\n", "to b.example/duty\n"},
	{"desks out of order", RULE_ENTRY_TO, "to b.example/law\n", "to b.example/bank\n"},
	{"to after seen", RULE_ENTRY_ORDER, "at 2026", "to b.example/x\nat 2026"},
	{"seen before to", RULE_ENTRY_ORDER, "to b.example/duty\n", "seen " LOG_B " 43 " ROOT "\nto b.example/duty\n"},
	{"an origin in upper case", RULE_NAME_ORIGIN, "seen b.example/0123456789abcdef",
	"seen b.example/0123456789ABCDEF"},
	{"an origin of 15 digits", RULE_NAME_ORIGIN, "seen b.example/0123456789abcdef",
	"seen b.example/0123456789abcde"},
	{"an empty log seen", RULE_ENTRY_SEEN, LOG_B " 43 ", LOG_B " 0 "},
	{"a size with a zero before", RULE_DECIMAL, LOG_B " 43 ", LOG_B " 043 "},
	{"a size past 2^63 - 1", RULE_DECIMAL, LOG_B " 43 ", LOG_B " 9223372036854775808 "},
	{"a root of 31 bytes", RULE_BASE64, "43 " ROOT, "43 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="},
	{"a root whose spare bits are set", RULE_BASE64, "43 " ROOT, "43 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="},
	{"a root without padding", RULE_BASE64, "43 " ROOT, "43 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"},
	{"seen without a root", RULE_LINE_WORDS, " 43 " ROOT, " 43"},
	{"seen with a word more", RULE_LINE_WORDS, " 43 " ROOT, " 43 " ROOT " x"},
	{"seen with two spaces", RULE_LINE_WORDS, " 43 " ROOT, "  43 " ROOT},
	{"one's own log seen", RULE_ENTRY_SEEN, "seen b.example", "seen a.example"},
	{"one's own log, from elsewhere", RULE_ENTRY_SEEN, "seen b.example/0123", "seen a.example/9999"},
	{"a log seen twice alike", RULE_ENTRY_SEEN, "seen " LOG_C " 7 " ROOT "\n", "seen " LOG_B " 43 " ROOT "\n"},
	{"logs out of order", RULE_ENTRY_SEEN, "seen c.example", "seen b.exampl"},
	{"branches out of order", RULE_ENTRY_SEEN, "seen " LOG_C " 7 " ROOT "\n", "seen " LOG_B " 4 " ROOT "\n"},
	{"no time", RULE_ENTRY_ORDER, "at 2026-09-26T12:00:00Z\n", ""},
	{"a time with an offset", RULE_TIME, "12:00:00Z", "12:00:00+00:00"},
	{"a time with fractions", RULE_TIME, "12:00:00Z", "12:00:00.0Z"},
	{"a leap second", RULE_TIME, "12:00:00Z", "23:59:60Z"},
	{"the 29th of February", RULE_TIME, "2026-09-26", "2026-02-29"},
	{"tlp before at", RULE_ENTRY_ORDER, "at 2026-09-26T12:00:00Z\ntlp AMBER+STRICT\n",
		"tlp AMBER+STRICT\nat 2026-09-26T12:00:00Z\n"},
	{"tlp of version 1", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp WHITE\n"},
	{"tlp in lower case", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp amber\n"},
	{"tlp with its prefix", RULE_ENTRY_TLP, "tlp AMBER+STRICT\n", "tlp TLP:RED\n"},
	{"no language", RULE_ENTRY_ORDER, "lang en\n", ""},
	{"a language that is none", RULE_ENTRY_LANG, "lang en\n", "lang en_US\n"},
	{"two languages", RULE_ENTRY_ORDER, "lang en\n", "lang en\nlang fr\n"},
	{"an attachment without its size", RULE_LINE_WORDS, " 1000\n", "\n"},
	{"an attachment twice", RULE_ENTRY_ATTACHMENT, "priority", "attachment " HEX " 999\npriority"},
	{"an attachment's digest in upper case", RULE_HEX, "attachment 01", "attachment 0A"},
	{"a hash for a size", RULE_DECIMAL, " 1000\n", " 1,000\n"},
	{"`fields` before its attachment", RULE_ENTRY_ORDER, "attachment", "fields 1 " ROOT "\nattachment"},
	{"`fields` without a body", RULE_ENTRY_BODY, "priority", "fields 1 " ROOT "\npriority"},
	{"a field called like a header line", RULE_ENTRY_OPEN_FIELDS, "text First", "tlp First"},
	{"a field called seen", RULE_ENTRY_OPEN_FIELDS, "text First", "seen First"},
	{"a field called fields", RULE_ENTRY_OPEN_FIELDS, "text First", "fields First"},
	{"a field called to", RULE_ENTRY_OPEN_FIELDS, "text First", "to First"},
	{"a key in upper case", RULE_LINE, "text First", "Text First"},
	{"a line without a value", RULE_LINE, "priority flash\n", "priority\n"},
	{"an unknown escape", RULE_ESCAPE, "First\\n", "First\\t"},
	{"a backslash at the end", RULE_ESCAPE, "second\\\\\n", "second\\\n"},
	{"a tab", RULE_NOTE_CHARACTER, "First\\n", "First\t"},
	{"a carriage return", RULE_NOTE_CHARACTER, "priority flash\n", "priority flash\r\n"},
	{"DEL", RULE_ESCAPE, "First\\n", "First\x7f"},
	{"no UTF-8", RULE_UTF8, "First\\n", "First\xff"},
	{"a surrogate", RULE_UTF8, "First\\n", "First\xed\xa0\x80"},
	{"an empty line inside", RULE_ENTRY_BODY, "text First", "\ntext First"},
	{"an empty line at the end", RULE_ENTRY_BODY, "second\\\\\n", "second\\\\\n\n"},
};

static const struct change sealed_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"no open field", RULE_OK, "priority flash\n", ""},
	{"a last line that is full", RULE_OK, "YWdlLQ==\n", ""},
	{"a body without `fields`", RULE_ENTRY_BODY, "fields 2 " ROOT "\n", ""},
	{"no sealed line", RULE_ENTRY_FIELDS, "fields 2 ", "fields 0 "},
	{"65 sealed lines", RULE_ENTRY_FIELDS, "fields 2 ", "fields 65 "},
	{"64 sealed lines", RULE_OK, "fields 2 ", "fields 64 "},
	{"`fields` twice", RULE_ENTRY_ORDER, "priority", "fields 2 " ROOT "\npriority"},
	{"a root in hex", RULE_BASE64, ROOT, HEX},
	{"two empty lines", RULE_ENTRY_BODY, "\n-----BEGIN", "\n\n-----BEGIN"},
	{"no empty line", RULE_LINE, "\n-----BEGIN", "-----BEGIN"},
	{"no armor", RULE_ENTRY_BODY, "-----BEGIN AGE ENCRYPTED FILE-----\n", ""},
	{"armor of something else", RULE_ENTRY_BODY, "BEGIN AGE ENCRYPTED FILE", "BEGIN PGP MESSAGE"},
	{"no end of armor", RULE_ENTRY_BODY, "-----END AGE ENCRYPTED FILE-----\n", ""},
	{"armor of nothing", RULE_ENTRY_BODY,
		"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBYRWwwZEo2eTNDN0taa2dt\nYWdlLQ==\n", ""},
	{"text after the armor", RULE_ENTRY_BODY, "\n-----END AGE ENCRYPTED FILE-----\n",
		"\n-----END AGE ENCRYPTED FILE-----\nx y\n"},
	{"an empty line after the armor", RULE_ENTRY_BODY, "\n-----END AGE ENCRYPTED FILE-----\n",
		"\n-----END AGE ENCRYPTED FILE-----\n\n"},
	{"an empty line in the armor", RULE_ENTRY_BODY, "YWdlLQ==\n", "\nYWdlLQ==\n"},
	{"a space in the armor", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLQ== \n"},
	{"a short line in the middle", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdl\nYWdlLQ==\n"},
	{"a long line", RULE_ENTRY_BODY, "a2dt\n", "a2dtAAAA\n"},
	{"no padding", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLQ\n"},
	{"spare bits set", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWdlLR==\n"},
	{"padding in the middle", RULE_ENTRY_BODY, "YWdlLQ==\n", "YWd=LQ==\n"},
	{"the body twice", RULE_ENTRY_BODY, "YWdlLQ==\n-----END AGE ENCRYPTED FILE-----\n",
		"YWdlLQ==\n-----END AGE ENCRYPTED FILE-----\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLQ==\n"
		"-----END AGE ENCRYPTED FILE-----\n"},
};

static const struct change books_changes[] = {
	{"as it is", RULE_OK, "form", "form"},
	{"no field", RULE_OK, "stored " LOG_B " 43 " ROOT " AAAA\nstored " LOG_C " 43 " ROOT " AAAA\n", ""},
	{"a node that talks", RULE_ENTRY_BOOKKEEPING, "form record/received\n", "form hotline/call\n"},
	{"a form that only begins like books", RULE_ENTRY_BOOKKEEPING, "form record/received\n",
	"form records/received\n"},
	{"transcribed", RULE_ENTRY_BOOKKEEPING, "stored " LOG_C, "transcribed yes\nstored " LOG_C},
	{"a matter", RULE_ENTRY_BOOKKEEPING, "seen", "matter new\nseen"},
	{"an answer", RULE_ENTRY_BOOKKEEPING, "seen", "re b.example/1\nseen"},
	{"a reader", RULE_ENTRY_BOOKKEEPING, "seen", "to b.example/duty\nseen"},
	{"an attachment", RULE_ENTRY_BOOKKEEPING, "stored", "attachment " HEX " 1\nstored"},
	{"sealed lines", RULE_ENTRY_BOOKKEEPING, "stored", "fields 1 " ROOT "\nstored"},
};

#endif

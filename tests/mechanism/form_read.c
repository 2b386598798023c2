/* Mechanism files: what is read, and every mistake by its rule and line. */
#include "form.h"

#include "test.h"

#define HEAD "detente mechanism v1\nname talk\n"
#define CODES "code yes\ncode no\n"
#define FORM "form talk/say\n"
#define SCALE "scale mood least\npositions no yes\n"
#define OTHER_CODES "code none\ncode some\n"
#define OTHER_SCALE "scale amount greatest\npositions none some\n"
#define CLOCK "clock a 1h\n"
#define TEXT_20 "abcdefghijklmnopqrst"
#define TEXT_200 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20 TEXT_20
/* a form that asks for talk/say, which answers it */
#define ASKS HEAD CLOCK CODES \
	"form talk/say\nanswers talk/ask\nfield until open time optional\nform talk/ask\nopens yes\n"

static const struct {
	const char *name;
	struct bytes text;
	enum rule rule;
	uint32_t line;
} files[] = {
	{"the least", BYTES(HEAD FORM), RULE_OK, 0},
	{"remarks and empty lines", BYTES(HEAD "\n# \xe5\xa4\x87\xe6\xb3\xa8\n" FORM "\n"), RULE_OK, 0},
	{"survives no", BYTES(HEAD "survives no\n" FORM), RULE_OK, 0},
	{"clocks", BYTES(HEAD "clock a 15m\nclock b 1h\n" FORM), RULE_OK, 0},
	{"a field of each type", BYTES(HEAD CODES FORM
		"field a open text required\nfield b sealed line optional 7\nfield c open code repeated\ncodes yes no\n"
		"field d open number required\nfield e open time required\nfield f open date required\n"
		"field g open hash required\nfield h open place required\nfield i open desk required\n"
		"field j open party required\n"), RULE_OK, 0},
	{"answers another mechanism's form", BYTES(HEAD FORM "answers other/form\n"), RULE_OK, 0},
	{"answers a form that comes later, and itself", BYTES(HEAD FORM "answers talk/say talk/ask\nform talk/ask\n"),
		RULE_OK, 0},
	{"a reserved field as the kernel wants it", BYTES(HEAD FORM "field until open time optional\n"), RULE_OK, 0},
	{"the greatest sizes", BYTES(HEAD FORM "field a open text required 16384\n"
		"field b sealed text required 32768\n"), RULE_OK, 0},
	{"record with a checkpoint", BYTES("detente mechanism v1\nname record\nform record/receipt\n"
		"field receipt open checkpoint repeated\n"), RULE_OK, 0},

	{"nothing", BYTES(""), RULE_MECHANISM_VERSION, 0},
	{"another version", BYTES("detente mechanism v2\nname talk\n" FORM), RULE_MECHANISM_VERSION, 1},
	{"a space after the version", BYTES("detente mechanism v1 \nname talk\n" FORM), RULE_MECHANISM_VERSION, 1},
	{"a remark before the version", BYTES("# x\n" HEAD FORM), RULE_MECHANISM_VERSION, 1},
	{"an agreement", BYTES("detente agreement v1\n"), RULE_MECHANISM_VERSION, 1},
	{"no LF after the version", BYTES("detente mechanism v1"), RULE_TRUNCATED, 1},
	{"the version alone", BYTES("detente mechanism v1\n"), RULE_MECHANISM_NAME, 1},
	{"no name", BYTES("detente mechanism v1\n" FORM), RULE_MECHANISM_NAME, 2},
	{"a name of two words", BYTES("detente mechanism v1\nname talk show\n" FORM), RULE_MECHANISM_NAME, 2},
	{"a name of 33 bytes", BYTES("detente mechanism v1\nname aaaaaaaaaabbbbbbbbbbccccccccccddd\n"),
		RULE_MECHANISM_NAME, 2},
	{"an upper-case name", BYTES("detente mechanism v1\nname Talk\n"), RULE_MECHANISM_NAME, 2},
	{"an unknown key", BYTES(HEAD "ladder calm crisis\n" FORM), RULE_MECHANISM_KEY, 3},
	{"an unknown key in a form", BYTES(HEAD FORM "owes talk/ack 15m\n"), RULE_MECHANISM_KEY, 4},
	{"no key", BYTES(HEAD FORM "opens\n"), RULE_LINE, 4},
	{"no LF at the end", BYTES(HEAD "form talk/say"), RULE_TRUNCATED, 3},
	{"a carriage return", BYTES(HEAD "form talk/say\r\n"), RULE_ESCAPE, 3},
	{"a NUL", BYTES(HEAD "form talk/say\0\n"), RULE_ESCAPE, 3},
	{"no UTF-8", BYTES(HEAD "label en \xff\n" FORM), RULE_UTF8, 3},
	{"a control character in a remark", BYTES(HEAD "# \x1b[2J\n" FORM), RULE_UTF8, 3},
	{"no form", BYTES(HEAD), RULE_MECHANISM_FORM, 2},

	{"name twice", BYTES(HEAD "name talk\n" FORM), RULE_MECHANISM_ORDER, 3},
	{"survives in a form", BYTES(HEAD FORM "survives yes\n"), RULE_MECHANISM_ORDER, 4},
	{"survives after a clock", BYTES(HEAD "clock a 1h\nsurvives yes\n" FORM), RULE_MECHANISM_ORDER, 4},
	{"a clock after a code", BYTES(HEAD "code a\nclock a 1h\n" FORM), RULE_MECHANISM_ORDER, 4},
	{"a code in a form", BYTES(HEAD FORM "code a\n"), RULE_MECHANISM_ORDER, 4},
	{"a label of a clock", BYTES(HEAD "clock a 1h\nlabel en A\n" FORM), RULE_MECHANISM_ORDER, 4},
	{"opens before a form", BYTES(HEAD "opens yes\n" FORM), RULE_MECHANISM_ORDER, 3},
	{"answers after a field", BYTES(HEAD FORM "field a open text required\nanswers talk/say\n"),
		RULE_MECHANISM_ORDER, 5},
	{"a field before a form", BYTES(HEAD "field a open text required\n" FORM), RULE_MECHANISM_ORDER, 3},
	{"codes before a field", BYTES(HEAD CODES FORM "codes yes\n"), RULE_MECHANISM_ORDER, 6},

	{"survives perhaps", BYTES(HEAD "survives perhaps\n" FORM), RULE_MECHANISM_YES, 3},
	{"opens no", BYTES(HEAD FORM "opens no\n"), RULE_MECHANISM_YES, 4},
	{"refuses no", BYTES(HEAD FORM "refuses no\n"), RULE_MECHANISM_YES, 4},
	{"refuses twice", BYTES(HEAD FORM "refuses yes\nrefuses yes\n"), RULE_MECHANISM_TWICE, 5},
	{"refuses before a form", BYTES(HEAD "refuses yes\n" FORM), RULE_MECHANISM_ORDER, 3},
	{"record that refuses", BYTES("detente mechanism v1\nname record\nform record/x\nrefuses yes\n"),
		RULE_MECHANISM_RECORD, 4},
	{"survives twice", BYTES(HEAD "survives no\nsurvives no\n" FORM), RULE_MECHANISM_TWICE, 4},
	{"opens twice", BYTES(HEAD FORM "opens yes\nopens yes\n"), RULE_MECHANISM_TWICE, 5},
	{"answers twice", BYTES(HEAD FORM "answers talk/say\nanswers talk/say\n"), RULE_MECHANISM_TWICE, 5},
	{"an answer twice", BYTES(HEAD FORM "answers talk/say talk/say\n"), RULE_MECHANISM_TWICE, 4},
	{"a clock twice", BYTES(HEAD "clock a 1h\nclock a 2h\n" FORM), RULE_MECHANISM_TWICE, 4},
	{"a code twice", BYTES(HEAD "code a\ncode a\n" FORM), RULE_MECHANISM_TWICE, 4},
	{"a code twice in a field", BYTES(HEAD CODES FORM "field a open code required\ncodes yes yes\n"),
		RULE_MECHANISM_TWICE, 7},
	{"codes twice", BYTES(HEAD CODES FORM "field a open code required\ncodes yes\ncodes no\n"),
		RULE_MECHANISM_TWICE, 8},
	{"a form twice", BYTES(HEAD FORM FORM), RULE_MECHANISM_TWICE, 4},
	{"a field twice", BYTES(HEAD FORM "field a open text required\nfield a sealed text required\n"),
		RULE_MECHANISM_TWICE, 5},
	{"a language twice", BYTES(HEAD "label en A\nlabel en B\n" FORM), RULE_MECHANISM_TWICE, 4},

	{"who has read it in a language twice", BYTES(HEAD "reviewed zh A\nreviewed zh B\n" FORM), RULE_MECHANISM_TWICE, 4},
	{"nobody who has read it", BYTES(HEAD "reviewed zh\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"who has read a form", BYTES(HEAD FORM "reviewed zh A\n"), RULE_MECHANISM_ORDER, 4},
	{"a label without text", BYTES(HEAD "label en\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a label of a space", BYTES(HEAD "label en  \n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a label without language", BYTES(HEAD "label  Talk\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a language that is none", BYTES(HEAD "label e Talk\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a label with a line break", BYTES(HEAD "label en a\\nb\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a label that turns the text around", BYTES(HEAD "label en a\xe2\x80\xae" "b\n" FORM), RULE_MECHANISM_LABEL,
		3},

	{"a clock without default", BYTES(HEAD "clock a\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a clock without unit", BYTES(HEAD "clock a 15\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a clock of nothing", BYTES(HEAD "clock a 0m\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"more after a clock", BYTES(HEAD "clock a 15m 1h\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a space after a clock", BYTES(HEAD "clock a 15m \n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a clock of each kind", BYTES(HEAD "clock a 15m\nclock b 1h duty\nclock c 24h working\n" FORM), RULE_OK, 0},
	{"a clock that says it counts all time", BYTES(HEAD "clock a 15m elapsed\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a clock of working days", BYTES(HEAD "clock a 1d working\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a clock of two kinds", BYTES(HEAD "clock a 15m duty working\n" FORM), RULE_MECHANISM_CLOCK, 3},
	{"a period by working hours", BYTES(HEAD "clock a 24h working\n" FORM "opens yes\nevery a\n"),
		RULE_MECHANISM_CLOCK_KIND, 6},
	{"a position stale by duty hours", BYTES(HEAD "clock a 24h duty\n" CODES SCALE "confirm a\n" FORM),
		RULE_MECHANISM_CLOCK_KIND, 8},
	{"a code of two words", BYTES(HEAD "code a b\n" FORM), RULE_MECHANISM_CODE, 3},
	{"a code that is not declared", BYTES(HEAD CODES FORM "field a open code required\ncodes yes maybe\n"),
		RULE_MECHANISM_CODE, 7},
	{"two spaces between codes", BYTES(HEAD CODES FORM "field a open code required\ncodes yes  no\n"),
		RULE_MECHANISM_CODE, 7},
	{"a space after the codes", BYTES(HEAD CODES FORM "field a open code required\ncodes yes \n"),
		RULE_MECHANISM_CODE, 7},
	{"codes of a text", BYTES(HEAD CODES FORM "field a open text required\ncodes yes\n"), RULE_MECHANISM_CODES, 7},
	{"no codes at the end", BYTES(HEAD CODES FORM "field a open code required\n# end\n"), RULE_MECHANISM_CODES, 6},
	{"no codes before a field", BYTES(HEAD CODES FORM "field a open code required\nlabel en A\n"
		"field b open text required\n"), RULE_MECHANISM_CODES, 6},
	{"no codes before a form", BYTES(HEAD CODES FORM "field a open code required\nform talk/ask\n"),
		RULE_MECHANISM_CODES, 6},

	{"another mechanism's form", BYTES(HEAD "form other/say\n"), RULE_MECHANISM_FORM, 3},
	{"a form of one word", BYTES(HEAD "form say\n"), RULE_MECHANISM_FORM, 3},
	{"a form of three words", BYTES(HEAD "form talk/say/more\n"), RULE_MECHANISM_FORM, 3},
	{"answers an own form that is not there", BYTES(HEAD FORM "answers talk/ask\nform talk/tell\n"),
		RULE_MECHANISM_ANSWERS, 4},
	{"answers no form", BYTES(HEAD FORM "answers talk\n"), RULE_MECHANISM_ANSWERS, 4},
	{"a space after the answers", BYTES(HEAD FORM "answers talk/say \n"), RULE_MECHANISM_ANSWERS, 4},
	{"answers bookkeeping", BYTES(HEAD FORM "answers record/receipt\n"), RULE_MECHANISM_ANSWERS, 4},

	{"a field without presence", BYTES(HEAD FORM "field a open text\n"), RULE_MECHANISM_FIELD, 4},
	{"a field of no known type", BYTES(HEAD FORM "field a open blob required\n"), RULE_MECHANISM_FIELD, 4},
	{"a field neither open nor sealed", BYTES(HEAD FORM "field a secret text required\n"), RULE_MECHANISM_FIELD, 4},
	{"a field of upper case", BYTES(HEAD FORM "field A open text required\n"), RULE_MECHANISM_FIELD, 4},
	{"a greatest size of a hash", BYTES(HEAD FORM "field a open hash required 64\n"), RULE_MECHANISM_FIELD, 4},
	{"a greatest size that is no number", BYTES(HEAD FORM "field a open text required 1k\n"), RULE_MECHANISM_FIELD,
		4},
	{"more after the greatest size", BYTES(HEAD FORM "field a open text required 10 20\n"), RULE_MECHANISM_FIELD,
		4},
	{"a space after the field", BYTES(HEAD FORM "field a open text required \n"), RULE_MECHANISM_FIELD, 4},
	{"a greatest size of 0", BYTES(HEAD FORM "field a open text required 0\n"), RULE_MECHANISM_FIELD_MAX, 4},
	{"more than the head holds", BYTES(HEAD FORM "field a open text required 16385\n"), RULE_MECHANISM_FIELD_MAX,
		4},
	{"more than the sealed text holds", BYTES(HEAD FORM "field a sealed text required 32769\n"),
		RULE_MECHANISM_FIELD_MAX, 4},
	{"a field named like a header line", BYTES(HEAD FORM "field seen open text required\n"),
		RULE_MECHANISM_FIELD_KEY, 4},
	{"a sealed one too", BYTES(HEAD FORM "field to sealed desk required\n"), RULE_MECHANISM_FIELD_KEY, 4},
	{"and one like the mark after the fields", BYTES(HEAD FORM "field transcribed open code optional\ncodes yes\n"),
		RULE_MECHANISM_FIELD_KEY, 4},
	{"a field named like an attachment's", BYTES(HEAD FORM "field attachment-key sealed line required\n"),
		RULE_MECHANISM_FIELD_KEY, 4},
	{"or a courtesy translation", BYTES(HEAD FORM "field courtesy sealed line required\n"), RULE_MECHANISM_FIELD_KEY, 4},
	{"a position in free text", BYTES(HEAD FORM "field position open text required\n"), RULE_MECHANISM_RESERVED, 4},
	{"a sealed clock", BYTES(HEAD FORM "field until sealed time required\n"), RULE_MECHANISM_RESERVED, 4},
	{"a checkpoint outside record", BYTES(HEAD FORM "field a open checkpoint required\n"), RULE_MECHANISM_RECORD,
		4},
	{"record that seals", BYTES("detente mechanism v1\nname record\nform record/x\nfield a sealed text required\n"),
		RULE_MECHANISM_RECORD, 4},
	{"record that opens", BYTES("detente mechanism v1\nname record\nform record/x\nopens yes\n"),
		RULE_MECHANISM_RECORD, 4},
	{"record that answers", BYTES("detente mechanism v1\nname record\nform record/x\nanswers talk/say\n"),
		RULE_MECHANISM_RECORD, 4},

	{"a scale", BYTES(HEAD CODES SCALE "label en Mood\n" FORM "opens yes\non mood\n"), RULE_OK, 0},
	{"a danger, confirmed within a clock",
		BYTES(HEAD CLOCK CODES "scale mood greatest\npositions no yes\nconfirm a\n" FORM),
		RULE_OK, 0},
	{"two scales", BYTES(HEAD CODES SCALE "scale level greatest\npositions yes no\n" FORM), RULE_OK, 0},
	{"a position on a scale", BYTES(HEAD CODES SCALE FORM "field position open code required\ncodes yes\n"),
		RULE_OK, 0},
	{"obliges", BYTES(ASKS "oblige to a talk/say\noblige circle a talk/say\n"), RULE_OK, 0},
	{"obliges by another mechanism's form", BYTES(ASKS "oblige to a other/say\n"), RULE_OK, 0},
	{"obliges when a field says so",
		BYTES(ASKS "oblige to a talk/say\nwhen how yes\nfield how open code optional\ncodes yes no\n"),
		RULE_OK, 0},
	{"a promise", BYTES(HEAD CLOCK "form talk/ask\nopens yes\nform talk/say\nanswers talk/ask talk/will\n"
		"form talk/will\nanswers talk/ask\npromise talk/say\nfield until open time required\n"), RULE_OK, 0},
	{"every, extends, withdraws", BYTES(HEAD CLOCK "form talk/ask\nopens yes\nevery a\n"
		"form talk/more\nanswers talk/ask\nextends yes\nfield until open time required\n"
		"form talk/no\nanswers talk/ask\nwithdraws yes\n"), RULE_OK, 0},
	{"an exchange", BYTES(HEAD "form talk/commit\nopens yes\ncommits yes\nfield commitment open hash required\n"
		"form talk/reveal\nanswers talk/commit\nreveals yes\nfield version open hash required\n"
		"field salt open hash required\n"),
		RULE_OK, 0},

	{"positions alike", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes some\nmatch no none some\n" FORM), RULE_OK, 0},
	{"alike with what is no code", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes much\n" FORM),
		RULE_MECHANISM_CODE, 11},
	{"alike with itself", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes yes\n" FORM), RULE_MECHANISM_TWICE, 11},
	{"alike with nothing", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes\n" FORM), RULE_MECHANISM_MATCH, 11},
	{"alike on one scale", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes some\nmatch yes no\n" FORM),
		RULE_MECHANISM_MATCH, 12},
	{"alike with a code of no scale", BYTES(HEAD CODES "code a\n" SCALE "match yes a\n" FORM),
		RULE_MECHANISM_MATCH, 8},
	{"alike with a position of two scales",
		BYTES(HEAD CODES "code a\n" SCALE "scale level least\npositions no a\nmatch no a\n" FORM),
		RULE_MECHANISM_MATCH, 10},
	{"alike before any scale", BYTES(HEAD CODES "match yes no\n" FORM), RULE_MECHANISM_ORDER, 5},
	{"a label of what is alike", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes some\nlabel en Same\n" FORM),
		RULE_MECHANISM_ORDER, 12},
	{"a scale after what is alike", BYTES(HEAD CODES OTHER_CODES SCALE OTHER_SCALE "match yes some\n" SCALE FORM),
		RULE_MECHANISM_ORDER, 12},

	{"a scale of two words", BYTES(HEAD CODES "scale my mood least\npositions no yes\n" FORM), RULE_MECHANISM_SCALE,
		5},
	{"a scale of no kind", BYTES(HEAD CODES "scale mood middle\npositions no yes\n" FORM), RULE_MECHANISM_SCALE, 5},
	{"a scale twice", BYTES(HEAD CODES SCALE SCALE FORM), RULE_MECHANISM_TWICE, 7},
	{"a scale without positions", BYTES(HEAD CODES "scale mood least\n" FORM), RULE_MECHANISM_SCALE, 5},
	{"a scale of one position", BYTES(HEAD CODES "scale mood least\npositions no\n" FORM), RULE_MECHANISM_SCALE, 5},
	{"a position that is no code", BYTES(HEAD CODES "scale mood least\npositions no maybe\n" FORM),
		RULE_MECHANISM_CODE, 6},
	{"a position twice in a scale", BYTES(HEAD CODES "scale mood least\npositions no no\n" FORM),
		RULE_MECHANISM_TWICE, 6},
	{"positions twice", BYTES(HEAD CODES SCALE "positions no yes\n" FORM), RULE_MECHANISM_TWICE, 7},
	{"positions without a scale", BYTES(HEAD CODES "positions no yes\n" FORM), RULE_MECHANISM_ORDER, 5},
	{"a code after a scale", BYTES(HEAD CODES SCALE "code a\n" FORM), RULE_MECHANISM_ORDER, 7},
	{"confirmed within no clock", BYTES(HEAD CODES SCALE "confirm a\n" FORM), RULE_MECHANISM_NO_CLOCK, 7},
	{"on a scale that is not there", BYTES(HEAD CODES SCALE FORM "opens yes\non level\n"), RULE_MECHANISM_SCALE, 9},
	{"on a scale, and opens nothing", BYTES(HEAD CODES SCALE FORM "on mood\n"), RULE_MECHANISM_ON, 8},
	{"a position on no scale", BYTES(HEAD CODES FORM "field position open code required\ncodes yes\n"),
		RULE_MECHANISM_SCALE, 7},
	{"a position of two scales",
		BYTES(HEAD CODES "code a\nscale mood least\npositions no yes\nscale level least\npositions no a\n"
		FORM "field position open code required\ncodes yes a\n"), RULE_MECHANISM_SCALE, 12},
	{"obliges nobody", BYTES(ASKS "oblige all a talk/say\n"), RULE_MECHANISM_OBLIGE, 11},
	{"obliges to nothing", BYTES(ASKS "oblige to a\n"), RULE_MECHANISM_OBLIGE, 11},
	{"obliges within no clock", BYTES(ASKS "oblige to b talk/say\n"), RULE_MECHANISM_NO_CLOCK, 11},
	{"obliges to bookkeeping", BYTES(ASKS "oblige to a record/received\n"), RULE_MECHANISM_ANSWERS, 11},
	{"obliges to what cannot answer", BYTES(ASKS "oblige to a talk/ask\n"), RULE_MECHANISM_OWED, 11},
	{"obliges to what is not there", BYTES(ASKS "oblige to a talk/no\n"), RULE_MECHANISM_OWED, 11},
	{"obliges within the clock of no field", BYTES(ASKS "oblige to @how talk/say\n"), RULE_MECHANISM_CLOCK_FIELD, 11},
	{"obliges within the clock of a field that may be left out", BYTES(ASKS "oblige to @how talk/say\n"
		"field how open code optional\ncodes yes\n"), RULE_MECHANISM_CLOCK_FIELD, 11},
	{"obliges within a code that is no clock", BYTES(ASKS "oblige to @how talk/say\n"
		"field how open code required\ncodes yes\n"), RULE_MECHANISM_CLOCK_FIELD, 11},
	{"when before oblige", BYTES(ASKS "when how yes\n"), RULE_MECHANISM_ORDER, 11},
	{"when twice", BYTES(ASKS "oblige to a talk/say\nwhen how yes\nwhen how no\n"), RULE_MECHANISM_TWICE, 13},
	{"when a field that is not there", BYTES(ASKS "oblige to a talk/say\nwhen how yes\n"), RULE_MECHANISM_WHEN,
		12},
	{"when a sealed field says so",
		BYTES(ASKS "oblige to a talk/say\nwhen how yes\nfield how sealed code required\ncodes yes\n"),
		RULE_MECHANISM_WHEN, 12},
	{"when a field says what it cannot",
		BYTES(ASKS "oblige to a talk/say\nwhen how no\nfield how open code required\ncodes yes\n"),
		RULE_MECHANISM_WHEN, 12},
	{"a promise without a time", BYTES(ASKS "form talk/will\nanswers talk/ask\npromise talk/say\n"),
		RULE_MECHANISM_UNTIL, 13},
	{"extends without a time", BYTES(ASKS "form talk/will\nanswers talk/ask\nextends yes\n"), RULE_MECHANISM_UNTIL,
		13},
	{"withdraws, and answers nothing", BYTES(HEAD FORM "withdraws yes\n"), RULE_MECHANISM_WITHDRAWS, 4},
	{"extends no", BYTES(HEAD FORM "extends no\n"), RULE_MECHANISM_YES, 4},
	{"commits twice", BYTES(HEAD FORM "commits yes\ncommits yes\n"), RULE_MECHANISM_TWICE, 5},
	{"commits to nothing", BYTES(HEAD FORM "opens yes\ncommits yes\n"), RULE_MECHANISM_EXCHANGE, 5},
	{"reveals without a salt",
		BYTES(HEAD "form talk/c\nopens yes\ncommits yes\nfield commitment open hash required\n"
		"form talk/r\nanswers talk/c\nreveals yes\nfield version open hash required\n"),
			RULE_MECHANISM_EXCHANGE, 9},
	{"every, while the parties stand so", BYTES(HEAD CLOCK CODES SCALE "form talk/ask\nopens yes\non mood\n"
		"form talk/say\nevery a\nwhile yes\n"), RULE_OK, 0},
	{"while, and nothing is owed", BYTES(HEAD CODES SCALE FORM "while yes\n"), RULE_MECHANISM_WHILE, 8},
	{"while, under the agreement", BYTES(HEAD CLOCK CODES SCALE FORM "opens yes\nevery a\nwhile yes\n"),
		RULE_MECHANISM_WHILE, 11},
	{"while, on no scale", BYTES(HEAD CLOCK CODES FORM "every a\nwhile yes\n"), RULE_MECHANISM_WHILE, 8},
	{"while something that is no code", BYTES(HEAD CLOCK CODES SCALE FORM "every a\nwhile much\n"),
		RULE_MECHANISM_CODE, 10},
	{"while twice", BYTES(HEAD CLOCK CODES SCALE FORM "every a\nwhile yes\nwhile no\n"), RULE_MECHANISM_TWICE, 11},
	{"commits alone", BYTES(HEAD "form talk/commit\nopens yes\ncommits alone\n"
		"field commitment open hash required\n"), RULE_OK, 0},
	{"commits alone, and not", BYTES(HEAD "form talk/commit\nopens yes\ncommits alone\ncommits yes\n"
		"field commitment open hash required\n"), RULE_MECHANISM_TWICE, 6},
	{"reveals alone", BYTES(HEAD FORM "reveals alone\n"), RULE_MECHANISM_YES, 4},
	{"proposes a version", BYTES(HEAD FORM "proposes yes\nfield version open hash required\n"), RULE_OK, 0},
	{"proposes no version", BYTES(HEAD FORM "proposes yes\n"), RULE_MECHANISM_PROPOSES, 4},
	{"proposes a version that may be left out",
		BYTES(HEAD FORM "proposes yes\nfield version open hash optional\n"), RULE_MECHANISM_PROPOSES, 4},
	{"proposes a sealed version", BYTES(HEAD FORM "proposes yes\nfield version sealed hash required\n"),
		RULE_MECHANISM_RESERVED, 5},
	{"proposes twice", BYTES(HEAD FORM "proposes yes\nproposes yes\n"), RULE_MECHANISM_TWICE, 5},
	{"proposes no", BYTES(HEAD FORM "proposes no\n"), RULE_MECHANISM_YES, 4},
	{"disowns", BYTES(HEAD "clock c 1h\n" FORM "disowns c\nfield disowns open place repeated\n"), RULE_OK, 0},
	{"disowns without naming", BYTES(HEAD "clock c 1h\n" FORM "disowns c\n"), RULE_MECHANISM_DISOWNS, 5},
	{"disowns in secret", BYTES(HEAD "clock c 1h\n" FORM "disowns c\nfield disowns sealed place repeated\n"),
		RULE_MECHANISM_DISOWNS, 5},
	{"disowns by no clock", BYTES(HEAD FORM "disowns c\nfield disowns open place repeated\n"),
		RULE_MECHANISM_NO_CLOCK, 4},
	{"disowns twice", BYTES(HEAD "clock c 1h\n" FORM "disowns c\ndisowns c\nfield disowns open place repeated\n"),
		RULE_MECHANISM_TWICE, 6},
	{"record that disowns", BYTES("detente mechanism v1\nname record\nclock c 1h\nform record/x\ndisowns c\n"),
		RULE_MECHANISM_RECORD, 5},
	{"record that proposes", BYTES("detente mechanism v1\nname record\nform record/x\nproposes yes\n"),
		RULE_MECHANISM_RECORD, 4},
	{"every unknown period", BYTES(HEAD FORM "opens yes\nevery a\n"), RULE_MECHANISM_NO_CLOCK, 5},
	{"record that obliges",
		BYTES("detente mechanism v1\nname record\nclock a 1h\nform record/x\noblige to a talk/say\n"),
		RULE_MECHANISM_RECORD, 5},
	{"record that has a scale",
		BYTES("detente mechanism v1\nname record\ncode a\ncode b\nscale s least\npositions a b\n"
			"form record/x\n"),
		RULE_MECHANISM_RECORD, 5},

	{"on twice", BYTES(HEAD CODES SCALE FORM "opens yes\non mood\non mood\n"), RULE_MECHANISM_TWICE, 10},
	{"confirm twice", BYTES(HEAD CLOCK CODES SCALE "confirm a\nconfirm a\n" FORM), RULE_MECHANISM_TWICE, 9},
	{"every twice", BYTES(HEAD CLOCK FORM "opens yes\nevery a\nevery a\n"), RULE_MECHANISM_TWICE, 7},
	{"promise twice", BYTES(ASKS "form talk/will\nanswers talk/ask\npromise talk/say\npromise talk/say\n"),
		RULE_MECHANISM_TWICE, 14},
	{"extends twice", BYTES(HEAD FORM "extends yes\nextends yes\n"), RULE_MECHANISM_TWICE, 5},
	{"withdraws twice", BYTES(HEAD FORM "withdraws yes\nwithdraws yes\n"), RULE_MECHANISM_TWICE, 5},
	{"reveals twice", BYTES(HEAD FORM "reveals yes\nreveals yes\n"), RULE_MECHANISM_TWICE, 5},
	{"withdraws no", BYTES(HEAD FORM "withdraws no\n"), RULE_MECHANISM_YES, 4},
	{"commits no", BYTES(HEAD FORM "commits no\n"), RULE_MECHANISM_YES, 4},
	{"reveals no", BYTES(HEAD FORM "reveals no\n"), RULE_MECHANISM_YES, 4},
	{"opens in two words", BYTES(HEAD FORM "opens yes please\n"), RULE_MECHANISM_YES, 4},
	{"owed twice", BYTES(ASKS "oblige to a talk/say talk/say\n"), RULE_MECHANISM_TWICE, 11},
	{"promised twice", BYTES(ASKS "form talk/will\nanswers talk/ask\npromise talk/say talk/say\n"),
		RULE_MECHANISM_TWICE, 13},
	{"a code twice in when", BYTES(ASKS "oblige to a talk/say\nwhen how yes yes\n"), RULE_MECHANISM_TWICE, 12},
	{"when of no codes", BYTES(ASKS "oblige to a talk/say\nwhen how\n"), RULE_MECHANISM_CODE, 12},
	{"when of a code that is not declared", BYTES(ASKS "oblige to a talk/say\nwhen how maybe\n"),
		RULE_MECHANISM_CODE, 12},
	{"when of a field that is no code",
		BYTES(ASKS "oblige to a talk/say\nwhen how yes\nfield how open number required\n"),
		RULE_MECHANISM_WHEN, 12},
	{"the second oblige is wrong", BYTES(ASKS "oblige to a talk/say\noblige circle a talk/ask\n"),
		RULE_MECHANISM_OWED, 12},
	{"two spaces after whom it obliges", BYTES(ASKS "oblige to  a talk/say\n"), RULE_MECHANISM_NO_CLOCK, 11},
	{"two spaces between what is owed", BYTES(ASKS "oblige to a talk/say  other/x\n"), RULE_MECHANISM_ANSWERS, 11},
	{"obliges to a word", BYTES(ASKS "oblige to a say\n"), RULE_MECHANISM_ANSWERS, 11},
	{"obliges within the clock of a sealed field",
		BYTES(ASKS "oblige to @how talk/say\nfield how sealed code required\ncodes yes\n"),
		RULE_MECHANISM_CLOCK_FIELD, 11},
	{"obliges within the clock of a field of text",
		BYTES(ASKS "oblige to @how talk/say\nfield how open line required\n"), RULE_MECHANISM_CLOCK_FIELD, 11},
	{"a promise of what is not there",
		BYTES(ASKS "form talk/will\nanswers talk/ask\npromise talk/no\nfield until open time required\n"),
		RULE_MECHANISM_OWED, 13},
	{"a promise of what cannot answer the same",
		BYTES(ASKS "form talk/will\nanswers talk/say\npromise talk/say\nfield until open time required\n"),
		RULE_MECHANISM_OWED, 13},
	{"a promise of another mechanism's",
		BYTES(ASKS "form talk/will\nanswers talk/ask\npromise other/x\nfield until open time required\n"),
		RULE_OK, 0},
	{"a promise that answers nothing",
		BYTES(HEAD FORM "opens yes\npromise talk/say\nfield until open time required\n"),
		RULE_MECHANISM_UNTIL, 5},
	{"extends, and answers nothing", BYTES(HEAD FORM "extends yes\nfield until open time required\n"),
		RULE_MECHANISM_UNTIL, 4},
	{"commits to what may be left out", BYTES(HEAD FORM "commits yes\nfield commitment open hash optional\n"),
		RULE_MECHANISM_EXCHANGE, 4},
	{"reveals, and answers nothing", BYTES(HEAD FORM "reveals yes\nfield version open hash required\n"
		"field salt open hash required\n"), RULE_MECHANISM_EXCHANGE, 4},
	{"a sealed commitment", BYTES(HEAD FORM "field commitment sealed hash required\n"), RULE_MECHANISM_RESERVED, 4},
	{"a salt that is a number", BYTES(HEAD FORM "field salt open number required\n"), RULE_MECHANISM_RESERVED, 4},
	{"a circle of desks", BYTES(HEAD FORM "field circle open desk repeated\n"), RULE_MECHANISM_RESERVED, 4},
	{"a position of no scale, its codes labelled",
		BYTES(HEAD CODES FORM "field position open code required\nlabel en A\ncodes yes\n"),
		RULE_MECHANISM_SCALE, 8},
	{"oblige after a field", BYTES(ASKS "field how open line required\noblige to a talk/say\n"),
		RULE_MECHANISM_ORDER, 12},
	{"oblige before a form", BYTES(HEAD CLOCK "oblige to a talk/say\n" FORM), RULE_MECHANISM_ORDER, 4},
	{"confirm in a form", BYTES(HEAD CLOCK CODES SCALE FORM "confirm a\n"), RULE_MECHANISM_ORDER, 9},
	{"a second name", BYTES(HEAD FORM "name talk\n"), RULE_MECHANISM_ORDER, 4},
	{"a label of an obligation", BYTES(ASKS "oblige to a talk/say\nlabel en A\n"), RULE_MECHANISM_ORDER, 12},
	{"a label of 200 bytes", BYTES(HEAD "label en " TEXT_200 "\n" FORM), RULE_OK, 0},
	{"a label of 201 bytes", BYTES(HEAD "label en " TEXT_200 "x\n" FORM), RULE_MECHANISM_LABEL, 3},
	{"a label with a space at the end", BYTES(HEAD "label en Talk \n" FORM), RULE_MECHANISM_LABEL, 3},
	{"an escape that is none", BYTES(HEAD "label en a\\tb\n" FORM), RULE_ESCAPE, 3},
	{"record with a period", BYTES("detente mechanism v1\nname record\nclock a 1h\nform record/x\nevery a\n"),
		RULE_MECHANISM_RECORD, 5},
};

static void check_files(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct mechanism *mechanism = NULL;
		struct fault fault = {0};
		enum rule rule = mechanism_read(&mechanism, files[i].text, &fault);
		bool good = rule == files[i].rule && fault.rule == rule && fault.line == files[i].line &&
			(mechanism != NULL) == (rule == RULE_OK);
		test_check(good, "%s (%s, line %u)", files[i].name, rule_name(rule), (unsigned)fault.line);
		mechanism_free(mechanism);
	}
}

/* What a file is refused by, each rule of it, stands in the table or, for what is too large, in check_limits(). */
static void check_every_rule(void)
{
	for (int rule = RULE_MECHANISM_SIZE; rule <= RULE_MECHANISM_RECORD; rule++) {
		bool met = rule == RULE_MECHANISM_SIZE || rule == RULE_MECHANISM_MANY;
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			met = met || (int)files[i].rule == rule;
		test_check(met, "%s is broken by a file above", rule_name((enum rule)rule));
	}
}

/* A list of `count` things, each written by `each` with its number. */
static enum rule read_many(const char *before, const char *each, unsigned count, const char *after)
{
	struct buffer text = {0};
	struct mechanism *mechanism = NULL;
	buffer_string(&text, before);
	for (unsigned i = 0; i < count; i++) {
		for (const char *at = each; *at != '\0'; at++)
			if (*at == '#')
				buffer_format(&text, "%c%c", (char)('a' + i / 26), (char)('a' + i % 26));
			else
				buffer_u8(&text, (uint8_t)*at);
	}
	buffer_string(&text, after);
	enum rule rule = mechanism_read(&mechanism, buffer_bytes(&text), NULL);
	mechanism_free(mechanism);
	buffer_free(&text);
	return rule;
}

static void check_limits(void)
{
	static const struct {
		const char *name, *before, *each, *after;
		unsigned most;
	} lists[] = {
		{"forms", HEAD, "form talk/#\n", "", FORMS_MAX},
		{"fields", HEAD FORM, "field f# open text required\n", "", FORM_FIELDS_MAX},
		{"codes", HEAD, "code #\n", FORM, MECHANISM_CODES_MAX},
		{"clocks", HEAD, "clock # 1h\n", FORM, MECHANISM_CLOCKS_MAX},
		{"answers", HEAD FORM "answers other/x", " other/#", "\n", FORM_ANSWERS_MAX - 1},
		{"readers", HEAD, "reviewed # X\n", FORM, FORM_LABELS_MAX},
		{"labels", HEAD, "label # X\n", FORM, FORM_LABELS_MAX},
		{"scales", HEAD CODES, "scale # least\npositions no yes\n", FORM, MECHANISM_SCALES_MAX},
		{"matches", HEAD CODES OTHER_CODES SCALE OTHER_SCALE, "match yes some\n", FORM,
			MECHANISM_MATCHES_MAX},
		{"obliges", ASKS, "oblige to a other/#\n", "", FORM_OBLIGES_MAX},
	};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		enum rule most = read_many(lists[i].before, lists[i].each, lists[i].most, lists[i].after);
		enum rule more = read_many(lists[i].before, lists[i].each, lists[i].most + 1, lists[i].after);
		test_check(most == RULE_OK && more == RULE_MECHANISM_MANY,
			"as many %s as may be, and one more (%s, %s)",
			lists[i].name, rule_name(most), rule_name(more));
	}
	struct buffer text = {0};
	buffer_string(&text, HEAD);
	for (unsigned i = 0; i < FORM_CODES_MAX + 1; i++)
		buffer_format(&text, "code c%u\n", i);
	buffer_string(&text, FORM "field a open code required\ncodes");
	for (unsigned i = 0; i < FORM_CODES_MAX; i++)
		buffer_format(&text, " c%u", i);
	size_t before = text.size;
	struct mechanism *mechanism = NULL;
	buffer_string(&text, "\n");
	test_check(mechanism_read(&mechanism, buffer_bytes(&text), NULL) == RULE_OK, "64 codes of a field");
	mechanism_free(mechanism);
	buffer_cut(&text, before);
	buffer_format(&text, " c%u\n", FORM_CODES_MAX);
	test_check(mechanism_read(&mechanism, buffer_bytes(&text), NULL) == RULE_MECHANISM_MANY, "65 codes of a field");
	buffer_free(&text);

	static char file[MECHANISM_MAX + 1] = HEAD FORM;
	memset(file + sizeof(HEAD FORM) - 1, '\n', sizeof(file) - sizeof(HEAD FORM) + 1);
	test_check(mechanism_read(&mechanism, bytes_of(file, MECHANISM_MAX), NULL) == RULE_OK, "262,144 bytes");
	mechanism_free(mechanism);
	test_check(mechanism_read(&mechanism, bytes_of(file, sizeof(file)), NULL) == RULE_MECHANISM_SIZE,
		"262,145 bytes");
}

static void check_matches(void)
{
	struct mechanism *mechanism = NULL;
	struct bytes to[FORM_CODES_MAX];
	enum rule rule = mechanism_read(&mechanism, BYTES(HEAD CODES OTHER_CODES "code most\n" SCALE
		"scale amount greatest\npositions none some most\nmatch yes most\nmatch yes some\n" FORM), NULL);
	if (!test_check(rule == RULE_OK, "scales that are compared"))
		return;
	const struct mechanism_scale *mood = mechanism_scale(mechanism, BYTES("mood"));
	const struct mechanism_scale *amount = mechanism_scale(mechanism, BYTES("amount"));
	test_check(scale_matches(mechanism, amount, BYTES("yes"), to) == 2 && bytes_is(to[0], "some") &&
		bytes_is(to[1], "most"), "what is alike, in the order of its scale");
	test_check(scale_matches(mechanism, mood, BYTES("some"), to) == 1 && bytes_is(to[0], "yes") &&
		scale_matches(mechanism, mood, BYTES("most"), to) == 1, "and back: none is the measure");
	test_check(scale_matches(mechanism, amount, BYTES("some"), to) == 1 && bytes_is(to[0], "some"),
		"of its own scale it alone");
	test_check(scale_matches(mechanism, amount, BYTES("no"), to) == 0, "what nothing is alike with");
	mechanism_free(mechanism);
}

static void check_content(void)
{
	static const char text[] = HEAD "survives yes\nlabel en Talk\nlabel zh \xe8\xb0\x88\nclock a 15m\n"
		"code yes\nlabel en Yes\n"
		FORM "label zh \xe8\xaf\xb4\nopens yes\nanswers talk/say other/x\nrefuses yes\n"
		"field how open code repeated\ncodes yes\nlabel en How\n"
		"field text sealed text optional 100\nfield at.x open line required\n";
	char file[sizeof(text)];
	memcpy(file, text, sizeof(text));
	struct mechanism *mechanism = NULL;
	enum rule rule = mechanism_read(&mechanism, bytes_of(file, sizeof(file) - 1), NULL);
	memset(file, 0, sizeof(file)); /* it has its own copy */
	if (!test_check(rule == RULE_OK, "a file with everything"))
		return;
	uint8_t digest[SHA256_SIZE];
	sha256(bytes_string(text), digest);
	test_check(memcmp(digest, mechanism->digest, sizeof(digest)) == 0 && bytes_is(mechanism->file, text),
		"its digest and bytes");
	test_check(bytes_is(mechanism->name, "talk") && mechanism->survives, "its head");
	test_check(mechanism->clock_count == 1 && mechanism->clocks[0].seconds == 900, "its clock");
	const struct form *form = mechanism_form(mechanism, BYTES("talk/say"));
	test_check(form != NULL && mechanism_form(mechanism, BYTES("talk/sa")) == NULL, "a form by its name");
	test_check(form->opens && form->answer_count == 2 && bytes_is(form->answers[1], "other/x"),
		"what it opens and answers");
	test_check(form->refuses, "that it refuses");
	const struct form_field *how = form_field(form, BYTES("how")), *body = form_field(form, BYTES("text"));
	test_check(form->field_count == 3 && how->type == FIELD_CODE && how->presence == FIELD_REPEATED &&
		!how->sealed &&
		how->code_count == 1 && bytes_is(how->codes[0], "yes"), "an open field with its codes");
	test_check(body->sealed && body->type == FIELD_TEXT && body->presence == FIELD_OPTIONAL && body->max == 100,
		"a sealed field with its size");
	test_check(form_field(form, BYTES("at.x"))->max == FIELD_MAX_DEFAULT, "the size that is not said");
	const struct mechanism_code *yes = mechanism_code(mechanism, BYTES("yes"));
	test_check(yes != NULL && bytes_is(form_label(yes->labels, yes->label_count, BYTES("fr"), BYTES("?")), "Yes"),
		"English where the language is missing");
	test_check(bytes_is(form_label(mechanism->labels, 2, BYTES("zh-Hans-CN"), BYTES("?")), "\xe8\xb0\x88"),
		"a shorter tag of the language");
	test_check(bytes_is(form_label(form->labels, form->label_count, BYTES("ru"), form->name), "talk/say"),
		"the name itself where even English is missing");
	test_check(strcmp(field_type_name(FIELD_CHECKPOINT), "checkpoint") == 0, "a type as it is spelled");
	mechanism_free(mechanism);
}

int main(void)
{
	test_start();
	check_files();
	check_every_rule();
	check_limits();
	check_matches();
	check_content();
	return test_end();
}

/*
 * Judgement: a story of three parties told as a table, each entry with its verdict; judged in many orders of arrival,
 * with restarts, every order comes to the same. Then what waits, and what the table cannot say.
 */
#include "judge.h"

#include "test.h"
#include "world.h"

enum { A, B, C };

#define EIGHT(x) x x x x x x x x
#define HEX(x) EIGHT(EIGHT(x))

static const char treaty[] =
	"detente mechanism v1\nname treaty\ncode no\ncode yes\nscale stand least\npositions no yes\n"
	"form treaty/open\nopens yes\non stand\nfield circle open party repeated\nfield version open hash optional\n"
	"field position open code optional\ncodes no yes\n"
	"form treaty/draft\nopens yes\non stand\nproposes yes\nfield version open hash required\n"
	"field position open code optional\ncodes no yes\n"
	"form treaty/text\nproposes yes\nfield version open hash required\nfield position open code optional\n"
	"codes no yes\n"
	"form treaty/stand\nfield version open hash optional\nfield position open code required\ncodes no yes\n"
	"form treaty/commit\ncommits yes\nfield commitment open hash required\n"
	"form treaty/reveal\nanswers treaty/commit\nreveals yes\nfield version open hash required\n"
	"field salt open hash required\n"
	"form treaty/reply\nanswers treaty/open treaty/reply\n";

enum trick { HONEST, FORGED, OTHER_ROOT, COPY_OF_LAST, OTHER_AGREEMENT, CUT_SHORT, ORIGIN_TWICE, STRANGE_ORIGIN,
	OWN_ORIGIN };

struct say {
	const char *name;
	const char *from, *form;
	const char *matter; /* NULL in bookkeeping */
	const char *re, *to;
	uint64_t seen[WORLD_PARTIES];
	int at; /* seconds of the story */
	const char *fields[3]; /* "key value"; "@key NAME BY LOG SIZE": LOG's checkpoint under NAME, cosigned by BY */
	enum trick trick;
	enum rule rule;
};

/* In an order in which everything that an entry names stands above it. */
static const struct say story[] = {
	/* forms and desks: void, and nothing of it counts */
	{"opens", "a.example/duty", "talk/open", "new", NULL, "b.example/duty",
		{0, 0, 0}, 10, {"word hello"}, HONEST, RULE_OK}, /* a0 */
	{"a forged signature", "b.example/duty", "talk/open", "new", NULL, "a.example/duty",
		{1, 0, 0}, 10, {"word no"}, FORGED, RULE_SIGNATURE}, /* b0 */
	{"a note cut short", "b.example/duty", "talk/open", "new", NULL, "a.example/duty",
		{1, 0, 0}, 10, {"word no"}, CUT_SHORT, RULE_NOTE_FORM}, /* b1 */
	{"another agreement's", "b.example/duty", "talk/open", "new", NULL, "a.example/duty",
		{1, 0, 0}, 10, {"word no"}, OTHER_AGREEMENT, RULE_JUDGE_AGREEMENT}, /* b2 */
	{"from an unknown desk", "b.example/press", "talk/open", "new", NULL, "a.example/duty",
		{1, 0, 0}, 10, {"word no"}, HONEST, RULE_JUDGE_DESK}, /* b3 */
	/* that none of these moved b's clock or `seen` shows here: earlier, and naming nothing */
	{"answers before it has seen", "b.example/duty", "talk/reply", "a.example/0", "a.example/0", "a.example/duty",
		{0, 0, 0}, 5, {"word hi"}, HONEST, RULE_JUDGE_PAST}, /* b4 */
	{"answers", "b.example/duty", "talk/reply", "a.example/0", "a.example/0", "a.example/duty",
		{1, 0, 0}, 11, {"word hi"}, HONEST, RULE_OK}, /* b5 */
	/* the log's own clock */
	{"goes back in time", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{1, 0, 0}, 10, {"word no"}, HONEST, RULE_JUDGE_CLOCK}, /* b6 */
	{"the same second", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{1, 0, 0}, 11, {"word yes"}, HONEST, RULE_OK}, /* b7 */
	{"a copy", "b.example/duty", "", NULL, NULL, NULL,
		{0, 0, 0}, 0, {NULL}, COPY_OF_LAST, RULE_JUDGE_REPEATED}, /* b8 */
	/* seen */
	{"forgets what it saw", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{0, 0, 0}, 12, {"word no"}, HONEST, RULE_JUDGE_SEEN_BACK}, /* b9 */
	{"sees b's answer", "a.example/duty", "talk/reply", "a.example/0", "b.example/5",
		"b.example/duty", {0, 6, 0}, 20, {"word ok"}, HONEST, RULE_OK}, /* a1 */
	{"a's node stores b's log", "a.example/node", "record/received", NULL, NULL, NULL,
		{0, 9, 0}, 20, {"@stored origin1 0 1 9"}, HONEST, RULE_OK}, /* a2 */
	{"sees less", "a.example/duty", "talk/remark", "a.example/0", NULL, "b.example/duty",
		{0, 8, 0}, 21, {"word no"}, HONEST, RULE_JUDGE_SEEN_BACK}, /* a3 */
	{"the same size, another root", "a.example/duty", "talk/remark", "a.example/0", NULL, "b.example/duty",
		{0, 9, 0}, 21, {"word no"}, OTHER_ROOT, RULE_JUDGE_SEEN_ROOT}, /* a4 */
	{"names a log twice", "a.example/duty", "talk/remark", "a.example/0", NULL, "b.example/duty",
		{0, 9, 0}, 21, {"word no"}, ORIGIN_TWICE, RULE_JUDGE_SEEN_LOG}, /* a5 */
	{"names a stranger's log", "a.example/duty", "talk/remark", "a.example/0", NULL, "b.example/duty",
		{0, 9, 0}, 21, {"word no"}, STRANGE_ORIGIN, RULE_JUDGE_SEEN_LOG}, /* a6 */
	{"names its own log", "a.example/duty", "talk/remark", "a.example/0", NULL, "b.example/duty",
		{0, 9, 0}, 21, {"word no"}, OWN_ORIGIN, RULE_ENTRY_SEEN}, /* a7 */
	/* meaning: void, but it counts: b's `seen` moves to a's 3 entries */
	{"an unknown form", "b.example/duty", "talk/sing", "a.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 30, {"word la"}, HONEST, RULE_JUDGE_FORM}, /* b10 */
	{"forgets it again", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{2, 0, 0}, 30, {"word no"}, HONEST, RULE_JUDGE_SEEN_BACK}, /* b11 */
	{"to an unknown desk", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/press",
		{3, 0, 0}, 30, {"word la"}, HONEST, RULE_JUDGE_TO}, /* b12 */
	{"to a node", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/node",
		{3, 0, 0}, 30, {"word la"}, HONEST, RULE_JUDGE_TO}, /* b13 */
	{"to another desk of its own", "b.example/duty", "talk/remark", "a.example/0", NULL, "b.example/cert",
		{3, 0, 0}, 30, {"word la"}, HONEST, RULE_OK}, /* b14 */
	{"a missing field", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 31, {NULL}, HONEST, RULE_FORM_MISSING}, /* b15 */
	{"a value too long", "b.example/duty", "talk/remark", "a.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 31, {"word 123456789012345678901"}, HONEST, RULE_FIELD_LENGTH}, /* b16 */
	{"opens by a form that may not", "b.example/duty", "talk/remark", "new", NULL, "a.example/duty",
		{3, 0, 0}, 31, {"word la"}, HONEST, RULE_FORM_OPENS}, /* b17 */
	{"nothing sealed", "b.example/duty", "talk/secret", "new", NULL, "a.example/duty",
		{3, 0, 0}, 31, {NULL}, HONEST, RULE_FORM_SEALED}, /* b18 */
	{"answers nothing", "b.example/duty", "talk/reply", "a.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 31, {NULL}, HONEST, RULE_FORM_ANSWERS}, /* b19 */
	/* references */
	{"a matter of its own future", "b.example/duty", "talk/remark", "b.example/20", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_PAST}, /* b20 */
	{"a matter beyond `seen`", "b.example/duty", "talk/remark", "a.example/3", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_PAST}, /* b21 */
	{"a stranger's matter", "b.example/duty", "talk/remark", "d.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_PAST}, /* b22 */
	{"a matter that is void", "b.example/duty", "talk/remark", "b.example/0", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_REFERS_VOID}, /* b23 */
	{"a matter that opened nothing", "b.example/duty", "talk/remark", "a.example/1", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_MATTER}, /* b24 */
	{"bookkeeping for a matter", "b.example/duty", "talk/remark", "a.example/2", NULL, "a.example/duty",
		{3, 0, 0}, 32, {"word x"}, HONEST, RULE_JUDGE_MATTER}, /* b25 */
	{"opens a second matter", "b.example/duty", "talk/open", "new", NULL, "c.example/duty",
		{3, 0, 0}, 33, {"word two", "tone low"}, HONEST, RULE_OK}, /* b26 */
	{"a form that it may not answer", "b.example/duty", "talk/reply", "a.example/0", "b.example/7",
		"a.example/duty", {3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_RE_FORM}, /* b27 */
	{"an answer in another matter", "b.example/duty", "talk/reply", "b.example/26", "a.example/1", "a.example/duty",
		{3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_RE_MATTER}, /* b28 */
	{"an opening answered in another matter", "b.example/duty", "talk/reply", "b.example/26", "a.example/0",
		"a.example/duty", {3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_RE_MATTER}, /* b29 */
	{"answers a void entry", "b.example/duty", "talk/reply", "a.example/0", "b.example/4", "a.example/duty",
		{3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_REFERS_VOID}, /* b30 */
	{"answers bookkeeping", "b.example/duty", "talk/reply", "a.example/0", "a.example/2", "a.example/duty",
		{3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_RE_FORM}, /* b31 */
	{"answers beyond `seen`", "b.example/duty", "talk/reply", "a.example/0", "a.example/3", "a.example/duty",
		{3, 0, 0}, 33, {NULL}, HONEST, RULE_JUDGE_PAST}, /* b32 */
	{"a place in the past", "b.example/duty", "talk/reply", "a.example/0", "a.example/1", "a.example/duty",
		{3, 0, 0}, 33, {"word see", "about a.example/2", "about b.example/0"}, HONEST, RULE_OK}, /* b33 */
	{"a place beyond `seen`", "b.example/duty", "talk/reply", "a.example/0", "a.example/1", "a.example/duty",
		{3, 0, 0}, 33, {"word see", "about a.example/2", "about a.example/3"}, HONEST, RULE_JUDGE_PAST},
		/* b34 */
	/* the third party: what it says hangs on both others */
	{"c answers b, having seen a's part", "c.example/duty", "talk/reply", "b.example/26", "b.example/26",
		"b.example/duty", {8, 35, 0}, 40, {"word aye"}, HONEST, RULE_OK}, /* c0 */
	{"c's node stores both", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin0 2 0 8", "@stored origin1 2 1 35"}, HONEST, RULE_OK}, /* c1 */
	{"in the wrong order", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin1 2 1 35", "@stored origin0 2 0 8"}, HONEST, RULE_JUDGE_COSIGNED_LOG},
		/* c2 */
	{"one log twice", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin1 2 1 34", "@stored origin1 2 1 35"}, HONEST, RULE_JUDGE_COSIGNED_LOG},
		/* c3 */
	{"stores its own log", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin2 2 2 1"}, HONEST, RULE_JUDGE_COSIGNED_LOG}, /* c4 */
	{"stores a log under a party's name", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored a.example 2 0 8"}, HONEST, RULE_JUDGE_COSIGNED_LOG}, /* c5 */
	{"quotes another party's mirror as its own", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin0 1 0 8"}, HONEST, RULE_JUDGE_COSIGNATURE}, /* c6 */
	{"a cosignature of another log", "c.example/node", "record/received", NULL, NULL, NULL,
		{8, 35, 0}, 41, {"@stored origin0 2 1 8"}, HONEST, RULE_JUDGE_COSIGNATURE}, /* c7 */
	{"b's node quotes c's receipt", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt c.example 2 1 35"}, HONEST, RULE_OK}, /* b35 */
	{"both receipts", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt a.example 0 1 9", "@receipt c.example 2 1 35"}, HONEST, RULE_OK}, /* b36 */
	{"receipts in the wrong order", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt c.example 2 1 35", "@receipt a.example 0 1 9"}, HONEST,
		RULE_JUDGE_COSIGNED_LOG}, /* b37 */
	{"its own receipt", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt b.example 1 1 9"}, HONEST, RULE_JUDGE_COSIGNED_LOG}, /* b38 */
	{"a receipt under another's name", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt c.example 0 1 9"}, HONEST, RULE_JUDGE_COSIGNATURE}, /* b39 */
	{"a receipt for another log", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt c.example 2 0 8"}, HONEST, RULE_JUDGE_COSIGNATURE}, /* b40 */
	{"a receipt by an origin", "b.example/node", "record/receipt", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"@receipt origin2 2 1 35"}, HONEST, RULE_JUDGE_COSIGNED_LOG}, /* b41 */
	{"reports what it cannot read", "b.example/node", "record/unreadable", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"place c.example/1", "cause key"}, HONEST, RULE_OK}, /* b42 */
	{"reports what it has not seen", "b.example/node", "record/unreadable", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"place c.example/2", "cause key"}, HONEST, RULE_JUDGE_PAST}, /* b43 */
	{"a desk keeps no books", "b.example/duty", "record/unreadable", NULL, NULL, NULL,
		{3, 0, 2}, 50, {"place c.example/1", "cause key"}, HONEST, RULE_ENTRY_BOOKKEEPING}, /* b44 */
	{"a opens again, having seen both", "a.example/cert", "talk/test", "new", NULL, "c.example/cert",
		{0, 40, 8}, 60, {NULL}, HONEST, RULE_OK}, /* a8 */
	{"c answers that", "c.example/cert", "talk/test", "a.example/8", "a.example/8", "a.example/cert",
		{9, 45, 0}, 61, {NULL}, HONEST, RULE_OK}, /* c8 */
	{"what came before cannot be undone", "a.example/cert", "talk/open", "new", NULL, "b.example/duty",
		{0, 45, 9}, 59, {"word x"}, HONEST, RULE_JUDGE_CLOCK}, /* a9 */
	/* whom an entry is to, and who is in the circle of its matter, are two things */
	{"opens to c, with a and b in the circle", "a.example/duty", "treaty/open", "new", NULL, "c.example/duty",
		{0, 45, 9}, 70, {"circle b.example"}, HONEST, RULE_OK}, /* a10 */
	{"a position on the matter itself", "b.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 71, {"position yes"}, HONEST, RULE_OK}, /* b45 */
	{"on a version that nobody proposed", "b.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 71, {"version " HEX("1"), "position yes"}, HONEST, RULE_JUDGE_VERSION}, /* b46 */
	{"on zeros, which are the matter", "b.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 71, {"version " HEX("0"), "position no"}, HONEST, RULE_OK}, /* b47 */
	{"answers as one addressed, from outside", "c.example/duty", "treaty/reply", "a.example/10", "a.example/10",
		"a.example/duty", {11, 45, 0}, 72, {NULL}, HONEST, RULE_OK}, /* c9 */
	{"a position from outside the circle", "c.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 45, 0}, 72, {"position yes"}, HONEST, RULE_JUDGE_CIRCLE}, /* c10 */
	{"a commitment from outside the circle", "c.example/duty", "treaty/commit", "a.example/10", NULL,
		"a.example/duty", {11, 45, 0}, 72, {"commitment " HEX("5")}, HONEST, RULE_JUDGE_CIRCLE}, /* c11 */
	{"proposes from outside the circle", "c.example/duty", "treaty/text", "a.example/10", NULL, "a.example/duty",
		{11, 45, 0}, 72, {"version " HEX("1")}, HONEST, RULE_OK}, /* c12 */
	{"proposes another", "c.example/duty", "treaty/text", "a.example/10", NULL, "a.example/duty",
		{11, 45, 0}, 72, {"version " HEX("2")}, HONEST, RULE_OK}, /* c13 */
	{"on a version that another proposed", "a.example/duty", "treaty/stand", "a.example/10", NULL, "b.example/duty",
		{0, 48, 13}, 73, {"version " HEX("1"), "position yes"}, HONEST, RULE_OK}, /* a11 */
	{"on one that is proposed beyond `seen`", "a.example/duty", "treaty/stand", "a.example/10", NULL,
		"b.example/duty", {0, 48, 13}, 73, {"version " HEX("2"), "position yes"}, HONEST, RULE_JUDGE_VERSION},
		/* a12 */
	{"commits", "a.example/duty", "treaty/commit", "a.example/10", NULL, "c.example/duty",
		{0, 48, 13}, 73, {"commitment " HEX("5")}, HONEST, RULE_OK}, /* a13 */
	{"reveals from outside the circle", "c.example/duty", "treaty/reveal", "a.example/10", "a.example/13",
		"a.example/duty", {14, 45, 0}, 74, {"version " HEX("1"), "salt " HEX("2")}, HONEST, RULE_JUDGE_CIRCLE},
		/* c14 */
	{"on a version that it has not seen proposed", "b.example/duty", "treaty/stand", "a.example/10", NULL,
		"a.example/duty", {11, 0, 2}, 74, {"version " HEX("1"), "position yes"}, HONEST, RULE_JUDGE_VERSION},
		/* b48 */
	{"proposes it as well", "b.example/duty", "treaty/text", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 74, {"version " HEX("1")}, HONEST, RULE_OK}, /* b49 */
	{"on what it proposed itself", "b.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 75, {"version " HEX("1"), "position yes"}, HONEST, RULE_OK}, /* b50 */
	{"proposes, and says where it stands", "b.example/duty", "treaty/text", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 75, {"version " HEX("3"), "position yes"}, HONEST, RULE_OK}, /* b51 */
	{"a proposal that is void", "b.example/duty", "treaty/text", "a.example/10", NULL, "a.example/press",
		{11, 0, 2}, 75, {"version " HEX("4")}, HONEST, RULE_JUDGE_TO}, /* b52 */
	{"on what a void entry proposed", "b.example/duty", "treaty/stand", "a.example/10", NULL, "a.example/duty",
		{11, 0, 2}, 75, {"version " HEX("4"), "position yes"}, HONEST, RULE_JUDGE_VERSION}, /* b53 */
	{"answers as one of the circle", "b.example/duty", "treaty/reply", "a.example/10", "a.example/10",
		"a.example/duty", {11, 0, 2}, 75, {NULL}, HONEST, RULE_OK}, /* b54 */
	{"opens with a draft", "a.example/duty", "treaty/draft", "new", NULL, "b.example/duty",
		{0, 48, 14}, 75, {"version " HEX("1"), "position yes"}, HONEST, RULE_OK}, /* a14 */
	{"on the version of the opening", "a.example/duty", "treaty/stand", "a.example/14", NULL, "b.example/duty",
		{0, 48, 14}, 75, {"version " HEX("1"), "position no"}, HONEST, RULE_OK}, /* a15 */
	{"on one that is proposed in another matter", "a.example/duty", "treaty/stand", "a.example/14", NULL,
		"b.example/duty", {0, 48, 14}, 75, {"version " HEX("2"), "position no"}, HONEST, RULE_JUDGE_VERSION},
		/* a16 */
	{"opens, with a word on what nobody proposed", "a.example/duty", "treaty/open", "new", NULL, "b.example/duty",
		{0, 48, 14}, 75, {"version " HEX("1"), "position no"}, HONEST, RULE_JUDGE_VERSION}, /* a17 */
	/* answers to what others are asked */
	{"answers a matter of a's and b's", "c.example/duty", "talk/reply", "a.example/0", "a.example/0",
		"a.example/duty", {14, 45, 0}, 76, {NULL}, HONEST, RULE_JUDGE_RE_PARTY}, /* c15 */
	{"answers b's answer to a", "c.example/duty", "talk/reply", "a.example/0", "b.example/33", "a.example/duty",
		{14, 45, 0}, 76, {NULL}, HONEST, RULE_JUDGE_RE_PARTY}, /* c16 */
	{"b brings c in", "b.example/duty", "talk/reply", "a.example/0", "a.example/0", "c.example/duty",
		{11, 0, 2}, 77, {"word well"}, HONEST, RULE_OK}, /* b55 */
	{"which c may answer", "c.example/duty", "talk/reply", "a.example/0", "b.example/55", "b.example/duty",
		{14, 56, 0}, 78, {"word aye"}, HONEST, RULE_OK}, /* c17 */
	{"and then itself", "c.example/duty", "talk/reply", "a.example/0", "c.example/17", "b.example/duty",
		{14, 56, 0}, 78, {"word or no"}, HONEST, RULE_OK}, /* c18 */
	{"but still not a", "c.example/duty", "talk/reply", "a.example/0", "a.example/0", "b.example/duty",
		{14, 56, 0}, 78, {"word never"}, HONEST, RULE_JUDGE_RE_PARTY}, /* c19 */
	{"a circle with somebody who is no party", "c.example/duty", "treaty/open", "new", NULL, "b.example/duty",
		{14, 56, 0}, 78, {"circle z.example"}, HONEST, RULE_JUDGE_CIRCLE_PARTY}, /* c20 */
};

#define STORY (sizeof(story) / sizeof(story[0]))
#define LOG_MAX 64
#define OPENINGS 70000 /* of a day, by the agreement: more than one second has room for */

struct log {
	size_t count;
	struct buffer notes[LOG_MAX];
	struct hash leaves[LOG_MAX], roots[LOG_MAX + 1];
	struct tree_frontier tree;
	enum rule expected[LOG_MAX];
	const char *names[LOG_MAX];
};

static struct world world;
static struct log logs[WORLD_PARTIES];

/* ---- telling ---- */

static void add_note(size_t party, struct bytes note, enum rule rule, const char *name)
{
	struct log *log = &logs[party];
	world_must(log->count < LOG_MAX, "a longer log");
	if (log->count == 0)
		tree_empty_root(&log->roots[0]);
	buffer_add(&log->notes[log->count], note);
	tree_leaf_hash(note, &log->leaves[log->count]);
	tree_append(&log->tree, &log->leaves[log->count]);
	log->expected[log->count] = rule;
	log->names[log->count] = name;
	log->count++;
	tree_root(&log->tree, &log->roots[log->count]);
}

static void write_field(struct buffer *to, const char *field)
{
	char key[32], who[32];
	size_t by, log;
	unsigned long long size;
	if (field[0] != '@') {
		buffer_format(to, "%s\n", field);
		return;
	}
	world_must(sscanf(field, "@%31s %31s %zu %zu %llu", key, who, &by, &log, &size) == 5, "a field");
	const char *name = strncmp(who, "origin", 6) == 0 ? terms_origin(world.terms, (size_t)(who[6] - '0')) : who;
	struct checkpoint checkpoint = {bytes_string(terms_origin(world.terms, log)), size, {0}};
	memcpy(checkpoint.root, logs[log].roots[size].bytes, SHA256_SIZE);
	buffer_format(to, "%s ", key);
	world_cosigned(to, &world, name, by, &checkpoint);
	buffer_string(to, "\n");
}

static void write_seen(struct buffer *to, const struct say *say, size_t party)
{
	for (size_t i = 0; i < WORLD_PARTIES; i++) {
		struct hash root = logs[i].roots[say->seen[i]];
		if (say->seen[i] == 0)
			continue;
		if (say->trick == OTHER_ROOT)
			root.bytes[0] ^= 1;
		if (say->trick == OWN_ORIGIN)
			buffer_format(to, "seen %s 1 ", terms_origin(world.terms, party));
		else
			buffer_format(to, "seen %s %llu ", terms_origin(world.terms, i),
				(unsigned long long)say->seen[i]);
		text_base64(to, bytes_of(root.bytes, SHA256_SIZE), true);
		buffer_string(to, "\n");
		if (say->trick != ORIGIN_TWICE && say->trick != STRANGE_ORIGIN)
			continue;
		/* one size more, so that the lines ascend; or a party that sorts after all of them */
		if (say->trick == ORIGIN_TWICE)
			buffer_format(to, "seen %s 99 ", terms_origin(world.terms, i));
		else
			buffer_string(to, "seen z.example/0123456789abcdef 1 ");
		text_base64(to, bytes_of(root.bytes, SHA256_SIZE), true);
		buffer_string(to, "\n");
	}
}

/* The entry's text, written by hand: many of them are such as entry_finish() refuses to write. */
static void write_text(struct buffer *to, const struct say *say, size_t party)
{
	char at[UTC_SIZE + 1];
	uint8_t agreement[SHA256_SIZE];
	memcpy(agreement, terms_agreement(world.terms)->digest, sizeof(agreement));
	agreement[0] ^= say->trick == OTHER_AGREEMENT;
	utc_format(WORLD_AT + say->at, at);
	buffer_string(to, "detente entry v1\nagreement ");
	text_hex(to, bytes_of(agreement, sizeof(agreement)));
	buffer_format(to, "\nfrom %s\nform %s\n", say->from, say->form);
	if (say->matter != NULL)
		buffer_format(to, "matter %s\n", say->matter);
	if (say->re != NULL)
		buffer_format(to, "re %s\n", say->re);
	if (say->to != NULL)
		buffer_format(to, "to %s\n", say->to);
	write_seen(to, say, party);
	buffer_format(to, "at %s\ntlp AMBER\nlang en\n", at);
	for (size_t i = 0; i < 3 && say->fields[i] != NULL; i++)
		write_field(to, say->fields[i]);
}

static void tell(const struct say *say)
{
	struct buffer text = {0}, note = {0};
	struct world_signer signer;
	struct bytes from = bytes_string(say->from);
	size_t party = terms_party_find(world.terms, name_party(from));
	if (say->trick == COPY_OF_LAST) {
		buffer_add(&note, buffer_bytes(&logs[party].notes[logs[party].count - 1]));
	} else {
		write_text(&text, say, party);
		world_desk_signer(&world, from, &signer);
		if (say->trick == FORGED)
			memcpy(signer.secret, world.parties[party].identity, sizeof(signer.secret));
		buffer_add(&note, buffer_bytes(&text));
		buffer_string(&note, "\n");
		note_sign(&note, buffer_bytes(&text), &signer.signer);
		if (say->trick == CUT_SHORT)
			buffer_cut(&note, note.size - 1);
	}
	add_note(party, buffer_bytes(&note), say->rule, say->name);
	buffer_free(&text);
	buffer_free(&note);
}

/* ---- judging ---- */

/* A node: what has arrived of each log, and how far it is judged. */
struct node {
	size_t held[WORLD_PARTIES];
	struct judge_log judged[WORLD_PARTIES];
	enum rule verdicts[WORLD_PARTIES][LOG_MAX];
	unsigned waited[RULE_COUNT]; /* how often an entry waited for that */
	unsigned roots;              /* asked for */
	size_t branch;               /* of that party's log the record has another branch; WORLD_PARTIES: of none */
};

static uint64_t node_judged(void *context, size_t party)
{
	return ((struct node *)context)->judged[party].next;
}

static enum rule node_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	struct node *node = context;
	node->roots++;
	if (size > node->held[party])
		return RULE_NOT_FOUND;
	*to = logs[party].roots[size];
	to->bytes[5] ^= party == node->branch;
	return RULE_OK;
}

static enum rule node_head(void *context, size_t party, uint64_t index, struct judge_head *head)
{
	static struct entry entry;
	struct node *node = context;
	world_must(index < node->judged[party].next, "asked for an entry that is not judged");
	memset(head, 0, sizeof(*head));
	head->verdict = node->verdicts[party][index];
	if (entry_parse(&entry, buffer_bytes(&logs[party].notes[index]), NULL) != RULE_OK)
		return RULE_OK;
	head->form = entry.form;
	head->opens = entry.opens;
	head->matter_party = entry.opens ? terms_party(world.terms, party) : entry.matter.party;
	head->matter_index = entry.opens ? index : entry.matter.index;
	head->to = terms_addressed(world.terms, &entry);
	head->circle = entry.opens ? terms_circle(world.terms, &entry, party) : 0;
	return RULE_OK;
}

static bool proposes(size_t party, uint64_t index, const struct judge_proposal *proposal)
{
	static struct entry entry;
	if (entry_parse(&entry, buffer_bytes(&logs[party].notes[index]), NULL) != RULE_OK)
		return false;
	struct place matter = {terms_party(world.terms, party), index};
	return terms_form(world.terms, entry.form)->proposes &&
		place_equal(entry.opens ? &matter : &entry.matter, &proposal->matter) &&
		bytes_equal(entry_field(&entry, "version"), proposal->version);
}

static enum rule node_proposed(void *context, const struct judge_proposal *proposal, bool *found)
{
	const struct node *node = context;
	*found = false;
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		for (uint64_t j = 0; j < node->judged[i].next && j < proposal->past[i]; j++)
			*found = *found || (node->verdicts[i][j] == RULE_OK && proposes(i, j, proposal));
	return RULE_OK;
}

/* Judges the next entry of a log if it is there. True when it has a verdict. */
static bool judge_one(struct node *node, size_t party)
{
	static struct judge_prepared prepared;
	struct judge_log *log = &node->judged[party];
	struct judge_record record = {node_judged, node_root, node_head, node_proposed, node};
	struct judge_verdict verdict;
	if (log->next == node->held[party])
		return false;
	struct judge_input input = {party, log->next, buffer_bytes(&logs[party].notes[log->next]),
		logs[party].leaves[log->next], &prepared};
	judge_prepare(&prepared, world.cards, party, input.index, input.note);
	enum rule rule = judge_next(log, cards_texts(world.cards), &input, &record, &verdict);
	world_must(rule == RULE_OK, "judge_next");
	if (verdict.outcome == JUDGE_PENDING) {
		world_must(log->next == input.index, "a pending entry moved its log");
		node->waited[verdict.rule]++;
		return false;
	}
	world_must(log->next == input.index + 1, "a verdict moves its log");
	world_must((verdict.outcome == JUDGE_VALID) == (verdict.rule == RULE_OK), "a void entry has a rule");
	node->verdicts[party][input.index] = verdict.rule;
	return true;
}

static void judge_all(struct node *node)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < WORLD_PARTIES; i++)
			while (judge_one(node, i))
				more = true;
	}
}

/* Writes down what is kept of a log and takes it up again, as after a restart. */
static void restart(struct node *node, size_t party)
{
	struct buffer kept = {0};
	struct judge_log *log = &node->judged[party];
	size_t count = log->same_count;
	judge_log_write(&kept, log, WORLD_PARTIES);
	judge_log_free(log);
	world_must(judge_log_read(log, buffer_bytes(&kept), WORLD_PARTIES) == RULE_OK, "judge_log_read");
	buffer_free(&kept);
	static struct entry entry;
	for (uint64_t i = log->same_from; i < log->next; i++)
		if (judge_counted(node->verdicts[party][i]) &&
		    entry_parse(&entry, buffer_bytes(&logs[party].notes[i]), NULL) == RULE_OK && entry.at == log->at)
			world_must(judge_log_refill(log, &logs[party].leaves[i]) == RULE_OK, "judge_log_refill");
	world_must(log->same_count == count, "as many leaves of the second as before");
}

static void node_end(struct node *node)
{
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		judge_log_free(&node->judged[i]);
}

/* What every node must have in the end: verdicts and states of the logs. */
static bool as_told(const struct node *node, bool say)
{
	bool good = true;
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		for (size_t j = 0; j < logs[i].count; j++) {
			enum rule rule = j < node->judged[i].next ? node->verdicts[i][j] : RULE_COUNT;
			bool right = rule == logs[i].expected[j];
			good = good && right;
			if (say)
				test_check(right, "%c%zu %s (%s)", (char)('a' + (int)i), j, logs[i].names[j],
					rule == RULE_COUNT ? "not judged" : rule_name(rule));
		}
	return good;
}

static void check_orders(void)
{
	static struct node first;
	first.branch = WORLD_PARTIES;
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		first.held[i] = logs[i].count;
	judge_all(&first);
	as_told(&first, true);
	unsigned good = 0, waited[RULE_COUNT] = {0};
	uint64_t random = 1;
	for (unsigned order = 0; order < 200; order++) {
		static struct node node;
		memset(&node, 0, sizeof(node));
		node.branch = WORLD_PARTIES;
		for (size_t left = STORY; left != 0;) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			size_t party = (random >> 33) % WORLD_PARTIES, some = 1 + (random >> 40) % 9;
			for (; some != 0 && node.held[party] < logs[party].count; some--, left--)
				node.held[party]++;
			judge_all(&node);
			if ((random >> 50) % 3 == 0)
				restart(&node, party);
		}
		bool same = as_told(&node, false);
		for (size_t i = 0; i < WORLD_PARTIES; i++) {
			struct buffer here = {0}, there = {0};
			judge_log_write(&here, &node.judged[i], WORLD_PARTIES);
			judge_log_write(&there, &first.judged[i], WORLD_PARTIES);
			same = same && bytes_equal(buffer_bytes(&here), buffer_bytes(&there));
			buffer_free(&here);
			buffer_free(&there);
		}
		good += same;
		for (size_t i = 0; i < RULE_COUNT; i++)
			waited[i] += node.waited[i];
		node_end(&node);
	}
	test_check(good == 200, "200 orders of arrival come to the same verdicts and states (%u)", good);
	test_check(waited[RULE_JUDGE_AHEAD] != 0 && waited[RULE_JUDGE_UNJUDGED] != 0,
		"and entries did wait, for the record (%u times) and for judgement (%u times)",
		waited[RULE_JUDGE_AHEAD],
		waited[RULE_JUDGE_UNJUDGED]);
	node_end(&first);
}

/* ---- what waits ---- */

static void check_waiting(void)
{
	static struct node node;
	node.branch = WORLD_PARTIES;
	node.held[B] = logs[B].count;
	judge_all(&node);
	test_check(node.judged[B].next == 5 && node.waited[RULE_JUDGE_AHEAD] != 0,
		"an entry waits for what its `seen` names");
	/* b's first five name nothing of a's that they would need: void without it */
	test_check(node.verdicts[B][0] == RULE_SIGNATURE && node.verdicts[B][4] == RULE_JUDGE_PAST,
		"but not where it is void anyway");
	node.held[A] = 1;
	judge_all(&node);
	test_check(node.judged[B].next == 10, "and goes on as soon as that is there");
	unsigned roots = node.roots;
	restart(&node, B);
	judge_all(&node);
	test_check(node.roots - roots <= 1, "only what `seen` names newly is asked for");
	node_end(&node);

	/* a1 answers b5, which waits for what a's log is said to hold: another branch of it */
	memset(&node, 0, sizeof(node));
	node.branch = A;
	node.held[A] = logs[A].count;
	node.held[B] = logs[B].count;
	judge_all(&node);
	test_check(node.judged[B].next == 5 && node.waited[RULE_JUDGE_BRANCH] != 0,
		"an entry waits for a branch that the record lacks");
	test_check(node.judged[A].next == 1 && node.waited[RULE_JUDGE_UNJUDGED] != 0,
		"and who answers it waits for its judgement");
	node.branch = WORLD_PARTIES;
	node.held[C] = logs[C].count;
	judge_all(&node);
	test_check(as_told(&node, false), "until the branch is there");
	node_end(&node);
}

static enum rule failing_root(void *context, size_t party, uint64_t size, struct hash *to)
{
	(void)context;
	(void)party;
	(void)size;
	(void)to;
	return RULE_IO;
}

/* A record that cannot be read, and memory that ran out in a worker: no verdict, nothing moved. */
static void check_failures(void)
{
	static struct judge_prepared prepared;
	struct judge_log log = {0};
	struct judge_record record = {.root = failing_root};
	struct judge_verdict verdict = {JUDGE_PENDING, RULE_OK};
	struct judge_input input = {B, 0, buffer_bytes(&logs[B].notes[5]), logs[B].leaves[5], &prepared};
	judge_prepare(&prepared, world.cards, B, 0, input.note);
	test_check(judge_next(&log, cards_texts(world.cards), &input, &record, &verdict) == RULE_IO && log.next == 0 &&
		log.at == 0,
		"a record that cannot be read gives no verdict");
	prepared.form = RULE_MEMORY;
	test_check(judge_next(&log, cards_texts(world.cards), &input, &record, &verdict) == RULE_MEMORY &&
		log.next == 0 && log.at == 0,
		"memory that ran out gives no verdict");
	judge_log_free(&log);
}

/* ---- the state of a log ---- */

static void check_state(void)
{
	struct judge_log log = {.next = 7, .at = WORLD_AT, .same_from = 5}, read = {0};
	log.seen[1].size = 3;
	memset(&log.seen[1].root, 9, SHA256_SIZE);
	struct buffer kept = {0};
	judge_log_write(&kept, &log, 2);
	struct bytes bytes = buffer_bytes(&kept);
	bool good = judge_log_read(&read, bytes, 2) == RULE_OK;
	test_check(good && read.next == 7 && read.at == WORLD_AT && read.same_from == 5 && read.seen[1].size == 3 &&
		memcmp(&read.seen[1].root, &log.seen[1].root, SHA256_SIZE) == 0, "a state is read as it was written");
	test_check(judge_log_read(&read, bytes, 3) == RULE_TRUNCATED &&
		judge_log_read(&read, bytes, 1) == RULE_TRAILING,
		"but not for another number of parties");
	test_check(judge_log_read(&read, bytes_of(bytes.data, 0), 2) == RULE_TRUNCATED, "nor nothing");
	kept.data[0]--;
	test_check(judge_log_read(&read, bytes, 2) == RULE_LIMIT, "nor another version");
	kept.data[0]++;
	for (size_t i = 17; i < 41; i += 8) {
		kept.data[i] = 1;
		test_check(judge_log_read(&read, bytes, 2) == RULE_LIMIT,
			i == 17 ? "nor a second that begins after the end" : i == 25 ? "nor a day after the last entry"
			: "nor more openings than entries");
		kept.data[i] = 0;
	}
	test_check(judge_log_read(&read, bytes, 2) == RULE_OK, "as it was");
	buffer_free(&kept);
	judge_log_free(&read);
}

/* Judges an entry with that number in its text, prepared by hand: 65,536 signatures would say nothing more. */
static enum rule judge_number(struct judge_log *log, struct judge_prepared *prepared, unsigned number)
{
	uint8_t bytes[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	struct judge_record record = {0};
	struct judge_verdict verdict = {JUDGE_PENDING, RULE_OK};
	struct judge_input input = {A, log->next, bytes_of(bytes, 4), {{0}}, prepared};
	tree_leaf_hash(input.note, &input.leaf);
	world_must(judge_next(log, cards_texts(world.cards), &input, &record, &verdict) == RULE_OK, "judge_next");
	return verdict.rule;
}

static void check_burst(void)
{
	static struct judge_prepared prepared;
	struct judge_log log = {0};
	judge_prepare(&prepared, world.cards, A, 0, buffer_bytes(&logs[A].notes[0]));
	unsigned good = 0, copies = 0;
	for (unsigned i = 0; i < ENTRIES_PER_SECOND_MAX; i++)
		good += judge_number(&log, &prepared, i) == RULE_OK;
	test_check(good == ENTRIES_PER_SECOND_MAX, "65,536 entries of one second");
	test_check(judge_number(&log, &prepared, ENTRIES_PER_SECOND_MAX) == RULE_JUDGE_BURST, "and one more");
	prepared.entry.at++;
	test_check(judge_number(&log, &prepared, 0) == RULE_OK && log.same_count == 1 && log.same_capacity < 1024,
		"the next second begins anew, and gives its memory back");
	for (unsigned i = 0; i < 1000; i++)
		copies += judge_number(&log, &prepared, i / 2) == RULE_JUDGE_REPEATED;
	test_check(copies == 501, "every copy within a second is found (%u)", copies);
	prepared.meaning = RULE_JUDGE_FORM;
	test_check(judge_number(&log, &prepared, 70000) == RULE_JUDGE_FORM &&
		judge_number(&log, &prepared, 70000) == RULE_JUDGE_REPEATED,
		"a copy of an entry that is void by its meaning is a copy");
	prepared.form = RULE_SIGNATURE;
	test_check(judge_number(&log, &prepared, 70001) == RULE_SIGNATURE &&
		judge_number(&log, &prepared, 70001) == RULE_SIGNATURE,
		"a copy of an entry that does not count is void as that one is");
	judge_log_free(&log);
}

/* A log whose openings are counted; `at` in seconds from the first day's beginning. */
static enum rule judge_opening(struct judge_log *log, struct judge_prepared *prepared, int64_t at)
{
	static unsigned number = 100000;
	prepared->entry.at = WORLD_AT / 86400 * 86400 + at;
	return judge_number(log, prepared, number++);
}

static void check_openings(void)
{
	static struct judge_prepared prepared;
	struct judge_log log = {0}, read = {0};
	struct buffer kept = {0};
	judge_prepare(&prepared, world.cards, A, 0, buffer_bytes(&logs[A].notes[0]));
	unsigned good = 0;
	for (unsigned i = 0; i < OPENINGS; i++)
		good += judge_opening(&log, &prepared, i) == RULE_OK;
	test_check(good == OPENINGS, "as many matters of a day as the agreement says");
	test_check(judge_opening(&log, &prepared, 86399) == RULE_JUDGE_OPENINGS, "and one more in its last second");
	test_check(log.at == prepared.entry.at, "which moves the log's clock");
	test_check(judge_opens_too_many(&log, world.terms, &prepared.entry), "as can be said beforehand");
	test_check(judge_next_day(&prepared.entry) == WORLD_AT / 86400 * 86400 + 86400, "when it may open again");
	judge_log_write(&kept, &log, WORLD_PARTIES);
	test_check(judge_log_read(&read, buffer_bytes(&kept), WORLD_PARTIES) == RULE_OK &&
		judge_opening(&read, &prepared, 86399) == RULE_JUDGE_OPENINGS, "which a restart does not forget");
	struct bytes form = prepared.entry.form;
	prepared.entry.form = BYTES(CARD_FORM);
	test_check(judge_opening(&log, &prepared, 86399) == RULE_OK, "a card is not counted");
	prepared.entry.form = BYTES(SIGN_FORM);
	test_check(judge_opening(&log, &prepared, 86399) == RULE_OK, "nor is a signature of a text");
	prepared.entry.form = form;
	prepared.meaning = RULE_FORM_MISSING;
	test_check(judge_opening(&log, &prepared, 86400) == RULE_FORM_MISSING && log.opened == OPENINGS,
		"nor what is void anyway");
	prepared.meaning = RULE_OK;
	test_check(judge_opening(&log, &prepared, 86400) == RULE_OK && log.opened == 1, "the next day begins anew");
	test_check(judge_opening(&log, &prepared, 86400) == RULE_OK && log.opened == 2, "and counts on");
	buffer_free(&kept);
	judge_log_free(&read);
	judge_log_free(&log);
}

/* rules.def holds the rules after which an entry still counts in one run; the clauses tell which they are. */
static void check_counted(void)
{
	static const char *const clauses[] = {
		"judgement spec, section Repetition", "judgement spec, section Text", "judgement spec, section Meaning",
		"judgement spec, section Bookkeeping", "judgement spec, section References",
		"judgement spec, section Disowning", "judgement spec, section Circle",
		"judgement spec, section Versions", "judgement spec, section Openings"};
	unsigned wrong = 0;
	for (unsigned i = 1; i < RULE_COUNT; i++) {
		const char *name = rule_name((enum rule)i), *clause = rule_clause((enum rule)i);
		bool counts = strncmp(clause, "mechanism spec", 14) == 0 &&
			(strncmp(name, "form.", 5) == 0 || strncmp(name, "field.", 6) == 0);
		for (size_t j = 0; j < sizeof(clauses) / sizeof(clauses[0]); j++)
			counts = counts || strcmp(clause, clauses[j]) == 0;
		wrong += counts != judge_counted((enum rule)i);
	}
	test_check(wrong == 0 && judge_counted(RULE_OK), "which verdicts count");
}

int main(void)
{
	test_start();
	world_start(&world, WORLD_PARTIES);
	world_file(&world, "treaty", bytes_string(treaty));
	world.agreement.limits[world.agreement.limit_count++] = (struct agreement_limit){BYTES("openings"), OPENINGS};
	world_agree(&world, WORLD_PARTIES);
	world_load(&world);
	for (size_t i = 0; i < STORY; i++)
		tell(&story[i]);
	check_orders();
	check_waiting();
	check_failures();
	check_state();
	check_burst();
	check_openings();
	check_counted();
	for (size_t i = 0; i < WORLD_PARTIES; i++)
		for (size_t j = 0; j < logs[i].count; j++)
			buffer_free(&logs[i].notes[j]);
	world_end(&world);
	return test_end();
}

/*
 * Bad input that is valid: what a party may say, each entry in its place, and what it comes to. Each kind stands here
 * by name. What judgement makes void is in judge.c: an answer to nothing or to what others are asked, a position on a
 * version that nobody proposed, references to what was not seen or waits, too many openings. Mistakes in mechanism
 * files are in form_read.c, competing amendments in texts.c; tests/scenarios/38-floods has what floods cost.
 */
#include "story.h"

#define SALT "2222222222222222222222222222222222222222222222222222222222222222"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define HASH "9c00eed24d0f6e1f90db083463f4bfbbf6df645bf3db686ef498196e74830bcd" /* commits to ONES with SALT */
#define MET "met from " T0 " due 2023-11-14T22:23:20Z extended 0"
#define OWED "obligation a.example/0 steps/ask b.example "
#define PROMISE(hour) "promise a.example/0 steps/will b.example open from 2023-11-14T22:14:20Z due 2023-11-15T" hour \
	":00:00Z extended 0"
#define THEIRS "exchange a.example/0 b.example/0 committed"
#define REVEAL "version=1 salt=" SALT

/* Each call asks for a call. */
static const char turn[] =
	"detente mechanism v1\nname turn\nclock soon 10m\n"
	"form turn/call\nopens yes\nanswers turn/call\noblige to soon turn/call\n";

static const struct story stories[] = {
	/* answers */
	{"answered twice: the first stands", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0",
		"b steps/say 5 a/0 re=a/0", "b steps/say 6 a/0 re=a/0"},
		{OWED MET " answer b.example/1 at 2023-11-14T22:18:20Z heard -"}},
	{"answered late, then again with an earlier word in mind: late", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 11 a/0 re=a/0", "b steps/say 11 a/0 re=b/1"},
		{OWED "late from " T0 " due 2023-11-14T22:23:20Z extended 0 "
			"answer b.example/1 at 2023-11-14T22:24:20Z heard -"}},
	{"by the wrong desk: it stays owed", T(5), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0",
		"b steps/say 2 a/0 re=a/0 from=b.example/law"},
		{OWED "open from " T0 " due 2023-11-14T22:23:20Z extended 0"}},
	{"by the wrong desk, then by the right one", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 2 a/0 re=a/0 from=b.example/law",
		"b steps/say 3 a/0 re=a/0"},
		{OWED MET " answer b.example/2 at 2023-11-14T22:16:20Z heard -"}},
	{"who asks answers itself: nothing is met", T(5), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "a steps/say 2 a/0 re=a/0"},
		{OWED "open from " T0 " due 2023-11-14T22:23:20Z extended 0"}},
	{"an answer to the answer is not the answer", T(5), {"a steps/ask 0 new to=b,c speed=quick",
		"b record/received 1 stored=a,1,0", "c record/received 1 stored=a,1,0", "b steps/say 2 a/0 re=a/0",
		"c steps/say 3 a/0 re=b/1"},
		{OWED MET " answer b.example/1 at 2023-11-14T22:15:20Z heard -",
		"obligation a.example/0 steps/ask c.example open from " T0 " due 2023-11-14T22:23:20Z extended 0"}},
	{"it asks its own desk, too: nobody owes anything to oneself", T(5), {"a steps/ask 0 new to=a,b speed=quick"},
		{OWED "unreached from - due - extended 0"}},
	/* time */
	{"extended nine times: eight count", T(0), {"a steps/ask 0 new to=b speed=slow",
		"b record/received 0 stored=a,1,0",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T01:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T02:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T03:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T04:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T05:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T06:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T07:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T08:00:00Z",
		"b steps/later 1 a/0 re=a/0 until=2023-11-15T09:00:00Z"},
		{OWED "open from " T0 " due 2023-11-15T08:00:00Z extended 8"}},
	{"extended back: it moves nothing", T(0), {"a steps/ask 0 new to=b speed=slow",
		"b record/received 0 stored=a,1,0",
		"b steps/later 1 a/0 re=a/0 until=2023-11-14T22:20:00Z"},
		{OWED "open from " T0 " due 2023-11-14T23:13:20Z extended 1"}},
	{"who asks extends for the other: nothing", T(0), {"a steps/ask 0 new to=b speed=slow",
		"b record/received 0 stored=a,1,0", "a steps/later 1 a/0 re=a/0 until=2023-11-15T01:00:00Z"},
		{OWED "open from " T0 " due 2023-11-14T23:13:20Z extended 0"}},
	{"promised ten times: eight count", T(0), {"a steps/ask 0 new to=b speed=slow",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T01:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T02:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T03:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T04:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T05:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T06:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T07:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T08:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T09:00:00Z",
		"b steps/will 1 a/0 re=a/0 until=2023-11-15T10:00:00Z"},
		{PROMISE("01"), PROMISE("02"), PROMISE("03"), PROMISE("04"),
		PROMISE("05"), PROMISE("06"), PROMISE("07"), PROMISE("08")}},
	/* withdrawals */
	{"a withdrawal crosses the acceptance: what was answered is not taken back", T(99),
		{"a steps/ask 0 new to=b speed=quick", "b record/received 1 stored=a,1,0",
		"a steps/recall 5 a/0 re=a/0",
		"b steps/say 4 a/0 re=a/0"},
		{OWED MET " answer b.example/1 at 2023-11-14T22:17:20Z heard -"}},
	{"so it is where the acceptance has seen it", T(99),
		{"a steps/ask 0 new to=b speed=quick", "a steps/recall 5 a/0 re=a/0",
		"b record/received 6 stored=a,1,0",
		"b steps/say 7 a/0 re=a/0"},
		{OWED MET " answer b.example/1 at 2023-11-14T22:20:20Z heard -"}},
	{"another withdraws it: nothing", T(5), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0",
		"b steps/recall 2 a/0 re=a/0"},
		{OWED "open from " T0 " due 2023-11-14T22:23:20Z extended 0"}},
	/* exchanges */
	{"a reveal that comes out", T(9), {"a steps/text 0 new to=b", "a steps/commit 1 a/0 commitment=" HASH,
		"b steps/commit 2 a/0 commitment=" ONES, "a steps/reveal 3 a/0 re=a/1 " REVEAL},
		{"exchange a.example/0 a.example/1 revealed a.example/2 " ONES, THEIRS}},
	{"a reveal that does not match", T(9), {"a steps/text 0 new to=b", "a steps/commit 1 a/0 commitment=" HASH,
		"b steps/commit 2 a/0 commitment=" ONES, "a steps/reveal 3 a/0 re=a/1 version=3 salt=" SALT},
		{"exchange a.example/0 a.example/1 false a.example/2 "
			"3333333333333333333333333333333333333333333333333333333333333333",
		THEIRS}},
	{"a reveal before every commitment stays early", T(9), {"a steps/text 0 new to=b",
		"a steps/commit 1 a/0 commitment=" HASH, "a steps/reveal 2 a/0 re=a/1 " REVEAL,
		"b steps/commit 3 a/0 commitment=" ONES, "a steps/reveal 4 a/0 re=a/1 " REVEAL},
		{"exchange a.example/0 a.example/1 early a.example/2 " ONES, THEIRS}},
	{"a reveal that names another's commitment is one of one's own, and does not match", T(9),
		{"a steps/text 0 new to=b", "a steps/commit 1 a/0 commitment=" ONES,
		"b steps/commit 2 a/0 commitment=" HASH, "a steps/reveal 3 a/0 re=b/0 " REVEAL},
		{"exchange a.example/0 a.example/1 false a.example/2 " ONES, THEIRS}},
	{"committed twice: the first stands", T(9), {"a steps/text 0 new to=b", "a steps/commit 1 a/0 commitment=" ONES,
		"b steps/commit 2 a/0 commitment=" ONES, "a steps/commit 3 a/0 commitment=" HASH,
		"a steps/reveal 4 a/0 re=a/2 " REVEAL},
		{"exchange a.example/0 a.example/1 false a.example/3 " ONES, THEIRS}},
	/* loops */
	{"a loop of obligations: each answer asks anew, and one is open", T(5), {"a turn/call 0 new to=b",
		"b turn/call 1 a/0 re=a/0 to=a", "a turn/call 2 a/0 re=b/0 to=b", "b turn/call 3 a/0 re=a/1 to=a"},
		{"obligation a.example/0 turn/call b.example met from - due - extended 0 answer b.example/0 at "
			"2023-11-14T22:14:20Z heard -",
		"obligation a.example/1 turn/call b.example met from - due - extended 0 answer b.example/1 at "
			"2023-11-14T22:16:20Z heard -",
		"obligation b.example/0 turn/call a.example met from - due - extended 0 answer a.example/1 at "
			"2023-11-14T22:15:20Z heard -",
		"obligation b.example/1 turn/call a.example unreached from - due - extended 0"}, true},
	{"one answers itself on and on: nobody owes anything to oneself", T(5),
		{"a turn/call 0 new to=b", "a turn/call 1 a/0 re=a/0 to=a", "a turn/call 2 a/0 re=a/1 to=a"},
		{"obligation a.example/0 turn/call b.example unreached from - due - extended 0"}, true},
};

int main(void)
{
	struct world world;
	test_start();
	story_world(&world);
	world_file(&world, "turn", bytes_string(turn));
	world_agree(&world, 3);
	world_load(&world);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		tell(&stories[i], world.terms);
	world_end(&world);
	return test_end();
}

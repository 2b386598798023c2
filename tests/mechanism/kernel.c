/*
 * The kernel: what entries come to, as a table of small stories; then random records, added in many orders, against a
 * second kernel that computes the same from the whole record at once, the slow way (kernel_slow.h).
 */
#include <inttypes.h>

#include "kernel.h"
#include "test.h"
#include "story.h"

/* ---- stories ---- */

static const struct story stories[] = {
	{"nobody has told that it arrived: no clock runs", T(10000), {"a steps/ask 0 new to=b speed=quick"},
		{"obligation a.example/0 steps/ask b.example unreached from - due - extended 0"}},
	{"its clock runs from its own cosignature", T(21), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 20 stored=a,1,12"},
		{"obligation a.example/0 steps/ask b.example open from 2023-11-14T22:25:20Z due "
			"2023-11-14T22:35:20Z extended 0"}},
	{"a sender may tell of it first", T(23), {"a steps/ask 0 new to=b speed=quick",
		"a record/receipt 5 receipt=b,1,12"},
		{"obligation a.example/0 steps/ask b.example overdue from 2023-11-14T22:25:20Z due "
			"2023-11-14T22:35:20Z extended 0"}},
	{"a field names the clock", T(23), {"a steps/ask 0 new to=b speed=slow", "b record/received 20 stored=a,1,12"},
		{"obligation a.example/0 steps/ask b.example open from 2023-11-14T22:25:20Z due "
			"2023-11-14T23:25:20Z extended 0"}},
	{"a clock of working hours waits where there are none", T(49), {"a steps/ask 0 new to=b speed=office",
		"b record/received 1 stored=a,1,0"},
		{"obligation a.example/0 steps/ask b.example open from " T0 " due 2023-11-14T23:03:20Z extended 0"}},
	{"and passes over a day without", T(80), {"a steps/ask 0 new to=b speed=office",
		"b record/received 77 stored=a,1,76"},
		{"obligation a.example/0 steps/ask b.example open from 2023-11-14T23:29:20Z due "
			"2023-11-16T22:09:20Z extended 0"}},
	{"answered in time", T(99), {"a steps/ask 0 new to=b speed=quick", "b record/received 1 stored=a,1,0",
		"b steps/say 10 a/0 re=a/0", "a record/received 11 stored=b,2,10"},
		{"obligation a.example/0 steps/ask b.example met from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0 answer "
			"b.example/1 at 2023-11-14T22:23:20Z heard 2023-11-14T22:23:20Z"}},
	{"answered late", T(99), {"a steps/ask 0 new to=b speed=quick", "b record/received 1 stored=a,1,0",
		"b steps/say 11 a/0 re=a/0"},
		{"obligation a.example/0 steps/ask b.example late from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0 answer "
			"b.example/1 at 2023-11-14T22:24:20Z heard -"}},
	{"in time by one clock only, and these are far apart", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 9 a/0 re=a/0", "a record/received 30 stored=b,2,15"},
		{"obligation a.example/0 steps/ask b.example disputed from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0 "
			"answer b.example/1 at 2023-11-14T22:22:20Z heard 2023-11-14T22:28:20Z"}},
	{"in time by one clock only, and these are near", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 9 a/0 re=a/0", "a record/received 30 stored=b,2,12"},
		{"obligation a.example/0 steps/ask b.example met from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0 answer "
			"b.example/1 at 2023-11-14T22:22:20Z heard 2023-11-14T22:25:20Z"}},
	{"another party's answer meets nothing", T(9), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "c steps/say 2 a/0 re=a/0"},
		{"obligation a.example/0 steps/ask b.example open from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0"}},
	{"another desk of its party answers: not the one that was asked", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 2 a/0 re=a/0 from=b.example/law"},
		{"obligation a.example/0 steps/ask b.example overdue from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0"}},
	{"two are asked, each for itself", T(11), {"a steps/ask 0 new to=b,c speed=quick",
		"b record/received 1 stored=a,1,0", "c record/received 5 stored=a,1,4"},
		{"obligation a.example/0 steps/ask b.example overdue from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0",
		"obligation a.example/0 steps/ask c.example open from 2023-11-14T22:17:20Z due "
			"2023-11-14T22:27:20Z extended 0"}},
	{"extended in time; a second time too late", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/later 5 a/0 re=a/0 until=2023-11-14T22:33:20Z",
		"b steps/later 30 a/0 re=a/0 until=2023-11-15T22:33:20Z"},
		{"obligation a.example/0 steps/ask b.example overdue from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:33:20Z extended 1"}},
	{"recalled", T(99), {"a steps/ask 0 new to=b speed=quick", "b record/received 1 stored=a,1,0",
		"a steps/recall 5 a/0 re=a/0"},
		{"obligation a.example/0 steps/ask b.example withdrawn from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0"}},
	{"who will answer by a time owes that", T(99), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/will 5 a/0 re=a/0 until=2023-11-14T22:33:20Z"},
		{"obligation a.example/0 steps/ask b.example overdue from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0",
		"promise a.example/0 steps/will b.example overdue from 2023-11-14T22:18:20Z due "
			"2023-11-14T22:33:20Z extended 0"}},
	{"a promise about an entry of one's own is owed, too", T(99), {"a steps/ask 0 new to=b speed=quick",
		"a steps/will 5 a/0 re=a/0 until=2023-11-14T22:33:20Z"},
		{"promise a.example/0 steps/will a.example overdue from 2023-11-14T22:18:20Z due "
			"2023-11-14T22:33:20Z extended 0"}},
	{"and kept by oneself", T(99), {"a steps/ask 0 new to=b speed=quick",
		"a steps/will 5 a/0 re=a/0 until=2023-11-14T22:33:20Z", "a steps/say 6 a/0 re=a/0"},
		{"promise a.example/0 steps/will a.example met from 2023-11-14T22:18:20Z due 2023-11-14T22:33:20Z extended 0 "
			"answer a.example/2 at 2023-11-14T22:19:20Z heard -"}},
	{"danger: the greatest of the circle's positions", T(1), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=calm"},
		{"matter a.example/0 steps/open at " T0 " circle a.example,b.example",
			"position a.example/0 level - joint tense",
		"own tense a.example/0 at " T0, "own calm b.example/0 at 2023-11-14T22:14:20Z"}},
	{"a position is stale, and stands", T(121), {"a steps/open 0 new to=b position=tense"},
		{"matter a.example/0 steps/open at " T0 " circle a.example,b.example",
			"position a.example/0 level - joint tense",
		"own tense a.example/0 at " T0 " stale"}},
	{"who steps down does so for itself", T(3), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis",
		"a steps/level 2 a/0 position=calm"},
		{"position a.example/0 level - joint crisis", "own calm a.example/1 at 2023-11-14T22:15:20Z",
		"own crisis b.example/0 at 2023-11-14T22:14:20Z"}},
	{"two desks of one party differ: both are shown, and the newer counts", T(3), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/level 2 a/0 position=calm from=b.example/law"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"own calm b.example/1 at 2023-11-14T22:15:20Z other crisis b.example/0"}},
	{"until they say the same", T(4), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/level 2 a/0 position=calm from=b.example/law",
		"b steps/level 3 a/0 position=calm"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"own calm b.example/2 at 2023-11-14T22:16:20Z"}},
	{"an entry that was disowned contradicts nothing", T(4), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/level 2 a/0 position=calm from=b.example/law",
		"b steps/disown 3 new to=a disowns=b/0"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"own calm b.example/1 at 2023-11-14T22:15:20Z"}},
	{"nor does what was said before a position that was disowned", T(5), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/level 2 a/0 position=calm from=b.example/law",
		"b steps/disown 3 new to=a disowns=b/1", "b steps/level 4 a/0 position=tense from=b.example/law"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"own tense b.example/3 at 2023-11-14T22:17:20Z"}},
	{"one desk that changes its mind contradicts nobody", T(3), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/level 2 a/0 position=calm"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"own calm b.example/1 at 2023-11-14T22:15:20Z"}},
	{"a step that the position asks of the circle", T(3), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "a record/received 2 stored=b,1,2"},
		{"obligation b.example/0 steps/level a.example open from 2023-11-14T22:15:20Z due "
			"2023-11-14T23:15:20Z extended 0"}},
	{"a position that its party disowns is none", T(3), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/disown 2 new to=a disowns=b/0"},
		{"position a.example/0 level - joint tense", "own tense a.example/0 at " T0,
		"obligation b.example/0 steps/level a.example withdrawn from - due - extended 0"}},
	{"what is older than the clock stands", T(200), {"a steps/open 0 new to=b position=tense",
		"b steps/level 1 a/0 position=crisis", "b steps/disown 122 new to=a disowns=b/0"},
		{"position a.example/0 level - joint crisis", "own tense a.example/0 at " T0 " stale",
		"own crisis b.example/0 at 2023-11-14T22:14:20Z stale"}},
	{"what was done by then stays done", T(3), {"a steps/ask 0 new to=b speed=quick",
		"b record/received 1 stored=a,1,0", "b steps/say 1 a/0 re=a/0", "a steps/disown 2 new to=b disowns=a/0"},
		{"obligation a.example/0 steps/ask b.example met from 2023-11-14T22:13:20Z due "
			"2023-11-14T22:23:20Z extended 0 answer b.example/1 at 2023-11-14T22:14:20Z heard -"}},
	{"a promise that its party disowns", T(3), {"a steps/ask 0 new to=b speed=quick",
		"b steps/will 1 a/0 re=a/0 until=2023-11-14T22:33:20Z", "b steps/disown 2 new to=a disowns=b/0"},
		{"obligation a.example/0 steps/ask b.example unreached from - due - extended 0",
		"promise a.example/0 steps/will b.example withdrawn from 2023-11-14T22:14:20Z due "
			"2023-11-14T22:33:20Z extended 0"}},
	{"assent: the least, on one version", T(3), {"a steps/text 0 new to=b",
		"a steps/assent 1 a/0 version=11 position=agree", "b steps/assent 2 a/0 version=22 position=agree"},
		{"position a.example/0 assent 1111111111111111111111111111111111111111111111111111111111111111 joint none",
		"position a.example/0 assent 2222222222222222222222222222222222222222222222222222222222222222 joint none"}},
	{"all agree on it", T(3), {"a steps/text 0 new to=b", "a steps/assent 1 a/0 version=11 position=agree",
		"b steps/assent 2 a/0 version=11 position=agree"},
		{"position a.example/0 assent 1111111111111111111111111111111111111111111111111111111111111111 joint agree"}},
	{"who is not of the circle has no part", T(3), {"a steps/text 0 new to=b",
		"c steps/assent 1 a/0 version=11 position=agree"}, {"matter a.example/0 steps/text at " T0
		" circle a.example,b.example"}},
};

/* ---- random records ---- */

static bool same(const struct buffer *a, const struct buffer *b)
{
	return bytes_equal(buffer_bytes(a), buffer_bytes(b));
}

/* One record in `orders` random orders of arrival, against the slow kernel. */
static bool check_seed(const struct terms *terms, uint64_t seed, size_t entries, unsigned orders)
{
	struct record record = {.terms = terms, .random = seed * 2 + 1};
	struct buffer fast = {0}, slow = {0};
	uint8_t digest[SHA256_SIZE], made[SHA256_SIZE];
	record_grow(&record, entries);
	int64_t now = record.newest + (int64_t)(record_random(&record) % 20000) - 4000;
	bool good = true;
	slow_write(&slow, &record, now);
	slow_digest(&record, digest);
	for (unsigned i = 0; i < orders && good; i++) {
		uint8_t *order = record_order(&record);
		buffer_clear(&fast);
		record_state(&record, order, now, &fast, made);
		good = same(&fast, &slow) && memcmp(digest, made, SHA256_SIZE) == 0;
		free(order);
	}
	if (!good)
		printf("# seed %" PRIu64 ", %zu entries\n# fast:\n%.*s\n# slow:\n%.*s\n", seed, entries,
			BYTES_SHOWN(buffer_bytes(&fast)), BYTES_SHOWN(buffer_bytes(&slow)));
	buffer_free(&fast);
	buffer_free(&slow);
	record_free(&record);
	return good;
}

/* The smallest beginning of a record that fails is what is printed. */
static void check_seeds(const struct terms *terms, unsigned seeds)
{
	unsigned good = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		size_t entries = 60;
		if (check_seed(terms, seed, entries, 32)) {
			good++;
			continue;
		}
		for (entries = 1; entries < 60 && check_seed(terms, seed, entries, 32); entries++)
			;
	}
	test_check(good == seeds, "%u records of 60 entries, each in 32 orders: one state, one digest", seeds);
}

/* Every order in which three logs of four entries can arrive. */
static unsigned arrive(struct record *record, uint8_t order[12], unsigned at, unsigned left[3],
	const struct buffer *wanted)
{
	unsigned count = 0;
	if (at == 12) {
		struct buffer text = {0};
		record_state(record, order, record->newest, &text, NULL);
		count = same(&text, wanted);
		buffer_free(&text);
		return count;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (left[i] == 0)
			continue;
		left[i]--;
		order[at] = (uint8_t)i;
		count += arrive(record, order, at + 1, left, wanted);
		left[i]++;
	}
	return count;
}

static void check_all_orders(const struct terms *terms)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct record record = {.terms = terms, .random = seed * 77 + 1};
		struct buffer wanted = {0};
		uint8_t order[12];
		unsigned left[3] = {4, 4, 4};
		while (record_count(&record) < 12)
			record_grow_one(&record, 4);
		slow_write(&wanted, &record, record.newest);
		unsigned count = arrive(&record, order, 0, left, &wanted);
		test_check(count == 34650, "record %u: %u of the 34,650 orders of its arrival", (unsigned)seed, count);
		buffer_free(&wanted);
		record_free(&record);
	}
}

/* ---- fairness ---- */

#define LINES_MAX 2048

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A state with the parties' names changed over, its lines and the circles in them in one order. */
static void fair_text(struct buffer *state, bool swap, struct buffer *to)
{
	char *lines[LINES_MAX], *rest = (char *)state->data;
	size_t count = 0;
	for (char *at = rest; swap && (at = strstr(at, ".example")) != NULL; at++)
		at[-1] = at[-1] == 'a' ? 'c' : at[-1] == 'c' ? 'a' : at[-1];
	for (char *line; count < LINES_MAX && (line = strsep(&rest, "\n")) != NULL;) {
		char *circle = strstr(line, " circle ");
		if (strncmp(line, "agreement ", 10) == 0)
			continue;
		for (char *at = circle == NULL ? "" : circle + 8; *at != '\0' && *at != ' '; at++)
			for (char *next = strchr(at, ','); next != NULL && at[1] == '.' &&
				next[1] < at[0]; next = strchr(next + 1, ',')) {
				char kept = next[1];
				next[1] = at[0];
				at[0] = kept;
			}
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(lines[0]), compare_lines);
	for (size_t i = 0; i < count; i++)
		buffer_format(to, "%s\n", lines[i]);
}

static void check_fairness(const struct terms *terms, unsigned seeds)
{
	unsigned good = 0;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct record record = {.terms = terms, .random = seed * 31 + 7}, swapped = {.terms = terms};
		struct buffer states[2] = {0}, texts[2] = {0};
		record_grow(&record, 60);
		record_swap(&swapped, &record);
		record_state(&record, NULL, record.newest, &states[0], NULL);
		record_state(&swapped, NULL, record.newest, &states[1], NULL);
		for (size_t i = 0; i < 2; i++) {
			buffer_u8(&states[i], 0);
			fair_text(&states[i], i == 1, &texts[i]);
		}
		good += same(&texts[0], &texts[1]);
		if (!same(&texts[0], &texts[1]))
			printf("# seed %" PRIu64 "\n# fast:\n%.*s\n# slow:\n%.*s\n", seed,
				BYTES_SHOWN(buffer_bytes(&texts[0])),
				BYTES_SHOWN(buffer_bytes(&texts[1])));
		for (size_t i = 0; i < 2; i++) {
			buffer_free(&states[i]);
			buffer_free(&texts[i]);
		}
		record_free(&record);
		record_free(&swapped);
	}
	test_check(good == seeds, "%u records with two parties changed over: the same, changed over", seeds);
}

int main(int argc, char **argv)
{
	struct world world;
	test_start();
	story_world(&world);
	world_agree(&world, 3);
	world_load(&world);
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		tell(&stories[i], world.terms);
	check_all_orders(world.terms);
	check_seeds(world.terms, argc > 1 ? (unsigned)atoi(argv[1]) : 200);
	check_fairness(world.terms, 100);
	world_end(&world);
	return test_end();
}

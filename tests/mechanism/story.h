/*
 * story: a few entries, and the lines that stand in the state which they come to, at once and the slow way.
 */
#ifndef STORY_H
#define STORY_H

#include "kernel.h"
#include "kernel_slow.h"
#include "test.h"

/* One entry: "PARTY FORM AT[+seconds] matter=PLACE|new re=PLACE to=DESK seen=A,B,C KEY=VALUE ..." */
struct story {
	const char *name;
	int64_t now;
	const char *says[14];
	const char *lines[8]; /* that stand in the state, in this order; nothing else of their kinds does */
	bool apart; /* it speaks of other forms than `steps`, which the slow kernel does not know */
};

#define T0 "2023-11-14T22:13:20Z" /* WORLD_AT */
#define T(minutes) (WORLD_AT + (minutes) * 60)

/* Three parties with calendars, under an agreement with `steps`; to be signed and loaded. */
static inline void story_world(struct world *world)
{
	world_start(world, 3);
	for (size_t i = 0; i < 3; i++) {
		if (card_take_hours(&world->parties[i].card, BYTES(OFFICE), NULL) != RULE_OK)
			abort();
		world_card(&world->parties[i]);
	}
	world_file(world, "steps", bytes_string(steps));
	/* names ascend: record, steps, talk */
	struct agreement_hashed last = world->agreement.mechanisms[2];
	world->agreement.mechanisms[2] = world->agreement.mechanisms[1];
	world->agreement.mechanisms[1] = last;
}

/* Do the lines stand in the text in this order, and does no other line begin with the first word of one of them? */
static inline bool stands(const char *text, const char *const lines[8])
{
	size_t found = 0;
	bool good = true;
	for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
		size_t size = strcspn(at, "\n"), word = strcspn(at, " \n");
		bool kind = false;
		for (size_t i = 0; i < 8 && lines[i] != NULL; i++)
			kind = kind || (strncmp(lines[i], at, word) == 0 && lines[i][word] == ' ');
		if (!kind)
			continue;
		good = good && found < 8 && lines[found] != NULL && strlen(lines[found]) == size &&
			memcmp(lines[found], at, size) == 0;
		found++;
	}
	return good && (found == 8 || lines[found] == NULL);
}

static inline void tell(const struct story *story, const struct terms *terms)
{
	struct record record = {.terms = terms};
	struct buffer text = {0}, slow = {0};
	for (size_t i = 0; i < 14 && story->says[i] != NULL; i++)
		record_say(&record, story->says[i]);
	record_state(&record, NULL, story->now, &text, NULL);
	slow_write(&slow, &record, story->now);
	buffer_u8(&text, 0);
	buffer_u8(&slow, 0);
	if (!test_check(stands((const char *)text.data, story->lines), "%s", story->name))
		printf("# %s\n", (const char *)text.data);
	if (!story->apart && !test_check(strcmp((const char *)text.data, (const char *)slow.data) == 0,
		"%s: the slow way too", story->name))
		printf("# slow: %s\n", (const char *)slow.data);
	buffer_free(&text);
	buffer_free(&slow);
	record_free(&record);
}

#endif

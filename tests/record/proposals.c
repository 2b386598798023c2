/* Proposals: which versions are found, as far as whoever asks has seen; many of them. */
#include "proposals.h"

#include <stdio.h>

#include "../mechanism/world.h"
#include "test.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define MANY 1000

static bool found(const struct proposals *proposals, const struct terms *terms, struct place matter,
	const char *version, const uint64_t past[AGREEMENT_PARTIES_MAX])
{
	struct judge_proposal proposal = {matter, bytes_string(version), past};
	return proposals_find(proposals, &proposal, terms);
}

static void check_places(struct proposals *proposals, const struct terms *terms)
{
	const struct place matter = {BYTES("a.example"), 3}, other = {BYTES("b.example"), 3};
	const struct place later = {BYTES("a.example"), 4}, by = {BYTES("b.example"), 7};
	const struct place again = {BYTES("b.example"), 9}, third = {BYTES("c.example"), 5};
	const uint64_t past[AGREEMENT_PARTIES_MAX] = {9, 8, 0}, before[AGREEMENT_PARTIES_MAX] = {9, 7, 5},
		third_seen[AGREEMENT_PARTIES_MAX] = {0, 0, 6};
	test_check(!found(proposals, terms, matter, ONE, past), "nothing was proposed");
	test_check(proposals_add(proposals, &matter, BYTES(ONE), &by) == RULE_OK &&
		proposals_add(proposals, &matter, BYTES(ONE), &again) == RULE_OK, "proposed, and again");
	test_check(found(proposals, terms, matter, ONE, past), "who has seen the first finds it");
	test_check(!found(proposals, terms, matter, ONE, before), "who has not does not");
	test_check(!found(proposals, terms, matter, TWO, past), "nor another version");
	test_check(!found(proposals, terms, other, ONE, past) && !found(proposals, terms, later, ONE, past),
		"nor another matter's");
	test_check(proposals_add(proposals, &matter, BYTES(ONE), &third) == RULE_OK &&
		found(proposals, terms, matter, ONE, third_seen), "by another party as well");
}

static void check_many(struct proposals *proposals, const struct terms *terms)
{
	uint64_t past[AGREEMENT_PARTIES_MAX] = {MANY};
	unsigned good = 0;
	for (uint64_t i = 0; i < MANY; i++) {
		struct place matter = {BYTES("a.example"), i};
		world_must(proposals_add(proposals, &matter, BYTES(TWO), &matter) == RULE_OK, "memory");
	}
	for (uint64_t i = 0; i < MANY; i++) {
		struct place matter = {BYTES("a.example"), i};
		past[0] = i;
		bool early = found(proposals, terms, matter, TWO, past);
		past[0] = i + 1;
		good += !early && found(proposals, terms, matter, TWO, past);
	}
	test_check(good == MANY, "each of %d is found from its place on", MANY);
}

int main(void)
{
	static struct world world;
	struct proposals proposals = {0};
	test_start();
	world_start(&world, WORLD_PARTIES);
	world_load(&world);
	check_places(&proposals, world.terms);
	check_many(&proposals, world.terms);
	proposals_free(&proposals);
	world_end(&world);
	return test_end();
}

/* The clock of an exercise: only among drills, kept in the store, forward only. */
#include "state.h"

#include "node.h"
#include "test.h"

static int64_t real = BUILD_START;

static int64_t real_ms(void *context)
{
	(void)context;
	return real * 1000;
}

static struct build build;
static struct node node;
static struct keeper keeper;

static void start(void)
{
	static const struct clock clock = {real_ms, NULL};
	static const struct keeper_options options = {.home = "here", .client = -1, .clock = &clock};
	memset(&keeper, 0, sizeof(keeper));
	real = BUILD_START;
	build_start(&build, 2);
	node_start(&node, &build, 0);
	keeper.options = &options;
	keeper.store = node.store;
	keeper.relations[0].pact = node.pact;
}

static void end(void)
{
	node_end(&node);
	build_end(&build);
}

static enum rule set(const char *to)
{
	node_need(store_begin(node.store), "begin");
	enum rule rule = drill_clock_set(&keeper, bytes_string(to));
	node_need(store_commit(node.store), "commit");
	return rule;
}

static bool it_is(const char *time)
{
	char utc[UTC_SIZE + 1];
	utc_format(keeper_now(&keeper), utc);
	return strcmp(utc, time) == 0;
}

static void test_moves(void)
{
	static const struct { const char *to; enum rule rule; const char *is; } steps[] = {
		{"2013-04-13T09:00:00Z", RULE_OK, "2013-04-13T09:00:00Z"},
		{"2013-04-13T08:59:59Z", RULE_DRILL_BACK, "2013-04-13T09:00:00Z"},
		{"+8h", RULE_OK, "2013-04-13T17:00:00Z"},
		{"+30d", RULE_OK, "2013-05-13T17:00:00Z"},
		{"+", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"+0d", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"+999999999d", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"-8h", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"2014-02-29T00:00:00Z", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"2014-05-19", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"", RULE_DRILL_TIME, "2013-05-13T17:00:00Z"},
		{"2030-01-01T00:00:00Z", RULE_OK, "2030-01-01T00:00:00Z"},
		{"off", RULE_DRILL_BACK, "2030-01-01T00:00:00Z"},
	};
	start();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		test_check(set(steps[i].to) == steps[i].rule && it_is(steps[i].is), "%s", steps[i].to);
	test_check(keeper.drill_clock, "it is said that it is a drill's time");
	test_check(keeper.relation_count == 0 && drill_clock_check(&keeper) == RULE_OK,
		"a home without agreements may have one");
	test_check(drill_clock_allows(&keeper, build.terms) == RULE_DRILL_LIVE,
		"a real agreement is not adopted while it runs");
	end();
}

static void test_kept(void)
{
	start();
	set("2013-04-13T09:00:00Z");
	real += 60;
	test_check(it_is("2013-04-13T09:01:00Z"), "it runs as the real one does");
	keeper.drill_clock = false;
	keeper.drill_shift = 0;
	node_need(drill_clock_load(&keeper), "load");
	test_check(keeper.drill_clock && it_is("2013-04-13T09:01:00Z"), "it is kept, behind the real one");
	set("2099-04-13T09:00:00Z");
	keeper.drill_shift = 0;
	node_need(drill_clock_load(&keeper), "load");
	test_check(keeper.drill_clock && it_is("2099-04-13T09:00:00Z"), "and before it");
	keeper.drill_shift = -1;
	test_check(set("off") == RULE_OK && !keeper.drill_clock && keeper_now(&keeper) == real,
		"real time, where that is later");
	node_need(drill_clock_load(&keeper), "load");
	test_check(!keeper.drill_clock && keeper_now(&keeper) == real, "and that is kept");
	end();
}

static void test_live(void)
{
	start();
	keeper.relation_count = 1;
	test_check(set("2099-01-01T00:00:00Z") == RULE_DRILL_LIVE && !keeper.drill_clock && keeper_now(&keeper) == real,
		"a home with a real agreement lives in real time");
	test_check(drill_clock_allows(&keeper, build.terms) == RULE_OK, "and takes further ones");
	keeper.relation_count = 0;
	set("2099-01-01T00:00:00Z");
	keeper.relation_count = 1;
	test_check(drill_clock_check(&keeper) == RULE_DRILL_LIVE, "a store that holds both is refused");
	end();
}

int main(void)
{
	test_start();
	folder_make();
	test_moves();
	test_kept();
	test_live();
	folder_remove();
	return test_end();
}

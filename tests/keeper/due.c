/* What is owed, in its time: reminders, overdue, not reached, rungs; told once, whatever clock and node do. */
#include "due.h"

#include "node.h"
#include "rungs.h"
#include "state.h"
#include "test.h"

enum { A, B };

#define DAY 86400 /* what a routine call has */

static int64_t now;
static int64_t injected_ms(void *context)
{
	(void)context;
	return now * 1000;
}

static struct build build;
static struct node node;
static struct keeper keeper;
static struct relation *relation = &keeper.relations[0];
static uint64_t next_event;

static void attach(void)
{
	relation->pact = node.pact;
	node.pact->due.ladder = &keeper.ladder;
	events_load(relation);
}

static void start(size_t self)
{
	static const struct clock clock = {injected_ms, NULL};
	static const struct keeper_options options = {.home = "here", .client = -1, .clock = &clock};
	memset(&keeper, 0, sizeof(keeper));
	build_start(&build, 2);
	node_start(&node, &build, self);
	keeper.options = &options;
	keeper.store = node.store;
	keeper.relation_count = 1;
	keeper.keys = node.keys;
	keeper.start_told = true;
	relation->peers = calloc(2, sizeof(*relation->peers));
	if (relation->peers == NULL)
		abort();
	node_need(ladder_parse(&keeper.ladder, BYTES("# ours\n\nrung 10m path Try all\nrung 2h courier Go there\n"),
		NULL), "ladder");
	attach();
	next_event = 1;
	now = build.at;
}

static void end(void)
{
	free(relation->peers);
	buffer_free(&keeper.events);
	node_end(&node);
	build_end(&build);
}

static void restart(void)
{
	node_reload(&node);
	attach();
}

/* A turn that takes in what all logs have. */
static void turn(bool kept)
{
	keeper.failed = RULE_OK;
	keeper.again = false;
	node_begin(&node);
	node_follow(&node, A);
	node_follow(&node, B);
	due_run(&keeper);
	events_write(&keeper);
	node_need(keeper.failed, "turn");
	if (kept) {
		node_commit(&node);
	} else {
		store_rollback(node.store);
		restart();
	}
}

/* The next piece of an event that a key begins, as it stands in JSON. */
static void add_value(struct buffer *to, struct bytes event, const char *key)
{
	const char *found = memmem(event.data, event.size, key, strlen(key));
	if (found == NULL)
		return;
	found += strlen(key);
	const char *end = found;
	while (*end != ',' && *end != '}' && *end != '"')
		end++;
	buffer_string(to, " ");
	buffer_add(to, bytes_of(found, (size_t)(end - found)));
}

static enum rule take(void *context, uint64_t number, struct bytes event)
{
	static const char *const keys[] = {"\"percent\":", "\"rung\":", "\"standing\":\"", "\"more\":"};
	struct buffer *told = context, name = {0};
	next_event = number + 1;
	add_value(&name, event, "\"event\":\"");
	if (bytes_is(buffer_bytes(&name), " entry") || bytes_is(buffer_bytes(&name), " entries")) {
		buffer_free(&name);
		return RULE_OK;
	}
	buffer_add(told, buffer_bytes(&name));
	buffer_free(&name);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		add_value(told, event, keys[i]);
	buffer_string(told, ";");
	return RULE_OK;
}

/* What was told since the last look, but entries. */
static bool told(const char *wanted)
{
	struct buffer told = {0};
	node_need(store_event_scan(node.store, next_event, take, &told), "scan");
	bool same = bytes_is(buffer_bytes(&told), wanted);
	if (!same)
		printf("# told:%.*s\n", BYTES_SHOWN(buffer_bytes(&told)));
	buffer_free(&told);
	return same;
}

static bool at(int64_t time, const char *wanted)
{
	now = time;
	turn(true);
	return told(wanted);
}

static enum rule count(void *context, const struct kernel_obligation *obligation, size_t number)
{
	(void)obligation;
	(void)number;
	++*(size_t *)context;
	return RULE_OK;
}

static size_t unanswered(void)
{
	size_t found = 0;
	node_need(due_unanswered(node.pact, count, &found), "unanswered");
	return found;
}

static uint64_t call(size_t from)
{
	return build_say(&build, from, &(struct build_say){.form = "hotline/call", .to = 1 - from, .opens = true,
		.text = "Is this yours?"});
}

static void answer(size_t from, uint64_t call)
{
	build_say(&build, from, &(struct build_say){.form = "hotline/answer", .to = 1 - from,
		.matter_party = 1 - from, .matter = call, .re_party = 1 - from, .re = call, .text = "It is"});
}

static void test_climb(void)
{
	start(A);
	int64_t asked = build.at;
	uint64_t entry = call(A);
	test_check(at(asked, "") && unanswered() == 1, "what is asked is unanswered");
	test_check(node.pact->due.next == asked + DUE_UNREACHED_AFTER, "in memory is when it is to be looked at");
	test_check(at(asked + 299, "") && at(asked + 300, " unreached unreached;"),
		"not reached for five minutes is told");
	test_check(at(asked + 300, "") && at(asked + 1, "") && at(asked + 599, ""), "once, whatever the clock does");
	now = asked + 600;
	turn(false);
	test_check(told(""), "a turn that is not kept tells nothing");
	test_check(at(asked + 600, " rung 1 unreached;"), "the next tells the rung that is due");
	restart();
	test_check(at(asked + 601, "") && node.pact->due.next == asked + 7200,
		"after a restart nothing again; the next is known");

	struct rung_row rung = {.name = {{A, entry}, B, 0}};
	struct buffer row = {0};
	test_check(rung_next(node.pact, &rung, &row) == RULE_OK && rung.at == asked + 600 &&
		rung.result_at == rung.at && bytes_is(rung.word, "path") && rung.result.size != 0,
		"what the node can do itself has its result");
	rung.number++;
	test_check(rung_next(node.pact, &rung, &row) == RULE_NOT_FOUND, "no rung is there before its time");
	buffer_free(&row);

	build.at = asked + 1000;
	build_received(&build, B, A);
	test_check(at(asked + 1000, " reached open;"), "it is reached after all");
	int64_t due = asked + 1000 + DAY;
	test_check(at(due - DAY / 2 - 1, "") && at(due - DAY / 2, " reminder 50;"), "half of the clock");
	restart();
	test_check(at(due - DAY / 5, " reminder 80;") && at(due, ""), "four fifths; in time is in time");
	test_check(at(due + 2 * DAY, " overdue overdue; rung 1 overdue; rung 2 overdue;"),
		"after a long stop all that was due, in order");
	test_check(node.pact->due.next == INT64_MAX && at(due + 9 * DAY, ""), "then nothing more");
	build.at = due + 10 * DAY;
	answer(B, entry);
	test_check(at(due + 10 * DAY, " answered late;") && unanswered() == 0, "an answer, and how it stands");
	restart();
	test_check(at(due + 11 * DAY, "") && node.pact->due.next == INT64_MAX, "what is settled is not looked at");
	end();
}

static void test_ours(void)
{
	start(A);
	int64_t asked = build.at;
	uint64_t entry = call(B);
	test_check(at(asked + 10 * DAY, "") && unanswered() == 1, "no ladder for what we owe ourselves");
	build.at = asked + 10;
	node_begin(&node);
	node_cosign(&node, B, build.at);
	node_commit(&node);
	build_received(&build, A, B);
	test_check(at(asked + 10, "") && at(asked + 10 + DAY / 2, " reminder 50;"), "we are reminded of it");
	build.at = now;
	answer(A, entry);
	test_check(at(now, " answered met;") && at(now + 9 * DAY, "") && node.pact->due.next == INT64_MAX, "met");
	end();
}

static void test_many(void)
{
	uint64_t entries[40];
	start(B);
	int64_t asked = build.at;
	for (size_t i = 0; i < 40; i++)
		entries[i] = call(A);
	build_received(&build, B, A);
	test_check(at(asked, "") && unanswered() == 40, "each once");
	for (size_t i = 0; i < 20; i++)
		answer(B, entries[i]);
	turn(true);
	struct buffer all = {0};
	for (size_t i = 0; i < DUE_ANSWERED_MAX; i++)
		buffer_string(&all, " answered met;");
	buffer_string(&all, " answered 4;");
	buffer_u8(&all, 0);
	test_check(told((const char *)all.data) && unanswered() == 20, "many answers of a turn are told in one event");
	buffer_free(&all);
	end();
}

static const struct { const char *text; enum rule rule; uint32_t line; } ladders[] = {
	{"rung 5m path Try\n", RULE_OK, 0},
	{"# nothing\n\n", RULE_OK, 0},
	{"", RULE_OK, 0},
	{"rung 1s call-them Now", RULE_OK, 0},
	{"rung 5m path", RULE_LADDER_LINE, 1},
	{"rung 5m path ", RULE_LADDER_LINE, 1},
	{"rung 5 path Try\n", RULE_LADDER_LINE, 1},
	{"rung 5m Path Try\n", RULE_LADDER_LINE, 1},
	{"#\nstep 5m path Try\n", RULE_LADDER_LINE, 2},
	{"rung 5m path Try\x01\n", RULE_LADDER_LINE, 1},
	{"rung 2h path Try\nrung 1h desks Try\n", RULE_LADDER_ORDER, 2},
};

static void test_ladders(void)
{
	struct buffer many = {0};
	struct ladder ladder;
	for (size_t i = 0; i < sizeof(ladders) / sizeof(ladders[0]); i++) {
		struct fault fault = {0};
		enum rule rule = ladder_parse(&ladder, bytes_string(ladders[i].text), &fault);
		test_check(rule == ladders[i].rule && fault.line == ladders[i].line,
			"ladder %zu: %s", i, rule_name(rule));
	}
	for (size_t i = 0; i <= RUNGS_MAX; i++)
		buffer_string(&many, "rung 1h desks Try\n");
	test_check(ladder_parse(&ladder, buffer_bytes(&many), NULL) == RULE_LADDER_COUNT, "too many rungs");
	test_check(ladder_parse(&ladder, bytes_string(ladder_default), NULL) == RULE_OK && ladder.count == 4,
		"the one that is built in");
	buffer_free(&many);
}

int main(void)
{
	test_start();
	folder_make();
	test_climb();
	test_ours();
	test_many();
	test_ladders();
	folder_remove();
	return test_end();
}

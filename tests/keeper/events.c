/* Events: what is told of a turn, once, in its transaction; many entries in one; old ones dropped. */
#include "state.h"

#include "node.h"
#include "test.h"

enum { A, B };

static int64_t fixed_ms(void *context)
{
	(void)context;
	return BUILD_START * 1000;
}

static struct build build;
static struct node node;
static struct keeper keeper;
static struct relation *relation = &keeper.relations[0];
static struct buffer told;

static void start(void)
{
	static const struct clock clock = {fixed_ms, NULL};
	static const struct keeper_options options = {.home = "here", .client = -1, .clock = &clock};
	memset(&keeper, 0, sizeof(keeper));
	build_start(&build, 2);
	node_start(&node, &build, A);
	keeper.options = &options;
	keeper.store = node.store;
	keeper.relation_count = 1;
	keeper.keys = node.keys;
	relation->pact = node.pact;
	relation->peers = calloc(2, sizeof(*relation->peers));
	if (relation->peers == NULL)
		abort();
	events_load(relation);
}

static void end(void)
{
	free(relation->peers);
	buffer_free(&keeper.events);
	buffer_free(&told);
	node_end(&node);
	build_end(&build);
}

/* A turn: what was begun since, and what changed. */
static enum rule turn(bool kept)
{
	keeper.failed = RULE_OK;
	events_write(&keeper);
	enum rule rule = keeper.failed;
	if (kept && rule == RULE_OK)
		node_commit(&node);
	else
		store_rollback(node.store);
	return rule;
}

static enum rule take(void *context, uint64_t number, struct bytes event)
{
	uint64_t *next = context;
	test_check(number == *next, "event %llu has its number", (unsigned long long)*next);
	*next = number + 1;
	buffer_add(&told, event);
	buffer_string(&told, "\n");
	return RULE_OK;
}

/* What was told from that number on. */
static bool says(uint64_t from, const char *wanted)
{
	uint64_t next = from;
	buffer_clear(&told);
	node_need(store_event_scan(node.store, from, take, &next), "scan");
	bool same = bytes_is(buffer_bytes(&told), wanted);
	if (!same)
		printf("# %.*s", BYTES_SHOWN(buffer_bytes(&told)));
	return same;
}

#define AT "{\"at\":\"2026-09-26T12:00:00Z\","
#define OF AT "\"agreement\":\"" /* the label, and the rest */

static const char *line(const char *rest)
{
	static char lines[4][400];
	static unsigned used;
	char *to = lines[used++ % 4];
	snprintf(to, sizeof(lines[0]), OF "%s\",%s\n", node.pact->label, rest);
	return to;
}

static void test_entries(void)
{
	static const struct build_say call = {.form = "hotline/call", .to = A, .opens = true, .text = "Is this yours?"};
	char wanted[1200];
	start();
	node_begin(&node);
	test_check(turn(true) == RULE_OK && says(1, AT "\"event\":\"started\"}\n"), "the first turn tells that the node started");
	keeper.start_told = true;
	node_begin(&node);
	test_check(turn(true) == RULE_OK && says(2, ""), "a turn without anything tells nothing");

	build_say(&build, B, &call);
	node_begin(&node);
	node_follow(&node, B);
	node_append(&node, B, BYTES("no entry\n"));
	turn(true);
	snprintf(wanted, sizeof(wanted), "%s%s",
		line("\"event\":\"entry\",\"party\":\"b.example\",\"entry\":\"b.example/0\",\"ours\":false,\"form\":\"hotline/call\","
			"\"from\":\"b.example/duty\",\"to\":[\"a.example/duty\"],\"to_us\":true}"),
		line("\"event\":\"void\",\"party\":\"b.example\",\"entry\":\"b.example/1\",\"ours\":false,"
			"\"rule\":\"note.form\"}"));
	test_check(says(2, wanted), "an entry, and one that is void, by its rule");

	node_begin(&node);
	for (int i = 0; i < 17; i++)
		node_append(&node, B, i == 0 ? BYTES("none\n") : i == 1 ? BYTES("neither\n") : BYTES("nothing\n"));
	turn(true);
	test_check(says(4, line("\"event\":\"entries\",\"party\":\"b.example\",\"first\":2,\"last\":18,\"ours\":false,\"void\":17,"
		"\"to_us\":0}")), "many in one turn are told in one event");
	end();
}

static void test_parties(void)
{
	char wanted[1200];
	start();
	keeper.start_told = true;
	struct peer *peer = &relation->peers[B];
	peer->paths[peer->path_count++] = (struct path){.address = "https://b:1", .cause = CAUSE_KEY, .since = 1};
	peer->rolled_back = peer->forks = peer->skew_told = true;
	node.pact->logs[B].agreeing = PACT_OTHER_STATE;
	peer->skew_s = 400;
	snprintf(peer->refusal, sizeof(peer->refusal), "422 no");
	node_begin(&node);
	test_check(turn(false) == RULE_OK && says(1, ""), "what did not become durable is not told");
	events_load(relation);
	peer->told.differs = false;
	peer->told.forks = false; /* as loaded where the evidence was not kept */
	peer->paths[0].told = 0;
	node_begin(&node);
	turn(true);
	static char all[2000];
	snprintf(all, sizeof(all), "%s%s%s", line("\"event\":\"path-down\",\"party\":\"b.example\",\"address\":\"https://b:1\",\"cause\":\"key\"}"),
		line("\"event\":\"forked\",\"party\":\"b.example\"}"), line("\"event\":\"rolled-back\",\"party\":\"b.example\"}"));
	snprintf(wanted, sizeof(wanted), "%s%s%s", line("\"event\":\"state-differs\",\"party\":\"b.example\"}"),
		line("\"event\":\"clock\",\"party\":\"b.example\",\"apart\":true,\"skew_s\":400}"),
		line("\"event\":\"refuses-log\",\"party\":\"b.example\",\"says\":\"422 no\"}"));
	snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s", wanted);
	test_check(says(1, all), "a path, a fork, an older copy, another state, a clock, a refusal");
	node_begin(&node);
	turn(true);
	test_check(says(7, ""), "once");
	peer->paths[0].cause = CAUSE_NONE;
	peer->skew_told = false;
	peer->refusal[0] = '\0';
	peer->push.cosigned = 3;
	peer->last_cosigned = BUILD_START;
	node_begin(&node);
	turn(true);
	snprintf(all, sizeof(all), "%s%s", line("\"event\":\"path-up\",\"party\":\"b.example\",\"address\":\"https://b:1\"}"),
		line("\"event\":\"clock\",\"party\":\"b.example\",\"apart\":false,\"skew_s\":400}"));
	snprintf(wanted, sizeof(wanted), "%s%s", line("\"event\":\"takes-log\",\"party\":\"b.example\"}"),
		line("\"event\":\"receipt\",\"party\":\"b.example\",\"first\":0,\"last\":2,\"cosigned\":\"2026-09-26T12:00:00Z\"}"));
	snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s", wanted);
	test_check(says(7, all), "and when it is over; a receipt");
	end();
}

static void test_growth(void)
{
	uint64_t first, last;
	start();
	keeper.start_told = true;
	for (int turns = 0; turns < 26; turns++) {
		for (int i = 0; i < 2000; i++) {
			struct event event;
			event_begin(&event, &keeper, relation, "courier");
			event_end(&event);
		}
		node_begin(&node);
		node_need(turn(true), "turn");
	}
	node_need(store_event_bounds(node.store, &first, &last), "bounds");
	test_check(last == 52000 && last - first < 50500, "old events are dropped: %llu are kept",
		(unsigned long long)(last - first + 1));
	end();
}

int main(void)
{
	test_start();
	folder_make();
	test_entries();
	test_parties();
	test_growth();
	folder_remove();
	return test_end();
}

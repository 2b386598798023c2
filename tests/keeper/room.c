/* How much of a log is stored: as many bytes as the agreement's limit `log` says, on whichever way they come. */
#include "state.h"

#include "node.h"
#include "test.h"

enum { A, B };
#define ENTRIES 20

static struct build build;
static struct node node;
static struct keeper keeper;
static struct relation relation;
static struct buffer notes[ENTRIES];
static uint64_t sizes; /* of all of them */

/* b's log has ENTRIES entries, and a holds nothing of it. */
static void start(void)
{
	static const struct keeper_options options = {.clock = &clock_system, .random = &random_system};
	static const struct build_say call = {.form = "hotline/call", .to = A, .opens = true, .text = "Is this yours?"};
	memset(&keeper, 0, sizeof(keeper));
	memset(&relation, 0, sizeof(relation));
	build_start(&build, 2);
	node_start(&node, &build, A);
	sizes = 0;
	for (uint64_t i = 0; i < ENTRIES; i++) {
		build_say(&build, B, &call);
		build_entry(&build, B, i, &notes[i]);
		sizes += notes[i].size;
	}
	keeper.options = &options;
	keeper.batch = batch_new(0);
	relation.pact = node.pact;
	if (keeper.batch == NULL)
		abort();
}

static void end(void)
{
	for (size_t i = 0; i < ENTRIES; i++)
		buffer_free(&notes[i]);
	adding_end(&keeper);
	batch_free(keeper.batch);
	node_end(&node);
	build_end(&build);
}

/* As if so much had been stored before that there is room for so much more. */
static void leave_room(uint64_t room)
{
	node.pact->logs[B].ledger.bytes = pact_limit(node.pact) - room;
}

static void test_room(void)
{
	start();
	uint64_t limit = pact_limit(node.pact);
	test_check(limit == LOG_MAX_DEFAULT, "without a word in the agreement, the limit is the usual one");
	test_check(pact_room(node.pact, B) == limit, "of an empty log all of it is left");
	leave_room(7);
	test_check(pact_room(node.pact, B) == 7 && pact_room_for_words(node.pact, B) == 0, "the rest is bookkeeping's");
	node.pact->logs[B].ledger.bytes = limit - limit / 16 - 5;
	test_check(pact_room_for_words(node.pact, B) == 5, "words have fifteen parts of sixteen");
	node.pact->logs[B].ledger.bytes = limit + 1;
	test_check(pact_room(node.pact, B) == 0, "and beyond it nothing is left");
	end();
}

static enum rule take(struct adding *adding, size_t i)
{
	struct hash leaf;
	tree_leaf_hash(buffer_bytes(&notes[i]), &leaf);
	return adding_take(adding, buffer_bytes(&notes[i]), &leaf);
}

/* What is pushed: entry by entry, up to the last byte. */
static void test_adding(void)
{
	for (uint64_t less = 0; less < 2; less++) {
		start();
		uint64_t room = notes[0].size + notes[1].size + notes[2].size - less;
		leave_room(room);
		node_begin(&node);
		struct adding *adding = adding_begin(&keeper, &relation, B);
		bool good = take(adding, 0) == RULE_OK && take(adding, 1) == RULE_OK;
		enum rule third = take(adding, 2), fourth = third == RULE_OK ? take(adding, 3) : RULE_LOG_LIMIT;
		test_check(good && third == (less == 0 ? RULE_OK : RULE_LOG_LIMIT), "%s",
			less == 0 ? "the last byte may be used" : "an entry that is a byte too long is refused");
		test_check(fourth == RULE_LOG_LIMIT, "and nothing comes after");
		node_need(adding_flush(adding), "flush");
		node_commit(&node);
		node_reload(&node);
		relation.pact = node.pact;
		test_check(node.pact->logs[B].ledger.size == 3 - less, "what went before is stored");
		test_check(pact_room(node.pact, B) == (less == 0 ? 0 : notes[2].size - 1), "its bytes are counted, durably");
		end();
	}
}

/* What is pulled or comes by courier: nothing of it, for it would not lead to a checkpoint. */
static void test_intake(void)
{
	for (uint64_t less = 0; less < 2; less++) {
		struct buffer checkpoint = {0}, bundle = {0};
		struct checkpoint shown;
		struct note parsed;
		struct intake intake = {.log = B};
		start();
		build_checkpoint(&build, B, ENTRIES, 0, &checkpoint);
		node_need(checkpoint_note_parse(&parsed, &shown, buffer_bytes(&checkpoint)), "checkpoint");
		for (size_t i = 0; i < ENTRIES; i++)
			bundle_add(&bundle, buffer_bytes(&notes[i]));
		leave_room(sizes - less);
		node_begin(&node);
		enum rule rule = intake_begin(&keeper, &relation, &intake, &shown, buffer_bytes(&checkpoint));
		for (int pass = 0; pass < 2 && rule == RULE_OK; pass++)
			rule = intake_bundle(&keeper, &relation, &intake, buffer_bytes(&bundle));
		node_commit(&node);
		test_check(rule == (less == 0 ? RULE_OK : RULE_LOG_LIMIT) && intake.pass == 0, "taken in: %s",
			less == 0 ? "a log that fills the limit" : "not one that is a byte longer");
		test_check(node.pact->logs[B].ledger.size == (less == 0 ? ENTRIES : 0), "taken in: %s",
			less == 0 ? "it is all stored" : "nothing of it is stored");
		buffer_free(&checkpoint);
		buffer_free(&bundle);
		buffer_free(&intake.note);
		buffer_free(&intake.digests);
		end();
	}
}

int main(void)
{
	test_start();
	folder_make();
	test_room();
	test_adding();
	test_intake();
	folder_remove();
	return test_end();
}

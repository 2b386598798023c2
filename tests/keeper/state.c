/* The state of an agreement at its nodes: one for the same cut, kept over failures and restarts, compared. */
#include "node.h"
#include "replay.h"
#include "test.h"
#include "text.h"

enum { A, B, C };

static struct build build;
static struct node nodes[3];

static void start(void)
{
	build_start(&build, 3);
	for (size_t i = 0; i < 3; i++)
		node_start(&nodes[i], &build, i);
}

static void end(void)
{
	for (size_t i = 0; i < 3; i++)
		node_end(&nodes[i]);
	build_end(&build);
}

/* A node takes in what all logs have, beginning with one of them. */
static void follow(size_t node, size_t first)
{
	bool more = true;
	node_begin(&nodes[node]);
	for (size_t i = 0; i < 3; i++)
		node_follow(&nodes[node], (first + i) % 3);
	while (more)
		node_need(pact_judge_rest(nodes[node].pact, 100, &more), "judge");
	node_commit(&nodes[node]);
}

static bool same_digest(size_t a, size_t b)
{
	uint8_t digests[2][SHA256_SIZE];
	kernel_digest(nodes[a].pact->kernel, digests[0]);
	kernel_digest(nodes[b].pact->kernel, digests[1]);
	return memcmp(digests[0], digests[1], SHA256_SIZE) == 0;
}

/* The state at a node, computed anew from its entries. */
static bool same_anew(struct node *node)
{
	struct rows_memory *memory = rows_memory_new();
	struct rows rows = rows_in_memory(memory);
	struct kernel *kernel;
	struct replay replay;
	struct kernel_entry entry;
	struct buffer kept = {0}, anew = {0};
	enum rule rule = RULE_OK;
	node_need(kernel_new(&kernel, node->pact->cards, &rows), "kernel");
	replay_begin(&replay, node->pact, INT64_MAX);
	while (rule == RULE_OK) {
		rule = replay_next(&replay, &entry);
		if (rule == RULE_OK)
			node_need(kernel_add(kernel, &entry), "added");
	}
	replay_end(&replay);
	node_need(kernel_write(&kept, node->pact->kernel, build.at), "written");
	node_need(kernel_write(&anew, kernel, build.at), "written");
	bool same = rule == RULE_NOT_FOUND && kept.size > 200 && bytes_equal(buffer_bytes(&kept), buffer_bytes(&anew));
	buffer_free(&kept);
	buffer_free(&anew);
	kernel_free(kernel);
	rows_memory_free(memory);
	return same;
}

static void test_same(void)
{
	start();
	build_talk(&build, 20);
	for (size_t i = 0; i < 3; i++)
		follow(i, i);
	test_check(same_digest(A, B) && same_digest(A, C), "logs taken in in another order come to the same state");
	test_check(same_anew(&nodes[A]), "what is kept is what the entries come to when they are gone through again");
	node_reload(&nodes[A]);
	test_check(same_digest(A, B) && same_anew(&nodes[A]), "the same after a restart");

	build_say(&build, A, &(struct build_say){.form = "hotline/call", .to = B, .opens = true, .text = "Is this yours?"});
	node_begin(&nodes[A]);
	node_follow(&nodes[A], A);
	test_check(!same_digest(A, B), "one more entry, another state");
	store_rollback(nodes[A].store);
	node_reload(&nodes[A]);
	test_check(same_digest(A, B) && same_anew(&nodes[A]), "a turn that fails leaves the state as it was");
	follow(A, A);
	follow(B, C);
	test_check(same_digest(A, B), "then it is judged after all");
	end();
}

/* What A's log says of the state, against what it comes to at B. */
static enum pact_agreeing compared(const char *digest)
{
	build_see(&build, A, B);
	build_see(&build, A, C);
	build_say(&build, A, &(struct build_say){.form = "hotline/test", .to = B, .opens = true, .state = digest});
	follow(B, A);
	node_reload(&nodes[B]);
	return nodes[B].pact->logs[A].agreeing;
}

static void digest_at(size_t node, char hex[2 * SHA256_SIZE + 1])
{
	uint8_t digest[SHA256_SIZE];
	struct buffer text = {0};
	test_check(pact_state_digest(nodes[node].pact, digest), "nothing waits");
	text_hex(&text, bytes_of(digest, sizeof(digest)));
	if (!bytes_to_string(buffer_bytes(&text), hex, 2 * SHA256_SIZE + 1))
		abort();
	buffer_free(&text);
}

static void test_compared(void)
{
	char digest[2 * SHA256_SIZE + 1], other[2 * SHA256_SIZE + 1];
	start();
	build_say(&build, B, &(struct build_say){.form = "hotline/call", .to = A, .opens = true, .text = "Is this yours?"});
	follow(A, A);
	follow(B, A);
	node_begin(&nodes[A]); /* what `seen` names has a checkpoint there */
	node_cosign(&nodes[A], B, build.at);
	node_commit(&nodes[A]);
	digest_at(A, digest);
	snprintf(other, sizeof(other), "%s", digest);
	other[0] = other[0] == '0' ? '1' : '0';
	test_check(nodes[B].pact->logs[A].agreeing == PACT_NOT_COMPARED, "nothing was compared so far");
	test_check(compared(digest) == PACT_SAME_STATE, "the same state for the same cut");
	test_check(compared(other) == PACT_OTHER_STATE, "another state for the same cut is told");
	build_say(&build, B, &(struct build_say){.form = "hotline/goodwill", .to = A, .opens = true, .text = "Hello"});
	follow(B, A);
	build_say(&build, A, &(struct build_say){.form = "hotline/test", .to = B, .opens = true, .state = digest});
	follow(B, A);
	test_check(nodes[B].pact->logs[A].agreeing == PACT_OTHER_STATE, "of another cut it says nothing");
	end();
}

int main(void)
{
	test_start();
	folder_make();
	test_same();
	test_compared();
	folder_remove();
	return test_end();
}

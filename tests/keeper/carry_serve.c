/* carry_serve: from whom an attachment is taken, whatever others say of it. */
#include <unistd.h>

#include "node.h"
#include "state.h"
#include "test.h"
#include "text.h"

enum { A, B, C };

static struct build build;
static struct node node;
static struct keeper keeper;
static uint8_t plan[1000];

/* What the head of a request to bring `size` bytes of the plan is answered; 0: not by one answer. */
static uint16_t asked(size_t party, uint64_t size)
{
	char path[80];
	uint8_t digest[SHA256_SIZE];
	struct buffer hex = {0};
	struct message_reply reply = {0};
	sha256(bytes_of(plan, sizeof(plan)), digest);
	text_hex(&hex, bytes_of(digest, sizeof(digest)));
	snprintf(path, sizeof(path), "/attachment/%.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	struct message_request request = {.party = bytes_string(build.parties[party].name), .verb = VERB_PUT,
		.path = bytes_string(path), .head = true, .range = {true, 0, size, size}};
	if (!carry_serve(&keeper, 1, &request) || keeper.deferred_count != 1 ||
	    message_parse_reply(&reply, buffer_bytes(&keeper.deferred[0].payload)) != RULE_OK)
		reply.status = 0;
	for (size_t i = 0; i < keeper.deferred_count; i++) {
		buffer_free(&keeper.deferred[i].payload);
		if (keeper.deferred[i].descriptor >= 0)
			close(keeper.deferred[i].descriptor);
	}
	keeper.deferred_count = 0;
	buffer_free(&hex);
	return reply.status;
}

static void say(size_t party, size_t to, uint64_t false_size)
{
	struct build_say call = {.form = "hotline/call", .to = to, .opens = true, .text = "The plan",
		.attachment = bytes_of(plan, sizeof(plan)), .false_size = false_size};
	build_say(&build, party, &call);
	node_begin(&node);
	node_follow(&node, party);
	node_commit(&node);
}

int main(void)
{
	static struct relation *relation;
	test_start();
	folder_make();
	if (crypto_start() != RULE_OK || attachment_folder(folder_path("attachments"), &keeper.attachments) != RULE_OK)
		return 1;
	build_start(&build, 3);
	node_start(&node, &build, A);
	relation = &keeper.relations[keeper.relation_count++];
	relation->pact = node.pact;
	relation->peers = calloc(3, sizeof(*relation->peers));
	if (relation->peers == NULL)
		return 1;

	test_check(asked(C, sizeof(plan)) == 404, "what no entry names is not taken");
	say(B, A, 1);
	say(C, B, 0);
	test_check(asked(C, sizeof(plan)) == 404, "nor what the bringer's entry brings to somebody else");
	say(C, A, 0);
	test_check(asked(B, sizeof(plan)) == 404, "nor from one that did not write the entry");
	test_check(!relation->peers[B].taking.busy && relation->peers[B].taking.part == NULL, "which holds up nothing");
	test_check(asked(C, sizeof(plan) - 1) == 404, "nor with another size");
	test_check(asked(C, sizeof(plan)) == 100, "its writer brings it, whatever size another said before");
	test_check(relation->peers[C].taking.busy, "and is awaited");

	part_close(relation->peers[C].taking.part);
	close(keeper.attachments);
	free(relation->peers);
	free(keeper.deferred);
	node_end(&node);
	build_end(&build);
	folder_remove();
	return test_end();
}

/*
 * mirror_entries: an add-entries request to a mirror of a log of 300 entries that holds 100 of them and has cosigned
 * 50. Only the log's own entries are ever taken, in order, and 200 means all of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "mirror.h"

#define SIZE 300
#define HELD 100
#define LEVELS 9

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vkey key = {.name = "a.example/0011223344556677"};
static struct hash nodes[LEVELS][SIZE];
static bool started;

static int entry_text(uint64_t index, char to[16])
{
	return snprintf(to, 16, "%" PRIu64, index);
}

static enum rule node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	(void)context;
	if ((index + 1) << level > HELD)
		abort(); /* reads what is not held */
	*to = nodes[level][index];
	return RULE_OK;
}

static enum rule take(void *context, uint64_t index, struct bytes entry, const struct hash *leaf)
{
	uint64_t *next = context;
	char text[16];
	if (index != *next || index >= SIZE || entry.size != (size_t)entry_text(index, text) ||
		memcmp(entry.data, text, entry.size) != 0 || memcmp(leaf, &nodes[0][index], sizeof(*leaf)) != 0)
		abort();
	++*next;
	return RULE_OK;
}

static void start(struct hash *root)
{
	static struct tree_frontier frontier;
	for (uint64_t i = 0; i < SIZE && !started; i++) {
		char text[16];
		tree_leaf_hash(bytes_of(text, (size_t)entry_text(i, text)), &nodes[0][i]);
		tree_append(&frontier, &nodes[0][i]);
	}
	for (unsigned level = 1; level < LEVELS && !started; level++)
		for (unsigned i = 0; i < (unsigned)SIZE >> level; i++)
			tree_node_hash(&nodes[level - 1][2 * i], &nodes[level - 1][2 * i + 1], &nodes[level][i]);
	started = true;
	tree_root(&frontier, root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t next = HELD;
	struct mirror_log mirror = {.keys = &key, .key_count = 1, .pending_size = SIZE, .has_pending = true,
		.mirror_size = 50, .next = HELD, .tree = {node, NULL}};
	struct mirror_sink sink = {take, &next};
	struct mirror_progress progress;
	struct mirror_reply reply = {0};
	struct bytes request = bytes_of(data, size), origin;
	start(&mirror.pending_root);
	mirror_add_entries(&mirror, request, &sink, &progress, &reply);
	bool form = mirror_entries_origin(request, &origin) == RULE_OK;
	if (progress.next != next || (!form && reply.status != 400) || reply.body.rule != RULE_OK)
		abort();
	bool info = reply.status == 202 || reply.status == 409;
	if (reply.status == 200 ? reply.body.size != 0 || (progress.upload_end != SIZE && progress.upload_end != 50) ||
		next < progress.upload_end : reply.body.size == 0 || reply.body.data[reply.body.size - 1] != '\n')
		abort();
	if (info != (strcmp(reply.type, "text/x.tlog.mirror-info") == 0) || reply.status == 500 ||
		(next != HELD && reply.status != 200 && reply.status != 202 && reply.status != 422))
		abort();
	buffer_free(&reply.body);
	return 0;
}

/*
 * model: a log and a mirror of it, in memory. Entries follow from their index, so that whoever reads one can tell
 * whether it is the right one.
 */
#ifndef MODEL_H
#define MODEL_H

#include <inttypes.h>
#include <stdlib.h>

#include "mirror.h"
#include "note/signers.h"

#define MODEL_MAX UINT64_C(20000)
#define MODEL_LEVELS 16
#define MODEL_ORIGIN "a.example/0011223344556677"

/* A tree with all its complete nodes. */
struct model_tree {
	uint64_t size;
	struct hash *levels[MODEL_LEVELS];
	uint64_t hidden; /* leaves at its end that must not be read */
};

static inline void model_append(struct model_tree *tree, const struct hash *leaf)
{
	struct hash hash = *leaf;
	uint64_t index = tree->size++;
	for (unsigned level = 0; level < MODEL_LEVELS; level++, index /= 2) {
		if (tree->levels[level] == NULL)
			tree->levels[level] = calloc((MODEL_MAX >> level) + 1, sizeof(struct hash));
		if (tree->levels[level] == NULL || index > MODEL_MAX >> level)
			abort();
		tree->levels[level][index] = hash;
		if (index % 2 == 0)
			break;
		tree_node_hash(&tree->levels[level][index - 1], &hash, &hash);
	}
}

static inline void model_free(struct model_tree *tree)
{
	for (unsigned level = 0; level < MODEL_LEVELS; level++)
		free(tree->levels[level]);
	memset(tree, 0, sizeof(*tree));
}

static inline enum rule model_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	struct model_tree *tree = context;
	uint64_t end = (index + 1) << level;
	if (level >= MODEL_LEVELS || end > tree->size - tree->hidden)
		return RULE_NOT_FOUND;
	*to = tree->levels[level][index];
	return RULE_OK;
}

static inline struct tree_reader model_reader(struct model_tree *tree)
{
	return (struct tree_reader){model_node, tree};
}

static inline struct hash model_root(struct model_tree *tree, uint64_t size)
{
	struct tree_reader reader = model_reader(tree);
	struct hash root;
	if (tree_range_root(&reader, 0, size, &root) != RULE_OK)
		abort();
	return root;
}

/* Entry `index`: of many sizes, some empty. */
static inline enum rule model_entry(void *context, uint64_t index, struct buffer *to)
{
	(void)context;
	if (index % 97 == 5)
		return RULE_OK;
	buffer_format(to, "entry %" PRIu64 " ", index);
	for (uint64_t i = 0; i < index * 37 % 90; i++)
		buffer_u8(to, (uint8_t)(index + i));
	return to->rule;
}

/* A log of the entries [0, size). Past `branch` they are others. */
static inline void model_log(struct model_tree *tree, uint64_t size, uint64_t branch)
{
	struct buffer entry = {0};
	struct hash leaf;
	while (tree->size < size) {
		buffer_clear(&entry);
		model_entry(NULL, tree->size, &entry);
		if (tree->size >= branch)
			buffer_string(&entry, "of the other branch");
		tree_leaf_hash(buffer_bytes(&entry), &leaf);
		model_append(tree, &leaf);
	}
	buffer_free(&entry);
}

/* Appends the log's signed checkpoint. */
static inline void model_checkpoint(struct buffer *to, struct model_tree *tree, uint64_t size,
	const struct signer *signer)
{
	struct checkpoint checkpoint = {bytes_string(signer->vkey.name), size, {0}};
	struct hash root = model_root(tree, size);
	struct buffer text = {0};
	memcpy(checkpoint.root, root.bytes, SHA256_SIZE);
	checkpoint_write(&text, &checkpoint);
	buffer_add(to, buffer_bytes(&text));
	buffer_string(to, "\n");
	note_sign(to, buffer_bytes(&text), signer);
	buffer_free(&text);
}

/* A mirror: what it holds, and how many entries it was given that are not the log's. */
struct model_mirror {
	struct mirror_log log;
	struct model_tree held;
	uint64_t wrong, given;
	enum rule refuse; /* what the sink answers instead of taking */
};

static inline enum rule model_take(void *context, uint64_t index, struct bytes entry, const struct hash *leaf)
{
	struct model_mirror *mirror = context;
	struct buffer expected = {0};
	struct hash hash;
	if (mirror->refuse != RULE_OK)
		return mirror->refuse;
	model_entry(NULL, index, &expected);
	tree_leaf_hash(entry, &hash);
	if (index != mirror->held.size || !bytes_equal(buffer_bytes(&expected), entry) ||
		memcmp(&hash, leaf, sizeof(hash)) != 0)
		mirror->wrong++;
	buffer_free(&expected);
	mirror->given++;
	mirror->held.hidden++; /* durable only after the request */
	model_append(&mirror->held, leaf);
	return RULE_OK;
}

static inline void model_mirror(struct model_mirror *mirror, const struct vkey *key)
{
	memset(mirror, 0, sizeof(*mirror));
	mirror->log.keys = key;
	mirror->log.key_count = 1;
	mirror->log.tree = model_reader(&mirror->held);
}

/* Sets what the mirror holds of `log`: entries, pending and mirror checkpoint. */
static inline void model_hold(struct model_mirror *mirror, struct model_tree *log, uint64_t next, uint64_t pending,
	uint64_t cosigned)
{
	mirror->held.size = 0;
	for (uint64_t i = 0; i < next; i++)
		model_append(&mirror->held, &log->levels[0][i]);
	mirror->log.next = next;
	mirror->log.has_pending = true;
	mirror->log.pending_size = pending;
	mirror->log.pending_root = model_root(log, pending);
	mirror->log.mirror_size = cosigned;
}

/* The mirror's keeper: add-checkpoint and what follows from the reply. */
static inline void model_add_checkpoint(struct model_mirror *mirror, struct bytes request, struct mirror_reply *reply)
{
	struct mirror_accepted accepted;
	mirror_add_checkpoint(&mirror->log, request, &accepted, reply);
	if (reply->status != 200)
		return;
	mirror->log.has_pending = true;
	mirror->log.pending_size = accepted.checkpoint.size;
	memcpy(mirror->log.pending_root.bytes, accepted.checkpoint.root, SHA256_SIZE);
}

static inline void model_add_entries(struct model_mirror *mirror, struct bytes request,
	struct mirror_progress *progress, struct mirror_reply *reply)
{
	struct mirror_sink sink = {model_take, mirror};
	mirror_add_entries(&mirror->log, request, &sink, progress, reply);
	if (progress->next != mirror->held.size)
		mirror->wrong++;
	mirror->log.next = mirror->held.size;
	mirror->held.hidden = 0;
	if (reply->status == 200)
		mirror->log.mirror_size = progress->upload_end;
}

/* The reply's rule and body; `body` NULL stands for the one line that names the rule. */
static inline bool model_reply_says(const struct mirror_reply *reply, enum rule rule, const char *body)
{
	struct bytes found = buffer_bytes(&reply->body);
	struct buffer line = {0};
	buffer_format(&line, "%s: %s", rule_name(rule), rule_sentence(rule));
	bool good = body != NULL ? bytes_is(found, body) : bytes_start(found, buffer_bytes(&line)) &&
		found.data[found.size - 1] == '\n' && memchr(found.data, '\n', found.size - 1) == NULL;
	buffer_free(&line);
	return good && reply->rule == rule;
}

/* Numbers of a test that are the same every time. */
static inline uint64_t model_random(uint64_t *state, uint64_t below)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*state >> 33) % below;
}

#endif

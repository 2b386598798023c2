#include "pipeline.h"

#include <pthread.h>
#include <stdlib.h>

#include "foreign.h"

/*
 * Each log has a ring of slots for the bundles from `front` on. Bundles are taken in order by whichever worker is free,
 * so a slot's bundle is known from its place in the ring, and a state says how far it is.
 */
enum slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_READY };

struct slot {
	enum slot_state state;
	struct piece *piece;
};

struct ring {
	const struct proved *proved;
	uint64_t bundles; /* of the log */
	uint64_t front;   /* the first that was not popped */
	uint64_t taken;   /* the first that no worker took */
	struct slot *slots;
};

struct pipeline {
	const struct cards *cards;
	struct ring rings[AGREEMENT_PARTIES_MAX];
	size_t ring_count, depth;
	pthread_mutex_t lock;
	pthread_cond_t ready, room;
	bool stop;
	pthread_t *threads;
	unsigned started;
};

/* ---- one bundle ---- */

static enum rule split(struct piece *piece)
{
	struct cursor bundle = cursor_of(buffer_bytes(&piece->bytes));
	for (unsigned i = 0; i < piece->count; i++) {
		piece->notes[i] = bundle_next(&bundle);
		tree_leaf_hash(piece->notes[i], &piece->leaves[i]);
	}
	return cursor_end(&bundle) == RULE_OK ? RULE_OK : RULE_RECORD_BUNDLE;
}

/* The leaves are not those that were proved: finds the first that differs. */
static enum rule find_bad(struct piece *piece, const struct proved *proved, uint64_t bundle)
{
	struct hash leaves[TILE_WIDTH];
	enum rule rule = proved_tile(proved, bundle, leaves);
	if (rule != RULE_OK)
		return rule;
	piece->bad = 0;
	while (piece->bad + 1 < piece->count &&
	       memcmp(leaves[piece->bad].bytes, piece->leaves[piece->bad].bytes, SHA256_SIZE) == 0)
		piece->bad++;
	return RULE_RECORD_LEAF;
}

static void prepare(struct piece *piece, const struct pipeline *pipeline, size_t log, uint64_t bundle)
{
	const struct proved *proved = pipeline->rings[log].proved;
	struct tile tile = {.level = -1, .index = bundle, .width = tile_width(-1, bundle, proved->size)};
	piece->first = bundle * TILE_WIDTH;
	piece->count = tile.width;
	buffer_clear(&piece->bytes);
	tile_path(&tile, piece->where);
	piece->rule = foreign_read(proved->folder, piece->where, tile.width * ((size_t)ENTRY_MAX + 2), &piece->bytes);
	if (piece->rule == RULE_OK)
		piece->rule = split(piece);
	if (piece->rule == RULE_OK && !proved_leaves(proved, bundle, piece->leaves))
		piece->rule = find_bad(piece, proved, bundle);
	for (unsigned i = 0; i < piece->count && piece->rule == RULE_OK; i++)
		judge_prepare(&piece->prepared[i], pipeline->cards, log, piece->first + i, piece->notes[i]);
}

/* ---- the workers ---- */

static bool has_work(const struct pipeline *pipeline, const struct ring *ring)
{
	return ring->taken < ring->bundles && ring->taken < ring->front + pipeline->depth;
}

/* The log whose next bundle is wanted first: whose taken ones are fewest. ring_count when there is nothing to do. */
static size_t pick(const struct pipeline *pipeline)
{
	size_t best = pipeline->ring_count;
	for (size_t i = 0; i < pipeline->ring_count; i++) {
		const struct ring *ring = &pipeline->rings[i];
		if (has_work(pipeline, ring) && (best == pipeline->ring_count ||
		    ring->taken - ring->front < pipeline->rings[best].taken - pipeline->rings[best].front))
			best = i;
	}
	return best;
}

static void *work(void *context)
{
	struct pipeline *pipeline = context;
	pthread_mutex_lock(&pipeline->lock);
	while (!pipeline->stop) {
		size_t log = pick(pipeline);
		if (log == pipeline->ring_count) {
			pthread_cond_wait(&pipeline->room, &pipeline->lock);
			continue;
		}
		struct ring *ring = &pipeline->rings[log];
		uint64_t bundle = ring->taken++;
		struct slot *slot = &ring->slots[bundle % pipeline->depth];
		slot->state = SLOT_TAKEN;
		pthread_mutex_unlock(&pipeline->lock);
		prepare(slot->piece, pipeline, log, bundle);
		pthread_mutex_lock(&pipeline->lock);
		slot->state = SLOT_READY;
		pthread_cond_signal(&pipeline->ready);
	}
	pthread_mutex_unlock(&pipeline->lock);
	return NULL;
}

/* ---- from outside ---- */

static enum rule make_ring(struct ring *ring, const struct proved *proved, size_t depth)
{
	*ring = (struct ring){.proved = proved,
		.bundles = proved->size / TILE_WIDTH + (proved->size % TILE_WIDTH != 0)};
	ring->slots = calloc(depth, sizeof(*ring->slots));
	for (size_t i = 0; ring->slots != NULL && i < depth && i < ring->bundles; i++) {
		ring->slots[i].piece = calloc(1, sizeof(*ring->slots[i].piece));
		if (ring->slots[i].piece == NULL)
			return RULE_MEMORY;
	}
	return ring->slots == NULL ? RULE_MEMORY : RULE_OK;
}

enum rule pipeline_new(struct pipeline **to, const struct pipeline_setup *setup)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	if (pipeline == NULL)
		return RULE_MEMORY;
	pipeline->cards = setup->cards;
	/* one being judged, and for the logs together two for each worker: one at work, one to come */
	pipeline->depth = 1 + (2 * (size_t)setup->threads + setup->count - 1) / setup->count;
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->ready, NULL);
	pthread_cond_init(&pipeline->room, NULL);

	enum rule rule = RULE_OK;
	while (rule == RULE_OK && pipeline->ring_count < setup->count) {
		size_t i = pipeline->ring_count++;
		rule = make_ring(&pipeline->rings[i], setup->logs[i], pipeline->depth);
	}
	pipeline->threads = calloc(setup->threads, sizeof(*pipeline->threads));
	if (pipeline->threads == NULL)
		rule = RULE_MEMORY;
	for (; rule == RULE_OK && pipeline->started < setup->threads; pipeline->started++)
		if (pthread_create(&pipeline->threads[pipeline->started], NULL, work, pipeline) != 0) {
			rule = RULE_IO;
			break;
		}
	if (rule != RULE_OK) {
		pipeline_free(pipeline);
		return rule;
	}
	*to = pipeline;
	return RULE_OK;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (pipeline == NULL)
		return;
	pthread_mutex_lock(&pipeline->lock);
	pipeline->stop = true;
	pthread_cond_broadcast(&pipeline->room);
	pthread_mutex_unlock(&pipeline->lock);
	for (unsigned i = 0; i < pipeline->started; i++)
		pthread_join(pipeline->threads[i], NULL);
	for (size_t i = 0; i < pipeline->ring_count; i++)
		for (size_t j = 0; pipeline->rings[i].slots != NULL && j < pipeline->depth; j++)
			if (pipeline->rings[i].slots[j].piece != NULL) {
				buffer_free(&pipeline->rings[i].slots[j].piece->bytes);
				free(pipeline->rings[i].slots[j].piece);
			}
	for (size_t i = 0; i < pipeline->ring_count; i++)
		free(pipeline->rings[i].slots);
	free(pipeline->threads);
	pthread_mutex_destroy(&pipeline->lock);
	pthread_cond_destroy(&pipeline->ready);
	pthread_cond_destroy(&pipeline->room);
	free(pipeline);
}

struct piece *pipeline_front(struct pipeline *pipeline, size_t log)
{
	struct ring *ring = &pipeline->rings[log];
	if (ring->front == ring->bundles)
		return NULL;
	struct slot *slot = &ring->slots[ring->front % pipeline->depth];
	pthread_mutex_lock(&pipeline->lock);
	while (slot->state != SLOT_READY)
		pthread_cond_wait(&pipeline->ready, &pipeline->lock);
	pthread_mutex_unlock(&pipeline->lock);
	return slot->piece;
}

void pipeline_pop(struct pipeline *pipeline, size_t log)
{
	struct ring *ring = &pipeline->rings[log];
	pthread_mutex_lock(&pipeline->lock);
	ring->slots[ring->front % pipeline->depth].state = SLOT_FREE;
	ring->front++;
	pthread_cond_signal(&pipeline->room);
	pthread_mutex_unlock(&pipeline->lock);
}

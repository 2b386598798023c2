/*
 * pipeline: reads the bundles of all logs ahead and prepares their entries in worker threads: leaf hashes held against
 * the proved tree, form and signature judged. What it gives comes in order, a bundle at a time for each log. Private to
 * record.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "judge.h"
#include "proved.h"

/* One bundle. */
struct piece {
	uint64_t first;  /* index of its first entry */
	unsigned count;
	enum rule rule;  /* why it is refused or could not be read; then nothing below is set */
	char where[TILE_PATH_MAX]; /* its path */
	unsigned bad;    /* with RULE_RECORD_LEAF: which entry of it */
	struct buffer bytes;
	struct bytes notes[TILE_WIDTH];
	struct hash leaves[TILE_WIDTH];
	struct judge_prepared prepared[TILE_WIDTH];
};

struct pipeline_setup {
	const struct cards *cards; /* all that the entries bring, taken */
	const struct proved *logs[AGREEMENT_PARTIES_MAX];
	size_t count;
	unsigned threads; /* at least 1 */
};

struct pipeline;
/* Starts the workers. What the setup points to must stay. RULE_MEMORY, RULE_IO (no threads to be had). */
enum rule pipeline_new(struct pipeline **pipeline, const struct pipeline_setup *setup);
void pipeline_free(struct pipeline *pipeline); /* stops them; NULL is harmless */

/* Waits for the next bundle of a log, the same one until pipeline_pop(); NULL at the log's end. */
struct piece *pipeline_front(struct pipeline *pipeline, size_t log);
void pipeline_pop(struct pipeline *pipeline, size_t log);

#endif

/*
 * export: the record as files (docs/spec/export), each log in tlog-tiles layout.
 *
 *   DIR/agreement   DIR/cards/PARTY   DIR/mechanisms/NAME   DIR/attachments/HEX   DIR/forks/PARTY
 *   DIR/logs/PARTY/{policy,checkpoint,beyond,tile/...,tile/entries/...}
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "cards.h"
#include "tile.h"

/* One log as the exporter finds it. */
struct export_log {
	uint64_t size;          /* of `checkpoint` */
	struct bytes checkpoint; /* signed note with every cosignature held; absent: nothing of the log is shown */
	struct tree_reader tree;
	/* appends entry `index` */
	enum rule (*entry)(void *context, uint64_t index, struct buffer *to);
	void *context;
	/* by party: what it is known to hold past it; 0: nothing */
	struct { uint64_t size; } beyond[AGREEMENT_PARTIES_MAX];
};

/* Where the files go: each whole, once; `path` is relative to DIR, its folders are the sink's to make. */
struct export_sink {
	enum rule (*file)(void *context, const char *path, struct bytes content);
	void *context;
};

/* Writes agreement, cards and mechanisms. */
enum rule export_terms(const struct terms *terms, const struct export_sink *sink);
/* And the mechanism files that only amendments bind, as far as they are at hand. */
enum rule export_amended(const struct texts *texts, const struct export_sink *sink);

/* Writes the evidence that a party forked. */
enum rule export_fork(const struct terms *terms, size_t party, struct bytes evidence, const struct export_sink *sink);

/*
 * Writes DIR/logs/PARTY in pieces, for who has other things to do: where it stands. Begins as {.level = EXPORT_BEGIN}.
 */
#define EXPORT_BEGIN (-2)
struct export_place {
	int level; /* TILE_LEVELS: all is written */
	uint64_t index;
};
/* Writes at most `tiles` tiles or bundles, or what comes before them, and moves *place. */
struct export_piece {
	struct export_place place;
	unsigned tiles;
};
enum rule export_log_piece(const struct cards *cards, size_t party, const struct export_log *log,
	const struct export_sink *sink, struct export_piece *piece);
/*
 * The policy text of a log: `log` for each key of the party's cards, a `witness` line for each of each other party's
 * mirror keys, a group for a party that has had several, one of all; a `witness` line for each witness of the text that
 * governs, and where receipts need some a group of these and one of both; one quorum.
 */
/* The text that governs with all that these cards know: its witnesses are the policy's. */
const struct agreement *export_text(const struct cards *cards);
void export_policy(struct buffer *to, const struct cards *cards, size_t party);

#endif

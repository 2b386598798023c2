/*
 * brief_view: a matter on one page, for those who decide and were not there. Pure. Text for a printer (paper.h): one
 * page, with its marking at the top and at the bottom.
 */
#ifndef BRIEF_VIEW_H
#define BRIEF_VIEW_H

#include "kernel.h"

#define BRIEF_OWED_MAX 6
#define BRIEF_VERSIONS_MAX 3
#define BRIEF_STANDING_MAX 10 /* lines of who stands where */
#define BRIEF_ENTRIES_MAX 5
#define BRIEF_GIST_MAX 200    /* bytes */

struct brief_owed {
	struct kernel_place asked;
	size_t party;
	const struct form *form; /* of the entry that asks, or promises */
	const struct form *owed; /* the first of those that answer it; NULL: unknown here */
	bool others;             /* there are more of these */
	bool promise;
	struct kernel_reckoning reckoning;
	int64_t asked_at;
};

struct brief_entry {
	struct kernel_place place;
	int64_t at;
	const struct form *form;   /* NULL: unknown here */
	bool closed;               /* sealed to others */
	char gist[BRIEF_GIST_MAX]; /* its first words */
};

struct brief {
	struct bytes lang;
	const struct kernel *kernel;
	const struct kernel_matter *matter;
	int64_t now;
	const char *tlp; /* the greatest of its entries */
	bool drill;
	char from[DESK_MAX + 1];   /* who opened it */
	char gist[BRIEF_GIST_MAX];
	struct brief_owed owed[BRIEF_OWED_MAX]; /* what is unanswered, the most urgent first */
	size_t owed_count;
	uint64_t owed_all, unreached;
	struct brief_entry entries[BRIEF_ENTRIES_MAX]; /* the newest ones, the newest first */
	size_t entry_count;
	uint64_t entries_all, closed, pending;         /* pending: refers to what is not here */
};

/* The place of a mark in the Traffic Light Protocol 2.0, from 0, and the mark. */
size_t brief_tlp(struct bytes mark);
const char *brief_tlp_name(size_t place);

enum rule brief_text(struct buffer *to, const struct brief *brief);

#endif

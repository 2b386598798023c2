/*
 * ladder: what a party does, step by step, when what it asked of another is not reached or is overdue: another path,
 * other desks, the telephone, a courier. A policy of its own house (HOME/ladder), never on the wire; what comes of
 * it is a measurement, and says nothing of anybody's will.
 *
 * The file has a line "rung AFTER WORD TEXT" for each, in their order: so long (90s, 5m, 1h, 2d) after it was asked,
 * or was due. WORD is one of path, desks, telephone, courier or any other in small letters; "path" the node carries
 * out itself. TEXT is for who is to do it. Empty lines and those that begin with '#' are none.
 */
#ifndef LADDER_H
#define LADDER_H

#include "buffer.h"

#define RUNGS_MAX 16
#define RUNG_WORD_MAX 31
#define RUNG_TEXT_MAX 300

struct ladder {
	struct rung {
		uint64_t after; /* seconds */
		char word[RUNG_WORD_MAX + 1], text[RUNG_TEXT_MAX + 1];
	} rungs[RUNGS_MAX];
	size_t count;
};

/* What a home without the file has. */
extern const char ladder_default[];

/* RULE_LADDER_*; fault->line is the line's number. */
enum rule ladder_parse(struct ladder *ladder, struct bytes text, struct fault *fault);
/* HOME/ladder, or the default. Any rule of reading. */
enum rule ladder_read(struct ladder *ladder, const char *home, struct fault *fault);

#endif

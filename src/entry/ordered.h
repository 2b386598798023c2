/*
 * ordered: reads a text whose lines stand in a fixed order of keys, as cards, agreements and the heads of entries do.
 *
 * The first failure is sticky and named in *fault with its line: from then on nothing is next, what is taken is absent,
 * and one check at the end (ordered_end()) suffices.
 */
#ifndef ORDERED_H
#define ORDERED_H

#include "lines.h"

struct ordered {
	struct cursor cursor;
	struct line line;    /* the one that is next, when `held` */
	bool held;
	uint32_t number;     /* 1-based, of the line read last */
	enum rule order;     /* broken by a line out of its place */
	enum rule rule;      /* the first failure */
	struct fault *fault; /* may be NULL */
};

/* The text must begin with the line `first`, else the rule `version` is broken. */
struct ordered ordered_start(struct bytes text, const char *first, enum rule version, enum rule order,
	struct fault *fault);

/* Reads the next line if none is held; false at the end of the text and after a failure. */
bool ordered_more(struct ordered *ordered);
/* Whether the next line has that key. */
bool ordered_next_is(struct ordered *ordered, const char *key);
/* Takes the value of the next line, which must have that key: else ordered->order. */
struct bytes ordered_take(struct ordered *ordered, const char *key);
/* Takes the next line whatever its key; there must be one. */
struct line ordered_take_any(struct ordered *ordered);

/* RULE_OK changes nothing; any other rule is a failure in the line read last, `what` the part of it that is named. */
void ordered_check(struct ordered *ordered, enum rule rule, struct bytes what);
/* A condition that must hold of `what`, else `rule` is broken. */
void ordered_need(struct ordered *ordered, bool good, enum rule rule, struct bytes what);
/* Splits a value into exactly `count` words, one space between: RULE_LINE_WORDS. After a failure all are absent. */
void ordered_words(struct ordered *ordered, struct bytes value, struct bytes *words, size_t count);

/* The first failure; `order` where lines are left. */
enum rule ordered_end(struct ordered *ordered);

#endif

/*
 * picture_course: what the picture takes from the entries themselves, in their order: which answers which
 * (`in-response-to`), measures by sector (`sector`, `status`, `about`), dates of review (`review`, `next`), levels
 * (`position` on a scale of danger). It goes by the names of open fields, so that a mechanism of one's own is counted,
 * too.
 */
#ifndef PICTURE_COURSE_H
#define PICTURE_COURSE_H

#include "picture_view.h"
#include "replay.h"

#define COURSE_MAX 4096 /* of each list; further ones are left out, and `cut_short` says so */
#define COURSE_NONE SIZE_MAX

/* An entry that answers another across matters, or is answered. */
struct course_node {
	struct kernel_place place;
	int64_t at;
	const struct form *form;
	size_t before;  /* the one answered, of several the one with the longest chain; COURSE_NONE */
	uint64_t length, turns; /* of the chain that ends here */
	bool answered;
};

/* What a party last said of its measure, or of another's as it sees it, in a matter. */
struct course_measure {
	struct kernel_place matter;
	size_t party, about; /* about: the party whose it is; COURSE_NONE: its own */
	const struct mechanism *mechanism;
	struct bytes status,
		sectors[FORM_CODES_MAX]; /* views of the mechanism's codes; status absent: none was given */
	size_t sector_count;
};

struct course_review {
	struct kernel_place matter;
	uint8_t version[SHA256_SIZE];
	char date[12];
};

struct course_level {
	const struct mechanism *mechanism;
	const struct mechanism_scale *scale;
	struct picture_point *points;
	size_t count, capacity;
};

/* Where everybody stands in a matter on a scale of danger. */
struct course_matter {
	struct kernel_place place;
	const struct mechanism_scale *scale;
	size_t own[AGREEMENT_PARTIES_MAX];
};

struct course {
	struct replay replay;
	struct course_node *nodes;
	struct course_measure *measures;
	struct course_review *reviews;
	struct course_matter *matters;
	struct course_level levels[PICTURE_PERIODS_MAX];
	size_t node_count, node_capacity, measure_count, measure_capacity, review_count, review_capacity, matter_count,
		matter_capacity, level_count;
	bool cut_short;
};

void course_begin(struct course *course, struct pact *pact, int64_t now);
void course_free(struct course *course);
/* Some more entries. RULE_NOT_FOUND: that was all. */
enum rule course_step(struct course *course);

#endif

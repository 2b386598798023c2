/*
 * kernel: what the valid entries of a record come to (docs/spec/state): positions, obligations, exchanges, calendars.
 * One pure function of what is held and of the time: it does not hang on the order in which logs arrived, and no clock
 * but `now` is asked.
 *
 * The caller adds the valid entries of each log in the order of their index; what an entry's `re` and `matter` name it
 * has added before, which judgement sees to. Between logs any order comes to the same.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "terms.h"

#define KERNEL_NEVER INT64_MIN /* a time that has not come */
#define KERNEL_EXTENSIONS_MAX 8 /* of one obligation; further ones do not move it */

struct kernel; /* opaque */

/* The terms stay the caller's and must live as long. RULE_MEMORY. */
enum rule kernel_new(struct kernel **kernel, const struct terms *terms);
void kernel_free(struct kernel *kernel); /* NULL is harmless */

struct kernel_entry {
	size_t party; /* whose log */
	uint64_t index;
	const struct entry *entry; /* valid; not kept */
};
/* RULE_MEMORY: then the kernel is to be freed, and made anew from the record. */
enum rule kernel_add(struct kernel *kernel, const struct kernel_entry *entry);

/* ---- reading it: all in one order, by place ---- */

struct kernel_place {
	size_t party;
	uint64_t index;
};

/* One party's own position on one version of a matter. */
struct kernel_own {
	bool said;
	size_t position; /* in the scale */
	struct kernel_place by;
	int64_t at;
};

/* A matter's positions on one version (all zeros: of the matter itself). */
struct kernel_version {
	uint8_t digest[SHA256_SIZE];
	size_t next; /* of the matter; SIZE_MAX: the last */
	struct kernel_own own[]; /* by party */
};

struct kernel_matter {
	struct kernel_place place;
	int64_t at;
	const struct form *form;
	const struct mechanism *mechanism;
	const struct mechanism_scale *scale; /* NULL: none */
	uint32_t circle; /* bit by party */
	size_t first_version;
	uint64_t entries; /* valid ones, its opening included */
};

/* What was entered of one thing by one or the other: the first in each log that can say it. */
struct kernel_times {
	int64_t by_holder; /* the cosigner's own record/received */
	int64_t by_writer; /* the writer's record/receipt */
};

enum kernel_standing {
	KERNEL_UNREACHED, /* no cosignature of the obliged party over it is entered: its clock has not begun */
	KERNEL_OPEN,
	KERNEL_OVERDUE,
	KERNEL_MET,
	KERNEL_LATE,
	KERNEL_DISPUTED,  /* in time by one clock, late by the other, and these differ by more than the skew */
	KERNEL_WITHDRAWN,
};
const char *kernel_standing_name(enum kernel_standing standing);

struct kernel_obligation {
	struct kernel_place asked; /* the entry that obliges */
	size_t matter;
	size_t party;              /* who owes */
	const struct form *form;   /* of the entry */
	const struct form_oblige *oblige; /* NULL: it is the writer's own promise */
	uint64_t seconds;          /* its clock */
	int64_t asked_at, until;   /* until: of a promise */
	struct kernel_times reached;
	struct { int64_t at, until; } extensions[KERNEL_EXTENSIONS_MAX];
	size_t extension_count;
	bool answered, withdrawn;
	struct kernel_place answer;
	int64_t answered_at;
	struct kernel_times heard; /* the answer, by who asked */
	size_t next;               /* of the same entry; SIZE_MAX: the last */
};

/* When its clock began, when it is due (KERNEL_NEVER: not begun), how it stands. */
struct kernel_reckoning {
	int64_t start, due, heard;
	size_t extended;
	enum kernel_standing standing;
};
struct kernel_reckoning kernel_reckon(const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now);

/* Whether somebody's position has not been confirmed within its scale's clock. */
bool kernel_stale(const struct kernel *kernel, const struct kernel_matter *matter, const struct kernel_own *own,
	int64_t now);
/* The joint position on a version: the least or the greatest of the circle's; who has said none stands lowest. */
size_t kernel_joint(const struct kernel_matter *matter, const struct kernel_version *version);

size_t kernel_matter_count(const struct kernel *kernel);
const struct kernel_matter *kernel_matter(const struct kernel *kernel, size_t matter);
const struct kernel_version *kernel_version(const struct kernel *kernel, size_t version);
size_t kernel_obligation_count(const struct kernel *kernel);
const struct kernel_obligation *kernel_obligation(const struct kernel *kernel, size_t obligation);

/* Writes the whole state at a time, as a text that is the same at every node with the same cut (docs/spec/state). */
enum rule kernel_write(struct buffer *to, const struct kernel *kernel, int64_t now);

#endif

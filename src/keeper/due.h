/*
 * due: when something of an obligation is to be looked at next, as rows of the store beside the kernel's: one for
 * each that is unanswered, by its entry, and one for its next alarm, by the time. The kernel's listener writes them
 * in the turn that changes an obligation; whoever answers, or withdraws, takes them away. So nothing is gone through
 * at start, what is settled costs nothing, and in memory is the time of the first alarm.
 *
 * What was told stands in the row: a clock that is stepped, a restart, a failed turn neither lose nor repeat
 * anything.
 */
#ifndef DUE_H
#define DUE_H

#include "kernel.h"
#include "ladder.h"

#define DUE_UNREACHED_AFTER 300 /* seconds without a cosignature, after which it is told */
#define DUE_ANSWERED_MAX 16     /* answers of a turn that are told one by one */

struct pact;

enum due_kind {
	DUE_REMINDER, DUE_OVERDUE, DUE_UNREACHED, DUE_REACHED, DUE_RUNG, DUE_ANSWERED, DUE_WITHDRAWN, DUE_POSITION
};

/* Which obligation: what is owed under one entry is numbered for each party, obligations, then promises. */
struct due_name {
	struct kernel_place asked;
	size_t party, number;
};

/* What happened, until it is told. Views into the pact's texts. */
struct due_event {
	enum due_kind kind;
	struct due_name name;     /* position: the matter, who stated it */
	const struct form *form;  /* position: NULL */
	bool promise;
	enum kernel_standing standing;
	int64_t due;
	unsigned percent;         /* of the clock: a reminder */
	size_t rung;              /* its number in the ladder, from 0 */
	uint64_t answer;          /* index in the log of who owes */
	/* a position: joint, before and after */
	const struct mechanism_scale *scale;
	size_t before, after;
	uint8_t version[SHA256_SIZE];
};

/* Of an agreement, in struct pact. */
struct due {
	const struct ladder *ladder; /* the caller's; NULL: none */
	int64_t next;                /* no alarm is earlier; INT64_MAX: there is none */
	struct due_event *events;    /* owned; since they were told last */
	size_t count, capacity, answered;
	struct buffer row;
};

/* Begins to follow the kernel of a pact that is being loaded. Any rule of the store. */
enum rule due_begin(struct pact *pact);
/* What happened so far was told, or is not to be. */
void due_told(struct pact *pact);
void due_free(struct pact *pact);

/*
 * In a turn: takes alarms whose time has come, in order of time, at most so many; *more: some are left. What they
 * say is among the events.
 */
enum rule due_take(struct pact *pact, int64_t now, unsigned most, bool *more);

/*
 * Calls `each` for what is unanswered and not withdrawn, once, by place, until it returns another rule than RULE_OK;
 * what is settled is not gone through. The obligation is lent for the call.
 */
typedef enum rule (*due_each)(void *context, const struct kernel_obligation *obligation, size_t number);
enum rule due_unanswered(struct pact *pact, due_each each, void *context);

/* The obligation of that name. `owed` holds what it views; the caller frees. RULE_NOT_FOUND. */
enum rule due_find(const struct pact *pact, const struct due_name *name, struct kernel_owed *owed,
	const struct kernel_obligation **obligation);

/* Is it our affair: do we owe it, or is it owed to us? */
bool due_ours(const struct pact *pact, const struct due_name *name);
/* Do our rungs begin when it is overdue, or not reached? */
bool due_climbs(const struct pact *pact, const struct due_name *name);

/* A row of ours: kind, agreement, place, party, number. */
#define DUE_KEY 13 /* bytes */
void due_key(const struct pact *pact, uint8_t kind, const struct due_name *name, uint8_t to[DUE_KEY]);

#endif

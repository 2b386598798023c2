/*
 * kernel: what the valid entries of a record come to (docs/spec/state): positions, obligations, exchanges, calendars.
 * One pure function of what is held and of the time: it does not hang on the order in which logs arrived, and no clock
 * but `now` is asked.
 *
 * What it knows it keeps as rows (rows.h); beside them it needs little memory. The caller adds the valid entries of each
 * log in the order of their index; what an entry's `re` and `matter` name it has added before, which judgement sees to.
 * Between logs any order comes to the same.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include "cards.h"
#include "rows.h"
#include "texts.h"

#define KERNEL_NEVER INT64_MIN   /* a time that has not come */
#define KERNEL_EXTENSIONS_MAX 8  /* of one obligation; further ones do not move it */
#define KERNEL_PROMISES_MAX 8    /* of one party under one entry; further ones count for nothing */

struct kernel; /* opaque */

/*
 * Goes on from what the rows hold: nothing at first. The cards, and the texts that come with them (cards_texts()), stay the
 * caller's and must live as long; they hold what the entries below an added one brought, and their texts keep their
 * numbers. Any rule of the rows.
 */
enum rule kernel_new(struct kernel **kernel, const struct cards *cards, const struct rows *rows);
void kernel_free(struct kernel *kernel); /* NULL is harmless */

struct kernel_entry {
	size_t party; /* whose log */
	uint64_t index;
	const struct entry *entry; /* valid; not kept */
};
/* Any rule of the rows, RULE_STORE_CORRUPT, RULE_MEMORY: then the rows must be set back to what they were, and the kernel made anew. */
enum rule kernel_add(struct kernel *kernel, const struct kernel_entry *entry);
/* Of a party's log, entries below this have been added, or do not count. */
uint64_t kernel_added(const struct kernel *kernel, size_t party);
/* Entries of a log below `size` that were not added do not count: void ones. Writes what is kept of the kernel itself. */
enum rule kernel_save(struct kernel *kernel, const uint64_t sizes[AGREEMENT_PARTIES_MAX]);

/*
 * SHA-256 over the agreement and the sum of the hashes of all paragraphs of the state (docs/spec/state, section Digest):
 * the same wherever the same entries are held.
 */
void kernel_digest(const struct kernel *kernel, uint8_t digest[SHA256_SIZE]);

/* ---- reading it: all in one order, by place ---- */

struct kernel_place {
	size_t party;
	uint64_t index;
};
int kernel_place_compare(struct kernel_place a, struct kernel_place b);

struct kernel_matter {
	struct kernel_place place;
	int64_t at;
	const struct form *form;
	const struct mechanism *mechanism;
	const struct mechanism_scale *scale; /* NULL: none */
	size_t text;
	uint32_t circle; /* bit by party */
};
/* The matter at a place; the first one from a place on. RULE_NOT_FOUND. */
enum rule kernel_matter(const struct kernel *kernel, struct kernel_place place, struct kernel_matter *matter);
enum rule kernel_matter_next(const struct kernel *kernel, struct kernel_place from, struct kernel_matter *matter);

/* One party's own position on one version of a matter. */
struct kernel_own {
	bool said;
	size_t position; /* in the scale */
	uint64_t index;  /* of its entry */
	int64_t at;
	uint64_t desk;   /* which wrote it: a number that differs from its party's other desks' */
	/* what the newest entry of another desk of the party says there; it need not differ */
	struct { bool said; size_t position; uint64_t index; int64_t at; } other;
};
/* Whether two desks of the party last said different things: theirs to clear up, and nobody else's to choose from. */
static inline bool kernel_contradicts(const struct kernel_own *own)
{
	return own->said && own->other.said && own->other.position != own->position;
}
/* A matter's positions on one version (all zeros: of the matter itself). */
struct kernel_version {
	uint8_t digest[SHA256_SIZE];
	struct kernel_own own[AGREEMENT_PARTIES_MAX]; /* by party */
};
/* The first from version->digest on. RULE_NOT_FOUND. */
enum rule kernel_version_next(const struct kernel *kernel, const struct kernel_matter *matter,
	struct kernel_version *version);
/* The digest that follows a version's; false: it was the last that there can be. */
bool kernel_version_step(struct kernel_version *version);
/* Whether somebody's position has not been confirmed within its scale's clock. */
bool kernel_stale(const struct kernel *kernel, const struct kernel_matter *matter, const struct kernel_own *own,
	int64_t now);
/* The joint position on a version: the least or the greatest of the circle's; who has said none stands lowest. */
size_t kernel_joint(const struct kernel_matter *matter, const struct kernel_version *version);

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
	struct kernel_place asked;  /* the entry that obliges; of a promise: the entry that will be answered */
	struct kernel_place matter;
	size_t party;               /* who owes */
	size_t text;
	const struct form *form;    /* of the entry that obliges, or promises */
	const struct form_oblige *oblige; /* NULL: it is the writer's own promise */
	struct bytes desks;         /* of the party, one space between, one of which must answer; absent: any */
	uint64_t seconds;           /* its clock */
	enum clock_kind kind;       /* which hours it counts */
	size_t card;                /* by which of the party's cards (cards_nth) */
	int64_t asked_at, until;    /* until: of a promise */
	uint64_t by;                /* index of the entry that promised */
	bool withdrawn, disowned;   /* by a later entry of who asked, or promised */
	struct kernel_times reached;
	struct { int64_t at, until; } extensions[KERNEL_EXTENSIONS_MAX];
	size_t extension_count;
	bool answered;
	uint64_t answer;            /* index of the answer, in the log of who owes */
	int64_t answered_at;
	struct kernel_times heard;  /* the answer, by who asked */
};

/* What is owed under one entry: obligations in the order of the form's lines and of the parties, then promises. */
struct kernel_owed {
	struct kernel_place place;
	bool withdrawn;
	struct kernel_obligation *items; /* owned, as is what they view */
	size_t count, capacity;
	struct buffer row;
};
void kernel_owed_free(struct kernel_owed *owed); /* leaves a zeroed struct, which is a good beginning */
/* What is owed under an entry; under the first entry from a place on. RULE_NOT_FOUND. */
enum rule kernel_owed(const struct kernel *kernel, struct kernel_place place, struct kernel_owed *owed);
enum rule kernel_owed_next(const struct kernel *kernel, struct kernel_place from, struct kernel_owed *owed);

/* When its clock began, when it is due (KERNEL_NEVER: not begun), how it stands. */
struct kernel_reckoning {
	int64_t start, due, heard;
	size_t extended;
	enum kernel_standing standing;
};
struct kernel_reckoning kernel_reckon(const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now);

/* One party's part in the exchange of a matter. */
struct kernel_part {
	bool committed, alone, revealed, matches;
	uint64_t commit, reveal; /* indexes in its log */
	uint8_t commitment[SHA256_SIZE], version[SHA256_SIZE];
	uint64_t seen[AGREEMENT_PARTIES_MAX]; /* of the reveal, by party */
};
struct kernel_exchange {
	struct kernel_part parts[AGREEMENT_PARTIES_MAX]; /* by party */
};
/* RULE_NOT_FOUND: nobody has committed to anything. */
enum rule kernel_exchange(const struct kernel *kernel, struct kernel_place matter, struct kernel_exchange *exchange);
/* What a commitment is made of (docs/spec/mechanism, section Exchanges). */
void kernel_commitment(const uint8_t salt[SHA256_SIZE], const uint8_t version[SHA256_SIZE],
	uint8_t commitment[SHA256_SIZE]);
/* "committed", "revealed", "early", "false". */
const char *kernel_part_standing(const struct kernel_matter *matter, const struct kernel_exchange *exchange, size_t party);

/* What a party owes in each period: an entry of the form; under the agreement, or in a matter of its mechanism. */
struct kernel_period {
	const struct form *form;
	size_t party;
	bool of_matter;
	struct kernel_place matter;
	bool begun;            /* there is such an entry */
	struct kernel_place last;
	int64_t due;
	uint64_t seconds;      /* the period */
	uint64_t missed;       /* whole periods that have passed since it was due */
};
/* All of them in one order, until `each` returns another rule than RULE_OK. By the text that governs all that is added. */
typedef enum rule (*kernel_period_each)(void *context, const struct kernel_period *period);
enum rule kernel_periods(const struct kernel *kernel, int64_t now, kernel_period_each each, void *context);

/* Writes the whole state at a time, as a text that is the same at every node with the same cut (docs/spec/state). */
enum rule kernel_write(struct buffer *to, const struct kernel *kernel, int64_t now);

/* ---- following it ---- */

/* Told while entries are added; what it returns but RULE_OK, kernel_add() does. NULL: it is not told. */
struct kernel_listener {
	/* An obligation or a promise that is new, or of which something has become known. */
	enum rule (*owed)(void *context, const struct kernel_obligation *obligation, size_t number);
	/* A party has stated a position; `before` is what was known. */
	enum rule (*stated)(void *context, const struct kernel_matter *matter, const struct kernel_version *before,
		const struct kernel_version *after);
	void *context;
};
void kernel_listen(struct kernel *kernel, const struct kernel_listener *listener);

/*
 * What an entry would change, told to the listener; nothing changes. The entry is the next of its log. As kernel_add().
 */
enum rule kernel_try(const struct kernel *kernel, const struct kernel_entry *entry,
	const struct kernel_listener *listener, struct kernel_exchange *exchange);

const struct terms *kernel_text(const struct kernel *kernel, size_t text); /* NULL: its files are not at hand */
size_t kernel_parties(const struct kernel *kernel);
struct bytes kernel_party(const struct kernel *kernel, size_t party);

#endif

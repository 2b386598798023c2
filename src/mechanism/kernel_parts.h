/* What the files of the kernel share. */
#ifndef KERNEL_PARTS_H
#define KERNEL_PARTS_H

#include "kernel.h"

/* A growing list; items are reached by index, for it moves. */
struct list {
	void *items;
	size_t count, capacity;
};
/* Room for one more at the end, zeroed; NULL: no memory. */
void *list_add(struct list *list, size_t size);

/* From places to numbers: open addressing, keys are never taken out. */
struct places {
	struct places_slot { uint64_t index; uint32_t party, value; } *slots; /* value 0: free; else number + 1 */
	size_t count, capacity;
};
enum rule places_put(struct places *places, struct kernel_place place, size_t value); /* replaces */
size_t places_find(const struct places *places, struct kernel_place place); /* SIZE_MAX: none */

/* Somebody waits for a cosignature over an entry. */
struct waiting {
	uint64_t index;
	size_t obligation;
	bool answer; /* of its answer; else of the entry that obliges */
};
/* A cosignature that was told before the entries it covers were added. */
struct ahead {
	uint64_t size;
	int64_t time;
};
/* What one party's log, or the writer's own, tells of cosignatures over a log. */
struct evidence {
	struct list waiting; /* ascending by index */
	size_t first;        /* of those that still wait */
	struct list ahead;   /* ascending by size */
};

/* One party's part in the exchange of a matter. */
struct exchange {
	size_t matter, party;
	struct kernel_place commit;
	uint8_t commitment[SHA256_SIZE];
	bool revealed, matches;
	struct kernel_place reveal;
	uint8_t version[SHA256_SIZE];
	uint64_t seen[AGREEMENT_PARTIES_MAX]; /* of the reveal */
};

/* The newest entry of a form that is owed in each period. */
struct period {
	size_t matter; /* SIZE_MAX: of the agreement */
	const struct form *form;
	size_t party;
	struct kernel_place last;
	int64_t at;
};

struct kernel {
	const struct terms *terms;
	size_t parties;
	struct list matters, versions, obligations, exchanges, periods;
	struct places matter_at, obligation_at, exchange_at, period_at, withdrawn_at;
	uint64_t added[AGREEMENT_PARTIES_MAX]; /* entries below are added or do not count */
	struct evidence *evidence; /* [log][cosigner][0: told by the cosigner, 1: by the log] */
};

/* The seconds of a clock of that mechanism under this agreement. */
uint64_t kernel_clock(const struct kernel *kernel, const struct mechanism *mechanism, struct bytes name);
const struct mechanism *kernel_mechanism(const struct kernel *kernel, struct bytes form);

/* Under which key the newest entry of a form in a matter (SIZE_MAX: under the agreement) is found. */
struct kernel_place kernel_period_key(const struct kernel *kernel, const struct form *form, size_t matter,
	size_t party);

/* ---- kernel_owed.c ---- */
enum rule owed_add(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form, size_t matter);
enum rule owed_answer(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form);
/* Bookkeeping: cosignatures that are told. */
enum rule owed_cosigned(struct kernel *kernel, const struct kernel_entry *entry);
void owed_free(struct kernel *kernel);

/* ---- kernel_exchange.c ---- */
enum rule exchange_add(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form, size_t matter);
/* "committed", "revealed", "early", "false": at the reveal's own past. */
const char *exchange_standing(const struct kernel *kernel, const struct exchange *exchange);

#endif

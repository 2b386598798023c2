/*
 * state_view: what is owed, and who stands where, as text and as JSON. Pure. Names and codes are checked words;
 * whatever else came from a party is not shown here.
 */
#ifndef STATE_VIEW_H
#define STATE_VIEW_H

#include "json.h"
#include "kernel.h"

/* "2h 05m", "3d 04h", "12s": of seconds, the two largest units. */
void state_duration(struct buffer *to, int64_t seconds);

/* One thing that is owed, at a time. */
struct state_owed {
	const struct kernel *kernel;
	const struct kernel_obligation *obligation;
	int64_t now;
	size_t self; /* whose eyes: what it owes is told as such */
	struct bytes lang;
};
void state_owed_text(struct buffer *to, const struct state_owed *owed);
void state_owed_json(struct json *json, const struct state_owed *owed);
/* Which is more urgent: overdue first, then by what is due, then what is not reached, then the rest; < 0, 0, > 0. */
int state_urgency(const struct kernel_reckoning *a, const struct kernel_reckoning *b);

void state_period_text(struct buffer *to, const struct kernel *kernel, const struct kernel_period *period, int64_t now);
void state_period_json(struct json *json, const struct kernel *kernel, const struct kernel_period *period, int64_t now);

/* A matter: its head, then who stands where on each version, then the parts of an exchange. */
struct state_matter {
	const struct kernel *kernel;
	const struct kernel_matter *matter;
	int64_t now;
	uint64_t entries, open; /* entries of it; what is owed in it and unanswered */
	struct bytes lang;
};
enum rule state_matter_text(struct buffer *to, const struct state_matter *matter);
enum rule state_matter_json(struct json *json, const struct state_matter *matter);

#endif

/* The state as a text: the same bytes wherever the same entries are held. */
#include <stdlib.h>

#include "kernel_parts.h"
#include "text.h"

static void write_place(struct buffer *to, const struct kernel *kernel, struct kernel_place place)
{
	buffer_format(to, " %.*s/%llu", BYTES_SHOWN(terms_party(kernel->terms, place.party)),
		(unsigned long long)place.index);
}

static void write_time(struct buffer *to, const char *what, int64_t time)
{
	char text[UTC_SIZE + 1] = "-";
	if (time != KERNEL_NEVER)
		utc_format(time, text);
	buffer_format(to, " %s %s", what, text);
}

static void write_circle(struct buffer *to, const struct kernel *kernel, uint32_t circle)
{
	const char *before = " circle ";
	for (size_t i = 0; i < kernel->parties; i++) {
		if ((circle >> i & 1) == 0)
			continue;
		buffer_format(to, "%s%.*s", before, BYTES_SHOWN(terms_party(kernel->terms, i)));
		before = ",";
	}
}

/* ---- order: by place, then by party; by digest ---- */

static int by_place(struct kernel_place a, struct kernel_place b)
{
	if (a.party != b.party)
		return a.party < b.party ? -1 : 1;
	return a.index == b.index ? 0 : a.index < b.index ? -1 : 1;
}

static int compare_matters(const void *a, const void *b)
{
	return by_place((*(const struct kernel_matter *const *)a)->place,
		(*(const struct kernel_matter *const *)b)->place);
}

static int compare_obligations(const void *left, const void *right)
{
	const struct kernel_obligation *a = *(const struct kernel_obligation *const *)left;
	const struct kernel_obligation *b = *(const struct kernel_obligation *const *)right;
	int order = by_place(a->asked, b->asked);
	if (order == 0)
		order = a->party == b->party ? 0 : a->party < b->party ? -1 : 1;
	if (order == 0 && (a->oblige == NULL) != (b->oblige == NULL))
		order = a->oblige == NULL ? 1 : -1;
	if (order == 0 && a->oblige != NULL)
		order = a->oblige == b->oblige ? 0 : a->oblige < b->oblige ? -1 : 1; /* one form's lines */
	if (order == 0 && a->asked_at != b->asked_at)
		order = a->asked_at < b->asked_at ? -1 : 1;
	return order == 0 && a->until != b->until ? a->until < b->until ? -1 : 1 : order;
}

/* One of a matter's versions, to be put in order. */
struct listed {
	const struct kernel_version *version;
};

static int compare_versions(const void *a, const void *b)
{
	return memcmp(((const struct listed *)a)->version->digest,
		((const struct listed *)b)->version->digest, SHA256_SIZE);
}

static int compare_exchanges(const void *a, const void *b)
{
	return by_place((*(const struct exchange *const *)a)->commit, (*(const struct exchange *const *)b)->commit);
}

/* Pointers to the items of a list, in order; NULL: no memory. */
static const void **ordered(const struct list *list, size_t size, int (*compare)(const void *, const void *))
{
	const void **pointers = calloc(list->count + 1, sizeof(*pointers));
	for (size_t i = 0; pointers != NULL && i < list->count; i++)
		pointers[i] = (const uint8_t *)list->items + i * size;
	if (pointers != NULL)
		qsort(pointers, list->count, sizeof(*pointers), compare);
	return pointers;
}

/* ---- what stands in it ---- */

static void write_version(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_version *version, int64_t now)
{
	static const uint8_t none[SHA256_SIZE];
	const struct mechanism_scale *scale = matter->scale;
	buffer_format(to, "position %.*s ", BYTES_SHOWN(scale->name));
	if (memcmp(version->digest, none, SHA256_SIZE) == 0)
		buffer_string(to, "-");
	else
		text_hex(to, bytes_of(version->digest, SHA256_SIZE));
	buffer_format(to, " joint %.*s\n", BYTES_SHOWN(scale->positions[kernel_joint(matter, version)]));
	for (size_t i = 0; i < kernel->parties; i++) {
		const struct kernel_own *own = &version->own[i];
		if (!own->said)
			continue;
		buffer_format(to, "own %.*s", BYTES_SHOWN(scale->positions[own->position]));
		write_place(to, kernel, own->by);
		write_time(to, "at", own->at);
		buffer_string(to, kernel_stale(kernel, matter, own, now) ? " stale\n" : "\n");
	}
}

static enum rule write_matter(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	int64_t now)
{
	struct list versions = {0};
	buffer_string(to, "matter");
	write_place(to, kernel, matter->place);
	buffer_format(to, " %.*s", BYTES_SHOWN(matter->form->name));
	write_time(to, "at", matter->at);
	write_circle(to, kernel, matter->circle);
	buffer_format(to, " entries %llu\n", (unsigned long long)matter->entries);
	for (size_t i = matter->first_version; i != SIZE_MAX; i = kernel_version(kernel, i)->next) {
		struct listed *more = list_add(&versions, sizeof(*more));
		if (more == NULL) {
			free(versions.items);
			return RULE_MEMORY;
		}
		more->version = kernel_version(kernel, i);
	}
	const struct listed *listed = versions.items;
	if (versions.count > 1)
		qsort(versions.items, versions.count, sizeof(*listed), compare_versions);
	for (size_t i = 0; i < versions.count; i++)
		write_version(to, kernel, matter, listed[i].version, now);
	free(versions.items);
	return RULE_OK;
}

static void write_obligation(struct buffer *to, const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now)
{
	struct kernel_reckoning reckoning = kernel_reckon(kernel, obligation, now);
	buffer_string(to, obligation->oblige == NULL ? "promise" : "obligation");
	write_place(to, kernel, obligation->asked);
	buffer_format(to, " %.*s %.*s %s", BYTES_SHOWN(obligation->form->name),
		BYTES_SHOWN(terms_party(kernel->terms, obligation->party)), kernel_standing_name(reckoning.standing));
	write_time(to, "from", reckoning.start);
	write_time(to, "due", reckoning.due);
	buffer_format(to, " extended %zu", reckoning.extended);
	if (obligation->answered) {
		buffer_string(to, " answer");
		write_place(to, kernel, obligation->answer);
		write_time(to, "at", obligation->answered_at);
		write_time(to, "heard", reckoning.heard);
	}
	buffer_string(to, "\n");
}

static void write_exchange(struct buffer *to, const struct kernel *kernel, const struct exchange *exchange)
{
	buffer_string(to, "exchange");
	write_place(to, kernel, kernel_matter(kernel, exchange->matter)->place);
	write_place(to, kernel, exchange->commit);
	buffer_format(to, " %s", exchange_standing(kernel, exchange));
	if (exchange->revealed) {
		write_place(to, kernel, exchange->reveal);
		buffer_string(to, " ");
		text_hex(to, bytes_of(exchange->version, SHA256_SIZE));
	}
	buffer_string(to, "\n");
}

/* ---- what is owed in each period ---- */

/* The newest entry of a form that counts for a period; NULL: none yet. */
static const struct period *find_period(const struct kernel *kernel, const struct form *form, size_t matter,
	size_t party)
{
	size_t number = places_find(&kernel->period_at, kernel_period_key(kernel, form, matter, party));
	return number == SIZE_MAX ? NULL : (const struct period *)kernel->periods.items + number;
}

static void write_period(struct buffer *to, const struct kernel *kernel, const struct period *owed, uint64_t seconds,
	int64_t now)
{
	const struct period *period = find_period(kernel, owed->form, owed->matter, owed->party);
	int64_t due = (period == NULL ? owed->at : period->at) + (int64_t)seconds;
	buffer_format(to, "period %.*s %.*s", BYTES_SHOWN(owed->form->name),
		BYTES_SHOWN(terms_party(kernel->terms, owed->party)));
	if (owed->matter != SIZE_MAX)
		write_place(to, kernel, kernel_matter(kernel, owed->matter)->place);
	write_time(to, "due", due);
	buffer_format(to, " %s missed %llu\n", now > due ? "overdue" : "open",
		(unsigned long long)(now > due && seconds != 0 ? (uint64_t)(now - due) / seconds : 0));
}

/* What a form asks of each party in each period: under the agreement, or in each matter of its mechanism. */
static void write_periods(struct buffer *to, const struct kernel *kernel, const struct mechanism *mechanism,
	const struct form *form, int64_t now)
{
	uint64_t seconds = kernel_clock(kernel, mechanism, form->every);
	struct period owed = {.matter = SIZE_MAX, .form = form, .at = terms_agreement(kernel->terms)->made};
	for (owed.party = 0; form->opens && owed.party < kernel->parties; owed.party++)
		write_period(to, kernel, &owed, seconds, now);
	const void **matters = ordered(&kernel->matters, sizeof(struct kernel_matter), compare_matters);
	if (matters == NULL)
		to->rule = RULE_MEMORY;
	for (size_t i = 0; matters != NULL && !form->opens && i < kernel->matters.count; i++) {
		const struct kernel_matter *matter = matters[i];
		owed.matter = (size_t)(matter - kernel_matter(kernel, 0));
		owed.at = matter->at;
		for (owed.party = 0; matter->mechanism == mechanism && owed.party < kernel->parties; owed.party++)
			if (matter->circle >> owed.party & 1)
				write_period(to, kernel, &owed, seconds, now);
	}
	free(matters);
}

enum rule kernel_write(struct buffer *to, const struct kernel *kernel, int64_t now)
{
	const void **matters = ordered(&kernel->matters, sizeof(struct kernel_matter), compare_matters);
	const void **obligations = ordered(&kernel->obligations, sizeof(struct kernel_obligation), compare_obligations);
	const void **exchanges = ordered(&kernel->exchanges, sizeof(struct exchange), compare_exchanges);
	enum rule rule = matters == NULL || obligations == NULL || exchanges == NULL ? RULE_MEMORY : RULE_OK;
	buffer_string(to, "detente state v1\nagreement ");
	text_hex(to, bytes_of(terms_agreement(kernel->terms)->digest, SHA256_SIZE));
	write_time(to, "now", now);
	buffer_string(to, "\n");
	for (size_t i = 0; rule == RULE_OK && i < kernel->matters.count; i++)
		rule = write_matter(to, kernel, matters[i], now);
	for (size_t i = 0; rule == RULE_OK && i < kernel->obligations.count; i++)
		write_obligation(to, kernel, obligations[i], now);
	for (size_t i = 0; rule == RULE_OK && i < kernel->exchanges.count; i++)
		write_exchange(to, kernel, exchanges[i]);
	for (size_t i = 0; rule == RULE_OK && i < terms_mechanism_count(kernel->terms); i++) {
		const struct mechanism *mechanism = terms_mechanism(kernel->terms, i);
		for (size_t j = 0; j < mechanism->form_count; j++)
			if (mechanism->forms[j].every.size != 0)
				write_periods(to, kernel, mechanism, &mechanism->forms[j], now);
	}
	free(matters);
	free(obligations);
	free(exchanges);
	return rule == RULE_OK ? to->rule : rule;
}

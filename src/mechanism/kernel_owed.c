/*
 * Who owes what: obligations and promises, their answers, and the cosignatures from which their clocks run. Of each
 * cosignature the first that a log tells of counts, so that it does not matter which log came first.
 */
#include <stdlib.h>

#include "kernel_parts.h"
#include "text.h"

static struct kernel_obligation *obligation_at(const struct kernel *kernel, size_t number)
{
	return &((struct kernel_obligation *)kernel->obligations.items)[number];
}

/* ---- cosignatures ---- */

static struct evidence *evidence_of(const struct kernel *kernel, size_t log, size_t by, bool writer)
{
	return &kernel->evidence[(log * kernel->parties + by) * 2 + writer];
}

static void tell(struct kernel *kernel, const struct waiting *waiting, bool writer, int64_t time)
{
	struct kernel_obligation *obligation = obligation_at(kernel, waiting->obligation);
	struct kernel_times *times = waiting->answer ? &obligation->heard : &obligation->reached;
	if (writer)
		times->by_writer = time;
	else
		times->by_holder = time;
}

/* The first that covers an entry; NULL: none does. */
static const struct ahead *first_over(const struct list *list, uint64_t index)
{
	const struct ahead *ahead = list->items;
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ahead[middle].size > index)
			high = middle;
		else
			low = middle + 1;
	}
	return low == list->count ? NULL : &ahead[low];
}

/* Waits for `by` to cosign an entry of a log, unless that has been told already. */
static enum rule await(struct kernel *kernel, size_t log, size_t by, const struct waiting *waiting)
{
	for (unsigned writer = 0; writer < 2; writer++) {
		struct evidence *evidence = evidence_of(kernel, log, by, writer);
		const struct ahead *ahead = first_over(&evidence->ahead, waiting->index);
		if (ahead != NULL) {
			tell(kernel, waiting, writer, ahead->time);
			continue;
		}
		struct waiting *more = list_add(&evidence->waiting, sizeof(*more));
		if (more == NULL)
			return RULE_MEMORY;
		*more = *waiting;
	}
	return RULE_OK;
}

/* A log tells that `by` cosigned another, or the same, at `size`. */
static enum rule told(struct kernel *kernel, struct evidence *evidence, bool writer, const struct ahead *cosigned,
	uint64_t added)
{
	struct waiting *waiting = evidence->waiting.items;
	while (evidence->first < evidence->waiting.count && waiting[evidence->first].index < cosigned->size)
		tell(kernel, &waiting[evidence->first++], writer, cosigned->time);
	if (evidence->first == evidence->waiting.count)
		evidence->first = evidence->waiting.count = 0;
	const struct ahead *last = evidence->ahead.items;
	if (cosigned->size <= added ||
		(evidence->ahead.count != 0 && last[evidence->ahead.count - 1].size >= cosigned->size))
		return RULE_OK;
	struct ahead *more = list_add(&evidence->ahead, sizeof(*more));
	if (more == NULL)
		return RULE_MEMORY;
	*more = *cosigned;
	return RULE_OK;
}

/* The time in a cosignature as bookkeeping quotes it: key id (4 bytes), time (8), signature. */
static bool cosigned_time(struct bytes base64, int64_t *time)
{
	uint8_t raw[4 + 8 + ED25519_SIGNATURE];
	if (text_unbase64_exact(base64, raw, sizeof(raw), true) != RULE_OK)
		return false;
	uint64_t seconds = 0;
	for (size_t i = 4; i < 12; i++)
		seconds = seconds << 8 | raw[i];
	*time = (int64_t)(seconds <= INT64_MAX ? seconds : INT64_MAX);
	return true;
}

enum rule owed_cosigned(struct kernel *kernel, const struct kernel_entry *added)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < added->entry->field_count && rule == RULE_OK; i++) {
		const struct line *line = &added->entry->fields[i];
		bool writer = bytes_is(line->key, "receipt");
		struct bytes rest = line->value, name = line_word(&rest), size = line_word(&rest),
			root = line_word(&rest);
		struct ahead cosigned;
		(void)root;
		if (!writer && !bytes_is(line->key, "stored"))
			continue;
		size_t log = writer ? added->party : terms_origin_find(kernel->terms, name);
		size_t by = writer ? terms_party_find(kernel->terms, name) : added->party;
		if (log < kernel->parties && by < kernel->parties && text_decimal(size, &cosigned.size) == RULE_OK &&
			cosigned_time(rest, &cosigned.time))
			rule = told(kernel, evidence_of(kernel, log, by, writer), writer, &cosigned,
				kernel->added[log]);
	}
	return rule;
}

/* ---- what is owed ---- */

/* Owes nothing yet: an empty obligation of a party, chained to those of the same entry. */
static struct kernel_obligation *owe(struct kernel *kernel, const struct kernel_entry *asked, size_t matter,
	size_t party)
{
	struct kernel_place place = {asked->party, asked->index};
	size_t next = places_find(&kernel->obligation_at, place);
	struct kernel_obligation *obligation = list_add(&kernel->obligations, sizeof(*obligation));
	if (obligation == NULL || places_put(&kernel->obligation_at, place, kernel->obligations.count - 1) != RULE_OK)
		return NULL;
	*obligation = (struct kernel_obligation){.asked = place, .matter = matter, .party = party,
		.asked_at = asked->entry->at, .until = KERNEL_NEVER,
		.withdrawn = places_find(&kernel->withdrawn_at, place) != SIZE_MAX, .reached = {KERNEL_NEVER,
			KERNEL_NEVER},
		.answered_at = KERNEL_NEVER, .heard = {KERNEL_NEVER, KERNEL_NEVER}, .next = next};
	return obligation;
}

static bool named(const struct bytes *names, size_t count, struct bytes name)
{
	size_t i = 0;
	while (i < count && !bytes_equal(names[i], name))
		i++;
	return i < count;
}

/* Does this line of the form speak of this entry? */
static bool applies(const struct form_oblige *oblige, const struct entry *entry)
{
	if (oblige->when.size == 0)
		return true;
	for (size_t i = 0; i < entry->field_count; i++)
		if (bytes_equal(entry->fields[i].key, oblige->when) &&
			named(oblige->codes, oblige->code_count, entry->fields[i].value))
			return true;
	return false;
}

static struct bytes clock_name(const struct form_oblige *oblige, const struct entry *entry)
{
	for (size_t i = 0; oblige->by_field && i < entry->field_count; i++)
		if (bytes_equal(entry->fields[i].key, oblige->clock))
			return entry->fields[i].value;
	return oblige->clock;
}

/* Whom it obliges: never its writer. */
static uint32_t whom(const struct kernel *kernel, const struct kernel_entry *asked, const struct form_oblige *oblige,
	size_t matter)
{
	uint32_t parties = oblige->circle ? kernel_matter(kernel, matter)->circle : 0;
	for (size_t i = 0; !oblige->circle && i < asked->entry->to_count; i++)
		parties |= UINT32_C(1) << terms_party_find(kernel->terms, name_party(asked->entry->to[i]));
	return parties & ~(UINT32_C(1) << asked->party);
}

static enum rule oblige_all(struct kernel *kernel, const struct kernel_entry *asked, const struct form *form,
	const struct form_oblige *oblige, size_t matter)
{
	uint32_t parties = whom(kernel, asked, oblige, matter);
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < kernel->parties && rule == RULE_OK; i++) {
		if ((parties >> i & 1) == 0)
			continue;
		struct kernel_obligation *obligation = owe(kernel, asked, matter, i);
		if (obligation == NULL)
			return RULE_MEMORY;
		obligation->form = form;
		obligation->oblige = oblige;
		obligation->seconds = kernel_clock(kernel, kernel_mechanism(kernel, form->name),
			clock_name(oblige, asked->entry));
		struct waiting waiting = {asked->index, kernel->obligations.count - 1, false};
		rule = await(kernel, asked->party, i, &waiting);
	}
	return rule;
}

/* A writer that says until when it will answer owes that by then; nobody's cosignature is waited for. */
static enum rule promise(struct kernel *kernel, const struct kernel_entry *asked, const struct form *form,
	size_t matter)
{
	int64_t until;
	size_t re = terms_party_find(kernel->terms, asked->entry->re.party);
	if (utc_parse(entry_field(asked->entry, "until"), &until) != RULE_OK || re == asked->party)
		return RULE_OK;
	/* it is kept by the place of what is to be answered */
	struct kernel_entry answered = {re, asked->entry->re.index, asked->entry};
	struct kernel_obligation *obligation = owe(kernel, &answered, matter, asked->party);
	if (obligation == NULL)
		return RULE_MEMORY;
	obligation->form = form;
	obligation->until = until;
	return RULE_OK;
}

enum rule owed_add(struct kernel *kernel, const struct kernel_entry *added, const struct form *form, size_t matter)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < form->oblige_count && rule == RULE_OK; i++)
		if (applies(&form->obliges[i], added->entry))
			rule = oblige_all(kernel, added, form, &form->obliges[i], matter);
	return rule == RULE_OK && form->promise_count != 0 && added->entry->has_re
		? promise(kernel, added, form, matter) : rule;
}

/* ---- answers ---- */

static bool meets(const struct kernel_obligation *obligation, const struct form *form)
{
	return obligation->oblige != NULL
		? named(obligation->oblige->forms, obligation->oblige->form_count, form->name)
		: named(obligation->form->promises, obligation->form->promise_count, form->name);
}

static enum rule take_answer(struct kernel *kernel, size_t number, const struct kernel_entry *answer,
	const struct form *form)
{
	struct kernel_obligation *obligation = obligation_at(kernel, number);
	int64_t until;
	obligation->withdrawn = obligation->withdrawn || (form->withdraws && answer->party == obligation->asked.party);
	if (answer->party != obligation->party || obligation->answered)
		return RULE_OK;
	if (form->extends && obligation->extension_count < KERNEL_EXTENSIONS_MAX &&
		utc_parse(entry_field(answer->entry, "until"), &until) == RULE_OK) {
		obligation->extensions[obligation->extension_count].at = answer->entry->at;
		obligation->extensions[obligation->extension_count++].until = until;
	}
	if (!meets(obligation, form))
		return RULE_OK;
	obligation->answered = true;
	obligation->answer = (struct kernel_place){answer->party, answer->index};
	obligation->answered_at = answer->entry->at;
	struct waiting waiting = {answer->index, number, true};
	return await(kernel, answer->party, obligation->asked.party, &waiting);
}

enum rule owed_answer(struct kernel *kernel, const struct kernel_entry *added, const struct form *form)
{
	struct kernel_place re = {terms_party_find(kernel->terms, added->entry->re.party), added->entry->re.index};
	size_t number = places_find(&kernel->obligation_at, re);
	enum rule rule = RULE_OK;
	/* a promise may come later, from a log that has not seen it */
	if (form->withdraws && re.party == added->party)
		rule = places_put(&kernel->withdrawn_at, re, 0);
	for (; number != SIZE_MAX && rule == RULE_OK; number = obligation_at(kernel, number)->next)
		rule = take_answer(kernel, number, added, form);
	return rule;
}

/* ---- how it stands ---- */

static int64_t earliest(const struct kernel_times *times)
{
	if (times->by_holder == KERNEL_NEVER || times->by_writer == KERNEL_NEVER)
		return times->by_holder == KERNEL_NEVER ? times->by_writer : times->by_holder;
	return times->by_holder < times->by_writer ? times->by_holder : times->by_writer;
}

/* Moves what is due by the extensions that were given in time, each before what was due then. */
static void extend(const struct kernel_obligation *obligation, struct kernel_reckoning *reckoning)
{
	for (size_t i = 0; i < obligation->extension_count; i++) {
		if (obligation->extensions[i].at > reckoning->due)
			return;
		reckoning->extended++;
		if (obligation->extensions[i].until > reckoning->due)
			reckoning->due = obligation->extensions[i].until;
	}
}

static enum kernel_standing answered_standing(const struct kernel *kernel, const struct kernel_obligation *obligation,
	const struct kernel_reckoning *reckoning)
{
	int64_t skew = (int64_t)agreement_clock(terms_agreement(kernel->terms), "skew", 300);
	if (reckoning->due == KERNEL_NEVER)
		return KERNEL_MET; /* before anybody told that it had arrived */
	bool own = obligation->answered_at <= reckoning->due;
	bool other = reckoning->heard == KERNEL_NEVER ? own : reckoning->heard <= reckoning->due;
	int64_t apart = reckoning->heard == KERNEL_NEVER ? 0 : reckoning->heard - obligation->answered_at;
	if (own != other && (apart > skew || apart < -skew))
		return KERNEL_DISPUTED;
	return own ? KERNEL_MET : KERNEL_LATE;
}

struct kernel_reckoning kernel_reckon(const struct kernel *kernel, const struct kernel_obligation *obligation,
	int64_t now)
{
	struct kernel_reckoning reckoning = {.start = obligation->asked_at, .due = obligation->until,
		.heard = earliest(&obligation->heard), .standing = KERNEL_OPEN};
	if (obligation->oblige != NULL) {
		reckoning.start = earliest(&obligation->reached);
		reckoning.due = reckoning.start == KERNEL_NEVER ? KERNEL_NEVER
			: reckoning.start > INT64_MAX - (int64_t)obligation->seconds ? INT64_MAX
			: reckoning.start + (int64_t)obligation->seconds;
	}
	if (reckoning.due != KERNEL_NEVER)
		extend(obligation, &reckoning);
	if (obligation->answered)
		reckoning.standing = answered_standing(kernel, obligation, &reckoning);
	else if (obligation->withdrawn)
		reckoning.standing = KERNEL_WITHDRAWN;
	else if (reckoning.due == KERNEL_NEVER)
		reckoning.standing = KERNEL_UNREACHED;
	else if (now > reckoning.due)
		reckoning.standing = KERNEL_OVERDUE;
	return reckoning;
}

const char *kernel_standing_name(enum kernel_standing standing)
{
	static const char *const names[] = {[KERNEL_UNREACHED] = "unreached", [KERNEL_OPEN] = "open",
		[KERNEL_OVERDUE] = "overdue", [KERNEL_MET] = "met", [KERNEL_LATE] = "late",
			[KERNEL_DISPUTED] = "disputed",
		[KERNEL_WITHDRAWN] = "withdrawn"};
	return names[standing];
}

void owed_free(struct kernel *kernel)
{
	for (size_t i = 0; i < kernel->parties * kernel->parties * 2; i++) {
		free(kernel->evidence[i].waiting.items);
		free(kernel->evidence[i].ahead.items);
	}
	free(kernel->evidence);
}

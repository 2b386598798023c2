/* The kernel's matters and positions, and what its parts are built of. */
#include <stdlib.h>

#include "kernel_parts.h"
#include "text.h"

/* ---- lists and places ---- */

void *list_add(struct list *list, size_t size)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
		void *more = reallocarray(list->items, capacity, size);
		if (more == NULL)
			return NULL;
		list->items = more;
		list->capacity = capacity;
	}
	void *item = (uint8_t *)list->items + list->count++ * size;
	memset(item, 0, size);
	return item;
}

static struct places_slot *places_slot(const struct places *places, struct kernel_place place)
{
	uint64_t mixed = (place.index * 32 + place.party) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(mixed >> 20) & (places->capacity - 1);
	while (places->slots[at].value != 0 &&
		(places->slots[at].index != place.index || places->slots[at].party != place.party))
		at = (at + 1) & (places->capacity - 1);
	return &places->slots[at];
}

static enum rule places_grow(struct places *places)
{
	struct places more = {.capacity = places->capacity == 0 ? 64 : 2 * places->capacity};
	more.slots = calloc(more.capacity, sizeof(*more.slots));
	if (more.slots == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; i < places->capacity; i++) {
		const struct places_slot *slot = &places->slots[i];
		if (slot->value != 0)
			*places_slot(&more, (struct kernel_place){slot->party, slot->index}) = *slot;
	}
	more.count = places->count;
	free(places->slots);
	*places = more;
	return RULE_OK;
}

enum rule places_put(struct places *places, struct kernel_place place, size_t value)
{
	if (value >= UINT32_MAX || (2 * (places->count + 1) > places->capacity && places_grow(places) != RULE_OK))
		return RULE_MEMORY;
	struct places_slot *slot = places_slot(places, place);
	places->count += slot->value == 0;
	*slot = (struct places_slot){place.index, (uint32_t)place.party, (uint32_t)value + 1};
	return RULE_OK;
}

size_t places_find(const struct places *places, struct kernel_place place)
{
	const struct places_slot *slot = places->capacity == 0 ? NULL : places_slot(places, place);
	return slot == NULL || slot->value == 0 ? SIZE_MAX : slot->value - 1;
}

/* ---- what the agreement says ---- */

const struct mechanism *kernel_mechanism(const struct kernel *kernel, struct bytes form)
{
	struct bytes name = name_party(form);
	for (size_t i = 0; i < terms_mechanism_count(kernel->terms); i++)
		if (bytes_equal(terms_mechanism(kernel->terms, i)->name, name))
			return terms_mechanism(kernel->terms, i);
	return NULL;
}

uint64_t kernel_clock(const struct kernel *kernel, const struct mechanism *mechanism, struct bytes name)
{
	const struct agreement *agreement = terms_agreement(kernel->terms);
	for (size_t i = 0; i < agreement->clock_count; i++)
		if (bytes_equal(agreement->clocks[i].name, name))
			return agreement->clocks[i].seconds;
	const struct agreement_clock *clock = mechanism_clock(mechanism, name);
	return clock == NULL ? 0 : clock->seconds;
}

/* ---- matters ---- */

/* The circle that an opening entry names; without a field for it, the parties of `to`. Its writer is always in it. */
static uint32_t circle_of(const struct kernel *kernel, const struct kernel_entry *added)
{
	const struct entry *entry = added->entry;
	uint32_t circle = 0;
	bool named = entry_field(entry, "circle").size != 0;
	for (size_t i = 0; i < (named ? entry->field_count : entry->to_count); i++) {
		if (named && !bytes_is(entry->fields[i].key, "circle"))
			continue;
		size_t party = terms_party_find(kernel->terms,
			named ? entry->fields[i].value : name_party(entry->to[i]));
		circle |= party < kernel->parties ? UINT32_C(1) << party : 0;
	}
	return circle | UINT32_C(1) << added->party;
}

static enum rule open_matter(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	size_t *number)
{
	struct kernel_matter *matter = list_add(&kernel->matters, sizeof(*matter));
	if (matter == NULL)
		return RULE_MEMORY;
	*number = kernel->matters.count - 1;
	matter->place = (struct kernel_place){added->party, added->index};
	matter->at = added->entry->at;
	matter->form = form;
	matter->mechanism = kernel_mechanism(kernel, form->name);
	matter->scale = form->scale.size == 0 ? NULL : mechanism_scale(matter->mechanism, form->scale);
	matter->circle = circle_of(kernel, added);
	matter->first_version = SIZE_MAX;
	return places_put(&kernel->matter_at, matter->place, *number);
}

/* ---- positions ---- */

static size_t version_size(const struct kernel *kernel)
{
	return sizeof(struct kernel_version) + kernel->parties * sizeof(struct kernel_own);
}

static struct kernel_version *version_at(const struct kernel *kernel, size_t version)
{
	return (struct kernel_version *)(void *)((uint8_t *)kernel->versions.items + version * version_size(kernel));
}

/* The positions of a matter on a version, made where nobody has spoken of it yet; NULL: no memory. */
static struct kernel_version *find_version(struct kernel *kernel, size_t number, const uint8_t digest[SHA256_SIZE])
{
	struct kernel_matter *matter = &((struct kernel_matter *)kernel->matters.items)[number];
	struct kernel_version *version;
	for (size_t i = matter->first_version; i != SIZE_MAX; i = version->next) {
		version = version_at(kernel, i);
		if (memcmp(version->digest, digest, SHA256_SIZE) == 0)
			return version;
	}
	version = list_add(&kernel->versions, version_size(kernel));
	if (version == NULL)
		return NULL;
	memcpy(version->digest, digest, SHA256_SIZE);
	version->next = matter->first_version;
	matter->first_version = kernel->versions.count - 1;
	return version;
}

static enum rule state_position(struct kernel *kernel, const struct kernel_entry *added, size_t number)
{
	const struct kernel_matter *matter = &((struct kernel_matter *)kernel->matters.items)[number];
	struct bytes code = entry_field(added->entry, "position"), version = entry_field(added->entry, "version");
	uint8_t digest[SHA256_SIZE] = {0};
	if (matter->scale == NULL || code.size == 0 || (matter->circle >> added->party & 1) == 0)
		return RULE_OK;
	size_t position = scale_position(matter->scale, code);
	if (position == matter->scale->position_count)
		return RULE_OK;
	if (version.size != 0 && text_unhex(version, digest, sizeof(digest)) != RULE_OK)
		return RULE_OK;
	struct kernel_version *on = find_version(kernel, number, digest);
	if (on == NULL)
		return RULE_MEMORY;
	on->own[added->party] = (struct kernel_own){true, position, {added->party, added->index}, added->entry->at};
	return RULE_OK;
}

size_t kernel_joint(const struct kernel_matter *matter, const struct kernel_version *version)
{
	size_t joint = matter->scale->greatest ? 0 : matter->scale->position_count - 1;
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++) {
		if ((matter->circle >> i & 1) == 0)
			continue;
		size_t own = version->own[i].said ? version->own[i].position : 0;
		if (matter->scale->greatest ? own > joint : own < joint)
			joint = own;
	}
	return joint;
}

bool kernel_stale(const struct kernel *kernel, const struct kernel_matter *matter, const struct kernel_own *own,
	int64_t now)
{
	struct bytes clock = matter->scale->confirm;
	return own->said && own->position > 0 && clock.size != 0 &&
		now - own->at > (int64_t)kernel_clock(kernel, matter->mechanism, clock);
}

/* ---- periods ---- */

struct kernel_place kernel_period_key(const struct kernel *kernel, const struct form *form, size_t matter, size_t party)
{
	size_t number = 0;
	while (terms_mechanism(kernel->terms, number) != kernel_mechanism(kernel, form->name))
		number++;
	size_t ordinal = number * FORMS_MAX + (size_t)(form - terms_mechanism(kernel->terms, number)->forms);
	return (struct kernel_place){ordinal * AGREEMENT_PARTIES_MAX + party, matter == SIZE_MAX ? 0 : matter + 1};
}

static enum rule note_period(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	size_t matter)
{
	size_t of = form->opens ? SIZE_MAX : matter;
	struct kernel_place key = kernel_period_key(kernel, form, of, added->party);
	size_t number = places_find(&kernel->period_at, key);
	struct period *period = number == SIZE_MAX ? list_add(&kernel->periods, sizeof(*period))
		: (struct period *)kernel->periods.items + number;
	if (period == NULL ||
		(number == SIZE_MAX && places_put(&kernel->period_at, key, kernel->periods.count - 1) != RULE_OK))
		return RULE_MEMORY;
	*period = (struct period){of, form, added->party, {added->party, added->index}, added->entry->at};
	return RULE_OK;
}

/* ---- entries ---- */

static enum rule add_statement(struct kernel *kernel, const struct kernel_entry *added)
{
	const struct entry *entry = added->entry;
	const struct form *form = terms_form(kernel->terms, entry->form);
	struct kernel_place of = {terms_party_find(kernel->terms, entry->matter.party), entry->matter.index};
	size_t matter = entry->opens ? SIZE_MAX : places_find(&kernel->matter_at, of);
	if (form == NULL) /* a card: what it brings is cards.h's */
		return RULE_OK;
	enum rule rule = entry->opens ? open_matter(kernel, added, form, &matter) : RULE_OK;
	if (rule != RULE_OK || matter == SIZE_MAX)
		return rule;
	((struct kernel_matter *)kernel->matters.items)[matter].entries++;
	rule = state_position(kernel, added, matter);
	if (rule == RULE_OK && form->every.size != 0)
		rule = note_period(kernel, added, form, matter);
	if (rule == RULE_OK && entry->has_re)
		rule = owed_answer(kernel, added, form);
	if (rule == RULE_OK)
		rule = owed_add(kernel, added, form, matter);
	return rule == RULE_OK && (form->commits || form->reveals) ? exchange_add(kernel, added, form, matter) : rule;
}

enum rule kernel_add(struct kernel *kernel, const struct kernel_entry *added)
{
	enum rule rule = added->entry->bookkeeping ? owed_cosigned(kernel, added) : add_statement(kernel, added);
	kernel->added[added->party] = added->index + 1;
	return rule;
}

/* ---- from beginning to end ---- */

enum rule kernel_new(struct kernel **kernel, const struct terms *terms)
{
	struct kernel *made = calloc(1, sizeof(*made));
	size_t parties = terms_party_count(terms);
	if (made != NULL)
		made->evidence = calloc(parties * parties * 2, sizeof(*made->evidence));
	if (made == NULL || made->evidence == NULL) {
		free(made);
		return RULE_MEMORY;
	}
	made->terms = terms;
	made->parties = parties;
	*kernel = made;
	return RULE_OK;
}

void kernel_free(struct kernel *kernel)
{
	if (kernel == NULL)
		return;
	owed_free(kernel);
	free(kernel->matters.items);
	free(kernel->versions.items);
	free(kernel->obligations.items);
	free(kernel->exchanges.items);
	free(kernel->periods.items);
	free(kernel->matter_at.slots);
	free(kernel->obligation_at.slots);
	free(kernel->exchange_at.slots);
	free(kernel->period_at.slots);
	free(kernel->withdrawn_at.slots);
	free(kernel);
}

size_t kernel_matter_count(const struct kernel *kernel)
{
	return kernel->matters.count;
}

const struct kernel_matter *kernel_matter(const struct kernel *kernel, size_t matter)
{
	return &((const struct kernel_matter *)kernel->matters.items)[matter];
}

const struct kernel_version *kernel_version(const struct kernel *kernel, size_t version)
{
	return version_at(kernel, version);
}

size_t kernel_obligation_count(const struct kernel *kernel)
{
	return kernel->obligations.count;
}

const struct kernel_obligation *kernel_obligation(const struct kernel *kernel, size_t obligation)
{
	return &((const struct kernel_obligation *)kernel->obligations.items)[obligation];
}

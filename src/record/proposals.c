#include "proposals.h"

#include <stdlib.h>

#define CAPACITY_MIN 64

/* Open addressing by what is proposed and by whom; 24 bytes of a hash, so that nobody makes two of them one. */
struct proposal {
	uint8_t key[24];
	uint64_t from; /* size of the log that holds it; 0: a gap */
};

static void make_key(uint8_t key[SHA256_SIZE], const struct place *matter, struct bytes version, struct bytes party)
{
	uint8_t index[8];
	for (size_t i = 0; i < sizeof(index); i++)
		index[i] = (uint8_t)(matter->index >> 8 * i);
	const struct bytes parts[] = {
		matter->party, BYTES("/"), party, BYTES("/"), bytes_of(index, sizeof(index)), version};
	sha256_parts(parts, sizeof(parts) / sizeof(parts[0]), key);
}

/* The slot of that key, or the gap where it would go. The capacity is a power of two and never full. */
static struct proposal *find_slot(const struct proposals *proposals, const uint8_t *key)
{
	uint64_t at;
	memcpy(&at, key, sizeof(at));
	struct proposal *slot;
	do
		slot = &proposals->slots[at++ & (proposals->capacity - 1)];
	while (slot->from != 0 && memcmp(slot->key, key, sizeof(slot->key)) != 0);
	return slot;
}

static enum rule grow(struct proposals *proposals)
{
	struct proposals more = {.capacity = proposals->capacity == 0 ? CAPACITY_MIN : 2 * proposals->capacity};
	more.slots = calloc(more.capacity, sizeof(*more.slots));
	if (more.slots == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; i < proposals->capacity; i++)
		if (proposals->slots[i].from != 0)
			*find_slot(&more, proposals->slots[i].key) = proposals->slots[i];
	more.count = proposals->count;
	free(proposals->slots);
	*proposals = more;
	return RULE_OK;
}

enum rule proposals_add(struct proposals *proposals, const struct place *matter, struct bytes version,
	const struct place *by)
{
	uint8_t key[SHA256_SIZE];
	make_key(key, matter, version, by->party);
	if (2 * (proposals->count + 1) > proposals->capacity && grow(proposals) != RULE_OK)
		return RULE_MEMORY;
	struct proposal *slot = find_slot(proposals, key);
	if (slot->from != 0)
		return RULE_OK;
	memcpy(slot->key, key, sizeof(slot->key));
	slot->from = by->index + 1;
	proposals->count++;
	return RULE_OK;
}

bool proposals_find(const struct proposals *proposals, const struct judge_proposal *proposal,
	const struct terms *terms)
{
	for (size_t i = 0; proposals->count != 0 && i < terms_party_count(terms); i++) {
		uint8_t key[SHA256_SIZE];
		make_key(key, &proposal->matter, proposal->version, terms_party(terms, i));
		const struct proposal *slot = find_slot(proposals, key);
		if (slot->from != 0 && slot->from <= proposal->past[i])
			return true;
	}
	return false;
}

void proposals_free(struct proposals *proposals)
{
	free(proposals->slots);
	*proposals = (struct proposals){0};
}

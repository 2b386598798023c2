/*
 * Exchanges: each party commits to a document by a hash, and reveals it when every commitment lies in its past, so that
 * nobody chooses after reading. A commitment once made stands.
 */
#include "kernel_parts.h"
#include "text.h"

static const char domain[] = "detente/v1/exchange";

static struct exchange *exchange_at(const struct kernel *kernel, size_t number)
{
	return &((struct exchange *)kernel->exchanges.items)[number];
}

/* A party's part in a matter's exchange; the number of parts when it has none. */
static size_t find_part(const struct kernel *kernel, size_t matter, size_t party)
{
	/* by the matter's place, one slot a party: the index of a matter's opening is below 2^58 */
	struct kernel_place opening = kernel_matter(kernel, matter)->place;
	size_t number = places_find(&kernel->exchange_at,
		(struct kernel_place){opening.party * AGREEMENT_PARTIES_MAX + party, opening.index});
	return number;
}

static enum rule commit(struct kernel *kernel, const struct kernel_entry *added, size_t matter)
{
	struct kernel_place opening = kernel_matter(kernel, matter)->place;
	uint8_t commitment[SHA256_SIZE];
	if (find_part(kernel, matter, added->party) != SIZE_MAX ||
		text_unhex(entry_field(added->entry, "commitment"), commitment, sizeof(commitment)) != RULE_OK)
		return RULE_OK;
	struct exchange *exchange = list_add(&kernel->exchanges, sizeof(*exchange));
	if (exchange == NULL)
		return RULE_MEMORY;
	exchange->matter = matter;
	exchange->party = added->party;
	exchange->commit = (struct kernel_place){added->party, added->index};
	memcpy(exchange->commitment, commitment, sizeof(commitment));
	return places_put(&kernel->exchange_at,
		(struct kernel_place){opening.party * AGREEMENT_PARTIES_MAX + added->party, opening.index},
		kernel->exchanges.count - 1);
}

static void reveal(struct kernel *kernel, const struct kernel_entry *added, size_t matter)
{
	size_t number = find_part(kernel, matter, added->party);
	struct exchange *exchange = number == SIZE_MAX ? NULL : exchange_at(kernel, number);
	uint8_t salt[SHA256_SIZE], made[SHA256_SIZE];
	if (exchange == NULL || exchange->revealed || added->entry->re.index != exchange->commit.index ||
		terms_party_find(kernel->terms, added->entry->re.party) != added->party ||
		text_unhex(entry_field(added->entry, "salt"), salt, sizeof(salt)) != RULE_OK ||
		text_unhex(entry_field(added->entry, "version"), exchange->version, SHA256_SIZE) != RULE_OK)
		return;
	const struct bytes parts[] = {bytes_of(domain, sizeof(domain)), bytes_of(salt, sizeof(salt)),
		bytes_of(exchange->version, SHA256_SIZE)};
	sha256_parts(parts, 3, made);
	exchange->revealed = true;
	exchange->matches = memcmp(made, exchange->commitment, SHA256_SIZE) == 0;
	exchange->reveal = (struct kernel_place){added->party, added->index};
	for (size_t i = 0; i < added->entry->seen_count; i++) {
		size_t party = terms_origin_find(kernel->terms, added->entry->seen[i].origin);
		if (party < kernel->parties)
			exchange->seen[party] = added->entry->seen[i].size;
	}
}

enum rule exchange_add(struct kernel *kernel, const struct kernel_entry *added, const struct form *form, size_t matter)
{
	enum rule rule = RULE_OK;
	if ((kernel_matter(kernel, matter)->circle >> added->party & 1) == 0)
		return RULE_OK;
	if (form->commits)
		rule = commit(kernel, added, matter);
	else
		reveal(kernel, added, matter);
	return rule;
}

const char *exchange_standing(const struct kernel *kernel, const struct exchange *exchange)
{
	uint32_t circle = kernel_matter(kernel, exchange->matter)->circle;
	if (!exchange->revealed)
		return "committed";
	for (size_t i = 0; i < kernel->parties; i++) {
		if (i == exchange->party || (circle >> i & 1) == 0)
			continue;
		size_t other = find_part(kernel, exchange->matter, i);
		if (other == SIZE_MAX || exchange_at(kernel, other)->commit.index >= exchange->seen[i])
			return "early";
	}
	return exchange->matches ? "revealed" : "false";
}

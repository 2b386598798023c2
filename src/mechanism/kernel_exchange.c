/*
 * Exchanges: each party commits to a document by a hash, and reveals it when every commitment lies in its past, so that
 * nobody chooses after reading. A commitment once made stands.
 */
#include "kernel_parts.h"
#include "text.h"

static const char domain[] = "detente/v1/exchange";

void kernel_commitment(const uint8_t salt[SHA256_SIZE], const uint8_t version[SHA256_SIZE],
	uint8_t commitment[SHA256_SIZE])
{
	const struct bytes parts[] = {bytes_of(domain, sizeof(domain)), bytes_of(salt, SHA256_SIZE),
		bytes_of(version, SHA256_SIZE)};
	sha256_parts(parts, 3, commitment);
}

/* ---- the row: parts by party ---- */

static void write_part(const struct kernel *kernel, struct buffer *to, const struct kernel_part *part)
{
	buffer_u64(to, part->commit);
	buffer_add(to, bytes_of(part->commitment, SHA256_SIZE));
	buffer_u8(to, part->alone);
	buffer_u8(to, part->revealed);
	if (!part->revealed)
		return;
	buffer_u8(to, part->matches);
	buffer_u64(to, part->reveal);
	buffer_add(to, bytes_of(part->version, SHA256_SIZE));
	for (size_t i = 0; i < kernel->parties; i++)
		buffer_u64(to, part->seen[i]);
}

static void read_part(const struct kernel *kernel, struct cursor *from, struct kernel_part *part)
{
	struct bytes hash;
	part->committed = true;
	part->commit = cursor_u64(from);
	if ((hash = cursor_take(from, SHA256_SIZE)).data != NULL)
		memcpy(part->commitment, hash.data, SHA256_SIZE);
	part->alone = cursor_u8(from) != 0;
	part->revealed = cursor_u8(from) != 0;
	if (!part->revealed)
		return;
	part->matches = cursor_u8(from) != 0;
	part->reveal = cursor_u64(from);
	if ((hash = cursor_take(from, SHA256_SIZE)).data != NULL)
		memcpy(part->version, hash.data, SHA256_SIZE);
	for (size_t i = 0; i < kernel->parties; i++)
		part->seen[i] = cursor_u64(from);
}

enum rule kernel_exchange(const struct kernel *kernel, struct kernel_place matter, struct kernel_exchange *exchange)
{
	struct row_key key = key_of(ROW_EXCHANGE, matter);
	struct buffer value = {0};
	memset(exchange, 0, sizeof(*exchange));
	enum rule rule = kernel_get(kernel, &key, &value);
	struct cursor cursor = cursor_of(buffer_bytes(&value));
	while (rule == RULE_OK && cursor_left(&cursor) != 0) {
		size_t party = cursor_u8(&cursor);
		if (party >= kernel->parties)
			cursor_fail(&cursor, RULE_STORE_CORRUPT);
		else
			read_part(kernel, &cursor, &exchange->parts[party]);
		if (cursor.rule != RULE_OK)
			rule = RULE_STORE_CORRUPT;
	}
	buffer_free(&value);
	return rule;
}

static enum rule store(struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_exchange *exchange)
{
	struct row_key key = key_of(ROW_EXCHANGE, matter->place);
	buffer_clear(&kernel->value);
	for (size_t i = 0; i < kernel->parties; i++) {
		if (!exchange->parts[i].committed)
			continue;
		buffer_u8(&kernel->value, (uint8_t)i);
		write_part(kernel, &kernel->value, &exchange->parts[i]);
	}
	enum rule rule = kernel_put(kernel, &key, buffer_bytes(&kernel->value));
	write_exchange(&kernel->paragraph, kernel, matter, exchange);
	return rule == RULE_OK ? kernel_weigh(kernel, true) : rule;
}

/* ---- entries ---- */

static bool commit(const struct kernel_entry *added, const struct form *form, struct kernel_part *part)
{
	if (part->committed ||
		text_unhex(entry_field(added->entry, "commitment"), part->commitment, SHA256_SIZE) != RULE_OK)
		return false;
	part->committed = true;
	part->alone = form->alone;
	part->commit = added->index;
	return true;
}

static bool reveal(const struct kernel *kernel, const struct kernel_entry *added, struct kernel_part *part)
{
	uint8_t salt[SHA256_SIZE], made[SHA256_SIZE];
	if (!part->committed || part->revealed ||
		text_unhex(entry_field(added->entry, "salt"), salt, sizeof(salt)) != RULE_OK ||
		text_unhex(entry_field(added->entry, "version"), part->version, SHA256_SIZE) != RULE_OK)
		return false;
	kernel_commitment(salt, part->version, made);
	part->revealed = true;
	part->matches = memcmp(made, part->commitment, SHA256_SIZE) == 0;
	part->reveal = added->index;
	for (size_t i = 0; i < added->entry->seen_count; i++) {
		size_t party = terms_origin_find(kernel->terms, added->entry->seen[i].origin);
		if (party < kernel->parties)
			part->seen[party] = added->entry->seen[i].size;
	}
	return true;
}

enum rule exchange_add(struct kernel *kernel, const struct kernel_entry *added, const struct form *form,
	const struct kernel_matter *matter)
{
	struct kernel_exchange before, exchange;
	if ((matter->circle >> added->party & 1) == 0)
		return RULE_OK;
	enum rule rule = kernel_exchange(kernel, matter->place, &before);
	bool begun = rule == RULE_OK;
	if (!begun && rule != RULE_NOT_FOUND)
		return rule;
	exchange = before;
	struct kernel_part *part = &exchange.parts[added->party];
	if (form->commits ? !commit(added, form, part) : !reveal(kernel, added, part))
		return RULE_OK;
	rule = RULE_OK;
	if (begun) {
		write_exchange(&kernel->paragraph, kernel, matter, &before);
		rule = kernel_weigh(kernel, false);
	}
	return rule == RULE_OK ? store(kernel, matter, &exchange) : rule;
}

const char *kernel_part_standing(const struct kernel_matter *matter, const struct kernel_exchange *exchange,
	size_t party)
{
	const struct kernel_part *part = &exchange->parts[party];
	if (!part->revealed)
		return "committed";
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX && !part->alone; i++) {
		const struct kernel_part *other = &exchange->parts[i];
		if (i != party && (matter->circle >> i & 1) != 0 && (!other->committed || other->commit >= part->seen[i]))
			return "early";
	}
	return part->matches ? "revealed" : "false";
}

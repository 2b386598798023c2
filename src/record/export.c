#include "export.h"

#include <stdio.h>

#include "beyond.h"
#include "layout.h"

static enum rule put(const struct export_sink *sink, const char *path, const struct buffer *content)
{
	return content->rule != RULE_OK ? content->rule : sink->file(sink->context, path, buffer_bytes(content));
}

static enum rule put_named(const struct export_sink *sink, const char *folder, struct bytes name, struct bytes content)
{
	char path[LAYOUT_PATH_MAX];
	snprintf(path, sizeof(path), "%s/%.*s", folder, BYTES_SHOWN(name));
	return sink->file(sink->context, path, content);
}

enum rule export_fork(const struct terms *terms, size_t party, struct bytes evidence, const struct export_sink *sink)
{
	char path[LAYOUT_PATH_MAX];
	layout_fork_path(path, terms_party(terms, party));
	return sink->file(sink->context, path, evidence);
}

enum rule export_terms(const struct terms *terms, const struct export_sink *sink)
{
	enum rule rule = sink->file(sink->context, "agreement", terms_agreement(terms)->note);
	for (size_t i = 0; i < terms_party_count(terms) && rule == RULE_OK; i++)
		rule = put_named(sink, "cards", terms_party(terms, i), terms_card(terms, i)->note);
	for (size_t i = 0; i < terms_mechanism_count(terms) && rule == RULE_OK; i++)
		rule = put_named(sink, "mechanisms", terms_mechanism(terms, i)->name, terms_mechanism(terms, i)->file);
	return rule;
}

enum rule export_amended(const struct texts *texts, const struct export_sink *sink)
{
	enum rule rule = RULE_OK;
	for (size_t n = 1; n < texts_count(texts); n++) {
		const struct agreement *agreement = texts_agreement(texts, n);
		for (size_t i = 0; i < agreement->mechanism_count && rule == RULE_OK; i++) {
			const struct agreement_hashed *named = &agreement->mechanisms[i];
			const struct mechanism *mechanism = texts_mechanism(texts, named);
			char path[LAYOUT_PATH_MAX];
			layout_amended_path(path, named->digest);
			if (mechanism != NULL && !texts_binds(texts, n, named->digest))
				rule = sink->file(sink->context, path, mechanism->file);
		}
	}
	return rule;
}

/* Whether the n-th card of a party brings another key of that kind than those before it. */
static bool is_new(const struct cards *cards, size_t party, size_t n, bool mirror)
{
	const struct card_keys *keys = cards_nth(cards, party, n)->keys;
	const uint8_t *key = mirror ? keys->mirror : keys->log;
	for (size_t i = 0; i < n; i++) {
		const struct card_keys *before = cards_nth(cards, party, i)->keys;
		if (memcmp(mirror ? before->mirror : before->log, key, ED25519_PUBLIC) == 0)
			return false;
	}
	return true;
}

/* The witness of a party's first mirror key has its name; with more keys each has a number, and a group the name. */
static void write_witnesses(struct buffer *to, const struct cards *cards, size_t party)
{
	struct bytes name = terms_party(cards_terms(cards), party);
	size_t count = 0, number = 0;
	for (size_t n = 0; n < cards_count(cards, party); n++)
		count += is_new(cards, party, n, true);
	for (size_t n = 0; n < cards_count(cards, party); n++) {
		if (!is_new(cards, party, n, true))
			continue;
		buffer_format(to, "witness %.*s", BYTES_SHOWN(name));
		if (count > 1)
			buffer_format(to, "/%zu", ++number);
		buffer_string(to, " ");
		vkey_write(to, &cards_nth(cards, party, n)->mirror);
		buffer_string(to, "\n");
	}
	if (count < 2)
		return;
	buffer_format(to, "group %.*s any", BYTES_SHOWN(name));
	for (size_t n = 1; n <= count; n++)
		buffer_format(to, " %.*s/%zu", BYTES_SHOWN(name), n);
	buffer_string(to, "\n");
}

const struct agreement *export_text(const struct cards *cards)
{
	uint64_t all[AGREEMENT_PARTIES_MAX];
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		all[i] = UINT64_MAX;
	const struct texts *texts = cards_texts(cards);
	return texts_agreement(texts, texts_governing(texts, all));
}

/* The neutral witnesses; where a receipt needs some of them, that it does. The groups' names are nobody's: no dot. */
static const char *write_neutral(struct buffer *to, const struct agreement *text)
{
	size_t needed = agreement_witnesses_needed(text);
	if (needed == 0)
		return "mirrors";
	buffer_format(to, "group witnesses %zu", needed);
	for (size_t i = 0; i < text->witness_count; i++)
		buffer_format(to, " %.*s", BYTES_SHOWN(text->witnesses[i].name));
	buffer_string(to, "\ngroup receipt all mirrors witnesses\n");
	return "receipt";
}

void export_policy(struct buffer *to, const struct cards *cards, size_t party)
{
	const struct agreement *text = export_text(cards);
	const struct terms *terms = cards_terms(cards);
	for (size_t n = 0; n < cards_count(cards, party); n++) {
		if (!is_new(cards, party, n, false))
			continue;
		buffer_string(to, "log ");
		vkey_write(to, &cards_nth(cards, party, n)->log);
		buffer_string(to, "\n");
	}
	for (size_t i = 0; i < terms_party_count(terms); i++)
		if (i != party) /* a mirror never cosigns its owner's log */
			write_witnesses(to, cards, i);
	for (size_t i = 0; i < text->witness_count; i++) {
		buffer_format(to, "witness %.*s ", BYTES_SHOWN(text->witnesses[i].name));
		vkey_write(to, &text->witnesses[i].vkey);
		buffer_string(to, "\n");
	}
	buffer_string(to, "group mirrors all");
	for (size_t i = 0; i < terms_party_count(terms); i++) {
		if (i == party)
			continue;
		buffer_string(to, " ");
		buffer_add(to, terms_party(terms, i));
	}
	buffer_string(to, "\n");
	const char *quorum = write_neutral(to, text);
	buffer_format(to, "quorum %s\n", quorum);
}

/* ---- tiles ---- */

struct writing {
	struct bytes party;
	const struct export_log *log;
	const struct export_sink *sink;
	struct buffer content;
};

static enum rule add_entries(struct writing *writing, const struct tile *tile)
{
	struct buffer entry = {0};
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < tile->width && rule == RULE_OK; i++) {
		buffer_clear(&entry);
		rule = writing->log->entry(writing->log->context, tile->index * TILE_WIDTH + i, &entry);
		bundle_add(&writing->content, buffer_bytes(&entry));
		if (rule == RULE_OK)
			rule = entry.rule;
	}
	buffer_free(&entry);
	return rule;
}

static enum rule add_hashes(struct writing *writing, const struct tile *tile)
{
	enum rule rule = RULE_OK;
	for (unsigned i = 0; i < tile->width && rule == RULE_OK; i++) {
		struct hash hash;
		rule = writing->log->tree.node(writing->log->tree.context, (unsigned)tile->level * 8,
			tile->index * TILE_WIDTH + i, &hash);
		if (rule == RULE_OK)
			buffer_add(&writing->content, bytes_of(hash.bytes, sizeof(hash.bytes)));
	}
	return rule;
}

static enum rule write_tile(struct writing *writing, const struct tile *tile)
{
	char name[TILE_PATH_MAX], path[LAYOUT_PATH_MAX];
	buffer_clear(&writing->content);
	enum rule rule = tile->level < 0 ? add_entries(writing, tile) : add_hashes(writing, tile);
	tile_path(tile, name);
	layout_log_path(path, writing->party, name);
	return rule == RULE_OK ? put(writing->sink, path, &writing->content) : rule;
}

static enum rule write_tiles(struct writing *writing, struct export_piece *piece)
{
	struct export_place *place = &piece->place;
	enum rule rule = RULE_OK;
	for (unsigned written = 0; written < piece->tiles && place->level < TILE_LEVELS && rule == RULE_OK;) {
		struct tile tile = {.level = place->level, .index = place->index};
		tile.width = tile_width(tile.level, tile.index, writing->log->size);
		if (tile.width == 0) {
			*place = (struct export_place){.level = place->level + 1};
			continue;
		}
		rule = write_tile(writing, &tile);
		place->index++;
		written++;
	}
	buffer_free(&writing->content);
	return rule;
}

/* What stands beside the tiles. */
static enum rule write_head(const struct cards *cards, size_t party, const struct export_log *log,
	const struct export_sink *sink)
{
	const struct terms *terms = cards_terms(cards);
	struct bytes name = terms_party(terms, party);
	struct buffer policy = {0}, known = {0};
	struct beyond beyond = {0};
	char path[LAYOUT_PATH_MAX];

	export_policy(&policy, cards, party);
	layout_log_path(path, name, "policy");
	enum rule rule = put(sink, path, &policy);
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		beyond.sizes[i] = log->beyond[i].size;
	beyond_write(&known, &beyond, terms_agreement(terms));
	layout_log_path(path, name, "beyond");
	if (rule == RULE_OK)
		rule = put(sink, path, &known);
	layout_log_path(path, name, "checkpoint");
	if (rule == RULE_OK && log->checkpoint.size != 0)
		rule = sink->file(sink->context, path, log->checkpoint);
	buffer_free(&policy);
	buffer_free(&known);
	return rule;
}

enum rule export_log_piece(const struct cards *cards, size_t party, const struct export_log *log,
	const struct export_sink *sink, struct export_piece *piece)
{
	struct writing writing = {.party = terms_party(cards_terms(cards), party), .log = log, .sink = sink};
	if (piece->place.level != EXPORT_BEGIN)
		return write_tiles(&writing, piece);
	piece->place = (struct export_place){.level = log->checkpoint.size != 0 ? -1 : TILE_LEVELS};
	return write_head(cards, party, log, sink);
}

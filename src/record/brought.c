#include "brought.h"

#include <stdlib.h>

#include "foreign.h"
#include "judge.h"
#include "tile.h"

/* Whether there may be an entry of such a form in these bytes: read as entries are only few bundles. */
static bool has_form(struct bytes bytes)
{
	static const struct bytes lines[] = {BYTES("\nform " CARD_FORM "\n"), BYTES("\nform " SIGN_FORM "\n"),
		BYTES("\nform " RELEASE_FORM "\n")};
	bool found = false;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && !found && bytes.size != 0; i++)
		found = memmem(bytes.data, bytes.size, lines[i].data, lines[i].size) != NULL;
	return found;
}

/* Whether an entry may bind its party to a text that it signed: where it did, no form tells them. */
static bool may_bind(const struct texts *texts, size_t party)
{
	bool may = false;
	for (size_t n = 0; n < texts_signed_count(texts, party); n++)
		may = may || texts_signed(texts, party, n)->bound == UINT64_MAX;
	return may;
}

static enum rule take_entry(struct cards *cards, size_t party, struct bytes note, uint64_t index,
	struct judge_prepared *prepared)
{
	struct texts *texts = cards_texts(cards);
	if (!has_form(note) && (!may_bind(texts, party) || entry_parse(&prepared->entry, note, NULL) != RULE_OK ||
	    !texts_changes(texts, party, &prepared->entry, index)))
		return RULE_OK;
	judge_prepare(prepared, cards, party, index, note);
	if (rule_is_system(prepared->form))
		return prepared->form;
	enum rule rule = prepared->brings_card ? cards_take(cards, &prepared->entry, index) : RULE_OK;
	return rule == RULE_OK && prepared->brings_text ? texts_take(texts, party, &prepared->entry, index) : rule;
}

static enum rule take_bundle(struct cards *cards, size_t party, struct bytes bundle, const struct tile *tile)
{
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct cursor cursor = cursor_of(bundle);
	enum rule rule = prepared == NULL ? RULE_MEMORY : RULE_OK;
	for (uint64_t i = 0; i < tile->width && rule == RULE_OK; i++) {
		struct bytes note = bundle_next(&cursor);
		rule = take_entry(cards, party, note, tile->index * TILE_WIDTH + i, prepared);
	}
	free(prepared);
	return rule;
}

enum rule brought_read(struct cards *cards, size_t party, int folder, uint64_t size)
{
	struct buffer bytes = {0};
	struct tile tile = {.level = -1};
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK && (tile.width = tile_width(-1, tile.index, size)) > 0; tile.index++) {
		char where[TILE_PATH_MAX];
		tile_path(&tile, where);
		buffer_clear(&bytes);
		rule = foreign_read(folder, where, tile.width * ((size_t)ENTRY_MAX + 2), &bytes);
		if (rule == RULE_OK && (has_form(buffer_bytes(&bytes)) || may_bind(cards_texts(cards), party)))
			rule = take_bundle(cards, party, buffer_bytes(&bytes), &tile);
	}
	if (!rule_is_system(rule))
		rule = RULE_OK;
	buffer_free(&bytes);
	return rule;
}

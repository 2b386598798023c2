#include "brought.h"

#include <stdlib.h>

#include "foreign.h"
#include "judge.h"
#include "tile.h"

/* Whether there may be such an entry in these bytes: read as entries are only few bundles. */
static bool has_form(struct bytes bytes)
{
	static const char line[] = "\nform " CARD_FORM "\n";
	return bytes.size != 0 && memmem(bytes.data, bytes.size, line, sizeof(line) - 1) != NULL;
}

static enum rule take_bundle(struct cards *cards, size_t party, struct bytes bundle, const struct tile *tile)
{
	struct judge_prepared *prepared = malloc(sizeof(*prepared));
	struct cursor cursor = cursor_of(bundle);
	enum rule rule = prepared == NULL ? RULE_MEMORY : RULE_OK;
	for (uint64_t i = 0; i < tile->width && rule == RULE_OK; i++) {
		struct bytes note = bundle_next(&cursor);
		if (!has_form(note))
			continue;
		judge_prepare(prepared, cards, party, tile->index * TILE_WIDTH + i, note);
		if (rule_is_system(prepared->form))
			rule = prepared->form;
		else if (prepared->brings_card)
			rule = cards_take(cards, &prepared->entry, tile->index * TILE_WIDTH + i);
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
		if (rule == RULE_OK && has_form(buffer_bytes(&bytes)))
			rule = take_bundle(cards, party, buffer_bytes(&bytes), &tile);
	}
	if (!rule_is_system(rule))
		rule = RULE_OK;
	buffer_free(&bytes);
	return rule;
}

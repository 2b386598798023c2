#include "published.h"

#include <inttypes.h>

#include "part.h"
#include "text.h"
#include "words.h"

#define FIRST "detente published v1"

static const char *const kinds[] = {
	[PUBLISHED_BRINGS] = "brings", [PUBLISHED_SHOWN] = "shown", [PUBLISHED_OPENED] = "opened"};

int published_compare(const struct published_part *a, const struct published_part *b)
{
	bool left = a->kind != PUBLISHED_BRINGS, right = b->kind != PUBLISHED_BRINGS;
	if (left != right)
		return left ? 1 : -1;
	int order = bytes_compare(a->place.party, b->place.party);
	if (order != 0)
		return order;
	return a->place.index == b->place.index ? 0 : a->place.index < b->place.index ? -1 : 1;
}

/* As many parts of one name as there are. */
static enum rule read_many(struct cursor *rest, const char *key, size_t most, struct bytes to[], size_t *count)
{
	struct cursor ahead = *rest;
	struct line line;
	while (line_read(&ahead, &line) == RULE_OK && bytes_is(line.key, key)) {
		if (*count == most)
			return RULE_PUBLISHED_FORM;
		to[(*count)++] = part_read(rest, key, RULE_PUBLISHED_FORM);
		if (rest->rule != RULE_OK)
			return rest->rule;
		ahead = *rest;
	}
	return RULE_OK;
}

static enum rule read_part(struct cursor *rest, struct published_part *part)
{
	struct line line;
	size_t kind = 0;
	if (line_read(rest, &line) != RULE_OK)
		return RULE_PUBLISHED_FORM;
	while (kind < sizeof(kinds) / sizeof(kinds[0]) && !bytes_is(line.key, kinds[kind]))
		kind++;
	if (kind == sizeof(kinds) / sizeof(kinds[0]) || place_parse(&part->place, line.value) != RULE_OK)
		return RULE_PUBLISHED_FORM;
	part->kind = (enum published_kind)kind;
	if (part->kind == PUBLISHED_OPENED) {
		part->file = part_read(rest, "file", RULE_PUBLISHED_FORM);
	} else {
		part->entry = part_read(rest, "entry", RULE_PUBLISHED_FORM);
		part->receipt = part_read(rest, "receipt", RULE_PUBLISHED_FORM);
	}
	return rest->rule == RULE_OK ? RULE_OK : RULE_PUBLISHED_FORM;
}

static enum rule read_parts(struct cursor *rest, struct published *published)
{
	size_t shown = 0;
	while (cursor_left(rest) > 0) {
		if (published->part_count == PUBLISHED_PARTS_MAX || shown == PUBLISHED_ENTRIES_MAX)
			return RULE_LIMIT;
		struct published_part *part = &published->parts[published->part_count];
		*part = (struct published_part){.kind = PUBLISHED_BRINGS};
		enum rule rule = read_part(rest, part);
		if (rule != RULE_OK)
			return rule;
		if (published->part_count > 0 && published_compare(part - 1, part) >= 0)
			return RULE_PUBLISHED_ORDER;
		shown += part->kind != PUBLISHED_BRINGS;
		published->part_count++;
	}
	return shown > 0 ? RULE_OK : RULE_PUBLISHED_FORM;
}

static enum rule read_published(struct published *published, struct cursor *rest)
{
	struct terms_source *source = &published->source;
	if (!bytes_is(cursor_line(rest), FIRST))
		return RULE_PUBLISHED_FORM;
	source->agreement = part_read(rest, "agreement", RULE_PUBLISHED_FORM);
	if (rest->rule != RULE_OK)
		return rest->rule;
	enum rule rule = read_many(rest, "card", AGREEMENT_PARTIES_MAX, source->cards, &source->card_count);
	if (rule == RULE_OK)
		rule = read_many(
			rest, "mechanism", AGREEMENT_MECHANISMS_MAX, source->mechanisms, &source->mechanism_count);
	return rule == RULE_OK ? read_parts(rest, published) : rule;
}

enum rule published_parse(struct published *published, struct bytes bytes, struct fault *fault)
{
	if (bytes.size > PUBLISHED_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "{1} bytes", NUMBER(bytes.size));
	struct cursor rest = cursor_of(bytes);
	*published = (struct published){.part_count = 0};
	enum rule rule = read_published(published, &rest);
	if (rule == RULE_OK)
		return RULE_OK;
	return FAULT(fault, rule, 0, "read as far as byte {1}", NUMBER(bytes.size - (size_t)(rest.end - rest.at)));
}

void published_write(struct buffer *to, const struct published *published)
{
	const struct terms_source *source = &published->source;
	buffer_string(to, FIRST "\n");
	part_write(to, "agreement", source->agreement);
	for (size_t i = 0; i < source->card_count; i++)
		part_write(to, "card", source->cards[i]);
	for (size_t i = 0; i < source->mechanism_count; i++)
		part_write(to, "mechanism", source->mechanisms[i]);
	for (size_t i = 0; i < published->part_count; i++) {
		const struct published_part *part = &published->parts[i];
		buffer_format(to, "%s %.*s/%" PRIu64 "\n", kinds[part->kind], BYTES_SHOWN(part->place.party),
			part->place.index);
		if (part->kind == PUBLISHED_OPENED) {
			part_write(to, "file", part->file);
		} else {
			part_write(to, "entry", part->entry);
			part_write(to, "receipt", part->receipt);
		}
	}
}

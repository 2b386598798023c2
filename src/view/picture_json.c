#include "picture_view.h"

#include "utc.h"

static void time_json(struct json *json, const char *key, int64_t time)
{
	char text[UTC_SIZE + 1];
	utc_format(time, text);
	if (time == KERNEL_NEVER)
		json_null(json, key);
	else
		json_string(json, key, bytes_string(text));
}

static void place_json(struct json *json, const char *key, const struct place *place)
{
	char text[PLACE_MAX + 1];
	json_string(json, key, place_shown(text, place->party, place->index));
}

static void times_json(struct json *json, const char *key, const struct picture_times *times)
{
	json_object(json, key);
	json_number(json, "count", (int64_t)times->count);
	json_number(json, "median_s", times->median_s);
	json_number(json, "longest_s", times->longest_s);
	json_end(json);
}

static void pair_json(struct json *json, const struct picture_pair *pair)
{
	const struct { const char *key; uint64_t value; } numbers[] = {{"asked", pair->asked}, {"met", pair->met},
		{"late", pair->late}, {"open", pair->open}, {"overdue", pair->overdue}, {"unreached", pair->unreached},
		{"disputed", pair->disputed}, {"withdrawn", pair->withdrawn}, {"refused", pair->refused},
		{"median_s", (uint64_t)pair->first.median_s}, {"longest_s", (uint64_t)pair->first.longest_s}};
	json_object(json, NULL);
	json_string(json, "asked_by", pair->asked_by);
	json_string(json, "owed_by", pair->owed_by);
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		json_number(json, numbers[n].key, (int64_t)numbers[n].value);
	times_json(json, "acknowledged", &pair->acknowledged);
	times_json(json, "answered", &pair->answered);
	if (pair->tested) {
		json_object(json, "line_tests");
		json_number(json, "sent", (int64_t)pair->tests.sent);
		json_number(json, "received", (int64_t)pair->tests.received);
		json_number(json, "missed", (int64_t)pair->tests.missed);
		json_number(json, "median_s", pair->tests.median_s);
		json_number(json, "longest_s", pair->tests.longest_s);
		json_end(json);
	}
	json_end(json);
}

static void standings_json(struct json *json, const struct picture *picture)
{
	json_number(json, "matters", (int64_t)picture->matters);
	json_array(json, "standings");
	for (size_t i = 0; i < picture->standing_count; i++) {
		const struct picture_standing *standing = &picture->standings[i];
		json_object(json, NULL);
		json_string(json, "mechanism", standing->mechanism);
		json_string(json, "scale", standing->scale);
		json_string(json, "joint", standing->joint);
		json_number(json, "count", (int64_t)standing->count);
		json_end(json);
	}
	json_end(json);
	json_array(json, "periods");
	for (size_t i = 0; i < picture->period_count; i++) {
		json_object(json, NULL);
		json_string(json, "form", picture->periods[i].form);
		json_number(json, "overdue", (int64_t)picture->periods[i].overdue);
		json_number(json, "missed", (int64_t)picture->periods[i].missed);
		json_end(json);
	}
	json_end(json);
}

static void sectors_json(struct json *json, const struct picture *picture)
{
	json_array(json, "sectors");
	for (size_t i = 0; i < picture->sector_count; i++) {
		const struct picture_sector *sector = &picture->sectors[i];
		json_object(json, NULL);
		json_string(json, "sector", sector->sector);
		json_string(json, "party", sector->party);
		if (sector->about.data != NULL)
			json_string(json, "about", sector->about);
		json_string(json, "status", sector->status);
		json_number(json, "count", (int64_t)sector->count);
		json_number(json, "unreviewed", (int64_t)sector->unreviewed);
		json_end(json);
	}
	json_end(json);
}

/* What stands in an entry that is sealed to some only is not among it: whoever holds the same has the same picture. */
static void list_json(struct json *json, const char *key, const struct picture_list *list)
{
	json_array(json, key);
	for (size_t i = 0; i < list->count; i++) {
		const struct picture_item *item = &list->items[i];
		json_object(json, NULL);
		place_json(json, "matter", &item->matter);
		json_string(json, "form", item->form->name);
		if (item->party.data != NULL)
			json_string(json, "party", item->party);
		if (item->due == KERNEL_NEVER)
			json_string(json, "due", bytes_string(item->date));
		else
			time_json(json, "due", item->due);
		json_end(json);
	}
	json_end(json);
}

static void chains_json(struct json *json, const struct picture *picture)
{
	json_array(json, "chains");
	for (size_t i = 0; i < picture->chain_count; i++) {
		const struct picture_chain *chain = &picture->chains[i];
		json_object(json, NULL);
		json_number(json, "length", (int64_t)chain->length);
		json_number(json, "turns", (int64_t)chain->turns);
		json_array(json, "entries");
		for (size_t n = 0; n < chain->count; n++) {
			json_object(json, NULL);
			place_json(json, "entry", &chain->links[n].place);
			json_string(json, "form", chain->links[n].form->name);
			time_json(json, "at", chain->links[n].at);
			json_end(json);
		}
		json_end(json);
		json_end(json);
	}
	json_end(json);
}

static void levels_json(struct json *json, const struct picture *picture)
{
	json_array(json, "levels");
	for (size_t i = 0; i < picture->level_count; i++) {
		const struct picture_level *level = &picture->levels[i];
		json_object(json, NULL);
		json_string(json, "mechanism", level->mechanism->name);
		json_string(json, "scale", level->scale->name);
		json_array(json, "course");
		for (size_t n = 0; n < level->count; n++) {
			json_object(json, NULL);
			time_json(json, "at", level->points[n].at);
			json_string(json, "joint", level->scale->positions[level->points[n].level]);
			json_end(json);
		}
		json_end(json);
		json_end(json);
	}
	json_end(json);
}

static void texts_json(struct json *json, const struct picture *picture)
{
	json_array(json, "texts");
	for (size_t i = 0; i < picture->text_count; i++) {
		const struct picture_text *text = &picture->texts[i];
		json_object(json, NULL);
		place_json(json, "matter", &text->matter);
		json_string(json, "version", bytes_string(text->version));
		json_string(json, "joint", text->scale->positions[text->joint]);
		json_object(json, "positions");
		for (size_t party = 0; party < picture->party_count; party++) {
			char name[PARTY_NAME_MAX + 1];
			if ((text->circle >> party & 1) == 0 ||
				!bytes_to_string(picture->parties[party], name, sizeof(name)))
				continue;
			if (text->own[party] < 0)
				json_null(json, name);
			else
				json_string(json, name, text->scale->positions[text->own[party]]);
		}
		json_end(json);
		json_end(json);
	}
	json_end(json);
}

void picture_json(struct json *json, const struct picture *picture)
{
	json_object(json, NULL);
	json_array(json, "answers");
	for (size_t i = 0; i < picture->pair_count; i++)
		pair_json(json, &picture->pairs[i]);
	json_end(json);
	standings_json(json, picture);
	sectors_json(json, picture);
	list_json(json, "unreviewed", &picture->unreviewed);
	list_json(json, "dormant", &picture->dormant);
	list_json(json, "past_review", &picture->reviews);
	chains_json(json, picture);
	levels_json(json, picture);
	texts_json(json, picture);
	json_bool(json, "cut_short", picture->cut_short);
	json_end(json);
}

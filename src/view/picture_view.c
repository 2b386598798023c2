#include "picture_view.h"

#include "paper.h"
#include "state_view.h"
#include "text.h"
#include "utc.h"
#include "words.h"

struct bytes picture_label(const struct picture *picture, const struct mechanism *mechanism, struct bytes code)
{
	const struct mechanism_code *known = mechanism == NULL ? NULL : mechanism_code(mechanism, code);
	return known == NULL ? code : form_label(known->labels, known->label_count, picture->lang, code);
}

static void heading(struct buffer *to, const char *text)
{
	buffer_format(to, "%s%s\n", to->size == 0 ? "" : "\n", text);
}

/* A line of a list: two columns in, and made of one sentence. */
#define ROW(to, text, ...)                                                            \
	row(to, text, (struct bytes[]){__VA_ARGS__}, sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))
static void row(struct buffer *to, const char *text, const struct bytes *blanks, size_t count)
{
	buffer_string(to, "  ");
	words_show(to, text, blanks, count);
	buffer_string(to, "\n");
}

#define DURATION(seconds) duration((char[32]){0}, seconds)
static struct bytes duration(char to[32], int64_t seconds)
{
	struct buffer text = {0};
	state_duration(&text, seconds);
	bytes_to_string(buffer_bytes(&text), to, 32);
	buffer_free(&text);
	return bytes_string(to);
}

#define PLACED_AT(place) place_shown((char[PLACE_MAX + 1]){0}, (place).party, (place).index)

static void times_text(struct buffer *to, const char *text, const struct picture_times *times)
{
	if (times->count != 0)
		row(to, text,
			(struct bytes[]){NUMBER(times->count), DURATION(times->median_s), DURATION(times->longest_s)},
			3);
}

static void pair_text(struct buffer *to, const struct picture_pair *pair)
{
	ROW(to, W("{1}, asked by {2} {3} times: {4} met, {5} late, {6} open"), pair->owed_by, pair->asked_by,
		NUMBER(pair->asked), NUMBER(pair->met), NUMBER(pair->late), NUMBER(pair->open));
	buffer_string(to, "  ");
	ROW(to, W("{1} overdue, {2} not reached, {3} disputed, {4} withdrawn; {5} refused"), NUMBER(pair->overdue),
		NUMBER(pair->unreached), NUMBER(pair->disputed), NUMBER(pair->withdrawn), NUMBER(pair->refused));
	const struct { const char *text; const struct picture_times *times; } times[] = {
		{W("first word, {1} times: half within {2}, the longest {3}"), &pair->first},
		{W("acknowledged, {1} times: half within {2}, the longest {3}"), &pair->acknowledged},
		{W("answered, {1} times: half within {2}, the longest {3}"), &pair->answered}};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i].times->count != 0)
			buffer_string(to, "  ");
		times_text(to, times[i].text, times[i].times);
	}
	if (!pair->tested)
		return;
	buffer_string(to, "  ");
	ROW(to, W("line tests from {1}: {2} sent, {3} received, {4} missed; half within {5}, the longest {6}"),
		pair->asked_by, NUMBER(pair->tests.sent), NUMBER(pair->tests.received), NUMBER(pair->tests.missed),
		DURATION(pair->tests.median_s), DURATION(pair->tests.longest_s));
}

static void standings_text(struct buffer *to, const struct picture *picture)
{
	heading(to, T("Matters"));
	ROW(to, W("{1} in all"), NUMBER(picture->matters));
	for (size_t i = 0; i < picture->standing_count; i++) {
		const struct picture_standing *standing = &picture->standings[i];
		ROW(to, W("{1}, {2} jointly {3}: {4}"), standing->mechanism, standing->scale, standing->joint,
			NUMBER(standing->count));
	}
	heading(to, T("What is owed every so often"));
	for (size_t i = 0; i < picture->period_count; i++)
		ROW(to, W("{1}: {2} overdue, {3} whole periods missed"), picture->periods[i].form,
			NUMBER(picture->periods[i].overdue), NUMBER(picture->periods[i].missed));
}

static void sectors_text(struct buffer *to, const struct picture *picture)
{
	heading(to, T("Measures by sector"));
	for (size_t i = 0; i < picture->sector_count; i++) {
		const struct picture_sector *sector = &picture->sectors[i];
		struct bytes blanks[] = {picture_label(picture, sector->mechanism, sector->sector), sector->party,
			picture_label(picture, sector->mechanism, sector->status), NUMBER(sector->count),
			NUMBER(sector->unreviewed), sector->about};
		row(to,
			sector->about.data != NULL	  ? W("{1}: of {6}, as {2} sees it: {3}: {4}")
				: sector->unreviewed != 0 ? W("{1}: of {2}: {3}: {4}, of which {5} past their review "
							      "date, and in effect as before")
							  : W("{1}: of {2}: {3}: {4}"),
			blanks, 6);
	}
}

static void gist_text(struct buffer *to, const char *gist)
{
	if (gist[0] == '\0')
		return;
	buffer_string(to, "    ");
	text_isolated(to, bytes_string(gist));
	buffer_string(to, "\n");
}

static void list_text(
	struct buffer *to, const struct picture *picture, const struct picture_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct picture_item *item = &list->items[i];
		struct bytes date = item->due == KERNEL_NEVER ? bytes_string(item->date) : MOMENT(item->due);
		struct bytes called =
			form_label(item->form->labels, item->form->label_count, picture->lang, item->form->name);
		row(to, text, (struct bytes[]){PLACED_AT(item->matter), called, date, item->party}, 4);
		gist_text(to, item->gist);
	}
	if (list->all > list->count)
		ROW(to, W("and {1} more"), NUMBER(list->all - list->count));
}

static void chain_text(struct buffer *to, const struct picture *picture, const struct picture_chain *chain)
{
	ROW(to, W("{1} entries, {2} times from one party to another"), NUMBER(chain->length), NUMBER(chain->turns));
	for (size_t i = 0; i < chain->count; i++) {
		const struct picture_link *link = &chain->links[i];
		buffer_format(to, "    %s", i == 0 ? (chain->length > chain->count ? "... " : "    ") : "  > ");
		paper_padded(to, PLACED_AT(link->place), 20);
		buffer_format(to, " %.*s  ", BYTES_SHOWN(MOMENT(link->at)));
		text_isolated(
			to, form_label(link->form->labels, link->form->label_count, picture->lang, link->form->name));
		buffer_string(to, "\n");
	}
}

static void levels_text(struct buffer *to, const struct picture *picture)
{
	heading(to, T("Level over time"));
	for (size_t i = 0; i < picture->level_count; i++) {
		const struct picture_level *level = &picture->levels[i];
		for (size_t n = 0; n < level->count; n++)
			ROW(to, W("{1}: {2}: {3}"), level->mechanism->name, MOMENT(level->points[n].at),
				picture_label(
					picture, level->mechanism, level->scale->positions[level->points[n].level]));
	}
}

static void texts_text(struct buffer *to, const struct picture *picture)
{
	heading(to, T("Who stands where, text by text"));
	for (size_t i = 0; i < picture->text_count; i++) {
		const struct picture_text *text = &picture->texts[i];
		struct bytes short_version = bytes_of(text->version, 12);
		ROW(to, W("{1}, version {2}: jointly {3}"), PLACED_AT(text->matter), short_version,
			picture_label(picture, text->mechanism, text->scale->positions[text->joint]));
		gist_text(to, text->gist);
		for (size_t party = 0; party < picture->party_count; party++) {
			if ((text->circle >> party & 1) == 0)
				continue;
			buffer_string(to, "    ");
			paper_padded(to, picture->parties[party], 20);
			buffer_u8(to, ' ');
			text_isolated(to, text->own[party] < 0 ? bytes_string(T("has said nothing"))
				: picture_label(picture, text->mechanism, text->scale->positions[text->own[party]]));
			buffer_string(to, "\n");
		}
	}
}

void picture_text(struct buffer *to, const struct picture *picture)
{
	heading(to, T("Answers"));
	for (size_t i = 0; i < picture->pair_count; i++)
		pair_text(to, &picture->pairs[i]);
	standings_text(to, picture);
	sectors_text(to, picture);
	list_text(
		to, picture, &picture->unreviewed, W("not reviewed by {3}, and in effect as before: {1} of {4}, {2}"));
	heading(to, T("What sleeps"));
	list_text(
		to, picture, &picture->dormant, W("in force, and nothing entered since what was due at {3}: {1}, {2}"));
	list_text(to, picture, &picture->reviews, W("in force, and past its review date {3}: {1}, {2}"));
	heading(to, T("Chains of response"));
	for (size_t i = 0; i < picture->chain_count; i++)
		chain_text(to, picture, &picture->chains[i]);
	levels_text(to, picture);
	texts_text(to, picture);
	if (picture->cut_short)
		buffer_format(to, "\n%s\n", T("Not all entries were counted: there are too many."));
}

#include "timeline_view.h"

#include "paper.h"
#include "text.h"
#include "words.h"

#define LEFT_COLUMNS 58  /* of the two halves */
#define GIST_COLUMNS 60

static void place_text(struct buffer *to, const struct place *place)
{
	buffer_format(to, "%.*s/%llu", BYTES_SHOWN(place->party), (unsigned long long)place->index);
}

/* So many columns at most, for a terminal. */
static void shortened(struct buffer *to, struct bytes text, size_t columns)
{
	struct buffer plain = {.secret = true}, shown = {.secret = true};
	line_unescape(&plain, text);
	text_printable(&shown, buffer_bytes(&plain), false);
	size_t size = paper_columns(buffer_bytes(&shown)) <= columns ? shown.size
		: paper_fitting(buffer_bytes(&shown), columns - 3);
	text_isolated(to, bytes_of(shown.data, size));
	buffer_string(to, size < shown.size ? "..." : "");
	buffer_free(&plain);
	buffer_free(&shown);
}

/* Who stands where by this entry, and all together; into an empty buffer. */
static void position_text(struct buffer *to, const struct timeline_line *line)
{
	struct buffer own = {0};
	if (line->own.data == NULL)
		return;
	WORDS(&own, "{1}: {2}", name_party(line->view->entry->from), line->own);
	if (line->before.data != NULL)
		WORDS(to, "{1}, all: {2} -> {3}", buffer_bytes(&own), line->before, line->joint);
	else
		buffer_add(to, buffer_bytes(&own));
	buffer_free(&own);
}

void timeline_line_text(struct buffer *to, const struct timeline_line *line)
{
	const struct entry *entry = line->view->entry;
	struct buffer position = {0}, gist = {.secret = true};
	struct bytes at = MOMENT(entry->at);
	paper_padded(to, line->date.data != NULL ? line->date : bytes_of(at.data, 10), 11);
	buffer_string(to, " ");
	paper_padded(to, PLACED(line->view->place.party, line->view->place.index), 16);
	buffer_string(to, " ");
	paper_padded(to, entry->form, 18);
	buffer_string(to, " ");
	position_text(&position, line);
	if (entry->sealed && line->view->lines == NULL)
		buffer_string(&gist, T("(sealed to others)"));
	else
		shortened(&gist, view_gist(line->view), GIST_COLUMNS);
	if (position.size != 0 && gist.size != 0)
		WORDS(to, "{1}; {2}", buffer_bytes(&position), buffer_bytes(&gist));
	else
		buffer_add(to, buffer_bytes(position.size != 0 ? &position : &gist));
	buffer_string(to, "\n");
	buffer_free(&position);
	buffer_free(&gist);
}

static void add(struct json *json, const char *key, struct bytes value)
{
	if (value.data != NULL)
		json_string(json, key, value);
}

static void add_escaped(struct json *json, const char *key, struct bytes value)
{
	struct buffer plain = {.secret = true};
	line_unescape(&plain, value);
	if (value.data != NULL)
		json_string(json, key, buffer_bytes(&plain));
	buffer_free(&plain);
}

void timeline_line_json(struct json *json, const struct timeline_line *line)
{
	const struct entry *entry = line->view->entry;
	struct buffer place = {0};
	char at[UTC_SIZE + 1];
	utc_format(entry->at, at);
	place_text(&place, &line->view->place);
	json_object(json, NULL);
	add(json, "date", line->date);
	json_string(json, "at", bytes_string(at));
	json_string(json, "entry", buffer_bytes(&place));
	json_string(json, "form", entry->form);
	json_string(json, "from", entry->from);
	add(json, "position", line->own);
	add(json, "before", line->before);
	add(json, "joint", line->joint);
	if (!entry->sealed || line->view->lines != NULL)
		add_escaped(json, "subject", view_gist(line->view));
	json_end(json);
	buffer_free(&place);
}

/* ---- channels ---- */

/* Into an empty buffer. */
static void channel_text(struct buffer *to, const struct timeline_channel *channel)
{
	struct bytes blanks[] = {channel->joint, bytes_of(MOMENT(channel->since).data, 10)};
	words_say(to, channel->dormant ? W("{1}, dormant, since {2}") : W("{1} since {2}"), blanks, 2);
	buffer_string(to, "  ");
	size_t taken = paper_columns(buffer_bytes(to));
	if (channel->subject.data != NULL)
		shortened(to, channel->subject, taken + 8 < LEFT_COLUMNS ? LEFT_COLUMNS - 1 - taken : 7);
	else
		place_text(to, &channel->matter);
}

static void survivor_text(struct buffer *to, const struct timeline_survivor *survivor)
{
	struct buffer name = {0};
	text_printable(&name, survivor->name, false);
	if (!bytes_equal(survivor->name, survivor->label)) {
		buffer_string(&name, "  ");
		text_isolated(&name, survivor->label);
	}
	if (survivor->left)
		WORDS(to, "{1} (a party has left it)", buffer_bytes(&name));
	else
		buffer_add(to, buffer_bytes(&name));
	buffer_free(&name);
}

void timeline_channels_text(struct buffer *to, const struct timeline_channels *channels)
{
	size_t rows = channels->count > channels->survivor_count ? channels->count : channels->survivor_count;
	buffer_string(to, "\n");
	WORDS(to, "at {1}", MOMENT(channels->at));
	buffer_string(to, "\n  ");
	paper_padded(to, bytes_string(T("the arrangement as recorded")), LEFT_COLUMNS);
	buffer_format(to, "| %s\n", T("kept open by the text (survives)"));
	for (size_t i = 0; i < rows; i++) {
		struct buffer left = {.secret = true};
		if (i < channels->count)
			channel_text(&left, &channels->channels[i]);
		else if (i == 0)
			buffer_string(&left, T("no channel"));
		buffer_string(to, "  ");
		paper_padded(to, buffer_bytes(&left), LEFT_COLUMNS);
		buffer_string(to, i < channels->survivor_count ? "| " : "|");
		if (i < channels->survivor_count)
			survivor_text(to, &channels->survivors[i]);
		buffer_string(to, "\n");
		buffer_free(&left);
	}
	buffer_format(to, "%s\n", words_in(TIMELINE_SAYS));
}

void timeline_channels_json(struct json *json, const struct timeline_channels *channels)
{
	char utc[UTC_SIZE + 1];
	utc_format(channels->at, utc);
	json_string(json, "at", bytes_string(utc));
	json_array(json, "recorded");
	for (size_t i = 0; i < channels->count; i++) {
		const struct timeline_channel *channel = &channels->channels[i];
		struct buffer place = {0};
		place_text(&place, &channel->matter);
		utc_format(channel->since, utc);
		json_object(json, NULL);
		json_string(json, "matter", buffer_bytes(&place));
		add_escaped(json, "subject", channel->subject);
		json_string(json, "position", channel->joint);
		json_string(json, "since", bytes_string(utc));
		json_bool(json, "dormant", channel->dormant);
		json_end(json);
		buffer_free(&place);
	}
	json_end(json);
	json_array(json, "survives");
	for (size_t i = 0; i < channels->survivor_count; i++) {
		json_object(json, NULL);
		json_string(json, "mechanism", channels->survivors[i].name);
		json_bool(json, "left", channels->survivors[i].left);
		json_end(json);
	}
	json_end(json);
	json_string(json, "says", BYTES(TIMELINE_SAYS));
}

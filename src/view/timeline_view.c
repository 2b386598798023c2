#include "timeline_view.h"

#include "paper.h"
#include "text.h"

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
	buffer_add(to, bytes_of(shown.data, size));
	buffer_string(to, size < shown.size ? "..." : "");
	buffer_free(&plain);
	buffer_free(&shown);
}

static void padded(struct buffer *to, struct bytes text, size_t width)
{
	buffer_add(to, text);
	for (size_t n = paper_columns(text); n < width; n++)
		buffer_string(to, " ");
}

void timeline_line_text(struct buffer *to, const struct timeline_line *line)
{
	const struct entry *entry = line->view->entry;
	struct buffer place = {0};
	char at[UTC_SIZE + 1];
	utc_format(entry->at, at);
	place_text(&place, &line->view->place);
	struct bytes date = line->date.data != NULL ? line->date : bytes_of(at, 10);
	buffer_format(to, "%-11.*s %-16.*s %-18.*s ", BYTES_SHOWN(date), BYTES_SHOWN(buffer_bytes(&place)),
		BYTES_SHOWN(entry->form));
	if (line->own.data != NULL)
		buffer_format(to, "%.*s: %.*s", BYTES_SHOWN(name_party(entry->from)), BYTES_SHOWN(line->own));
	if (line->before.data != NULL)
		buffer_format(to, ", all: %.*s -> %.*s", BYTES_SHOWN(line->before), BYTES_SHOWN(line->joint));
	bool closed = entry->sealed && line->view->lines == NULL;
	if (line->own.data != NULL && (closed || view_gist(line->view).size != 0))
		buffer_string(to, "; ");
	if (closed)
		buffer_string(to, "(sealed to others)");
	else
		shortened(to, view_gist(line->view), GIST_COLUMNS);
	buffer_string(to, "\n");
	buffer_free(&place);
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
	char since[UTC_SIZE + 1];
	utc_format(channel->since, since);
	buffer_format(to, "%.*s%s since %.10s  ", BYTES_SHOWN(channel->joint),
		channel->dormant ? ", dormant," : "", since);
	if (channel->subject.data != NULL)
		shortened(to, channel->subject, LEFT_COLUMNS - 1 - paper_columns(buffer_bytes(to)));
	else
		place_text(to, &channel->matter);
}

static void survivor_text(struct buffer *to, const struct timeline_survivor *survivor)
{
	text_printable(to, survivor->name, false);
	if (!bytes_equal(survivor->name, survivor->label)) {
		buffer_string(to, "  ");
		text_printable(to, survivor->label, false);
	}
	buffer_string(to, survivor->left ? " (a party has left it)" : "");
}

void timeline_channels_text(struct buffer *to, const struct timeline_channels *channels)
{
	char at[UTC_SIZE + 1];
	size_t rows = channels->count > channels->survivor_count ? channels->count : channels->survivor_count;
	utc_format(channels->at, at);
	buffer_format(to, "\nat %s\n  ", at);
	padded(to, BYTES("the arrangement as recorded"), LEFT_COLUMNS);
	buffer_string(to, "| kept open by the text (survives)\n");
	for (size_t i = 0; i < rows; i++) {
		struct buffer left = {.secret = true};
		if (i < channels->count)
			channel_text(&left, &channels->channels[i]);
		else if (i == 0)
			buffer_string(&left, "no channel");
		buffer_string(to, "  ");
		padded(to, buffer_bytes(&left), LEFT_COLUMNS);
		buffer_string(to, i < channels->survivor_count ? "| " : "|");
		if (i < channels->survivor_count)
			survivor_text(to, &channels->survivors[i]);
		buffer_string(to, "\n");
		buffer_free(&left);
	}
	buffer_string(to, TIMELINE_SAYS "\n");
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

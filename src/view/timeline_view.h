/*
 * timeline_view: the course of a record as dated lines, and which channels are open at its end, as text and as JSON.
 * Pure. Every byte of another party is neutralised for the terminal.
 */
#ifndef TIMELINE_VIEW_H
#define TIMELINE_VIEW_H

#include "entry_view.h"
#include "words.h"

/* A line: an entry that opened a matter, or moved a position. */
struct timeline_line {
	const struct view_entry *view;
	struct bytes date;  /* of a dated fact, as it was entered; else absent: the entry's own time */
	struct bytes own;   /* the position that its party states; absent: none */
	struct bytes before, joint; /* of all; before: absent where it stays */
};
void timeline_line_text(struct buffer *to, const struct timeline_line *line);
void timeline_line_json(struct json *json, const struct timeline_line *line);

/* A matter that can be suspended, as its parties' positions have it. */
struct timeline_channel {
	struct place matter;
	struct bytes subject;  /* absent: sealed to others */
	struct bytes joint;    /* its position */
	int64_t since;
	bool dormant;          /* in force, and a period has passed in which nobody entered what it owes */
};
/* A mechanism that the text says survives. */
struct timeline_survivor {
	struct bytes name, label;
	bool left; /* a party takes no part any more */
};
struct timeline_channels {
	int64_t at;
	const struct timeline_channel *channels;
	size_t count;
	const struct timeline_survivor *survivors;
	size_t survivor_count;
};
/* Side by side. */
void timeline_channels_text(struct buffer *to, const struct timeline_channels *channels);
void timeline_channels_json(struct json *json, const struct timeline_channels *channels);

#define TIMELINE_SAYS W("This says which channels were open, and nothing of what anyone would have answered.")

#endif

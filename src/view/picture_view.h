/*
 * picture_view: how it went, in numbers and in a drawing: pairs of parties, sectors, chains of response, levels, texts,
 * what sleeps or waits for a review. As text, as JSON, as SVG. Pure. Free text of others is made printable, and
 * escaped.
 *
 * Swap the parties, and what is shown is swapped, and nothing else.
 */
#ifndef PICTURE_VIEW_H
#define PICTURE_VIEW_H

#include "json.h"
#include "kernel.h"
#include "status_view.h"

#define PICTURE_STANDINGS_MAX 256
#define PICTURE_PERIODS_MAX 64  /* forms */
#define PICTURE_LISTED_MAX 64   /* of each list; the rest is counted */
#define PICTURE_LINKS_MAX 16    /* of a chain, the newest ones */
#define PICTURE_POINTS_MAX 4096 /* of a level's course */
#define PICTURE_GIST_MAX 160    /* bytes */

struct picture_times {
	uint64_t count;
	int64_t median_s, longest_s; /* from the start of the clock; without any 0 */
};

/* How one party answered another, of what was counted. */
struct picture_pair {
	struct bytes asked_by, owed_by;
	uint64_t asked, met, late, open, overdue, unreached, disputed, withdrawn, refused;
	struct picture_times first, acknowledged,
		answered; /* the first word of any kind; acknowledgements; other answers */
	bool tested;
	struct status_tests tests; /* of the line, from the one to the other */
};

struct picture_standing { struct bytes mechanism, scale, joint; uint64_t count; };
struct picture_periods { struct bytes form; uint64_t overdue, missed; };

/* Measures of a party in a sector that stand alike: codes of that mechanism. */
struct picture_sector {
	const struct mechanism *mechanism;
	struct bytes sector, status, party, about; /* about: whose it is, as `party` sees it; absent: its own */
	uint64_t count, unreviewed; /* past the date by which its writer would review it; it stands all the same */
};

/* A matter in a list: a dialogue that sleeps, a text past its review date, a measure that nobody reviewed. */
struct picture_item {
	struct place matter;
	struct bytes party;            /* whose it is; absent: of all */
	const struct form *form;       /* that opened it */
	int64_t due;                   /* KERNEL_NEVER: see date */
	char date[12];
	char gist[PICTURE_GIST_MAX];   /* what it is about, as it was opened here; empty: unknown */
};
struct picture_list { struct picture_item items[PICTURE_LISTED_MAX]; size_t count; uint64_t all; };

/* Which entry answers which, across matters: the first one is the oldest. */
struct picture_link { struct place place; int64_t at; const struct form *form; };
struct picture_chain { struct picture_link links[PICTURE_LINKS_MAX]; size_t count; uint64_t length, turns; };

/* The greatest joint level of all matters on a scale, from each point on. */
struct picture_level {
	const struct mechanism *mechanism;
	const struct mechanism_scale *scale;
	const struct picture_point { int64_t at; size_t level; } *points;
	size_t count;
};

/* Who stands where on a version: -1 who has said nothing. */
struct picture_text {
	struct place matter;
	const struct mechanism *mechanism;
	const struct mechanism_scale *scale;
	char version[2 * SHA256_SIZE + 1];
	int own[AGREEMENT_PARTIES_MAX];
	uint32_t circle;
	size_t joint;
	char gist[PICTURE_GIST_MAX];
};

struct picture {
	struct bytes title, lang;      /* of the agreement; of the labels */
	bool drill;
	int64_t now;
	struct bytes parties[AGREEMENT_PARTIES_MAX];
	size_t party_count;
	const struct picture_pair *pairs;
	size_t pair_count;
	uint64_t matters;
	struct picture_standing standings[PICTURE_STANDINGS_MAX]; /* of matters on scales */
	size_t standing_count;
	struct picture_periods periods[PICTURE_PERIODS_MAX];      /* what is owed every so often */
	size_t period_count;
	struct picture_sector sectors[PICTURE_LISTED_MAX];
	size_t sector_count;
	struct picture_list dormant, reviews, unreviewed;
	struct picture_chain chains[PICTURE_LISTED_MAX];
	size_t chain_count;
	struct picture_level levels[PICTURE_PERIODS_MAX];
	size_t level_count;
	struct picture_text texts[PICTURE_LISTED_MAX];
	size_t text_count;
	bool cut_short;                /* older entries, or some of many, were left out */
};

/* What a code is called in the picture's language; the code itself where it has no label. */
struct bytes picture_label(const struct picture *picture, const struct mechanism *mechanism, struct bytes code);

void picture_text(struct buffer *to, const struct picture *picture);
void picture_json(struct json *json, const struct picture *picture);
/* A drawing for a screen and for paper, without colours; with a title and a description for who cannot see it. */
void picture_svg(struct buffer *to, const struct picture *picture);

#endif

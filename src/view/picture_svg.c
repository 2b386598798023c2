/*
 * The picture as a drawing (SVG 1.1): no script, no font of its own, greys and hatching instead of colours. Everything
 * that is written in it goes through write_text(), which lets no hidden character and no markup pass.
 */
#include "paper.h"
#include "picture_view.h"
#include "state_view.h"
#include "text.h"
#include "utc.h"
#include "words.h"

#define WIDTH 960
#define MARGIN 40
#define RIGHT (WIDTH - MARGIN)
#define BARS 300  /* where bars begin */
#define LINE 20   /* between two lines of text */

struct drawing {
	struct buffer body;
	const struct picture *picture;
	int y; /* the next line's */
};

enum face { PLAIN, SMALL, BOLD, TITLE };

/* ---- elements ---- */

static void escape(struct buffer *to, struct bytes text)
{
	struct buffer shown = {.secret = true};
	text_printable(&shown, text, false);
	for (size_t i = 0; i < shown.size; i++) {
		const char *entity = shown.data[i] == '&' ? "&amp;"
			: shown.data[i] == '<'		  ? "&lt;"
			: shown.data[i] == '>'		  ? "&gt;"
			: shown.data[i] == '"'		  ? "&quot;"
			: shown.data[i] == '\''		  ? "&#39;"
							  : NULL;
		if (entity != NULL)
			buffer_string(to, entity);
		else
			buffer_u8(to, shown.data[i]);
	}
	buffer_free(&shown);
}

/* Cut at so many columns; `to` ends in dots then. */
static void write_text(struct drawing *drawing, int x, enum face face, struct bytes text, size_t columns)
{
	static const char *const faces[] = {
		[PLAIN] = "", [SMALL] = " class=\"s\"", [BOLD] = " class=\"b\"", [TITLE] = " class=\"t\""};
	size_t size = text.size == 0 ? 0 : paper_fitting(text, columns);
	buffer_format(&drawing->body, "<text x=\"%d\" y=\"%d\"%s>", x, drawing->y, faces[face]);
	escape(&drawing->body, bytes_of(text.data, size));
	buffer_string(&drawing->body, size < text.size ? " ...</text>\n" : "</text>\n");
}

/* One sentence. */
#define WRITE(drawing, x, face, columns, text, ...)                                     \
	say(drawing, &(struct place_of){x, face, columns}, text, (struct bytes[]){__VA_ARGS__}, \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))
struct place_of { int x; enum face face; size_t columns; };
static void say(
	struct drawing *drawing, const struct place_of *at, const char *text, const struct bytes *blanks, size_t count)
{
	struct buffer said = {.secret = true};
	words_say(&said, text, blanks, count);
	write_text(drawing, at->x, at->face, buffer_bytes(&said), at->columns);
	buffer_free(&said);
}

static void heading(struct drawing *drawing, const char *text)
{
	drawing->y += 24;
	write_text(drawing, MARGIN, BOLD, bytes_string(text), 90);
	buffer_format(&drawing->body, "<path d=\"M%d %dH%d\" class=\"l\"/>\n", MARGIN, drawing->y + 6, RIGHT);
	drawing->y += 28;
}

static void box(struct drawing *drawing, int x, int width, const char *fill)
{
	if (width > 0)
		buffer_format(&drawing->body, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"13\" class=\"%s\"/>\n", x,
			drawing->y - 11, width, fill);
}

static struct bytes short_duration(char to[32], int64_t seconds)
{
	struct buffer text = {0};
	state_duration(&text, seconds);
	bytes_to_string(buffer_bytes(&text), to, 32);
	buffer_free(&text);
	return bytes_string(to);
}
#define DURATION(seconds) short_duration((char[32]){0}, seconds)
#define PLACED_AT(place) place_shown((char[PLACE_MAX + 1]){0}, (place).party, (place).index)

/* ---- answers ---- */

static const struct { const char *fill, *text; } kinds[] = {{"met", W("met")}, {"late", W("late")}, {"open", W("open")},
	{"over", W("overdue")}, {"un", W("not reached")}, {"dis", W("disputed")}, {"gone", W("withdrawn")}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void legend(struct drawing *drawing)
{
	int x = BARS;
	for (size_t i = 0; i < KINDS; i++) {
		struct bytes text = bytes_string(words_in(kinds[i].text));
		box(drawing, x, 13, kinds[i].fill);
		write_text(drawing, x + 18, SMALL, text, 14);
		x += 34 + 7 * (int)(paper_columns(text) > 14 ? 14 : paper_columns(text));
	}
	drawing->y += LINE;
}

static void pair_bars(struct drawing *drawing, const struct picture_pair *pair, uint64_t most)
{
	const uint64_t counts[KINDS] = {
		pair->met, pair->late, pair->open, pair->overdue, pair->unreached, pair->disputed, pair->withdrawn};
	int x = BARS;
	WRITE(drawing, MARGIN, PLAIN, 34, W("{1}, asked by {2}"), pair->owed_by, pair->asked_by);
	for (size_t i = 0; i < KINDS; i++) {
		int width = (int)(counts[i] * 340 / most);
		width = counts[i] != 0 && width < 3 ? 3 : width;
		box(drawing, x, width, kinds[i].fill);
		x += width;
	}
	if (pair->first.count != 0)
		WRITE(drawing, x + 8, SMALL, 44, W("{1}; half within {2}, the longest {3}"), NUMBER(pair->asked),
			DURATION(pair->first.median_s), DURATION(pair->first.longest_s));
	else
		WRITE(drawing, x + 8, SMALL, 44, "{1}", NUMBER(pair->asked));
	drawing->y += LINE;
	if (pair->tested) {
		WRITE(drawing, BARS, SMALL, 90, W("line tests from {1}: {2} sent, {3} received, {4} missed"),
			pair->asked_by, NUMBER(pair->tests.sent), NUMBER(pair->tests.received),
			NUMBER(pair->tests.missed));
		drawing->y += LINE;
	}
}

static void answers(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	uint64_t most = 1;
	for (size_t i = 0; i < picture->pair_count; i++)
		most = picture->pairs[i].asked > most ? picture->pairs[i].asked : most;
	heading(drawing, T("Answers"));
	legend(drawing);
	for (size_t i = 0; i < picture->pair_count; i++)
		pair_bars(drawing, &picture->pairs[i], most);
}

/* ---- levels ---- */

/* A line in steps, with the scale's positions at the left and its first and last day below. */
static void level_course(struct drawing *drawing, const struct picture_level *level)
{
	int height = 18 * (int)(level->scale->position_count - 1), base = drawing->y + height, left = 200;
	int64_t first = level->points[0].at, span = drawing->picture->now - first;
	span = span < 1 ? 1 : span;
	int top = drawing->y;
	for (size_t i = 0; i < level->scale->position_count; i++) {
		drawing->y = base - 18 * (int)i + 4;
		write_text(drawing, MARGIN, SMALL,
			picture_label(drawing->picture, level->mechanism, level->scale->positions[i]), 22);
		buffer_format(&drawing->body, "<path d=\"M%d %dH%d\" class=\"g\"/>\n", left, drawing->y - 4, RIGHT);
	}
	buffer_format(&drawing->body, "<path class=\"c\" d=\"M%d %d", left, base);
	for (size_t i = 0; i < level->count; i++) {
		int64_t at = level->points[i].at < first ? 0 : level->points[i].at - first;
		int x = left + (int)((double)(at > span ? span : at) * (RIGHT - left) / (double)span);
		buffer_format(&drawing->body, "H%dV%d", x, base - 18 * (int)level->points[i].level);
	}
	buffer_format(&drawing->body, "H%d\"/>\n", RIGHT);
	drawing->y = top + height + 22;
	write_text(drawing, left, SMALL, MOMENT(first), 20);
	write_text(drawing, RIGHT - 150, SMALL, MOMENT(drawing->picture->now), 20);
	drawing->y += LINE + 6;
}

static void levels(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	if (picture->level_count == 0)
		return;
	heading(drawing, T("Level over time"));
	for (size_t i = 0; i < picture->level_count; i++)
		if (picture->levels[i].count != 0)
			level_course(drawing, &picture->levels[i]);
}

/* ---- sectors ---- */

static void sectors(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	uint64_t most = 1;
	if (picture->sector_count == 0)
		return;
	heading(drawing, T("Measures by sector"));
	for (size_t i = 0; i < picture->sector_count; i++)
		most = picture->sectors[i].count > most ? picture->sectors[i].count : most;
	for (size_t i = 0; i < picture->sector_count; i++) {
		const struct picture_sector *sector = &picture->sectors[i];
		int width = (int)(sector->count * 120 / most), unreviewed = (int)(sector->unreviewed * 120 / most);
		struct bytes status = picture_label(picture, sector->mechanism, sector->status);
		if (i == 0 || !bytes_equal(sector[-1].sector, sector->sector))
			write_text(
				drawing, MARGIN, PLAIN, picture_label(picture, sector->mechanism, sector->sector), 34);
		box(drawing, BARS, width, "open");
		box(drawing, BARS, unreviewed, "over");
		struct bytes blanks[] = {
			sector->party, status, NUMBER(sector->count), NUMBER(sector->unreviewed), sector->about};
		say(drawing, &(struct place_of){BARS + width + 8, SMALL, 66}, sector->about.data != NULL
			? W("{5}, as {1} sees it: {2}: {3}") : sector->unreviewed != 0
			? W("{1}: {2}: {3}, past their review date: {4}") : W("{1}: {2}: {3}"), blanks, 5);
		drawing->y += LINE;
	}
}

/* ---- chains ---- */

static void chain_link(struct drawing *drawing, const struct picture_link *link, int x, bool arrow)
{
	const struct picture *picture = drawing->picture;
	int y = drawing->y;
	if (arrow)
		buffer_format(&drawing->body, "<path d=\"M%d %dh22\" class=\"a\" marker-end=\"url(#end)\"/>\n", x - 26,
			y + 12);
	buffer_format(
		&drawing->body, "<rect x=\"%d\" y=\"%d\" width=\"186\" height=\"52\" class=\"open\"/>\n", x, y - 14);
	write_text(drawing, x + 6, PLAIN, PLACED_AT(link->place), 24);
	drawing->y += 16;
	write_text(drawing, x + 6, SMALL,
		form_label(link->form->labels, link->form->label_count, picture->lang, link->form->name), 28);
	drawing->y += 14;
	write_text(drawing, x + 6, SMALL, MOMENT(link->at), 24);
	drawing->y = y;
}

static void chains(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	if (picture->chain_count == 0)
		return;
	heading(drawing, T("Chains of response"));
	for (size_t i = 0; i < picture->chain_count && i < 12; i++) {
		const struct picture_chain *chain = &picture->chains[i];
		WRITE(drawing, MARGIN, SMALL, 100, W("{1} entries, {2} times from one party to another"),
			NUMBER(chain->length), NUMBER(chain->turns));
		drawing->y += 24;
		for (size_t n = 0; n < chain->count; n++) {
			if (n != 0 && n % 4 == 0)
				drawing->y += 66;
			chain_link(drawing, &chain->links[n], MARGIN + 26 + (int)(n % 4) * 214,
				n != 0 || chain->length > chain->count);
		}
		drawing->y += 66;
	}
}

/* ---- texts ---- */

static void text_row(struct drawing *drawing, const struct picture_text *text)
{
	const struct picture *picture = drawing->picture;
	int column = (RIGHT - BARS) / (int)picture->party_count;
	size_t columns = (size_t)column / 7;
	if (text->gist[0] != '\0')
		write_text(drawing, MARGIN, PLAIN, bytes_string(text->gist), 34);
	else
		write_text(drawing, MARGIN, PLAIN, PLACED_AT(text->matter), 34);
	for (size_t party = 0; party < picture->party_count; party++) {
		int own = text->own[party];
		bool within = (text->circle >> party & 1) != 0;
		write_text(drawing, BARS + (int)party * column, SMALL,
			!within		  ? BYTES("-")
				: own < 0 ? bytes_string(T("has said nothing"))
					  : picture_label(picture, text->mechanism, text->scale->positions[own]),
			columns);
	}
	drawing->y += 15;
	WRITE(drawing, MARGIN, SMALL, 100, W("{1}, version {2}: jointly {3}"), PLACED_AT(text->matter),
		bytes_of(text->version, 12),
		picture_label(picture, text->mechanism, text->scale->positions[text->joint]));
	drawing->y += LINE + 4;
}

static void texts(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	int column = (RIGHT - BARS) / (int)(picture->party_count == 0 ? 1 : picture->party_count);
	if (picture->text_count == 0)
		return;
	heading(drawing, T("Who stands where, text by text"));
	for (size_t party = 0; party < picture->party_count; party++)
		write_text(drawing, BARS + (int)party * column, BOLD, picture->parties[party], (size_t)column / 8);
	drawing->y += LINE;
	for (size_t i = 0; i < picture->text_count && i < 24; i++)
		text_row(drawing, &picture->texts[i]);
}

/* ---- lists ---- */

static void list(struct drawing *drawing, const struct picture_list *of, const char *text)
{
	for (size_t i = 0; i < of->count && i < 12; i++) {
		const struct picture_item *item = &of->items[i];
		struct bytes date = item->due == KERNEL_NEVER ? bytes_string(item->date) : MOMENT(item->due);
		const struct form *form = item->form;
		struct bytes called = form_label(form->labels, form->label_count, drawing->picture->lang, form->name);
		say(drawing, &(struct place_of){MARGIN, PLAIN, 116}, text,
			(struct bytes[]){PLACED_AT(item->matter), called, date, item->party}, 4);
		if (item->gist[0] != '\0') {
			drawing->y += 15;
			write_text(drawing, MARGIN + 12, SMALL, bytes_string(item->gist), 120);
		}
		drawing->y += LINE;
	}
	if (of->all > 12 || of->all > of->count) {
		WRITE(drawing, MARGIN, SMALL, 60, W("and {1} more"),
			NUMBER(of->all - (of->count < 12 ? of->count : 12)));
		drawing->y += LINE;
	}
}

static void sleeping(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	if (picture->dormant.count == 0 && picture->reviews.count == 0 && picture->unreviewed.count == 0)
		return;
	heading(drawing, T("What sleeps"));
	list(drawing, &picture->dormant, W("in force, and nothing entered since what was due at {3}: {1}, {2}"));
	list(drawing, &picture->reviews, W("in force, and past its review date {3}: {1}, {2}"));
	list(drawing, &picture->unreviewed, W("not reviewed by {3}, and in effect as before: {1} of {4}, {2}"));
}

/* ---- the whole ---- */

static const char style[] =
	"<style>text{font-family:sans-serif;font-size:14px;fill:#000;unicode-bidi:plaintext}.s{font-size:12px}"
	".b{font-weight:bold}.t{font-size:24px;font-weight:bold}"
	"rect{stroke:#000;stroke-width:1}.met{fill:#d8d8d8}.late{fill:#989898}.open{fill:#fff}.over{fill:#202020}.un{"
	"fill:url(#un)}"
	".dis{fill:url(#dis)}.gone{fill:#fff;stroke-dasharray:2 "
	"2}.l{stroke:#000}.g{stroke:#c8c8c8}.c{fill:none;stroke:#000;"
	"stroke-width:2.5}.a{stroke:#000;stroke-width:1.5}</style>\n"
	"<defs><pattern id=\"un\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" "
	"height=\"6\" fill=\"#fff\" "
	"style=\"stroke:none\"/><path d=\"M0 6L6 0\" stroke=\"#000\"/></pattern>"
	"<pattern id=\"dis\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" "
	"fill=\"#fff\" "
	"style=\"stroke:none\"/><path d=\"M0 6L6 0M0 0L6 6\" stroke=\"#000\"/></pattern>"
	"<marker id=\"end\" markerWidth=\"8\" markerHeight=\"8\" refX=\"6\" refY=\"4\" orient=\"auto\"><path d=\"M0 "
	"0L8 4L0 8z\"/>"
	"</marker></defs>\n";

static void draw(struct drawing *drawing)
{
	const struct picture *picture = drawing->picture;
	write_text(drawing, MARGIN, TITLE, picture->title, 60);
	drawing->y += 26;
	WRITE(drawing, MARGIN, PLAIN, 110, W("How it went, as the record has it at {1}"), MOMENT(picture->now));
	drawing->y += LINE;
	if (picture->drill) {
		write_text(drawing, MARGIN, BOLD, bytes_string(T("DRILL: nothing of it is real")), 90);
		drawing->y += LINE;
	}
	answers(drawing);
	levels(drawing);
	sectors(drawing);
	chains(drawing);
	texts(drawing);
	sleeping(drawing);
	drawing->y += 16;
	if (picture->cut_short) {
		write_text(drawing, MARGIN, SMALL, bytes_string(T("Not all entries were counted: there are too many.")),
			110);
		drawing->y += LINE;
	}
	write_text(drawing, MARGIN, SMALL, bytes_string(T("It tells what was entered and when, and nothing of why.")),
		120);
}

void picture_svg(struct buffer *to, const struct picture *picture)
{
	struct drawing drawing = {.body = {.secret = true}, .picture = picture, .y = 56};
	struct buffer description = {0};
	draw(&drawing);
	int height = drawing.y + MARGIN;
	WORDS(&description, "How the parties answered each other, levels over time, measures by sector, chains of "
		"response, and who stands where; the same in words: detente picture. At {1}.", MOMENT(picture->now));
	buffer_format(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		"role=\"img\" "
		"aria-labelledby=\"title desc\">\n<title id=\"title\">",
		WIDTH, height, WIDTH, height);
	escape(to, picture->title);
	buffer_string(to, "</title>\n<desc id=\"desc\">");
	escape(to, buffer_bytes(&description));
	buffer_format(to, "</desc>\n%s<rect width=\"%d\" height=\"%d\" fill=\"#fff\" style=\"stroke:none\"/>\n", style,
		WIDTH, height);
	buffer_add(to, buffer_bytes(&drawing.body));
	buffer_string(to, "</svg>\n");
	to->rule = to->rule != RULE_OK ? to->rule : drawing.body.rule != RULE_OK ? drawing.body.rule : description.rule;
	buffer_free(&drawing.body);
	buffer_free(&description);
}

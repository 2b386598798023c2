/* The course of a record as lines, and channels side by side, whatever script they are in. */
#include "timeline_view.h"

#include "columns.h"
#include "test.h"

static struct entry entry;
static struct sealed_lines lines;
static struct view_entry view;

static void start(const char *subject)
{
	memset(&lines, 0, sizeof(lines));
	lines.lines[0].field = (struct line){BYTES("subject"), bytes_string(subject)};
	lines.count = 1;
	entry = (struct entry){.from = BYTES("a.example/duty"), .form = BYTES("dialogue/suspend"), .at = 1400544000,
		.sealed = true};
	view = (struct view_entry){.place = {BYTES("a.example"), 10}, .entry = &entry, .lines = &lines};
}

static bool line_is(const struct timeline_line *line, const char *wanted)
{
	struct buffer text = {0};
	timeline_line_text(&text, line);
	bool same = bytes_is(buffer_bytes(&text), wanted);
	if (!same)
		printf("# %.*s", BYTES_SHOWN(buffer_bytes(&text)));
	buffer_free(&text);
	return same;
}

static void test_lines(void)
{
	start("The \u202eworking\u202c group");
	struct timeline_line line = {.view = &view, .own = BYTES("suspended"), .before = BYTES("in-force"),
		.joint = BYTES("suspended")};
	test_check(line_is(&line, "2014-05-20  a.example/10     dialogue/suspend   "
		"a.example: suspended, all: in-force -> suspended; The \\xe2\\x80\\xaeworking\\xe2\\x80\\xac group\n"),
		"a position that moves that of all");
	line.before = (struct bytes){0};
	view.lines = NULL;
	test_check(line_is(&line, "2014-05-20  a.example/10     dialogue/suspend   "
		"a.example: suspended; (sealed to others)\n"), "one that does not, sealed to others");
	line = (struct timeline_line){.view = &view, .date = BYTES("~2013-06")};
	view.lines = &lines;
	test_check(line_is(&line, "~2013-06    a.example/10     dialogue/suspend   "
		"The \\xe2\\x80\\xaeworking\\xe2\\x80\\xac group\n"), "a dated fact");
}

static void test_channels(void)
{
	static const struct timeline_channel channels[] = {
		{{BYTES("a.example"), 1}, BYTES("Working group"), BYTES("suspended"), 1400544000, false},
		{{BYTES("a.example"), 2}, BYTES("网络犯罪对话网络犯罪对话网络犯罪对话"), BYTES("in-force"),
			1400544000, true},
		{{BYTES("a.example"), 3}, {0}, BYTES("in-force"), 1400544000, false}};
	static const struct timeline_survivor survivors[] = {
		{BYTES("hotline"), BYTES("Hotline"), false}, {BYTES("notice"), BYTES("notice"), true}};
	struct timeline_channels all = {.at = 1400544000, .channels = channels, .count = 3, .survivors = survivors,
		.survivor_count = 2};
	struct buffer text = {0}, written = {0};
	struct json json;
	timeline_channels_text(&text, &all);
	struct cursor cursor = cursor_of(buffer_bytes(&text));
	bool aligned = true;
	int bars = 0;
	while (cursor_left(&cursor) > 0) {
		struct bytes line = cursor_line(&cursor);
		const uint8_t *bar = memchr(line.data, '|', line.size);
		bars += bar != NULL;
		aligned = aligned && (bar == NULL || columns_of(bytes_of(line.data, (size_t)(bar - line.data))) == 60);
	}
	test_check(aligned && bars == 4, "two halves, and what divides them stands in one column");
	buffer_u8(&text, 0);
	const char *words = (const char *)text.data;
	test_check(strstr(words, "in-force, dormant, since 2014-05-20  网络犯罪") != NULL &&
		strstr(words, "...") != NULL, "a channel that nobody uses; a long name is cut");
	test_check(strstr(words, "in-force since 2014-05-20  a.example/3") != NULL,
		"one that is sealed to others, by its place");
	test_check(strstr(words, "| notice (a party has left it)") != NULL, "a mechanism that a party has left");
	test_check(strstr(words, "nothing of what anyone would have answered") != NULL,
		"and what all this does not say");
	json_start(&json, &written);
	json_object(&json, NULL);
	all.count = all.survivor_count = 1;
	timeline_channels_json(&json, &all);
	json_end(&json);
	test_check(bytes_is(buffer_bytes(&written), "{\"at\":\"2014-05-20T00:00:00Z\","
		"\"recorded\":[{\"matter\":\"a.example/1\",\"subject\":\"Working group\",\"position\":\"suspended\","
		"\"since\":\"2014-05-20T00:00:00Z\",\"dormant\":false}],\"survives\":[{\"mechanism\":\"hotline\","
		"\"left\":false}],\"says\":\"" TIMELINE_SAYS "\"}"), "as JSON");
	buffer_free(&text);
	buffer_free(&written);
}

int main(void)
{
	test_start();
	if (!columns_start())
		return 1;
	test_lines();
	test_channels();
	return test_end();
}

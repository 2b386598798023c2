/* What is found of an entry: all words, in open and opened fields; each shown once; safe for a terminal. */
#include "search_view.h"

#include "test.h"

static struct entry entry;
static struct sealed_lines lines;
static struct view_entry view;
static struct search_words words;
static struct search_found found;

static void start(void)
{
	memset(&lines, 0, sizeof(lines));
	lines.lines[0].field = (struct line){BYTES("subject"), BYTES("Orders to our switch")};
	lines.lines[1].field = (struct line){BYTES("text"), BYTES("a back\\\\slash\\nand a \u202ered\u202c line")};
	lines.lines[2].field = (struct line){BYTES("attachment-key"), BYTES("00112233445566778899aabbccddeeff")};
	lines.lines[3].field = (struct line){BYTES("attachment-name"), BYTES("记录.txt")};
	lines.count = 4;
	entry = (struct entry){.from = BYTES("a.example/duty"), .form = BYTES("hotline/call"), .opens = true,
		.at = 86400, .to = {BYTES("b.example/duty")}, .to_count = 1, .sealed = true, .attachment_count = 1,
		.fields = {{BYTES("priority"), BYTES("flash")}}, .field_count = 1};
	view = (struct view_entry){.lang = BYTES("en"), .place = {BYTES("a.example"), 41}, .entry = &entry,
		.lines = &lines};
}

/* How many of the words are found; the last ends with NULL. */
static size_t look(bool opened, const char *const *wanted)
{
	words.count = 0;
	for (; *wanted != NULL; wanted++)
		find_word_read(&words.words[words.count++], bytes_string(*wanted));
	search_begin(&found);
	search_open(&found, &words, &view);
	if (opened)
		search_sealed(&found, &words, &view);
	return found.count;
}

static bool line_is(const char *wanted)
{
	struct buffer line = {0};
	search_line(&line, &words, &found, &view);
	bool same = bytes_is(buffer_bytes(&line), wanted);
	if (!same)
		printf("# %.*s", BYTES_SHOWN(buffer_bytes(&line)));
	buffer_free(&line);
	return same;
}

#define LOOK(opened, ...) look(opened, (const char *const[]){__VA_ARGS__, NULL})

static void test_places(void)
{
	start();
	test_check(LOOK(false, "a.example/41", "hotline/call", "A.EXAMPLE/DUTY", "b.example", "flash") == 5,
		"place, form, desks, open fields");
	test_check(LOOK(false, "switch") == 0, "not what is sealed");
	test_check(LOOK(true, "switch", "记录", "flash") == 3, "but what was opened, names of attachments too");
	test_check(LOOK(true, "00112233") == 0, "their keys are no words");
	test_check(LOOK(true, "priority") == 0, "nor is what a field is called");
	test_check(LOOK(true, "back\\slash") == 1 && LOOK(true, "slash\nand") == 1, "without the escapes");
	test_check(LOOK(true, "switch", "elsewhere") == 1, "one of two");
}

static void test_shown(void)
{
	struct buffer text = {0};
	struct json json;
	start();
	LOOK(true, "switch", "orders", "flash");
	test_check(line_is("a.example/41         1970-01-02T00:00:00Z  hotline/call      "
		"subject: Orders to our switch  priority: flash\n"), "two words of one field in one context");
	LOOK(true, "red");
	test_check(line_is("a.example/41         1970-01-02T00:00:00Z  hotline/call      text: a back\\slash\\x0aand a "
		"\\xe2\\x80\\xaered\\xe2\\x80\\xac line\n"), "neutralised for the terminal");
	json_start(&json, &text);
	LOOK(true, "switch");
	search_json(&json, &words, &found, &view);
	test_check(bytes_is(buffer_bytes(&text), "{\"entry\":\"a.example/41\",\"at\":\"1970-01-02T00:00:00Z\",\"form\":"
		"\"hotline/call\",\"from\":\"a.example/duty\",\"found\":[{\"in\":\"subject\",\"context\":"
		"\"Orders to our switch\"}]}"), "as JSON");
	buffer_free(&text);
}

int main(void)
{
	test_start();
	test_places();
	test_shown();
	search_end(&found);
	return test_end();
}

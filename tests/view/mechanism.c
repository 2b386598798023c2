/*
 * A mechanism with everything that a file can say, as people see it and as JSON, against what is kept in
 * tests/view/mechanism. With a folder as argument it writes that there.
 */
#include "mechanism_table.h"
#include "mechanism_view.h"

#include "columns.h"
#include "paper.h"
#include "test.h"

static struct words *words;
static struct buffer file, chinese;
static struct mechanism *mechanism;

static bool read_file(struct buffer *to, const char *name)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", source == NULL ? "." : source, name);
	FILE *from = fopen(path, "rb");
	if (from == NULL)
		return false;
	uint8_t *room = buffer_extend(to, MECHANISM_MAX);
	buffer_cut(to, room == NULL ? 0 : fread(room, 1, MECHANISM_MAX, from));
	return fclose(from) == 0;
}

static void compare(const char *folder, const char *name, struct bytes got)
{
	char path[4096];
	struct buffer wanted = {0};
	if (folder != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		FILE *to = fopen(path, "wb");
		test_check(to != NULL && fwrite(got.data, 1, got.size, to) == got.size && fclose(to) == 0, "%s is written",
			name);
		return;
	}
	snprintf(path, sizeof(path), "tests/view/mechanism/%s", name);
	test_check(read_file(&wanted, path) && bytes_equal(buffer_bytes(&wanted), got), "%s is what is kept", name);
	buffer_free(&wanted);
}

static void check_text(const char *folder, const char *lang)
{
	struct buffer got = {0};
	bool fits = true;
	view_mechanism(&got, mechanism, bytes_string(lang));
	compare(folder, lang, buffer_bytes(&got));
	struct cursor cursor = cursor_of(buffer_bytes(&got));
	while (cursor_left(&cursor) > 0) {
		int columns = columns_of(cursor_line(&cursor));
		fits = fits && columns >= 0 && columns <= PAPER_COLUMNS;
	}
	test_check(fits, "%s: no line is wider than the paper", lang);
	buffer_free(&got);
}

static void check_json(const char *folder)
{
	struct buffer got = {0};
	struct json json;
	json_start(&json, &got);
	view_mechanism_json(&json, mechanism, BYTES("zh"));
	buffer_string(&got, "\n");
	compare(folder, "zh.json", buffer_bytes(&got));
	buffer_free(&got);
}

static void check_table(const char *folder)
{
	struct buffer got = {0};
	view_mechanism_table(&got, mechanism, BYTES("en"));
	compare(folder, "en.md", buffer_bytes(&got));
	buffer_free(&got);
}

/* Every form in a chain of 64, each answering the one before: the tree is as deep as it can be. */
static void check_deep(void)
{
	struct buffer text = {0}, got = {0};
	struct mechanism *deep = NULL;
	buffer_string(&text, "detente mechanism v1\nname deep\nform deep/a0\nopens yes\n");
	for (unsigned i = 1; i < FORMS_MAX; i++)
		buffer_format(&text, "form deep/a%u\nanswers deep/a%u\n", i, i - 1);
	if (test_check(mechanism_read(&deep, buffer_bytes(&text), NULL) == RULE_OK, "64 forms, each below the last")) {
		view_mechanism(&got, deep, BYTES("en"));
		test_check(got.rule == RULE_OK && memmem(got.data, got.size, "`- deep/a63\n", 12) != NULL,
			"are a tree of 64 branches");
	}
	mechanism_free(deep);
	buffer_free(&text);
	buffer_free(&got);
}

/* Seventeen codes have a line each, once; where they stand again they are named. Sixteen stay in their sentence. */
static void check_long(void)
{
	struct buffer text = {0}, codes = {0}, got = {0};
	struct mechanism *book = NULL;
	buffer_string(&text, "detente mechanism v1\nname book\n");
	for (unsigned i = 0; i < 17; i++) {
		buffer_format(&text, "code c%u\nlabel en Sentence %u.\n", i, i);
		buffer_format(&codes, " c%u", i);
	}
	buffer_string(&text, "form book/say\nopens yes\nfield few open code required\ncodes");
	buffer_add(&text, bytes_of(codes.data, codes.size - 4));
	for (unsigned i = 0; i < 2; i++)
		buffer_format(&text, "\nfield many%u open code required\ncodes%.*s", i, BYTES_SHOWN(buffer_bytes(&codes)));
	buffer_string(&text, "\n");
	if (test_check(mechanism_read(&book, buffer_bytes(&text), NULL) == RULE_OK, "a book of sentences")) {
		static const char last[] =
			"\n      c16  Sentence 16.\n    many1  many1 [open, required, code]: what many0 of book/say";
		view_mechanism(&got, book, BYTES("en"));
		test_check(memmem(got.data, got.size, last, sizeof(last) - 1) != NULL,
			"each has its line, and is not said twice");
		test_check(memmem(got.data, got.size, "c0 (Sentence 0.), c1", 20) != NULL, "a few stay in a sentence");
	}
	mechanism_free(book);
	buffer_free(&text);
	buffer_free(&codes);
	buffer_free(&got);
}

int main(int count, char **arguments)
{
	const char *folder = count > 1 ? arguments[1] : NULL;
	test_start();
	if (!test_check(columns_start() && read_file(&file, "tests/view/mechanism/everything.mechanism") &&
		mechanism_read(&mechanism, buffer_bytes(&file), NULL) == RULE_OK &&
		read_file(&chinese, "lang/zh.lang"), "a mechanism with everything"))
		return test_end();
	check_text(folder, "en");
	check_table(folder);
	check_long();
	test_check(words_read(&words, buffer_bytes(&chinese), NULL) == RULE_OK, "the Chinese words");
	words_speak(words);
	check_text(folder, "zh");
	check_json(folder);
	check_deep();
	words_speak(NULL);
	words_free(words);
	mechanism_free(mechanism);
	buffer_free(&file);
	buffer_free(&chinese);
	return test_end();
}

/* The program's words in other languages: files and their mistakes, and each shipped file. */
#include "words.h"

#include <dirent.h>

#include "test.h"

static struct words english;

/* A language file that has every word as it is in English, but one: `instead` of the line of that key; NULL: none. */
static struct bytes language(struct buffer *to, const char *head, const char *key, const char *instead)
{
	static const char *const keys[] = {
#define WORD(id, key, text) key,
#include "words.def"
#undef WORD
	};
	buffer_clear(to);
	buffer_string(to, head);
	for (size_t i = 0; i < WORDS; i++) {
		if (key != NULL && strcmp(keys[i], key) == 0)
			buffer_string(to, instead);
		else
			buffer_format(to, "%s %.*s\n", keys[i], BYTES_SHOWN(english.texts[i]));
	}
	return buffer_bytes(to);
}

#define HEAD "detente language v1\nlang fr\n"

static const struct {
	const char *name, *head, *key, *instead;
	enum rule rule;
	uint32_t line; /* 0: not looked at */
} files[] = {
	{"every word", HEAD, NULL, NULL, RULE_OK, 0},
	{"remarks and empty lines", "detente language v1\n# x\n\nlang fr\n", NULL, NULL, RULE_OK, 0},
	{"a reviewer", HEAD "reviewer A Linguist\n", NULL, NULL, RULE_OK, 0},
	{"another order of the blanks", HEAD, "named", "named ({2}) {1}\n", RULE_OK, 0},
	{"another version", "detente language v2\nlang fr\n", NULL, NULL, RULE_LANGUAGE_HEAD, 1},
	{"no language", "detente language v1\n", NULL, NULL, RULE_LANGUAGE_HEAD, 2},
	{"a language that is none", "detente language v1\nlang f\n", NULL, NULL, RULE_LANGUAGE_HEAD, 2},
	{"a reviewer twice", HEAD "reviewer A\nreviewer B\n", NULL, NULL, RULE_LANGUAGE_HEAD, 4},
	{"a word that is missing", HEAD, "scale.least", "", RULE_LANGUAGE_WORD, 0},
	{"a word twice", HEAD "clocks Clocks\n", NULL, NULL, RULE_LANGUAGE_WORD, 0},
	{"a word that nobody says", HEAD "clock.none none\n", NULL, NULL, RULE_LANGUAGE_WORD, 3},
	{"a blank that is missing", HEAD, "named", "named {1}\n", RULE_LANGUAGE_WORD, 0},
	{"a blank twice", HEAD, "named", "named {1} {2} {1}\n", RULE_LANGUAGE_WORD, 0},
	{"a blank too many", HEAD, "named", "named {1} {2} {3}\n", RULE_LANGUAGE_WORD, 0},
	{"a blank of no number", HEAD, "named", "named {1} {2} {x}\n", RULE_LANGUAGE_WORD, 0},
	{"a text that turns the line around", HEAD, "clocks", "clocks a\xe2\x80\xae" "b\n", RULE_LANGUAGE_WORD, 0},
	{"a space at the end", HEAD, "clocks", "clocks a \n", RULE_LANGUAGE_WORD, 0},
	{"no text", HEAD, "clocks", "clocks\n", RULE_LINE, 0},
	{"no UTF-8", HEAD, "clocks", "clocks \xff\n", RULE_UTF8, 0},
};

static void check_files(void)
{
	struct buffer text = {0};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct words words = {0};
		struct fault fault = {0};
		struct bytes file = language(&text, files[i].head, files[i].key, files[i].instead);
		enum rule rule = words_read(&words, file, &fault);
		test_check(rule == files[i].rule && fault.rule == rule &&
			(files[i].line == 0 || fault.line == files[i].line) && (words.lang.size != 0) == (rule == RULE_OK),
			"%s (%s, line %u)", files[i].name, rule_name(rule), (unsigned)fault.line);
	}
	buffer_free(&text);
}

static void check_said(void)
{
	struct buffer text = {0}, file = {0};
	struct words words;
	struct bytes blanks[] = {BYTES("one {2}"), BYTES("two")};
	words_say(&text, &english, WORD_NAMED, blanks, 2);
	test_check(bytes_is(buffer_bytes(&text), "one {2} (two)"), "blanks are filled once");
	buffer_clear(&text);
	test_check(words_read(&words, language(&file, HEAD, "named", "named {2}: {1}\n"), NULL) == RULE_OK &&
		words.unreviewed, "a language without a reviewer is unreviewed");
	words_say(&text, &words, WORD_NAMED, blanks, 2);
	test_check(bytes_is(buffer_bytes(&text), "two: one {2}"), "blanks in the order of the language");
	test_check(words_read(&words, language(&file, HEAD "reviewer X\n", NULL, NULL), NULL) == RULE_OK &&
		!words.unreviewed && bytes_is(words.reviewer, "X") && !english.unreviewed, "one with a reviewer is not");
	buffer_free(&text);
	buffer_free(&file);
}

static void check_shipped(void)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	unsigned count = 0;
	snprintf(path, sizeof(path), "%s/lang", source == NULL ? "." : source);
	DIR *folder = opendir(path);
	for (struct dirent *file; folder != NULL && (file = readdir(folder)) != NULL;) {
		size_t size = strlen(file->d_name);
		if (size < 6 || strcmp(file->d_name + size - 5, ".lang") != 0)
			continue;
		static char text[LANGUAGE_MAX + 1];
		struct words words = {0};
		snprintf(path, sizeof(path), "%s/lang/%.64s", source == NULL ? "." : source, file->d_name);
		FILE *from = fopen(path, "rb");
		size_t got = from == NULL ? 0 : fread(text, 1, sizeof(text), from);
		test_check(from != NULL && fclose(from) == 0 && words_read(&words, bytes_of(text, got), NULL) == RULE_OK &&
			words.lang.size == size - 5 && memcmp(words.lang.data, file->d_name, size - 5) == 0,
			"%s has every word, under its name", file->d_name);
		count++;
	}
	test_check(folder != NULL && closedir(folder) == 0 && count > 0, "languages are shipped");
}

int main(void)
{
	test_start();
	words_english(&english);
	check_files();
	check_said();
	check_shipped();
	return test_end();
}

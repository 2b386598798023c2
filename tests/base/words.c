/* The program's words in other languages: files and their mistakes, what is said, and each shipped file. */
#include "words.h"

#include <dirent.h>

#include "test.h"

#define HEAD "detente language v1\nlang fr\n"
#define PAIR "en {1} owes {2}\nfr {2} par {1}\n"

static const struct {
	const char *name, *text;
	enum rule rule;
	uint32_t line; /* 0: not looked at */
} files[] = {
	{"no pair", HEAD, RULE_OK, 0},
	{"a pair", HEAD PAIR, RULE_OK, 0},
	{"remarks and empty lines", "detente language v1\n# x\n\nlang fr\n# y\n" PAIR "\n", RULE_OK, 0},
	{"a reviewer", HEAD "reviewer A Linguist\n" PAIR, RULE_OK, 0},
	{"nothing", "", RULE_LANGUAGE_HEAD, 0},
	{"another version", "detente language v2\nlang fr\n", RULE_LANGUAGE_HEAD, 1},
	{"no language", "detente language v1\n", RULE_LANGUAGE_HEAD, 1},
	{"a language that is none", "detente language v1\nlang f\n", RULE_LANGUAGE_HEAD, 2},
	{"a language with an empty part", "detente language v1\nlang fr-\n", RULE_LANGUAGE_HEAD, 2},
	{"English", "detente language v1\nlang en\n", RULE_LANGUAGE_HEAD, 2},
	{"a reviewer twice", HEAD "reviewer A\nreviewer B\n", RULE_LANGUAGE_HEAD, 4},
	{"a reviewer behind a pair", HEAD PAIR "reviewer B\n", RULE_LANGUAGE_HEAD, 5},
	{"a text twice", HEAD PAIR PAIR, RULE_LANGUAGE_WORD, 0},
	{"no translation at the end", HEAD "en Yes\n", RULE_LANGUAGE_WORD, 3},
	{"no translation before the next", HEAD "en Yes\nen No\nfr Non\n", RULE_LANGUAGE_WORD, 4},
	{"a translation of nothing", HEAD "fr Non\n", RULE_LANGUAGE_WORD, 3},
	{"another language's translation", HEAD "en No\nes No\n", RULE_LANGUAGE_WORD, 4},
	{"a blank that is missing", HEAD "en {1} ({2})\nfr {1}\n", RULE_LANGUAGE_WORD, 4},
	{"a blank twice", HEAD "en {1} ({2})\nfr {1} {2} {1}\n", RULE_LANGUAGE_WORD, 4},
	{"a blank too many", HEAD "en {1} ({2})\nfr {1} {2} {3}\n", RULE_LANGUAGE_WORD, 4},
	{"a blank of no number", HEAD "en {1}\nfr {1} {x}\n", RULE_LANGUAGE_WORD, 4},
	{"a text that turns the line around", HEAD "en a\nfr a\xe2\x80\xae" "b\n", RULE_LANGUAGE_WORD, 4},
	{"a space at the end", HEAD "en a\nfr a \n", RULE_LANGUAGE_WORD, 4},
	{"no text", HEAD "en\n", RULE_LINE, 3},
	{"no UTF-8", HEAD "en a\nfr \xff\n", RULE_UTF8, 4},
	{"a line that does not end", HEAD "en a\nfr b", RULE_TRUNCATED, 4},
};

static void check_files(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct words *words = NULL;
		struct fault fault = {0};
		enum rule rule = words_read(&words, bytes_string(files[i].text), &fault);
		test_check(rule == files[i].rule && fault.rule == rule && (files[i].line == 0 || fault.line == files[i].line) &&
			(words != NULL) == (rule == RULE_OK), "%s (%s, line %u)", files[i].name, rule_name(rule),
			(unsigned)fault.line);
		words_free(words);
	}
}

static void check_longest(void)
{
	struct buffer text = {0};
	for (size_t more = 0; more < 2; more++) {
		struct words *words = NULL;
		buffer_clear(&text);
		buffer_string(&text, HEAD "en a\nfr ");
		for (size_t i = 0; i < WORD_MAX + more; i++)
			buffer_u8(&text, 'x');
		buffer_u8(&text, '\n');
		test_check(words_read(&words, buffer_bytes(&text), NULL) == (more == 0 ? RULE_OK : RULE_LANGUAGE_WORD),
			"the longest text and %zu bytes", more);
		words_free(words);
	}
	buffer_free(&text);
}

static void check_said(void)
{
	struct buffer text = {0};
	struct words *words = NULL, *arabic = NULL;
	WORDS(&text, "{1} owes {2}", BYTES("a {2}"), BYTES("b"));
	test_check(bytes_is(buffer_bytes(&text), "a {2} owes b"), "English, blanks filled once");
	test_check(words_read(&words, BYTES(HEAD "reviewer X\n" PAIR "en Yes\nfr Oui\n"), NULL) == RULE_OK &&
		words_read(&arabic, BYTES("detente language v1\nlang ar\nen {1} owes {2}\nar {2} {1}\n"), NULL) == RULE_OK,
		"two languages");
	test_check(words_speak(words) == NULL && words_spoken() == words && !words_unreviewed() && words_rightward() &&
		bytes_is(words_reviewer(words), "X") && bytes_is(words_tag(words), "fr") && words_count(words) == 2,
		"French, with its reviewer");
	buffer_clear(&text);
	WORDS(&text, "{1} owes {2}", BYTES("a"), BYTES("b"));
	test_check(bytes_is(buffer_bytes(&text), "b par a"), "blanks in the order of the language");
	test_check(strcmp(T("Yes"), "Oui") == 0 && strcmp(T("No"), "No") == 0 && bytes_is(words_of(BYTES("Yes")), "Oui") &&
		bytes_is(words_of(BYTES("No")), "No"), "what is not translated stays English");
	test_check(words_speak(arabic) == words && words_unreviewed() && !words_rightward(), "Arabic, unreviewed");
	buffer_clear(&text);
	WORDS(&text, "{1} owes {2}", BYTES("a"), BYTES("b"));
	test_check(bytes_is(buffer_bytes(&text), "\xe2\x81\xa8" "b\xe2\x81\xa9 \xe2\x81\xa8" "a\xe2\x81\xa9"),
		"from right to left, blanks are isolated");
	words_speak(NULL);
	test_check(bytes_is(words_tag(words_spoken()), "en") && !words_unreviewed(), "English again");
	words_free(words);
	words_free(arabic);
	buffer_free(&text);
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
		struct words *words = NULL;
		struct fault fault = {0};
		snprintf(path, sizeof(path), "%s/lang/%.64s", source == NULL ? "." : source, file->d_name);
		FILE *from = fopen(path, "rb");
		size_t got = from == NULL ? 0 : fread(text, 1, sizeof(text), from);
		test_check(from != NULL && fclose(from) == 0 && words_read(&words, bytes_of(text, got), &fault) == RULE_OK &&
			bytes_equal(words_tag(words), bytes_of(file->d_name, size - 5)), "%s reads, under its name (line %u, %s)",
			file->d_name, (unsigned)fault.line, fault.detail);
		words_free(words);
		count++;
	}
	test_check(folder != NULL && closedir(folder) == 0 && count > 0, "languages are shipped");
}

int main(void)
{
	test_start();
	check_files();
	check_longest();
	check_said();
	check_shipped();
	return test_end();
}

#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "text.h"
#include "utc.h"

struct word {
	const char *english, *text;
};

struct words {
	char *room; /* the file, each line's end a NUL */
	struct word *list; /* ascending */
	size_t count;
	const char *tag, *reviewer;
};

static _Thread_local const struct words *spoken;

/* The number of the blank that begins here, "{1}" to "{6}"; 0 for none. */
static unsigned blank(const char *text)
{
	bool here = text[0] == '{' && text[1] > '0' && text[1] <= '0' + WORD_BLANKS_MAX && text[2] == '}';
	return here ? (unsigned)(text[1] - '0') : 0;
}

/* Each blank bit by bit; one that stands there twice, or a brace that is none, is told by the lowest bit. */
static unsigned blanks_of(const char *text)
{
	unsigned found = 0;
	for (; *text != '\0'; text++) {
		unsigned number = blank(text);
		if (number == 0)
			found |= *text == '{';
		else
			found |= (found >> number & 1) != 0 ? 1 : 1u << number;
	}
	return found;
}

static int by_english(const void *a, const void *b)
{
	return strcmp(((const struct word *)a)->english, ((const struct word *)b)->english);
}

/* "fr" or "zh-Hans": letters, then letters and digits in parts. */
static bool tag_valid(const char *tag)
{
	size_t part = 0;
	if (strlen(tag) < 2 || strlen(tag) > 35)
		return false;
	for (size_t i = 0; tag[i] != '\0'; i++) {
		bool letter = (tag[i] >= 'a' && tag[i] <= 'z') || (tag[i] >= 'A' && tag[i] <= 'Z');
		if (tag[i] == '-' ? part == 0 : !letter && (strchr(tag, '-') == NULL || tag[i] < '0' || tag[i] > '9'))
			return false;
		part = tag[i] == '-' ? 0 : part + 1;
	}
	return part != 0;
}

/* ---- reading ---- */

struct reading {
	struct words *words;
	const char *english; /* waits for its translation */
	uint32_t number;     /* of the line, from 1 */
	struct fault *fault;
};

static enum rule broken(const struct reading *reading, enum rule rule, const char *line)
{
	return fault_bytes(reading->fault, rule, reading->number, bytes_string(line));
}

static enum rule read_pair(struct reading *reading, const char *key, const char *value)
{
	struct words *words = reading->words;
	if (!text_shown(bytes_string(value), WORD_MAX) || (blanks_of(value) & 1) != 0)
		return broken(reading, RULE_LANGUAGE_WORD, value);
	if (reading->english == NULL) {
		reading->english = value;
		return strcmp(key, "en") == 0 ? RULE_OK : broken(reading, RULE_LANGUAGE_WORD, key);
	}
	if (strcmp(key, words->tag) != 0 || blanks_of(value) != blanks_of(reading->english) || words->count == WORDS_MAX)
		return broken(reading, RULE_LANGUAGE_WORD, value);
	words->list[words->count++] = (struct word){reading->english, value};
	reading->english = NULL;
	return RULE_OK;
}

/* A line "key value" in place, which ends with NUL. */
static enum rule read_line(struct reading *reading, char *text)
{
	struct words *words = reading->words;
	struct line line;
	if (reading->number == 1)
		return strcmp(text, "detente language v1") == 0 ? RULE_OK : broken(reading, RULE_LANGUAGE_HEAD, text);
	if (text[0] == '\0' || text[0] == '#')
		return RULE_OK;
	enum rule rule = line_parse(bytes_string(text), &line);
	if (rule != RULE_OK)
		return broken(reading, rule, text);
	text[line.key.size] = '\0';
	const char *value = text + line.key.size + 1;
	if (words->tag == NULL) {
		words->tag = value;
		return strcmp(text, "lang") == 0 && tag_valid(value) && strcmp(value, "en") != 0 ? RULE_OK
			: broken(reading, RULE_LANGUAGE_HEAD, text);
	}
	if (strcmp(text, "reviewer") != 0)
		return read_pair(reading, text, value);
	if (words->reviewer != NULL || words->count != 0 || !text_shown(line.value, WORD_MAX))
		return broken(reading, RULE_LANGUAGE_HEAD, text);
	words->reviewer = value;
	return RULE_OK;
}

static enum rule read_lines(struct reading *reading, struct bytes file)
{
	struct cursor cursor = cursor_of(file);
	char *at = reading->words->room;
	while (cursor_left(&cursor) != 0) {
		struct bytes line = cursor_line(&cursor);
		reading->number++;
		if (cursor.rule != RULE_OK || !text_valid(line, false))
			return fault_bytes(reading->fault, cursor.rule != RULE_OK ? cursor.rule : RULE_UTF8,
				reading->number, line);
		enum rule rule = read_line(reading, at);
		if (rule != RULE_OK)
			return rule;
		at += line.size + 1;
	}
	if (reading->words->tag == NULL)
		return fault_set(reading->fault, RULE_LANGUAGE_HEAD, reading->number, "%s", T("no language"));
	if (reading->english != NULL)
		return broken(reading, RULE_LANGUAGE_WORD, reading->english);
	return RULE_OK;
}

static enum rule sort(const struct words *words, struct fault *fault)
{
	if (words->count != 0)
		qsort(words->list, words->count, sizeof(*words->list), by_english);
	for (size_t i = 1; i < words->count; i++)
		if (strcmp(words->list[i - 1].english, words->list[i].english) == 0)
			return FAULT(fault, RULE_LANGUAGE_WORD, 0, "twice: {1}", bytes_string(words->list[i].english));
	return RULE_OK;
}

enum rule words_read(struct words **to, struct bytes file, struct fault *fault)
{
	if (file.size > LANGUAGE_MAX)
		return FAULT(fault, RULE_LIMIT, 0, "{1} bytes", NUMBER(file.size));
	struct words *words = calloc(1, sizeof(*words));
	if (words == NULL)
		return RULE_MEMORY;
	enum rule rule = RULE_MEMORY;
	words->room = malloc(file.size + 1);
	words->list = calloc(WORDS_MAX, sizeof(*words->list));
	if (words->room != NULL && words->list != NULL) {
		if (file.size != 0)
			memcpy(words->room, file.data, file.size);
		for (size_t i = 0; i < file.size; i++)
			if (words->room[i] == '\n')
				words->room[i] = '\0';
		words->room[file.size] = '\0';
		rule = read_lines(&(struct reading){.words = words, .fault = fault}, file);
	}
	if (rule == RULE_OK)
		rule = sort(words, fault);
	if (rule == RULE_OK)
		*to = words;
	else
		words_free(words);
	return rule;
}

void words_free(struct words *words)
{
	if (words == NULL)
		return;
	free(words->room);
	free(words->list);
	free(words);
}

struct bytes words_tag(const struct words *words)
{
	return bytes_string(words == NULL ? "en" : words->tag);
}

struct bytes words_reviewer(const struct words *words)
{
	return bytes_string(words == NULL || words->reviewer == NULL ? "" : words->reviewer);
}

size_t words_count(const struct words *words)
{
	return words == NULL ? 0 : words->count;
}

/* ---- speaking ---- */

const struct words *words_speak(const struct words *words)
{
	const struct words *before = spoken;
	spoken = words;
	return before;
}

const struct words *words_spoken(void)
{
	return spoken;
}

bool words_rightward(void)
{
	static const char *const leftward[] = {"ar", "fa", "he", "ur"};
	for (size_t i = 0; spoken != NULL && i < sizeof(leftward) / sizeof(*leftward); i++)
		if (strncmp(spoken->tag, leftward[i], 2) == 0 && (spoken->tag[2] == '\0' || spoken->tag[2] == '-'))
			return false;
	return true;
}

bool words_unreviewed(void)
{
	return spoken != NULL && spoken->reviewer == NULL;
}

const char *words_in(const char *english)
{
	struct word key = {english, NULL};
	const struct word *found = spoken == NULL || spoken->count == 0 ? NULL
		: bsearch(&key, spoken->list, spoken->count, sizeof(key), by_english);
	return found == NULL ? english : found->text;
}

struct bytes words_of(struct bytes english)
{
	char text[WORD_MAX + 1];
	if (spoken == NULL || !bytes_to_string(english, text, sizeof(text)))
		return english;
	const char *found = words_in(text);
	return found == text ? english : bytes_string(found);
}

void words_say(struct buffer *to, const char *english, const struct bytes *blanks, size_t count)
{
	bool isolated = !words_rightward();
	for (const char *text = words_in(english); *text != '\0';) {
		unsigned number = blank(text);
		if (number == 0) {
			size_t plain = 1 + strcspn(text + 1, "{");
			buffer_add(to, bytes_of(text, plain));
			text += plain;
			continue;
		}
		if (number <= count) {
			text_mark(to, isolated, false);
			buffer_add(to, blanks[number - 1]);
			text_mark(to, isolated, true);
		}
		text += 3;
	}
}

void words_show(struct buffer *to, const char *english, const struct bytes *blanks, size_t count)
{
	struct buffer shown[WORD_BLANKS_MAX] = {0};
	struct bytes printable[WORD_BLANKS_MAX] = {{0}};
	for (size_t i = 0; i < count; i++) {
		text_printable(&shown[i], blanks[i], false);
		printable[i] = buffer_bytes(&shown[i]);
		if (shown[i].rule != RULE_OK && to->rule == RULE_OK)
			to->rule = shown[i].rule;
	}
	words_say(to, english, printable, count);
	for (size_t i = 0; i < count; i++)
		buffer_free(&shown[i]);
}

void words_list(struct buffer *to, const struct bytes *items, size_t count, const char *last)
{
	struct buffer whole = {0}, before = {0};
	for (size_t i = 0; i < count; i++) {
		struct buffer swap = before;
		before = whole;
		whole = swap;
		buffer_clear(&whole);
		struct bytes blanks[] = {buffer_bytes(&before), items[i]};
		if (i == 0)
			buffer_add(&whole, items[i]);
		else
			words_say(&whole, i + 1 == count ? last : W("{1}, {2}"), blanks, 2);
	}
	buffer_add(to, buffer_bytes(&whole));
	buffer_free(&whole);
	buffer_free(&before);
}

void words_review(struct buffer *to)
{
	if (!words_unreviewed())
		return;
	WORDS(to, "The program's own words in this language ({1}) are unreviewed.", words_tag(spoken));
	buffer_string(to, "\n");
}

struct bytes words_number(char to[WORDS_VALUE], int64_t value)
{
	snprintf(to, WORDS_VALUE, "%lld", (long long)value);
	return bytes_string(to);
}

struct bytes words_moment(char to[WORDS_VALUE], int64_t time)
{
	_Static_assert(UTC_SIZE < WORDS_VALUE, "room for a time");
	utc_format(time, to);
	return bytes_string(to);
}

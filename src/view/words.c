#include "words.h"

#include "lines.h"
#include "name.h"
#include "text.h"

static const struct {
	const char *key, *text;
} english[] = {
#define WORD(id, key, text) {key, text},
#include "words.def"
#undef WORD
};

void words_english(struct words *words)
{
	*words = (struct words){.lang = BYTES("en")};
	for (size_t i = 0; i < WORDS; i++)
		words->texts[i] = bytes_string(english[i].text);
}

/* The number of the blank that begins here, "{1}" to "{4}"; 0 for none. */
static unsigned blank(struct bytes text)
{
	bool here = text.size >= 3 && text.data[0] == '{' && text.data[1] > '0' &&
		text.data[1] <= '0' + WORD_BLANKS_MAX && text.data[2] == '}';
	return here ? text.data[1] - '0' : 0;
}

/* Each blank bit by bit; one that stands there twice, or a brace that is none, is told by the lowest bit. */
static unsigned blanks_of(struct bytes text)
{
	unsigned found = 0;
	for (size_t i = 0; i < text.size; i++) {
		unsigned number = blank(bytes_of(text.data + i, text.size - i));
		if (number == 0)
			found |= text.data[i] == '{';
		else
			found |= (found >> number & 1) != 0 ? 1 : 1u << number;
	}
	return found;
}

static enum rule read_word(struct words *words, const struct line *line, uint32_t number, struct fault *fault)
{
	size_t i = 0;
	while (i < WORDS && !bytes_is(line->key, english[i].key))
		i++;
	if (i == WORDS || words->texts[i].size != 0 || !text_shown(line->value, WORD_MAX) ||
	    blanks_of(line->value) != blanks_of(bytes_string(english[i].text)))
		return fault_bytes(fault, RULE_LANGUAGE_WORD, number, line->key);
	words->texts[i] = line->value;
	return RULE_OK;
}

static enum rule read_line(struct words *words, struct bytes text, uint32_t number, struct fault *fault)
{
	struct line line;
	if (number == 1)
		return bytes_is(text, "detente language v1") ? RULE_OK
			: fault_bytes(fault, RULE_LANGUAGE_HEAD, number, text);
	if (text.size == 0 || text.data[0] == '#')
		return RULE_OK;
	enum rule rule = line_parse(text, &line);
	if (rule != RULE_OK)
		return fault_bytes(fault, rule, number, text);
	if (words->lang.size == 0) {
		words->lang = line.value;
		return bytes_is(line.key, "lang") && lang_valid(line.value) ? RULE_OK
			: fault_bytes(fault, RULE_LANGUAGE_HEAD, number, text);
	}
	if (!bytes_is(line.key, "reviewer"))
		return read_word(words, &line, number, fault);
	if (words->reviewer.size != 0 || !text_shown(line.value, WORD_MAX))
		return fault_bytes(fault, RULE_LANGUAGE_HEAD, number, text);
	words->reviewer = line.value;
	return RULE_OK;
}

enum rule words_read(struct words *words, struct bytes file, struct fault *fault)
{
	struct words read = {0};
	struct cursor cursor = cursor_of(file);
	uint32_t number = 0;
	while (cursor_left(&cursor) != 0) {
		struct bytes text = cursor_line(&cursor);
		enum rule rule = cursor.rule != RULE_OK ? fault_bytes(fault, cursor.rule, number + 1, text)
			: read_line(&read, text, number + 1, fault);
		if (rule != RULE_OK)
			return rule;
		number++;
	}
	if (read.lang.size == 0)
		return fault_set(fault, RULE_LANGUAGE_HEAD, number, "no language");
	for (size_t i = 0; i < WORDS; i++)
		if (read.texts[i].size == 0)
			return fault_set(fault, RULE_LANGUAGE_WORD, number, "%s is missing", english[i].key);
	read.unreviewed = read.reviewer.size == 0;
	*words = read;
	return RULE_OK;
}

void words_say(struct buffer *to, const struct words *words, enum word word, const struct bytes *blanks, size_t count)
{
	struct bytes text = words->texts[word];
	while (text.size != 0) {
		unsigned number = blank(text);
		size_t taken = number != 0 ? 3 : 1;
		if (number == 0)
			buffer_add(to, bytes_of(text.data, 1));
		else if (number <= count)
			buffer_add(to, blanks[number - 1]);
		text = bytes_of(text.data + taken, text.size - taken);
	}
}

#include "event_view.h"

#include "json.h"
#include "rule.h"
#include "text.h"
#include "words.h"

#define KEYS_MAX 4

static const struct sentence {
	const char *kind, *having; /* what the row holds besides; NULL: anything */
	const char *text;          /* its blanks are the values of the keys */
	const char *keys[KEYS_MAX];
} sentences[] = {
	{"started", NULL, W("the node has started"), {NULL}},
	{"stopped", NULL, W("the node has stopped"), {NULL}},
	{"entry", "\"refuses\":true", W("{1}: {2} from {3}, a refusal"), {"entry", "form", "from"}},
	{"entry", "\"to_us\":true", W("{1}: {2} from {3} to a desk of ours"), {"entry", "form", "from"}},
	{"entry", NULL, W("{1}: {2} from {3}"), {"entry", "form", "from"}},
	{"void", NULL, W("{1} is void and does not count: {2}"), {"entry", "rule"}},
	{"entries", NULL, W("entries {2} to {3} of {1} are here; to us: {4}"), {"party", "first", "last", "to_us"}},
	{"pending", NULL, W("entries {2} to {3} of {1} are pending: they refer to what is not here yet"),
		{"party", "first", "last"}},
	{"receipt", NULL, W("{1} has cosigned our entries {2} to {3}"), {"party", "first", "last"}},
	{"attachment", NULL, W("an attachment is here: {1}"), {"held"}},
	{"path-up", NULL, W("{1} is reached at {2}"), {"party", "address"}},
	{"path-down", NULL, W("{1} is not reached at {2}: {3}"), {"party", "address", "cause"}},
	{"refuses-log", NULL, W("ALARM: {1} refuses our log: {2}"), {"party", "says"}},
	{"takes-log", NULL, W("{1} takes our log again"), {"party"}},
	{"forked", NULL, W("ALARM: {1} has signed two histories of its log"), {"party"}},
	{"rolled-back", NULL, W("ALARM: {1} shows an older log than it had signed"), {"party"}},
	{"witness-contradicts", "\"size\":", W("ALARM: the witness {1} has cosigned more of our log than is here: up to {2}"),
		{"witness", "size"}},
	{"witness-contradicts", NULL, W("ALARM: the witness {1} has cosigned another history of our log"), {"witness"}},
	{"own-fork", NULL, W("ALARM: two histories of our own log are signed; nothing more is signed here"), {NULL}},
	{"identity", NULL, W("ALARM: {1} has another identity since {2}: compare its 40 digits by voice or in person: {3}"),
		{"party", "entry", "fingerprint"}},
	{"state-differs", NULL, W("ALARM: the node of {1} comes to another state than ours from the same entries"),
		{"party"}},
	{"text", NULL, W("another text of the agreement governs from now on: {1}"), {"title"}},
	{"clock", "\"apart\":true", W("the clock of {1} is {2} s from ours"), {"party", "skew_s"}},
	{"clock", NULL, W("the clock of {1} agrees with ours again"), {"party"}},
	{"drill-clock", "\"drill_clock\":null", W("the exercise lives at this machine's time"), {NULL}},
	{"drill-clock", NULL, W("the exercise's clock was set to {1}"), {"drill_clock"}},
	{"courier", NULL, W("a courier file of {1} was gone through: {2}"), {"party", "file"}},
	{"reminder", "\"ours\":true", W("we owe an answer to {1} ({2}) by {3}; of the time, {4} % are over"),
		{"entry", "form", "due", "percent"}},
	{"reminder", NULL, W("{1} owes an answer to {2} by {3}; of the time, {4} % are over"),
		{"party", "entry", "due", "percent"}},
	{"overdue", "\"ours\":true", W("ALARM: overdue: what we owe to {1} ({2}) was due {3}"), {"entry", "form", "due"}},
	{"overdue", NULL, W("ALARM: overdue: what {1} owes to {2} was due {3}"), {"party", "entry", "due"}},
	{"unreached", NULL, W("ALARM: {2} has not reached {1}"), {"party", "entry"}},
	{"reached", NULL, W("{2} has reached {1} after all"), {"party", "entry"}},
	{"rung", NULL, W("for {1}, which {2} has not answered: {3}: {4}"), {"entry", "party", "do", "text"}},
	{"answered", "\"more\":", W("others were answered, too: {1}"), {"more"}},
	{"answered", "\"standing\":\"met\"", W("{1} has answered {2} in time, by {3}"), {"party", "entry", "answer"}},
	{"answered", "\"standing\":\"late\"", W("{1} has answered {2} late, by {3}"), {"party", "entry", "answer"}},
	{"answered", NULL, W("{1} has answered {2} by {3}; by the two clocks it is disputed whether in time"),
		{"party", "entry", "answer"}},
	{"withdrawn", NULL, W("{1} owes nothing by {2} any more"), {"party", "entry"}},
	{"position", NULL, W("{1} has stated a position in {2}: the joint one was {3} and is {4}"),
		{"party", "matter", "before", "after"}},
};

/* Appends the value of a key: no value holds an unescaped quotation mark, so a key is found, and nothing else. */
static void add_value(struct buffer *to, struct bytes row, const char *key)
{
	struct buffer mark = {0};
	buffer_format(&mark, "\"%s\":", key);
	const uint8_t *found = mark.rule == RULE_OK ? memmem(row.data, row.size, mark.data, mark.size) : NULL;
	const uint8_t *end = row.data + row.size;
	if (found != NULL) {
		found += mark.size;
		bool text = found < end && *found == '"';
		for (found += text; found < end && *found != (text ? '"' : ','); found++) {
			if (text && *found == '\\' && found + 1 < end && (found[1] == '"' || found[1] == '\\'))
				found++;
			if (*found != '}' || text)
				buffer_u8(to, *found);
		}
	}
	buffer_free(&mark);
}

static bool holds(struct bytes row, const char *text)
{
	return text == NULL || memmem(row.data, row.size, text, strlen(text)) != NULL;
}

/* Names of rules are for scripts; people read the sentence. */
static void explain(struct buffer *value)
{
	char name[64];
	enum rule rule = bytes_to_string(buffer_bytes(value), name, sizeof(name)) ? rule_named(name) : RULE_COUNT;
	if (rule == RULE_COUNT)
		return;
	buffer_clear(value);
	buffer_format(value, "%s [%s]", rule_sentence(rule), name);
}

static void say(struct buffer *to, const struct sentence *sentence, struct bytes row)
{
	struct buffer values[KEYS_MAX] = {{0}}, shown[KEYS_MAX] = {{0}};
	struct bytes blanks[KEYS_MAX] = {{0}};
	size_t count = 0;
	for (; count < KEYS_MAX && sentence->keys[count] != NULL; count++) {
		add_value(&values[count], row, sentence->keys[count]);
		if (strcmp(sentence->keys[count], "rule") == 0)
			explain(&values[count]);
		text_printable(&shown[count], buffer_bytes(&values[count]), false);
		blanks[count] = buffer_bytes(&shown[count]);
	}
	words_say(to, sentence->text, blanks, count);
	for (size_t i = 0; i < count; i++) {
		buffer_free(&values[i]);
		buffer_free(&shown[i]);
	}
}

void event_view(struct buffer *to, uint64_t number, struct bytes row)
{
	struct buffer kind = {0};
	size_t i = 0;
	add_value(&kind, row, "event");
	while (i < sizeof(sentences) / sizeof(*sentences) &&
		!(bytes_is(buffer_bytes(&kind), sentences[i].kind) && holds(row, sentences[i].having)))
		i++;
	buffer_format(to, "%llu ", (unsigned long long)number);
	add_value(to, row, "at");
	buffer_string(to, "  ");
	if (i < sizeof(sentences) / sizeof(*sentences))
		say(to, &sentences[i], row);
	else
		text_printable(to, row, false);
	buffer_string(to, "\n");
	buffer_free(&kind);
}

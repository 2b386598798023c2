/* Words in texts: case and width do not count in three scripts, accents do; contexts are cut between characters. */
#include "find.h"

#include "test.h"
#include "text.h"

static void test_found(void)
{
	static const struct { const char *word, *text, *found; } cases[] = {
		{"switch", "Orders to our Switch", "Switch"},
		{"SWITCH", "orders to our switch", "switch"},
		{"热线", "本周热线测试", "热线"},
		{"网络", "美中网络安全对话", "网络"},
		{"网安", "美中网络安全对话", NULL},
		{"线", "本周热线测试", "线"},
		{"swift", "ＳＷＩＦＴ系统", "ＳＷＩＦＴ"},
		{"ｓｗｉｆｔ", "the SWIFT system", "SWIFT"},
		{"two words", "in two\nwords here", "two\nwords"},
		{"two words", "in two　words here", "two　words"},
		{"ÉCOLE", "une école", "école"},
		{"ecole", "une école", NULL},
		{"straße", "STRAßE", "STRAßE"},
		{"łódź", "ŁÓDŹ", "ŁÓDŹ"},
		{"ÿ", "Ÿ", "Ÿ"},
		{"Ωμέγα", "ωΜΈΓΑ", "ωΜΈΓΑ"},
		{"ΛΟΓΟΣ", "λόγος λογος", "λογος"},
		{"связь", "СВЯЗЬ восстановлена", "СВЯЗЬ"},
		{"Ёлка", "ёлка", "ёлка"},
		{"việt", "VIỆT", "VIỆT"},
		{"aab", "aaab", "aab"},
		{"a", "", NULL},
		{"long word", "long", NULL},
		{"ok", "\xff\xfeok", "ok"},
		{"ok", "o\xffk", NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct find_word word;
		struct bytes found = {0};
		if (find_word_read(&word, bytes_string(cases[i].word)) == RULE_OK)
			found = find_word(&word, bytes_string(cases[i].text));
		test_check(cases[i].found == NULL ? found.data == NULL : bytes_is(found, cases[i].found),
			"%s", cases[i].word);
	}
}

static void test_words(void)
{
	struct find_word word;
	char longest[FIND_WORD_MAX + 2];
	memset(longest, 'x', sizeof(longest));
	test_check(find_word_read(&word, bytes_of(longest, FIND_WORD_MAX)) == RULE_OK, "the longest word");
	test_check(find_word_read(&word, bytes_of(longest, FIND_WORD_MAX + 1)) == RULE_FIND_WORD, "a longer one");
	test_check(find_word_read(&word, BYTES("")) == RULE_FIND_WORD, "none");
	test_check(find_word_read(&word, BYTES(" \t　")) == RULE_FIND_WORD, "white space");
	test_check(find_word_read(&word, BYTES("\xff")) == RULE_FIND_WORD, "no UTF-8");
	test_check(find_word_read(&word, BYTES("\x1b[2J")) == RULE_FIND_WORD, "control characters");
}

/* Every capital of the three scripts has one small letter, which is folded already. */
static void test_folded(void)
{
	bool once = true;
	for (uint32_t code = 0; code < 0x110000; code++)
		once = once && find_fold(find_fold(code)) == find_fold(code);
	test_check(once, "what is folded stays as it is");
}

static void test_context(void)
{
	struct bytes text = BYTES("本周热线测试无异常");
	struct find_word word;
	find_word_read(&word, BYTES("热线"));
	struct bytes place = find_word(&word, text);
	test_check(bytes_is(find_context(text, place, 0), "热线"), "the place alone");
	test_check(bytes_is(find_context(text, place, 1), "周热线测"), "a character on each side");
	test_check(bytes_equal(find_context(text, place, 100), text), "no more than there is");
	struct bytes broken = BYTES("\x80\x80热线\x80\x80\x80");
	place = find_word(&word, broken);
	test_check(bytes_equal(find_context(broken, place, 1), broken), "within the text, whatever its bytes are");
}

int main(void)
{
	test_start();
	test_found();
	test_words();
	test_folded();
	test_context();
	return test_end();
}

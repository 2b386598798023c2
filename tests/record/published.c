/* Published files: their form and order, as tables; scenario 56 verifies whole ones. */
#include <stdlib.h>

#include "published.h"
#include "test.h"
#include "verify.h"

#define HEAD "detente published v1\nagreement 2\nA\n"
#define CARD "card 2\nB\n"
#define RULES "mechanism 2\nM\n"
#define PARTS "entry 2\nE\nreceipt 2\nR\n"
#define SHOWN(place) "shown " place "\n" PARTS
#define BRINGS(place) "brings " place "\n" PARTS
#define OPENED(place) "opened " place "\nfile 2\nF\n"

static const struct {
	const char *name, *text, *rule;
} cases[] = {
	{"one entry", HEAD CARD SHOWN("a.example/1"), "ok"},
	{"all there is", HEAD CARD CARD RULES BRINGS("b.example/9") OPENED("a.example/2") SHOWN("a.example/10"), "ok"},
	{"no card", HEAD SHOWN("a.example/1"), "ok"}, /* which the agreement misses then */
	{"nothing", "", "published.form"},
	{"another first line", "detente published v2\nagreement 2\nA\n" SHOWN("a.example/1"), "published.form"},
	{"no agreement", "detente published v1\n" CARD SHOWN("a.example/1"), "published.form"},
	{"no entry", HEAD CARD, "published.form"},
	{"only what brings", HEAD CARD BRINGS("a.example/1"), "published.form"},
	{"a mechanism before a card", HEAD RULES CARD SHOWN("a.example/1"), "published.form"},
	{"another word", HEAD CARD "told a.example/1\n" PARTS, "published.form"},
	{"no place", HEAD CARD "shown a.example\n" PARTS, "published.form"},
	{"a number in another spelling", HEAD CARD SHOWN("a.example/01"), "published.form"},
	{"an entry without a receipt", HEAD CARD "shown a.example/1\nentry 2\nE\n", "published.form"},
	{"a receipt before its entry", HEAD CARD "shown a.example/1\nreceipt 2\nR\nentry 2\nE\n", "published.form"},
	{"a part longer than the file", HEAD CARD "opened a.example/1\nfile 3\nF\n", "published.form"},
	{"a part of a huge size", HEAD CARD "opened a.example/1\nfile 9223372036854775807\nF\n", "published.form"},
	{"a part of nothing", HEAD CARD "opened a.example/1\nfile 0\n", "published.form"},
	{"something after the end", HEAD CARD SHOWN("a.example/1") "x", "published.form"},
	{"an entry twice", HEAD CARD SHOWN("a.example/1") OPENED("a.example/1"), "published.order"},
	{"indexes that fall", HEAD CARD SHOWN("a.example/10") SHOWN("a.example/9"), "published.order"},
	{"parties that fall", HEAD CARD SHOWN("b.example/1") SHOWN("a.example/1"), "published.order"},
	{"what brings comes late", HEAD CARD SHOWN("a.example/1") BRINGS("a.example/0"), "published.order"},
};

static void test_form(void)
{
	struct published *published = malloc(sizeof(*published));
	for (size_t i = 0; published != NULL && i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes text = bytes_string(cases[i].text);
		struct buffer again = {0};
		enum rule rule = published_parse(published, text, NULL);
		const char *got = rule == RULE_OK ? "ok" : rule_name(rule);
		if (!test_check(strcmp(got, cases[i].rule) == 0, "%s", cases[i].name))
			printf("# %s, not %s\n", got, cases[i].rule);
		if (rule == RULE_OK)
			published_write(&again, published);
		if (rule == RULE_OK)
			test_check(bytes_equal(buffer_bytes(&again), text), "%s: written again as it stood", cases[i].name);
		buffer_free(&again);
	}
	free(published);
}

/* One more than there may be of each. */
static void test_many(void)
{
	static const struct {
		const char *name, *kind, *rule;
		int count;
	} many[] = {{"as many entries as there may be", "shown", "ok", PUBLISHED_ENTRIES_MAX},
		{"an entry too many", "shown", "base.limit", PUBLISHED_ENTRIES_MAX + 1},
		{"too many parts", "brings", "base.limit", PUBLISHED_PARTS_MAX + 1}};
	struct published *published = malloc(sizeof(*published));
	struct buffer large = {0};
	for (size_t i = 0; published != NULL && i < sizeof(many) / sizeof(many[0]); i++) {
		struct buffer text = {0};
		buffer_string(&text, HEAD CARD);
		for (int n = 0; n < many[i].count; n++)
			buffer_format(&text, "%s a.example/%d\n" PARTS, many[i].kind, n);
		enum rule rule = published_parse(published, buffer_bytes(&text), NULL);
		if (!test_check(strcmp(rule == RULE_OK ? "ok" : rule_name(rule), many[i].rule) == 0, "%s", many[i].name))
			printf("# %s\n", rule_name(rule));
		buffer_free(&text);
	}
	buffer_extend(&large, PUBLISHED_MAX + 1);
	test_check(published != NULL && published_parse(published, buffer_bytes(&large), NULL) == RULE_LIMIT, "a byte too many");
	buffer_free(&large);
	free(published);
}

/* What is well formed, and of no agreement. */
static void test_terms(void)
{
	struct verify_report report = {0};
	verify_published(BYTES(HEAD CARD SHOWN("a.example/1")), NULL, &report);
	test_check(report.verdict != RULE_OK && strstr(report.where, "agreement") != NULL, "no agreement is no proof");
	verify_report_free(&report);
}

int main(void)
{
	test_start();
	test_form();
	test_many();
	test_terms();
	return test_end();
}

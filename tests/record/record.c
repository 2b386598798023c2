/* Exported records: proved as they are, refused by name with anything wrong. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "says.h"
#include "tamper.h"
#include "test.h"

static enum rule verify(const char *path, const struct verify_options *options, struct verify_report *report)
{
	*report = (struct verify_report){0};
	int at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		abort();
	enum rule rule = verify_record(at, options, report);
	close(at);
	return rule;
}

static void test_tamperings(void)
{
	for (size_t i = 0; i < tampering_count; i++) {
		const struct tampering *tampering = &tamperings[i];
		struct verify_report report;
		char name[32];
		snprintf(name, sizeof(name), "tampered-%zu", i);
		const char *path = folder_path(name);
		tamper_make(tampering, path);
		enum rule rule = verify(path, NULL, &report);
		const char *verdict = report.verdict == RULE_OK ? NULL : rule_name(report.verdict);
		bool good = rule == RULE_OK && (verdict == NULL) == (tampering->rule == NULL) &&
			(verdict == NULL || strcmp(verdict, tampering->rule) == 0) &&
			(tampering->says == NULL || says(&report.not_proved, tampering->says));
		if (!test_check(good, "%s", tampering->name)) {
			struct buffer text = {0};
			verify_print_text(&text, &report);
			buffer_u8(&text, 0);
			printf("# %s, system %s\n# %s\n", verdict == NULL ? "proved" : verdict, rule_name(rule),
				(const char *)text.data);
			buffer_free(&text);
		}
		verify_report_free(&report);
	}
}

static void test_good(void)
{
	struct verify_report report;
	const char *path = folder_path("good");
	tamper_make(NULL, path);
	test_check(verify(path, NULL, &report) == RULE_OK && report.verdict == RULE_OK, "two parties: proved");
	test_check(report.entries == 2 * LOG_SIZE, "every entry was looked at");
	/*
	 * 2 cards, 2 of the agreement, 2 checkpoints with a cosignature each, the entries, and what record/received
	 * quotes
	 */
	test_check(report.signatures == 8 + 2 * LOG_SIZE + 277, "every signature was counted: %d",
		(int)report.signatures);
	test_check(says(&report.proved, "the agreement \"Test\""), "says what agreement");
	test_check(says(&report.proved, "a.example's log is these 280 entries in this order"), "says which log");
	test_check(says(&report.proved, "b.example stored a.example's log as far as that by 2026-09-26T12:02:18Z"),
		"says who stored it, and when");
	test_check(
		says(&report.proved, "280 entries of b.example's log are each signed by a desk of its own and count"),
		"says what counts");
	test_check(says(&report.proved, "1 attachments are those that entries name"),
		"says that the attachment is the one");
	test_check(!says(&report.not_proved, "void") && !says(&report.not_proved, "wait"),
		"nothing is void, nothing waits");
	test_check(says(&report.not_proved, "whether what is stated is true") &&
			says(&report.not_proved, "what was never sent") && says(&report.not_proved, "together rewrite"),
		"says what no record proves");
	test_check(report.trusts.count == 2 && says(&report.trusts, "a.example, fingerprint ") &&
		says(&report.trusts, "vouched for by nobody"), "says on whose cards it rests");
	verify_report_free(&report);
}

static void test_trust(void)
{
	struct verify_report report;
	char digits[FINGERPRINT_SIZE];
	const char *path = folder_path("good");
	verify(path, NULL, &report);
	const char *found = strstr(statements_next(&report.trusts, NULL), "fingerprint ");
	snprintf(digits, sizeof(digits), "%.47s", found + strlen("fingerprint "));
	verify_report_free(&report);

	struct verify_trust trust = {BYTES("a.example"), bytes_string(digits)};
	const struct verify_options options = {.trust = &trust, .trust_count = 1, .threads = 1};
	test_check(verify(path, &options, &report) == RULE_OK && report.verdict == RULE_OK,
		"a fingerprint vouched for");
	test_check(says(&report.trusts, "vouched for by whoever runs this") &&
			says(&report.trusts, "vouched for by nobody"),
		"the report says for which card");
	verify_report_free(&report);

	trust.party = BYTES("b.example");
	verify(path, &options, &report);
	test_check(report.verdict == RULE_RECORD_TRUST, "another fingerprint than the one vouched for");
	verify_report_free(&report);
	trust.party = BYTES("c.example");
	verify(path, &options, &report);
	test_check(report.verdict == RULE_RECORD_TRUST, "a party vouched for that is not there");
	verify_report_free(&report);
}

/* Three parties, and every number of threads gives the same report. */
static void test_three(void)
{
	struct build build;
	struct buffer first = {0}, other = {0};
	const char *path = folder_path("three");
	build_start(&build, 3);
	build_talk(&build, 30);
	build_export(&build, path);
	build_end(&build);
	for (unsigned threads = 1; threads <= 9; threads += 2) {
		const struct verify_options options = {.threads = threads};
		struct verify_report report;
		buffer_clear(&other);
		verify(path, &options, &report);
		verify_print_text(threads == 1 ? &first : &other, &report);
		if (threads == 1)
			test_check(report.verdict == RULE_OK && report.entries == 30 * 3 * 4, "three parties: proved");
		else
			test_check(bytes_equal(buffer_bytes(&first), buffer_bytes(&other)), "the same with %u threads",
				threads);
		verify_report_free(&report);
	}
	buffer_free(&first);
	buffer_free(&other);
}

/* Sizes at which a tree has no partial tile, or none that is full, or a level more. */
static void test_sizes(void)
{
	static const unsigned sizes[] = {1, 255, 256, 257, 512, 65537};
	struct build build;
	build_start(&build, 2);
	build.reuse = true;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct build_say hello = {.form = "hotline/goodwill", .to = 1, .opens = true, .text = "Hello"};
		struct verify_report report;
		char name[32];
		snprintf(name, sizeof(name), "size-%u", sizes[i]);
		while (build.parties[0].size < sizes[i]) {
			build_say(&build, 0, &hello);
			build.at++; /* there is a limit to what fits into a second */
		}
		build_close(&build, 0);
		build_close(&build, 1); /* a checkpoint of nothing */
		build_export(&build, folder_path(name));
		verify(folder_path(name), NULL, &report);
		test_check(report.verdict == RULE_OK && report.entries == sizes[i] && !says(&report.not_proved, "void"),
			"a log of %u entries", sizes[i]);
		verify_report_free(&report);
	}
	build_end(&build);
}

static void test_print(void)
{
	struct verify_report report;
	struct buffer text = {0};
	verify(folder_path("good"), NULL, &report);
	verify_print_text(&text, &report);
	test_check(bytes_start(buffer_bytes(&text),
			   BYTES("PROVED (560 entries, 845 signatures)\nProved:\n  the agreement ")),
		"the report as text");
	buffer_clear(&text);
	verify_print_json(&text, &report);
	test_check(bytes_start(buffer_bytes(&text), BYTES("{\"verdict\":\"proved\",\"proved\":[\"the agreement ")),
		"the report as JSON");
	verify_report_free(&report);

	size_t hostile = 0;
	while (strcmp(tamperings[hostile].name, "extra: a hostile name") != 0)
		hostile++;
	char name[32];
	snprintf(name, sizeof(name), "tampered-%zu", hostile);
	verify(folder_path(name), NULL, &report);
	buffer_clear(&text);
	verify_print_text(&text, &report);
	test_check(memchr(text.data, '\x1b', text.size) == NULL &&
			bytes_start(buffer_bytes(&text), BYTES("REFUSED: cards/\\x1b[2Jx: a record holds the files")),
		"a refusal as text");
	buffer_clear(&text);
	verify_print_json(&text, &report);
	test_check(bytes_start(buffer_bytes(&text), BYTES("{\"verdict\":\"refused\",\"proved\":[],")),
		"a refusal as JSON");
	verify_report_free(&report);
	buffer_free(&text);
}

int main(void)
{
	test_start();
	folder_make();
	test_good();
	test_trust();
	test_tamperings();
	test_print();
	test_three();
	test_sizes();
	folder_remove();
	return test_end();
}

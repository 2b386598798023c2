/* What is owed and who stands where, as text and as JSON, of states that the kernel comes to. */
#include "state_view.h"

#include "build.h"
#include "test.h"

enum { A, B };

static struct build build;
static struct rows_memory *memory;
static struct kernel *kernel;

static bool holds(const struct buffer *text, const char *wanted)
{
	bool found = text->size != 0 && memmem(text->data, text->size, wanted, strlen(wanted)) != NULL;
	if (!found)
		printf("# in:\n%.*s\n", BYTES_SHOWN(buffer_bytes(text)));
	return found;
}

static void add(size_t party, uint64_t index)
{
	struct entry *entry = malloc(sizeof(*entry));
	struct buffer note = {0};
	build_entry(&build, party, index, &note);
	struct kernel_entry added = {party, index, entry};
	if (entry == NULL || entry_parse(entry, buffer_bytes(&note), NULL) != RULE_OK || kernel_add(kernel, &added) != RULE_OK)
		abort();
	free(entry);
	buffer_free(&note);
}

static uint64_t call(size_t from, size_t to)
{
	uint64_t index = build_say(&build, from, &(struct build_say){.form = "hotline/call", .to = to, .opens = true,
		.text = "x"});
	add(from, index);
	return index;
}

/* What is owed under the entry, as its party or the other reads it. */
static void shown(uint64_t index, int64_t now, size_t self, struct buffer *text, struct buffer *json_text)
{
	struct kernel_owed owed = {.count = 0};
	struct json json;
	if (kernel_owed(kernel, (struct kernel_place){A, index}, &owed) != RULE_OK)
		abort();
	struct state_owed view = {.kernel = kernel, .obligation = &owed.items[0], .now = now, .self = self, .lang = BYTES("en")};
	buffer_clear(text);
	buffer_clear(json_text);
	state_owed_text(text, &view);
	json_start(&json, json_text);
	state_owed_json(&json, &view);
	kernel_owed_free(&owed);
}

static void check_owed(void)
{
	struct buffer text = {0}, json = {0};
	int64_t began = build.at;
	uint64_t index = call(A, B);
	shown(index, began + 60, A, &text, &json);
	test_check(holds(&text, "a.example/0          b.example: not reached since 2026-09-26T12:00:00Z\n"),
		"what has not arrived is not reached, and nothing more is said");
	test_check(holds(&json, "\"standing\":\"unreached\"") && holds(&json, "\"due\":null"), "as JSON");
	build.at = began + 120;
	add(B, build_received(&build, B, A));
	shown(index, began + 180, B, &text, &json);
	test_check(holds(&text, "WE, b.example: open, 23h 59m left, due 2026-09-27T12:02:00Z\n"), "time left");
	test_check(holds(&text, "clock 1d 00h from 2026-09-26T12:02:00Z (record/received)"), "from which cosignature");
	test_check(holds(&json, "\"ours\":true") && holds(&json, "\"told_by\":\"record/received\"") &&
		holds(&json, "\"owes\":[\"hotline/ack\""), "as JSON");
	shown(index, began + 120 + 86400 + 61, A, &text, &json);
	test_check(holds(&text, "overdue by 1m 01s since 2026-09-27T12:02:00Z"), "overdue");
	build.at = began + 240;
	build_see(&build, B, A);
	uint64_t answer = build_say(&build, B, &(struct build_say){.form = "hotline/answer", .to = A, .matter_party = A,
		.matter = index, .re_party = A, .re = index, .text = "y"});
	add(B, answer);
	shown(index, began + 1000, A, &text, &json);
	test_check(holds(&text, "met 2026-09-26T12:04:00Z") && holds(&text, "; answered by b.example/1\n"), "met");
	test_check(holds(&json, "\"answer\":\"b.example/1\""), "as JSON");
	buffer_free(&text);
	buffer_free(&json);
}

static void check_matter(void)
{
	struct buffer text = {0}, json_text = {0};
	struct kernel_matter matter;
	struct json json;
	if (kernel_matter(kernel, (struct kernel_place){A, 0}, &matter) != RULE_OK)
		abort();
	struct state_matter view = {.kernel = kernel, .matter = &matter, .now = build.at, .entries = 2, .open = 1,
		.lang = BYTES("zh")};
	test_check(state_matter_text(&text, &view) == RULE_OK && holds(&text,
		"a.example/0          2026-09-26T12:00:00Z  hotline/call (呼叫), among a.example b.example; 2 entries, 1 owed\n"),
		"a matter, in the reader's language");
	json_start(&json, &json_text);
	test_check(state_matter_json(&json, &view) == RULE_OK && holds(&json_text,
		"\"circle\":[\"a.example\",\"b.example\"],\"entries\":2,\"owed\":1,\"positions\":[],\"exchange\":[]"), "as JSON");
	buffer_free(&text);
	buffer_free(&json_text);
}

static void check_words(void)
{
	static const struct { int64_t seconds; const char *text; } cases[] = {{-5, "0s"}, {0, "0s"}, {59, "59s"}, {60, "1m 00s"},
		{3599, "59m 59s"}, {3600, "1h 00m"}, {90061, "1d 01h"}, {864000, "10d 00h"}};
	struct buffer text = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&text);
		state_duration(&text, cases[i].seconds);
		test_check(bytes_is(buffer_bytes(&text), cases[i].text), "%lld seconds are %s", (long long)cases[i].seconds,
			cases[i].text);
	}
	const struct kernel_reckoning overdue = {.due = 9, .standing = KERNEL_OVERDUE}, open = {.due = 5, .standing = KERNEL_OPEN},
		later = {.due = 6, .standing = KERNEL_OPEN}, unreached = {.due = KERNEL_NEVER, .standing = KERNEL_UNREACHED},
		met = {.due = 1, .standing = KERNEL_MET};
	test_check(state_urgency(&overdue, &open) < 0 && state_urgency(&open, &later) < 0 &&
		state_urgency(&later, &unreached) < 0 && state_urgency(&unreached, &met) < 0 && state_urgency(&met, &met) == 0,
		"what is urgent comes first");
	buffer_free(&text);
}

int main(void)
{
	test_start();
	build_start(&build, 2);
	memory = rows_memory_new();
	struct rows rows = rows_in_memory(memory);
	if (kernel_new(&kernel, build.cards, &rows) != RULE_OK)
		abort();
	check_owed();
	check_matter();
	check_words();
	kernel_free(kernel);
	rows_memory_free(memory);
	build_end(&build);
	return test_end();
}

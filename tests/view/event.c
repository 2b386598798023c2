/* What happened, in a sentence: every kind of event that the manual names, and values that would harm a terminal. */
#include "event_view.h"

#include "test.h"
#include "words.h"

static const struct { const char *row, *line; } rows[] = {
	{"{\"at\":\"2026-11-22T10:00:00Z\",\"event\":\"started\"}", "7 2026-11-22T10:00:00Z  the node has started\n"},
	{"{\"at\":\"T\",\"agreement\":\"x\",\"event\":\"entry\",\"party\":\"b.example\",\"entry\":\"b.example/4\",\"ours\":false,"
		"\"form\":\"hotline/call\",\"from\":\"b.example/duty\",\"to\":[\"a.example/duty\"],\"to_us\":true}",
		"7 T  b.example/4: hotline/call from b.example/duty to a desk of ours\n"},
	{"{\"at\":\"T\",\"event\":\"entry\",\"entry\":\"b.example/4\",\"form\":\"hotline/decline\",\"from\":\"b.example/duty\","
		"\"to_us\":true,\"refuses\":true}", "7 T  b.example/4: hotline/decline from b.example/duty, a refusal\n"},
	{"{\"at\":\"T\",\"event\":\"void\",\"party\":\"b.example\",\"entry\":\"b.example/4\",\"ours\":false,\"rule\":\"judge.form\"}",
		"7 T  b.example/4 is void and does not count: a form is one of the agreement's mechanisms' [judge.form]\n"},
	{"{\"at\":\"T\",\"event\":\"void\",\"entry\":\"b.example/4\",\"rule\":\"no.such\"}",
		"7 T  b.example/4 is void and does not count: no.such\n"},
	{"{\"at\":\"T\",\"event\":\"clock\",\"party\":\"b.example\",\"apart\":true,\"skew_s\":-400}",
		"7 T  the clock of b.example is -400 s from ours\n"},
	{"{\"at\":\"T\",\"event\":\"clock\",\"party\":\"b.example\",\"apart\":false,\"skew_s\":3}",
		"7 T  the clock of b.example agrees with ours again\n"},
	{"{\"at\":\"T\",\"event\":\"refuses-log\",\"party\":\"b.example\",\"says\":\"409: \\\"no\\\\\xe2\x80\xae\x1b[2J\"}",
		"7 T  ALARM: b.example refuses our log: 409: \"no\\\\xe2\\x80\\xae\\x1b[2J\n"},
	{"{\"at\":\"T\",\"event\":\"overdue\",\"party\":\"b.example\",\"entry\":\"a.example/1\",\"form\":\"hotline/call\","
		"\"ours\":false,\"due\":\"D\",\"standing\":\"overdue\"}",
		"7 T  ALARM: overdue: what b.example owes to a.example/1 was due D\n"},
	{"{\"at\":\"T\",\"event\":\"entries\",\"party\":\"b.example\",\"first\":3,\"last\":90,\"ours\":false,\"void\":0,\"to_us\":5}",
		"7 T  entries 3 to 90 of b.example are here; to us: 5\n"},
	{"{\"at\":\"T\",\"event\":\"what-nobody-knows\",\"x\":1}",
		"7 T  {\"at\":\"T\",\"event\":\"what-nobody-knows\",\"x\":1}\n"},
};

/* Each kind that the manual lists is said in a sentence. */
static void check_manual(void)
{
	static char manual[1 << 18];
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/man/detente.1", source == NULL ? "." : source);
	FILE *from = fopen(path, "rb");
	size_t size = from == NULL ? 0 : fread(manual, 1, sizeof(manual) - 1, from);
	test_check(from != NULL && fclose(from) == 0 && size > 0, "the manual");
	char *at = strstr(manual, "\n.Ss Events\n"), *end = at == NULL ? NULL : strstr(at, "\n.Ss Ladder\n");
	size_t kinds = 0;
	while (end != NULL && (at = strstr(at, "\n.It Li ")) != NULL && at < end) {
		at += strlen("\n.It Li ");
		char line[200];
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		for (char *rest = line, *kind; (kind = strsep(&rest, " ,")) != NULL;) {
			if (*kind == '\0')
				continue;
			struct buffer row = {0}, text = {0};
			buffer_format(&row, "{\"at\":\"T\",\"event\":\"%s\"}", kind);
			event_view(&text, 1, buffer_bytes(&row));
			test_check(text.size > 0 && memchr(text.data, '{', text.size) == NULL, "%s has a sentence", kind);
			buffer_free(&row);
			buffer_free(&text);
			kinds++;
		}
	}
	test_check(kinds > 20, "the manual's events");
}

int main(void)
{
	test_start();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buffer text = {0};
		event_view(&text, 7, bytes_string(rows[i].row));
		if (!test_check(bytes_is(buffer_bytes(&text), rows[i].line), "%.60s", rows[i].line + 5))
			printf("# %.*s", (int)text.size, (const char *)text.data);
		buffer_free(&text);
	}
	check_manual();
	return test_end();
}

/*
 * Entries on paper, against the pages that are kept in tests/view/print. With a folder as argument it writes them
 * there.
 */
#include "entry_print.h"

#include "columns.h"
#include "mechanism/world.h"
#include "paper.h"
#include "test.h"

static const char talk[] =
	"detente mechanism v1\nname talk\ncode flash\nlabel en Flash\nlabel zh 特急\n"
	"form talk/call\nlabel en Call\nlabel zh 呼叫\nopens yes\n"
	"field priority open code required\nlabel en Priority\nlabel zh 优先级\ncodes flash\n"
	"field subject sealed line required 1000\nlabel en Subject\nlabel zh 主题\n"
	"field text sealed text optional 32000\nlabel en Text\nlabel zh 正文\n";

static struct world world;
static struct entry entry;
static struct sealed_lines lines;
static struct view_entry view;
static struct view_print print;
static struct buffer words;

static void add_line(const char *key, const char *value)
{
	struct sealed_line *line = &lines.lines[lines.count++];
	line->field = (struct line){bytes_string(key), bytes_string(value)};
}

/* A call of a.example's, opened and valid, with a receipt. */
static void start(void)
{
	memset(&entry, 0, sizeof(entry));
	memset(&lines, 0, sizeof(lines));
	memset(&view, 0, sizeof(view));
	entry = (struct entry){.from = BYTES("a.example/duty"), .form = BYTES("talk/call"), .opens = true, .at = WORLD_AT,
		.to = {BYTES("b.example/duty")}, .to_count = 1, .tlp = BYTES("AMBER"), .lang = BYTES("en"), .sealed = true,
		.sealed_count = 2, .fields = {{BYTES("priority"), BYTES("flash")}}, .field_count = 1};
	add_line("subject", "Do you read me?");
	view = (struct view_entry){.terms = world.terms, .lang = BYTES("en"), .place = {BYTES("a.example"), 41},
		.entry = &entry, .state = VIEW_VALID, .lines = &lines,
		.receipts = {{BYTES("b.example"), WORLD_AT + 60, 45}}, .receipt_count = 1};
	print = (struct view_print){.entry = &view, .note = BYTES("the entry's bytes"),
		.origin = terms_origin(world.terms, 0), .size = 100};
	memset(print.root.bytes, 0x5a, SHA256_SIZE);
}

static void make_call(void)
{
	entry.transcribed = true;
	view.answers = BYTES("b.example/7\nb.example/9\n");
}

static void make_attached(void)
{
	entry.attachments[0].size = 67108864;
	memset(entry.attachments[0].digest, 0xa5, SHA256_SIZE);
	entry.attachment_count = 1;
	view.attachments[0].here = true;
	add_line(ATTACHMENT_KEY, "0123456789abcdef0123456789abcdef");
	add_line(ATTACHMENT_NAME, "a plan with a name that is rather longer than what anybody would call a file.pdf");
}

static void make_chinese(void)
{
	view.lang = BYTES("zh-Hans");
	entry.lang = BYTES("zh");
	lines.count = 0;
	add_line("subject", "我方雷达在贵方领空以东海域发现不明飞行物（两架），"
		"请立即核实并答复；如属贵方所有，请说明其任务、航向与预计返航时间，以免误判。");
	for (int i = 1; i <= 60; i++)
		buffer_format(&words, "第 %d 点：双方应在十五分钟内以热线相互通报，"
			"并以 Détente 记录在案。No action is taken before that.\\n", i);
	buffer_string(&words, "完");
	buffer_u8(&words, 0);
	add_line("text", (const char *)words.data);
}

static void make_void(void)
{
	view.state = VIEW_VOID;
	view.why = RULE_ENTRY_SIGNER;
	view.lines = NULL;
}

static void make_no_entry(void)
{
	make_void();
	view.entry = NULL;
}

static void make_closed(void)
{
	view.state = VIEW_PENDING;
	view.lines = NULL;
	view.closed = RULE_SEALED_KEY;
	view.receipt_count = 0;
	print.size = 41;
}

static void make_hostile(void)
{
	lines.count = 0;
	add_line("subject", "\xe2\x80\xae" "desrever");
	add_line("text", "page 1 of 1\\n----\\n\\n\\n\xef\xbb\xbf");
}

/* Written in English, read in Chinese: a translation of one text came with it. */
static void make_beside(void)
{
	view.lang = BYTES("zh-Hans");
	lines.count = 0;
	add_line("subject", "Do you read me?");
	add_line("text", "An object without lights crossed the line at noon.\\nWe ask whose it is, and what it does there.");
	add_line(COURTESY_KEY, "zh text 一架未开灯的飞行物于正午越线。\\n请告知其归属与任务。");
	add_line(COURTESY_KEY, "fr text Un objet sans feux a franchi la ligne.");
	print.beside = true;
}

/* Written in Arabic, with words from left to right in it; read in English. */
static void make_arabic(void)
{
	entry.lang = BYTES("ar");
	lines.count = 0;
	add_line("subject", "هل تسمعني؟");
	add_line("text", "عبر جسم بلا أضواء الخط عند الظهر قرب المحطة Alpha 7، ونطلب معرفة الجهة التي يتبع لها.\\nانتهى.");
	add_line(COURTESY_KEY, "en subject Do you hear me?");
	print.beside = true;
}

static const struct {
	const char *name;
	void (*make)(void);
} cases[] = {
	{"beside", make_beside}, {"arabic", make_arabic},
	{"call", make_call}, {"attached", make_attached}, {"chinese", make_chinese}, {"void", make_void},
	{"no-entry", make_no_entry}, {"closed", make_closed}, {"hostile", make_hostile},
};

/* No line is too wide, no page too long, and each bears the digits. */
static void check_paper(const char *name, struct bytes text)
{
	char digits[FINGERPRINT_SIZE];
	struct cursor cursor = cursor_of(text);
	bool narrow = true, all = true;
	size_t on_page = 0;
	fingerprint_of(print.note, digits);
	while (cursor_left(&cursor) > 0) {
		struct bytes line = cursor_line(&cursor);
		if (line.size > 0 && line.data[0] == '\f') {
			line = bytes_of(line.data + 1, line.size - 1);
			on_page = 0;
		}
		int columns = columns_of(line);
		narrow = narrow && columns >= 0 && columns <= PAPER_COLUMNS;
		all = all && (++on_page != 2 || bytes_is(line, digits)) && on_page <= PAPER_LINES;
	}
	test_check(narrow, "%s: no line is wider than the paper", name);
	test_check(all, "%s: every page bears the digits, and none is too long", name);
}

static void check_case(size_t i, const char *folder, bool writes)
{
	char path[4096];
	struct buffer got = {0};
	static uint8_t kept[65536];
	start();
	buffer_clear(&words);
	cases[i].make();
	view_entry_print(&got, &print);
	snprintf(path, sizeof(path), "%s/%s", folder, cases[i].name);
	FILE *file = fopen(path, writes ? "w" : "r");
	bool good = file != NULL && got.rule == RULE_OK;
	if (good && writes)
		good = fwrite(got.data, 1, got.size, file) == got.size;
	else if (good)
		good = bytes_equal(buffer_bytes(&got), bytes_of(kept, fread(kept, 1, sizeof(kept), file)));
	if (file != NULL)
		fclose(file);
	test_check(good, "%s: the pages are those in tests/view/print", cases[i].name);
	check_paper(cases[i].name, buffer_bytes(&got));
	buffer_free(&got);
}

int main(int count, char **arguments)
{
	char folder[2048];
	const char *source = getenv("DETENTE_SOURCE");
	test_start();
	if (!columns_start() || source == NULL) {
		test_skip("pages", "the locale C.UTF-8, or DETENTE_SOURCE, the source folder");
		return test_end();
	}
	snprintf(folder, sizeof(folder), "%s/tests/view/print", source);
	world_start(&world, 2);
	world.agreement.mechanism_count = world.source.mechanism_count = 0;
	world_file(&world, "record", bytes_string(world_record));
	world_file(&world, "talk", bytes_string(talk));
	world_agree(&world, 2);
	world_load(&world);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(i, count > 1 ? arguments[1] : folder, count > 1);
	buffer_free(&words);
	world_end(&world);
	return test_end();
}

/* The picture: its text, its JSON and its drawing, of numbers and texts that are made up, hostile ones among them. */
#include "picture_view.h"

#include "test.h"

static const char file[] =
	"detente mechanism v1\nname talk\ncode calm\nlabel en Calm & quiet\nlabel zh 平静\ncode tense\nlabel en Tense\nlabel zh 紧张\n"
	"code chips\nlabel en Chips\nlabel zh 芯片\ncode standing\nlabel en Standing\nlabel zh 生效\n"
	"scale level greatest\npositions calm tense\n"
	"form talk/call\nlabel en Call <1>\nlabel zh 呼叫\nopens yes\non level\n";

static struct picture picture;
static struct mechanism *mechanism;

static bool holds(const struct buffer *text, const char *part)
{
	return memmem(text->data, text->size, part, strlen(part)) != NULL;
}

static void start(const char *gist)
{
	static struct picture_pair pairs[2];
	static const struct picture_point points[] = {{1000, 1}, {90000, 0}};
	const struct form *form = &mechanism->forms[0];
	pairs[0] = (struct picture_pair){.asked_by = BYTES("a.example"), .owed_by = BYTES("b.example"), .asked = 3, .met = 2,
		.late = 1, .first = {3, 60, 3600}, .acknowledged = {1, 60, 60}, .answered = {2, 600, 3600}};
	pairs[1] = (struct picture_pair){.asked_by = BYTES("b.example"), .owed_by = BYTES("a.example"), .tested = true,
		.tests = {.sent = 4, .received = 3, .missed = 1, .median_s = 2, .longest_s = 5}};
	picture = (struct picture){.title = BYTES("A <b> & \"c\""), .lang = BYTES("en"), .now = 100000,
		.parties = {BYTES("a.example"), BYTES("b.example"), BYTES("c.example")}, .party_count = 3, .pairs = pairs,
		.pair_count = 2, .matters = 5, .cut_short = true, .sector_count = 1, .chain_count = 1, .level_count = 1,
		.text_count = 1};
	picture.sectors[0] = (struct picture_sector){.mechanism = mechanism, .sector = BYTES("chips"), .status = BYTES("standing"),
		.party = BYTES("a.example"), .count = 2, .unreviewed = 1};
	picture.dormant = (struct picture_list){.items = {{.matter = {BYTES("a.example"), 7}, .form = form, .due = 5000}},
		.count = 1, .all = 3};
	snprintf(picture.dormant.items[0].gist, PICTURE_GIST_MAX, "%s", gist);
	picture.chains[0] = (struct picture_chain){.count = 2, .length = 2, .turns = 1,
		.links = {{{BYTES("a.example"), 7}, 1000, form}, {{BYTES("b.example"), 9}, 2000, form}}};
	picture.levels[0] = (struct picture_level){mechanism, &mechanism->scales[0], points, 2};
	picture.texts[0] = (struct picture_text){.matter = {BYTES("a.example"), 7}, .mechanism = mechanism,
		.scale = &mechanism->scales[0], .version = "00112233445566778899aabbccddeeff", .own = {1, -1, 0}, .circle = 7,
		.joint = 1};
}

static void check_text(void)
{
	struct buffer text = {0}, json_text = {0};
	struct json json;
	picture_text(&text, &picture);
	test_check(holds(&text, "  b.example, asked by a.example 3 times: 2 met, 1 late, 0 open\n"), "how each answered each");
	test_check(holds(&text, "first word, 3 times: half within 1m 00s, the longest 1h 00m\n") &&
		holds(&text, "acknowledged, 1 times: half within 1m 00s") && holds(&text, "answered, 2 times: half within 10m 00s"),
		"how fast");
	test_check(holds(&text, "line tests from b.example: 4 sent, 3 received, 1 missed; half within 2s, the longest 5s"),
		"how the line was tested");
	test_check(holds(&text, "  Chips: of a.example: Standing: 2, of which 1 past their review date, and in effect as before\n"),
		"measures by sector");
	test_check(holds(&text, "a.example/7, Call <1>\n    hello\n  and 2 more\n"), "what sleeps, and how many are not shown");
	test_check(holds(&text, "  2 entries, 1 times from one party to another\n"), "a chain");
	test_check(holds(&text, "talk: 1970-01-01T00:16:40Z: Tense\n") && holds(&text, "talk: 1970-01-02T01:00:00Z: Calm & quiet\n"),
		"a level over time");
	test_check(holds(&text, "    a.example            Tense\n    b.example            has said nothing\n"
		"    c.example            Calm & quiet\n"), "three parties on a text");
	test_check(holds(&text, "Not all entries were counted"), "that it is cut short");
	json_start(&json, &json_text);
	picture_json(&json, &picture);
	test_check(holds(&json_text, "{\"asked_by\":\"a.example\",\"owed_by\":\"b.example\",\"asked\":3,\"met\":2,\"late\":1") &&
		holds(&json_text, "\"positions\":{\"a.example\":\"tense\",\"b.example\":null,\"c.example\":\"calm\"}") &&
		holds(&json_text, "\"cut_short\":true"), "as JSON, in codes");
	test_check(!holds(&json_text, "hello"), "without what is sealed to some");
	buffer_free(&text);
	buffer_free(&json_text);
}

/* Nothing but printable characters, and markup of ours only. */
static void check_drawing(const char *name, const char *gist, const char *shown)
{
	struct buffer text = {0};
	start(gist);
	picture_svg(&text, &picture);
	bool clean = text.rule == RULE_OK;
	for (size_t i = 0; i < text.size; i++)
		clean = clean && (text.data[i] >= 0x20 || text.data[i] == '\n') && text.data[i] != 0x7f;
	test_check(clean && !holds(&text, "\xe2\x80\xae") && !holds(&text, "<script") && !holds(&text, "<b>") &&
		!holds(&text, "]]>"), "drawn: %s: nothing hidden, no markup", name);
	test_check(holds(&text, shown), "drawn: %s: shown as it is", name);
	test_check(holds(&text, "<title id=\"title\">A &lt;b&gt; &amp; &quot;c&quot;</title>"), "drawn: %s: the title", name);
	buffer_free(&text);
}

static void check_languages(void)
{
	struct buffer text = {0};
	start("");
	picture.lang = BYTES("zh");
	picture_svg(&text, &picture);
	test_check(holds(&text, ">芯片<") && holds(&text, ">紧张<") && holds(&text, ">呼叫<"), "labels are the reader's");
	buffer_free(&text);
	start("");
	picture.pair_count = picture.sector_count = picture.chain_count = picture.level_count = picture.text_count = 0;
	picture.dormant.count = 0;
	picture.dormant.all = 0;
	picture_svg(&text, &picture);
	test_check(text.rule == RULE_OK && holds(&text, "</svg>"), "a picture of nothing");
	buffer_free(&text);
}

int main(void)
{
	test_start();
	if (test_check(mechanism_read(&mechanism, bytes_string(file), NULL) == RULE_OK, "the mechanism of this test")) {
		start("hello");
		check_text();
		check_drawing("markup", "<script>alert('x')</script>]]>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;]]&gt;");
		check_drawing("what turns text around", "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb");
		check_drawing("control characters", "a\x1b[31mb", "a\\x1b[31mb");
		check_drawing("Chinese", "双方保持沟通", "双方保持沟通");
		check_languages();
	}
	mechanism_free(mechanism);
	return test_end();
}

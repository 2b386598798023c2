/*
 * What is shown of a document: its kind, title and products; which rule one that is malformed breaks; that it is not
 * what the entry says, or not the one that it names; and every character in it that is not seen.
 */
#include "document_view.h"

#include "test.h"
#include "words.h"

static struct buffer shown;

static const char *show(const char *json_text, struct view_document *view)
{
	view->rule = document_read(&view->document, bytes_string(json_text), &view->fault);
	view->is_claimed = view->rule == RULE_OK && document_is(view->document, bytes_string(view->claimed));
	buffer_clear(&shown);
	view_document_text(&shown, view);
	struct json json;
	json_start(&json, &shown);
	json_object(&json, NULL);
	view_document_json(&json, view);
	json_end(&json);
	buffer_u8(&shown, 0);
	free(view->document);
	view->document = NULL;
	return (const char *)shown.data;
}

#define CYCLONEDX "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{\"type\":\"library\","

static const struct {
	const char *name, *claimed, *text;
	const char *in[3], *out; /* what stands in it, and what does not */
} cases[] = {
	{"a bill of materials", "cyclonedx",
		CYCLONEDX "\"name\":\"left\",\"version\":\"1.0\",\"purl\":\"pkg:npm/left@1.0\"}]}",
		{"Document: CycloneDX\n    Format: 1.6\n", "Products that it names: 1\n    Product left, version 1.0\n",
		"      purl pkg:npm/left@1.0\n"}, "NOT"},
	{"in JSON, too", "cyclonedx", CYCLONEDX "\"name\":\"left\",\"bom-ref\":\"x\"}]}",
		{"\"claimed\":\"cyclonedx\"", "\"is_claimed\":true",
			"{\"name\":\"left\",\"bom-ref\":\"x\",\"more\":0}"}, "\"rule\""},
	{"it lies about its kind", "csaf", CYCLONEDX "\"name\":\"left\"}]}",
		{"Document: CycloneDX; NOT what the entry says, which is csaf", "\"is_claimed\":false", ""},
			"\"rule\""},
	{"malformed", "csaf", "{\"document\":", {"Document, said to be csaf, not read: ", "[document.json",
		"\"rule\":\"document.json\""},
		"Product"},
	{"a member twice", "csaf", "{\"a\":1,\"a\":2}", {"[document.duplicate", "", ""}, "Product"},
	{"a name that turns around", "cyclonedx", CYCLONEDX "\"name\":\"safe\\u202egnp.exe\"}]}",
		{"Product safe\\xe2\\x80\\xaegnp.exe\n", "", ""}, "NOT"},
	{"a name with isolates", "cyclonedx", CYCLONEDX "\"name\":\"a\\u2066b\\u2069\"}]}",
		{"Product a\\xe2\\x81\\xa6b\\xe2\\x81\\xa9\n", "", ""},
		"NOT"},
	{"a name with a space of no width", "cyclonedx",
		CYCLONEDX "\"name\":\"le\\u200bft\",\"version\":\"\\ufeff1\"}]}",
		{"Product le\\xe2\\x80\\x8bft, version \\xef\\xbb\\xbf1\n", "", ""}, "NOT"},
	{"a name with tags", "cyclonedx", CYCLONEDX "\"name\":\"a\\udb40\\udc41\"}]}",
		{"Product a\\xf3\\xa0\\x81\\x81\n", "", ""}, "NOT"},
	{"a name with an escape and a line", "cyclonedx", CYCLONEDX "\"name\":\"a\\u001b[2J\\nverdict\"}]}",
		{"Product a\\x1b[2J\\x0averdict\n", "", ""}, "NOT"},
	{"an identifier in mixed scripts", "cyclonedx", CYCLONEDX "\"name\":\"x\",\"purl\":\"pkg:npm/l\\u0435ft\"}]}",
		{"      purl pkg:npm/l\\xd0\\xb5ft\n", "", ""}, "NOT"},
	{"an identifier with bidi controls", "cyclonedx",
		CYCLONEDX "\"name\":\"x\",\"cpe\":\"cpe:2.3:a:\\u202eexample\\u202c\"}]}",
		{"      cpe cpe:2.3:a:\\xe2\\x80\\xaeexample\\xe2\\x80\\xac\n", "", ""}, "NOT"},
	{"a name in another script", "cyclonedx", CYCLONEDX "\"name\":\"\xd8\xaa\xd9\x87\xd8\xb1\xd8\xa7\xd9\x86\"}]}",
		{"Product \xd8\xaa\xd9\x87\xd8\xb1\xd8\xa7\xd9\x86\n", "", ""}, "\\x"},
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view_document view = {.rule = RULE_OK};
		snprintf(view.claimed, sizeof(view.claimed), "%s", cases[i].claimed);
		const char *text = show(cases[i].text, &view);
		bool good = strstr(text, cases[i].out) == NULL;
		for (size_t j = 0; j < 3; j++)
			good = good && strstr(text, cases[i].in[j]) != NULL;
		if (!test_check(good, "%s", cases[i].name))
			printf("# %s\n", text);
	}
}

static void check_digests(void)
{
	static const struct {
		enum view_digest digest;
		const char *said, *json;
	} digests[] = {{DIGEST_SAME, "is the one that the entry names", "\"digest\":\"same\""},
		{DIGEST_UNKNOWN, "was not looked at", "\"digest\":\"unknown\""},
		{DIGEST_DIFFERS, "NOT the document that the entry names: its SHA-256 is abcd",
			"\"digest\":\"differs\",\"sha256\":\"abcd\""}};
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		struct view_document view = {.digest = digests[i].digest, .claimed = "other-document", .found = "abcd"};
		const char *text = show("{}", &view);
		test_check(strstr(text, digests[i].said) != NULL && strstr(text, digests[i].json) != NULL, "%s",
			digests[i].said);
	}
	struct view_document view = {.claimed = "other-document"};
	buffer_clear(&shown);
	view_document_text(&shown, &view);
	test_check(bytes_is(buffer_bytes(&shown), "  Document of a kind that is not looked into\n"),
		"what nobody looks into");
}

int main(void)
{
	test_start();
	document_start(1);
	check_cases();
	check_digests();
	buffer_free(&shown);
	return test_end();
}

/*
 * Documents: each kind is read, with its title and its products' identifiers; what is malformed, too deep, too large,
 * lies about its kind or hides characters is told by its rule. The files are those of the fuzz target's corpus.
 */
#include "document.h"

#include "buffer.h"
#include "test.h"

static struct buffer file;

static bool read_sample(const char *name)
{
	const char *source = getenv("DETENTE_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/fuzz/corpus/document/%s.json", source == NULL ? "." : source, name);
	FILE *from = fopen(path, "rb");
	buffer_clear(&file);
	if (from == NULL)
		return false;
	uint8_t *room = buffer_extend(&file, 65536);
	if (room == NULL)
		exit(1);
	buffer_cut(&file, fread(room, 1, 65536, from));
	return fclose(from) == 0;
}

/* ---- what is read, and what is not ---- */

static const struct {
	const char *name;
	enum rule rule;
	const char *code; /* of what is read */
	bool vex;
	size_t products;
} cases[] = {
	{"csaf", RULE_OK, "csaf", false, 4},
	{"csaf-vex", RULE_OK, "csaf", true, 4},
	{"csaf-strange-tree", RULE_OK, "csaf", false, 1},
	{"cyclonedx", RULE_OK, "cyclonedx", false, 4},
	{"cyclonedx-vex", RULE_OK, "cyclonedx", true, 1},
	{"spdx", RULE_OK, "spdx", false, 1},
	{"openvex", RULE_OK, "openvex", true, 1},
	{"stix", RULE_OK, "stix", false, 1},
	{"cacao", RULE_OK, "cacao", false, 0},
	{"in-toto", RULE_OK, "in-toto", false, 1},
	{"other", RULE_OK, "other", false, 0},
	{"array", RULE_OK, "other", false, 0},
	{"deep-64", RULE_OK, "other", false, 0},
	{"brackets-in-text", RULE_OK, "other", false, 0},
	{"number-large", RULE_OK, "other", false, 0},
	{"many", RULE_OK, "cyclonedx", false, 70},
	{"hidden", RULE_OK, "cyclonedx", false, 3},
	/* not what the format requires */
	{"csaf-without-id", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"csaf-without-history", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"csaf-other-version", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"csaf-vulnerabilities-no-list", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"csaf-vex-without-products", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"csaf-vex-without-status", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"cyclonedx-component-without-type", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"cyclonedx-without-version", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"spdx-package-without-location", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"spdx-other-version", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"openvex-without-status", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"stix-object-without-id", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"cacao-other-version", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"in-toto-without-digest", RULE_DOCUMENT_FORM, NULL, false, 0},
	{"two-kinds", RULE_DOCUMENT_MIXED, NULL, false, 0},
	/* hostile */
	{"duplicate-key", RULE_DOCUMENT_DUPLICATE, NULL, false, 0},
	{"duplicate-deep", RULE_DOCUMENT_DUPLICATE, NULL, false, 0},
	{"duplicate-escaped", RULE_DOCUMENT_DUPLICATE, NULL, false, 0},
	{"deep", RULE_DOCUMENT_DEPTH, NULL, false, 0},
	{"cut", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"two-values", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"empty", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"text", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"single-quotes", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"comment", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"trailing-comma", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"scalar", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"nul", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"nul-byte", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"bom", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"latin-1", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"overlong", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"surrogate", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"utf-16", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"number-too-large", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"long-number", RULE_DOCUMENT_JSON, NULL, false, 0},
	{"closing-first", RULE_DOCUMENT_JSON, NULL, false, 0},
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct document *document = NULL;
		struct fault fault = {0};
		enum rule rule = read_sample(cases[i].name) ? RULE_OK : RULE_IO;
		if (rule == RULE_OK)
			rule = document_read(&document, buffer_bytes(&file), &fault);
		bool good = rule == cases[i].rule && fault.rule == rule;
		if (rule == RULE_OK && cases[i].code != NULL)
			good = good && strcmp(document_code(document->kind), cases[i].code) == 0 &&
				document->vex == cases[i].vex && document->product_total == cases[i].products;
		test_check(good, "%s: %s%s%s", cases[i].name, rule_name(cases[i].rule),
			fault.detail[0] == '\0' ? "" : ": ",
			fault.detail);
		free(document);
	}
}

/* ---- what it says ---- */

static void check_names(const char *sample, size_t n, const char *const wanted[5])
{
	struct document *document = NULL;
	if (!read_sample(sample) || document_read(&document, buffer_bytes(&file), NULL) != RULE_OK ||
		n >= document->product_count) {
		test_check(false, "%s: product %zu", sample, n);
		free(document);
		return;
	}
	const struct document_product *product = &document->products[n];
	const struct document_text *texts[] = {&product->name, &product->version, &product->id, &product->cpe,
		&product->purl};
	bool good = true;
	for (size_t i = 0; i < 5; i++)
		good = good && strcmp(texts[i]->bytes, wanted[i]) == 0;
	test_check(good, "%s: product %zu: %s", sample, n, wanted[0]);
	free(document);
}

static void check_products(void)
{
	check_names("csaf", 0, (const char *const[]){"Example Makers Router 2.1", "", "CSAFPID-0001",
		"cpe:2.3:h:example:router:2.1:*:*:*:*:*:*:*", "pkg:generic/example-router@2.1"});
	check_names("csaf", 3, (const char *const[]){"Router card in Router 2.1", "", "CSAFPID-0004", "", ""});
	check_names("cyclonedx", 1, (const char *const[]){"left", "1.0.0", "pkg:npm/left@1.0.0", "",
		"pkg:npm/left@1.0.0"});
	check_names("cyclonedx", 2, (const char *const[]){"left.js", "", "", "", ""});
	check_names("cyclonedx-vex", 0, (const char *const[]){"", "",
		"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#router",
		"", ""});
	check_names("spdx", 0, (const char *const[]){"left", "1.0.0", "SPDXRef-left",
		"cpe:2.3:a:example:left:1.0.0:*:*:*:*:*:*:*", "pkg:npm/left@1.0.0"});
	check_names("openvex", 0, (const char *const[]){"", "", "pkg:generic/example-router@2.1",
		"cpe:2.3:h:example:router:2.1:*:*:*:*:*:*:*", "pkg:generic/example-router@2.1"});
	check_names("stix", 0, (const char *const[]){"Router", "2.1", "software--a1827f6d-ca53-5605-9e93-4316cd22a00a",
		"cpe:2.3:h:example:router:2.1:*:*:*:*:*:*:*", ""});
	check_names("in-toto", 0, (const char *const[]){"router-2.1.bin", "", "sha256:"
		"abababababababababababababababababababababababababababababababab", "", ""});
	check_names("csaf-strange-tree", 0, (const char *const[]){"", "", "", "", ""});
}

static void check_title(void)
{
	struct document *document = NULL;
	bool good = read_sample("csaf") && document_read(&document, buffer_bytes(&file), NULL) == RULE_OK;
	test_check(good && strcmp(document->title.bytes, "Router: a password is set at the factory") == 0 &&
		strcmp(document->id.bytes, "EX-2026-001") == 0 && strcmp(document->version.bytes, "2") == 0 &&
		strcmp(document->format.bytes, "2.0") == 0, "an advisory's title, number, version and format");
	free(document);
}

/* ---- limits ---- */

static void check_cut(void)
{
	struct document *document = NULL;
	bool good = read_sample("long-name") && document_read(&document, buffer_bytes(&file), NULL) == RULE_OK;
	const struct document_product *product = good ? &document->products[0] : NULL;
	test_check(good && strlen(product->name.bytes) == 256 + 3 &&
		strcmp(product->name.bytes + 254, "\xc3\xa9...") == 0,
		"a long name is cut at a character, and says so");
	test_check(good && strlen(product->purl.bytes) == 256 && strlen(product->cpe.bytes) == 259,
		"one of the size that is shown is whole, one more byte is not");
	free(document);
	document = NULL;
	good = read_sample("many") && document_read(&document, buffer_bytes(&file), NULL) == RULE_OK;
	test_check(good && document->product_count == DOCUMENT_PRODUCTS_MAX && document->product_total == 70,
		"the first products are held, all are counted");
	free(document);
	document = NULL;
	good = read_sample("spdx") && document_read(&document, buffer_bytes(&file), NULL) == RULE_OK;
	test_check(good && document->products[0].more == 1, "a second CPE of a package is counted");
	free(document);
}

/* A text of `size` bytes of JSON: an array of `values` numbers, filled up with spaces. */
static enum rule read_made(size_t size, size_t values)
{
	struct document *document = NULL;
	buffer_clear(&file);
	buffer_string(&file, "[0");
	for (size_t i = 2; i < values; i++)
		buffer_string(&file, ",0");
	buffer_string(&file, "]");
	uint8_t *rest = size > file.size ? buffer_extend(&file, size - file.size) : NULL;
	if (rest != NULL)
		memset(rest, ' ', (size_t)(file.data + file.size - rest));
	enum rule rule = document_read(&document, buffer_bytes(&file), NULL);
	free(document);
	return rule;
}

static void check_limits(void)
{
	test_check(read_made(DOCUMENT_MAX, 2) == RULE_OK, "16 MiB");
	test_check(read_made(DOCUMENT_MAX + 1, 2) == RULE_DOCUMENT_SIZE, "enormous: a byte more");
	test_check(read_made(0, DOCUMENT_VALUES_MAX) == RULE_OK, "as many values as may be");
	test_check(read_made(0, DOCUMENT_VALUES_MAX + 1) == RULE_DOCUMENT_VALUES, "and one more");
	buffer_clear(&file);
	uint8_t *deep = buffer_extend(&file, 1u << 20);
	memset(deep, '[', 1u << 20);
	struct document *document = NULL;
	test_check(document_read(&document, buffer_bytes(&file), NULL) == RULE_DOCUMENT_DEPTH && document == NULL,
		"a million open brackets");
}

/* ---- codes ---- */

static void check_lie(const char *sample, const char *code, bool truth)
{
	struct document *document = NULL;
	bool good = read_sample(sample) && document_read(&document, buffer_bytes(&file), NULL) == RULE_OK &&
		document_is(document, bytes_string(code)) == truth;
	test_check(good, "%s %s %s", sample, truth ? "is" : "is no", code);
	free(document);
}

static void check_codes(void)
{
	check_lie("csaf", "csaf", true);
	check_lie("csaf", "vex", false);
	check_lie("csaf-vex", "vex", true);
	check_lie("csaf-vex", "csaf", true);
	check_lie("cyclonedx", "vex", false);
	check_lie("cyclonedx-vex", "vex", true);
	check_lie("openvex", "vex", true);
	check_lie("openvex", "csaf", false);
	check_lie("spdx", "cyclonedx", false);
	check_lie("other", "csaf", false);
	check_lie("other", "other", false);
	test_check(document_known(BYTES("vex")) && document_known(BYTES("stix")) && !document_known(BYTES("other")) &&
		!document_known(BYTES("other-document")) && !document_known(BYTES("")), "which codes are looked into");
}

int main(void)
{
	test_start();
	document_start(1);
	check_cases();
	check_products();
	check_title();
	check_cut();
	check_limits();
	check_codes();
	buffer_free(&file);
	return test_end();
}

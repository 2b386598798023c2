/*
 * kind: what a document is, by the mark that its format gives it, and what its format requires of every such document.
 */
#include "document_parts.h"

#include "words.h"

#define MEMBERS (const struct member[])
#define TEXT(path) {path, NEED_STRING, NULL}
#define ONLY(path, value) {path, NEED_STRING, value}
#define SOME(path) {path, NEED_SOME, NULL}
#define END {NULL, NEED_STRING, NULL}

static const struct kind {
	const char *code, *name, *id_name;
	const char *mark, *begins;  /* a text, and how it begins */
	const char *mark2, *begins2; /* where one alone would not tell */
	const char *format;          /* the version of the format */
	const struct member *members;
} kinds[] = {
	[DOCUMENT_OTHER] = {.code = "other", .name = "JSON", .id_name = "id"},
	[DOCUMENT_CSAF] = {"csaf", "CSAF", "product_id", "document.csaf_version", "", NULL, NULL,
		"document.csaf_version", MEMBERS{ONLY("document.csaf_version", "2.0"), TEXT("document.category"),
		TEXT("document.title"), TEXT("document.publisher.category"), TEXT("document.publisher.name"),
		TEXT("document.publisher.namespace"), TEXT("document.tracking.id"), TEXT("document.tracking.version"),
		TEXT("document.tracking.status"), TEXT("document.tracking.initial_release_date"),
		TEXT("document.tracking.current_release_date"), SOME("document.tracking.revision_history"), END}},
	[DOCUMENT_CYCLONEDX] = {"cyclonedx", "CycloneDX", "bom-ref", "bomFormat", "CycloneDX", NULL, NULL,
		"specVersion", MEMBERS{ONLY("bomFormat", "CycloneDX"), TEXT("specVersion"), END}},
	[DOCUMENT_SPDX] = {"spdx", "SPDX", "SPDXID", "spdxVersion", "", NULL, NULL,
		"spdxVersion", MEMBERS{ONLY("spdxVersion", "SPDX-2.3"), ONLY("SPDXID", "SPDXRef-DOCUMENT"),
		ONLY("dataLicense", "CC0-1.0"), TEXT("name"), TEXT("documentNamespace"), TEXT("creationInfo.created"),
		SOME("creationInfo.creators"), END}},
	[DOCUMENT_OPENVEX] = {"openvex", "OpenVEX", "@id", "@context", "https://openvex.dev/ns", NULL, NULL,
		"@context", MEMBERS{TEXT("@id"), TEXT("author"), TEXT("timestamp"), {"version", NEED_NUMBER, NULL},
		SOME("statements"), END}},
	[DOCUMENT_STIX] = {"stix", "STIX", "id", "type", "bundle", "id", "bundle--",
		NULL, MEMBERS{ONLY("type", "bundle"), END}},
	[DOCUMENT_CACAO] = {"cacao", "CACAO", "id", "type", "playbook", "spec_version", "cacao-",
		"spec_version", MEMBERS{ONLY("spec_version", "cacao-2.0"), TEXT("id"), TEXT("name"), END}},
	[DOCUMENT_IN_TOTO] = {"in-toto", "in-toto", "digest", "_type", "https://in-toto.io/Statement/", NULL, NULL,
		"predicateType", MEMBERS{TEXT("predicateType"), SOME("subject"), END}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What each item of a list has. */
static const struct list {
	enum document_kind kind;
	const char *path;
	const struct member *members;
} lists[] = {
	{DOCUMENT_CSAF, "vulnerabilities", MEMBERS{{"", NEED_OBJECT, NULL}, END}},
	{DOCUMENT_CYCLONEDX, "components", MEMBERS{TEXT("type"), TEXT("name"), END}},
	{DOCUMENT_CYCLONEDX, "vulnerabilities", MEMBERS{{"", NEED_OBJECT, NULL}, END}},
	{DOCUMENT_SPDX, "packages", MEMBERS{TEXT("name"), TEXT("SPDXID"), TEXT("downloadLocation"), END}},
	{DOCUMENT_OPENVEX, "statements", MEMBERS{{"vulnerability", NEED_OBJECT, NULL}, TEXT("status"), END}},
	{DOCUMENT_STIX, "objects", MEMBERS{TEXT("type"), TEXT("id"), END}},
	{DOCUMENT_IN_TOTO, "subject", MEMBERS{{"digest", NEED_OBJECT, NULL}, END}},
};

/* CSAF 2.0, section 4.5. */
static const struct member csaf_vex[] = {{"product_tree", NEED_OBJECT, NULL}, SOME("vulnerabilities"), END};
static const struct member csaf_vex_each[] = {{"product_status", NEED_OBJECT, NULL}, END};

static bool begins(json_t *root, const char *path, const char *with)
{
	const char *text = member_text(root, path);
	return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static bool marked(json_t *root, const struct kind *kind)
{
	return kind->mark != NULL && begins(root, kind->mark, kind->begins) &&
		(kind->mark2 == NULL || begins(root, kind->mark2, kind->begins2));
}

enum rule kind_find(json_t *root, enum document_kind *kind, struct fault *fault)
{
	size_t found = DOCUMENT_OTHER;
	for (size_t i = 0; i < KINDS; i++) {
		if (!marked(root, &kinds[i]))
			continue;
		if (found != DOCUMENT_OTHER)
			return FAULT(fault, RULE_DOCUMENT_MIXED, 0, "{1} and {2}", bytes_string(kinds[found].name),
				bytes_string(kinds[i].name));
		found = i;
	}
	*kind = (enum document_kind)found;
	return RULE_OK;
}

static bool is_vex(json_t *root, enum document_kind kind)
{
	if (kind == DOCUMENT_CSAF)
		return strcmp(member_text(root, "document.category"), "csaf_vex") == 0;
	return kind == DOCUMENT_OPENVEX ||
		(kind == DOCUMENT_CYCLONEDX && json_array_size(json_object_get(root, "vulnerabilities")) > 0);
}

static enum rule check_vex(json_t *root, struct document *document, struct fault *fault)
{
	document->vex = is_vex(root, document->kind);
	if (document->kind != DOCUMENT_CSAF || !document->vex)
		return RULE_OK;
	enum rule rule = members_need(root, csaf_vex, fault);
	return rule == RULE_OK ? members_need_each(root, "vulnerabilities", csaf_vex_each, fault) : rule;
}

enum rule kind_check(json_t *root, struct document *document, struct fault *fault)
{
	const struct kind *kind = &kinds[document->kind];
	enum rule rule = kind->members == NULL ? RULE_OK : members_need(root, kind->members, fault);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && rule == RULE_OK; i++)
		if (lists[i].kind == document->kind)
			rule = members_need_each(root, lists[i].path, lists[i].members, fault);
	if (rule == RULE_OK)
		rule = check_vex(root, document, fault);
	if (rule == RULE_OK && kind->format != NULL)
		text_take(&document->format, member_text(root, kind->format));
	return rule;
}

/* ---- codes ---- */

bool document_known(struct bytes code)
{
	bool known = bytes_is(code, "vex");
	for (size_t i = DOCUMENT_OTHER + 1; i < KINDS; i++)
		known = known || bytes_is(code, kinds[i].code);
	return known;
}

bool document_is(const struct document *document, struct bytes code)
{
	if (bytes_is(code, "vex"))
		return document->vex;
	return document_known(code) && bytes_is(code, kinds[document->kind].code);
}

const char *document_code(enum document_kind kind)
{
	return kinds[kind].code;
}

const char *document_name(enum document_kind kind)
{
	return kinds[kind].name;
}

const char *document_id_name(enum document_kind kind)
{
	return kinds[kind].id_name;
}

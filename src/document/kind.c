/*
 * kind: what a document is, by the mark that its format gives it, and what its format requires of every such document.
 */
#include "document_parts.h"

#define MEMBERS (const struct member[])
#define END {NULL, NEED_STRING, NULL}

static const struct kind {
	const char *code, *name, *id_name;
	const char *mark, *begins;  /* a text, and how it begins */
	const char *mark2, *begins2; /* where one alone would not tell */
	const char *format;          /* the version of the format */
	const struct member *members;
} kinds[] = {
	[DOCUMENT_OTHER] = {.code = "other", .name = "JSON", .id_name = "id"},
	[DOCUMENT_CSAF] = {"csaf", "CSAF", "product_id", "document.csaf_version", "", NULL, NULL, "document.csaf_version", MEMBERS{
		{"document.csaf_version", NEED_STRING, "2.0"}, {"document.category", NEED_STRING, NULL},
		{"document.title", NEED_STRING, NULL}, {"document.publisher.category", NEED_STRING, NULL},
		{"document.publisher.name", NEED_STRING, NULL}, {"document.publisher.namespace", NEED_STRING, NULL},
		{"document.tracking.id", NEED_STRING, NULL}, {"document.tracking.version", NEED_STRING, NULL},
		{"document.tracking.status", NEED_STRING, NULL}, {"document.tracking.initial_release_date", NEED_STRING, NULL},
		{"document.tracking.current_release_date", NEED_STRING, NULL},
		{"document.tracking.revision_history", NEED_SOME, NULL}, END}},
	[DOCUMENT_CYCLONEDX] = {"cyclonedx", "CycloneDX", "bom-ref", "bomFormat", "CycloneDX", NULL, NULL, "specVersion", MEMBERS{
		{"bomFormat", NEED_STRING, "CycloneDX"}, {"specVersion", NEED_STRING, NULL}, END}},
	[DOCUMENT_SPDX] = {"spdx", "SPDX", "SPDXID", "spdxVersion", "", NULL, NULL, "spdxVersion", MEMBERS{
		{"spdxVersion", NEED_STRING, "SPDX-2.3"}, {"SPDXID", NEED_STRING, "SPDXRef-DOCUMENT"},
		{"dataLicense", NEED_STRING, "CC0-1.0"}, {"name", NEED_STRING, NULL}, {"documentNamespace", NEED_STRING, NULL},
		{"creationInfo.created", NEED_STRING, NULL}, {"creationInfo.creators", NEED_SOME, NULL}, END}},
	[DOCUMENT_OPENVEX] = {"openvex", "OpenVEX", "@id", "@context", "https://openvex.dev/ns", NULL, NULL, "@context", MEMBERS{
		{"@id", NEED_STRING, NULL}, {"author", NEED_STRING, NULL}, {"timestamp", NEED_STRING, NULL},
		{"version", NEED_NUMBER, NULL}, {"statements", NEED_SOME, NULL}, END}},
	[DOCUMENT_STIX] = {"stix", "STIX", "id", "type", "bundle", "id", "bundle--", NULL, MEMBERS{
		{"type", NEED_STRING, "bundle"}, END}},
	[DOCUMENT_CACAO] = {"cacao", "CACAO", "id", "type", "playbook", "spec_version", "cacao-", "spec_version", MEMBERS{
		{"spec_version", NEED_STRING, "cacao-2.0"}, {"id", NEED_STRING, NULL}, {"name", NEED_STRING, NULL}, END}},
	[DOCUMENT_IN_TOTO] = {"in-toto", "in-toto", "digest", "_type", "https://in-toto.io/Statement/", NULL, NULL,
		"predicateType", MEMBERS{
		{"predicateType", NEED_STRING, NULL}, {"subject", NEED_SOME, NULL}, END}},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* What each item of a list has. */
static const struct list {
	enum document_kind kind;
	const char *path;
	const struct member *members;
} lists[] = {
	{DOCUMENT_CSAF, "vulnerabilities", MEMBERS{{"", NEED_OBJECT, NULL}, END}},
	{DOCUMENT_CYCLONEDX, "components", MEMBERS{{"type", NEED_STRING, NULL}, {"name", NEED_STRING, NULL}, END}},
	{DOCUMENT_CYCLONEDX, "vulnerabilities", MEMBERS{{"", NEED_OBJECT, NULL}, END}},
	{DOCUMENT_SPDX, "packages", MEMBERS{{"name", NEED_STRING, NULL}, {"SPDXID", NEED_STRING, NULL},
		{"downloadLocation", NEED_STRING, NULL}, END}},
	{DOCUMENT_OPENVEX, "statements", MEMBERS{{"vulnerability", NEED_OBJECT, NULL}, {"status", NEED_STRING, NULL}, END}},
	{DOCUMENT_STIX, "objects", MEMBERS{{"type", NEED_STRING, NULL}, {"id", NEED_STRING, NULL}, END}},
	{DOCUMENT_IN_TOTO, "subject", MEMBERS{{"digest", NEED_OBJECT, NULL}, END}},
};

/* CSAF 2.0, section 4.5. */
static const struct member csaf_vex[] = {{"product_tree", NEED_OBJECT, NULL}, {"vulnerabilities", NEED_SOME, NULL}, END};
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
			return fault_set(fault, RULE_DOCUMENT_MIXED, 0, "%s and %s", kinds[found].name, kinds[i].name);
		found = i;
	}
	*kind = (enum document_kind)found;
	return RULE_OK;
}

static enum rule check_vex(json_t *root, struct document *document, struct fault *fault)
{
	const char *category = member_text(root, "document.category");
	document->vex = document->kind == DOCUMENT_OPENVEX ||
		(document->kind == DOCUMENT_CYCLONEDX && json_array_size(json_object_get(root, "vulnerabilities")) > 0) ||
		(document->kind == DOCUMENT_CSAF && strcmp(category, "csaf_vex") == 0);
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

/*
 * product: which products a document is about, by the names that its format gives them.
 */
#include <stdio.h>

#include "document_parts.h"

void text_take(struct document_text *to, const char *text)
{
	size_t size = text == NULL ? 0 : strlen(text), cut = size;
	if (size > DOCUMENT_TEXT_MAX) {
		cut = DOCUMENT_TEXT_MAX;
		while (cut > 0 && ((uint8_t)text[cut] & 0xc0) == 0x80)
			cut--;
	}
	snprintf(to->bytes, sizeof(to->bytes), "%.*s%s", (int)cut, text == NULL ? "" : text, cut < size ? "..." : "");
}

/* Room for one more; NULL where only their number is kept. */
static struct document_product *next_product(struct document *document)
{
	document->product_total++;
	return document->product_count == DOCUMENT_PRODUCTS_MAX ? NULL : &document->products[document->product_count++];
}

/* The first of its kind is held, the others are counted. */
static void take_name(struct document_product *product, struct document_text *at, const char *text)
{
	if (text == NULL)
		return;
	if (at->bytes[0] == '\0')
		text_take(at, text);
	else
		product->more++;
}

/* ---- CSAF ---- */

static void csaf_product(struct document *document, json_t *full)
{
	struct document_product *product = json_is_object(full) ? next_product(document) : NULL;
	if (product == NULL)
		return;
	text_take(&product->name, member_text(full, "name"));
	text_take(&product->id, member_text(full, "product_id"));
	take_name(product, &product->cpe, member_text(full, "product_identification_helper.cpe"));
	take_name(product, &product->purl, member_text(full, "product_identification_helper.purl"));
}

/* As deep as the reader let it be: DOCUMENT_DEPTH_MAX. */
static void csaf_branches(struct document *document, json_t *branches)
{
	for (size_t i = 0; i < json_array_size(branches); i++) {
		json_t *branch = json_array_get(branches, i);
		csaf_product(document, json_object_get(branch, "product"));
		csaf_branches(document, json_object_get(branch, "branches"));
	}
}

static void csaf(struct document *document, json_t *root)
{
	json_t *tree = json_object_get(root, "product_tree"), *names = json_object_get(tree, "full_product_names");
	json_t *relations = json_object_get(tree, "relationships");
	text_take(&document->title, member_text(root, "document.title"));
	text_take(&document->id, member_text(root, "document.tracking.id"));
	text_take(&document->version, member_text(root, "document.tracking.version"));
	csaf_branches(document, json_object_get(tree, "branches"));
	for (size_t i = 0; i < json_array_size(names); i++)
		csaf_product(document, json_array_get(names, i));
	for (size_t i = 0; i < json_array_size(relations); i++)
		csaf_product(document, json_object_get(json_array_get(relations, i), "full_product_name"));
}

/* ---- CycloneDX ---- */

static void cyclonedx_component(struct document *document, json_t *component)
{
	struct document_product *product = json_is_object(component) ? next_product(document) : NULL;
	if (product == NULL)
		return;
	text_take(&product->name, member_text(component, "name"));
	text_take(&product->version, member_text(component, "version"));
	text_take(&product->id, member_text(component, "bom-ref"));
	take_name(product, &product->cpe, member_text(component, "cpe"));
	take_name(product, &product->purl, member_text(component, "purl"));
}

static void cyclonedx_components(struct document *document, json_t *components)
{
	for (size_t i = 0; i < json_array_size(components); i++) {
		json_t *component = json_array_get(components, i);
		cyclonedx_component(document, component);
		cyclonedx_components(document, json_object_get(component, "components"));
	}
}

/* A VEX of its own names what it affects in another bill of materials. */
static void cyclonedx_affected(struct document *document, json_t *vulnerability)
{
	json_t *affects = json_object_get(vulnerability, "affects");
	for (size_t i = 0; i < json_array_size(affects); i++) {
		struct document_product *product = next_product(document);
		if (product != NULL)
			text_take(&product->id, member_text(json_array_get(affects, i), "ref"));
	}
}

static void cyclonedx(struct document *document, json_t *root)
{
	json_t *about = member_at(root, "metadata.component");
	json_t *vulnerabilities = json_object_get(root, "vulnerabilities");
	text_take(&document->title, member_text(about, "name"));
	text_take(&document->version, member_text(about, "version"));
	text_take(&document->id, member_text(root, "serialNumber"));
	cyclonedx_component(document, about);
	cyclonedx_components(document, json_object_get(root, "components"));
	bool alone = document->product_total == 0;
	for (size_t i = 0; alone && i < json_array_size(vulnerabilities); i++)
		cyclonedx_affected(document, json_array_get(vulnerabilities, i));
}

/* ---- SPDX ---- */

static void spdx_package(struct document *document, json_t *package)
{
	struct document_product *product = next_product(document);
	json_t *references = json_object_get(package, "externalRefs");
	if (product == NULL)
		return;
	text_take(&product->name, member_text(package, "name"));
	text_take(&product->version, member_text(package, "versionInfo"));
	text_take(&product->id, member_text(package, "SPDXID"));
	for (size_t i = 0; i < json_array_size(references); i++) {
		json_t *reference = json_array_get(references, i);
		const char *type = member_text(reference, "referenceType");
		const char *locator = member_text(reference, "referenceLocator");
		if (type != NULL && (strcmp(type, "cpe22Type") == 0 || strcmp(type, "cpe23Type") == 0))
			take_name(product, &product->cpe, locator);
		else if (type != NULL && strcmp(type, "purl") == 0)
			take_name(product, &product->purl, locator);
	}
}

static void spdx(struct document *document, json_t *root)
{
	json_t *packages = json_object_get(root, "packages");
	text_take(&document->title, member_text(root, "name"));
	text_take(&document->id, member_text(root, "documentNamespace"));
	for (size_t i = 0; i < json_array_size(packages); i++)
		spdx_package(document, json_array_get(packages, i));
}

/* ---- OpenVEX ---- */

static void openvex_product(struct document *document, json_t *named)
{
	struct document_product *product = next_product(document);
	if (product == NULL)
		return;
	text_take(&product->id, json_is_string(named) ? json_string_value(named) : member_text(named, "@id"));
	take_name(product, &product->purl, member_text(named, "identifiers.purl"));
	take_name(product, &product->cpe, member_text(named, "identifiers.cpe23"));
	take_name(product, &product->cpe, member_text(named, "identifiers.cpe22"));
}

static void openvex(struct document *document, json_t *root)
{
	json_t *statements = json_object_get(root, "statements");
	text_take(&document->title, member_text(root, "author"));
	text_take(&document->id, member_text(root, "@id"));
	for (size_t i = 0; i < json_array_size(statements); i++) {
		json_t *products = json_object_get(json_array_get(statements, i), "products");
		for (size_t j = 0; j < json_array_size(products); j++)
			openvex_product(document, json_array_get(products, j));
	}
}

/* ---- STIX, CACAO, in-toto ---- */

static void stix(struct document *document, json_t *root)
{
	json_t *objects = json_object_get(root, "objects");
	text_take(&document->id, member_text(root, "id"));
	for (size_t i = 0; i < json_array_size(objects); i++) {
		json_t *object = json_array_get(objects, i);
		struct document_product *product = strcmp(member_text(object, "type"), "software") == 0
			? next_product(document) : NULL;
		if (product == NULL)
			continue;
		text_take(&product->name, member_text(object, "name"));
		text_take(&product->version, member_text(object, "version"));
		text_take(&product->id, member_text(object, "id"));
		take_name(product, &product->cpe, member_text(object, "cpe"));
	}
}

static void cacao(struct document *document, json_t *root)
{
	text_take(&document->title, member_text(root, "name"));
	text_take(&document->id, member_text(root, "id"));
}

static void in_toto_subject(struct document *document, json_t *subject)
{
	struct document_product *product = next_product(document);
	void *first = json_object_iter(json_object_get(subject, "digest"));
	const char *value = first == NULL ? NULL : json_string_value(json_object_iter_value(first));
	char digest[DOCUMENT_TEXT_MAX + 2]; /* one more than is shown tells that it was cut */
	if (product == NULL)
		return;
	text_take(&product->name, member_text(subject, "name"));
	if (value == NULL)
		return;
	snprintf(digest, sizeof(digest), "%s:%s", json_object_iter_key(first), value);
	text_take(&product->id, digest);
}

static void in_toto(struct document *document, json_t *root)
{
	json_t *subjects = json_object_get(root, "subject");
	for (size_t i = 0; i < json_array_size(subjects); i++)
		in_toto_subject(document, json_array_get(subjects, i));
}

void products_take(json_t *root, struct document *document)
{
	static void (*const takers[])(struct document *, json_t *) = {
		[DOCUMENT_CSAF] = csaf, [DOCUMENT_CYCLONEDX] = cyclonedx, [DOCUMENT_SPDX] = spdx,
		[DOCUMENT_OPENVEX] = openvex, [DOCUMENT_STIX] = stix, [DOCUMENT_CACAO] = cacao,
		[DOCUMENT_IN_TOTO] = in_toto};
	if (takers[document->kind] != NULL)
		takers[document->kind](document, root);
}

#include "document_view.h"

#include <stdlib.h>

#include "text.h"
#include "words.h"

void view_document_free(struct view_document *view)
{
	if (view == NULL)
		return;
	free(view->document);
	free(view);
}

/* Characters that take no room, or look like a space: they make two names alike. */
static bool unseen(uint32_t code)
{
	static const struct { uint32_t first, last; } ranges[] = {{0xa0, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f},
		{0x61c, 0x61c}, {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f},
		{0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},
		{0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};
	bool found = text_hidden(code);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		found = found || (code >= ranges[i].first && code <= ranges[i].last);
	return found;
}

/* A name as it stands, with what is not seen as \xNN; of an identifier, all that is not ASCII. */
static struct bytes shown(struct buffer *to, const struct document_text *text, bool ascii)
{
	struct bytes rest = bytes_string(text->bytes);
	buffer_clear(to);
	while (rest.size > 0) {
		const uint8_t *at = rest.data;
		uint32_t code;
		bool good = text_next(&rest, &code) && !unseen(code) && (!ascii || code < 0x7f);
		size_t size = (size_t)(rest.data - at);
		for (size_t i = 0; i < size; i++)
			buffer_format(to, good ? "%c" : "\\x%02x", at[i]);
	}
	return buffer_bytes(to);
}

static void line(struct buffer *to, const char *name, const struct document_text *text, bool ascii)
{
	struct buffer value = {0};
	if (text->bytes[0] != '\0') {
		struct bytes seen = shown(&value, text, ascii);
		buffer_format(to, "      %s ", name);
		buffer_add(to, seen);
		buffer_string(to, "\n");
	}
	buffer_free(&value);
}

static void product_text(struct buffer *to, const struct document *document, const struct document_product *product)
{
	struct buffer name = {0}, version = {0}, number = {0};
	struct bytes words[] = {shown(&name, &product->name, false), shown(&version, &product->version, false)};
	buffer_string(to, "    ");
	if (words[0].size == 0)
		buffer_string(to, T("Product without a name"));
	else if (words[1].size == 0)
		WORDS(to, "Product {1}", words[0]);
	else
		WORDS(to, "Product {1}, version {2}", words[0], words[1]);
	buffer_string(to, "\n");
	line(to, document_id_name(document->kind), &product->id, true);
	line(to, "cpe", &product->cpe, true);
	line(to, "purl", &product->purl, true);
	if (product->more > 0) {
		buffer_format(&number, "%zu", product->more);
		buffer_string(to, "      ");
		WORDS(to, "Further CPEs and purls of it: {1}", buffer_bytes(&number));
		buffer_string(to, "\n");
	}
	buffer_free(&name);
	buffer_free(&version);
	buffer_free(&number);
}

static void products_text(struct buffer *to, const struct document *document)
{
	struct buffer some = {0}, all = {0};
	buffer_format(&some, "%zu", document->product_count);
	buffer_format(&all, "%zu", document->product_total);
	buffer_string(to, "    ");
	if (document->product_count < document->product_total)
		WORDS(to, "Products that it names: {1}; the first {2} are shown", buffer_bytes(&all),
			buffer_bytes(&some));
	else
		WORDS(to, "Products that it names: {1}", buffer_bytes(&all));
	buffer_string(to, "\n");
	for (size_t i = 0; i < document->product_count; i++)
		product_text(to, document, &document->products[i]);
	buffer_free(&some);
	buffer_free(&all);
}

static void named(struct buffer *to, const char *text, struct bytes value)
{
	if (value.size == 0)
		return;
	buffer_string(to, "    ");
	words_say(to, text, &value, 1);
	buffer_string(to, "\n");
}

static void content_text(struct buffer *to, const struct document *document)
{
	struct buffer text = {0};
	named(to, W("Format: {1}"), shown(&text, &document->format, false));
	named(to, W("Title: {1}"), shown(&text, &document->title, false));
	named(to, W("Its own number: {1}"), shown(&text, &document->id, true));
	named(to, W("Its own version: {1}"), shown(&text, &document->version, false));
	if (document->vex)
		buffer_format(to, "    %s\n", T("It says which vulnerabilities affect what (VEX)."));
	products_text(to, document);
	buffer_free(&text);
}

static void digest_text(struct buffer *to, const struct view_document *view)
{
	if (view->digest == DIGEST_UNCLAIMED)
		return;
	buffer_string(to, "    ");
	if (view->digest == DIGEST_DIFFERS)
		WORDS(to, "NOT the document that the entry names: its SHA-256 is {1}", bytes_string(view->found));
	else
		buffer_string(to, view->digest == DIGEST_SAME ? T("Its SHA-256 is the one that the entry names.")
			: T("Whether its SHA-256 is the one that the entry names was not looked at."));
	buffer_string(to, "\n");
}

void view_document_text(struct buffer *to, const struct view_document *view)
{
	struct bytes claimed = bytes_string(view->claimed);
	const struct document *document = view->document;
	const char *kind = document == NULL ? "" : document_name(document->kind);
	buffer_string(to, "  ");
	if (view->rule != RULE_OK) {
		char why[512];
		fault_print(&view->fault, why, sizeof(why));
		WORDS(to, "Document, said to be {1}, not read: {2}", claimed, bytes_string(why));
	} else if (document == NULL) {
		buffer_string(to, T("Document of a kind that is not looked into"));
	} else if (!view->is_claimed) {
		WORDS(to, "Document: {1}; NOT what the entry says, which is {2}", bytes_string(kind), claimed);
	} else {
		WORDS(to, "Document: {1}", bytes_string(kind));
	}
	buffer_string(to, "\n");
	digest_text(to, view);
	if (document != NULL)
		content_text(to, document);
}

/* ---- JSON ---- */

static void text_json(struct json *json, const char *key, const struct document_text *text)
{
	if (text->bytes[0] != '\0')
		json_string(json, key, bytes_string(text->bytes));
}

static void content_json(struct json *json, const struct document *document)
{
	json_string(json, "kind", bytes_string(document_code(document->kind)));
	json_bool(json, "vex", document->vex);
	text_json(json, "format", &document->format);
	text_json(json, "title", &document->title);
	text_json(json, "id", &document->id);
	text_json(json, "version", &document->version);
	json_number(json, "product_count", (int64_t)document->product_total);
	json_array(json, "products");
	for (size_t i = 0; i < document->product_count; i++) {
		const struct document_product *product = &document->products[i];
		json_object(json, NULL);
		text_json(json, "name", &product->name);
		text_json(json, "version", &product->version);
		text_json(json, document_id_name(document->kind), &product->id);
		text_json(json, "cpe", &product->cpe);
		text_json(json, "purl", &product->purl);
		json_number(json, "more", (int64_t)product->more);
		json_end(json);
	}
	json_end(json);
}

void view_document_json(struct json *json, const struct view_document *view)
{
	static const char *const digests[] = {NULL, "unknown", "same", "differs"};
	json_object(json, "document");
	json_string(json, "claimed", bytes_string(view->claimed));
	if (view->rule != RULE_OK) {
		json_string(json, "rule", bytes_string(rule_name(view->rule)));
		json_string(json, "where", bytes_string(view->fault.detail));
	}
	if (view->digest != DIGEST_UNCLAIMED)
		json_string(json, "digest", bytes_string(digests[view->digest]));
	if (view->digest == DIGEST_DIFFERS)
		json_string(json, "sha256", bytes_string(view->found));
	if (view->document != NULL) {
		json_bool(json, "is_claimed", view->is_claimed);
		content_json(json, view->document);
	}
	json_end(json);
}

/* Documents: whatever is read keeps its limits, ends each text, and is one kind by the codes, or none. */
#include <stdlib.h>

#include "document.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct document_text *text)
{
	size_t length = strnlen(text->bytes, sizeof(text->bytes));
	struct bytes rest = bytes_of(text->bytes, length);
	uint32_t code;
	if (length == sizeof(text->bytes))
		abort();
	while (rest.size > 0)
		if (!text_next(&rest, &code))
			abort();
}

static void check(const struct document *document)
{
	static const char *const codes[] = {"csaf", "cyclonedx", "spdx", "openvex", "stix", "cacao", "in-toto"};
	unsigned kinds = 0;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		kinds += document_is(document, bytes_string(codes[i]));
	if (kinds != (document->kind != DOCUMENT_OTHER) || document->product_count > DOCUMENT_PRODUCTS_MAX ||
		document->product_count > document->product_total)
		abort();
	check_text(&document->title);
	for (size_t i = 0; i < document->product_count; i++) {
		check_text(&document->products[i].name);
		check_text(&document->products[i].version);
		check_text(&document->products[i].id);
		check_text(&document->products[i].cpe);
		check_text(&document->products[i].purl);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document *document = NULL;
	document_start(1);
	if (document_read(&document, bytes_of(data, size), NULL) == RULE_OK)
		check(document);
	free(document);
	return 0;
}

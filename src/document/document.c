#include "document.h"

#include <stdlib.h>

#include "document_parts.h"
#include "words.h"

/*
 * Depth and number of values, seen from the bytes alone, before anything is made of them: a value beyond the first of
 * its array or object stands after a comma, the first after a bracket.
 */
static enum rule measure(struct bytes bytes, struct fault *fault)
{
	size_t depth = 0, values = 1;
	bool quoted = false;
	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t byte = bytes.data[i];
		if (quoted) {
			if (byte == '\\')
				i++;
			quoted = byte != '"';
			continue;
		}
		quoted = byte == '"';
		values += byte == ',' || byte == '[' || byte == '{';
		if (byte == '[' || byte == '{')
			depth++;
		else if ((byte == ']' || byte == '}') && depth > 0)
			depth--;
		if (depth > DOCUMENT_DEPTH_MAX)
			return FAULT(fault, RULE_DOCUMENT_DEPTH, 0, "at byte {1}", NUMBER(i));
		if (values > DOCUMENT_VALUES_MAX)
			return FAULT(fault, RULE_DOCUMENT_VALUES, 0, "at byte {1}", NUMBER(i));
	}
	return RULE_OK;
}

/* What the reader of JSON says, without the words that it quotes. */
static enum rule load(json_t **root, struct bytes bytes, struct fault *fault)
{
	json_error_t error;
	*root = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL,
		&error);
	if (*root != NULL)
		return RULE_OK;
	enum json_error_code code = json_error_code(&error);
	enum rule rule = code == json_error_out_of_memory ? RULE_MEMORY
		: code == json_error_duplicate_key ? RULE_DOCUMENT_DUPLICATE : RULE_DOCUMENT_JSON;
	uint32_t line = error.line > 0 ? (uint32_t)error.line : 0;
	return FAULT(fault, rule, line, "column {1}", NUMBER(error.column));
}

void document_start(uint32_t seed)
{
	json_object_seed(seed == 0 ? 1 : seed); /* 0 has it read the system's */
}

enum rule document_read(struct document **document, struct bytes bytes, struct fault *fault)
{
	json_t *root = NULL;
	struct document *new = NULL;
	enum rule rule = bytes.size <= DOCUMENT_MAX ? measure(bytes, fault)
		: FAULT(fault, RULE_DOCUMENT_SIZE, 0, "{1} bytes, at most {2}", NUMBER(bytes.size), NUMBER(DOCUMENT_MAX));
	if (rule == RULE_OK)
		rule = load(&root, bytes, fault);
	if (rule == RULE_OK && (new = calloc(1, sizeof(*new))) == NULL)
		rule = fault_set(fault, RULE_MEMORY, 0, "a document");
	if (rule == RULE_OK)
		rule = kind_find(root, &new->kind, fault);
	if (rule == RULE_OK)
		rule = kind_check(root, new, fault);
	if (rule == RULE_OK) {
		products_take(root, new);
		*document = new;
		new = NULL;
	}
	free(new);
	json_decref(root);
	return rule;
}

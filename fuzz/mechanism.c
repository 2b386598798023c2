/*
 * mechanism: a mechanism file. What is read lies in its own copy, is read again the same, and checks values without
 * harm.
 */
#include <stdlib.h>

#include "form.h"
#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
	if (!good)
		abort();
}

static void need_inside(const struct mechanism *mechanism, struct bytes view)
{
	need(view.size == 0 || (view.data >= mechanism->file.data &&
		view.data + view.size <= mechanism->file.data + mechanism->file.size));
}

static void look_at_form(const struct mechanism *mechanism, const struct form *form, struct bytes value)
{
	static struct entry entry;
	static struct sealed_lines lines;
	need_inside(mechanism, form->name);
	need(form_name_valid(form->name) && mechanism_form(mechanism, form->name) == form);
	for (size_t i = 0; i < form->field_count; i++) {
		const struct form_field *field = &form->fields[i];
		need_inside(mechanism, field->key);
		need(form_field(form, field->key) == field && field->max != 0);
		need((field->type == FIELD_CODE) == (field->code_count != 0));
		field_check(field, value, NULL);
		struct bytes label = form_label(field->labels, field->label_count, BYTES("zh-Hans"), field->key);
		need_inside(mechanism, label);
		entry.fields[i] = (struct line){field->key, value};
		lines.lines[i].field = entry.fields[i];
	}
	entry.opens = form->opens;
	entry.has_re = !form->opens && form->answer_count != 0;
	entry.field_count = lines.count = form->field_count;
	form_check_open(form, &entry, NULL);
	form_check_sealed(form, &lines, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mechanism *mechanism = NULL, *again = NULL;
	struct fault fault = {0};
	enum rule rule = mechanism_read(&mechanism, bytes_of(data, size), &fault);
	need((rule == RULE_OK) == (mechanism != NULL) && fault.rule == rule);
	if (rule != RULE_OK)
		return 0;
	need(mechanism_read(&again, mechanism->file, NULL) == RULE_OK && again->form_count == mechanism->form_count);
	for (size_t i = 0; i < mechanism->form_count; i++)
		look_at_form(mechanism, &mechanism->forms[i], bytes_of(data + size / 2, size - size / 2));
	mechanism_free(again);
	mechanism_free(mechanism);
	return 0;
}

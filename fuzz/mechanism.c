/*
 * mechanism: a mechanism file. What is read lies in its own copy, is read again the same, checks values and is shown
 * without harm; what it obliges can be answered.
 */
#include <stdlib.h>

#include "mechanism_view.h"
#include "sealed.h"
#include "text.h"

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

/* A form of the file's own that is owed is there; clocks have lengths. */
static void look_at_owed(const struct mechanism *mechanism, const struct form *form)
{
	for (size_t i = 0; i < form->oblige_count; i++) {
		const struct form_oblige *oblige = &form->obliges[i];
		need(oblige->form_count != 0 && (oblige->when.size != 0) == (oblige->code_count != 0));
		need(oblige->by_field ? form_field(form, oblige->clock) != NULL
			: mechanism_clock(mechanism, oblige->clock) != NULL);
		for (size_t j = 0; j < oblige->form_count; j++)
			need(!bytes_equal(name_party(oblige->forms[j]), mechanism->name) ||
				mechanism_form(mechanism, oblige->forms[j]) != NULL);
	}
	need(form->every.size == 0 || mechanism_clock(mechanism, form->every) != NULL);
	need(form->scale.size == 0 || mechanism_scale(mechanism, form->scale) != NULL);
}

static void look_at_views(const struct mechanism *mechanism)
{
	struct buffer text = {0};
	struct json json;
	view_mechanism(&text, mechanism, BYTES("zh"));
	need(text.rule == RULE_OK && text_valid(buffer_bytes(&text), true));
	json_start(&json, &text);
	view_mechanism_json(&json, mechanism, BYTES("zh"));
	need(text.rule == RULE_OK);
	buffer_free(&text);
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
	for (size_t i = 0; i < mechanism->form_count; i++) {
		look_at_form(mechanism, &mechanism->forms[i], bytes_of(data + size / 2, size - size / 2));
		look_at_owed(mechanism, &mechanism->forms[i]);
	}
	look_at_views(mechanism);
	mechanism_free(again);
	mechanism_free(mechanism);
	return 0;
}

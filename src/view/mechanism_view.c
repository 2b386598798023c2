#include "mechanism_view.h"

#include "text.h"

static const char *const presence_names[] = {
	[FIELD_REQUIRED] = "required", [FIELD_OPTIONAL] = "optional", [FIELD_REPEATED] = "repeated"};

static void label(struct buffer *to, const struct form_label *labels, size_t count, struct bytes lang,
	struct bytes otherwise)
{
	text_printable(to, form_label(labels, count, lang, otherwise), false);
}

static void field_view(struct buffer *to, const struct mechanism *mechanism, const struct form_field *field,
	struct bytes lang)
{
	buffer_format(to, "    %-12.*s %-6s %-10s %-8s ", BYTES_SHOWN(field->key),
		field->sealed ? "sealed" : "open", field_type_name(field->type), presence_names[field->presence]);
	label(to, field->labels, field->label_count, lang, field->key);
	if (field->type == FIELD_TEXT || field->type == FIELD_LINE)
		buffer_format(to, ", at most %zu bytes", field->max);
	buffer_string(to, "\n");
	for (size_t i = 0; i < field->code_count; i++) {
		const struct mechanism_code *code = mechanism_code(mechanism, field->codes[i]);
		buffer_format(to, "      %-16.*s ", BYTES_SHOWN(field->codes[i]));
		if (code != NULL)
			label(to, code->labels, code->label_count, lang, field->codes[i]);
		buffer_string(to, "\n");
	}
}

static void form_view(struct buffer *to, const struct mechanism *mechanism, const struct form *form, struct bytes lang)
{
	buffer_format(to, "\n  %.*s: ", BYTES_SHOWN(form->name));
	label(to, form->labels, form->label_count, lang, form->name);
	buffer_string(to, form->opens ? "; may open a matter" : "");
	buffer_string(to, form->refuses ? "; is a refusal\n" : "\n");
	for (size_t i = 0; i < form->answer_count; i++)
		buffer_format(to, "%s%.*s%s", i == 0 ? "    answers " : ", ", BYTES_SHOWN(form->answers[i]),
			i + 1 == form->answer_count ? "\n" : "");
	for (size_t i = 0; i < form->field_count; i++)
		field_view(to, mechanism, &form->fields[i], lang);
}

void view_mechanism(struct buffer *to, const struct mechanism *mechanism, struct bytes lang)
{
	buffer_format(to, "%.*s: ", BYTES_SHOWN(mechanism->name));
	label(to, mechanism->labels, mechanism->label_count, lang, mechanism->name);
	buffer_string(to, mechanism->survives ? "; survives a suspension\nsha-256 " : "\nsha-256 ");
	text_hex(to, bytes_of(mechanism->digest, sizeof(mechanism->digest)));
	buffer_string(to, "\n");
	for (size_t i = 0; i < mechanism->clock_count; i++) {
		buffer_format(to, "clock %.*s ", BYTES_SHOWN(mechanism->clocks[i].name));
		duration_write(to, mechanism->clocks[i].seconds);
		buffer_string(to, " unless the agreement says otherwise\n");
	}
	for (size_t i = 0; i < mechanism->form_count; i++)
		form_view(to, mechanism, &mechanism->forms[i], lang);
}

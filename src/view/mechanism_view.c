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

/* As steps: the highest first, since that is where one looks. */
static void scale_view(struct buffer *to, const struct mechanism *mechanism, const struct mechanism_scale *scale,
	struct bytes lang)
{
	buffer_format(to, "\nscale %.*s: ", BYTES_SHOWN(scale->name));
	label(to, scale->labels, scale->label_count, lang, scale->name);
	buffer_format(to, "; the joint position is the %s\n", scale->greatest ? "greatest" : "least");
	for (size_t i = scale->position_count; i-- > 0;) {
		const struct mechanism_code *code = mechanism_code(mechanism, scale->positions[i]);
		buffer_format(to, "  %2zu  %*s%-16.*s ", i, (int)(2 * i), "", BYTES_SHOWN(scale->positions[i]));
		label(to, code->labels, code->label_count, lang, scale->positions[i]);
		buffer_string(to, "\n");
	}
	if (scale->confirm.size != 0)
		buffer_format(to, "  a position above the lowest is stale unless confirmed within %.*s\n",
			BYTES_SHOWN(scale->confirm));
}

static void names_view(struct buffer *to, const char *before, const struct bytes *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_format(to,
			"%s%.*s%s", i == 0 ? before : ", ", BYTES_SHOWN(names[i]), i + 1 == count ? "\n" : "");
}

/* What an entry of the form makes whom owe. */
static void owed_view(struct buffer *to, const struct form *form)
{
	for (size_t i = 0; i < form->oblige_count; i++) {
		const struct form_oblige *oblige = &form->obliges[i];
		buffer_format(to,
			"    obliges %s, within %s%.*s", oblige->circle ? "the others in the circle" : "those it is to",
			oblige->by_field ? "what is named by " : "", BYTES_SHOWN(oblige->clock));
		names_view(to, ", to ", oblige->forms, oblige->form_count);
		if (oblige->when.size != 0)
			buffer_format(to, "      when %.*s", BYTES_SHOWN(oblige->when));
		names_view(to, " is ", oblige->codes, oblige->code_count);
	}
	names_view(to, "    its writer owes, by `until`, ", form->promises, form->promise_count);
	if (form->every.size != 0)
		buffer_format(to, "    owed by each in every %.*s\n", BYTES_SHOWN(form->every));
	if (form->extends)
		buffer_string(to, "    moves what its writer owes to `until`\n");
	if (form->withdraws)
		buffer_string(to, "    by the writer of what it answers: nobody owes an answer to that any more\n");
	if (form->commits)
		buffer_string(to, "    commits its writer to what it will reveal\n");
	if (form->proposes)
		buffer_string(to, "    proposes the version that it names\n");
	if (form->reveals)
		buffer_string(to,
			"    reveals what its writer committed to; counts when it has seen everybody's commitment\n");
}

static void form_view(struct buffer *to, const struct mechanism *mechanism, const struct form *form, struct bytes lang)
{
	buffer_format(to, "\n  %.*s: ", BYTES_SHOWN(form->name));
	label(to, form->labels, form->label_count, lang, form->name);
	buffer_string(to, form->opens ? "; may open a matter" : "");
	buffer_string(to, form->refuses ? "; is a refusal" : "");
	if (form->scale.size != 0)
		buffer_format(to, " on the scale %.*s", BYTES_SHOWN(form->scale));
	buffer_string(to, "\n");
	names_view(to, "    answers ", form->answers, form->answer_count);
	owed_view(to, form);
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
		clock_write(to, &mechanism->clocks[i]);
		buffer_string(to, " unless the agreement says otherwise\n");
	}
	for (size_t i = 0; i < mechanism->scale_count; i++)
		scale_view(to, mechanism, &mechanism->scales[i], lang);
	for (size_t i = 0; i < mechanism->form_count; i++)
		form_view(to, mechanism, &mechanism->forms[i], lang);
}

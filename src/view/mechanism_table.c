#include "mechanism_table.h"

#include "words.h"

/* A label in a cell: a bar would end it. */
static void cell(struct buffer *to, struct bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '|')
			buffer_u8(to, '\\');
		buffer_u8(to, text.data[i]);
	}
}

static void row(struct buffer *to, const char *const *titles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_format(to, "| %s ", words_in(titles[i]));
	buffer_string(to, "|\n");
	for (size_t i = 0; i < count; i++)
		buffer_string(to, "|---");
	buffer_string(to, "|\n");
}

static void code(struct buffer *to, struct bytes word)
{
	buffer_string(to, "`");
	cell(to, word);
	buffer_string(to, "`");
}

static void codes(struct buffer *to, const struct bytes *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_string(to, i == 0 ? "" : ", ");
		code(to, words[i]);
	}
}

static void forms_table(struct buffer *to, const struct mechanism *mechanism, struct bytes lang)
{
	static const char *const titles[] = {W("Form"), W("Name"), W("Opens a matter"), W("Answers"), W("Others then owe")};
	row(to, titles, sizeof(titles) / sizeof(*titles));
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		buffer_string(to, "| ");
		code(to, form->name);
		buffer_string(to, " | ");
		cell(to, form_label(form->labels, form->label_count, lang, form->name));
		buffer_format(to, " | %s | ", form->opens ? T("yes") : "");
		codes(to, form->answers, form->answer_count);
		buffer_string(to, " | ");
		for (size_t j = 0; j < form->oblige_count; j++) {
			buffer_string(to, j == 0 ? "" : "; ");
			codes(to, form->obliges[j].forms, form->obliges[j].form_count);
		}
		buffer_string(to, " |\n");
	}
}

static void fields_table(struct buffer *to, const struct mechanism *mechanism, struct bytes lang)
{
	static const char *const titles[] = {W("Form"), W("Field"), W("Name"), W("Seen by"), W("Type"), W("Presence")};
	static const char *const presences[] = {[FIELD_REQUIRED] = W("required"), [FIELD_OPTIONAL] = W("optional"),
		[FIELD_REPEATED] = W("repeated")};
	row(to, titles, sizeof(titles) / sizeof(*titles));
	for (size_t i = 0; i < mechanism->form_count; i++)
		for (size_t j = 0; j < mechanism->forms[i].field_count; j++) {
			const struct form_field *field = &mechanism->forms[i].fields[j];
			buffer_string(to, "| ");
			code(to, mechanism->forms[i].name);
			buffer_string(to, " | ");
			code(to, field->key);
			buffer_string(to, " | ");
			cell(to, form_label(field->labels, field->label_count, lang, field->key));
			buffer_format(to, " | %s | ", field->sealed ? T("the desks it is sent to") : T("all parties"));
			if (field->code_count != 0)
				codes(to, field->codes, field->code_count);
			else
				buffer_string(to, field_type_name(field->type));
			buffer_format(to, " | %s |\n", words_in(presences[field->presence]));
		}
}

void view_mechanism_table(struct buffer *to, const struct mechanism *mechanism, struct bytes lang)
{
	buffer_string(to, "# ");
	cell(to, form_label(mechanism->labels, mechanism->label_count, lang, mechanism->name));
	buffer_string(to, " (`");
	buffer_add(to, mechanism->name);
	buffer_string(to, "`)\n\n");
	forms_table(to, mechanism, lang);
	buffer_string(to, "\n");
	fields_table(to, mechanism, lang);
}

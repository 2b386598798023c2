#include "mechanism_view.h"

#include "text.h"

static void label(struct json *json, const struct form_label *labels, size_t count, struct bytes lang)
{
	struct bytes text = form_label(labels, count, lang, (struct bytes){NULL, 0});
	if (text.size != 0)
		json_string(json, "label", text);
}

static void names(struct json *json, const char *key, const struct bytes *list, size_t count)
{
	if (count == 0)
		return;
	json_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, list[i]);
	json_end(json);
}

static void name(struct json *json, const char *key, struct bytes value)
{
	if (value.size != 0)
		json_string(json, key, value);
}

static void clock_json(struct json *json, const struct agreement_clock *clock)
{
	struct buffer text = {0};
	clock_duration_write(&text, clock->seconds, clock->kind);
	json_object(json, NULL);
	json_string(json, "clock", clock->name);
	json_string(json, "default", buffer_bytes(&text));
	json_number(json, "seconds", (int64_t)clock->seconds);
	json_string(json, "kind", bytes_string(clock_kind_name(clock->kind)));
	json_end(json);
	buffer_free(&text);
}

static void code_json(struct json *json, const struct mechanism_code *code, struct bytes lang)
{
	json_object(json, NULL);
	json_string(json, "code", code->code);
	label(json, code->labels, code->label_count, lang);
	json_end(json);
}

static void scale_json(struct json *json, const struct mechanism_scale *scale, struct bytes lang)
{
	json_object(json, NULL);
	json_string(json, "scale", scale->name);
	label(json, scale->labels, scale->label_count, lang);
	json_string(json, "joint", scale->greatest ? BYTES("greatest") : BYTES("least"));
	names(json, "positions", scale->positions, scale->position_count);
	name(json, "confirm", scale->confirm);
	json_end(json);
}

static void field_json(struct json *json, const struct form_field *field, struct bytes lang)
{
	static const char *const presences[] = {
		[FIELD_REQUIRED] = "required", [FIELD_OPTIONAL] = "optional", [FIELD_REPEATED] = "repeated"};
	json_object(json, NULL);
	json_string(json, "field", field->key);
	label(json, field->labels, field->label_count, lang);
	json_bool(json, "sealed", field->sealed);
	json_string(json, "type", bytes_string(field_type_name(field->type)));
	json_string(json, "presence", bytes_string(presences[field->presence]));
	json_number(json, "max", (int64_t)field->max);
	names(json, "codes", field->codes, field->code_count);
	json_end(json);
}

static void oblige_json(struct json *json, const struct form_oblige *oblige)
{
	json_object(json, NULL);
	json_string(json, "who", oblige->circle ? BYTES("circle") : BYTES("to"));
	json_string(json, oblige->by_field ? "clock_field" : "clock", oblige->clock);
	names(json, "forms", oblige->forms, oblige->form_count);
	name(json, "when", oblige->when);
	names(json, "codes", oblige->codes, oblige->code_count);
	json_end(json);
}

static void form_json(struct json *json, const struct form *form, struct bytes lang)
{
	json_object(json, NULL);
	json_string(json, "form", form->name);
	label(json, form->labels, form->label_count, lang);
	json_bool(json, "opens", form->opens);
	name(json, "scale", form->scale);
	names(json, "answers", form->answers, form->answer_count);
	json_bool(json, "refuses", form->refuses);
	json_bool(json, "extends", form->extends);
	json_bool(json, "withdraws", form->withdraws);
	json_bool(json, "proposes", form->proposes);
	json_bool(json, "commits", form->commits);
	json_bool(json, "alone", form->alone);
	json_bool(json, "reveals", form->reveals);
	json_array(json, "obliges");
	for (size_t i = 0; i < form->oblige_count; i++)
		oblige_json(json, &form->obliges[i]);
	json_end(json);
	names(json, "promises", form->promises, form->promise_count);
	name(json, "every", form->every);
	names(json, "while", form->whiles, form->while_count);
	name(json, "disowns", form->disowns);
	json_array(json, "fields");
	for (size_t i = 0; i < form->field_count; i++)
		field_json(json, &form->fields[i], lang);
	json_end(json);
	json_end(json);
}

void view_mechanism_json(struct json *json, const struct mechanism *mechanism, struct bytes lang)
{
	struct buffer digest = {0};
	text_hex(&digest, bytes_of(mechanism->digest, sizeof(mechanism->digest)));
	json_object(json, NULL);
	json_string(json, "mechanism", mechanism->name);
	label(json, mechanism->labels, mechanism->label_count, lang);
	json_string(json, "sha256", buffer_bytes(&digest));
	json_bool(json, "survives", mechanism->survives);
	json_array(json, "clocks");
	for (size_t i = 0; i < mechanism->clock_count; i++)
		clock_json(json, &mechanism->clocks[i]);
	json_end(json);
	json_array(json, "codes");
	for (size_t i = 0; i < mechanism->code_count; i++)
		code_json(json, &mechanism->codes[i], lang);
	json_end(json);
	json_array(json, "scales");
	for (size_t i = 0; i < mechanism->scale_count; i++)
		scale_json(json, &mechanism->scales[i], lang);
	json_end(json);
	json_array(json, "matches");
	for (size_t i = 0; i < mechanism->match_count; i++)
		names(json, NULL, mechanism->matches[i].codes, mechanism->matches[i].code_count);
	json_end(json);
	json_array(json, "forms");
	for (size_t i = 0; i < mechanism->form_count; i++)
		form_json(json, &mechanism->forms[i], lang);
	json_end(json);
	json_end(json);
	buffer_free(&digest);
}

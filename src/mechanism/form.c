#include "form.h"

#include <stdlib.h>

#include "words.h"

void mechanism_free(struct mechanism *mechanism)
{
	if (mechanism == NULL)
		return;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		free(mechanism->forms[i].obliges);
		free(mechanism->forms[i].fields);
	}
	free(mechanism->forms);
	free((void *)(uintptr_t)mechanism->file.data);
	free(mechanism);
}

const struct form *mechanism_form(const struct mechanism *mechanism, struct bytes name)
{
	for (size_t i = 0; i < mechanism->form_count; i++)
		if (bytes_equal(mechanism->forms[i].name, name))
			return &mechanism->forms[i];
	return NULL;
}

const struct form_field *form_field(const struct form *form, struct bytes key)
{
	for (size_t i = 0; i < form->field_count; i++)
		if (bytes_equal(form->fields[i].key, key))
			return &form->fields[i];
	return NULL;
}

const struct mechanism_scale *mechanism_scale(const struct mechanism *mechanism, struct bytes name)
{
	for (size_t i = 0; i < mechanism->scale_count; i++)
		if (bytes_equal(mechanism->scales[i].name, name))
			return &mechanism->scales[i];
	return NULL;
}

const struct agreement_clock *mechanism_clock(const struct mechanism *mechanism, struct bytes name)
{
	for (size_t i = 0; i < mechanism->clock_count; i++)
		if (bytes_equal(mechanism->clocks[i].name, name))
			return &mechanism->clocks[i];
	return NULL;
}

size_t scale_position(const struct mechanism_scale *scale, struct bytes code)
{
	size_t i = 0;
	while (i < scale->position_count && !bytes_equal(scale->positions[i], code))
		i++;
	return i;
}

static bool match_names(const struct mechanism_match *match, struct bytes code)
{
	size_t i = 0;
	while (i < match->code_count && !bytes_equal(match->codes[i], code))
		i++;
	return i < match->code_count;
}

size_t scale_matches(const struct mechanism *mechanism, const struct mechanism_scale *scale, struct bytes code,
	struct bytes to[FORM_CODES_MAX])
{
	bool own = scale_position(scale, code) < scale->position_count;
	size_t count = 0;
	for (size_t i = 0; i < scale->position_count; i++) {
		bool alike = own && bytes_equal(scale->positions[i], code);
		for (size_t j = 0; j < mechanism->match_count && !own; j++)
			alike = alike || (match_names(&mechanism->matches[j], code) &&
				match_names(&mechanism->matches[j], scale->positions[i]));
		if (alike)
			to[count++] = scale->positions[i];
	}
	return count;
}

const struct mechanism_code *mechanism_code(const struct mechanism *mechanism, struct bytes code)
{
	for (size_t i = 0; i < mechanism->code_count; i++)
		if (bytes_equal(mechanism->codes[i].code, code))
			return &mechanism->codes[i];
	return NULL;
}

static const struct bytes *label_in(const struct form_label *labels, size_t count, struct bytes lang)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(labels[i].lang, lang))
			return &labels[i].text;
	return NULL;
}

struct bytes form_label(const struct form_label *labels, size_t count, struct bytes lang, struct bytes otherwise)
{
	/* RFC 4647 section 3.4: drop subtags from the end */
	while (lang.size != 0) {
		const struct bytes *text = label_in(labels, count, lang);
		if (text != NULL)
			return *text;
		const uint8_t *hyphen = memrchr(lang.data, '-', lang.size);
		lang.size = hyphen == NULL ? 0 : (size_t)(hyphen - lang.data);
	}
	const struct bytes *english = label_in(labels, count, BYTES("en"));
	return english != NULL ? words_of(*english) : otherwise;
}

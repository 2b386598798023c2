/*
 * member: what stands where in a document.
 */
#include <stdio.h>

#include "document_parts.h"

json_t *member_at(json_t *in, const char *path)
{
	while (in != NULL && *path != '\0') {
		size_t size = strcspn(path, ".");
		char key[64];
		snprintf(key, sizeof(key), "%.*s", (int)size, path);
		in = json_object_get(in, key);
		path += size + (path[size] == '.');
	}
	return in;
}

const char *member_text(json_t *in, const char *path)
{
	return json_string_value(member_at(in, path));
}

static bool given(json_t *value, const struct member *member)
{
	switch (member->need) {
	case NEED_STRING:
		return json_string_length(value) > 0 &&
			(member->value == NULL || strcmp(json_string_value(value), member->value) == 0);
	case NEED_NUMBER:
		return json_is_number(value);
	case NEED_OBJECT:
		return json_is_object(value);
	case NEED_SOME:
		return json_array_size(value) > 0;
	}
	return false;
}

static const char *const needs[] = {"a text", "a number", "an object", "a list that is not empty"};

/* The first that is missing; NULL: none. */
static const struct member *missing(json_t *in, const struct member *members)
{
	while (members->path != NULL && given(member_at(in, members->path), members))
		members++;
	return members->path == NULL ? NULL : members;
}

enum rule members_need(json_t *in, const struct member *members, struct fault *fault)
{
	const struct member *lacks = missing(in, members);
	return lacks == NULL ? RULE_OK : fault_set(fault, RULE_DOCUMENT_FORM, 0, "%s: %s%s%s", lacks->path,
		needs[lacks->need], lacks->value == NULL ? "" : ", ", lacks->value == NULL ? "" : lacks->value);
}

enum rule members_need_each(json_t *in, const char *path, const struct member *members, struct fault *fault)
{
	json_t *array = member_at(in, path);
	if (array == NULL)
		return RULE_OK;
	if (!json_is_array(array))
		return fault_set(fault, RULE_DOCUMENT_FORM, 0, "%s: a list", path);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const struct member *lacks = missing(json_array_get(array, i), members);
		if (lacks != NULL)
			return fault_set(fault, RULE_DOCUMENT_FORM, 0, "%s, number %zu: %s%s%s", path, i + 1,
				lacks->path, *lacks->path == '\0' ? "" : ": ", needs[lacks->need]);
	}
	return RULE_OK;
}

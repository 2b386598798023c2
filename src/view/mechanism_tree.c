/* Which form may answer which, as a tree: each form once, as near to what begins a matter as it can be. */
#include "mechanism_parts.h"

#include "paper.h"

#define INDENT 4
#define JOIN 3 /* columns of "+- " */

struct tree {
	struct showing *showing;
	bool placed[FORMS_MAX];
	struct bytes above[FORMS_MAX]; /* what each form stands below; absent: nothing */
	size_t queue[FORMS_MAX], first, count; /* those whose answers are to be placed next */
	char before[JOIN * (FORMS_MAX + 1)]; /* of a line: the branches that go on below it */
	size_t depth;                        /* of these characters */
};

static bool answers(const struct form *form, struct bytes name)
{
	size_t i = 0;
	while (i < form->answer_count && !bytes_equal(form->answers[i], name))
		i++;
	return i < form->answer_count;
}

/* A form on its line, with those that may answer it and stand elsewhere, which go by their last word. */
static void tree_line(struct tree *tree, struct bytes name, const char *join, const struct bytes *also, size_t count)
{
	struct showing *showing = tree->showing;
	const struct form *form = mechanism_form(showing->mechanism, name);
	struct buffer *text = &showing->line, called = {0}, list = {0};
	showing_called(&called, name, form == NULL ? name
		: form_label(form->labels, form->label_count, showing->lang, name));
	words_list(&list, also, count, W("{1}, {2}"));
	struct bytes blanks[] = {buffer_bytes(&called), buffer_bytes(&list)};
	buffer_format(text, "%*s%.*s%s", INDENT, "", (int)tree->depth, tree->before, join);
	if (count != 0)
		words_say(text, W("{1}; also answered by {2}"), blanks, 2);
	else
		buffer_add(text, blanks[0]);
	paper_wrap(showing->to, buffer_bytes(text), INDENT + tree->depth + 2 * JOIN);
	buffer_clear(text);
	buffer_free(&called);
	buffer_free(&list);
}

/* A form and all that stands below it; as deep as there are forms, each of which is placed once. */
static void branch(struct tree *tree, struct bytes name, const char *join)
{
	const struct mechanism *mechanism = tree->showing->mechanism;
	struct bytes also[FORMS_MAX] = {0};
	size_t below[FORMS_MAX], also_count = 0, count = 0, depth = tree->depth;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		if (!answers(&mechanism->forms[i], name))
			continue;
		if (bytes_equal(tree->above[i], name))
			below[count++] = i;
		else
			also[also_count++] = name_rest(mechanism->forms[i].name);
	}
	tree_line(tree, name, join, also, also_count);
	if (join[0] != '\0') {
		memcpy(tree->before + depth, join[0] == '+' ? "|  " : "   ", JOIN);
		tree->depth += JOIN;
	}
	for (size_t i = 0; i < count; i++)
		branch(tree, mechanism->forms[below[i]].name, i + 1 == count ? "`- " : "+- ");
	tree->depth = depth;
}

/* Below a name goes what answers it and has no place yet. */
static void place_below(struct tree *tree, struct bytes name)
{
	const struct mechanism *mechanism = tree->showing->mechanism;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		if (tree->placed[i] || !answers(&mechanism->forms[i], name))
			continue;
		tree->placed[i] = true;
		tree->above[i] = name;
		tree->queue[tree->count++] = i;
	}
}

static void place_queue(struct tree *tree)
{
	while (tree->first < tree->count)
		place_below(tree, tree->showing->mechanism->forms[tree->queue[tree->first++]].name);
}

static void tree_heading(struct showing *showing, bool *said, const char *word)
{
	if (*said)
		return;
	*said = true;
	buffer_string(showing->to, "  ");
	words_say(showing->to, word, NULL, 0);
	buffer_string(showing->to, "\n");
}

/* The forms by which something begins: those that open a matter, or those that need nothing but an open one. */
static void roots(struct tree *tree, bool opens, const char *word)
{
	const struct mechanism *mechanism = tree->showing->mechanism;
	bool said = false;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		if (form->opens != opens || (!opens && form->answer_count != 0))
			continue;
		tree_heading(tree->showing, &said, word);
		branch(tree, form->name, "");
	}
}

/* Whether an earlier form, or an earlier word of this one, answers the same. */
static bool named_before(const struct mechanism *mechanism, size_t form, struct bytes name)
{
	size_t i = 0;
	while (i < form && !answers(&mechanism->forms[i], name))
		i++;
	return i < form;
}

/* What stands in other files and is answered here: first that is placed below it, then it is shown. */
static void others(struct tree *tree, bool show)
{
	const struct mechanism *mechanism = tree->showing->mechanism;
	bool said = false;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		const struct form *form = &mechanism->forms[i];
		for (size_t j = 0; j < form->answer_count; j++) {
			struct bytes name = form->answers[j];
			if (bytes_equal(name_party(name), mechanism->name) || named_before(mechanism, i, name))
				continue;
			if (show) {
				tree_heading(tree->showing, &said, W("Of other mechanisms:"));
				branch(tree, name, "");
			} else {
				place_below(tree, name);
			}
		}
	}
}

void showing_tree(struct showing *showing)
{
	const struct mechanism *mechanism = showing->mechanism;
	struct tree tree = {.showing = showing};
	bool said = false;
	for (size_t i = 0; i < mechanism->form_count; i++) {
		if (!mechanism->forms[i].opens && mechanism->forms[i].answer_count != 0)
			continue;
		tree.placed[i] = true;
		tree.queue[tree.count++] = i;
	}
	place_queue(&tree);
	others(&tree, false);
	place_queue(&tree);
	roots(&tree, true, W("Opening a matter:"));
	roots(&tree, false, bytes_is(mechanism->name, "record") ? W("Written by the nodes:")
		: W("Within an open matter:"));
	others(&tree, true);
	for (size_t i = 0; i < mechanism->form_count; i++) {
		if (tree.placed[i])
			continue;
		tree_heading(showing, &said, W("Never, for nothing leads there:"));
		tree_line(&tree, mechanism->forms[i].name, "", NULL, 0);
	}
}

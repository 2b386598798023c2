/*
 * mechanism_view: a mechanism file as a person reads it: what it is, its clocks, its scales as ladders, which form may
 * answer which, and what each form asks, tells and makes whom owe. Pure.
 */
#ifndef MECHANISM_VIEW_H
#define MECHANISM_VIEW_H

#include "form.h"
#include "json.h"
#include "words.h"

/* As text of at most PAPER_COLUMNS columns, unless a name or label is longer; labels in `lang`, the rest as words_speak() has it. */
void view_mechanism(struct buffer *to, const struct mechanism *mechanism, struct bytes lang);

/* The whole file as one object, with labels in `lang`. */
void view_mechanism_json(struct json *json, const struct mechanism *mechanism, struct bytes lang);

#endif

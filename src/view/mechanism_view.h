/*
 * mechanism_view: a mechanism file as a person reads it: forms, fields, codes, clocks. Pure.
 */
#ifndef MECHANISM_VIEW_H
#define MECHANISM_VIEW_H

#include "form.h"

void view_mechanism(struct buffer *to, const struct mechanism *mechanism, struct bytes lang);

#endif

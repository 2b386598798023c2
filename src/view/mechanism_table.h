/* mechanism_table: a mechanism's forms as tables in Markdown, for documents that are made from the files (docs/mechanisms). */
#ifndef MECHANISM_TABLE_H
#define MECHANISM_TABLE_H

#include "buffer.h"
#include "form.h"

/* Labels in `lang`, the rest as words_speak() has it. Pure. */
void view_mechanism_table(struct buffer *to, const struct mechanism *mechanism, struct bytes lang);

#endif

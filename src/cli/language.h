/*
 * language: in which language the command line speaks, and asks the keeper to speak: as --lang says, else as the locale
 * does (LC_ALL, LC_MESSAGES or LANG), else English. Labels go by the tag even where no file of it is shipped.
 */
#ifndef LANGUAGE_H
#define LANGUAGE_H

#include "rule.h"

/* What --lang says, from now on. DONE; WRONG_USE after a line of error where it is no tag; what keeps its file from use. */
int language_choose(const char *command, const char *tag);

/* What the locale says; nothing where it says none, or is no tag. */
void language_take_locale(void);

/* The tag that was chosen; NULL: none. */
const char *language_chosen(void);

#endif

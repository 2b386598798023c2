/*
 * programs: where the program's other parts are: beside its own file, so that a folder on a memory stick works, else
 * where it was installed.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "buffer.h"

/* The path of detente-link. False when it is nowhere. */
bool programs_link(char *to, size_t capacity);

/* Appends a mechanism file: a path, or the name of a shipped one. RULE_CLI_NO_MECHANISM, RULE_LIMIT, RULE_IO. */
enum rule programs_mechanism(struct buffer *to, const char *name);

/* Appends the language file of a tag, or of a shorter one. RULE_NOT_FOUND where there is none; RULE_LIMIT, RULE_IO. */
enum rule programs_language(struct buffer *to, const char *lang);

/* The folder of language files. False when there is none. */
bool programs_languages(char *to, size_t capacity);

#endif

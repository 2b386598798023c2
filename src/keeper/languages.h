/*
 * languages: in which languages the keeper can answer: the language files of the data folder, opened before the sandbox
 * closes, each read when somebody asks for it first.
 */
#ifndef LANGUAGES_H
#define LANGUAGES_H

#include "words.h"

struct languages;

/* The files of a folder; NULL: none. NULL: no memory. */
struct languages *languages_open(const char *folder);
void languages_free(struct languages *languages);

/*
 * What words_speak() takes for a tag: the words of its file, or of a shorter tag's; without a file an empty table of that
 * tag, so that labels go by it; NULL, English, for none, for "en" and for what is no tag. Lasts until the next one is
 * looked up.
 */
const struct words *languages_find(struct languages *languages, struct bytes tag);

#endif

/*
 * words: what the program itself says to people, in the language that they ask for. English is in words.def; each other
 * language is a file of the data folder `lang`. What a mechanism's forms, fields and codes are called is in the
 * mechanism's file. Pure.
 *
 *   detente language v1
 *   lang zh
 *   reviewer NAME                who has read it; without the line it is unreviewed, and shown as such
 *   form.obliges ... {1} ... {2} key and text, once for each key of words.def, with the same blanks
 *
 * Empty lines and lines that begin with # are for people.
 */
#ifndef WORDS_H
#define WORDS_H

#include "buffer.h"

#define LANGUAGE_MAX 65536 /* bytes of a language file */
#define WORD_MAX 400       /* bytes of a text */
#define WORD_BLANKS_MAX 4

enum word {
#define WORD(id, key, text) WORD_##id,
#include "words.def"
#undef WORD
	WORDS
};

struct words {
	struct bytes lang, reviewer;
	bool unreviewed; /* of another language than English: no reviewer */
	struct bytes texts[WORDS];
};

/* The words of words.def. */
void words_english(struct words *words);

/* A language file, which the words then view. RULE_LANGUAGE_*, or what its lines break, with the line. */
enum rule words_read(struct words *words, struct bytes file, struct fault *fault);

/* Appends a text with its blanks filled. */
void words_say(struct buffer *to, const struct words *words, enum word word, const struct bytes *blanks, size_t count);

#endif

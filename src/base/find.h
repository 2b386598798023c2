/*
 * find: a word in a text, character by character, whatever its case is in Latin, Greek and Cyrillic and whether it is
 * written in full or half width. Accents count: there is no normalisation, so a letter and its accent are found as they
 * were written, as one character or as two. No copy of the text is made.
 */
#ifndef FIND_H
#define FIND_H

#include "bytes.h"
#include "rule.h"

#define FIND_WORD_MAX 64 /* characters */

struct find_word {
	uint32_t codes[FIND_WORD_MAX]; /* folded */
	size_t count;
};

/* RULE_FIND_WORD: not UTF-8, empty, too long, or only white space. */
enum rule find_word_read(struct find_word *word, struct bytes text);

/* The first place in a text; the absent view: it is not there. Line breaks are as spaces. */
struct bytes find_word(const struct find_word *word, struct bytes text);

/* What stands around a place in a text: so many characters before and after, cut between characters. */
struct bytes find_context(struct bytes text, struct bytes place, size_t characters);

/* A character as it is compared. */
uint32_t find_fold(uint32_t code);

#endif

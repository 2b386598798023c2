/*
 * words: in what language the program speaks to people. What it says stands in English where it is said, marked by one
 * of three macros; other languages are files of the data folder `lang`, which give each English text its translation:
 *
 *   detente language v1
 *   lang fr
 *   reviewer NAME                  who has read it; without the line it is unreviewed, and shown as such
 *   en {1} owes {2}                as the program has it, or as a mechanism's file labels something
 *   fr {2} est dû par {1}          the same blanks, in any order
 *
 * Empty lines and lines that begin with # are for people. What a file lacks is said in English; of the shipped ones a
 * test finds what is missing (tests/words). Codes, names of rules and what scripts read have no language.
 *
 * A text is one sentence or one label, never a part of one, with blanks {1} to {6} for what is filled in; no space at
 * either end, no line break.
 */
#ifndef WORDS_H
#define WORDS_H

#include "buffer.h"

#define W(text) text                                     /* marks a text in a table, looked up later */
#define T(text) words_in(text)                           /* looks it up: a C string */
#define WORDS(to, text, ...)                             /* looks it up and fills blanks with `struct bytes` each */ \
	words_say(to, text, (struct bytes[]){__VA_ARGS__},                                                          \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

#define LANGUAGE_MAX (2 << 20) /* bytes of a language file */
#define WORDS_MAX 8192         /* pairs of a language file */
#define WORD_MAX 1000          /* bytes of a text */
#define WORD_BLANKS_MAX 6

struct words;

/* Reads a language file; `file` may go afterwards. RULE_LANGUAGE_*, or what its lines break, with the line. */
enum rule words_read(struct words **words, struct bytes file, struct fault *fault);
void words_free(struct words *words); /* NULL is harmless; this thread must not speak it */

struct bytes words_tag(const struct words *words);      /* of NULL: "en" */
struct bytes words_reviewer(const struct words *words); /* empty: unreviewed */
size_t words_count(const struct words *words);

/* In what this thread speaks from now on; NULL: English, as at the start. Returns what it spoke before. */
const struct words *words_speak(const struct words *words);
const struct words *words_spoken(void);
bool words_rightward(void); /* false: it is written from right to left */
bool words_unreviewed(void); /* not English, and nobody has read it */

/* The translation, for as long as its words live; the text itself where there is none. */
const char *words_in(const char *english);
struct bytes words_of(struct bytes english);

/*
 * Appends the translation of a text with its blanks filled. Where it is written from right to left each blank is
 * isolated (U+2068, U+2069), so that what it holds does not turn around what stands beside it.
 */
void words_say(struct buffer *to, const char *english, const struct bytes *blanks, size_t count);
/* The same; what fills the blanks may be anybody's, and is made printable (text_printable()). */
void words_show(struct buffer *to, const char *english, const struct bytes *blanks, size_t count);
/* "a", "a or b", "a, b or c", as `last` joins the last two: W("{1}, {2}") or W("{1} or {2}"). */
void words_list(struct buffer *to, const struct bytes *items, size_t count, const char *last);
/* One line for people, where nobody has read the language that is spoken; else nothing. */
void words_review(struct buffer *to);

/* What fills a blank, for as long as the block it stands in: NUMBER(3), MOMENT(entry->at). */
#define WORDS_VALUE 24
#define NUMBER(value) words_number((char[WORDS_VALUE]){0}, (int64_t)(value))
#define MOMENT(time) words_moment((char[WORDS_VALUE]){0}, time)
struct bytes words_number(char to[WORDS_VALUE], int64_t value);
struct bytes words_moment(char to[WORDS_VALUE], int64_t time); /* "2026-03-01T12:00:00Z" */

#endif

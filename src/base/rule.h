/*
 * rule: every reason for which this program refuses something, in one table.
 *
 * Functions return RULE_OK or the rule that was broken; out-parameters are untouched on failure unless a header says
 * otherwise. A rule has a stable name for scripts and test vectors ("note.utf8"), the clause of the specification that
 * it enforces, and one sentence. rules.def is the table.
 */
#ifndef RULE_H
#define RULE_H

#include "bytes.h"

enum rule {
	RULE_OK = 0,
#define RULE(id, name, clause, sentence) RULE_##id,
#include "rules.def"
#undef RULE
	RULE_COUNT
};

const char *rule_name(enum rule rule);
const char *rule_clause(enum rule rule);
const char *rule_sentence(enum rule rule); /* in the language that this thread speaks (words.h) */
const char *rule_english(enum rule rule);  /* for the wire, and for files that others keep */

/* The rule of that name, or RULE_COUNT. */
enum rule rule_named(const char *name);

/* What an errno of a file says. Callers see to what is special to them, such as EEXIST; RULE_IO is for the rest. */
enum rule rule_of_errno(int error);

/* True for rules about this machine (memory, disk, a descriptor), which say nothing of the bytes that were read. */
bool rule_is_system(enum rule rule);

/* Where a rule was broken, for the one line of error that a person reads. Callers may pass NULL where one is taken. */
struct fault {
	enum rule rule;
	uint32_t line;    /* 1-based line of the text that was read; 0 when it has none */
	char detail[192]; /* what was found there, printable, NUL-terminated; may be empty */
};

/* Fills *fault (if not NULL) and returns `rule`. Unprintable bytes of the detail become '?'. */
enum rule fault_set(struct fault *fault, enum rule rule, uint32_t line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with bytes as they were found. */
enum rule fault_bytes(struct fault *fault, enum rule rule, uint32_t line, struct bytes found);

/*
 * The same with a detail in words (words.h): FAULT(fault, rule, line, "{1} bytes", NUMBER(size)). What fills its blanks is
 * made printable. For one without blanks there is fault_set(fault, rule, line, "%s", T("no line feed")).
 */
struct fault_words {
	const char *english;
	const struct bytes *blanks;
	size_t count;
};
enum rule fault_words(struct fault *fault, enum rule rule, uint32_t line, const struct fault_words *words);
#define FAULT(fault, rule, line, text, ...)                                                               \
	fault_words(fault, rule, line, &(struct fault_words){text, (struct bytes[]){__VA_ARGS__},         \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes)})

/*
 * Writes "line 3: SENTENCE (DETAIL) [NAME, CLAUSE]" into `to`, in the language that is spoken; always NUL-terminated.
 * FAULT_LINE bytes are room for each.
 */
#define FAULT_LINE 2048
void fault_print(const struct fault *fault, char *to, size_t capacity);

#endif

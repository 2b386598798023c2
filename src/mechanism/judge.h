/*
 * judge: whether an entry that its log proves counts: valid, void by a rule, or pending (docs/spec/judgement). Pure;
 * the entries of one log are judged in order, and a log stops at its first pending entry. Every node comes to the same
 * verdict.
 *
 * Order of the checks: form of the note, desk and signature, the log's own clock (`at`) and `seen`, repetition, then
 * meaning (form's rules, references). An entry that passes the first three moves the log's clock and `seen` even if its
 * meaning is void.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "cards.h"

/* What the judge keeps of one log between entries. Written and read as opaque bytes. */
struct judge_log {
	uint64_t next; /* entries below are judged */
	int64_t at;    /* of the newest entry that counted for the clock */
	struct { uint64_t size; struct hash root; } seen[AGREEMENT_PARTIES_MAX]; /* by party index; own unused */
	uint64_t opened_day, opened; /* the newest day, since 1970, and how many valid entries of it opened a matter */
	/* leaf hashes of the entries that share `at`: a repeated leaf can only stand among them. A table with gaps */
	uint64_t same_from; /* index of the first of them */
	struct hash *same_second;
	size_t same_count, same_capacity;
};
/* Leaves the state of an empty log, as a zeroed struct is. */
void judge_log_free(struct judge_log *log);
/*
 * Without same_second, which the owner refills when it loads: with the leaf of each entry of [same_from, next) whose
 * `at` is the log's and whose verdict judge_counted(), as else a copy would pass after a restart. A leaf that is there
 * already changes nothing.
 */
void judge_log_write(struct buffer *to, const struct judge_log *log, size_t parties);
/* RULE_TRUNCATED, RULE_TRAILING, RULE_LIMIT for bytes that judge_log_write() did not write. */
enum rule judge_log_read(struct judge_log *log, struct bytes bytes, size_t parties);
enum rule judge_log_refill(struct judge_log *log, const struct hash *leaf); /* RULE_MEMORY */

/* Whether an entry with that verdict moved its log's clock and `seen`: valid, a copy, or void by its meaning. */
bool judge_counted(enum rule verdict);

/* What the judge asks about entries that were judged before: given by the caller. */
struct judge_head {
	enum rule verdict;         /* RULE_OK, or the rule that makes it void */
	struct bytes form;         /* valid until the next call */
	bool opens;
	struct bytes matter_party; /* its matter's opening entry; for one that opens: itself; bookkeeping: absent */
	uint64_t matter_index;
	uint32_t to;               /* the parties that it is addressed to: a bit by party */
	uint32_t circle;           /* of one that opens: terms_circle() */
};
/* Whether a version was proposed: by a valid entry of a form that does, in that matter, below `past` of its log. */
struct judge_proposal {
	struct place matter;
	struct bytes version; /* 64 hex digits */
	const uint64_t *past; /* by party: sizes */
};
struct judge_record {
	/* entries of that party's log that are judged: [0, result) */
	uint64_t (*judged)(void *context, size_t party);
	/* the root of the first `size` leaves of a log. RULE_NOT_FOUND when so many are not held */
	enum rule (*root)(void *context, size_t party, uint64_t size, struct hash *to);
	/* a judged entry; of a void one only `verdict` is read */
	enum rule (*head)(void *context, size_t party, uint64_t index, struct judge_head *head);
	/* among the entries that are judged */
	enum rule (*proposed)(void *context, const struct judge_proposal *proposal, bool *found);
	void *context;
};

struct judge_input {
	size_t party;   /* whose log */
	uint64_t index; /* == log->next */
	struct bytes note;
	struct hash leaf;
	/* parsed and its signature verified beforehand (in a worker), by judge_prepare() */
	const struct judge_prepared *prepared;
};

/*
 * The part that needs nothing but the terms and the cards in force: form of the note, desk, signature, form's open
 * fields, cosignatures in bookkeeping. Runs in workers.
 */
struct judge_prepared {
	struct entry entry;
	enum rule form;      /* broken by the note's form, the desk or the signature: nothing of it counts */
	enum rule meaning;   /* broken by its form's rules: void, but its clock counts */
	const struct form *written; /* the form it is written in; NULL when the agreement has none of that name */
	bool brings_card;    /* its card acts from it on, whatever becomes of the entry: cards_take() */
	bool brings_text;    /* so does what it says of the agreement's texts: texts_take() */
	struct fault fault;
};
/*
 * Where memory ran out, `form` or `meaning` is a system rule and judge_next() returns it: there is no verdict then. Do
 * not copy.
 *
 * Entry `index` of the party's log is judged by the cards that the entries below it brought, and those under its
 * `seen`: they must have been taken (cards_take()), else it is prepared again when they have. What `seen` names and
 * the record lacks is pending whatever was prepared; so who prepares a run of entries of one log beforehand prepares
 * those again that follow one which brings_card or brings_text, and those that wait before they are judged.
 */
void judge_prepare(struct judge_prepared *prepared, const struct cards *cards, size_t party, uint64_t index,
	struct bytes note);
/* The same for a note of `party` that this process has just made: what it signed a moment ago is not verified again. */
void judge_prepare_own(struct judge_prepared *prepared, const struct cards *cards, size_t party, uint64_t index,
	struct bytes note);

enum judge_outcome { JUDGE_VALID, JUDGE_VOID, JUDGE_PENDING };
struct judge_verdict {
	enum judge_outcome outcome;
	enum rule rule; /* why it is void, or what it waits for: RULE_JUDGE_AHEAD, _BRANCH, _UNJUDGED, _FILES */
};
/*
 * Judges the next entry of a log. VALID and VOID advance *log; PENDING leaves it. Returns RULE_OK, or a system rule
 * when the record could not be read: then nothing has changed.
 */
enum rule judge_next(struct judge_log *log, const struct texts *texts, const struct judge_input *input,
	const struct judge_record *record, struct judge_verdict *verdict);

/* The version that an entry names, other than the matter itself (none, or zeros): its hex digits; else absent. */
struct bytes judge_version(const struct entry *entry);
/*
 * Whether an entry opens a matter when its log may open no more on the day of its `at` (RULE_JUDGE_OPENINGS); and when
 * the next day begins.
 */
bool judge_opens_too_many(const struct judge_log *log, const struct terms *terms, const struct entry *entry);
int64_t judge_next_day(const struct entry *entry);

#endif

/*
 * verify: what an outsider can prove with public keys only: of an exported record, of an entry with its receipt, of an
 * opened entry. Says what is proved, what is not, and whom it trusts.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "cards.h"
#include "opened.h"

/* A list of one-line statements, in the language that is spoken (words.h), printable; grows as needed. */
struct statements {
	struct buffer text; /* NUL-separated */
	size_t count;
};
/* Adds a text with its blanks filled with what is given, made printable. */
void statements_add(struct statements *statements, const char *english, const struct bytes *blanks, size_t count);
/* The next statement after `previous` (NULL: the first); NULL at the end. */
const char *statements_next(const struct statements *statements, const char *previous);

/* Zeroed before use, but for progress and context. */
struct verify_report {
	enum rule verdict; /* RULE_OK: proved. Else the first rule that was broken */
	char where[256];   /* file, log and index, as far as it is known */
	struct fault fault;
	struct statements proved, not_proved, trusts;
	uint64_t entries, signatures; /* checked */
	/* called about once a second on long work, may be NULL */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};
void verify_report_free(struct verify_report *report);

/* A fingerprint that the user vouches for: 40 digits of PARTY's identity. */
struct verify_trust {
	struct bytes party, digits;
};
struct verify_options {
	const struct verify_trust *trust;
	size_t trust_count;
	unsigned threads; /* 0: one a core */
	struct buffer *state; /* NULL, or: the state that a record comes to is appended (docs/spec/state), and its digest */
	int64_t state_at;     /* at that time */
};

/*
 * An exported record below the folder descriptor. Checks everything: cards, agreement, mechanisms, checkpoints with the
 * quorum of the log's policy (recomputed from the cards, compared with the file), every tile and bundle against the
 * root, every entry's signature and judgement, attachments by digest, `beyond`, that no file is there which the layout
 * does not name. System failures are returned; everything else is the report's verdict.
 */
enum rule verify_record(int folder, const struct verify_options *options, struct verify_report *report);

/*
 * Says in report->trusts on whose cards everything rests, and which of them the user vouches for. RULE_RECORD_TRUST, in
 * the report too, where a card has another fingerprint, or nobody has the name. verify_record() does it itself; for the
 * other two the caller does, and where she did not they say that nobody vouched. `options` may be NULL.
 */
enum rule verify_trusts(const struct terms *terms, const struct verify_options *options, struct verify_report *report);

/*
 * An entry with its receipt, against terms and cards (as loaded from an exported record, or from agreement, cards and
 * mechanisms).
 */
void verify_receipt(const struct cards *cards, struct bytes entry, struct bytes receipt, struct verify_report *report);
/*
 * A published file (published.h), which needs nothing beside it. Says of texts on which its entries state positions
 * who states what.
 */
void verify_published(struct bytes published, const struct verify_options *options, struct verify_report *report);
/* An opened entry against them. */
void verify_opened(const struct cards *cards, struct bytes opened, struct verify_report *report);

/* Loads terms from agreement, cards/ and mechanisms/ below a folder descriptor. */
enum rule verify_load_terms(int folder, struct terms **terms, struct fault *fault);
/*
 * The cards under those terms, with those that entries brought as far as an exported record holds its logs. They are
 * signed by the parties' identities; where they stand is proved by verify_record() only. The caller frees.
 */
enum rule verify_load_cards(int folder, const struct terms *terms, struct cards **cards);

/* In the language that is spoken. */
void verify_print_text(struct buffer *to, const struct verify_report *report);
/* For scripts, which ask with English spoken. */
void verify_print_json(struct buffer *to, const struct verify_report *report);

/* A fork's evidence (fork.h), which needs nothing beside it but the fingerprint of the forker's card. */
void verify_fork(struct bytes fork, const struct verify_options *options, struct verify_report *report);

#endif

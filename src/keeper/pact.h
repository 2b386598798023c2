/*
 * pact: one agreement in force at this node: its terms, every party's log as it is held here, and what the judge keeps
 * of each.
 *
 * Functions that change the store run inside the keeper's transaction; when that fails, pact_load() again.
 */
#ifndef PACT_H
#define PACT_H

#include "cards.h"
#include "checkpoint.h"
#include "due.h"
#include "judge.h"
#include "kernel.h"
#include "keys.h"
#include "ledger.h"

/* Kinds of marks in the store. */
enum { MARK_TO = 1, MARK_RE = 2, MARK_MATTER = 3,
	MARK_TEST = 4,   /* of a party: the line tests that were sent to it */
	MARK_STORED = 5, /* of an origin, where lines are tested: the record/received that say something of it */
	MARK_PROPOSED = 6, /* of a matter and a version: the entries that propose it */
	MARK_ATTACHMENT = 10, /* of a digest: the valid entries that name it */
	MARK_HELD = 11,       /* of a digest: the record/received that say that it is held */
	MARK_WANTED = 12,     /* of nothing: entries to us, or ours, whose attachments are still looked for */
	MARK_OFFERED = 13,    /* of nothing: ours, whose attachments not everybody is known to hold */
};

#define PACT_RECENT 32

/*
 * A field, reserved for it, that the node fills in: the digest of the state of what the writer held, up to this entry. Who
 * holds just that, when it comes, compares.
 */
#define STATE_FIELD "state-digest"
enum pact_agreeing { PACT_NOT_COMPARED, PACT_SAME_STATE, PACT_OTHER_STATE };

struct pact_log {
	struct ledger ledger;
	struct judge_log judge;
	/* the newest checkpoint whose entries are all held: own: signed; others': cosigned by us */
	uint64_t size;
	struct hash root;
	struct buffer checkpoint; /* its note */
	/* the last few of those: entries of others name them in `seen` */
	struct { uint64_t size; struct hash root; } recent[PACT_RECENT];
	unsigned recent_next;
	/* others' logs: the pending checkpoint of tlog-mirror */
	bool has_pending;
	uint64_t pending_size;
	struct hash pending_root;
	struct buffer pending; /* its note */
	struct party_card *ahead; /* accepted by hand, not in the log yet; owned */
	struct vkey keys[2];      /* that may sign a new checkpoint: of the newest card in the log, of that one */
	size_t key_count;
	enum pact_agreeing agreeing; /* what its party says that the record comes to, and what it comes to here, by the last comparison */
	bool refuses;     /* the last word of its party to a desk of ours is a refusal: that entry */
	uint64_t refusal;
	/* of our own log: the size up to which it holds more than bookkeeping */
	uint64_t words;
	/* within a turn */
	bool advanced;  /* since our last record/received */
	bool owing;     /* and by more than bookkeeping */
	bool came;      /* more than bookkeeping came that is not cosigned yet */
	bool grown;     /* entries were appended in this turn */
	uint64_t turn_void, turn_to_us; /* judged in this turn: how many void, how many valid for a desk of ours */
	bool attached;  /* a valid entry that names attachments came; reset by who looks for them */
	char cosignature[128]; /* ours over `checkpoint`, base64, as record/received quotes it */
};

struct pact {
	unsigned number;
	char label[65]; /* what --agreement names: the first 16 hex digits of its hash, unless adopted under a name */
	struct store *store;
	struct terms *terms; /* of the first text: parties, origins */
	struct cards *cards; /* of every entry held, judged or not, and its texts */
	struct buffer brought; /* which entries brought texts: party and index of each, in the order in which they came */
	bool cards_grown;    /* one came since this was looked at */
	size_t parties, self;
	const struct keys *ring;    /* every generation of our own keys */
	const struct key_set *keys; /* of our newest card in the log */
	struct signer log_signer, mirror_signer, node_signer;
	struct signer old_log_signer; /* until everybody has the card that changed it; without secret: there is none */
	uint64_t everybody; /* the size of our own log that every other party has cosigned, as the keeper says */
	bool keyless;       /* there is nothing to sign with: see pact_take_keys() */
	bool entering;      /* the keys of our newest card in the log are lost: nothing is written before the next */
	struct pact_log *logs; /* by party */
	/* our own log: what other parties' logs said in this turn that they cosigned, by party; size 0: nothing */
	struct { uint64_t size; int64_t time; } told[AGREEMENT_PARTIES_MAX];
	/*
	 * our own entries, by party: up to where they are addressed to it before others, and up to where the record says
	 * that it has stored them
	 */
	struct { uint64_t addressed, recorded; } receipts[AGREEMENT_PARTIES_MAX];
	bool receipts_changed; /* in this turn */
	struct kernel *kernel; /* the state */
	struct rows_over state; /* its rows: what this turn changed of them, over the store's */
	struct due due;        /* when something of what is owed is to be told */
	struct judge_record record;
	/* the entry that the judge asked about last: struct judge_head views it */
	struct buffer head_note;
	struct entry head;
};

/*
 * Loads agreement `number` from the store. The caller frees, also after a failure. What it signs with is chosen as
 * pact_take_keys() does; where that fails it is keyless.
 */
enum rule pact_load(struct pact **pact, struct store *store, unsigned number, struct bytes party,
	const struct keys *keys, struct fault *fault);
void pact_free(struct pact *pact);

/* Stores an agreement under a number (its text, cards, mechanisms); in the transaction. */
enum rule pact_store(struct store *store, unsigned number, const struct terms *terms);

unsigned pact_log_number(const struct pact *pact, size_t party);
/* The party whose log has that number; false when it is another agreement's: the marks of all stand in one index. */
bool pact_log_party(const struct pact *pact, unsigned log, size_t *party);

/*
 * The cards of a party, those that count most first: one that was accepted by hand and is newer than any in its log,
 * then the newest in its log, and so on. NULL after the last.
 */
const struct party_card *pact_card(const struct pact *pact, size_t party, size_t n);
/*
 * Takes a card that was accepted by hand, if it is newer than any that the party's log brought so far: its keys are good
 * for what comes before the entry that brings it.
 */
enum rule pact_accept_card(struct pact *pact, size_t party, struct bytes note);
/* The cards and texts that the first sizes[party] entries of each log bring. The caller frees. */
enum rule pact_cards_below(struct pact *pact, const uint64_t sizes[AGREEMENT_PARTIES_MAX], struct cards **cards);
/*
 * The text that governs what is written here now. What it binds, while its mechanism files are at hand; until they are
 * (pact_lacks_files()), the first text's, and nothing is written.
 */
const struct agreement *pact_text(const struct pact *pact);
const struct terms *pact_terms(const struct pact *pact);
bool pact_lacks_files(const struct pact *pact);
/* What the text binds that an entry names; the first text's where that cannot be told. */
const struct terms *pact_terms_of(const struct pact *pact, const struct entry *entry);
/* Whether a text, signed or not, could follow as an amendment, and its files are at hand. RULE_TERMS_*, RULE_AGREEMENT_* */
enum rule pact_try_text(const struct pact *pact, struct bytes note, struct fault *fault);
/* Keeps a mechanism file for amendments; what waits for it goes on after pact_find_files(). */
enum rule pact_keep_file(struct store *store, struct bytes file);
enum rule pact_find_files(struct pact *pact);
/* Whether a key of that party's log signed the note: RULE_NOTE_UNSIGNED, RULE_SIGNATURE. */
enum rule pact_verify_log(const struct pact *pact, size_t party, const struct note *note);
/* The party's cosignature on a note, by any of its mirror keys; *line and *key may be NULL. As cosignature_verify(). */
struct pact_cosigned {
	int64_t time;
	struct bytes line;
	const struct vkey *key;
};
enum rule pact_verify_mirror(const struct pact *pact, size_t by, const struct note *note, struct bytes text,
	struct pact_cosigned *cosigned);

/*
 * Chooses what is signed with, anew: after a change of our cards, of `everybody`, of the ring. RULE_KEYS_OTHER: neither
 * the keys of our newest card in the log are at hand nor those of one accepted for ourselves, that is to follow it.
 */
enum rule pact_take_keys(struct pact *pact);

/* One entry before it is appended. */
struct pact_entry {
	size_t party;
	struct bytes note;
	struct hash leaf;
	const struct judge_prepared *prepared;
};
/* Appends what a log has proved, judged if its log is judged so far. */
enum rule pact_append(struct pact *pact, const struct pact_entry *entry);
/* Appends to the own log, if it is valid; else *verdict says what it would be, and nothing changed. */
enum rule pact_append_own(struct pact *pact, const struct pact_entry *entry, struct judge_verdict *verdict);
/* Judges what was pending and can be judged now, at most so many entries; *more: some are left. */
enum rule pact_judge_rest(struct pact *pact, unsigned most, bool *more);

/* After a restore: the own log refers to more of others' logs than is held here; until it is, nothing is written. */
bool pact_lacks(const struct pact *pact);
/* Or our new card is to be entered first. */
bool pact_behind(const struct pact *pact);

/*
 * How many bytes of entries a log may still take under the agreement's limit `log`; desks leave a part of it to
 * bookkeeping, so that a node goes on recording what it stores when its desks can say nothing more.
 */
uint64_t pact_limit(const struct pact *pact);
uint64_t pact_room(const struct pact *pact, size_t party);
uint64_t pact_room_for_words(const struct pact *pact, size_t party);
#define PACT_BOOKS_ROOM (ENTRY_OPEN_MAX + 512) /* an entry of bookkeeping, with its signature, at most */

/* Saves what this turn changed: sizes and judge states. */
enum rule pact_save(struct pact *pact);

/*
 * The digest of the state as an entry written now has it in its past; false: it is of no checkpoints, as something waits to
 * be judged.
 */
bool pact_state_digest(const struct pact *pact, uint8_t digest[SHA256_SIZE]);

/* Signs the own log's checkpoint of the present size and stores it. */
enum rule pact_sign_checkpoint(struct pact *pact);
/*
 * Takes another party's log's checkpoint note whose entries are all held: cosigns at `now` and stores it with the
 * cosignature. RULE_PACT_LOG_KEY: the log key in force at its size did not sign it; nothing has changed.
 */
enum rule pact_cosign(struct pact *pact, size_t party, struct bytes note, int64_t now);
/*
 * Takes a checkpoint note of our own log, which signed it, and whose entries are all held, as the newest (after a
 * restore). Cosignatures that verify stay with it.
 */
enum rule pact_take_checkpoint(struct pact *pact, struct bytes note);
/* Stores the pending checkpoint note of another party's log. */
enum rule pact_put_pending(struct pact *pact, size_t party, struct bytes note);
/*
 * Adds a cosignature line of `by` that was verified to the stored checkpoint of our own log, unless it has one: the
 * earliest is kept.
 */
enum rule pact_add_cosignature(struct pact *pact, size_t by, const struct checkpoint *checkpoint, struct bytes line);
/* A witness's line, verified, to a log's checkpoint that is held, unless it has one of that key. RULE_OK also where it is not. */
enum rule pact_add_witness(struct pact *pact, size_t party, const struct checkpoint *checkpoint, const struct vkey *key,
	struct bytes line);
/* The newest checkpoint of our own log that `by` cosigned, among the last few. RULE_NOT_FOUND. */
enum rule pact_cosigned_size(struct pact *pact, size_t by, uint64_t *size, int64_t *time);

/* Whether it has cosigned what was addressed to it, as its answers show, and the record does not say so. */
bool pact_unrecorded(const struct pact *pact, size_t by, uint64_t cosigned);
/* The value of a `receipt` line for that, and the size that it is of. */
enum rule pact_receipt_line(struct pact *pact, size_t by, struct buffer *line, uint64_t *size);
/* The record says that it has stored our log up to a size. */
void pact_recorded(struct pact *pact, size_t by, uint64_t size);

/* The `at` of an entry written now: never before the last one's, whatever the clock does. */
int64_t pact_at(const struct pact *pact, int64_t now);
/* The `seen` lines that an entry written now carries. */
void pact_seen(const struct pact *pact, struct entry *entry);

/* The verdict of an entry, as judged and stored: RULE_OK for valid; for ENTRY_VOID the rule. */
enum rule pact_entry_state(struct pact *pact, size_t party, uint64_t index, enum entry_state *state, enum rule *why);

/*
 * The smallest checkpoint of a log that covers `index` and is cosigned by `by` and by as many witnesses as the entry's
 * text needs: its note and the cosignature's time. RULE_NOT_FOUND.
 */
struct pact_receipt {
	size_t party, by;
	uint64_t index;
	uint64_t size; /* out */
	int64_t time;  /* out */
};
enum rule pact_receipt(struct pact *pact, struct pact_receipt *receipt, struct buffer *note);

/* The largest stored checkpoint of a log whose size is below `below`; appends its note. RULE_NOT_FOUND. */
enum rule pact_checkpoint_below(struct pact *pact, size_t party, uint64_t below, uint64_t *size, struct buffer *note);
/* Is this checkpoint cosigned by as many witnesses as the text that governs needs? */
bool pact_witnessed(const struct pact *pact, struct bytes note);
/* Is this checkpoint of a log cosigned by every other party? */
bool pact_cosigned_by_all(const struct pact *pact, size_t party, struct bytes note);

/* ---- attachments (pact_attachment.c) ---- */

/* Is the entry addressed to a desk of that party? */
bool pact_addressed(const struct pact *pact, const struct entry *entry, size_t party);
/* What a valid entry says of attachments, marked in the store. */
enum rule pact_mark_attachments(struct pact *pact, size_t party, const struct entry *entry,
	const struct store_mark *place);
/* Whether a party recorded that it holds it. A writer records nothing of its own. */
enum rule pact_attachment_held(struct pact *pact, size_t party, const uint8_t digest[SHA256_SIZE], bool *held);
/* The next valid entry, from (party, index) on, that names it: zero to begin with. RULE_NOT_FOUND. */
struct pact_naming {
	size_t party;
	uint64_t index;
	uint64_t size; /* out: as the entry names it */
	bool to_us;    /* out: it is ours, or addressed to a desk of ours */
};
enum rule pact_attachment_named(struct pact *pact, const uint8_t digest[SHA256_SIZE], struct pact_naming *naming);
/* The greatest size of a sealed attachment. */
uint64_t pact_attachment_limit(const struct pact *pact);
/* Of one that comes: by any text that governed. */
uint64_t pact_attachment_max(const struct pact *pact);

#endif

/*
 * command: what the command line can ask of the keeper, a function each. Arguments are named in the function's file.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "state.h"

/* setup.c */
void command_init(struct keeper *keeper, struct command *command);
void command_card(struct keeper *keeper, struct command *command);
void command_card_accept(struct keeper *keeper, struct command *command);
/* Of the files that came with a command those that the agreement names. */
void setup_gather_mechanisms(const struct command *command, const struct agreement *agreement,
	struct terms_source *source);
bool setup_in_force(const struct keeper *keeper, const struct agreement *agreement); /* in this home already */
enum rule setup_adopt(struct keeper *keeper, const struct terms *terms, struct fault *fault);
/* Writes a card and signs it. */
enum rule card_sign(const struct card *card, const uint8_t *identity, const uint8_t *before, struct buffer *note);
void command_agree_sign(struct keeper *keeper, struct command *command);
void command_agree_adopt(struct keeper *keeper, struct command *command);
void command_stop(struct keeper *keeper, struct command *command);

/* amend.c */
void command_agree_text(struct keeper *keeper, struct command *command);
/* Keeps the mechanism files of an amendment, which goes together with the agreement that it amends. RULE_SETUP_AMENDMENT */
enum rule amend_take(struct keeper *keeper, struct command *command, const struct agreement *agreement,
	struct fault *fault);

/* successor.c */
/* The n-th agreement in force here that succeeds that one; NULL after the last. */
const struct relation *successor_of(const struct keeper *keeper, const struct pact *pact, size_t n);
/* What a text says that it succeeds, where that is in force here. RULE_SETUP_SUCCEEDS, RULE_SETUP_SUCCEEDS_MODE. */
enum rule successor_check(const struct keeper *keeper, const struct agreement *agreement, struct fault *fault);
/* Whether an entry may open its matter here still. RULE_WRITE_SUCCEEDED. */
enum rule successor_opens(const struct keeper *keeper, const struct pact *pact, const struct entry *draft,
	const struct form *form, struct fault *fault);

/* restore.c */
void command_restore(struct keeper *keeper, struct command *command);

/* own_card.c */
void command_card_update(struct keeper *keeper, struct command *command);

/* drill_clock.c */
void command_drill_clock(struct keeper *keeper, struct command *command);

/* read.c */
void command_inbox(struct keeper *keeper, struct command *command);
void command_show(struct keeper *keeper, struct command *command);
void command_status(struct keeper *keeper, struct command *command);
void command_watch(struct keeper *keeper, struct command *command);

/* read.c, for others: "PARTY/INDEX" of a held entry; an entry of ours with its body opened */
enum rule read_place(const struct pact *pact, struct bytes text, size_t *party, uint64_t *index);
struct read_body {
	struct buffer note, plain; /* the caller frees; plain.secret set by the caller */
	bool sealed;
	uint8_t file_key[AGE_FILE_KEY];
};
/*
 * The secret of a desk of ours that the entry is sealed to, or was sealed by; NULL: none. *lost: our keys of that time
 * are not at hand.
 */
const uint8_t *read_identity(const struct pact *pact, const struct entry *entry, uint64_t index, bool *lost);
struct bytes read_language(const struct command *command, const struct relation *relation); /* of labels */
/* An entry with what is needed to show it, opened where it can be; `folder`: of attachments, or -1. NULL: no memory. */
struct reading *reading_new(struct relation *relation, int folder);
void reading_free(struct reading *reading);
enum rule reading_load(struct reading *reading, size_t party, uint64_t index);
const struct view_entry *reading_view(const struct reading *reading); /* until it is loaded again */
enum rule read_opened(struct relation *relation, size_t party, uint64_t index, struct read_body *body);

/* state_commands.c */
void command_matters(struct keeper *keeper, struct command *command);
void command_obligations(struct keeper *keeper, struct command *command);
void command_compare(struct keeper *keeper, struct command *command);
/* For others: what is settled is gone through from here on, the newest entries of a party's log. */
#define STATE_LOOK_BACK 20000
struct kernel_place state_look_from(const struct pact *pact, size_t party);
/* Calls `each` for everything that is owed, or was, under those. */
enum rule state_every_owed(struct pact *pact, due_each each, void *context);

/* brief.c */
void command_brief(struct keeper *keeper, struct command *command);

/* picture.c */
void command_picture(struct keeper *keeper, struct command *command);

/* timeline.c */
void command_timeline(struct keeper *keeper, struct command *command);
/* "2014", "2014-05", "2014-05-19", after "~" where approximate: its first second, or its last one. RULE_FIELD_DATE */
enum rule timeline_date(struct bytes date, bool last, int64_t *time);

/* rungs.c */
void command_ladder(struct keeper *keeper, struct command *command);
void command_ladder_result(struct keeper *keeper, struct command *command);

/* search.c */
void command_search(struct keeper *keeper, struct command *command);

/* proofs.c */
void command_receipt(struct keeper *keeper, struct command *command);
void command_export(struct keeper *keeper, struct command *command);

/* The tlog-proof of an entry, by the earliest checkpoint that `by` cosigned. RULE_NOT_FOUND: there is none. */
enum rule proofs_receipt(struct pact *pact, size_t party, uint64_t index, size_t by, struct buffer *out);
/* Whose receipt is asked for: argument `by`, else the party of the first of `to`, else the first other party. */
enum rule proofs_choose_by(struct pact *pact, const struct command *command, size_t party, uint64_t index, size_t *by);

/* publish.c */
void command_publish(struct keeper *keeper, struct command *command);

/* courier_out.c */
void command_courier_out(struct keeper *keeper, struct command *command);

#endif

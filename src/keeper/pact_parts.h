/*
 * pact_parts: what the files behind pact.h share.
 */
#ifndef PACT_PARTS_H
#define PACT_PARTS_H

#include "pact.h"

#define VALUE_NAME_MAX 256

/* The store's value KIND of a log. */
void pact_value_name(char to[VALUE_NAME_MAX], unsigned log, const char *kind);

/* The checkpoint that a note holds; views into the note. */
enum rule pact_checkpoint_of(struct bytes note, struct checkpoint *checkpoint);

/* Takes the card that an entry brings, which was just appended. */
enum rule pact_take_card(struct pact *pact, size_t party, const struct entry *entry, uint64_t index);

/* Takes what an entry says of texts, which was just appended; those that lie below `sizes` again; all that are stored. */
enum rule pact_take_text(struct pact *pact, size_t party, const struct entry *entry, uint64_t index);
enum rule pact_texts_below(struct pact *pact, const uint64_t sizes[AGREEMENT_PARTIES_MAX], struct texts *texts);
enum rule pact_load_texts(struct pact *pact);

/* Sets pact->record: what the judge may ask. */
void pact_answer_judge(struct pact *pact);
/* Loads what the judge kept of a log. */
enum rule pact_load_judge(struct pact *pact, size_t party);

/*
 * What another party says that it stored (a `stored` line that was judged, so its cosignature verifies) joins the
 * checkpoint held here.
 */
enum rule pact_take_stored(struct pact *pact, size_t by, struct bytes line);

/* The state: what the kernel knows, kept in rows. An entry is told when it was judged valid, once; saved with each turn. */
enum rule pact_load_state(struct pact *pact);
enum rule pact_load_agreeing(struct pact *pact, size_t party);
enum rule pact_add_state(struct pact *pact, size_t party, uint64_t index, const struct entry *entry);
enum rule pact_save_state(struct pact *pact);

/* An entry of our own at that index is valid. */
void pact_owe_receipt(struct pact *pact, const struct entry *entry, uint64_t index);
enum rule pact_load_receipts(struct pact *pact);
enum rule pact_save_receipts(struct pact *pact); /* as far as they changed */

#endif

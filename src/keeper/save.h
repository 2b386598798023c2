/*
 * save: "show ENTRY --save": an entry's attachments go to the client, opened, a FILE frame a piece.
 */
#ifndef SAVE_H
#define SAVE_H

#include "entry_view.h"
#include "state.h"

/* Takes from an opened entry what is to be saved, into command->saving. RULE_SAVE_NONE; why the entry is not open. */
struct save_place {
	size_t relation; /* index among the keeper's */
	size_t party;
	uint64_t index;
};
enum rule save_begin(struct command *command, const struct view_entry *view, const struct save_place *place);
/* A piece, between turns; false: the command is done. */
bool save_step(struct keeper *keeper, struct command *command);

#endif

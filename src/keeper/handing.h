/*
 * handing: the attachments that go with an export, in pieces between turns. One that is damaged here is left out, and
 * told.
 */
#ifndef HANDING_H
#define HANDING_H

#include "state.h"

struct handing;
void handing_free(struct handing *handing); /* NULL is harmless */
/*
 * Of those that are held, the ones that a valid entry names among the first sizes[party] of each log. Each piece is a
 * FILE frame of attachments/HEX. *done after the last.
 */
enum rule handing_begin(struct handing **handing, struct keeper *keeper, struct relation *relation,
	const uint64_t sizes[AGREEMENT_PARTIES_MAX]);
enum rule handing_piece(struct handing *handing, struct keeper *keeper, struct command *command, bool *done);

#endif

/*
 * status_cards: of what status says, the parties' cards: how old their sealing keys are.
 */
#ifndef STATUS_CARDS_H
#define STATUS_CARDS_H

#include "status_view.h"

void view_cards_text(struct buffer *to, const struct status_agreement *agreement);
void view_cards_json(struct json *json, const struct status_agreement *agreement);

#endif

/*
 * status_witnesses: of what status says, the agreement's witnesses.
 */
#ifndef STATUS_WITNESSES_H
#define STATUS_WITNESSES_H

#include "status_view.h"

void view_witnesses_text(struct buffer *to, const struct status_agreement *agreement);
void view_witnesses_json(struct json *json, const struct status_agreement *agreement);

#endif

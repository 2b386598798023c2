/*
 * status_successor: of what status says, which agreement succeeds which.
 */
#ifndef STATUS_SUCCESSOR_H
#define STATUS_SUCCESSOR_H

#include "status_view.h"

void view_successor_text(struct buffer *to, const struct status_agreement *agreement);
void view_successor_json(struct json *json, const struct status_agreement *agreement);

#endif

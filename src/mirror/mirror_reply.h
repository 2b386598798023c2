/*
 * mirror_reply: the replies of tlog-witness and tlog-mirror that are no refusals in words; the mirror's own.
 */
#ifndef MIRROR_REPLY_H
#define MIRROR_REPLY_H

#include "mirror.h"

/* 409 of add-checkpoint: the size of the pending checkpoint, text/x.tlog.size. */
void reply_size(struct mirror_reply *reply, enum rule rule, uint64_t size);

/* 202 (RULE_OK) or 409 of add-entries: pending size, next entry and an empty ticket, text/x.tlog.mirror-info. */
void reply_info(struct mirror_reply *reply, enum rule rule, const struct mirror_progress *info);

#endif

/*
 * range: which bytes of a whole, in the header fields of RFC 9110: Range (14.2), Content-Range (14.4). One piece, in
 * bytes, spelled one way.
 */
#ifndef RANGE_H
#define RANGE_H

#include "buffer.h"
#include "message.h"

/* "bytes=FIRST-LAST" or "bytes=FIRST-". False, and *range untouched, for anything else: the field then says nothing. */
bool range_read(struct message_range *range, struct bytes text);
void range_write(struct buffer *to, const struct message_range *range);

/* "bytes FIRST-LAST/TOTAL", or "bytes * /TOTAL" without the blank: size 0. False, and *range untouched, otherwise. */
bool range_read_content(struct message_range *range, struct bytes text);
void range_write_content(struct buffer *to, const struct message_range *range);

#endif

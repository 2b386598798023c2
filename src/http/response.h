/*
 * response: what the server library sends: text, or a piece of a file, and the header fields of either.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <microhttpd.h>

#include "message.h"

/* Memory for a file on its way: as much is read at once, and more of it goes into one record of TLS each. */
#define RESPONSE_FILE_COST ((size_t)64 << 10)

/* Each gives NULL where there is no memory. */
struct MHD_Response *response_of_text(struct bytes body); /* copies */
struct MHD_Response *response_of_file(int fd, const struct message_range *range); /* takes the descriptor, in any case */

/* The fields that every reply has; the type is "" where it has none. */
void response_add_head(struct MHD_Response *response, unsigned status, const char *type);
/* What a 206 brings, and what a 416 could have brought. */
void response_add_range(struct MHD_Response *response, unsigned status, const struct message_range *range);

#endif

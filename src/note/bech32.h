/*
 * bech32: BIP 173 strings, without its limit on their length, as age uses them. Private to note.
 */
#ifndef BECH32_H
#define BECH32_H

#include "buffer.h"

/*
 * Checks the string, appends its data to `data`, and gives the part before the last '1', in the case of the text.
 * RULE_BECH32, or the buffer's own. Nothing is appended on failure.
 */
enum rule bech32_read(struct bytes text, struct bytes *prefix, struct buffer *data);

/* Writes prefix, '1', data and checksum, in lower case or in upper case. The prefix is lower case. */
void bech32_write(struct buffer *to, const char *prefix, struct bytes data, bool upper);

#endif

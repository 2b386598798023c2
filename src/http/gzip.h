/*
 * gzip: bodies of requests packed and unpacked (RFC 1952), in bounded memory.
 */
#ifndef GZIP_H
#define GZIP_H

#include "buffer.h"
#include "bytes.h"
#include "rule.h"

/* Appends `plain` as one gzip member. The buffer's error tells. */
void gzip_pack(struct buffer *to, struct bytes plain);

/* Unpacks a stream that comes in pieces: one or more members, nothing after the last. NULL: out of memory. */
struct gunzip;
struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *gunzip); /* NULL is harmless */

/*
 * Takes the next piece and appends what it unpacks to, so that *to holds at most `most` bytes in all: RULE_LIMIT
 * beyond, RULE_GZIP when it is no gzip, RULE_MEMORY. After an error nothing more can be taken.
 */
enum rule gunzip_add(struct gunzip *gunzip, struct bytes piece, struct buffer *to, size_t most);

/* RULE_OK when the stream is whole; else RULE_GZIP. */
enum rule gunzip_end(const struct gunzip *gunzip);

#endif

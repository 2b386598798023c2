/*
 * foreign: reads files of an untrusted folder without ever leaving it: every component of a path is opened by itself
 * and follows no link, nothing but plain files is read, sizes come first. Private to record.
 *
 * A path is relative, of components that foreign_name() accepts, joined by single slashes.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "buffer.h"
#include "crypto.h"

/*
 * A name that a record may use: letters, digits, dots, hyphens and underscores, the first no dot, at most
 * FOREIGN_NAME_MAX bytes.
 */
#define FOREIGN_NAME_MAX 128
bool foreign_name(struct bytes name);

/* Opens a folder below `folder`. The caller closes. RULE_RECORD_MISSING, RULE_RECORD_KIND, or a system rule. */
enum rule foreign_open(int folder, const char *path, int *opened);

/* Appends a file of at most `max` bytes. RULE_RECORD_MISSING, RULE_RECORD_KIND, RULE_RECORD_SIZE, or a system rule. */
enum rule foreign_read(int folder, const char *path, size_t max, struct buffer *to);

/* Reads a file of exactly `size` bytes into `to`. */
enum rule foreign_read_exact(int folder, const char *path, uint8_t *to, size_t size);

/* The SHA-256 and size of a file of at most `max` bytes. */
struct foreign_digest {
	uint8_t digest[SHA256_SIZE];
	uint64_t size;
};
enum rule foreign_digest(int folder, const char *path, uint64_t max, struct foreign_digest *to);

/* What errno says of an open or a read below the folder. */
enum rule foreign_rule(int error);

#endif

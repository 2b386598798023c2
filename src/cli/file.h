/*
 * file: small files that the command line reads whole, and the folder of an export that it writes.
 */
#ifndef FILE_H
#define FILE_H

#include "buffer.h"

/* Appends a file's bytes; "-" is standard input. RULE_LIMIT beyond `limit`. RULE_NOT_FOUND, RULE_PERMISSION, RULE_IO. */
enum rule file_read(struct buffer *to, const char *path, size_t limit);

/* Writes pieces of files below a folder, in the order they come; a piece of another path begins a new file, which must not exist. */
struct folder_writer {
	int folder;       /* descriptor */
	int file;         /* open file, or -1 */
	char path[512];   /* of it */
	uint64_t files, bytes;
};
enum rule folder_writer_add(struct folder_writer *writer, const char *path, struct bytes content);
/* Syncs and closes the last file. */
enum rule folder_writer_end(struct folder_writer *writer);

#endif

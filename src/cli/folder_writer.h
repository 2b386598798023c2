/*
 * folder_writer: the folder of an export, written file by file.
 *
 * Pieces of files come in order; a piece of another path begins a new file, which must not exist.
 */
#ifndef FOLDER_WRITER_H
#define FOLDER_WRITER_H

#include "bytes.h"
#include "rule.h"

struct folder_writer {
	int folder;       /* descriptor */
	int file;         /* open file, or -1 */
	char path[512];   /* of it */
	uint64_t files, bytes;
};

/* RULE_CLI_EXISTS, or the rule of an errno. */
enum rule folder_writer_add(struct folder_writer *writer, const char *path, struct bytes content);
/* What was begun and is not whole is removed. */
void folder_writer_drop(struct folder_writer *writer);
/* Syncs and closes the last file. */
enum rule folder_writer_end(struct folder_writer *writer);

#endif

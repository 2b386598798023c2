/*
 * piece: bytes of a file that a descriptor brings. The link opens no files: it reads and writes those it is given.
 */
#ifndef PIECE_H
#define PIECE_H

#include <sys/types.h>

#include "bytes.h"

/* All of it, or false. */
bool piece_write(int fd, uint64_t at, struct bytes bytes);

/* Up to `size` bytes: how many came, 0 at the end of the file, or -1. */
ssize_t piece_read(int fd, uint64_t at, void *to, size_t size);

#endif

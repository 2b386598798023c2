/*
 * file: descriptors read and written whole, however little the kernel does in one call.
 *
 * A failure is the rule of its errno (rule_of_errno()), which is left as it was.
 */
#ifndef FILE_H
#define FILE_H

#include "buffer.h"

/* Reads until `capacity` bytes are there or the file ends. */
enum rule file_fill(int descriptor, uint8_t *to, size_t capacity, size_t *size);

/* Appends what is left of the file: all, or nothing and a failure. RULE_LIMIT beyond `limit` bytes. */
enum rule file_read(int descriptor, struct buffer *to, size_t limit);

enum rule file_write(int descriptor, struct bytes bytes);

/*
 * A new file of its owner only, on the disk but for its name, which lasts once the folder is synced. After a failure
 * there is none; errno is EEXIST where there was one before. `folder` is a descriptor or AT_FDCWD.
 */
enum rule file_create(int folder, const char *name, struct bytes content);

#endif

/*
 * input: what a command reads: a file, or standard input.
 */
#ifndef INPUT_H
#define INPUT_H

#include "buffer.h"

/* NULL or "-". */
bool is_standard(const char *path);
/* As messages call it. */
const char *input_name(const char *path);

enum rule input_open(const char *path, int *descriptor);
/* Leaves standard input open. */
void input_close(int descriptor);

/* Appends all of it; RULE_LIMIT beyond `limit` bytes. */
enum rule input_read(struct buffer *to, const char *path, size_t limit);

#endif

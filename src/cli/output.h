/*
 * output: a file that a command writes, which is there whole or not at all.
 *
 * A regular file is written beside its place, under a name that ends in six letters of chance, and renamed when it is
 * whole; a failure, or a signal that ends the program, leaves what was there before. Devices and pipes are written
 * directly.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <limits.h>

#include "bytes.h"
#include "rule.h"

struct output {
	int descriptor;
	unsigned mode;         /* that the file gets */
	char final[PATH_MAX];  /* its place, behind symbolic links; empty where it is written directly */
	char beside[PATH_MAX]; /* its name until then */
};

/* As messages call it. */
const char *output_name(const char *path);

/* NULL or "-": standard output. At most one output is open at a time. */
enum rule output_open(struct output *output, const char *path);
/* Puts the file in its place, on the disk. The output is closed, whatever the result. */
enum rule output_keep(struct output *output);
/* Leaves nothing of it. */
void output_drop(struct output *output);

/* A secret: to standard output, or into a new file of its owner only. RULE_CLI_EXISTS when there is one. */
enum rule output_key(const char *path, struct bytes content);

#endif

/*
 * batch: runs a pure function over the items of an array on all cores, and waits. The keeper's only use of threads
 * besides the store's own: nothing outlives the call.
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>
#include <stddef.h>

struct batch;

/* `threads` besides the caller; 0 runs everything in the caller. NULL: the threads cannot be had. */
struct batch *batch_new(unsigned threads);
void batch_free(struct batch *batch); /* NULL is harmless */

/* Calls work(context, i) once for each i in [0, count), in any order, and returns when all are done. */
void batch_run(struct batch *batch, void (*work)(void *context, size_t item), void *context, size_t count);

/*
 * The same for a caller that has its own work to do meanwhile: batch_begin() returns at once, batch_help() does one
 * item that nobody has begun (false: there is none), and batch_end(), which may be called again, returns when all are
 * done.
 */
void batch_begin(struct batch *batch, void (*work)(void *context, size_t item), void *context, size_t count);
bool batch_help(struct batch *batch);
void batch_end(struct batch *batch);

#endif

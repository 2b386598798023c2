/*
 * checkpointer: moves what the WAL holds into the database file, on a thread and a connection of its own, so that no
 * commit pays for it. A passive checkpoint waits for nobody and lets nobody wait.
 */
#ifndef CHECKPOINTER_H
#define CHECKPOINTER_H

#include "rule.h"

struct checkpointer;

enum rule checkpointer_start(struct checkpointer **checkpointer, const char *path);
void checkpointer_stop(struct checkpointer *checkpointer); /* waits for a checkpoint that runs; NULL is harmless */

/* Asks for a checkpoint. Its failure is not an error: the WAL keeps everything, and the next one tries again. */
void checkpointer_wake(struct checkpointer *checkpointer);

/* Runs one now, on the caller's thread, after one that runs. */
enum rule checkpointer_run(struct checkpointer *checkpointer);

#endif

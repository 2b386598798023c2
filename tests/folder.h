/*
 * folder: a folder of its own for a test program, gone when it ends.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static inline int folder_drop(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void folder_remove(void)
{
	nftw(folder, folder_drop, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_make(void)
{
	snprintf(folder, sizeof(folder), "/tmp/detente-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		abort();
}

/* FOLDER/NAME; the result is good until the fourth call after it. */
static inline const char *folder_path(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % 4];
	if (snprintf(path, sizeof(paths[0]), "%s/%s", folder, name) >= (int)sizeof(paths[0]))
		abort();
	return path;
}

#endif

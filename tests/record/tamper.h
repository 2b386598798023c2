/*
 * tamper: exported records with one thing wrong, by name, with the rule that must refuse them (or NULL: still proved).
 *
 * The record is of a.example and b.example, LOG_SIZE entries each: one full tile and a partial one.
 */
#ifndef TAMPER_H
#define TAMPER_H

#include "build.h"

struct tampering {
	const char *name;
	const char *rule;   /* its name; NULL: proved all the same */
	const char *says;   /* part of a statement on what is not proved; NULL: none */
	/* one of three ways: */
	void (*build)(struct build *build);            /* before the export */
	void (*folder)(const char *folder);            /* after it */
	struct { const char *path; int what; long at; } file; /* to one file */
};
extern const struct tampering tamperings[];
extern const size_t tampering_count;

enum { TAMPER_FLIP = 1, TAMPER_LETTER, TAMPER_CUT, TAMPER_GROW, TAMPER_REMOVE, TAMPER_LINK, TAMPER_FIFO, TAMPER_ADD,
	TAMPER_FOLDER };

#define LOG_SIZE 280

/* Makes the folder, which must not exist yet. `tampering` may be NULL: a record with nothing wrong. */
void tamper_make(const struct tampering *tampering, const char *folder);

#endif

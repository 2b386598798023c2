/*
 * attach: files that an entry carries. They are checked when the command comes, then sealed in pieces between turns, to
 * the entry's recipients and with a file key each; when all are, the command is written like any other.
 *
 * Arguments: attach* (the file's name), with a descriptor each, in that order.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include "form.h"
#include "sealed.h"
#include "state.h"

struct attaching { /* in memory for secrets */
	struct attaching *next; /* of those whose entry this turn wrote */
	int folder;
	struct attached {
		char name[ATTACHMENT_NAME_MAX + 1];
		uint64_t plain; /* bytes of the file, as it was when the command came */
		struct entry_attachment sealed;
		uint8_t file_key[AGE_FILE_KEY];
		char key[2 * AGE_FILE_KEY + 1]; /* in hex */
	} files[ENTRY_ATTACHMENTS_MAX];
	size_t count, done; /* files; how many of them are sealed */
	struct sealed_recipients to;
	/* the one under way */
	struct age_run *run;
	struct sha256_stream *digest;
	int file;
	unsigned number;
	enum rule rule; /* why they cannot be sealed */
};

/* Checks name, kind and size of each. What is refused is in the fault. */
enum rule attach_check(struct command *command, const struct pact *pact, const struct sealed_recipients *to,
	struct keeper *keeper, struct fault *fault);
/* Queues the command until they are sealed; then it is among keeper->writes. */
void attach_wait(struct keeper *keeper, struct command *command);
/* Its entry is written in this turn: with its commit they are held. */
void attach_keep(struct keeper *keeper, struct command *command);

#endif

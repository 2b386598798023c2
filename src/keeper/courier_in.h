/*
 * courier_in: what the files share that take courier files in: courier_in.c opens and checks them, courier_logs.c takes
 * their logs, courier_attachments.c their attachments. Each does a small step at a time.
 */
#ifndef COURIER_IN_H
#define COURIER_IN_H

#include "command.h"
#include "courier.h"

struct unpack_file {
	int descriptor; /* the command's */
	const char *name;
	uint64_t size;
	bool used, is_part;
	struct courier_part part;
};

enum unpack_phase { UNPACK_OPEN, UNPACK_PARTS, UNPACK_CHECK, UNPACK_LOGS, UNPACK_FORK, UNPACK_ATTACHMENTS };
enum step { STEP_ON, STEP_NEXT_TURN, STEP_WAITS, STEP_ENDED };

struct unpacking {
	struct unpack_file files[COURIER_PARTS_MAX];
	char names[COURIER_PARTS_MAX][256];
	size_t file_count;
	/* the file under way, its parts in order */
	enum unpack_phase phase;
	struct unpack_file *parts[COURIER_PARTS_MAX];
	size_t part_count, part; /* part: whose digest is checked */
	uint64_t hashed;         /* of it */
	struct sha256_stream *digest;
	struct courier courier;
	struct relation *relation;
	size_t from;
	/* the log under way: of the file, of the agreement; how much was held; which bundle is next, and where */
	size_t log, party;
	bool begun;
	uint64_t before, next, at;
	bool owing; /* more than bookkeeping came before the intake was begun anew */
	struct intake intake;
	struct forking *forking; /* what may prove that a log's owner signed two histories; NULL: nothing */
	/* the attachment under way: which, of how many that came; where it is, and where the next one is read */
	uint64_t attachment, attachments_came, next_at;
	struct courier_block block;
	struct part *file;
	bool recording; /* it is whole, and to be recorded */
	struct buffer body;
	bool refused; /* something was */
	int64_t said_ms;
};

/* As messages call the file under way. */
static inline const char *unpack_name(const struct unpacking *unpacking)
{
	return unpacking->parts[0]->name;
}

/* Says what of the file is not taken, and why; the rest of it stands for itself. `advice` may be NULL. */
void unpack_say_refused(struct keeper *keeper, struct command *command, const struct fault *fault, const char *advice);
/* A line of progress, now and then. */
bool unpack_due(struct unpacking *unpacking);

enum step unpack_logs(struct keeper *keeper, struct command *command);
/* The entries of the log under way do not go on from what is held. Its owner's doing? False: it cannot be told. */
bool unpack_fork_begin(struct unpacking *unpacking);
/* A bundle's part of that; *proved once phase is UNPACK_LOGS again. */
enum rule unpack_fork(struct keeper *keeper, struct unpacking *unpacking, bool *proved);
enum rule unpack_bundle(struct unpacking *unpacking, uint64_t wanted); /* of the log under way, into `body` */
enum step unpack_attachments(struct keeper *keeper, struct command *command);

#endif

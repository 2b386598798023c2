/*
 * courier_writer: a courier file as it comes from the keeper, written into a new file, or into parts of a given size.
 */
#ifndef COURIER_WRITER_H
#define COURIER_WRITER_H

#include "buffer.h"
#include "courier.h"

struct courier_writer {
	const char *path;
	uint64_t split; /* bytes of a part; 0: one file */
	int file;       /* open, or -1 */
	char name[4096];
	enum rule rule; /* of what could not be written to `name` */
	unsigned parts; /* files that were begun */
	uint64_t bytes; /* written, heads and tails included */
	/* of the part under way */
	uint8_t id[COURIER_ID];
	uint64_t left;
	struct sha256_stream *digest;
};

#define COURIER_SPLIT_MIN 4096

/* The next bytes of the file; the first ones hold its whole head. RULE_CLI_EXISTS, RULE_LIMIT: too many parts. */
enum rule courier_writer_add(struct courier_writer *writer, struct bytes content);
/* All has come: on the disk, names included. */
enum rule courier_writer_keep(struct courier_writer *writer);
/* Leaves nothing of it. */
void courier_writer_drop(struct courier_writer *writer);

#endif

/*
 * build: makes whole records for tests and measurements: parties with keys that follow from labels, cards, an agreement
 * over the project's own mechanisms, logs of signed entries, checkpoints with cosignatures, and the exported folder.
 * Every run makes the same bytes. Any failure aborts the program: what a test means to get wrong, it gets wrong after
 * these.
 */
#ifndef BUILD_H
#define BUILD_H

#include "export.h"
#include "judge.h"
#include "opened.h"
#include "cards.h"

#define BUILD_PARTIES 3
#define BUILD_START INT64_C(1790424000) /* 2026-09-26T12:00:00Z */

struct build_key {
	struct signer signer; /* its vkey has a name only once that is known */
	uint8_t secret[ED25519_SECRET];
};

struct build_party {
	const char *name;
	char desk[32]; /* "a.example/duty" */
	struct build_key identity, log, mirror, node, duty;
	uint8_t seal_secret[X25519_SIZE];
	struct buffer card;

	/* its log: the notes in a file without a name, their leaf hashes in memory */
	int file;
	uint64_t *offsets; /* size + 1 */
	struct hash *leaves;
	uint64_t size, capacity;
	struct tree_frontier frontier;

	/* what it has seen of the others */
	struct { uint64_t size; struct hash root; } seen[BUILD_PARTIES];

	/* what is exported */
	struct buffer checkpoint;
	uint64_t checkpoint_size;
	uint64_t beyond[BUILD_PARTIES];
};

struct build {
	size_t count;
	struct build_party parties[BUILD_PARTIES];
	struct buffer agreement, mechanisms[2];
	struct terms *terms;
	struct cards *cards;
	struct random random;
	uint64_t counter;   /* of the randomness */
	int64_t at;         /* of the next entry; the caller moves it on */
	/* seal once and carry that body, under some root, in every further entry of as many sealed lines */
	bool reuse;
	struct { struct buffer body; struct hash root; } sealed[5]; /* by the number of lines */
};

/* Seconds of the clock line-test in agreements that are made from then on; 0: they have none. */
extern uint64_t build_line_test;

/* Two or three parties, a.example and on, with one desk each, and their terms. */
void build_start(struct build *build, size_t count);
/* The same of other names, which are ascending. */
void build_start_named(struct build *build, const char *const *names, size_t count);
void build_end(struct build *build);

/* What to say. Zeroed: a new matter, no answer, no attachment. */
struct build_say {
	const char *form;   /* "hotline/call", "hotline/answer", "hotline/goodwill" */
	size_t to;          /* party */
	size_t matter_party, re_party; /* unless it opens: place of the matter and of what is answered */
	uint64_t matter, re;
	const char *text;
	struct bytes attachment; /* named by its digest and size */
	uint64_t false_size;     /* unless 0: it is named with this size */
	const char *state;       /* what it says of the state's digest, in hex; NULL: nothing */
	bool opens;
};
/* Writes the note. */
void build_note(struct build *build, size_t party, const struct build_say *say, struct buffer *note);
/* Appends any bytes to a log; gives the index. */
uint64_t build_append(struct build *build, size_t party, struct bytes note);
/* Both. */
uint64_t build_say(struct build *build, size_t party, const struct build_say *say);
/* `party` stores all that `other` has, says so in record/received, and has seen it from then on. */
uint64_t build_received(struct build *build, size_t party, size_t other);
/* It has seen it, without a word. */
void build_see(struct build *build, size_t party, size_t other);

/*
 * The checkpoint over the first `size` entries, signed by the log and cosigned by each party of the bits in `mirrors`.
 */
void build_checkpoint(struct build *build, size_t party, uint64_t size, unsigned mirrors, struct buffer *note);
/* Sets what is exported of a log: all of it, cosigned by all others. */
void build_close(struct build *build, size_t party);
/* The root of the first `size` entries. */
void build_root(const struct build *build, size_t party, uint64_t size, struct hash *root);

/* A conversation over every log, closed: about `rounds` calls and answers a party. */
void build_talk(struct build *build, unsigned rounds);

/* Writes the exported folder. */
void build_export(struct build *build, const char *path);
/* A file below a folder, with the folders on its way. */
void build_file(const char *folder, const char *path, struct bytes content);

/* The tlog-proof of an entry, from the exported checkpoint. */
void build_receipt(const struct build *build, size_t party, uint64_t index, struct buffer *proof);
/* An entry of a log. */
void build_entry(const struct build *build, size_t party, uint64_t index, struct buffer *note);

#endif

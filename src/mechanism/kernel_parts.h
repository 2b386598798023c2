/* What the files of the kernel share. */
#ifndef KERNEL_PARTS_H
#define KERNEL_PARTS_H

#include "kernel.h"

/* Kinds of rows: the first byte of a key. */
enum {
	ROW_SELF = 0,     /* what is kept of the kernel itself */
	ROW_AHEAD = 'c',  /* log, cosigner, teller, size: a cosignature over entries that are not added yet */
	ROW_MATTER = 'm', /* place */
	ROW_VERSION = 'v', /* place of the matter, digest */
	ROW_OWED = 'o',   /* place of the entry under which something is owed */
	ROW_ANSWER = 'a', /* place of an entry that answered something: what it answered */
	ROW_EXCHANGE = 'x', /* place of the matter */
	ROW_LAST = 'p',   /* form, matter, party: its newest entry */
	ROW_STATED = 's', /* place of an entry that stated a position, or promised: where that stands */
	ROW_PERIODIC = 'q', /* place of a matter in which something is owed every so often */
};

struct row_key {
	size_t size;
	uint8_t bytes[ROW_KEY_MAX];
};
void key_u8(struct row_key *key, uint8_t value);
void key_u64(struct row_key *key, uint64_t value);
void key_add(struct row_key *key, struct bytes bytes);
struct row_key key_of(uint8_t kind, struct kernel_place place);
static inline struct bytes key_bytes(const struct row_key *key)
{
	return bytes_of(key->bytes, key->size);
}
/* The place in a key of such a kind. */
struct kernel_place key_place(struct bytes key);
/* The first row of a kind whose key holds a place, from that place on; appends its value. */
enum rule kernel_next(const struct kernel *kernel, uint8_t kind, struct kernel_place *place, struct buffer *value);
/* The same with memory for the key. */
enum rule kernel_next_by(const struct kernel *kernel, uint8_t kind, struct kernel_place *place, struct buffer *key,
	struct buffer *value);

struct kernel {
	const struct cards *cards;
	const struct terms *terms; /* the first text's */
	size_t parties;
	size_t text;               /* the number of the text by which the entry is written that is being added */
	struct rows rows;
	struct kernel_listener listener;
	uint64_t added[AGREEMENT_PARTIES_MAX];  /* entries below are added or do not count */
	uint64_t asks[AGREEMENT_PARTIES_MAX];   /* no row of kind owed or answer has an index from here on */
	uint64_t *told;                         /* [log][cosigner][0: by itself, 1: by the log]: the greatest size */
	uint64_t *ahead;                        /* the same: rows of that kind */
	uint64_t sum[4], paragraphs;            /* of the state, the most significant last */
	bool changed;
	/* kept between calls for their memory */
	struct buffer value, paragraph, key, found;
	struct kernel_owed owed;
};

static inline size_t kernel_told(const struct kernel *kernel, size_t log, size_t by, size_t teller)
{
	return (log * kernel->parties + by) * 2 + teller;
}

/* ---- kernel.c ---- */
enum rule kernel_get(const struct kernel *kernel, const struct row_key *key, struct buffer *value);
enum rule kernel_put(struct kernel *kernel, const struct row_key *key, struct bytes value);
/* kernel->paragraph as one of the state's that is there from now on, or is not any more. */
enum rule kernel_weigh(struct kernel *kernel, bool there);
/* A clock of that mechanism under one text. */
struct agreement_clock kernel_clock(const struct kernel *kernel, size_t text, const struct mechanism *mechanism,
	struct bytes name);
const struct mechanism *kernel_mechanism(const struct kernel *kernel, size_t text, struct bytes form);
size_t kernel_find_party(const struct kernel *kernel, struct bytes name);
/* A form, as rows name it: four bytes; there can be more than 255 texts, as each party brings up to TEXTS_MAX. */
void kernel_write_form(const struct kernel *kernel, struct buffer *to, size_t text, const struct form *form);
const struct form *kernel_read_form(const struct kernel *kernel, struct cursor *from, size_t *text);

/* A position that an entry stated is its party's no more, unless it was stated before `since`. */
enum rule position_drop(struct kernel *kernel, struct kernel_place entry, struct kernel_place matter,
	const uint8_t version[SHA256_SIZE], int64_t since);

/* ---- kernel_owed.c ---- */
enum rule owed_add(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form,
	const struct kernel_matter *matter);
enum rule owed_answer(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form);
/* Bookkeeping: cosignatures that are told. */
enum rule owed_cosigned(struct kernel *kernel, const struct kernel_entry *entry);
/* An entry has been added: nobody asks any more for cosignatures told ahead of it. */
enum rule owed_passed(struct kernel *kernel, size_t log);

enum rule owed_listen(const struct kernel *kernel, const struct kernel_owed *owed,
	const struct kernel_obligation *obligation);

/* ---- kernel_disown.c ---- */
enum rule disown_note_position(struct kernel *kernel, struct kernel_place entry, struct kernel_place matter,
	const uint8_t version[SHA256_SIZE]);
enum rule disown_note_promise(struct kernel *kernel, struct kernel_place entry, struct kernel_place answered);
enum rule disown_add(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form);

/* ---- kernel_row.c: what is owed under an entry, as a row ---- */
enum rule owed_store(struct kernel *kernel, const struct kernel_owed *owed);
/* It is no part of the state, or is again: around every change. */
enum rule owed_weigh(struct kernel *kernel, const struct kernel_owed *owed, bool there);
/* One more of a party, after those that it owes; NULL: no memory. */
struct kernel_obligation *owed_item(struct kernel_owed *owed, size_t party);
/* How a party's things are numbered under one entry. */
size_t owed_number(const struct kernel_owed *owed, const struct kernel_obligation *obligation);

/* ---- kernel_exchange.c ---- */
enum rule exchange_add(struct kernel *kernel, const struct kernel_entry *entry, const struct form *form,
	const struct kernel_matter *matter);

/* ---- kernel_write.c: paragraphs ---- */
void write_matter(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter);
void write_version(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_version *version, int64_t now);
void write_owed(struct buffer *to, const struct kernel *kernel, const struct kernel_owed *owed, int64_t now);
void write_exchange(struct buffer *to, const struct kernel *kernel, const struct kernel_matter *matter,
	const struct kernel_exchange *exchange);
/* The newest entry of a form that is owed in each period. */
void write_last(struct buffer *to, const struct kernel *kernel, const struct kernel_period *last, int64_t at);

#endif

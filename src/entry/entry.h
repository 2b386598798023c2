/*
 * entry: one statement by one desk, one leaf of its party's log (docs/spec/entry). A signed note with exactly one
 * signature, Ed25519 type 0x01, by the desk in `from`.
 *
 * A parsed entry is views into the note's bytes. Pure; no allocation.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include "lines.h"
#include "name.h"
#include "note.h"
#include "tree.h"
#include "utc.h"

struct entry_seen {
	struct bytes origin;
	uint64_t size;
	struct hash root;
};

struct entry_attachment {
	uint8_t digest[SHA256_SIZE];
	uint64_t size;
};

struct entry {
	struct bytes note;     /* the leaf, whole */
	struct bytes text;     /* what is signed */
	struct bytes open;     /* the open lines: first line through the LF of the last open field */
	struct bytes body;     /* the armored age file; absent without sealed lines */
	uint8_t agreement[SHA256_SIZE];
	struct bytes from;     /* desk */
	struct bytes form;
	bool bookkeeping;      /* form begins "record/": no matter, re, to */
	bool opens;            /* matter new */
	struct place matter;   /* unless `opens` or bookkeeping */
	bool has_re;
	struct place re;
	struct bytes to[ENTRY_RECIPIENTS_MAX];
	size_t to_count;
	struct entry_seen seen[ENTRY_SEEN_MAX];
	size_t seen_count;
	int64_t at;
	struct bytes tlp, lang;
	struct entry_attachment attachments[ENTRY_ATTACHMENTS_MAX];
	size_t attachment_count;
	bool sealed;
	uint64_t sealed_count; /* sealed lines */
	struct hash sealed_root;
	struct line fields[ENTRY_OPEN_FIELDS_MAX]; /* open fields, values still escaped */
	size_t field_count;
	bool transcribed;      /* its last open line says so: it came by another way (fax, voice, paper), and was entered */
	uint32_t key_id;       /* of the signature line */
	struct bytes signature; /* 64 bytes, decoded into signature_bytes */
	uint8_t signature_bytes[ED25519_SIGNATURE];
};

/*
 * Size and form, the order of the lines included. `signature` points into *entry: do not copy the struct. RULE_ENTRY_*.
 */
enum rule entry_parse(struct entry *entry, struct bytes note, struct fault *fault);

/*
 * The desk's signature: the line's name is `from`, its id the key's, and it verifies. RULE_ENTRY_SIGNER,
 * RULE_SIGNATURE.
 */
enum rule entry_verify(const struct entry *entry, const struct vkey *key);

/* Whether a header line has that key: then no field, open or sealed, may. */
bool entry_header_key(struct bytes key);

/* The value of the first open field of that key; the absent view without one. */
struct bytes entry_field(const struct entry *entry, const char *key);

/*
 * Writes the open lines of what the struct says (note, text, open, body and signature are ignored; field values must be
 * escaped already). entry_finish() then makes the note: open lines, body if any, signature. The result always parses,
 * else the buffer's rule says why not: RULE_ENTRY_*, RULE_LIMIT.
 */
void entry_write_open(struct buffer *to, const struct entry *entry);
void entry_finish(struct buffer *note, struct bytes open, struct bytes body, const struct signer *signer);

#endif

/*
 * sealed: the sealed lines of an entry and the age file that is bound to its open lines (docs/spec/entry, section
 * Sealing).
 *
 * The ephemeral secret of each X25519 stanza is HKDF-SHA-256(ikm = file key, salt = SHA-256(open lines),
 * info = "detente/v1/stanza" || 0x00 || R), so whoever holds the file key rebuilds the whole header.
 */
#ifndef SEALED_H
#define SEALED_H

#include "age.h"
#include "entry.h"

#define SEALED_SALT 16

/* A field before sealing: value unescaped. */
struct sealed_field {
	const char *key;
	struct bytes value;
};

/*
 * Writes the sealed plaintext, "SALT key value LF" a field, into `plain` (set .secret) with salts from `random`, and
 * the RFC 6962 root over the lines without LF. RULE_LIMIT beyond ENTRY_SEALED_MAX or ENTRY_SEALED_FIELDS_MAX.
 */
struct sealed_text {
	const struct sealed_field *fields;
	size_t count;
};
enum rule sealed_write_lines(struct buffer *plain, struct hash *root, const struct sealed_text *text,
	const struct random *random);

/* Parsed sealed lines: views into the plaintext. */
struct sealed_line {
	struct bytes whole; /* the leaf: without LF */
	struct bytes salt;  /* hex */
	struct line field;  /* value still escaped */
};
struct sealed_lines {
	struct sealed_line lines[ENTRY_SEALED_FIELDS_MAX];
	size_t count;
};
/* Form of the plaintext, and that count and root are those of the entry. RULE_SEALED_LINES, RULE_SEALED_ROOT. */
enum rule sealed_read_lines(struct sealed_lines *lines, struct bytes plain, const struct entry *entry);

/* Whom an entry is sealed to: the sealing keys of `to` in that order, the sender's own last. */
struct sealed_recipients {
	uint8_t keys[ENTRY_RECIPIENTS_MAX + 1][X25519_SIZE];
	size_t count;
};

/*
 * Seals `plain` to the recipients, bound to `open`: appends the armored age file. RULE_PUBLIC_KEY,
 * RULE_SEALED_RECIPIENTS (equal keys).
 */
enum rule sealed_seal(struct buffer *body, struct bytes open, struct bytes plain, const struct sealed_recipients *to,
	const struct random *random);

/*
 * Opens an entry's body with one recipient's secret, rebuilds the header for `to` and compares it bytewise, MAC
 * included, and checks the lines' root. Appends the plaintext. *file_key is set when not NULL. RULE_SEALED_KEY (not to
 * this desk), RULE_SEALED_HEADER (copied from another entry, a hidden or a missing recipient), RULE_SEALED_ROOT,
 * RULE_AGE_*.
 */
struct sealed_opening {
	const struct entry *entry;
	const struct sealed_recipients *to;
	const uint8_t *identity; /* X25519_SIZE bytes, or NULL to open by file key */
	uint8_t *file_key;       /* AGE_FILE_KEY bytes: out with an identity, in without */
};
enum rule sealed_open(struct buffer *plain, const struct sealed_opening *opening);

/*
 * One line published alone: its form, and that `path` leads from it, as line `index`, to the entry's root.
 * RULE_SEALED_LINES, RULE_SEALED_ROOT. Views into `whole`.
 */
enum rule sealed_check_line(struct sealed_line *line, const struct entry *entry, uint64_t index, struct bytes whole,
	const struct tree_path *path);

/* The proof that line `index` stands under the entry's root; verified by tree_verify_inclusion(). */
enum rule sealed_prove_line(struct tree_path *path, const struct sealed_lines *lines, size_t index);

#endif

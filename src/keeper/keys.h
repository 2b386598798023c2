/*
 * keys: the party's secret working keys, in the keeper's process only, in memory that is locked and wiped.
 *
 * The file (mode 0600) is lines: "key SET ROLE SEED" and "desk SET NAME SIGN-SEED SEAL-SECRET", all hex. The identity
 * key is a file of its own, kept offline: one line "identity SEED".
 */
#ifndef KEYS_H
#define KEYS_H

#include "card.h"
#include "random.h"

#define KEYS_FILE_MAX 65536

struct key_desk {
	char name[DESK_NAME_MAX + 1];
	uint8_t sign[ED25519_SECRET];
	uint8_t seal[X25519_SIZE];
	uint8_t seal_public[X25519_SIZE];
};

struct key_set {
	uint8_t log[ED25519_SECRET], mirror[ED25519_SECRET], node[ED25519_SECRET];
	struct key_desk desks[AGREEMENT_DESKS_MAX];
	size_t desk_count;
};

struct keys {
	struct key_set sets[2]; /* by enum card_set */
	struct keys *older;     /* those of the card before; owned */
};

/* Makes every key afresh for these desks (ascending, valid). Memory from secret_new(). NULL: none could be had. */
struct keys *keys_make(const struct bytes *desks, size_t desk_count, const struct random *random);
/*
 * What follows a generation: its keys, for these desks instead (as above); those that it lacks are made, and with `seals`
 * every sealing key is made anew. By enum card_set. As keys_make().
 */
struct keys *keys_follow(const struct key_set *const sets[2], const struct bytes *desks, size_t desk_count, bool seals,
	const struct random *random);
void keys_free(struct keys *keys); /* the older ones too */
/* The newest generation whose keys are all those of a card's set; NULL: none. */
const struct key_set *keys_of(const struct keys *keys, enum card_set set, const struct card_keys *public);

/* Reads from and writes to a descriptor, whole. RULE_KEYS_FORM, RULE_IO. */
enum rule keys_read(struct keys **keys, int fd);
enum rule keys_write(const struct keys *keys, int fd);

/* Fills the public halves into a card's sets; names are views into *keys. */
void keys_publish(const struct keys *keys, struct card *card);
const struct key_desk *keys_desk(const struct key_set *set, struct bytes name);

/* The identity: makes one into `fd`, or reads it. `secret` is ED25519_SECRET bytes of secret_new() memory. */
enum rule identity_make(int fd, uint8_t *secret, const struct random *random);
enum rule identity_read(int fd, uint8_t *secret);

#endif

/*
 * witness: a neutral cosigner of logs (C2SP tlog-witness, docs/spec/witness): what it signs with, which logs it knows,
 * and the newest checkpoint of each that it cosigned. It holds no entries. A process of its own, in a home of its own
 * (HOME/witness), with the parts of a keeper's that it needs; beside it a link carries for whoever calls.
 *
 * Nothing leaves before it is durable: whatever is answered, the store had it first.
 */
#ifndef WITNESS_H
#define WITNESS_H

#include "agreement.h"
#include "keeper.h"
#include "message.h"
#include "mirror.h"
#include "store.h"

#define WITNESS_LOGS_MAX 1024  /* that one witness knows */
#define WITNESS_CARDS_MAX 64   /* of a party under one agreement */

struct witness_card {
	uint64_t serial;
	uint8_t identity[ED25519_PUBLIC], tls[SHA256_SIZE];
	struct vkey log; /* under the origin */
};

struct witness_log {
	char origin[ORIGIN_MAX + 1], party[PARTY_NAME_MAX + 1];
	uint8_t agreement[SHA256_SIZE];
	bool drill;
	struct witness_card cards[WITNESS_CARDS_MAX]; /* ascending by serial */
	size_t card_count;
	/* the newest checkpoint that was cosigned */
	bool has;
	uint64_t size;
	struct hash root;
	int64_t time;       /* of the cosignature */
	size_t trusted;     /* cards from this one on: keys older than one that has signed sign no more */
	struct buffer note; /* with the log's signatures that were verified, and the cosignature */
};

struct witness {
	char path[4096]; /* the folder */
	struct store *store;
	uint8_t *secret;
	struct signer signer;
	char listen[300], prefix[128], pin[65], address[ADDRESS_MAX + 1];
	struct witness_log *logs;
	size_t log_count;
};

/* What a new one is. */
struct witness_making {
	struct bytes name, listen, prefix, address;
	struct bytes pin; /* of its TLS key, hex */
};

/* Whether a home is a witness's. */
bool witness_home(const char *home);

/*
 * Opens the folder's store and key, and verifies what is stored: each newest checkpoint must be cosigned by this key. A
 * folder without a key is new: signer.secret is NULL. RULE_STORE_*, RULE_SKEY ... The caller closes.
 */
enum rule witness_open(struct witness **witness, const char *folder, struct fault *fault);
void witness_close(struct witness *witness); /* NULL is harmless */

/* Of witness_open(): the logs that the store's rows give. */
enum rule witness_load(struct witness *witness, struct fault *fault);

/* Makes the key of a new one. RULE_SETUP_EXISTS, RULE_NAME_PARTY, RULE_CARD_ADDRESS, RULE_LIMIT */
enum rule witness_make(struct witness *witness, const struct witness_making *making, const struct random *random,
	struct fault *fault);
/* Appends the line that names it in an agreement, without a line feed: "witness NAME VKEY PIN URL". */
enum rule witness_line(const struct witness *witness, struct buffer *to);

/*
 * Takes an agreement's logs, by its note and cards: of an agreement that is new those that it names, each once; and newer
 * ones of the same parties, each signed by the identity of the one before. All or nothing; *named: the text names this
 * witness. RULE_AGREEMENT_*, RULE_CARD_*, RULE_TERMS_CARD, RULE_TERMS_EXTRA, RULE_TERMS_PREDECESSOR, RULE_JUDGE_CARD_*,
 * RULE_WITNESS_LOGS
 */
struct witness_addition {
	struct bytes agreement;
	struct bytes cards[WITNESS_CARDS_MAX];
	size_t card_count;
	bool named;        /* out */
	size_t logs, keys; /* out: that are new */
};
enum rule witness_add(struct witness *witness, struct witness_addition *addition, struct fault *fault);

/* A checkpoint note of a log that is cosigned by us is its newest. RULE_CHECKPOINT_*, RULE_NOTE_*, RULE_SIGNATURE */
enum rule witness_take_newest(struct witness *witness, struct witness_log *log, struct bytes note);

/* NULL: it knows no log of that origin. */
struct witness_log *witness_find(const struct witness *witness, struct bytes origin);
/* By the SHA-256 of the origin, in hex. */
struct witness_log *witness_find_hash(const struct witness *witness, struct bytes hex);

/* add-checkpoint at a time (seconds). A system rule: nothing is kept, the reply is 503. */
enum rule witness_add_checkpoint(struct witness *witness, struct bytes request, int64_t now,
	struct mirror_reply *reply);

/* What a caller asks. */
enum rule witness_serve(struct witness *witness, const struct message_request *request, int64_t now,
	struct mirror_reply *reply);

/* The process: as keeper_run(). */
int witness_run(const struct keeper_options *options);

#endif

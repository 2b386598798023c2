/*
 * status_view: how a node and its lines stand, in words and as JSON (docs: detente.1, "What status says").
 */
#ifndef STATUS_VIEW_H
#define STATUS_VIEW_H

#include "card.h"
#include "entry.h"
#include "json.h"
#include "tree.h"

struct status_log {
	struct bytes origin;
	uint64_t size;
	struct hash root;
	uint64_t pending; /* entries that wait for what the record lacks */
	uint64_t bytes;   /* of its entries */
	uint64_t limit;   /* of these, by the agreement */
};

/* One word for each party; of several that are true the first. */
enum status_state {
	STATUS_FORKED,      /* it signed two histories of its log */
	STATUS_ROLLED_BACK, /* it shows less of its log than it signed before */
	STATUS_CANNOT_MEET, /* neither side has an address, and no third party has one */
	STATUS_THROUGH_OTHERS, /* neither side has an address: a third party passes on what both say */
	STATUS_DOWN,        /* none of its addresses answers */
	STATUS_UNHEARD,     /* silence: no failure, and no word either */
	STATUS_REFUSES_LOG, /* its node answers, and does not take our log */
	STATUS_REFUSED,     /* a person there said no, signed, and nothing to us since */
	STATUS_ALIVE,
};

struct status_path {
	struct bytes address;
	bool tried;
	const char *cause; /* why it is down: name, route, connect, tls, key, http, refusal; NULL: it is up */
	uint16_t http;     /* the status that it answered with, where that is the cause; 0 */
	int64_t since, answered; /* 0: never */
};

/* Line tests in one direction, as the record has them: the same at both ends for the same cut. */
struct status_tests {
	uint64_t sent, received; /* of the newest so many */
	uint64_t missed;         /* slots between and after these in which none was sent */
	int64_t median_s, longest_s; /* from `at` to the receiver's cosignature; without any received 0 */
	int64_t last;            /* `at` of the newest; 0: none */
};

struct status_peer {
	struct bytes party;
	enum status_state state;
	const char *cause;     /* of STATUS_DOWN */
	int64_t since;         /* of STATUS_DOWN */
	int64_t heard;         /* its last request or answer; 0: none since the start */
	int64_t last_cosigned; /* 0: never */
	uint32_t round_trip_us;
	uint64_t behind;       /* own entries that it has not cosigned */
	int64_t skew_s;
	bool clock_apart;
	bool calls_only;       /* its card has no address */
	bool not_now;          /* its node answers, and may not sign yet */
	struct bytes refusal;  /* status and words with which it refuses our log, and since when */
	int64_t refused_since;
	/* of STATUS_REFUSED, and beside what comes before it */
	bool said_no;
	struct place no_entry;
	struct bytes no_form;
	int64_t no_at;
	struct status_path *paths;
	size_t path_count;
	enum status_compared { STATUS_NOT_COMPARED, STATUS_SAME_STATE, STATUS_OTHER_STATE } compared; /* its state and ours */
	bool tests; /* the agreement has a clock for them */
	struct status_tests to, from;
};

/* An amendment: the one that governs what is written here, or one of that which some have signed. */
struct status_text {
	uint8_t digest[SHA256_SIZE];
	struct bytes title;
	bool governs;
	bool lacks; /* a mechanism file that it binds is not at hand */
	struct bytes signers[AGREEMENT_PARTIES_MAX];
	size_t signer_count;
};
#define STATUS_TEXTS_MAX (1 + AGREEMENT_PARTIES_MAX)

/* A party's card in force, and since when the oldest of its sealing keys is on its cards. */
struct status_card {
	struct bytes party;
	uint64_t serial;
	int64_t sealed_since;
	char fingerprint[FINGERPRINT_SIZE];
	bool changed;        /* its identity is another than the agreement's: by that entry of its log */
	uint64_t changed_by;
	bool uncompared;     /* and nobody has compared the digits since */
};
/* A witness of the agreement. */
struct status_witness {
	struct bytes name;
	uint64_t cosigned; /* of our log, as far as is known since the start */
	int64_t time;      /* 0: nothing so far */
	int64_t since;     /* it is out of reach since then; 0: it is not */
	const char *cause;
	bool contradicts;  /* it has another history of our log, or more of it */
	struct bytes refusal;
};
#define SEALING_DAYS 31 /* older ones are due to be changed */

#define STATUS_SUCCESSORS_MAX 64

struct status_agreement {
	struct bytes party, label;
	bool drill, running, may_sign, forked;
	bool drill_clock; /* the home lives at another time than the real one: at `now` */
	int64_t now;
	bool calls_only; /* we have no address */
	const struct status_log *logs;
	size_t log_count;
	const struct status_card *cards;
	size_t card_count;
	const struct status_text *texts;
	size_t text_count;
	struct bytes succeeds; /* the label of the agreement that this one succeeds; empty: none */
	struct bytes successors[STATUS_SUCCESSORS_MAX]; /* labels of those in force here that succeed it */
	size_t successor_count;
	uint8_t state_digest[SHA256_SIZE]; /* docs/spec/state, section Digest */
	const struct status_peer *peers;
	size_t peer_count;
	const struct status_witness *witnesses;
	size_t witness_count, witnesses_needed;
};

void view_status_text(struct buffer *to, const struct status_agreement *agreement);
void view_status_json(struct json *json, const struct status_agreement *agreement);

#endif

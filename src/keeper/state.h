/*
 * state: what the keeper's files share: the keeper itself, its clients, its peers, the turn under way.
 *
 * A turn: everything that waits is taken (requests of peers first, then replies, then commands), inside one
 * transaction; then the node's bookkeeping and one checkpoint an agreement; the commit; then what was deferred goes
 * out, commands that only read are answered, and the other parties' mirrors are pushed.
 */
#ifndef STATE_H
#define STATE_H

#include <stdatomic.h>

#include "attachment.h"
#include "batch.h"
#include "channel.h"
#include "json.h"
#include "keeper.h"
#include "languages.h"
#include "message.h"
#include "mirror.h"
#include "pact.h"

#define KEEPER_PACTS_MAX 64
#define KEEPER_CLIENTS_MAX 256

/* How this node stands with one other party's node under one agreement. */
enum peer_request { PEER_IDLE, PEER_PUSH, PEER_ASK_CHECKPOINT, PEER_ASK_BUNDLE, PEER_ASK_TILE, PEER_CARRY };

/* What is asked of a peer in one matter, a request at a time. What fails is tried again, later each time. */
struct lane {
	enum peer_request request;
	uint32_t id;
	int64_t backoff_ms, retry_at_ms; /* steady clock */
};

/*
 * A log that is taken in up to a checkpoint from its bundles, whoever gives them. Two passes over those that are
 * missing, so that memory stays flat and nothing unproved is stored: the first computes the root that the checkpoint
 * must have and keeps a digest a bundle; the second appends what has the same digest.
 */
struct intake {
	size_t log;            /* whose log */
	unsigned pass;         /* 0: nothing is under way; 1: proving; 2: storing */
	uint64_t size;         /* of the checkpoint */
	struct hash root;      /* that the entries must lead to */
	struct buffer note;    /* that checkpoint */
	uint64_t held, pending; /* sizes of what was held, and of its pending checkpoint, when the first pass began */
	uint64_t first, bundle; /* where a pass begins; the bundle that is wanted next */
	struct tree_frontier frontier;
	struct buffer digests; /* SHA-256 of each bundle from `first` on */
	uint64_t bytes;        /* of the entries of this pass so far */
	bool owing;            /* more than bookkeeping came */
};

/* Which attachment is looked at, among those of marked entries: what cannot be had now is passed over, and tried again. */
struct seeking {
	bool look;     /* there may be one */
	bool passed;   /* some were passed over */
	uint64_t at;   /* the entry */
	size_t skip;   /* which of its attachments */
};

/* Attachments that entries of a party's log name, on their way here, one at a time. */
struct getting {
	struct lane lane; /* to `asked` */
	struct seeking seeking;
	struct part *part; /* NULL: none is under way */
	uint64_t from;     /* where the request that is under way begins */
	size_t asked;      /* of whom it is asked: the writer, or another who has it */
	uint32_t tried, not_theirs; /* bit by party: it has it not; it is not for it */
	bool silent;       /* some that were asked did not say whether they have it */
};

/* Attachments of ours that a party lacks and does not come for, on their way to it, one at a time. */
struct putting {
	struct lane lane;
	struct seeking seeking;
	uint8_t digest[SHA256_SIZE];
	uint64_t total;    /* bytes; 0: none is under way */
	uint64_t offset, sent; /* how much it has; how much the request that is under way brings */
	unsigned corrections;  /* of the offset, one after the other */
};

/* One that a party brings. */
struct taking {
	struct part *part; /* NULL: none */
	bool busy;         /* the link writes to it */
};

/* One address of a party, as it was found when it was tried last. */
struct path {
	char address[256];
	enum reply_cause cause; /* CAUSE_NONE: it answered */
	uint16_t status;  /* of an answer that no node gives: the path is down then, too; else 0 */
	int64_t since;    /* wall clock, seconds: it is up, or down, since then */
	int64_t tried, answered; /* the last time; 0: never */
	uint32_t told;    /* events.c */
};

struct peer {
	struct getting getting;
	struct putting putting;
	struct taking taking;
	struct lane pushing, asking;
	struct push push;         /* of our own log to its mirror */
	int64_t record_at_ms;     /* steady clock: when we record its receipt, as it has not; 0: there is none */
	struct push give;         /* of its own log, back to it */
	bool gives;               /* it does not know what we hold of its own log: it is shown that, or given it back */
	int64_t give_at_ms;       /* steady clock: not so before */
	bool giving;              /* the push under way is that */
	int64_t lazy_at_ms;       /* steady clock: when what is only bookkeeping goes out; 0: there is none */
	/* the check before the first signature */
	bool checked, unreachable;
	bool ahead; /* it shows more of our own log than we hold */
	uint64_t ahead_size; /* so much, as far as is known; 0: it is not */
	struct hash ahead_root;
	/* pulling */
	struct intake fetch;      /* what is fetched from it */
	uint64_t asked_size;      /* what was held of that log when it was asked for its checkpoint */
	int64_t ask_at_ms[AGREEMENT_PARTIES_MAX]; /* steady clock, by log: it is not asked for that before */
	int64_t heard_at_ms;      /* steady clock: its last request or answer; 0: none since the start */
	int64_t waits_since_ms;   /* steady clock: since when its log waits for another's; 0: it does not */
	struct proving *proving;  /* tiles of another history are fetched from it; NULL: none */
	size_t third;             /* who is asked next for this party's log, where it cannot be asked itself */
	/* what was measured */
	int64_t last_cosigned;    /* by its clock; 0: never */
	int64_t heard;            /* wall clock of its last answer; 0: never */
	int64_t down_since;       /* wall clock, seconds; 0: the path is not down */
	enum reply_cause cause;
	uint32_t round_trip_us;
	uint64_t pushed_size, push_rate; /* bytes of the last body that was pushed; a second, of the last large one */
	int64_t skew_s;
	bool skew_told;
	bool forks;   /* it signed two histories of its log: the evidence is kept */
	bool doubted; /* what it last offered of its log did not go on from what is held; told once */
	bool over_limit;  /* it offered more of its log than the agreement's limit; told once */
	bool rolled_back; /* it shows less of its own log than it signed before */
	char refusal[256]; /* of our log */
	int64_t refused_since;
	/* `at` of our last line test to it, 0: none was sent; as far as it was looked up */
	int64_t tested_at;
	bool tested_known;
	bool not_now; /* it does not take entries so far: it may not sign yet */
	struct path paths[SETUP_ADDRESSES_MAX];
	size_t path_count;
	/* of this party and its log, what was told to who watches */
	struct told {
		uint64_t judged, size, cosigned;
		bool forks, rolled_back, apart, refuses, differs;
		uint8_t identity[ED25519_PUBLIC];
	} told;
};

/* An entry to a desk of ours whose body is not what it claims: to be recorded. */
struct unreadable {
	size_t party;
	uint64_t index;
	const char *cause; /* a code of record/unreadable */
};
#define UNREADABLE_MAX 16 /* waiting for the next turn; a further one is found again at the next reading */

#define CAME_MAX 32 /* lines `held` of one record/received */

/* What a witness has shown of another party's log. */
struct shown {
	uint64_t size;  /* it has cosigned so much */
	uint64_t held;  /* so much was held here when it was asked last */
	int64_t at_ms, wait_ms; /* steady clock: it is not asked before */
};

/* How this node stands with a witness that the agreement names. */
struct witnessing {
	char name[WITNESS_NAME_MAX + 1], address[ADDRESS_MAX + 1];
	struct vkey key;
	uint8_t pin[SHA256_SIZE];
	struct lane lane;
	uint64_t known;    /* the size that it has, as far as is known */
	uint64_t sent;     /* of the submission under way */
	uint64_t cosigned; /* the largest size since the start for which its cosignature is held, and its time */
	int64_t time;
	int64_t alone_at_ms; /* steady clock: when a checkpoint goes that no mirror is pushed; 0: there is none */
	unsigned corrections;
	size_t looked;       /* whose log was asked for */
	struct shown shown[AGREEMENT_PARTIES_MAX];
	int64_t down_since; /* wall clock; 0: it is not */
	enum reply_cause cause;
	bool contradicts;   /* it has another history of our log, or more of it; told once */
	char refusal[256];
};

struct relation { /* an agreement and its peers */
	struct pact *pact;
	struct witnessing witnesses[AGREEMENT_WITNESSES_MAX]; /* of the text that governs, in its order */
	size_t witness_count;
	struct peer *peers; /* by party; the own one unused */
	bool may_sign;      /* the start check is done; until then writers wait as long as they would for a receipt */
	bool fork_told;     /* events.c */
	uint8_t text_told[SHA256_SIZE]; /* the text that governs what we write */
	bool forked;        /* a mirror holds another history of our own log: never sign */
	struct unreadable unreadable[UNREADABLE_MAX];
	size_t unreadable_count;
	/* attachments that came, to be recorded in this turn */
	uint8_t came[CAME_MAX][SHA256_SIZE];
	size_t came_count;
	/* an entry whose attachments are to be had again: one was damaged here */
	bool lost;
	size_t lost_party;
	uint64_t lost_index;
	bool no_room; /* for an attachment; told once */
};

struct client {
	struct channel *channel;
	bool dead;
};

/* A command under way: a copy of what was asked. */
struct command {
	struct command *next;
	struct client *client;
	uint32_t id;
	char lang[LANG_MAX + 1]; /* in which it is answered; empty: English */
	bool in_words; /* something was said in that language */
	struct buffer payload;
	struct message_command message; /* views payload */
	int descriptors[CHANNEL_DESCRIPTORS_MAX];
	size_t descriptor_count;
	uint64_t watch_next; /* of who watches: the number of the event that is to be told next; 0 before it began */
	/* set by a reading command that waits for a cosignature; it is run again then, or at its deadline */
	bool parked;
	bool for_line; /* it waits until the line has nothing left to do */
	int64_t deadline_ms; /* steady clock; 0: it was not asked to wait */
	struct exporting *exporting; /* of an export under way */
	struct searching *searching; /* of a search under way */
	struct timeline *timeline;   /* of a record that is gone through */
	struct picturing *picturing; /* of a picture that is being made */
	struct packing *packing;     /* of a courier file that is being made */
	struct unpacking *unpacking; /* of courier files that are being taken in */
	struct saving *saving;       /* of attachments that are being saved */
	struct attaching *attaching; /* of files that are sealed for an entry */
};

/* A writer that waits for receipts of its entry. */
struct waiter {
	struct waiter *next;
	struct client *client;
	uint32_t id;
	char lang[LANG_MAX + 1]; /* as the command's */
	struct relation *relation;
	uint64_t index;
	uint32_t parties; /* bit by party: whose receipt is awaited */
	uint32_t came;    /* of these, in the turn under way */
	bool carries;     /* and without a node, until its attachments were brought */
	bool insists;     /* it says how long to wait, whether or not anybody can be reached */
	int64_t times[AGREEMENT_PARTIES_MAX]; /* of those that came */
	uint32_t seen, seen_told;             /* bit by witness: has cosigned it */
	int64_t seen_times[AGREEMENT_WITNESSES_MAX];
	int64_t deadline_ms;
};

/* A frame that leaves after the commit. */
struct deferred {
	struct client *client; /* NULL: the link */
	uint16_t type;
	uint32_t id;
	struct buffer payload;
	int descriptor; /* that goes with it; -1: none */
};

#define ADDING_MAX PACKAGE_ENTRIES /* entries whose signatures are verified in one batch */

/* Entries of one log on their way into it. */
struct adding {
	struct keeper *keeper;
	struct relation *relation;
	size_t party;
	struct bytes notes[ADDING_MAX];
	struct hash leaves[ADDING_MAX];
	struct judge_prepared prepared[ADDING_MAX];
	atomic_bool ready[ADDING_MAX]; /* prepared */
	size_t count;
	uint64_t bytes; /* of these */
	uint64_t first; /* index of the first of them */
	bool owing; /* more than bookkeeping came */
};

struct keeper {
	const struct keeper_options *options;
	char party[PARTY_NAME_MAX + 1];
	char listen[300], prefix[128];
	char tls[65];    /* the pin of the TLS identity that is shown, hex; empty: of the first */
	bool changing;   /* to the ways of a new card, once every other party has it */
	bool ways_changing; /* some party is known by two cards */
	int identity[2]; /* key and certificate of a new TLS identity on their way to the link; -1 */
	struct store *store;
	struct keys *keys; /* NULL before init */
	struct batch *batch;
	struct relation relations[KEEPER_PACTS_MAX];
	size_t relation_count;
	struct ladder ladder; /* of this house */
	struct languages *languages; /* in which it can answer */
	unsigned loaded; /* how often the agreements were */
	bool again; /* something is to be done in a turn of its own */
	bool drill_clock;    /* this home lives at another time */
	int64_t drill_shift; /* so many seconds later than the real one */
	bool clean; /* the last stop was a clean one of this same file */
	struct client *clients[KEEPER_CLIENTS_MAX];
	size_t client_count;
	struct channel *link;
	bool link_ready, ready_told;
	bool idle; /* at the end of the last turn the line had nothing left to do */
	uint32_t next_id;
	int64_t pushed_ms; /* steady clock: when the peers were looked at last */
	int64_t started_ms; /* steady clock */
	/* the turn under way */
	bool begun;       /* its transaction is open */
	enum rule failed; /* system failure: roll back */
	/* of the turns that failed since one wrote: why the last did, when that was said, how long the peers are let alone */
	enum rule undone;
	int64_t undone_said_ms, undone_backoff_ms;
	/* events.c: those of this turn, and of what was done since the last; the newest that is durable */
	struct buffer events;
	uint64_t event_last;
	bool start_told;
	struct deferred *deferred;
	size_t deferred_count, deferred_capacity, deferred_size; /* size: bytes of their payloads */
	struct command *writes, **writes_end; /* between turns: those that wait for the start check */
	struct command *reads, **reads_end;
	struct command *parked; /* reading commands that wait */
	struct command *unpacks, **unpacks_end; /* courier files to take in, one command after the other */
	bool cosigned;          /* in this turn a cosignature over our log came */
	int attachments;        /* the folder of attachments; -1 before init */
	struct command *seals;      /* writers whose files are being sealed, one command after the other */
	struct attaching *attached; /* of entries of this turn */
	struct writing *spare; /* memory of entries written before */
	struct adding *adding; /* memory to take entries of others in */
	struct waiter *waiters, *new_waiters; /* new: of this turn's entries */
	bool stop;
	int status;
};

/* ---- keeper.c ---- */
void keeper_link_ready(struct keeper *keeper, struct bytes address);

/* ---- turn.c ---- */
/* takes payload */
void turn_defer(struct keeper *keeper, struct client *client, uint16_t type, uint32_t id, struct buffer *payload);
/* A reply to the link with a descriptor; takes both. */
void turn_defer_file(struct keeper *keeper, uint32_t id, struct buffer *payload, int descriptor);
void turn_fail(struct keeper *keeper, enum rule rule);
void turn_run(struct keeper *keeper);
void turn_end(struct keeper *keeper); /* the node stops: whoever waits is told */

/* ---- drill_clock.c ---- */
/* The time by which this home lives, seconds: the wall clock, or a drill's. */
int64_t keeper_now(const struct keeper *keeper);
enum rule drill_clock_load(struct keeper *keeper);
/* Does it go with the agreements of this home; with another one? RULE_DRILL_LIVE */
enum rule drill_clock_check(const struct keeper *keeper);
enum rule drill_clock_allows(const struct keeper *keeper, const struct terms *terms);
/* To a time, "+DURATION" further, or "off"; in the transaction. RULE_DRILL_LIVE, RULE_DRILL_BACK, RULE_DRILL_TIME */
enum rule drill_clock_set(struct keeper *keeper, struct bytes to);

/* ---- command.c: reading arguments, answering ---- */
struct bytes command_argument(const struct command *command, const char *key);
/* The n-th (from 0) argument of that key; the absent view after the last. */
struct bytes command_argument_at(const struct command *command, const char *key, size_t n);
bool command_flag(const struct command *command, const char *key);
void command_out(struct keeper *keeper, struct command *command, struct bytes text);
/* One line of error output, in the language of the command: a text, W("..."), with its blanks. */
void command_words(struct keeper *keeper, struct command *command, const char *english, const struct bytes *blanks,
	size_t count);
#define TELL(keeper, command, english, ...) \
	command_words(keeper, command, english, (struct bytes[]){__VA_ARGS__}, \
		sizeof((struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))
void command_line(struct keeper *keeper, struct command *command, struct bytes line); /* that was made already */
/* Speaks the language of a command, NULL: English, until the next call; what it spoke before. */
const struct words *command_speak(struct keeper *keeper, const struct command *command);
void command_done(struct keeper *keeper, struct command *command, uint8_t status);
/* "WHAT: the fault in words; ADVICE", both W("..."), and DONE with the status of the rule. */
void command_refuse(struct keeper *keeper, struct command *command, const char *what, const struct fault *fault,
	const char *advice);
/* The agreement that a command is about; NULL after it was refused. */
struct relation *command_relation(struct keeper *keeper, struct command *command);
/* Parses "wait" (milliseconds) into *wait_ms, which keeps its value without one. RULE_DECIMAL, RULE_LIMIT. */
enum rule command_wait(const struct command *command, int64_t *wait_ms);
void command_free(struct command *command);
/* An export, a courier file or what a search finds goes out, and the client keeps up with it. */
bool command_pours(const struct command *command);
/* Straight to the client, as nothing of it depends on the turn: content of the file of that name. */
enum rule command_file(struct command *command, const char *path, struct bytes content);
void exporting_free(struct exporting *exporting); /* proofs.c */
void packing_free(struct packing *packing);       /* courier_out.c */
void searching_free(struct searching *searching); /* search.c */
void timeline_free(struct timeline *timeline);     /* timeline.c */
void picturing_free(struct picturing *picturing);  /* picture.c */
void command_take(struct keeper *keeper, struct client *client, struct frame *frame);
void command_read(struct keeper *keeper, struct command *command); /* answers one that only reads */

/* ---- write.c: entries from this party's desks ---- */
void write_all(struct keeper *keeper);
void write_end(struct keeper *keeper); /* frees what writing kept */

/* ---- attach.c (see attach.h) ---- */
void attach_settle(struct keeper *keeper, enum rule rule); /* after the turn: entries were kept, or were not */
void attach_run(struct keeper *keeper);                    /* seals a piece, between turns */
void attach_end(struct keeper *keeper);                    /* the node stops: nobody waits any more */
void attaching_free(struct attaching *attaching);
void saving_free(struct saving *saving); /* save.c */

/* ---- carry.c, carry_serve.c: attachments between the parties ---- */
void carry_look(struct keeper *keeper, struct relation *relation); /* in a turn: what is to come and to go? */
void carry_run(struct keeper *keeper);  /* between turns: asks, and hashes a piece */
int64_t carry_next_ms(const struct keeper *keeper); /* steady clock; INT64_MAX */
/* An attachment of that entry was damaged here: it is had again. */
void carry_again(struct keeper *keeper, struct relation *relation, size_t party, uint64_t index);
bool carry_idle(const struct keeper *keeper); /* nothing is under way, or due */
bool carry_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply); /* false: not ours */
void carry_drop(struct peer *peer);     /* frees */
/* One that is held, to be recorded in this turn unless it was; *left: there is no room for it in this turn. */
enum rule carry_record(struct keeper *keeper, struct relation *relation, const uint8_t digest[SHA256_SIZE], bool *left);
/* Would so much leave enough of the disk to entries? That it would not is told once. */
bool carry_room(struct keeper *keeper, struct relation *relation, uint64_t size);
/* Nothing is under way that writes to this one, any more; false: something is, and goes on. */
bool carry_yield(struct relation *relation, const uint8_t digest[SHA256_SIZE]);
/* Is it a request for an attachment? Then it is answered. */
bool carry_serve(struct keeper *keeper, uint32_t id, const struct message_request *request);

/* ---- measure.c: what answers show ---- */
void measure_heard(struct keeper *keeper, struct peer *peer); /* it is there */
/* Takes an answer, or its absence. False: it is no answer of a node. `pushed`: it is one to what we brought of our log. */
bool measure_reply(struct keeper *keeper, struct peer *peer, const struct message_reply *reply, bool pushed);
const char *measure_cause(const struct path *path); /* why it is down, in a word; NULL: it is up */

/* ---- events.c: what happens, numbered, for who watches ---- */
/* An event is begun, what it says is added to `json`, and it is ended; it is written with the turn, or the next one. */
struct event {
	struct keeper *keeper;
	struct buffer text;
	struct json json;
};
/* Of the whole node, without a relation. */
void event_begin(struct event *event, struct keeper *keeper, const struct relation *relation, const char *kind);
void event_end(struct event *event);
void events_load(struct relation *relation); /* what is loaded was told before */
/* In the turn's transaction: what it brought to the logs, what changed of the parties, and the events that were ended. */
void events_write(struct keeper *keeper);
void events_stop(struct keeper *keeper); /* the node stops: its last event, in a transaction of its own */
bool events_wake(const struct keeper *keeper, const struct command *command); /* is there something new for who watches? */

/* ---- due_events.c: what is owed, in its time (see due.h) ---- */
void due_run(struct keeper *keeper); /* in the turn: alarms whose time has come */
int64_t due_next_ms(const struct keeper *keeper); /* steady clock of the next one; INT64_MAX */
enum rule due_tell(struct keeper *keeper, struct relation *relation); /* as events */

/* ---- waiter.c: writers that wait for receipts ---- */
void waiter_add(struct keeper *keeper, const struct waiter *waiter);
/* A party's cosignature over our log came, verified. */
void waiters_received(struct keeper *keeper, struct relation *relation, size_t party, uint64_t size, int64_t time);
/* So did a witness, the n-th of the relation. */
void waiters_witnessed(struct keeper *keeper, struct relation *relation, size_t n, uint64_t size, int64_t time);
/*
 * After the turn: those whose entry was not kept are gone; those whose receipt was kept, or whose time is up, are told.
 */
void waiters_settle(struct keeper *keeper, enum rule rule);
int64_t waiters_next_ms(const struct keeper *keeper);
void waiters_drop(struct keeper *keeper, const struct client *client);

/* ---- line.c: what the line has left to do ---- */
/* Has any other party an address? */
bool line_leads_out(const struct keeper *keeper);
/* One-shot: none of these parties (by bit) can be reached, as far as was tried; nothing will come in of itself. */
bool line_out_of_reach(const struct keeper *keeper, const struct relation *relation, uint32_t parties);
/*
 * Nothing is under way and nothing is due now: every party that can be called has our log and was asked for what it
 * holds, or did not answer.
 */
bool line_idle(const struct keeper *keeper);
/* Must a reading command that was asked to wait wait for that? Then it is parked. */
bool line_awaited(struct keeper *keeper, struct command *command, int64_t wait_ms);

/* ---- ways.c: what the link is told ---- */
/* A request from that party, or its answer, came with that pin of its, from that address (none: it called). */
void ways_worked(struct keeper *keeper, struct bytes party, uint8_t pin, struct bytes address);

/* ---- peer.c: our log to the others' mirrors ---- */
void peer_setup(struct keeper *keeper); /* tells the link whom to know */
void peer_push_all(struct keeper *keeper);
void peer_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply);
int64_t peer_next_ms(const struct keeper *keeper); /* steady clock of the next retry; INT64_MAX */
void peer_ask(struct keeper *keeper, struct relation *relation, size_t party, enum peer_request what, const char *path);
void peer_back_off(struct keeper *keeper, struct lane *lane);
/* it asks something of us, so it is there: it is tried again soon */
void peer_heard(struct keeper *keeper, struct bytes party);
/* Its verified cosignature over our log of that size is kept in this turn, however it came. */
void peer_cosigned(struct keeper *keeper, struct relation *relation, size_t party, uint64_t size, int64_t time);
void peer_told(struct keeper *keeper, struct relation *relation); /* by their logs, in this turn: pact->told */

/* ---- witnesses.c: our log's checkpoints to the agreement's witnesses ---- */
/* Takes them from the text that governs; whether they are others than before. */
bool witnesses_name(struct relation *relation);
void witnesses_settle(struct keeper *keeper); /* in the turn: and tells the link */
void witnesses_push(struct keeper *keeper);
bool witnesses_reply(struct keeper *keeper, uint32_t id, const struct message_reply *reply); /* false: not theirs */
int64_t witnesses_next_ms(const struct keeper *keeper); /* steady clock; INT64_MAX */
bool witnesses_idle(const struct relation *relation);   /* nothing is being submitted */

/* ---- forks.c: two histories of one log ---- */
/* Whether this verified checkpoint of a log contradicts what is held of it; then the evidence is kept, as far as it is
 * there. */
bool forks_contradicts(struct keeper *keeper, struct relation *relation, size_t log, const struct checkpoint *shown,
	struct bytes note);
/* The pending checkpoint of a log was answered by one that contradicts it (RULE_MIRROR_FORK). */
void forks_offered(struct keeper *keeper, struct relation *relation, size_t log, const struct mirror_accepted *offered);
/* Its owner did not show that it goes on from what is held. */
void forks_doubt(struct relation *relation, size_t log);
/*
 * A larger checkpoint goes on from another root of the size of the newest one that is held, which the path proves: keeps
 * that as evidence. Whether there is any then.
 */
struct fork_proof {
	struct hash root;
	struct tree_path path;
};
bool forks_proved(struct keeper *keeper, struct relation *relation, size_t log, struct bytes note,
	const struct fork_proof *proof);
/* What was fetched from a party did not go on from what is held: begins to fetch the tiles that may prove a fork. */
void forks_prove(struct keeper *keeper, struct relation *relation, size_t party);
struct tile forks_wants(const struct proving *proving, size_t *log);
void forks_tile(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body);
void proving_free(struct proving *proving);
enum rule forks_load(struct relation *relation);
/* Appends the evidence against a party (record/fork.h). RULE_NOT_FOUND. */
enum rule forks_evidence(const struct relation *relation, size_t log, struct buffer *to);

/* ---- serve.c: the others' requests ---- */
void serve_request(struct keeper *keeper, uint32_t id, const struct message_request *request);
void serve_refuse(struct keeper *keeper, uint32_t id, uint16_t status, enum rule rule);

/* ---- regain.c: our own log, brought by others ---- */
void regain_checkpoint(struct keeper *keeper, struct relation *relation, size_t by, struct bytes request,
	struct mirror_reply *reply);
void regain_entries(struct keeper *keeper, struct relation *relation, size_t by, struct bytes request,
	struct mirror_reply *reply);

/* ---- adding.c: proved entries into their log, verified a batch at a time ---- */
struct adding *adding_begin(struct keeper *keeper, struct relation *relation, size_t party); /* NULL: no memory */
/*
 * The note must live until the next flush, which the last one of a full batch does by itself. RULE_LOG_LIMIT: it is not
 * taken.
 */
enum rule adding_take(struct adding *adding, struct bytes note, const struct hash *leaf);
enum rule adding_flush(struct adding *adding);
void adding_end(struct keeper *keeper); /* frees what it kept */

/* ---- intake.c: a log up to a checkpoint, from its bundles ---- */
/*
 * Begins to take a log in up to a verified checkpoint, from what is held on; with nothing missing it is done at once.
 * While intake->pass is not 0, the bundle intake_wants() is wanted next.
 */
enum rule intake_begin(struct keeper *keeper, struct relation *relation, struct intake *intake,
	const struct checkpoint *shown, struct bytes note);
struct tile intake_wants(const struct intake *intake);
/*
 * Takes that bundle. RULE_TREE_PROOF: the entries do not lead to the checkpoint, or are not what they were in the first
 * pass; RULE_INTAKE_OVERTAKEN: more of the log came by another way meanwhile, so begin again where more is wanted;
 * another rule: no such bundle. Then nothing more is taken and pass is 0. A system rule: the turn must fail.
 */
enum rule intake_bundle(struct keeper *keeper, struct relation *relation, struct intake *intake, struct bytes body);

/* ---- courier_in.c: logs from files ---- */
void unpack_all(struct keeper *keeper); /* a piece of it, in this turn */
/* The turn failed, or the node stops: whoever waits is told. */
void unpack_refuse(struct keeper *keeper, enum rule rule);
void unpacking_free(struct unpacking *unpacking);

/* ---- check.c: before the first signature ---- */
void check_begin(struct keeper *keeper);
/*
 * Another history of our own log, which our log key signed, was shown by a party: nothing is signed any more from this
 * home.
 */
void check_other_history(struct keeper *keeper, struct relation *relation, size_t party);
/* A checkpoint of more of our own log than is held: this home is an older copy, and signs nothing before it is whole. */
void check_ahead(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown);
/* The answer to what was asked. Backs off from one that is of no use. */
void check_reply(struct keeper *keeper, struct relation *relation, size_t party, enum peer_request asked,
	const struct message_reply *reply);
void check_push(struct keeper *keeper); /* asks the next question, where one is due */

/* ---- fetch.c: what others hold and we lack ---- */
/* Can it be called? */
bool fetch_callable(const struct relation *relation, size_t party);
/* Is it a party that we can neither call nor be called by? What it says then comes through others, or not at all. */
bool fetch_never_meets(const struct relation *relation, size_t party);
void fetch_say(const struct relation *relation, size_t party, const char *what);
/* checkpoint, or the next bundle */
void fetch_ask(struct keeper *keeper, struct relation *relation, size_t party, size_t log);
bool fetch_busy(const struct relation *relation);
void fetch_drop(struct relation *relation); /* gives up what is fetched of the others' logs: our own comes first */
/* Begins to fetch up to a verified checkpoint of peer.fetch.log. */
void fetch_begin(struct keeper *keeper, struct relation *relation, size_t party, const struct checkpoint *shown,
	struct bytes note);
void fetch_bundle(struct keeper *keeper, struct relation *relation, size_t party, struct bytes body);
/*
 * Who is asked for a log in its owner's place: one after the other, those that answer before those that do not. The
 * number of parties: there is nobody.
 */
size_t fetch_third(const struct relation *relation, size_t log);
/* asks for the logs whose time has come */
void fetch_push(struct keeper *keeper, struct relation *relation);
int64_t fetch_next_ms(const struct keeper *keeper, const struct relation *relation); /* steady clock; INT64_MAX */
/* Is there something that this party is to be asked for now? */
bool fetch_due(const struct keeper *keeper, const struct relation *relation, size_t party);
/* It has news for us: its log is asked for at once, if it is one that we pull. */
void fetch_soon(struct relation *relation, size_t party);
void fetch_reply(struct keeper *keeper, struct relation *relation, size_t party, const struct message_reply *reply);

/* ---- home.c ---- */
enum rule home_open(struct keeper *keeper, struct fault *fault);
enum rule home_load(struct keeper *keeper, struct fault *fault); /* again, after a failed transaction */
void home_close(struct keeper *keeper);
enum rule home_add_relation(struct keeper *keeper, unsigned number, struct fault *fault);
enum rule home_read_ways(struct keeper *keeper); /* where to listen, what to show, and whether that is to change */
#define KEYS_MAX 64 /* generations */
enum rule home_write_keys(struct keeper *keeper); /* the newest, into a file of their own. RULE_SETUP_EXISTS */
enum rule home_sync(const struct keeper *keeper); /* makes a new file's name in HOME/keeper durable */
void home_path(const struct keeper *keeper, const char *name, char *to, size_t capacity); /* HOME/keeper/NAME */

/* ---- own_card.c ---- */
void own_card_look(struct relation *relation); /* up to where everybody has our log */
/* Changes over to a new card that everybody has, and tells the link what cards came; within the turn. */
void own_card_settle(struct keeper *keeper);
void own_card_identity(struct keeper *keeper); /* after the turn */

/* ---- bookkeeping.c ---- */
void bookkeeping_write(struct keeper *keeper, struct relation *relation);
/* A line test to each other party, where it is due. */
void bookkeeping_tests(struct keeper *keeper, struct relation *relation);
int64_t bookkeeping_next_ms(const struct keeper *keeper); /* steady clock of the next one; INT64_MAX */
/* Our own card, where it is newer than the newest in our log. */
void bookkeeping_card(struct keeper *keeper, struct relation *relation);
/* Reading found a body that is not what it claims: recorded in the next turn, once. */
void bookkeeping_unreadable(struct keeper *keeper, struct relation *relation, const struct unreadable *unreadable);

#endif

/*
 * message: the only catalogue of what the processes of one node say to each other.
 *
 *   cli -> keeper      COMMAND, then OUTPUT and FILE frames back, ended by DONE, all with the COMMAND's id
 *   keeper -> link     SETUP (whole, replaces the last one); REQUEST, answered by REPLY; IDENTITY: no payload, the
 *                      descriptors of a TLS key and its certificate, which a later SETUP may say to show
 *   link -> keeper     READY (it listens); REQUEST from a peer, answered by REPLY
 *   supervisor -> *    closes its end: stop
 *
 * A struct here holds views into the frame that was parsed. Parsing refuses bytes left over (RULE_IPC_FORM).
 * Encoding: integers big-endian; byte strings with a u32 size before them.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "buffer.h"
#include "cursor.h"
#include "sizes.h"

enum message_type {
	MESSAGE_COMMAND = 1,
	MESSAGE_OUTPUT,
	MESSAGE_FILE,
	MESSAGE_DONE,
	MESSAGE_SETUP = 16,
	MESSAGE_READY,
	MESSAGE_REQUEST,
	MESSAGE_REPLY,
	MESSAGE_IDENTITY,
};

#define MESSAGE_ARGUMENTS_MAX 160

/* A command line that was parsed: its name, then options and operands as (key, value). A descriptor may go with it. */
struct message_command {
	struct bytes name;
	struct { struct bytes key, value; } arguments[MESSAGE_ARGUMENTS_MAX];
	size_t argument_count;
};
void message_write_command(struct buffer *to, const struct message_command *command);
enum rule message_parse_command(struct message_command *command, struct bytes payload);

struct message_output {
	uint8_t stream; /* 1 or 2, as the descriptors */
	struct bytes text;
};
void message_write_output(struct buffer *to, const struct message_output *output);
enum rule message_parse_output(struct message_output *output, struct bytes payload);

/* One file of a folder that the cli writes (export): appended to when `more` frames of one path follow each other. */
struct message_file {
	struct bytes path; /* relative, no "..", no leading slash: checked again by the reader */
	struct bytes content;
};
void message_write_file(struct buffer *to, const struct message_file *file);
enum rule message_parse_file(struct message_file *file, struct bytes payload);

/* DONE: the exit status (u8). */
void message_write_done(struct buffer *to, uint8_t status);
enum rule message_parse_done(uint8_t *status, struct bytes payload);

#define SETUP_PEERS_MAX 256
#define SETUP_ADDRESSES_MAX 16
#define SETUP_PINS_MAX 2

/* What the link needs: where to listen, and whom to know by which key. */
struct message_setup {
	struct bytes listen; /* "HOST:PORT" or "[IPv6]:PORT"; absent: call out only */
	struct bytes prefix; /* path prefix of our own addresses, "" or "/p" */
	bool strangers;      /* whoever calls is let in: what comes is proved by itself (a witness) */
	uint8_t own[32];     /* the pin of the identity to show; zeros: the first */
	size_t peer_count;
	struct setup_peer {
		struct bytes party;
		/* SHA-256 of the SubjectPublicKeyInfo of its TLS key; while a card update is under way, of both keys */
		uint8_t pins[SETUP_PINS_MAX][32];
		size_t pin_count; /* 1 or 2; the newest card's first */
		bool called_only; /* it does not call us (a witness) */
		struct bytes addresses[SETUP_ADDRESSES_MAX]; /* "https://HOST:PORT/p", the preferred first */
		size_t address_count;
	} peers[SETUP_PEERS_MAX];
};
void message_write_setup(struct buffer *to, const struct message_setup *setup);
enum rule message_parse_setup(struct message_setup *setup, struct bytes payload);

/* READY: "HOST:PORT" that is listened on (the port may have been 0), or absent when it calls out only. */
void message_write_ready(struct buffer *to, struct bytes address);
enum rule message_parse_ready(struct bytes *address, struct bytes payload);

enum request_verb { VERB_GET = 1, VERB_POST = 2, VERB_PUT = 3 };

/* Which bytes of an attachment: of a GET's Range, a PUT's Content-Range, a 206's Content-Range. */
struct message_range {
	bool present;
	uint64_t first, size; /* GET: size 0 asks for all from `first` on; PUT: size 0 brings nothing, and asks */
	uint64_t total;       /* bytes of the whole; GET: 0, or what the whole may have at most */
};

/*
 * keeper -> link: ask this peer. link -> keeper: this peer (authenticated by its TLS key) asks.
 *
 * Bytes of attachments cross in no frame: a descriptor goes with it, and the bytes stand in its file at range.first.
 * The link closes it when it has done with it. Who sends the frame says how many bytes there may be, the link that
 * there were no more.
 *   GET  keeper -> link, with a descriptor: the body of a 200 (asked without range) or a 206 (with one) is written to
 *        it; reply.moved tells how much was, also where it broke off (CAUSE_HTTP). Another status has its body in the
 *        frame. Neither size nor total in the range: at most ATTACHMENT_MAX_DEFAULT
 *        REPLY keeper -> link, 200 or 206 with a descriptor: the body is read from it, reply.range says which bytes; a
 *        206 says so in its Content-Range, a 416 says range.total. Without a descriptor the body is in the frame
 *   PUT  keeper -> link, with a descriptor: the body is read from it. Size 0 needs none
 *        link -> keeper with `head` set, no body: answered 100 with a descriptor that the body is written to, or with
 *        a refusal. After a 100, or when the caller is gone before one, the same request with the same id, `head`
 *        unset and `moved` follows once: when the body has come, or broken off (moved < range.size, the reply then
 *        has no reader)
 */
struct message_request {
	struct bytes party; /* absent: a stranger's, where they are let in */
	enum request_verb verb;
	struct bytes path; /* below the prefix: "/add-checkpoint" */
	struct bytes body; /* already inflated, at most REQUEST_MAX */
	bool compress;     /* outgoing: gzip it */
	struct message_range range;
	bool head;         /* a PUT whose body is still to come */
	uint64_t moved;    /* a PUT's bytes that were written */
	uint8_t pin;       /* incoming: which of the peer's pins it showed */
};
void message_write_request(struct buffer *to, const struct message_request *request);
enum rule message_parse_request(struct message_request *request, struct bytes payload);

/* Why no status came. */
enum reply_cause {
	CAUSE_NONE = 0, /* a status came */
	CAUSE_NAME,     /* the name does not resolve */
	CAUSE_ROUTE,    /* no route, network unreachable */
	CAUSE_CONNECT,  /* refused or timed out connecting */
	CAUSE_TLS,      /* handshake failed */
	CAUSE_KEY,      /* the peer's key is not the pinned one, or it refused ours */
	CAUSE_HTTP,     /* broken or timed out after the handshake */
	CAUSE_NO_ADDRESS,
};
const char *reply_cause_name(enum reply_cause cause); /* "name", "route", ... for status */

struct message_reply {
	uint16_t status;         /* HTTP status; 0 when none came */
	enum reply_cause cause;
	struct bytes type;       /* content type */
	struct bytes body;       /* at most REQUEST_MAX */
	struct bytes address;    /* which address was used (outgoing requests) */
	uint32_t elapsed_us;     /* request sent to reply received (outgoing) */
	struct message_range range; /* of a body that a descriptor holds; of a 206 */
	uint64_t moved;          /* outgoing: bytes that were written to the descriptor */
	uint8_t pin;             /* outgoing: which of the peer's pins it showed */
	/* outgoing: every address that was tried, in the order tried; CAUSE_NONE: the one that answered */
	struct reply_attempt {
		struct bytes address;
		enum reply_cause cause;
	} attempts[SETUP_ADDRESSES_MAX];
	size_t attempt_count;
};
void message_write_reply(struct buffer *to, const struct message_reply *reply);
enum rule message_parse_reply(struct message_reply *reply, struct bytes payload);

#endif

/*
 * mirror: C2SP tlog-mirror and the part of tlog-witness that it uses: requests, replies and judgement. Pure: no
 * store, no network; the caller gives what it holds and does what it is told.
 *
 * Profile: no tickets (an empty one is sent and given), no sign-subtree, minimum index 0.
 */
#ifndef MIRROR_H
#define MIRROR_H

#include "checkpoint.h"
#include "tree.h"

/* What a mirror holds of one log. */
struct mirror_log {
	const struct vkey *keys; /* log keys trusted for the origin, which is their name; type 0x01 */
	size_t key_count;
	uint64_t pending_size;   /* of the pending checkpoint; 0 with has_pending unset: none yet */
	bool has_pending;
	struct hash pending_root;
	uint64_t mirror_size;    /* of the mirror checkpoint, cosigned and served; 0: none yet */
	uint64_t next;           /* first entry not held */
	struct tree_reader tree; /* complete nodes over the entries held: [0, next) */
};

struct mirror_reply {
	uint16_t status;
	const char *type;   /* content type, static */
	struct buffer body; /* zeroed before; the specification's, or one line that names the rule; the caller frees */
	enum rule rule;     /* why, for the mirror's own log; RULE_OK for 200 and 202 */
};

/* ---- the mirror's side ---- */

/* Reads the origin that a request names, to find its mirror_log. RULE_MIRROR_FORM, RULE_MIRROR_INTERVAL: answer 400. */
enum rule mirror_checkpoint_origin(struct bytes request, struct bytes *origin);
enum rule mirror_entries_origin(struct bytes request, struct bytes *origin);
/* The note that add-checkpoint brings. RULE_MIRROR_FORM. */
enum rule mirror_checkpoint_note(struct bytes request, struct bytes *note);

/* Fills a refusal: status and "RULE-NAME: sentence (detail)". `detail` may be NULL or empty. */
void mirror_refuse(struct mirror_reply *reply, uint16_t status, enum rule rule, const char *detail);

/*
 * add-checkpoint (tlog-witness): 400, 403, 409 with the pending size, 422, or 200. On 200 *accepted is the checkpoint
 * (view into the request) and *note its whole note: persist both as pending, then send the reply (an empty body: a
 * mirror cosigns only after add-entries).
 *
 * 422 with reply->rule RULE_MIRROR_FORK: the log signed two histories: *accepted is the checkpoint that contradicts the
 * pending one, by another root for its size or by a proof that leads to it from another root. With RULE_TREE_PROOF: the
 * request does not lead to this checkpoint from the pending one, which may be for the proof's own falsehood: whoever
 * pushes can make it so. A proof where none is due is RULE_MIRROR_NO_PROOF. Whatever else is answered, *accepted is
 * untouched.
 */
struct mirror_accepted {
	struct checkpoint checkpoint;
	struct bytes note;   /* the submitted note, verbatim */
	struct bytes signature_line; /* the log's own, verified */
	/* of a fork between two sizes: the other root that the log had at the pending size, and the proof from there */
	bool sizes_differ;
	struct hash other_root;
	struct tree_path path;
};
void mirror_add_checkpoint(const struct mirror_log *log, struct bytes request, struct mirror_accepted *accepted,
	struct mirror_reply *reply);

/*
 * add-entries (tlog-mirror): verifies package after package and gives each new entry that was proved, in order, to
 * `entry` (index == log->next, then rising). A rule from `entry` ends it: answered 500 with that rule. Then status
 * 200 (entries through upload_end are proved: persist, advance the mirror checkpoint, and put the cosignature line in
 * the body; upload_end is pending_size or mirror_size), 202 or 409 with text/x.tlog.mirror-info, 400, 404, 413, 422,
 * 500 (log->tree could not be read). *progress is filled always; what was given stays given, also before a 422.
 *
 * Only whole requests come here, so 400 for bytes after the last package of the interval and 413 for more than
 * REQUEST_PACKAGES_MAX packages are answered before anything is given. At most UPLOAD_EXCESS_MAX entries may be sent
 * again. log->tree is read for entries below log->next only; that it grows meanwhile is harmless.
 */
struct mirror_sink {
	enum rule (*entry)(void *context, uint64_t index, struct bytes entry, const struct hash *leaf);
	void *context;
};
struct mirror_progress {
	uint64_t upload_end; /* of the request; 0 when it could not be read */
	uint64_t next;       /* first entry not held, after what was given */
};
void mirror_add_entries(const struct mirror_log *log, struct bytes request, const struct mirror_sink *sink,
	struct mirror_progress *progress, struct mirror_reply *reply);

/* ---- the client's side ---- */

/*
 * Writes an add-checkpoint request: old size, proof, note. The tree may be larger than the note says. Like the next
 * one it leaves the request as it was on failure: RULE_TREE_RANGE for an old size above the note's, the note's own,
 * the reader's.
 */
enum rule mirror_write_checkpoint(struct buffer *request, uint64_t old, const struct tree_reader *tree,
	struct bytes note);

/* Writes an add-entries request for [start, end), at most `packages` packages of it. Entries come from `read`. */
struct mirror_upload {
	struct bytes origin;
	uint64_t start, end; /* `tree` may be larger */
	unsigned packages; /* 1..REQUEST_PACKAGES_MAX */
	size_t size_max;   /* stop before a package that would pass this many bytes (at least one package goes) */
	const struct tree_reader *tree;
	enum rule (*read)(void *context, uint64_t index, struct buffer *entry); /* appends the entry */
	void *context;
};
enum rule mirror_write_entries(struct buffer *request, const struct mirror_upload *upload);

/*
 * The client's state towards one mirror of one log: what it is believed to hold, and what to do next. A zeroed struct
 * knows nothing and begins with old = 0 (the mirror's 409 tells); after a restart `cosigned` may be set to what is
 * held.
 *
 * PUSH_CHECKPOINT: send the newest checkpoint with old size `pending`. PUSH_ENTRIES: send [next, upload_end).
 * upload_end is always a size that push_next() was given, so a signed checkpoint of it exists; no size a mirror names
 * gets there on its own word.
 */
enum push_action { PUSH_NOTHING, PUSH_CHECKPOINT, PUSH_ENTRIES };
struct push {
	uint64_t pending;    /* the mirror's pending size */
	uint64_t next;       /* the mirror's next entry */
	uint64_t cosigned;   /* the largest size for which its cosignature is held */
	uint64_t upload_end; /* of the upload under way, or the size of the checkpoint offered */
	uint64_t size;       /* as push_next() was told last */
	unsigned vain;       /* corrections by the mirror since it last cosigned */
	enum push_action busy; /* the request under way */
	bool stuck;          /* it refused what cannot be mended by going on; `rule` says why */
	enum rule rule;
};
/*
 * What to send now for a log whose newest checkpoint has `size`; PUSH_NOTHING while busy, stuck or done. Marks it
 * busy. A mirror that holds more than `size` is RULE_MIRROR_AHEAD, and stuck.
 */
enum push_action push_next(struct push *push, uint64_t size);
/*
 * Takes the reply to the request under way. status 0: none came (try again later). Returns RULE_OK, or the rule by
 * which the mirror refused or its reply is malformed (RULE_MIRROR_*): back off, then go on with push_next(), which
 * begins anew after a refusal. A mirror that only ever corrects (409) is RULE_MIRROR_CONFLICT from the fifth time on.
 * 200 to PUSH_ENTRIES: the caller verifies the cosignature in `body` over its checkpoint of size upload_end and then
 * calls push_cosigned(); if it does not verify, it sets `stuck` or backs off, else push_next() asks for it again at
 * once.
 */
enum rule push_reply(struct push *push, uint16_t status, struct bytes body);
void push_cosigned(struct push *push, uint64_t size);

#endif

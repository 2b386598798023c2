/*
 * channel: typed frames with descriptors over a connected AF_UNIX stream socket, between processes of one node.
 *
 * Wire: big-endian u32 payload size, u16 type, u16 number of descriptors, u32 id; then the payload. Descriptors travel
 * with the first byte of their frame (SCM_RIGHTS). Non-blocking on both sides: the owner polls channel_fd() and calls
 * channel_receive() when readable and channel_flush() when writable and channel_wants_write().
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <sys/types.h>

#include "buffer.h"

#define CHANNEL_PAYLOAD_MAX ((size_t)24 << 20)
#define CHANNEL_DESCRIPTORS_MAX 64 /* as many as the parts of a courier file */

struct channel;

struct frame {
	uint16_t type;
	uint32_t id; /* pairs a reply with its request; chosen by the asker */
	struct bytes payload; /* valid until the next channel_next() or channel_receive() */
	/* received: the taker's to close; sent: duplicated, stay the sender's */
	int descriptors[CHANNEL_DESCRIPTORS_MAX];
	size_t descriptor_count;
};

/* Takes over `fd` and makes it non-blocking and close-on-exec. NULL: out of memory (fd is then still the caller's). */
struct channel *channel_new(int fd);
void channel_free(struct channel *channel); /* closes; also descriptors that were not taken. NULL is harmless */
int channel_fd(const struct channel *channel);

/* Reads what is there, without waiting. RULE_IPC_CLOSED at the end of the stream, RULE_IPC_FORM, RULE_IO. */
enum rule channel_receive(struct channel *channel);
/* Gives the next whole frame, if one is there. */
bool channel_next(struct channel *channel, struct frame *frame);

/*
 * Queues a frame (copies the payload) and tries to write at once. After an error the channel is dead: RULE_IPC_CLOSED,
 * RULE_IO.
 */
enum rule channel_send(struct channel *channel, const struct frame *frame);
enum rule channel_flush(struct channel *channel);
/* Waits until everything queued is written (or the deadline, clock_steady_ms(); 0: none). RULE_IPC_TIMEOUT. */
enum rule channel_drain(struct channel *channel, int64_t deadline_ms);
bool channel_wants_write(const struct channel *channel);
size_t channel_queued(const struct channel *channel); /* bytes not yet written */

/* Waits until the next frame is there (or the deadline, clock_steady_ms(); 0: none). RULE_IPC_TIMEOUT. For clients. */
enum rule channel_wait(struct channel *channel, struct frame *frame, int64_t deadline_ms);

/* The user at the other end (SO_PEERCRED). */
enum rule channel_peer_user(const struct channel *channel, uid_t *user);

#endif

#include "channel.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cursor.h"
#include "sizes.h"
#include "utc.h"

#define HEADER_SIZE 12

/*
 * How much is read ahead of channel_next(): enough that an owner finds together what came together, little enough that
 * a flooding sender waits in its own socket. One frame beyond it is always finished.
 */
#define AHEAD_MAX ((size_t)1 << 20)

struct incoming {
	struct incoming *next;
	struct frame frame;
	size_t size, got; /* of the payload */
	uint8_t data[];
};

struct outgoing {
	struct outgoing *next;
	int descriptors[CHANNEL_DESCRIPTORS_MAX]; /* duplicates, closed when sent */
	size_t descriptor_count;
	size_t size, sent;
	uint8_t data[];
};

struct channel {
	int fd;
	enum rule broken_in, broken_out; /* sticky, a direction each: what came before an end can still be read */
	/* The frame that is being read: its header, and its node from when the header is whole. */
	uint8_t header[HEADER_SIZE];
	size_t header_got;
	int descriptors[CHANNEL_DESCRIPTORS_MAX];
	size_t descriptor_count;
	struct incoming *partial;
	/* Whole frames, oldest first, and the one that the taker looks into. */
	struct incoming *first, **last;
	size_t ahead;
	struct incoming *taken;
	/* Frames to write, oldest first. */
	struct outgoing *out_first, **out_last;
	size_t out_size;
};

static void close_all(int *descriptors, size_t *count)
{
	while (*count != 0)
		close(descriptors[--*count]);
}

struct channel *channel_new(int fd)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	int flags = fcntl(fd, F_GETFL);
	if (channel == NULL || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
		free(channel);
		return NULL;
	}
	channel->fd = fd;
	channel->last = &channel->first;
	channel->out_last = &channel->out_first;
	return channel;
}

static void drop_incoming(struct incoming *node)
{
	if (node != NULL)
		close_all(node->frame.descriptors, &node->frame.descriptor_count);
	free(node);
}

/* Takes the oldest frame to write off the queue. */
static void drop_outgoing(struct channel *channel)
{
	struct outgoing *node = channel->out_first;
	channel->out_first = node->next;
	if (channel->out_first == NULL)
		channel->out_last = &channel->out_first;
	channel->out_size -= node->size - node->sent;
	close_all(node->descriptors, &node->descriptor_count);
	free(node);
}

void channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	for (struct incoming *node = channel->first, *next; node != NULL; node = next) {
		next = node->next;
		drop_incoming(node);
	}
	drop_incoming(channel->partial);
	free(channel->taken); /* its descriptors are the taker's */
	close_all(channel->descriptors, &channel->descriptor_count);
	while (channel->out_first != NULL)
		drop_outgoing(channel);
	close(channel->fd);
	free(channel);
}

int channel_fd(const struct channel *channel)
{
	return channel->fd;
}

/* ---- reading ---- */

/* Keeps the descriptors that came with a read; RULE_IPC_FORM where a frame cannot have them. */
static enum rule keep_descriptors(struct channel *channel, struct msghdr *message, bool first)
{
	bool good = (message->msg_flags & MSG_CTRUNC) == 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
			if (first && channel->descriptor_count < CHANNEL_DESCRIPTORS_MAX) {
				channel->descriptors[channel->descriptor_count++] = fd;
			} else {
				close(fd);
				good = false;
			}
		}
	}
	return good ? RULE_OK : RULE_IPC_FORM;
}

/*
 * One read of at most `size` bytes. Never more than the rest of a header or of a payload is asked for, so that
 * descriptors belong to the frame in hand. *got is 0 when nothing is there.
 */
static enum rule read_some(struct channel *channel, uint8_t *to, size_t size, size_t *got)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(CHANNEL_DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct iovec part = {to, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t done;
	do
		done = recvmsg(channel->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (done < 0 && errno == EINTR);
	*got = 0;
	if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RULE_OK;
	if (done == 0 || (done < 0 && errno == ECONNRESET))
		return RULE_IPC_CLOSED;
	if (done < 0)
		return RULE_IO;
	*got = (size_t)done;
	return keep_descriptors(channel, &message, channel->header_got == 0);
}

/* The header is whole: makes the frame's node. */
static enum rule begin_frame(struct channel *channel)
{
	struct cursor cursor = cursor_of(bytes_of(channel->header, HEADER_SIZE));
	size_t size = cursor_u32(&cursor);
	uint16_t type = cursor_u16(&cursor);
	size_t count = cursor_u16(&cursor);
	uint32_t id = cursor_u32(&cursor);
	if (size > CHANNEL_PAYLOAD_MAX || count != channel->descriptor_count)
		return RULE_IPC_FORM;
	struct incoming *node = malloc(sizeof(*node) + size);
	if (node == NULL)
		return RULE_MEMORY;
	*node = (struct incoming){.size = size, .frame = {.type = type, .id = id, .descriptor_count = count}};
	node->frame.payload = bytes_of(node->data, size);
	memcpy(node->frame.descriptors, channel->descriptors, sizeof(channel->descriptors));
	channel->descriptor_count = 0;
	channel->partial = node;
	return RULE_OK;
}

static void end_frame(struct channel *channel)
{
	struct incoming *node = channel->partial;
	*channel->last = node;
	channel->last = &node->next;
	channel->ahead += sizeof(*node) + node->size;
	channel->partial = NULL;
	channel->header_got = 0;
}

/* One step: a read and what follows from it. *more: something was there. */
static enum rule step(struct channel *channel, bool *more)
{
	size_t got = 0;
	enum rule rule;
	if (channel->header_got < HEADER_SIZE) {
		rule = read_some(channel, channel->header + channel->header_got, HEADER_SIZE - channel->header_got,
			&got);
		channel->header_got += got;
		if (rule == RULE_OK && channel->header_got == HEADER_SIZE)
			rule = begin_frame(channel);
	} else {
		struct incoming *node = channel->partial;
		rule = read_some(channel, node->data + node->got, node->size - node->got, &got);
		node->got += got;
	}
	if (rule == RULE_OK && channel->partial != NULL && channel->partial->got == channel->partial->size)
		end_frame(channel);
	*more = got != 0;
	return rule;
}

static void forget_taken(struct channel *channel)
{
	free(channel->taken);
	channel->taken = NULL;
}

enum rule channel_receive(struct channel *channel)
{
	forget_taken(channel);
	bool more = true;
	while (channel->broken_in == RULE_OK && more && channel->ahead < AHEAD_MAX)
		channel->broken_in = step(channel, &more);
	/*
	 * The end of the stream comes after the frames before it; it stays readable, so the owner's poll() brings it
	 * back.
	 */
	if (channel->broken_in == RULE_IPC_CLOSED && channel->first != NULL)
		return RULE_OK;
	return channel->broken_in;
}

bool channel_next(struct channel *channel, struct frame *frame)
{
	forget_taken(channel);
	struct incoming *node = channel->first;
	if (node == NULL)
		return false;
	channel->first = node->next;
	if (channel->first == NULL)
		channel->last = &channel->first;
	channel->ahead -= sizeof(*node) + node->size;
	*frame = node->frame;
	channel->taken = node;
	return true;
}

/* ---- writing ---- */

static struct outgoing *outgoing_new(const struct frame *frame)
{
	struct buffer header = {0};
	buffer_u32(&header, (uint32_t)frame->payload.size);
	buffer_u16(&header, frame->type);
	buffer_u16(&header, (uint16_t)frame->descriptor_count);
	buffer_u32(&header, frame->id);
	struct outgoing *node =
		header.rule != RULE_OK ? NULL : malloc(sizeof(*node) + HEADER_SIZE + frame->payload.size);
	if (node != NULL) {
		*node = (struct outgoing){.size = HEADER_SIZE + frame->payload.size};
		memcpy(node->data, header.data, HEADER_SIZE);
		if (frame->payload.size != 0)
			memcpy(node->data + HEADER_SIZE, frame->payload.data, frame->payload.size);
	}
	buffer_free(&header);
	return node;
}

static enum rule queue(struct channel *channel, const struct frame *frame)
{
	if (frame->payload.size > CHANNEL_PAYLOAD_MAX || frame->descriptor_count > CHANNEL_DESCRIPTORS_MAX)
		return RULE_LIMIT;
	struct outgoing *node = outgoing_new(frame);
	if (node == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; i < frame->descriptor_count; i++) {
		int fd = fcntl(frame->descriptors[i], F_DUPFD_CLOEXEC, 0);
		if (fd < 0) {
			close_all(node->descriptors, &node->descriptor_count);
			free(node);
			return RULE_IO;
		}
		node->descriptors[node->descriptor_count++] = fd;
	}
	*channel->out_last = node;
	channel->out_last = &node->next;
	channel->out_size += node->size;
	return RULE_OK;
}

/*
 * One write of the oldest frame; descriptors go with its first byte. *done: how many bytes went, 0 when the socket is
 * full.
 */
static enum rule write_some(struct channel *channel, struct outgoing *node, size_t *done)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(CHANNEL_DESCRIPTORS_MAX * sizeof(int))];
	} control = {0};
	struct iovec part = {node->data + node->sent, node->size - node->sent};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (node->sent == 0 && node->descriptor_count != 0) {
		size_t size = node->descriptor_count * sizeof(int);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(rights), node->descriptors, size);
	}
	ssize_t sent;
	do
		sent = sendmsg(channel->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	*done = sent < 0 ? 0 : (size_t)sent;
	if (sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK)
		return RULE_OK;
	return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? RULE_IPC_CLOSED : RULE_IO;
}

enum rule channel_flush(struct channel *channel)
{
	while (channel->broken_out == RULE_OK && channel->out_first != NULL) {
		struct outgoing *node = channel->out_first;
		size_t done;
		channel->broken_out = write_some(channel, node, &done);
		if (channel->broken_out != RULE_OK || done == 0)
			break;
		node->sent += done;
		channel->out_size -= done;
		close_all(node->descriptors, &node->descriptor_count);
		if (node->sent == node->size)
			drop_outgoing(channel);
	}
	while (channel->broken_out != RULE_OK && channel->out_first != NULL)
		drop_outgoing(channel);
	return channel->broken_out;
}

enum rule channel_send(struct channel *channel, const struct frame *frame)
{
	if (channel->broken_out == RULE_OK)
		channel->broken_out = queue(channel, frame);
	return channel_flush(channel);
}

bool channel_wants_write(const struct channel *channel)
{
	return channel->out_first != NULL;
}

size_t channel_queued(const struct channel *channel)
{
	return channel->out_size;
}

/* ---- clients ---- */

/* Waits until something can be read or, where there is something to write, written. */
static enum rule wait_ready(const struct channel *channel, short events, int64_t deadline_ms)
{
	struct pollfd poller = {channel->fd, events, 0};
	if (channel_wants_write(channel))
		poller.events |= POLLOUT;
	for (;;) {
		int timeout = -1;
		if (deadline_ms != 0) {
			int64_t left = deadline_ms - clock_steady_ms();
			timeout = left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
		}
		int ready = poll(&poller, 1, timeout);
		if (ready > 0)
			return RULE_OK;
		if (ready == 0 && clock_steady_ms() >= deadline_ms)
			return RULE_IPC_TIMEOUT;
		if (ready < 0 && errno != EINTR)
			return RULE_IO;
	}
}

enum rule channel_drain(struct channel *channel, int64_t deadline_ms)
{
	enum rule rule = channel_flush(channel);
	while (rule == RULE_OK && channel_wants_write(channel)) {
		rule = wait_ready(channel, 0, deadline_ms);
		if (rule == RULE_OK)
			rule = channel_flush(channel);
	}
	return rule;
}

enum rule channel_wait(struct channel *channel, struct frame *frame, int64_t deadline_ms)
{
	while (!channel_next(channel, frame)) {
		/*
		 * What cannot be written any more does not hide an answer that was sent before: reading tells the end.
		 */
		channel_flush(channel);
		enum rule rule = wait_ready(channel, POLLIN, deadline_ms);
		if (rule == RULE_OK)
			rule = channel_receive(channel);
		if (rule != RULE_OK)
			return rule;
	}
	return RULE_OK;
}

enum rule channel_peer_user(const struct channel *channel, uid_t *user)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (getsockopt(channel->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return RULE_IO;
	*user = peer.uid;
	return RULE_OK;
}

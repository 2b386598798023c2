#include "channel.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "test.h"
#include "utc.h"

static unsigned open_descriptors(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (folder != NULL && readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static void pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
}

static void channels(struct channel *ends[2])
{
	int fds[2];
	pair(fds);
	ends[0] = channel_new(fds[0]);
	ends[1] = channel_new(fds[1]);
	if (ends[0] == NULL || ends[1] == NULL)
		abort();
}

static struct frame frame_of(uint16_t type, uint32_t id, struct bytes payload)
{
	return (struct frame){.type = type, .id = id, .payload = payload};
}

static void test_small(void)
{
	struct channel *ends[2];
	channels(ends);
	struct frame frame;
	test_check(channel_receive(ends[1]) == RULE_OK && !channel_next(ends[1], &frame),
		"nothing there: no frame, no error");
	static const char *const texts[] = {"first", "", "third"};
	bool good = true;
	for (uint32_t i = 0; i < 3; i++) {
		struct frame out = frame_of((uint16_t)(i + 7), 0xdeadbee0u + i, bytes_string(texts[i]));
		good = good && channel_send(ends[0], &out) == RULE_OK;
	}
	test_check(good && !channel_wants_write(ends[0]) && channel_queued(ends[0]) == 0,
		"small frames are written at once");
	test_check(channel_receive(ends[1]) == RULE_OK, "one receive");
	for (uint32_t i = 0; i < 3; i++)
		test_check(channel_next(ends[1], &frame) && frame.type == i + 7 && frame.id == 0xdeadbee0u + i &&
			bytes_is(frame.payload, texts[i]) && frame.descriptor_count == 0, "frame %u is as sent", i);
	test_check(!channel_next(ends[1], &frame), "and no more");
	uid_t user = 12345;
	test_check(channel_peer_user(ends[0], &user) == RULE_OK && user == getuid(), "the user at the other end");
	test_check(fcntl(channel_fd(ends[0]), F_GETFD) == FD_CLOEXEC &&
		(fcntl(channel_fd(ends[0]), F_GETFL) & O_NONBLOCK) != 0, "close-on-exec and non-blocking");
	channel_free(ends[0]);
	channel_free(ends[1]);
	channel_free(NULL);
}

/* Sends every frame back until the stream ends. */
static void *echo(void *context)
{
	struct channel *channel = context;
	struct frame frame;
	while (channel_wait(channel, &frame, 0) == RULE_OK)
		if (channel_send(channel, &frame) != RULE_OK)
			break;
	channel_free(channel);
	return NULL;
}

static void fill(uint8_t *data, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void test_large(void)
{
	struct channel *ends[2];
	channels(ends);
	pthread_t thread;
	if (pthread_create(&thread, NULL, echo, ends[1]) != 0)
		abort();
	uint8_t *data = malloc(CHANNEL_PAYLOAD_MAX + 1);
	fill(data, CHANNEL_PAYLOAD_MAX + 1, 1);
	static const size_t sizes[] = {CHANNEL_PAYLOAD_MAX, 1, 4096, 65536, 5 << 20, CHANNEL_PAYLOAD_MAX - 1};
	bool queued = false;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct frame out = frame_of(1, (uint32_t)i, bytes_of(data, sizes[i])), in;
		enum rule rule = channel_send(ends[0], &out);
		queued = queued || channel_queued(ends[0]) != 0;
		test_check(rule == RULE_OK && channel_wait(ends[0], &in, 0) == RULE_OK && in.id == i &&
			bytes_equal(in.payload, out.payload), "%zu bytes go there and back", sizes[i]);
	}
	test_check(queued, "the large ones went in parts");
	struct frame out = frame_of(1, 9, bytes_of(data, CHANNEL_PAYLOAD_MAX + 1));
	test_check(channel_send(ends[0], &out) == RULE_LIMIT, "a payload past the limit is not sent");
	out.payload.size = 1;
	test_check(channel_send(ends[0], &out) == RULE_LIMIT, "after an error the channel is dead");
	free(data);
	channel_free(ends[0]);
	pthread_join(thread, NULL);
}

static void test_descriptors(void)
{
	unsigned before = open_descriptors();
	struct channel *ends[2];
	channels(ends);
	int pipes[2];
	if (pipe(pipes) != 0)
		abort();
	struct frame out = {.type = 1, .payload = BYTES("take it"), .descriptors = {pipes[1], pipes[0], 0, 1},
		.descriptor_count = 4};
	struct frame in;
	test_check(channel_send(ends[0], &out) == RULE_OK && write(pipes[1], "a", 1) == 1,
		"a sent descriptor stays the sender's");
	test_check(channel_wait(ends[1], &in, 0) == RULE_OK && in.descriptor_count == 4, "four descriptors arrive");
	char byte = 0;
	test_check(write(in.descriptors[0], "b", 1) == 1 && read(pipes[0], &byte, 1) == 1 && byte == 'a' &&
		read(in.descriptors[1], &byte, 1) == 1 && byte == 'b', "and are the same files, in order");
	test_check((fcntl(in.descriptors[0], F_GETFD) & FD_CLOEXEC) != 0, "and close on exec");
	for (size_t i = 0; i < in.descriptor_count; i++)
		close(in.descriptors[i]);
	/* One left in the queue of each side. */
	out.descriptor_count = 2;
	channel_send(ends[0], &out);
	channel_receive(ends[1]);
	uint8_t *much = calloc(1, 4 << 20);
	struct frame stuck = frame_of(1, 1, bytes_of(much, 4 << 20));
	channel_send(ends[0], &stuck);
	channel_send(ends[0], &out);
	free(much);
	channel_free(ends[0]);
	channel_free(ends[1]);
	close(pipes[0]);
	close(pipes[1]);
	test_check(open_descriptors() == before, "no descriptor is left open");
	channels(ends);
	out.descriptors[0] = 9999;
	test_check(channel_send(ends[0], &out) == RULE_IO && channel_queued(ends[0]) == 0,
		"a closed descriptor is not sent");
	channel_free(ends[0]);
	channel_free(ends[1]);
}

/* Writes raw bytes with `count` descriptors on the first of them. */
static void raw(int fd, struct bytes bytes, size_t count)
{
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)(uintptr_t)bytes.data, bytes.size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (count != 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
		*rights = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memset(CMSG_DATA(rights), 0, count * sizeof(int)); /* descriptor 0, again and again */
	}
	if (sendmsg(fd, &message, 0) != (ssize_t)bytes.size)
		abort();
}

static const struct hostile {
	const char *name;
	struct bytes first;
	size_t first_descriptors;
	struct bytes second;
	size_t second_descriptors;
	enum rule rule;
} hostiles[] = {
	{"payload size past the limit", BYTES("\x01\x80\x00\x01\0\1\0\0\0\0\0\0"), 0, {0}, 0, RULE_IPC_FORM},
	{"payload size of 4 GiB", BYTES("\xff\xff\xff\xff\0\1\0\0\0\0\0\0"), 0, {0}, 0, RULE_IPC_FORM},
	{"65 descriptors announced", BYTES("\0\0\0\0\0\1\0\101\0\0\0\0"), 5, {0}, 0, RULE_IPC_FORM},
	{"65,535 descriptors announced", BYTES("\0\0\0\0\0\1\xff\xff\0\0\0\0"), 4, {0}, 0, RULE_IPC_FORM},
	{"one announced, none there", BYTES("\0\0\0\0\0\1\0\1\0\0\0\0"), 0, {0}, 0, RULE_IPC_FORM},
	{"none announced, one there", BYTES("\0\0\0\0\0\1\0\0\0\0\0\0"), 1, {0}, 0, RULE_IPC_FORM},
	{"one announced, two there", BYTES("\0\0\0\0\0\1\0\1\0\0\0\0"), 2, {0}, 0, RULE_IPC_FORM},
	{"two announced, one there", BYTES("\0\0\0\0\0\1\0\2\0\0\0\0"), 1, {0}, 0, RULE_IPC_FORM},
	{"eight there", BYTES("\0\0\0\0\0\1\0\4\0\0\0\0"), 8, {0}, 0, RULE_IPC_FORM},
	{"a descriptor inside the header", BYTES("\0\0\0\0\0"), 0, BYTES("\1\0\1\0\0\0\0"), 1, RULE_IPC_FORM},
	{"a descriptor inside the payload", BYTES("\0\0\0\4\0\1\0\0\0\0\0\0ab"), 0, BYTES("cd"), 1, RULE_IPC_FORM},
	{"the end inside a header", BYTES("\0\0\0\4\0\1"), 0, {0}, 0, RULE_IPC_CLOSED},
	{"the end inside a payload", BYTES("\0\0\0\4\0\1\0\0\0\0\0\0abc"), 0, {0}, 0, RULE_IPC_CLOSED},
	{"the end inside a payload, descriptors held", BYTES("\0\0\0\4\0\1\0\2\0\0\0\0abc"), 2, {0}, 0,
		RULE_IPC_CLOSED},
	{"the end inside a header, descriptors held", BYTES("\0\0\0\4\0\1\0\2\0"), 2, {0}, 0, RULE_IPC_CLOSED},
};

static void test_hostile(const struct hostile *hostile)
{
	unsigned before = open_descriptors();
	int fds[2];
	pair(fds);
	struct channel *channel = channel_new(fds[1]);
	raw(fds[0], hostile->first, hostile->first_descriptors);
	enum rule rule = RULE_OK;
	if (hostile->second.size != 0) {
		rule = channel_receive(channel);
		raw(fds[0], hostile->second, hostile->second_descriptors);
	}
	close(fds[0]);
	if (rule == RULE_OK)
		rule = channel_receive(channel);
	struct frame frame;
	bool again = channel_receive(channel) == rule;
	test_check(rule == hostile->rule && again && !channel_next(channel, &frame), "%s: %s", hostile->name,
		rule_name(rule));
	channel_free(channel);
	test_check(open_descriptors() == before, "%s: descriptors closed", hostile->name);
}

static void test_split(void)
{
	int fds[2];
	pair(fds);
	struct channel *channel = channel_new(fds[1]);
	static const char bytes[] = "\0\0\0\3\0\2\0\0\0\0\0\x09" "abc" "\0\0\0\0\0\3\0\0\0\0\0\x0a";
	bool good = true;
	unsigned frames = 0;
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		struct frame frame;
		good = good && write(fds[0], bytes + i, 1) == 1 && channel_receive(channel) == RULE_OK;
		if (!channel_next(channel, &frame))
			continue;
		good = good &&
			(frames == 0 ? i == 14 && frame.id == 9 && bytes_is(frame.payload, "abc")
				: i == 26 && frame.id == 10);
		frames++;
	}
	test_check(good && frames == 2, "frames that come byte by byte");
	close(fds[0]);
	channel_free(channel);
}

static void test_closed(void)
{
	struct channel *ends[2];
	channels(ends);
	struct frame out = frame_of(1, 1, BYTES("last words")), in;
	channel_send(ends[0], &out);
	channel_send(ends[0], &out);
	channel_free(ends[0]);
	test_check(channel_wait(ends[1], &in, 0) == RULE_OK && channel_receive(ends[1]) == RULE_OK &&
			channel_wait(ends[1], &in, 0) == RULE_OK && bytes_is(in.payload, "last words"),
		"frames before the end are given first");
	test_check(channel_wait(ends[1], &in, 0) == RULE_IPC_CLOSED, "then the end");
	test_check(channel_send(ends[1], &out) == RULE_IPC_CLOSED && !channel_wants_write(ends[1]),
		"nobody to send to: no signal, closed");
	channel_free(ends[1]);

	/* An answer that comes before the question was taken whole is still read. */
	channels(ends);
	uint8_t *much = calloc(1, 8 << 20);
	struct frame question = frame_of(1, 1, bytes_of(much, 8 << 20));
	channel_send(ends[0], &question);
	channel_send(ends[1], &out);
	channel_free(ends[1]);
	test_check(channel_wants_write(ends[0]) && channel_wait(ends[0], &in, 0) == RULE_OK &&
			bytes_is(in.payload, "last words"),
		"an early answer survives a broken question");
	test_check(channel_wait(ends[0], &in, 0) == RULE_IPC_CLOSED, "and then the end");
	free(much);
	channel_free(ends[0]);
}

static void test_wait(void)
{
	struct channel *ends[2];
	channels(ends);
	struct frame frame;
	int64_t start = clock_steady_ms();
	test_check(channel_wait(ends[0], &frame, start + 30) == RULE_IPC_TIMEOUT && clock_steady_ms() >= start + 30,
		"a deadline is kept");
	test_check(channel_wait(ends[0], &frame, 1) == RULE_IPC_TIMEOUT, "a deadline that has passed");
	struct frame out = frame_of(1, 2, BYTES("x"));
	channel_send(ends[1], &out);
	test_check(channel_wait(ends[0], &frame, 1) == RULE_OK && frame.id == 2, "what is there is given even then");
	channel_free(ends[0]);
	channel_free(ends[1]);
}

static void test_drain(void)
{
	struct channel *ends[2];
	channels(ends);
	uint8_t *much = calloc(1, 8 << 20);
	struct frame out = frame_of(1, 1, bytes_of(much, 8 << 20));
	channel_send(ends[0], &out);
	test_check(channel_drain(ends[0], clock_steady_ms() + 20) == RULE_IPC_TIMEOUT && channel_wants_write(ends[0]),
		"nobody reads: what is queued is not written by then");
	pthread_t thread;
	if (pthread_create(&thread, NULL, echo, ends[1]) != 0)
		abort();
	test_check(channel_drain(ends[0], 0) == RULE_OK && channel_queued(ends[0]) == 0, "somebody does: all of it is");
	channel_free(ends[0]);
	pthread_join(thread, NULL);
	channels(ends);
	channel_send(ends[0], &out);
	channel_free(ends[1]);
	test_check(channel_drain(ends[0], 0) == RULE_IPC_CLOSED, "nobody is left: closed");
	channel_free(ends[0]);
	free(much);
}

/* A child floods; what one receive takes in is bounded, and nothing is lost. */
static void test_flood(void)
{
	enum { FRAMES = 20000, SIZE = 1000 };
	int fds[2];
	pair(fds);
	pid_t child = fork();
	if (child == 0) {
		close(fds[0]);
		struct channel *channel = channel_new(fds[1]);
		uint8_t payload[SIZE] = {0};
		for (uint32_t i = 0; i < FRAMES; i++) {
			struct frame frame = frame_of(1, i, bytes_of(payload, SIZE));
			if (channel_send(channel, &frame) != RULE_OK)
				_exit(1);
		}
		struct frame never;
		_exit(channel_wait(channel, &never, 0) == RULE_IPC_CLOSED ? 0 : 1);
	}
	close(fds[1]);
	struct channel *channel = channel_new(fds[0]);
	uint32_t next = 0, most = 0;
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && next < FRAMES) {
		struct pollfd poller = {channel_fd(channel), POLLIN, 0};
		uint32_t batch = 0;
		struct frame frame;
		poll(&poller, 1, -1);
		rule = channel_receive(channel);
		for (; channel_next(channel, &frame) && frame.id == next; next++)
			batch++;
		most = batch > most ? batch : most;
	}
	test_check(next == FRAMES && most > 1 && most * SIZE <= 2 << 20,
		"20,000 frames arrive, several at a time, boundedly");
	channel_free(channel);
	int status = 1;
	waitpid(child, &status, 0);
	test_check(status == 0, "the sender saw the end");
}

int main(void)
{
	test_start();
	test_small();
	test_large();
	test_descriptors();
	for (size_t i = 0; i < sizeof(hostiles) / sizeof(hostiles[0]); i++)
		test_hostile(&hostiles[i]);
	test_split();
	test_closed();
	test_wait();
	test_drain();
	test_flood();
	return test_end();
}

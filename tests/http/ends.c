#include "ends.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "text.h"
#include "utc.h"

#define ENDS_MAX 16
#define ARGUMENTS_MAX 16

static const char *program;
static char **common;
static struct end *made[ENDS_MAX];
static size_t made_count;

static _Noreturn void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(99);
}

void ends_start(int argc, char **argv)
{
	if (argc < 2) {
		errno = EINVAL;
		die("usage: test detente-link [OPTION ...]");
	}
	program = argv[1];
	common = argv + 2;
	signal(SIGPIPE, SIG_IGN);
}

void ends_stop(void)
{
	for (size_t i = 0; i < made_count; i++) {
		int folder = open(made[i]->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		unlinkat(folder, TLS_KEY_FILE, 0);
		unlinkat(folder, TLS_CERTIFICATE_FILE, 0);
		close(folder);
		rmdir(made[i]->directory);
	}
}

/* Runs the program with its output in *out (a pipe) and `keeper` left open; gives its process. */
static pid_t run(const char **arguments, int keeper, int out, int errors)
{
	fflush(stdout);
	pid_t process = fork();
	if (process < 0)
		die("fork");
	if (process > 0)
		return process;
	if (keeper >= 0)
		fcntl(keeper, F_SETFD, 0);
	if (out >= 0)
		dup2(out, 1);
	if (errors >= 0)
		dup2(errors, 2);
	execv(program, (char **)(uintptr_t)arguments);
	_exit(127);
}

void end_make(struct end *end, const char *party)
{
	int out[2];
	char line[80] = "";
	memset(end, 0, sizeof(*end));
	snprintf(end->party, sizeof(end->party), "%s", party);
	snprintf(end->directory, sizeof(end->directory), "/tmp/detente-test-XXXXXX");
	if (made_count == ENDS_MAX || mkdtemp(end->directory) == NULL || pipe2(out, O_CLOEXEC) != 0)
		die("folder");
	made[made_count++] = end;
	const char *arguments[] = {program, "--make-identity", end->directory, "--name", party, NULL};
	pid_t process = run(arguments, -1, out[1], -1);
	close(out[1]);
	ssize_t size = read(out[0], line, sizeof(line) - 1);
	close(out[0]);
	int status;
	if (size != 65 || waitpid(process, &status, 0) < 0 || status != 0 || line[64] != '\n' ||
	    text_unhex(bytes_of(line, 64), end->pin, sizeof(end->pin)) != RULE_OK)
		die("detente-link --make-identity");
}

void end_run(struct end *end, const char *const *options)
{
	int pair[2], errors[2];
	char fd[16];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || pipe2(errors, O_CLOEXEC) != 0)
		die("socketpair");
	snprintf(fd, sizeof(fd), "%d", pair[1]);
	const char *arguments[ARGUMENTS_MAX] = {program, "--serve", fd, "--identity", end->directory};
	size_t count = 5;
	for (char **at = common; *at != NULL && count < ARGUMENTS_MAX - 1; at++)
		arguments[count++] = *at;
	for (; options != NULL && *options != NULL && count < ARGUMENTS_MAX - 1; options++)
		arguments[count++] = *options;
	end->process = run(arguments, pair[1], -1, errors[1]);
	close(pair[1]);
	close(errors[1]);
	end->errors = errors[0];
	end->channel = channel_new(pair[0]);
	end->last_id = 0;
	if (end->channel == NULL)
		die("channel");
}

/* `fd` is -1 or what goes along. */
static void send_frame_with(struct end *end, enum message_type type, uint32_t id, struct buffer *payload, int fd)
{
	struct frame frame = {.type = (uint16_t)type, .id = id, .payload = buffer_bytes(payload),
		.descriptors = {fd}, .descriptor_count = fd >= 0};
	enum rule rule = payload->rule == RULE_OK ? channel_send(end->channel, &frame) : payload->rule;
	while (rule == RULE_OK && channel_wants_write(end->channel)) {
		struct pollfd poller = {channel_fd(end->channel), POLLOUT, 0};
		if (poll(&poller, 1, PATIENCE) != 1)
			die("the link does not read its channel");
		rule = channel_flush(end->channel);
	}
	buffer_free(payload);
}

static void send_frame(struct end *end, enum message_type type, uint32_t id, struct buffer *payload)
{
	send_frame_with(end, type, id, payload, -1);
}

void end_tell_setup(struct end *end, const struct message_setup *setup)
{
	struct buffer payload = {0};
	message_write_setup(&payload, setup);
	send_frame(end, MESSAGE_SETUP, 0, &payload);
}

void end_tell(struct end *end, const char *listen, struct end *const *peers, size_t count)
{
	static struct message_setup setup;
	char addresses[8][160];
	memset(&setup, 0, sizeof(setup));
	setup.listen = bytes_string(listen);
	setup.prefix = BYTES("/p");
	setup.peer_count = count;
	for (size_t i = 0; i < count; i++) {
		setup.peers[i].party = bytes_string(peers[i]->party);
		memcpy(setup.peers[i].pins[0], peers[i]->pin, TLS_PIN_SIZE);
		setup.peers[i].pin_count = 1;
		if (peers[i]->listens[0] == '\0')
			continue;
		snprintf(addresses[i], sizeof(addresses[i]), "https://%s/p", peers[i]->listens);
		setup.peers[i].addresses[0] = bytes_string(addresses[i]);
		setup.peers[i].address_count = 1;
	}
	end_tell_setup(end, &setup);
}

static bool take(struct end *end, enum message_type type, struct frame *frame)
{
	return channel_wait(end->channel, frame, clock_steady_ms() + PATIENCE) == RULE_OK && frame->type == type;
}

bool end_ready(struct end *end)
{
	struct frame frame;
	struct bytes address;
	return take(end, MESSAGE_READY, &frame) && message_parse_ready(&address, frame.payload) == RULE_OK &&
		bytes_to_string(address, end->listens, sizeof(end->listens));
}

bool end_up(struct end *end, const char *listen, struct end *const *peers, size_t count)
{
	end_run(end, NULL);
	end_tell(end, listen, peers, count);
	return end_ready(end);
}

int end_stop(struct end *end, char line[256])
{
	int status;
	char text[256] = "";
	channel_free(end->channel);
	end->channel = NULL;
	if (waitpid(end->process, &status, 0) < 0)
		die("waitpid");
	ssize_t size = read(end->errors, text, sizeof(text) - 1);
	close(end->errors);
	if (size > 0 && line == NULL)
		printf("# %s: %s", end->party, text);
	if (line != NULL) {
		memcpy(line, text, sizeof(text));
		line[strcspn(line, "\n")] = '\0';
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint32_t end_ask_file(struct end *end, const struct message_request *request, int fd)
{
	struct buffer payload = {0};
	message_write_request(&payload, request);
	send_frame_with(end, MESSAGE_REQUEST, ++end->last_id, &payload, fd);
	return end->last_id;
}

uint32_t end_ask(struct end *end, const struct message_request *request)
{
	return end_ask_file(end, request, -1);
}

bool end_take_request(struct end *end, uint32_t *id, struct message_request *request)
{
	struct frame frame;
	bool good = take(end, MESSAGE_REQUEST, &frame) && message_parse_request(request, frame.payload) == RULE_OK;
	*id = good ? frame.id : 0;
	return good;
}

bool end_take_reply(struct end *end, uint32_t *id, struct message_reply *reply)
{
	struct frame frame;
	memset(reply, 0, sizeof(*reply));
	bool good = take(end, MESSAGE_REPLY, &frame) && message_parse_reply(reply, frame.payload) == RULE_OK;
	*id = good ? frame.id : 0;
	return good;
}

void end_answer_file(struct end *end, uint32_t id, const struct message_reply *reply, int fd)
{
	struct buffer payload = {0};
	message_write_reply(&payload, reply);
	send_frame_with(end, MESSAGE_REPLY, id, &payload, fd);
}

void end_answer(struct end *end, uint32_t id, unsigned status, struct bytes body)
{
	struct message_reply reply = {.status = (uint16_t)status, .type = BYTES("text/x.tlog.size"), .body = body};
	end_answer_file(end, id, &reply, -1);
}

long end_memory(const struct end *end)
{
	char path[64], line[256];
	long kilobytes = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)end->process);
	FILE *file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "VmHWM: %ld", &kilobytes);
	if (file != NULL)
		fclose(file);
	return kilobytes;
}

long end_descriptors(const struct end *end)
{
	char path[64];
	long count = -2; /* "." and ".." */
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)end->process);
	DIR *folder = opendir(path);
	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		closedir(folder);
	return count;
}

bool end_quiet(struct end *end, int ms)
{
	struct frame frame;
	return channel_wait(end->channel, &frame, clock_steady_ms() + ms) == RULE_IPC_TIMEOUT;
}

/* ---- the test's own peer ---- */

static struct sockaddr_in parse_address(const char *host_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	char host[64];
	const char *colon = strrchr(host_port, ':');
	if (colon == NULL || !bytes_to_string(bytes_of(host_port, (size_t)(colon - host_port)), host, sizeof(host)) ||
	    inet_pton(AF_INET, host, &address.sin_addr) != 1)
		die("address");
	address.sin_port = htons((uint16_t)atoi(colon + 1));
	return address;
}

bool raw_connect_plain(struct raw *raw, const char *host_port)
{
	struct sockaddr_in address = parse_address(host_port);
	struct timeval patience = {.tv_sec = PATIENCE / 1000};
	int on = 1;
	memset(raw, 0, sizeof(*raw));
	raw->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return raw->fd >= 0 && setsockopt(raw->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
		setsockopt(raw->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
		setsockopt(raw->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
		connect(raw->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static int shake_hands(struct raw *raw, unsigned flags, const struct end *identity, const char *priorities)
{
	char certificate[128], key[128];
	if (gnutls_certificate_allocate_credentials(&raw->keys) < 0 ||
	    gnutls_init(&raw->session, flags | GNUTLS_NO_SIGNAL) < 0)
		die("gnutls");
	gnutls_certificate_set_flags(raw->keys, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH); /* for thieves */
	if (identity != NULL) {
		snprintf(certificate, sizeof(certificate), "%s/" TLS_CERTIFICATE_FILE, identity->directory);
		snprintf(key, sizeof(key), "%s/" TLS_KEY_FILE, identity->directory);
		if (gnutls_certificate_set_x509_key_file(raw->keys, certificate, key, GNUTLS_X509_FMT_PEM) < 0)
			die("gnutls keys");
	}
	gnutls_priority_set_direct(raw->session, priorities != NULL ? priorities : TLS_PRIORITIES, NULL);
	gnutls_credentials_set(raw->session, GNUTLS_CRD_CERTIFICATE, raw->keys);
	gnutls_transport_set_int(raw->session, raw->fd);
	if ((flags & GNUTLS_SERVER) != 0)
		gnutls_certificate_server_set_request(raw->session, GNUTLS_CERT_REQUEST);
	int verdict;
	do
		verdict = gnutls_handshake(raw->session);
	while (verdict < 0 && !gnutls_error_is_fatal(verdict));
	return verdict;
}

int raw_connect(struct raw *raw, const char *host_port, const struct end *identity, const char *priorities)
{
	if (!raw_connect_plain(raw, host_port))
		return GNUTLS_E_PUSH_ERROR;
	return shake_hands(raw, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, identity, priorities);
}

int raw_listen(char address[64])
{
	struct sockaddr_in bound = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(bound);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&bound, sizeof(bound)) != 0 || listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
		die("listen");
	snprintf(address, 64, "127.0.0.1:%u", ntohs(bound.sin_port));
	return fd;
}

int raw_accept(struct raw *raw, int listener, const struct end *identity, const char *priorities)
{
	struct timeval patience = {.tv_sec = PATIENCE / 1000};
	memset(raw, 0, sizeof(*raw));
	raw->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (raw->fd < 0 || setsockopt(raw->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
		die("accept");
	return shake_hands(raw, GNUTLS_SERVER, identity, priorities);
}

bool raw_send(struct raw *raw, struct bytes bytes)
{
	while (bytes.size != 0) {
		ssize_t done = raw->session == NULL ? send(raw->fd, bytes.data, bytes.size, MSG_NOSIGNAL)
			: gnutls_record_send(raw->session, bytes.data, bytes.size);
		if (done <= 0)
			return false;
		bytes = bytes_of(bytes.data + done, bytes.size - (size_t)done);
	}
	return true;
}

int raw_read(struct raw *raw, struct buffer *to, const char *until)
{
	for (;;) {
		char piece[4096];
		ssize_t done = raw->session == NULL ? recv(raw->fd, piece, sizeof(piece), 0)
			: gnutls_record_recv(raw->session, piece, sizeof(piece));
		if (done <= 0)
			return (int)done;
		buffer_add(to, bytes_of(piece, (size_t)done));
		if (until != NULL && memmem(to->data, to->size, until, strlen(until)) != NULL)
			return 1;
	}
}

void raw_close(struct raw *raw)
{
	if (raw->session != NULL)
		gnutls_deinit(raw->session);
	if (raw->keys != NULL)
		gnutls_certificate_free_credentials(raw->keys);
	if (raw->fd >= 0)
		close(raw->fd);
	memset(raw, 0, sizeof(*raw));
	raw->fd = -1;
}

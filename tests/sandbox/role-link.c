#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>

#include "trial.h"

static int bind_loopback(struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t size = sizeof(*address);
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, (struct sockaddr *)address, size) == 0 && listen(fd, 5) == 0 &&
		getsockname(fd, (struct sockaddr *)address, &size) == 0;
	return good ? fd : -1;
}

static int talk(void)
{
	struct sockaddr_in address;
	int server = bind_loopback(&address), client = socket(AF_INET, SOCK_STREAM, 0);
	int loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
	bool good = server >= 0 && connect(client, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		epoll_ctl(loop, EPOLL_CTL_ADD, server, &event) == 0 && epoll_wait(loop, &event, 1, 1000) == 1;
	int peer = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char byte = 0;
	good = good && peer >= 0 && send(client, "x", 1, MSG_NOSIGNAL) == 1 &&
		poll(&(struct pollfd){peer, POLLIN, 0}, 1, 1000) == 1 && recv(peer, &byte, 1, 0) == 1 && byte == 'x' &&
		shutdown(peer, SHUT_RDWR) == 0;
	return good ? 0 : -1;
}

static int look_up(void)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *found = NULL;
	int result = getaddrinfo("localhost", "443", &hints, &found);
	if (result != 0)
		printf("# %s\n", gai_strerror(result));
	else
		freeaddrinfo(found);
	return result == 0 ? 0 : -1;
}

static void *look_up_beside(void *context)
{
	*(int *)context = look_up();
	return NULL;
}

/* As libcurl does: a thread that looks up, and a pair of sockets to wake who waits for it. */
static int look_up_in_thread(void)
{
	pthread_t thread;
	int result = -1, pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || eventfd(0, EFD_CLOEXEC) < 0 ||
	    pthread_create(&thread, NULL, look_up_beside, &result) != 0)
		return -1;
	pthread_join(thread, NULL);
	return result;
}

/* As a certificate goes to libcurl-gnutls, which takes names of files only. */
static int read_own_file(void)
{
	char path[64], text[4] = "";
	int fd = memfd_create("identity", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, "abc", 3) != 3 || lseek(fd, 0, SEEK_SET) != 0 || read(fd, text, 3) != 3)
		return -1;
	return strcmp(text, "abc") == 0 ? 0 : -1;
}

/* A file as the keeper gives it: open, and never opened here. */
static int given = -1;

static int fill_given(void)
{
	char text[4] = "";
	if (pwrite(given, "abc", 3, 70000) != 3 || pread(given, text, 3, 70000) != 3)
		return -1;
	return strcmp(text, "abc") == 0 ? 0 : -1;
}

static int open_given_again(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", given);
	return try_open(path, O_WRONLY);
}

static int unlink_given(void)
{
	return unlink(folder_path("inside/file"));
}

static const struct attempt attempts[] = {
	ATTEMPTS_OF_ALL,
	ATTEMPTS_OF_CHILDREN,
	{"read a file it was given", read_inside, DONE, ALWAYS},
	{"write it", write_inside, REFUSED, BOTH},
	{"make a file beside it", make_inside, REFUSED, BOTH},
	{"listen, connect, accept, send, receive", talk, DONE, ALWAYS},
	{"look up localhost", look_up, DONE, ALWAYS},
	{"look it up in a thread", look_up_in_thread, DONE, ALWAYS},
	{"a file in memory", read_own_file, DONE, ALWAYS},
	{"read and write a file whose descriptor it was given", fill_given, DONE, ALWAYS},
	{"open that for writing", open_given_again, REFUSED, SHIPPED},
	{"remove it", unlink_given, REFUSED, ALWAYS},
	{"a socket of IPv6", socket_inet6, DONE, ALWAYS},
	{"a netlink socket, as name look-up has", socket_netlink, DONE, ALWAYS},
	{"a local socket", socket_unix, REFUSED, ALWAYS},
	{"a packet socket", socket_packet, REFUSED, ALWAYS},
};

int main(void)
{
	test_start();
	prepare_folders();
	given = open(folder_path("inside/file"), O_RDWR | O_CLOEXEC);
	struct sandbox_rules rules = {.role = SANDBOX_LINK,
		.read_only = {folder_path("inside"), "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf",
			"/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/usr/lib", "/lib"}};
	run_attempts("link", &rules, attempts, sizeof(attempts) / sizeof(attempts[0]));
	folder_remove();
	return test_end();
}

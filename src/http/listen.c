#include "listen.h"

#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct parts {
	char host[LISTEN_ADDRESS_MAX], port[8];
};

static enum rule split(struct bytes address, struct parts *parts)
{
	const uint8_t *colon = address.size == 0 ? NULL : memrchr(address.data, ':', address.size);
	if (colon == NULL)
		return RULE_LISTEN_ADDRESS;
	struct bytes host = bytes_of(address.data, (size_t)(colon - address.data));
	struct bytes port = bytes_of(colon + 1, address.size - host.size - 1);
	if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
		host = bytes_of(host.data + 1, host.size - 2);
	else if (host.size == 0 || memchr(host.data, ':', host.size) != NULL)
		return RULE_LISTEN_ADDRESS;
	if (!bytes_to_string(host, parts->host, sizeof(parts->host)) ||
	    !bytes_to_string(port, parts->port, sizeof(parts->port)) || port.size == 0)
		return RULE_LISTEN_ADDRESS;
	return RULE_OK;
}

static enum rule fail(const char *address, int error, struct fault *fault)
{
	enum rule rule = RULE_IO;
	if (error == EADDRINUSE)
		rule = RULE_LISTEN_IN_USE;
	else if (error == EADDRNOTAVAIL || error == EACCES) /* ports below 1024 are the system's */
		rule = RULE_LISTEN_ADDRESS;
	return fault_set(fault, rule, 0, "listen %s: %s", address, strerror(error));
}

static int try(const struct addrinfo *info)
{
	int on = 1;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool describe(int fd, char bound[LISTEN_ADDRESS_MAX])
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	int length = snprintf(bound, LISTEN_ADDRESS_MAX, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		host, port);
	return length > 0 && length < LISTEN_ADDRESS_MAX;
}

enum rule listen_on(struct bytes address, int *fd, char bound[LISTEN_ADDRESS_MAX], struct fault *fault)
{
	char text[LISTEN_ADDRESS_MAX];
	struct parts parts;
	struct addrinfo *found = NULL;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	if (!bytes_to_string(address, text, sizeof(text)))
		text[0] = '\0';
	if (split(address, &parts) != RULE_OK)
		return fault_set(fault, RULE_LISTEN_ADDRESS, 0, "listen %s: not so written", text);
	int error = getaddrinfo(parts.host, parts.port, &hints, &found);
	if (error != 0)
		return fault_set(fault, RULE_LISTEN_ADDRESS, 0, "listen %s: %s", text,
			gai_strerror(error));
	int made = -1;
	for (const struct addrinfo *info = found; made < 0 && info != NULL; info = info->ai_next)
		made = try(info);
	int failure = errno;
	freeaddrinfo(found);
	if (made < 0)
		return fail(text, failure, fault);
	if (!describe(made, bound)) {
		close(made);
		return fail(text, EIO, fault);
	}
	*fd = made;
	return RULE_OK;
}

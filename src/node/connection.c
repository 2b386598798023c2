#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home_lock.h"
#include "keeper.h"

#define HELD_SECONDS 10 /* how long another command's one-shot keeper is waited for */

enum rule connection_address(const char *home, struct sockaddr_un *address, int *folder)
{
	*folder = open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		return errno == ENOENT || errno == ENOTDIR ? RULE_NODE_NO_HOME : rule_of_errno(errno);
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/socket", *folder);
	return RULE_OK;
}

/* The running node's keeper; RULE_NODE_ABSENT when nobody listens. */
static enum rule reach_node(const char *home, struct connection *connection)
{
	struct sockaddr_un address;
	int folder, fd = -1;
	enum rule rule = connection_address(home, &address, &folder);
	if (rule != RULE_OK)
		return rule;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		rule = RULE_IO;
	else if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		rule = errno == ENOENT || errno == ECONNREFUSED ? RULE_NODE_ABSENT : rule_of_errno(errno);
	close(folder);
	if (rule == RULE_OK && (connection->channel = channel_new(fd)) == NULL)
		rule = RULE_MEMORY;
	if (rule != RULE_OK && fd >= 0)
		close(fd);
	return rule;
}

static enum rule start_keeper(const struct connection_options *options, struct connection *connection)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return RULE_IO;
	fflush(NULL);
	pid_t keeper = fork();
	if (keeper == 0) {
		close(pair[0]);
		struct keeper_options keeper_options = {.home = options->home, .listener = -1, .client = pair[1],
			.link = -1, .ready = -1, .without_mirrors = options->without_mirrors,
			.without_landlock = options->without_landlock,
			.clock = &clock_system, .random = &random_system};
		_exit(keeper_run(&keeper_options));
	}
	close(pair[1]);
	connection->channel = keeper < 0 ? NULL : channel_new(pair[0]);
	if (connection->channel == NULL) {
		close(pair[0]);
		return RULE_MEMORY;
	}
	connection->keeper = keeper;
	return RULE_OK;
}

enum rule connection_open(struct connection *connection, const struct connection_options *options)
{
	*connection = (struct connection){.lock = -1};
	enum rule rule = reach_node(options->home, connection);
	if (rule != RULE_NODE_ABSENT || options->node_only)
		return rule;
	rule = home_lock_try(options->home, &connection->lock);
	if (rule == RULE_NODE_HELD) {
		/* a node that has just begun listens at once; another command's keeper ends soon */
		rule = reach_node(options->home, connection);
		if (rule != RULE_NODE_ABSENT)
			return rule;
		rule = home_lock_wait(options->home, HELD_SECONDS, &connection->lock);
	}
	if (rule == RULE_OK)
		rule = start_keeper(options, connection);
	if (rule != RULE_OK && connection->lock >= 0) {
		close(connection->lock);
		connection->lock = -1;
	}
	return rule;
}

int connection_close(struct connection *connection)
{
	int how = 0;
	bool gone = false;
	channel_free(connection->channel);
	connection->channel = NULL;
	while (connection->keeper > 0 && !(gone = waitpid(connection->keeper, &how, 0) == connection->keeper) && errno == EINTR)
		;
	if (connection->lock >= 0)
		close(connection->lock);
	return gone && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

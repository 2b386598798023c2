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

/* ---- a one-shot ---- */

static volatile sig_atomic_t caught, keeper_id;
static struct sigaction before_int, before_term;

/* The keeper ends in order, and tells the client; what waits for it then ends too. */
static void on_signal(int signal_number)
{
	caught = signal_number;
	if (keeper_id > 0)
		kill((pid_t)keeper_id, SIGTERM);
}

static void take_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	caught = keeper_id = 0;
	sigaction(SIGINT, NULL, &before_int);
	if (before_int.sa_handler != SIG_IGN) /* in the background of a script, the terminal's is not for us */
		sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, &before_term);
}

static void give_signals_back(void)
{
	sigaction(SIGINT, &before_int, NULL);
	sigaction(SIGTERM, &before_term, NULL);
	if (caught != 0)
		raise(caught);
}

static enum rule start_processes(const struct connection_options *options, struct connection *connection)
{
	int pair[2], others[] = {-1, -1};
	sigset_t set, before;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return RULE_IO;
	others[0] = pair[0];
	struct processes_options start = {.home = options->home, .link_program = options->link_program, .listener = -1,
		.languages = options->languages,
		.client = pair[1], .others = others, .without_mirrors = options->without_mirrors,
		.without_landlock = options->without_landlock};
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	take_signals();
	bool good = processes_start(&connection->processes, &start);
	keeper_id = connection->processes.keeper;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	connection->channel = channel_new(pair[0]);
	if (connection->channel == NULL)
		close(pair[0]);
	if (connection->processes.keeper == 0 && connection->processes.link == 0)
		give_signals_back();
	return good && connection->channel != NULL ? RULE_OK : RULE_MEMORY;
}

/* Waits for a child; its exit status, or -1. */
static int wait_for(pid_t child)
{
	int how = 0;
	pid_t ended;
	while ((ended = waitpid(child, &how, 0)) < 0 && errno == EINTR)
		;
	return ended == child && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* The keeper ends once nobody is at the other end of its channel, the link with it. */
static int end_processes(struct processes *processes)
{
	int status = processes->keeper > 0 ? wait_for(processes->keeper) : -1;
	keeper_id = 0; /* it may be another's now */
	processes->keeper = 0;
	processes_signal(processes, SIGTERM);
	if (processes->link > 0)
		wait_for(processes->link);
	processes->link = 0;
	return status;
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
		rule = start_processes(options, connection);
	return rule; /* the caller closes */
}

int connection_close(struct connection *connection)
{
	bool started = connection->processes.keeper > 0 || connection->processes.link > 0;
	channel_free(connection->channel);
	connection->channel = NULL;
	int status = started ? end_processes(&connection->processes) : -1;
	if (connection->lock >= 0)
		close(connection->lock);
	connection->lock = -1;
	if (started)
		give_signals_back();
	return status;
}

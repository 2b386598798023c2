#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connection.h"
#include "home_lock.h"
#include "keeper.h"
#include "processes.h"

#define RESTART_FIRST_MS 100
#define RESTART_MAX_MS 10000
#define SETTLED_MS 60000   /* a run this long makes the next restart a first one again */
#define STOP_GRACE_MS 10000

struct supervisor {
	const struct supervisor_options *options;
	int listener, signals, lock;
	int parent;           /* pipe to the process that waits for a detached node; -1: none */
	struct processes processes;
	bool was_ready, stop;
	int status;           /* of the first child that ended on its own */
};

static int fail(const char *home, const char *what, const char *advice)
{
	fprintf(stderr, "detente: %s: %s: %s%s%s\n", home, what, strerror(errno), advice[0] == '\0' ? "" : "; ",
		advice);
	return 4;
}

static int listen_for_commands(const char *home, int *listener)
{
	struct sockaddr_un address;
	int folder;
	enum rule rule = connection_address(home, &address, &folder);
	if (rule != RULE_OK) {
		fprintf(stderr, "detente: %s: %s\n", home, rule_sentence(rule));
		return 4;
	}
	mode_t mask = umask(077);
	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* we have the lock: a socket that is still there is nobody's */
	unlink(address.sun_path);
	bool good = *listener >= 0 && bind(*listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(*listener, 128) == 0;
	/* what a FAT file system says */
	const char *advice = good || errno != EPERM ? "" : "the file system holds no sockets: keep the home of a node "
		"on another one (commands work here without a node)";
	int status = good ? 0 : fail(home, "listening for commands", advice);
	umask(mask);
	close(folder);
	return status;
}

static bool start(struct supervisor *supervisor)
{
	const int others[] = {supervisor->signals, supervisor->parent, -1}; /* parent may be the end itself */
	struct processes_options options = {.home = supervisor->options->home,
		.link_program = supervisor->options->link_program, .listener = supervisor->listener, .client = -1,
		.languages = supervisor->options->languages, .others = others, .without_mirrors = supervisor->options->without_mirrors,
		.without_landlock = supervisor->options->without_landlock};
	return processes_start(&supervisor->processes, &options);
}

/* Takes a child that ended. */
static void reap(struct supervisor *supervisor)
{
	int how;
	pid_t pid;
	while ((pid = waitpid(-1, &how, WNOHANG)) > 0) {
		bool keeper = pid == supervisor->processes.keeper;
		const char *name = processes_ended(&supervisor->processes, pid);
		int status = WIFEXITED(how) ? WEXITSTATUS(how) : 4;
		if (name == NULL)
			continue;
		if (keeper && status == KEEPER_STOPPED)
			supervisor->stop = true;
		/* the first to end on its own is why the other is stopped */
		if (WIFSIGNALED(how) && supervisor->status < 0 && !supervisor->stop)
			fprintf(stderr, "detente: %s: the %s was killed by signal %d\n", supervisor->options->home,
				name, WTERMSIG(how));
		if (supervisor->status < 0)
			supervisor->status = status;
	}
}

/* The node is up: says so, and lets go of who waits for it. */
static void take_ready(struct supervisor *supervisor)
{
	char line[600];
	ssize_t size = read(supervisor->processes.ready, line, sizeof(line) - 1);
	close(supervisor->processes.ready);
	supervisor->processes.ready = -1;
	if (size <= 0)
		return; /* it died before it was up: the signal tells */
	line[size] = '\0';
	if (!supervisor->was_ready) {
		int to = supervisor->parent >= 0 ? supervisor->parent : STDOUT_FILENO;
		if (write(to, line, (size_t)size) != size)
			fprintf(stderr, "detente: %s", line);
		if (supervisor->parent >= 0)
			close(supervisor->parent);
		supervisor->parent = -1;
	}
	supervisor->was_ready = true;
}

/* Waits for a signal, the keeper's word or the time; true when a signal to stop came. */
static void wait_for(struct supervisor *supervisor, int timeout_ms)
{
	struct pollfd polls[2] = {{supervisor->signals, POLLIN, 0}, {supervisor->processes.ready, POLLIN, 0}};
	if (poll(polls, 2, timeout_ms) <= 0)
		return;
	if (polls[1].revents != 0)
		take_ready(supervisor);
	struct signalfd_siginfo info;
	if (polls[0].revents != 0 && read(supervisor->signals, &info, sizeof(info)) == (ssize_t)sizeof(info) &&
	    info.ssi_signo != SIGCHLD)
		supervisor->stop = true;
	reap(supervisor);
}

/* Both run until one ends or a signal comes; then the other is stopped too. */
static void run_once(struct supervisor *supervisor)
{
	supervisor->status = -1;
	if (!start(supervisor))
		supervisor->status = fail(supervisor->options->home, "starting the node", "");
	while (!supervisor->stop && supervisor->status < 0)
		wait_for(supervisor, -1);
	processes_signal(&supervisor->processes, SIGTERM);
	int64_t deadline = clock_steady_ms() + STOP_GRACE_MS;
	while (supervisor->processes.keeper > 0 || supervisor->processes.link > 0) {
		int64_t left = deadline - clock_steady_ms();
		if (left <= 0)
			processes_signal(&supervisor->processes, SIGKILL);
		wait_for(supervisor, left <= 0 ? 100 : (int)left);
	}
	if (supervisor->processes.ready >= 0)
		close(supervisor->processes.ready);
	supervisor->processes.ready = -1;
}

static void supervise(struct supervisor *supervisor)
{
	int delay = RESTART_FIRST_MS;
	for (;;) {
		int64_t began = clock_steady_ms();
		run_once(supervisor);
		if (supervisor->stop || !supervisor->was_ready)
			return;
		delay = clock_steady_ms() - began > SETTLED_MS ? RESTART_FIRST_MS : delay;
		fprintf(stderr, "detente: %s: a process of the node ended (status %d): starting again in %d ms\n",
			supervisor->options->home, supervisor->status, delay);
		int64_t until = clock_steady_ms() + delay;
		while (!supervisor->stop && clock_steady_ms() < until)
			wait_for(supervisor, (int)(until - clock_steady_ms()));
		if (supervisor->stop)
			return;
		delay = 2 * delay > RESTART_MAX_MS ? RESTART_MAX_MS : 2 * delay;
	}
}

/* What a detached node says goes to HOME/node.log. */
static int open_log(const struct supervisor *supervisor)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/node.log", supervisor->options->home);
	return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* In the process that was called: waits for the detached node to be up; if it fails, repeats what it logged. */
static int wait_for_detached(int from, int log, off_t begin)
{
	char text[4096];
	ssize_t size = read(from, text, sizeof(text));
	if (size > 0) {
		fwrite(text, 1, (size_t)size, stdout);
		return 0;
	}
	while (log >= 0 && (size = pread(log, text, sizeof(text), begin)) > 0) {
		fwrite(text, 1, (size_t)size, stderr);
		begin += size;
	}
	return 4;
}

/* Goes to the background. False in the process that was called, with its exit status. */
static bool detach(struct supervisor *supervisor, int *status)
{
	int pipes[2], log = open_log(supervisor), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat before;
	fflush(NULL);
	pid_t child = log < 0 || null < 0 || fstat(log, &before) != 0 || pipe2(pipes, O_CLOEXEC) != 0 ? -1 : fork();
	if (child < 0) {
		*status = fail(supervisor->options->home, "going to the background", "");
		return false;
	}
	if (child > 0) {
		close(pipes[1]);
		*status = wait_for_detached(pipes[0], log, before.st_size);
		return false;
	}
	close(pipes[0]);
	supervisor->parent = pipes[1];
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close(null);
	close(log);
	return true;
}

static int take_home(struct supervisor *supervisor)
{
	const char *home = supervisor->options->home;
	enum rule rule = home_lock_try(home, &supervisor->lock);
	if (rule == RULE_OK)
		return listen_for_commands(home, &supervisor->listener);
	fprintf(stderr, "detente: %s: %s%s\n", home, rule_sentence(rule),
		rule == RULE_NODE_HELD ? "; 'detente stop' ends a node that runs there" : "");
	return rule == RULE_NODE_HELD ? 3 : rule == RULE_NODE_NO_HOME ? 1 : 4;
}

int supervisor_run(const struct supervisor_options *options)
{
	struct supervisor supervisor =
		{.options = options, .listener = -1, .signals = -1, .lock = -1, .parent = -1, .processes = {.ready = -1}};
	sigset_t set;
	int status = take_home(&supervisor);
	if (status != 0)
		return status;
	if (options->detach && !detach(&supervisor, &status))
		return status;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	supervisor.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervisor.signals < 0)
		return fail(options->home, "signals", "");
	supervise(&supervisor);
	struct sockaddr_un address;
	int folder;
	if (connection_address(options->home, &address, &folder) == RULE_OK) {
		unlink(address.sun_path);
		close(folder);
	}
	return supervisor.stop ? 0 : supervisor.status == 0 ? 4 : supervisor.status;
}

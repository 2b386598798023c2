#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper.h"

/* A child goes with its parent, also with one that was gone before it could say so. */
static void in_child(pid_t parent)
{
	sigset_t none;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(4);
}

/* `link` is the keeper's end of the pair, `other` the link process's; -1: there is none. */
static pid_t start_keeper(struct processes *processes, const struct processes_options *options, int link, int other)
{
	int pipes[2] = {-1, -1};
	if (options->listener >= 0 && pipe2(pipes, O_CLOEXEC) != 0)
		return -1;
	pid_t parent = getpid(), keeper = fork();
	if (keeper == 0) {
		in_child(parent);
		if (pipes[0] >= 0)
			close(pipes[0]);
		if (other >= 0)
			close(other);
		for (const int *fd = options->others; *fd >= 0; fd++)
			close(*fd);
		struct keeper_options keeper_options = {.home = options->home, .listener = options->listener,
			.languages = options->languages,
			.client = options->client, .link = link, .ready = pipes[1],
			.without_mirrors = options->without_mirrors, .without_landlock = options->without_landlock,
			.clock = &clock_system, .random = &random_system};
		_exit(keeper_run(&keeper_options));
	}
	if (pipes[1] >= 0)
		close(pipes[1]);
	processes->ready = pipes[0];
	return keeper;
}

static pid_t start_link(const struct processes_options *options, int keeper)
{
	pid_t parent = getpid(), link = fork();
	if (link == 0) {
		char number[16], identity[4096];
		in_child(parent);
		signal(SIGINT, SIG_IGN); /* of the terminal: the keeper ends in order first */
		snprintf(number, sizeof(number), "%d", keeper);
		snprintf(identity, sizeof(identity), "%s/link", options->home);
		fcntl(keeper, F_SETFD, 0); /* the one descriptor that it inherits */
		execl(options->link_program, "detente-link", "--serve", number, "--identity", identity,
			options->without_landlock ? "--without-landlock" : NULL, NULL);
		fprintf(stderr, "detente: %s: %s; it belongs beside the program 'detente'\n", options->link_program,
			strerror(errno));
		_exit(4);
	}
	return link;
}

bool processes_start(struct processes *processes, const struct processes_options *options)
{
	int pair[2] = {-1, -1};
	bool alone = options->link_program == NULL;
	*processes = (struct processes){.ready = -1};
	fflush(NULL);
	if (!alone && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid_t keeper = start_keeper(processes, options, pair[0], pair[1]);
	pid_t link = keeper < 0 || alone ? -1 : start_link(options, pair[1]);
	if (!alone) {
		close(pair[0]);
		close(pair[1]);
	}
	processes->keeper = keeper < 0 ? 0 : keeper;
	processes->link = link < 0 ? 0 : link;
	return processes->keeper > 0 && (alone || processes->link > 0);
}

void processes_signal(const struct processes *processes, int signal_number)
{
	if (processes->keeper > 0)
		kill(processes->keeper, signal_number);
	if (processes->link > 0)
		kill(processes->link, signal_number);
}

const char *processes_ended(struct processes *processes, pid_t pid)
{
	bool keeper = pid == processes->keeper, link = pid == processes->link;
	if (pid <= 0 || (!keeper && !link))
		return NULL;
	*(keeper ? &processes->keeper : &processes->link) = 0;
	return keeper ? "keeper" : "link";
}

#include "home_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

static enum rule open_lock(const char *home, int *fd)
{
	char path[4096];
	/* nothing is written where no party's folder is, and no witness's */
	static const char *const folders[] = {"keeper", "witness"};
	bool found = false;
	for (size_t i = 0; i < 2 && !found; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", home, folders[i]) >= (int)sizeof(path))
			return RULE_NODE_NO_HOME;
		found = access(path, F_OK) == 0 || errno == EACCES;
	}
	if (!found)
		return RULE_NODE_NO_HOME;
	snprintf(path, sizeof(path), "%s/lock", home);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd >= 0)
		return RULE_OK;
	return errno == ENOENT || errno == ENOTDIR ? RULE_NODE_NO_HOME : rule_of_errno(errno);
}

static enum rule take(int *fd, int how)
{
	if (flock(*fd, LOCK_EX | how) == 0)
		return RULE_OK;
	enum rule rule = errno == EWOULDBLOCK || errno == EINTR ? RULE_NODE_HELD : RULE_IO;
	close(*fd);
	return rule;
}

enum rule home_lock_try(const char *home, int *fd)
{
	int made;
	enum rule rule = open_lock(home, &made);
	if (rule == RULE_OK)
		rule = take(&made, LOCK_NB);
	if (rule == RULE_OK)
		*fd = made;
	return rule;
}

static void on_alarm(int signal_number)
{
	(void)signal_number;
}

enum rule home_lock_wait(const char *home, unsigned seconds, int *fd)
{
	struct sigaction action = {.sa_handler = on_alarm}, before; /* without SA_RESTART: flock() is interrupted */
	int made;
	enum rule rule = open_lock(home, &made);
	if (rule != RULE_OK)
		return rule;
	sigaction(SIGALRM, &action, &before);
	/* again and again, so that an alarm that comes before the call is not the last one */
	struct itimerval timer = {{0, 100000}, {(time_t)seconds, 0}}, none = {{0}, {0}};
	setitimer(ITIMER_REAL, &timer, NULL);
	rule = take(&made, 0);
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &before, NULL);
	if (rule == RULE_OK)
		*fd = made;
	return rule;
}

#include "party_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"
#include "programs.h"

int party_make_tls(const char *folder, const char *party, char pin[65])
{
	char program[4096];
	int pipes[2], how = 0;
	if (!programs_link(program, sizeof(program)))
		return say(SYSTEM, W("detente-link is not beside this program; install it there"));
	fflush(NULL);
	pid_t child = pipe2(pipes, O_CLOEXEC) != 0 ? -1 : fork();
	if (child == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		execl(program, "detente-link", "--make-identity", folder, "--name", party, NULL);
		_exit(4);
	}
	if (child < 0)
		return say_rule(T("TLS identity"), RULE_IO, T("starting detente-link"));
	close(pipes[1]);
	size_t size = 0;
	ssize_t got;
	while (size < 65 && (got = read(pipes[0], pin + size, 65 - size)) > 0)
		size += (size_t)got;
	close(pipes[0]);
	while (waitpid(child, &how, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(how) || WEXITSTATUS(how) != 0 || size != 65)
		return say_rule(T("TLS identity"), RULE_IO, T("detente-link made none"));
	pin[64] = '\0';
	return DONE;
}

bool party_addresses(struct ask *ask, const char *listen)
{
	char address[400];
	const char *given = call_option(ask->call, "address");
	if (given == NULL && listen != NULL) {
		if (strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0)
			return false;
		snprintf(address, sizeof(address), "https://%s", listen);
		ask_string(ask, "address", address);
	} else if (given != NULL) {
		/* what stands between the first address's host and a request is the path that the link strips */
		const char *host = strstr(given, "://"), *path = host == NULL ? NULL : strchr(host + 3, '/');
		ask_string(ask, "prefix", path);
		ask_options(ask, (const char *const[]){"address", NULL});
	}
	return true;
}

void party_remove(const char *home)
{
	static const char *const names[] = {"keeper/keys", "keeper/closed", "keeper/store.db", "keeper/store.db-wal",
		"keeper/store.db-shm", "keeper/attachments", "keeper", "link/tls.key", "link/tls.crt", "link", "identity.key", "lock"};
	char path[4400];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, names[i]);
		remove(path);
	}
	rmdir(home);
}

int party_make_folders(const char *home, const char *command)
{
	char path[4200];
	if (mkdir(home, 0700) != 0 && errno != EEXIST)
		return say_rule(home, rule_of_errno(errno), "");
	if (rmdir(home) != 0 || mkdir(home, 0700) != 0)
		return SAY(REFUSED, "{1}: {2} is not empty; a party's folder is made where nothing is", bytes_string(command),
			bytes_string(home));
	snprintf(path, sizeof(path), "%s/keeper", home);
	if (mkdir(path, 0700) != 0)
		return say_rule(path, rule_of_errno(errno), "");
	snprintf(path, sizeof(path), "%s/link", home);
	return mkdir(path, 0700) == 0 ? DONE : say_rule(path, rule_of_errno(errno), "");
}

int party_open_identity(const struct call *call)
{
	char room[4096], path[4200];
	const char *identity = call_option(call, "identity");
	if (identity == NULL) {
		snprintf(path, sizeof(path), "%s/identity.key", ask_home(call, room, sizeof(room)));
		identity = path;
	}
	int fd = open(identity, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		say_rule(identity, rule_of_errno(errno), T("say where the identity key is with --identity FILE"));
	return fd;
}

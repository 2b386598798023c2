#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "input.h"

/* What a signal unlinks; NULL when there is nothing. */
static const char *volatile unfinished;

/* Set once and reset by the kernel: the signal then has its own effect. */
static void unlink_unfinished(int number)
{
	const char *path = unfinished;
	if (path != NULL)
		unlink(path);
	raise(number);
}

static void mind_signals(const char *path)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
	unfinished = path;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sigaction before, action = {.sa_handler = path == NULL ? SIG_DFL : unlink_unfinished};
		action.sa_flags = (int)SA_RESETHAND;
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

/* Finds the place of a regular file, present or to come; `final` stays empty for anything else. */
static enum rule find_place(struct output *output, const char *path)
{
	struct stat present;
	if (stat(path, &present) != 0) {
		if (errno != ENOENT)
			return rule_of_errno(errno);
		mode_t mask = umask(0);
		umask(mask);
		output->mode = 0666 & ~mask;
		return snprintf(output->final, sizeof(output->final), "%s", path) < PATH_MAX ? RULE_OK : RULE_LIMIT;
	}
	if (!S_ISREG(present.st_mode))
		return RULE_OK;
	output->mode = present.st_mode & 0777;
	if (realpath(path, output->final) == NULL || access(path, W_OK) != 0)
		return rule_of_errno(errno);
	return RULE_OK;
}

const char *output_name(const char *path)
{
	return is_standard(path) ? "standard output" : path;
}

enum rule output_open(struct output *output, const char *path)
{
	*output = (struct output){.descriptor = STDOUT_FILENO};
	if (is_standard(path))
		return RULE_OK;
	enum rule rule = find_place(output, path);
	if (rule != RULE_OK)
		return rule;
	if (output->final[0] == '\0') {
		output->descriptor = open(path, O_WRONLY | O_CLOEXEC);
		return output->descriptor < 0 ? rule_of_errno(errno) : RULE_OK;
	}
	if (snprintf(output->beside, sizeof(output->beside), "%s.XXXXXX", output->final) >= PATH_MAX)
		return RULE_LIMIT;
	output->descriptor = mkostemp(output->beside, O_CLOEXEC);
	if (output->descriptor < 0)
		return rule_of_errno(errno);
	mind_signals(output->beside);
	return RULE_OK;
}

enum rule output_keep(struct output *output)
{
	enum rule rule = RULE_OK;
	bool whole = output->final[0] != '\0';
	if (whole && (fchmod(output->descriptor, output->mode) != 0 || fsync(output->descriptor) != 0))
		rule = rule_of_errno(errno);
	if (rule != RULE_OK) {
		output_drop(output);
		return rule;
	}
	if (output->descriptor != STDOUT_FILENO && close(output->descriptor) != 0)
		rule = rule_of_errno(errno);
	if (whole && rule == RULE_OK && rename(output->beside, output->final) != 0)
		rule = rule_of_errno(errno);
	if (whole && rule != RULE_OK)
		unlink(output->beside);
	if (whole)
		mind_signals(NULL);
	return rule;
}

void output_drop(struct output *output)
{
	if (output->final[0] != '\0')
		unlink(output->beside);
	if (output->descriptor != STDOUT_FILENO)
		close(output->descriptor);
	if (output->final[0] != '\0')
		mind_signals(NULL);
}

enum rule output_key(const char *path, struct bytes content)
{
	if (is_standard(path))
		return file_write(STDOUT_FILENO, content);
	enum rule rule = file_create(AT_FDCWD, path, content);
	return rule != RULE_OK && errno == EEXIST ? RULE_CLI_EXISTS : rule;
}

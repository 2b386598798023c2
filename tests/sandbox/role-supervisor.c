#include "trial.h"

static int run_and_wait(void)
{
	pid_t child = fork();
	if (child == 0) {
		run_program();
		_exit(99);
	}
	int status = 1;
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

static int stop_child(void)
{
	int ends[2], status = 0;
	if (pipe(ends) != 0)
		return -1;
	pid_t child = fork();
	if (child == 0) {
		char byte;
		_exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
	}
	return kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : -1;
}

/* A child shrinks further, each role into its own. */
static int shrink_children(void)
{
	struct sandbox_rules keeper = {.role = SANDBOX_KEEPER, .read_write = {folder_path("inside")}};
	struct sandbox_rules link = {.role = SANDBOX_LINK, .read_only = {folder_path("inside")}};
	bool good = trial(&keeper, landlock_abi(), make_inside) == DONE &&
		trial(&keeper, landlock_abi(), socket_inet) == KILLED &&
		trial(&link, landlock_abi(), socket_inet) == DONE &&
		trial(&link, landlock_abi(), run_program) == KILLED;
	return good ? 0 : -1;
}

static const struct attempt attempts[] = {
	ATTEMPTS_OF_ALL,
	{"write a file inside", write_inside, DONE, ALWAYS},
	{"make a process and wait for it", make_child, DONE, ALWAYS},
	{"run a program and wait for it", run_and_wait, DONE, ALWAYS},
	{"stop a child", stop_child, DONE, ALWAYS},
	{"start children that shrink further", shrink_children, DONE, ALWAYS},
	{"a packet socket", socket_packet, REFUSED, ALWAYS},
};

int main(void)
{
	test_start();
	prepare_folders();
	struct sandbox_rules rules = {.role = SANDBOX_SUPERVISOR, .read_write = {folder_path("inside")},
		.read_only = {"/bin", "/usr", "/lib", "/lib64", "/etc/ld.so.cache"}};
	run_attempts("supervisor", &rules, attempts, sizeof(attempts) / sizeof(attempts[0]));
	folder_remove();
	return test_end();
}

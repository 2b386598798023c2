/*
 * What holds for every role: the steps of entering, and what happens where one cannot be taken.
 */
#include <pthread.h>

#include "trial.h"

static struct sandbox_rules keeper_rules(bool without_landlock)
{
	return (struct sandbox_rules){.role = SANDBOX_KEEPER, .read_write = {folder_path("inside")},
		.without_landlock = without_landlock};
}

static int report(enum rule rule)
{
	_exit(rule == RULE_OK ? 0 : rule == RULE_SANDBOX ? 50 : rule == RULE_SANDBOX_LANDLOCK ? 51 : 52);
}

static int run(int (*body)(void))
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		_exit(body());
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- a kernel without Landlock ---- */

static int enter_without(void)
{
	struct sandbox_rules rules = keeper_rules(false);
	return report(sandbox_enter_abi(&rules, 0, NULL));
}

static int nothing(void)
{
	return 0;
}

static void test_waiver(void)
{
	struct sandbox_rules waived = keeper_rules(true);
	test_check(run(enter_without) == 51, "without Landlock and without the option: refused by name");
	test_check(trial(&waived, 0, nothing) == DONE, "with the option it goes on");
	test_check(trial(&waived, 0, socket_inet) == KILLED && trial(&waived, 0, run_program) == KILLED,
		"and the filter stays");
	test_check(trial(&waived, 0, read_outside) == DONE, "while files are open to it");
	if (landlock_abi() == 0)
		test_skip("the option changes nothing where the kernel has Landlock", "Landlock in this kernel");
	else
		test_check(trial(&waived, landlock_abi(), read_outside) == REFUSED,
			"the option changes nothing where the kernel has Landlock");
}

/* ---- older kernels ---- */

static void test_older(void)
{
	if (landlock_abi() == 0)
		test_skip("older Landlocks", "Landlock in this kernel");
	for (int abi = 1; abi <= landlock_abi(); abi++) {
		struct sandbox_rules rules = keeper_rules(false);
		test_check(trial(&rules, abi, make_inside) == DONE && trial(&rules, abi, read_outside) == REFUSED &&
			trial(&rules, abi, make_outside) == REFUSED, "as far as Landlock's ABI %d goes", abi);
	}
}

/* ---- what fails closed ---- */

static void *wait_for_ever(void *context)
{
	pthread_mutex_lock(context);
	return NULL;
}

static int enter_with_thread(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;
	struct sandbox_rules rules = keeper_rules(false);
	pthread_mutex_lock(&mutex);
	if (pthread_create(&thread, NULL, wait_for_ever, &mutex) != 0)
		return 99;
	return report(sandbox_enter(&rules, NULL));
}

static int enter_after_thread(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;
	struct sandbox_rules rules = keeper_rules(true);
	if (pthread_create(&thread, NULL, wait_for_ever, &mutex) != 0)
		return 99;
	pthread_join(thread, NULL);
	return report(sandbox_enter(&rules, NULL));
}

static int enter_with_bad_path(void)
{
	static char path[8192];
	memset(path, 'a', sizeof(path) - 1);
	struct sandbox_rules rules = {.role = SANDBOX_KEEPER, .read_write = {path}};
	struct fault fault = {0};
	enum rule rule = sandbox_enter(&rules, &fault);
	return report(strncmp(fault.detail, "Landlock: aaa", 13) == 0 ? rule : RULE_OK);
}

static void test_closed(void)
{
	test_check(run(enter_with_thread) == 50, "a thread that runs already would stay outside: refused");
	test_check(run(enter_after_thread) == 0, "one that has ended is no matter");
	if (landlock_abi() == 0)
		test_skip("a path that cannot be opened is named", "Landlock in this kernel");
	else
		test_check(run(enter_with_bad_path) == 50, "a path that cannot be opened is named");
}

/* ---- what the kernel says of a process inside ---- */

static int ends[2][2];

static int stay(void)
{
	char byte = 'x';
	return write(ends[0][1], &byte, 1) == 1 && read(ends[1][0], &byte, 1) == 1 ? 0 : -1;
}

static bool file_has(const char *path, const char *line)
{
	static char text[16384];
	int fd = open(path, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (size < 0)
		return false;
	text[size] = '\0';
	return strstr(text, line) != NULL;
}

static void test_state(void)
{
	if (pipe(ends[0]) != 0 || pipe(ends[1]) != 0)
		abort();
	chmod(folder, 0755);
	chmod(folder_path("inside"), 0755);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		/* An ordinary user, whose files in /proc are root's once it is not dumpable. */
		struct sandbox_rules rules = keeper_rules(true);
		if ((getuid() == 0 && setuid(65534) != 0) || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 ||
		    sandbox_enter(&rules, NULL) != RULE_OK)
			_exit(1);
		_exit(stay());
	}
	char byte, path[64];
	struct stat status = {.st_uid = 1};
	bool there = read(ends[0][0], &byte, 1) == 1;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
	test_check(there && file_has(path, "NoNewPrivs:\t1"), "no new privileges");
	test_check(file_has(path, "Seccomp:\t2"), "a filter");
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)child);
	test_check(stat(path, &status) == 0 && status.st_uid == 0, "not dumpable");
	snprintf(path, sizeof(path), "/proc/%d/limits", (int)child);
	test_check(file_has(path, "Max core file size        0                    0 "), "no core dumps");
	there = write(ends[1][1], "x", 1) == 1;
	int end = 1;
	test_check(there && waitpid(child, &end, 0) == child && end == 0, "and it goes on");
}

int main(void)
{
	test_start();
	prepare_folders();
	parent = getpid();
	test_waiver();
	test_older();
	test_closed();
	test_state();
	folder_remove();
	return test_end();
}

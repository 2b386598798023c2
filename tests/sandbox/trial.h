/*
 * trial: tries something inside a sandbox, in a child, and tells how it ended. Each program has its own table.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "folder.h"
#include "parts.h"
#include "test.h"

enum outcome { DONE, REFUSED, KILLED, FAILED };

/* What an attempt needs to end as it must. */
enum need {
	ALWAYS,
	LANDLOCK, /* a kernel that has it */
	SHIPPED,  /* a build without sanitizers, which widen the sandbox */
	BOTH,
};

struct attempt {
	const char *name;
	int (*act)(void); /* 0, or -1 and errno */
	enum outcome outcome;
	enum need need;
};

static pid_t parent;

/* Runs `act` in a child after sandbox_enter(); NULL rules: without. */
static inline enum outcome trial(const struct sandbox_rules *rules, int abi, int (*act)(void))
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct fault fault = {0};
		if (rules != NULL && sandbox_enter_abi(rules, abi, &fault) != RULE_OK) {
			char line[512];
			fault_print(&fault, line, sizeof(line));
			printf("# %s\n", line);
			_exit(200);
		}
		errno = 0;
		int result = act();
		_exit(result == 0 ? 0 : errno == EPERM || errno == EACCES ? 1 : 2 + errno % 100);
	}
	int status = 0;
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return WEXITSTATUS(status) == 0 ? DONE : REFUSED;
	printf("# status %#x\n", (unsigned)status);
	return FAILED;
}

static inline const char *missing(enum need need)
{
	if ((need == LANDLOCK || need == BOTH) && landlock_abi() == 0)
		return "Landlock in this kernel";
	if ((need == SHIPPED || need == BOTH) && SANITIZED)
		return "a build without sanitizers";
	return NULL;
}

static inline void run_attempts(const char *role, const struct sandbox_rules *rules, const struct attempt *attempts,
	size_t count)
{
	static const char *const names[] = {"done", "refused", "killed", "failed"};
	parent = getpid();
	for (size_t i = 0; i < count; i++) {
		char name[128];
		snprintf(name, sizeof(name), "%s: %s: %s", role, attempts[i].name, names[attempts[i].outcome]);
		if (missing(attempts[i].need) != NULL) {
			test_skip(name, missing(attempts[i].need));
			continue;
		}
		enum outcome outcome = trial(rules, landlock_abi(), attempts[i].act);
		test_check(outcome == attempts[i].outcome, "%s%s%s", name,
			outcome == attempts[i].outcome ? "" : ", but was ",
			outcome == attempts[i].outcome ? "" : names[outcome]);
	}
}

/* FOLDER/inside is given to the role, FOLDER/outside is not; each holds a file. */
static inline void prepare_folders(void)
{
	folder_make();
	static const char *const folders[] = {"inside", "outside"};
	for (size_t i = 0; i < 2; i++) {
		char name[64];
		snprintf(name, sizeof(name), "%s/file", folders[i]);
		mkdir(folder_path(folders[i]), 0700);
		close(open(folder_path(name), O_WRONLY | O_CREAT, 0600));
	}
}

static inline int try_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

/* ---- attempts that several roles make ---- */

static inline int read_inside(void) { return try_open(folder_path("inside/file"), O_RDONLY); }
static inline int read_outside(void) { return try_open(folder_path("outside/file"), O_RDONLY); }
static inline int read_passwd(void) { return try_open("/etc/passwd", O_RDONLY); }
static inline int list_root(void) { return try_open("/", O_RDONLY | O_DIRECTORY); }
static inline int write_inside(void) { return try_open(folder_path("inside/file"), O_WRONLY); }
static inline int make_inside(void) { return try_open(folder_path("inside/made"), O_WRONLY | O_CREAT); }
static inline int write_outside(void) { return try_open(folder_path("outside/file"), O_WRONLY); }
static inline int make_outside(void) { return try_open(folder_path("outside/made"), O_WRONLY | O_CREAT); }
static inline int remove_outside(void) { return unlink(folder_path("outside/file")); }
static inline int remove_inside(void) { return unlink(folder_path("inside/made")); }
static inline int move_out(void) { return rename(folder_path("inside/file"), folder_path("outside/moved")); }
static inline int move_in(void) { return rename(folder_path("outside/file"), folder_path("inside/moved")); }

static inline int read_parent(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)parent);
	return try_open(path, O_RDONLY);
}

static inline int read_own_memory(void) { return try_open("/proc/self/mem", O_RDWR); }

static inline int peek_parent(void)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {&parent, 1};
	return process_vm_readv(parent, &local, 1, &remote, 1, 0) == 1 ? 0 : -1;
}

static inline int trace_parent(void) { return ptrace(PTRACE_ATTACH, parent, NULL, NULL) == 0 ? 0 : -1; }
static inline int signal_parent(void) { return kill(parent, SIGCONT); }
static inline int signal_thread(void) { return (int)syscall(SYS_tgkill, parent, parent, SIGCONT); }

static inline int run_program(void)
{
	char *arguments[] = {(char[]){"true"}, NULL};
	return execv("/bin/true", arguments);
}

static inline int make_child(void)
{
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	return child < 0 || waitpid(child, NULL, 0) != child ? -1 : 0;
}

static inline int make_namespace(void) { return unshare(CLONE_NEWUSER); }

/* A thread's flags with a namespace among them: the kernel refuses such a call too, but the filter does before. */
static inline int clone_namespace(void)
{
	const unsigned long flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET;
	return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL) < 0 ? -1 : 0;
}

static inline int clone_unseen(void)
{
	struct { uint64_t flags, rest[10]; } arguments = {.rest = {[3] = SIGCHLD}};
	long result = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (result == 0)
		_exit(0);
	return result < 0 && errno == ENOSYS ? (errno = EPERM, -1) : 0;
}

static inline int make_socket(int family, int type)
{
	int fd = socket(family, type, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static inline int socket_inet(void) { return make_socket(AF_INET, SOCK_STREAM); }
static inline int socket_inet6(void) { return make_socket(AF_INET6, SOCK_DGRAM); }
static inline int socket_unix(void) { return make_socket(AF_UNIX, SOCK_STREAM); }
static inline int socket_netlink(void) { return make_socket(AF_NETLINK, SOCK_RAW); }
static inline int socket_packet(void) { return make_socket(AF_PACKET, SOCK_RAW); }
static inline int dump_again(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

static inline int core_again(void)
{
	struct rlimit limit = {0, 0};
	return setrlimit(RLIMIT_CORE, &limit);
}

static inline int read_limit(void)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit);
}

static inline int map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static inline int make_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return at == MAP_FAILED ? 0 : mprotect(at, 4096, PROT_READ | PROT_EXEC);
}

static inline int other_user(void) { return (int)syscall(SYS_setuid, getuid()); }
static inline int load_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) < 0 ? -1 : 0; }
static inline int use_ring(void) { return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? -1 : 0; }
static inline int mount_folder(void) { return (int)syscall(SYS_mount, "none", folder, "tmpfs", 0, NULL); }
static inline int use_keys(void) { return syscall(SYS_keyctl, 0, 0, 0, 0, 0) < 0 ? -1 : 0; }
static inline int type_for_user(void) { return ioctl(0, TIOCSTI, "x"); }

#ifdef __x86_64__
/* The same call by another architecture's number. */
static inline int other_numbers(void) { return syscall(0x40000000 | SYS_getpid) < 0 ? -1 : 0; }
#else
static inline int other_numbers(void) { raise(SIGSYS); return 0; }
#endif

/* What no role may, save where its own table says otherwise. */
#define ATTEMPTS_OF_ALL \
	{"read a file outside", read_outside, REFUSED, LANDLOCK}, \
	{"list the root", list_root, REFUSED, LANDLOCK}, \
	{"write a file outside", write_outside, REFUSED, LANDLOCK}, \
	{"make a file outside", make_outside, REFUSED, LANDLOCK}, \
	{"remove a file outside", remove_outside, REFUSED, LANDLOCK}, \
	{"move a file out", move_out, REFUSED, LANDLOCK}, \
	{"move a file in", move_in, REFUSED, LANDLOCK}, \
	{"read another process's memory", read_parent, REFUSED, BOTH}, \
	{"peek into another process", peek_parent, KILLED, SHIPPED}, \
	{"trace another process", trace_parent, KILLED, SHIPPED}, \
	{"make a namespace", make_namespace, KILLED, ALWAYS}, \
	{"clone into a namespace", clone_namespace, REFUSED, SHIPPED}, \
	{"clone by what no filter sees", clone_unseen, REFUSED, ALWAYS}, \
	{"become a user", other_user, KILLED, ALWAYS}, \
	{"load a program into the kernel", load_bpf, KILLED, ALWAYS}, \
	{"a ring of calls", use_ring, KILLED, ALWAYS}, \
	{"mount", mount_folder, KILLED, ALWAYS}, \
	{"the kernel's keys", use_keys, KILLED, ALWAYS}, \
	{"type for the user", type_for_user, REFUSED, ALWAYS}, \
	{"call by another architecture's numbers", other_numbers, KILLED, ALWAYS}

/* What none may but the supervisor. */
#define ATTEMPTS_OF_CHILDREN \
	{"read /etc/passwd", read_passwd, REFUSED, LANDLOCK}, \
	{"open its own memory", read_own_memory, REFUSED, BOTH}, \
	{"run a program", run_program, KILLED, ALWAYS}, \
	{"make a process", make_child, KILLED, SHIPPED}, \
	{"signal its parent", signal_parent, REFUSED, SHIPPED}, \
	{"signal its parent's thread", signal_thread, REFUSED, SHIPPED}, \
	{"become dumpable again", dump_again, REFUSED, SHIPPED}, \
	{"change the limit of core dumps", core_again, REFUSED, SHIPPED}, \
	{"read a limit", read_limit, DONE, ALWAYS}

#endif

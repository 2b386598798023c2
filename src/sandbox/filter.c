/*
 * The system calls of each role. What is in no table fails with EPERM, for libraries try much and go on without; what
 * no role's work can contain ends the process. By libseccomp; a call that this architecture does not have is skipped.
 *
 * The supervisor's filter binds its children too, whose own come on top: it allows what any role needs.
 */
#include "parts.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define KEEPER (1u << SANDBOX_KEEPER)
#define LINK (1u << SANDBOX_LINK)
#define SUPERVISOR (1u << SANDBOX_SUPERVISOR)
#define READER (1u << SANDBOX_READER)
#define ALL (KEEPER | LINK | SUPERVISOR | READER)
#define N(name) SCMP_SYS(name)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define READS_ONLY (O_ACCMODE | O_CREAT | O_TRUNC)

/* Memory, threads, time, signals and open descriptors: what any program does with itself. */
static const int own[] = {
	N(brk), N(mremap), N(munmap), N(madvise), N(mlock), N(mlock2), N(munlock), N(msync), N(memfd_create),
	N(futex), N(rseq), N(set_robust_list), N(set_tid_address), N(sched_yield), N(sched_getaffinity), N(getcpu),
	N(gettid), N(exit), N(exit_group), N(getpid), N(getppid), N(getuid), N(geteuid), N(getgid), N(getegid),
	N(uname), N(sysinfo), N(getrusage), N(getrandom),
	N(clock_gettime), N(clock_getres), N(clock_nanosleep), N(nanosleep), N(gettimeofday), N(time), N(times),
	N(timerfd_create), N(timerfd_settime), N(timerfd_gettime),
	N(rt_sigaction), N(rt_sigprocmask), N(rt_sigreturn), N(rt_sigsuspend), N(rt_sigtimedwait), N(rt_sigpending),
	N(sigaltstack), N(signalfd4), N(restart_syscall),
	N(read), N(readv), N(pread64), N(preadv), N(write), N(writev), N(pwrite64), N(pwritev), N(lseek), N(close),
	N(close_range), N(dup), N(dup2), N(dup3), N(pipe), N(pipe2), N(fcntl), N(fstat), N(newfstatat), N(stat),
	N(lstat), N(statx), N(statfs), N(fstatfs), N(access), N(faccessat), N(faccessat2), N(readlink), N(readlinkat),
	N(getcwd), N(getdents64), N(fadvise64), N(poll), N(ppoll), N(select), N(pselect6), N(epoll_create1),
	N(epoll_ctl), N(epoll_wait), N(epoll_pwait), N(eventfd2),
};

/* Files that are written, as the store, the tiles and the attachments are. */
static const int writing[] = {
	N(openat), N(ftruncate), N(fallocate), N(fsync), N(fdatasync), N(sync_file_range), N(flock), N(unlink),
	N(unlinkat), N(rename), N(renameat), N(renameat2), N(link), N(linkat), N(mkdir), N(mkdirat), N(rmdir),
	N(chmod), N(fchmod), N(fchmodat), N(fchown), N(umask), N(utimensat), N(copy_file_range), N(sendfile),
};

/* Sockets that are there already. */
static const int connected[] = {
	N(sendmsg), N(recvmsg), N(sendto), N(recvfrom), N(getsockopt), N(getsockname), N(getpeername), N(shutdown),
	N(accept), N(accept4),
};

static const int network[] = {
	N(bind), N(listen), N(connect), N(setsockopt), N(sendmmsg), N(recvmmsg), N(ftruncate),
	N(mmap), N(mprotect), /* with code in it: getaddrinfo() loads the modules that nsswitch.conf names */
};

/* Starting and ending processes, and what these need to enter their own sandboxes. */
static const int supervising[] = {
	N(execve), N(vfork), N(fork), N(wait4), N(waitid), N(kill), N(tkill), N(tgkill), N(pidfd_open),
	N(pidfd_send_signal), N(setsid), N(setpgid), N(getpgid), N(getpgrp), N(getsid), N(prctl), N(arch_prctl),
	N(seccomp), N(prlimit64), N(getrlimit), N(setrlimit), N(landlock_create_ruleset), N(landlock_add_rule),
	N(landlock_restrict_self), N(chdir), N(fchdir),
};

static const int sanitizing[] = {
	N(mmap), N(mprotect), N(clone), N(ptrace), N(prctl), N(wait4), N(tgkill), N(kill), N(prlimit64), N(getrlimit),
	N(openat), N(process_vm_readv), N(open), N(getdents),
};

/* Nobody who does our work comes upon one of these by mistake. */
static const int hostile[] = {
	N(execveat), N(ptrace), N(process_vm_readv), N(process_vm_writev), N(kcmp), N(mount), N(umount2),
	N(pivot_root), N(chroot), N(move_mount), N(open_tree), N(fsopen), N(fsmount), N(setns), N(unshare),
	N(init_module), N(finit_module), N(delete_module), N(kexec_load), N(kexec_file_load), N(bpf),
	N(perf_event_open), N(userfaultfd), N(io_uring_setup), N(io_uring_enter), N(io_uring_register), N(add_key),
	N(request_key), N(keyctl), N(open_by_handle_at), N(name_to_handle_at), N(iopl), N(ioperm), N(reboot),
	N(swapon), N(swapoff), N(acct), N(quotactl), N(setuid), N(setgid), N(setreuid), N(setregid), N(setresuid),
	N(setresgid), N(setgroups), N(setfsuid), N(setfsgid), N(capset), N(personality), N(modify_ldt),
	N(lookup_dcookie), N(pidfd_getfd), N(mknod), N(mknodat),
};

/* Hostile too, save in the roles whose work they are. */
static const int hostile_without_network[] = {N(socket), N(connect), N(bind), N(listen)};
static const int hostile_without_children[] = {N(execve), N(fork), N(vfork)};

static const struct list {
	unsigned roles;
	bool kill;
	const int *calls;
	size_t count;
} lists[] = {
	{ALL, false, own, COUNT(own)},
	{KEEPER | SUPERVISOR, false, writing, COUNT(writing)},
	{KEEPER | LINK | SUPERVISOR, false, connected, COUNT(connected)},
	{LINK | SUPERVISOR, false, network, COUNT(network)},
	{SUPERVISOR, false, supervising, COUNT(supervising)},
	{ALL, true, hostile, COUNT(hostile)},
	{KEEPER | READER, true, hostile_without_network, COUNT(hostile_without_network)},
	{KEEPER | LINK | READER, true, hostile_without_children, COUNT(hostile_without_children)},
};

/* Calls that depend on one argument. */
static const struct condition {
	unsigned roles;
	int call;
	bool kill;
	struct scmp_arg_cmp argument;
} conditions[] = {
	/* Memory is written or run, not both in turn. */
	{KEEPER | READER, N(mmap), false, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
	{KEEPER | READER, N(mprotect), false, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
	{LINK | READER, N(openat), false, {2, SCMP_CMP_MASKED_EQ, READS_ONLY, O_RDONLY}},
	/* Threads, no processes; and no namespace for anyone. */
	{KEEPER | LINK | READER, N(clone), false, {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | NAMESPACES, CLONE_THREAD}},
	{KEEPER | LINK | READER, N(clone), true, {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0}},
	{SUPERVISOR, N(clone), false, {0, SCMP_CMP_MASKED_EQ, NAMESPACES, 0}},
	/* Limits are read, the name is set. */
	{KEEPER | LINK | READER, N(prlimit64), false, {2, SCMP_CMP_EQ, 0, 0}},
	{KEEPER | LINK | READER, N(prctl), false, {0, SCMP_CMP_EQ, PR_SET_NAME, 0}},
	{ALL, N(ioctl), false, {1, SCMP_CMP_EQ, TCGETS, 0}},
	{ALL, N(ioctl), false, {1, SCMP_CMP_EQ, TIOCGWINSZ, 0}},
	{ALL, N(ioctl), false, {1, SCMP_CMP_EQ, FIONREAD, 0}},
	{ALL, N(ioctl), false, {1, SCMP_CMP_EQ, FIONBIO, 0}},
	{LINK | SUPERVISOR, N(socket), false, {0, SCMP_CMP_EQ, AF_INET, 0}},
	{LINK | SUPERVISOR, N(socket), false, {0, SCMP_CMP_EQ, AF_INET6, 0}},
	/* getaddrinfo() asks for our own addresses */
	{LINK | SUPERVISOR, N(socket), false, {0, SCMP_CMP_EQ, AF_NETLINK, 0}},
	{SUPERVISOR, N(socket), false, {0, SCMP_CMP_EQ, AF_UNIX, 0}},
	{LINK | SUPERVISOR, N(socketpair), false, {0, SCMP_CMP_EQ, AF_UNIX, 0}},
};

static int add(scmp_filter_ctx filter, bool kill, int call)
{
	return seccomp_rule_add(filter, kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW, call, 0);
}

static bool in_list(const int *calls, size_t count, int call)
{
	for (size_t i = 0; i < count; i++)
		if (calls[i] == call)
			return true;
	return false;
}

/* Sanitizer builds allow more, and a call has one rule only. */
static bool left_to_sanitizer(int call)
{
	return SANITIZED && in_list(sanitizing, COUNT(sanitizing), call);
}

static int add_lists(scmp_filter_ctx filter, unsigned role)
{
	int result = 0;
	for (size_t i = 0; i < COUNT(lists); i++)
		for (size_t j = 0; result == 0 && (lists[i].roles & role) != 0 && j < lists[i].count; j++)
			if (!left_to_sanitizer(lists[i].calls[j]))
				result = add(filter, lists[i].kill, lists[i].calls[j]);
	for (size_t i = 0; SANITIZED && result == 0 && i < COUNT(sanitizing); i++)
		result = add(filter, false, sanitizing[i]);
	return result;
}

static int add_conditions(scmp_filter_ctx filter, unsigned role)
{
	int result = 0;
	for (size_t i = 0; result == 0 && i < COUNT(conditions); i++) {
		const struct condition *condition = &conditions[i];
		if ((condition->roles & role) != 0 && !left_to_sanitizer(condition->call))
			result =
				seccomp_rule_add_array(filter, condition->kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW,
					condition->call, 1, &condition->argument);
	}
	/* raise() and abort() signal our own threads; that is all who may. */
	struct scmp_arg_cmp ourselves = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
	if (result == 0 && role != SUPERVISOR && !left_to_sanitizer(N(tgkill)))
		result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, N(tgkill), 1, &ourselves);
	/* Its flags lie in memory where no filter sees them; the C library then takes clone(). */
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), N(clone3), 0);
	return result;
}

enum rule filter_load(enum sandbox_role role, struct fault *fault)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return fault_set(fault, RULE_SANDBOX, 0, "seccomp: no filter");
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a search tree */
	if (result == 0)
		result = add_lists(filter, 1u << role);
	if (result == 0)
		result = add_conditions(filter, 1u << role);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result == 0 ? RULE_OK : fault_set(fault, RULE_SANDBOX, 0, "seccomp: %s", strerror(-result));
}

/*
 * sandbox: shrinks the calling process to what its role needs. Fails closed.
 *
 * Order for every role: open what is needed, sandbox_enter(), then read the first untrusted byte. It sets: no core
 * dumps, not dumpable, no new privileges, Landlock rules for the paths given (everything else in the file system is out
 * of reach), and a seccomp filter of the system calls of the role.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "rule.h"

#define SANDBOX_PATHS_MAX 12

enum sandbox_role {
	SANDBOX_KEEPER,     /* files below its paths, threads, connected sockets; no socket(), no exec, no fork */
	SANDBOX_LINK,       /* TCP sockets and name look-up; no exec, no fork */
	SANDBOX_SUPERVISOR, /* fork, exec, signals, wait. Its children inherit: so whatever a role needs, but no more */
	SANDBOX_READER,     /* reads foreign files and prints: verify, mechanism check; threads; no sockets, no exec */
};

struct sandbox_rules {
	enum sandbox_role role;
	/* folders or files, NULL-terminated; those that do not exist are skipped */
	const char *read_write[SANDBOX_PATHS_MAX];
	const char *read_only[SANDBOX_PATHS_MAX];
	bool without_landlock; /* the officer's named option: go on where the kernel lacks Landlock; seccomp stays */
};

/*
 * Enters for good; before the first thread is started, for one that runs would stay outside (so store_open() comes
 * after). RULE_SANDBOX_LANDLOCK where the kernel has no Landlock (and it was not waived), RULE_SANDBOX for any other
 * failure; the caller stops then. *fault says which step.
 */
enum rule sandbox_enter(const struct sandbox_rules *rules, struct fault *fault);

#endif

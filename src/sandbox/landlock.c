/*
 * Landlock by its system calls: the C library has no wrappers. Every right that the kernel knows is taken away, then
 * the paths get back theirs; on an older kernel what it does not know stays open, and the filter beside it still holds.
 */
#include "parts.h"

#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What the headers of Linux 6.1 do not have yet. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define ACCESS_NET_TCP 3ULL /* bind and connect */
#define SCOPES 3ULL         /* abstract sockets and signals of processes outside */

/* struct landlock_ruleset_attr as of ABI 6; a kernel takes a longer one whose end is zero. */
struct ruleset {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

static const uint64_t file_rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
	LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
static const uint64_t read_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t write_rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi < 0 ? 0 : (int)abi;
}

/* The file rights that a kernel of that ABI knows, as a mask of the lowest bits. */
static uint64_t known_rights(int abi)
{
	unsigned bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
	return (1ULL << bits) - 1;
}

static enum rule failed(struct fault *fault, const char *what)
{
	return fault_set(fault, RULE_SANDBOX, 0, "Landlock: %s: %s", what, strerror(errno));
}

static enum rule allow_path(int ruleset, const char *path, uint64_t rights, struct fault *fault)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? RULE_OK : failed(fault, path);
	struct stat status;
	enum rule rule = RULE_OK;
	if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rights &= file_rights;
	struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = fd};
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
		rule = failed(fault, path);
	close(fd);
	return rule;
}

static enum rule allow_paths(int ruleset, const struct sandbox_rules *rules, uint64_t known, struct fault *fault)
{
	uint64_t reading = read_rights, writing = read_rights | write_rights;
	if (rules->role == SANDBOX_SUPERVISOR) {
		reading |= LANDLOCK_ACCESS_FS_EXECUTE;
		writing |= LANDLOCK_ACCESS_FS_MAKE_SOCK;
	}
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < SANDBOX_PATHS_MAX && rules->read_write[i] != NULL; i++)
		rule = allow_path(ruleset, rules->read_write[i], writing & known, fault);
	for (size_t i = 0; rule == RULE_OK && i < SANDBOX_PATHS_MAX && rules->read_only[i] != NULL; i++)
		rule = allow_path(ruleset, rules->read_only[i], reading & known, fault);
	if (rule == RULE_OK && SANITIZED)
		rule = allow_path(ruleset, "/proc", reading & known, fault);
	return rule;
}

enum rule landlock_restrict(const struct sandbox_rules *rules, int abi, struct fault *fault)
{
	if (abi <= 0)
		return rules->without_landlock ? RULE_OK : fault_set(fault, RULE_SANDBOX_LANDLOCK, 0, "%s", "");
	/* The supervisor's children inherit what binds it, and one of them is the link. */
	bool network = rules->role == SANDBOX_LINK || rules->role == SANDBOX_SUPERVISOR;
	struct ruleset attributes = {
		.handled_access_fs = known_rights(abi),
		.handled_access_net = abi >= 4 && !network ? ACCESS_NET_TCP : 0,
		.scoped = abi >= 6 ? SCOPES : 0,
	};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0)
		return failed(fault, "create ruleset");
	enum rule rule = allow_paths(ruleset, rules, attributes.handled_access_fs, fault);
	if (rule == RULE_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rule = failed(fault, "restrict self");
	close(ruleset);
	return rule;
}

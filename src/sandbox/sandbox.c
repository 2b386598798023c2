#include "sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "parts.h"
#include "words.h"

/*
 * Both Landlock and the filter bind the thread that enters and what it starts; one that runs already would stay
 * outside.
 */
static bool alone(void)
{
	if (__libc_single_threaded)
		return true;
	DIR *tasks = opendir("/proc/self/task");
	unsigned count = 0;
	while (tasks != NULL && readdir(tasks) != NULL)
		count++;
	if (tasks != NULL)
		closedir(tasks);
	return count == 3; /* ".", ".." and this thread */
}

static enum rule failed(struct fault *fault, const char *step)
{
	return fault_set(fault, RULE_SANDBOX, 0, "%s: %s", step, strerror(errno));
}

enum rule sandbox_enter_abi(const struct sandbox_rules *rules, int abi, struct fault *fault)
{
	struct rlimit none = {0, 0};
	if (!alone())
		return fault_set(fault, RULE_SANDBOX, 0, "%s", T("other threads run already"));
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return failed(fault, "no core dumps");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return failed(fault, "not dumpable");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(fault, "no new privileges");
	enum rule rule = landlock_restrict(rules, abi, fault);
	if (rule == RULE_OK)
		rule = filter_load(rules->role, fault);
	return rule;
}

enum rule sandbox_enter(const struct sandbox_rules *rules, struct fault *fault)
{
	return sandbox_enter_abi(rules, landlock_abi(), fault);
}

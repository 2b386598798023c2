/* secret: memory that is locked, guarded, kept out of core dumps, wiped; random bytes. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto.h"
#include "test.h"

/* Whether the mapping that holds `at` has the flag in /proc/self/smaps; -1 when the kernel does not say. */
static int mapping_has(const void *at, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[4096];
	bool here = false;
	int has = -1;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (unsigned long)at && (unsigned long)at < to;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			has = strstr(line, flag) != NULL;
	}
	if (file != NULL)
		fclose(file);
	return has;
}

static void flag(const void *at, const char *which, const char *name)
{
	int has = mapping_has(at, which);
	if (has < 0)
		test_skip(name, "this kernel's /proc/self/smaps has no VmFlags");
	else
		test_check(has == 1, "%s", name);
}

/* In a child: 0 when `act` returned, else how it ended. */
static int in_child(void (*act)(void *), void *argument)
{
	pid_t child = fork();
	if (child == 0) {
		const struct rlimit none = {0, 0};
		setrlimit(RLIMIT_CORE, &none);
		act(argument);
		_exit(0);
	}
	int status = -1;
	waitpid(child, &status, 0);
	return status;
}

static void write_byte(void *at)
{
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would make a report of it */
	*(volatile uint8_t *)at = 1;
}

#ifndef DETENTE_SANITIZED
static void no_lock(void *argument)
{
	(void)argument;
	const struct rlimit none = {0, 0};
	/* root may lock without limit, so first somebody else */
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0))
		_exit(2);
	_exit(secret_new(64) == NULL ? 0 : 1);
}
#endif

int main(void)
{
	test_start();
	test_check(crypto_start() == RULE_OK, "start");
	uint8_t *secret = secret_new(64), *odd = secret_new(33);
	test_check(secret != NULL && odd != NULL, "secrets of 64 and of 33 bytes");
	bool zero = true;
	for (int i = 0; i < 64; i++)
		zero = zero && secret[i] == 0;
	test_check(zero, "zeroed");
	test_check((uintptr_t)odd % 16 == 0, "aligned");
	flag(secret, " dd", "kept out of core dumps");
	test_check(in_child(write_byte, secret + 63) == 0, "its last byte may be written");
	int status = in_child(write_byte, secret + 64);
	test_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "the byte after it kills");
#ifdef DETENTE_SANITIZED
	test_skip("locked into memory", "the sanitizer makes mlock() do nothing");
	test_skip("none where the lock is refused", "the sanitizer makes mlock() do nothing");
#else
	flag(secret, " lo", "locked into memory");
	test_check(in_child(no_lock, NULL) == 0, "none where the lock is refused");
#endif
	test_check(
		secret_new(SIZE_MAX) == NULL && secret_new(SIZE_MAX - 4096) == NULL, "none of a size that cannot be");
	memcpy(secret, "abc", 3);
	test_check(secret_equal(secret, "abc", 3) && !secret_equal(secret, "abd", 3), "compared");
	secret_wipe(secret, 2);
	test_check(secret_equal(secret, "\0\0c", 3), "wiped");
	secret_free(secret);
	secret_free(odd);
	secret_free(NULL);

	uint8_t a[32] = {0}, b[32] = {0};
	random_fill(&random_system, a, sizeof(a));
	random_fill(&random_system, b, sizeof(b));
	test_check(memcmp(a, b, sizeof(a)) != 0, "random bytes differ");
	return test_end();
}

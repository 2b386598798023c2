/*
 * failing: a library to preload that makes a disk fail on command.
 *
 *   DETENTE_FAULT_DIR   the folder it watches (absolute)
 *   DETENTE_FAULT_PLAN  a file of a struct plan, which every process maps: whoever writes to it commands, at any time
 *
 * What counts as an operation: a write, a new size, a sync, an opening to write, a renaming, a removal of or in the
 * folder; where `reads` is set a read, too.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plan {
	_Atomic uint64_t error; /* 0: nothing fails */
	_Atomic uint64_t skip;  /* operations that go well first */
	_Atomic uint64_t count; /* then so many fail */
	_Atomic uint64_t reads;
	_Atomic uint64_t seen;   /* operations since this was last set to 0 */
	_Atomic uint64_t failed; /* of these */
};

#define DESCRIPTORS 4096
static struct plan *plan;
static char folder[PATH_MAX];
static _Atomic bool ours[DESCRIPTORS];

__attribute__((constructor))
static void start(void)
{
	const char *dir = getenv("DETENTE_FAULT_DIR"), *path = getenv("DETENTE_FAULT_PLAN");
	int fd = dir == NULL || path == NULL || realpath(dir, folder) == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (plan == MAP_FAILED)
		abort();
	close(fd);
}

/* True, and errno set, where this operation is to fail. */
static bool fails(bool reading)
{
	uint64_t error = atomic_load(&plan->error);
	if (error == 0 || (reading && atomic_load(&plan->reads) == 0))
		return false;
	uint64_t number = atomic_fetch_add(&plan->seen, 1), skip = atomic_load(&plan->skip);
	if (number < skip || number - skip >= atomic_load(&plan->count))
		return false;
	atomic_fetch_add(&plan->failed, 1);
	errno = (int)error;
	return true;
}

static bool below(const char *path)
{
	size_t size = strlen(folder);
	return plan != NULL && strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static bool is_ours(int fd)
{
	return plan != NULL && fd >= 0 && fd < DESCRIPTORS && atomic_load(&ours[fd]);
}

/* Is a name as *at() calls take it in the folder? */
static bool inside(int at, const char *path)
{
	return path[0] == '/' ? below(path) : is_ours(at);
}

static int open_file(int at, const char *path, int flags, mode_t mode)
{
	bool here = inside(at, path);
	if (here && ((flags & O_CREAT) != 0 || (flags & O_ACCMODE) != O_RDONLY) && fails(false))
		return -1;
	int fd = (int)syscall(SYS_openat, at, path, flags, mode);
	if (fd >= 0 && fd < DESCRIPTORS)
		atomic_store(&ours[fd], here);
	return fd;
}

#include "opens.h"

int close(int fd)
{
	if (fd >= 0 && fd < DESCRIPTORS)
		atomic_store(&ours[fd], false);
	return (int)syscall(SYS_close, fd);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
	return is_ours(fd) && fails(true) ? -1 : syscall(SYS_pread64, fd, data, size, at);
}

ssize_t read(int fd, void *data, size_t size)
{
	return is_ours(fd) && fails(true) ? -1 : syscall(SYS_read, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return is_ours(fd) && fails(false) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}

ssize_t write(int fd, const void *data, size_t size)
{
	return is_ours(fd) && fails(false) ? -1 : syscall(SYS_write, fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return is_ours(fd) && fails(false) ? -1 : syscall(SYS_writev, fd, parts, count);
}

int ftruncate(int fd, off_t size)
{
	return is_ours(fd) && fails(false) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int fsync(int fd)
{
	return is_ours(fd) && fails(false) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return is_ours(fd) && fails(false) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int unlinkat(int at, const char *path, int flags)
{
	return inside(at, path) && fails(false) ? -1 : (int)syscall(SYS_unlinkat, at, path, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return inside(to_at, to) && fails(false) ? -1 : (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

/* The names that programs with large files call. */
#define ALIAS(name, of) __typeof__(of) name __attribute__((alias(#of)))
ALIAS(open64, open);
ALIAS(openat64, openat);
int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
int __openat64_2(int at, const char *path, int flags) __attribute__((alias("__openat_2")));
ALIAS(pread64, pread);
ALIAS(pwrite64, pwrite);
ALIAS(ftruncate64, ftruncate);

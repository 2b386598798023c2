/*
 * unsynced: a library to preload that makes unsynced writes losable, and disks fail.
 *
 *   DETENTE_FAULT_DIR     the folder it watches (absolute)
 *   DETENTE_FAULT_SHADOW  a folder, which may lie below the first, that holds what a power cut would leave: of every
 *                         file the bytes of its last sync, under the same name. `lose --start` fills it first; `lose`
 *                         puts it in the place of the files after a SIGKILL.
 *   DETENTE_FAULT_EARLY   a number, the seed: about every second write reaches the shadow at once and unsynced, as a
 *                         kernel may write back any of them at any time
 *   DETENTE_FAULT_FAIL    "enospc:N" or "eio:N": from the Nth write or sync below the folder on each fails with that
 *                         error
 *   DETENTE_FAULT_HEAL    a file; once it exists nothing fails any more
 *
 * The model. A write, a new size, a rename or a removal is lost unless a sync follows. The sync of a file makes its
 * bytes and size durable, and, as a journal does, every rename and removal before it; so does the sync of a folder.
 * What is mapped or written by stdio is never durable. One process writes a file at a time; nothing is renamed into the
 * folder from outside.
 *
 * Files are told by inode, so that duplicated and passed descriptors count. Real calls are raw system calls.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 1024

struct range {
	off_t start, end;
};

struct file {
	struct file *next;
	dev_t device;
	ino_t inode; /* 0: gone */
	char path[PATH_SIZE]; /* below the folder */
	/* the smallest size since the last sync: what the shadow has past it is not this file's */
	off_t low;
	struct range *ranges; /* written since */
	size_t count, capacity;
};

/* A rename or removal that no sync has made durable; `to` is empty for a removal. */
struct change {
	struct change *next;
	char from[PATH_SIZE], to[PATH_SIZE];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_SIZE], shadow[PATH_SIZE];
static struct file *files;
static struct change *changes, **changes_end = &changes;
static int fail_error;
static unsigned long fail_from, operations;
static bool early;
static uint32_t early_state;

static void die(const char *what)
{
	fprintf(stderr, "unsynced: %s: %s\n", what, strerror(errno));
	abort();
}

__attribute__((constructor))
static void start(void)
{
	const char *dir = getenv("DETENTE_FAULT_DIR"), *kept = getenv("DETENTE_FAULT_SHADOW");
	const char *fail = getenv("DETENTE_FAULT_FAIL"), *seed = getenv("DETENTE_FAULT_EARLY");
	if (dir == NULL)
		return;
	if (realpath(dir, folder) == NULL || (kept != NULL && realpath(kept, shadow) == NULL))
		die("no such folder");
	early = seed != NULL;
	early_state = seed != NULL ? (uint32_t)strtoul(seed, NULL, 10) : 0;
	if (fail == NULL)
		return;
	fail_error = strncmp(fail, "enospc:", 7) == 0 ? ENOSPC : EIO;
	fail_from = strtoul(strchr(fail, ':') + 1, NULL, 10);
}

/* ---- names ---- */

/* The name below the folder, or NULL. */
static const char *below(const char *path)
{
	size_t size = strlen(folder);
	size_t kept = strlen(shadow);
	if (size == 0 || strncmp(path, folder, size) != 0 || path[size] != '/')
		return NULL;
	if (kept != 0 && strncmp(path, shadow, kept) == 0 && (path[kept] == '/' || path[kept] == '\0'))
		return NULL;
	return path + size + 1;
}

/* The name below the folder of `path` as *at() calls take it, in `to`; false where it lies elsewhere. */
static bool locate(int at, const char *path, char to[PATH_SIZE])
{
	if (folder[0] == '\0')
		return false;
	char whole[2 * PATH_SIZE] = "", link[64];
	if (path[0] != '/' && at == AT_FDCWD) {
		if (getcwd(whole, PATH_SIZE) == NULL)
			die("getcwd");
	} else if (path[0] != '/') {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
		if (syscall(SYS_readlinkat, AT_FDCWD, link, whole, PATH_SIZE) < 0)
			return false;
	}
	size_t size = strlen(whole);
	snprintf(whole + size, sizeof(whole) - size, "%s%s", size == 0 ? "" : "/", path);
	const char *name = below(whole);
	if (name == NULL || strlen(name) >= PATH_SIZE)
		return false;
	strcpy(to, name);
	return true;
}

static void shadow_path(const char *name, char to[2 * PATH_SIZE])
{
	snprintf(to, 2 * PATH_SIZE, "%s/%s", shadow, name);
}

/* ---- files ---- */

static struct file *find(const struct stat *status)
{
	for (struct file *file = files; file != NULL; file = file->next)
		if (file->inode == status->st_ino && file->device == status->st_dev)
			return file;
	return NULL;
}

/* Takes the mutex and gives the file of a descriptor; NULL, and no mutex, where it is none of ours. */
static struct file *enter(int fd)
{
	struct stat status;
	if (folder[0] == '\0' || fstat(fd, &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
		return NULL;
	pthread_mutex_lock(&mutex);
	struct file *file = find(&status);
	if (file == NULL)
		pthread_mutex_unlock(&mutex);
	return file;
}

static void leave(void)
{
	pthread_mutex_unlock(&mutex);
}

static void forget(const char *name)
{
	for (struct file *file = files; file != NULL; file = file->next)
		if (strcmp(file->path, name) == 0)
			file->inode = 0;
}

static void add_range(struct file *file, off_t start, off_t end)
{
	if (file->count != 0 && file->ranges[file->count - 1].end == start) {
		file->ranges[file->count - 1].end = end;
		return;
	}
	if (file->count == file->capacity) {
		file->capacity = file->capacity == 0 ? 16 : 2 * file->capacity;
		file->ranges = realloc(file->ranges, file->capacity * sizeof(struct range));
		if (file->ranges == NULL)
			die("memory");
	}
	file->ranges[file->count++] = (struct range){start, end};
}

static void resized(struct file *file, off_t size)
{
	if (size < file->low)
		file->low = size;
}

/* A descriptor was opened: notes its file. What an earlier process may have left unsynced counts as written by us. */
static void opened(int fd, const char *name)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
		return;
	pthread_mutex_lock(&mutex);
	struct file *file = find(&status);
	if (file == NULL || strcmp(file->path, name) != 0) {
		if (file != NULL)
			file->inode = 0;
		file = calloc(1, sizeof(*file));
		if (file == NULL)
			die("memory");
		file->device = status.st_dev;
		file->inode = status.st_ino;
		file->next = files;
		files = file;
		strcpy(file->path, name);
		file->low = status.st_size;
		add_range(file, 0, status.st_size);
	}
	pthread_mutex_unlock(&mutex);
}

/* ---- the shadow ---- */

static void make_parents(char *path)
{
	for (char *at = path + strlen(shadow) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		if (syscall(SYS_mkdirat, AT_FDCWD, path, 0700) != 0 && errno != EEXIST)
			die(path);
		*at = '/';
	}
}

static void apply_changes(void)
{
	while (changes != NULL) {
		struct change *change = changes;
		char from[2 * PATH_SIZE], to[2 * PATH_SIZE];
		shadow_path(change->from, from);
		shadow_path(change->to, to);
		if (change->to[0] == '\0')
			syscall(SYS_unlinkat, AT_FDCWD, from, 0);
		else if (make_parents(to), syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) != 0)
			syscall(SYS_unlinkat, AT_FDCWD, to, 0); /* renamed before it was ever synced */
		changes = change->next;
		free(change);
	}
	changes_end = &changes;
}

static void note_change(const char *from, const char *to)
{
	if (shadow[0] == '\0')
		return;
	struct change *change = calloc(1, sizeof(*change));
	if (change == NULL)
		die("memory");
	strcpy(change->from, from);
	strcpy(change->to, to);
	*changes_end = change;
	changes_end = &change->next;
}

static int open_shadow(const struct file *file, mode_t mode)
{
	char path[2 * PATH_SIZE];
	shadow_path(file->path, path);
	make_parents(path);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, mode & 0777);
	if (fd < 0)
		die(path);
	return fd;
}

static void copy(int from, int to, struct range range, off_t size)
{
	static char block[65536];
	if (range.end > size)
		range.end = size;
	while (range.start < range.end) {
		size_t left = (size_t)(range.end - range.start), most = left < sizeof(block) ? left : sizeof(block);
		ssize_t got = syscall(SYS_pread64, from, block, most, range.start);
		if (got <= 0 || syscall(SYS_pwrite64, to, block, (size_t)got, range.start) != got)
			die("copying to the shadow");
		range.start += got;
	}
}

/*
 * A descriptor to read the file by. Closing another than the caller's would drop its locks, so that is the last resort.
 */
static int open_to_read(const struct file *file, int fd)
{
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
		return fd;
	char path[2 * PATH_SIZE];
	snprintf(path, sizeof(path), "%s/%s", folder, file->path);
	int again = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (again < 0)
		die(path);
	return again;
}

static void make_durable(struct file *file, int fd)
{
	struct stat status;
	if (shadow[0] == '\0')
		return;
	apply_changes();
	if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode))
		return;
	int from = open_to_read(file, fd), to = open_shadow(file, status.st_mode);
	struct stat kept;
	if (fstat(to, &kept) != 0 || (kept.st_size > file->low && syscall(SYS_ftruncate, to, file->low) != 0) ||
	    syscall(SYS_ftruncate, to, status.st_size) != 0)
		die("sizing the shadow");
	for (size_t i = 0; i < file->count; i++)
		copy(from, to, file->ranges[i], status.st_size);
	file->count = 0;
	file->low = status.st_size;
	close(to);
	if (from != fd)
		close(from);
}

static void written(struct file *file, int fd, off_t start, off_t end)
{
	add_range(file, start, end);
	early_state = early_state * 1664525u + 1013904223u;
	if (!early || shadow[0] == '\0' || early_state >> 31 == 0)
		return;
	apply_changes();
	int from = open_to_read(file, fd), to = open_shadow(file, 0600);
	copy(from, to, (struct range){start, end}, end);
	close(to);
	if (from != fd)
		close(from);
}

/* True, and errno set, when this operation is to fail. */
static bool fails(void)
{
	if (fail_error == 0 || ++operations < fail_from)
		return false;
	const char *heal = getenv("DETENTE_FAULT_HEAL");
	struct stat status;
	if (heal != NULL && stat(heal, &status) == 0) {
		fail_error = 0;
		return false;
	}
	errno = fail_error;
	return true;
}

/* ---- the calls ---- */

static int open_file(int at, const char *path, int flags, mode_t mode)
{
	int fd = (int)syscall(SYS_openat, at, path, flags, mode);
	char name[PATH_SIZE];
	int error = errno;
	if (fd >= 0 && locate(at, path, name)) {
		opened(fd, name);
		struct file *file = (flags & O_TRUNC) != 0 ? enter(fd) : NULL;
		if (file != NULL) {
			resized(file, 0);
			leave();
		}
	}
	errno = error;
	return fd;
}

#include "opens.h"

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	struct file *file = enter(fd);
	if (file == NULL)
		return syscall(SYS_pwrite64, fd, data, size, at);
	ssize_t done = fails() ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
	if (done > 0)
		written(file, fd, at, at + done);
	leave();
	return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct file *file = enter(fd);
	if (file == NULL)
		return syscall(SYS_writev, fd, parts, count);
	ssize_t done = fails() ? -1 : syscall(SYS_writev, fd, parts, count);
	if (done > 0) {
		off_t end = lseek(fd, 0, SEEK_CUR);
		written(file, fd, end - done, end);
	}
	leave();
	return done;
}

ssize_t write(int fd, const void *data, size_t size)
{
	union {
		const void *read_only;
		void *data;
	} part = {data};
	return writev(fd, &(struct iovec){part.data, size}, 1);
}

int ftruncate(int fd, off_t size)
{
	struct file *file = enter(fd);
	int result = (int)syscall(SYS_ftruncate, fd, size);
	if (file == NULL)
		return result;
	if (result == 0)
		resized(file, size);
	leave();
	return result;
}

static int synchronize(int fd, long number)
{
	struct file *file = enter(fd);
	if (file == NULL)
		return (int)syscall(number, fd);
	bool failed = fails();
	if (!failed)
		make_durable(file, fd);
	leave();
	return failed ? -1 : 0;
}

int fsync(int fd)
{
	return synchronize(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synchronize(fd, SYS_fdatasync);
}

int unlinkat(int at, const char *path, int flags)
{
	char name[PATH_SIZE];
	bool ours = locate(at, path, name);
	int result = (int)syscall(SYS_unlinkat, at, path, flags);
	if (result != 0 || !ours)
		return result;
	pthread_mutex_lock(&mutex);
	forget(name);
	note_change(name, "");
	pthread_mutex_unlock(&mutex);
	return 0;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
	char old[PATH_SIZE], new[PATH_SIZE];
	bool ours = locate(from_at, from, old) && locate(to_at, to, new);
	int result = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
	if (result != 0 || !ours)
		return result;
	pthread_mutex_lock(&mutex);
	forget(new);
	for (struct file *file = files; file != NULL; file = file->next)
		if (file->inode != 0 && strcmp(file->path, old) == 0)
			strcpy(file->path, new);
	note_change(old, new);
	pthread_mutex_unlock(&mutex);
	return 0;
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	return renameat2(from_at, from, to_at, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* The names that programs with large files call. */
#define ALIAS(name, of) __typeof__(of) name __attribute__((alias(#of)))
ALIAS(open64, open);
ALIAS(openat64, openat);
ALIAS(creat64, creat);
int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
int __openat64_2(int at, const char *path, int flags) __attribute__((alias("__openat_2")));
ALIAS(pwrite64, pwrite);
ALIAS(ftruncate64, ftruncate);

/*
 * lose: the other half of unsynced.
 *
 *   lose --start DIR SHADOW   everything in DIR is durable: SHADOW becomes a copy of it
 *   lose DIR SHADOW           the power was cut: DIR becomes what SHADOW holds
 *
 * SHADOW may lie below DIR. Folders stay; SQLite's -shm, which lives in memory only, and sockets go.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *source, *target, *shadow;
static int starting;

static int inside(const char *path, const char *folder)
{
	size_t size = strlen(folder);
	return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static int drop(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)type;
	(void)at;
	if ((!starting && inside(path, shadow)) || S_ISDIR(status->st_mode))
		return 0;
	return unlink(path);
}

static int copy_content(int from, int to)
{
	static char block[65536];
	ssize_t got;
	while ((got = read(from, block, sizeof(block))) > 0)
		if (write(to, block, (size_t)got) != got)
			return -1;
	return (int)got;
}

static int copy(const char *path, const struct stat *status, int type, struct FTW *at)
{
	char to_path[4096];
	size_t size = strlen(path);
	(void)type;
	(void)at;
	if ((starting && inside(path, shadow)) || (size > 4 && strcmp(path + size - 4, "-shm") == 0))
		return 0;
	if (snprintf(to_path, sizeof(to_path), "%s%s", target, path + strlen(source)) >= (int)sizeof(to_path))
		return -1;
	if (S_ISDIR(status->st_mode)) {
		mkdir(to_path, status->st_mode & 0777);
		return 0;
	}
	if (!S_ISREG(status->st_mode))
		return 0;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, status->st_mode & 0777);
	int result = from < 0 || to < 0 ? -1 : copy_content(from, to);
	if (from >= 0)
		close(from);
	if (to >= 0 && close(to) != 0)
		result = -1;
	return result;
}

int main(int count, char **arguments)
{
	starting = count == 4 && strcmp(arguments[1], "--start") == 0;
	if (count != 3 && !starting) {
		fprintf(stderr, "usage: lose [--start] DIR SHADOW\n");
		return 2;
	}
	const char *dir = arguments[count - 2];
	shadow = arguments[count - 1];
	source = starting ? dir : shadow;
	target = starting ? shadow : dir;
	mkdir(target, 0700);
	if (nftw(target, drop, 16, FTW_PHYS | FTW_DEPTH) != 0 || nftw(source, copy, 16, FTW_PHYS) != 0) {
		perror("lose");
		return 1;
	}
	return 0;
}

/*
 * Goal of this test: what store_commit() acknowledged survives a power cut, and a disk that fails loses nothing and is
 * named. The cut is tests/fault/unsynced.c, preloaded into children that run this program again; it is tested first.
 */
#include "store.h"

#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "drawn.h"
#include "folder.h"
#include "test.h"

#define ROUNDS 30

static char library[1024], lose[1024];

/* ---- children ---- */

/*
 * Runs this program again under the library; its stdout is the pipe that is given. `setting` is one more variable, or
 * NULL.
 */
static pid_t start(const char *mode, const char *setting, int *reports)
{
	static char own[1024], preload[1100], dir[200], shadow[200], heal[200];
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", library);
	snprintf(dir, sizeof(dir), "DETENTE_FAULT_DIR=%s", folder_path("home"));
	snprintf(shadow, sizeof(shadow), "DETENTE_FAULT_SHADOW=%s", folder_path("shadow"));
	snprintf(heal, sizeof(heal), "DETENTE_FAULT_HEAL=%s", folder_path("healed"));
	ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (size < 0)
		abort();
	own[size] = '\0';
	char setting_copy[200] = "";
	if (setting != NULL)
		snprintf(setting_copy, sizeof(setting_copy), "%s", setting);
	char mode_copy[32];
	snprintf(mode_copy, sizeof(mode_copy), "%s", mode);
	char *arguments[] = {own, mode_copy, folder, NULL};
	char *environment[] = {preload, dir, shadow, heal, setting == NULL ? NULL : setting_copy, NULL};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		abort();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], 1);
		execve(own, arguments, environment);
		_exit(99);
	}
	close(ends[1]);
	*reports = ends[0];
	return child;
}

static int finish(pid_t child, int reports)
{
	int status = 0;
	close(reports);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 255;
}

/* `lose`: the power was cut; with --start all there is becomes durable. */
static void run_lose(bool starting)
{
	char command[2400];
	snprintf(command, sizeof(command), "%s %s %s %s", lose, starting ? "--start" : "", folder_path("home"),
		folder_path("shadow"));
	if (system(command) != 0)
		abort();
}

/* ---- the library itself ---- */

static const char *home_path(const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "home/%s", name);
	return folder_path(path);
}

static int open_home(const char *name, int flags)
{
	int fd = open(home_path(name), flags | O_CREAT, 0600);
	if (fd < 0)
		_exit(10);
	return fd;
}

static void put(int fd, const char *text, off_t at)
{
	if (pwrite(fd, text, strlen(text), at) != (ssize_t)strlen(text))
		_exit(11);
}

static void must(bool good)
{
	if (!good)
		_exit(12);
}

/* What stood in each file, and what must stand there after the cut; NULL: no file. */
static const struct {
	const char *name, *before, *after, *what;
} files[] = {
	{"new", NULL, NULL, "a new file that was not synced is gone"},
	{"over", "old", "old", "an unsynced write is undone"},
	{"synced", NULL, "all", "a synced one is there"},
	{"half", NULL, "one", "an append after the sync is gone"},
	{"short", "12345", "12345", "an unsynced size is undone"},
	{"shorter", "12345", "12", "a synced size holds"},
	{"hole", "12345", "..x", "what was cut off does not come back"},
	{"emptied", "12345", "12345", "opening with O_TRUNC is undone"},
	{"other", NULL, "dup", "a sync through another descriptor counts"},
	{"vector", NULL, "abcd", "writev and write count"},
	{"moved", "old", "new", "a rename is durable after a sync of the folder"},
	{"moved-early", "old", "old", "without one it is undone"},
	{"moved-early.tmp", NULL, "new", "and the file is under its old name"},
	{"removed", "old", "old", "so is a removal"},
};

static void use_synced(void)
{
	int fd = open_home("synced", O_WRONLY);
	put(fd, "all", 0);
	must(fsync(fd) == 0);
	fd = open_home("half", O_RDWR);
	put(fd, "one", 0);
	must(fdatasync(fd) == 0);
	put(fd, "two", 3);
	fd = open_home("shorter", O_RDWR);
	must(ftruncate(fd, 2) == 0 && fsync(fd) == 0);
	fd = open_home("hole", O_RDWR);
	must(ftruncate(fd, 0) == 0);
	put(fd, "x", 2);
	must(fsync(fd) == 0);
	fd = open_home("other", O_RDWR);
	int again = dup(fd);
	put(fd, "dup", 0);
	must(fsync(again) == 0);
	fd = open_home("vector", O_WRONLY);
	char text[] = "abc";
	struct iovec parts[] = {{text, 1}, {text + 1, 2}};
	must(writev(fd, parts, 2) == 3 && write(fd, "d", 1) == 1 && fsync(fd) == 0);
	fd = open_home("moved.tmp", O_WRONLY);
	put(fd, "new", 0);
	int home = open(folder_path("home"), O_RDONLY | O_DIRECTORY);
	must(fsync(fd) == 0 && renameat(home, "moved.tmp", AT_FDCWD, home_path("moved")) == 0 && fsync(home) == 0);
	fd = open_home("moved-early.tmp", O_WRONLY);
	put(fd, "new", 0);
	must(fsync(fd) == 0 && rename(home_path("moved-early.tmp"), home_path("moved-early")) == 0);
}

static void use_files(void)
{
	use_synced();
	put(open_home("new", O_WRONLY), "x", 0);
	put(open_home("over", O_RDWR), "new", 0);
	must(ftruncate(open_home("short", O_RDWR), 2) == 0);
	open_home("emptied", O_RDWR | O_TRUNC);
	must(unlink(home_path("removed")) == 0);
	raise(SIGKILL);
}

static bool file_is(const char *name, const char *text)
{
	char content[64];
	int fd = open(home_path(name), O_RDONLY);
	if (fd < 0)
		return text == NULL;
	ssize_t size = read(fd, content, sizeof(content));
	close(fd);
	for (ssize_t i = 0; i < size; i++)
		content[i] = content[i] == '\0' ? '.' : content[i];
	return text != NULL && size == (ssize_t)strlen(text) && memcmp(content, text, (size_t)size) == 0;
}

static void test_library(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].before != NULL)
			put(open_home(files[i].name, O_WRONLY), files[i].before, 0);
	run_lose(true);
	int reports;
	pid_t child = start("files", NULL, &reports);
	int result = finish(child, reports);
	test_check(result == 128 + SIGKILL && file_is("new", "x") && file_is("over", "new"),
		"files are used and the user killed (%d)", result);
	run_lose(false);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		test_check(file_is(files[i].name, files[i].after), "%s", files[i].what);
}

/* Unsynced blocks of which a half is written back early. */
static void use_early(void)
{
	int fd = open_home("early", O_RDWR);
	put(fd, "x", 0);
	must(fsync(fd) == 0);
	for (int i = 0; i < 100; i++)
		put(fd, "x", 1000 * (i + 1));
	raise(SIGKILL);
}

static void test_early(void)
{
	int reports;
	pid_t child = start("early", "DETENTE_FAULT_EARLY=7", &reports);
	finish(child, reports);
	run_lose(false);
	int fd = open(home_path("early"), O_RDONLY), count = 0;
	for (int i = 0; i < 100; i++) {
		char byte = 0;
		if (pread(fd, &byte, 1, 1000 * (i + 1)) == 1 && byte == 'x')
			count++;
	}
	close(fd);
	test_check(count > 20 && count < 80, "%d of 100 unsynced writes came through early", count);
	unlink(home_path("early"));
}

/* ---- a store that loses its power ---- */

static uint64_t count_entries(struct store *store)
{
	uint64_t low = 0, high = 1 << 24; /* of the first that is missing */
	while (low < high) {
		uint64_t middle = (low + high) / 2;
		if (store_entry_get(store, 1, middle, NULL, NULL) == RULE_OK)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Commits entries without end; after each commit tells how many there are. */
static void use_store(void)
{
	struct store *store;
	if (store_open(&store, home_path("store"), NULL) != RULE_OK)
		_exit(2);
	uint64_t index = count_entries(store);
	drawn_seed = (uint32_t)index;
	for (;;) {
		uint32_t count = 1 + draw(40);
		must(store_begin(store) == RULE_OK);
		for (uint32_t i = 0; i < count; i++, index++)
			must(store_entry_add(store, 1, index, note_of(index), 0) == RULE_OK);
		must(store_commit(store) == RULE_OK);
		must(write(1, &index, sizeof(index)) == sizeof(index));
	}
}

/*
 * Lets a child commit, kills it and cuts the power; gives how many entries it acknowledged, and whether it died by us.
 */
static bool cut(const char *setting, uint32_t commits, uint64_t *acknowledged)
{
	int reports;
	pid_t child = start("store", setting, &reports);
	for (uint32_t i = 0; i < commits; i++)
		if (read(reports, acknowledged, sizeof(*acknowledged)) != sizeof(*acknowledged))
			break;
	kill(child, SIGKILL);
	while (read(reports, acknowledged, sizeof(*acknowledged)) == sizeof(*acknowledged))
		; /* said before it died */
	bool killed = finish(child, reports) == 128 + SIGKILL;
	run_lose(false);
	return killed;
}

static bool holds(uint64_t acknowledged, uint64_t *count)
{
	struct store *store;
	if (store_open(&store, home_path("store"), NULL) != RULE_OK)
		return false;
	struct buffer note = {0};
	*count = count_entries(store);
	bool good = *count >= acknowledged;
	for (uint64_t i = 0; good && i < *count; i++) {
		buffer_clear(&note);
		good = store_entry_get(store, 1, i, &note, NULL) == RULE_OK &&
			bytes_equal(buffer_bytes(&note), note_of(i));
	}
	buffer_free(&note);
	store_close(store);
	return good;
}

static void test_store(void)
{
	uint64_t acknowledged = 0, count = 0;
	bool good = true;
	unsigned round = 0;
	for (; good && round < ROUNDS; round++) {
		char early[64];
		snprintf(early, sizeof(early), "DETENTE_FAULT_EARLY=%u", round);
		run_lose(true);
		good = cut(round % 2 == 0 ? NULL : early, draw(200), &acknowledged) && holds(acknowledged, &count);
	}
	test_check(good, "%u power cuts: %llu entries acknowledged, %llu there", round,
		(unsigned long long)acknowledged, (unsigned long long)count);
	test_check(acknowledged > 10000, "and the checkpointer had its share");
}

/* ---- a disk that fails ---- */

/*
 * Commits until the disk fails, which must be by the rule named; then what was acknowledged is there, and after the
 * disk is healed everything goes on. Exit 0: all so.
 */
static void use_failing(enum rule expected)
{
	struct store *store = NULL;
	struct fault fault;
	uint64_t done = 0;
	enum rule rule = store_open(&store, home_path("failing"), &fault);
	while (rule == RULE_OK && done < 4000) {
		rule = store_begin(store);
		for (uint64_t i = 0; rule == RULE_OK && i < 20; i++)
			rule = store_entry_add(store, 1, done + i, note_of(done + i), 0);
		if (rule == RULE_OK && (rule = store_commit(store)) == RULE_OK)
			done += 20;
		else
			store_rollback(store);
	}
	must(rule == expected);
	must(store == NULL || count_entries(store) == done);
	close(open(folder_path("healed"), O_CREAT | O_WRONLY, 0600));
	must(store != NULL || store_open(&store, home_path("failing"), NULL) == RULE_OK);
	must(store_begin(store) == RULE_OK && store_entry_add(store, 1, done, note_of(done), 0) == RULE_OK);
	must(store_commit(store) == RULE_OK);
	store_close(store);
	must(store_open(&store, home_path("failing"), NULL) == RULE_OK && count_entries(store) == done + 1);
	store_close(store);
}

static void test_failing(const char *error)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	unsigned good = 0, tried = 0;
	/* Every operation of opening, then some of the commits, then of checkpoints. */
	for (unsigned from = 1; from < 2000; from += from < 60 ? 1 : 97) {
		char setting[64], name[32];
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
			snprintf(name, sizeof(name), "failing%s", suffixes[i]);
			unlink(home_path(name));
		}
		unlink(folder_path("healed"));
		snprintf(setting, sizeof(setting), "DETENTE_FAULT_FAIL=%s:%u", error, from);
		int reports;
		pid_t child = start(error, setting, &reports);
		int result = finish(child, reports);
		tried++;
		if (result == 0)
			good++;
		else
			printf("# %s: exit %d\n", setting, result);
	}
	test_check(good == tried, "%s from %u different moments on: named, nothing lost, goes on when healed", error,
		tried);
}

static int run_mode(const char *mode)
{
	if (strcmp(mode, "files") == 0)
		use_files();
	else if (strcmp(mode, "early") == 0)
		use_early();
	else if (strcmp(mode, "store") == 0)
		use_store();
	else if (strcmp(mode, "enospc") == 0)
		use_failing(RULE_DISK_FULL);
	else if (strcmp(mode, "eio") == 0)
		use_failing(RULE_IO);
	else
		return 98;
	return 0;
}

int main(int count, char **arguments)
{
	drawn_seed = 1963;
	if (count == 3) {
		snprintf(folder, sizeof(folder), "%s", arguments[2]);
		return run_mode(arguments[1]);
	}
	test_start();
	const char *build = getenv("DETENTE_BUILD");
	if (build == NULL) {
		test_skip("power cuts", "DETENTE_BUILD, the folder of the build");
		return test_end();
	}
	snprintf(library, sizeof(library), "%s/tests/fault/libunsynced.so", build);
	snprintf(lose, sizeof(lose), "%s/tests/fault/lose", build);
	folder_make();
	if (mkdir(folder_path("home"), 0700) != 0)
		abort();
	test_library();
	test_early();
	test_store();
	test_failing("enospc");
	test_failing("eio");
	folder_remove();
	return test_end();
}

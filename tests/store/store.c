#include "store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "folder.h"
#include "test.h"

static struct store *open_store(const char *name)
{
	struct store *store = NULL;
	struct fault fault;
	if (store_open(&store, folder_path(name), &fault) != RULE_OK) {
		char line[512];
		fault_print(&fault, line, sizeof(line));
		printf("# %s\n", line);
		exit(1);
	}
	return store;
}

struct seen {
	unsigned count;
	uint64_t last;
	bool good; /* each is one after the last, and holds its index */
	struct store *store;
};

static enum rule see(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	struct seen *seen = context;
	char text[32];
	snprintf(text, sizeof(text), "note %llu", (unsigned long long)index);
	seen->good = (seen->count == 0 || index == seen->last + 1) && (seen->good || seen->count == 0) &&
		bytes_is(note, text) && state == index % 256;
	seen->last = index;
	seen->count++;
	return seen->count == 100 ? RULE_LIMIT : RULE_OK;
}

static void add_numbered(struct store *store, unsigned log, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		char text[32];
		snprintf(text, sizeof(text), "note %llu", (unsigned long long)i);
		if (store_entry_add(store, log, i, bytes_string(text), (uint8_t)(i % 256)) != RULE_OK)
			abort();
	}
}

static void test_entries(void)
{
	struct store *store = open_store("entries");
	struct buffer note = {0};
	uint8_t state = 99;
	test_check(store_begin(store) == RULE_OK, "a transaction begins");
	add_numbered(store, 3, 0, 300);
	add_numbered(store, STORE_LOG_MAX, 0, 5);
	test_check(store_entry_add(store, 3, 7, BYTES("other"), 0) == RULE_STORE_TAKEN, "an entry is never replaced");
	test_check(store_entry_add(store, 4, 0, BYTES(""), 255) == RULE_OK,
		"after that refusal the transaction goes on");
	test_check(store_commit(store) == RULE_OK, "commit");
	test_check(store_entry_get(store, 3, 7, &note, &state) == RULE_OK && bytes_is(buffer_bytes(&note), "note 7") &&
			state == 7,
		"get");
	test_check(store_entry_get(store, 3, 8, &note, NULL) == RULE_OK &&
			bytes_is(buffer_bytes(&note), "note 7note 8"),
		"get appends");
	test_check(store_entry_get(store, 4, 0, &note, &state) == RULE_OK && note.size == 12 && state == 255,
		"an empty note");
	test_check(store_entry_get(store, 3, 9, NULL, NULL) == RULE_OK, "is it there?");
	state = 1;
	test_check(store_entry_get(store, 3, 300, &note, &state) == RULE_NOT_FOUND && note.size == 12 && state == 1,
		"not there");
	test_check(store_entry_get(store, 2, 0, &note, &state) == RULE_NOT_FOUND, "not in that log");
	test_check(store_entry_get(store, 2, (uint64_t)1 << 48, &note, &state) == RULE_NOT_FOUND, "2^48 is not log 3");
	test_check(store_entry_get(store, STORE_LOG_MAX + 1, 0, &note, &state) == RULE_NOT_FOUND, "no such log");
	test_check(store_begin(store) == RULE_OK &&
			store_entry_add(store, 3, (uint64_t)1 << 48, BYTES("x"), 0) == RULE_LIMIT &&
			store_entry_add(store, STORE_LOG_MAX + 1, 0, BYTES("x"), 0) == RULE_LIMIT,
		"places past the limits");
	test_check(store_entry_state_set(store, 3, 7, 200) == RULE_OK &&
			store_entry_state_set(store, 3, 300, 1) == RULE_NOT_FOUND,
		"set");
	test_check(store_commit(store) == RULE_OK && store_entry_get(store, 3, 7, NULL, &state) == RULE_OK &&
			state == 200,
		"is set");
	note.limit = 15;
	test_check(store_entry_get(store, 3, 7, &note, &state) == RULE_LIMIT && note.size == 12,
		"a buffer that has no room");
	buffer_free(&note);
	store_close(store);
	store_close(NULL);
}

static void test_scan(void)
{
	struct store *store = open_store("entries");
	static const struct {
		struct store_range range;
		unsigned count;
		uint64_t last;
		enum rule rule;
	} scans[] = {
		{{3, 10, 20}, 10, 19, RULE_OK},
		{{3, 299, 1000}, 1, 299, RULE_OK},
		{{3, 250, UINT64_MAX}, 50, 299, RULE_OK},
		{{3, 300, UINT64_MAX}, 0, 0, RULE_OK},
		{{3, 20, 20}, 0, 0, RULE_OK},
		{{3, 20, 10}, 0, 0, RULE_OK},
		{{3, UINT64_MAX, UINT64_MAX}, 0, 0, RULE_OK},
		{{3, 100, 300}, 100, 199, RULE_LIMIT}, /* the callback stops it */
		{{STORE_LOG_MAX, 0, UINT64_MAX}, 5, 4, RULE_OK},
		{{STORE_LOG_MAX + 1, 0, UINT64_MAX}, 0, 0, RULE_OK},
		{{2, 0, UINT64_MAX}, 0, 0, RULE_OK},
	};
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		struct seen seen = {.good = true};
		enum rule rule = store_entry_scan(store, &scans[i].range, see, &seen);
		test_check(rule == scans[i].rule && seen.count == scans[i].count && seen.last == scans[i].last &&
				seen.good,
			"scan %zu", i);
	}
	store_close(store);
}

/* For each entry asks for the others, and writes. */
static enum rule nest(void *context, uint64_t index, struct bytes note, uint8_t state)
{
	struct seen *seen = context;
	struct seen inner = {.good = true};
	struct store_range range = {3, index, index + 2};
	(void)state;
	enum rule rule = store_entry_scan(seen->store, &range, see, &inner);
	seen->good = seen->good && rule == RULE_OK && inner.count == 2 && inner.good && note.size == 7;
	seen->count++;
	return store_value_put(seen->store, "nested", note);
}

static void test_nested(void)
{
	struct store *store = open_store("entries");
	struct seen seen = {.good = true, .store = store};
	struct store_range range = {3, 20, 40};
	store_begin(store);
	test_check(store_entry_scan(store, &range, nest, &seen) == RULE_OK && seen.count == 20 && seen.good,
		"a scan inside a scan");
	test_check(store_commit(store) == RULE_OK, "and writes inside it");
	struct buffer value = {0};
	test_check(store_value_get(store, "nested", &value) == RULE_OK && bytes_is(buffer_bytes(&value), "note 39"),
		"are there");
	buffer_free(&value);
	store_close(store);
}

static void test_tiles(void)
{
	struct store *store = open_store("tiles");
	uint8_t hashes[8192], read[8192];
	store_begin(store);
	bool good = true;
	for (unsigned level = 0; level <= 7; level++) {
		memset(hashes, (int)level + 1, sizeof(hashes));
		good = good && store_tile_put(store, 5, level, level, bytes_of(hashes, sizeof(hashes))) == RULE_OK;
	}
	good = good && store_tile_put(store, 5, 7, 7, bytes_of(hashes, sizeof(hashes))) == RULE_OK;
	test_check(good && store_commit(store) == RULE_OK, "tiles of eight levels, one twice");
	for (unsigned level = 0; level <= 7; level++)
		good = good && store_tile_get(store, 5, level, level, read, sizeof(read)) == RULE_OK &&
			read[0] == level + 1 && read[8191] == level + 1 &&
			store_tile_get(store, 5, level, level + 1, read, sizeof(read)) == RULE_NOT_FOUND;
	test_check(good, "are found, each at its place");
	test_check(store_tile_get(store, 5, 1, 1, read, 4096) == RULE_STORE_CORRUPT, "a tile of another size");
	test_check(store_tile_get(store, 5, 8, 0, read, 8192) == RULE_NOT_FOUND &&
		store_tile_get(store, 5, 0, (uint64_t)1 << 45, read, 8192) == RULE_NOT_FOUND, "no such place to read");
	store_begin(store);
	test_check(store_tile_put(store, 5, 8, 0, bytes_of(hashes, 8192)) == RULE_LIMIT &&
			store_tile_put(store, 5, 0, (uint64_t)1 << 45, bytes_of(hashes, 8192)) == RULE_LIMIT,
		"no such place to write");
	store_close(store);
}

static void test_checkpoints(void)
{
	struct store *store = open_store("checkpoints");
	struct buffer note = {0};
	uint64_t size = 0;
	test_check(store_checkpoint_get(store, 1, 0, &size, &note) == RULE_NOT_FOUND &&
		store_checkpoint_below(store, 1, UINT64_MAX, &size, &note) == RULE_NOT_FOUND, "no checkpoint");
	store_begin(store);
	test_check(store_checkpoint_put(store, 1, 10, BYTES("ten")) == RULE_OK &&
			store_checkpoint_put(store, 1, 20, BYTES("twenty")) == RULE_OK &&
			store_checkpoint_put(store, 1, 10, BYTES("TEN")) == RULE_OK &&
			store_checkpoint_put(store, 2, 15, BYTES("other")) == RULE_OK &&
			store_checkpoint_put(store, 3, INT64_MAX, BYTES("largest")) == RULE_OK &&
			store_checkpoint_put(store, 1, (uint64_t)INT64_MAX + 1, BYTES("x")) == RULE_LIMIT &&
			store_commit(store) == RULE_OK,
		"checkpoints put");
	static const struct {
		unsigned log;
		bool below;
		uint64_t bound, size;
		const char *note;
	} gets[] = {
		{1, false, 0, 10, "TEN"}, {1, false, 10, 10, "TEN"}, {1, false, 11, 20, "twenty"},
		{1, false, 20, 20, "twenty"}, {1, false, 21, 0, NULL}, {2, false, 0, 15, "other"},
		{3, false, INT64_MAX, INT64_MAX, "largest"}, {3, false, (uint64_t)INT64_MAX + 1, 0, NULL},
		{1, true, UINT64_MAX, 20, "twenty"}, {1, true, 21, 20, "twenty"}, {1, true, 20, 10, "TEN"},
		{1, true, 10, 0, NULL}, {1, true, 0, 0, NULL}, {3, true, UINT64_MAX, INT64_MAX, "largest"},
		{3, true, INT64_MAX, 0, NULL}, {4, true, UINT64_MAX, 0, NULL},
	};
	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		buffer_clear(&note);
		size = 0;
		enum rule rule = gets[i].below ? store_checkpoint_below(store, gets[i].log, gets[i].bound, &size, &note)
			: store_checkpoint_get(store, gets[i].log, gets[i].bound, &size, &note);
		bool good = gets[i].note == NULL ? rule == RULE_NOT_FOUND && size == 0 && note.size == 0
			: rule == RULE_OK && size == gets[i].size && bytes_is(buffer_bytes(&note), gets[i].note);
		test_check(good, "checkpoint %zu", i);
	}
	buffer_free(&note);
	store_close(store);
}

static enum rule collect(void *context, unsigned log, uint64_t index)
{
	struct buffer *to = context;
	buffer_format(to, "%u/%llu ", log, (unsigned long long)index);
	return to->size > 20 ? RULE_LIMIT : RULE_OK;
}

/* The marks 0/0 to 0/49 are in the open transaction. */
static void test_marks_move(struct store *store)
{
	struct store_mark mark = {1, BYTES("many"), 0, 7}, gone = {1, BYTES("many"), 0, 8};
	bool good = store_mark_remove(store, &gone) == RULE_OK && store_mark_remove(store, &gone) == RULE_OK;
	test_check(good && store_mark_next(store, &mark) == RULE_OK && mark.index == 7, "a mark at the place itself");
	mark.index = 8;
	test_check(store_mark_next(store, &mark) == RULE_OK && mark.index == 9, "one that was removed is passed over");
	store_mark_add(store, &(struct store_mark){1, BYTES("many"), 1, 3});
	mark.index = 50;
	test_check(store_mark_next(store, &mark) == RULE_NOT_FOUND, "the next mark of a log is none of another's");
	mark = (struct store_mark){1, BYTES("man"), 0, 0};
	test_check(store_mark_next(store, &mark) == RULE_NOT_FOUND, "nor of another key");
}

static void test_marks(void)
{
	struct store *store = open_store("marks");
	static const struct store_mark marks[] = {
		{7, BYTES("key"), 2, 5},
		{7, BYTES("key"), 1, 9},
		{7, BYTES("key"), 2, 5},
		{7, BYTES("key2"), 3, 3},
		{8, BYTES("key"), 4, 4},
		{7, BYTES(""), 5, 5},
		{7, BYTES("k\0y"), STORE_LOG_MAX, ((uint64_t)1 << 48) - 1},
	};
	store_begin(store);
	bool good = true;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		good = good && store_mark_add(store, &marks[i]) == RULE_OK;
	test_check(good &&
			store_mark_add(store, &(struct store_mark){7, BYTES("x"), 0, (uint64_t)1 << 48}) ==
				RULE_LIMIT &&
			store_commit(store) == RULE_OK,
		"marks, one twice");
	static const struct {
		unsigned kind;
		struct bytes key;
		const char *places;
	} scans[] = {
		{7, BYTES("key"), "1/9 2/5 "},
		{7, BYTES("key2"), "3/3 "},
		{8, BYTES("key"), "4/4 "},
		{7, {NULL, 0}, "5/5 "},
		{7, BYTES("k\0y"), "32767/281474976710655 "},
		{9, BYTES("key"), ""},
		{7, BYTES("ke"), ""},
	};
	struct buffer places = {0};
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++) {
		buffer_clear(&places);
		enum rule rule = store_mark_scan(store, scans[i].kind, scans[i].key, collect, &places);
		test_check((rule == RULE_OK || places.size > 20) && bytes_is(buffer_bytes(&places), scans[i].places),
			"marks %zu", i);
	}
	store_begin(store);
	for (uint64_t i = 0; i < 50; i++)
		store_mark_add(store, &(struct store_mark){1, BYTES("many"), 0, i});
	buffer_clear(&places);
	test_check(store_mark_scan(store, 1, BYTES("many"), collect, &places) == RULE_LIMIT &&
			bytes_is(buffer_bytes(&places), "0/0 0/1 0/2 0/3 0/4 0/5 "),
		"the callback stops a scan; open writes are seen");
	test_marks_move(store);
	buffer_free(&places);
	store_close(store);
}

static void test_transactions(void)
{
	struct store *store = open_store("transactions");
	struct buffer value = {0};
	store_begin(store);
	store_value_put(store, "a", BYTES("1"));
	store_rollback(store);
	test_check(store_value_get(store, "a", &value) == RULE_NOT_FOUND, "rolled back");
	store_begin(store);
	store_value_put(store, "a", BYTES("2"));
	store_commit(store);
	store_begin(store);
	store_value_put(store, "a", BYTES("3"));
	store_close(store); /* without commit */
	store = open_store("transactions");
	test_check(store_value_get(store, "a", &value) == RULE_OK && bytes_is(buffer_bytes(&value), "2"),
		"committed stays, open goes");
	store_begin(store);
	test_check(store_commit(store) == RULE_OK, "an empty transaction");
	struct stat file, wal;
	char name[256];
	snprintf(name, sizeof(name), "%s-wal", folder_path("transactions"));
	store_begin(store);
	store_value_put(store, "b", BYTES("x"));
	store_commit(store);
	test_check(stat(folder_path("transactions"), &file) == 0 && (file.st_mode & 0777) == 0600 &&
			stat(name, &wal) == 0 && (wal.st_mode & 0777) == 0600,
		"nobody else may read the files");
	store_close(store);
	test_check(stat(name, &wal) != 0, "a close leaves one file");
	buffer_free(&value);
}

/* ---- opening what is not a sound store ---- */

static void write_file(const char *name, struct bytes content, off_t at)
{
	int fd = open(folder_path(name), O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || pwrite(fd, content.data, content.size, at) != (ssize_t)content.size)
		abort();
	close(fd);
}

static void make_store(const char *name)
{
	unlink(folder_path(name));
	struct store *store = open_store(name);
	uint8_t note[3000] = {1};
	store_begin(store);
	for (uint64_t i = 0; i < 200; i++)
		store_entry_add(store, 0, i, bytes_of(note, sizeof(note)), 0);
	store_commit(store);
	store_close(store);
}

static enum rule try_open(const char *name)
{
	struct store *store = NULL;
	struct fault fault = {0};
	enum rule rule = store_open(&store, folder_path(name), &fault);
	if (rule != RULE_OK && (store != NULL || fault.rule != rule || strstr(fault.detail, name) == NULL))
		test_check(false, "%s: store untouched, fault names the file", name);
	store_close(store);
	return rule;
}

static void test_open(void)
{
	test_check(try_open("no-such-folder/store") == RULE_NOT_FOUND, "no such folder");
	mkdir(folder_path("is-a-folder"), 0700);
	test_check(try_open("is-a-folder") == RULE_STORE_FORMAT, "a folder");
	mkfifo(folder_path("is-a-pipe"), 0600);
	test_check(try_open("is-a-pipe") == RULE_STORE_FORMAT, "a pipe");
	static char text[] =
		"This is a letter to my aunt, and much longer than the header of any database, so that it is read.\n"
		"This is a letter to my aunt, and much longer than the header of any database, so that it is read.\n";
	write_file("letter", bytes_of(text, sizeof(text)), 0);
	test_check(try_open("letter") == RULE_STORE_FORMAT, "a text");
	int fd = open(folder_path("letter"), O_RDONLY);
	char again[sizeof(text)] = "";
	test_check(read(fd, again, sizeof(again)) == (ssize_t)sizeof(text) && memcmp(text, again, sizeof(text)) == 0,
		"is left as it was");
	close(fd);
	write_file("empty", BYTES(""), 0);
	test_check(try_open("empty") == RULE_OK && try_open("empty") == RULE_OK, "an empty file becomes a store");
	make_store("of-others");
	write_file("of-others", BYTES("\0\0\0\1"), 68);
	test_check(try_open("of-others") == RULE_STORE_FORMAT, "another application's database");
	make_store("newer");
	write_file("newer", BYTES("\0\0\0\2"), 60);
	test_check(try_open("newer") == RULE_STORE_FORMAT, "another version's store");
}

static void test_damaged(void)
{
	uint8_t garbage[4096];
	memset(garbage, 0xa5, sizeof(garbage));
	make_store("damaged");
	for (off_t page = 10; page < 60; page++)
		write_file("damaged", bytes_of(garbage, sizeof(garbage)), page * 4096);
	struct store *store = NULL;
	enum rule rule = store_open(&store, folder_path("damaged"), NULL);
	for (uint64_t i = 0; rule == RULE_OK && i < 200; i++)
		rule = store_entry_get(store, 0, i, NULL, NULL);
	test_check(rule == RULE_STORE_CORRUPT, "damaged pages: %s", rule_name(rule));
	store_close(store);
	make_store("schema");
	write_file("schema", bytes_of(garbage, 3900), 100);
	test_check(try_open("schema") == RULE_STORE_CORRUPT, "a damaged first page");
	make_store("cut");
	if (truncate(folder_path("cut"), 8192) != 0)
		abort();
	test_check(try_open("cut") == RULE_STORE_CORRUPT, "a file cut short");
	make_store("headless");
	write_file("headless", bytes_of(garbage, 100), 0);
	test_check(try_open("headless") == RULE_STORE_FORMAT, "a damaged header");
}

/* Runs `body` in a child, as an ordinary user where we are root; gives what it returned. */
static int in_child(int (*body)(void), bool drop)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (drop && getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		_exit(body());
	}
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int open_busy(void)
{
	return (int)try_open("busy");
}

static int open_read_only(void)
{
	return (int)try_open("read-only");
}

static int open_in_closed_folder(void)
{
	return (int)try_open("closed/store");
}

static void test_others(void)
{
	struct store *store = open_store("busy");
	test_check(in_child(open_busy, false) == (int)RULE_STORE_BUSY, "a second process is refused");
	store_begin(store);
	store_value_put(store, "a", BYTES("1"));
	test_check(store_commit(store) == RULE_OK, "the first goes on");
	store_close(store);
	test_check(in_child(open_busy, false) == (int)RULE_OK, "after it the second has its turn");
	make_store("read-only");
	chmod(folder, 0755);
	chmod(folder_path("read-only"), 0444);
	test_check(in_child(open_read_only, true) == (int)RULE_PERMISSION, "a file that may only be read");
	mkdir(folder_path("closed"), 0755);
	make_store("closed/store");
	chmod(folder_path("closed/store"), 0666);
	chmod(folder_path("closed"), 0555);
	test_check(in_child(open_in_closed_folder, true) == (int)RULE_PERMISSION, "a folder where no file may be made");
	chmod(folder_path("closed"), 0755);
}

/* ---- limits of the machine ---- */

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit = {bytes, RLIM_INFINITY};
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		abort();
}

static enum rule commit_some(struct store *store, uint64_t index, unsigned count)
{
	static uint8_t note[4000];
	enum rule rule = store_begin(store);
	for (unsigned i = 0; rule == RULE_OK && i < count; i++)
		rule = store_entry_add(store, 0, index + i, bytes_of(note, sizeof(note)), 0);
	enum rule end = store_commit(store);
	return rule != RULE_OK && end == rule ? rule : end;
}

static uint64_t count_all(struct store *store)
{
	uint64_t count = 0;
	while (store_entry_get(store, 0, count, NULL, NULL) == RULE_OK)
		count++;
	return count;
}

static int full_disk(void)
{
	signal(SIGXFSZ, SIG_IGN);
	struct store *store = open_store("full");
	if (commit_some(store, 0, 10) != RULE_OK)
		return 1;
	set_file_limit(1 << 20);
	uint64_t done = 10;
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && (rule = commit_some(store, done, 10)) == RULE_OK)
		done += 10;
	if (rule != RULE_DISK_FULL)
		return 2;
	if (count_all(store) != done)
		return 3;
	/* A transaction larger than the cache is written before it commits; it ends at once, and stays ended. */
	if (commit_some(store, done, 5000) != RULE_DISK_FULL || count_all(store) != done)
		return 4;
	set_file_limit(RLIM_INFINITY);
	if (commit_some(store, done, 5000) != RULE_OK || count_all(store) != done + 5000)
		return 5;
	store_close(store);
	store = open_store("full");
	if (count_all(store) != done + 5000)
		return 6;
	store_close(store);
	return 0;
}

static int full_disk_opening(void)
{
	signal(SIGXFSZ, SIG_IGN);
	set_file_limit(2048);
	return (int)try_open("no-room");
}

static void test_full(void)
{
	int result = in_child(full_disk, false);
	test_check(result == 0, "a full disk: refused, nothing lost, goes on when there is room (%d)", result);
	test_check(in_child(full_disk_opening, false) == (int)RULE_DISK_FULL && try_open("no-room") == RULE_OK,
		"no room for a new store; later there is");
}

static struct buffer told;
static enum rule tell(void *context, uint64_t number, struct bytes event)
{
	unsigned *most = context;
	buffer_format(&told, "%llu=%.*s ", (unsigned long long)number, BYTES_SHOWN(event));
	return --*most == 0 ? RULE_NOT_FOUND : RULE_OK;
}

static bool tells(struct store *store, uint64_t from, unsigned most, const char *wanted)
{
	bool whole = most == 0;
	buffer_clear(&told);
	enum rule rule = store_event_scan(store, from, tell, &most);
	return rule == (whole ? RULE_OK : RULE_NOT_FOUND) && bytes_is(buffer_bytes(&told), wanted);
}

static void test_events(void)
{
	struct store *store = open_store("events");
	uint64_t first = 9, last = 9, number[4] = {0};
	test_check(store_event_bounds(store, &first, &last) == RULE_OK && first == 0 && last == 0 && tells(store, 0, 0, ""),
		"no events yet");
	bool good = store_begin(store) == RULE_OK;
	good = good && store_event_add(store, BYTES("one"), &number[0]) == RULE_OK &&
		store_event_add(store, BYTES("two"), &number[1]) == RULE_OK;
	good = store_commit(store) == RULE_OK && good;
	store_begin(store);
	good = good && store_event_add(store, BYTES("undone"), &number[2]) == RULE_OK;
	store_rollback(store);
	store_begin(store);
	good = good && store_event_add(store, BYTES("three"), &number[2]) == RULE_OK &&
		store_event_add(store, BYTES(""), &number[3]) == RULE_OK;
	good = store_commit(store) == RULE_OK && good;
	test_check(good && number[0] == 1 && number[1] == 2 && number[2] == 3 && number[3] == 4,
		"events are numbered from 1 without a gap, also after a rollback");
	test_check(tells(store, 0, 0, "1=one 2=two 3=three 4= ") && tells(store, 3, 0, "3=three 4= ") &&
		tells(store, 5, 0, "") && tells(store, UINT64_MAX, 0, ""), "and told from any number on");
	test_check(tells(store, 1, 2, "1=one 2=two "), "as far as who asks wants");
	store_begin(store);
	good = store_event_drop(store, 3) == RULE_OK;
	good = store_commit(store) == RULE_OK && good;
	test_check(good && tells(store, 0, 0, "3=three 4= "), "old ones are dropped");
	store_begin(store);
	good = store_event_drop(store, UINT64_MAX) == RULE_OK;
	good = store_commit(store) == RULE_OK && good;
	store_close(store);
	store = open_store("events");
	store_begin(store);
	good = good && store_event_add(store, BYTES("five"), &number[0]) == RULE_OK && number[0] == 5;
	good = store_commit(store) == RULE_OK && good;
	test_check(good && store_event_bounds(store, &first, &last) == RULE_OK && first == 4 && last == 5,
		"but never the newest, so that no number comes twice");
	store_close(store);
	buffer_free(&told);
}

static int much(void)
{
	struct store *store = open_store("much");
	char wal[256];
	snprintf(wal, sizeof(wal), "%s-wal", folder_path("much"));
	for (uint64_t i = 0; i < 50000; i += 50)
		if (commit_some(store, i, 50) != RULE_OK)
			return 1;
	struct stat status;
	if (stat(wal, &status) != 0 || status.st_size > 70 << 20)
		return 2;
#ifndef DETENTE_SANITIZED
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	if (usage.ru_maxrss > 24 << 10)
		return 3;
#endif
	if (count_all(store) != 50000)
		return 4;
	store_close(store);
	return 0;
}

static void test_rows(void)
{
	struct store *store = open_store("rows");
	struct buffer key = {0}, value = {0};
	test_check(store_begin(store) == RULE_OK && store_row_put(store, BYTES("b"), BYTES("1")) == RULE_OK &&
		store_row_put(store, BYTES("b\xff"), BYTES("2")) == RULE_OK &&
		store_row_put(store, BYTES("c"), BYTES("3")) == RULE_OK &&
		store_row_put(store, BYTES("b"), BYTES("one")) == RULE_OK && store_commit(store) == RULE_OK, "rows are kept");
	test_check(store_row_get(store, BYTES("b"), &value) == RULE_OK && bytes_is(buffer_bytes(&value), "one"),
		"a row is replaced");
	test_check(store_row_get(store, BYTES("a"), &value) == RULE_NOT_FOUND, "a row that is not there");
	buffer_clear(&value);
	test_check(store_row_next(store, BYTES("b\1"), &key, &value) == RULE_OK &&
		bytes_is(buffer_bytes(&key), "b\xff") && bytes_is(buffer_bytes(&value), "2"), "keys ascend bytewise");
	test_check(store_row_next(store, BYTES("c\1"), &key, &value) == RULE_NOT_FOUND, "after the last: none");
	test_check(store_begin(store) == RULE_OK && store_row_remove(store, BYTES("b")) == RULE_OK &&
		store_row_remove(store, BYTES("zzz")) == RULE_OK, "a row is removed, and one that was not there");
	test_check(store_row_get(store, BYTES("b"), &value) == RULE_NOT_FOUND, "then it is gone");
	store_rollback(store);
	test_check(store_row_get(store, BYTES("b"), &value) == RULE_OK, "and back with what was rolled back");
	buffer_free(&key);
	buffer_free(&value);
	store_close(store);
}

int main(void)
{
	test_start();
	folder_make();
	test_entries();
	test_scan();
	test_nested();
	test_tiles();
	test_checkpoints();
	test_marks();
	test_events();
	test_rows();
	test_transactions();
	test_open();
	test_damaged();
	test_others();
	test_full();
	int result = in_child(much, false);
	test_check(result == 0, "200 MB in 1,000 commits: the WAL stays below 70 MiB, memory below 24 MiB (%d)",
		result);
	folder_remove();
	return test_end();
}

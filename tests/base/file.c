/* file: reading and writing whole, through pipes that give and take little, and new files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "folder.h"
#include "test.h"

static uint8_t content[200000];

struct writing {
	int descriptor;
	size_t size;
	enum rule rule;
};

static void *write_slowly(void *context)
{
	struct writing *writing = context;
	writing->rule = file_write(writing->descriptor, bytes_of(content, writing->size));
	close(writing->descriptor);
	return NULL;
}

/* Reads `size` bytes out of a pipe, which holds fewer, behind a byte that was there before. */
static enum rule through_pipe(struct buffer *to, size_t size, size_t limit)
{
	int ends[2];
	pthread_t thread;
	if (pipe2(ends, O_CLOEXEC) != 0)
		abort();
	struct writing writing = {ends[1], size, RULE_OK};
	buffer_u8(to, 'b');
	if (pthread_create(&thread, NULL, write_slowly, &writing) != 0)
		abort();
	enum rule rule = file_read(ends[0], to, limit);
	char rest[4096];
	while (read(ends[0], rest, sizeof(rest)) > 0)
		;
	close(ends[0]);
	pthread_join(thread, NULL);
	return writing.rule == RULE_OK ? rule : RULE_COUNT;
}

static void reading(void)
{
	static const struct { size_t size, limit; enum rule rule; } cases[] = {
		{0, 0, RULE_OK}, {0, 10, RULE_OK}, {1, 0, RULE_LIMIT}, {10, 10, RULE_OK}, {11, 10, RULE_LIMIT},
		{65536, 65535, RULE_LIMIT}, {65536, 65536, RULE_OK}, {65537, 65536, RULE_LIMIT},
		{65537, 65537, RULE_OK}, {131072, SIZE_MAX, RULE_OK}, {sizeof(content), sizeof(content), RULE_OK},
		{sizeof(content), 131072, RULE_LIMIT},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer to = {0};
		bool good = through_pipe(&to, cases[i].size, cases[i].limit) == cases[i].rule && to.data[0] == 'b';
		if (cases[i].rule == RULE_OK)
			good = good && to.size == 1 + cases[i].size && memcmp(to.data + 1, content, cases[i].size) == 0;
		else
			good = good && to.size == 1;
		test_check(good, "%zu bytes where %zu may be", cases[i].size, cases[i].limit);
		buffer_free(&to);
	}
	struct buffer small = {.limit = 20};
	test_check(through_pipe(&small, 30, 100) == RULE_LIMIT, "no more than the buffer takes");
	buffer_free(&small);
	test_check(file_read(-1, &small, 10) == RULE_IO && small.size == 0, "a descriptor that is none");
	buffer_free(&small);
}

static void filling(void)
{
	uint8_t some[8] = {0};
	size_t size = 99;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	test_check(file_fill(fd, some, sizeof(some), &size) == RULE_OK && size == 0, "a file that ends at once");
	test_check(file_fill(zero, some, sizeof(some), &size) == RULE_OK && size == sizeof(some),
		"one that never ends");
	size = 99;
	test_check(file_fill(-1, some, sizeof(some), &size) == RULE_IO && size == 99 && errno == EBADF, "none");
	close(fd);
	close(zero);
}

static void creating(void)
{
	struct stat status;
	struct buffer again = {0};
	const char *path = folder_path("new");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	umask(0);
	test_check(file_create(fd, "new", BYTES("text")) == RULE_OK && stat(path, &status) == 0 &&
		(status.st_mode & 0777) == 0600, "a file of its owner only");
	test_check(file_create(AT_FDCWD, path, BYTES("other")) != RULE_OK && errno == EEXIST, "one that is there");
	int made = open(path, O_RDONLY | O_CLOEXEC);
	test_check(file_read(made, &again, 100) == RULE_OK && bytes_is(buffer_bytes(&again), "text"),
		"stays as it was");
	close(made);
	buffer_free(&again);
	test_check(file_create(fd, "no/such", BYTES("")) == RULE_NOT_FOUND, "in no folder");
	test_check(symlinkat("elsewhere", fd, "link") == 0 && file_create(fd, "link", BYTES("")) != RULE_OK &&
		errno == EEXIST, "never through a link");

	struct rlimit before, none = {100, 0};
	getrlimit(RLIMIT_FSIZE, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &none);
	enum rule rule = file_create(fd, "large", bytes_of(content, sizeof(content)));
	int error = errno;
	setrlimit(RLIMIT_FSIZE, &before);
	test_check(rule == RULE_DISK_FULL && error == EFBIG && faccessat(fd, "large", F_OK, 0) != 0,
		"nothing stays of what could not be written");
	close(fd);
}

int main(void)
{
	test_start();
	folder_make();
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 31 + i / 256);
	reading();
	filling();
	creating();
	folder_remove();
	return test_end();
}

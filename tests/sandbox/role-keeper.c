#include <pthread.h>

#include "channel.h"
#include "store.h"
#include "trial.h"

static int use_store(void)
{
	struct store *store;
	unlink(folder_path("inside/store"));
	if (store_open(&store, folder_path("inside/store"), NULL) != RULE_OK)
		return -1;
	bool good = true;
	for (uint64_t i = 0; good && i < 50; i++) {
		uint8_t note[60000] = {1};
		good = store_begin(store) == RULE_OK &&
			store_entry_add(store, 0, 2 * i, bytes_of(note, sizeof(note)), 0) == RULE_OK &&
			store_entry_add(store, 0, 2 * i + 1, bytes_of(note, sizeof(note)), 0) == RULE_OK &&
			store_commit(store) == RULE_OK;
	}
	store_close(store);
	good = good && store_open(&store, folder_path("inside/store"), NULL) == RULE_OK;
	good = good && store_entry_get(store, 0, 99, NULL, NULL) == RULE_OK;
	if (good)
		store_close(store);
	return good ? 0 : -1;
}

static int replace_file(void)
{
	int fd = open(folder_path("inside/new"), O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 || close(fd) != 0)
		return -1;
	int inside = open(folder_path("inside"), O_RDONLY | O_DIRECTORY);
	bool good = inside >= 0 && renameat(inside, "new", inside, "newer") == 0 && fsync(inside) == 0 &&
		mkdirat(inside, "deep", 0700) == 0 && renameat(inside, "newer", inside, "deep/newer") == 0 &&
		unlinkat(inside, "deep/newer", 0) == 0 && unlinkat(inside, "deep", AT_REMOVEDIR) == 0;
	return good ? 0 : -1;
}

static void *work(void *context)
{
	char *block = malloc(1 << 20);
	if (block != NULL)
		memset(block, 1, 1 << 20);
	*(bool *)context = block != NULL;
	free(block);
	return NULL;
}

static int use_threads(void)
{
	pthread_t threads[4];
	bool good[4] = {false};
	for (size_t i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, work, &good[i]) != 0)
			return -1;
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return good[0] && good[1] && good[2] && good[3] ? 0 : -1;
}

static int lock_memory(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page != MAP_FAILED && mlock(page, 4096) == 0 && madvise(page, 4096, MADV_DONTDUMP) == 0 &&
		mprotect(page, 4096, PROT_NONE) == 0 ? 0 : -1;
}

static int pair[2];

static int use_channel(void)
{
	struct channel *ends[2] = {channel_new(pair[0]), channel_new(pair[1])};
	int file = open(folder_path("inside/file"), O_RDONLY);
	struct frame out = {.type = 1, .payload = BYTES("x"), .descriptors = {file}, .descriptor_count = 1}, in;
	uid_t user;
	bool good = channel_send(ends[0], &out) == RULE_OK && channel_wait(ends[1], &in, 0) == RULE_OK &&
		in.descriptor_count == 1 && channel_peer_user(ends[1], &user) == RULE_OK;
	return good ? 0 : -1;
}

/* The whole way out, through the C library and what a sanitizer does at the end. */
static int end_well(void)
{
	printf("# a line from the sandbox\n");
	exit(use_store() == 0 && use_threads() == 0 ? 0 : 9);
}

static const struct attempt attempts[] = {
	ATTEMPTS_OF_ALL,
	ATTEMPTS_OF_CHILDREN,
	{"read a file inside", read_inside, DONE, ALWAYS},
	{"write a file inside", write_inside, DONE, ALWAYS},
	{"make a file inside", make_inside, DONE, ALWAYS},
	{"remove it", remove_inside, DONE, ALWAYS},
	{"replace a file durably", replace_file, DONE, ALWAYS},
	{"use a store", use_store, DONE, ALWAYS},
	{"use threads", use_threads, DONE, ALWAYS},
	{"lock memory", lock_memory, DONE, ALWAYS},
	{"use its channel", use_channel, DONE, ALWAYS},
	{"end well", end_well, DONE, ALWAYS},
	{"an Internet socket", socket_inet, KILLED, ALWAYS},
	{"a local socket", socket_unix, KILLED, ALWAYS},
	{"a packet socket", socket_packet, KILLED, ALWAYS},
	{"map code", map_code, REFUSED, SHIPPED},
	{"make code", make_code, REFUSED, SHIPPED},
};

int main(void)
{
	test_start();
	prepare_folders();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	struct sandbox_rules rules = {.role = SANDBOX_KEEPER,
		.read_write = {folder_path("inside"), folder_path("not-there")}};
	run_attempts("keeper", &rules, attempts, sizeof(attempts) / sizeof(attempts[0]));
	folder_remove();
	return test_end();
}

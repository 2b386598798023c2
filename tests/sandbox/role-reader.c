#include <dirent.h>
#include <pthread.h>

#include "trial.h"

static void *read_much(void *context)
{
	*(int *)context = read_inside();
	return NULL;
}

static int read_in_thread(void)
{
	pthread_t thread;
	int result = -1;
	if (pthread_create(&thread, NULL, read_much, &result) != 0)
		return -1;
	pthread_join(thread, NULL);
	return result;
}

static int list_inside(void)
{
	DIR *list = opendir(folder_path("inside"));
	bool good = list != NULL && readdir(list) != NULL;
	if (list != NULL)
		closedir(list);
	return good ? 0 : -1;
}

static int print(void)
{
	printf("# a line from the sandbox\n");
	return fflush(stdout);
}

static int end_well(void)
{
	exit(read_in_thread() == 0 && print() == 0 ? 0 : 9);
}

static int cut_inside(void)
{
	return truncate(folder_path("inside/file"), 0);
}

static int remove_file(void)
{
	return unlink(folder_path("inside/file"));
}

static int change_mode(void)
{
	return chmod(folder_path("inside/file"), 0666);
}

static const struct attempt attempts[] = {
	ATTEMPTS_OF_ALL,
	ATTEMPTS_OF_CHILDREN,
	{"read a file inside", read_inside, DONE, ALWAYS},
	{"list a folder inside", list_inside, DONE, ALWAYS},
	{"use a thread", read_in_thread, DONE, ALWAYS},
	{"print", print, DONE, ALWAYS},
	{"end well", end_well, DONE, ALWAYS},
	{"write a file inside", write_inside, REFUSED, BOTH},
	{"make a file inside", make_inside, REFUSED, BOTH},
	{"cut a file inside", cut_inside, REFUSED, ALWAYS},
	{"remove a file inside", remove_file, REFUSED, ALWAYS},
	{"open a file inside to everybody", change_mode, REFUSED, ALWAYS},
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
	struct sandbox_rules rules = {.role = SANDBOX_READER, .read_only = {folder_path("inside")}};
	run_attempts("reader", &rules, attempts, sizeof(attempts) / sizeof(attempts[0]));
	folder_remove();
	return test_end();
}

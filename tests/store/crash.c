/*
 * A process that dies: what was committed is there, what was not is not.
 */
#include "store.h"

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "drawn.h"
#include "folder.h"
#include "test.h"

#define ROUNDS 100

/* Tells the parent where we are, and goes on when it says so; it kills us instead when it is time. */
static void step(int to_parent, int from_parent, char what)
{
	char answer;
	if (write(to_parent, &what, 1) != 1 || read(from_parent, &answer, 1) != 1)
		_exit(1);
}

static void child(int to_parent, int from_parent, uint64_t index)
{
	struct store *store;
	if (store_open(&store, folder_path("store"), NULL) != RULE_OK)
		_exit(2);
	for (;;) {
		uint32_t count = 1 + draw(40);
		if (store_begin(store) != RULE_OK)
			_exit(3);
		step(to_parent, from_parent, 'b');
		for (uint32_t i = 0; i < count; i++, index++) {
			if (store_entry_add(store, 1, index, note_of(index), 0) != RULE_OK)
				_exit(4);
			step(to_parent, from_parent, 'a');
		}
		if (store_commit(store) != RULE_OK)
			_exit(5);
		step(to_parent, from_parent, 'c');
	}
}

/* Runs a child for `steps` steps and kills it; gives how many entries are committed, counted from `committed`. */
static uint64_t run(uint64_t committed, uint32_t steps)
{
	int up[2], down[2];
	if (pipe(up) != 0 || pipe(down) != 0)
		abort();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		child(up[1], down[0], committed);
	uint64_t added = 0;
	for (uint32_t i = 0; i < steps; i++) {
		char what = 0;
		if (read(up[0], &what, 1) != 1)
			abort();
		if (what == 'a')
			added++;
		if (what == 'c') {
			committed += added;
			added = 0;
		}
		if (i + 1 < steps && write(down[1], "g", 1) != 1)
			abort();
	}
	int status = 0;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(up[0]);
	close(up[1]);
	close(down[0]);
	close(down[1]);
	return WIFSIGNALED(status) ? committed : 0;
}

static bool holds(uint64_t committed)
{
	struct store *store;
	if (store_open(&store, folder_path("store"), NULL) != RULE_OK)
		return false;
	struct buffer note = {0};
	bool good = true;
	for (uint64_t i = 0; good && i < committed; i++) {
		buffer_clear(&note);
		good = store_entry_get(store, 1, i, &note, NULL) == RULE_OK &&
			bytes_equal(buffer_bytes(&note), note_of(i));
	}
	good = good && store_entry_get(store, 1, committed, NULL, NULL) == RULE_NOT_FOUND;
	buffer_free(&note);
	store_close(store);
	return good;
}

int main(void)
{
	test_start();
	folder_make();
	drawn_seed = 20190301;
	uint64_t committed = 0;
	bool good = true;
	unsigned rounds = 0;
	for (; good && rounds < ROUNDS; rounds++) {
		committed = run(committed, 1 + draw(120));
		good = draw(2) == 0 || holds(committed); /* else the next child finds what this one left */
	}
	good = good && holds(committed);
	test_check(good, "killed %u times between any two steps: %llu entries, all there and no more", rounds,
		(unsigned long long)committed);
	folder_remove();
	return test_end();
}

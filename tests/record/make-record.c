/*
 * make-record: writes an exported record of many entries, in two logs, for measurements. Signatures, hashes,
 * checkpoints and references are real; the sealed part of an entry is one of two made once, under a root that nothing
 * leads to, which only those with a key could tell.
 *
 * usage: make-record ENTRIES FOLDER       the folder must not exist; prints what it made and how long it took
 *
 * The two parties take turns: each stores what the other said, then makes a call and answers every call of the other's
 * turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "build.h"
#include "text.h"
#include "utc.h"

#define TURN 16          /* entries between two record/received, as of a node under load */
#define ENTRIES_A_SECOND 64

static const char text[] =
	"At 09:40 UTC our exchange saw traffic from three of your addresses that looks like a scan of settlement "
	"systems. Is this yours, or known to you? We take no step before 10:40 UTC and would be glad of a word.";

struct making {
	struct build build;
	uint64_t wanted, done; /* entries */
};

static void count(struct making *making)
{
	making->done++;
	if (making->done % ENTRIES_A_SECOND == 0)
		making->build.at++;
	if (making->done % 100000 == 0)
		fprintf(stderr, "make-record: %" PRIu64 " of %" PRIu64 " entries\n", making->done, making->wanted);
}

/*
 * One turn: what the other said is stored, its calls in the range are answered, and there are new calls: the range of
 * those.
 */
static void turn(struct making *making, size_t party, uint64_t range[2])
{
	struct build *build = &making->build;
	size_t other = 1 - party;
	if (range[1] > 0 && making->done < making->wanted) {
		build_received(build, party, other);
		count(making);
	}
	for (uint64_t i = range[0]; i < range[1] && making->done < making->wanted; i++) {
		const struct build_say answer = {.form = "hotline/answer", .to = other, .matter_party = other,
			.matter = i,
			.re_party = other, .re = i, .text = text};
		build_say(build, party, &answer);
		count(making);
	}
	range[0] = build->parties[party].size;
	for (unsigned i = 0; i < TURN / 2 && making->done < making->wanted; i++) {
		const struct build_say call = {.form = "hotline/call", .to = other, .opens = true, .text = text};
		build_say(build, party, &call);
		count(making);
	}
	range[1] = build->parties[party].size;
}

int main(int argc, char **arguments)
{
	struct making *making = calloc(1, sizeof(*making));
	int64_t start = clock_steady_ms();
	uint64_t range[2] = {0, 0};
	struct stat status;
	if (making == NULL || argc != 3 || text_decimal(bytes_string(arguments[1]), &making->wanted) != RULE_OK ||
	    making->wanted == 0 || stat(arguments[2], &status) == 0) {
		fprintf(stderr, "usage: make-record ENTRIES FOLDER (which must not exist)\n");
		free(making);
		return 2;
	}
	build_start(&making->build, 2);
	making->build.reuse = true;
	for (size_t party = 0; making->done < making->wanted; party = 1 - party)
		turn(making, party, range);
	build_close(&making->build, 0);
	build_close(&making->build, 1);
	build_export(&making->build, arguments[2]);
	printf("%" PRIu64 " entries in %.1f s\n", making->done, (double)(clock_steady_ms() - start) / 1000);
	build_end(&making->build);
	free(making);
	return 0;
}

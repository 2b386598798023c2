/*
 * Two verifiers that share nothing, ours and tests/verifier/verify-record, agree on a record and on each way to spoil
 * it.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "tamper.h"
#include "test.h"
#include "verify.h"

/* What a command prints, as much of it as there is room for. */
static void output_of(const char *command, char *text, size_t size)
{
	FILE *output = popen(command, "r");
	size_t got = output == NULL ? 0 : fread(text, 1, size - 1, output);
	text[got] = '\0';
	while (output != NULL && getc(output) != EOF)
		continue;
	if (output != NULL)
		pclose(output);
}

static bool ours(const char *path, struct verify_report *report)
{
	*report = (struct verify_report){0};
	int at = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || verify_record(at, NULL, report) != RULE_OK)
		abort();
	close(at);
	return report->verdict == RULE_OK;
}

static void compare(const char *name, const char *path)
{
	struct verify_report report;
	char command[4096], line[256];
	bool proved = ours(path, &report);
	snprintf(command, sizeof(command), "/usr/bin/python3 '%s/tests/verifier/verify-record' '%s'",
		getenv("DETENTE_SOURCE"), path);
	output_of(command, line, sizeof(line));
	if (!test_check(strncmp(line, proved ? "PROVED:" : "REFUSED:", proved ? 7 : 8) == 0, "both: %s: %s", name,
		    proved ? "proved" : "refused"))
		printf("# ours: %s, the other: %s\n", rule_name(report.verdict), line);
	verify_report_free(&report);
}

int main(void)
{
	char line[256];
	test_start();
	folder_make();
	output_of("/usr/bin/python3 -c 'import cryptography; print(1)' 2>/dev/null", line, sizeof(line));
	if (getenv("DETENTE_SOURCE") == NULL) {
		test_skip("a second verifier", "DETENTE_SOURCE, the source folder");
	} else if (line[0] != '1') {
		test_skip("a second verifier", "the Debian packages python3 and python3-cryptography");
	} else {
		tamper_make(NULL, folder_path("good"));
		compare("nothing wrong", folder_path("good"));
		for (size_t i = 0; i < tampering_count; i++) {
			char name[32];
			snprintf(name, sizeof(name), "tampered-%zu", i);
			tamper_make(&tamperings[i], folder_path(name));
			compare(tamperings[i].name, folder_path(name));
		}
	}
	folder_remove();
	return test_end();
}

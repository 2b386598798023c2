#include "tool_commit.h"

#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto.h"
#include "file.h"
#include "help.h"
#include "input.h"
#include "kernel.h"
#include "output.h"
#include "random.h"
#include "say.h"
#include "text.h"

static const char *const usages[] = {
	"detente tool commit [-s SALT] [FILE]",
	NULL};
static const char *const what[] = {
	W("What is said of a document before it is shown, and when it is: three lines, as 'send' takes them."),
	W("To commit, send commitment=... and keep the rest; to reveal, send version=... and salt=..., and the "
		"document itself."),
	W("Without FILE or with - it is standard input that is read."),
	NULL};
static const char *const further[] = {
	HELP_STATUS,
	NULL};
static const struct help_option help_options[] = {
	{"-s SALT", W("a salt that was made before (64 hex digits): what is printed must be what was printed "
		"then")},
	{NULL, NULL}};
static const struct help_page page = {usages, what, further, help_options, 8};

static void add_line(struct buffer *to, const char *key, const uint8_t hash[SHA256_SIZE])
{
	buffer_format(to, "%s=", key);
	text_hex(to, bytes_of(hash, SHA256_SIZE));
	buffer_string(to, "\n");
}

static int print_commitment(struct bytes document, const uint8_t salt[SHA256_SIZE])
{
	uint8_t version[SHA256_SIZE], commitment[SHA256_SIZE];
	struct buffer text = {0};
	sha256(document, version);
	kernel_commitment(salt, version, commitment);
	add_line(&text, "commitment", commitment);
	add_line(&text, "version", version);
	add_line(&text, "salt", salt);
	enum rule rule = text.rule == RULE_OK ? file_write(STDOUT_FILENO, buffer_bytes(&text)) : text.rule;
	buffer_free(&text);
	return rule == RULE_OK ? DONE : say_rule(T("standard output"), rule, "");
}

static int help(void)
{
	struct buffer text = {0};
	help_page(&text, &page);
	help_print(&text);
	return DONE;
}

int tool_commit(int count, char **arguments)
{
	uint8_t salt[SHA256_SIZE];
	bool given = false;
	struct buffer document = {0};
	int option;
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--help") == 0) {
			help();
			return DONE;
		}
	}
	optind = 1;
	while ((option = getopt(count, arguments, "s:")) != -1) {
		if (option != 's')
			return say_wrong("tool commit", "", "");
		given = true;
		if (text_unhex(bytes_string(optarg), salt, sizeof(salt)) != RULE_OK)
			return say_wrong("tool commit", W("a salt is 64 hex digits"), optarg);
	}
	if (count - optind > 1)
		return say_wrong("tool commit", W("one FILE at most"), arguments[optind + 1]);
	if (!given)
		random_fill(&random_system, salt, sizeof(salt));
	const char *path = optind < count ? arguments[optind] : NULL;
	enum rule rule = input_read(&document, path, BUFFER_LIMIT_DEFAULT);
	int status = rule == RULE_OK ? print_commitment(buffer_bytes(&document), salt)
		: say_rule(input_name(path), rule, "");
	buffer_free(&document);
	return status;
}

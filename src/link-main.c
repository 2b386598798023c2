/*
 * detente-link: the process of a node that speaks to the network. Started by `detente serve`.
 */
#include <sys/resource.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "link.h"
#include "text.h"
#include "tls.h"

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USE = 2, EXIT_SYSTEM = 4 };

static const char usage[] =
	"usage: detente-link --make-identity DIR --name PARTY\n"
	"       detente-link --serve FD --identity DIR [--without-landlock] [--deadline-ms N] [--slow-ms N]\n"
	"                    [--stall-ms N] [--again-ms N]\n"
	"\n"
	"  --make-identity DIR   make DIR/tls.key and DIR/tls.crt and print the pin of the key\n"
	"  --name PARTY          the party that the certificate names\n"
	"  --serve FD            carry for the keeper at the other end of the socket FD, until it closes\n"
	"  --identity DIR        where tls.key and tls.crt are\n"
	"  --without-landlock    go on where the kernel has no Landlock\n"
	"  --deadline-ms N       for tests: every deadline is N milliseconds, 1 to 600000\n"
	"  --slow-ms N           for tests: how long an address may take before the next is tried beside it\n"
	"  --stall-ms N          for tests: how long nothing may move before the next address is tried beside it\n"
	"  --again-ms N          for tests: how long until the preferred address is tried first again\n";

struct arguments {
	const char *make, *name, *serve, *identity, *deadline, *slow, *stall, *again;
	bool without_landlock, help;
};

static bool parse(int argc, char **argv, struct arguments *to)
{
	static const struct option options[] = {
		{"make-identity", required_argument, NULL, 'm'}, {"name", required_argument, NULL, 'n'},
		{"serve", required_argument, NULL, 's'}, {"identity", required_argument, NULL, 'i'},
		{"without-landlock", no_argument, NULL, 'w'}, {"deadline-ms", required_argument, NULL, 'd'},
		{"slow-ms", required_argument, NULL, 'l'}, {"again-ms", required_argument, NULL, 'a'},
		{"stall-ms", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'}, {0},
	};
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'm':
			to->make = optarg;
			break;
		case 'n':
			to->name = optarg;
			break;
		case 's':
			to->serve = optarg;
			break;
		case 'i':
			to->identity = optarg;
			break;
		case 'd':
			to->deadline = optarg;
			break;
		case 'l':
			to->slow = optarg;
			break;
		case 't':
			to->stall = optarg;
			break;
		case 'a':
			to->again = optarg;
			break;
		case 'w':
			to->without_landlock = true;
			break;
		case 'h':
			to->help = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc;
}

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	return text_decimal(bytes_string(text), value) == RULE_OK && *value >= least && *value <= most;
}

static int fail(const struct fault *fault, int status)
{
	fprintf(stderr, "detente-link: %s%s%s [%s]\n", fault->detail, fault->detail[0] == '\0' ? "" : "; ",
		rule_sentence(fault->rule), rule_name(fault->rule));
	return status;
}

static int make(const struct arguments *arguments)
{
	uint8_t pin[TLS_PIN_SIZE];
	struct fault fault = {0};
	enum rule rule = tls_make(arguments->make, arguments->name, pin, &fault);
	if (rule != RULE_OK)
		return fail(&fault, rule == RULE_TLS_EXISTS ? EXIT_REFUSED : EXIT_SYSTEM);
	struct buffer line = {0};
	text_hex(&line, bytes_of(pin, sizeof(pin)));
	buffer_u8(&line, '\n');
	bool good = line.rule == RULE_OK && fwrite(line.data, 1, line.size, stdout) == line.size && fflush(stdout) == 0;
	buffer_free(&line);
	return good ? EXIT_DONE : EXIT_SYSTEM;
}

/* Connections need descriptors: as many as this process may have. */
static void raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Sets a time where an option gives it. */
static bool take_time(const char *text, int64_t *time)
{
	uint64_t value;
	if (text == NULL)
		return true;
	if (!number(text, 1, 600000, &value))
		return false;
	*time = (int64_t)value;
	return true;
}

static bool take_times(const struct arguments *arguments, struct deadlines *deadlines)
{
	if (!take_time(arguments->deadline, &deadlines->request))
		return false;
	if (arguments->deadline != NULL)
		deadlines->handshake = deadlines->idle = deadlines->request;
	return take_time(arguments->slow, &deadlines->slow) && take_time(arguments->stall, &deadlines->stall) &&
		take_time(arguments->again, &deadlines->again);
}

static int serve(const struct arguments *arguments)
{
	uint64_t fd;
	struct link_options options = {.identity = arguments->identity, .without_landlock = arguments->without_landlock,
		.deadlines = DEADLINES_USUAL};
	struct fault fault = {0};
	if (!number(arguments->serve, 3, INT32_MAX, &fd) || !take_times(arguments, &options.deadlines))
		return EXIT_USE;
	options.keeper = (int)fd;
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	return link_run(&options, &fault) == RULE_OK ? EXIT_DONE : fail(&fault, EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = EXIT_USE;
	if (!parse(argc, argv, &arguments)) {
		fputs(usage, stderr);
		return EXIT_USE;
	}
	if (arguments.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (arguments.make != NULL && arguments.name != NULL && arguments.serve == NULL)
		status = make(&arguments);
	else if (arguments.serve != NULL && arguments.identity != NULL && arguments.make == NULL)
		status = serve(&arguments);
	if (status == EXIT_USE)
		fputs(usage, stderr);
	return status;
}

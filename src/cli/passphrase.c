#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "crypto.h"
#include "file.h"
#include "words.h"

/* Byte by byte, so that nothing after the line is taken. */
static enum rule read_line(int descriptor, uint8_t to[PASSPHRASE_MAX], size_t *size)
{
	for (*size = 0;;) {
		uint8_t byte;
		ssize_t got = read(descriptor, &byte, 1);
		if (got < 0 && errno != EINTR)
			return rule_of_errno(errno);
		if (got == 0 || (got == 1 && byte == '\n'))
			return RULE_OK;
		if (*size == PASSPHRASE_MAX)
			return RULE_LIMIT;
		if (got == 1)
			to[(*size)++] = byte;
	}
}

enum rule passphrase_read(struct passphrase *passphrase, int descriptor)
{
	enum rule rule = read_line(descriptor, passphrase->text, &passphrase->size);
	return rule == RULE_OK && passphrase->size == 0 ? RULE_AGE_PASSPHRASE : rule;
}

/* Prompts and reads a line; a signal ends the waiting, and is left for whoever unblocks it. */
static enum rule prompt(int terminal, int signals, const char *text, uint8_t to[PASSPHRASE_MAX], size_t *size)
{
	struct pollfd ready[] = {{terminal, POLLIN, 0}, {signals, POLLIN, 0}};
	enum rule rule = file_write(terminal, bytes_string(text));
	if (rule == RULE_OK)
		rule = file_write(terminal, BYTES(" "));
	while (rule == RULE_OK && poll(ready, 2, -1) < 0)
		rule = errno == EINTR ? RULE_OK : RULE_IO;
	if (rule == RULE_OK && ready[1].revents != 0)
		rule = RULE_IO;
	if (rule == RULE_OK)
		rule = read_line(terminal, to, size);
	file_write(terminal, BYTES("\n"));
	return rule;
}

static enum rule ask(struct passphrase *passphrase, int terminal, int signals, bool twice)
{
	size_t size = 0;
	enum rule rule = prompt(terminal, signals, T("Enter passphrase:"), passphrase->text, &passphrase->size);
	if (rule == RULE_OK && passphrase->size == 0)
		rule = RULE_AGE_PASSPHRASE;
	if (rule != RULE_OK || !twice)
		return rule;
	rule = prompt(terminal, signals, T("Confirm passphrase:"), passphrase->again, &size);
	if (rule != RULE_OK)
		return rule;
	bool same = size == passphrase->size && secret_equal(passphrase->text, passphrase->again, size);
	return same ? RULE_OK : RULE_AGE_PASSPHRASE;
}

/* Those that end the program, unless whoever started it had them ignored. */
static sigset_t ending_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sigaction action;
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, numbers[i]);
	}
	return set;
}

enum rule passphrase_ask(struct passphrase *passphrase, bool twice)
{
	struct termios before, silent;
	sigset_t held = ending_signals(), mask;
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
		if (terminal >= 0)
			close(terminal);
		return RULE_CLI_TERMINAL;
	}
	sigprocmask(SIG_BLOCK, &held, &mask);
	int signals = signalfd(-1, &held, SFD_CLOEXEC);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	enum rule rule = RULE_IO;
	if (signals >= 0 && tcsetattr(terminal, TCSANOW, &silent) == 0)
		rule = ask(passphrase, terminal, signals, twice);
	tcsetattr(terminal, TCSANOW, &before);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (signals >= 0)
		close(signals);
	close(terminal);
	return rule;
}

/*
 * card_commands: what goes on with the same identity: card update, restore.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"
#include "party_files.h"
#include "sizes.h"

#define TLS_FOLDERS_MAX 64

/*
 * A new TLS identity beside those that are there, in HOME/link/2, 3 and so on, as the link looks for them. Opens its
 * two files.
 */
static int new_tls(struct ask *ask, char folder[4200])
{
	static const char *const names[] = {"tls.key", "tls.crt"};
	char room[4096], pin[65];
	int made = -1;
	for (int n = 2; n <= TLS_FOLDERS_MAX && made != 0; n++) {
		snprintf(folder, 4200, "%s/link/%d", ask_home(ask->call, room, sizeof(room)), n);
		made = mkdir(folder, 0700);
		if (made != 0 && errno != EEXIST)
			break;
	}
	if (made != 0)
		return say_rule(folder, rule_of_errno(errno), "");
	int status = party_make_tls(folder, "card", pin);
	for (size_t i = 0; i < 2 && status == DONE; i++) {
		char path[4300];
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			status = say_rule(path, rule_of_errno(errno), "");
		else
			ask->descriptors[ask->descriptor_count++] = fd;
	}
	if (status == DONE)
		ask_string(ask, "tls", pin);
	return status;
}

/* The file of a new identity, which the keeper writes. */
static int new_identity(struct ask *ask, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == EEXIST)
		return say_rule(path, RULE_SETUP_FILE, "");
	if (fd < 0)
		return say_rule(path, rule_of_errno(errno), "");
	ask->descriptors[ask->descriptor_count++] = fd;
	ask_string(ask, "new-identity", "1");
	return DONE;
}

/* What a change that was refused has made. */
static void remove_made(const char *folder, const char *identity)
{
	static const char *const names[] = {"tls.key", "tls.crt"};
	char path[4300];
	if (identity != NULL)
		unlink(identity);
	if (folder[0] == '\0')
		return;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static bool changes_something(const struct call *call)
{
	static const char *const options[] = {"listen", "address", "desk", "without-desk", "language", "severity", "hours",
		"new-tls", "new-keys", "new-sealing", "new-identity"};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (call_option(call, options[i]) != NULL)
			return true;
	return false;
}

int run_card_update(const struct call *call)
{
	const char *listen = call_option(call, "listen"), *made = NULL;
	char folder[4200] = "";
	struct ask ask;
	if (!changes_something(call) && call_option(call, "now") == NULL)
		return CALL_WRONG_USE(call, "say what changes: {1}", BYTES("--listen, --address, --desk, "
			"--without-desk, --language, --severity, --hours, --new-tls, --new-keys, --new-sealing, --new-identity"));
	int identity = changes_something(call) ? party_open_identity(call) : -1;
	if (changes_something(call) && identity < 0)
		return REFUSED;
	ask_begin(&ask, call, "card-update");
	ask_options(&ask, (const char *const[]){"listen", "desk", "without-desk", "language", "severity", "new-keys",
		"new-sealing", "now", NULL});
	if (identity >= 0)
		ask.descriptors[ask.descriptor_count++] = identity;
	int status = party_addresses(&ask, listen) ? DONE : call_wrong(call,
		W("--listen on every interface needs --address https://HOST:PORT, the name by which others reach it"));
	if (status == DONE && call_option(call, "hours") != NULL)
		status = ask_file(&ask, "hours", call_option(call, "hours"), CARD_MAX);
	if (status == DONE && call_option(call, "new-identity") != NULL &&
	    (status = new_identity(&ask, call_option(call, "new-identity"))) == DONE)
		made = call_option(call, "new-identity");
	if (status == DONE && call_option(call, "new-tls") != NULL)
		status = new_tls(&ask, folder);
	int descriptors[CHANNEL_DESCRIPTORS_MAX];
	size_t count = ask.descriptor_count;
	memcpy(descriptors, ask.descriptors, sizeof(descriptors));
	if (status == DONE)
		status = ask_run(&ask);
	else
		ask_drop(&ask);
	while (count > 0)
		close(descriptors[--count]);
	if (status != DONE)
		remove_made(folder, made);
	return status;
}

/* ---- restore ---- */

static int ask_restore(const struct call *call, const char *pin, int identity)
{
	const char *card;
	struct ask ask;
	ask_begin(&ask, call, "restore");
	ask.descriptors[ask.descriptor_count++] = identity;
	int status = ask_agreement(&ask);
	for (int n = 0; status == DONE && (card = call_option_at(call, "card", n)) != NULL; n++)
		status = ask_file(&ask, "card", card, CARD_MAX);
	if (status == DONE && call_option(call, "newest") != NULL)
		status = ask_file(&ask, "newest", call_option(call, "newest"), CARD_MAX);
	ask_options(&ask, (const char *const[]){"listen", "serial", NULL});
	if (pin[0] != '\0')
		ask_string(&ask, "tls", pin);
	if (status == DONE && !party_addresses(&ask, call_option(call, "listen")))
		status = call_wrong(call,
			W("--listen on every interface needs --address https://HOST:PORT, the name by which others reach it"));
	if (status == DONE)
		return ask_run(&ask);
	ask_drop(&ask);
	return status;
}

/* In a home that is there already, a further agreement; else a home of its own. */
int run_restore(const struct call *call)
{
	char room[4096], path[4200], pin[65] = "";
	const char *home = ask_home(call, room, sizeof(room));
	struct stat there;
	snprintf(path, sizeof(path), "%s/keeper/keys", home);
	bool made = stat(path, &there) == 0;
	int identity = party_open_identity(call);
	if (identity < 0)
		return REFUSED;
	int status = made ? DONE : party_make_folders(home, "restore");
	if (status != DONE) {
		close(identity);
		return status;
	}
	snprintf(path, sizeof(path), "%s/link", home);
	if (!made)
		status = party_make_tls(path, "card", pin);
	if (status == DONE)
		status = ask_restore(call, pin, identity);
	close(identity);
	if (status != DONE && !made)
		party_remove(home);
	if (status != DONE)
		return status;
	say_out(W("next: hand the card over ('detente card'): the others take it with 'detente card accept', without digits, "
		"as they know the identity; then 'detente serve'"), NULL, 0);
	return DONE;
}

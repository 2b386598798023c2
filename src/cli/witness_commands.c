/*
 * witness_commands: a neutral cosigner's home: made, told of logs, run, asked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "name.h"
#include "party_files.h"
#include "sizes.h"

/* Nothing of a home that could not be made stays. */
static void remove_home(const char *home)
{
	static const char *const names[] = {"witness/key", "witness/store.db", "witness/store.db-wal", "witness/store.db-shm",
		"witness", "link/tls.key", "link/tls.crt", "link", "lock"};
	char path[4400];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, names[i]);
		remove(path);
	}
	rmdir(home);
}

static int make_folders(const char *home)
{
	static const char *const folders[] = {"witness", "link"};
	char path[4200];
	if (mkdir(home, 0700) != 0 && errno != EEXIST)
		return say_rule(home, rule_of_errno(errno), "");
	if (rmdir(home) != 0 || mkdir(home, 0700) != 0)
		return SAY(REFUSED, "witness init: {1} is not empty; a witness's folder is made where nothing is",
			bytes_string(home));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, folders[i]);
		if (mkdir(path, 0700) != 0)
			return say_rule(path, rule_of_errno(errno), "");
	}
	return DONE;
}

static int make_witness(const struct call *call, const char *pin)
{
	struct ask ask;
	ask_begin(&ask, call, "witness-init");
	ask_string(&ask, "name", call->operands[0]);
	ask_options(&ask, (const char *const[]){"listen", NULL});
	ask_string(&ask, "tls", pin);
	party_addresses(&ask, call_option(call, "listen"));
	return ask_run(&ask);
}

int run_witness_init(const struct call *call)
{
	char room[4096], link[4200], pin[65];
	const char *home = ask_home(call, room, sizeof(room)), *listen = call_option(call, "listen");
	if (listen == NULL)
		return call_wrong(call, W("a witness is called: --listen HOST:PORT is needed"));
	if (call_option(call, "address") == NULL &&
	    (strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0))
		return call_wrong(call,
			W("--listen on every interface needs --address https://HOST:PORT, the name by which others reach it"));
	if (!party_valid(bytes_string(call->operands[0])) || strlen(call->operands[0]) > WITNESS_NAME_MAX)
		return say_rule("witness init", RULE_NAME_PARTY, call->operands[0]);
	int status = make_folders(home);
	if (status != DONE)
		return status;
	snprintf(link, sizeof(link), "%s/link", home);
	status = party_make_tls(link, call->operands[0], pin);
	if (status == DONE)
		status = make_witness(call, pin);
	if (status != DONE)
		remove_home(home);
	return status;
}

/* Whether the home is a witness's; said where it is not. */
static bool is_witness(const struct call *call)
{
	char room[4096], path[4200];
	const char *home = ask_home(call, room, sizeof(room));
	struct stat status;
	snprintf(path, sizeof(path), "%s/witness", home);
	if (stat(path, &status) == 0)
		return true;
	say_rule(home, RULE_WITNESS_NONE, "'detente witness init NAME' makes one");
	return false;
}

int run_witness_add(const struct call *call)
{
	struct ask ask;
	if (!is_witness(call))
		return REFUSED;
	ask_begin(&ask, call, "witness-add");
	int status = ask_file(&ask, "agreement", call->operands[0], AGREEMENT_MAX);
	for (int i = 1; i < call->operand_count && status == DONE; i++)
		status = ask_file(&ask, "card", call->operands[i], CARD_MAX);
	if (status == DONE)
		return ask_run(&ask);
	ask_drop(&ask);
	return status;
}

int run_witness_serve(const struct call *call)
{
	return is_witness(call) ? run_serve(call) : REFUSED;
}

int run_witness_status(const struct call *call)
{
	struct ask ask;
	if (!is_witness(call))
		return REFUSED;
	ask_begin(&ask, call, "witness-status");
	ask_options(&ask, (const char *const[]){"json", NULL});
	return ask_run(&ask);
}

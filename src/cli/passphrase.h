/*
 * passphrase: reads one from the terminal, with echo off, or from a descriptor that a script names.
 */
#ifndef PASSPHRASE_H
#define PASSPHRASE_H

#include "bytes.h"
#include "rule.h"

#define PASSPHRASE_MAX 1024

/* Lies in memory for secrets (secret_new()); whoever made it frees it. */
struct passphrase {
	size_t size;
	uint8_t text[PASSPHRASE_MAX];
	uint8_t again[PASSPHRASE_MAX];
};

/*
 * From /dev/tty: once, or when `twice` is set two times, which must agree. RULE_AGE_PASSPHRASE, RULE_LIMIT;
 * RULE_CLI_TERMINAL without a terminal. A signal that ends the program finds the terminal's echo on again.
 */
enum rule passphrase_ask(struct passphrase *passphrase, bool twice);

/* The first line of the descriptor, without its LF; what follows is left unread. */
enum rule passphrase_read(struct passphrase *passphrase, int descriptor);

#endif

/*
 * party_files: what commands that make or change a party's folder share: TLS identities, addresses, the identity key.
 */
#ifndef PARTY_FILES_H
#define PARTY_FILES_H

#include "ask.h"

/* The folders of a new home, where nothing is. DONE, or a status after it was said. */
int party_make_folders(const char *home, const char *command);
/* Nothing of a home that could not be made stays. The folder was empty before. */
void party_remove(const char *home);
/* Has detente-link make a TLS identity in that folder; its pin in hex. DONE, or a status after it was said. */
int party_make_tls(const char *folder, const char *party, char pin[65]);
/*
 * "HOST:PORT" becomes the address that others are told, unless --address says another. False: it stands for every
 * interface, and there is none.
 */
bool party_addresses(struct ask *ask, const char *listen);
/* The identity key's file, of --identity or the party's folder, for reading; -1 after it was said. */
int party_open_identity(const struct call *call);

/* setup_commands.c: reads a file into an argument; the agreement that a call names, with its mechanisms. */
int ask_file(struct ask *ask, const char *key, const char *path, size_t limit);
int ask_agreement(struct ask *ask);

#endif

/*
 * party_files: what commands that make or change a party's folder share: TLS identities, addresses, the identity key.
 */
#ifndef PARTY_FILES_H
#define PARTY_FILES_H

#include "ask.h"

/* Has detente-link make a TLS identity in that folder; its pin in hex. DONE, or a status after it was said. */
int party_make_tls(const char *folder, const char *party, char pin[65]);
/*
 * "HOST:PORT" becomes the address that others are told, unless --address says another. False: it stands for every
 * interface, and there is none.
 */
bool party_addresses(struct ask *ask, const char *listen);
/* The identity key's file, of --identity or the party's folder, for reading; -1 after it was said. */
int party_open_identity(const struct call *call);

#endif

/*
 * hash: what crypto_start() needs of hash.c; no business of others.
 */
#ifndef HASH_H
#define HASH_H

#include <stdbool.h>

/* Readies OpenSSL's SHA-256, before a sandbox is entered. Idempotent; false when the library has none. */
bool hash_start(void);

#endif

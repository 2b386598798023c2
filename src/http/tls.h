/*
 * tls: the TLS identity of a party, and how a key is known by its pin.
 *
 * An identity is a P-256 key and a certificate signed by itself, in two PEM files. Nobody reads the certificate but for
 * its public key: a peer is known by its pin, the SHA-256 of its SubjectPublicKeyInfo, which its card holds.
 */
#ifndef TLS_H
#define TLS_H

#include "bytes.h"
#include "rule.h"

#define TLS_PIN_SIZE 32
#define TLS_KEY_FILE "tls.key"
#define TLS_CERTIFICATE_FILE "tls.crt"

/*
 * Makes an identity: writes the two files, mode 0600, into `directory`, durable when this returns, and gives the pin.
 * `party` is the common name. An identity that is there is left as it is: RULE_TLS_EXISTS. Else RULE_DISK_FULL,
 * RULE_PERMISSION, RULE_NOT_FOUND (no such folder), RULE_IO, RULE_TLS_LIBRARY.
 */
enum rule tls_make(const char *directory, const char *party, uint8_t pin[TLS_PIN_SIZE], struct fault *fault);

/*
 * An identity in memory: as text for the server, and as two memory files for the client, whose library reads it anew
 * for each connection and takes names of files only. Their paths stay good in a sandbox that has no files.
 */
struct tls_identity {
	char *key, *certificate; /* PEM, NUL-terminated */
	int key_fd, certificate_fd;
	char key_path[32], certificate_path[32];
	uint8_t pin[TLS_PIN_SIZE];
};

/* Reads the files of tls_make(). RULE_NOT_FOUND, RULE_PERMISSION, RULE_IO, RULE_TLS_IDENTITY, RULE_MEMORY. */
enum rule tls_load(struct tls_identity **identity, const char *directory, struct fault *fault);
/* The same from open files, which are closed. */
enum rule tls_take(struct tls_identity **identity, int key, int certificate, struct fault *fault);
void tls_free(struct tls_identity *identity); /* wipes; NULL is harmless */

/* The pin of a certificate in DER; false when it is none. */
bool tls_pin(struct bytes certificate, uint8_t pin[TLS_PIN_SIZE]);

/* TLS 1.3 and nothing else, no session tickets: GnuTLS's words for it. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS"

#endif

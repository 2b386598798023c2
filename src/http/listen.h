/*
 * listen: a listening TCP socket from the address that a person wrote.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include "bytes.h"
#include "rule.h"

#define LISTEN_ADDRESS_MAX 128

/*
 * Binds "HOST:PORT" or "[IPv6]:PORT" and listens, non-blocking. `bound` is the address as bound (the port may have been
 * 0). RULE_LISTEN_ADDRESS, RULE_LISTEN_IN_USE, RULE_IO.
 */
enum rule listen_on(struct bytes address, int *fd, char bound[LISTEN_ADDRESS_MAX], struct fault *fault);

#endif

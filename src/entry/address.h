/*
 * address: where a node listens, as cards give it: https://HOST:PORT or https://HOST:PORT/PREFIX, in one spelling.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#include "bytes.h"

/*
 * HOST is a host name in lower case, an IPv4 address (and a name whose last label is only digits must be one) or an
 * IPv6 address in brackets as RFC 5952 writes it; PORT 1 to 65535; PREFIX segments of lower-case letters, digits and
 * hyphens joined by slashes. At most ADDRESS_MAX bytes.
 */
bool address_valid(struct bytes address);

#endif

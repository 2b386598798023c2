#include "address.h"

#include <arpa/inet.h>

#include "cursor.h"
#include "name.h"
#include "sizes.h"
#include "text.h"

#define HOST_MAX 253 /* RFC 1035 section 2.3.4, as text */

/* Whether inet_ntop() would spell it so, which is how RFC 5952 does. */
static bool ip_valid(int family, struct bytes text)
{
	char given[INET6_ADDRSTRLEN], spelled[INET6_ADDRSTRLEN];
	struct in6_addr address;
	return bytes_to_string(text, given, sizeof(given)) && inet_pton(family, given, &address) == 1 &&
		inet_ntop(family, &address, spelled, sizeof(spelled)) != NULL && strcmp(given, spelled) == 0;
}

/* A last label of digits is never a name's: "1.2.3" or "10.0.0.256" is an address gone wrong. */
static bool ends_in_number(struct bytes host)
{
	size_t i = host.size;
	while (i != 0 && host.data[i - 1] >= '0' && host.data[i - 1] <= '9')
		i--;
	return i != host.size && (i == 0 || host.data[i - 1] == '.');
}

static bool prefix_valid(struct bytes prefix)
{
	bool start = true; /* of a segment, which is never empty */
	for (size_t i = 0; i < prefix.size; i++) {
		uint8_t c = prefix.data[i];
		bool slash = c == '/';
		if (slash ? start : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
		start = slash;
	}
	return !start;
}

bool address_valid(struct bytes address)
{
	struct bytes scheme = BYTES("https://");
	if (address.size > ADDRESS_MAX || !bytes_start(address, scheme))
		return false;
	struct cursor cursor = cursor_of(address);
	cursor_take(&cursor, scheme.size);
	bool six = cursor_left(&cursor) != 0 && *cursor.at == '[';
	if (six)
		cursor_take(&cursor, 1);
	struct bytes host = cursor_until(&cursor, six ? ']' : ':');
	if (six && cursor_u8(&cursor) != ':')
		return false;
	bool more = cursor_left(&cursor) != 0;
	struct bytes port_text = cursor_until(&cursor, '/');
	bool prefix = more && address.data + address.size != port_text.data + port_text.size;
	uint64_t port;
	if (text_decimal(port_text, &port) != RULE_OK || port == 0 || port > 65535)
		return false;
	if (prefix && !prefix_valid(cursor_take(&cursor, cursor_left(&cursor))))
		return false;
	if (six)
		return ip_valid(AF_INET6, host);
	return ends_in_number(host) ? ip_valid(AF_INET, host) : host.size <= HOST_MAX && host_valid(host);
}

/*
 * name: the first byte chooses what the rest is read as. What is valid as one thing is not valid as another that it
 * could be taken for.
 */
#include "name.h"

#include <stdlib.h>

#include "address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_place(struct bytes name)
{
	struct place place;
	struct buffer again = {0};
	if (place_parse(&place, name) != RULE_OK)
		return;
	buffer_add(&again, place.party);
	buffer_format(&again, "/%llu", (unsigned long long)place.index);
	check(bytes_equal(buffer_bytes(&again), name) && !desk_valid(name));
	buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct bytes name = bytes_of(data + 1, size - 1);
	switch (data[0]) {
	case 'p':
		check(!party_valid(name) || (host_valid(name) && !desk_valid(name) && name.size <= PARTY_NAME_MAX));
		break;
	case 'd':
		check(!desk_valid(name) ||
			(party_valid(name_party(name)) && !origin_valid(name) && name.size <= DESK_MAX));
		break;
	case 'e':
		check_place(name);
		break;
	case 'o':
		check(!origin_valid(name) || (!desk_valid(name) && name.size <= ORIGIN_MAX));
		break;
	case 'f':
		check(!form_name_valid(name) || name.size <= FORM_NAME_MAX);
		break;
	case 'l':
		check(!lang_valid(name) || (name.size <= LANG_MAX && memchr(name.data, '\n', name.size) == NULL));
		break;
	case 'a':
		check(!address_valid(name) || (name.size <= ADDRESS_MAX && bytes_start(name, BYTES("https://")) &&
			memchr(name.data, ' ', name.size) == NULL && name.data[name.size - 1] != '/'));
		break;
	}
	return 0;
}

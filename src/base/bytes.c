#include "bytes.h"

int bytes_compare(struct bytes a, struct bytes b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
	if (order != 0)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

bool bytes_start(struct bytes whole, struct bytes prefix)
{
	return whole.size >= prefix.size && bytes_equal(bytes_of(whole.data, prefix.size), prefix);
}

bool bytes_to_string(struct bytes from, char *to, size_t capacity)
{
	if (capacity == 0)
		return false;
	to[0] = '\0';
	if (from.size >= capacity || (from.size != 0 && memchr(from.data, 0, from.size) != NULL))
		return false;
	if (from.size != 0)
		memcpy(to, from.data, from.size);
	to[from.size] = '\0';
	return true;
}

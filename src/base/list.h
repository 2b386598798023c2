/*
 * list: a growing array. Usage, in a struct with items, count, capacity:
 *
 *   if ((more = list_room(list->items, list->count, &list->capacity, sizeof(*more))) == NULL) return RULE_MEMORY;
 *   list->items = more;
 */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>
#include <stdlib.h>

/* The items, moved where need be, with room for one more at the end; NULL: no memory, and nothing has changed. */
static inline void *list_room(void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	size_t more = *capacity == 0 ? 8 : 2 * *capacity;
	void *moved = reallocarray(items, more, size);
	if (moved != NULL)
		*capacity = more;
	return moved;
}

#endif

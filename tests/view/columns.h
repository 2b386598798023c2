/* What a page is measured by, independent of what lays it out: the C library's widths of characters. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "bytes.h"

/* The columns of a line of UTF-8; -1 for what cannot be printed. The locale must be one of UTF-8. */
static inline int columns_of(struct bytes line)
{
	char text[4096];
	wchar_t wide[4096];
	if (!bytes_to_string(line, text, sizeof(text)))
		return -1;
	size_t count = mbstowcs(wide, text, 4096);
	return count == (size_t)-1 ? -1 : wcswidth(wide, count);
}

static inline bool columns_start(void)
{
	return setlocale(LC_ALL, "C.UTF-8") != NULL;
}

#endif

/*
 * says: whether a report has a statement with these words.
 */
#ifndef SAYS_H
#define SAYS_H

#include "verify.h"

static inline bool says(const struct statements *statements, const char *part)
{
	const char *at = NULL;
	while ((at = statements_next(statements, at)) != NULL)
		if (strstr(at, part) != NULL)
			return true;
	return false;
}

#endif

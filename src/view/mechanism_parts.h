/* What the parts of mechanism_view share: somebody who is shown a mechanism. */
#ifndef MECHANISM_PARTS_H
#define MECHANISM_PARTS_H

#include "mechanism_view.h"

struct showing {
	struct buffer *to;
	const struct mechanism *mechanism;
	struct bytes lang; /* of the labels */
	struct buffer line; /* that is being made */
};

/* "hotline/call  Call": a name and its label, if it has one. */
void showing_called(struct buffer *to, struct bytes name, struct bytes label);

/* Names of the file's own and others' forms as a tree: each own form once, below what it may answer. */
void showing_tree(struct showing *showing);

#endif

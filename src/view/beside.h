/*
 * beside: two texts side by side on paper (paper.h), each wrapped in its own column by the width of its characters.
 * Pure.
 */
#ifndef BESIDE_H
#define BESIDE_H

#include "buffer.h"

#define BESIDE_COLUMNS 36 /* of each; between them stands " | ", and one column is left */

/*
 * Appends lines of two columns. The texts may hold line breaks, and have been made printable; a piece that is written
 * from right to left is isolated in its column.
 */
void beside_lines(struct buffer *to, struct bytes left, struct bytes right);

#endif

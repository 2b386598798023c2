#include "beside.h"

#include "paper.h"
#include "text.h"

/* Takes what goes on the next line of a column; nothing when nothing is left. */
static struct bytes take(struct bytes *rest)
{
	const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
	struct bytes line = end == NULL ? *rest : bytes_of(rest->data, (size_t)(end - rest->data));
	size_t size = line.size == 0 ? 0 : paper_fitting(line, BESIDE_COLUMNS);
	struct bytes piece = bytes_of(line.data, size);
	size_t over = size == line.size && end != NULL ? 1 : 0;
	*rest = bytes_of(rest->data + size + over, rest->size - size - over);
	while (piece.size > 0 && piece.data[piece.size - 1] == ' ')
		piece.size--;
	return piece;
}

static void column(struct buffer *to, struct bytes piece, bool padded)
{
	text_isolated(to, piece);
	for (size_t n = paper_columns(piece); padded && n < BESIDE_COLUMNS; n++)
		buffer_u8(to, ' ');
}

void beside_lines(struct buffer *to, struct bytes left, struct bytes right)
{
	do {
		struct bytes one = take(&left), other = take(&right);
		column(to, one, true);
		buffer_string(to, other.size == 0 ? " |" : " | ");
		column(to, other, false);
		buffer_string(to, "\n");
	} while (left.size > 0 || right.size > 0);
}

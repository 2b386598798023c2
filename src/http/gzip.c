#include "gzip.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest window, gzip's framing: zlib's way to say it */
#define LEVEL 1               /* bodies are mostly ciphertext: more effort finds nothing more */
#define STEP ((size_t)64 << 10)

struct gunzip {
	z_stream stream;
	bool whole; /* between two members, at least one of them read */
};

static Bytef *input(struct bytes bytes)
{
	return (Bytef *)(uintptr_t)bytes.data; /* zlib does not write there */
}

void gzip_pack(struct buffer *to, struct bytes plain)
{
	z_stream stream = {.next_in = input(plain), .avail_in = (uInt)plain.size};
	if (plain.size > UINT32_MAX ||
	    deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		to->rule = to->rule == RULE_OK ? RULE_MEMORY : to->rule;
		return;
	}
	uLong bound = deflateBound(&stream, (uLong)plain.size); /* so one call does it all */
	size_t before = to->size;
	stream.next_out = buffer_extend(to, bound);
	stream.avail_out = (uInt)bound;
	if (stream.next_out != NULL) {
		if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
			to->rule = RULE_MEMORY;
		buffer_cut(to, before + stream.total_out);
	}
	deflateEnd(&stream);
}

struct gunzip *gunzip_new(void)
{
	struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
	if (gunzip != NULL && inflateInit2(&gunzip->stream, GZIP_WINDOW) != Z_OK) {
		free(gunzip);
		gunzip = NULL;
	}
	return gunzip;
}

void gunzip_free(struct gunzip *gunzip)
{
	if (gunzip == NULL)
		return;
	inflateEnd(&gunzip->stream);
	free(gunzip);
}

/* One call of inflate() with room for at most one byte more than may come, which so shows itself. */
static int inflate_step(struct gunzip *gunzip, struct buffer *to, size_t most)
{
	size_t room = most + 1 - to->size, before = to->size;
	room = room < STEP ? room : STEP;
	gunzip->stream.next_out = buffer_extend(to, room);
	gunzip->stream.avail_out = (uInt)room;
	if (gunzip->stream.next_out == NULL)
		return Z_MEM_ERROR;
	int result = inflate(&gunzip->stream, Z_NO_FLUSH);
	buffer_cut(to, before + room - gunzip->stream.avail_out);
	return result;
}

enum rule gunzip_add(struct gunzip *gunzip, struct bytes piece, struct buffer *to, size_t most)
{
	if (piece.size > UINT32_MAX || to->size > most)
		return RULE_LIMIT;
	gunzip->stream.next_in = input(piece);
	gunzip->stream.avail_in = (uInt)piece.size;
	bool more = piece.size != 0;
	while (more) {
		if (gunzip->whole && inflateReset(&gunzip->stream) != Z_OK)
			return RULE_GZIP;
		gunzip->whole = false;
		int result = inflate_step(gunzip, to, most);
		if (to->size > most)
			return RULE_LIMIT;
		if (result == Z_MEM_ERROR)
			return RULE_MEMORY;
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return RULE_GZIP;
		gunzip->whole = result == Z_STREAM_END;
		/* Output that filled its room may have more behind it, even where no input is left. */
		more = gunzip->stream.avail_in != 0 || (!gunzip->whole && gunzip->stream.avail_out == 0);
	}
	return RULE_OK;
}

enum rule gunzip_end(const struct gunzip *gunzip)
{
	return gunzip->whole ? RULE_OK : RULE_GZIP;
}

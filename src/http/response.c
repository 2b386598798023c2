#include "response.h"

#include <stdlib.h>
#include <unistd.h>

#include "buffer.h"
#include "piece.h"
#include "range.h"

struct MHD_Response *response_of_text(struct bytes body)
{
	return MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);
}

struct file_reply {
	int fd;
	uint64_t first;
};

static ssize_t read_file_reply(void *cls, uint64_t at, char *to, size_t size)
{
	const struct file_reply *file = cls;
	ssize_t got = piece_read(file->fd, file->first + at, to, size);
	return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR; /* a file that ends early has another size */
}

static void free_file_reply(void *cls)
{
	struct file_reply *file = cls;
	close(file->fd);
	free(file);
}

struct MHD_Response *response_of_file(int fd, const struct message_range *range)
{
	struct file_reply *file = malloc(sizeof(*file));
	struct MHD_Response *response = NULL;
	if (file != NULL) {
		*file = (struct file_reply){fd, range->first};
		response = MHD_create_response_from_callback(range->size, RESPONSE_FILE_COST, read_file_reply, file,
			free_file_reply);
	}
	if (response == NULL) {
		free(file);
		close(fd);
	}
	return response;
}

void response_add_head(struct MHD_Response *response, unsigned status, const char *type)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip");
	if (type[0] != '\0')
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == 405)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, POST, PUT");
}

void response_add_range(struct MHD_Response *response, unsigned status, const struct message_range *range)
{
	struct message_range told = *range;
	struct buffer text = {0};
	if (!range->present || (status != 206 && status != 416))
		return;
	if (status == 416)
		told.size = 0;
	range_write_content(&text, &told);
	buffer_u8(&text, 0);
	if (text.rule == RULE_OK)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_RANGE, (const char *)text.data);
	buffer_free(&text);
}

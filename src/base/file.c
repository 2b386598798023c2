#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE ((size_t)65536)

enum rule file_fill(int descriptor, uint8_t *to, size_t capacity, size_t *size)
{
	size_t filled = 0;
	while (filled < capacity) {
		ssize_t got = read(descriptor, to + filled, capacity - filled);
		if (got < 0 && errno != EINTR)
			return rule_of_errno(errno);
		if (got == 0)
			break;
		filled += got > 0 ? (size_t)got : 0;
	}
	*size = filled;
	return RULE_OK;
}

enum rule file_read(int descriptor, struct buffer *to, size_t limit)
{
	size_t before = to->size;
	for (;;) {
		/* one byte more than may be there, to see it */
		size_t left = limit - (to->size - before), take = left < PIECE ? left + 1 : PIECE, got = 0;
		uint8_t *at = buffer_extend(to, take);
		enum rule rule = at == NULL ? to->rule : file_fill(descriptor, at, take, &got);
		if (rule == RULE_OK && got > left)
			rule = RULE_LIMIT;
		if (rule != RULE_OK) {
			buffer_cut(to, before);
			return rule;
		}
		buffer_cut(to, to->size - (take - got));
		if (got < take)
			return RULE_OK;
	}
}

enum rule file_write(int descriptor, struct bytes bytes)
{
	for (size_t done = 0; done < bytes.size;) {
		ssize_t put = write(descriptor, bytes.data + done, bytes.size - done);
		if (put < 0 && errno != EINTR)
			return rule_of_errno(errno);
		done += put > 0 ? (size_t)put : 0;
	}
	return RULE_OK;
}

enum rule file_create(int folder, const char *name, struct bytes content)
{
	int descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return rule_of_errno(errno);
	enum rule rule = file_write(descriptor, content);
	if (rule == RULE_OK && fsync(descriptor) != 0)
		rule = rule_of_errno(errno);
	if (close(descriptor) != 0 && rule == RULE_OK)
		rule = rule_of_errno(errno);
	if (rule != RULE_OK) {
		int error = errno;
		unlinkat(folder, name, 0);
		errno = error;
	}
	return rule;
}

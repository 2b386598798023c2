#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define READ_SIZE ((size_t)1 << 16)

bool foreign_name(struct bytes name)
{
	if (name.size == 0 || name.size > FOREIGN_NAME_MAX || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		    c == '-' || c == '_'))
			return false;
	}
	return true;
}

enum rule foreign_rule(int error)
{
	switch (error) {
	case ENOENT:
		return RULE_RECORD_MISSING;
	case ELOOP: /* O_NOFOLLOW met a link */
	case ENOTDIR:
	case EISDIR:
	case ENXIO: /* a FIFO or a socket */
	case ENODEV:
		return RULE_RECORD_KIND;
	default:
		return rule_of_errno(error);
	}
}

/* Opens `path` below `folder`, each component by itself; `flags` are for the last. */
static enum rule open_below(int folder, const char *path, int flags, int *opened)
{
	int at = folder;
	struct bytes rest = bytes_string(path);
	while (rest.data != NULL) {
		const uint8_t *slash = memchr(rest.data, '/', rest.size);
		struct bytes name = {rest.data, slash == NULL ? rest.size : (size_t)(slash - rest.data)};
		rest = slash == NULL ? bytes_of(NULL, 0) : bytes_of(slash + 1, rest.size - name.size - 1);

		char component[FOREIGN_NAME_MAX + 1];
		int next = -1, error = ENOENT;
		if (foreign_name(name) && bytes_to_string(name, component, sizeof(component))) {
			next = openat(at, component,
				(slash == NULL ? flags : O_DIRECTORY) | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
			error = errno;
		}
		if (at != folder)
			close(at);
		if (next < 0)
			return foreign_rule(error);
		at = next;
	}
	*opened = at;
	return RULE_OK;
}

enum rule foreign_open(int folder, const char *path, int *opened)
{
	return open_below(folder, path, O_DIRECTORY, opened);
}

/* Opens a plain file of at most `max` bytes. */
static enum rule open_file(int folder, const char *path, uint64_t max, int *opened, uint64_t *size)
{
	int file;
	/* without O_NONBLOCK a FIFO would wait for its writer */
	enum rule rule = open_below(folder, path, O_NONBLOCK, &file);
	if (rule != RULE_OK)
		return rule;
	struct stat status;
	if (fstat(file, &status) != 0)
		rule = RULE_IO;
	else if (!S_ISREG(status.st_mode))
		rule = RULE_RECORD_KIND;
	else if (status.st_size < 0 || (uint64_t)status.st_size > max)
		rule = RULE_RECORD_SIZE;
	if (rule != RULE_OK) {
		close(file);
		return rule;
	}
	*opened = file;
	*size = (uint64_t)status.st_size;
	return RULE_OK;
}

/* Exactly `size` bytes: a file that shrinks while it is read has not the size it had. */
static enum rule read_all(int file, uint8_t *to, size_t size)
{
	size_t got;
	enum rule rule = file_fill(file, to, size, &got);
	return rule == RULE_OK && got != size ? RULE_RECORD_SIZE : rule;
}

enum rule foreign_read(int folder, const char *path, size_t max, struct buffer *to)
{
	int file;
	uint64_t size;
	enum rule rule = open_file(folder, path, max, &file, &size);
	if (rule != RULE_OK)
		return rule;
	size_t before = to->size;
	uint8_t *at = buffer_extend(to, (size_t)size);
	rule = to->rule;
	if (rule == RULE_OK && size > 0)
		rule = read_all(file, at, (size_t)size);
	if (rule != RULE_OK && to->rule == RULE_OK)
		buffer_cut(to, before);
	close(file);
	return rule;
}

enum rule foreign_read_exact(int folder, const char *path, uint8_t *to, size_t size)
{
	int file;
	uint64_t found;
	enum rule rule = open_file(folder, path, size, &file, &found);
	if (rule != RULE_OK)
		return rule;
	rule = found != size ? RULE_RECORD_SIZE : read_all(file, to, size);
	close(file);
	return rule;
}

enum rule foreign_digest(int folder, const char *path, uint64_t max, struct foreign_digest *to)
{
	int file;
	uint64_t size;
	enum rule rule = open_file(folder, path, max, &file, &size);
	if (rule != RULE_OK)
		return rule;
	uint8_t *piece = malloc(READ_SIZE);
	struct sha256_stream *stream = sha256_begin();
	if (piece == NULL || stream == NULL)
		rule = RULE_MEMORY;
	for (uint64_t left = size; left > 0 && rule == RULE_OK;) {
		size_t take = left < READ_SIZE ? (size_t)left : READ_SIZE;
		rule = read_all(file, piece, take);
		if (rule == RULE_OK)
			sha256_more(stream, bytes_of(piece, take));
		left -= take;
	}
	if (rule == RULE_OK) {
		sha256_finish(stream, to->digest);
		to->size = size;
	} else {
		sha256_drop(stream);
	}
	free(piece);
	close(file);
	return rule;
}

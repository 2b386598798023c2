#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

enum rule file_read(struct buffer *to, const char *path, size_t limit)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return rule_of_errno(errno);
	enum rule rule = RULE_OK;
	size_t before = to->size;
	for (;;) {
		uint8_t *at = buffer_extend(to, 65536);
		if (at == NULL) {
			rule = to->rule;
			break;
		}
		ssize_t got = read(fd, at, 65536);
		buffer_cut(to, to->size - 65536 + (got > 0 ? (size_t)got : 0));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			rule = rule_of_errno(errno);
		if (got <= 0)
			break;
		if (to->size - before > limit) {
			rule = RULE_LIMIT;
			break;
		}
	}
	if (fd != STDIN_FILENO)
		close(fd);
	return rule;
}

/* Opens a new file below the folder, making the folders on its way. The keeper's paths were checked when they were parsed. */
static int open_new(int folder, const char *path)
{
	char part[512];
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		if (mkdirat(folder, part, 0777) != 0 && errno != EEXIST)
			return -1;
	}
	return openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

enum rule folder_writer_end(struct folder_writer *writer)
{
	enum rule rule = RULE_OK;
	if (writer->file >= 0) {
		if (fsync(writer->file) != 0)
			rule = rule_of_errno(errno);
		close(writer->file);
	}
	writer->file = -1;
	writer->path[0] = '\0';
	return rule;
}

enum rule folder_writer_add(struct folder_writer *writer, const char *path, struct bytes content)
{
	if (strcmp(path, writer->path) != 0) {
		enum rule rule = folder_writer_end(writer);
		if (rule != RULE_OK)
			return rule;
		if (strlen(path) >= sizeof(writer->path))
			return RULE_LIMIT;
		writer->file = open_new(writer->folder, path);
		if (writer->file < 0)
			return errno == EEXIST ? RULE_CLI_EXISTS : rule_of_errno(errno);
		strcpy(writer->path, path);
		writer->files++;
	}
	writer->bytes += content.size;
	return output_write(writer->file, content.data, content.size);
}

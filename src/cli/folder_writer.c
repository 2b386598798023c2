#include "folder_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

/*
 * Opens a new file below the folder, making the folders on its way. The keeper's paths were checked when they were
 * parsed.
 */
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

void folder_writer_drop(struct folder_writer *writer)
{
	if (writer->file < 0)
		return;
	close(writer->file);
	unlinkat(writer->folder, writer->path, 0);
	writer->file = -1;
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
		size_t length = strlen(path);
		if (length >= sizeof(writer->path))
			return RULE_LIMIT;
		writer->file = open_new(writer->folder, path);
		if (writer->file < 0)
			return errno == EEXIST ? RULE_CLI_EXISTS : rule_of_errno(errno);
		memcpy(writer->path, path, length + 1);
		writer->files++;
	}
	writer->bytes += content.size;
	return file_write(writer->file, content);
}

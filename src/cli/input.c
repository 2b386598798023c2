#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file.h"

bool is_standard(const char *path)
{
	return path == NULL || strcmp(path, "-") == 0;
}

const char *input_name(const char *path)
{
	return is_standard(path) ? "standard input" : path;
}

enum rule input_open(const char *path, int *descriptor)
{
	int opened = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (opened < 0)
		return rule_of_errno(errno);
	*descriptor = opened;
	return RULE_OK;
}

void input_close(int descriptor)
{
	if (descriptor != STDIN_FILENO)
		close(descriptor);
}

enum rule input_read(struct buffer *to, const char *path, size_t limit)
{
	int descriptor = -1;
	enum rule rule = input_open(path, &descriptor);
	if (rule != RULE_OK)
		return rule;
	rule = file_read(descriptor, to, limit);
	input_close(descriptor);
	return rule;
}

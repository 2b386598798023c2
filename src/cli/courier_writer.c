#include "courier_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "file.h"

static bool name_file(struct courier_writer *writer, unsigned part)
{
	int size = writer->split == 0 ? snprintf(writer->name, sizeof(writer->name), "%s", writer->path)
		: snprintf(writer->name, sizeof(writer->name), "%s.%03u", writer->path, part);
	return size > 0 && (size_t)size < sizeof(writer->name);
}

static enum rule write_out(struct courier_writer *writer, struct bytes bytes)
{
	enum rule rule = file_write(writer->file, bytes);
	if (writer->digest != NULL)
		sha256_more(writer->digest, bytes);
	writer->bytes += bytes.size;
	return rule;
}

static enum rule begin_file(struct courier_writer *writer)
{
	struct buffer head = {0};
	if (writer->parts == COURIER_PARTS_MAX || !name_file(writer, writer->parts + 1))
		return RULE_LIMIT;
	/* its owner's alone: it is for one reader */
	writer->file = open(writer->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (writer->file < 0)
		return errno == EEXIST ? RULE_CLI_EXISTS : rule_of_errno(errno);
	writer->parts++;
	if (writer->split == 0)
		return RULE_OK;
	if ((writer->digest = sha256_begin()) == NULL)
		return RULE_MEMORY;
	courier_part_write_head(&head, writer->id, writer->parts);
	writer->left = writer->split - head.size - COURIER_PART_TAIL;
	enum rule rule = head.rule == RULE_OK ? write_out(writer, buffer_bytes(&head)) : head.rule;
	buffer_free(&head);
	return rule;
}

static enum rule end_file(struct courier_writer *writer, bool last)
{
	struct buffer tail = {0};
	uint8_t digest[SHA256_SIZE];
	enum rule rule = RULE_OK;
	if (writer->split != 0) {
		sha256_finish(writer->digest, digest);
		writer->digest = NULL;
		courier_part_write_tail(&tail, digest, last);
		rule = tail.rule == RULE_OK ? write_out(writer, buffer_bytes(&tail)) : tail.rule;
	}
	if (rule == RULE_OK && fsync(writer->file) != 0)
		rule = rule_of_errno(errno);
	close(writer->file);
	writer->file = -1;
	buffer_free(&tail);
	return rule;
}

static enum rule read_bytes(void *context, uint64_t offset, uint8_t *to, size_t size)
{
	const struct bytes *bytes = context;
	memcpy(to, bytes->data + offset, size);
	return RULE_OK;
}

static enum rule begin(struct courier_writer *writer, struct bytes content)
{
	struct courier_source source = {read_bytes, &content, content.size};
	struct courier courier;
	enum rule rule = courier_open(&courier, &source, NULL);
	memcpy(writer->id, courier.head.id, sizeof(writer->id));
	courier_close(&courier);
	return rule == RULE_OK ? begin_file(writer) : rule;
}

enum rule courier_writer_add(struct courier_writer *writer, struct bytes content)
{
	enum rule rule = writer->parts == 0 ? begin(writer, content) : RULE_OK;
	while (rule == RULE_OK && content.size > 0) {
		size_t size = content.size;
		if (writer->split != 0 && writer->left == 0) {
			rule = end_file(writer, false);
			if (rule == RULE_OK)
				rule = begin_file(writer);
			continue;
		}
		if (writer->split != 0 && size > writer->left)
			size = (size_t)writer->left;
		rule = write_out(writer, bytes_of(content.data, size));
		writer->left -= writer->split != 0 ? size : 0;
		content = bytes_of(content.data + size, content.size - size);
	}
	writer->rule = rule;
	return rule;
}

/* The names last once the folder is on the disk. */
static enum rule sync_folder(const struct courier_writer *writer)
{
	char folder[sizeof(writer->name)];
	snprintf(folder, sizeof(folder), "%s", writer->name);
	int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return rule_of_errno(errno);
	enum rule rule = fsync(fd) == 0 ? RULE_OK : rule_of_errno(errno);
	close(fd);
	return rule;
}

enum rule courier_writer_keep(struct courier_writer *writer)
{
	writer->rule = writer->file < 0 ? RULE_TRUNCATED : end_file(writer, true);
	if (writer->rule == RULE_OK)
		writer->rule = sync_folder(writer);
	return writer->rule;
}

void courier_writer_drop(struct courier_writer *writer)
{
	if (writer->file >= 0)
		close(writer->file);
	writer->file = -1;
	sha256_drop(writer->digest);
	writer->digest = NULL;
	for (unsigned part = 1; part <= writer->parts; part++) {
		if (name_file(writer, part))
			unlink(writer->name);
	}
}

#include "layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foreign.h"
#include "text.h"

#define DEPTH_MAX 16 /* deeper than any tile lies */

struct walk {
	const struct layout *layout;
	struct layout_attachments *attachments;
	char *path; /* LAYOUT_PATH_MAX bytes: of what is looked at, for the error line too */
	unsigned depth;
};

void layout_log_path(char to[LAYOUT_PATH_MAX], struct bytes party, const char *name)
{
	snprintf(to, LAYOUT_PATH_MAX, "logs/%.*s%s%s", BYTES_SHOWN(party), name == NULL ? "" : "/",
		name == NULL ? "" : name);
}

void layout_fork_path(char to[LAYOUT_PATH_MAX], struct bytes party)
{
	snprintf(to, LAYOUT_PATH_MAX, "forks/%.*s", BYTES_SHOWN(party));
}

void layout_amended_path(char to[LAYOUT_PATH_MAX], const uint8_t digest[SHA256_SIZE])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	snprintf(to, LAYOUT_PATH_MAX, "mechanisms/%.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&hex);
}

/* Whether a mechanism file of that name is one that only amendments bind. */
static bool is_amended(const struct layout *layout, struct bytes name)
{
	uint8_t digest[SHA256_SIZE];
	return text_unhex(name, digest, sizeof(digest)) == RULE_OK && !texts_binds(layout->texts, 1, digest) &&
		texts_binds(layout->texts, texts_count(layout->texts), digest);
}

static bool hashed_has(const struct agreement_hashed *list, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(list[i].name, name))
			return true;
	return false;
}

/* Whether the tree of that size has a tile of exactly that path. */
static bool is_tile(struct bytes path, uint64_t size)
{
	struct tile tile;
	return tile_path_parse(&tile, path) == RULE_OK && tile.width == tile_width(tile.level, tile.index, size);
}

/* Whether a tile of the tree lies somewhere below that folder: if any does, the first that could lie there does. */
static bool is_tile_folder(struct bytes path, uint64_t size)
{
	if (bytes_is(path, "tile"))
		return size > 0;
	char first[LAYOUT_PATH_MAX];
	struct tile tile;
	size_t stem = path.size;
	bool partial = stem > 2 && memcmp(path.data + stem - 2, ".p", 2) == 0;
	if (partial)
		stem -= 2;
	snprintf(first, sizeof(first), "%.*s%s", (int)stem, (const char *)path.data, partial ? "" : "/000");
	if (tile_path_parse(&tile, bytes_string(first)) != RULE_OK)
		return false;
	unsigned width = tile_width(tile.level, tile.index, size);
	return partial ? width > 0 && width < TILE_WIDTH : width > 0;
}

static bool is_log_part(const struct layout *layout, struct bytes path, bool is_folder)
{
	struct cursor rest = cursor_of(path);
	struct bytes party = cursor_until(&rest, '/');
	size_t log = 0;
	while (log < layout->agreement->party_count && !bytes_equal(layout->agreement->parties[log].name, party))
		log++;
	if (log == layout->agreement->party_count)
		return false;
	struct bytes name = cursor_take(&rest, cursor_left(&rest));
	if (name.size == 0)
		return is_folder;
	if (is_folder)
		return is_tile_folder(name, layout->logs[log].size);
	return bytes_is(name, "policy") || bytes_is(name, "beyond") ||
		(bytes_is(name, "checkpoint") && layout->logs[log].checkpoint) || is_tile(name, layout->logs[log].size);
}

static bool is_named(const struct layout *layout, struct bytes path, bool is_folder)
{
	const struct agreement *agreement = layout->agreement;
	struct cursor rest = cursor_of(path);
	struct bytes top = cursor_until(&rest, '/');
	if (top.size == path.size)
		return !is_folder ? bytes_is(top, "agreement")
			: bytes_is(top, "cards") || bytes_is(top, "mechanisms") || bytes_is(top, "attachments") ||
				bytes_is(top, "forks") || bytes_is(top, "logs");
	struct bytes name = cursor_take(&rest, cursor_left(&rest));
	if (bytes_is(top, "logs"))
		return is_log_part(layout, name, is_folder);
	if (is_folder)
		return false;
	if (bytes_is(top, "cards") || bytes_is(top, "forks"))
		return hashed_has(agreement->parties, agreement->party_count, name);
	if (bytes_is(top, "mechanisms"))
		return hashed_has(agreement->mechanisms, agreement->mechanism_count, name) || is_amended(layout, name);
	uint8_t digest[SHA256_SIZE];
	return bytes_is(top, "attachments") && text_unhex(name, digest, sizeof(digest)) == RULE_OK;
}

static enum rule keep_attachment(struct layout_attachments *attachments, struct bytes hex)
{
	if (attachments->count == attachments->capacity) {
		size_t capacity = attachments->capacity == 0 ? 64 : 2 * attachments->capacity;
		struct layout_attachment *list = reallocarray(attachments->list, capacity, sizeof(*list));
		if (list == NULL)
			return RULE_MEMORY;
		attachments->list = list;
		attachments->capacity = capacity;
	}
	struct layout_attachment *attachment = &attachments->list[attachments->count];
	*attachment = (struct layout_attachment){0};
	enum rule rule = text_unhex(hex, attachment->digest, sizeof(attachment->digest));
	if (rule == RULE_OK)
		attachments->count++;
	return rule;
}

static enum rule walk_folder(struct walk *walk, int folder);

/* Looks at `name` in `folder`; walk->path is that of the folder and is put back, except on failure. */
static enum rule walk_name(struct walk *walk, int folder, const char *name)
{
	size_t before = strlen(walk->path);
	int size = snprintf(walk->path + before, LAYOUT_PATH_MAX - before, "%s%s", before == 0 ? "" : "/", name);
	if (size < 0 || (size_t)size >= LAYOUT_PATH_MAX - before || !foreign_name(bytes_string(name)))
		return RULE_RECORD_LAYOUT;

	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return foreign_rule(errno);
	bool is_folder = S_ISDIR(status.st_mode);
	if (!is_folder && !S_ISREG(status.st_mode))
		return RULE_RECORD_KIND;
	if (!is_named(walk->layout, bytes_string(walk->path), is_folder))
		return RULE_RECORD_LAYOUT;

	enum rule rule = RULE_OK;
	if (is_folder) {
		int inner;
		rule = foreign_open(folder, name, &inner);
		if (rule == RULE_OK)
			rule = walk_folder(walk, inner);
	} else if (strncmp(walk->path, "attachments/", 12) == 0) {
		rule = keep_attachment(walk->attachments, bytes_string(name));
	}
	if (rule == RULE_OK)
		walk->path[before] = '\0';
	return rule;
}

/* Looks at everything in `folder`, and closes it. */
static enum rule walk_folder(struct walk *walk, int folder)
{
	DIR *directory = walk->depth < DEPTH_MAX ? fdopendir(folder) : NULL;
	if (directory == NULL) {
		close(folder);
		return walk->depth < DEPTH_MAX ? RULE_IO : RULE_RECORD_LAYOUT;
	}
	walk->depth++;
	enum rule rule = RULE_OK;
	while (rule == RULE_OK) {
		errno = 0;
		const struct dirent *entry = readdir(directory);
		if (entry == NULL) {
			rule = errno == 0 ? RULE_OK : RULE_IO;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rule = walk_name(walk, dirfd(directory), entry->d_name);
	}
	walk->depth--;
	closedir(directory);
	return rule;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct layout_attachment *)a)->digest, ((const struct layout_attachment *)b)->digest,
		SHA256_SIZE);
}

enum rule layout_check(int folder, const struct layout *layout, struct layout_attachments *attachments,
	char where[LAYOUT_PATH_MAX])
{
	struct walk walk = {.layout = layout, .attachments = attachments, .path = where};
	where[0] = '\0';
	/* not dup(): the walk must not move the caller's offset */
	int top = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return RULE_IO;
	enum rule rule = walk_folder(&walk, top);
	if (attachments->count > 1)
		qsort(attachments->list, attachments->count, sizeof(*attachments->list), by_digest);
	return rule;
}

struct layout_attachment *layout_find(const struct layout_attachments *attachments, const uint8_t digest[SHA256_SIZE])
{
	struct layout_attachment key = {0};
	memcpy(key.digest, digest, SHA256_SIZE);
	return attachments->count == 0 ? NULL
				       : bsearch(&key, attachments->list, attachments->count, sizeof(key), by_digest);
}

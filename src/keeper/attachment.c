#include "attachment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

#define NAME_SIZE (2 * SHA256_SIZE + 8) /* HEX.part with its end */

static void name_of(char name[NAME_SIZE], const uint8_t digest[SHA256_SIZE], const char *ending)
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	snprintf(name, NAME_SIZE, "%.*s%s", BYTES_SHOWN(buffer_bytes(&hex)), ending);
	buffer_free(&hex);
}

static enum rule sync_folder(int folder)
{
	return fsync(folder) == 0 ? RULE_OK : rule_of_errno(errno);
}

/* The digest of HEX with that ending. */
static bool digest_of(const char *name, const char *ending, uint8_t digest[SHA256_SIZE])
{
	return strlen(name) == 2 * SHA256_SIZE + strlen(ending) && strcmp(name + 2 * SHA256_SIZE, ending) == 0 &&
		text_unhex(bytes_of(name, 2 * SHA256_SIZE), digest, SHA256_SIZE) == RULE_OK;
}

/* ---- the folder ---- */

struct attachment_list {
	DIR *directory;
};

enum rule attachment_list_begin(struct attachment_list **list, int folder)
{
	struct attachment_list *new = malloc(sizeof(*new));
	int top = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = top < 0 || new == NULL ? NULL : fdopendir(top);
	if (directory == NULL) {
		enum rule rule = new == NULL ? RULE_MEMORY : rule_of_errno(errno);
		if (top >= 0)
			close(top);
		free(new);
		return rule;
	}
	new->directory = directory;
	*list = new;
	return RULE_OK;
}

/* The next HEX with that ending. */
static bool next_of(struct attachment_list *list, const char *ending, uint8_t digest[SHA256_SIZE])
{
	const struct dirent *entry;
	while ((entry = readdir(list->directory)) != NULL) {
		if (digest_of(entry->d_name, ending, digest))
			return true;
	}
	return false;
}

bool attachment_list_next(struct attachment_list *list, uint8_t digest[SHA256_SIZE])
{
	return next_of(list, "", digest);
}

void attachment_list_end(struct attachment_list *list)
{
	if (list != NULL)
		closedir(list->directory);
	free(list);
}

static enum rule remove_temporary(int folder)
{
	struct attachment_list *list;
	const struct dirent *entry;
	enum rule rule = attachment_list_begin(&list, folder);
	if (rule != RULE_OK)
		return rule;
	while ((entry = readdir(list->directory)) != NULL && rule == RULE_OK) {
		size_t size = strlen(entry->d_name);
		bool left = size > 4 && strcmp(entry->d_name + size - 4, ".tmp") == 0;
		if (left && unlinkat(folder, entry->d_name, 0) != 0)
			rule = rule_of_errno(errno);
	}
	attachment_list_end(list);
	return rule;
}

enum rule attachment_folder(const char *path, int *folder)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return rule_of_errno(errno);
	int opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (opened < 0)
		return rule_of_errno(errno);
	enum rule rule = remove_temporary(opened);
	if (rule == RULE_OK)
		*folder = opened;
	else
		close(opened);
	return rule;
}

enum rule attachment_open(int folder, const uint8_t digest[SHA256_SIZE], int *file, uint64_t *size)
{
	char name[NAME_SIZE];
	struct stat status;
	name_of(name, digest, "");
	int opened = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (opened < 0)
		return rule_of_errno(errno);
	if (fstat(opened, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(opened);
		return RULE_IO;
	}
	*file = opened;
	*size = (uint64_t)status.st_size;
	return RULE_OK;
}

static bool size_of(int folder, const uint8_t digest[SHA256_SIZE], const char *ending, uint64_t *size)
{
	char name[NAME_SIZE];
	struct stat status;
	name_of(name, digest, ending);
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
		return false;
	*size = (uint64_t)status.st_size;
	return true;
}

bool attachment_held(int folder, const uint8_t digest[SHA256_SIZE], uint64_t *size)
{
	uint64_t found;
	return size_of(folder, digest, "", size == NULL ? &found : size);
}

uint64_t attachment_begun(int folder, const uint8_t digest[SHA256_SIZE])
{
	uint64_t size = 0;
	size_of(folder, digest, ".part", &size);
	return size;
}

void attachment_remove(int folder, const uint8_t digest[SHA256_SIZE])
{
	char name[NAME_SIZE];
	name_of(name, digest, "");
	unlinkat(folder, name, 0);
}

/* ---- sealed here ---- */

static void temporary(char name[NAME_SIZE], unsigned number)
{
	snprintf(name, NAME_SIZE, "%u.tmp", number);
}

enum rule attachment_create(int folder, unsigned *number, int *file)
{
	static unsigned last; /* one keeper, one process: no two are of one number */
	char name[NAME_SIZE];
	temporary(name, ++last);
	int opened = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (opened < 0)
		return rule_of_errno(errno);
	*number = last;
	*file = opened;
	return RULE_OK;
}

void attachment_discard(int folder, unsigned number)
{
	char name[NAME_SIZE];
	temporary(name, number);
	unlinkat(folder, name, 0);
}

enum rule attachment_sealed(int folder, unsigned number, int file, const uint8_t digest[SHA256_SIZE])
{
	char from[NAME_SIZE], to[NAME_SIZE];
	temporary(from, number);
	name_of(to, digest, ".new");
	enum rule rule = fsync(file) == 0 ? RULE_OK : rule_of_errno(errno);
	if (rule == RULE_OK && renameat(folder, from, folder, to) != 0)
		rule = rule_of_errno(errno);
	if (rule != RULE_OK) {
		attachment_discard(folder, number);
		return rule;
	}
	rule = sync_folder(folder);
	if (rule != RULE_OK)
		unlinkat(folder, to, 0);
	return rule;
}

enum rule attachment_settle(int folder, const uint8_t digest[SHA256_SIZE], bool kept)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	name_of(from, digest, ".new");
	name_of(to, digest, "");
	if ((kept ? renameat(folder, from, folder, to) : unlinkat(folder, from, 0)) != 0)
		return rule_of_errno(errno);
	return sync_folder(folder);
}

enum rule attachment_recover(int folder, attachment_kept kept, void *context)
{
	struct attachment_list *list;
	uint8_t digest[SHA256_SIZE];
	enum rule rule = attachment_list_begin(&list, folder);
	if (rule != RULE_OK)
		return rule;
	while (rule == RULE_OK && next_of(list, ".new", digest)) {
		bool is_kept = false;
		rule = kept(context, digest, &is_kept);
		if (rule == RULE_OK)
			rule = attachment_settle(folder, digest, is_kept);
	}
	attachment_list_end(list);
	return rule;
}

/* How much may wait for the disk: what fsync() finds at the end is no more, and the node stands still no longer. */
#define BEHIND ((off_t)4 << 20)

void attachment_write_behind(int file, uint64_t size, size_t last)
{
	off_t at = (off_t)size - (off_t)last;
	sync_file_range(file, at, (off_t)last, SYNC_FILE_RANGE_WRITE);
	if (at >= BEHIND)
		sync_file_range(file, at - BEHIND, (off_t)last,
			SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

/* ---- hashing ---- */

enum rule attachment_hash_step(struct attachment_hash *hash, int file, uint64_t until)
{
	static uint8_t piece[65536];
	if (hash->stream == NULL && (hash->stream = sha256_begin()) == NULL)
		return RULE_MEMORY;
	uint64_t end = until - hash->done > ATTACHMENT_PIECE ? hash->done + ATTACHMENT_PIECE : until;
	while (hash->done < end) {
		size_t want = end - hash->done > sizeof(piece) ? sizeof(piece) : (size_t)(end - hash->done);
		ssize_t got = pread(file, piece, want, (off_t)hash->done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? RULE_ATTACHMENT_DIGEST : rule_of_errno(errno);
		sha256_more(hash->stream, bytes_of(piece, (size_t)got));
		hash->done += (uint64_t)got;
	}
	return RULE_OK;
}

void attachment_hash_end(struct attachment_hash *hash, uint8_t digest[SHA256_SIZE])
{
	if (hash->stream == NULL)
		sha256(bytes_of("", 0), digest);
	else
		sha256_finish(hash->stream, digest);
	*hash = (struct attachment_hash){0};
}

void attachment_hash_drop(struct attachment_hash *hash)
{
	sha256_drop(hash->stream);
	*hash = (struct attachment_hash){0};
}

/* ---- on its way here ---- */

enum rule part_open(struct part **part, int folder, const uint8_t digest[SHA256_SIZE], uint64_t total)
{
	char name[NAME_SIZE];
	struct part *new = calloc(1, sizeof(*new));
	if (new == NULL)
		return RULE_MEMORY;
	name_of(name, digest, ".part");
	*new = (struct part){.folder = folder, .total = total};
	memcpy(new->digest, digest, SHA256_SIZE);
	new->file = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (new->file < 0) {
		free(new);
		return rule_of_errno(errno);
	}
	enum rule rule = part_look(new);
	if (rule == RULE_OK)
		*part = new;
	else
		part_close(new);
	return rule;
}

void part_close(struct part *part)
{
	if (part == NULL)
		return;
	attachment_hash_drop(&part->hash);
	close(part->file);
	free(part);
}

void part_discard(struct part *part)
{
	char name[NAME_SIZE];
	name_of(name, part->digest, ".part");
	unlinkat(part->folder, name, 0);
	part_close(part);
}

enum rule part_look(struct part *part)
{
	struct stat status;
	if (fstat(part->file, &status) != 0)
		return RULE_IO;
	part->have = (uint64_t)status.st_size;
	/* longer than the whole, or than it was when it was hashed: somebody else's doing */
	if (part->have <= part->total && part->have >= part->hash.done)
		return RULE_OK;
	attachment_hash_drop(&part->hash);
	part->have = 0;
	return ftruncate(part->file, 0) == 0 ? RULE_OK : rule_of_errno(errno);
}

bool part_step(struct part *part)
{
	uint64_t before = part->hash.done;
	if (before == part->have || attachment_hash_step(&part->hash, part->file, part->have) != RULE_OK)
		return false;
	attachment_write_behind(part->file, part->hash.done, (size_t)(part->hash.done - before));
	return true;
}

enum rule part_end(struct part *part)
{
	uint8_t digest[SHA256_SIZE];
	char from[NAME_SIZE], to[NAME_SIZE];
	bool whole = part->hash.done == part->total;
	attachment_hash_end(&part->hash, digest);
	if (!whole || memcmp(digest, part->digest, SHA256_SIZE) != 0) {
		part_discard(part);
		return RULE_ATTACHMENT_DIGEST;
	}
	name_of(from, part->digest, ".part");
	name_of(to, part->digest, "");
	enum rule rule = fsync(part->file) == 0 ? RULE_OK : rule_of_errno(errno);
	if (rule == RULE_OK && renameat(part->folder, from, part->folder, to) != 0)
		rule = rule_of_errno(errno);
	if (rule == RULE_OK)
		rule = sync_folder(part->folder);
	part_close(part);
	return rule;
}

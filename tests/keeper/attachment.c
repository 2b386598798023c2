/* attachment: the folder of attachments: what is held, what is on its way, what a crash leaves. */
#include "attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "test.h"
#include "text.h"

#define LARGE (3 * ATTACHMENT_PIECE + 17)

static uint8_t data[LARGE], digest[SHA256_SIZE];
static int shelf;

static bool there(const char *ending)
{
	struct buffer hex = {0};
	char name[2 * SHA256_SIZE + 8];
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	snprintf(name, sizeof(name), "%.*s%s", BYTES_SHOWN(buffer_bytes(&hex)), ending);
	buffer_free(&hex);
	return faccessat(shelf, name, F_OK, 0) == 0;
}

static size_t names(void)
{
	struct attachment_list *list;
	uint8_t found[SHA256_SIZE];
	size_t count = 0;
	if (attachment_list_begin(&list, shelf) != RULE_OK)
		return 99;
	while (attachment_list_next(list, found))
		count++;
	attachment_list_end(list);
	return count;
}

static void bring(struct part *part, uint64_t from, size_t size)
{
	if (pwrite(part->file, data + from, size, (off_t)from) != (ssize_t)size)
		exit(1);
}

static void finish(struct part *part, enum rule wanted, const char *what)
{
	while (part_step(part))
		;
	test_check(part_end(part) == wanted, "%s", what);
}

static void test_on_its_way(void)
{
	struct part *part = NULL;
	uint64_t size = 0;
	int file = -1;
	test_check(part_open(&part, shelf, digest, LARGE) == RULE_OK && part->have == 0, "nothing of it is there");
	bring(part, 0, ATTACHMENT_PIECE + 5);
	test_check(!part_step(part), "what was not looked at is not hashed");
	test_check(part_look(part) == RULE_OK && part->have == ATTACHMENT_PIECE + 5, "how much came");
	test_check(part_step(part) && part->hash.done == ATTACHMENT_PIECE && part_step(part) && !part_step(part) &&
		part->hash.done == part->have, "it is hashed a piece at a time");
	test_check(attachment_begun(shelf, digest) == ATTACHMENT_PIECE + 5 && !attachment_held(shelf, digest, NULL),
		"a part is not held");
	part_close(part);
	test_check(part_open(&part, shelf, digest, LARGE) == RULE_OK && part->have == ATTACHMENT_PIECE + 5,
		"what came stays");
	bring(part, part->have, LARGE - ATTACHMENT_PIECE - 5);
	part_look(part);
	finish(part, RULE_OK, "all of it came");
	test_check(attachment_held(shelf, digest, &size) && size == LARGE && !there(".part"), "it is held");
	test_check(attachment_open(shelf, digest, &file, &size) == RULE_OK && size == LARGE, "and can be read");
	close(file);
	test_check(names() == 1, "it is the only one");
	attachment_remove(shelf, digest);
	test_check(attachment_open(shelf, digest, &file, &size) == RULE_NOT_FOUND && names() == 0,
		"removed, it is gone");
}

static void test_spoiled(void)
{
	struct part *part = NULL;
	static const struct { uint64_t total; size_t size; int64_t flip; const char *what; } cases[] = {
		{LARGE, LARGE, 0, "its first byte is another"}, {LARGE, LARGE, LARGE - 1, "its last byte is another"},
		{LARGE - 1, LARGE - 1, -1, "a byte is missing"}, {LARGE, LARGE - 1, -1, "it is not all there"}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (part_open(&part, shelf, digest, cases[i].total) != RULE_OK)
			exit(1);
		bring(part, 0, cases[i].size);
		uint8_t other = cases[i].flip < 0 ? 0 : (uint8_t)~data[cases[i].flip];
		if (cases[i].flip >= 0 && pwrite(part->file, &other, 1, cases[i].flip) != 1)
			exit(1);
		part_look(part);
		finish(part, RULE_ATTACHMENT_DIGEST, cases[i].what);
		test_check(!there("") && !there(".part"), "%s: nothing of it stays", cases[i].what);
	}
	if (part_open(&part, shelf, digest, LARGE - 1) != RULE_OK)
		exit(1);
	bring(part, 0, LARGE);
	test_check(part_look(part) == RULE_OK && part->have == 0, "more than the whole: it begins anew");
	bring(part, 0, 100);
	part_look(part);
	part_step(part);
	if (ftruncate(part->file, 50) != 0)
		exit(1);
	test_check(part_look(part) == RULE_OK && part->have == 0 && part->hash.done == 0,
		"less than was hashed: it begins anew");
	part_discard(part);
	test_check(!there(".part"), "thrown away");
}

static void test_empty(void)
{
	struct part *part = NULL;
	uint8_t none[SHA256_SIZE];
	sha256(bytes_of("", 0), none);
	test_check(part_open(&part, shelf, none, 0) == RULE_OK && !part_step(part) && part_end(part) == RULE_OK &&
		attachment_held(shelf, none, NULL), "one of no byte");
	attachment_remove(shelf, none);
}

static enum rule keep(void *context, const uint8_t found[SHA256_SIZE], bool *kept)
{
	*kept = *(bool *)context;
	return memcmp(found, digest, SHA256_SIZE) == 0 ? RULE_OK : RULE_IO;
}

/* Seals one, as far as its name goes. */
static void seal(void)
{
	unsigned number;
	int file;
	test_check(attachment_create(shelf, &number, &file) == RULE_OK && names() == 0,
		"what is being sealed is not held");
	test_check(attachment_sealed(shelf, number, file, digest) == RULE_OK && there(".new") && !there(""),
		"nor is what waits for its entry");
	close(file);
}

static void test_sealed(void)
{
	unsigned number;
	int file, other;
	bool kept = true;
	seal();
	test_check(attachment_settle(shelf, digest, true) == RULE_OK && there("") && !there(".new"),
		"its entry was kept");
	attachment_remove(shelf, digest);
	seal();
	test_check(attachment_settle(shelf, digest, false) == RULE_OK && !there("") && !there(".new"), "it was not");
	seal();
	test_check(attachment_recover(shelf, keep, &kept) == RULE_OK && there("") && !there(".new"),
		"a crash after the commit loses nothing");
	attachment_remove(shelf, digest);
	seal();
	kept = false;
	test_check(attachment_recover(shelf, keep, &kept) == RULE_OK && !there("") && !there(".new"),
		"one before it leaves nothing");
	if (attachment_create(shelf, &number, &file) != RULE_OK)
		exit(1);
	close(file);
	if (attachment_folder(folder_path("attachments"), &other) != RULE_OK)
		exit(1);
	char name[32];
	snprintf(name, sizeof(name), "%u.tmp", number);
	test_check(faccessat(shelf, name, F_OK, 0) != 0, "nor does one while it is sealed");
	close(other);
}

static void test_others(void)
{
	static const char *const strange[] = {"x", "0123", ".part", "README.tmp.x"};
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		close(openat(shelf, strange[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	test_check(names() == 0, "other files are none");
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	buffer_u8(&hex, 0);
	int file;
	uint64_t size;
	if (symlinkat("/etc/passwd", shelf, (const char *)hex.data) != 0)
		exit(1);
	test_check(!attachment_held(shelf, digest, NULL) && attachment_open(shelf, digest, &file, &size) != RULE_OK,
		"nor is a link");
	unlinkat(shelf, (const char *)hex.data, 0);
	buffer_free(&hex);
}

int main(void)
{
	test_start();
	folder_make();
	if (crypto_start() != RULE_OK)
		return 1;
	for (size_t i = 0; i < LARGE; i++)
		data[i] = (uint8_t)(i * 31 + i / 65536);
	sha256(bytes_of(data, LARGE), digest);
	test_check(attachment_folder(folder_path("attachments"), &shelf) == RULE_OK, "the folder is made");
	test_on_its_way();
	test_spoiled();
	test_empty();
	test_sealed();
	test_others();
	close(shelf);
	folder_remove();
	return test_end();
}

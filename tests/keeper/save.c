/* save: attachments that open, that their writer sealed so that they do not, and that this disk has damaged. */
#include "save.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "folder.h"
#include "form.h"
#include "test.h"
#include "text.h"

static uint8_t secret[X25519_SIZE] = {1}, recipients[1][X25519_SIZE], data[200000];
static struct keeper *keeper;
static struct pact pact = {.self = 0};
static struct channel *theirs;
static struct client client;

/* Seals `data` into the folder; its digest, size and file key. */
static void seal(struct entry_attachment *named, uint8_t file_key[AGE_FILE_KEY])
{
	int in = memfd_create("in", MFD_CLOEXEC), out;
	unsigned number;
	struct sha256_stream *digest = sha256_begin();
	struct age_run *run = NULL;
	bool done = false;
	if (in < 0 || write(in, data, sizeof(data)) != sizeof(data) || lseek(in, 0, SEEK_SET) != 0 ||
		attachment_create(keeper->attachments, &number, &out) != RULE_OK)
		exit(1);
	struct age_io io = {in, out, file_key};
	struct age_to to = {.recipients = recipients, .count = 1, .random = &random_system};
	if (age_seal_begin(&run, &io, &to, digest) != RULE_OK || age_seal_step(run, 100, &done) != RULE_OK || !done)
		exit(1);
	sha256_finish(digest, named->digest);
	age_run_free(run);
	named->size = age_sealed_size(1, sizeof(data));
	if (attachment_sealed(keeper->attachments, number, out, named->digest) != RULE_OK ||
		attachment_settle(keeper->attachments, named->digest, true) != RULE_OK)
		exit(1);
	close(in);
	close(out);
}

struct sent {
	char names[200];
	uint64_t bytes;
	bool right;
};

/* The files that went to the client. */
static struct sent taken(void)
{
	struct sent sent = {.right = true};
	struct frame frame;
	channel_receive(theirs);
	while (channel_next(theirs, &frame)) {
		struct message_file file;
		if (frame.type != MESSAGE_FILE || message_parse_file(&file, frame.payload) != RULE_OK)
			exit(1);
		if (sent.bytes == 0)
			snprintf(sent.names + strlen(sent.names), sizeof(sent.names) - strlen(sent.names), "%.*s ",
				BYTES_SHOWN(file.path));
		sent.right = sent.right && sent.bytes + file.content.size <= sizeof(data) &&
			memcmp(data + sent.bytes, file.content.data, file.content.size) == 0;
		sent.bytes += file.content.size;
		channel_receive(theirs);
	}
	return sent;
}

/* Saves one attachment of entry 5 of the other party, of that name and with that key. */
static struct sent save(const struct entry_attachment *named, const uint8_t file_key[AGE_FILE_KEY], const char *name)
{
	struct command command = {.client = &client, .id = 1};
	struct entry *entry = calloc(1, sizeof(*entry));
	struct sealed_lines *lines = calloc(1, sizeof(*lines));
	struct view_entry *view = calloc(1, sizeof(*view));
	struct save_place place = {0, 1, 5};
	struct buffer key = {0};
	if (entry == NULL || lines == NULL || view == NULL)
		exit(1);
	text_hex(&key, bytes_of(file_key, AGE_FILE_KEY));
	entry->attachments[entry->attachment_count++] = *named;
	lines->lines[0].field = (struct line){BYTES(ATTACHMENT_KEY), buffer_bytes(&key)};
	lines->lines[1].field = (struct line){BYTES(ATTACHMENT_NAME), bytes_string(name)};
	lines->count = 2;
	*view = (struct view_entry){.entry = entry, .lines = lines};
	test_check(save_begin(&command, view, &place) == RULE_OK, "%s: begun", name);
	while (save_step(keeper, &command))
		;
	saving_free(command.saving);
	for (size_t i = 0; i < keeper->deferred_count; i++)
		buffer_free(&keeper->deferred[i].payload);
	keeper->deferred_count = 0;
	buffer_free(&key);
	free(entry);
	free(lines);
	free(view);
	return taken();
}

/* On this disk. */
static void damage(const struct entry_attachment *named)
{
	struct buffer hex = {0};
	char name[2 * SHA256_SIZE + 1];
	text_hex(&hex, bytes_of(named->digest, SHA256_SIZE));
	snprintf(name, sizeof(name), "%.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&hex);
	int file = openat(keeper->attachments, name, O_WRONLY | O_CLOEXEC);
	if (file < 0 || ftruncate(file, (off_t)named->size + 1) != 0)
		exit(1);
	close(file);
}

static void test_names(const struct entry_attachment *named, const uint8_t file_key[AGE_FILE_KEY])
{
	static const struct { const char *name, *saved; } cases[] = {{"plan.pdf", "plan.pdf "},
		{"a b", "a b "}, {"\xe6\x96\x87", "\xe6\x96\x87 "}, {".bashrc", "attachment-1 "},
		{"..", "attachment-1 "},
		{"../up", "attachment-1 "}, {"/etc/passwd", "attachment-1 "}, {"", "attachment-1 "},
		{"a\xe2\x80\xae""fdp.exe", "attachment-1 "}, {"\xff", "attachment-1 "}, {"a\\nb", "attachment-1 "}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sent sent = save(named, file_key, cases[i].name);
		test_check(strcmp(sent.names, cases[i].saved) == 0 && sent.right && sent.bytes == sizeof(data),
			"%zu: saved as %s", i, sent.names);
	}
}

int main(void)
{
	static struct relation *relation;
	struct entry_attachment named = {0};
	uint8_t file_key[AGE_FILE_KEY];
	int ends[2];
	test_start();
	folder_make();
	keeper = calloc(1, sizeof(*keeper));
	if (crypto_start() != RULE_OK || keeper == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
		attachment_folder(folder_path("attachments"), &keeper->attachments) != RULE_OK)
		return 1;
	client.channel = channel_new(ends[0]);
	theirs = channel_new(ends[1]);
	relation = &keeper->relations[keeper->relation_count++];
	relation->pact = &pact;
	x25519_public(secret, recipients[0]);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	seal(&named, file_key);
	test_names(&named, file_key);
	test_check(relation->unreadable_count == 0 && !relation->lost, "nothing is wrong with it");

	file_key[0] ^= 1;
	struct sent sent = save(&named, file_key, "wrong key");
	test_check(sent.bytes == 0 && sent.names[0] == '\0', "what does not open is not written");
	test_check(relation->unreadable_count == 1 && relation->unreadable[0].party == 1 &&
		relation->unreadable[0].index == 5 && strcmp(relation->unreadable[0].cause, "attachment") == 0,
		"and goes on the record");
	test_check(attachment_held(keeper->attachments, named.digest, NULL) && !relation->lost,
		"it stays: it is what it is");

	file_key[0] ^= 1;
	named.size++;
	relation->unreadable_count = 0;
	sent = save(&named, file_key, "another size");
	test_check(sent.bytes == 0 && relation->unreadable_count == 1 && !relation->lost &&
		attachment_held(keeper->attachments, named.digest, NULL),
		"an entry that names another's file with a false size is what is wrong: the file stays");

	named.size--;
	damage(&named);
	sent = save(&named, file_key, "damaged");
	test_check(sent.bytes == 0 && relation->lost && relation->lost_party == 1 && relation->lost_index == 5,
		"what was damaged here is not written, and had again");
	test_check(!attachment_held(keeper->attachments, named.digest, NULL) && relation->unreadable_count == 1,
		"it is removed; nobody else is blamed");
	sent = save(&named, file_key, "gone");
	test_check(sent.bytes == 0 && relation->unreadable_count == 1, "what is not here is nobody's fault");
	channel_free(client.channel);
	channel_free(theirs);
	close(keeper->attachments);
	free(keeper->deferred);
	free(keeper);
	folder_remove();
	return test_end();
}

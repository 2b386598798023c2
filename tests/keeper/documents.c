/*
 * documents: what a node refuses to send, and what it says of what came: from nodes that looked at nothing, whose
 * documents are malformed, enormous, of another kind, or not those that the entry names.
 */
#include "documents.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "attachment.h"
#include "folder.h"
#include "test.h"
#include "text.h"

static const char text[] =
	"detente mechanism v1\nname goods\ncode csaf\ncode cyclonedx\ncode vex\ncode other-document\n"
	"form goods/statement\nopens yes\nfield document open code optional\ncodes csaf cyclonedx vex other-document\n"
	"field digest open hash optional\n"
	"form goods/question\nopens yes\nfield document open code repeated\ncodes csaf cyclonedx\n"
	"form goods/sealed\nopens yes\nfield document sealed code optional\ncodes csaf\n";
static const char cyclonedx[] = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":"
	"[{\"type\":\"library\",\"name\":\"left\"}]}";
static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

static uint8_t secret[X25519_SIZE] = {1}, recipients[1][X25519_SIZE];
static const struct form *statement, *question, *sealed;
static int shelf;

struct trial {
	const char *name, *claimed; /* NULL: not said */
	const char *content;        /* NULL: nothing attached */
	size_t size;                /* it is filled up with spaces to; 0: as it is */
	const char *digest;         /* NULL: not said; "": as it is */
	enum rule rule;             /* of the writer, and of the reader's document but for what follows */
	bool read;                  /* the reader has a document */
};

static const struct trial trials[] = {
	{"a bill of materials", "cyclonedx", cyclonedx, 0, "", RULE_OK, true},
	{"without a digest", "cyclonedx", cyclonedx, 0, NULL, RULE_OK, true},
	{"a digest alone", NULL, "anything", 0, "", RULE_OK, false},
	{"a kind that nobody looks into", "other-document", "anything", 0, "", RULE_OK, false},
	{"no document, and none said", NULL, "anything", 0, NULL, RULE_OK, false},
	{"the largest", "cyclonedx", cyclonedx, DOCUMENT_MAX, "", RULE_OK, true},
	{"enormous", "cyclonedx", cyclonedx, DOCUMENT_MAX + 1, "", RULE_DOCUMENT_SIZE, false},
	{"far more", "cyclonedx", cyclonedx, DOCUMENT_MAX + (2u << 20), "", RULE_DOCUMENT_SIZE, false},
	{"malformed", "cyclonedx", "{\"bomFormat\":", 0, "", RULE_DOCUMENT_JSON, false},
	{"a member twice", "cyclonedx", "{\"a\":1,\"a\":2}", 0, NULL, RULE_DOCUMENT_DUPLICATE, false},
	{"nothing in it", "cyclonedx", "", 0, NULL, RULE_DOCUMENT_JSON, false},
	{"of another kind", "csaf", cyclonedx, 0, "", RULE_DOCUMENT_KIND, true},
	{"of no kind", "csaf", "{}", 0, NULL, RULE_DOCUMENT_KIND, true},
	{"no VEX", "vex", cyclonedx, 0, "", RULE_DOCUMENT_KIND, true},
	{"another digest", "cyclonedx", cyclonedx, 0, zeros, RULE_DOCUMENT_DIGEST, true},
	{"another digest of what nobody looks into", "other-document", "anything", 0, zeros, RULE_DOCUMENT_DIGEST,
		false},
	{"another digest alone", NULL, "anything", 0, zeros, RULE_DOCUMENT_DIGEST, false},
	{"nothing attached", "cyclonedx", NULL, 0, NULL, RULE_DOCUMENT_ATTACHED, false},
	{"nothing attached of that digest", NULL, NULL, 0, zeros, RULE_DOCUMENT_ATTACHED, false},
};

/* What is attached, in a file; -1: nothing. Its digest in hex. */
static int make_file(const struct trial *trial, char hex[2 * SHA256_SIZE + 1])
{
	size_t size = trial->content == NULL ? 0 : strlen(trial->content);
	size_t whole = trial->size > size ? trial->size : size;
	int file = trial->content == NULL ? -1 : memfd_create("document", MFD_CLOEXEC);
	uint8_t *room = malloc(whole + 1), digest[SHA256_SIZE];
	struct buffer shown = {0};
	if (room == NULL || (trial->content != NULL && file < 0))
		exit(1);
	memset(room, ' ', whole);
	if (size > 0)
		memcpy(room, trial->content, size);
	if (file >= 0 && write(file, room, whole) != (ssize_t)whole)
		exit(1);
	sha256(bytes_of(room, whole), digest);
	text_hex(&shown, bytes_of(digest, SHA256_SIZE));
	bytes_to_string(buffer_bytes(&shown), hex, 2 * SHA256_SIZE + 1);
	buffer_free(&shown);
	free(room);
	return file;
}

static void take_fields(struct entry *entry, const struct trial *trial, const char *hex)
{
	if (trial->claimed != NULL)
		entry->fields[entry->field_count++] = (struct line){BYTES("document"), bytes_string(trial->claimed)};
	if (trial->digest != NULL)
		entry->fields[entry->field_count++] = (struct line){BYTES("digest"),
			bytes_string(*trial->digest == '\0' ? hex : trial->digest)};
}

/* Seals the file into the folder. */
static void seal(int file, struct entry_attachment *named, uint8_t file_key[AGE_FILE_KEY])
{
	int out;
	unsigned number;
	struct sha256_stream *digest = sha256_begin();
	struct age_run *run = NULL;
	bool done = false;
	enum rule rule = attachment_create(shelf, &number, &out);
	off_t size = lseek(file, 0, SEEK_END);
	struct age_io io = {file, out, file_key};
	struct age_to to = {.recipients = recipients, .count = 1, .random = &random_system};
	if (lseek(file, 0, SEEK_SET) != 0 || rule != RULE_OK || age_seal_begin(&run, &io, &to, digest) != RULE_OK)
		exit(1);
	while (!done && rule == RULE_OK)
		rule = age_seal_step(run, 100, &done);
	sha256_finish(digest, named->digest);
	age_run_free(run);
	named->size = age_sealed_size(1, (uint64_t)size);
	if (rule != RULE_OK || attachment_sealed(shelf, number, out, named->digest) != RULE_OK ||
		attachment_settle(shelf, named->digest, true) != RULE_OK)
		exit(1);
	close(out);
}

/* What the reader is told of an entry with these fields and that file. */
static struct view_document *read_entry(struct entry *entry, const struct form *form, int file)
{
	struct sealed_lines *lines = calloc(1, sizeof(*lines));
	struct view_entry *view = calloc(1, sizeof(*view));
	struct view_document *document = NULL;
	uint8_t file_key[AGE_FILE_KEY];
	struct buffer key = {0};
	if (lines == NULL || view == NULL)
		exit(1);
	if (file >= 0) {
		seal(file, &entry->attachments[entry->attachment_count++], file_key);
		text_hex(&key, bytes_of(file_key, AGE_FILE_KEY));
		lines->lines[0].field = (struct line){BYTES(ATTACHMENT_KEY), buffer_bytes(&key)};
		lines->lines[1].field = (struct line){BYTES(ATTACHMENT_NAME), BYTES("document.json")};
		lines->count = 2;
	}
	*view = (struct view_entry){.entry = entry, .lines = lines};
	test_check(documents_read(&document, form, view, shelf) == RULE_OK, "it is looked at");
	view->lines = NULL;
	struct view_document *closed = NULL;
	test_check(documents_read(&closed, form, view, shelf) == RULE_OK && closed == NULL,
		"nothing of it while it is sealed");
	buffer_free(&key);
	free(lines);
	free(view);
	return document;
}

static void check_reader(const struct trial *trial, const struct view_document *document, const char *hex)
{
	bool told = trial->claimed != NULL || trial->digest != NULL;
	bool unread = trial->rule != RULE_OK && trial->rule != RULE_DOCUMENT_KIND &&
		trial->rule != RULE_DOCUMENT_DIGEST;
	if (!test_check((document != NULL) == told, "%s: something is said of it", trial->name) || document == NULL)
		return;
	test_check(document->rule == (unread ? trial->rule : RULE_OK) && document->fault.rule == document->rule,
		"%s: %s", trial->name, rule_name(document->rule));
	bool is_claimed = trial->read && trial->rule != RULE_DOCUMENT_KIND;
	test_check((document->document != NULL) == trial->read && document->is_claimed == is_claimed,
		"%s: %s", trial->name, trial->read ? "read" : "not read");
	bool large = trial->size > DOCUMENT_MAX + (1u << 20) || trial->content == NULL;
	enum view_digest wanted = trial->digest == NULL ? DIGEST_UNCLAIMED : large ? DIGEST_UNKNOWN
		: *trial->digest == '\0' ? DIGEST_SAME : DIGEST_DIFFERS;
	test_check(document->digest == wanted && (wanted != DIGEST_DIFFERS || strcmp(document->found, hex) == 0),
		"%s: its digest", trial->name);
}

static void check_trials(void)
{
	struct entry *entry = malloc(sizeof(*entry));
	for (size_t i = 0; entry != NULL && i < sizeof(trials) / sizeof(trials[0]); i++) {
		const struct trial *trial = &trials[i];
		char hex[2 * SHA256_SIZE + 1];
		struct fault fault = {0};
		int file = make_file(trial, hex);
		memset(entry, 0, sizeof(*entry));
		take_fields(entry, trial, hex);
		enum rule rule = documents_check(statement, entry, file, &fault);
		test_check(rule == trial->rule && fault.rule == rule, "%s is %s: %s", trial->name,
			rule == RULE_OK ? "sent" : "refused", rule_name(rule));
		test_check(documents_check(question, entry, file, NULL) == RULE_OK &&
			documents_check(sealed, entry, file, NULL) == RULE_OK &&
			documents_check(NULL, entry, file, NULL) == RULE_OK, "%s: no business of other forms", trial->name);
		struct view_document *document = read_entry(entry, statement, file);
		check_reader(trial, document, hex);
		view_document_free(document);
		if (file >= 0)
			close(file);
	}
	free(entry);
}

/* It is not here yet; it was damaged on this disk. */
static void check_absent(void)
{
	const struct trial *trial = &trials[0];
	struct entry *entry = calloc(1, sizeof(*entry));
	struct sealed_lines *lines = calloc(1, sizeof(*lines));
	struct view_document *document = NULL;
	if (entry == NULL || lines == NULL)
		exit(1);
	take_fields(entry, trial, zeros);
	entry->attachment_count = 1;
	lines->lines[0].field = (struct line){BYTES(ATTACHMENT_KEY), bytes_of(zeros, 2 * AGE_FILE_KEY)};
	lines->count = 2;
	struct view_entry view = {.entry = entry, .lines = lines};
	test_check(documents_read(&document, statement, &view, shelf) == RULE_OK && document != NULL &&
		document->rule == RULE_ATTACHMENT_ABSENT && document->digest == DIGEST_UNKNOWN, "it is not here yet");
	view_document_free(document);
	char hex[2 * SHA256_SIZE + 1];
	uint8_t file_key[AGE_FILE_KEY];
	int file = make_file(trial, hex);
	seal(file, &entry->attachments[0], file_key);
	close(file);
	document = NULL;
	test_check(documents_read(&document, statement, &view, shelf) == RULE_OK && document != NULL &&
		document->rule != RULE_OK && document->document == NULL && document->digest == DIGEST_UNKNOWN,
		"it does not open with the key that the entry has");
	view_document_free(document);
	free(entry);
	free(lines);
}

int main(void)
{
	struct mechanism *mechanism = NULL;
	test_start();
	folder_make();
	document_start(1);
	if (crypto_start() != RULE_OK || mechanism_read(&mechanism, bytes_string(text), NULL) != RULE_OK ||
		attachment_folder(folder_path("attachments"), &shelf) != RULE_OK)
		return 1;
	x25519_public(secret, recipients[0]);
	statement = &mechanism->forms[0];
	question = &mechanism->forms[1];
	sealed = &mechanism->forms[2];
	check_trials();
	check_absent();
	mechanism_free(mechanism);
	close(shelf);
	folder_remove();
	return test_end();
}

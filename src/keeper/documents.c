#include "documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attachment.h"
#include "age.h"
#include "text.h"

/* What an entry says of its document. */
struct claim {
	struct bytes kind, digest; /* absent: not said */
};

static bool take_claim(const struct form *form, const struct entry *entry, struct claim *claim)
{
	const struct form_field *kind = form == NULL ? NULL : form_field(form, BYTES("document"));
	const struct form_field *digest = form == NULL ? NULL : form_field(form, BYTES("digest"));
	if (kind == NULL || kind->sealed || kind->type != FIELD_CODE || kind->presence == FIELD_REPEATED)
		return false;
	*claim = (struct claim){.kind = entry_field(entry, "document")};
	if (digest != NULL && !digest->sealed && digest->type == FIELD_HASH && digest->presence != FIELD_REPEATED)
		claim->digest = entry_field(entry, "digest");
	return claim->kind.data != NULL || claim->digest.data != NULL;
}

/* Bytes as they come: hashed, and kept where they may be a document that is looked into. */
struct intake_bytes {
	struct sha256_stream *digest;
	struct buffer kept;
	bool keeps;
};

static void take_bytes(struct intake_bytes *intake, struct bytes bytes)
{
	sha256_more(intake->digest, bytes);
	if (!intake->keeps)
		return;
	/* one byte more than may be tells that it is too large */
	size_t room = DOCUMENT_MAX + 1 - intake->kept.size;
	buffer_add(&intake->kept, bytes_of(bytes.data, bytes.size < room ? bytes.size : room));
}

static void drop_intake(struct intake_bytes *intake)
{
	sha256_drop(intake->digest);
	buffer_free(&intake->kept);
}

static struct bytes hash_text(struct intake_bytes *intake, char text[2 * SHA256_SIZE + 1])
{
	uint8_t digest[SHA256_SIZE];
	sha256_finish(intake->digest, digest);
	intake->digest = NULL;
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return bytes_of(text, 2 * SHA256_SIZE);
}

/* ---- before it is sent ---- */

static enum rule read_file(int file, struct intake_bytes *intake)
{
	uint8_t *piece = malloc(ATTACHMENT_PIECE);
	struct stat status;
	enum rule rule = piece == NULL ? RULE_MEMORY : fstat(file, &status) != 0 ? RULE_ATTACHMENT_FILE : RULE_OK;
	off_t at = 0;
	while (rule == RULE_OK && at < status.st_size) {
		ssize_t got = pread(file, piece, ATTACHMENT_PIECE, at);
		if (got <= 0)
			rule = RULE_ATTACHMENT_FILE;
		else
			take_bytes(intake, bytes_of(piece, (size_t)got));
		at += got;
	}
	free(piece);
	return rule == RULE_OK ? intake->kept.rule : rule;
}

enum rule documents_check(const struct form *form, const struct entry *draft, int file, struct fault *fault)
{
	struct claim claim;
	if (!take_claim(form, draft, &claim))
		return RULE_OK;
	if (file < 0)
		return fault_bytes(fault, RULE_DOCUMENT_ATTACHED, 0, claim.kind);
	struct intake_bytes intake = {sha256_begin(), {.secret = true}, document_known(claim.kind)};
	struct document *document = NULL;
	char found[2 * SHA256_SIZE + 1];
	enum rule rule = intake.digest == NULL ? RULE_MEMORY : read_file(file, &intake);
	if (rule != RULE_OK)
		fault_bytes(fault, rule, 0, claim.kind);
	if (rule == RULE_OK && intake.keeps)
		rule = document_read(&document, buffer_bytes(&intake.kept), fault);
	if (rule == RULE_OK && intake.keeps && !document_is(document, claim.kind))
		rule = fault_set(fault, RULE_DOCUMENT_KIND, 0, "%.*s is said, and it is %s", BYTES_SHOWN(claim.kind),
			document_code(document->kind));
	if (rule == RULE_OK && claim.digest.data != NULL && !bytes_equal(hash_text(&intake, found), claim.digest))
		rule = fault_set(fault, RULE_DOCUMENT_DIGEST, 0, "it is %s", found);
	free(document);
	drop_intake(&intake);
	return rule;
}

/* ---- when it is shown ---- */

static enum rule open_file(int file, uint8_t *file_key, struct intake_bytes *intake)
{
	struct age_run *run = NULL;
	struct age_io io = {file, -1, file_key};
	struct buffer piece = {.secret = true};
	bool done = false;
	enum rule rule = age_open_begin(&run, &io, NULL);
	while (rule == RULE_OK && !done) {
		buffer_clear(&piece);
		rule = age_open_step(run, ATTACHMENT_PIECE / 65536, &piece, &done);
		if (rule == RULE_OK)
			take_bytes(intake, buffer_bytes(&piece));
	}
	age_run_free(run);
	buffer_free(&piece);
	return rule == RULE_OK ? intake->kept.rule : rule;
}

/* The first attachment, opened, if it is here and not so large that nobody looks into it. */
static enum rule open_first(const struct view_entry *view, int folder, struct intake_bytes *intake)
{
	const struct entry *entry = view->entry;
	uint8_t file_key[AGE_FILE_KEY];
	int file;
	uint64_t size;
	if (entry->attachment_count == 0 || view->lines->count < 2 * entry->attachment_count)
		return RULE_DOCUMENT_ATTACHED;
	const struct line *key = &view->lines->lines[view->lines->count - 2 * entry->attachment_count].field;
	enum rule rule = text_unhex(key->value, file_key, sizeof(file_key));
	if (rule == RULE_OK)
		rule = attachment_open(folder, entry->attachments[0].digest, &file, &size);
	if (rule != RULE_OK)
		return rule == RULE_NOT_FOUND ? RULE_ATTACHMENT_ABSENT : rule;
	rule = size > age_sealed_size(ENTRY_RECIPIENTS_MAX, DOCUMENT_MAX) ? RULE_DOCUMENT_SIZE
		: open_file(file, file_key, intake);
	close(file);
	secret_wipe(file_key, sizeof(file_key));
	return rule;
}

static void look(struct view_document *view, const struct claim *claim, struct intake_bytes *intake)
{
	struct bytes digest = hash_text(intake, view->found);
	if (claim->digest.data != NULL)
		view->digest = bytes_equal(digest, claim->digest) ? DIGEST_SAME : DIGEST_DIFFERS;
	if (!intake->keeps)
		return;
	view->rule = document_read(&view->document, buffer_bytes(&intake->kept), &view->fault);
	view->is_claimed = view->rule == RULE_OK && document_is(view->document, claim->kind);
}

enum rule documents_read(struct view_document **document, const struct form *form, const struct view_entry *view,
	int folder)
{
	struct claim claim;
	if (view->lines == NULL || folder < 0 || !take_claim(form, view->entry, &claim))
		return RULE_OK;
	struct view_document *found = calloc(1, sizeof(*found));
	struct intake_bytes intake = {sha256_begin(), {.secret = true}, document_known(claim.kind)};
	enum rule rule = found == NULL || intake.digest == NULL ? RULE_MEMORY : open_first(view, folder, &intake);
	if (found == NULL || rule == RULE_MEMORY) {
		free(found);
		drop_intake(&intake);
		return RULE_MEMORY;
	}
	bytes_to_string(claim.kind, found->claimed, sizeof(found->claimed));
	found->digest = claim.digest.data == NULL ? DIGEST_UNCLAIMED : DIGEST_UNKNOWN;
	if (rule == RULE_OK)
		look(found, &claim, &intake);
	else
		found->rule = fault_bytes(&found->fault, rule, 0, claim.kind);
	drop_intake(&intake);
	*document = found;
	return RULE_OK;
}

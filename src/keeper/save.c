/*
 * save: an entry's attachments, opened, to whoever asked. Each is gone through three times, in pieces between turns: is
 * it what the entry names; does all of it open; then, a FILE frame a piece, it goes to the client. So nothing goes out
 * of one that is damaged, and it is known whether the disk or its writer did that.
 */
#include "save.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "form.h"
#include "text.h"

struct saving { /* in memory for secrets */
	size_t relation; /* index among the keeper's */
	size_t party;
	uint64_t index;
	struct saved {
		char name[ATTACHMENT_NAME_MAX + 1];
		struct entry_attachment named;
		uint8_t file_key[AGE_FILE_KEY];
	} files[ENTRY_ATTACHMENTS_MAX];
	size_t count, at;
	uint8_t status; /* with which the command ends */
	/* the one under way */
	int file; /* -1: none yet */
	uint64_t size; /* of what is there */
	enum { SAVE_HASH, SAVE_OPEN, SAVE_SEND } pass;
	struct attachment_hash hash;
	struct age_run *run;
};

/* ---- names ---- */

/* What another party calls a file is a name in our folder only if it can be nothing else. */
static bool is_safe(struct bytes name)
{
	struct bytes rest = name;
	uint32_t code;
	if (name.size == 0 || name.size > ATTACHMENT_NAME_MAX || name.data[0] == '.' ||
		memchr(name.data, '/', name.size) != NULL)
		return false;
	while (rest.size > 0) {
		if (!text_next(&rest, &code) || text_hidden(code))
			return false;
	}
	return true;
}

/* Its own name, or "attachment-N" where that is unsafe or an earlier one's. */
static void name_file(struct saving *saving, size_t n, struct bytes name)
{
	struct saved *file = &saving->files[n];
	bool good = is_safe(name) && bytes_to_string(name, file->name, sizeof(file->name));
	for (size_t i = 0; i < n && good; i++)
		good = strcmp(saving->files[i].name, file->name) != 0;
	if (!good)
		snprintf(file->name, sizeof(file->name), "attachment-%zu", n + 1);
}

static enum rule take_file(struct saving *saving, const struct view_entry *view, size_t n)
{
	size_t key = view->lines->count - 2 * (view->entry->attachment_count - n);
	struct buffer name = {0};
	saving->files[n].named = view->entry->attachments[n];
	enum rule rule = text_unhex(view->lines->lines[key].field.value, saving->files[n].file_key, AGE_FILE_KEY);
	line_unescape(&name, view_attachment_name(view, n));
	if (rule == RULE_OK)
		rule = name.rule;
	if (rule == RULE_OK)
		name_file(saving, n, buffer_bytes(&name));
	buffer_free(&name);
	return rule;
}

enum rule save_begin(struct command *command, const struct view_entry *view, const struct save_place *place)
{
	if (view->lines == NULL)
		return view->state == VIEW_VOID ? view->why : view->closed;
	if (view->entry->attachment_count == 0 || view->lines->count < 2 * view->entry->attachment_count)
		return RULE_SAVE_NONE;
	struct saving *saving = command->saving = secret_new(sizeof(*saving));
	enum rule rule = saving == NULL ? RULE_MEMORY : RULE_OK;
	if (rule != RULE_OK)
		return rule;
	saving->relation = place->relation;
	saving->party = place->party;
	saving->index = place->index;
	saving->file = -1;
	for (size_t i = 0; i < view->entry->attachment_count && rule == RULE_OK; i++) {
		rule = take_file(saving, view, i);
		saving->count++;
	}
	return rule;
}

/* ---- in pieces ---- */

static void close_file(struct saving *saving)
{
	age_run_free(saving->run);
	attachment_hash_drop(&saving->hash);
	if (saving->file >= 0)
		close(saving->file);
	saving->run = NULL;
	saving->file = -1;
	saving->pass = SAVE_HASH;
}

void saving_free(struct saving *saving)
{
	if (saving == NULL)
		return;
	close_file(saving);
	secret_free(saving);
}

/*
 * Is it the file that the entry names? What has another digest was damaged here. What has the digest is whole, and
 * perhaps another entry's: with another size it is this entry that says what is not so.
 */
static enum rule hash_piece(struct keeper *keeper, struct saving *saving)
{
	const struct saved *file = &saving->files[saving->at];
	uint8_t digest[SHA256_SIZE];
	if (saving->file < 0) {
		enum rule rule = attachment_open(keeper->attachments, file->named.digest, &saving->file, &saving->size);
		if (rule != RULE_OK)
			return rule == RULE_NOT_FOUND ? RULE_ATTACHMENT_ABSENT : rule;
	}
	enum rule rule = attachment_hash_step(&saving->hash, saving->file, saving->size);
	if (rule != RULE_OK || saving->hash.done < saving->size)
		return rule;
	attachment_hash_end(&saving->hash, digest);
	saving->pass = SAVE_OPEN;
	if (memcmp(digest, file->named.digest, SHA256_SIZE) != 0)
		return RULE_ATTACHMENT_DIGEST;
	return saving->size == file->named.size ? RULE_OK : RULE_ATTACHMENT_NAMED;
}

/* Opens a piece; with SAVE_SEND it goes out. *done: the pass is over. */
static enum rule open_piece(struct command *command, bool *done)
{
	struct saving *saving = command->saving;
	struct saved *file = &saving->files[saving->at];
	struct buffer plain = {.secret = true};
	struct age_io io = {saving->file, -1, file->file_key};
	bool sends = saving->pass == SAVE_SEND;
	enum rule rule = RULE_OK;
	if (saving->run == NULL)
		rule = lseek(saving->file, 0, SEEK_SET) == 0 ? age_open_begin(&saving->run, &io, NULL) : RULE_IO;
	if (rule == RULE_OK)
		rule = age_open_step(saving->run, ATTACHMENT_PIECE / 65536, sends ? &plain : NULL, done);
	if (rule == RULE_OK && sends)
		rule = command_file(command, file->name, buffer_bytes(&plain));
	buffer_free(&plain);
	return rule;
}

/* A piece of the file under way; *done: it was sent whole. */
static enum rule take_piece(struct keeper *keeper, struct command *command, bool *done)
{
	struct saving *saving = command->saving;
	bool over = false;
	if (saving->pass == SAVE_HASH)
		return hash_piece(keeper, saving);
	enum rule rule = open_piece(command, &over);
	if (rule != RULE_OK || !over)
		return rule;
	if (saving->pass == SAVE_SEND)
		TELL(keeper, command, W("saved {1}, {2} bytes"), bytes_string(saving->files[saving->at].name),
			NUMBER(age_run_plain(saving->run)));
	*done = saving->pass == SAVE_SEND;
	age_run_free(saving->run);
	saving->run = NULL;
	saving->pass = SAVE_SEND;
	return RULE_OK;
}

/* What was damaged here is had again; what its writer sealed so that it does not open goes on the record. */
static void refuse_file(struct keeper *keeper, struct command *command, enum rule rule)
{
	struct saving *saving = command->saving;
	const struct saved *file = &saving->files[saving->at];
	struct relation *relation = &keeper->relations[saving->relation];
	struct unreadable unreadable = {saving->party, saving->index, "attachment"};
	char why[512];
	fault_print(&(struct fault){.rule = rule}, why, sizeof(why));
	bool ours = saving->party == relation->pact->self;
	if (rule == RULE_ATTACHMENT_DIGEST) {
		attachment_remove(keeper->attachments, file->named.digest);
		carry_again(keeper, relation, saving->party, saving->index);
	} else if (!rule_is_system(rule) && rule != RULE_ATTACHMENT_ABSENT && !ours) {
		bookkeeping_unreadable(keeper, relation, &unreadable);
	}
	TELL(keeper, command, rule == RULE_ATTACHMENT_DIGEST
		? W("detente: {1}: not saved: {2}; it was damaged on this disk, and is asked for again")
		: rule == RULE_ATTACHMENT_ABSENT
		? W("detente: {1}: not saved: {2}; 'detente status' tells how the line stands")
		: W("detente: {1}: not saved: {2}"), bytes_string(file->name), bytes_string(why));
	if (saving->status < 4)
		saving->status = rule_is_system(rule) ? 4 : 1;
}

bool save_step(struct keeper *keeper, struct command *command)
{
	struct saving *saving = command->saving;
	bool done = false;
	enum rule rule = keeper->stop ? RULE_IPC_CLOSED : take_piece(keeper, command, &done);
	/* where the store cannot be read again there is no agreement any more */
	if (rule == RULE_OK && saving->relation >= keeper->relation_count)
		rule = RULE_IO;
	if (rule != RULE_OK && (keeper->stop || saving->relation >= keeper->relation_count)) {
		command_done(keeper, command, 4);
		return false;
	}
	if (rule != RULE_OK)
		refuse_file(keeper, command, rule);
	if (rule != RULE_OK || done) {
		close_file(saving);
		saving->at++;
	}
	if (saving->at < saving->count)
		return true;
	command_done(keeper, command, saving->status);
	return false;
}

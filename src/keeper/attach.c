#include "attach.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#define STEP_CHUNKS (ATTACHMENT_PIECE / 65536) /* of age, in a piece */

/* ---- when the command comes ---- */

/* What the receiver checks of the name, and that it is no path. */
static enum rule check_name(struct bytes name, struct attached *attached, struct fault *fault)
{
	static const struct form_field field = {.key = {(const uint8_t *)ATTACHMENT_NAME, sizeof(ATTACHMENT_NAME) - 1},
		.sealed = true, .type = FIELD_LINE, .presence = FIELD_REQUIRED, .max = ATTACHMENT_NAME_MAX};
	if (memchr(name.data, '/', name.size) != NULL || field_check(&field, name, NULL) != RULE_OK ||
		!bytes_to_string(name, attached->name, sizeof(attached->name)))
		return fault_bytes(fault, RULE_ATTACHMENT_NAME, 0, name);
	return RULE_OK;
}

static enum rule check_file(int file, uint64_t limit, size_t recipients, struct attached *attached, struct fault *fault)
{
	struct stat status;
	if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || (fcntl(file, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return fault_set(fault, RULE_ATTACHMENT_FILE, 0, "%s", attached->name);
	attached->plain = (uint64_t)status.st_size;
	attached->sealed.size = age_sealed_size(recipients, attached->plain);
	if (attached->sealed.size > limit)
		return fault_set(fault, RULE_ATTACHMENT_LIMIT, 0, "%s: %llu bytes, sealed %llu, of at most %llu",
			attached->name, (unsigned long long)attached->plain, (unsigned long long)attached->sealed.size,
			(unsigned long long)limit);
	return RULE_OK;
}

enum rule attach_check(struct command *command, const struct pact *pact, const struct sealed_recipients *to,
	struct keeper *keeper, struct fault *fault)
{
	struct attaching *attaching = command->attaching = secret_new(sizeof(*attaching));
	struct bytes name;
	enum rule rule = RULE_OK;
	if (attaching == NULL)
		return RULE_MEMORY;
	attaching->folder = keeper->attachments;
	attaching->file = -1;
	attaching->to = *to;
	for (size_t n = 0; (name = command_argument_at(command, "attach", n)).data != NULL && rule == RULE_OK; n++) {
		if (n == ENTRY_ATTACHMENTS_MAX)
			return fault_set(fault, RULE_LIMIT, 0, "at most %d attachments", ENTRY_ATTACHMENTS_MAX);
		struct attached *attached = &attaching->files[attaching->count++];
		rule = n < command->descriptor_count ? check_name(name, attached, fault) : RULE_IPC_FORM;
		if (rule == RULE_OK)
			rule = check_file(command->descriptors[n], pact_attachment_limit(pact), to->count, attached,
				fault);
	}
	return rule;
}

/* ---- sealing ---- */

static void drop_current(struct attaching *attaching)
{
	age_run_free(attaching->run);
	sha256_drop(attaching->digest);
	if (attaching->file >= 0) {
		close(attaching->file);
		attachment_discard(attaching->folder, attaching->number);
	}
	attaching->run = NULL;
	attaching->digest = NULL;
	attaching->file = -1;
}

static enum rule begin_file(struct keeper *keeper, const struct command *command)
{
	struct attaching *attaching = command->attaching;
	struct attached *attached = &attaching->files[attaching->done];
	struct age_to to = {.recipients = attaching->to.keys, .count = attaching->to.count,
		.random = keeper->options->random};
	struct age_io io = {command->descriptors[attaching->done], -1, attached->file_key};
	if (lseek(io.in, 0, SEEK_SET) != 0)
		return RULE_ATTACHMENT_FILE;
	enum rule rule = attachment_create(attaching->folder, &attaching->number, &attaching->file);
	io.out = attaching->file;
	if (rule == RULE_OK && (attaching->digest = sha256_begin()) == NULL)
		rule = RULE_MEMORY;
	return rule == RULE_OK ? age_seal_begin(&attaching->run, &io, &to, attaching->digest) : rule;
}

static enum rule end_file(struct attaching *attaching)
{
	struct attached *attached = &attaching->files[attaching->done];
	struct buffer key = {.secret = true};
	if (age_run_plain(attaching->run) != attached->plain)
		return RULE_ATTACHMENT_FILE;
	sha256_finish(attaching->digest, attached->sealed.digest);
	attaching->digest = NULL;
	text_hex(&key, bytes_of(attached->file_key, AGE_FILE_KEY));
	enum rule rule = key.rule;
	if (rule == RULE_OK) {
		memcpy(attached->key, key.data, 2 * AGE_FILE_KEY);
		rule = attachment_sealed(attaching->folder, attaching->number, attaching->file,
			attached->sealed.digest);
	}
	buffer_free(&key);
	if (rule != RULE_OK)
		return rule;
	close(attaching->file);
	attaching->file = -1;
	drop_current(attaching);
	attaching->done++;
	return RULE_OK;
}

static enum rule seal_piece(struct keeper *keeper, const struct command *command)
{
	struct attaching *attaching = command->attaching;
	bool done = false;
	enum rule rule = attaching->run == NULL ? begin_file(keeper, command) : RULE_OK;
	uint64_t before = rule == RULE_OK ? age_run_plain(attaching->run) : 0;
	if (rule == RULE_OK)
		rule = age_seal_step(attaching->run, STEP_CHUNKS, &done);
	if (rule != RULE_OK)
		return rule;
	uint64_t now = age_run_plain(attaching->run);
	if (now > attaching->files[attaching->done].plain)
		return RULE_ATTACHMENT_FILE; /* it grows, perhaps for ever */
	attachment_write_behind(attaching->file, now, (size_t)(now - before));
	return done ? end_file(attaching) : RULE_OK;
}

void attach_wait(struct keeper *keeper, struct command *command)
{
	struct command **end = &keeper->seals;
	while (*end != NULL)
		end = &(*end)->next;
	command->next = NULL;
	*end = command;
	keeper->again = true;
}

static void to_writes(struct keeper *keeper)
{
	struct command *command = keeper->seals;
	keeper->seals = command->next;
	command->next = NULL;
	*keeper->writes_end = command;
	keeper->writes_end = &command->next;
}

void attach_run(struct keeper *keeper)
{
	struct command *command = keeper->seals;
	if (command == NULL)
		return;
	struct attaching *attaching = command->attaching;
	if (attaching->done < attaching->count)
		attaching->rule = seal_piece(keeper, command);
	if (attaching->rule != RULE_OK || attaching->done == attaching->count)
		to_writes(keeper);
	keeper->again = true;
}

void attach_end(struct keeper *keeper)
{
	struct command *command;
	while ((command = keeper->seals) != NULL) {
		keeper->seals = command->next;
		command_refuse(keeper, command, W("not sent"), &(struct fault){.rule = RULE_IPC_CLOSED}, NULL);
		command_free(command);
	}
}

/* ---- when the entry is written, or is not ---- */

static void settle(struct attaching *attaching, bool kept)
{
	for (size_t i = 0; i < attaching->done; i++) {
		enum rule rule = attachment_settle(attaching->folder, attaching->files[i].sealed.digest, kept);
		if (rule != RULE_OK)
			fprintf(stderr, "detente: attachment %s: %s; it is put right at the next start\n",
				attaching->files[i].name, rule_sentence(rule));
	}
	attaching->done = 0;
}

void attach_keep(struct keeper *keeper, struct command *command)
{
	if (command->attaching == NULL)
		return;
	command->attaching->next = keeper->attached;
	keeper->attached = command->attaching;
	command->attaching = NULL;
}

void attach_settle(struct keeper *keeper, enum rule rule)
{
	struct attaching *attaching;
	while ((attaching = keeper->attached) != NULL) {
		keeper->attached = attaching->next;
		settle(attaching, rule == RULE_OK);
		attaching_free(attaching);
	}
}

void attaching_free(struct attaching *attaching)
{
	if (attaching == NULL)
		return;
	drop_current(attaching);
	settle(attaching, false);
	secret_free(attaching);
}

#include "handing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

struct handing {
	struct relation *relation;
	uint64_t sizes[AGREEMENT_PARTIES_MAX];
	struct attachment_list *list;
	uint64_t count, bytes; /* of those that went */
	/* the one under way */
	int file; /* -1: none */
	uint8_t digest[SHA256_SIZE];
	uint64_t size, sent;
	struct attachment_hash hash;
	bool sound; /* it was hashed: it is what its name says */
};

enum rule handing_begin(struct handing **handing, struct keeper *keeper, struct relation *relation,
	const uint64_t sizes[AGREEMENT_PARTIES_MAX])
{
	struct handing *new = calloc(1, sizeof(*new));
	enum rule rule = new == NULL ? RULE_MEMORY : attachment_list_begin(&new->list, keeper->attachments);
	if (rule != RULE_OK) {
		free(new);
		return rule;
	}
	new->relation = relation;
	new->file = -1;
	memcpy(new->sizes, sizes, sizeof(new->sizes));
	*handing = new;
	return RULE_OK;
}

static void close_file(struct handing *handing)
{
	attachment_hash_drop(&handing->hash);
	if (handing->file >= 0)
		close(handing->file);
	handing->file = -1;
	handing->sound = false;
	handing->sent = 0;
}

void handing_free(struct handing *handing)
{
	if (handing == NULL)
		return;
	close_file(handing);
	attachment_list_end(handing->list);
	free(handing);
}

/* Does an entry that is shown name it? */
static enum rule is_shown(struct handing *handing, bool *shown)
{
	struct pact_naming naming = {0};
	enum rule rule = RULE_OK;
	*shown = false;
	for (; rule == RULE_OK && !*shown; naming.index++) {
		rule = pact_attachment_named(handing->relation->pact, handing->digest, &naming);
		*shown = rule == RULE_OK && naming.index < handing->sizes[naming.party] && naming.size == handing->size;
	}
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

/* Opens the next one that is shown; none at the end. */
static enum rule open_next(struct handing *handing, const struct keeper *keeper)
{
	enum rule rule = RULE_OK;
	bool shown = false;
	while (rule == RULE_OK && !shown && attachment_list_next(handing->list, handing->digest)) {
		rule = attachment_open(keeper->attachments, handing->digest, &handing->file, &handing->size);
		if (rule == RULE_OK)
			rule = is_shown(handing, &shown);
		if (!shown)
			close_file(handing);
	}
	return rule;
}

static enum rule hash_piece(struct handing *handing, struct keeper *keeper, struct command *command)
{
	uint8_t digest[SHA256_SIZE];
	enum rule rule = attachment_hash_step(&handing->hash, handing->file, handing->size);
	if (rule != RULE_OK || handing->hash.done < handing->size)
		return rule;
	attachment_hash_end(&handing->hash, digest);
	handing->sound = memcmp(digest, handing->digest, sizeof(digest)) == 0;
	if (handing->sound)
		return RULE_OK;
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(handing->digest, SHA256_SIZE));
	TELL(keeper, command, W("detente: attachment {1} is damaged on this disk: left out; 'detente show ENTRY "
		"--save DIR' has it sent again"), buffer_bytes(&hex));
	buffer_free(&hex);
	close_file(handing);
	return RULE_OK;
}

static enum rule send_piece(struct handing *handing, struct command *command)
{
	uint64_t left = handing->size - handing->sent;
	size_t size = left > ATTACHMENT_PIECE ? ATTACHMENT_PIECE : (size_t)left, got = 0;
	struct buffer piece = {0}, path = {0};
	buffer_string(&path, "attachments/");
	text_hex(&path, bytes_of(handing->digest, SHA256_SIZE));
	buffer_u8(&path, 0);
	uint8_t *to = size == 0 ? NULL : buffer_extend(&piece, size);
	enum rule rule = path.rule != RULE_OK ? path.rule : piece.rule;
	if (rule == RULE_OK && lseek(handing->file, (off_t)handing->sent, SEEK_SET) < 0)
		rule = rule_of_errno(errno);
	if (rule == RULE_OK && size > 0)
		rule = file_fill(handing->file, to, size, &got);
	if (rule == RULE_OK && got != size)
		rule = RULE_ATTACHMENT_DIGEST;
	if (rule == RULE_OK)
		rule = command_file(command, (const char *)path.data, buffer_bytes(&piece));
	handing->sent += size;
	handing->bytes += size;
	buffer_free(&piece);
	buffer_free(&path);
	return rule;
}

enum rule handing_piece(struct handing *handing, struct keeper *keeper, struct command *command, bool *done)
{
	enum rule rule = handing->file < 0 ? open_next(handing, keeper) : RULE_OK;
	*done = rule == RULE_OK && handing->file < 0;
	if (*done && handing->count != 0)
		TELL(keeper, command, W("attachments: {1}, {2} bytes"), NUMBER(handing->count), NUMBER(handing->bytes));
	if (rule != RULE_OK || *done)
		return rule;
	if (!handing->sound)
		return hash_piece(handing, keeper, command);
	rule = send_piece(handing, command);
	if (rule == RULE_OK && handing->sent == handing->size) {
		handing->count++;
		close_file(handing);
	}
	return rule;
}

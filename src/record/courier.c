#include "courier.h"

#include <stdlib.h>

#include "lines.h"
#include "name.h"
#include "text.h"
#include "utc.h"
#include "words.h"

#define FIRST "detente courier v1"
#define FIRST_OF_PART "detente courier part v1"
#define CHUNK 32768 /* bytes that are hashed at once */

/* ---- writing ---- */

static void write_hex(struct buffer *to, const char *key, const void *bytes, size_t size)
{
	buffer_string(to, key);
	buffer_u8(to, ' ');
	text_hex(to, bytes_of(bytes, size));
	buffer_u8(to, '\n');
}

void courier_write_head(struct buffer *to, const struct courier_head *head)
{
	char made[UTC_SIZE + 1];
	utc_format(head->made, made);
	buffer_string(to, FIRST "\n");
	write_hex(to, "id", head->id, sizeof(head->id));
	write_hex(to, "agreement", head->agreement, sizeof(head->agreement));
	buffer_format(to, "from %s\nto %s\nmade %s\n", head->from, head->to, made);
}

void courier_write_checkpoint(struct buffer *to, size_t size)
{
	buffer_format(to, "checkpoint %zu\n", size);
}

void courier_write_entries(struct buffer *to, uint64_t bundle, size_t size)
{
	buffer_format(to, "entries %llu %zu\n", (unsigned long long)bundle, size);
}

void courier_write_attachment(struct buffer *to, const uint8_t digest[SHA256_SIZE], uint64_t size)
{
	buffer_string(to, "attachment ");
	text_hex(to, bytes_of(digest, SHA256_SIZE));
	buffer_format(to, " %llu\n", (unsigned long long)size);
}

void courier_write_end(struct buffer *to, const uint8_t digest[SHA256_SIZE])
{
	write_hex(to, "end", digest, SHA256_SIZE);
}

/* ---- reading ---- */

/* What a file begins with, or has at an offset: at most `most` bytes, fewer where it ends. */
static enum rule read_start(const struct courier_source *source, uint64_t offset, uint8_t *to, struct bytes *bytes,
	size_t most)
{
	uint64_t left = source->size - offset;
	*bytes = bytes_of(to, left < most ? (size_t)left : most);
	return bytes->size == 0 ? RULE_OK : source->read(source->context, offset, to, bytes->size);
}

/* The value of a line of that key. */
static struct bytes head_line(struct cursor *rest, const char *key)
{
	struct line line;
	enum rule rule = line_read(rest, &line);
	if (rule == RULE_OK && bytes_is(line.key, key))
		return line.value;
	cursor_fail(rest, RULE_COURIER_FORM);
	return (struct bytes){0};
}

static void head_hex(struct cursor *rest, const char *key, uint8_t *to, size_t size)
{
	if (text_unhex(head_line(rest, key), to, size) != RULE_OK)
		cursor_fail(rest, RULE_COURIER_FORM);
}

static void head_party(struct cursor *rest, const char *key, char to[PARTY_NAME_MAX + 1])
{
	struct bytes name = head_line(rest, key);
	if (!party_valid(name) || !bytes_to_string(name, to, PARTY_NAME_MAX + 1))
		cursor_fail(rest, RULE_COURIER_FORM);
}

static enum rule read_head(struct courier_head *head, struct cursor *rest)
{
	if (!bytes_is(cursor_line(rest), FIRST))
		return RULE_COURIER_FORM;
	head_hex(rest, "id", head->id, sizeof(head->id));
	head_hex(rest, "agreement", head->agreement, sizeof(head->agreement));
	head_party(rest, "from", head->from);
	head_party(rest, "to", head->to);
	if (utc_parse(head_line(rest, "made"), &head->made) != RULE_OK)
		cursor_fail(rest, RULE_COURIER_FORM);
	return rest->rule == RULE_OK ? RULE_OK : RULE_COURIER_FORM;
}

enum rule courier_open(struct courier *courier, const struct courier_source *source, struct fault *fault)
{
	uint8_t start[COURIER_HEAD_MAX];
	struct bytes bytes;
	*courier = (struct courier){.source = *source};
	enum rule rule = read_start(source, 0, start, &bytes, sizeof(start));
	struct cursor rest = cursor_of(bytes);
	if (rule == RULE_OK)
		rule = read_head(&courier->head, &rest);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", T("its head"));
	courier->block_end = (uint64_t)(rest.at - start);
	courier->digest = sha256_begin();
	return courier->digest == NULL ? fault_set(fault, RULE_MEMORY, 0, "%s", "") : RULE_OK;
}

void courier_close(struct courier *courier)
{
	sha256_drop(courier->digest);
	courier->digest = NULL;
}

/* ---- blocks ---- */

/* What follows the key of a block's line. */
static bool read_block(struct courier_block *block, struct bytes key, struct bytes rest)
{
	if (bytes_is(key, "end")) {
		block->kind = COURIER_END;
		return text_unhex(rest, block->digest, sizeof(block->digest)) == RULE_OK;
	}
	if (bytes_is(key, "checkpoint")) {
		block->kind = COURIER_CHECKPOINT;
	} else if (bytes_is(key, "entries")) {
		block->kind = COURIER_ENTRIES;
		if (text_decimal(line_word(&rest), &block->bundle) != RULE_OK)
			return false;
	} else if (bytes_is(key, "attachment")) {
		block->kind = COURIER_ATTACHMENT;
		if (text_unhex(line_word(&rest), block->digest, sizeof(block->digest)) != RULE_OK)
			return false;
	} else {
		return false;
	}
	return text_decimal(rest, &block->size) == RULE_OK && block->size > 0;
}

enum rule courier_block_at(const struct courier *courier, uint64_t *at, struct courier_block *block)
{
	const struct courier_source *source = &courier->source;
	uint8_t start[COURIER_LINE_MAX];
	struct courier_block found = {0};
	struct bytes bytes;
	struct line line;
	enum rule rule = read_start(source, *at, start, &bytes, sizeof(start));
	if (rule != RULE_OK)
		return rule;
	struct cursor rest = cursor_of(bytes);
	rule = line_read(&rest, &line);
	if (rule == RULE_TRUNCATED && bytes.size < sizeof(start))
		return RULE_TRUNCATED;
	if (rule != RULE_OK || !read_block(&found, line.key, line.value))
		return RULE_COURIER_FORM;
	found.offset = *at + (uint64_t)(rest.at - start);
	if (found.size > source->size - found.offset)
		return RULE_TRUNCATED;
	if ((found.kind == COURIER_CHECKPOINT && found.size > CHECKPOINT_MAX) ||
	    (found.kind == COURIER_ENTRIES && found.size > COURIER_BUNDLE_MAX))
		return RULE_LIMIT;
	*at = found.offset + found.size;
	*block = found;
	return RULE_OK;
}

enum rule courier_block_bytes(const struct courier *courier, const struct courier_block *block, struct buffer *to)
{
	buffer_clear(to);
	uint8_t *bytes = block->kind == COURIER_ATTACHMENT ? NULL : buffer_extend(to, (size_t)block->size);
	if (bytes == NULL)
		return to->rule == RULE_OK ? RULE_LIMIT : to->rule;
	return courier->source.read(courier->source.context, block->offset, bytes, (size_t)block->size);
}

/* ---- checking ---- */

/* A log has no bundles, or all that its checkpoint asks for from the first on. */
static bool log_ended(const struct courier *courier)
{
	if (courier->log_count == 0)
		return true;
	const struct courier_log *log = &courier->logs[courier->log_count - 1];
	return log->count == 0 || log->first + log->count > (log->size - 1) / TILE_WIDTH;
}

static enum rule take_checkpoint(struct courier *courier, const struct courier_block *block)
{
	struct courier_log *log = &courier->logs[courier->log_count];
	struct buffer bytes = {0};
	struct checkpoint checkpoint;
	if (courier->attachment_count > 0 || !log_ended(courier))
		return RULE_COURIER_ORDER;
	if (courier->log_count == AGREEMENT_PARTIES_MAX)
		return RULE_LIMIT;
	struct note *note = malloc(sizeof(*note));
	enum rule rule = note == NULL ? RULE_MEMORY : courier_block_bytes(courier, block, &bytes);
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, &checkpoint, buffer_bytes(&bytes));
	if (rule == RULE_OK && !bytes_to_string(checkpoint.origin, log->origin, sizeof(log->origin)))
		rule = RULE_LIMIT;
	if (rule == RULE_OK && courier->log_count > 0 &&
	    bytes_compare(name_party(bytes_string(log[-1].origin)), name_party(bytes_string(log->origin))) >= 0)
		rule = RULE_COURIER_ORDER;
	if (rule == RULE_OK) {
		log->size = checkpoint.size;
		memcpy(log->root.bytes, checkpoint.root, SHA256_SIZE);
		log->note_offset = block->offset;
		log->note_size = block->size;
		courier->log_count++;
	}
	free(note);
	buffer_free(&bytes);
	return rule;
}

static enum rule take_entries(struct courier *courier, const struct courier_block *block, uint64_t at)
{
	if (courier->log_count == 0 || courier->attachment_count > 0)
		return RULE_COURIER_ORDER;
	struct courier_log *log = &courier->logs[courier->log_count - 1];
	if (log->size == 0 || block->bundle > (log->size - 1) / TILE_WIDTH ||
	    (log->count > 0 && block->bundle != log->first + log->count))
		return RULE_COURIER_ORDER;
	if (log->count++ == 0) {
		log->first = block->bundle;
		log->entries = at;
	}
	return RULE_OK;
}

static enum rule take_attachment(struct courier *courier, const struct courier_block *block, uint64_t at)
{
	if (!log_ended(courier) || (courier->attachment_count > 0 &&
	    memcmp(courier->last.digest, block->digest, SHA256_SIZE) >= 0))
		return RULE_COURIER_ORDER;
	if (courier->attachment_count++ == 0)
		courier->attachments = at;
	return RULE_OK;
}

static enum rule take_end(struct courier *courier, const struct courier_block *block)
{
	uint8_t digest[SHA256_SIZE];
	if (!log_ended(courier))
		return RULE_COURIER_ORDER;
	if (block->offset != courier->source.size)
		return RULE_TRAILING;
	sha256_finish(courier->digest, digest);
	courier->digest = NULL;
	courier->whole = memcmp(digest, block->digest, SHA256_SIZE) == 0;
	return courier->whole ? RULE_OK : RULE_COURIER_DIGEST;
}

/* Takes note of the block whose line is next. */
static enum rule check_block(struct courier *courier)
{
	struct courier_block block;
	uint64_t at = courier->checked;
	enum rule rule = courier_block_at(courier, &at, &block);
	if (rule != RULE_OK)
		return rule;
	switch (block.kind) {
	case COURIER_CHECKPOINT:
		rule = take_checkpoint(courier, &block);
		break;
	case COURIER_ENTRIES:
		rule = take_entries(courier, &block, courier->checked);
		break;
	case COURIER_ATTACHMENT:
		rule = take_attachment(courier, &block, courier->checked);
		break;
	case COURIER_END:
		rule = take_end(courier, &block);
		break;
	}
	courier->last = block;
	courier->block_end = at;
	return rule;
}

enum rule courier_check(struct courier *courier, uint64_t most, struct fault *fault)
{
	uint8_t chunk[CHUNK];
	uint64_t to_come = courier->source.size - courier->checked;
	uint64_t until = courier->checked + (most < to_come ? most : to_come);
	enum rule rule = RULE_OK;
	while (rule == RULE_OK && !courier->whole && courier->checked <= until) {
		uint64_t left = courier->block_end - courier->checked;
		size_t size = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
		if (size == 0) {
			rule = check_block(courier);
			continue;
		}
		rule = courier->source.read(courier->source.context, courier->checked, chunk, size);
		if (rule == RULE_OK)
			sha256_more(courier->digest, bytes_of(chunk, size));
		courier->checked += size;
	}
	return rule == RULE_OK ? RULE_OK
		: FAULT(fault, rule, 0, "at byte {1}", NUMBER(courier->checked));
}

/* ---- parts ---- */

void courier_part_write_head(struct buffer *to, const uint8_t id[COURIER_ID], unsigned number)
{
	buffer_string(to, FIRST_OF_PART "\n");
	write_hex(to, "id", id, COURIER_ID);
	buffer_format(to, "part %u\n", number);
}

void courier_part_write_tail(struct buffer *to, const uint8_t digest[SHA256_SIZE], bool last)
{
	write_hex(to, last ? "last" : "more", digest, SHA256_SIZE);
}

bool courier_part_is(struct bytes start)
{
	return bytes_start(start, BYTES(FIRST_OF_PART "\n"));
}

static enum rule read_tail(struct courier_part *part, const struct courier_source *file)
{
	uint8_t tail[COURIER_PART_TAIL];
	struct bytes bytes;
	struct line line;
	enum rule rule = read_start(file, file->size - sizeof(tail), tail, &bytes, sizeof(tail));
	struct cursor rest = cursor_of(bytes);
	if (rule != RULE_OK)
		return rule;
	if (line_read(&rest, &line) != RULE_OK || cursor_end(&rest) != RULE_OK)
		return RULE_TRUNCATED; /* what was cut ends in the middle of something */
	part->last = bytes_is(line.key, "last");
	bool known = part->last || bytes_is(line.key, "more");
	return known && text_unhex(line.value, part->digest, SHA256_SIZE) == RULE_OK ? RULE_OK : RULE_TRUNCATED;
}

enum rule courier_part_read(struct courier_part *part, const struct courier_source *file)
{
	uint8_t start[COURIER_HEAD_MAX];
	struct bytes bytes;
	uint64_t number = 0;
	enum rule rule = read_start(file, 0, start, &bytes, sizeof(start));
	struct cursor rest = cursor_of(bytes);
	if (rule != RULE_OK)
		return rule;
	if (!bytes_is(cursor_line(&rest), FIRST_OF_PART))
		return RULE_COURIER_FORM;
	head_hex(&rest, "id", part->id, sizeof(part->id));
	if (text_decimal(head_line(&rest, "part"), &number) != RULE_OK || rest.rule != RULE_OK || number == 0)
		return RULE_COURIER_FORM;
	if (number > COURIER_PARTS_MAX)
		return RULE_LIMIT;
	part->number = (unsigned)number;
	part->offset = (uint64_t)(rest.at - start);
	if (file->size <= part->offset + COURIER_PART_TAIL)
		return RULE_TRUNCATED;
	part->size = file->size - part->offset - COURIER_PART_TAIL;
	return read_tail(part, file);
}

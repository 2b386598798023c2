/*
 * request: the bodies of add-checkpoint and add-entries, as a log's keeper sends them.
 */
#include <inttypes.h>

#include "mirror.h"
#include "text.h"

/* What a request writer began at `before` is gone after a failure, its buffer's own included. */
static enum rule finish(struct buffer *request, size_t before, enum rule rule)
{
	if (rule == RULE_OK)
		rule = request->rule;
	if (rule != RULE_OK)
		buffer_cut(request, before);
	return rule;
}

static enum rule note_size(struct bytes bytes, uint64_t *size)
{
	struct note note;
	struct checkpoint checkpoint;
	enum rule rule = checkpoint_note_parse(&note, &checkpoint, bytes);
	if (rule == RULE_OK)
		*size = checkpoint.size;
	return rule;
}

enum rule mirror_write_checkpoint(struct buffer *request, uint64_t old, const struct tree_reader *tree,
	struct bytes note)
{
	uint64_t size;
	struct tree_path path;
	size_t before = request->size;
	enum rule rule = note_size(note, &size);
	if (rule == RULE_OK)
		rule = tree_prove_consistency(tree, old, size, &path);
	if (rule != RULE_OK)
		return rule;
	buffer_format(request, "old %" PRIu64 "\n", old);
	for (size_t i = 0; i < path.count; i++) {
		text_base64(request, bytes_of(path.hashes[i].bytes, SHA256_SIZE), true);
		buffer_string(request, "\n");
	}
	buffer_string(request, "\n");
	buffer_add(request, note);
	return finish(request, before, RULE_OK);
}

/* The length, whose place is kept, is known once the entry was read. */
static enum rule write_entry(struct buffer *request, const struct mirror_upload *upload, uint64_t index)
{
	size_t at = request->size;
	buffer_u16(request, 0);
	enum rule rule = upload->read(upload->context, index, request);
	if (rule == RULE_OK)
		rule = request->rule;
	if (rule != RULE_OK)
		return rule;
	size_t size = request->size - at - 2;
	if (size > ENTRY_MAX)
		return RULE_LIMIT;
	request->data[at] = (uint8_t)(size >> 8);
	request->data[at + 1] = (uint8_t)size;
	return RULE_OK;
}

/* The package of the entries [start, end). */
static enum rule write_package(struct buffer *request, const struct mirror_upload *upload, uint64_t start, uint64_t end)
{
	struct tree_path path;
	enum rule rule = tree_prove_subtree(upload->tree, start - start % PACKAGE_ENTRIES, end, upload->end, &path);
	for (uint64_t i = start; i < end && rule == RULE_OK; i++)
		rule = write_entry(request, upload, i);
	if (rule != RULE_OK)
		return rule;
	buffer_u8(request, (uint8_t)path.count);
	for (size_t i = 0; i < path.count; i++)
		buffer_add(request, bytes_of(path.hashes[i].bytes, SHA256_SIZE));
	return request->rule;
}

enum rule mirror_write_entries(struct buffer *request, const struct mirror_upload *upload)
{
	size_t before = request->size;
	if (upload->start > upload->end || upload->end > TREE_SIZE_MAX)
		return RULE_MIRROR_INTERVAL;
	if (upload->origin.size > UINT16_MAX)
		return RULE_LIMIT;
	buffer_u16(request, (uint16_t)upload->origin.size);
	buffer_add(request, upload->origin);
	buffer_u64(request, upload->start);
	buffer_u64(request, upload->end);
	buffer_u16(request, 0); /* no ticket */
	uint64_t at = upload->start;
	for (unsigned i = 0; i < upload->packages && at < upload->end; i++) {
		size_t whole = request->size;
		uint64_t end = at - at % PACKAGE_ENTRIES + PACKAGE_ENTRIES;
		if (end > upload->end)
			end = upload->end;
		enum rule rule = write_package(request, upload, at, end);
		if (rule != RULE_OK)
			return finish(request, before, rule);
		if (i > 0 && request->size - before > upload->size_max) {
			buffer_cut(request, whole);
			break;
		}
		at = end;
	}
	return finish(request, before, RULE_OK);
}

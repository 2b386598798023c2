#include "proof.h"

#include <inttypes.h>

#include "text.h"

#define VERSION "c2sp.org/tlog-proof@v1"

/* What follows `key` and one space; absent when the line does not begin so or nothing follows. */
static struct bytes value_of(struct bytes line, struct bytes key)
{
	if (line.size <= key.size + 1 || !bytes_start(line, key) || line.data[key.size] != ' ')
		return (struct bytes){NULL, 0};
	return bytes_of(line.data + key.size + 1, line.size - key.size - 1);
}

static enum rule check_base64(struct bytes text)
{
	struct buffer decoded = {0};
	enum rule rule = text_unbase64(text, &decoded, true);
	buffer_free(&decoded);
	return rule;
}

/* Reads the hashes and the empty line after them. */
static enum rule read_hashes(struct cursor *cursor, struct tlog_proof *proof)
{
	for (;;) {
		struct bytes line = cursor_line(cursor);
		if (cursor->rule != RULE_OK)
			return RULE_PROOF_FORM;
		if (line.size == 0)
			return RULE_OK;
		if (proof->hash_count == PROOF_HASHES_MAX)
			return RULE_LIMIT;
		enum rule rule = text_unbase64_exact(line, proof->hashes[proof->hash_count++], SHA256_SIZE, true);
		if (rule != RULE_OK)
			return rule;
	}
}

enum rule proof_parse(struct tlog_proof *proof, struct bytes bytes)
{
	struct tlog_proof read = {.hash_count = 0};
	if (bytes.size > NOTE_MAX)
		return RULE_LIMIT;
	struct cursor cursor = cursor_of(bytes);
	if (!bytes_is(cursor_line(&cursor), VERSION))
		return RULE_PROOF_FORM;
	struct bytes line = cursor_line(&cursor);
	read.extra = value_of(line, BYTES("extra"));
	enum rule rule = check_base64(read.extra);
	if (rule != RULE_OK)
		return rule;
	if (read.extra.size != 0)
		line = cursor_line(&cursor);
	struct bytes index = value_of(line, BYTES("index"));
	if (index.size == 0)
		return RULE_PROOF_FORM;
	rule = text_decimal(index, &read.index);
	if (rule == RULE_OK)
		rule = read_hashes(&cursor, &read);
	if (rule != RULE_OK)
		return rule;
	read.checkpoint = cursor_take(&cursor, cursor_left(&cursor));
	if (read.checkpoint.size == 0)
		return RULE_PROOF_FORM;
	*proof = read;
	return RULE_OK;
}

void proof_write(struct buffer *to, const struct tlog_proof *proof)
{
	buffer_string(to, VERSION "\n");
	if (proof->extra.size != 0) {
		buffer_string(to, "extra ");
		buffer_add(to, proof->extra);
		buffer_string(to, "\n");
	}
	buffer_format(to, "index %" PRIu64 "\n", proof->index);
	for (size_t i = 0; i < proof->hash_count; i++) {
		text_base64(to, bytes_of(proof->hashes[i], SHA256_SIZE), true);
		buffer_string(to, "\n");
	}
	buffer_string(to, "\n");
	buffer_add(to, proof->checkpoint);
}

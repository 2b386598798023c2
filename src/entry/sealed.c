#include "sealed.h"

#include "text.h"

#define SALT_DIGITS ((size_t)2 * SEALED_SALT)
#define STANZA_INFO "detente/v1/stanza"

/* ---- lines ---- */

static bool field_key_valid(struct bytes key)
{
	return line_key_valid(key) && !entry_header_key(key);
}

static void append_leaf(struct tree_frontier *tree, struct bytes line)
{
	struct hash leaf;
	tree_leaf_hash(line, &leaf);
	tree_append(tree, &leaf);
}

enum rule sealed_write_lines(struct buffer *plain, struct hash *root, const struct sealed_text *text,
	const struct random *random)
{
	size_t before = plain->size;
	struct tree_frontier tree = {0};
	enum rule rule = plain->rule;
	if (text->count == 0 || text->count > ENTRY_SEALED_FIELDS_MAX)
		rule = text->count == 0 ? RULE_SEALED_LINES : RULE_LIMIT;
	for (size_t i = 0; rule == RULE_OK && i < text->count; i++) {
		size_t start = plain->size;
		uint8_t salt[SEALED_SALT];
		random_fill(random, salt, sizeof(salt));
		text_hex(plain, bytes_of(salt, sizeof(salt)));
		buffer_string(plain, " ");
		line_write(plain, text->fields[i].key, text->fields[i].value);
		rule = plain->rule != RULE_OK ? plain->rule :
			!field_key_valid(bytes_string(text->fields[i].key)) ? RULE_SEALED_LINES :
			plain->size - before > ENTRY_SEALED_MAX ? RULE_LIMIT : RULE_OK;
		if (rule == RULE_OK)
			append_leaf(&tree, bytes_of(plain->data + start, plain->size - start - 1));
	}
	if (rule != RULE_OK)
		buffer_cut(plain, before);
	else
		tree_root(&tree, root);
	return rule;
}

static bool read_line(struct bytes whole, struct sealed_line *line)
{
	uint8_t salt[SEALED_SALT];
	if (whole.size <= SALT_DIGITS || whole.data[SALT_DIGITS] != ' ' ||
	    text_unhex(bytes_of(whole.data, SALT_DIGITS), salt, sizeof(salt)) != RULE_OK)
		return false;
	struct bytes rest = bytes_of(whole.data + SALT_DIGITS + 1, whole.size - SALT_DIGITS - 1);
	line->whole = whole;
	line->salt = bytes_of(whole.data, SALT_DIGITS);
	return line_parse(rest, &line->field) == RULE_OK && field_key_valid(line->field.key);
}

enum rule sealed_read_lines(struct sealed_lines *lines, struct bytes plain, const struct entry *entry)
{
	struct sealed_lines read = {.count = 0};
	struct tree_frontier tree = {0};
	struct cursor cursor = cursor_of(plain);
	struct hash root;
	if (plain.size == 0 || plain.size > ENTRY_SEALED_MAX)
		return RULE_SEALED_LINES;
	while (cursor_left(&cursor) != 0) {
		struct bytes whole = cursor_line(&cursor);
		if (cursor.rule != RULE_OK || read.count == ENTRY_SEALED_FIELDS_MAX ||
		    !read_line(whole, &read.lines[read.count]))
			return RULE_SEALED_LINES;
		append_leaf(&tree, whole);
		read.count++;
	}
	tree_root(&tree, &root);
	if (!entry->sealed || read.count != entry->sealed_count ||
	    memcmp(&root, &entry->sealed_root, sizeof(root)) != 0)
		return RULE_SEALED_ROOT;
	*lines = read;
	return RULE_OK;
}

enum rule sealed_check_line(struct sealed_line *line, const struct entry *entry, uint64_t index, struct bytes whole,
	const struct tree_path *path)
{
	struct sealed_line read;
	struct hash leaf;
	if (!read_line(whole, &read))
		return RULE_SEALED_LINES;
	tree_leaf_hash(whole, &leaf);
	if (!entry->sealed ||
	    tree_verify_inclusion(path, index, entry->sealed_count, &leaf, &entry->sealed_root) != RULE_OK)
		return RULE_SEALED_ROOT;
	*line = read;
	return RULE_OK;
}

/* A complete node over the lines, for proofs. */
static enum rule line_node(void *context, unsigned level, uint64_t index, struct hash *to)
{
	const struct sealed_lines *lines = context;
	if (level >= 64 || index >= (uint64_t)lines->count >> level)
		return RULE_NOT_FOUND;
	struct tree_frontier tree = {0};
	for (uint64_t i = index << level; i < (index + 1) << level; i++)
		append_leaf(&tree, lines->lines[i].whole);
	tree_root(&tree, to);
	return RULE_OK;
}

enum rule sealed_prove_line(struct tree_path *path, const struct sealed_lines *lines, size_t index)
{
	const struct tree_reader reader = {line_node, (void *)(uintptr_t)lines}; /* line_node only reads */
	return tree_prove_inclusion(&reader, index, lines->count, path);
}

/* ---- the age file, bound to the open lines ---- */

static bool recipients_differ(const struct sealed_recipients *to)
{
	if (to->count == 0 || to->count > ENTRY_RECIPIENTS_MAX + 1)
		return false;
	for (size_t i = 1; i < to->count; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp(to->keys[i], to->keys[j], X25519_SIZE) == 0)
				return false;
	return true;
}

static void ephemeral_secret(const uint8_t file_key[AGE_FILE_KEY], const uint8_t salt[SHA256_SIZE],
	struct age_x25519 *stanza)
{
	uint8_t info[sizeof(STANZA_INFO) + X25519_SIZE]; /* the literal's NUL is the 0x00 between */
	memcpy(info, STANZA_INFO, sizeof(STANZA_INFO));
	memcpy(info + sizeof(STANZA_INFO), stanza->recipient, X25519_SIZE);
	hkdf_sha256(bytes_of(file_key, AGE_FILE_KEY), bytes_of(salt, SHA256_SIZE), bytes_of(info, sizeof(info)),
		stanza->ephemeral, X25519_SIZE);
}

/* The one header that a file key, open lines and recipients make. */
static enum rule write_header(struct buffer *binary, const uint8_t file_key[AGE_FILE_KEY], struct bytes open,
	const struct sealed_recipients *to)
{
	uint8_t salt[SHA256_SIZE];
	struct age_x25519 stanzas[ENTRY_RECIPIENTS_MAX + 1];
	if (!recipients_differ(to))
		return RULE_SEALED_RECIPIENTS;
	sha256(open, salt);
	for (size_t i = 0; i < to->count; i++) {
		memcpy(stanzas[i].recipient, to->keys[i], X25519_SIZE);
		ephemeral_secret(file_key, salt, &stanzas[i]);
	}
	enum rule rule = age_header_write(binary, file_key, stanzas, to->count);
	secret_wipe(stanzas, sizeof(stanzas));
	return rule;
}

enum rule sealed_seal(struct buffer *body, struct bytes open, struct bytes plain, const struct sealed_recipients *to,
	const struct random *random)
{
	uint8_t file_key[AGE_FILE_KEY], nonce[AGE_NONCE];
	struct buffer binary = {0};
	random_fill(random, file_key, sizeof(file_key));
	random_fill(random, nonce, sizeof(nonce));
	enum rule rule = write_header(&binary, file_key, open, to);
	if (rule == RULE_OK) {
		age_payload_seal(&binary, file_key, nonce, plain);
		rule = binary.rule;
	}
	if (rule == RULE_OK) {
		age_armor(body, buffer_bytes(&binary));
		rule = body->rule;
	}
	secret_wipe(file_key, sizeof(file_key));
	buffer_free(&binary);
	return rule;
}

/* The file key: the one given, or the one that the identity unwraps. */
static enum rule find_key(const struct age_header *header, const struct sealed_opening *opening,
	uint8_t file_key[AGE_FILE_KEY])
{
	if (opening->identity == NULL) {
		memcpy(file_key, opening->file_key, AGE_FILE_KEY);
		return RULE_OK;
	}
	enum rule rule = age_header_unwrap(header, opening->identity, file_key);
	return rule == RULE_AGE_NO_IDENTITY || rule == RULE_AGE_HYBRID ? RULE_SEALED_KEY : rule;
}

static enum rule open_binary(struct buffer *plain, struct bytes binary, const struct sealed_opening *opening,
	uint8_t file_key[AGE_FILE_KEY])
{
	struct cursor cursor = cursor_of(binary);
	struct age_header header;
	enum rule rule = age_header_read(&cursor, &header);
	if (rule == RULE_OK)
		rule = find_key(&header, opening, file_key);
	if (rule != RULE_OK)
		return rule;
	struct buffer expected = {0};
	rule = write_header(&expected, file_key, opening->entry->open, opening->to);
	if (rule == RULE_OK && !bytes_equal(buffer_bytes(&expected), header.whole))
		rule = RULE_SEALED_HEADER;
	buffer_free(&expected);
	if (rule != RULE_OK)
		return rule;
	size_t before = plain->size;
	rule = age_payload_open(plain, file_key, cursor_take(&cursor, cursor_left(&cursor)));
	if (rule != RULE_OK)
		return rule;
	struct sealed_lines lines;
	rule = sealed_read_lines(&lines, bytes_of(plain->data + before, plain->size - before), opening->entry);
	if (rule != RULE_OK)
		buffer_cut(plain, before);
	return rule;
}

enum rule sealed_open(struct buffer *plain, const struct sealed_opening *opening)
{
	uint8_t file_key[AGE_FILE_KEY];
	struct buffer binary = {0};
	enum rule rule = plain->rule;
	if (rule == RULE_OK && !opening->entry->sealed)
		rule = RULE_SEALED_ROOT;
	if (rule == RULE_OK)
		rule = age_unarmor(&binary, opening->entry->body);
	if (rule == RULE_OK)
		rule = open_binary(plain, buffer_bytes(&binary), opening, file_key);
	if (rule == RULE_OK && opening->identity != NULL && opening->file_key != NULL)
		memcpy(opening->file_key, file_key, AGE_FILE_KEY);
	secret_wipe(file_key, sizeof(file_key));
	buffer_free(&binary);
	return rule;
}

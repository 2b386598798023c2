#include "entry.h"

#include "ordered.h"
#include "text.h"
#include "words.h"

#define FIRST "detente entry v1"
#define ARMOR_BEGIN "-----BEGIN AGE ENCRYPTED FILE-----"
#define ARMOR_END "-----END AGE ENCRYPTED FILE-----"
#define ARMOR_LINE 64
#define BOOKKEEPING "record"
#define NODE "node"
#define TRANSCRIBED "transcribed"

bool entry_header_key(struct bytes key)
{
	static const char *const keys[] = {"agreement", "from", "form", "matter", "re", "to", "seen", "at", "tlp",
		"lang", "attachment", "fields", TRANSCRIBED};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (bytes_is(key, keys[i]))
			return true;
	return false;
}

struct bytes entry_field(const struct entry *entry, const char *key)
{
	for (size_t i = 0; i < entry->field_count; i++)
		if (bytes_is(entry->fields[i].key, key))
			return entry->fields[i].value;
	return (struct bytes){NULL, 0};
}

/* ---- reading: the open lines, section by section in their order ---- */

static void read_writer(struct ordered *ordered, struct entry *entry)
{
	struct bytes value = ordered_take(ordered, "agreement");
	ordered_check(ordered, text_unhex(value, entry->agreement, SHA256_SIZE), value);
	entry->from = ordered_take(ordered, "from");
	ordered_need(ordered, desk_valid(entry->from), RULE_NAME_DESK, entry->from);
	entry->form = ordered_take(ordered, "form");
	ordered_need(ordered, form_name_valid(entry->form), RULE_ENTRY_FORM, entry->form);
	entry->bookkeeping = bytes_is(name_party(entry->form), BOOKKEEPING);
	bool node = bytes_is(name_rest(entry->from), NODE);
	ordered_need(ordered, node == entry->bookkeeping, RULE_ENTRY_BOOKKEEPING, entry->from);
}

static void read_to(struct ordered *ordered, struct entry *entry)
{
	do {
		struct bytes desk = ordered_take(ordered, "to");
		ordered_need(ordered, desk_valid(desk), RULE_NAME_DESK, desk);
		bool good = entry->to_count < ENTRY_RECIPIENTS_MAX && !bytes_equal(desk, entry->from) &&
			(entry->to_count == 0 || bytes_compare(entry->to[entry->to_count - 1], desk) < 0);
		ordered_need(ordered, good, RULE_ENTRY_TO, desk);
		if (good)
			entry->to[entry->to_count++] = desk;
	} while (ordered_next_is(ordered, "to"));
}

static void read_references(struct ordered *ordered, struct entry *entry)
{
	if (entry->bookkeeping) {
		bool has = ordered_next_is(ordered, "matter") || ordered_next_is(ordered, "re") ||
			ordered_next_is(ordered, "to");
		ordered_need(ordered, !has, RULE_ENTRY_BOOKKEEPING, ordered->line.key);
		return;
	}
	struct bytes value = ordered_take(ordered, "matter");
	entry->opens = bytes_is(value, "new");
	if (!entry->opens)
		ordered_check(ordered, place_parse(&entry->matter, value), value);
	entry->has_re = ordered_next_is(ordered, "re");
	if (entry->has_re) {
		value = ordered_take(ordered, "re");
		ordered_check(ordered, place_parse(&entry->re, value), value);
	}
	read_to(ordered, entry);
}

static void read_seen(struct ordered *ordered, struct entry *entry)
{
	struct bytes last = {NULL, 0};
	while (ordered_next_is(ordered, "seen")) {
		struct bytes words[3], value = ordered_take(ordered, "seen");
		struct entry_seen seen = {0};
		ordered_words(ordered, value, words, 3);
		seen.origin = words[0];
		ordered_need(ordered, origin_valid(words[0]), RULE_NAME_ORIGIN, words[0]);
		ordered_check(ordered, text_decimal(words[1], &seen.size), words[1]);
		ordered_check(ordered, text_unbase64_exact(words[2], seen.root.bytes, SHA256_SIZE, true), words[2]);
		bool good = entry->seen_count < ENTRY_SEEN_MAX && seen.size != 0 &&
			!bytes_equal(name_party(seen.origin), name_party(entry->from)) &&
			bytes_compare(last, value) < 0;
		ordered_need(ordered, good, RULE_ENTRY_SEEN, value);
		if (!good)
			return;
		entry->seen[entry->seen_count++] = seen;
		last = value;
	}
}

static bool tlp_valid(struct bytes word)
{
	return bytes_is(word, "CLEAR") || bytes_is(word, "GREEN") || bytes_is(word, "AMBER") ||
		bytes_is(word, "AMBER+STRICT") || bytes_is(word, "RED");
}

static void read_manner(struct ordered *ordered, struct entry *entry)
{
	struct bytes value = ordered_take(ordered, "at");
	ordered_check(ordered, utc_parse(value, &entry->at), value);
	entry->tlp = ordered_take(ordered, "tlp");
	ordered_need(ordered, tlp_valid(entry->tlp), RULE_ENTRY_TLP, entry->tlp);
	entry->lang = ordered_take(ordered, "lang");
	ordered_need(ordered, lang_valid(entry->lang), RULE_ENTRY_LANG, entry->lang);
}

static void read_attachments(struct ordered *ordered, struct entry *entry)
{
	while (ordered_next_is(ordered, "attachment")) {
		struct bytes words[2], value = ordered_take(ordered, "attachment");
		struct entry_attachment attachment = {0};
		ordered_words(ordered, value, words, 2);
		ordered_check(ordered, text_unhex(words[0], attachment.digest, SHA256_SIZE), words[0]);
		ordered_check(ordered, text_decimal(words[1], &attachment.size), words[1]);
		bool good = entry->attachment_count < ENTRY_ATTACHMENTS_MAX;
		for (size_t i = 0; i < entry->attachment_count; i++)
			good = good && memcmp(entry->attachments[i].digest, attachment.digest, SHA256_SIZE) != 0;
		ordered_need(ordered, good, RULE_ENTRY_ATTACHMENT, value);
		if (!good)
			return;
		entry->attachments[entry->attachment_count++] = attachment;
	}
}

static void read_fields(struct ordered *ordered, struct entry *entry)
{
	entry->sealed = ordered_next_is(ordered, "fields");
	if (entry->sealed) {
		struct bytes words[2];
		ordered_words(ordered, ordered_take(ordered, "fields"), words, 2);
		ordered_check(ordered, text_decimal(words[0], &entry->sealed_count), words[0]);
		bool good = entry->sealed_count != 0 && entry->sealed_count <= ENTRY_SEALED_FIELDS_MAX;
		ordered_need(ordered, good, RULE_ENTRY_FIELDS, words[0]);
		uint8_t *root = entry->sealed_root.bytes;
		ordered_check(ordered, text_unbase64_exact(words[1], root, SHA256_SIZE, true), words[1]);
	}
	bool body = entry->sealed || entry->attachment_count != 0;
	ordered_need(ordered, !entry->bookkeeping || !body, RULE_ENTRY_BOOKKEEPING, entry->form);
}

/* The open fields, and the one line that may stand after them. */
static void read_open_fields(struct ordered *ordered, struct entry *entry)
{
	/* a header line that stands where the first open field could is out of its place */
	if (ordered_more(ordered) && entry_header_key(ordered->line.key) && !ordered_next_is(ordered, TRANSCRIBED))
		ordered_check(ordered, RULE_ENTRY_ORDER, ordered->line.key);
	while (ordered_more(ordered) && !ordered_next_is(ordered, TRANSCRIBED)) {
		struct line line = ordered_take_any(ordered);
		bool good = entry->field_count < ENTRY_OPEN_FIELDS_MAX && !entry_header_key(line.key);
		ordered_need(ordered, good, RULE_ENTRY_OPEN_FIELDS, line.key);
		if (good)
			entry->fields[entry->field_count++] = line;
	}
	entry->transcribed = ordered_next_is(ordered, TRANSCRIBED);
	if (!entry->transcribed)
		return;
	struct bytes value = ordered_take(ordered, TRANSCRIBED);
	ordered_need(ordered, !entry->bookkeeping, RULE_ENTRY_BOOKKEEPING, BYTES(TRANSCRIBED));
	ordered_need(ordered, bytes_is(value, "yes") && !ordered_more(ordered), RULE_ENTRY_TRANSCRIBED, value);
}

static enum rule read_open(struct entry *entry, struct fault *fault)
{
	struct ordered ordered = ordered_start(entry->open, FIRST, RULE_ENTRY_VERSION, RULE_ENTRY_ORDER, fault);
	read_writer(&ordered, entry);
	read_references(&ordered, entry);
	read_seen(&ordered, entry);
	read_manner(&ordered, entry);
	read_attachments(&ordered, entry);
	read_fields(&ordered, entry);
	read_open_fields(&ordered, entry);
	return ordered_end(&ordered);
}

/* ---- reading: the body and the signature ---- */

static bool armor_line_valid(struct bytes line)
{
	return line.size != 0 && line.size <= ARMOR_LINE && text_base64_valid(line, true);
}

/* Strict armor (age section ASCII armor, with LF), so that there is one text for one age file. */
static bool armor_valid(struct bytes body)
{
	struct cursor cursor = cursor_of(body);
	if (!bytes_is(cursor_line(&cursor), ARMOR_BEGIN))
		return false;
	for (bool first = true, last = false;; first = false) {
		struct bytes line = cursor_line(&cursor);
		if (bytes_is(line, ARMOR_END))
			return !first && cursor_left(&cursor) == 0;
		if (last || !armor_line_valid(line))
			return false;
		last = line.size < ARMOR_LINE || line.data[line.size - 1] == '=';
	}
}

/* Splits the text at its first blank line. */
static void split(struct entry *entry, bool *has_body)
{
	const uint8_t *blank = memmem(entry->text.data, entry->text.size, "\n\n", 2);
	*has_body = blank != NULL;
	entry->open = entry->text;
	if (blank == NULL)
		return;
	entry->open.size = (size_t)(blank + 1 - entry->text.data);
	entry->body = bytes_of(blank + 2, entry->text.size - entry->open.size - 1);
}

static enum rule read_signature(struct entry *entry, const struct note *note, struct fault *fault)
{
	const struct note_signature *line = &note->signatures[0];
	if (note->signature_count != 1 || line->raw_size != ED25519_SIGNATURE)
		return FAULT(fault, RULE_ENTRY_SIGNATURES, 0, "{1} signatures", NUMBER(note->signature_count));
	if (!bytes_equal(line->name, entry->from))
		return FAULT(fault, RULE_ENTRY_SIGNER, 0, "signed by {1}", line->name);
	entry->key_id = line->id;
	memcpy(entry->signature_bytes, line->raw, ED25519_SIGNATURE);
	return RULE_OK;
}

enum rule entry_parse(struct entry *entry, struct bytes bytes, struct fault *fault)
{
	struct note note;
	if (bytes.size > ENTRY_MAX)
		return FAULT(fault, RULE_ENTRY_SIZE, 0, "{1} bytes", NUMBER(bytes.size));
	enum rule rule = note_parse(&note, bytes);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", T("entry"));
	struct entry read = {.note = bytes, .text = note.text};
	bool has_body;
	split(&read, &has_body);
	if (read.open.size > ENTRY_OPEN_MAX)
		return FAULT(fault, RULE_ENTRY_OPEN_SIZE, 0, "{1} bytes", NUMBER(read.open.size));
	rule = read_open(&read, fault);
	if (rule != RULE_OK)
		return rule;
	if (read.sealed != has_body || (has_body && !armor_valid(read.body)))
		return fault_set(fault, RULE_ENTRY_BODY, 0, "%s", read.sealed ? T("`fields` stands") : T("no `fields`"));
	rule = read_signature(&read, &note, fault);
	if (rule != RULE_OK)
		return rule;
	*entry = read;
	entry->signature = bytes_of(entry->signature_bytes, ED25519_SIGNATURE);
	return RULE_OK;
}

enum rule entry_verify(const struct entry *entry, const struct vkey *key)
{
	if (key->id != entry->key_id)
		return RULE_ENTRY_SIGNER;
	return ed25519_verify(key->key, entry->text, entry->signature);
}

/* ---- writing ---- */

static void write_place(struct buffer *to, const char *key, const struct place *place)
{
	buffer_format(to, "%s ", key);
	buffer_add(to, place->party);
	buffer_format(to, "/%llu\n", (unsigned long long)place->index);
}

static void write_references(struct buffer *to, const struct entry *entry)
{
	if (entry->bookkeeping)
		return;
	if (entry->opens)
		buffer_string(to, "matter new\n");
	else
		write_place(to, "matter", &entry->matter);
	if (entry->has_re)
		write_place(to, "re", &entry->re);
	for (size_t i = 0; i < entry->to_count; i++)
		line_write(to, "to", entry->to[i]);
}

static void write_hash(struct buffer *to, const struct hash *hash)
{
	text_base64(to, bytes_of(hash->bytes, SHA256_SIZE), true);
	buffer_string(to, "\n");
}

void entry_write_open(struct buffer *to, const struct entry *entry)
{
	char at[UTC_SIZE + 1];
	utc_format(entry->at, at);
	buffer_string(to, FIRST "\nagreement ");
	text_hex(to, bytes_of(entry->agreement, SHA256_SIZE));
	buffer_string(to, "\n");
	line_write(to, "from", entry->from);
	line_write(to, "form", entry->form);
	write_references(to, entry);
	for (size_t i = 0; i < entry->seen_count; i++) {
		buffer_string(to, "seen ");
		buffer_add(to, entry->seen[i].origin);
		buffer_format(to, " %llu ", (unsigned long long)entry->seen[i].size);
		write_hash(to, &entry->seen[i].root);
	}
	buffer_format(to, "at %s\n", at);
	line_write(to, "tlp", entry->tlp);
	line_write(to, "lang", entry->lang);
	for (size_t i = 0; i < entry->attachment_count; i++) {
		buffer_string(to, "attachment ");
		text_hex(to, bytes_of(entry->attachments[i].digest, SHA256_SIZE));
		buffer_format(to, " %llu\n", (unsigned long long)entry->attachments[i].size);
	}
	if (entry->sealed) {
		buffer_format(to, "fields %llu ", (unsigned long long)entry->sealed_count);
		write_hash(to, &entry->sealed_root);
	}
	for (size_t i = 0; i < entry->field_count; i++) {
		buffer_add(to, entry->fields[i].key);
		buffer_string(to, " ");
		buffer_add(to, entry->fields[i].value);
		buffer_string(to, "\n");
	}
	if (entry->transcribed)
		line_write(to, TRANSCRIBED, BYTES("yes"));
}

void entry_finish(struct buffer *note, struct bytes open, struct bytes body, const struct signer *signer)
{
	size_t start = note->size;
	buffer_add(note, open);
	if (body.size != 0) {
		buffer_string(note, "\n");
		buffer_add(note, body);
	}
	size_t end = note->size;
	buffer_string(note, "\n");
	if (note->rule != RULE_OK)
		return;
	/* the buffer may move its memory while the line is written, so the line is made apart */
	struct buffer line = {0};
	note_sign(&line, bytes_of(note->data + start, end - start), signer);
	buffer_add(note, buffer_bytes(&line));
	enum rule rule = line.rule != RULE_OK ? line.rule : note->rule;
	buffer_free(&line);
	struct entry entry;
	if (rule == RULE_OK)
		rule = entry_parse(&entry, bytes_of(note->data + start, note->size - start), NULL);
	if (rule != RULE_OK) {
		buffer_cut(note, start);
		note->rule = rule;
	}
}

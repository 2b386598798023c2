/* The part of judging that needs nothing but the terms; nearly all of its time is Ed25519. */
#include "checkpoint.h"
#include "judge.h"
#include "text.h"

/* ---- form ---- */

/* `own`: this process has just signed it. */
static enum rule check_form(struct judge_prepared *prepared, const struct terms *terms, size_t party, struct bytes note,
	bool own)
{
	struct entry *entry = &prepared->entry;
	enum rule rule = entry_parse(entry, note, &prepared->fault);
	if (rule != RULE_OK)
		return rule;
	if (memcmp(entry->agreement, terms_agreement(terms)->digest, SHA256_SIZE) != 0)
		return fault_bytes(&prepared->fault, RULE_JUDGE_AGREEMENT, 0, BYTES("agreement"));
	const struct vkey *key = terms_desk_key(terms, entry->from);
	if (key == NULL || !bytes_equal(name_party(entry->from), terms_party(terms, party)))
		return fault_bytes(&prepared->fault, RULE_JUDGE_DESK, 0, entry->from);
	rule = own && key->id == entry->key_id ? RULE_OK : entry_verify(entry, key);
	return rule == RULE_OK ? rule : fault_bytes(&prepared->fault, rule, 0, entry->from);
}

/* ---- meaning ---- */

/*
 * The desks of `to` have a sealing key, else the age file could not hold their stanzas; so has every sender but the
 * node.
 */
static enum rule check_desks(const struct entry *entry, const struct terms *terms, struct fault *fault)
{
	for (size_t i = 0; i < entry->to_count; i++)
		if (terms_desk_seal(terms, entry->to[i]) == NULL)
			return fault_bytes(fault, RULE_JUDGE_TO, 0, entry->to[i]);
	return RULE_OK;
}

/* A quoted checkpoint: whose log, and under whose mirror key. */
struct quoted {
	size_t log, mirror;
	struct bytes name; /* as it stands: origin or party */
};

/* In record/received the writer quotes itself over others' logs, in record/receipt others over its own. */
static bool quoted_find(struct quoted *quoted, const struct terms *terms, const struct entry *entry, size_t party)
{
	size_t count = terms_party_count(terms);
	bool own = bytes_is(entry->form, "record/receipt");
	size_t other = own ? terms_party_find(terms, quoted->name) : terms_origin_find(terms, quoted->name);
	quoted->log = own ? party : other;
	quoted->mirror = own ? other : party;
	return other != count && other != party;
}

static enum rule check_cosignature(const struct terms *terms, const struct quoted *quoted, struct bytes words,
	struct fault *fault)
{
	struct checkpoint checkpoint = {.origin = bytes_string(terms_origin(terms, quoted->log))};
	struct bytes size = line_word(&words), root = line_word(&words);
	int64_t time;
	struct buffer text = {0};
	enum rule rule = text_decimal(size, &checkpoint.size);
	if (rule == RULE_OK)
		rule = text_unbase64_exact(root, checkpoint.root, sizeof(checkpoint.root), true);
	checkpoint_write(&text, &checkpoint);
	if (rule == RULE_OK)
		rule = text.rule;
	if (rule == RULE_OK)
		rule = cosignature_verify_base64(words, buffer_bytes(&text), terms_mirror_key(terms, quoted->mirror),
			&time);
	buffer_free(&text);
	if (rule == RULE_OK || rule_is_system(rule))
		return rule;
	return fault_bytes(fault, RULE_JUDGE_COSIGNATURE, 0, quoted->name);
}

/* Every field of type checkpoint; only forms of the mechanism `record` have any. */
static enum rule check_quoted(struct judge_prepared *prepared, const struct terms *terms, size_t party, bool own)
{
	const struct entry *entry = &prepared->entry;
	struct bytes last = {NULL, 0};
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < entry->field_count; i++) {
		const struct form_field *field = form_field(prepared->written, entry->fields[i].key);
		if (field->type != FIELD_CHECKPOINT)
			continue;
		struct bytes words = entry->fields[i].value;
		struct quoted quoted = {.name = line_word(&words)};
		if (!quoted_find(&quoted, terms, entry, party) || bytes_compare(last, quoted.name) >= 0)
			return fault_bytes(&prepared->fault, RULE_JUDGE_COSIGNED_LOG, 0, quoted.name);
		last = quoted.name;
		if (!own || quoted.mirror != party)
			rule = check_cosignature(terms, &quoted, words, &prepared->fault);
	}
	return rule;
}

static enum rule check_meaning(struct judge_prepared *prepared, const struct terms *terms, size_t party, bool own)
{
	const struct entry *entry = &prepared->entry;
	prepared->written = terms_form(terms, entry->form);
	if (prepared->written == NULL)
		return fault_bytes(&prepared->fault, RULE_JUDGE_FORM, 0, entry->form);
	enum rule rule = check_desks(entry, terms, &prepared->fault);
	if (rule == RULE_OK)
		rule = form_check_open(prepared->written, entry, &prepared->fault);
	return rule == RULE_OK && entry->bookkeeping ? check_quoted(prepared, terms, party, own) : rule;
}

static void prepare(struct judge_prepared *prepared, const struct terms *terms, size_t party, struct bytes note,
	bool own)
{
	prepared->fault = (struct fault){.rule = RULE_OK};
	prepared->written = NULL;
	prepared->meaning = RULE_OK;
	prepared->form = check_form(prepared, terms, party, note, own);
	if (prepared->form == RULE_OK)
		prepared->meaning = check_meaning(prepared, terms, party, own);
}

void judge_prepare(struct judge_prepared *prepared, const struct terms *terms, size_t party, struct bytes note)
{
	prepare(prepared, terms, party, note, false);
}

void judge_prepare_own(struct judge_prepared *prepared, const struct terms *terms, size_t party, struct bytes note)
{
	prepare(prepared, terms, party, note, true);
}

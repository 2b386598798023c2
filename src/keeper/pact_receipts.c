/*
 * pact_receipts: whose receipt of our entries stands in the record: in its own log, by record/received, or in ours, by
 * record/receipt.
 */
#include <stdlib.h>

#include "pact_parts.h"
#include "text.h"

static void value_of(const struct pact *pact, char name[VALUE_NAME_MAX])
{
	pact_value_name(name, pact_log_number(pact, pact->self), "receipts");
}

enum rule pact_load_receipts(struct pact *pact)
{
	char name[VALUE_NAME_MAX];
	struct buffer value = {0};
	value_of(pact, name);
	enum rule rule = store_value_get(pact->store, name, &value);
	struct cursor cursor = cursor_of(buffer_bytes(&value));
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++) {
		pact->receipts[i].addressed = cursor_u64(&cursor);
		pact->receipts[i].recorded = cursor_u64(&cursor);
	}
	if (rule == RULE_OK && cursor_end(&cursor) != RULE_OK)
		rule = RULE_STORE_CORRUPT;
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule pact_save_receipts(struct pact *pact)
{
	char name[VALUE_NAME_MAX];
	struct buffer value = {0};
	if (!pact->receipts_changed)
		return RULE_OK;
	for (size_t i = 0; i < pact->parties; i++) {
		buffer_u64(&value, pact->receipts[i].addressed);
		buffer_u64(&value, pact->receipts[i].recorded);
	}
	value_of(pact, name);
	enum rule rule = value.rule == RULE_OK ? store_value_put(pact->store, name, buffer_bytes(&value)) : value.rule;
	pact->receipts_changed = rule != RULE_OK;
	buffer_free(&value);
	return rule;
}

void pact_owe_receipt(struct pact *pact, const struct entry *entry, uint64_t index)
{
	size_t party = entry->to_count == 0 ? pact->parties : terms_party_find(pact->terms, name_party(entry->to[0]));
	if (party == pact->parties || party == pact->self)
		return;
	pact->receipts[party].addressed = index + 1;
	pact->receipts_changed = true;
}

void pact_recorded(struct pact *pact, size_t by, uint64_t size)
{
	if (size <= pact->receipts[by].recorded)
		return;
	pact->receipts[by].recorded = size;
	pact->receipts_changed = true;
}

bool pact_unrecorded(const struct pact *pact, size_t by, uint64_t cosigned)
{
	return pact->receipts[by].addressed > pact->receipts[by].recorded && cosigned >= pact->receipts[by].addressed;
}

enum rule pact_receipt_line(struct pact *pact, size_t by, struct buffer *line, uint64_t *size)
{
	struct pact_receipt receipt = {.party = pact->self, .by = by, .index = pact->receipts[by].addressed - 1};
	struct buffer bytes = {0};
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	struct pact_cosigned cosigned;
	enum rule rule = note == NULL ? RULE_MEMORY : pact_receipt(pact, &receipt, &bytes);
	if (rule == RULE_OK)
		rule = checkpoint_note_parse(note, &checkpoint, buffer_bytes(&bytes));
	if (rule == RULE_OK)
		rule = pact_verify_mirror(pact, by, note, note->text, &cosigned);
	if (rule == RULE_OK) {
		buffer_format(line, "%.*s %llu ", BYTES_SHOWN(terms_party(pact->terms, by)),
			(unsigned long long)checkpoint.size);
		text_base64(line, bytes_of(checkpoint.root, SHA256_SIZE), true);
		buffer_format(line, " %.*s", BYTES_SHOWN(note->signatures[note_find(note, cosigned.key)].base64));
		*size = checkpoint.size;
		rule = line->rule;
	}
	buffer_free(&bytes);
	free(note);
	return rule;
}

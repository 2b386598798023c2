/*
 * pact_attachment: what valid entries say of attachments: which name one, who holds it, and for whom it is.
 */
#include "pact_parts.h"
#include "text.h"

static enum rule mark(struct pact *pact, unsigned kind, struct bytes key, const struct store_mark *place)
{
	return store_mark_add(pact->store, &(struct store_mark){kind, key, place->log, place->index});
}

bool pact_addressed(const struct pact *pact, const struct entry *entry, size_t party)
{
	for (size_t i = 0; i < entry->to_count; i++) {
		if (bytes_equal(name_party(entry->to[i]), terms_party(pact->terms, party)))
			return true;
	}
	return false;
}

/* An entry with attachments: by their digests, and among those whose attachments are still to come here or to go. */
static enum rule mark_named(struct pact *pact, size_t party, const struct entry *entry, const struct store_mark *place)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < entry->attachment_count && rule == RULE_OK; i++)
		rule = mark(pact, MARK_ATTACHMENT, bytes_of(entry->attachments[i].digest, SHA256_SIZE), place);
	if (rule == RULE_OK && (party == pact->self || pact_addressed(pact, entry, pact->self)))
		rule = mark(pact, MARK_WANTED, BYTES(""), place);
	if (rule == RULE_OK && party == pact->self)
		rule = mark(pact, MARK_OFFERED, BYTES(""), place);
	pact->logs[party].attached = true;
	return rule;
}

enum rule pact_mark_attachments(struct pact *pact, size_t party, const struct entry *entry,
	const struct store_mark *place)
{
	enum rule rule = entry->attachment_count == 0 ? RULE_OK : mark_named(pact, party, entry, place);
	bool received = bytes_is(entry->form, "record/received");
	for (size_t i = 0; received && i < entry->field_count && rule == RULE_OK; i++) {
		uint8_t digest[SHA256_SIZE];
		if (bytes_is(entry->fields[i].key, "held") &&
			text_unhex(entry->fields[i].value, digest, sizeof(digest)) == RULE_OK)
			rule = mark(pact, MARK_HELD, bytes_of(digest, sizeof(digest)), place);
	}
	return rule;
}

enum rule pact_attachment_held(struct pact *pact, size_t party, const uint8_t digest[SHA256_SIZE], bool *held)
{
	struct store_mark first = {MARK_HELD, bytes_of(digest, SHA256_SIZE), pact_log_number(pact, party), 0};
	enum rule rule = store_mark_next(pact->store, &first);
	*held = rule == RULE_OK;
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

enum rule pact_attachment_named(struct pact *pact, const uint8_t digest[SHA256_SIZE], struct pact_naming *naming)
{
	enum rule rule = RULE_NOT_FOUND;
	for (size_t party = naming->party; party < pact->parties && rule == RULE_NOT_FOUND; party++) {
		struct store_mark place = {MARK_ATTACHMENT, bytes_of(digest, SHA256_SIZE), pact_log_number(pact, party),
			party == naming->party ? naming->index : 0};
		rule = store_mark_next(pact->store, &place);
		if (rule == RULE_OK) {
			naming->party = party;
			naming->index = place.index;
		}
	}
	buffer_clear(&pact->head_note);
	if (rule == RULE_OK)
		rule = ledger_entry(&pact->logs[naming->party].ledger, naming->index, &pact->head_note);
	if (rule == RULE_OK)
		rule = entry_parse(&pact->head, buffer_bytes(&pact->head_note), NULL);
	if (rule == RULE_OK) {
		naming->to_us = naming->party == pact->self || pact_addressed(pact, &pact->head, pact->self);
		for (size_t i = 0; i < pact->head.attachment_count; i++) {
			if (memcmp(pact->head.attachments[i].digest, digest, SHA256_SIZE) == 0)
				naming->size = pact->head.attachments[i].size;
		}
	}
	return rule;
}

uint64_t pact_attachment_max(const struct pact *pact)
{
	const struct texts *texts = cards_texts(pact->cards);
	return texts_limit(texts, texts_find(texts, pact_text(pact)->digest), "attachment", ATTACHMENT_MAX_DEFAULT);
}

uint64_t pact_attachment_limit(const struct pact *pact)
{
	return agreement_limit(terms_agreement(pact_terms(pact)), "attachment", ATTACHMENT_MAX_DEFAULT);
}

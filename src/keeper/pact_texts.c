/*
 * pact_texts: the texts of an agreement at this node: which entries brought them, in the order in which they came, and
 * the mechanism files that amendments bind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pact_parts.h"
#include "text.h"

static void list_name(const struct pact *pact, char to[VALUE_NAME_MAX])
{
	snprintf(to, VALUE_NAME_MAX, "agreement/%u/texts", pact->number);
}

/* Under their digest: files bind by that, whatever agreement they are for. */
static void file_name(const uint8_t digest[SHA256_SIZE], char to[VALUE_NAME_MAX])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	snprintf(to, VALUE_NAME_MAX, "mechanism/%.*s", BYTES_SHOWN(buffer_bytes(&hex)));
	buffer_free(&hex);
}

/* ---- files ---- */

enum rule pact_keep_file(struct store *store, struct bytes file)
{
	char name[VALUE_NAME_MAX];
	uint8_t digest[SHA256_SIZE];
	sha256(file, digest);
	file_name(digest, name);
	return store_value_put(store, name, file);
}

/* Gives a text the files that it lacks, as far as they are kept. */
static enum rule find_files_of(struct pact *pact, struct texts *texts, size_t n)
{
	const struct agreement_hashed *lacking = texts_lacking(texts, n), *before = NULL;
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK && lacking != NULL && lacking != before; lacking = texts_lacking(texts, n)) {
		char name[VALUE_NAME_MAX];
		struct buffer file = {0};
		before = lacking;
		file_name(lacking->digest, name);
		rule = store_value_get(pact->store, name, &file);
		if (rule == RULE_OK)
			rule = texts_hold(texts, buffer_bytes(&file), NULL);
		buffer_free(&file);
	}
	/* it waits for its files, or for nothing: what does not go together stays unused */
	return rule_is_system(rule) && rule != RULE_NOT_FOUND ? rule : RULE_OK;
}

static enum rule find_files(struct pact *pact, struct texts *texts)
{
	enum rule rule = RULE_OK;
	for (size_t n = 1; n < texts_count(texts) && rule == RULE_OK; n++)
		if (texts_nth(texts, n) == NULL)
			rule = find_files_of(pact, texts, n);
	return rule;
}

enum rule pact_find_files(struct pact *pact)
{
	return find_files(pact, cards_texts(pact->cards));
}

/* A mechanism that an amendment binds: known to the agreement already, or among the files that are kept. */
static enum rule find_mechanism(const struct pact *pact, const struct agreement_hashed *named,
	const struct mechanism **found, struct mechanism **made)
{
	char name[VALUE_NAME_MAX];
	struct buffer file = {0};
	*found = texts_mechanism(cards_texts(pact->cards), named);
	if (*found != NULL)
		return RULE_OK;
	file_name(named->digest, name);
	enum rule rule = store_value_get(pact->store, name, &file);
	if (rule == RULE_OK)
		rule = mechanism_read(made, buffer_bytes(&file), NULL);
	if (rule == RULE_OK && !bytes_equal((*made)->name, named->name))
		rule = RULE_TERMS_MECHANISM;
	*found = *made;
	buffer_free(&file);
	return rule == RULE_NOT_FOUND ? RULE_TERMS_MECHANISM : rule;
}

enum rule pact_try_text(const struct pact *pact, struct bytes note, struct fault *fault)
{
	struct agreement *agreement = malloc(sizeof(*agreement));
	const struct mechanism *found[AGREEMENT_MECHANISMS_MAX];
	struct mechanism *made[AGREEMENT_MECHANISMS_MAX] = {NULL};
	struct terms *terms = NULL;
	enum rule rule = agreement == NULL ? fault_bytes(fault, RULE_MEMORY, 0, BYTES("agreement"))
		: agreement_parse(agreement, note, fault);
	if (rule == RULE_OK)
		rule = texts_fits(cards_texts(pact->cards), agreement, fault);
	for (size_t i = 0; rule == RULE_OK && i < agreement->mechanism_count; i++)
		if ((rule = find_mechanism(pact, &agreement->mechanisms[i], &found[i], &made[i])) != RULE_OK)
			fault_bytes(fault, rule, 0, agreement->mechanisms[i].name);
	if (rule == RULE_OK)
		rule = terms_amended(&terms, pact->terms, note, found, fault);
	terms_free(terms);
	for (size_t i = 0; i < AGREEMENT_MECHANISMS_MAX; i++)
		mechanism_free(made[i]);
	free(agreement);
	return rule;
}

/* ---- what governs ---- */

static size_t governing(const struct pact *pact)
{
	uint64_t past[AGREEMENT_PARTIES_MAX];
	for (size_t i = 0; i < pact->parties; i++)
		past[i] = i == pact->self ? pact->logs[i].ledger.size : pact->logs[i].size;
	return texts_governing(cards_texts(pact->cards), past);
}

const struct agreement *pact_text(const struct pact *pact)
{
	return texts_agreement(cards_texts(pact->cards), governing(pact));
}

bool pact_lacks_files(const struct pact *pact)
{
	return texts_nth(cards_texts(pact->cards), governing(pact)) == NULL;
}

const struct terms *pact_terms(const struct pact *pact)
{
	const struct terms *terms = texts_nth(cards_texts(pact->cards), governing(pact));
	return terms == NULL ? pact->terms : terms;
}

const struct terms *pact_terms_of(const struct pact *pact, const struct entry *entry)
{
	const struct terms *terms = texts_for(cards_texts(pact->cards), entry);
	return terms == NULL ? pact->terms : terms;
}

/* ---- what entries bring ---- */

enum rule pact_take_text(struct pact *pact, size_t party, const struct entry *entry, uint64_t index)
{
	char name[VALUE_NAME_MAX];
	enum rule rule = texts_take(cards_texts(pact->cards), party, entry, index);
	if (rule != RULE_OK)
		return rule;
	buffer_u8(&pact->brought, (uint8_t)party);
	buffer_u64(&pact->brought, index);
	list_name(pact, name);
	rule = pact->brought.rule == RULE_OK ? store_value_put(pact->store, name, buffer_bytes(&pact->brought))
		: pact->brought.rule;
	return rule == RULE_OK ? pact_find_files(pact) : rule;
}

/* Takes again what those entries brought, as far as they lie below `sizes`. */
enum rule pact_texts_below(struct pact *pact, const uint64_t sizes[AGREEMENT_PARTIES_MAX], struct texts *texts)
{
	struct entry *entry = malloc(sizeof(*entry));
	struct buffer note = {0};
	struct cursor cursor = cursor_of(buffer_bytes(&pact->brought));
	enum rule rule = entry == NULL ? RULE_MEMORY : RULE_OK;
	while (rule == RULE_OK && cursor_left(&cursor) > 0) {
		size_t party = cursor_u8(&cursor);
		uint64_t index = cursor_u64(&cursor);
		if (cursor.rule != RULE_OK || party >= pact->parties)
			rule = RULE_STORE_CORRUPT;
		if (rule != RULE_OK || index >= sizes[party])
			continue;
		buffer_clear(&note);
		rule = ledger_entry(&pact->logs[party].ledger, index, &note);
		if (rule == RULE_OK)
			rule = entry_parse(entry, buffer_bytes(&note), NULL);
		if (rule == RULE_OK)
			rule = texts_take(texts, party, entry, index);
	}
	free(entry);
	buffer_free(&note);
	if (rule == RULE_OK)
		return find_files(pact, texts);
	return rule_is_system(rule) ? rule : RULE_STORE_CORRUPT;
}

enum rule pact_load_texts(struct pact *pact)
{
	char name[VALUE_NAME_MAX];
	uint64_t all[AGREEMENT_PARTIES_MAX];
	memset(all, 0xff, sizeof(all));
	list_name(pact, name);
	enum rule rule = store_value_get(pact->store, name, &pact->brought);
	if (rule == RULE_NOT_FOUND)
		return RULE_OK;
	return rule == RULE_OK ? pact_texts_below(pact, all, cards_texts(pact->cards)) : rule;
}

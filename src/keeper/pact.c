#include "pact.h"

#include <stdio.h>
#include <stdlib.h>

#include "pact_parts.h"
#include "text.h"

static void value_name(char to[VALUE_NAME_MAX], unsigned number, const char *kind, struct bytes name)
{
	snprintf(to, VALUE_NAME_MAX, "agreement/%u/%s%s%.*s", number, kind, name.size == 0 ? "" : "/",
		BYTES_SHOWN(name));
}

unsigned pact_log_number(const struct pact *pact, size_t party)
{
	return pact->number * AGREEMENT_PARTIES_MAX + (unsigned)party;
}

bool pact_log_party(const struct pact *pact, unsigned log, size_t *party)
{
	*party = log % AGREEMENT_PARTIES_MAX;
	return log / AGREEMENT_PARTIES_MAX == pact->number && *party < pact->parties;
}

void pact_value_name(char to[VALUE_NAME_MAX], unsigned log, const char *kind)
{
	snprintf(to, VALUE_NAME_MAX, "log/%u/%s", log, kind);
}

enum rule pact_store(struct store *store, unsigned number, const struct terms *terms)
{
	char name[VALUE_NAME_MAX];
	value_name(name, number, "text", BYTES(""));
	enum rule rule = store_value_put(store, name, terms_agreement(terms)->note);
	for (size_t i = 0; rule == RULE_OK && i < terms_party_count(terms); i++) {
		value_name(name, number, "card", terms_party(terms, i));
		rule = store_value_put(store, name, terms_card(terms, i)->note);
	}
	for (size_t i = 0; rule == RULE_OK && i < terms_mechanism_count(terms); i++) {
		value_name(name, number, "mechanism", terms_mechanism(terms, i)->name);
		rule = store_value_put(store, name, terms_mechanism(terms, i)->file);
	}
	return rule;
}

static enum rule load_terms(struct pact *pact, struct fault *fault)
{
	struct buffer text = {0}, files[AGREEMENT_PARTIES_MAX + AGREEMENT_MECHANISMS_MAX] = {0};
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct terms_source source = {0};
	char name[VALUE_NAME_MAX];
	size_t used = 0;
	value_name(name, pact->number, "text", BYTES(""));
	enum rule rule = agreement == NULL ? RULE_MEMORY : store_value_get(pact->store, name, &text);
	if (rule == RULE_OK)
		rule = agreement_parse(agreement, buffer_bytes(&text), fault);
	source.agreement = buffer_bytes(&text);
	for (size_t i = 0; rule == RULE_OK && i < agreement->party_count; i++) {
		value_name(name, pact->number, "card", agreement->parties[i].name);
		rule = store_value_get(pact->store, name, &files[used]);
		source.cards[source.card_count++] = buffer_bytes(&files[used++]);
	}
	for (size_t i = 0; rule == RULE_OK && i < agreement->mechanism_count; i++) {
		value_name(name, pact->number, "mechanism", agreement->mechanisms[i].name);
		rule = store_value_get(pact->store, name, &files[used]);
		source.mechanisms[source.mechanism_count++] = buffer_bytes(&files[used++]);
	}
	if (rule == RULE_OK)
		rule = terms_new(&pact->terms, &source, fault);
	for (size_t i = 0; i < used; i++)
		buffer_free(&files[i]);
	buffer_free(&text);
	free(agreement);
	return rule;
}

enum rule pact_checkpoint_of(struct bytes note_bytes, struct checkpoint *checkpoint)
{
	struct note *note = malloc(sizeof(*note));
	if (note == NULL)
		return RULE_MEMORY;
	enum rule rule = checkpoint_note_parse(note, checkpoint, note_bytes);
	free(note);
	return rule;
}

/* Root and our cosignature of the newest checkpoint. */
static enum rule load_checkpoint(const struct pact *pact, struct pact_log *log)
{
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	enum rule rule =
		note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, &checkpoint, buffer_bytes(&log->checkpoint));
	if (rule == RULE_OK) {
		memcpy(log->root.bytes, checkpoint.root, SHA256_SIZE);
		/* by whichever of our keys it was cosigned */
		for (size_t n = cards_count(pact->cards, pact->self); n-- > 0 && rule == RULE_OK;) {
			size_t own = note_find(note, &cards_nth(pact->cards, pact->self, n)->mirror);
			if (own < note->signature_count && !bytes_to_string(note->signatures[own].base64,
			    log->cosignature, sizeof(log->cosignature)))
				rule = RULE_LIMIT;
		}
	}
	free(note);
	return rule;
}

/* What is stored leads to the newest checkpoint: on a damaged store we would sign, or cosign, another history. */
static enum rule check_root(const struct pact_log *log)
{
	struct hash root;
	if (log->size > log->ledger.size)
		return RULE_STORE_CORRUPT;
	enum rule rule = tree_range_root(&log->ledger.tree, 0, log->size, &root);
	return rule == RULE_OK && memcmp(root.bytes, log->root.bytes, SHA256_SIZE) != 0 ? RULE_STORE_CORRUPT : rule;
}

/* ---- cards ---- */

const struct party_card *pact_card(const struct pact *pact, size_t party, size_t n)
{
	size_t ahead = pact->logs[party].ahead != NULL, count = cards_count(pact->cards, party);
	if (n < ahead)
		return pact->logs[party].ahead;
	return n - ahead < count ? cards_nth(pact->cards, party, count - 1 - (n - ahead)) : NULL;
}

/* What follows from the newest card: it makes an accepted one that is not newer superfluous. */
static void settle_cards(struct pact *pact, size_t party)
{
	struct pact_log *log = &pact->logs[party];
	const struct party_card *newest = cards_newest(pact->cards, party);
	if (log->ahead != NULL && log->ahead->card.serial <= newest->card.serial) {
		party_card_free(log->ahead);
		log->ahead = NULL;
	}
	log->key_count = 0;
	log->keys[log->key_count++] = newest->log;
	if (log->ahead != NULL && memcmp(log->ahead->log.key, newest->log.key, ED25519_PUBLIC) != 0)
		log->keys[log->key_count++] = log->ahead->log;
}

enum rule pact_accept_card(struct pact *pact, size_t party, struct bytes note)
{
	struct party_card *card;
	const struct card *known = &cards_newest(pact->cards, party)->card;
	enum rule rule = party_card_new(&card, pact->terms, note, NULL);
	if (rule != RULE_OK)
		return rule;
	if (bytes_equal(card->card.party, known->party) &&
	    (party == pact->self || card_succeeds(&card->card, known))) {
		party_card_free(pact->logs[party].ahead);
		pact->logs[party].ahead = card;
		settle_cards(pact, party);
	} else {
		party_card_free(card); /* another identity: of other agreements */
	}
	return RULE_OK;
}

enum rule pact_cards_below(struct pact *pact, const uint64_t sizes[AGREEMENT_PARTIES_MAX], struct cards **to)
{
	struct cards *cards = cards_new(pact->terms);
	struct entry *entry = malloc(sizeof(*entry));
	struct buffer note = {0};
	enum rule rule = cards == NULL || entry == NULL ? RULE_MEMORY : RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++) {
		for (size_t n = 1; rule == RULE_OK && n < cards_count(pact->cards, i); n++) {
			uint64_t index = cards_nth(pact->cards, i, n)->from;
			if (index >= sizes[i])
				break;
			buffer_clear(&note);
			rule = ledger_entry(&pact->logs[i].ledger, index, &note);
			if (rule == RULE_OK)
				rule = entry_parse(entry, buffer_bytes(&note), NULL);
			if (rule == RULE_OK)
				rule = cards_take(cards, entry, index);
		}
	}
	if (rule == RULE_OK)
		rule = pact_texts_below(pact, sizes, cards_texts(cards));
	free(entry);
	buffer_free(&note);
	if (rule == RULE_OK)
		*to = cards;
	else
		cards_free(cards);
	return rule;
}

/* The indexes of the entries of a log that brought cards are kept, eight bytes each. */
enum rule pact_take_card(struct pact *pact, size_t party, const struct entry *entry, uint64_t index)
{
	char name[VALUE_NAME_MAX];
	struct buffer indexes = {0};
	enum rule rule = cards_take(pact->cards, entry, index);
	if (rule != RULE_OK)
		return rule;
	for (size_t n = 1; n < cards_count(pact->cards, party); n++)
		buffer_u64(&indexes, cards_nth(pact->cards, party, n)->from);
	pact_value_name(name, pact_log_number(pact, party), "cards");
	rule = indexes.rule == RULE_OK ? store_value_put(pact->store, name, buffer_bytes(&indexes)) : indexes.rule;
	buffer_free(&indexes);
	settle_cards(pact, party);
	pact->cards_grown = true;
	if (party == pact->self)
		pact_take_keys(pact); /* without them nothing is written */
	return rule;
}

static enum rule load_cards(struct pact *pact, size_t party)
{
	char name[VALUE_NAME_MAX];
	struct buffer indexes = {0}, note = {0};
	struct entry *entry = malloc(sizeof(*entry));
	pact_value_name(name, pact_log_number(pact, party), "cards");
	enum rule rule = entry == NULL ? RULE_MEMORY : store_value_get(pact->store, name, &indexes);
	struct cursor cursor = cursor_of(buffer_bytes(&indexes));
	while (rule == RULE_OK && cursor_left(&cursor) > 0) {
		uint64_t index = cursor_u64(&cursor);
		buffer_clear(&note);
		rule = cursor.rule == RULE_OK ? ledger_entry(&pact->logs[party].ledger, index, &note) : cursor.rule;
		if (rule == RULE_OK)
			rule = entry_parse(entry, buffer_bytes(&note), NULL);
		if (rule == RULE_OK)
			rule = cards_take(pact->cards, entry, index);
	}
	free(entry);
	buffer_free(&indexes);
	buffer_free(&note);
	settle_cards(pact, party);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule_is_system(rule) || rule == RULE_OK ? rule : RULE_STORE_CORRUPT;
}

/* ---- the whole ---- */

static enum rule load_refusal(struct pact *pact, size_t party)
{
	struct pact_log *log = &pact->logs[party];
	char name[VALUE_NAME_MAX];
	struct buffer text = {0};
	pact_value_name(name, pact_log_number(pact, party), "refusal");
	enum rule rule = store_value_get(pact->store, name, &text);
	log->refuses = rule == RULE_OK && text.size != 0;
	if (log->refuses && text_decimal(buffer_bytes(&text), &log->refusal) != RULE_OK)
		rule = RULE_STORE_CORRUPT;
	buffer_free(&text);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule load_log(struct pact *pact, size_t party)
{
	struct pact_log *log = &pact->logs[party];
	unsigned number = pact_log_number(pact, party);
	char name[VALUE_NAME_MAX];
	struct checkpoint checkpoint;
	enum rule rule = ledger_open(&log->ledger, pact->store, number);
	if (rule == RULE_OK)
		rule = load_cards(pact, party);
	if (rule == RULE_OK)
		rule = pact_load_judge(pact, party);
	if (rule == RULE_OK)
		rule = load_refusal(pact, party);
	if (rule == RULE_OK)
		rule = pact_load_agreeing(pact, party);
	if (rule != RULE_OK)
		return rule;
	rule = store_checkpoint_below(pact->store, number, UINT64_MAX, &log->size, &log->checkpoint);
	if (rule == RULE_OK)
		rule = load_checkpoint(pact, log);
	if (rule == RULE_OK)
		rule = check_root(log);
	if (rule != RULE_OK && rule != RULE_NOT_FOUND)
		return rule;
	pact_value_name(name, number, "pending");
	rule = store_value_get(pact->store, name, &log->pending);
	if (rule == RULE_NOT_FOUND)
		return RULE_OK;
	if (rule == RULE_OK)
		rule = pact_checkpoint_of(buffer_bytes(&log->pending), &checkpoint);
	if (rule == RULE_OK) {
		log->has_pending = true;
		log->pending_size = checkpoint.size;
		memcpy(log->pending_root.bytes, checkpoint.root, SHA256_SIZE);
	}
	return rule;
}

#define LOOK_BACK 256 /* entries of our own log that are looked through for words when a node starts */

/* Up to where our own log holds more than bookkeeping. */
static enum rule load_words(struct pact *pact)
{
	struct pact_log *own = &pact->logs[pact->self];
	struct buffer note = {0};
	enum rule rule = RULE_OK;
	own->words = own->ledger.size;
	for (unsigned i = 0; i < LOOK_BACK && own->words > 0 && rule == RULE_OK; i++, own->words--) {
		buffer_clear(&note);
		rule = ledger_entry(&own->ledger, own->words - 1, &note);
		if (rule == RULE_OK && (entry_parse(&pact->head, buffer_bytes(&note), NULL) != RULE_OK ||
		    !pact->head.bookkeeping))
			break;
	}
	buffer_free(&note);
	return rule;
}

/* The secrets of a card of ours; NULL: they are lost. */
static const struct key_set *secrets_of(const struct pact *pact, const struct party_card *card)
{
	enum card_set set = terms_agreement(pact->terms)->drill ? CARD_DRILL : CARD_LIVE;
	return card == NULL ? NULL : keys_of(pact->ring, set, card->keys);
}

enum rule pact_take_keys(struct pact *pact)
{
	const struct party_card *card = cards_newest(pact->cards, pact->self), *before = NULL;
	size_t count = cards_count(pact->cards, pact->self);
	const struct key_set *keys = secrets_of(pact, card), *old = NULL;
	pact->entering = keys == NULL;
	if (keys == NULL && pact->logs[pact->self].ahead != NULL) {
		card = pact->logs[pact->self].ahead;
		keys = secrets_of(pact, card);
	} else if (count > 1 && pact->everybody <= card->from) {
		before = cards_nth(pact->cards, pact->self, count - 2);
		old = secrets_of(pact, before);
	}
	pact->keyless = keys == NULL;
	/* whose desks are then shown at least */
	enum card_set set = terms_agreement(pact->terms)->drill ? CARD_DRILL : CARD_LIVE;
	pact->keys = keys != NULL ? keys : &pact->ring->sets[set];
	if (keys == NULL)
		return RULE_KEYS_OTHER;
	pact->log_signer = (struct signer){card->log, keys->log};
	pact->node_signer = (struct signer){card->node, keys->node};
	/* a cosignature is of use to who knows its key, and so far that is the old one */
	pact->mirror_signer = old == NULL ? (struct signer){card->mirror, keys->mirror}
		: (struct signer){before->mirror, old->mirror};
	pact->old_log_signer.secret = NULL;
	if (old != NULL && before->log.id != card->log.id)
		pact->old_log_signer = (struct signer){before->log, old->log};
	return RULE_OK;
}

enum rule pact_load(struct pact **made, struct store *store, unsigned number, struct bytes party,
	const struct keys *keys, struct fault *fault)
{
	struct pact *pact = *made = calloc(1, sizeof(*pact));
	if (pact == NULL)
		return RULE_MEMORY;
	pact->number = number;
	pact->store = store;
	enum rule rule = load_terms(pact, fault);
	if (rule != RULE_OK && !rule_is_system(rule)) /* what was stored was good when it was stored */
		return fault_set(fault, RULE_STORE_CORRUPT, 0, "agreement %u: %s", number, rule_name(rule));
	if (rule == RULE_OK && (pact->self = terms_party_find(pact->terms, party)) == terms_party_count(pact->terms))
		rule = RULE_TERMS_DESK;
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "agreement %u", number);
	pact->parties = terms_party_count(pact->terms);
	pact->ring = keys;
	pact_answer_judge(pact);
	snprintf(pact->label, sizeof(pact->label), "%s", strchr(terms_origin(pact->terms, 0), '/') + 1);
	pact->logs = calloc(pact->parties, sizeof(*pact->logs));
	pact->cards = cards_new(pact->terms);
	if (pact->logs == NULL || pact->cards == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; rule == RULE_OK && i < pact->parties; i++)
		rule = load_log(pact, i);
	if (rule == RULE_OK)
		rule = pact_load_texts(pact);
	if (rule == RULE_OK)
		pact_take_keys(pact);
	if (rule == RULE_OK)
		rule = pact_load_receipts(pact);
	if (rule == RULE_OK)
		rule = load_words(pact);
	if (rule == RULE_OK)
		rule = pact_load_state(pact);
	if (rule == RULE_OK || rule_is_system(rule))
		return rule;
	return fault_set(fault, RULE_STORE_CORRUPT, 0, "agreement %u: %s", number, rule_name(rule));
}

void pact_free(struct pact *pact)
{
	if (pact == NULL)
		return;
	for (size_t i = 0; pact->logs != NULL && i < pact->parties; i++) {
		judge_log_free(&pact->logs[i].judge);
		buffer_free(&pact->logs[i].checkpoint);
		buffer_free(&pact->logs[i].pending);
		party_card_free(pact->logs[i].ahead);
	}
	free(pact->logs);
	buffer_free(&pact->head_note);
	buffer_free(&pact->brought);
	kernel_free(pact->kernel);
	rows_memory_free(pact->state.changes);
	due_free(pact);
	cards_free(pact->cards);
	terms_free(pact->terms);
	free(pact);
}

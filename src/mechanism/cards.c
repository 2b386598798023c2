#include "cards.h"

#include <stdio.h>
#include <stdlib.h>

#include "terms_parts.h"
#include "words.h"

struct cards {
	const struct terms *terms;
	struct texts *texts;
	/* by party: those that entries brought, in their order */
	struct party_card *brought[AGREEMENT_PARTIES_MAX][CARDS_MAX];
	size_t count[AGREEMENT_PARTIES_MAX];
};

/* ---- one card ---- */

static enum rule make_key(struct vkey *vkey, enum signature_type type, const uint8_t *key, struct bytes party,
	struct bytes desk)
{
	char name[DESK_MAX + 1];
	snprintf(name, sizeof(name), "%.*s/%.*s", BYTES_SHOWN(party), BYTES_SHOWN(desk));
	return vkey_make(vkey, bytes_string(name), type, key);
}

static enum rule make_keys(struct party_card *card, const struct terms *terms)
{
	const struct card_keys *keys = card->keys = &card->card.sets[terms->set];
	struct bytes party = card->card.party;
	char origin[ORIGIN_MAX + 1], mirror[ORIGIN_MAX + 8];
	origin_make(origin, party, terms->agreement.digest);
	snprintf(mirror, sizeof(mirror), "%s/mirror", origin);
	enum rule rule = vkey_make(&card->log, bytes_string(origin), SIGNATURE_ED25519, keys->log);
	if (rule == RULE_OK)
		rule = vkey_make(&card->mirror, bytes_string(mirror), SIGNATURE_COSIGNATURE, keys->mirror);
	if (rule == RULE_OK)
		rule = make_key(&card->node, SIGNATURE_ED25519, keys->node, party, BYTES("node"));
	card->desks = calloc(keys->desk_count + 1, sizeof(*card->desks));
	if (card->desks == NULL)
		rule = RULE_MEMORY;
	for (size_t i = 0; rule == RULE_OK && i < keys->desk_count; i++)
		rule = make_key(&card->desks[i], SIGNATURE_ED25519, keys->desks[i].sign, party, keys->desks[i].name);
	return rule;
}

enum rule party_card_new(struct party_card **to, const struct terms *terms, struct bytes note, struct fault *fault)
{
	struct party_card *made = calloc(1, sizeof(*made));
	if (made == NULL || (made->note = malloc(note.size + 1)) == NULL) {
		free(made);
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("card"));
	}
	if (note.size != 0)
		memcpy(made->note, note.data, note.size);
	enum rule rule = card_parse(&made->card, bytes_of(made->note, note.size), fault);
	if (rule == RULE_OK && (rule = make_keys(made, terms)) != RULE_OK)
		fault_bytes(fault, rule, 0, made->card.party);
	if (rule == RULE_OK)
		*to = made;
	else
		party_card_free(made);
	return rule;
}

void party_card_free(struct party_card *card)
{
	if (card == NULL)
		return;
	free(card->desks);
	free(card->note);
	free(card);
}

const struct vkey *party_card_desk(const struct party_card *card, struct bytes desk)
{
	if (bytes_is(desk, "node"))
		return &card->node;
	const struct card_desk *found = card_find_desk(card->keys, desk);
	return found == NULL ? NULL : &card->desks[found - card->keys->desks];
}

const uint8_t *party_card_seal(const struct party_card *card, struct bytes desk)
{
	const struct card_desk *found = card_find_desk(card->keys, desk);
	return found == NULL ? NULL : found->seal;
}

/* ---- all of them ---- */

struct cards *cards_new(const struct terms *terms)
{
	struct cards *cards = calloc(1, sizeof(*cards));
	if (cards == NULL || (cards->texts = texts_new(terms)) == NULL) {
		free(cards);
		return NULL;
	}
	cards->terms = terms;
	return cards;
}

void cards_free(struct cards *cards)
{
	for (size_t i = 0; cards != NULL && i < AGREEMENT_PARTIES_MAX; i++)
		for (size_t n = 0; n < cards->count[i]; n++)
			party_card_free(cards->brought[i][n]);
	if (cards != NULL)
		texts_free(cards->texts);
	free(cards);
}

const struct terms *cards_terms(const struct cards *cards)
{
	return cards->terms;
}

struct texts *cards_texts(const struct cards *cards)
{
	return cards->texts;
}

size_t cards_count(const struct cards *cards, size_t party)
{
	return 1 + cards->count[party];
}

const struct party_card *cards_nth(const struct cards *cards, size_t party, size_t n)
{
	return n == 0 ? cards->terms->parties[party].card : cards->brought[party][n - 1];
}

const struct party_card *cards_newest(const struct cards *cards, size_t party)
{
	return cards_nth(cards, party, cards->count[party]);
}

/* How many entries below `size` brought one. */
static size_t brought_below(const struct cards *cards, size_t party, uint64_t size)
{
	size_t n = cards->count[party];
	while (n > 0 && cards->brought[party][n - 1]->from >= size)
		n--;
	return n;
}

const struct party_card *cards_at(const struct cards *cards, size_t party, uint64_t size)
{
	return cards_nth(cards, party, brought_below(cards, party, size));
}

uint64_t cards_past(const struct cards *cards, const struct entry *entry, uint64_t index, size_t party)
{
	if (bytes_equal(name_party(entry->from), terms_party(cards->terms, party)))
		return index + 1;
	for (size_t i = 0; i < entry->seen_count; i++)
		if (terms_origin_find(cards->terms, entry->seen[i].origin) == party)
			return entry->seen[i].size;
	return 0;
}

const struct party_card *cards_for(const struct cards *cards, const struct entry *entry, uint64_t index, size_t party)
{
	return cards_at(cards, party, cards_past(cards, entry, index, party));
}

enum rule cards_recipients(const struct cards *cards, const struct entry *entry, uint64_t index,
	struct sealed_recipients *recipients)
{
	struct sealed_recipients found = {.count = 0};
	for (size_t i = 0; i <= entry->to_count; i++) {
		struct bytes desk = i < entry->to_count ? entry->to[i] : entry->from;
		size_t party = terms_party_find(cards->terms, name_party(desk));
		const uint8_t *key = party == terms_party_count(cards->terms) ? NULL
			: party_card_seal(cards_for(cards, entry, index, party), name_rest(desk));
		if (key == NULL)
			return RULE_TERMS_DESK;
		memcpy(found.keys[found.count++], key, X25519_SIZE);
	}
	*recipients = found;
	return RULE_OK;
}

/* ---- cards that entries bring ---- */

bool cards_brings(const struct entry *entry)
{
	return bytes_is(entry->form, CARD_FORM);
}

/* Whether it may follow the card in force. */
static enum rule check_follows(const struct cards *cards, size_t party, const struct party_card *card, uint64_t index,
	struct fault *fault)
{
	size_t count = brought_below(cards, party, index);
	const struct party_card *before = cards_nth(cards, party, count);
	if (!bytes_equal(card->card.party, before->card.party))
		return fault_bytes(fault, RULE_JUDGE_CARD_PARTY, 0, card->card.party);
	if (!card_succeeds(&card->card, &before->card))
		return fault_bytes(fault, RULE_JUDGE_CARD_IDENTITY, 0, card->card.party);
	if (card->card.serial <= before->card.serial)
		return fault_set(fault, RULE_JUDGE_CARD_SERIAL, 0, "serial %llu, in force: %llu",
			(unsigned long long)card->card.serial, (unsigned long long)before->card.serial);
	if (count == CARDS_MAX)
		return FAULT(fault, RULE_JUDGE_CARD_MANY, 0, "{1} came before", NUMBER(CARDS_MAX));
	return terms_card_fits(cards->terms, party, &card->card, fault);
}

enum rule cards_read(struct party_card **to, const struct cards *cards, const struct entry *entry, uint64_t index,
	struct fault *fault)
{
	size_t party = terms_party_find(cards->terms, name_party(entry->from));
	struct buffer note = {0};
	struct party_card *made = NULL;
	struct bytes value = entry_field(entry, CARD_FIELD);
	if (value.data == NULL || party == terms_party_count(cards->terms))
		return fault_bytes(fault, RULE_JUDGE_CARD, 0, entry->from);
	enum rule rule = line_unescape(&note, value);
	if (rule == RULE_OK)
		rule = note.rule;
	if (rule != RULE_OK)
		fault_bytes(fault, rule, 0, BYTES(CARD_FIELD));
	else
		rule = party_card_new(&made, cards->terms, buffer_bytes(&note), fault);
	if (rule == RULE_OK)
		rule = check_follows(cards, party, made, index, fault);
	buffer_free(&note);
	if (rule != RULE_OK) {
		party_card_free(made);
		return rule;
	}
	made->from = index;
	*to = made;
	return RULE_OK;
}

enum rule cards_take(struct cards *cards, const struct entry *entry, uint64_t index)
{
	struct party_card *card;
	enum rule rule = cards_read(&card, cards, entry, index, NULL);
	if (rule != RULE_OK)
		return rule;
	size_t party = terms_party_find(cards->terms, card->card.party);
	if (memcmp(card->card.identity, cards_at(cards, party, index)->card.identity, ED25519_PUBLIC) != 0)
		texts_identity(cards->texts, party, index, card->card.identity);
	cards->brought[party][cards->count[party]++] = card;
	return RULE_OK;
}

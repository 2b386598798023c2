#include "apart.h"

/* The n-th card's keys that the record does not go by. */
static const struct card_keys *other_keys(const struct cards *cards, size_t party, size_t n)
{
	bool drill = terms_agreement(cards_terms(cards))->drill;
	return &cards_nth(cards, party, n)->card.sets[drill ? CARD_LIVE : CARD_DRILL];
}

static bool signed_by(const struct note *note, struct bytes name, const uint8_t key[ED25519_PUBLIC])
{
	struct vkey vkey;
	return vkey_make(&vkey, name, SIGNATURE_ED25519, key) == RULE_OK && note_verify(note, &vkey) == RULE_OK;
}

bool apart_entry(const struct cards *cards, size_t party, struct bytes bytes, struct bytes from)
{
	struct note note;
	bool apart = false;
	if (note_parse(&note, bytes) != RULE_OK)
		return false;
	for (size_t n = 0; n < cards_count(cards, party) && !apart; n++) {
		const struct card_keys *keys = other_keys(cards, party, n);
		const struct card_desk *desk = card_find_desk(keys, name_rest(from));
		apart = bytes_is(name_rest(from), "node") ? signed_by(&note, from, keys->node)
			: desk != NULL && signed_by(&note, from, desk->sign);
	}
	return apart;
}

bool apart_checkpoint(const struct cards *cards, size_t party, const struct note *note, struct bytes origin)
{
	bool apart = false;
	if (!bytes_equal(name_party(origin), terms_party(cards_terms(cards), party)))
		return false;
	for (size_t n = 0; n < cards_count(cards, party) && !apart; n++)
		apart = signed_by(note, origin, other_keys(cards, party, n)->log);
	return apart;
}

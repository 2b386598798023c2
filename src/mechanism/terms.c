#include "terms.h"

#include <stdlib.h>

#include "terms_parts.h"

void terms_free(struct terms *terms)
{
	if (terms == NULL)
		return;
	bool owns = terms->first == NULL;
	for (size_t i = 0; owns && terms->parties != NULL && i < terms->agreement.party_count; i++)
		party_card_free(terms->parties[i].card);
	for (size_t i = 0; owns && terms->mechanisms != NULL && i < terms->agreement.mechanism_count; i++)
		mechanism_free(terms->mechanisms[i]);
	if (owns)
		free(terms->parties);
	free(terms->mechanisms);
	free(terms->forms);
	free(terms->note);
	free(terms);
}

const struct agreement *terms_agreement(const struct terms *terms)
{
	return &terms->agreement;
}

/* ---- parties ---- */

size_t terms_party_count(const struct terms *terms)
{
	return terms->agreement.party_count;
}

struct bytes terms_party(const struct terms *terms, size_t party)
{
	return terms->agreement.parties[party].name;
}

size_t terms_party_find(const struct terms *terms, struct bytes name)
{
	size_t low = 0, high = terms->agreement.party_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = bytes_compare(terms->agreement.parties[middle].name, name);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return terms->agreement.party_count;
}

static uint32_t party_bit(const struct terms *terms, struct bytes name)
{
	size_t party = terms_party_find(terms, name);
	return party == terms->agreement.party_count ? 0 : UINT32_C(1) << party;
}

uint32_t terms_addressed(const struct terms *terms, const struct entry *entry)
{
	uint32_t parties = 0;
	for (size_t i = 0; i < entry->to_count; i++)
		parties |= party_bit(terms, name_party(entry->to[i]));
	return parties;
}

uint32_t terms_circle(const struct terms *terms, const struct entry *opening, size_t writer)
{
	uint32_t circle = UINT32_C(1) << writer;
	if (entry_field(opening, "circle").data == NULL)
		return circle | terms_addressed(terms, opening);
	for (size_t i = 0; i < opening->field_count; i++)
		if (bytes_is(opening->fields[i].key, "circle"))
			circle |= party_bit(terms, opening->fields[i].value);
	return circle;
}

const struct card *terms_card(const struct terms *terms, size_t party)
{
	return &terms->parties[party].card->card;
}

const struct card_keys *terms_keys(const struct terms *terms, size_t party)
{
	return terms->parties[party].card->keys;
}

const char *terms_origin(const struct terms *terms, size_t party)
{
	return terms->parties[party].origin;
}

size_t terms_origin_find(const struct terms *terms, struct bytes origin)
{
	size_t party = terms_party_find(terms, name_party(origin));
	if (party == terms->agreement.party_count || !bytes_is(origin, terms->parties[party].origin))
		return terms->agreement.party_count;
	return party;
}

const struct vkey *terms_log_key(const struct terms *terms, size_t party)
{
	return &terms->parties[party].card->log;
}

const struct vkey *terms_mirror_key(const struct terms *terms, size_t party)
{
	return &terms->parties[party].card->mirror;
}

/* ---- desks ---- */

const struct vkey *terms_desk_key(const struct terms *terms, struct bytes desk)
{
	size_t party = terms_party_find(terms, name_party(desk));
	if (party == terms->agreement.party_count)
		return NULL;
	return party_card_desk(terms->parties[party].card, name_rest(desk));
}

const uint8_t *terms_desk_seal(const struct terms *terms, struct bytes desk)
{
	size_t party = terms_party_find(terms, name_party(desk));
	if (party == terms->agreement.party_count)
		return NULL;
	return party_card_seal(terms->parties[party].card, name_rest(desk));
}

/* ---- mechanisms ---- */

const struct form *terms_form(const struct terms *terms, struct bytes name)
{
	size_t low = 0, high = terms->form_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = bytes_compare(terms->forms[middle]->name, name);
		if (order == 0)
			return terms->forms[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

size_t terms_mechanism_count(const struct terms *terms)
{
	return terms->agreement.mechanism_count;
}

const struct mechanism *terms_mechanism(const struct terms *terms, size_t index)
{
	return terms->mechanisms[index];
}

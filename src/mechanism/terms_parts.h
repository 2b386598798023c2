/*
 * terms_parts: what terms are made of; for terms.c and terms_new.c only.
 */
#ifndef TERMS_PARTS_H
#define TERMS_PARTS_H

#include "cards.h"

struct terms_party {
	struct party_card *card; /* the agreement's own */
	char origin[ORIGIN_MAX + 1];
};

struct terms {
	const struct terms *first; /* an amendment: parties and mechanisms are lent */
	uint8_t *note; /* the agreement's, owned */
	struct agreement agreement;
	enum card_set set;
	struct terms_party *parties;       /* in the agreement's order, as are the mechanisms */
	struct mechanism **mechanisms;
	const struct form **forms;         /* of all mechanisms, ascending by name */
	size_t form_count;
};

#endif

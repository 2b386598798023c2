/*
 * terms_parts: what terms are made of; for terms.c and terms_new.c only.
 */
#ifndef TERMS_PARTS_H
#define TERMS_PARTS_H

#include "terms.h"

struct terms_party {
	uint8_t *note; /* the card's, owned */
	struct card card;
	char origin[ORIGIN_MAX + 1];
	struct vkey log, mirror, node;
	struct vkey *desks; /* beside the desks of the set that the mode asks for; owned */
};

struct terms {
	uint8_t *note; /* the agreement's, owned */
	struct agreement agreement;
	enum card_set set;
	struct terms_party *parties;       /* in the agreement's order, as are the mechanisms */
	struct mechanism **mechanisms;
	const struct form **forms;         /* of all mechanisms, ascending by name */
	size_t form_count;
};

#endif

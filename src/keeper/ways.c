/*
 * ways: what the link is told: where to listen, what to show, and by which keys and addresses the other parties are
 * known. While a party changes its card, those of the card before go on beside the new ones until these were seen to
 * work.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "state.h"
#include "text.h"

/* A party's newest card, of all agreements, and the one before it; NULL: it has had no other. */
struct way {
	const struct party_card *card, *before;
};

static struct way find_way(const struct keeper *keeper, struct bytes party)
{
	struct way way = {NULL, NULL};
	for (size_t r = keeper->relation_count; r-- > 0;) {
		const struct pact *pact = keeper->relations[r].pact;
		size_t i = terms_party_find(pact->terms, party);
		const struct party_card *card = i == pact->parties ? NULL : pact_card(pact, i, 0);
		if (card != NULL && (way.card == NULL || card->card.serial > way.card->card.serial))
			way = (struct way){card, pact_card(pact, i, 1)};
	}
	return way;
}

static void worked_name(char to[PARTY_NAME_MAX + 32], struct bytes party)
{
	snprintf(to, PARTY_NAME_MAX + 32, "worked/%.*s", BYTES_SHOWN(party));
}

/* Whether that card was seen to work, by its serial. */
static bool has_worked(const struct keeper *keeper, const struct card *card)
{
	char name[PARTY_NAME_MAX + 32];
	struct buffer value = {0};
	uint64_t serial = 0;
	worked_name(name, card->party);
	bool good = store_value_get(keeper->store, name, &value) == RULE_OK &&
		text_decimal(buffer_bytes(&value), &serial) == RULE_OK && serial >= card->serial;
	buffer_free(&value);
	return good;
}

static bool has_address(const struct card *card, struct bytes address)
{
	for (size_t i = 0; i < card->address_count; i++)
		if (bytes_equal(card->addresses[i], address))
			return true;
	return false;
}

/* Does the card say another way than the one before? */
static bool differs(const struct way *way)
{
	const struct card *card = &way->card->card, *before = &way->before->card;
	bool same = memcmp(card->tls, before->tls, sizeof(card->tls)) == 0;
	for (size_t i = 0; i < before->address_count; i++)
		same = same && has_address(card, before->addresses[i]);
	for (size_t i = 0; i < card->address_count; i++)
		same = same && has_address(before, card->addresses[i]);
	return !same;
}

static void add_card(struct setup_peer *peer, const struct card *card)
{
	if (peer->pin_count == 0 || memcmp(peer->pins[0], card->tls, sizeof(peer->pins[0])) != 0)
		memcpy(peer->pins[peer->pin_count++], card->tls, sizeof(peer->pins[0]));
	for (size_t a = 0; a < card->address_count; a++) {
		bool known = false;
		for (size_t k = 0; k < peer->address_count; k++)
			known = known || bytes_equal(peer->addresses[k], card->addresses[a]);
		if (!known)
			peer->addresses[peer->address_count++] = card->addresses[a];
	}
}

static void add_peer(struct keeper *keeper, struct message_setup *setup, struct bytes party)
{
	for (size_t k = 0; k < setup->peer_count; k++)
		if (bytes_equal(setup->peers[k].party, party))
			return;
	struct way way = find_way(keeper, party);
	struct setup_peer *peer = &setup->peers[setup->peer_count++];
	peer->party = way.card->card.party;
	add_card(peer, &way.card->card);
	if (way.before == NULL || !differs(&way) || has_worked(keeper, &way.card->card))
		return;
	add_card(peer, &way.before->card);
	keeper->ways_changing = true;
}

/* A witness is called, and does not call; by the name of its key, which is no party's. */
static void add_witness(struct message_setup *setup, const struct witnessing *witness)
{
	size_t k = 0;
	while (k < setup->peer_count && !bytes_is(setup->peers[k].party, witness->key.name))
		k++;
	if (k == SETUP_PEERS_MAX)
		return;
	struct setup_peer *peer = &setup->peers[k];
	setup->peer_count = k == setup->peer_count ? k + 1 : setup->peer_count;
	peer->party = bytes_string(witness->key.name);
	peer->called_only = true;
	bool known = false;
	for (size_t i = 0; i < peer->pin_count; i++)
		known = known || memcmp(peer->pins[i], witness->pin, sizeof(witness->pin)) == 0;
	if (!known && peer->pin_count < SETUP_PINS_MAX)
		memcpy(peer->pins[peer->pin_count++], witness->pin, sizeof(witness->pin));
	known = false;
	for (size_t i = 0; i < peer->address_count; i++)
		known = known || bytes_is(peer->addresses[i], witness->address);
	if (!known && peer->address_count < SETUP_ADDRESSES_MAX)
		peer->addresses[peer->address_count++] = bytes_string(witness->address);
}

void peer_setup(struct keeper *keeper)
{
	if (keeper->link == NULL)
		return;
	struct message_setup *setup = calloc(1, sizeof(*setup));
	struct buffer payload = {0};
	if (setup == NULL) {
		turn_fail(keeper, RULE_MEMORY);
		return;
	}
	if (keeper->listen[0] != '\0' && keeper->options->client < 0)
		setup->listen = bytes_string(keeper->listen);
	setup->prefix = bytes_string(keeper->prefix);
	text_unhex(bytes_string(keeper->tls), setup->own, sizeof(setup->own)); /* empty: the first */
	keeper->ways_changing = false;
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		for (size_t i = 0; i < pact->parties && setup->peer_count < SETUP_PEERS_MAX; i++)
			if (i != pact->self)
				add_peer(keeper, setup, terms_party(pact->terms, i));
		for (size_t i = 0; i < keeper->relations[r].witness_count; i++)
			add_witness(setup, &keeper->relations[r].witnesses[i]);
	}
	message_write_setup(&payload, setup);
	turn_defer(keeper, NULL, MESSAGE_SETUP, 0, &payload);
	free(setup);
}

void ways_worked(struct keeper *keeper, struct bytes party, uint8_t pin, struct bytes address)
{
	if (!keeper->ways_changing || pin != 0)
		return;
	struct way way = find_way(keeper, party);
	if (way.card == NULL || way.before == NULL || !differs(&way) || has_worked(keeper, &way.card->card))
		return;
	/* who only calls in is known by its key; else an address of the new card must have answered */
	if (way.card->card.address_count != 0 && !has_address(&way.card->card, address))
		return;
	char name[PARTY_NAME_MAX + 32], serial[24];
	worked_name(name, party);
	snprintf(serial, sizeof(serial), "%" PRIu64, way.card->card.serial);
	turn_fail(keeper, store_value_put(keeper->store, name, bytes_string(serial)));
	peer_setup(keeper);
}

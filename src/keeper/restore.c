/*
 * restore: a party that lost its whole home but for its identity key makes a new one: new working keys, a card that
 * follows the one of the agreement. The node regains the logs from their mirrors (check.c) and enters the card before
 * it signs anything else. Run again in the same home for each further agreement.
 *
 * Arguments: agreement (the note), card* (the notes that it names), mechanism* (files), address*, listen, prefix,
 * serial, tls (hex), newest (our newest card, where its identity is another than the agreement's); descriptor: the
 * identity file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "text.h"

struct restoring {
	struct agreement agreement;
	struct terms_source source;
	struct terms *terms;
	size_t self;
	struct card card, read, newest; /* newest.note absent: the agreement's */
	struct buffer note;
	struct fault fault;
};

/* Ourselves by a card of this identity: the log, when it is here again, shows that the one before signed it. */
static enum rule find_newest(struct restoring *restoring, struct bytes note, const uint8_t *identity)
{
	enum rule rule = card_parse(&restoring->newest, note, &restoring->fault);
	if (rule != RULE_OK)
		return rule;
	restoring->self = terms_party_find(restoring->terms, restoring->newest.party);
	return restoring->self < terms_party_count(restoring->terms) &&
		memcmp(restoring->newest.identity, identity + ED25519_SEED, ED25519_PUBLIC) == 0
		? RULE_OK : RULE_SETUP_OTHER_IDENTITY;
}

/* The agreement with what it names, and which of its parties has this identity. */
static enum rule read_terms(struct command *command, struct restoring *restoring, const uint8_t *identity)
{
	struct terms_source *source = &restoring->source;
	struct bytes value;
	source->agreement = command_argument(command, "agreement");
	while (source->card_count < AGREEMENT_PARTIES_MAX &&
	    (value = command_argument_at(command, "card", source->card_count)).data != NULL)
		source->cards[source->card_count++] = value;
	enum rule rule = agreement_parse(&restoring->agreement, source->agreement, &restoring->fault);
	if (rule == RULE_OK) {
		setup_gather_mechanisms(command, &restoring->agreement, source);
		rule = terms_new(&restoring->terms, source, &restoring->fault);
	}
	if (rule != RULE_OK)
		return rule;
	size_t count = terms_party_count(restoring->terms);
	if ((value = command_argument(command, "newest")).data != NULL)
		return find_newest(restoring, value, identity);
	while (restoring->self < count && memcmp(terms_card(restoring->terms, restoring->self)->identity,
	    identity + ED25519_SEED, ED25519_PUBLIC) != 0)
		restoring->self++;
	return restoring->self < count ? RULE_OK : RULE_SETUP_OTHER_IDENTITY;
}

/* A card like that one, with new keys, a greater serial, and addresses if others are given. */
static enum rule make_card(struct keeper *keeper, struct command *command, struct restoring *restoring,
	const uint8_t *identity)
{
	const struct card *old = restoring->newest.note.data != NULL ? &restoring->newest
		: terms_card(restoring->terms, restoring->self);
	struct bytes desks[AGREEMENT_DESKS_MAX], serial = command_argument(command, "serial"), address;
	struct card *card = &restoring->card;
	size_t count = old->sets[CARD_LIVE].desk_count, addresses = 0;
	for (size_t i = 0; i < count; i++)
		desks[i] = old->sets[CARD_LIVE].desks[i].name;
	*card = *old;
	card->serial++;
	card->made = keeper_now(keeper);
	while (addresses < CARD_ADDRESSES_MAX &&
	    (address = command_argument_at(command, "address", addresses)).data != NULL)
		card->addresses[addresses++] = address;
	if (addresses > 0)
		card->address_count = addresses;
	enum rule rule = serial.data == NULL ? RULE_OK : text_decimal(serial, &card->serial);
	if (rule == RULE_OK && card->serial <= old->serial)
		rule = fault_set(&restoring->fault, RULE_SETUP_OLDER, 0, "serial %llu, of the card before: %llu",
			(unsigned long long)card->serial, (unsigned long long)old->serial);
	if (rule == RULE_OK)
		rule = text_unhex(command_argument(command, "tls"), card->tls, sizeof(card->tls));
	if (rule == RULE_OK && (keeper->keys = keys_make(desks, count, keeper->options->random)) == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK) {
		keys_publish(keeper->keys, card);
		rule = card_sign(card, identity, NULL, &restoring->note);
	}
	return rule == RULE_OK ? card_parse(&restoring->read, buffer_bytes(&restoring->note), &restoring->fault) : rule;
}

static enum rule keep_home(struct keeper *keeper, struct command *command, const struct restoring *restoring)
{
	static const char *const ways[] = {"listen", "prefix"};
	struct bytes party = terms_party(restoring->terms, restoring->self);
	enum rule rule = home_write_keys(keeper);
	if (rule == RULE_OK)
		rule = store_value_put(keeper->store, "card", buffer_bytes(&restoring->note));
	if (rule == RULE_OK)
		rule = store_value_put(keeper->store, "party", party);
	for (size_t i = 0; i < 2 && rule == RULE_OK; i++)
		if (command_flag(command, ways[i]))
			rule = store_value_put(keeper->store, ways[i], command_argument(command, ways[i]));
	bytes_to_string(party, keeper->party, sizeof(keeper->party));
	return rule;
}

/* The others' cards as the agreement names them: our own signature on it vouches for them. */
static enum rule keep_cards(struct keeper *keeper, const struct restoring *restoring)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < terms_party_count(restoring->terms) && rule == RULE_OK; i++) {
		char name[PARTY_NAME_MAX + 32];
		struct buffer held = {0};
		snprintf(name, sizeof(name), "card/%.*s", BYTES_SHOWN(terms_party(restoring->terms, i)));
		if (i != restoring->self && (rule = store_value_get(keeper->store, name, &held)) == RULE_NOT_FOUND)
			rule = store_value_put(keeper->store, name, terms_card(restoring->terms, i)->note);
		buffer_free(&held);
	}
	return rule;
}

/* Files that the agreement does not name may be what its amendments bind. */
static enum rule keep_files(struct keeper *keeper, struct command *command, const struct restoring *restoring)
{
	enum rule rule = RULE_OK;
	struct bytes file;
	for (size_t n = 0; rule == RULE_OK && (file = command_argument_at(command, "mechanism", n)).data != NULL; n++) {
		bool named = false;
		for (size_t i = 0; i < terms_mechanism_count(restoring->terms); i++)
			named = named || bytes_equal(terms_mechanism(restoring->terms, i)->file, file);
		rule = named ? RULE_OK : pact_keep_file(keeper->store, file);
	}
	return rule;
}

static enum rule restore(struct keeper *keeper, struct command *command, struct restoring *restoring)
{
	uint8_t *identity = secret_new(ED25519_SECRET);
	bool made = keeper->keys != NULL;
	enum rule rule = identity == NULL ? RULE_MEMORY : command->descriptor_count != 1 ? RULE_SETUP_NO_IDENTITY
		: identity_read(command->descriptors[0], identity);
	if (rule == RULE_OK)
		rule = read_terms(command, restoring, identity);
	if (rule == RULE_OK && made && !bytes_is(terms_party(restoring->terms, restoring->self), keeper->party))
		rule = RULE_SETUP_EXISTS;
	if (rule == RULE_OK && setup_in_force(keeper, terms_agreement(restoring->terms)))
		rule = RULE_SETUP_EXISTS;
	if (rule == RULE_OK && !made)
		rule = make_card(keeper, command, restoring, identity);
	secret_free(identity);
	if (rule != RULE_OK)
		return rule;
	if (!made)
		rule = keep_home(keeper, command, restoring);
	if (rule == RULE_OK)
		rule = keep_cards(keeper, restoring);
	if (rule == RULE_OK)
		rule = keep_files(keeper, command, restoring);
	/* whatever was noted: there is a log of ours elsewhere, and nothing is signed before it was asked for */
	keeper->clean = false;
	if (rule == RULE_OK)
		rule = setup_adopt(keeper, restoring->terms, &restoring->fault);
	if (rule != RULE_OK)
		turn_fail(keeper, rule); /* half of it must not stay */
	return rule;
}

void command_restore(struct keeper *keeper, struct command *command)
{
	struct restoring *restoring = calloc(1, sizeof(*restoring));
	enum rule rule = restoring == NULL ? RULE_MEMORY : restore(keeper, command, restoring);
	if (rule == RULE_OK) {
		TELL(keeper, command, W("made anew for {1}; the logs come from the other parties' mirrors when the "
			"node runs, and nothing is signed before"), bytes_string(keeper->party));
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {.rule = rule};
		command_refuse(keeper, command, W("not restored"),
			restoring != NULL && restoring->fault.rule == rule ? &restoring->fault : &fault, NULL);
	}
	if (restoring != NULL) {
		terms_free(restoring->terms);
		buffer_free(&restoring->note);
	}
	free(restoring);
}

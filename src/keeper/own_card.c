/*
 * own_card: a new card of our own, in steps that survive a stop at any point:
 *
 *   1. `card-update` keeps it as the home's card, its new keys in a file of their own, and what the node is to change
 *      to: TLS identity, address to listen on (values "next/...")
 *   2. each agreement's log gets it as an entry (bookkeeping_card())
 *   3. when every other party has cosigned all these entries, and so knows both old and new, the node changes over
 *
 * Arguments of card-update: address*, desk*, without-desk*, language*, severity, hours (a file), listen, prefix, tls (hex),
 * new-keys, new-sealing, new-identity, now (flags); descriptors: the identity file, an empty one for a new identity, key
 * and certificate of a new TLS identity.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

/* ---- what is kept ---- */

static const char *const changes[] = {"listen", "prefix", "tls"};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

static void next_name(char to[32], size_t change)
{
	snprintf(to, 32, "next/%s", changes[change]);
}

/* What the node is to change to is in force from now on. */
static enum rule change_over(struct keeper *keeper)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < CHANGES && rule == RULE_OK; i++) {
		char name[32];
		struct buffer value = {0};
		next_name(name, i);
		rule = store_value_get(keeper->store, name, &value);
		if (rule == RULE_OK)
			rule = store_value_put(keeper->store, changes[i], buffer_bytes(&value));
		if (rule == RULE_NOT_FOUND)
			rule = RULE_OK; /* this one stays as it is */
		buffer_free(&value);
	}
	if (rule == RULE_OK)
		rule = store_value_put(keeper->store, "next", BYTES("0"));
	return rule == RULE_OK ? home_read_ways(keeper) : rule;
}

/* ---- when everybody has it ---- */

void own_card_look(struct relation *relation)
{
	struct pact *pact = relation->pact;
	uint64_t everybody = UINT64_MAX;
	for (size_t i = 0; i < pact->parties; i++)
		if (i != pact->self && relation->peers[i].push.cosigned < everybody)
			everybody = relation->peers[i].push.cosigned;
	if (everybody == pact->everybody)
		return;
	pact->everybody = everybody;
	pact_take_keys(pact);
}

void own_card_settle(struct keeper *keeper)
{
	bool grown = false, all = keeper->changing;
	for (size_t r = 0; r < keeper->relation_count; r++) {
		struct pact *pact = keeper->relations[r].pact;
		if (pact->cards_grown && pact->keyless)
			fprintf(stderr, "detente: agreement %s: our log has a newer card than this home: 'detente card "
				"update --new-keys' makes one that follows it; nothing is signed before\n", pact->label);
		grown = grown || pact->cards_grown;
		pact->cards_grown = false;
		all = all && pact->logs[pact->self].ahead == NULL &&
			pact->everybody > cards_newest(pact->cards, pact->self)->from;
	}
	if (all)
		turn_fail(keeper, change_over(keeper));
	if (all && keeper->failed == RULE_OK)
		fprintf(stderr, "detente: %s: every other party has the new card: changed over to it\n", keeper->party);
	if (grown || all)
		peer_setup(keeper);
}

/* The identity that a command brought goes to the link, which shows it when it is told to. */
void own_card_identity(struct keeper *keeper)
{
	if (keeper->identity[0] < 0)
		return;
	struct frame frame = {.type = MESSAGE_IDENTITY, .descriptors = {keeper->identity[0], keeper->identity[1]},
		.descriptor_count = 2};
	if (keeper->link != NULL && channel_send(keeper->link, &frame) != RULE_OK)
		fprintf(stderr, "detente: the new TLS identity does not reach the link: it is taken at the next "
			"start\n");
	for (int i = 0; i < 2; i++) {
		close(keeper->identity[i]);
		keeper->identity[i] = -1;
	}
}

/* ---- the command ---- */

#define CARD_ENTRY_ROOM 8192 /* bytes that an entry needs beside the card, with all that `seen` and `to` may hold */

struct updating {
	struct card held, made, read;
	struct buffer held_note, note;
	struct keys *keys; /* new ones */
	uint8_t *before, *identity; /* that of the card held, and of the new one where it is another; or NULL */
	size_t descriptors; /* that are not of a new TLS identity */
	struct fault fault;
};

static void take_addresses(const struct command *command, struct card *card)
{
	struct bytes address;
	size_t count = 0;
	while (count < CARD_ADDRESSES_MAX &&
	    (address = command_argument_at(command, "address", count)).data != NULL)
		card->addresses[count++] = address;
	if (count > 0)
		card->address_count = count;
}

static enum rule take_languages(const struct command *command, struct updating *updating)
{
	struct bytes language;
	size_t count = 0;
	while ((language = command_argument_at(command, "language", count)).data != NULL) {
		if (count == CARD_LANGUAGES_MAX)
			return fault_bytes(&updating->fault, RULE_CARD_LANGUAGE, 0, language);
		updating->made.languages[count++] = language;
	}
	if (count > 0)
		updating->made.language_count = count;
	return RULE_OK;
}

/* ---- desks and keys ---- */

/* Names of desks, ascending. */
struct desks {
	struct bytes names[AGREEMENT_DESKS_MAX];
	size_t count;
};

/* Where a name stands, or is to stand. */
static size_t desk_place(const struct desks *desks, struct bytes name, bool *there)
{
	size_t at = 0;
	while (at < desks->count && bytes_compare(desks->names[at], name) < 0)
		at++;
	*there = at < desks->count && bytes_equal(desks->names[at], name);
	return at;
}

static enum rule add_desk(struct desks *desks, struct bytes name)
{
	bool there;
	size_t at = desk_place(desks, name, &there);
	if (!desk_name_valid(name) || bytes_is(name, "node"))
		return RULE_CARD_DESK;
	if (there || desks->count == AGREEMENT_DESKS_MAX)
		return there ? RULE_SETUP_DESK_TWICE : RULE_TERMS_DESKS;
	memmove(&desks->names[at + 1], &desks->names[at], (desks->count - at) * sizeof(desks->names[0]));
	desks->names[at] = name;
	desks->count++;
	return RULE_OK;
}

static enum rule remove_desk(struct desks *desks, struct bytes name)
{
	bool there;
	size_t at = desk_place(desks, name, &there);
	if (!there || desks->count == 1)
		return there ? RULE_SETUP_DESK_LAST : RULE_SETUP_DESK_NONE;
	memmove(&desks->names[at], &desks->names[at + 1], (desks->count - at - 1) * sizeof(desks->names[0]));
	desks->count--;
	return RULE_OK;
}

/* A desk's hours go with it. */
static void remove_hours(struct card *card, struct bytes desk)
{
	size_t kept = 0;
	for (size_t i = 0; i < card->hours_count; i++)
		if (!bytes_equal(card->hours[i].desk, desk))
			card->hours[kept++] = card->hours[i];
	card->hours_count = kept;
}

/* The desks of the new card: those that are added come first, so that one may replace the only one. */
static enum rule take_desks(const struct command *command, struct updating *updating, struct desks *desks)
{
	const struct card_keys *held = &updating->held.sets[CARD_LIVE];
	struct bytes name;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < held->desk_count; i++)
		desks->names[desks->count++] = held->desks[i].name;
	for (size_t n = 0; rule == RULE_OK && (name = command_argument_at(command, "desk", n)).data != NULL; n++)
		if ((rule = add_desk(desks, name)) != RULE_OK)
			fault_bytes(&updating->fault, rule, 0, name);
	for (size_t n = 0; rule == RULE_OK && (name = command_argument_at(command, "without-desk", n)).data != NULL; n++) {
		if ((rule = remove_desk(desks, name)) != RULE_OK)
			fault_bytes(&updating->fault, rule, 0, name);
		else if (!command_flag(command, "hours"))
			remove_hours(&updating->made, name);
	}
	return rule;
}

/* A new generation of keys, where any of them changes: all, the sealing keys, or those of desks that come and go. */
static enum rule make_keys(struct keeper *keeper, const struct command *command, struct updating *updating)
{
	struct desks desks = {.count = 0};
	bool all = command_flag(command, "new-keys"), seals = command_flag(command, "new-sealing");
	enum rule rule = take_desks(command, updating, &desks);
	if (rule != RULE_OK || (!all && !seals && !command_flag(command, "desk") && !command_flag(command, "without-desk")))
		return rule;
	const struct key_set *sets[2];
	for (int s = 0; s < 2; s++)
		sets[s] = keys_of(keeper->keys, s == CARD_LIVE ? CARD_LIVE : CARD_DRILL, &updating->held.sets[s]);
	if (!all && (sets[0] == NULL || sets[1] == NULL))
		return RULE_KEYS_OTHER;
	updating->keys = all ? keys_make(desks.names, desks.count, keeper->options->random)
		: keys_follow(sets, desks.names, desks.count, seals, keeper->options->random);
	if (updating->keys == NULL)
		return RULE_MEMORY;
	keys_publish(updating->keys, &updating->made);
	return RULE_OK;
}

/* After a restore our log may have brought newer cards than the one that is held. */
static uint64_t newest_serial(const struct keeper *keeper, uint64_t serial)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		uint64_t brought = cards_newest(pact->cards, pact->self)->card.serial;
		serial = brought > serial ? brought : serial;
	}
	return serial;
}

static enum rule make_card(struct keeper *keeper, struct command *command, struct updating *updating)
{
	struct bytes tls = command_argument(command, "tls"), severity = command_argument(command, "severity");
	struct card *made = &updating->made;
	*made = updating->held;
	made->serial = newest_serial(keeper, made->serial) + 1;
	made->made = keeper_now(keeper);
	take_addresses(command, made);
	enum rule rule = tls.data == NULL ? RULE_OK : text_unhex(tls, made->tls, sizeof(made->tls));
	if (severity.data != NULL)
		made->severity = severity;
	if (rule == RULE_OK)
		rule = take_languages(command, updating);
	if (rule == RULE_OK && command_flag(command, "hours"))
		rule = card_take_hours(made, command_argument(command, "hours"), &updating->fault);
	if (rule == RULE_OK)
		rule = make_keys(keeper, command, updating);
	if (updating->identity != NULL)
		memcpy(made->identity, updating->identity + ED25519_SEED, ED25519_PUBLIC);
	if (rule == RULE_OK)
		rule = updating->identity == NULL ? card_sign(made, updating->before, NULL, &updating->note)
			: card_sign(made, updating->identity, updating->before, &updating->note);
	/* what we would hand over must be what another accepts */
	return rule == RULE_OK ? card_parse(&updating->read, buffer_bytes(&updating->note), &updating->fault) : rule;
}

/* Whether every agreement can take it: it binds the form, and an entry has room. */
static enum rule check_agreements(const struct keeper *keeper, struct updating *updating)
{
	struct buffer value = {0};
	line_escape(&value, buffer_bytes(&updating->note));
	enum rule rule = value.rule != RULE_OK ? value.rule
		: value.size > ENTRY_OPEN_MAX - CARD_ENTRY_ROOM ? RULE_ENTRY_OPEN_SIZE : RULE_OK;
	buffer_free(&value);
	for (size_t r = 0; rule == RULE_OK && r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		if (terms_form(pact->terms, BYTES(CARD_FORM)) == NULL)
			return FAULT(&updating->fault, RULE_SETUP_NO_CARD_FORM, 0, "agreement {1}", bytes_string(pact->label));
		/* a card of another identity follows the one that both signed, which is to be entered first */
		if (updating->identity != NULL && pact->logs[pact->self].ahead != NULL)
			return FAULT(&updating->fault, RULE_SETUP_CHANGING, 0, "agreement {1}", bytes_string(pact->label));
		if (cards_count(pact->cards, pact->self) > CARDS_MAX)
			return FAULT(&updating->fault, RULE_JUDGE_CARD_MANY, 0, "agreement {1}", bytes_string(pact->label));
		rule = terms_card_fits(pact->terms, pact->self, &updating->read, &updating->fault);
	}
	return rule;
}

/* What does not change is written too: the values of an update before may stand there. */
static enum rule keep_next(struct keeper *keeper, const struct command *command)
{
	const char *const now[CHANGES] = {keeper->listen, keeper->prefix, keeper->tls};
	bool addresses = command_argument(command, "address").data != NULL;
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < CHANGES && rule == RULE_OK; i++) {
		char name[32];
		struct bytes value = command_argument(command, changes[i]);
		next_name(name, i);
		/* new addresses without a path have none */
		if (value.data == NULL)
			value = addresses && strcmp(changes[i], "prefix") == 0 ? BYTES("") : bytes_string(now[i]);
		rule = store_value_put(keeper->store, name, value);
	}
	return rule == RULE_OK ? store_value_put(keeper->store, "next", BYTES("1")) : rule;
}

/* Keeps the new card; every agreement's log gets it in this turn or a later one. */
static enum rule keep_card(struct keeper *keeper, struct command *command, struct updating *updating)
{
	enum rule rule = RULE_OK;
	if (updating->keys != NULL) {
		updating->keys->older = keeper->keys;
		keeper->keys = updating->keys;
		updating->keys = NULL;
		rule = home_write_keys(keeper);
	}
	if (rule == RULE_OK)
		rule = store_value_put(keeper->store, "card", buffer_bytes(&updating->note));
	if (rule == RULE_OK)
		rule = keep_next(keeper, command);
	for (size_t r = 0; rule == RULE_OK && r < keeper->relation_count; r++) {
		struct pact *pact = keeper->relations[r].pact;
		pact->ring = keeper->keys;
		rule = pact_accept_card(pact, pact->self, buffer_bytes(&updating->note));
		if (rule == RULE_OK)
			rule = pact_take_keys(pact);
	}
	if (rule == RULE_OK && command_flag(command, "now"))
		rule = change_over(keeper);
	if (rule == RULE_OK && command_flag(command, "now"))
		peer_setup(keeper);
	else if (rule == RULE_OK)
		rule = home_read_ways(keeper);
	/* with the new pin known to the link, the next setup may name it */
	bool tls = command->descriptor_count == updating->descriptors + 2;
	for (size_t i = 0; rule == RULE_OK && i < 2 && tls; i++) {
		if (keeper->identity[i] >= 0)
			close(keeper->identity[i]);
		keeper->identity[i] = command->descriptors[updating->descriptors + i];
	}
	if (rule == RULE_OK)
		command->descriptor_count = updating->descriptors;
	return rule;
}

/* The identity of the card that is held, and a new one where that is to change. */
static enum rule take_identities(struct keeper *keeper, struct command *command, struct updating *updating)
{
	bool renews = command_flag(command, "new-identity");
	updating->descriptors = renews ? 2 : 1;
	if (command->descriptor_count != updating->descriptors && command->descriptor_count != updating->descriptors + 2)
		return RULE_SETUP_NO_IDENTITY;
	updating->before = secret_new(ED25519_SECRET);
	if (renews)
		updating->identity = secret_new(ED25519_SECRET);
	if (updating->before == NULL || (renews && updating->identity == NULL))
		return RULE_MEMORY;
	enum rule rule = identity_read(command->descriptors[0], updating->before);
	if (rule == RULE_OK && memcmp(updating->held.identity, updating->before + ED25519_SEED, ED25519_PUBLIC) != 0)
		rule = RULE_SETUP_OTHER_IDENTITY;
	return rule == RULE_OK && renews
		? identity_make(command->descriptors[1], updating->identity, keeper->options->random) : rule;
}

static enum rule update(struct keeper *keeper, struct command *command, struct updating *updating)
{
	enum rule rule = keeper->changing ? RULE_SETUP_CHANGING
		: store_value_get(keeper->store, "card", &updating->held_note);
	if (rule == RULE_OK)
		rule = card_parse(&updating->held, buffer_bytes(&updating->held_note), &updating->fault);
	if (rule == RULE_OK)
		rule = take_identities(keeper, command, updating);
	if (rule == RULE_OK)
		rule = make_card(keeper, command, updating);
	if (rule == RULE_OK)
		rule = check_agreements(keeper, updating);
	if (rule != RULE_OK)
		return rule;
	rule = keep_card(keeper, command, updating);
	if (rule != RULE_OK)
		turn_fail(keeper, rule); /* half of it must not stay */
	return rule;
}

static void tell(struct keeper *keeper, struct command *command, const struct updating *updating)
{
	TELL(keeper, command, W("card {1} of {2}"), NUMBER(updating->made.serial), bytes_string(keeper->party));
	if (command_flag(command, "now"))
		command_words(keeper, command, W("in force at once: whoever has not seen it yet cannot be reached, or "
			"calls in vain, until the card came to it"), NULL, 0);
	else if (keeper->relation_count == 0)
		command_words(keeper, command, W("hand it over anew: 'detente card' prints it"), NULL, 0);
	else
		command_words(keeper, command, W("it goes to the other parties as an entry; the node changes over when all "
			"of them have it ('detente status')"), NULL, 0);
	if (updating->identity != NULL)
		command_words(keeper, command, W("it is of a new identity: keep that file offline; the other parties are told to "
			"compare its 40 digits ('detente card --fingerprint')"), NULL, 0);
}

static bool changes_nothing(const struct command *command)
{
	static const char *const keys[] = {"address", "desk", "without-desk", "language", "severity", "hours", "listen",
		"tls", "new-keys", "new-sealing", "new-identity"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (command_flag(command, keys[i]))
			return false;
	return true;
}

void command_card_update(struct keeper *keeper, struct command *command)
{
	struct updating *updating = calloc(1, sizeof(*updating));
	bool end_wait = keeper->changing && command_flag(command, "now") && changes_nothing(command);
	enum rule rule = updating == NULL ? RULE_MEMORY : end_wait ? change_over(keeper)
		: update(keeper, command, updating);
	if (end_wait && rule == RULE_OK) {
		command_words(keeper, command, W("changed over, without waiting for those who have not seen the card yet"), NULL, 0);
		peer_setup(keeper);
		command_done(keeper, command, 0);
		free(updating);
		return;
	}
	if (rule == RULE_OK) {
		tell(keeper, command, updating);
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {.rule = rule};
		command_refuse(keeper, command, W("card not changed"),
			updating != NULL && updating->fault.rule == rule ? &updating->fault : &fault,
			rule == RULE_SETUP_CHANGING ? "--now ends the wait: 'detente card update --now' alone" : NULL);
	}
	if (updating != NULL) {
		keys_free(updating->keys);
		secret_free(updating->before);
		secret_free(updating->identity);
		buffer_free(&updating->held_note);
		buffer_free(&updating->note);
	}
	free(updating);
}

/*
 * setup: from nothing to an agreement in force. Arguments:
 *
 *   init         party, desk*, address*, language*, severity, hours (a file), tls (hex), listen; descriptor: the new
 *                identity file
 *   card         of (a party; without it our own), fingerprint (flag)
 *   card-accept  card (the note), digits, by, how, replace (flag)
 *   agree-sign   agreement (text or note), mechanism* (files); descriptor: the identity file
 *   agree-adopt  agreement (the note), mechanism* (files)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "text.h"

static enum rule put_value(struct keeper *keeper, const char *kind, struct bytes name, struct bytes value)
{
	char key[PARTY_NAME_MAX + 32];
	snprintf(key, sizeof(key), "%s%.*s", kind, BYTES_SHOWN(name));
	return store_value_put(keeper->store, key, value);
}

/* ---- init ---- */

static size_t take_list(const struct command *command, const char *key, struct bytes *to, size_t capacity)
{
	size_t count = 0;
	while (count < capacity && (to[count] = command_argument_at(command, key, count)).data != NULL)
		count++;
	return count;
}

static void sort(struct bytes *names, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct bytes name = names[i];
		size_t at = i;
		for (; at > 0 && bytes_compare(name, names[at - 1]) < 0; at--)
			names[at] = names[at - 1];
		names[at] = name;
	}
}

/* Signs a text as a note under a name. */
static void sign_text(struct buffer *note, struct bytes text, struct bytes name, const uint8_t *secret)
{
	struct signer signer = {.secret = secret};
	if (vkey_make(&signer.vkey, name, SIGNATURE_ED25519, secret + ED25519_SEED) == RULE_OK)
		note_sign(note, text, &signer);
	else
		note->rule = RULE_KEY_NAME;
}

enum rule card_sign(const struct card *card, const uint8_t *identity, const uint8_t *before, struct buffer *note)
{
	struct buffer text = {0};
	card_write(&text, card);
	buffer_add(note, buffer_bytes(&text));
	buffer_string(note, "\n");
	sign_text(note, buffer_bytes(&text), card->party, identity);
	if (before != NULL)
		sign_text(note, buffer_bytes(&text), card->party, before);
	enum rule rule = text.rule == RULE_OK ? note->rule : text.rule;
	buffer_free(&text);
	return rule;
}

static enum rule make_card(struct keeper *keeper, struct command *command, const uint8_t *identity, struct buffer *note,
	struct fault *fault)
{
	struct card *card = calloc(2, sizeof(*card));
	struct bytes tls = command_argument(command, "tls");
	if (card == NULL)
		return RULE_MEMORY;
	card->party = command_argument(command, "party");
	card->serial = 1;
	card->made = keeper_now(keeper);
	memcpy(card->identity, identity + ED25519_SEED, ED25519_PUBLIC);
	card->address_count = take_list(command, "address", card->addresses, CARD_ADDRESSES_MAX);
	card->language_count = take_list(command, "language", card->languages, CARD_LANGUAGES_MAX);
	card->severity = command_argument(command, "severity");
	keys_publish(keeper->keys, card);
	enum rule rule = card_take_hours(card, command_argument(command, "hours"), fault);
	if (rule == RULE_OK)
		rule = text_unhex(tls, card->tls, sizeof(card->tls));
	if (rule == RULE_OK)
		rule = card_sign(card, identity, NULL, note);
	/* what we would hand over must be what another accepts */
	if (rule == RULE_OK)
		rule = card_parse(card + 1, buffer_bytes(note), fault);
	free(card);
	return rule;
}

static enum rule init(struct keeper *keeper, struct command *command, struct fault *fault)
{
	struct bytes desks[AGREEMENT_DESKS_MAX], party = command_argument(command, "party");
	struct bytes listen = command_argument(command, "listen"), prefix = command_argument(command, "prefix");
	struct buffer card = {0};
	size_t count = take_list(command, "desk", desks, AGREEMENT_DESKS_MAX);
	uint8_t *identity = secret_new(ED25519_SECRET);
	enum rule rule = keeper->keys != NULL ? RULE_SETUP_EXISTS : !party_valid(party) ? RULE_NAME_PARTY
		: command->descriptor_count != 1 ? RULE_IPC_FORM : identity == NULL ? RULE_MEMORY : RULE_OK;
	sort(desks, count);
	if (rule == RULE_OK && (keeper->keys = keys_make(desks, count, keeper->options->random)) == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK)
		rule = identity_make(command->descriptors[0], identity, keeper->options->random);
	if (rule == RULE_OK)
		rule = make_card(keeper, command, identity, &card, fault);
	if (rule == RULE_OK)
		rule = home_write_keys(keeper);
	if (rule == RULE_OK)
		rule = put_value(keeper, "card", BYTES(""), buffer_bytes(&card));
	if (rule == RULE_OK)
		rule = put_value(keeper, "party", BYTES(""), party);
	if (rule == RULE_OK && listen.data != NULL)
		rule = put_value(keeper, "listen", BYTES(""), listen);
	if (rule == RULE_OK && prefix.data != NULL)
		rule = put_value(keeper, "prefix", BYTES(""), prefix);
	if (rule == RULE_OK)
		bytes_to_string(party, keeper->party, sizeof(keeper->party));
	secret_free(identity);
	buffer_free(&card);
	return rule;
}

void command_init(struct keeper *keeper, struct command *command)
{
	struct fault fault = {0};
	enum rule rule = init(keeper, command, &fault);
	if (rule == RULE_OK) {
		command_done(keeper, command, 0);
		return;
	}
	if (fault.rule != rule)
		fault_set(&fault, rule, 0, "%s", "");
	command_refuse(keeper, command, W("init"), &fault, NULL);
}

/* ---- cards ---- */

static enum rule own_card(struct keeper *keeper, struct card *card, struct buffer *note)
{
	enum rule rule = store_value_get(keeper->store, "card", note);
	return rule == RULE_OK ? card_parse(card, buffer_bytes(note), NULL) : rule;
}

static enum rule held_card(struct keeper *keeper, struct bytes party, struct card *card, struct buffer *note)
{
	char key[PARTY_NAME_MAX + 32];
	if (!party_valid(party))
		return RULE_NAME_PARTY;
	snprintf(key, sizeof(key), "card/%.*s", BYTES_SHOWN(party));
	enum rule rule = store_value_get(keeper->store, key, note);
	return rule == RULE_OK ? card_parse(card, buffer_bytes(note), NULL) : rule;
}

/* The newest card of another party: the one accepted by hand, or a newer one that its log brought. */
static enum rule newest_card(struct keeper *keeper, struct bytes party, struct card *card, struct buffer *note)
{
	enum rule rule = held_card(keeper, party, card, note);
	uint64_t serial = rule == RULE_OK ? card->serial : 0;
	for (size_t r = 0; r < keeper->relation_count && (rule == RULE_OK || rule == RULE_NOT_FOUND); r++) {
		const struct pact *pact = keeper->relations[r].pact;
		size_t i = terms_party_find(pact->terms, party);
		if (i == pact->parties || (serial != 0 && cards_newest(pact->cards, i)->card.serial <= serial))
			continue;
		buffer_clear(note);
		buffer_add(note, cards_newest(pact->cards, i)->card.note);
		rule = note->rule == RULE_OK ? card_parse(card, buffer_bytes(note), NULL) : note->rule;
		if (rule == RULE_OK)
			serial = card->serial;
	}
	return rule == RULE_NOT_FOUND ? RULE_SETUP_NO_CARD : rule;
}

static void print_card(struct keeper *keeper, struct command *command, const struct card *card)
{
	char digits[FINGERPRINT_SIZE];
	card_fingerprint(card->identity, digits);
	if (command_flag(command, "fingerprint")) {
		command_out(keeper, command, bytes_string(digits));
		command_out(keeper, command, BYTES("\n"));
		return;
	}
	command_out(keeper, command, card->note);
	TELL(keeper, command, W("fingerprint of {1}: {2}"), card->party, bytes_string(digits));
	if (bytes_is(card->party, keeper->party))
		command_words(keeper, command, W("read it aloud to the other side when you hand over the card"), NULL, 0);
}

void command_card(struct keeper *keeper, struct command *command)
{
	struct bytes of = command_argument(command, "of");
	struct card *card = malloc(sizeof(*card));
	struct buffer note = {0};
	enum rule rule = card == NULL ? RULE_MEMORY
		: of.data == NULL || bytes_is(of, keeper->party) ? own_card(keeper, card, &note)
		: newest_card(keeper, of, card, &note);
	if (rule == RULE_OK) {
		print_card(keeper, command, card);
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, of);
		command_refuse(keeper, command, W("card"), &fault, NULL);
	}
	free(card);
	buffer_free(&note);
}

/* Whether one of the party's cards under an agreement is of that identity. */
static bool had_identity(const struct pact *pact, size_t party, const uint8_t identity[ED25519_PUBLIC])
{
	for (size_t n = 0; n < cards_count(pact->cards, party); n++)
		if (memcmp(cards_nth(pact->cards, party, n)->card.identity, identity, ED25519_PUBLIC) == 0)
			return true;
	return false;
}

static enum rule older(const struct card *card, uint64_t held, struct fault *fault)
{
	return fault_set(fault, RULE_SETUP_OLDER, 0, "serial %llu, held: %llu", (unsigned long long)card->serial,
		(unsigned long long)held);
}

/* Nor older than what its log brought. */
static enum rule check_logs(const struct keeper *keeper, const struct card *card, struct fault *fault)
{
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		size_t party = terms_party_find(pact->terms, card->party);
		if (party == pact->parties)
			continue;
		const struct card *newest = &cards_newest(pact->cards, party)->card;
		if (had_identity(pact, party, card->identity) &&
		    newest->serial >= card->serial && !bytes_equal(newest->text, card->text))
			return older(card, newest->serial, fault);
	}
	return RULE_OK;
}

/* Or its log brought a card of that identity, which the one before had signed. */
static bool brought_identity(const struct keeper *keeper, const struct card *card)
{
	bool brought = false;
	for (size_t r = 0; r < keeper->relation_count && !brought; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		size_t party = terms_party_find(pact->terms, card->party);
		brought = party < pact->parties && had_identity(pact, party, card->identity);
	}
	return brought;
}

/*
 * A card that replaces one we hold must be newer, and of the same identity or signed by that, too. *known: of that
 * identity, whose digits were compared then.
 */
static enum rule check_replaced(struct keeper *keeper, const struct card *card, bool replace, bool *known,
	struct fault *fault)
{
	struct card *held = malloc(sizeof(*held));
	struct buffer note = {0};
	enum rule rule = held == NULL ? RULE_MEMORY : held_card(keeper, card->party, held, &note);
	if (rule == RULE_OK && !replace && !card_succeeds(card, held) && !brought_identity(keeper, card))
		rule = fault_set(fault, RULE_SETUP_IDENTITY, 0, "%s", "");
	else if (rule == RULE_OK && held->serial > card->serial)
		rule = older(card, held->serial, fault);
	*known = rule == RULE_OK && memcmp(held->identity, card->identity, ED25519_PUBLIC) == 0;
	free(held);
	buffer_free(&note);
	return rule == RULE_OK || rule == RULE_NOT_FOUND ? check_logs(keeper, card, fault) : rule;
}

/* It is good at once under the agreements that know its identity, before its log brings it. */
static enum rule use_card(struct keeper *keeper, const struct card *card, struct bytes note)
{
	enum rule rule = RULE_OK;
	for (size_t r = 0; r < keeper->relation_count && rule == RULE_OK; r++) {
		struct pact *pact = keeper->relations[r].pact;
		size_t party = terms_party_find(pact->terms, card->party);
		if (party < pact->parties)
			rule = pact_accept_card(pact, party, note);
	}
	peer_setup(keeper);
	return rule;
}

static enum rule accept_card(struct keeper *keeper, struct command *command, struct card *card, bool *known,
	struct fault *fault)
{
	struct bytes note = command_argument(command, "card");
	struct bytes by = command_argument(command, "by"), how = command_argument(command, "how");
	struct buffer checked = {0};
	enum rule rule = card_parse(card, note, fault);
	if (rule == RULE_OK && bytes_is(card->party, keeper->party))
		rule = fault_set(fault, RULE_SETUP_OWN_CARD, 0, "%s", keeper->party);
	if (rule == RULE_OK)
		rule = check_replaced(keeper, card, command_flag(command, "replace"), known, fault);
	/* the digits are the identity's: once compared, they stay compared */
	bool compared = !*known || command_flag(command, "digits");
	if (rule == RULE_OK && compared && !card_fingerprint_is(card->identity, command_argument(command, "digits")))
		rule = fault_set(fault, RULE_SETUP_DIGITS, 0, "%s", "");
	if (rule == RULE_OK && compared &&
	    (by.size == 0 || how.size == 0 || !text_valid(by, false) || !text_valid(how, false)))
		rule = fault_set(fault, RULE_SETUP_CHECKED, 0, "%s", "");
	if (rule == RULE_OK)
		rule = put_value(keeper, "card/", card->party, note);
	if (rule == RULE_OK && compared) {
		char utc[UTC_SIZE + 1];
		utc_format(keeper_now(keeper), utc);
		line_write(&checked, "at", bytes_string(utc));
		line_write(&checked, "by", by);
		line_write(&checked, "how", how);
		rule = checked.rule != RULE_OK ? checked.rule
			: put_value(keeper, "checked/", card->party, buffer_bytes(&checked));
	}
	*known = !compared;
	if (rule == RULE_OK)
		rule = use_card(keeper, card, note);
	buffer_free(&checked);
	return rule;
}

void command_card_accept(struct keeper *keeper, struct command *command)
{
	struct card *card = malloc(sizeof(*card));
	struct fault fault = {0};
	bool known = false;
	enum rule rule = card == NULL ? RULE_MEMORY : accept_card(keeper, command, card, &known, &fault);
	if (rule == RULE_OK) {
		TELL(keeper, command, known ? W("card of {1} accepted: it is signed by the identity whose digits were compared "
			"before") : W("card of {1} accepted"), card->party);
		command_done(keeper, command, 0);
	} else {
		if (fault.rule != rule)
			fault_set(&fault, rule, 0, "%s", "");
		command_refuse(keeper, command, W("card not accepted"), &fault,
			rule == RULE_SETUP_DIGITS && !command_flag(command, "digits")
			? W("compare them by voice or in person, then say --digits, --by and --how") : NULL);
	}
	free(card);
}

/* ---- agreements ---- */

/* What binds, gathered for terms_new(): the cards that we hold, the mechanism files that came with the command. */
struct gathered {
	struct agreement agreement;
	struct terms_source source;
	struct buffer cards[AGREEMENT_PARTIES_MAX];
};

static bool is_text(const struct card *card, const struct agreement_hashed *named)
{
	uint8_t digest[SHA256_SIZE];
	sha256(card->text, digest);
	return memcmp(digest, named->digest, sizeof(digest)) == 0;
}

/*
 * The card that an agreement names, in the place of the one that we hold: one of the same identity that a log brought.
 * Where there is none, what we hold stays, and is found to be another.
 */
static enum rule named_card(const struct keeper *keeper, const struct agreement_hashed *named, struct buffer *note)
{
	struct card *held = malloc(sizeof(*held));
	enum rule rule = held == NULL ? RULE_MEMORY : card_parse(held, buffer_bytes(note), NULL);
	const struct card *found = NULL;
	for (size_t r = 0; rule == RULE_OK && r < keeper->relation_count && !is_text(held, named); r++) {
		const struct pact *pact = keeper->relations[r].pact;
		size_t party = terms_party_find(pact->terms, named->name);
		for (size_t n = 0; party < pact->parties && n < cards_count(pact->cards, party); n++) {
			const struct card *card = &cards_nth(pact->cards, party, n)->card;
			if (is_text(card, named) && memcmp(card->identity, held->identity, ED25519_PUBLIC) == 0)
				found = card;
		}
	}
	free(held);
	if (found == NULL)
		return rule;
	buffer_clear(note);
	buffer_add(note, found->note);
	return note->rule;
}

static enum rule gather_card(struct keeper *keeper, struct gathered *gathered, size_t party, struct fault *fault)
{
	struct bytes name = gathered->agreement.parties[party].name;
	char key[PARTY_NAME_MAX + 32];
	if (bytes_is(name, keeper->party))
		snprintf(key, sizeof(key), "card");
	else
		snprintf(key, sizeof(key), "card/%.*s", BYTES_SHOWN(name));
	enum rule rule = store_value_get(keeper->store, key, &gathered->cards[party]);
	if (rule == RULE_OK)
		rule = named_card(keeper, &gathered->agreement.parties[party], &gathered->cards[party]);
	gathered->source.cards[gathered->source.card_count++] = buffer_bytes(&gathered->cards[party]);
	return rule == RULE_NOT_FOUND ? fault_bytes(fault, RULE_SETUP_NO_CARD, 0, name) : rule;
}

void setup_gather_mechanisms(const struct command *command, const struct agreement *agreement,
	struct terms_source *source)
{
	struct bytes file;
	for (size_t n = 0; (file = command_argument_at(command, "mechanism", n)).data != NULL; n++) {
		uint8_t digest[SHA256_SIZE];
		sha256(file, digest);
		for (size_t i = 0; i < agreement->mechanism_count; i++) {
			if (memcmp(digest, agreement->mechanisms[i].digest, SHA256_SIZE) == 0 &&
			    source->mechanism_count < AGREEMENT_MECHANISMS_MAX)
				source->mechanisms[source->mechanism_count++] = file;
		}
	}
}

static enum rule gather(struct keeper *keeper, struct command *command, struct gathered *gathered, struct fault *fault)
{
	bool party = false;
	enum rule rule = RULE_OK;
	gathered->source.agreement = command_argument(command, "agreement");
	for (size_t i = 0; rule == RULE_OK && i < gathered->agreement.party_count; i++) {
		party = party || bytes_is(gathered->agreement.parties[i].name, keeper->party);
		rule = gather_card(keeper, gathered, i, fault);
	}
	if (rule == RULE_OK && !party)
		rule = fault_set(fault, RULE_SETUP_NOT_PARTY, 0, "%s", keeper->party);
	setup_gather_mechanisms(command, &gathered->agreement, &gathered->source);
	return rule;
}

static void gathered_free(struct gathered *gathered)
{
	for (size_t i = 0; gathered != NULL && i < AGREEMENT_PARTIES_MAX; i++)
		buffer_free(&gathered->cards[i]);
	free(gathered);
}

/* Whatever card of that identity the agreement names. */
static bool signed_by(const struct agreement *agreement, const struct card *card)
{
	struct note note;
	struct vkey vkey;
	return note_parse(&note, agreement->note) == RULE_OK &&
		vkey_make(&vkey, card->party, SIGNATURE_ED25519, card->identity) == RULE_OK &&
		note_verify(&note, &vkey) == RULE_OK;
}

/* The agreement with our identity's signature added; as it is if that stands there already. */
static enum rule sign_agreement(struct keeper *keeper, struct command *command, const struct agreement *agreement,
	struct buffer *note)
{
	uint8_t *identity = secret_new(ED25519_SECRET);
	struct card *card = malloc(sizeof(*card));
	struct buffer own = {0};
	enum rule rule = identity == NULL || card == NULL ? RULE_MEMORY
		: command->descriptor_count != 1 ? RULE_SETUP_NO_IDENTITY : RULE_OK;
	if (rule == RULE_OK)
		rule = identity_read(command->descriptors[0], identity);
	if (rule == RULE_OK)
		rule = own_card(keeper, card, &own);
	if (rule == RULE_OK && memcmp(card->identity, identity + ED25519_SEED, ED25519_PUBLIC) != 0)
		rule = RULE_SETUP_OTHER_IDENTITY;
	if (rule == RULE_OK) {
		bool note_given = agreement->note.size != 0;
		buffer_add(note, note_given ? agreement->note : agreement->text);
		if (!note_given)
			buffer_string(note, "\n");
		if (!note_given || !signed_by(agreement, card))
			sign_text(note, agreement->text, card->party, identity);
		rule = note->rule;
	}
	secret_free(identity);
	free(card);
	buffer_free(&own);
	return rule;
}

/*
 * What a text binds goes together and is at hand: of a first one with the cards that we hold; then *terms are its. Of
 * an amendment with the agreement in force.
 */
static enum rule check_text(struct keeper *keeper, struct command *command, struct gathered *gathered,
	struct terms **terms, struct fault *fault)
{
	bool signing = bytes_is(command->message.name, "agree-sign");
	enum rule rule = agreement_parse(&gathered->agreement, command_argument(command, "agreement"), fault);
	if (rule == RULE_OK && gathered->agreement.has_predecessor)
		return amend_take(keeper, command, &gathered->agreement, fault);
	if (rule == RULE_OK)
		rule = successor_check(keeper, &gathered->agreement, fault);
	if (rule == RULE_OK)
		rule = gather(keeper, command, gathered, fault);
	if (rule != RULE_OK)
		return rule;
	return signing ? terms_new_unsigned(terms, &gathered->source, fault)
		: terms_new(terms, &gathered->source, fault);
}

void command_agree_sign(struct keeper *keeper, struct command *command)
{
	struct gathered *gathered = calloc(1, sizeof(*gathered));
	struct terms *terms = NULL;
	struct buffer note = {0};
	struct fault fault = {0};
	enum rule rule = gathered == NULL ? RULE_MEMORY : check_text(keeper, command, gathered, &terms, &fault);
	if (rule == RULE_OK)
		rule = sign_agreement(keeper, command, &gathered->agreement, &note);
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&note));
		command_done(keeper, command, 0);
	} else {
		if (fault.rule != rule)
			fault_set(&fault, rule, 0, "%s", "");
		command_refuse(keeper, command, W("not signed"), &fault, NULL);
	}
	terms_free(terms);
	gathered_free(gathered);
	buffer_free(&note);
}

/* In force already? Adopting again changes nothing. */
bool setup_in_force(const struct keeper *keeper, const struct agreement *agreement)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		const struct agreement *held = terms_agreement(keeper->relations[i].pact->terms);
		if (memcmp(held->digest, agreement->digest, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

enum rule setup_adopt(struct keeper *keeper, const struct terms *terms, struct fault *fault)
{
	unsigned number = (unsigned)keeper->relation_count;
	char count[24];
	snprintf(count, sizeof(count), "%u", number + 1);
	if (number == KEEPER_PACTS_MAX)
		return RULE_LIMIT;
	enum rule rule = drill_clock_allows(keeper, terms);
	if (rule != RULE_OK)
		return rule;
	rule = pact_store(keeper->store, number, terms);
	if (rule == RULE_OK)
		rule = put_value(keeper, "agreements", BYTES(""), bytes_string(count));
	if (rule == RULE_OK)
		rule = home_add_relation(keeper, number, fault);
	if (rule != RULE_OK) {
		/* what was written of it must not stay: no later start could load it */
		turn_fail(keeper, rule);
	} else {
		/* a new log: with the network up, the others' mirrors are asked all the same */
		keeper->relations[number].may_sign =
			keeper->link == NULL && (keeper->clean || keeper->options->without_mirrors);
		peer_setup(keeper);
	}
	return rule;
}

void command_agree_adopt(struct keeper *keeper, struct command *command)
{
	struct gathered *gathered = calloc(1, sizeof(*gathered));
	struct terms *terms = NULL;
	struct fault fault = {0};
	enum rule rule = gathered == NULL ? RULE_MEMORY : check_text(keeper, command, gathered, &terms, &fault);
	bool already = terms != NULL && setup_in_force(keeper, &gathered->agreement);
	if (rule == RULE_OK && terms != NULL && !already)
		rule = setup_adopt(keeper, terms, &fault);
	if (rule != RULE_OK) {
		if (fault.rule != rule)
			fault_set(&fault, rule, 0, "%s", "");
		command_refuse(keeper, command, W("not adopted"), &fault, NULL);
	} else if (terms == NULL) {
		command_words(keeper, command, W("the mechanism files of this amendment are kept; it governs what is written "
			"when every party's signature is entered ('detente answer ENTRY agreement/sign')"), NULL, 0);
		command_done(keeper, command, 0);
	} else {
		const char *origin = terms_origin(terms, terms_party_find(terms, bytes_string(keeper->party)));
		TELL(keeper, command, already ? W("agreement {1} is already in force; our log is {2}")
			: W("agreement {1} is in force; our log is {2}"), bytes_string(strchr(origin, '/') + 1), bytes_string(origin));
		command_done(keeper, command, 0);
	}
	terms_free(terms);
	gathered_free(gathered);
}

void command_stop(struct keeper *keeper, struct command *command)
{
	command_done(keeper, command, 0);
	keeper->stop = true;
	keeper->status = KEEPER_STOPPED;
}

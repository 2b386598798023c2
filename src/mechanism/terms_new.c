/* Builds terms: agreement, cards and mechanisms, checked against each other. */
#include <stdlib.h>

#include "terms_parts.h"
#include "texts.h"
#include "words.h"

static struct bytes copy_of(struct bytes bytes)
{
	uint8_t *copy = malloc(bytes.size + 1);
	if (copy != NULL && bytes.size != 0)
		memcpy(copy, bytes.data, bytes.size);
	return bytes_of(copy, copy == NULL ? 0 : bytes.size);
}

static enum rule read_agreement(struct terms *terms, struct bytes note, struct fault *fault)
{
	struct bytes copy = copy_of(note);
	terms->note = (uint8_t *)(uintptr_t)copy.data;
	if (copy.data == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("agreement"));
	struct agreement *agreement = &terms->agreement;
	enum rule rule = agreement_parse(agreement, copy, fault);
	if (rule != RULE_OK)
		return rule;
	if (agreement->has_predecessor)
		return fault_bytes(fault, RULE_TERMS_PREDECESSOR, 0, agreement->title);
	terms->set = agreement->drill ? CARD_DRILL : CARD_LIVE;
	terms->parties = calloc(agreement->party_count, sizeof(*terms->parties));
	terms->mechanisms = calloc(agreement->mechanism_count + 1, sizeof(struct mechanism *));
	if (terms->parties == NULL || terms->mechanisms == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("terms"));
	return RULE_OK;
}

/* ---- cards ---- */

static enum rule check_card(const struct terms *terms, size_t party, bool signatures, struct fault *fault)
{
	const struct card *card = &terms->parties[party].card->card;
	enum rule rule = RULE_OK;
	uint8_t digest[SHA256_SIZE];
	sha256(card->text, digest);
	if (memcmp(digest, terms->agreement.parties[party].digest, sizeof(digest)) != 0)
		rule = RULE_AGREEMENT_CARD;
	else if (signatures)
		rule = agreement_signed_by(&terms->agreement, card);
	return rule == RULE_OK ? rule : fault_bytes(fault, rule, 0, card->party);
}

static enum rule read_card(struct terms *terms, struct bytes note, bool signatures, struct fault *fault)
{
	struct party_card *card;
	enum rule rule = party_card_new(&card, terms, note, fault);
	if (rule != RULE_OK)
		return rule;
	size_t party = terms_party_find(terms, card->card.party);
	if (party == terms->agreement.party_count)
		rule = fault_bytes(fault, RULE_TERMS_EXTRA, 0, card->card.party);
	else if (terms->parties[party].card != NULL)
		rule = fault_bytes(fault, RULE_TERMS_CARD, 0, card->card.party);
	if (rule != RULE_OK) {
		party_card_free(card);
		return rule;
	}
	terms->parties[party].card = card; /* owned by the terms now */
	origin_make(terms->parties[party].origin, card->card.party, terms->agreement.digest);
	return check_card(terms, party, signatures, fault);
}

static enum rule read_cards(struct terms *terms, const struct terms_source *source, bool signatures,
	struct fault *fault)
{
	enum rule rule = RULE_OK;
	size_t desks = 0;
	for (size_t i = 0; rule == RULE_OK && i < source->card_count; i++)
		rule = read_card(terms, source->cards[i], signatures, fault);
	for (size_t i = 0; rule == RULE_OK && i < terms->agreement.party_count; i++) {
		if (terms->parties[i].card == NULL)
			return fault_bytes(fault, RULE_TERMS_CARD, 0, terms->agreement.parties[i].name);
		desks += terms->parties[i].card->keys->desk_count;
	}
	if (rule == RULE_OK && desks > AGREEMENT_DESKS_MAX)
		rule = FAULT(fault, RULE_TERMS_DESKS, 0, "{1} desks", NUMBER(desks));
	return rule;
}

static int key_compare(const void *a, const void *b)
{
	return memcmp(a, b, ED25519_PUBLIC);
}

static void add_keys(uint8_t (*keys)[ED25519_PUBLIC], size_t *count, const struct card *card)
{
	memcpy(keys[(*count)++], card->identity, ED25519_PUBLIC);
	for (size_t j = 0; j < 2; j++) {
		const struct card_keys *set = &card->sets[j];
		memcpy(keys[(*count)++], set->log, ED25519_PUBLIC);
		memcpy(keys[(*count)++], set->mirror, ED25519_PUBLIC);
		memcpy(keys[(*count)++], set->node, ED25519_PUBLIC);
		for (size_t k = 0; k < set->desk_count; k++) {
			memcpy(keys[(*count)++], set->desks[k].sign, ED25519_PUBLIC);
			memcpy(keys[(*count)++], set->desks[k].seal, X25519_SIZE);
		}
	}
}

static bool shows_pin(const struct terms *terms, size_t party, const struct card *instead,
	const uint8_t pin[SHA256_SIZE])
{
	for (size_t i = 0; i < terms->agreement.party_count; i++) {
		const struct card *card = i == party ? instead : &terms->parties[i].card->card;
		if (memcmp(card->tls, pin, SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

/*
 * One key, one use: across the cards, as each card says for itself. Else one party could make another's seals
 * impossible; nor has a witness a key of theirs. With `instead` in the place of that party's own card.
 */
static enum rule check_keys(const struct terms *terms, size_t party, const struct card *instead, struct fault *fault)
{
	size_t count = 0, most = terms->agreement.party_count * (1 + 2 * (3 + 2 * CARD_DESKS_MAX));
	uint8_t(*keys)[ED25519_PUBLIC] = calloc(most, sizeof(*keys));
	if (keys == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("keys"));
	for (size_t i = 0; i < terms->agreement.party_count; i++)
		add_keys(keys, &count, i == party ? instead : &terms->parties[i].card->card);
	qsort(keys, count, sizeof(*keys), key_compare);
	bool twice = false;
	for (size_t i = 1; i < count; i++)
		twice = twice || key_compare(keys[i - 1], keys[i]) == 0;
	enum rule rule = twice ? fault_bytes(fault, RULE_TERMS_KEYS, 0, BYTES("cards")) : RULE_OK;
	for (size_t w = 0; w < terms->agreement.witness_count && rule == RULE_OK; w++) {
		const struct agreement_witness *witness = &terms->agreement.witnesses[w];
		if (bsearch(witness->vkey.key, keys, count, sizeof(*keys), key_compare) != NULL ||
		    shows_pin(terms, party, instead, witness->pin))
			rule = fault_bytes(fault, RULE_AGREEMENT_WITNESS_KEY, 0, witness->name);
	}
	free(keys);
	return rule;
}

enum rule terms_card_fits(const struct terms *terms, size_t party, const struct card *card, struct fault *fault)
{
	size_t desks = card->sets[terms->set].desk_count;
	for (size_t i = 0; i < terms->agreement.party_count; i++)
		desks += i == party ? 0 : terms->parties[i].card->keys->desk_count;
	if (desks > AGREEMENT_DESKS_MAX)
		return FAULT(fault, RULE_TERMS_DESKS, 0, "{1} desks", NUMBER(desks));
	return check_keys(terms, party, card, fault);
}

/* ---- mechanisms ---- */

static enum rule read_mechanism(struct terms *terms, struct bytes file, struct fault *fault)
{
	struct mechanism *mechanism;
	enum rule rule = mechanism_read(&mechanism, file, fault);
	if (rule != RULE_OK)
		return rule;
	const struct agreement *agreement = &terms->agreement;
	size_t i = 0;
	while (i < agreement->mechanism_count && !bytes_equal(agreement->mechanisms[i].name, mechanism->name))
		i++;
	if (i == agreement->mechanism_count)
		rule = fault_bytes(fault, RULE_TERMS_EXTRA, 0, mechanism->name);
	else if (terms->mechanisms[i] != NULL ||
	    memcmp(agreement->mechanisms[i].digest, mechanism->digest, SHA256_SIZE) != 0)
		rule = fault_bytes(fault, RULE_TERMS_MECHANISM, 0, mechanism->name);
	if (rule == RULE_OK)
		terms->mechanisms[i] = mechanism;
	else
		mechanism_free(mechanism);
	return rule;
}

static int form_compare(const void *a, const void *b)
{
	const struct form *const *left = a, *const *right = b;
	return bytes_compare((*left)->name, (*right)->name);
}

static enum rule sort_forms(struct terms *terms)
{
	size_t count = 0;
	for (size_t i = 0; i < terms->agreement.mechanism_count; i++)
		count += terms->mechanisms[i] == NULL ? 0 : terms->mechanisms[i]->form_count;
	terms->forms = calloc(count + 1, sizeof(const struct form *));
	if (terms->forms == NULL)
		return RULE_MEMORY;
	for (size_t i = 0; i < terms->agreement.mechanism_count; i++)
		for (size_t j = 0; terms->mechanisms[i] != NULL && j < terms->mechanisms[i]->form_count; j++)
			terms->forms[terms->form_count++] = &terms->mechanisms[i]->forms[j];
	qsort(terms->forms, terms->form_count, sizeof(const struct form *), form_compare);
	return RULE_OK;
}

static enum rule read_mechanisms(struct terms *terms, const struct terms_source *source, bool whole,
	struct fault *fault)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < source->mechanism_count; i++)
		rule = read_mechanism(terms, source->mechanisms[i], fault);
	for (size_t i = 0; whole && rule == RULE_OK && i < terms->agreement.mechanism_count; i++)
		if (terms->mechanisms[i] == NULL)
			rule = fault_bytes(fault, RULE_TERMS_MECHANISM, 0, terms->agreement.mechanisms[i].name);
	if (rule == RULE_OK) {
		rule = sort_forms(terms);
		if (rule != RULE_OK)
			fault_bytes(fault, rule, 0, BYTES("forms"));
	}
	return rule;
}

/* What the kernel and every node count on: the fields that bookkeeping writes. */
static enum rule check_record(const struct terms *terms, struct fault *fault)
{
	static const struct {
		const char *form, *key;
		enum field_type type;
		enum field_presence presence;
	} needed[] = {
		{"record/received", "stored", FIELD_CHECKPOINT, FIELD_REPEATED},
		{"record/received", "held", FIELD_HASH, FIELD_REPEATED},
		{"record/receipt", "receipt", FIELD_CHECKPOINT, FIELD_REPEATED},
		{"record/unreadable", "place", FIELD_PLACE, FIELD_REQUIRED},
		{"record/unreadable", "cause", FIELD_CODE, FIELD_REQUIRED},
	};
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const struct form *form = terms_form(terms, bytes_string(needed[i].form));
		const struct form_field *field = form == NULL ? NULL : form_field(form, bytes_string(needed[i].key));
		if (field == NULL || field->type != needed[i].type || field->presence != needed[i].presence)
			return fault_set(fault, RULE_TERMS_RECORD, 0, "%s: %s", needed[i].form, needed[i].key);
	}
	return RULE_OK;
}

/* Where the agreement binds a form of that name, it is the one that brings cards. */
static enum rule check_brings(const struct terms *terms, struct fault *fault)
{
	const struct form *form = terms_form(terms, BYTES(CARD_FORM));
	const struct form_field *field = form == NULL ? NULL : form_field(form, BYTES(CARD_FIELD));
	bool good = form == NULL || (form->opens && field != NULL && field->type == FIELD_TEXT && !field->sealed &&
		field->presence == FIELD_REQUIRED);
	return good ? RULE_OK : fault_set(fault, RULE_TERMS_CARD_FORM, 0, "%s: %s", CARD_FORM, CARD_FIELD);
}

/* And those by which amendments come. */
static enum rule check_signs(const struct terms *terms, struct fault *fault)
{
	const struct form *sign = terms_form(terms, BYTES(SIGN_FORM));
	const struct form *release = terms_form(terms, BYTES(RELEASE_FORM));
	const struct form_field *field = sign == NULL ? NULL : form_field(sign, BYTES(SIGN_FIELD));
	bool released = false;
	for (size_t i = 0; release != NULL && i < release->answer_count; i++)
		released = released || bytes_is(release->answers[i], SIGN_FORM);
	bool good = sign == NULL || (released && field != NULL && field->type == FIELD_TEXT && !field->sealed &&
		field->presence == FIELD_REQUIRED);
	return good ? RULE_OK : fault_set(fault, RULE_TERMS_SIGN_FORM, 0, "%s, %s", SIGN_FORM, RELEASE_FORM);
}

/* The form in which nodes test the line: nothing must be said in it. */
static bool tests_lines(const struct form *form)
{
	bool silent = form != NULL && form->opens;
	for (size_t i = 0; silent && i < form->field_count; i++)
		silent = form->fields[i].presence != FIELD_REQUIRED;
	return silent;
}

/* Whether something of that name is measured by all time: what hours a desk keeps does not bear on it. */
static bool counts_all_time(const struct terms *terms, struct bytes clock)
{
	bool all = bytes_is(clock, "skew") || bytes_is(clock, LINE_TEST_CLOCK);
	for (size_t i = 0; i < terms->agreement.mechanism_count; i++) {
		const struct mechanism *mechanism = terms->mechanisms[i];
		for (size_t j = 0; j < mechanism->scale_count; j++)
			all = all || bytes_equal(mechanism->scales[j].confirm, clock);
		for (size_t j = 0; j < mechanism->form_count; j++)
			all = all || bytes_equal(mechanism->forms[j].every, clock);
	}
	return all;
}

/* A clock line-test, of the agreement or of a mechanism, is one by which nodes can test. */
static bool line_test_good(const struct terms *terms, const struct agreement_clock *clock)
{
	return !bytes_is(clock->name, LINE_TEST_CLOCK) ||
		(clock->seconds >= LINE_TEST_LEAST_S && tests_lines(terms_form(terms, BYTES(LINE_TEST_FORM))));
}

static enum rule check_clocks(const struct terms *terms, struct fault *fault)
{
	const struct agreement *agreement = &terms->agreement;
	struct agreement_clock known[AGREEMENT_MECHANISMS_MAX * MECHANISM_CLOCKS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < agreement->mechanism_count; i++) {
		const struct mechanism *mechanism = terms->mechanisms[i];
		for (size_t j = 0; j < mechanism->clock_count; j++) {
			for (size_t k = 0; k < count; k++)
				if (bytes_equal(known[k].name, mechanism->clocks[j].name) &&
				    (known[k].seconds != mechanism->clocks[j].seconds ||
					known[k].kind != mechanism->clocks[j].kind))
					return fault_bytes(fault, RULE_TERMS_CLOCK, 0, known[k].name);
			known[count++] = mechanism->clocks[j];
			if (!line_test_good(terms, &mechanism->clocks[j]))
				return fault_bytes(fault, RULE_TERMS_LINE_TEST, 0, BYTES(LINE_TEST_CLOCK));
		}
	}
	for (size_t i = 0; i < agreement->clock_count; i++) {
		const struct agreement_clock *clock = &agreement->clocks[i];
		bool found = bytes_is(clock->name, LINE_TEST_CLOCK);
		for (size_t k = 0; k < count; k++)
			found = found || bytes_equal(known[k].name, clock->name);
		if (!line_test_good(terms, clock))
			return fault_bytes(fault, RULE_TERMS_LINE_TEST, 0, clock->name);
		if (!found)
			return fault_bytes(fault, RULE_TERMS_CLOCK, 0, clock->name);
		if (clock->kind != CLOCK_ELAPSED && counts_all_time(terms, clock->name))
			return fault_bytes(fault, RULE_TERMS_CLOCK_KIND, 0, clock->name);
	}
	return RULE_OK;
}

static enum rule check_mechanisms(const struct terms *terms, struct fault *fault)
{
	enum rule rule = check_record(terms, fault);
	if (rule == RULE_OK)
		rule = check_brings(terms, fault);
	if (rule == RULE_OK)
		rule = check_signs(terms, fault);
	return rule == RULE_OK ? check_clocks(terms, fault) : rule;
}

/* ---- the whole ---- */

struct wanted { bool signatures, whole; };

static enum rule build(struct terms **to, const struct terms_source *source, struct wanted wanted, struct fault *fault)
{
	struct terms *terms = calloc(1, sizeof(*terms));
	if (terms == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("terms"));
	enum rule rule = read_agreement(terms, source->agreement, fault);
	if (rule == RULE_OK)
		rule = read_cards(terms, source, wanted.signatures, fault);
	if (rule == RULE_OK)
		rule = check_keys(terms, 0, &terms->parties[0].card->card, fault);
	if (rule == RULE_OK)
		rule = read_mechanisms(terms, source, wanted.whole, fault);
	if (rule == RULE_OK && wanted.whole)
		rule = check_mechanisms(terms, fault);
	if (rule == RULE_OK && !wanted.whole)
		rule = check_brings(terms, fault);
	if (rule == RULE_OK && !wanted.whole)
		rule = check_signs(terms, fault);
	if (rule == RULE_OK)
		*to = terms;
	else
		terms_free(terms);
	return rule;
}

enum rule terms_new(struct terms **terms, const struct terms_source *source, struct fault *fault)
{
	return build(terms, source, (struct wanted){.signatures = true, .whole = true}, fault);
}

enum rule terms_new_unsigned(struct terms **terms, const struct terms_source *source, struct fault *fault)
{
	return build(terms, source, (struct wanted){.whole = true}, fault);
}

enum rule terms_new_partly(struct terms **terms, const struct terms_source *source, struct fault *fault)
{
	return build(terms, source, (struct wanted){.signatures = true}, fault);
}

static enum rule build_amended(struct terms *terms, const struct mechanism *const *mechanisms, struct fault *fault)
{
	const struct terms *first = terms->first;
	struct agreement *agreement = &terms->agreement;
	enum rule rule = agreement_parse(agreement, agreement->note, fault);
	if (rule != RULE_OK)
		return rule;
	terms->set = first->set;
	terms->parties = first->parties;
	rule = check_keys(terms, 0, &terms->parties[0].card->card, fault);
	if (rule != RULE_OK)
		return rule;
	terms->mechanisms = calloc(agreement->mechanism_count + 1, sizeof(struct mechanism *));
	if (terms->mechanisms == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("mechanisms"));
	memcpy(terms->mechanisms, mechanisms, agreement->mechanism_count * sizeof(struct mechanism *));
	if (sort_forms(terms) != RULE_OK)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("forms"));
	static const char *const kept[] = {CARD_FORM, SIGN_FORM};
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if ((terms_form(terms, bytes_string(kept[i])) == NULL) !=
		    (terms_form(first, bytes_string(kept[i])) == NULL))
			return fault_bytes(fault, RULE_TERMS_AMENDS, 0, bytes_string(kept[i]));
	return check_mechanisms(terms, fault);
}

enum rule terms_amended(struct terms **to, const struct terms *first, struct bytes note,
	const struct mechanism *const *mechanisms, struct fault *fault)
{
	struct terms *terms = calloc(1, sizeof(*terms));
	if (terms == NULL)
		return fault_bytes(fault, RULE_MEMORY, 0, BYTES("terms"));
	struct bytes copy = copy_of(note);
	terms->first = first;
	terms->note = (uint8_t *)(uintptr_t)copy.data;
	terms->agreement.note = copy;
	enum rule rule = copy.data == NULL ? fault_bytes(fault, RULE_MEMORY, 0, BYTES("agreement"))
		: build_amended(terms, mechanisms, fault);
	if (rule == RULE_OK)
		*to = terms;
	else
		terms_free(terms);
	return rule;
}

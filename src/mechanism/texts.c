#include "texts.h"

#include <stdlib.h>

#include "terms_parts.h"
#include "words.h"

struct text {
	uint8_t *note; /* owned, as it was brought first; `agreement` views it */
	struct agreement agreement;
	size_t predecessor;
	struct terms *terms; /* NULL: not at hand */
};

struct texts {
	const struct terms *first;
	bool open; /* the first text binds the forms by which others come */
	struct text **amended;
	size_t count;
	struct { struct texts_signed at[TEXTS_MAX]; size_t count, taken; } signed_by[AGREEMENT_PARTIES_MAX];
	struct { struct { uint64_t from; uint8_t key[ED25519_PUBLIC]; } at[CARDS_MAX]; size_t count; }
		identities[AGREEMENT_PARTIES_MAX]; /* those after the first, as cards brought them */
	struct mechanism **held; /* beside the first text's */
	size_t held_count;
};

struct texts *texts_new(const struct terms *first)
{
	struct texts *texts = calloc(1, sizeof(*texts));
	if (texts != NULL) {
		texts->first = first;
		texts->open = terms_form(first, BYTES(SIGN_FORM)) != NULL;
	}
	return texts;
}

static void text_free(struct text *text)
{
	if (text == NULL)
		return;
	terms_free(text->terms);
	free(text->note);
	free(text);
}

void texts_free(struct texts *texts)
{
	if (texts == NULL)
		return;
	for (size_t i = 0; i < texts->count; i++)
		text_free(texts->amended[i]);
	for (size_t i = 0; i < texts->held_count; i++)
		mechanism_free(texts->held[i]);
	free(texts->amended);
	free(texts->held);
	free(texts);
}

/* ---- the texts ---- */

size_t texts_count(const struct texts *texts)
{
	return 1 + texts->count;
}

const struct agreement *texts_agreement(const struct texts *texts, size_t n)
{
	return n == 0 ? terms_agreement(texts->first) : &texts->amended[n - 1]->agreement;
}

const struct terms *texts_nth(const struct texts *texts, size_t n)
{
	return n == 0 ? texts->first : texts->amended[n - 1]->terms;
}

size_t texts_find(const struct texts *texts, const uint8_t digest[SHA256_SIZE])
{
	size_t n = 0;
	while (n < texts_count(texts) && memcmp(texts_agreement(texts, n)->digest, digest, SHA256_SIZE) != 0)
		n++;
	return n;
}

const struct terms *texts_for(const struct texts *texts, const struct entry *entry)
{
	size_t n = texts_find(texts, entry->agreement);
	return n == texts_count(texts) ? NULL : texts_nth(texts, n);
}

/* ---- who stands for which ---- */

size_t texts_signed_count(const struct texts *texts, size_t party)
{
	return texts->signed_by[party].count;
}

const struct texts_signed *texts_signed(const struct texts *texts, size_t party, size_t n)
{
	return &texts->signed_by[party].at[n];
}

size_t texts_taken(const struct texts *texts, size_t party)
{
	return texts->signed_by[party].taken;
}

size_t texts_standing(const struct texts *texts, size_t party, size_t predecessor, uint64_t size)
{
	for (size_t n = 0; n < texts_signed_count(texts, party); n++) {
		const struct texts_signed *given = texts_signed(texts, party, n);
		if (given->index < size && given->released >= size &&
		    texts->amended[given->text - 1]->predecessor == predecessor)
			return given->text;
	}
	return texts_count(texts);
}

size_t texts_governing(const struct texts *texts, const uint64_t past[AGREEMENT_PARTIES_MAX])
{
	size_t governing = 0;
	for (size_t from = 0; texts->count > 0; from = governing) {
		size_t next = texts_standing(texts, 0, from, past[0]);
		for (size_t i = 1; i < terms_party_count(texts->first); i++)
			if (texts_standing(texts, i, from, past[i]) != next)
				return from;
		if (next == texts_count(texts))
			return from;
		governing = next;
	}
	return governing;
}

bool texts_known(const struct texts *texts, size_t party, uint64_t index, const uint8_t digest[SHA256_SIZE])
{
	size_t text = texts_find(texts, digest);
	bool known = text == 0;
	for (size_t n = 0; n < texts_signed_count(texts, party); n++) {
		const struct texts_signed *given = texts_signed(texts, party, n);
		known = known || (given->text == text && given->index < index);
	}
	return known;
}

/* Whether it is that text, or one that amends it. */
static bool descends(const struct texts *texts, size_t text, size_t from)
{
	while (text != from && text != 0)
		text = texts->amended[text - 1]->predecessor;
	return text == from;
}

uint64_t texts_limit(const struct texts *texts, size_t n, const char *name, uint64_t otherwise)
{
	uint64_t greatest = agreement_limit(texts_agreement(texts, n), name, otherwise);
	while (n != 0) {
		n = texts->amended[n - 1]->predecessor;
		uint64_t value = agreement_limit(texts_agreement(texts, n), name, otherwise);
		greatest = value > greatest ? value : greatest;
	}
	return greatest;
}

/* ---- what entries bring ---- */

bool texts_brings(const struct entry *entry)
{
	return bytes_is(entry->form, SIGN_FORM) || bytes_is(entry->form, RELEASE_FORM);
}

static bool has_mechanism(const struct agreement *agreement, struct bytes name)
{
	for (size_t i = 0; i < agreement->mechanism_count; i++)
		if (bytes_equal(agreement->mechanisms[i].name, name))
			return true;
	return false;
}

enum rule texts_fits(const struct texts *texts, const struct agreement *agreement, struct fault *fault)
{
	static const char *const kept[] = {"agreement", "party", "record"};
	const struct agreement *first = terms_agreement(texts->first);
	if (agreement->drill != first->drill)
		return fault_bytes(fault, RULE_TERMS_AMENDS, 0, BYTES("mode"));
	if (agreement->party_count != first->party_count)
		return fault_bytes(fault, RULE_TERMS_AMENDS, 0, BYTES("parties"));
	for (size_t i = 0; i < first->party_count; i++)
		if (!bytes_equal(agreement->parties[i].name, first->parties[i].name) ||
		    memcmp(agreement->parties[i].digest, first->parties[i].digest, SHA256_SIZE) != 0)
			return fault_bytes(fault, RULE_TERMS_AMENDS, 0, agreement->parties[i].name);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (has_mechanism(agreement, bytes_string(kept[i])) != has_mechanism(first, bytes_string(kept[i])))
			return fault_bytes(fault, RULE_TERMS_AMENDS, 0, bytes_string(kept[i]));
	return RULE_OK;
}

/* The text that a signature is for; `note` holds what it views. */
static enum rule read_signed(const struct entry *entry, struct agreement *agreement, struct buffer *note,
	struct fault *fault)
{
	struct bytes value = entry_field(entry, SIGN_FIELD);
	enum rule rule = value.data == NULL ? RULE_JUDGE_SIGN : line_unescape(note, value);
	if (rule == RULE_OK)
		rule = note->rule;
	if (rule != RULE_OK)
		return fault_bytes(fault, rule, 0, BYTES(SIGN_FIELD));
	return agreement_parse(agreement, buffer_bytes(note), fault);
}

void texts_identity(struct texts *texts, size_t party, uint64_t from, const uint8_t identity[ED25519_PUBLIC])
{
	size_t n = texts->identities[party].count++;
	texts->identities[party].at[n].from = from;
	memcpy(texts->identities[party].at[n].key, identity, ED25519_PUBLIC);
}

/* The identity that a party has at an entry of its log. */
static const uint8_t *identity_at(const struct texts *texts, size_t party, uint64_t index)
{
	size_t n = texts->identities[party].count;
	while (n > 0 && texts->identities[party].at[n - 1].from >= index)
		n--;
	return n == 0 ? terms_card(texts->first, party)->identity : texts->identities[party].at[n - 1].key;
}

static enum rule check_signed(const struct texts *texts, size_t party, const struct entry *entry, uint64_t index,
	struct fault *fault)
{
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct buffer note = {0};
	size_t before = 0;
	enum rule rule = agreement == NULL ? fault_bytes(fault, RULE_MEMORY, 0, BYTES("agreement"))
		: read_signed(entry, agreement, &note, fault);
	if (rule == RULE_OK &&
	    !(agreement->has_predecessor && texts_known(texts, party, index, agreement->predecessor)))
		rule = fault_bytes(fault, RULE_JUDGE_PREDECESSOR, 0, agreement->title);
	if (rule == RULE_OK)
		rule = texts_fits(texts, agreement, fault);
	if (rule == RULE_OK && (rule = agreement_signed_as(agreement, terms_card(texts->first, party),
	    identity_at(texts, party, index))) != RULE_OK)
		fault_bytes(fault, rule, 0, terms_party(texts->first, party));
	while (before < texts_signed_count(texts, party) && texts_signed(texts, party, before)->index < index)
		before++;
	if (rule == RULE_OK && before == TEXTS_MAX)
		rule = FAULT(fault, RULE_JUDGE_TEXTS_MANY, 0, "{1} came before", NUMBER(TEXTS_MAX));
	free(agreement);
	buffer_free(&note);
	return rule;
}

/* The signature of the same party that a release takes back; NULL: none that it may. */
static const struct texts_signed *find_released(const struct texts *texts, size_t party, const struct entry *entry,
	uint64_t index)
{
	size_t named = texts_find(texts, entry->agreement);
	if (!entry->has_re || terms_party_find(texts->first, entry->re.party) != party)
		return NULL;
	for (size_t n = 0; n < texts_signed_count(texts, party); n++) {
		const struct texts_signed *given = texts_signed(texts, party, n);
		if (given->index == entry->re.index && given->index < index && given->released >= index &&
		    given->bound >= index && !descends(texts, named, given->text))
			return given;
	}
	return NULL;
}

enum rule texts_read(const struct texts *texts, size_t party, const struct entry *entry, uint64_t index,
	struct fault *fault)
{
	if (!texts->open || !texts_brings(entry))
		return RULE_OK;
	if (bytes_is(entry->form, SIGN_FORM))
		return check_signed(texts, party, entry, index, fault);
	return find_released(texts, party, entry, index) != NULL ? RULE_OK
		: fault_bytes(fault, RULE_JUDGE_RELEASE, 0, entry->from);
}

/* Whether an entry is the first that goes by the text of a signature. */
static bool binds(const struct texts *texts, const struct texts_signed *given, const struct entry *entry,
	uint64_t index)
{
	size_t named = texts_find(texts, entry->agreement);
	return named != 0 && named < texts_count(texts) && given->index < index && given->bound >= index &&
		descends(texts, named, given->text);
}

bool texts_changes(const struct texts *texts, size_t party, const struct entry *entry, uint64_t index)
{
	bool changes = texts->open && texts_brings(entry);
	for (size_t n = 0; n < texts_signed_count(texts, party) && !changes; n++)
		changes = binds(texts, texts_signed(texts, party, n), entry, index);
	return changes;
}

/* ---- taking ---- */

const struct mechanism *texts_mechanism(const struct texts *texts, const struct agreement_hashed *named)
{
	for (size_t i = 0; i < terms_mechanism_count(texts->first) + texts->held_count; i++) {
		size_t first = terms_mechanism_count(texts->first);
		const struct mechanism *mechanism =
			i < first ? terms_mechanism(texts->first, i) : texts->held[i - first];
		if (mechanism != NULL && bytes_equal(mechanism->name, named->name) &&
		    memcmp(mechanism->digest, named->digest, SHA256_SIZE) == 0)
			return mechanism;
	}
	return NULL;
}

const struct agreement_hashed *texts_lacking(const struct texts *texts, size_t n)
{
	const struct agreement *agreement = texts_agreement(texts, n);
	for (size_t i = 0; n != 0 && i < agreement->mechanism_count; i++)
		if (texts_mechanism(texts, &agreement->mechanisms[i]) == NULL)
			return &agreement->mechanisms[i];
	return NULL;
}

/* Makes what a text binds usable, if its files are here. What does not go together stays unused, and is told. */
static enum rule complete(struct texts *texts, struct text *text, struct fault *fault)
{
	const struct mechanism *mechanisms[AGREEMENT_MECHANISMS_MAX];
	for (size_t i = 0; i < text->agreement.mechanism_count; i++)
		if ((mechanisms[i] = texts_mechanism(texts, &text->agreement.mechanisms[i])) == NULL)
			return RULE_OK;
	struct bytes note = bytes_of(text->note, text->agreement.note.size);
	return terms_amended(&text->terms, texts->first, note, mechanisms, fault);
}

/* Adds room for one pointer. */
static enum rule grow(void *list, size_t count)
{
	void **grown, *old;
	memcpy(&old, list, sizeof(old));
	if ((grown = realloc(old, (count + 1) * sizeof(void *))) == NULL)
		return RULE_MEMORY;
	memcpy(list, &grown, sizeof(grown));
	return RULE_OK;
}

static enum rule add_text(struct texts *texts, const struct agreement *agreement, struct buffer *note)
{
	struct text *text = calloc(1, sizeof(*text));
	enum rule rule = text == NULL ? RULE_MEMORY : grow(&texts->amended, texts->count);
	if (rule != RULE_OK) {
		free(text);
		return rule;
	}
	text->agreement = *agreement;
	text->note = note->data;
	note->data = NULL;
	text->predecessor = texts_find(texts, agreement->predecessor);
	texts->amended[texts->count++] = text;
	rule = complete(texts, text, NULL);
	return rule == RULE_MEMORY ? rule : RULE_OK;
}

static enum rule take_signed(struct texts *texts, size_t party, const struct entry *entry, uint64_t index)
{
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct buffer note = {0};
	enum rule rule = agreement == NULL ? RULE_MEMORY : read_signed(entry, agreement, &note, NULL);
	size_t text = rule == RULE_OK ? texts_find(texts, agreement->digest) : 0;
	if (rule == RULE_OK && text == texts_count(texts))
		rule = add_text(texts, agreement, &note);
	if (rule == RULE_OK)
		texts->signed_by[party].at[texts->signed_by[party].count++] =
			(struct texts_signed){text, index, UINT64_MAX, UINT64_MAX};
	free(agreement);
	buffer_free(&note);
	return rule;
}

enum rule texts_take(struct texts *texts, size_t party, const struct entry *entry, uint64_t index)
{
	enum rule rule = texts_read(texts, party, entry, index, NULL);
	if (rule != RULE_OK)
		return rule;
	for (size_t n = 0; n < texts_signed_count(texts, party); n++) {
		struct texts_signed *given = &texts->signed_by[party].at[n];
		if (binds(texts, given, entry, index))
			given->bound = index;
	}
	texts->signed_by[party].taken++;
	if (!texts->open || !texts_brings(entry))
		return RULE_OK;
	if (bytes_is(entry->form, SIGN_FORM))
		return take_signed(texts, party, entry, index);
	size_t n = (size_t)(find_released(texts, party, entry, index) - texts->signed_by[party].at);
	texts->signed_by[party].at[n].released = index;
	return RULE_OK;
}

static bool binds_file(const struct agreement *agreement, const uint8_t digest[SHA256_SIZE])
{
	for (size_t i = 0; i < agreement->mechanism_count; i++)
		if (memcmp(agreement->mechanisms[i].digest, digest, SHA256_SIZE) == 0)
			return true;
	return false;
}

bool texts_binds(const struct texts *texts, size_t n, const uint8_t digest[SHA256_SIZE])
{
	for (size_t i = 0; i < n; i++)
		if (binds_file(texts_agreement(texts, i), digest))
			return true;
	return false;
}

/* Whether some text that is not at hand binds a file of that digest. */
static bool wants(const struct texts *texts, const uint8_t digest[SHA256_SIZE])
{
	for (size_t n = 1; n < texts_count(texts); n++)
		if (texts_nth(texts, n) == NULL && binds_file(texts_agreement(texts, n), digest))
			return true;
	return false;
}

enum rule texts_hold(struct texts *texts, struct bytes file, struct fault *fault)
{
	struct mechanism *mechanism = NULL;
	struct agreement_hashed held;
	sha256(file, held.digest);
	if (!wants(texts, held.digest))
		return RULE_OK;
	enum rule rule = mechanism_read(&mechanism, file, fault);
	if (rule != RULE_OK)
		return rule;
	held.name = mechanism->name;
	if (texts_mechanism(texts, &held) != NULL || (rule = grow(&texts->held, texts->held_count)) != RULE_OK) {
		mechanism_free(mechanism);
		return rule == RULE_OK ? rule : fault_bytes(fault, rule, 0, BYTES("mechanism"));
	}
	texts->held[texts->held_count++] = mechanism;
	for (size_t n = 0; n < texts->count; n++) {
		struct text *text = texts->amended[n];
		enum rule broken = text->terms != NULL ? RULE_OK : complete(texts, text, fault);
		rule = broken != RULE_OK ? broken : rule;
	}
	return rule;
}

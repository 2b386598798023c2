/* The part of judging that needs nothing but terms, cards and texts; nearly all of its time is Ed25519. */
#include "cards.h"
#include "checkpoint.h"
#include "judge.h"
#include "text.h"

/* An entry where it stands. */
struct standing {
	const struct cards *cards;
	const struct terms *terms; /* of the first text: parties, origins */
	const struct texts *texts;
	size_t party;
	uint64_t index;
	bool own; /* this process has just signed it */
	struct party_card *brought; /* by the entry itself */
};

/* The card that the entry goes by for a party: a card that it brings acts for it already. */
static const struct party_card *card_of(const struct standing *at, const struct entry *entry, size_t party)
{
	return party == at->party && at->brought != NULL ? at->brought : cards_for(at->cards, entry, at->index, party);
}

/* ---- form ---- */

static enum rule check_form(struct judge_prepared *prepared, struct standing *at, struct bytes note)
{
	struct entry *entry = &prepared->entry;
	enum rule rule = entry_parse(entry, note, &prepared->fault);
	if (rule != RULE_OK)
		return rule;
	if (!texts_known(at->texts, at->party, at->index, entry->agreement))
		return fault_bytes(&prepared->fault, RULE_JUDGE_AGREEMENT, 0, BYTES("agreement"));
	if (!bytes_equal(name_party(entry->from), terms_party(at->terms, at->party)))
		return fault_bytes(&prepared->fault, RULE_JUDGE_DESK, 0, entry->from);
	/* without the form in the agreement, it is void as any unknown form is */
	if (cards_brings(entry) && terms_form(at->terms, entry->form) != NULL)
		rule = cards_read(&at->brought, at->cards, entry, at->index, &prepared->fault);
	if (rule != RULE_OK)
		return rule;
	const struct vkey *key = party_card_desk(card_of(at, entry, at->party), name_rest(entry->from));
	if (key == NULL)
		return fault_bytes(&prepared->fault, RULE_JUDGE_DESK, 0, entry->from);
	rule = at->own && key->id == entry->key_id ? RULE_OK : entry_verify(entry, key);
	if (rule != RULE_OK)
		return fault_bytes(&prepared->fault, rule, 0, entry->from);
	return texts_read(at->texts, at->party, entry, at->index, &prepared->fault);
}

/* ---- meaning ---- */

/*
 * The desks of `to` have a sealing key, else the age file could not hold their stanzas; so has every sender but the
 * node.
 */
static enum rule check_desks(const struct entry *entry, const struct standing *at, struct fault *fault)
{
	for (size_t i = 0; i < entry->to_count; i++) {
		size_t party = terms_party_find(at->terms, name_party(entry->to[i]));
		if (party == terms_party_count(at->terms) ||
		    party_card_seal(card_of(at, entry, party), name_rest(entry->to[i])) == NULL)
			return fault_bytes(fault, RULE_JUDGE_TO, 0, entry->to[i]);
	}
	return RULE_OK;
}

/* A quoted checkpoint: whose log, and under whose mirror key. */
struct quoted {
	size_t log, mirror;
	struct bytes name; /* as it stands: origin or party */
};

/* In record/received the writer quotes itself over others' logs, in record/receipt others over its own. */
static bool quoted_find(struct quoted *quoted, const struct terms *terms, const struct entry *entry, size_t party)
{
	size_t count = terms_party_count(terms);
	bool own = bytes_is(entry->form, "record/receipt");
	size_t other = own ? terms_party_find(terms, quoted->name) : terms_origin_find(terms, quoted->name);
	quoted->log = own ? party : other;
	quoted->mirror = own ? other : party;
	return other != count && other != party;
}

/*
 * By the mirror key of any card of that party that the entry looks back on: a cosignature may be older than the card in
 * force.
 */
static enum rule verify_cosignature(const struct standing *at, const struct entry *entry, const struct quoted *quoted,
	struct bytes base64, struct bytes text)
{
	uint64_t past = cards_past(at->cards, entry, at->index, quoted->mirror);
	enum rule rule = RULE_JUDGE_COSIGNATURE;
	const struct party_card *last = NULL;
	for (size_t n = cards_count(at->cards, quoted->mirror); n-- > 0 && rule != RULE_OK && !rule_is_system(rule);) {
		const struct party_card *card = cards_nth(at->cards, quoted->mirror, n);
		int64_t time;
		if ((n > 0 && card->from >= past) || (last != NULL && last->mirror.id == card->mirror.id))
			continue;
		last = card;
		rule = cosignature_verify_base64(base64, text, &card->mirror, &time);
	}
	return rule;
}

static enum rule check_cosignature(const struct standing *at, const struct entry *entry, const struct quoted *quoted,
	struct bytes words, struct fault *fault)
{
	struct checkpoint checkpoint = {.origin = bytes_string(terms_origin(at->terms, quoted->log))};
	struct bytes size = line_word(&words), root = line_word(&words);
	struct buffer text = {0};
	enum rule rule = text_decimal(size, &checkpoint.size);
	if (rule == RULE_OK)
		rule = text_unbase64_exact(root, checkpoint.root, sizeof(checkpoint.root), true);
	checkpoint_write(&text, &checkpoint);
	if (rule == RULE_OK)
		rule = text.rule;
	if (rule == RULE_OK)
		rule = verify_cosignature(at, entry, quoted, words, buffer_bytes(&text));
	buffer_free(&text);
	if (rule == RULE_OK || rule_is_system(rule))
		return rule;
	return fault_bytes(fault, RULE_JUDGE_COSIGNATURE, 0, quoted->name);
}

/* Every field of type checkpoint; only forms of the mechanism `record` have any. */
static enum rule check_quoted(struct judge_prepared *prepared, const struct standing *at)
{
	const struct entry *entry = &prepared->entry;
	struct bytes last = {NULL, 0};
	enum rule rule = RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < entry->field_count; i++) {
		const struct form_field *field = form_field(prepared->written, entry->fields[i].key);
		if (field->type != FIELD_CHECKPOINT)
			continue;
		struct bytes words = entry->fields[i].value;
		struct quoted quoted = {.name = line_word(&words)};
		if (!quoted_find(&quoted, at->terms, entry, at->party) || bytes_compare(last, quoted.name) >= 0)
			return fault_bytes(&prepared->fault, RULE_JUDGE_COSIGNED_LOG, 0, quoted.name);
		last = quoted.name;
		if (!at->own || quoted.mirror != at->party)
			rule = check_cosignature(at, entry, &quoted, words, &prepared->fault);
	}
	return rule;
}

/* Who is in a circle is somebody of the agreement: nobody else could answer or stand anywhere. */
static enum rule check_circle(const struct entry *entry, const struct standing *at, struct fault *fault)
{
	for (size_t i = 0; i < entry->field_count; i++)
		if (bytes_is(entry->fields[i].key, "circle") &&
			terms_party_find(at->terms, entry->fields[i].value) == terms_party_count(at->terms))
			return fault_bytes(fault, RULE_JUDGE_CIRCLE_PARTY, 0, entry->fields[i].value);
	return RULE_OK;
}

/* Whether no desk of one card signs with a key that the other has. */
static bool all_changed(const struct card_keys *before, const struct card_keys *now)
{
	for (size_t i = 0; i < before->desk_count; i++)
		for (size_t j = 0; j < now->desk_count; j++)
			if (memcmp(before->desks[i].sign, now->desks[j].sign, ED25519_PUBLIC) == 0)
				return false;
	return true;
}

/* What is disowned: of its own log, under keys that a newer card has taken away since. */
static enum rule check_disowned(const struct entry *entry, const struct standing *at, struct fault *fault)
{
	const struct party_card *now = card_of(at, entry, at->party);
	for (size_t i = 0; i < entry->field_count; i++) {
		const struct line *line = &entry->fields[i];
		struct place place;
		if (!bytes_is(line->key, "disowns"))
			continue;
		if (place_parse(&place, line->value) != RULE_OK ||
		    !bytes_equal(place.party, terms_party(at->terms, at->party)) || place.index >= now->from ||
		    !all_changed(cards_at(at->cards, at->party, place.index + 1)->keys, now->keys))
			return fault_bytes(fault, RULE_JUDGE_DISOWNS, 0, line->value);
	}
	return RULE_OK;
}

static enum rule check_meaning(struct judge_prepared *prepared, const struct standing *at)
{
	const struct entry *entry = &prepared->entry;
	const struct terms *terms = texts_for(at->texts, entry);
	if (terms == NULL)
		return fault_bytes(&prepared->fault, RULE_JUDGE_FILES, 0, BYTES("agreement"));
	prepared->written = terms_form(terms, entry->form);
	if (prepared->written == NULL)
		return fault_bytes(&prepared->fault, RULE_JUDGE_FORM, 0, entry->form);
	enum rule rule = check_desks(entry, at, &prepared->fault);
	if (rule == RULE_OK)
		rule = form_check_open(prepared->written, entry, &prepared->fault);
	if (rule == RULE_OK)
		rule = check_circle(entry, at, &prepared->fault);
	if (rule == RULE_OK && prepared->written->disowns.size != 0)
		rule = check_disowned(entry, at, &prepared->fault);
	return rule == RULE_OK && entry->bookkeeping ? check_quoted(prepared, at) : rule;
}

static void prepare(struct judge_prepared *prepared, struct standing *at, struct bytes note)
{
	at->terms = cards_terms(at->cards);
	at->texts = cards_texts(at->cards);
	prepared->fault = (struct fault){.rule = RULE_OK};
	prepared->written = NULL;
	prepared->meaning = RULE_OK;
	prepared->form = check_form(prepared, at, note);
	if (prepared->form == RULE_OK)
		prepared->meaning = check_meaning(prepared, at);
	prepared->brings_card = prepared->form == RULE_OK && at->brought != NULL;
	prepared->brings_text = prepared->form == RULE_OK &&
		texts_changes(at->texts, at->party, &prepared->entry, at->index);
	party_card_free(at->brought);
}

void judge_prepare(struct judge_prepared *prepared, const struct cards *cards, size_t party, uint64_t index,
	struct bytes note)
{
	prepare(prepared, &(struct standing){.cards = cards, .party = party, .index = index}, note);
}

void judge_prepare_own(struct judge_prepared *prepared, const struct cards *cards, size_t party, uint64_t index,
	struct bytes note)
{
	prepare(prepared, &(struct standing){.cards = cards, .party = party, .index = index, .own = true}, note);
}

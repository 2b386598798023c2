/*
 * witness_logs: which logs a witness knows, and by which keys: from agreements and cards that its operator gives it. It
 * sees no entries, so a new log key reaches it by the card that brings it, signed by the party's identity.
 */
#include <stdlib.h>

#include "text.h"
#include "witness.h"

struct witness_log *witness_find(const struct witness *witness, struct bytes origin)
{
	for (size_t i = 0; i < witness->log_count; i++)
		if (bytes_is(origin, witness->logs[i].origin))
			return &witness->logs[i];
	return NULL;
}

struct witness_log *witness_find_hash(const struct witness *witness, struct bytes hex)
{
	uint8_t wanted[SHA256_SIZE], have[SHA256_SIZE];
	if (text_unhex(hex, wanted, sizeof(wanted)) != RULE_OK)
		return NULL;
	for (size_t i = 0; i < witness->log_count; i++) {
		sha256(bytes_string(witness->logs[i].origin), have);
		if (memcmp(have, wanted, sizeof(have)) == 0)
			return &witness->logs[i];
	}
	return NULL;
}

/* The log of a party under an agreement; NULL: it is not known. */
static struct witness_log *find_log(const struct witness *witness, const uint8_t agreement[SHA256_SIZE],
	struct bytes party)
{
	for (size_t i = 0; i < witness->log_count; i++)
		if (memcmp(witness->logs[i].agreement, agreement, SHA256_SIZE) == 0 &&
		    bytes_is(party, witness->logs[i].party))
			return &witness->logs[i];
	return NULL;
}

/* ---- taking cards ---- */

static void append_card(struct witness_log *log, const struct card *card)
{
	struct witness_card *to = &log->cards[log->card_count++];
	*to = (struct witness_card){.serial = card->serial};
	memcpy(to->identity, card->identity, sizeof(to->identity));
	memcpy(to->tls, card->tls, sizeof(to->tls));
	/* the card's keys were checked as it was read */
	vkey_make(&to->log, bytes_string(log->origin), SIGNATURE_ED25519,
		card->sets[log->drill ? CARD_DRILL : CARD_LIVE].log);
}

/* A card that follows the newest; *taken is unset where it is one that is known. */
static enum rule follow_card(struct witness_log *log, const struct card *card, bool *taken)
{
	const struct witness_card *last = &log->cards[log->card_count - 1];
	struct card before = {.serial = last->serial};
	memcpy(before.identity, last->identity, sizeof(before.identity));
	*taken = false;
	for (size_t i = 0; i < log->card_count; i++)
		if (log->cards[i].serial == card->serial)
			return memcmp(log->cards[i].identity, card->identity, ED25519_PUBLIC) == 0 &&
				memcmp(log->cards[i].tls, card->tls, SHA256_SIZE) == 0 &&
				memcmp(log->cards[i].log.key, card->sets[log->drill ? CARD_DRILL : CARD_LIVE].log,
					ED25519_PUBLIC) == 0 ? RULE_OK : RULE_JUDGE_CARD_SERIAL;
	if (card->serial < last->serial)
		return RULE_JUDGE_CARD_SERIAL;
	if (!card_succeeds(card, &before))
		return RULE_JUDGE_CARD_IDENTITY;
	if (log->card_count == WITNESS_CARDS_MAX)
		return RULE_JUDGE_CARD_MANY;
	append_card(log, card);
	*taken = true;
	return RULE_OK;
}

/* The first card of a party: the one that the agreement names, whose identity signed it. */
static enum rule begin_log(struct witness *witness, const struct agreement *agreement, const struct card *card)
{
	enum rule rule = agreement_signed_by(agreement, card);
	if (rule != RULE_OK)
		return rule;
	if (witness->log_count == WITNESS_LOGS_MAX)
		return RULE_WITNESS_LOGS;
	struct witness_log *logs = realloc(witness->logs, (witness->log_count + 1) * sizeof(*logs));
	if (logs == NULL)
		return RULE_MEMORY;
	witness->logs = logs;
	struct witness_log *log = &logs[witness->log_count++];
	*log = (struct witness_log){.drill = agreement->drill};
	bytes_to_string(card->party, log->party, sizeof(log->party));
	memcpy(log->agreement, agreement->digest, SHA256_SIZE);
	origin_make(log->origin, card->party, agreement->digest);
	append_card(log, card);
	return RULE_OK;
}

static void card_row(struct buffer *key, const struct agreement *agreement, const struct card *card)
{
	buffer_string(key, "c");
	buffer_add(key, bytes_of(agreement->digest, SHA256_SIZE));
	buffer_add(key, card->party);
	buffer_u8(key, 0);
	buffer_u64(key, card->serial);
}

/* One card, from the operator or from the store; `store`: it is to be kept. */
static enum rule take_card(struct witness *witness, const struct agreement *agreement, const struct card *card,
	struct witness_addition *addition)
{
	struct witness_log *log = find_log(witness, agreement->digest, card->party);
	struct buffer key = {0};
	bool known = false, taken = true;
	for (size_t i = 0; i < agreement->party_count; i++)
		known = known || bytes_equal(agreement->parties[i].name, card->party);
	enum rule rule = !known ? RULE_TERMS_EXTRA
		: log == NULL ? begin_log(witness, agreement, card) : follow_card(log, card, &taken);
	if (rule != RULE_OK || !taken || addition == NULL)
		return rule;
	addition->logs += log == NULL;
	addition->keys += log != NULL;
	card_row(&key, agreement, card);
	rule = key.rule == RULE_OK ? store_row_put(witness->store, buffer_bytes(&key), card->note) : key.rule;
	buffer_free(&key);
	return rule;
}

/* ---- what the operator adds ---- */

/* Cards in the order of their serials, so that each finds the one before. */
static enum rule read_cards(const struct witness_addition *addition, struct card *cards, struct fault *fault)
{
	for (size_t i = 0; i < addition->card_count; i++) {
		struct card card;
		enum rule rule = card_parse(&card, addition->cards[i], fault);
		if (rule != RULE_OK)
			return rule;
		size_t at = i;
		for (; at > 0 && cards[at - 1].serial > card.serial; at--)
			cards[at] = cards[at - 1];
		cards[at] = card;
	}
	return RULE_OK;
}

/* Every party of an agreement has a log here. */
static enum rule check_whole(const struct witness *witness, const struct agreement *agreement, struct fault *fault)
{
	for (size_t i = 0; i < agreement->party_count; i++)
		if (find_log(witness, agreement->digest, agreement->parties[i].name) == NULL)
			return fault_bytes(fault, RULE_TERMS_CARD, 0, agreement->parties[i].name);
	return RULE_OK;
}

static bool names_us(const struct witness *witness, const struct agreement *agreement)
{
	for (size_t i = 0; i < agreement->witness_count; i++)
		if (memcmp(agreement->witnesses[i].vkey.key, witness->signer.vkey.key, ED25519_PUBLIC) == 0)
			return true;
	return false;
}

static enum rule add_all(struct witness *witness, const struct agreement *agreement, const struct card *cards,
	struct witness_addition *addition, struct fault *fault)
{
	struct buffer key = {0};
	buffer_string(&key, "a");
	buffer_add(&key, bytes_of(agreement->digest, SHA256_SIZE));
	enum rule rule = key.rule == RULE_OK ? store_row_put(witness->store, buffer_bytes(&key), agreement->note)
		: key.rule;
	buffer_free(&key);
	for (size_t i = 0; i < addition->card_count && rule == RULE_OK; i++)
		if ((rule = take_card(witness, agreement, &cards[i], addition)) != RULE_OK)
			fault_bytes(fault, rule, 0, cards[i].party);
	return rule == RULE_OK ? check_whole(witness, agreement, fault) : rule;
}

/* Forgets what is in memory and takes what the store has. */
static enum rule load_again(struct witness *witness, struct fault *fault)
{
	for (size_t i = 0; i < witness->log_count; i++)
		buffer_free(&witness->logs[i].note);
	free(witness->logs);
	witness->logs = NULL;
	witness->log_count = 0;
	return witness_load(witness, fault);
}

enum rule witness_add(struct witness *witness, struct witness_addition *addition, struct fault *fault)
{
	struct agreement *agreement = calloc(1, sizeof(*agreement));
	struct card *cards = calloc(addition->card_count + 1, sizeof(*cards));
	enum rule rule = agreement == NULL || cards == NULL ? fault_bytes(fault, RULE_MEMORY, 0, BYTES("cards"))
		: agreement_parse(agreement, addition->agreement, fault);
	addition->logs = addition->keys = 0;
	if (rule == RULE_OK && agreement->has_predecessor)
		rule = fault_bytes(fault, RULE_TERMS_PREDECESSOR, 0, agreement->title);
	if (rule == RULE_OK && agreement->note.size == 0)
		rule = fault_bytes(fault, RULE_AGREEMENT_UNSIGNED, 0, agreement->title);
	if (rule == RULE_OK)
		rule = read_cards(addition, cards, fault);
	if (rule == RULE_OK && (rule = store_begin(witness->store)) == RULE_OK) {
		rule = add_all(witness, agreement, cards, addition, fault);
		if (rule == RULE_OK)
			rule = store_commit(witness->store);
		else
			store_rollback(witness->store);
		if (rule != RULE_OK && load_again(witness, fault) != RULE_OK)
			rule = RULE_STORE_CORRUPT;
	}
	if (rule == RULE_OK)
		addition->named = names_us(witness, agreement);
	free(cards);
	free(agreement);
	return rule;
}

/* ---- loading ---- */

/* A party's key that signed the newest checkpoint ends those before it. */
static void trust_from(struct witness_log *log, const struct note *note)
{
	for (size_t i = log->card_count; i-- > 0;)
		if (note_verify(note, &log->cards[i].log) == RULE_OK) {
			log->trusted = i > log->trusted ? i : log->trusted;
			return;
		}
}

enum rule witness_take_newest(struct witness *witness, struct witness_log *log, struct bytes bytes)
{
	struct note *note = malloc(sizeof(*note));
	struct checkpoint checkpoint;
	int64_t time;
	enum rule rule = note == NULL ? RULE_MEMORY : checkpoint_note_parse(note, &checkpoint, bytes);
	if (rule == RULE_OK && !bytes_is(checkpoint.origin, log->origin))
		rule = RULE_STORE_CORRUPT;
	if (rule == RULE_OK)
		rule = cosignature_verify(note, note->text, &witness->signer.vkey, &time);
	if (rule == RULE_OK) {
		buffer_clear(&log->note);
		buffer_add(&log->note, bytes);
		rule = log->note.rule;
	}
	if (rule == RULE_OK) {
		log->has = true;
		log->size = checkpoint.size;
		memcpy(log->root.bytes, checkpoint.root, SHA256_SIZE);
		log->time = time;
		trust_from(log, note);
	}
	free(note);
	return rule;
}

/* Rows of one kind, in the order of their keys. */
static enum rule each_row(struct witness *witness, char kind,
	enum rule (*take)(struct witness *witness, struct bytes key, struct bytes value, struct fault *fault),
	struct fault *fault)
{
	struct buffer from = {0}, key = {0}, value = {0};
	buffer_u8(&from, (uint8_t)kind);
	enum rule rule = from.rule;
	while (rule == RULE_OK) {
		buffer_clear(&key);
		buffer_clear(&value);
		rule = store_row_next(witness->store, buffer_bytes(&from), &key, &value);
		if (rule != RULE_OK || key.data[0] != (uint8_t)kind)
			break;
		rule = take(witness, bytes_of(key.data + 1, key.size - 1), buffer_bytes(&value), fault);
		buffer_clear(&from);
		buffer_add(&from, buffer_bytes(&key));
		buffer_u8(&from, 0);
	}
	buffer_free(&from);
	buffer_free(&key);
	buffer_free(&value);
	return rule == RULE_NOT_FOUND ? RULE_OK : rule;
}

static enum rule load_card(struct witness *witness, struct bytes key, struct bytes value, struct fault *fault)
{
	struct buffer row = {0}, note = {0};
	struct agreement *agreement = malloc(sizeof(*agreement));
	struct card *card = malloc(sizeof(*card));
	buffer_string(&row, "a");
	buffer_add(&row, bytes_of(key.data, key.size < SHA256_SIZE ? key.size : SHA256_SIZE));
	enum rule rule = agreement == NULL || card == NULL ? RULE_MEMORY
		: store_row_get(witness->store, buffer_bytes(&row), &note);
	if (rule == RULE_OK)
		rule = agreement_parse(agreement, buffer_bytes(&note), fault);
	if (rule == RULE_OK)
		rule = card_parse(card, value, fault);
	if (rule == RULE_OK)
		rule = take_card(witness, agreement, card, NULL);
	free(agreement);
	free(card);
	buffer_free(&row);
	buffer_free(&note);
	return rule == RULE_OK || rule == RULE_MEMORY ? rule : RULE_STORE_CORRUPT;
}

static enum rule load_newest(struct witness *witness, struct bytes key, struct bytes value, struct fault *fault)
{
	struct witness_log *log = witness_find(witness, key);
	enum rule rule = log == NULL ? RULE_STORE_CORRUPT : witness_take_newest(witness, log, value);
	(void)fault;
	return rule == RULE_OK || rule == RULE_MEMORY ? rule : RULE_STORE_CORRUPT;
}

enum rule witness_load(struct witness *witness, struct fault *fault)
{
	enum rule rule = each_row(witness, 'c', load_card, fault);
	if (rule == RULE_OK)
		rule = each_row(witness, 'w', load_newest, fault);
	return rule == RULE_OK ? RULE_OK : fault_bytes(fault, rule, 0, bytes_string(witness->path));
}

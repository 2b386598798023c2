#include "verify_terms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "brought.h"
#include "checkpoint.h"
#include "foreign.h"
#include "report.h"

struct reading {
	struct agreement agreement;
	struct terms_source source;
	struct buffer note, cards[AGREEMENT_PARTIES_MAX], mechanisms[AGREEMENT_MECHANISMS_MAX];
};

static enum rule read_named(int folder, const char *kind, struct bytes name, struct buffer *to,
	char where[LAYOUT_PATH_MAX])
{
	bool card = strcmp(kind, "cards") == 0;
	snprintf(where, LAYOUT_PATH_MAX, "%s/%.*s", kind, BYTES_SHOWN(name));
	return foreign_read(folder, where, card ? CARD_MAX : MECHANISM_MAX, to);
}

static enum rule read_all(struct reading *reading, int folder, struct fault *fault, char where[LAYOUT_PATH_MAX])
{
	const struct agreement *agreement = &reading->agreement;
	struct terms_source *source = &reading->source;
	snprintf(where, LAYOUT_PATH_MAX, "agreement");
	enum rule rule = foreign_read(folder, where, AGREEMENT_MAX, &reading->note);
	if (rule != RULE_OK)
		return fault_set(fault, rule, 0, "%s", "");
	source->agreement = buffer_bytes(&reading->note);
	rule = agreement_parse(&reading->agreement, source->agreement, fault);
	if (rule != RULE_OK)
		return rule;
	for (; source->card_count < agreement->party_count; source->card_count++) {
		struct buffer *card = &reading->cards[source->card_count];
		rule = read_named(folder, "cards", agreement->parties[source->card_count].name, card, where);
		if (rule != RULE_OK)
			return fault_set(fault, rule, 0, "%s", "");
		source->cards[source->card_count] = buffer_bytes(card);
	}
	for (; source->mechanism_count < agreement->mechanism_count; source->mechanism_count++) {
		struct buffer *file = &reading->mechanisms[source->mechanism_count];
		rule = read_named(folder, "mechanisms", agreement->mechanisms[source->mechanism_count].name, file,
			where);
		if (rule != RULE_OK)
			return fault_set(fault, rule, 0, "%s", "");
		source->mechanisms[source->mechanism_count] = buffer_bytes(file);
	}
	return RULE_OK;
}

/* terms_new() takes cards and mechanisms in any order; in a folder each has its place. */
static enum rule check_names(const struct reading *reading, const struct terms *terms, char where[LAYOUT_PATH_MAX])
{
	for (size_t i = 0; i < reading->source.card_count; i++)
		if (!bytes_equal(reading->source.cards[i], terms_card(terms, i)->note)) {
			snprintf(where, LAYOUT_PATH_MAX, "cards/%.*s", BYTES_SHOWN(terms_party(terms, i)));
			return RULE_RECORD_NAME;
		}
	for (size_t i = 0; i < reading->source.mechanism_count; i++)
		if (!bytes_equal(reading->source.mechanisms[i], terms_mechanism(terms, i)->file)) {
			snprintf(where, LAYOUT_PATH_MAX, "mechanisms/%.*s",
				BYTES_SHOWN(terms_mechanism(terms, i)->name));
			return RULE_RECORD_NAME;
		}
	return RULE_OK;
}

enum rule verify_read_terms(int folder, struct terms **terms, struct fault *fault, char where[LAYOUT_PATH_MAX])
{
	struct reading *reading = calloc(1, sizeof(*reading));
	if (reading == NULL)
		return fault_set(fault, RULE_MEMORY, 0, "%s", "");
	struct terms *made = NULL;
	enum rule rule = read_all(reading, folder, fault, where);
	if (rule == RULE_OK) {
		snprintf(where, LAYOUT_PATH_MAX, "agreement, cards and mechanisms");
		rule = terms_new(&made, &reading->source, fault);
	}
	if (rule == RULE_OK) {
		rule = check_names(reading, made, where);
		if (rule != RULE_OK)
			fault_set(fault, rule, 0, "%s", "");
	}
	if (rule == RULE_OK)
		*terms = made;
	else
		terms_free(made);
	buffer_free(&reading->note);
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		buffer_free(&reading->cards[i]);
	for (size_t i = 0; i < AGREEMENT_MECHANISMS_MAX; i++)
		buffer_free(&reading->mechanisms[i]);
	free(reading);
	return rule;
}

enum rule verify_load_terms(int folder, struct terms **terms, struct fault *fault)
{
	char where[LAYOUT_PATH_MAX];
	struct fault inner = {0};
	enum rule rule = verify_read_terms(folder, terms, &inner, where);
	if (rule != RULE_OK)
		fault_set(fault, rule, inner.line, "%s%s%s", where, inner.detail[0] == '\0' ? "" : ": ", inner.detail);
	return rule;
}

/* Those that a text lacks, in its order, until one is not there. */
static enum rule load_amended(int folder, struct texts *texts, size_t n, struct fault *fault,
	char where[LAYOUT_PATH_MAX])
{
	const struct agreement_hashed *lacking = texts_lacking(texts, n), *before = NULL;
	enum rule rule = RULE_OK;
	for (; rule == RULE_OK && lacking != NULL && lacking != before; lacking = texts_lacking(texts, n)) {
		struct buffer file = {0};
		uint8_t digest[SHA256_SIZE];
		before = lacking;
		layout_amended_path(where, lacking->digest);
		rule = foreign_read(folder, where, MECHANISM_MAX, &file);
		if (rule == RULE_OK) {
			sha256(buffer_bytes(&file), digest);
			rule = memcmp(digest, lacking->digest, SHA256_SIZE) != 0
				? fault_set(fault, RULE_RECORD_NAME, 0, "%s", "")
				: texts_hold(texts, buffer_bytes(&file), fault);
		}
		buffer_free(&file);
	}
	/* what is not there, or does not go together, is waited for */
	bool refused = rule == RULE_RECORD_NAME || (rule_is_system(rule) && rule != RULE_NOT_FOUND);
	return refused ? rule : RULE_OK;
}

enum rule verify_load_amended(int folder, struct texts *texts, struct fault *fault, char where[LAYOUT_PATH_MAX])
{
	enum rule rule = RULE_OK;
	for (size_t n = 1; n < texts_count(texts) && rule == RULE_OK; n++)
		rule = load_amended(folder, texts, n, fault, where);
	return rule;
}

static enum rule load_brought(int folder, struct cards *cards, size_t party)
{
	char path[LAYOUT_PATH_MAX];
	struct buffer text = {0};
	struct note note;
	struct checkpoint checkpoint;
	int log;
	layout_log_path(path, terms_party(cards_terms(cards), party), NULL);
	if (foreign_open(folder, path, &log) != RULE_OK)
		return RULE_OK; /* agreement, cards and mechanisms alone, or nothing of this log */
	enum rule rule = RULE_OK;
	if (foreign_read(log, "checkpoint", NOTE_MAX, &text) == RULE_OK &&
	    checkpoint_note_parse(&note, &checkpoint, buffer_bytes(&text)) == RULE_OK)
		rule = brought_read(cards, party, log, checkpoint.size);
	buffer_free(&text);
	close(log);
	return rule;
}

enum rule verify_load_cards(int folder, const struct terms *terms, struct cards **to)
{
	struct cards *cards = cards_new(terms);
	enum rule rule = cards == NULL ? RULE_MEMORY : RULE_OK;
	for (size_t i = 0; rule == RULE_OK && i < terms_party_count(terms); i++)
		rule = load_brought(folder, cards, i);
	if (rule == RULE_OK) {
		char where[LAYOUT_PATH_MAX];
		rule = verify_load_amended(folder, cards_texts(cards), NULL, where);
	}
	if (rule == RULE_OK)
		*to = cards;
	else
		cards_free(cards);
	return rule;
}

/* ---- whom it trusts ---- */

static bool vouched(const struct verify_options *options, struct bytes party, const uint8_t identity[ED25519_PUBLIC],
	enum rule *rule)
{
	bool good = false;
	for (size_t i = 0; options != NULL && i < options->trust_count; i++)
		if (bytes_equal(options->trust[i].party, party)) {
			good = card_fingerprint_is(identity, options->trust[i].digits);
			if (!good)
				*rule = RULE_RECORD_TRUST;
		}
	return good;
}

enum rule verify_trusts_one(struct bytes party, const uint8_t identity[ED25519_PUBLIC],
	const struct verify_options *options, struct verify_report *report)
{
	enum rule rule = RULE_OK;
	char digits[FINGERPRINT_SIZE];
	card_fingerprint(identity, digits);
	bool good = vouched(options, party, identity, &rule);
	if (good)
		STATE(&report->trusts, "{1}, fingerprint {2}, vouched for by whoever runs this", party, bytes_string(digits));
	else
		STATE(&report->trusts, "{1}, fingerprint {2}, found beside what was verified, vouched for by nobody", party,
			bytes_string(digits));
	return rule == RULE_OK ? RULE_OK : REFUSE(report, rule, "{1}, fingerprint {2}", party, bytes_string(digits));
}

enum rule verify_trusts(const struct terms *terms, const struct verify_options *options, struct verify_report *report)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; options != NULL && i < options->trust_count; i++)
		if (terms_party_find(terms, options->trust[i].party) == terms_party_count(terms))
			return REFUSE(report, RULE_RECORD_TRUST, "{1} is no party here", options->trust[i].party);
	for (size_t i = 0; i < terms_party_count(terms) && rule == RULE_OK; i++) {
		const struct card *card = terms_card(terms, i);
		rule = verify_trusts_one(card->party, card->identity, options, report);
	}
	return rule;
}

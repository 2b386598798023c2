/*
 * amend: amendments of an agreement in force, as far as they are not entries. Arguments:
 *
 *   agree-text   entry (of the form agreement/propose or agreement/sign; without it the text that governs), agreement
 *   agree-sign, agree-adopt   as in setup.c, of a text with a predecessor: its mechanism files are kept
 */
#include <stdlib.h>

#include "command.h"

/* The agreement that a text amends, of those in force here. */
static struct relation *amended(struct keeper *keeper, const struct agreement *agreement)
{
	for (size_t i = 0; i < keeper->relation_count; i++) {
		const struct texts *texts = cards_texts(keeper->relations[i].pact->cards);
		if (texts_find(texts, agreement->predecessor) < texts_count(texts))
			return &keeper->relations[i];
	}
	return NULL;
}

enum rule amend_take(struct keeper *keeper, struct command *command, const struct agreement *agreement,
	struct fault *fault)
{
	struct relation *relation = amended(keeper, agreement);
	struct terms_source source = {.mechanism_count = 0};
	if (relation == NULL)
		return fault_bytes(fault, RULE_SETUP_AMENDMENT, 0, agreement->title);
	setup_gather_mechanisms(command, agreement, &source);
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < source.mechanism_count && rule == RULE_OK; i++)
		rule = pact_keep_file(keeper->store, source.mechanisms[i]);
	if (rule == RULE_OK)
		rule = pact_try_text(relation->pact, command_argument(command, "agreement"), fault);
	/* what waited for its files goes on in this turn */
	return rule == RULE_OK ? pact_find_files(relation->pact) : rule;
}

/* The text that an entry brings, or the signature under it. */
static enum rule text_of_entry(struct pact *pact, struct bytes place, struct buffer *text)
{
	struct entry *entry = malloc(sizeof(*entry));
	struct buffer note = {0};
	size_t party;
	uint64_t index;
	enum rule rule = entry == NULL ? RULE_MEMORY : read_place(pact, place, &party, &index);
	if (rule == RULE_OK)
		rule = ledger_entry(&pact->logs[party].ledger, index, &note);
	if (rule == RULE_OK)
		rule = entry_parse(entry, buffer_bytes(&note), NULL);
	struct bytes value = rule == RULE_OK ? entry_field(entry, SIGN_FIELD) : (struct bytes){0};
	bool brings = value.data != NULL && bytes_start(entry->form, BYTES("agreement/"));
	if (rule == RULE_OK)
		rule = brings ? line_unescape(text, value) : RULE_READ_NO_TEXT;
	free(entry);
	buffer_free(&note);
	return rule == RULE_OK ? text->rule : rule;
}

void command_agree_text(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	struct bytes place = command_argument(command, "entry");
	struct buffer text = {0};
	if (relation == NULL)
		return;
	enum rule rule = RULE_OK;
	if (place.data != NULL)
		rule = text_of_entry(relation->pact, place, &text);
	else
		buffer_add(&text, pact_text(relation->pact)->note);
	if (rule == RULE_OK)
		rule = text.rule;
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(&text));
		command_done(keeper, command, 0);
	} else {
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, place);
		command_refuse(keeper, command, "agree text", &fault, NULL);
	}
	buffer_free(&text);
}

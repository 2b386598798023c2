/*
 * successor: an agreement in the place of another, with parties or logs of its own (docs/spec/agreement, section
 * Successors). Both stay in force here: what is open under the old one is finished there.
 */
#include "command.h"
#include "words.h"

const struct relation *successor_of(const struct keeper *keeper, const struct pact *pact, size_t n)
{
	const uint8_t *first = terms_agreement(pact->terms)->digest;
	for (size_t r = 0; r < keeper->relation_count; r++) {
		const struct agreement *agreement = terms_agreement(keeper->relations[r].pact->terms);
		if (agreement->has_succeeds && memcmp(agreement->succeeds, first, SHA256_SIZE) == 0 && n-- == 0)
			return &keeper->relations[r];
	}
	return NULL;
}

enum rule successor_check(const struct keeper *keeper, const struct agreement *agreement, struct fault *fault)
{
	for (size_t r = 0; agreement->has_succeeds && r < keeper->relation_count; r++) {
		const struct pact *pact = keeper->relations[r].pact;
		const struct texts *texts = cards_texts(pact->cards);
		size_t text = texts_find(texts, agreement->succeeds);
		if (text != 0 && text < texts_count(texts))
			return FAULT(fault, RULE_SETUP_SUCCEEDS, 0, "agreement {1}", bytes_string(pact->label));
		if (text == 0 && terms_agreement(pact->terms)->drill != agreement->drill)
			return FAULT(fault, RULE_SETUP_SUCCEEDS_MODE, 0, "agreement {1}", bytes_string(pact->label));
	}
	return RULE_OK;
}

/* Whether all that an entry is for are parties of an agreement. */
static bool holds_all(const struct pact *pact, const struct entry *draft)
{
	bool all = true;
	for (size_t i = 0; i < draft->to_count; i++)
		all = all && terms_party_find(pact->terms, name_party(draft->to[i])) < pact->parties;
	return all;
}

/* What is of the agreement itself is said in its own logs: keys, texts, leaving; and what it asks for in each period. */
static bool is_of_itself(const struct form *form)
{
	return bytes_start(form->name, BYTES("party/")) || bytes_start(form->name, BYTES("agreement/")) ||
		form->every.size != 0;
}

enum rule successor_opens(const struct keeper *keeper, const struct pact *pact, const struct entry *draft,
	const struct form *form, struct fault *fault)
{
	const struct relation *successor;
	if (!draft->opens || is_of_itself(form))
		return RULE_OK;
	for (size_t n = 0; (successor = successor_of(keeper, pact, n)) != NULL; n++)
		if (holds_all(successor->pact, draft))
			return fault_set(fault, RULE_WRITE_SUCCEEDED, 0, "--agreement %s", successor->pact->label);
	return RULE_OK;
}

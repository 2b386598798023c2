#include "pact.h"

#define BOOKS_PART 16 /* of the limit, the share that desks leave to bookkeeping */

uint64_t pact_limit(const struct pact *pact)
{
	return agreement_limit(terms_agreement(pact_terms(pact)), "log", LOG_MAX_DEFAULT);
}

static uint64_t room_below(const struct pact *pact, size_t party, uint64_t most)
{
	uint64_t bytes = pact->logs[party].ledger.bytes;
	return bytes < most ? most - bytes : 0;
}

uint64_t pact_room(const struct pact *pact, size_t party)
{
	return room_below(pact, party, pact_limit(pact));
}

uint64_t pact_room_for_words(const struct pact *pact, size_t party)
{
	uint64_t most = pact_limit(pact);
	return room_below(pact, party, most - most / BOOKS_PART);
}

/*
 * foresee: what an entry will come to, said before it is sent: whom it obliges to what and by when, which positions it
 * changes, what it answers. The kernel is asked, with nothing changed.
 */
#ifndef FORESEE_H
#define FORESEE_H

#include "pact.h"

/*
 * Appends lines of text, none for an entry that changes nothing. The draft has form, matter, `re`, `to`, `seen`, `at` and
 * its open fields; it is the next entry of the own log. RULE_FORESEE_* where it would be without effect, or harm its
 * writer; a system rule.
 */
enum rule foresee(const struct pact *pact, const struct entry *draft, struct buffer *to, struct fault *fault);

#endif

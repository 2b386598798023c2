/*
 * line_test: what the record says of the tests of the line (docs/spec/bookkeeping, section Line tests). Both ends of a
 * direction compute the same from the same cut: from the tests in the sender's log, and from what the receiver's log says
 * that it stored.
 */
#ifndef LINE_TEST_H
#define LINE_TEST_H

#include "pact.h"
#include "status_view.h"

/* Seconds between two tests; 0: the agreement has none. */
uint64_t line_test_clock(const struct pact *pact);
/* Marks what a valid entry says of them. */
enum rule line_test_mark(struct pact *pact, const struct entry *entry, const struct store_mark *place);
/* When a party sent its last test to another; 0: never. */
enum rule line_test_last(struct pact *pact, size_t from, size_t to, int64_t *at);
enum rule line_test_count(struct pact *pact, size_t from, size_t to, struct status_tests *tests);
/* Is it a test that a node wrote, and nobody? */
bool line_test_by_node(const struct pact *pact, const struct entry *entry);

#endif

/*
 * receipt: the steps of verify_receipt() that an opened entry's verification shares. Private to record.
 */
#ifndef RECEIPT_H
#define RECEIPT_H

#include "judge.h"
#include "report.h"

struct receipt {
	struct judge_prepared prepared; /* of the entry: parsed, its signature verified */
	struct tlog_proof proof;
	struct checkpoint checkpoint;
	size_t party;                   /* whose log it is */
};

/* What is refused goes to the report; the rule is returned. */
enum rule receipt_verify(struct receipt *receipt, const struct cards *cards, struct bytes entry, struct bytes file,
	struct verify_report *report);

#endif

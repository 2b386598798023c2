/*
 * verify_log: one log of an exported record, but for its entries: policy, checkpoint, `beyond`, tiles. Private to
 * record.
 */
#ifndef VERIFY_LOG_H
#define VERIFY_LOG_H

#include "beyond.h"
#include "cards.h"
#include "checkpoint.h"
#include "proved.h"
#include "report.h"

struct verify_log {
	int folder;           /* logs/PARTY; -1: not open */
	struct bytes party;
	bool has_checkpoint;  /* else nothing of it is shown */
	struct buffer note;
	struct checkpoint checkpoint; /* views into `note` */
	int64_t stored[AGREEMENT_PARTIES_MAX]; /* by party: the time of its cosignature */
	/* the witnesses of the text that governs: the time of each one's cosignature; 0: none */
	const struct agreement *text;
	int64_t seen[AGREEMENT_WITNESSES_MAX];
	struct beyond beyond;
	struct proved proved;
};

/*
 * Checkpoint and `beyond`, and takes the cards that its entries bring. Whatever is refused goes to the report; the rule
 * is returned. The caller zeroes `log`, with folder -1, and calls verify_log_close(), whatever is returned.
 */
enum rule verify_log_open(struct verify_log *log, int record, struct cards *cards, size_t party,
	struct verify_report *report);
/* Policy, and the checkpoint's signatures by it; the cards of every log are taken. */
enum rule verify_log_policy(struct verify_log *log, const struct cards *cards, size_t party,
	struct verify_report *report);
/* The tiles against the checkpoint. */
enum rule verify_log_tiles(struct verify_log *log, struct verify_report *report);
void verify_log_close(struct verify_log *log);

#endif

/*
 * judging: every entry of an exported record, judged in an order that lets each find what it names. Private to record.
 *
 * The logs take turns: each goes on until its next entry waits for another log, and it ends when none goes on. Of an
 * entry that was judged, 24 bytes stay.
 */
#ifndef JUDGING_H
#define JUDGING_H

#include "kernel.h"
#include "layout.h"
#include "pipeline.h"
#include "report.h"

/* What became of one log. */
struct judging_log {
	uint64_t size, judged, valid; /* entries; size - judged of them wait */
	enum rule waits;              /* with judged < size: for what the first of them waits */
};

struct judging {
	const struct cards *cards; /* with those that the entries bring, as brought_read() found them */
	const struct proved *proved[AGREEMENT_PARTIES_MAX];
	struct layout_attachments *attachments; /* those that entries name are marked */
	unsigned threads;
	struct kernel *kernel; /* NULL, or: valid entries are added to it */
	struct judging_log logs[AGREEMENT_PARTIES_MAX];
};

/*
 * Judges all. Void entries go to report->not_proved; a file that is refused to the report's verdict, which is returned,
 * as is a system rule.
 */
enum rule judging_run(struct judging *judging, struct verify_report *report);

#endif

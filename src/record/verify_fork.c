#include "verify_fork.h"

#include <inttypes.h>
#include <stdio.h>

#include "text.h"
#include "verify_terms.h"

static void state_root(struct verify_report *report, const struct fork_proved *proved, uint64_t size,
	const uint8_t root[SHA256_SIZE], const char *how)
{
	struct buffer base64 = {0};
	text_base64(&base64, bytes_of(root, SHA256_SIZE), true);
	statements_add(&report->proved,
		"%.*s signed that the first %" PRIu64 " entries of its log %.*s have the root %.*s%s",
		BYTES_SHOWN(proved->party), size, BYTES_SHOWN(proved->older.origin), BYTES_SHOWN(base64), how);
	buffer_free(&base64);
}

static void state_fork(struct verify_report *report, const struct fork *fork, const struct fork_proved *proved)
{
	char newer[80] = "";
	statements_add(&report->proved, "%.*s signed two histories of its log with its %slog key: it forked",
		BYTES_SHOWN(proved->party), proved->set == CARD_DRILL ? "drill " : "");
	state_root(report, proved, proved->older.size, proved->older.root, "");
	if (fork->sizes_differ)
		snprintf(newer, sizeof(newer), ", by a checkpoint of %" PRIu64 " entries", proved->newer.size);
	state_root(report, proved, proved->older.size, fork->sizes_differ ? fork->root.bytes : proved->newer.root,
		newer);
}

static void state_limits(struct verify_report *report)
{
	statements_add(&report->not_proved, "which of the two came first, and which of them others hold");
	statements_add(&report->not_proved,
		"that it was meant: a home that goes on from an old copy, or a stolen log key, does the same");
	statements_add(&report->not_proved, "who holds the key: that rests on the fingerprint of the card");
}

static enum rule check_trust(const struct fork_proved *proved, const struct verify_options *options,
	struct verify_report *report)
{
	for (size_t i = 0; options != NULL && i < options->trust_count; i++)
		if (!bytes_equal(options->trust[i].party, proved->party))
			return report_refuse(report, RULE_RECORD_TRUST, NULL, "%.*s is no party here",
				BYTES_SHOWN(options->trust[i].party));
	return verify_trusts_one(proved->party, proved->identity, options, report);
}

enum rule verify_fork_read(struct bytes bytes, struct fork_proved *proved, struct verify_report *report,
	const char *where)
{
	struct fault fault = {0};
	struct fork fork;
	enum rule rule = fork_parse(&fork, bytes, &fault);
	if (rule == RULE_OK)
		rule = fork_verify(&fork, proved, &fault);
	if (rule != RULE_OK)
		return report_refuse(report, rule, &fault, "%s", where);
	report->signatures += 2 + fork.card_count;
	state_fork(report, &fork, proved);
	return RULE_OK;
}

void verify_fork(struct bytes bytes, const struct verify_options *options, struct verify_report *report)
{
	struct fork_proved proved;
	if (verify_fork_read(bytes, &proved, report, "fork") != RULE_OK)
		return;
	if (check_trust(&proved, options, report) == RULE_OK)
		state_limits(report);
}

#include "verify_fork.h"

#include "text.h"
#include "verify_terms.h"

static void state_root(struct verify_report *report, const struct fork_proved *proved, uint64_t size,
	const uint8_t root[SHA256_SIZE], bool by_newer)
{
	struct buffer base64 = {0};
	text_base64(&base64, bytes_of(root, SHA256_SIZE), true);
	if (by_newer)
		STATE(&report->proved, "{1} signed that the first {2} entries of its log {3} have the root {4}, by a "
			"checkpoint of {5} entries", proved->party, NUMBER(size), proved->older.origin,
			buffer_bytes(&base64), NUMBER(proved->newer.size));
	else
		STATE(&report->proved, "{1} signed that the first {2} entries of its log {3} have the root {4}",
			proved->party, NUMBER(size), proved->older.origin, buffer_bytes(&base64));
	buffer_free(&base64);
}

static void state_fork(struct verify_report *report, const struct fork *fork, const struct fork_proved *proved)
{
	if (proved->set == CARD_DRILL)
		STATE(&report->proved, "{1} signed two histories of its log with its drill log key: it forked", proved->party);
	else
		STATE(&report->proved, "{1} signed two histories of its log with its log key: it forked", proved->party);
	state_root(report, proved, proved->older.size, proved->older.root, false);
	state_root(report, proved, proved->older.size, fork->sizes_differ ? fork->root.bytes : proved->newer.root,
		fork->sizes_differ);
}

static void state_limits(struct verify_report *report)
{
	static const char *const limits[] = {
		W("which of the two came first, and which of them others hold"),
		W("that it was meant: a home that goes on from an old copy, or a stolen log key, does the same"),
		W("who holds the key: that rests on the fingerprint of the card")};
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		statements_add(&report->not_proved, limits[i], NULL, 0);
}

static enum rule check_trust(const struct fork_proved *proved, const struct verify_options *options,
	struct verify_report *report)
{
	for (size_t i = 0; options != NULL && i < options->trust_count; i++)
		if (!bytes_equal(options->trust[i].party, proved->party))
			return REFUSE(report, RULE_RECORD_TRUST, "{1} is no party here", options->trust[i].party);
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

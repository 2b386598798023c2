#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "foreign.h"
#include "judging.h"
#include "layout.h"
#include "text.h"
#include "verify_fork.h"
#include "verify_log.h"
#include "verify_terms.h"

struct verification {
	int folder;
	const struct verify_options *options;
	struct verify_report *report;
	struct terms *terms;
	struct cards *cards;
	size_t count; /* of parties, each with its log */
	struct verify_log logs[AGREEMENT_PARTIES_MAX];
	struct layout_attachments attachments;
	struct judging judging;
};

static enum rule load_terms(struct verification *verification)
{
	char where[LAYOUT_PATH_MAX];
	struct fault fault = {0};
	enum rule rule = verify_read_terms(verification->folder, &verification->terms, &fault, where);
	if (rule != RULE_OK)
		return report_refuse(verification->report, rule, &fault, "%s", where);
	verification->count = terms_party_count(verification->terms);
	verification->cards = cards_new(verification->terms);
	if (verification->cards == NULL)
		return RULE_MEMORY;
	/* each card's own, and each party's on the agreement */
	verification->report->signatures += 2 * verification->count;
	return verify_trusts(verification->terms, verification->options, verification->report);
}

/* The logs but for their entries, and then that nothing else lies in the folder. */
static enum rule open_logs(struct verification *verification)
{
	struct layout layout = {.agreement = terms_agreement(verification->terms),
		.texts = cards_texts(verification->cards)};
	char where[LAYOUT_PATH_MAX];
	for (size_t i = 0; i < verification->count; i++) {
		struct verify_log *log = &verification->logs[i];
		enum rule rule =
			verify_log_open(log, verification->folder, verification->cards, i, verification->report);
		if (rule != RULE_OK)
			return rule;
		layout.logs[i].checkpoint = log->has_checkpoint;
		layout.logs[i].size = log->checkpoint.size;
	}
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < verification->count && rule == RULE_OK; i++)
		rule = verify_log_policy(&verification->logs[i], verification->cards, i, verification->report);
	if (rule != RULE_OK)
		return rule;
	rule = layout_check(verification->folder, &layout, &verification->attachments, where);
	if (rule != RULE_OK)
		return report_refuse(verification->report, rule, NULL, "%s", where);
	struct fault fault = {0};
	rule = verify_load_amended(verification->folder, cards_texts(verification->cards), &fault, where);
	if (rule != RULE_OK)
		return report_refuse(verification->report, rule, &fault, "%s", where);
	for (size_t i = 0; i < verification->count && rule == RULE_OK; i++)
		rule = verify_log_tiles(&verification->logs[i], verification->report);
	return rule;
}

static enum rule refuse_attachment(struct verification *verification, enum rule rule, const uint8_t digest[SHA256_SIZE])
{
	struct buffer hex = {0};
	text_hex(&hex, bytes_of(digest, SHA256_SIZE));
	report_refuse(verification->report, rule, NULL, "attachments/%.*s", BYTES_SHOWN(hex));
	buffer_free(&hex);
	return rule;
}

/* The text that governs what has seen all of these logs. */
static size_t governing(const struct verification *verification)
{
	uint64_t all[AGREEMENT_PARTIES_MAX] = {0};
	for (size_t i = 0; i < verification->count; i++)
		all[i] = verification->logs[i].checkpoint.size;
	return texts_governing(cards_texts(verification->cards), all);
}

/* Each attachment is what its name says. */
static enum rule digest_attachments(struct verification *verification)
{
	uint64_t max = texts_limit(cards_texts(verification->cards), governing(verification), "attachment",
		ATTACHMENT_MAX_DEFAULT);
	for (size_t i = 0; i < verification->attachments.count; i++) {
		struct layout_attachment *attachment = &verification->attachments.list[i];
		struct buffer path = {0};
		struct foreign_digest found;
		buffer_string(&path, "attachments/");
		text_hex(&path, bytes_of(attachment->digest, SHA256_SIZE));
		buffer_u8(&path, 0);
		enum rule rule = path.rule;
		if (rule == RULE_OK)
			rule = foreign_digest(verification->folder, (const char *)path.data, max, &found);
		if (rule == RULE_OK && memcmp(found.digest, attachment->digest, SHA256_SIZE) != 0)
			rule = RULE_RECORD_ATTACHMENT;
		buffer_free(&path);
		if (rule != RULE_OK)
			return refuse_attachment(verification, rule, attachment->digest);
		attachment->size = found.size;
	}
	return RULE_OK;
}

/* Whether some card of a party's in this record is of that identity. */
static bool had_identity(const struct verification *verification, size_t party, const uint8_t identity[ED25519_PUBLIC])
{
	for (size_t n = 0; n < cards_count(verification->cards, party); n++)
		if (memcmp(cards_nth(verification->cards, party, n)->card.identity, identity, ED25519_PUBLIC) == 0)
			return true;
	return false;
}

/* The evidence against a party that forked its log under this agreement, where there is any. */
static enum rule check_fork(struct verification *verification, size_t party)
{
	struct verify_report *report = verification->report;
	const struct card *card = terms_card(verification->terms, party);
	char path[LAYOUT_PATH_MAX];
	struct buffer evidence = {0};
	struct fork_proved proved;
	layout_fork_path(path, card->party);
	enum rule rule = foreign_read(verification->folder, path, FORK_MAX, &evidence);
	if (rule == RULE_RECORD_MISSING) {
		rule = RULE_OK;
	} else if (rule != RULE_OK) {
		report_refuse(report, rule, NULL, "%s", path);
	} else if ((rule = verify_fork_read(buffer_bytes(&evidence), &proved, report, path)) == RULE_OK) {
		if ((proved.set == CARD_DRILL) != terms_agreement(verification->terms)->drill)
			rule = report_refuse(report, RULE_DRILL_APART, NULL, "%s", path);
		else if (!bytes_is(proved.older.origin, terms_origin(verification->terms, party)))
			rule = report_refuse(report, RULE_FORK_LOG, NULL, "%s", path);
		else if (!had_identity(verification, party, proved.identity))
			rule = report_refuse(report, RULE_FORK_CARD, NULL, "%s", path);
	}
	buffer_free(&evidence);
	return rule;
}

static enum rule check_forks(struct verification *verification)
{
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < verification->count && rule == RULE_OK; i++)
		rule = check_fork(verification, i);
	return rule;
}

/* What the record comes to, as text, and the digest of it. */
static enum rule write_state(struct judging *judging, const struct verify_options *options)
{
	uint64_t sizes[AGREEMENT_PARTIES_MAX] = {0};
	uint8_t digest[SHA256_SIZE];
	for (size_t i = 0; i < kernel_parties(judging->kernel); i++)
		sizes[i] = judging->logs[i].judged;
	enum rule rule = kernel_save(judging->kernel, sizes);
	if (rule == RULE_OK)
		rule = kernel_write(options->state, judging->kernel, options->state_at);
	kernel_digest(judging->kernel, digest);
	buffer_string(options->state, "digest ");
	text_hex(options->state, bytes_of(digest, sizeof(digest)));
	buffer_string(options->state, "\n");
	return rule == RULE_OK ? options->state->rule : rule;
}

static enum rule judge(struct verification *verification)
{
	struct judging *judging = &verification->judging;
	judging->cards = verification->cards;
	judging->attachments = &verification->attachments;
	for (size_t i = 0; i < verification->count; i++)
		judging->proved[i] = &verification->logs[i].proved;
	judging->threads = verification->options == NULL ? 0 : verification->options->threads;
	if (judging->threads == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);
		judging->threads = cores < 1 ? 1 : (unsigned)cores;
	}
	const struct verify_options *options = verification->options;
	struct rows_memory *memory = NULL;
	struct rows rows;
	enum rule rule = RULE_OK;
	if (options != NULL && options->state != NULL) {
		memory = rows_memory_new();
		rows = rows_in_memory(memory);
		rule = memory == NULL ? RULE_MEMORY : kernel_new(&judging->kernel, judging->cards, &rows);
	}
	if (rule == RULE_OK)
		rule = judging_run(judging, verification->report);
	if (rule == RULE_OK && judging->kernel != NULL)
		rule = write_state(judging, options);
	kernel_free(judging->kernel);
	judging->kernel = NULL;
	rows_memory_free(memory);
	for (size_t i = 0; rule == RULE_OK && i < verification->attachments.count; i++)
		if (!verification->attachments.list[i].named)
			rule = refuse_attachment(verification, RULE_RECORD_ATTACHMENT,
				verification->attachments.list[i].digest);
	return rule;
}

/* ---- what was found ---- */

static void state_agreement(const struct verification *verification)
{
	const struct agreement *agreement = terms_agreement(verification->terms);
	struct buffer digest = {0};
	text_hex(&digest, bytes_of(agreement->digest, SHA256_SIZE));
	struct statements *proved = &verification->report->proved;
	if (agreement->drill)
		STATE(proved, "the drill agreement \"{1}\" (SHA-256 {2}) is signed by every party, and each card by its party",
			agreement->title, buffer_bytes(&digest));
	else
		STATE(proved, "the agreement \"{1}\" (SHA-256 {2}) is signed by every party, and each card by its party",
			agreement->title, buffer_bytes(&digest));
	buffer_free(&digest);
}

/* What it takes the place of: that record is verified by itself. */
static void state_succeeds(const struct verification *verification)
{
	const struct agreement *agreement = terms_agreement(verification->terms);
	struct buffer digest = {0};
	if (!agreement->has_succeeds)
		return;
	text_hex(&digest, bytes_of(agreement->succeeds, SHA256_SIZE));
	STATE(&verification->report->proved, "it says that it succeeds the agreement with the first text SHA-256 {1}",
		buffer_bytes(&digest));
	buffer_free(&digest);
}

/* Amendments that every party has signed, as far as the logs go. */
static void state_amendments(const struct verification *verification)
{
	size_t amended = governing(verification);
	if (amended == 0)
		return;
	const struct agreement *agreement = texts_agreement(cards_texts(verification->cards), amended);
	struct buffer digest = {0};
	text_hex(&digest, bytes_of(agreement->digest, SHA256_SIZE));
	STATE(&verification->report->proved,
		"it was amended: \"{1}\" (SHA-256 {2}) is signed by every party's identity, and governs what knows of that",
		agreement->title, buffer_bytes(&digest));
	buffer_free(&digest);
}

/* Each identity that a party had after the agreement's card, and which entry brought it. */
static void state_identities(const struct verification *verification, size_t party)
{
	for (size_t n = 1; n < cards_count(verification->cards, party); n++) {
		const struct party_card *card = cards_nth(verification->cards, party, n);
		const struct card *before = &cards_nth(verification->cards, party, n - 1)->card;
		char digits[FINGERPRINT_SIZE];
		if (memcmp(card->card.identity, before->identity, ED25519_PUBLIC) == 0)
			continue;
		card_fingerprint(card->card.identity, digits);
		STATE(&verification->report->proved,
			"{1} has another identity from {2}/{3} on, fingerprint {4}: its card is signed by both",
			card->card.party, card->card.party, NUMBER(card->from), bytes_string(digits));
	}
}

static void state_log(const struct verification *verification, size_t party)
{
	const struct verify_log *log = &verification->logs[party];
	const struct judging_log *judged = &verification->judging.logs[party];
	struct verify_report *report = verification->report;
	if (!log->has_checkpoint) {
		STATE(&report->not_proved, "anything of {1}'s log: no checkpoint of it is shown", log->party);
		return;
	}
	struct buffer root = {0};
	text_base64(&root, bytes_of(log->checkpoint.root, SHA256_SIZE), true);
	STATE(&report->proved, "{1}'s log is these {2} entries in this order (root {3}), signed by it", log->party,
		NUMBER(log->checkpoint.size), buffer_bytes(&root));
	buffer_free(&root);
	for (size_t i = 0; i < verification->count; i++) {
		char time[UTC_SIZE + 1];
		utc_format(log->stored[i], time);
		if (i != party)
			STATE(&report->proved, "{1} stored {2}'s log as far as that by {3}", verification->logs[i].party,
				log->party, bytes_string(time));
	}
	for (size_t i = 0; i < log->text->witness_count; i++)
		if (log->seen[i] != 0)
			STATE(&report->proved, "{1}, a neutral witness, saw {2}'s log as far as that by {3}",
				log->text->witnesses[i].name, log->party, MOMENT(log->seen[i]));
	if (judged->valid > 0)
		STATE(&report->proved, "{1} entries of {2}'s log are each signed by a desk of its own and count",
			NUMBER(judged->valid), log->party);
	if (judged->judged < judged->size)
		STATE(&report->not_proved,
			"{1} entries of {2}'s log, from {3}/{4} on, wait for what the record lacks: {5} [{6}]",
			NUMBER(judged->size - judged->judged), log->party, log->party, NUMBER(judged->judged),
			bytes_string(rule_sentence(judged->waits)), bytes_string(rule_name(judged->waits)));
	for (size_t i = 0; i < verification->count; i++)
		if (log->beyond.sizes[i] != 0)
			STATE(&report->not_proved, "{1} is known to hold {2} more entries of {3}'s log",
				verification->logs[i].party, NUMBER(log->beyond.sizes[i] - log->checkpoint.size),
				log->party);
}

static enum rule state_all(const struct verification *verification)
{
	struct verify_report *report = verification->report;
	state_agreement(verification);
	state_succeeds(verification);
	state_amendments(verification);
	for (size_t i = 0; i < verification->count; i++)
		state_log(verification, i);
	for (size_t i = 0; i < verification->count; i++)
		state_identities(verification, i);
	if (verification->attachments.count > 0)
		STATE(&report->proved, "{1} attachments are those that entries name", NUMBER(verification->attachments.count));
	return report_limits(report);
}

static enum rule verify_all(struct verification *verification)
{
	enum rule rule = load_terms(verification);
	if (rule == RULE_OK)
		rule = open_logs(verification);
	if (rule == RULE_OK)
		rule = digest_attachments(verification);
	if (rule == RULE_OK)
		rule = judge(verification);
	if (rule == RULE_OK)
		rule = state_all(verification);
	if (rule == RULE_OK)
		rule = check_forks(verification);
	return rule;
}

enum rule verify_record(int folder, const struct verify_options *options, struct verify_report *report)
{
	struct verification *verification = calloc(1, sizeof(*verification));
	if (verification == NULL)
		return RULE_MEMORY;
	verification->folder = folder;
	verification->options = options;
	verification->report = report;
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		verification->logs[i].folder = -1;

	enum rule rule = verify_all(verification);
	for (size_t i = 0; i < AGREEMENT_PARTIES_MAX; i++)
		verify_log_close(&verification->logs[i]);
	free(verification->attachments.list);
	cards_free(verification->cards);
	terms_free(verification->terms);
	free(verification);
	return rule_is_system(rule) ? rule : RULE_OK;
}

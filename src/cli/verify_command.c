/*
 * verify_command: verify, which needs no keeper and no secret.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "input.h"
#include "output.h"
#include "sandbox.h"
#include "sizes.h"
#include "verify.h"
#include "utc.h"

#define VERIFY_FILE_MAX PUBLISHED_MAX
#define VERIFY_TRUST_MAX AGREEMENT_PARTIES_MAX

/* What the command was given: at most one record, and files told apart by how they begin. */
struct verifying {
	int folder;
	struct buffer opened, published, receipt, entry, fork;
	struct verify_trust trust[VERIFY_TRUST_MAX];
	struct verify_options options;
	struct buffer state; /* that the record comes to, where it was asked for */
};

static int take_file(struct verifying *verifying, const char *path)
{
	struct buffer text = {0};
	enum rule rule = input_read(&text, path, VERIFY_FILE_MAX);
	struct buffer *to = bytes_start(buffer_bytes(&text), BYTES("detente opened v1\n")) ? &verifying->opened
		: bytes_start(buffer_bytes(&text), BYTES("c2sp.org/tlog-proof@v1\n")) ? &verifying->receipt
		: bytes_start(buffer_bytes(&text), BYTES("detente entry v1\n")) ? &verifying->entry
		: bytes_start(buffer_bytes(&text), BYTES("detente published v1\n")) ? &verifying->published
		: bytes_start(buffer_bytes(&text), BYTES("detente fork v1\n")) ? &verifying->fork : NULL;
	if (rule == RULE_OK && to != NULL && to->size == 0) {
		*to = text;
		return DONE;
	}
	buffer_free(&text);
	if (rule != RULE_OK)
		return say_rule(path, rule, "");
	return to == NULL ? SAY(WRONG_USE, "verify: {1} is no record, receipt, entry, opened entry, published file or fork", bytes_string(path))
		: SAY(WRONG_USE, "verify: {1}: one of its kind at a time", bytes_string(path));
}

static int take_operand(struct verifying *verifying, const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return say_rule(path, rule_of_errno(errno), "");
	if (!S_ISDIR(status.st_mode))
		return take_file(verifying, path);
	if (verifying->folder >= 0)
		return SAY(WRONG_USE, "verify: {1}: one record at a time", bytes_string(path));
	verifying->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return verifying->folder >= 0 ? DONE : say_rule(path, rule_of_errno(errno), "");
}

static int take_trust(const struct call *call, struct verifying *verifying)
{
	const char *text;
	for (int n = 0; (text = call_option_at(call, "trust", n)) != NULL; n++) {
		const char *equals = strchr(text, '=');
		if (equals == NULL || n == VERIFY_TRUST_MAX)
			return CALL_WRONG_USE(call, "--trust takes PARTY=DIGITS, not '{1}'", bytes_string(text));
		verifying->trust[n] =
			(struct verify_trust){bytes_of(text, (size_t)(equals - text)), bytes_string(equals + 1)};
		verifying->options.trust_count++;
	}
	verifying->options.trust = verifying->trust;
	return DONE;
}

static void show_progress(void *context, uint64_t done, uint64_t total)
{
	(void)context;
	struct buffer text = {0};
	WORDS(&text, "verifying: {1} of {2} entries", NUMBER(done), NUMBER(total));
	fprintf(stderr, "\r%.*s", BYTES_SHOWN(text));
	buffer_free(&text);
}

static enum rule run(struct verifying *verifying, struct verify_report *report, struct fault *fault)
{
	struct terms *terms = NULL;
	struct cards *cards = NULL;
	if (verifying->opened.size == 0 && verifying->receipt.size == 0)
		return verify_record(verifying->folder, &verifying->options, report);
	enum rule rule = verify_load_terms(verifying->folder, &terms, fault);
	if (rule != RULE_OK)
		return rule;
	rule = verify_load_cards(verifying->folder, terms, &cards);
	if (rule == RULE_OK)
		rule = verify_trusts(terms, &verifying->options, report);
	if (rule == RULE_OK && verifying->opened.size != 0)
		verify_opened(cards, buffer_bytes(&verifying->opened), report);
	else if (rule == RULE_OK)
		verify_receipt(cards, buffer_bytes(&verifying->entry), buffer_bytes(&verifying->receipt), report);
	cards_free(cards);
	terms_free(terms);
	return rule_is_system(rule) ? rule : RULE_OK;
}

/* The report; of a record that is proved, the state that was asked for instead. */
static int print_report(const struct call *call, const struct verifying *verifying, const struct verify_report *report)
{
	struct buffer out = {0};
	bool plain = call_option(call, "json") != NULL || verifying->state.size != 0;
	if (report->verdict == RULE_OK && verifying->state.size != 0)
		buffer_add(&out, buffer_bytes(&verifying->state));
	else if (call_option(call, "json") != NULL)
		verify_print_json(&out, report);
	else
		verify_print_text(&out, report);
	if (!plain)
		words_review(&out);
	fwrite(out.data, 1, out.size, stdout);
	buffer_free(&out);
	return report->verdict == RULE_OK ? DONE : REFUSED;
}

static int check_operands(const struct call *call, struct verifying *verifying)
{
	const char *record = call_option(call, "record");
	int status = record == NULL ? DONE : take_operand(verifying, record);
	for (int i = 0; status == DONE && i < call->operand_count; i++)
		status = take_operand(verifying, call->operands[i]);
	if (status == DONE)
		status = take_trust(call, verifying);
	if (status != DONE)
		return status;
	bool others = verifying->folder >= 0 || verifying->opened.size != 0 || verifying->receipt.size != 0 ||
		verifying->entry.size != 0;
	if (verifying->published.size != 0)
		return others || verifying->fork.size != 0
			? call_wrong(call, W("a published file is verified by itself")) : DONE;
	if (verifying->fork.size != 0)
		return others ? call_wrong(call, W("a fork's evidence is verified by itself")) : DONE;
	if (call_option(call, "state") != NULL && utc_parse(bytes_string(call_option(call, "state")),
		&verifying->options.state_at) != RULE_OK)
		return CALL_WRONG_USE(call, "--state takes a time YYYY-MM-DDTHH:MM:SSZ, not '{1}'",
			bytes_string(call_option(call, "state")));
	if (call_option(call, "state") != NULL)
		verifying->options.state = &verifying->state;
	if (verifying->folder < 0)
		return call_wrong(call, W("the public keys are needed: name an exported record with --record DIR"));
	if ((verifying->receipt.size == 0) != (verifying->entry.size == 0))
		return call_wrong(call, W("a receipt is verified with its entry: give both files"));
	return DONE;
}

int run_verify(const struct call *call)
{
	struct verifying verifying = {.folder = -1};
	struct verify_report report = {0};
	struct fault fault = {0};
	if (call_option(call, "json") != NULL)
		words_speak(NULL); /* scripts read English */
	int status = check_operands(call, &verifying);
	if (status == DONE) {
		/* from here on the bytes of others are read, with nothing in reach but the folder */
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", verifying.folder);
		struct sandbox_rules rules = {.role = SANDBOX_READER, .read_only = {verifying.folder < 0 ? NULL : path},
			.without_landlock = call_option(call, "without-landlock") != NULL};
		enum rule rule = sandbox_enter(&rules, &fault);
		if (rule != RULE_OK)
			status = say_fault("verify", rule, &fault);
		if (rule == RULE_SANDBOX_LANDLOCK)
			say(status, W("verify: --without-landlock goes on without it"));
	}
	if (status == DONE) {
		report.progress = isatty(STDERR_FILENO) ? show_progress : NULL;
		enum rule rule = RULE_OK;
		if (verifying.fork.size != 0)
			verify_fork(buffer_bytes(&verifying.fork), &verifying.options, &report);
		else if (verifying.published.size != 0)
			verify_published(buffer_bytes(&verifying.published), &verifying.options, &report);
		else
			rule = run(&verifying, &report, &fault);
		if (report.progress != NULL && report.entries > 0)
			fprintf(stderr, "\r\x1b[K");
		status = rule == RULE_OK ? print_report(call, &verifying, &report) : say_fault("verify", rule, &fault);
	}
	verify_report_free(&report);
	buffer_free(&verifying.state);
	buffer_free(&verifying.opened);
	buffer_free(&verifying.published);
	buffer_free(&verifying.receipt);
	buffer_free(&verifying.entry);
	buffer_free(&verifying.fork);
	if (verifying.folder >= 0)
		close(verifying.folder);
	return status;
}

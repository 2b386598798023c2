/*
 * setup_commands: from nothing to a node that runs: init, card, agree, serve, stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "commands.h"
#include "home_lock.h"
#include "input.h"
#include "name.h"
#include "output.h"
#include "party_files.h"
#include "programs.h"
#include "sizes.h"
#include "supervisor.h"
#include "terms.h"
#include "text.h"

/* Reads a file into an argument. */
int ask_file(struct ask *ask, const char *key, const char *path, size_t limit)
{
	struct buffer text = {0};
	enum rule rule = input_read(&text, path, limit);
	if (rule == RULE_OK)
		ask_add(ask, key, buffer_bytes(&text));
	buffer_free(&text);
	return rule == RULE_OK ? DONE : say_rule(path, rule, "");
}

/* ---- init ---- */

static int init_keeper(const struct call *call, const char *home, const char *pin)
{
	char path[4200];
	struct ask ask;
	snprintf(path, sizeof(path), "%s/identity.key", home);
	int identity = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (identity < 0)
		return say_rule(path, rule_of_errno(errno), "");
	ask_begin(&ask, call, "init");
	ask_string(&ask, "party", call->operands[0]);
	ask_options(&ask, (const char *const[]){"desk", "language", "severity", "listen", NULL});
	if (call_option(call, "desk") == NULL)
		ask_string(&ask, "desk", "duty");
	if (call_option(call, "language") == NULL)
		ask_string(&ask, "language", "en");
	if (call_option(call, "severity") == NULL)
		ask_string(&ask, "severity", "none");
	ask_string(&ask, "tls", pin);
	party_addresses(&ask, call_option(call, "listen"));
	ask.descriptors[ask.descriptor_count++] = identity;
	const char *hours = call_option(call, "hours");
	int status = hours == NULL ? DONE : ask_file(&ask, "hours", hours, CARD_MAX);
	if (status == DONE)
		status = ask_run(&ask);
	else
		ask_drop(&ask);
	close(identity);
	return status;
}

int run_init(const struct call *call)
{
	char room[4096], link[4200], pin[65];
	const char *home = ask_home(call, room, sizeof(room)), *listen = call_option(call, "listen");
	const char *party = call->operands[0];
	if (!party_valid(bytes_string(party)))
		return say_rule("init", RULE_NAME_PARTY, party);
	if (call_option(call, "address") == NULL && listen != NULL &&
		(strncmp(listen, "0.0.0.0:", 8) == 0 || strncmp(listen, "[::]:", 5) == 0))
		return call_wrong(call,
			W("--listen on every interface needs --address https://HOST:PORT, the name by which others reach it"));
	int status = party_make_folders(home, "init");
	if (status != DONE)
		return status;
	snprintf(link, sizeof(link), "%s/link", home);
	status = party_make_tls(link, party, pin);
	if (status == DONE)
		status = init_keeper(call, home, pin);
	if (status != DONE) {
		party_remove(home);
		return status;
	}
	TELL("made {1} for {2}", bytes_string(home), bytes_string(party));
	TELL("identity key: {1}/identity.key: it signs agreements and nothing else; keep it offline, on a stick of its own",
		bytes_string(home));
	say_out(W("next: 'detente card' prints the card to hand over"), NULL, 0);
	return DONE;
}

/* ---- cards ---- */

int run_card(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "card");
	if (call->operand_count > 0)
		ask_string(&ask, "of", call->operands[0]);
	ask_options(&ask, (const char *const[]){"fingerprint", NULL});
	return ask_run(&ask);
}

int run_card_accept(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "card-accept");
	ask_options(&ask, (const char *const[]){"digits", "by", "how", "replace", NULL});
	int status = ask_file(&ask, "card", call->operands[0], CARD_MAX);
	if (status != DONE) {
		ask_drop(&ask);
		return status;
	}
	return ask_run(&ask);
}

/* ---- agreements ---- */

static const char *const default_mechanisms[] = {"agreement", "assistance", "charter", "crisis", "desks", "dialogue",
	"evidence", "exchange", "glossary", "hotline", "measure", "norm", "note", "notice", "party", "phrase", "protected",
	"record", "statement", "supply", NULL};

/* Those that nodes themselves need. */
static bool always_bound(const char *name)
{
	return strcmp(name, "agreement") == 0 || strcmp(name, "party") == 0 || strcmp(name, "record") == 0;
}

static bool named_already(const struct call *call, const char *name)
{
	const char *given;
	for (int n = 0; (given = call_option_at(call, "mechanism", n)) != NULL; n++)
		if (strcmp(given, name) == 0)
			return true;
	return false;
}

/* Calls `take` with each mechanism file that the call names. */
static enum rule each_named(const struct call *call, void (*take)(void *context, struct bytes file), void *context,
	const char **failed)
{
	enum rule rule = RULE_OK;
	for (int n = 0; rule == RULE_OK && (*failed = call_option_at(call, "mechanism", n)) != NULL; n++) {
		struct buffer file = {0};
		rule = programs_mechanism(&file, *failed);
		if (rule == RULE_OK)
			take(context, buffer_bytes(&file));
		buffer_free(&file);
	}
	return rule;
}

/* And then with the shipped defaults, unless others are named; with those that nodes need always. */
static enum rule each_mechanism(const struct call *call, bool defaults_too,
	void (*take)(void *context, struct bytes file), void *context, const char **failed)
{
	enum rule rule = each_named(call, take, context, failed);
	bool all = defaults_too || call_option(call, "mechanism") == NULL;
	for (size_t i = 0; rule == RULE_OK && default_mechanisms[i] != NULL; i++) {
		struct buffer file = {0};
		const char *name = *failed = default_mechanisms[i];
		if ((all || (always_bound(name) && !named_already(call, name))) &&
		    (rule = programs_mechanism(&file, name)) == RULE_OK)
			take(context, buffer_bytes(&file));
		buffer_free(&file);
	}
	return rule;
}

#define WITNESS_LINE_MAX 2048

struct drafting {
	struct agreement agreement;
	struct buffer texts[1 + AGREEMENT_PARTIES_MAX + AGREEMENT_WITNESSES_MAX];
	size_t text_count;
	struct mechanism *mechanisms[AGREEMENT_MECHANISMS_MAX];
	struct card cards[AGREEMENT_PARTIES_MAX];
	struct terms_source source;
	struct fault fault;
	enum rule rule;
};

/* Puts (name, digest) in its place of an ascending list. */
static void insert_hashed(struct agreement_hashed *list, size_t *count, struct bytes name, const uint8_t *digest)
{
	size_t at = (*count)++;
	for (; at > 0 && bytes_compare(name, list[at - 1].name) < 0; at--)
		list[at] = list[at - 1];
	list[at].name = name;
	memcpy(list[at].digest, digest, SHA256_SIZE);
}

/* Takes the one of that name out, if there is one. */
static void remove_hashed(struct agreement_hashed *list, size_t *count, struct bytes name)
{
	size_t at = 0;
	while (at < *count && !bytes_equal(list[at].name, name))
		at++;
	if (at == *count)
		return;
	memmove(&list[at], &list[at + 1], (*count - at - 1) * sizeof(list[0]));
	--*count;
}

/* The clock of that name; where there is none a new one, without seconds, in its place. NULL: too many. */
static struct agreement_clock *named_clock(struct agreement *agreement, struct bytes name)
{
	size_t at = 0;
	while (at < agreement->clock_count && bytes_compare(agreement->clocks[at].name, name) < 0)
		at++;
	if (at < agreement->clock_count && bytes_equal(agreement->clocks[at].name, name))
		return &agreement->clocks[at];
	if (agreement->clock_count == AGREEMENT_CLOCKS_MAX)
		return NULL;
	memmove(&agreement->clocks[at + 1], &agreement->clocks[at],
		(agreement->clock_count - at) * sizeof(agreement->clocks[0]));
	agreement->clocks[at] = (struct agreement_clock){name, 0, CLOCK_ELAPSED};
	agreement->clock_count++;
	return &agreement->clocks[at];
}

static void draft_mechanism(void *context, struct bytes file)
{
	struct drafting *drafting = context;
	size_t n = drafting->source.mechanism_count;
	if (drafting->rule != RULE_OK)
		return;
	if (drafting->agreement.mechanism_count == AGREEMENT_MECHANISMS_MAX) {
		drafting->rule = RULE_LIMIT;
		return;
	}
	drafting->rule = mechanism_read(&drafting->mechanisms[n], file, &drafting->fault);
	if (drafting->rule != RULE_OK)
		return;
	struct mechanism *mechanism = drafting->mechanisms[n];
	drafting->source.mechanisms[drafting->source.mechanism_count++] = mechanism->file;
	if (drafting->agreement.has_predecessor)
		remove_hashed(drafting->agreement.mechanisms, &drafting->agreement.mechanism_count, mechanism->name);
	insert_hashed(drafting->agreement.mechanisms, &drafting->agreement.mechanism_count, mechanism->name,
		mechanism->digest);
	for (size_t i = 0; i < mechanism->clock_count; i++) {
		struct agreement_clock *clock = named_clock(&drafting->agreement, mechanism->clocks[i].name);
		if (clock == NULL)
			drafting->rule = RULE_LIMIT;
		else if (clock->seconds == 0)
			*clock = mechanism->clocks[i];
	}
}

static int draft_cards(const struct call *call, struct drafting *drafting)
{
	for (int i = 0; i < call->operand_count; i++) {
		struct buffer *text = &drafting->texts[drafting->text_count++];
		struct card *card = &drafting->cards[i];
		uint8_t digest[SHA256_SIZE];
		enum rule rule = input_read(text, call->operands[i], CARD_MAX);
		if (rule == RULE_OK)
			rule = card_parse(card, buffer_bytes(text), &drafting->fault);
		if (rule != RULE_OK)
			return say_fault(call->operands[i], rule, &drafting->fault);
		sha256(card->text, digest);
		insert_hashed(drafting->agreement.parties, &drafting->agreement.party_count, card->party, digest);
		drafting->source.cards[drafting->source.card_count++] = card->note;
	}
	return DONE;
}

static void insert_limit(struct agreement *agreement, struct bytes name, uint64_t value)
{
	size_t at = 0;
	while (at < agreement->limit_count && bytes_compare(agreement->limits[at].name, name) < 0)
		at++;
	if (at == agreement->limit_count || !bytes_equal(agreement->limits[at].name, name)) {
		if (agreement->limit_count == AGREEMENT_LIMITS_MAX)
			return;
		memmove(&agreement->limits[at + 1], &agreement->limits[at],
			(agreement->limit_count - at) * sizeof(agreement->limits[0]));
		agreement->limit_count++;
	}
	agreement->limits[at] = (struct agreement_limit){name, value};
}

/* A witness: a file that holds its line, or the line itself; that of a name takes the place of the one before. */
static int draft_witness(const struct call *call, struct drafting *drafting, const char *given)
{
	struct agreement *agreement = &drafting->agreement;
	struct agreement_witness witness;
	struct buffer *text = &drafting->texts[drafting->text_count++];
	enum rule rule = RULE_OK;
	if (strchr(given, ' ') != NULL)
		buffer_string(text, given);
	else
		rule = input_read(text, given, WITNESS_LINE_MAX);
	struct bytes line = buffer_bytes(text), key = BYTES("witness ");
	if (line.size != 0 && line.data[line.size - 1] == '\n')
		line.size--;
	if (bytes_start(line, key))
		line = bytes_of(line.data + key.size, line.size - key.size);
	if (rule == RULE_OK)
		rule = agreement_witness_parse(&witness, line);
	if (rule != RULE_OK)
		return say_rule(call->command->name, rule, given);
	size_t at = 0;
	while (at < agreement->witness_count && bytes_compare(agreement->witnesses[at].name, witness.name) < 0)
		at++;
	if (at == agreement->witness_count || !bytes_equal(agreement->witnesses[at].name, witness.name)) {
		if (agreement->witness_count == AGREEMENT_WITNESSES_MAX)
			return say_rule(call->command->name, RULE_AGREEMENT_WITNESSES, given);
		memmove(&agreement->witnesses[at + 1], &agreement->witnesses[at],
			(agreement->witness_count - at) * sizeof(agreement->witnesses[0]));
		agreement->witness_count++;
	}
	agreement->witnesses[at] = witness;
	return DONE;
}

/* --witness, --without-witness, --demand-witnesses. */
static int draft_witnesses(const struct call *call, struct drafting *drafting)
{
	struct agreement *agreement = &drafting->agreement;
	const char *given;
	uint64_t needed;
	for (int n = 0; (given = call_option_at(call, "without-witness", n)) != NULL; n++) {
		size_t at = 0;
		while (at < agreement->witness_count && !bytes_is(agreement->witnesses[at].name, given))
			at++;
		if (at == agreement->witness_count)
			return CALL_WRONG_USE(call, "the text names no witness {1}", bytes_string(given));
		memmove(&agreement->witnesses[at], &agreement->witnesses[at + 1],
			(agreement->witness_count - at - 1) * sizeof(agreement->witnesses[0]));
		agreement->witness_count--;
	}
	for (int n = 0; (given = call_option_at(call, "witness", n)) != NULL; n++) {
		if (n == AGREEMENT_WITNESSES_MAX)
			return say_rule(call->command->name, RULE_AGREEMENT_WITNESSES, given);
		int status = draft_witness(call, drafting, given);
		if (status != DONE)
			return status;
	}
	given = call_option(call, "demand-witnesses");
	if (given != NULL && text_decimal(bytes_string(given), &needed) != RULE_OK)
		return CALL_WRONG_USE(call, "--demand-witnesses takes a number; '{1}' is none", bytes_string(given));
	if (given != NULL)
		insert_limit(agreement, BYTES(WITNESSES_LIMIT), needed);
	return DONE;
}

/* --limit NAME=NUMBER in the place of what stands there. */
static int draft_limits(const struct call *call, struct drafting *drafting)
{
	const char *limit;
	for (int n = 0; (limit = call_option_at(call, "limit", n)) != NULL; n++) {
		const char *equals = strchr(limit, '=');
		struct bytes name = bytes_of(limit, equals == NULL ? 0 : (size_t)(equals - limit));
		uint64_t value;
		if ((!bytes_is(name, "attachment") && !bytes_is(name, "log") && !bytes_is(name, "openings")) ||
		    text_decimal(bytes_string(equals + 1), &value) != RULE_OK)
			return CALL_WRONG_USE(call, "--limit takes attachment=BYTES, log=BYTES or openings=NUMBER; '{1}' is none",
				bytes_string(limit));
		insert_limit(&drafting->agreement, name, value);
	}
	return DONE;
}

/* --clock NAME=DURATION or NAME=DURATION/KIND overrides what the mechanisms propose; without KIND theirs stays. */
static int draft_clocks(const struct call *call, struct drafting *drafting)
{
	const char *given;
	for (int n = 0; (given = call_option_at(call, "clock", n)) != NULL; n++) {
		const char *equals = strchr(given, '='), *slash = equals == NULL ? NULL : strchr(equals, '/');
		struct agreement_clock new = {bytes_of(given, equals == NULL ? 0 : (size_t)(equals - given)), 0,
			CLOCK_ELAPSED};
		struct bytes duration = slash == NULL ? bytes_string(equals == NULL ? "" : equals + 1)
			: bytes_of(equals + 1, (size_t)(slash - equals - 1));
		struct agreement_clock *clock = named_clock(&drafting->agreement, new.name);
		if (clock == NULL)
			return say_rule("agree draft", RULE_LIMIT, given);
		new.kind = clock->kind;
		if (duration_parse(duration, &new.seconds) != RULE_OK ||
		    (slash != NULL && !clock_kind_find(bytes_string(slash + 1), &new.kind)))
			return CALL_WRONG_USE(call, "--clock takes NAME=DURATION, such as flash=15m, and behind it, for what "
				"it counts, /duty, /working or /elapsed; '{1}' is none", bytes_string(given));
		if (!clock_fits(duration, new.kind))
			return CALL_WRONG_USE(call, "a clock of {1} hours is told in hours, minutes or seconds; '{2}' is in days",
				bytes_string(clock_kind_name(new.kind)), bytes_string(given));
		*clock = new;
	}
	return DONE;
}

/* --succeeds FILE: the first text of the agreement that the draft succeeds. */
static int draft_succeeds(const struct call *call, struct drafting *drafting)
{
	const char *path = call_option(call, "succeeds");
	if (path == NULL)
		return DONE;
	struct agreement *agreement = &drafting->agreement, *before = calloc(1, sizeof(*before));
	struct buffer text = {0};
	enum rule rule = before == NULL ? RULE_MEMORY : input_read(&text, path, AGREEMENT_MAX);
	if (rule == RULE_OK)
		rule = agreement_parse(before, buffer_bytes(&text), &drafting->fault);
	if (rule == RULE_OK && before->has_predecessor)
		rule = RULE_SETUP_SUCCEEDS;
	if (rule == RULE_OK && before->drill != agreement->drill)
		rule = RULE_SETUP_SUCCEEDS_MODE;
	if (rule == RULE_OK) {
		agreement->has_succeeds = true;
		memcpy(agreement->succeeds, before->digest, SHA256_SIZE);
	}
	buffer_free(&text);
	free(before);
	return rule == RULE_OK ? DONE : drafting->fault.rule == rule ? say_fault(path, rule, &drafting->fault)
		: say_rule(path, rule, "");
}

static int draft(const struct call *call, struct drafting *drafting, struct buffer *text)
{
	struct agreement *agreement = &drafting->agreement;
	const char *title = call_option(call, "title"), *failed;
	agreement->title = bytes_string(title == NULL ? "Hotline and record" : title);
	agreement->drill = call_option(call, "drill") != NULL;
	const char *made = call_option(call, "made");
	agreement->made = clock_seconds(&clock_system);
	if (made != NULL && (!agreement->drill || utc_parse(bytes_string(made), &agreement->made) != RULE_OK))
		return call_wrong(call, W("--made takes a time YYYY-MM-DDTHH:MM:SSZ, and goes with --drill only"));
	agreement->kernel = AGREEMENT_KERNEL;
	/* the limits that this program knows */
	insert_limit(agreement, BYTES("attachment"), ATTACHMENT_MAX_DEFAULT);
	insert_limit(agreement, BYTES("log"), LOG_MAX_DEFAULT);
	insert_limit(agreement, BYTES("openings"), OPENINGS_MAX_DEFAULT);
	int status = draft_limits(call, drafting);
	if (status == DONE)
		status = draft_succeeds(call, drafting);
	if (status == DONE)
		status = draft_witnesses(call, drafting);
	if (status == DONE)
		status = draft_cards(call, drafting);
	if (status != DONE)
		return status;
	enum rule rule = each_mechanism(call, false, draft_mechanism, drafting, &failed);
	if (rule != RULE_OK)
		return say_rule("agree draft", rule, failed);
	if (drafting->rule != RULE_OK)
		return say_fault("agree draft", drafting->rule, &drafting->fault);
	status = draft_clocks(call, drafting);
	if (status != DONE)
		return status;
	agreement_write(text, agreement);
	drafting->source.agreement = buffer_bytes(text);
	/* what is drafted must be what the parties can sign */
	struct terms *terms = NULL;
	rule = text->rule == RULE_OK ? terms_new_unsigned(&terms, &drafting->source, &drafting->fault) : text->rule;
	terms_free(terms);
	return rule == RULE_OK ? DONE : say_fault("agree draft", rule, &drafting->fault);
}

/* The text that amends another: what the call names in the place of what stood there. */
static int amend(const struct call *call, struct drafting *drafting, struct buffer *text)
{
	struct agreement *agreement = &drafting->agreement;
	struct buffer *before = &drafting->texts[drafting->text_count++];
	const char *title = call_option(call, "title"), *failed;
	enum rule rule = input_read(before, call->operands[0], AGREEMENT_MAX);
	if (rule == RULE_OK)
		rule = agreement_parse(agreement, buffer_bytes(before), &drafting->fault);
	if (rule != RULE_OK)
		return say_fault(call->operands[0], rule, &drafting->fault);
	agreement->has_predecessor = true;
	agreement->has_succeeds = false; /* which its first text says */
	memcpy(agreement->predecessor, agreement->digest, SHA256_SIZE);
	agreement->made = clock_seconds(&clock_system);
	if (title != NULL)
		agreement->title = bytes_string(title);
	int status = draft_limits(call, drafting);
	if (status == DONE)
		status = draft_witnesses(call, drafting);
	if (status != DONE)
		return status;
	rule = each_named(call, draft_mechanism, drafting, &failed);
	if (rule != RULE_OK)
		return say_rule("agree amend", rule, failed);
	if (drafting->rule != RULE_OK)
		return say_fault("agree amend", drafting->rule, &drafting->fault);
	status = draft_clocks(call, drafting);
	if (status != DONE)
		return status;
	agreement_write(text, agreement);
	rule = text->rule == RULE_OK ? agreement_parse(agreement, buffer_bytes(text), &drafting->fault) : text->rule;
	return rule == RULE_OK ? DONE : say_fault("agree amend", rule, &drafting->fault);
}

/* Prints what is drafted. */
static int run_draft(const struct call *call, int (*make)(const struct call *, struct drafting *, struct buffer *))
{
	struct drafting *drafting = calloc(1, sizeof(*drafting));
	struct buffer text = {0};
	if (drafting == NULL)
		return say_rule("agree", RULE_MEMORY, "");
	int status = make(call, drafting, &text);
	if (status == DONE)
		fwrite(text.data, 1, text.size, stdout);
	for (size_t i = 0; i < drafting->text_count; i++)
		buffer_free(&drafting->texts[i]);
	for (size_t i = 0; i < AGREEMENT_MECHANISMS_MAX; i++)
		mechanism_free(drafting->mechanisms[i]);
	buffer_free(&text);
	free(drafting);
	return status;
}

int run_agree_draft(const struct call *call)
{
	return call->operand_count <= AGREEMENT_PARTIES_MAX ? run_draft(call, draft)
		: CALL_WRONG_USE(call, "at most {1} cards", NUMBER(AGREEMENT_PARTIES_MAX));
}

int run_agree_amend(const struct call *call)
{
	return run_draft(call, amend);
}

int run_agree_text(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "agree-text");
	if (call->operand_count > 0)
		ask_string(&ask, "entry", call->operands[0]);
	return ask_run(&ask);
}

static void add_mechanism(void *context, struct bytes file)
{
	ask_add(context, "mechanism", file);
}

int ask_agreement(struct ask *ask)
{
	const char *failed;
	int status = ask_file(ask, "agreement", ask->call->operands[0], AGREEMENT_MAX);
	if (status != DONE)
		return status;
	enum rule rule = each_mechanism(ask->call, true, add_mechanism, ask, &failed);
	return rule == RULE_OK ? DONE : say_rule("mechanism", rule, failed);
}

int run_agree_sign(const struct call *call)
{
	struct ask ask;
	int fd = party_open_identity(call);
	if (fd < 0)
		return REFUSED;
	ask_begin(&ask, call, "agree-sign");
	ask.descriptors[ask.descriptor_count++] = fd;
	int status = ask_agreement(&ask);
	if (status == DONE)
		status = ask_run(&ask);
	else
		ask_drop(&ask);
	close(fd);
	return status;
}

int run_agree_adopt(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "agree-adopt");
	int status = ask_agreement(&ask);
	if (status == DONE)
		return ask_run(&ask);
	ask_drop(&ask);
	return status;
}

/* ---- the node ---- */

int run_serve(const struct call *call)
{
	char room[4096], program[4096], languages[4096];
	if (!programs_link(program, sizeof(program)))
		return say(SYSTEM, W("serve: detente-link is not beside this program; install it there"));
	struct supervisor_options options = {.home = ask_home(call, room, sizeof(room)), .link_program = program,
		.languages = programs_languages(languages, sizeof(languages)) ? languages : NULL,
		.detach = call_option(call, "detach") != NULL,
		.without_mirrors = call_option(call, "without-mirrors") != NULL,
		.without_landlock = call_option(call, "without-landlock") != NULL};
	return supervisor_run(&options);
}

int run_drill_clock(const struct call *call)
{
	struct ask ask;
	ask_begin(&ask, call, "drill-clock");
	if (call->operand_count > 0)
		ask_string(&ask, "to", call->operands[0]);
	return ask_run(&ask);
}

int run_stop(const struct call *call)
{
	char room[4096];
	struct ask ask;
	ask_begin(&ask, call, "stop");
	ask.node_only = true;
	int status = ask_run(&ask), lock;
	if (status != DONE)
		return status;
	/* stopped is when the home is free */
	enum rule rule = home_lock_wait(ask_home(call, room, sizeof(room)), 30, &lock);
	if (rule != RULE_OK)
		return say_rule("stop", rule, "");
	close(lock);
	return DONE;
}

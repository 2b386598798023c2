/*
 * read: what the record says. Arguments: json (flag), lang, agreement; inbox: all (flag), limit; show: entry, raw
 * (flag), print (flag), save (flag): FILE frames.
 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "documents.h"
#include "line_test.h"
#include "entry_print.h"
#include "save.h"
#include "text.h"

/* An entry with what is needed to show it. */
struct reading {
	struct pact *pact;
	struct buffer note, plain, answers;
	struct entry entry;
	struct sealed_lines lines;
	struct view_entry view;
	struct view_document *document; /* NULL: it carries none, or nobody asked */
	bool formless; /* the sealed lines do not follow the form */
	int folder;    /* of attachments; -1: they are not looked for */
};

struct reading *reading_new(struct relation *relation, int folder)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	if (reading != NULL) {
		reading->pact = relation->pact;
		reading->folder = folder;
		reading->plain.secret = true;
	}
	return reading;
}

void reading_free(struct reading *reading)
{
	if (reading == NULL)
		return;
	buffer_free(&reading->note);
	buffer_free(&reading->plain);
	buffer_free(&reading->answers);
	view_document_free(reading->document);
	free(reading);
}

const uint8_t *read_identity(const struct pact *pact, const struct entry *entry, uint64_t index, bool *lost)
{
	struct bytes party = terms_party(pact->terms, pact->self);
	const struct party_card *card = cards_for(pact->cards, entry, index, pact->self);
	enum card_set set = terms_agreement(pact->terms)->drill ? CARD_DRILL : CARD_LIVE;
	const struct key_set *keys = keys_of(pact->ring, set, card->keys);
	*lost = keys == NULL;
	for (size_t i = 0; keys != NULL && i <= entry->to_count; i++) {
		struct bytes desk = i < entry->to_count ? entry->to[i] : entry->from;
		const struct key_desk *key =
			bytes_equal(name_party(desk), party) ? keys_desk(keys, name_rest(desk)) : NULL;
		if (key != NULL)
			return key->seal;
	}
	return NULL;
}

/* How record/unreadable calls what is wrong with a body that is sealed to us. */
static const char *cause_of(enum rule rule)
{
	return rule == RULE_KEYS_LOST ? NULL : rule == RULE_SEALED_KEY ? "key" : rule == RULE_SEALED_HEADER ? "header"
		: rule == RULE_SEALED_ROOT || rule == RULE_SEALED_LINES ? "root"
		: rule_is_system(rule) ? NULL : "damaged";
}

/* A body of another party, addressed to a desk of ours, that cannot be read as its desk's words goes on the record. */
static void report_unreadable(struct keeper *keeper, struct relation *relation, const struct reading *reading,
	size_t party)
{
	struct pact *pact = relation->pact;
	const struct view_entry *view = &reading->view;
	bool ours = false;
	if (party == pact->self || view->state != VIEW_VALID || view->closed == RULE_OK)
		return;
	if (view->place.index >= pact->logs[party].size)
		return; /* not under the `seen` of what we write yet; it is found again at the next reading */
	for (size_t i = 0; i < reading->entry.to_count; i++)
		ours = ours || bytes_equal(name_party(reading->entry.to[i]), terms_party(pact->terms, pact->self));
	if (!ours)
		return;
	struct unreadable unreadable = {party, view->place.index, reading->formless ? "form" : cause_of(view->closed)};
	if (unreadable.cause != NULL)
		bookkeeping_unreadable(keeper, relation, &unreadable);
}

/* Opens the body with a desk's key, for reading or for publishing (then the file key comes out). */
static enum rule open_body(struct reading *reading, uint8_t file_key[AGE_FILE_KEY])
{
	struct sealed_recipients recipients;
	bool lost;
	const uint8_t *identity = read_identity(reading->pact, &reading->entry, reading->view.place.index, &lost);
	enum rule rule = lost ? RULE_KEYS_LOST : identity == NULL ? RULE_SEALED_KEY
		: cards_recipients(reading->pact->cards, &reading->entry, reading->view.place.index, &recipients);
	struct sealed_opening opening = {&reading->entry, &recipients, identity, file_key};
	buffer_clear(&reading->plain);
	if (rule == RULE_OK)
		rule = sealed_open(&reading->plain, &opening);
	if (rule == RULE_OK)
		rule = sealed_read_lines(&reading->lines, buffer_bytes(&reading->plain), &reading->entry);
	const struct form *form = terms_form(pact_terms_of(reading->pact, &reading->entry), reading->entry.form);
	reading->formless = false;
	if (rule == RULE_OK && form != NULL && (rule = form_check_sealed(form, &reading->lines, NULL)) != RULE_OK)
		reading->formless = true;
	return rule;
}

static enum rule add_answer(void *context, unsigned log, uint64_t index)
{
	struct reading *reading = context;
	size_t party;
	if (pact_log_party(reading->pact, log, &party))
		buffer_format(&reading->answers, "%.*s/%llu\n", BYTES_SHOWN(terms_party(reading->pact->terms, party)),
			(unsigned long long)index);
	return reading->answers.rule;
}

static void take_receipts(struct reading *reading, size_t party, uint64_t index)
{
	struct view_entry *view = &reading->view;
	view->receipt_count = 0;
	for (size_t by = 0; by < reading->pact->parties; by++) {
		struct pact_receipt receipt = {.party = party, .by = by, .index = index};
		struct buffer note = {0};
		if (by != party && pact_receipt(reading->pact, &receipt, &note) == RULE_OK)
			view->receipts[view->receipt_count++] =
				(struct view_receipt){terms_party(reading->pact->terms, by), receipt.time, receipt.size};
		buffer_free(&note);
	}
}

/* Where the entry's attachments are: here, and by the record elsewhere. */
static enum rule take_attachments(struct reading *reading, int folder)
{
	struct view_entry *view = &reading->view;
	enum rule rule = RULE_OK;
	size_t count = folder < 0 || view->state == VIEW_VOID ? 0 : reading->entry.attachment_count;
	for (size_t i = 0; i < count && rule == RULE_OK; i++) {
		const uint8_t *digest = reading->entry.attachments[i].digest;
		struct view_attachment *attachment = &view->attachments[i];
		*attachment = (struct view_attachment){.here = attachment_held(folder, digest, NULL)};
		if (attachment->here)
			attachment->have = reading->entry.attachments[i].size;
		else
			attachment->have = attachment_begun(folder, digest);
		for (size_t party = 0; party < reading->pact->parties && rule == RULE_OK; party++) {
			bool held = false;
			rule = pact_attachment_held(reading->pact, party, digest, &held);
			attachment->holders |= (uint32_t)held << party;
		}
	}
	return rule;
}

const struct view_entry *reading_view(const struct reading *reading)
{
	return &reading->view;
}

enum rule reading_load(struct reading *reading, size_t party, uint64_t index)
{
	struct view_entry *view = &reading->view;
	enum entry_state state;
	char key[PLACE_MAX + 1];
	buffer_clear(&reading->note);
	buffer_clear(&reading->answers);
	enum rule rule = ledger_entry(&reading->pact->logs[party].ledger, index, &reading->note);
	if (rule == RULE_OK)
		rule = pact_entry_state(reading->pact, party, index, &state, &view->why);
	if (rule != RULE_OK)
		return rule;
	rule = entry_parse(&reading->entry, buffer_bytes(&reading->note), NULL);
	view->terms = rule == RULE_OK ? pact_terms_of(reading->pact, &reading->entry) : reading->pact->terms;
	view->entry = rule == RULE_OK ? &reading->entry : NULL;
	view->place = (struct place){terms_party(reading->pact->terms, party), index};
	/* what is no entry will be void, whatever it waits for */
	if (rule != RULE_OK && state == ENTRY_UNJUDGED)
		view->why = rule;
	view->state = state == ENTRY_VALID ? VIEW_VALID
		: state == ENTRY_VOID || rule != RULE_OK ? VIEW_VOID : VIEW_PENDING;
	/* a void entry's words are not shown as its desk's words */
	bool sealed = view->state != VIEW_VOID && reading->entry.sealed;
	view->closed = view->state == VIEW_VOID ? view->why : sealed ? open_body(reading, NULL) : RULE_OK;
	view->lines = sealed && view->closed == RULE_OK ? &reading->lines : NULL;
	snprintf(key, sizeof(key), "%.*s/%llu", BYTES_SHOWN(view->place.party), (unsigned long long)index);
	rule = store_mark_scan(reading->pact->store, MARK_RE, bytes_string(key), add_answer, reading);
	view->answers = buffer_bytes(&reading->answers);
	return rule == RULE_OK ? take_attachments(reading, reading->folder) : rule;
}

/* The document that the entry carries is looked into. */
static enum rule take_document(struct reading *reading, int folder)
{
	const struct form *form = reading->view.lines == NULL ? NULL
		: terms_form(reading->view.terms, reading->entry.form);
	enum rule rule = documents_read(&reading->document, form, &reading->view, folder);
	reading->view.document = reading->document;
	return rule;
}

/* Where its writer's language is another than its reader's, the fields stand in both. */
static void print_out(struct keeper *keeper, struct buffer *out, const struct reading *reading, size_t party)
{
	const struct pact_log *log = &reading->pact->logs[party];
	struct bytes lang = reading->view.entry == NULL ? reading->view.lang : reading->entry.lang;
	struct view_print print = {.entry = &reading->view, .note = buffer_bytes(&reading->note),
		.origin = terms_origin(reading->pact->terms, party), .size = log->size, .root = log->root,
		.beside = !bytes_start(reading->view.lang, lang)};
	/* a language without a file is not looked up beside another: there is room for one */
	if (print.beside && (words_spoken() == NULL || words_count(words_spoken()) != 0))
		print.writer = languages_find(keeper->languages, lang);
	view_entry_print(out, &print);
}

struct bytes read_language(const struct command *command, const struct relation *relation)
{
	struct bytes lang = command_argument(command, "lang");
	return lang.data != NULL ? lang : terms_card(relation->pact->terms, relation->pact->self)->languages[0];
}

static void finish(struct keeper *keeper, struct command *command, struct buffer *out, enum rule rule, const char *what)
{
	if (rule == RULE_OK)
		rule = out->rule;
	if (rule == RULE_OK) {
		command_out(keeper, command, buffer_bytes(out));
		command_done(keeper, command, 0);
	} else {
		struct bytes operand = command_argument(command, "entry");
		struct fault fault = {0};
		fault_bytes(&fault, rule, 0, operand);
		command_refuse(keeper, command, what, &fault, NULL);
	}
	buffer_free(out);
}

enum rule read_place(const struct pact *pact, struct bytes text, size_t *party, uint64_t *index)
{
	struct place place;
	enum rule rule = place_parse(&place, text);
	if (rule != RULE_OK)
		return rule;
	*party = terms_party_find(pact->terms, place.party);
	*index = place.index;
	return *party == pact->parties || place.index >= pact->logs[*party].ledger.size ? RULE_READ_NO_ENTRY : RULE_OK;
}

/* Another piece of what is being saved. */
static void save_on(struct keeper *keeper, struct command *command)
{
	command->parked = save_step(keeper, command);
	command->deadline_ms = INT64_MAX;
	keeper->again = keeper->again || (command->parked && command_pours(command));
}

void command_show(struct keeper *keeper, struct command *command)
{
	if (command->saving != NULL) {
		save_on(keeper, command);
		return;
	}
	struct relation *relation = command_relation(keeper, command);
	if (relation == NULL)
		return;
	struct reading *reading = reading_new(relation, keeper->attachments);
	struct buffer out = {0};
	size_t party;
	uint64_t index;
	enum rule rule = reading == NULL ? RULE_MEMORY
		: read_place(relation->pact, command_argument(command, "entry"), &party, &index);
	if (rule == RULE_OK && command_flag(command, "raw")) {
		rule = ledger_entry(&relation->pact->logs[party].ledger, index, &out);
	} else if (rule == RULE_OK) {
		rule = reading_load(reading, party, index);
		reading->view.lang = read_language(command, relation);
		if (rule == RULE_OK) {
			take_receipts(reading, party, index);
			report_unreadable(keeper, relation, reading, party);
			rule = take_document(reading, keeper->attachments);
		}
		if (rule == RULE_OK && command_flag(command, "json")) {
			struct json json;
			json_start(&json, &out);
			view_entry_json(&json, NULL, &reading->view);
			buffer_string(&out, "\n");
		} else if (rule == RULE_OK && command_flag(command, "print")) {
			print_out(keeper, &out, reading, party);
		} else if (rule == RULE_OK) {
			view_entry_text(&out, &reading->view);
		}
		struct save_place place = {(size_t)(relation - keeper->relations), party, index};
		if (rule == RULE_OK && command_flag(command, "save"))
			rule = save_begin(command, &reading->view, &place);
	}
	if (rule == RULE_OK && command->saving != NULL) {
		command_out(keeper, command, buffer_bytes(&out));
		buffer_free(&out);
		save_on(keeper, command);
	} else {
		finish(keeper, command, &out, rule, "show");
	}
	reading_free(reading);
}

/* ---- inbox ---- */

#define INBOX_LIMIT_DEFAULT 100
#define INBOX_LIMIT_MAX 10000

struct inbox {
	struct reading *reading;
	bool all;
	size_t limit, count; /* the newest `limit` are kept; there is room for twice as many */
	size_t lost;         /* that were sealed to keys of ours that are lost */
	struct buffer lost_places; /* the first few */
	struct inbox_place { size_t party; uint64_t index; int64_t at, due; } *places; /* due: INT64_MAX: nothing is owed */
};

static bool answered_by_us(struct reading *reading)
{
	struct cursor answers = cursor_of(reading->view.answers);
	while (cursor_left(&answers) > 0) {
		if (bytes_equal(name_party(cursor_line(&answers)),
		    terms_party(reading->pact->terms, reading->pact->self)))
			return true;
	}
	return false;
}

/* Oldest first, then by place: an entry to two desks of ours stands beside itself. */
static int by_time(const void *a, const void *b)
{
	const struct inbox_place *left = a, *right = b;
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	if (left->party != right->party)
		return left->party < right->party ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

static void keep_newest(struct inbox *inbox)
{
	struct inbox_place *places = inbox->places;
	size_t kept = 0;
	qsort(places, inbox->count, sizeof(*places), by_time);
	for (size_t i = 0; i < inbox->count; i++) {
		if (kept == 0 || by_time(&places[kept - 1], &places[i]) != 0)
			places[kept++] = places[i];
	}
	size_t over = kept > inbox->limit ? kept - inbox->limit : 0;
	memmove(places, places + over, (kept - over) * sizeof(*places));
	inbox->count = kept - over;
}

static enum rule take_mark(void *context, unsigned log, uint64_t index)
{
	struct inbox *inbox = context;
	struct reading *reading = inbox->reading;
	struct pact *pact = reading->pact;
	char key[PLACE_MAX + 1];
	size_t party;
	if (!pact_log_party(pact, log, &party))
		return RULE_OK;
	snprintf(key, sizeof(key), "%.*s/%llu", BYTES_SHOWN(terms_party(pact->terms, party)), (unsigned long long)index);
	buffer_clear(&reading->answers);
	enum rule rule = store_mark_scan(pact->store, MARK_RE, bytes_string(key), add_answer, reading);
	reading->view.answers = buffer_bytes(&reading->answers);
	if (rule != RULE_OK || (!inbox->all && answered_by_us(reading)))
		return rule;
	buffer_clear(&reading->note);
	rule = ledger_entry(&pact->logs[party].ledger, index, &reading->note);
	if (rule == RULE_OK)
		rule = entry_parse(&reading->entry, buffer_bytes(&reading->note), NULL);
	if (rule != RULE_OK)
		return rule;
	if (!inbox->all && line_test_by_node(pact, &reading->entry))
		return RULE_OK;
	if (inbox->count == 2 * inbox->limit)
		keep_newest(inbox);
	inbox->places[inbox->count++] = (struct inbox_place){party, index, reading->entry.at, INT64_MAX};
	return RULE_OK;
}

/* Whether a card before the n-th of ours has that desk. */
static bool had_desk(const struct pact *pact, size_t n, struct bytes desk)
{
	while (n-- > 0)
		if (card_find_desk(cards_nth(pact->cards, pact->self, n)->keys, desk) != NULL)
			return true;
	return false;
}

/* Every entry that is addressed to a desk that we have or had, oldest first. */
static enum rule inbox_gather(struct inbox *inbox)
{
	struct pact *pact = inbox->reading->pact;
	struct bytes party = terms_party(pact->terms, pact->self);
	enum rule rule = RULE_OK;
	for (size_t n = 0; n < cards_count(pact->cards, pact->self); n++) {
		const struct card_keys *keys = cards_nth(pact->cards, pact->self, n)->keys;
		for (size_t i = 0; i < keys->desk_count && rule == RULE_OK; i++) {
			char desk[DESK_MAX + 1];
			if (had_desk(pact, n, keys->desks[i].name))
				continue;
			snprintf(desk, sizeof(desk), "%.*s/%.*s", BYTES_SHOWN(party), BYTES_SHOWN(keys->desks[i].name));
			rule = store_mark_scan(pact->store, MARK_TO, bytes_string(desk), take_mark, inbox);
		}
	}
	keep_newest(inbox);
	return rule;
}

/* What we owe an answer to comes first, the earliest due before others; then the rest, as they came. */
static int by_due(const void *a, const void *b)
{
	const struct inbox_place *left = a, *right = b;
	if (left->due != right->due)
		return left->due < right->due ? -1 : 1;
	return by_time(a, b);
}

static enum rule inbox_order(struct inbox *inbox)
{
	const struct pact *pact = inbox->reading->pact;
	struct kernel_owed owed = {.place = {0, 0}};
	enum rule rule = RULE_OK;
	for (size_t i = 0; i < inbox->count && rule == RULE_OK; i++) {
		struct inbox_place *place = &inbox->places[i];
		rule = kernel_owed(pact->kernel, (struct kernel_place){place->party, place->index}, &owed);
		for (size_t j = 0; rule == RULE_OK && j < owed.count; j++) {
			const struct kernel_obligation *item = &owed.items[j];
			struct kernel_reckoning reckoning = kernel_reckon(pact->kernel, item, 0);
			bool ours = item->party == pact->self && !item->answered && reckoning.due != KERNEL_NEVER &&
				reckoning.standing != KERNEL_WITHDRAWN;
			if (ours && reckoning.due < place->due)
				place->due = reckoning.due;
		}
		rule = rule == RULE_NOT_FOUND ? RULE_OK : rule;
	}
	kernel_owed_free(&owed);
	qsort(inbox->places, inbox->count, sizeof(*inbox->places), by_due);
	return rule;
}

#define LOST_NAMED_MAX 10

static void add_lost(struct inbox *inbox)
{
	const struct place *place = &inbox->reading->view.place;
	if (inbox->lost++ < LOST_NAMED_MAX)
		buffer_format(&inbox->lost_places, "%s%.*s/%llu", inbox->lost == 1 ? "" : " ", BYTES_SHOWN(place->party),
			(unsigned long long)place->index);
}

static enum rule inbox_write(struct inbox *inbox, struct buffer *out, bool as_json)
{
	struct json json;
	enum rule rule = RULE_OK;
	if (as_json) {
		json_start(&json, out);
		json_array(&json, NULL);
	}
	for (size_t i = 0; i < inbox->count && rule == RULE_OK; i++) {
		rule = reading_load(inbox->reading, inbox->places[i].party, inbox->places[i].index);
		inbox->reading->view.due = inbox->places[i].due == INT64_MAX ? 0 : inbox->places[i].due;
		if (rule == RULE_OK && inbox->reading->view.closed == RULE_KEYS_LOST)
			add_lost(inbox);
		if (rule == RULE_OK && as_json)
			view_entry_json(&json, NULL, &inbox->reading->view);
		else if (rule == RULE_OK)
			view_inbox_line(out, &inbox->reading->view);
	}
	if (as_json) {
		json_end(&json);
		buffer_string(out, "\n");
	}
	return rule;
}

void command_inbox(struct keeper *keeper, struct command *command)
{
	struct relation *relation = command_relation(keeper, command);
	if (relation == NULL)
		return;
	struct bytes limit = command_argument(command, "limit");
	uint64_t count = INBOX_LIMIT_DEFAULT;
	struct inbox inbox = {.reading = reading_new(relation, keeper->attachments), .all = command_flag(command, "all")};
	struct buffer out = {0};
	enum rule rule = limit.data == NULL ? RULE_OK : text_decimal(limit, &count);
	if (rule == RULE_OK && (count == 0 || count > INBOX_LIMIT_MAX))
		rule = RULE_LIMIT;
	inbox.limit = (size_t)count;
	if (rule == RULE_OK && (inbox.places = calloc(2 * inbox.limit, sizeof(*inbox.places))) == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK && inbox.reading == NULL)
		rule = RULE_MEMORY;
	if (rule == RULE_OK) {
		inbox.reading->view.lang = read_language(command, relation);
		inbox.reading->view.now = keeper_now(keeper);
		rule = inbox_gather(&inbox);
	}
	if (rule == RULE_OK)
		rule = inbox_order(&inbox);
	if (rule == RULE_OK)
		rule = inbox_write(&inbox, &out, command_flag(command, "json"));
	if (rule == RULE_OK && inbox.lost > 0)
		TELL(keeper, command, inbox.lost > LOST_NAMED_MAX
			? W("{1} of these stay closed, sealed to keys that are lost: {2} ...")
			: W("{1} of these stay closed, sealed to keys that are lost: {2}"), NUMBER(inbox.lost),
			buffer_bytes(&inbox.lost_places));
	buffer_free(&inbox.lost_places);
	finish(keeper, command, &out, rule, "inbox");
	reading_free(inbox.reading);
	free(inbox.places);
}

/* ---- for proofs.c ---- */

enum rule read_opened(struct relation *relation, size_t party, uint64_t index, struct read_body *body)
{
	struct reading *reading = reading_new(relation, -1);
	enum rule rule = reading == NULL ? RULE_MEMORY : reading_load(reading, party, index);
	if (rule == RULE_OK && reading->view.state == VIEW_VOID)
		rule = reading->view.why;
	if (rule == RULE_OK && reading->entry.sealed)
		rule = open_body(reading, body->file_key);
	if (rule == RULE_OK) {
		body->sealed = reading->entry.sealed;
		buffer_add(&body->plain, buffer_bytes(&reading->plain));
		buffer_add(&body->note, buffer_bytes(&reading->note));
		rule = body->plain.rule != RULE_OK ? body->plain.rule : body->note.rule;
	}
	reading_free(reading);
	return rule;
}
